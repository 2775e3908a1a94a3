//! Freeing deep trees without recursion.
//!
//! Dropping a tree recurses as deep as the tree is, and the trees of long chains (`a + b + c + …`) are deeper
//! than any stack. This takes the boxes and vectors of such a tree out of their nodes into a work list, so
//! that every node is dropped childless.

use rustpython_ast as ast;

enum Work {
    Expr(ast::Expr),
    Stmt(ast::Stmt),
    Pattern(ast::Pattern),
}

/// Frees a tree of any depth in constant stack.
pub(crate) fn dismantle(module: &mut ast::Mod) {
    let mut work = Vec::new();
    match module {
        ast::Mod::Module(module) => stmts(&mut work, &mut module.body),
        ast::Mod::Interactive(module) => stmts(&mut work, &mut module.body),
        ast::Mod::Expression(module) => expr(&mut work, &mut module.body),
        ast::Mod::FunctionType(module) => {
            exprs(&mut work, &mut module.argtypes);
            expr(&mut work, &mut module.returns);
        }
    }
    while let Some(item) = work.pop() {
        match item {
            Work::Expr(mut node) => empty_expr(&mut work, &mut node),
            Work::Stmt(mut node) => empty_stmt(&mut work, &mut node),
            Work::Pattern(mut node) => empty_pattern(&mut work, &mut node),
        }
    }
}

fn stmts(work: &mut Vec<Work>, nodes: &mut Vec<ast::Stmt>) {
    work.extend(nodes.drain(..).map(Work::Stmt));
}

fn exprs(work: &mut Vec<Work>, nodes: &mut Vec<ast::Expr>) {
    work.extend(nodes.drain(..).map(Work::Expr));
}

fn patterns(work: &mut Vec<Work>, nodes: &mut Vec<ast::Pattern>) {
    work.extend(nodes.drain(..).map(Work::Pattern));
}

/// Leaves a leaf behind, unless there already is one.
fn expr(work: &mut Vec<Work>, node: &mut ast::Expr) {
    if matches!(node, ast::Expr::Name(_) | ast::Expr::Constant(_)) {
        return;
    }
    let leaf = ast::ExprConstant { range: Default::default(), value: ast::Constant::None, kind: None }.into();
    work.push(Work::Expr(std::mem::replace(node, leaf)));
}

fn optional(work: &mut Vec<Work>, node: &mut Option<Box<ast::Expr>>) {
    if let Some(node) = node {
        expr(work, node);
    }
}

fn keywords(work: &mut Vec<Work>, nodes: &mut [ast::Keyword]) {
    for node in nodes {
        expr(work, &mut node.value);
    }
}

fn generators(work: &mut Vec<Work>, nodes: &mut [ast::Comprehension]) {
    for node in nodes {
        expr(work, &mut node.target);
        expr(work, &mut node.iter);
        exprs(work, &mut node.ifs);
    }
}

fn arguments(work: &mut Vec<Work>, node: &mut ast::Arguments) {
    for parameter in node.posonlyargs.iter_mut().chain(&mut node.args).chain(&mut node.kwonlyargs) {
        optional(work, &mut parameter.def.annotation);
        optional(work, &mut parameter.default);
    }
    for parameter in node.vararg.iter_mut().chain(&mut node.kwarg) {
        optional(work, &mut parameter.annotation);
    }
}

fn type_params(work: &mut Vec<Work>, nodes: &mut [ast::TypeParam]) {
    for node in nodes {
        if let ast::TypeParam::TypeVar(var) = node {
            optional(work, &mut var.bound);
        }
    }
}

fn with_items(work: &mut Vec<Work>, nodes: &mut [ast::WithItem]) {
    for node in nodes {
        expr(work, &mut node.context_expr);
        optional(work, &mut node.optional_vars);
    }
}

fn handlers(work: &mut Vec<Work>, nodes: &mut [ast::ExceptHandler]) {
    for node in nodes {
        let ast::ExceptHandler::ExceptHandler(handler) = node;
        optional(work, &mut handler.type_);
        stmts(work, &mut handler.body);
    }
}

