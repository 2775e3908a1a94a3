//! Matches the grammar's rules against the tokens, in the order of CPython's parser.
//!
//! CPython's parser is a packrat parser with ordered choice, and which message a wrong program gets depends on
//! the order in which it tries rules, on what it remembers, and on how many tokens it has read by then. So this
//! machine remembers the results of the same rules, and reads tokens as late.

use std::ops::Range;

use pvm_lexer::{LexError, LexErrorKind, Lexer, Malformed, Span, Token, TokenKind};
use rustc_hash::FxHashMap;
use rustpython_ast::text_size::{TextRange, TextSize};

use super::node::{Kind, Node, Value};
use super::notation::{Action, Alternative, Grammar, Item};
use crate::error::ErrorClass;
use crate::literal::InvalidEscape;
use crate::parsed::{Mode, Options, SyntaxWarning, WarningCategory, WarningOrigin};
use crate::type_comment::{TypeComment, is_alone_on_line, type_comment};

/// Rules within rules; at more CPython gives up with a `MemoryError`.
const MAX_LEVEL: u32 = 6000;

/// A token and what CPython's tokenizer knew when it had read it.
#[derive(Clone, Copy)]
pub(super) struct ReadToken {
    pub token: Token,
    /// How many brackets were open after it.
    pub level: u32,
    /// CPython's token has no column: it only lays out lines, and no text is its.
    pub is_placeless: bool,
}

/// Why the matching stopped.
pub(super) enum Stop {
    /// An error was raised.
    Raised(Raised),
    /// The tokenizer met an error.
    Lex(LexError),
    /// Bytes that CPython decodes are not UTF-8.
    Undecodable {
        bytes: Span,
        /// The codec's exception is the error, rather than a `SyntaxError` about it.
        is_raw: bool,
    },
    /// Too many rules within rules.
    TooDeep,
}

/// An error with CPython's zero-based byte columns.
pub(super) struct Raised {
    pub class: ErrorClass,
    pub message: String,
    pub place: Place,
}

/// A place as CPython hands it to its exception: columns are one-based counts of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub line: usize,
    pub column: i64,
    pub end_line: usize,
    pub end_column: i64,
}

/// A rule's result: `None` if it did not match.
pub(super) type Match = Result<Option<Value>, Stop>;

/// How the attempt at one alternative ended.
enum Attempt {
    Matched(Value),
    /// Try the next alternative.
    NoMatch,
    /// No other alternative may be tried.
    Fails,
}

