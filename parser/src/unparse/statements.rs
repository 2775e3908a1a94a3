//! Statements.

use rustpython_ast as ast;

use super::expressions::operator_sign;
use super::{Precedence, Unparser};

impl Unparser<'_> {
    pub(super) fn stmt(&mut self, node: &ast::Stmt) {
        match node {
            ast::Stmt::FunctionDef(node) => {
                self.decorators(&node.decorator_list);
                self.fill("def ");
                self.write(&node.name);
                self.signature(&node.type_params, &node.args, node.returns.as_deref());
                self.documented_block(&node.body, node.type_comment.as_deref());
            }
            ast::Stmt::AsyncFunctionDef(node) => {
                self.decorators(&node.decorator_list);
                self.fill("async def ");
                self.write(&node.name);
                self.signature(&node.type_params, &node.args, node.returns.as_deref());
                self.documented_block(&node.body, node.type_comment.as_deref());
            }
            ast::Stmt::ClassDef(node) => {
                self.decorators(&node.decorator_list);
                self.fill("class ");
                self.write(&node.name);
                self.type_params(&node.type_params);
                if !node.bases.is_empty() || !node.keywords.is_empty() {
                    self.out.push('(');
                    self.call_arguments(&node.bases, &node.keywords);
                    self.out.push(')');
                }
                self.documented_block(&node.body, None);
            }
            ast::Stmt::Return(node) => {
                self.fill("return");
                if let Some(value) = &node.value {
                    self.out.push(' ');
                    self.expr(value, Precedence::Test);
                }
            }
            ast::Stmt::Delete(node) => {
                self.fill("del ");
                self.separated(&node.targets, |this, target| this.expr(target, Precedence::Test));
            }
            ast::Stmt::Assign(node) => {
                self.fill("");
                for target in &node.targets {
                    self.expr(target, Precedence::Tuple);
                    self.write(" = ");
                }
                self.expr(&node.value, Precedence::Test);
                self.type_comment(node.type_comment.as_deref());
            }
            ast::Stmt::TypeAlias(node) => {
                self.fill("type ");
                self.expr(&node.name, Precedence::Test);
                self.type_params(&node.type_params);
                self.write(" = ");
                self.expr(&node.value, Precedence::Test);
            }
            ast::Stmt::AugAssign(node) => {
                self.fill("");
                self.expr(&node.target, Precedence::Test);
                self.out.push(' ');
                self.write(operator_sign(node.op));
                self.write("= ");
                self.expr(&node.value, Precedence::Test);
            }
            ast::Stmt::AnnAssign(node) => self.annotated_assignment(node),
            ast::Stmt::For(node) => {
                self.fill("for ");
                self.for_parts(
                    &node.target,
                    &node.iter,
                    &node.body,
                    &node.orelse,
                    node.type_comment.as_deref(),
                );
            }
            ast::Stmt::AsyncFor(node) => {
                self.fill("async for ");
                self.for_parts(
                    &node.target,
                    &node.iter,
                    &node.body,
                    &node.orelse,
                    node.type_comment.as_deref(),
                );
            }
            ast::Stmt::While(node) => {
                self.fill("while ");
                self.expr(&node.test, Precedence::Test);
                self.block(&node.body);
                self.else_block(&node.orelse);
            }
            ast::Stmt::If(node) => self.if_statement(node),
            ast::Stmt::With(node) => {
                self.fill("with ");
                self.with_parts(&node.items, &node.body, node.type_comment.as_deref());
            }
            ast::Stmt::AsyncWith(node) => {
                self.fill("async with ");
                self.with_parts(&node.items, &node.body, node.type_comment.as_deref());
            }
            ast::Stmt::Match(node) => {
                self.fill("match ");
                self.expr(&node.subject, Precedence::Test);
                self.out.push(':');
                self.indent += 1;
                for case in &node.cases {
                    self.match_case(case);
                }
                self.indent -= 1;
            }
            ast::Stmt::Raise(node) => {
                self.fill("raise");
                if let Some(exc) = &node.exc {
                    self.out.push(' ');
                    self.expr(exc, Precedence::Test);
                }
                if let Some(cause) = &node.cause {
                    self.write(" from ");
                    self.expr(cause, Precedence::Test);
                }
            }
            ast::Stmt::Try(node) => {
                self.try_parts("except", &node.body, &node.handlers, &node.orelse, &node.finalbody);
            }
            ast::Stmt::TryStar(node) => {
                self.try_parts("except*", &node.body, &node.handlers, &node.orelse, &node.finalbody);
            }
            ast::Stmt::Assert(node) => {
                self.fill("assert ");
                self.expr(&node.test, Precedence::Test);
                if let Some(msg) = &node.msg {
                    self.write(", ");
                    self.expr(msg, Precedence::Test);
                }
            }
            ast::Stmt::Import(node) => {
                self.fill("import ");
                self.aliases(&node.names);
            }
            ast::Stmt::ImportFrom(node) => {
                self.fill("from ");
                for _ in 0..node.level.map_or(0, |level| level.to_u32()) {
                    self.out.push('.');
                }
                if let Some(module) = &node.module {
                    self.write(module);
                }
                self.write(" import ");
                self.aliases(&node.names);
            }
            ast::Stmt::Global(node) => {
                self.fill("global ");
                self.separated(&node.names, |this, name| this.write(name));
            }
            ast::Stmt::Nonlocal(node) => {
                self.fill("nonlocal ");
                self.separated(&node.names, |this, name| this.write(name));
            }
            ast::Stmt::Expr(node) => {
                self.fill("");
                self.expr(&node.value, Precedence::Yield);
            }
            ast::Stmt::Pass(_) => self.fill("pass"),
            ast::Stmt::Break(_) => self.fill("break"),
            ast::Stmt::Continue(_) => self.fill("continue"),
        }
    }

    fn type_comment(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.write(" # type: ");
            self.write(comment);
        }
    }

    fn decorators(&mut self, decorators: &[ast::Expr]) {
        self.new_line();
        for decorator in decorators {
            self.fill("@");
            self.expr(decorator, Precedence::Test);
        }
    }

    fn signature(
        &mut self,
        type_params: &[ast::TypeParam],
        args: &ast::Arguments,
        returns: Option<&ast::Expr>,
    ) {
        self.type_params(type_params);
        self.out.push('(');
        self.arguments(args);
        self.out.push(')');
        if let Some(returns) = returns {
            self.write(" -> ");
            self.expr(returns, Precedence::Test);
        }
    }

    fn type_params(&mut self, params: &[ast::TypeParam]) {
        if params.is_empty() {
            return;
        }
        self.out.push('[');
        self.separated(params, |this, param| match param {
            ast::TypeParam::TypeVar(param) => {
                this.write(&param.name);
                if let Some(bound) = &param.bound {
                    this.write(": ");
                    this.expr(bound, Precedence::Test);
                }
            }
            ast::TypeParam::TypeVarTuple(param) => {
                this.out.push('*');
                this.write(&param.name);
            }
            ast::TypeParam::ParamSpec(param) => {
                this.write("**");
                this.write(&param.name);
            }
        });
        self.out.push(']');
    }

    /// A block whose first statement may be a docstring.
    fn documented_block(&mut self, body: &[ast::Stmt], type_comment: Option<&str>) {
        self.out.push(':');
        self.type_comment(type_comment);
        self.indent += 1;
        self.body_with_docstring(body);
        self.indent -= 1;
    }

    pub(super) fn body_with_docstring(&mut self, body: &[ast::Stmt]) {
        if let Some((ast::Stmt::Expr(first), rest)) = body.split_first()
            && let ast::Expr::Constant(constant) = &*first.value
            && matches!(constant.value, ast::Constant::Str(_))
        {
            self.docstring(constant);
            self.body(rest);
        } else {
            self.body(body);
        }
    }

    fn annotated_assignment(&mut self, node: &ast::StmtAnnAssign) {
        self.fill("");
        let has_parens = !node.simple && matches!(*node.target, ast::Expr::Name(_));
        if has_parens {
            self.out.push('(');
        }
        self.expr(&node.target, Precedence::Test);
        if has_parens {
            self.out.push(')');
        }
        self.write(": ");
        self.expr(&node.annotation, Precedence::Test);
        if let Some(value) = &node.value {
            self.write(" = ");
            self.expr(value, Precedence::Test);
        }
    }

    fn else_block(&mut self, orelse: &[ast::Stmt]) {
        if !orelse.is_empty() {
            self.fill("else");
            self.block(orelse);
        }
    }

    fn commented_block(&mut self, body: &[ast::Stmt], type_comment: Option<&str>) {
        self.out.push(':');
        self.type_comment(type_comment);
        self.indent += 1;
        self.body(body);
        self.indent -= 1;
    }

    fn for_parts(
        &mut self,
        target: &ast::Expr,
        iter: &ast::Expr,
        body: &[ast::Stmt],
        orelse: &[ast::Stmt],
        type_comment: Option<&str>,
    ) {
        self.expr(target, Precedence::Tuple);
        self.write(" in ");
        self.expr(iter, Precedence::Test);
        self.commented_block(body, type_comment);
        self.else_block(orelse);
    }

    fn if_statement(&mut self, node: &ast::StmtIf) {
        self.fill("if ");
        let mut node = node;
        loop {
            self.expr(&node.test, Precedence::Test);
            self.block(&node.body);
            match &node.orelse[..] {
                [ast::Stmt::If(next)] => {
                    self.fill("elif ");
                    node = next;
                }
                orelse => return self.else_block(orelse),
            }
        }
    }

    fn with_parts(&mut self, items: &[ast::WithItem], body: &[ast::Stmt], type_comment: Option<&str>) {
        self.separated(items, |this, item| {
            this.expr(&item.context_expr, Precedence::Test);
            if let Some(vars) = &item.optional_vars {
                this.write(" as ");
                this.expr(vars, Precedence::Test);
            }
        });
        self.commented_block(body, type_comment);
    }

    fn try_parts(
        &mut self,
        keyword: &str,
        body: &[ast::Stmt],
        handlers: &[ast::ExceptHandler],
        orelse: &[ast::Stmt],
        finalbody: &[ast::Stmt],
    ) {
        self.fill("try");
        self.block(body);
        for ast::ExceptHandler::ExceptHandler(handler) in handlers {
            self.fill(keyword);
            if let Some(type_) = &handler.type_ {
                self.out.push(' ');
                self.expr(type_, Precedence::Test);
            }
            if let Some(name) = &handler.name {
                self.write(" as ");
                self.write(name);
            }
            self.block(&handler.body);
        }
        self.else_block(orelse);
        if !finalbody.is_empty() {
            self.fill("finally");
            self.block(finalbody);
        }
    }

    fn aliases(&mut self, names: &[ast::Alias]) {
        self.separated(names, |this, alias| {
            this.write(&alias.name);
            if let Some(asname) = &alias.asname {
                this.write(" as ");
                this.write(asname);
            }
        });
    }
}
