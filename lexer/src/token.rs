//! Tokens: a kind and the span of source text that it covers.

/// A half-open range of UTF-8 byte offsets in one source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

/// A lexical token of Python 3.12. Its text is sliced from the source by its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is. Empty for `Dedent` and `EndOfFile`, and for a `Newline` that the source does not write.
    pub span: Span,
}

macro_rules! token_kinds {
    ($($(#[$meta:meta])* $variant:ident $text:literal $class:ident,)*) => {
        /// The kind of a token. Keywords have their own kinds; soft keywords (`match`, `case`, `type`, `_`)
        /// are `Name`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum TokenKind {
            $($(#[$meta])* #[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl TokenKind {
            /// The exact text of an operator or keyword; for other kinds a description.
            pub const fn text(self) -> &'static str {
                match self { $(TokenKind::$variant => $text,)* }
            }

            /// Whether it is a (hard) keyword.
            pub const fn is_keyword(self) -> bool {
                matches!(self.class(), Class::Keyword)
            }

            /// Whether it is an operator or delimiter.
            pub const fn is_operator(self) -> bool {
                matches!(self.class(), Class::Operator)
            }

            const fn class(self) -> Class {
                match self { $(TokenKind::$variant => Class::$class,)* }
            }
        }

        pub(crate) const KEYWORDS: &[(&str, TokenKind)] = &token_kinds!(@keywords [] $($variant $text $class,)*);
    };
    (@keywords [$($done:tt)*]) => { [$($done)*] };
    (@keywords [$($done:tt)*] $variant:ident $text:literal Keyword, $($rest:tt)*) => {
        token_kinds!(@keywords [$($done)* ($text, TokenKind::$variant),] $($rest)*)
    };
    (@keywords [$($done:tt)*] $variant:ident $text:literal $class:ident, $($rest:tt)*) => {
        token_kinds!(@keywords [$($done)*] $($rest)*)
    };
}

enum Class {
    Other,
    Operator,
    Keyword,
}

token_kinds! {
    EndOfFile "end of file" Other,
    Newline "newline" Other,
    /// A line end that ends no statement: after a blank or comment line, or inside brackets.
    NonLogicalNewline "newline inside a statement" Other,
    Comment "comment" Other,
    Indent "indent" Other,
    Dedent "dedent" Other,
    Name "name" Other,
    /// An integer literal in any base.
    Int "integer" Other,
    Float "float" Other,
    /// A literal that ends in `j`.
    Imaginary "imaginary number" Other,
    /// A whole string or bytes literal that is not an f-string, prefix and quotes included.
    String "string" Other,
    /// The prefix and opening quotes of an f-string.
    FStringStart "f-string start" Other,
    /// Literal text of an f-string (`{{` and `}}` undecoded), never empty.
    FStringMiddle "f-string middle" Other,
    /// The closing quotes of an f-string.
    FStringEnd "f-string end" Other,
    LeftParen "(" Operator, RightParen ")" Operator,
    LeftBracket "[" Operator, RightBracket "]" Operator,
    LeftBrace "{" Operator, RightBrace "}" Operator,
    Colon ":" Operator, Comma "," Operator, Semicolon ";" Operator, Dot "." Operator, Ellipsis "..." Operator,
    Plus "+" Operator, Minus "-" Operator, Star "*" Operator, Slash "/" Operator, Percent "%" Operator,
    VerticalBar "|" Operator, Ampersand "&" Operator, Caret "^" Operator, Tilde "~" Operator, At "@" Operator,
    Less "<" Operator, Greater ">" Operator, Equal "=" Operator,
    EqualEqual "==" Operator, NotEqual "!=" Operator, LessEqual "<=" Operator, GreaterEqual ">=" Operator,
    LeftShift "<<" Operator, RightShift ">>" Operator, DoubleStar "**" Operator, DoubleSlash "//" Operator,
    PlusEqual "+=" Operator, MinusEqual "-=" Operator, StarEqual "*=" Operator, SlashEqual "/=" Operator,
    PercentEqual "%=" Operator, AmpersandEqual "&=" Operator, VerticalBarEqual "|=" Operator,
    CaretEqual "^=" Operator, LeftShiftEqual "<<=" Operator, RightShiftEqual ">>=" Operator,
    DoubleStarEqual "**=" Operator, DoubleSlashEqual "//=" Operator, AtEqual "@=" Operator,
    Arrow "->" Operator, ColonEqual ":=" Operator,
    /// Valid only inside an f-string's replacement field, before a conversion.
    Exclamation "!" Operator,
    /// `$`, `?`, `` ` ``: characters that CPython lexes as operators although no rule of the grammar has them.
    Unknown "unknown operator" Other,
    And "and" Keyword, As "as" Keyword, Assert "assert" Keyword, Async "async" Keyword, Await "await" Keyword,
    Break "break" Keyword, Class "class" Keyword, Continue "continue" Keyword, Def "def" Keyword,
    Del "del" Keyword, Elif "elif" Keyword, Else "else" Keyword, Except "except" Keyword, False "False" Keyword,
    Finally "finally" Keyword, For "for" Keyword, From "from" Keyword, Global "global" Keyword, If "if" Keyword,
    Import "import" Keyword, In "in" Keyword, Is "is" Keyword, Lambda "lambda" Keyword, None "None" Keyword,
    Nonlocal "nonlocal" Keyword, Not "not" Keyword, Or "or" Keyword, Pass "pass" Keyword, Raise "raise" Keyword,
    Return "return" Keyword, True "True" Keyword, Try "try" Keyword, While "while" Keyword, With "with" Keyword,
    Yield "yield" Keyword,
}

impl TokenKind {
    /// The keyword that this text is, if it is one.
    pub fn keyword(text: &str) -> Option<TokenKind> {
        Some(crate::identifier::keyword(text.as_bytes())).filter(|kind| kind.is_keyword())
    }
}

impl TokenKind {
    /// The name that CPython's module `token` has for it: its exact type's.
    pub const fn cpython_name(self) -> &'static str {
        match self {
            TokenKind::EndOfFile => "ENDMARKER",
            TokenKind::Newline => "NEWLINE",
            TokenKind::NonLogicalNewline => "NL",
            TokenKind::Comment => "COMMENT",
            TokenKind::Indent => "INDENT",
            TokenKind::Dedent => "DEDENT",
            TokenKind::Int | TokenKind::Float | TokenKind::Imaginary => "NUMBER",
            TokenKind::String => "STRING",
            TokenKind::FStringStart => "FSTRING_START",
            TokenKind::FStringMiddle => "FSTRING_MIDDLE",
            TokenKind::FStringEnd => "FSTRING_END",
            TokenKind::LeftParen => "LPAR",
            TokenKind::RightParen => "RPAR",
            TokenKind::LeftBracket => "LSQB",
            TokenKind::RightBracket => "RSQB",
            TokenKind::LeftBrace => "LBRACE",
            TokenKind::RightBrace => "RBRACE",
            TokenKind::Colon => "COLON",
            TokenKind::Comma => "COMMA",
            TokenKind::Semicolon => "SEMI",
            TokenKind::Dot => "DOT",
            TokenKind::Ellipsis => "ELLIPSIS",
            TokenKind::Plus => "PLUS",
            TokenKind::Minus => "MINUS",
            TokenKind::Star => "STAR",
            TokenKind::Slash => "SLASH",
            TokenKind::Percent => "PERCENT",
            TokenKind::VerticalBar => "VBAR",
            TokenKind::Ampersand => "AMPER",
            TokenKind::Caret => "CIRCUMFLEX",
            TokenKind::Tilde => "TILDE",
            TokenKind::At => "AT",
            TokenKind::Less => "LESS",
            TokenKind::Greater => "GREATER",
            TokenKind::Equal => "EQUAL",
            TokenKind::EqualEqual => "EQEQUAL",
            TokenKind::NotEqual => "NOTEQUAL",
            TokenKind::LessEqual => "LESSEQUAL",
            TokenKind::GreaterEqual => "GREATEREQUAL",
            TokenKind::LeftShift => "LEFTSHIFT",
            TokenKind::RightShift => "RIGHTSHIFT",
            TokenKind::DoubleStar => "DOUBLESTAR",
            TokenKind::DoubleSlash => "DOUBLESLASH",
            TokenKind::PlusEqual => "PLUSEQUAL",
            TokenKind::MinusEqual => "MINEQUAL",
            TokenKind::StarEqual => "STAREQUAL",
            TokenKind::SlashEqual => "SLASHEQUAL",
            TokenKind::PercentEqual => "PERCENTEQUAL",
            TokenKind::AmpersandEqual => "AMPEREQUAL",
            TokenKind::VerticalBarEqual => "VBAREQUAL",
            TokenKind::CaretEqual => "CIRCUMFLEXEQUAL",
            TokenKind::LeftShiftEqual => "LEFTSHIFTEQUAL",
            TokenKind::RightShiftEqual => "RIGHTSHIFTEQUAL",
            TokenKind::DoubleStarEqual => "DOUBLESTAREQUAL",
            TokenKind::DoubleSlashEqual => "DOUBLESLASHEQUAL",
            TokenKind::AtEqual => "ATEQUAL",
            TokenKind::Arrow => "RARROW",
            TokenKind::ColonEqual => "COLONEQUAL",
            TokenKind::Exclamation => "EXCLAMATION",
            TokenKind::Unknown => "OP",
            // Names and keywords.
            _ => "NAME",
        }
    }
}
