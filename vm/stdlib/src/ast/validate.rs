//! Trees that no parser makes: what CPython refuses to compile.
//!
//! Source: CPython 3.12 `Python/ast.c`.

use pvm_parser::ast::{self, Constant, Expr, ExprContext, Pattern, Stmt};

/// Why a tree is refused.
pub(super) enum Invalid {
    /// `ValueError`, for all but a few.
    Value(String),
    /// `TypeError`
    Type(&'static str),
}

pub(super) type Checked = Result<(), Invalid>;

fn fail(text: impl Into<String>) -> Checked {
    Err(Invalid::Value(text.into()))
}

/// Checks a module.
pub(super) fn module(module: &ast::Mod) -> Checked {
    match module {
        ast::Mod::Module(node) => statements(&node.body),
        ast::Mod::Interactive(node) => statements(&node.body),
        ast::Mod::Expression(node) => load(&node.body),
        ast::Mod::FunctionType(node) => {
            loads(&node.argtypes)?;
            load(&node.returns)
        }
    }
}

fn statements(body: &[Stmt]) -> Checked {
    body.iter().try_for_each(statement)
}

fn nonempty<T>(items: &[T], what: &str, owner: &str) -> Checked {
    if items.is_empty() { fail(format!("empty {what} on {owner}")) } else { Ok(()) }
}

fn body(body: &[Stmt], owner: &str) -> Checked {
    nonempty(body, "body", owner)?;
    statements(body)
}

fn statement(node: &Stmt) -> Checked {
    match node {
        Stmt::FunctionDef(node) => {
            body(&node.body, "FunctionDef")?;
            type_params(&node.type_params)?;
            arguments(&node.args)?;
            loads(&node.decorator_list)?;
            optional(&node.returns)
        }
        Stmt::AsyncFunctionDef(node) => {
            body(&node.body, "AsyncFunctionDef")?;
            type_params(&node.type_params)?;
            arguments(&node.args)?;
            loads(&node.decorator_list)?;
            optional(&node.returns)
        }
        Stmt::ClassDef(node) => {
            body(&node.body, "ClassDef")?;
            type_params(&node.type_params)?;
            loads(&node.bases)?;
            node.keywords.iter().try_for_each(|keyword| load(&keyword.value))?;
            loads(&node.decorator_list)
        }
        Stmt::Return(node) => optional(&node.value),
        Stmt::Delete(node) => targets(&node.targets, "Delete", ExprContext::Del),
        Stmt::Assign(node) => {
            targets(&node.targets, "Assign", ExprContext::Store)?;
            load(&node.value)
        }
        Stmt::AugAssign(node) => {
            expression(&node.target, ExprContext::Store)?;
            load(&node.value)
        }
        Stmt::AnnAssign(node) => {
            if node.simple && !matches!(*node.target, Expr::Name(_)) {
                return Err(Invalid::Type("AnnAssign with simple non-Name target"));
            }
            expression(&node.target, ExprContext::Store)?;
            optional(&node.value)?;
            load(&node.annotation)
        }
        Stmt::TypeAlias(node) => {
            if !matches!(*node.name, Expr::Name(_)) {
                return Err(Invalid::Type("TypeAlias with non-Name name"));
            }
            expression(&node.name, ExprContext::Store)?;
            type_params(&node.type_params)?;
            load(&node.value)
        }
        Stmt::For(node) => looped(&node.target, &node.iter, &node.body, &node.orelse, "For"),
        Stmt::AsyncFor(node) => looped(&node.target, &node.iter, &node.body, &node.orelse, "AsyncFor"),
        Stmt::While(node) => {
            load(&node.test)?;
            body(&node.body, "While")?;
            statements(&node.orelse)
        }
        Stmt::If(node) => {
            load(&node.test)?;
            body(&node.body, "If")?;
            statements(&node.orelse)
        }
        Stmt::With(node) => managed(&node.items, &node.body, "With"),
        Stmt::AsyncWith(node) => managed(&node.items, &node.body, "AsyncWith"),
        Stmt::Match(node) => {
            load(&node.subject)?;
            nonempty(&node.cases, "cases", "Match")?;
            node.cases.iter().try_for_each(|case| {
                pattern(&case.pattern, false)?;
                optional(&case.guard)?;
                body(&case.body, "match_case")
            })
        }
        Stmt::Raise(node) => {
            if node.exc.is_none() && node.cause.is_some() {
                return fail("Raise with cause but no exception");
            }
            optional(&node.exc)?;
            optional(&node.cause)
        }
        Stmt::Try(node) => tried(&node.body, &node.handlers, &node.orelse, &node.finalbody, "Try"),
        Stmt::TryStar(node) => tried(&node.body, &node.handlers, &node.orelse, &node.finalbody, "TryStar"),
        Stmt::Assert(node) => {
            load(&node.test)?;
            optional(&node.msg)
        }
        Stmt::Import(node) => nonempty(&node.names, "names", "Import"),
        Stmt::ImportFrom(node) => nonempty(&node.names, "names", "ImportFrom"),
        Stmt::Global(node) => nonempty(&node.names, "names", "Global"),
        Stmt::Nonlocal(node) => nonempty(&node.names, "names", "Nonlocal"),
        Stmt::Expr(node) => load(&node.value),
        Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) => Ok(()),
    }
}

