//! The notation of `grammar.txt`, and its translation into tables.
//!
//! ```text
//! rule = alternative | alternative …     memo, left, quiet before the `=` are properties of the rule
//! 'x'  NAME                              a token          "x"   a name that is a soft keyword
//! e?  [e]  e*  e+  s.e+                  as in Python's grammar; `s.e+` is e separated by s
//! &e  !e  &&'x'  ~                       lookaheads, a forced token, no other alternative after this
//! a:e                                    captures what e matched for the action
//! @8 "Walruses are"                      what matched so far is new in Python 3.8
//! -> =a    -> Kind(a, b)    -> action(a, "text")
//! ```

use std::collections::HashMap;

use pvm_lexer::TokenKind;

use super::node::Kind;

/// What one element of an alternative matches.
pub(super) enum Item {
    Token(TokenKind),
    /// Any number.
    Number,
    /// A name that is one of the soft keywords.
    SoftKeyword,
    Soft(Box<str>),
    Rule(usize),
    Group(Vec<Alternative>),
    Optional(Box<Item>),
    Star(Box<Item>),
    Plus(Box<Item>),
    Gather(Box<Item>, Box<Item>),
    Ahead(Box<Item>),
    NotAhead(Box<Item>),
    Forced(TokenKind),
    Cut,
    /// What matched so far needs this minor version of Python 3. The text says what that is.
    Since(u8, Box<str>),
}

/// An argument of an action.
pub(super) enum Argument {
    Capture(u8),
    Text(Box<str>),
}

/// What happens when an alternative has matched.
pub(super) enum Action {
    /// The value is that of the only element, or a node of no interest.
    Default,
    /// The value is that of a capture.
    Value(u8),
    /// A node of this kind with the captures as children.
    Build(Kind, Vec<u8>),
    /// One of the actions of [`super::actions`].
    Call(Box<str>, Vec<Argument>),
}

pub(super) struct Alternative {
    pub items: Vec<(u8, Item)>,
    pub action: Action,
    /// It is a rule for invalid programs, so that the first pass leaves it out.
    pub is_diagnostic: bool,
}

#[derive(Default)]
pub(super) struct Rule {
    pub alternatives: Vec<Alternative>,
    pub is_memo: bool,
    pub is_left_recursive: bool,
    /// Rules for invalid programs are off below it.
    pub is_quiet: bool,
}

pub(super) struct Grammar {
    pub rules: Vec<Rule>,
    names: HashMap<&'static str, usize>,
}

impl Grammar {
    /// The rule of this name; the grammar has the names that the code asks for.
    pub(super) fn rule_named(&self, name: &str) -> usize {
        self.names.get(name).copied().unwrap_or(0)
    }

    /// Translates the grammar's text.
    pub(super) fn new(text: &'static str) -> Grammar {
        let mut definitions: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
                Some((head, body)) => definitions.push((head, vec![body])),
                None => definitions.last_mut().expect("the text begins with a rule").1.push(line),
            }
        }
        let names: HashMap<&'static str, usize> = definitions
            .iter()
            .enumerate()
            .map(|(index, (head, _))| (head.split(' ').next().unwrap_or(head), index))
            .collect();
        let rules = definitions
            .iter()
            .map(|(head, body)| {
                let mut reader = Reader { tokens: split(&body.join("\n")), pos: 0, names: &names };
                Rule {
                    alternatives: reader.alternatives(),
                    is_memo: head.ends_with(" memo"),
                    is_left_recursive: head.ends_with(" left"),
                    is_quiet: head.ends_with(" quiet"),
                }
            })
            .collect();
        Grammar { rules, names }
    }
}