fn empty_expr(work: &mut Vec<Work>, node: &mut ast::Expr) {
    match node {
        ast::Expr::BoolOp(node) => exprs(work, &mut node.values),
        ast::Expr::NamedExpr(node) => {
            expr(work, &mut node.target);
            expr(work, &mut node.value);
        }
        ast::Expr::BinOp(node) => {
            expr(work, &mut node.left);
            expr(work, &mut node.right);
        }
        ast::Expr::UnaryOp(node) => expr(work, &mut node.operand),
        ast::Expr::Lambda(node) => {
            arguments(work, &mut node.args);
            expr(work, &mut node.body);
        }
        ast::Expr::IfExp(node) => {
            expr(work, &mut node.test);
            expr(work, &mut node.body);
            expr(work, &mut node.orelse);
        }
        ast::Expr::Dict(node) => {
            work.extend(node.keys.drain(..).flatten().map(Work::Expr));
            exprs(work, &mut node.values);
        }
        ast::Expr::Set(node) => exprs(work, &mut node.elts),
        ast::Expr::ListComp(node) => {
            expr(work, &mut node.elt);
            generators(work, &mut node.generators);
        }
        ast::Expr::SetComp(node) => {
            expr(work, &mut node.elt);
            generators(work, &mut node.generators);
        }
        ast::Expr::DictComp(node) => {
            expr(work, &mut node.key);
            expr(work, &mut node.value);
            generators(work, &mut node.generators);
        }
        ast::Expr::GeneratorExp(node) => {
            expr(work, &mut node.elt);
            generators(work, &mut node.generators);
        }
        ast::Expr::Await(node) => expr(work, &mut node.value),
        ast::Expr::Yield(node) => optional(work, &mut node.value),
        ast::Expr::YieldFrom(node) => expr(work, &mut node.value),
        ast::Expr::Compare(node) => {
            expr(work, &mut node.left);
            exprs(work, &mut node.comparators);
        }
        ast::Expr::Call(node) => {
            expr(work, &mut node.func);
            exprs(work, &mut node.args);
            keywords(work, &mut node.keywords);
        }
        ast::Expr::FormattedValue(node) => {
            expr(work, &mut node.value);
            optional(work, &mut node.format_spec);
        }
        ast::Expr::JoinedStr(node) => exprs(work, &mut node.values),
        ast::Expr::Attribute(node) => expr(work, &mut node.value),
        ast::Expr::Subscript(node) => {
            expr(work, &mut node.value);
            expr(work, &mut node.slice);
        }
        ast::Expr::Starred(node) => expr(work, &mut node.value),
        ast::Expr::List(node) => exprs(work, &mut node.elts),
        ast::Expr::Tuple(node) => exprs(work, &mut node.elts),
        ast::Expr::Slice(node) => {
            optional(work, &mut node.lower);
            optional(work, &mut node.upper);
            optional(work, &mut node.step);
        }
        ast::Expr::Constant(_) | ast::Expr::Name(_) => {}
    }
}

