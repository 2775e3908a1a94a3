//! The tree seen as CPython's `ast` module shows it: every node has a class name, named fields in order, and
//! perhaps a range.
//!
//! What walks trees without caring for the meaning of nodes ([`dump`](crate::dump), a Python `ast` module)
//! is written against this view, so that the list of nodes and fields stands in one place.

use rustpython_ast::{self as ast, Ranged, text_size::TextRange};

/// A reference to a node of any type.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each variant is the type it holds")]
pub enum Node<'a> {
    Mod(&'a ast::Mod),
    Stmt(&'a ast::Stmt),
    Expr(&'a ast::Expr),
    Comprehension(&'a ast::Comprehension),
    ExceptHandler(&'a ast::ExceptHandler),
    Arguments(&'a ast::Arguments),
    Arg(&'a ast::Arg),
    Keyword(&'a ast::Keyword),
    Alias(&'a ast::Alias),
    WithItem(&'a ast::WithItem),
    MatchCase(&'a ast::MatchCase),
    Pattern(&'a ast::Pattern),
    TypeIgnore(&'a ast::TypeIgnore),
    TypeParam(&'a ast::TypeParam),
}

/// The value of a field.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// An optional field that is not there.
    Absent,
    /// A name.
    Identifier(&'a str),
    /// An optional string, such as a type comment.
    String(&'a str),
    /// A number such as `simple`, `level` or `is_async`.
    Int(i64),
    /// The value of a constant node. Its string may be in [`Literals`](crate::Literals).
    Constant(&'a ast::Constant),
    /// A node without fields, such as `Load` or `Add`.
    Singleton(&'static str),
    /// A node.
    Node(Node<'a>),
    /// A list of nodes; `None` is Python's `None` (a `**mapping` has no key).
    Nodes(Vec<Option<Node<'a>>>),
    /// A list of names.
    Identifiers(&'a [ast::Identifier]),
    /// A list of nodes without fields.
    Singletons(Vec<&'static str>),
}

/// What a node consists of.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Its class in the module `ast`.
    pub class: &'static str,
    /// Its `_fields` in their order.
    pub fields: Vec<(&'static str, Value<'a>)>,
    /// Where it stands, if it has position attributes.
    pub range: Option<TextRange>,
}

fn expr(node: &ast::Expr) -> Value<'_> {
    Value::Node(Node::Expr(node))
}

fn optional(node: &Option<Box<ast::Expr>>) -> Value<'_> {
    node.as_deref().map_or(Value::Absent, expr)
}

fn exprs(nodes: &[ast::Expr]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Expr(node))).collect())
}

fn stmts(nodes: &[ast::Stmt]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Stmt(node))).collect())
}

fn patterns(nodes: &[ast::Pattern]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Pattern(node))).collect())
}

fn keywords(nodes: &[ast::Keyword]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Keyword(node))).collect())
}

fn aliases(nodes: &[ast::Alias]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Alias(node))).collect())
}

fn handlers(nodes: &[ast::ExceptHandler]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::ExceptHandler(node))).collect())
}

fn with_items(nodes: &[ast::WithItem]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::WithItem(node))).collect())
}

fn type_params(nodes: &[ast::TypeParam]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::TypeParam(node))).collect())
}

fn generators(nodes: &[ast::Comprehension]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Comprehension(node))).collect())
}

fn parameters(nodes: &[ast::ArgWithDefault]) -> Value<'_> {
    Value::Nodes(nodes.iter().map(|node| Some(Node::Arg(&node.def))).collect())
}

fn parameter(node: &Option<Box<ast::Arg>>) -> Value<'_> {
    node.as_deref().map_or(Value::Absent, |node| Value::Node(Node::Arg(node)))
}

fn identifier(name: &ast::Identifier) -> Value<'_> {
    Value::Identifier(name.as_str())
}

fn optional_identifier(name: &Option<ast::Identifier>) -> Value<'_> {
    name.as_ref().map_or(Value::Absent, identifier)
}