fn looped(target: &Expr, iter: &Expr, inner: &[Stmt], orelse: &[Stmt], owner: &str) -> Checked {
    expression(target, ExprContext::Store)?;
    load(iter)?;
    body(inner, owner)?;
    statements(orelse)
}

fn managed(items: &[ast::WithItem], inner: &[Stmt], owner: &str) -> Checked {
    nonempty(items, "items", owner)?;
    for item in items {
        load(&item.context_expr)?;
        if let Some(target) = &item.optional_vars {
            expression(target, ExprContext::Store)?;
        }
    }
    body(inner, owner)
}

fn tried(
    inner: &[Stmt],
    handlers: &[ast::ExceptHandler],
    orelse: &[Stmt],
    finalbody: &[Stmt],
    owner: &str,
) -> Checked {
    body(inner, owner)?;
    if handlers.is_empty() && finalbody.is_empty() {
        return fail(format!("{owner} has neither except handlers nor finalbody"));
    }
    if handlers.is_empty() && !orelse.is_empty() {
        return fail(format!("{owner} has orelse but no except handlers"));
    }
    for ast::ExceptHandler::ExceptHandler(handler) in handlers {
        optional(&handler.type_)?;
        body(&handler.body, "ExceptHandler")?;
    }
    statements(finalbody)?;
    statements(orelse)
}

fn targets(items: &[Expr], owner: &str, ctx: ExprContext) -> Checked {
    nonempty(items, "targets", owner)?;
    expressions(items, ctx)
}

fn type_params(params: &[ast::TypeParam]) -> Checked {
    params.iter().try_for_each(|param| match param {
        ast::TypeParam::TypeVar(node) => {
            name(&node.name)?;
            optional(&node.bound)
        }
        ast::TypeParam::ParamSpec(node) => name(&node.name),
        ast::TypeParam::TypeVarTuple(node) => name(&node.name),
    })
}

fn arguments(node: &ast::Arguments) -> Checked {
    let with_default = node.posonlyargs.iter().chain(&node.args).chain(&node.kwonlyargs);
    for parameter in with_default {
        optional(&parameter.def.annotation)?;
        optional(&parameter.default)?;
    }
    node.vararg.iter().chain(&node.kwarg).try_for_each(|parameter| optional(&parameter.annotation))
}

fn name(name: &ast::Identifier) -> Checked {
    match name.as_str() {
        "None" | "True" | "False" => {
            fail(format!("identifier field can't represent '{}' constant", name.as_str()))
        }
        _ => Ok(()),
    }
}

fn load(node: &Expr) -> Checked {
    expression(node, ExprContext::Load)
}

fn optional(node: &Option<Box<Expr>>) -> Checked {
    node.as_deref().map_or(Ok(()), load)
}

fn loads(nodes: &[Expr]) -> Checked {
    expressions(nodes, ExprContext::Load)
}