fn empty_stmt(work: &mut Vec<Work>, node: &mut ast::Stmt) {
    match node {
        ast::Stmt::FunctionDef(node) => {
            arguments(work, &mut node.args);
            stmts(work, &mut node.body);
            exprs(work, &mut node.decorator_list);
            optional(work, &mut node.returns);
            type_params(work, &mut node.type_params);
        }
        ast::Stmt::AsyncFunctionDef(node) => {
            arguments(work, &mut node.args);
            stmts(work, &mut node.body);
            exprs(work, &mut node.decorator_list);
            optional(work, &mut node.returns);
            type_params(work, &mut node.type_params);
        }
        ast::Stmt::ClassDef(node) => {
            exprs(work, &mut node.bases);
            keywords(work, &mut node.keywords);
            stmts(work, &mut node.body);
            exprs(work, &mut node.decorator_list);
            type_params(work, &mut node.type_params);
        }
        ast::Stmt::Return(node) => optional(work, &mut node.value),
        ast::Stmt::Delete(node) => exprs(work, &mut node.targets),
        ast::Stmt::Assign(node) => {
            exprs(work, &mut node.targets);
            expr(work, &mut node.value);
        }
        ast::Stmt::TypeAlias(node) => {
            type_params(work, &mut node.type_params);
            expr(work, &mut node.value);
        }
        ast::Stmt::AugAssign(node) => {
            expr(work, &mut node.target);
            expr(work, &mut node.value);
        }
        ast::Stmt::AnnAssign(node) => {
            expr(work, &mut node.target);
            expr(work, &mut node.annotation);
            optional(work, &mut node.value);
        }
        ast::Stmt::For(node) => {
            expr(work, &mut node.target);
            expr(work, &mut node.iter);
            stmts(work, &mut node.body);
            stmts(work, &mut node.orelse);
        }
        ast::Stmt::AsyncFor(node) => {
            expr(work, &mut node.target);
            expr(work, &mut node.iter);
            stmts(work, &mut node.body);
            stmts(work, &mut node.orelse);
        }
        ast::Stmt::While(node) => {
            expr(work, &mut node.test);
            stmts(work, &mut node.body);
            stmts(work, &mut node.orelse);
        }
        ast::Stmt::If(node) => {
            expr(work, &mut node.test);
            stmts(work, &mut node.body);
            stmts(work, &mut node.orelse);
        }
        ast::Stmt::With(node) => {
            with_items(work, &mut node.items);
            stmts(work, &mut node.body);
        }
        ast::Stmt::AsyncWith(node) => {
            with_items(work, &mut node.items);
            stmts(work, &mut node.body);
        }
        ast::Stmt::Match(node) => {
            expr(work, &mut node.subject);
            for case in &mut node.cases {
                pattern(work, &mut case.pattern);
                optional(work, &mut case.guard);
                stmts(work, &mut case.body);
            }
        }
        ast::Stmt::Raise(node) => {
            optional(work, &mut node.exc);
            optional(work, &mut node.cause);
        }
        ast::Stmt::Try(node) => {
            stmts(work, &mut node.body);
            handlers(work, &mut node.handlers);
            stmts(work, &mut node.orelse);
            stmts(work, &mut node.finalbody);
        }
        ast::Stmt::TryStar(node) => {
            stmts(work, &mut node.body);
            handlers(work, &mut node.handlers);
            stmts(work, &mut node.orelse);
            stmts(work, &mut node.finalbody);
        }
        ast::Stmt::Assert(node) => {
            expr(work, &mut node.test);
            optional(work, &mut node.msg);
        }
        ast::Stmt::Expr(node) => expr(work, &mut node.value),
        ast::Stmt::Import(_)
        | ast::Stmt::ImportFrom(_)
        | ast::Stmt::Global(_)
        | ast::Stmt::Nonlocal(_)
        | ast::Stmt::Pass(_)
        | ast::Stmt::Break(_)
        | ast::Stmt::Continue(_) => {}
    }
}

fn pattern(work: &mut Vec<Work>, node: &mut ast::Pattern) {
    let leaf = ast::PatternMatchStar { range: Default::default(), name: None }.into();
    work.push(Work::Pattern(std::mem::replace(node, leaf)));
}

fn empty_pattern(work: &mut Vec<Work>, node: &mut ast::Pattern) {
    match node {
        ast::Pattern::MatchValue(node) => expr(work, &mut node.value),
        ast::Pattern::MatchSequence(node) => patterns(work, &mut node.patterns),
        ast::Pattern::MatchMapping(node) => {
            exprs(work, &mut node.keys);
            patterns(work, &mut node.patterns);
        }
        ast::Pattern::MatchClass(node) => {
            expr(work, &mut node.cls);
            patterns(work, &mut node.patterns);
            patterns(work, &mut node.kwd_patterns);
        }
        ast::Pattern::MatchAs(node) => {
            if let Some(inner) = &mut node.pattern {
                pattern(work, inner);
            }
        }
        ast::Pattern::MatchOr(node) => patterns(work, &mut node.patterns),
        ast::Pattern::MatchSingleton(_) | ast::Pattern::MatchStar(_) => {}
    }
}