fn string(text: &Option<String>) -> Value<'_> {
    text.as_deref().map_or(Value::Absent, Value::String)
}

fn context(ctx: ast::ExprContext) -> Value<'static> {
    Value::Singleton(match ctx {
        ast::ExprContext::Load => "Load",
        ast::ExprContext::Store => "Store",
        ast::ExprContext::Del => "Del",
    })
}

/// The name of an operator's class.
pub fn operator_class(op: ast::Operator) -> &'static str {
    match op {
        ast::Operator::Add => "Add",
        ast::Operator::Sub => "Sub",
        ast::Operator::Mult => "Mult",
        ast::Operator::MatMult => "MatMult",
        ast::Operator::Div => "Div",
        ast::Operator::Mod => "Mod",
        ast::Operator::Pow => "Pow",
        ast::Operator::LShift => "LShift",
        ast::Operator::RShift => "RShift",
        ast::Operator::BitOr => "BitOr",
        ast::Operator::BitXor => "BitXor",
        ast::Operator::BitAnd => "BitAnd",
        ast::Operator::FloorDiv => "FloorDiv",
    }
}

fn comparison_class(op: &ast::CmpOp) -> &'static str {
    match op {
        ast::CmpOp::Eq => "Eq",
        ast::CmpOp::NotEq => "NotEq",
        ast::CmpOp::Lt => "Lt",
        ast::CmpOp::LtE => "LtE",
        ast::CmpOp::Gt => "Gt",
        ast::CmpOp::GtE => "GtE",
        ast::CmpOp::Is => "Is",
        ast::CmpOp::IsNot => "IsNot",
        ast::CmpOp::In => "In",
        ast::CmpOp::NotIn => "NotIn",
    }
}

impl<'a> Node<'a> {
    /// Its class, fields and range.
    pub fn view(self) -> View<'a> {
        match self {
            Node::Mod(node) => mod_view(node),
            Node::Stmt(node) => stmt_view(node),
            Node::Expr(node) => expr_view(node),
            Node::Pattern(node) => pattern_view(node),
            Node::Comprehension(node) => View {
                class: "comprehension",
                range: None,
                fields: vec![
                    ("target", expr(&node.target)),
                    ("iter", expr(&node.iter)),
                    ("ifs", exprs(&node.ifs)),
                    ("is_async", Value::Int(i64::from(node.is_async))),
                ],
            },
            Node::ExceptHandler(node) => {
                let ast::ExceptHandler::ExceptHandler(handler) = node;
                View {
                    class: "ExceptHandler",
                    range: Some(handler.range),
                    fields: vec![
                        ("type", optional(&handler.type_)),
                        ("name", optional_identifier(&handler.name)),
                        ("body", stmts(&handler.body)),
                    ],
                }
            }
            Node::Arguments(node) => arguments_view(node),
            Node::Arg(node) => View {
                class: "arg",
                range: Some(node.range),
                fields: vec![
                    ("arg", identifier(&node.arg)),
                    ("annotation", optional(&node.annotation)),
                    ("type_comment", string(&node.type_comment)),
                ],
            },
            Node::Keyword(node) => View {
                class: "keyword",
                range: Some(node.range),
                fields: vec![("arg", optional_identifier(&node.arg)), ("value", expr(&node.value))],
            },
            Node::Alias(node) => View {
                class: "alias",
                range: Some(node.range),
                fields: vec![("name", identifier(&node.name)), ("asname", optional_identifier(&node.asname))],
            },
            Node::WithItem(node) => View {
                class: "withitem",
                range: None,
                fields: vec![
                    ("context_expr", expr(&node.context_expr)),
                    ("optional_vars", optional(&node.optional_vars)),
                ],
            },
            Node::MatchCase(node) => View {
                class: "match_case",
                range: None,
                fields: vec![
                    ("pattern", Value::Node(Node::Pattern(&node.pattern))),
                    ("guard", optional(&node.guard)),
                    ("body", stmts(&node.body)),
                ],
            },
            Node::TypeIgnore(node) => {
                let ast::TypeIgnore::TypeIgnore(ignore) = node;
                View {
                    class: "TypeIgnore",
                    range: None,
                    fields: vec![
                        ("lineno", Value::Int(i64::from(ignore.lineno.to_u32()))),
                        ("tag", Value::String(&ignore.tag)),
                    ],
                }
            }
            Node::TypeParam(node) => {
                let (class, fields) = match node {
                    ast::TypeParam::TypeVar(node) => {
                        ("TypeVar", vec![("name", identifier(&node.name)), ("bound", optional(&node.bound))])
                    }
                    ast::TypeParam::ParamSpec(node) => ("ParamSpec", vec![("name", identifier(&node.name))]),
                    ast::TypeParam::TypeVarTuple(node) => {
                        ("TypeVarTuple", vec![("name", identifier(&node.name))])
                    }
                };
                View { class, range: Some(node.range()), fields }
            }
        }
    }
}