fn expressions(nodes: &[Expr], ctx: ExprContext) -> Checked {
    nodes.iter().try_for_each(|node| expression(node, ctx))
}

fn context_name(ctx: ExprContext) -> &'static str {
    match ctx {
        ExprContext::Load => "Load",
        ExprContext::Store => "Store",
        ExprContext::Del => "Del",
    }
}

fn expression(node: &Expr, ctx: ExprContext) -> Checked {
    let actual = match node {
        Expr::Attribute(node) => Some(node.ctx),
        Expr::Subscript(node) => Some(node.ctx),
        Expr::Starred(node) => Some(node.ctx),
        Expr::Name(node) => {
            name(&node.id)?;
            Some(node.ctx)
        }
        Expr::List(node) => Some(node.ctx),
        Expr::Tuple(node) => Some(node.ctx),
        _ => None,
    };
    let wanted = context_name(ctx);
    match actual {
        Some(actual) if actual != ctx => {
            let actual = context_name(actual);
            return fail(format!("expression must have {wanted} context but has {actual} instead"));
        }
        None if ctx != ExprContext::Load => {
            return fail(format!("expression which can't be assigned to in {wanted} context"));
        }
        _ => {}
    }
    inside(node, ctx)
}

fn inside(node: &Expr, ctx: ExprContext) -> Checked {
    match node {
        Expr::BoolOp(node) if node.values.len() < 2 => fail("BoolOp with less than 2 values"),
        Expr::BoolOp(node) => loads(&node.values),
        Expr::BinOp(node) => {
            load(&node.left)?;
            load(&node.right)
        }
        Expr::UnaryOp(node) => load(&node.operand),
        Expr::Lambda(node) => {
            arguments(&node.args)?;
            load(&node.body)
        }
        Expr::IfExp(node) => {
            load(&node.test)?;
            load(&node.body)?;
            load(&node.orelse)
        }
        Expr::Dict(node) => {
            if node.keys.len() != node.values.len() {
                return fail("Dict doesn't have the same number of keys as values");
            }
            node.keys.iter().flatten().try_for_each(load)?;
            loads(&node.values)
        }
        Expr::Set(node) => loads(&node.elts),
        Expr::ListComp(node) => comprehension(&node.generators, &[&node.elt]),
        Expr::SetComp(node) => comprehension(&node.generators, &[&node.elt]),
        Expr::GeneratorExp(node) => comprehension(&node.generators, &[&node.elt]),
        Expr::DictComp(node) => comprehension(&node.generators, &[&node.key, &node.value]),
        Expr::Yield(node) => optional(&node.value),
        Expr::YieldFrom(node) => load(&node.value),
        Expr::Await(node) => load(&node.value),
        Expr::Compare(node) => {
            if node.comparators.is_empty() {
                return fail("Compare with no comparators");
            }
            if node.comparators.len() != node.ops.len() {
                return fail("Compare has a different number of comparators and operands");
            }
            loads(&node.comparators)?;
            load(&node.left)
        }
        Expr::Call(node) => {
            load(&node.func)?;
            loads(&node.args)?;
            node.keywords.iter().try_for_each(|keyword| load(&keyword.value))
        }
        Expr::Constant(_) => Ok(()),
        Expr::JoinedStr(node) => loads(&node.values),
        Expr::FormattedValue(node) => {
            load(&node.value)?;
            optional(&node.format_spec)
        }
        Expr::Attribute(node) => load(&node.value),
        Expr::Subscript(node) => {
            load(&node.slice)?;
            load(&node.value)
        }
        Expr::Starred(node) => expression(&node.value, ctx),
        Expr::List(node) => expressions(&node.elts, ctx),
        Expr::Tuple(node) => expressions(&node.elts, ctx),
        Expr::Slice(node) => {
            optional(&node.lower)?;
            optional(&node.upper)?;
            optional(&node.step)
        }
        Expr::NamedExpr(node) => load(&node.value),
        Expr::Name(_) => Ok(()),
    }
}