/// Splits into words, quoted texts (with their quotes) and signs.
fn split(body: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        let mut token = String::from(c);
        match c {
            _ if c.is_whitespace() => continue,
            '\'' | '"' => {
                while let Some(inner) = chars.next() {
                    if inner == '\\' {
                        token.extend(chars.next());
                    } else {
                        token.push(inner);
                        if inner == c {
                            break;
                        }
                    }
                }
            }
            '&' if chars.peek() == Some(&'&') => token.extend(chars.next()),
            '-' if chars.peek() == Some(&'>') => token.extend(chars.next()),
            _ if c.is_alphanumeric() || c == '_' => {
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    token.push(next);
                }
            }
            _ => {}
        }
        tokens.push(token);
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<String>,
    pos: usize,
    names: &'a HashMap<&'static str, usize>,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.pos).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.pos += 1;
        self.tokens.get(self.pos - 1).cloned().unwrap_or_default()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.peek() == text;
        self.pos += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Vec<Alternative> {
        let mut alternatives = vec![self.alternative()];
        while self.eat("|") {
            alternatives.push(self.alternative());
        }
        alternatives
    }

    /// What stands in brackets. CPython makes a rule of it, but not of a single item.
    fn group(&mut self) -> Item {
        let mut alternatives = self.alternatives();
        if let [Alternative { items, action: Action::Default, is_diagnostic: false }] = &mut alternatives[..]
            && let [(0, _)] = items[..]
        {
            return items.remove(0).1;
        }
        Item::Group(alternatives)
    }

    fn alternative(&mut self) -> Alternative {
        let mut items = Vec::new();
        let start = self.pos;
        while !matches!(self.peek(), "" | "|" | ")" | "]" | "->") {
            items.push(self.named_item());
        }
        // As in CPython, where an alternative with more elements is tried in the first pass too.
        let is_diagnostic = self.pos == start + 1 && self.tokens[start].starts_with("invalid_");
        let action = if self.eat("->") { self.action() } else { Action::Default };
        Alternative { items, action, is_diagnostic }
    }

    fn named_item(&mut self) -> (u8, Item) {
        let is_named =
            self.tokens.get(self.pos + 1).is_some_and(|token| token == ":") && self.peek().len() == 1;
        let mut name = 0;
        if is_named {
            name = self.next().as_bytes()[0];
            self.eat(":");
        }
        (name, self.item())
    }

    fn item(&mut self) -> Item {
        if self.eat("~") {
            return Item::Cut;
        }
        if self.eat("@") {
            let version = self.next().parse().unwrap_or(0);
            return Item::Since(version, self.next().trim_matches('"').into());
        }
        if self.eat("&&") {
            let text = self.next();
            return Item::Forced(token_kind(text.trim_matches('\'')));
        }
        if self.eat("&") {
            return Item::Ahead(Box::new(self.atom()));
        }
        if self.eat("!") {
            return Item::NotAhead(Box::new(self.atom()));
        }
        let atom = self.atom();
        if self.eat("?") {
            Item::Optional(Box::new(atom))
        } else if self.eat("*") {
            Item::Star(Box::new(atom))
        } else if self.eat("+") {
            Item::Plus(Box::new(atom))
        } else if self.eat(".") {
            let element = self.atom();
            self.eat("+");
            Item::Gather(Box::new(atom), Box::new(element))
        } else {
            atom
        }
    }

    fn atom(&mut self) -> Item {
        if self.eat("(") {
            let group = self.group();
            self.eat(")");
            return group;
        }
        if self.eat("[") {
            let group = self.group();
            self.eat("]");
            return Item::Optional(Box::new(group));
        }
        let text = self.next();
        if let Some(quoted) = text.strip_prefix('"') {
            return Item::Soft(quoted.trim_end_matches('"').into());
        }
        if text.starts_with('\'') {
            return Item::Token(token_kind(text.trim_matches('\'')));
        }
        match text.as_str() {
            "NAME" => Item::Token(TokenKind::Name),
            "NUMBER" => Item::Number,
            "STRING" => Item::Token(TokenKind::String),
            "FSTRING_START" => Item::Token(TokenKind::FStringStart),
            "FSTRING_MIDDLE" => Item::Token(TokenKind::FStringMiddle),
            "FSTRING_END" => Item::Token(TokenKind::FStringEnd),
            "NEWLINE" => Item::Token(TokenKind::Newline),
            "INDENT" => Item::Token(TokenKind::Indent),
            "DEDENT" => Item::Token(TokenKind::Dedent),
            "ENDMARKER" => Item::Token(TokenKind::EndOfFile),
            "SOFT_KEYWORD" => Item::SoftKeyword,
            "TYPE_COMMENT" => Item::Token(TokenKind::Comment),
            name => match self.names.get(name) {
                Some(&index) => Item::Rule(index),
                None => unreachable!("the grammar has no rule {name}"),
            },
        }
    }

    fn action(&mut self) -> Action {
        if self.eat("=") {
            return Action::Value(self.next().as_bytes()[0]);
        }
        let name = self.next();
        let mut arguments = Vec::new();
        if self.eat("(") {
            while !self.eat(")") {
                let argument = self.next();
                arguments.push(match argument.strip_prefix('"') {
                    Some(text) => Argument::Text(text.strip_suffix('"').unwrap_or(text).into()),
                    None => Argument::Capture(argument.as_bytes()[0]),
                });
                self.eat(",");
            }
        }
        match Kind::named(&name) {
            Some(kind) => {
                let captures = arguments.iter().filter_map(|argument| match argument {
                    Argument::Capture(name) => Some(*name),
                    Argument::Text(_) => None,
                });
                Action::Build(kind, captures.collect())
            }
            None => Action::Call(name.into(), arguments),
        }
    }
}

fn token_kind(text: &str) -> TokenKind {
    TokenKind::keyword(text)
        .or_else(|| OPERATORS.iter().copied().find(|kind| kind.text() == text))
        .unwrap_or_else(|| unreachable!("no token is spelt {text}"))
}

const OPERATORS: &[TokenKind] = &[
    TokenKind::LeftParen,
    TokenKind::RightParen,
    TokenKind::LeftBracket,
    TokenKind::RightBracket,
    TokenKind::LeftBrace,
    TokenKind::RightBrace,
    TokenKind::Colon,
    TokenKind::Comma,
    TokenKind::Semicolon,
    TokenKind::Dot,
    TokenKind::Ellipsis,
    TokenKind::Plus,
    TokenKind::Minus,
    TokenKind::Star,
    TokenKind::Slash,
    TokenKind::Percent,
    TokenKind::VerticalBar,
    TokenKind::Ampersand,
    TokenKind::Caret,
    TokenKind::Tilde,
    TokenKind::At,
    TokenKind::Less,
    TokenKind::Greater,
    TokenKind::Equal,
    TokenKind::EqualEqual,
    TokenKind::NotEqual,
    TokenKind::LessEqual,
    TokenKind::GreaterEqual,
    TokenKind::LeftShift,
    TokenKind::RightShift,
    TokenKind::DoubleStar,
    TokenKind::DoubleSlash,
    TokenKind::PlusEqual,
    TokenKind::MinusEqual,
    TokenKind::StarEqual,
    TokenKind::SlashEqual,
    TokenKind::PercentEqual,
    TokenKind::AmpersandEqual,
    TokenKind::VerticalBarEqual,
    TokenKind::CaretEqual,
    TokenKind::LeftShiftEqual,
    TokenKind::RightShiftEqual,
    TokenKind::DoubleStarEqual,
    TokenKind::DoubleSlashEqual,
    TokenKind::AtEqual,
    TokenKind::Arrow,
    TokenKind::ColonEqual,
    TokenKind::Exclamation,
];