fn arguments_view(node: &ast::Arguments) -> View<'_> {
    let positional = node.posonlyargs.iter().chain(&node.args);
    let defaults =
        positional.filter_map(|parameter| parameter.default.as_deref()).map(|node| Some(Node::Expr(node)));
    let kw_defaults = node.kwonlyargs.iter().map(|parameter| parameter.default.as_deref().map(Node::Expr));
    View {
        class: "arguments",
        range: None,
        fields: vec![
            ("posonlyargs", parameters(&node.posonlyargs)),
            ("args", parameters(&node.args)),
            ("vararg", parameter(&node.vararg)),
            ("kwonlyargs", parameters(&node.kwonlyargs)),
            ("kw_defaults", Value::Nodes(kw_defaults.collect())),
            ("kwarg", parameter(&node.kwarg)),
            ("defaults", Value::Nodes(defaults.collect())),
        ],
    }
}

fn mod_view(node: &ast::Mod) -> View<'_> {
    let (class, fields) = match node {
        ast::Mod::Module(node) => {
            let ignores = node.type_ignores.iter().map(|node| Some(Node::TypeIgnore(node))).collect();
            ("Module", vec![("body", stmts(&node.body)), ("type_ignores", Value::Nodes(ignores))])
        }
        ast::Mod::Interactive(node) => ("Interactive", vec![("body", stmts(&node.body))]),
        ast::Mod::Expression(node) => ("Expression", vec![("body", expr(&node.body))]),
        ast::Mod::FunctionType(node) => {
            ("FunctionType", vec![("argtypes", exprs(&node.argtypes)), ("returns", expr(&node.returns))])
        }
    };
    View { class, range: None, fields }
}