pub(super) struct Machine<'a> {
    pub grammar: &'a Grammar,
    pub source: &'a str,
    pub malformed: Option<&'a Malformed>,
    pub line_starts: &'a [u32],
    pub options: Options,
    pub lexer: Lexer<'a>,
    pub tokens: Vec<ReadToken>,
    pub mark: usize,
    pub diagnoses: bool,
    pub nodes: Vec<Node>,
    memo: FxHashMap<(u32, u32), (Option<Value>, u32)>,
    level: u32,
    mode: Mode,
    /// The source is a file rather than an expression or what is typed at a prompt.
    pub is_file: bool,
    /// At a prompt: a token was read since the last line end that was made up.
    has_begun: bool,
    /// At a prompt: what comes after a line end that was made up.
    pending: Option<Token>,
    /// At a prompt: the end of a source without a line end was met.
    has_met_end: bool,
    is_after_type_comment: bool,
    /// Where the last token of the lexer ends.
    lexed_end: u32,
    /// What CPython warns of meanwhile, in its order.
    pub warnings: Vec<SyntaxWarning>,
    /// Which of them are the lexer's, and whether within an f-string.
    pub lexer_warnings: Vec<(usize, bool)>,
    /// How many of the lexer's warnings are among them, or belong to what was left out.
    n_lexer_warnings: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        grammar: &'a Grammar,
        source: &'a str,
        malformed: Option<&'a Malformed>,
        line_starts: &'a [u32],
        options: Options,
        skip_to: u32,
        mode: Mode,
    ) -> Machine<'a> {
        let mut machine = Machine {
            grammar,
            source,
            malformed,
            line_starts,
            options,
            lexer: Lexer::new(source),
            tokens: Vec::new(),
            mark: 0,
            diagnoses: false,
            nodes: Vec::new(),
            memo: FxHashMap::default(),
            level: 0,
            mode,
            is_file: mode == Mode::Module,
            has_begun: false,
            pending: None,
            has_met_end: false,
            is_after_type_comment: false,
            lexed_end: 0,
            warnings: Vec::new(),
            lexer_warnings: Vec::new(),
            n_lexer_warnings: 0,
        };
        machine.skip_to(skip_to);
        machine.n_lexer_warnings = machine.lexer.warnings().len();
        machine
    }

    /// Leaves out the statements before an offset, which are known to be right.
    fn skip_to(&mut self, offset: u32) {
        if offset == 0 {
            return;
        }
        loop {
            let before = self.lexer.clone();
            match self.lexer.next_token() {
                Ok(token) if token.span.start < offset && token.kind != TokenKind::EndOfFile => {}
                // What closes the blocks before the statement stands where the statement begins.
                Ok(token) if token.span.start == offset && token.kind == TokenKind::Dedent => {}
                _ => {
                    self.lexer = before;
                    return;
                }
            }
        }
    }

    /// Forgets all results, for the second pass.
    pub(super) fn restart(&mut self) {
        self.mark = 0;
        self.memo.clear();
        self.level = 0;
        self.diagnoses = true;
    }

    /// Adds what the lexer has warned of in the last token.
    pub(super) fn note_lexer_warnings(&mut self) {
        let n_known = std::mem::replace(&mut self.n_lexer_warnings, self.lexer.warnings().len());
        for at in n_known..self.n_lexer_warnings {
            let warning = &self.lexer.warnings()[at];
            let (message, span) = (warning.kind.to_string(), warning.span);
            self.lexer_warnings.push((self.warnings.len(), self.lexer.fstring_depth() > 0));
            self.warn(message, span, WarningOrigin::Tokenizer);
        }
    }

    /// Adds a warning of the parser, which gives none while it looks for mistakes.
    pub(super) fn warn_of_escape(&mut self, invalid: &InvalidEscape, token: Token) {
        if !self.diagnoses {
            self.warn(invalid.message(), token.span, WarningOrigin::Parser);
        }
    }

    fn warn(&mut self, message: String, span: Span, origin: WarningOrigin) {
        self.warnings.push(SyntaxWarning {
            category: WarningCategory::SyntaxWarning,
            message,
            range: TextRange::new(TextSize::new(span.start), TextSize::new(span.end)),
            lineno: self.line_and_column(span.start).0 as u32,
            origin,
        });
    }

    pub(super) fn token(&mut self, index: usize) -> Result<ReadToken, Stop> {
        while self.tokens.len() <= index {
            self.read_token()?;
        }
        Ok(self.tokens[index])
    }

    /// The lexer's next token.
    pub(super) fn lex(&mut self) -> Result<Token, Stop> {
        let read = self.lexer.next_token();
        self.note_lexer_warnings();
        let Some(malformed) = self.malformed else { return read.map_err(Stop::Lex) };
        let earliest = self.lexed_end;
        let at = match &read {
            Ok(token) => {
                self.lexed_end = token.span.end;
                (token.kind == TokenKind::Name || token.kind.is_keyword()).then_some(token.span.start)
            }
            Err(error) => matches!(error.kind, LexErrorKind::InvalidCharacter(_)).then_some(error.span.start),
        };
        match at.and_then(|at| malformed.name_around(at, earliest)) {
            Some(bytes) => Err(Stop::Undecodable { bytes, is_raw: false }),
            None => read.map_err(Stop::Lex),
        }
    }

    /// Reads all tokens, up to an error if there is one.
    pub(super) fn read_all(&mut self) -> Option<Stop> {
        loop {
            if let Err(stop) = self.read_token() {
                return Some(stop);
            }
            if self.tokens.last().is_some_and(|last| last.token.kind == TokenKind::EndOfFile) {
                return None;
            }
        }
    }

    fn read_token(&mut self) -> Result<(), Stop> {
        let mut comment_start = None;
        let was_in_text = self.lexer.is_in_fstring_text();
        let level_before = self.lexer.open_brackets().len() as u32;
        let lacks_text =
            was_in_text && self.tokens.last().is_some_and(|last| last.token.kind != TokenKind::FStringMiddle);
        let mut token = loop {
            if let Some(token) = self.pending.take() {
                break token;
            }
            let mut token = match self.lex() {
                // CPython adds a line end, and that ends a format specification.
                Err(Stop::Lex(error)) if lacks_text && matches!(error.kind, LexErrorKind::NeverClosed(_)) => {
                    self.push_empty_specification(self.source.len() as u32, level_before);
                    return Ok(());
                }
                read => read?,
            };
            match token.kind {
                TokenKind::Comment
                    if self.options.type_comments
                        && let Some(TypeComment::Type(text_start)) = type_comment(self.text(token)) =>
                {
                    self.is_after_type_comment = is_alone_on_line(self.source, token.span.start);
                    // CPython's token is the type alone.
                    token.span.start += text_start as u32;
                    break token;
                }
                TokenKind::Comment => {
                    let is_token = self.options.type_comments && type_comment(self.text(token)).is_some();
                    comment_start = if is_token { None } else { Some(token.span.start) };
                }
                TokenKind::NonLogicalNewline
                    if self.is_after_type_comment && self.lexer.open_brackets().is_empty() =>
                {
                    self.is_after_type_comment = false;
                    break Token { kind: TokenKind::Newline, span: token.span };
                }
                TokenKind::NonLogicalNewline if lacks_text => {
                    self.push_empty_specification(token.span.start, level_before);
                    return Ok(());
                }
                TokenKind::NonLogicalNewline => comment_start = None,
                // CPython adds the line end that a source lacks to a file only.
                TokenKind::Newline if !self.is_file && token.span.start as usize >= self.source.len() => {}
                _ => break token,
            }
        };
        if self.mode == Mode::Interactive && self.makes_up_newline(token) {
            return Ok(());
        }
        let is_placeless = matches!(token.kind, TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile);
        match token.kind {
            TokenKind::Newline => {
                // CPython's token begins with the comment before it, and has a length even where the source
                // ends without a line end.
                token.span.end = token.span.end.max(token.span.start + 1);
                token.span.start = comment_start.unwrap_or(token.span.start);
            }
            // CPython's tokenizer yields the text of a format specification even where it is empty.
            TokenKind::RightBrace | TokenKind::LeftBrace if was_in_text => {
                let rest = &self.source[token.span.start as usize..];
                if token.kind == TokenKind::RightBrace || rest.starts_with("{{") {
                    self.push_empty_specification(token.span.start, level_before);
                }
            }
            _ => {}
        }
        let level = self.lexer.open_brackets().len() as u32;
        self.tokens.push(ReadToken { token, level, is_placeless });
        Ok(())
    }

    /// Adds the text of a format specification that is empty: CPython's tokenizer yields it.
    fn push_empty_specification(&mut self, at: u32, level: u32) {
        let token = Token { kind: TokenKind::FStringMiddle, span: Span { start: at, end: at } };
        self.tokens.push(ReadToken { token, level, is_placeless: false });
    }

    /// At a prompt: adds the line ends that CPython makes up at the end of the source, and says whether the
    /// token at hand has to wait, or is dropped.
    ///
    /// The end becomes a line end if the statement has begun; then the open blocks are closed; and if there were
    /// any, the end once more becomes a line end.
    fn makes_up_newline(&mut self, token: Token) -> bool {
        let is_end = token.span.start as usize >= self.source.len()
            || self.source[token.span.start as usize..].trim_matches([' ', '\t', '\u{c}']).is_empty();
        if !matches!(token.kind, TokenKind::Dedent | TokenKind::EndOfFile) || !is_end {
            self.has_begun = true;
            return false;
        }
        if !self.source.ends_with('\n') && !self.has_met_end {
            self.has_met_end = true;
            if self.has_begun {
                self.push_placeless(TokenKind::Newline);
                self.has_begun = false;
                self.pending = Some(token);
                return true;
            }
        }
        if token.kind == TokenKind::Dedent {
            let is_dropped = self.has_met_end && self.options.dont_imply_dedent;
            self.has_begun |= !is_dropped;
            return is_dropped;
        }
        if self.has_begun {
            self.push_placeless(TokenKind::Newline);
            self.has_begun = false;
            self.pending = Some(token);
            return true;
        }
        false
    }

    fn push_placeless(&mut self, kind: TokenKind) {
        let end = self.source.len() as u32;
        let token = Token { kind, span: Span { start: end, end } };
        let level = self.lexer.open_brackets().len() as u32;
        self.tokens.push(ReadToken { token, level, is_placeless: true });
    }

    /// Where a line is, from 1, with its line end.
    pub(super) fn line(&self, line: usize) -> Span {
        let len = self.source.len() as u32;
        if line == 0 {
            return Span { start: 0, end: 0 };
        }
        let start = self.line_starts.get(line - 1).copied().unwrap_or(len);
        Span { start, end: self.line_starts.get(line).copied().unwrap_or(len) }
    }

    /// What is wrong with bytes that are not UTF-8.
    pub(super) fn undecodable_message(&self, span: Range<u32>) -> String {
        let Some(malformed) = self.malformed else { return String::new() };
        let wrong = malformed.first_within(span.clone()).unwrap_or(span.start);
        malformed.error(wrong, span).to_string()
    }

    /// Adds what CPython's tokenizer yields where it cannot go on: a token without a place.
    pub(super) fn push_end(&mut self) {
        self.push_placeless(TokenKind::EndOfFile);
    }

    fn kind(&mut self) -> Result<TokenKind, Stop> {
        Ok(self.token(self.mark)?.token.kind)
    }

    pub(super) fn text(&self, token: Token) -> &'a str {
        self.source.get(token.span.start as usize..token.span.end as usize).unwrap_or("")
    }

    /// The value of a rule at the mark.
    pub(super) fn rule(&mut self, index: usize) -> Match {
        self.descend()?;
        let grammar = self.grammar;
        let rule = &grammar.rules[index];
        let result = if rule.is_left_recursive {
            self.grow(index)?
        } else if rule.is_memo {
            let key = (self.mark as u32, index as u32);
            match self.memo.get(&key) {
                Some(&(result, end)) => {
                    self.mark = end as usize;
                    result
                }
                None => {
                    let result = self.alternatives(&rule.alternatives)?;
                    self.memo.insert(key, (result, self.mark as u32));
                    result
                }
            }
        } else if rule.is_quiet {
            let diagnoses = std::mem::replace(&mut self.diagnoses, false);
            let result = self.alternatives(&rule.alternatives)?;
            self.diagnoses = diagnoses;
            result
        } else {
            self.alternatives(&rule.alternatives)?
        };
        self.level -= 1;
        Ok(result)
    }

    /// A left-recursive rule: its match grows from the longest one known so far.
    fn grow(&mut self, index: usize) -> Match {
        let start = self.mark;
        let key = (start as u32, index as u32);
        if let Some(&(result, end)) = self.memo.get(&key) {
            self.mark = end as usize;
            return Ok(result);
        }
        let grammar = self.grammar;
        let (mut best, mut best_end) = (None, start);
        loop {
            self.memo.insert(key, (best, best_end as u32));
            self.mark = start;
            self.level += 1;
            let result = self.alternatives(&grammar.rules[index].alternatives)?;
            self.level -= 1;
            if result.is_none() || self.mark <= best_end {
                break;
            }
            (best, best_end) = (result, self.mark);
        }
        self.mark = best_end;
        Ok(best)
    }

    fn alternatives(&mut self, alternatives: &'a [Alternative]) -> Match {
        let start = self.mark;
        for alternative in alternatives {
            if alternative.is_diagnostic && !self.diagnoses {
                continue;
            }
            match self.attempt(alternative)? {
                Attempt::Matched(value) => return Ok(Some(value)),
                Attempt::NoMatch => self.mark = start,
                Attempt::Fails => {
                    self.mark = start;
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    fn attempt(&mut self, alternative: &'a Alternative) -> Result<Attempt, Stop> {
        let start = self.mark;
        let mut captures = Captures::default();
        let mut is_cut = false;
        let mut last = Value::Nothing;
        let mut n_values = 0;
        for (name, item) in &alternative.items {
            match item {
                Item::Cut => {
                    is_cut = true;
                    continue;
                }
                Item::Since(version, what) => {
                    self.check_version(*version, what)?;
                    continue;
                }
                _ => {}
            }
            let Some(value) = self.item(item)? else {
                return Ok(if is_cut { Attempt::Fails } else { Attempt::NoMatch });
            };
            if *name != 0 {
                captures.set(*name, value);
            }
            if !matches!(item, Item::Ahead(_) | Item::NotAhead(_)) {
                n_values += 1;
                last = value;
            }
        }
        let value = match &alternative.action {
            Action::Default if n_values == 1 => Some(last),
            Action::Default => Some(self.build(Kind::Other, start, Vec::new())),
            Action::Value(name) => Some(captures.get(*name)),
            Action::Build(kind, names) => {
                let mut children = Vec::new();
                for name in names {
                    self.flatten(captures.get(*name), &mut children);
                }
                Some(self.build(*kind, start, children))
            }
            Action::Call(name, arguments) => self.act(name, arguments, &captures, start)?,
        };
        Ok(value.map_or(Attempt::Fails, Attempt::Matched))
    }

    pub(super) fn build(&mut self, kind: Kind, start: usize, children: Vec<Value>) -> Value {
        let mut last = self.mark.max(start + 1) - 1;
        while last > start
            && matches!(
                self.tokens[last].token.kind,
                TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent | TokenKind::EndOfFile
            )
        {
            last -= 1;
        }
        self.nodes.push(Node { kind, first: start as u32, last: last as u32, children: children.into() });
        Value::Node(self.nodes.len() as u32 - 1)
    }

    /// Appends a value, or what it lists.
    pub(super) fn flatten(&self, value: Value, children: &mut Vec<Value>) {
        match value {
            Value::Nothing => {}
            Value::Node(index) if self.nodes[index as usize].kind == Kind::Seq => {
                children.extend_from_slice(&self.nodes[index as usize].children);
            }
            value => children.push(value),
        }
    }

    fn item(&mut self, item: &'a Item) -> Match {
        match item {
            Item::Token(kind) => {
                let found = self.kind()?;
                Ok(if found == *kind { self.consume() } else { None })
            }
            Item::Number => {
                let found = self.kind()?;
                let is_number = matches!(found, TokenKind::Int | TokenKind::Float | TokenKind::Imaginary);
                if is_number {
                    self.check_number()?;
                    return Ok(self.consume());
                }
                Ok(None)
            }
            Item::SoftKeyword => {
                let token = self.token(self.mark)?.token;
                // CPython compares no more of a keyword than the name is long: `m` counts, for `match`.
                let is_soft = token.kind == TokenKind::Name
                    && ["_", "case", "match", "type"].iter().any(|soft| soft.starts_with(self.text(token)));
                Ok(if is_soft { self.consume() } else { None })
            }
            Item::Soft(text) => {
                let token = self.token(self.mark)?.token;
                let is_it = token.kind == TokenKind::Name && self.text(token) == &**text;
                Ok(if is_it { self.consume() } else { None })
            }
            Item::Rule(index) => self.rule(*index),
            Item::Group(alternatives) => {
                self.descend()?;
                let result = self.alternatives(alternatives);
                self.level -= 1;
                result
            }
            Item::Optional(inner) => Ok(Some(self.item(inner)?.unwrap_or(Value::Nothing))),
            Item::Star(inner) => {
                let mut children = Vec::new();
                let start = self.mark;
                self.repeat(inner, &mut children)?;
                Ok(Some(self.sequence(start, children)))
            }
            Item::Plus(inner) => {
                let mut children = Vec::new();
                let start = self.mark;
                self.repeat(inner, &mut children)?;
                Ok(if children.is_empty() { None } else { Some(self.sequence(start, children)) })
            }
            Item::Gather(separator, element) => self.gather(separator, element),
            Item::Ahead(inner) => {
                let start = self.mark;
                let result = self.item(inner)?;
                self.mark = start;
                Ok(result.map(|_| Value::Nothing))
            }
            Item::NotAhead(inner) => {
                let start = self.mark;
                let result = self.item(inner)?;
                self.mark = start;
                Ok(if result.is_some() { None } else { Some(Value::Nothing) })
            }
            Item::Forced(kind) => {
                if self.kind()? == *kind {
                    return Ok(self.consume());
                }
                let message = format!("expected '{}'", kind.text());
                Err(self.raise_at(Value::Token(self.mark as u32), message))
            }
            Item::Cut | Item::Since(..) => Ok(Some(Value::Nothing)),
        }
    }

    /// Refuses what came into the language after the version that was asked for.
    pub(super) fn check_version(&mut self, version: u8, what: &str) -> Result<(), Stop> {
        if self.options.feature_version.is_none_or(|newest| newest >= version) {
            return Ok(());
        }
        let message = format!("{what} only supported in Python 3.{version} and greater");
        Err(self.raise(ErrorClass::SyntaxError, message))
    }

    fn consume(&mut self) -> Option<Value> {
        self.mark += 1;
        Some(Value::Token(self.mark as u32 - 1))
    }

    fn sequence(&mut self, start: usize, children: Vec<Value>) -> Value {
        if children.is_empty() { Value::Nothing } else { self.build(Kind::Seq, start, children) }
    }

    /// A rule of CPython's grammar, or a part of one that its parser has a function for, begins.
    fn descend(&mut self) -> Result<(), Stop> {
        self.level += 1;
        if self.level > MAX_LEVEL { Err(Stop::TooDeep) } else { Ok(()) }
    }

    fn repeat(&mut self, inner: &'a Item, children: &mut Vec<Value>) -> Result<(), Stop> {
        self.descend()?;
        loop {
            let start = self.mark;
            match self.item(inner)? {
                Some(value) if self.mark > start => children.push(value),
                _ => {
                    self.mark = start;
                    self.level -= 1;
                    return Ok(());
                }
            }
        }
    }

    fn gather(&mut self, separator: &'a Item, element: &'a Item) -> Match {
        let start = self.mark;
        self.descend()?;
        let Some(first) = self.item(element)? else {
            self.mark = start;
            self.level -= 1;
            return Ok(None);
        };
        let mut children = vec![first];
        self.descend()?;
        loop {
            let before = self.mark;
            if self.item(separator)?.is_some()
                && let Some(next) = self.item(element)?
            {
                children.push(next);
                continue;
            }
            self.mark = before;
            self.level -= 2;
            return Ok(Some(self.sequence(start, children)));
        }
    }
}

/// Values by the one-letter names of their captures.
#[derive(Default)]
pub(super) struct Captures {
    values: Vec<(u8, Value)>,
}

impl Captures {
    fn set(&mut self, name: u8, value: Value) {
        self.values.push((name, value));
    }

    pub(super) fn get(&self, name: u8) -> Value {
        self.values.iter().find(|(known, _)| *known == name).map_or(Value::Nothing, |(_, value)| *value)
    }
}
