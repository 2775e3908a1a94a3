//! What the rules match: just enough of a tree to word the messages and to find their places.

/// The sort of a node, as far as messages tell sorts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Other,
    /// A list of values; it dissolves in the children of the node it is put into.
    Seq,
    Attribute,
    Subscript,
    Starred,
    List,
    Tuple,
    Lambda,
    Call,
    BoolOp,
    BinOp,
    UnaryOp,
    GeneratorExp,
    Yield,
    Await,
    ListComp,
    SetComp,
    DictComp,
    Dict,
    Set,
    JoinedStr,
    /// A string or bytes literal.
    Literal,
    Compare,
    /// An operator `in` with its right operand.
    InPair,
    IfExp,
    NamedExpr,
    Keyword,
    KeywordUnpacking,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "Other" => Kind::Other,
            "Seq" => Kind::Seq,
            "Attribute" => Kind::Attribute,
            "Subscript" => Kind::Subscript,
            "Starred" => Kind::Starred,
            "List" => Kind::List,
            "Tuple" => Kind::Tuple,
            "Lambda" => Kind::Lambda,
            "Call" => Kind::Call,
            "BoolOp" => Kind::BoolOp,
            "BinOp" => Kind::BinOp,
            "UnaryOp" => Kind::UnaryOp,
            "GeneratorExp" => Kind::GeneratorExp,
            "Yield" => Kind::Yield,
            "Await" => Kind::Await,
            "ListComp" => Kind::ListComp,
            "SetComp" => Kind::SetComp,
            "DictComp" => Kind::DictComp,
            "Dict" => Kind::Dict,
            "Set" => Kind::Set,
            "IfExp" => Kind::IfExp,
            "NamedExpr" => Kind::NamedExpr,
            "Keyword" => Kind::Keyword,
            "KeywordUnpacking" => Kind::KeywordUnpacking,
            "InPair" => Kind::InPair,
            _ => return None,
        })
    }

    /// What messages call an expression of this kind.
    pub(super) fn expression_name(self) -> &'static str {
        match self {
            Kind::Attribute => "attribute",
            Kind::Subscript => "subscript",
            Kind::Starred => "starred",
            Kind::List => "list",
            Kind::Tuple => "tuple",
            Kind::Lambda => "lambda",
            Kind::Call => "function call",
            Kind::GeneratorExp => "generator expression",
            Kind::Yield => "yield expression",
            Kind::Await => "await expression",
            Kind::ListComp => "list comprehension",
            Kind::SetComp => "set comprehension",
            Kind::DictComp => "dict comprehension",
            Kind::Dict => "dict literal",
            Kind::Set => "set display",
            Kind::JoinedStr => "f-string expression",
            Kind::Literal => "literal",
            Kind::Compare => "comparison",
            Kind::IfExp => "conditional expression",
            Kind::NamedExpr => "named expression",
            _ => "expression",
        }
    }
}

/// The value of a rule or element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An optional element that is not there, or a lookahead.
    Nothing,
    /// A token, by its index.
    Token(u32),
    /// A node, by its index.
    Node(u32),
}

/// A node. It spans whole tokens.
pub(super) struct Node {
    pub kind: Kind,
    /// Index of its first token.
    pub first: u32,
    /// Index of its last token that does not only lay out lines.
    pub last: u32,
    pub children: Box<[Value]>,
}