fn stmt_view(node: &ast::Stmt) -> View<'_> {
    let (class, fields) = match node {
        ast::Stmt::FunctionDef(node) => (
            "FunctionDef",
            vec![
                ("name", identifier(&node.name)),
                ("args", Value::Node(Node::Arguments(&node.args))),
                ("body", stmts(&node.body)),
                ("decorator_list", exprs(&node.decorator_list)),
                ("returns", optional(&node.returns)),
                ("type_comment", string(&node.type_comment)),
                ("type_params", type_params(&node.type_params)),
            ],
        ),
        ast::Stmt::AsyncFunctionDef(node) => (
            "AsyncFunctionDef",
            vec![
                ("name", identifier(&node.name)),
                ("args", Value::Node(Node::Arguments(&node.args))),
                ("body", stmts(&node.body)),
                ("decorator_list", exprs(&node.decorator_list)),
                ("returns", optional(&node.returns)),
                ("type_comment", string(&node.type_comment)),
                ("type_params", type_params(&node.type_params)),
            ],
        ),
        ast::Stmt::ClassDef(node) => (
            "ClassDef",
            vec![
                ("name", identifier(&node.name)),
                ("bases", exprs(&node.bases)),
                ("keywords", keywords(&node.keywords)),
                ("body", stmts(&node.body)),
                ("decorator_list", exprs(&node.decorator_list)),
                ("type_params", type_params(&node.type_params)),
            ],
        ),
        ast::Stmt::Return(node) => ("Return", vec![("value", optional(&node.value))]),
        ast::Stmt::Delete(node) => ("Delete", vec![("targets", exprs(&node.targets))]),
        ast::Stmt::Assign(node) => (
            "Assign",
            vec![
                ("targets", exprs(&node.targets)),
                ("value", expr(&node.value)),
                ("type_comment", string(&node.type_comment)),
            ],
        ),
        ast::Stmt::TypeAlias(node) => (
            "TypeAlias",
            vec![
                ("name", expr(&node.name)),
                ("type_params", type_params(&node.type_params)),
                ("value", expr(&node.value)),
            ],
        ),
        ast::Stmt::AugAssign(node) => (
            "AugAssign",
            vec![
                ("target", expr(&node.target)),
                ("op", Value::Singleton(operator_class(node.op))),
                ("value", expr(&node.value)),
            ],
        ),
        ast::Stmt::AnnAssign(node) => (
            "AnnAssign",
            vec![
                ("target", expr(&node.target)),
                ("annotation", expr(&node.annotation)),
                ("value", optional(&node.value)),
                ("simple", Value::Int(i64::from(node.simple))),
            ],
        ),
        ast::Stmt::For(node) => (
            "For",
            vec![
                ("target", expr(&node.target)),
                ("iter", expr(&node.iter)),
                ("body", stmts(&node.body)),
                ("orelse", stmts(&node.orelse)),
                ("type_comment", string(&node.type_comment)),
            ],
        ),
        ast::Stmt::AsyncFor(node) => (
            "AsyncFor",
            vec![
                ("target", expr(&node.target)),
                ("iter", expr(&node.iter)),
                ("body", stmts(&node.body)),
                ("orelse", stmts(&node.orelse)),
                ("type_comment", string(&node.type_comment)),
            ],
        ),
        ast::Stmt::While(node) => (
            "While",
            vec![("test", expr(&node.test)), ("body", stmts(&node.body)), ("orelse", stmts(&node.orelse))],
        ),
        ast::Stmt::If(node) => (
            "If",
            vec![("test", expr(&node.test)), ("body", stmts(&node.body)), ("orelse", stmts(&node.orelse))],
        ),
        ast::Stmt::With(node) => (
            "With",
            vec![
                ("items", with_items(&node.items)),
                ("body", stmts(&node.body)),
                ("type_comment", string(&node.type_comment)),
            ],
        ),
        ast::Stmt::AsyncWith(node) => (
            "AsyncWith",
            vec![
                ("items", with_items(&node.items)),
                ("body", stmts(&node.body)),
                ("type_comment", string(&node.type_comment)),
            ],
        ),
        ast::Stmt::Match(node) => {
            let cases = node.cases.iter().map(|case| Some(Node::MatchCase(case))).collect();
            ("Match", vec![("subject", expr(&node.subject)), ("cases", Value::Nodes(cases))])
        }
        ast::Stmt::Raise(node) => {
            ("Raise", vec![("exc", optional(&node.exc)), ("cause", optional(&node.cause))])
        }
        ast::Stmt::Try(node) => (
            "Try",
            vec![
                ("body", stmts(&node.body)),
                ("handlers", handlers(&node.handlers)),
                ("orelse", stmts(&node.orelse)),
                ("finalbody", stmts(&node.finalbody)),
            ],
        ),
        ast::Stmt::TryStar(node) => (
            "TryStar",
            vec![
                ("body", stmts(&node.body)),
                ("handlers", handlers(&node.handlers)),
                ("orelse", stmts(&node.orelse)),
                ("finalbody", stmts(&node.finalbody)),
            ],
        ),
        ast::Stmt::Assert(node) => ("Assert", vec![("test", expr(&node.test)), ("msg", optional(&node.msg))]),
        ast::Stmt::Import(node) => ("Import", vec![("names", aliases(&node.names))]),
        ast::Stmt::ImportFrom(node) => (
            "ImportFrom",
            vec![
                ("module", optional_identifier(&node.module)),
                ("names", aliases(&node.names)),
                ("level", node.level.map_or(Value::Absent, |level| Value::Int(i64::from(level.to_u32())))),
            ],
        ),
        ast::Stmt::Global(node) => ("Global", vec![("names", Value::Identifiers(&node.names))]),
        ast::Stmt::Nonlocal(node) => ("Nonlocal", vec![("names", Value::Identifiers(&node.names))]),
        ast::Stmt::Expr(node) => ("Expr", vec![("value", expr(&node.value))]),
        ast::Stmt::Pass(_) => ("Pass", Vec::new()),
        ast::Stmt::Break(_) => ("Break", Vec::new()),
        ast::Stmt::Continue(_) => ("Continue", Vec::new()),
    };
    View { class, range: Some(node.range()), fields }
}