fn comprehension(generators: &[ast::Comprehension], elements: &[&Expr]) -> Checked {
    if generators.is_empty() {
        return fail("comprehension with no generators");
    }
    for generator in generators {
        expression(&generator.target, ExprContext::Store)?;
        load(&generator.iter)?;
        loads(&generator.ifs)?;
    }
    elements.iter().try_for_each(|element| load(element))
}

fn pattern(node: &Pattern, star_allowed: bool) -> Checked {
    let patterns = |nodes: &[Pattern], star| nodes.iter().try_for_each(|node| pattern(node, star));
    match node {
        Pattern::MatchValue(node) => pattern_value(&node.value),
        Pattern::MatchSingleton(node) => match node.value {
            Constant::None | Constant::Bool(_) => Ok(()),
            _ => fail("MatchSingleton can only contain True, False and None"),
        },
        Pattern::MatchSequence(node) => patterns(&node.patterns, true),
        Pattern::MatchMapping(node) => {
            if node.keys.len() != node.patterns.len() {
                return fail("MatchMapping doesn't have the same number of keys as patterns");
            }
            node.rest.as_ref().map_or(Ok(()), capture)?;
            for key in &node.keys {
                if !matches!(key, Expr::Constant(_)) {
                    pattern_value(key)?;
                }
            }
            patterns(&node.patterns, false)
        }
        Pattern::MatchClass(node) => {
            if node.kwd_attrs.len() != node.kwd_patterns.len() {
                return fail("MatchClass doesn't have the same number of keyword attributes as patterns");
            }
            load(&node.cls)?;
            let mut class = &*node.cls;
            while let Expr::Attribute(attribute) = class {
                class = &attribute.value;
            }
            if !matches!(class, Expr::Name(_)) {
                return fail("MatchClass cls field can only contain Name or Attribute nodes.");
            }
            node.kwd_attrs.iter().try_for_each(name)?;
            patterns(&node.patterns, false)?;
            patterns(&node.kwd_patterns, false)
        }
        Pattern::MatchStar(_) if !star_allowed => fail("can't use MatchStar here"),
        Pattern::MatchStar(node) => node.name.as_ref().map_or(Ok(()), capture),
        Pattern::MatchAs(node) => {
            node.name.as_ref().map_or(Ok(()), capture)?;
            match (&node.pattern, &node.name) {
                (None, _) => Ok(()),
                (Some(_), None) => fail("MatchAs must specify a target name if a pattern is given"),
                (Some(inner), Some(_)) => pattern(inner, false),
            }
        }
        Pattern::MatchOr(node) if node.patterns.len() < 2 => fail("MatchOr requires at least 2 patterns"),
        Pattern::MatchOr(node) => patterns(&node.patterns, false),
    }
}

fn capture(target: &ast::Identifier) -> Checked {
    if target.as_str() == "_" {
        return fail("can't capture name '_' in patterns");
    }
    name(target)
}

/// Literals, signed numbers, sums of a real and an imaginary number, and dotted names.
fn pattern_value(node: &Expr) -> Checked {
    load(node)?;
    let is_number = |node: &Expr| {
        let node = match node {
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::USub => &unary.operand,
            node => node,
        };
        matches!(node, Expr::Constant(constant)
            if matches!(constant.value, Constant::Int(_) | Constant::Float(_) | Constant::Complex { .. }))
    };
    let allowed = match node {
        Expr::Constant(constant) => match constant.value {
            Constant::Str(_) | Constant::Bytes(_) => true,
            Constant::Int(_) | Constant::Float(_) | Constant::Complex { .. } => true,
            _ => return fail("unexpected constant inside of a literal pattern"),
        },
        Expr::Attribute(_) | Expr::JoinedStr(_) => true,
        Expr::UnaryOp(_) => is_number(node),
        Expr::BinOp(sum) => {
            matches!(sum.op, ast::Operator::Add | ast::Operator::Sub)
                && is_number(&sum.left)
                && matches!(&*sum.right, Expr::Constant(c) if matches!(c.value, Constant::Complex { .. }))
        }
        _ => false,
    };
    if allowed { Ok(()) } else { fail("patterns may only match literals and attribute lookups") }
}