fn expr_view(node: &ast::Expr) -> View<'_> {
    let (class, fields) = match node {
        ast::Expr::BoolOp(node) => {
            let op = if matches!(node.op, ast::BoolOp::And) { "And" } else { "Or" };
            ("BoolOp", vec![("op", Value::Singleton(op)), ("values", exprs(&node.values))])
        }
        ast::Expr::NamedExpr(node) => {
            ("NamedExpr", vec![("target", expr(&node.target)), ("value", expr(&node.value))])
        }
        ast::Expr::BinOp(node) => (
            "BinOp",
            vec![
                ("left", expr(&node.left)),
                ("op", Value::Singleton(operator_class(node.op))),
                ("right", expr(&node.right)),
            ],
        ),
        ast::Expr::UnaryOp(node) => {
            let op = match node.op {
                ast::UnaryOp::Invert => "Invert",
                ast::UnaryOp::Not => "Not",
                ast::UnaryOp::UAdd => "UAdd",
                ast::UnaryOp::USub => "USub",
            };
            ("UnaryOp", vec![("op", Value::Singleton(op)), ("operand", expr(&node.operand))])
        }
        ast::Expr::Lambda(node) => {
            ("Lambda", vec![("args", Value::Node(Node::Arguments(&node.args))), ("body", expr(&node.body))])
        }
        ast::Expr::IfExp(node) => (
            "IfExp",
            vec![("test", expr(&node.test)), ("body", expr(&node.body)), ("orelse", expr(&node.orelse))],
        ),
        ast::Expr::Dict(node) => {
            let keys = node.keys.iter().map(|key| key.as_ref().map(Node::Expr)).collect();
            ("Dict", vec![("keys", Value::Nodes(keys)), ("values", exprs(&node.values))])
        }
        ast::Expr::Set(node) => ("Set", vec![("elts", exprs(&node.elts))]),
        ast::Expr::ListComp(node) => {
            ("ListComp", vec![("elt", expr(&node.elt)), ("generators", generators(&node.generators))])
        }
        ast::Expr::SetComp(node) => {
            ("SetComp", vec![("elt", expr(&node.elt)), ("generators", generators(&node.generators))])
        }
        ast::Expr::DictComp(node) => (
            "DictComp",
            vec![
                ("key", expr(&node.key)),
                ("value", expr(&node.value)),
                ("generators", generators(&node.generators)),
            ],
        ),
        ast::Expr::GeneratorExp(node) => {
            ("GeneratorExp", vec![("elt", expr(&node.elt)), ("generators", generators(&node.generators))])
        }
        ast::Expr::Await(node) => ("Await", vec![("value", expr(&node.value))]),
        ast::Expr::Yield(node) => ("Yield", vec![("value", optional(&node.value))]),
        ast::Expr::YieldFrom(node) => ("YieldFrom", vec![("value", expr(&node.value))]),
        ast::Expr::Compare(node) => (
            "Compare",
            vec![
                ("left", expr(&node.left)),
                ("ops", Value::Singletons(node.ops.iter().map(comparison_class).collect())),
                ("comparators", exprs(&node.comparators)),
            ],
        ),
        ast::Expr::Call(node) => (
            "Call",
            vec![
                ("func", expr(&node.func)),
                ("args", exprs(&node.args)),
                ("keywords", keywords(&node.keywords)),
            ],
        ),
        ast::Expr::FormattedValue(node) => (
            "FormattedValue",
            vec![
                ("value", expr(&node.value)),
                ("conversion", Value::Int(node.conversion as i64)),
                ("format_spec", optional(&node.format_spec)),
            ],
        ),
        ast::Expr::JoinedStr(node) => ("JoinedStr", vec![("values", exprs(&node.values))]),
        ast::Expr::Constant(node) => {
            ("Constant", vec![("value", Value::Constant(&node.value)), ("kind", string(&node.kind))])
        }
        ast::Expr::Attribute(node) => (
            "Attribute",
            vec![("value", expr(&node.value)), ("attr", identifier(&node.attr)), ("ctx", context(node.ctx))],
        ),
        ast::Expr::Subscript(node) => (
            "Subscript",
            vec![("value", expr(&node.value)), ("slice", expr(&node.slice)), ("ctx", context(node.ctx))],
        ),
        ast::Expr::Starred(node) => {
            ("Starred", vec![("value", expr(&node.value)), ("ctx", context(node.ctx))])
        }
        ast::Expr::Name(node) => ("Name", vec![("id", identifier(&node.id)), ("ctx", context(node.ctx))]),
        ast::Expr::List(node) => ("List", vec![("elts", exprs(&node.elts)), ("ctx", context(node.ctx))]),
        ast::Expr::Tuple(node) => ("Tuple", vec![("elts", exprs(&node.elts)), ("ctx", context(node.ctx))]),
        ast::Expr::Slice(node) => (
            "Slice",
            vec![
                ("lower", optional(&node.lower)),
                ("upper", optional(&node.upper)),
                ("step", optional(&node.step)),
            ],
        ),
    };
    View { class, range: Some(node.range()), fields }
}

fn pattern_view(node: &ast::Pattern) -> View<'_> {
    let (class, fields) = match node {
        ast::Pattern::MatchValue(node) => ("MatchValue", vec![("value", expr(&node.value))]),
        ast::Pattern::MatchSingleton(node) => {
            ("MatchSingleton", vec![("value", Value::Constant(&node.value))])
        }
        ast::Pattern::MatchSequence(node) => ("MatchSequence", vec![("patterns", patterns(&node.patterns))]),
        ast::Pattern::MatchMapping(node) => (
            "MatchMapping",
            vec![
                ("keys", exprs(&node.keys)),
                ("patterns", patterns(&node.patterns)),
                ("rest", optional_identifier(&node.rest)),
            ],
        ),
        ast::Pattern::MatchClass(node) => (
            "MatchClass",
            vec![
                ("cls", expr(&node.cls)),
                ("patterns", patterns(&node.patterns)),
                ("kwd_attrs", Value::Identifiers(&node.kwd_attrs)),
                ("kwd_patterns", patterns(&node.kwd_patterns)),
            ],
        ),
        ast::Pattern::MatchStar(node) => ("MatchStar", vec![("name", optional_identifier(&node.name))]),
        ast::Pattern::MatchAs(node) => {
            let pattern =
                node.pattern.as_deref().map_or(Value::Absent, |node| Value::Node(Node::Pattern(node)));
            ("MatchAs", vec![("pattern", pattern), ("name", optional_identifier(&node.name))])
        }
        ast::Pattern::MatchOr(node) => ("MatchOr", vec![("patterns", patterns(&node.patterns))]),
    };
    View { class, range: Some(node.range()), fields }
}
