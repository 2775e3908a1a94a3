//! What the grammar's actions do: word an error, and find its place.

use pvm_lexer::{Span, Token, TokenKind};

use super::machine::{Captures, Machine, Match, Place, Raised, Stop};
use super::node::{Kind, Value};
use super::notation::Argument;
use crate::error::ErrorClass;
use crate::literal;
use crate::parser::{StringToken, split_string};

impl Machine<'_> {
    /// Runs an action; `None` makes the rule fail without trying its other alternatives.
    pub(super) fn act(
        &mut self,
        name: &str,
        arguments: &[Argument],
        captures: &Captures,
        start: usize,
    ) -> Match {
        let capture = |index: usize| match arguments.get(index) {
            Some(Argument::Capture(name)) => captures.get(*name),
            _ => Value::Nothing,
        };
        let text = arguments
            .iter()
            .find_map(|argument| match argument {
                Argument::Text(text) => Some(&**text),
                Argument::Capture(_) => None,
            })
            .unwrap_or("");
        let (a, b) = (capture(0), capture(1));
        match name {
            "fail" => Ok(None),
            "at" => Err(self.raise_at(a, text.replace("{name}", self.expression_name(a)))),
            "range" => Err(self.raise_range(a, b, text.replace("{text}", self.first_text(a)))),
            "last_range" => Err(self.raise_range(a, self.last_child(b), text.to_owned())),
            "ends_range" => {
                let first = self.children(a).first().copied().unwrap_or(a);
                Err(self.raise_range(first, self.last_child(a), text.to_owned()))
            }
            "comprehension_range" => {
                let last = self.last_comprehension_item(b);
                Err(self.raise_range(a, last, text.to_owned()))
            }
            "from" => Err(self.raise_from(a, text.to_owned())),
            "error" => Err(self.raise(ErrorClass::SyntaxError, text.to_owned())),
            "next" => {
                self.token(self.mark)?;
                Err(self.raise_at_token(ErrorClass::SyntaxError, self.mark, text.to_owned()))
            }
            "indentation" => {
                let (line, _) = self.start_of(a);
                let message = text.replace("{line}", &line.to_string());
                Err(self.raise(ErrorClass::IndentationError, message))
            }
            "after_key" => {
                let (line, _) = self.start_of(a);
                let (end_line, end_column) = self.end_of(a);
                let place = Place { line, column: end_column, end_line, end_column: 0 };
                Err(self.raise_place(place, text.to_owned()))
            }
            "invalid_target" => self.raise_invalid_target(a, text),
            "legacy" => {
                let name = self.first_text(a);
                if !self.is_legacy_statement(a) {
                    return Ok(None);
                }
                let message = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
                Err(self.raise_range(a, b, message))
            }
            "forgot_comma" => {
                if self.is_legacy_statement(a) || self.tokens[self.mark - 1].level == 0 {
                    return Ok(None);
                }
                Err(self.raise_range(a, b, "invalid syntax. Perhaps you forgot a comma?".to_owned()))
            }
            "nonparen_genexp" => {
                let positional: Vec<Value> = self
                    .children(a)
                    .iter()
                    .copied()
                    .filter(|child| !matches!(self.kind_of(*child), Kind::Keyword | Kind::KeywordUnpacking))
                    .collect();
                if positional.len() <= 1 {
                    return Ok(None);
                }
                let last = self.last_comprehension_item(b);
                let message = "Generator expression must be parenthesized".to_owned();
                Err(self.raise_range(positional[positional.len() - 1], last, message))
            }
            "arguments_error" => {
                let unpacks =
                    self.children(a).iter().any(|child| self.kind_of(*child) == Kind::KeywordUnpacking);
                let what = if unpacks { " unpacking" } else { "" };
                let message = format!("positional argument follows keyword argument{what}");
                Err(self.raise(ErrorClass::SyntaxError, message))
            }
            "type_bound" => {
                let what = if self.kind_of(b) == Kind::Tuple { "constraints" } else { "bound" };
                Err(self.raise_from(a, format!("cannot use {what} with {text}")))
            }
            "args" => {
                let mut children = Vec::new();
                self.flatten(a, &mut children);
                self.flatten(b, &mut children);
                Ok(Some(self.build(Kind::Call, start, children)))
            }
            "compare" => {
                let first_pair = self.children(b).first().copied().unwrap_or(b);
                Ok(Some(self.build(Kind::Compare, start, vec![a, first_pair])))
            }
            "barry" => self.check_not_equal(a),
            "real" | "imaginary" => self.check_complex_part(a, name == "imaginary"),
            "string" => self.check_string(a),
            "strings" => self.check_concatenation(a, start),
            "fstring" => self.check_fstring(a, b, start),
            "middle_text" => self.check_encoding_of_text(a, true).map(|()| Some(a)),
            "spec_text" => {
                self.check_encoding_of_text(a, false)?;
                let token = self.tokens[self.first_of(a)].token;
                self.check_text(a, false, token).map(|()| Some(a))
            }
            "conversion_place" => {
                if self.end_of(a) != self.start_of(b) {
                    let message =
                        "f-string: conversion type must come right after the exclamanation mark".to_owned();
                    return Err(self.raise_range(a, b, message));
                }
                Ok(Some(b))
            }
            "conversion" => {
                let text = self.first_text(a);
                if a != Value::Nothing && !matches!(text, "s" | "r" | "a") {
                    let mut quoted = String::new();
                    crate::repr::write_str(&mut quoted, text);
                    let message =
                        format!("f-string: invalid conversion character {quoted}: expected 's', 'r', or 'a'");
                    return Err(self.raise_at(a, message));
                }
                Ok(Some(self.build(Kind::JoinedStr, start, Vec::new())))
            }
            _ => Ok(Some(a)),
        }
    }

    fn children(&self, value: Value) -> &[Value] {
        match value {
            Value::Node(index) => &self.nodes[index as usize].children,
            _ => &[],
        }
    }

    fn last_child(&self, value: Value) -> Value {
        self.children(value).last().copied().unwrap_or(value)
    }

    fn kind_of(&self, value: Value) -> Kind {
        match value {
            Value::Node(index) => self.nodes[index as usize].kind,
            _ => Kind::Other,
        }
    }

    /// The index of the first token of a value.
    fn first_of(&self, value: Value) -> usize {
        match value {
            Value::Nothing => self.mark,
            Value::Token(index) => index as usize,
            Value::Node(index) => self.nodes[index as usize].first as usize,
        }
    }

    fn last_of(&self, value: Value) -> usize {
        match value {
            Value::Node(index) => self.nodes[index as usize].last as usize,
            _ => self.first_of(value),
        }
    }

    fn first_text(&self, value: Value) -> &str {
        if value == Value::Nothing { "" } else { self.text(self.tokens[self.first_of(value)].token) }
    }

    /// What messages call an expression.
    fn expression_name(&self, value: Value) -> &'static str {
        match value {
            Value::Token(index) => match self.tokens[index as usize].token.kind {
                TokenKind::Name => "name",
                TokenKind::True => "True",
                TokenKind::False => "False",
                TokenKind::None => "None",
                TokenKind::Ellipsis => "ellipsis",
                _ => "literal",
            },
            value => self.kind_of(value).expression_name(),
        }
    }

    fn is_legacy_statement(&self, value: Value) -> bool {
        matches!(value, Value::Token(index) if self.tokens[index as usize].token.kind == TokenKind::Name)
            && matches!(self.first_text(value), "print" | "exec")
    }

    /// The last condition of the last `for` clause, or what it iterates over.
    fn last_comprehension_item(&self, clauses: Value) -> Value {
        self.last_child(self.last_child(clauses))
    }

    fn invalid_target(&self, value: Value, targets: &str) -> Option<Value> {
        match value {
            Value::Nothing => None,
            Value::Token(index) if self.tokens[index as usize].token.kind == TokenKind::Name => None,
            Value::Token(_) => Some(value),
            Value::Node(_) => match self.kind_of(value) {
                Kind::List | Kind::Tuple => {
                    self.children(value).iter().find_map(|child| self.invalid_target(*child, targets))
                }
                Kind::Starred if targets == "del" => Some(value),
                Kind::Starred => self.invalid_target(self.last_child(value), targets),
                Kind::Compare if targets == "for" => {
                    let children = self.children(value);
                    if self.kind_of(children[1]) == Kind::InPair {
                        self.invalid_target(children[0], targets)
                    } else {
                        None
                    }
                }
                Kind::Subscript | Kind::Attribute => None,
                _ => Some(value),
            },
        }
    }

    fn raise_invalid_target(&mut self, value: Value, targets: &str) -> Match {
        let Some(target) = self.invalid_target(value, targets) else { return Ok(None) };
        let verb = if targets == "del" { "delete" } else { "assign to" };
        let message = format!("cannot {verb} {}", self.expression_name(target));
        Err(self.raise_at(target, message))
    }

    fn check_not_equal(&mut self, value: Value) -> Match {
        let is_old = self.first_text(value) == "<>";
        if self.options.barry_as_flufl && !is_old {
            let message = "with Barry as BDFL, use '<>' instead of '!='".to_owned();
            return Err(self.raise(ErrorClass::SyntaxError, message));
        }
        Ok(if is_old == self.options.barry_as_flufl { Some(value) } else { None })
    }

    fn check_complex_part(&mut self, value: Value, is_imaginary: bool) -> Match {
        let token = self.tokens[self.first_of(value)].token;
        if (token.kind == TokenKind::Imaginary) == is_imaginary {
            return Ok(Some(value));
        }
        let what = if is_imaginary { "imaginary" } else { "real" };
        Err(self.raise_at(value, format!("{what} number required in complex literal")))
    }

    /// Checks the number at the mark as CPython does when it reads it.
    pub(super) fn check_number(&mut self) -> Result<(), Stop> {
        let token = self.tokens[self.mark].token;
        if self.text(token).contains('_') {
            self.check_version(6, "Underscores in numeric literals are")?;
        }
        if token.kind == TokenKind::Int
            && token.span.end - token.span.start > 4000
            && let Err(message) = literal::integer(self.text(token))
        {
            let (line, _) = self.token_start(self.mark);
            let (end_line, _) = self.token_end(self.mark);
            return Err(self.raise_place(Place { line, column: 0, end_line, end_column: 0 }, message));
        }
        Ok(())
    }

    fn check_string(&mut self, value: Value) -> Match {
        let token = self.tokens[self.first_of(value)].token;
        let Some(string) = split_string(self.text(token)) else { return Ok(Some(value)) };
        self.check_encoding(value, &string)?;
        let invalid = if string.is_bytes {
            if string.is_raw && string.contents.is_ascii() {
                Ok(None)
            } else {
                literal::decode_bytes(string.contents).map(|(_, invalid)| invalid)
            }
        } else if string.is_raw {
            Ok(None)
        } else {
            literal::decode_text(string.contents).map(|(_, invalid)| invalid)
        };
        match invalid {
            Ok(invalid) => {
                invalid.iter().for_each(|invalid| self.warn_of_escape(invalid, token));
                Ok(Some(value))
            }
            Err(error @ literal::EscapeError::NotAscii) => Err(self.raise_at(value, error.message())),
            Err(error) => Err(self.raise(ErrorClass::SyntaxError, error.message())),
        }
    }

    /// Checks that a string is UTF-8: the first thing that CPython does with it.
    fn check_encoding(&self, value: Value, string: &StringToken<'_>) -> Result<(), Stop> {
        let Some(malformed) = self.malformed else { return Ok(()) };
        let token = self.tokens[self.first_of(value)].token;
        let span = token.span;
        let Some(wrong) = malformed.first_within(span.start..span.end) else { return Ok(()) };
        if string.is_bytes {
            return Err(self.raise_at(value, literal::EscapeError::NotAscii.message()));
        }
        let prefix = self.text(token).find(['\'', '"']).unwrap_or_default() as u32;
        let n_contents = string.contents.len() as u32;
        let n_quotes = (span.end - span.start - prefix - n_contents) / 2;
        let start = span.start + prefix + n_quotes;
        let contents = start..start + n_contents;
        let decoded = if string.is_raw { contents } else { malformed.decoded_with(wrong, contents) };
        let error = malformed.error(wrong, decoded);
        Err(self.raise(ErrorClass::SyntaxError, format!("(unicode error) {error}")))
    }

    /// The same for a piece of an f-string's text, where CPython forgets to make a `SyntaxError` of the codec's exception.
    fn check_encoding_of_text(&self, value: Value, is_decoded_whole: bool) -> Result<(), Stop> {
        let Some(malformed) = self.malformed else { return Ok(()) };
        let span = self.tokens[self.first_of(value)].token.span;
        let text = span.start..span.end;
        let Some(wrong) = malformed.first_within(text.clone()) else { return Ok(()) };
        let decoded = if is_decoded_whole { text } else { malformed.decoded_with(wrong, text) };
        Err(Stop::Undecodable { bytes: Span { start: decoded.start, end: decoded.end }, is_raw: true })
    }

    /// Checks a piece of an f-string's text; warnings are about another token.
    fn check_text(&mut self, value: Value, is_raw: bool, warned: Token) -> Result<(), Stop> {
        let token = self.tokens[self.first_of(value)].token;
        if token.kind != TokenKind::FStringMiddle || is_raw {
            return Ok(());
        }
        match literal::decode_fstring_text(self.text(token)) {
            Ok(invalid) => invalid.iter().for_each(|invalid| self.warn_of_escape(invalid, warned)),
            Err(error) => return Err(self.raise(ErrorClass::SyntaxError, error.message())),
        }
        Ok(())
    }

    fn check_fstring(&mut self, start_token: Value, parts: Value, start: usize) -> Match {
        let is_raw = self.first_text(start_token).contains(['r', 'R']);
        let end = self.tokens[self.mark - 1].token;
        for part in self.children(parts).to_vec() {
            if matches!(part, Value::Token(_)) {
                self.check_text(part, is_raw, end)?;
            }
        }
        Ok(Some(self.build(Kind::JoinedStr, start, Vec::new())))
    }

    fn check_concatenation(&mut self, parts: Value, start: usize) -> Match {
        let (mut has_bytes, mut has_text, mut has_fstring) = (false, false, false);
        for part in self.children(parts) {
            match part {
                Value::Token(_) => match split_string(self.first_text(*part)) {
                    Some(string) if string.is_bytes => has_bytes = true,
                    _ => has_text = true,
                },
                _ => has_fstring = true,
            }
        }
        if has_bytes && (has_text || has_fstring) {
            let message = "cannot mix bytes and nonbytes literals".to_owned();
            return Err(self.raise(ErrorClass::SyntaxError, message));
        }
        let kind = if has_fstring { Kind::JoinedStr } else { Kind::Literal };
        Ok(Some(self.build(kind, start, Vec::new())))
    }

    /// One-based line and zero-based byte column of an offset.
    pub(super) fn line_and_column(&self, offset: u32) -> (usize, i64) {
        let line = self.line_starts.partition_point(|&start| start <= offset).max(1);
        (line, i64::from(offset - self.line_starts[line - 1]))
    }

    /// The line and column of the tokenizer when it had read a token without text.
    fn cursor_of(&self, index: usize) -> (usize, i64) {
        let token = self.tokens[index].token;
        if token.kind == TokenKind::Indent {
            return self.line_and_column(token.span.end);
        }
        let at = (token.span.start as usize).min(self.source.len());
        if self.source[at..].trim_matches([' ', '\t', '\u{c}', '\n']).is_empty() {
            return self.end_of_source();
        }
        self.line_and_column(token.span.start)
    }

    /// The line and column behind the last line end, counted on the line that it ends.
    fn end_of_source(&self) -> (usize, i64) {
        let text = self.source;
        if text.is_empty() {
            return (0, 0);
        }
        let has_line_end = text.ends_with('\n');
        let last = text.len() - usize::from(has_line_end);
        let (line, column) = self.line_and_column(last as u32);
        (line, column + i64::from(has_line_end || self.is_file))
    }

    /// The line of a token and its zero-based column, −1 if it has none.
    fn token_start(&self, index: usize) -> (usize, i64) {
        let token = self.tokens[index].token;
        if self.tokens[index].is_placeless {
            return (self.cursor_of(index).0, -1);
        }
        self.line_and_column(token.span.start)
    }

    fn token_end(&self, index: usize) -> (usize, i64) {
        let token = self.tokens[index].token;
        if self.tokens[index].is_placeless {
            return (self.cursor_of(index).0, -1);
        }
        if token.kind == TokenKind::Newline {
            let (line, column) = self.line_and_column(token.span.end - 1);
            return (line, column + 1);
        }
        self.line_and_column(token.span.end)
    }

    fn start_of(&self, value: Value) -> (usize, i64) {
        self.token_start(self.first_of(value))
    }

    fn end_of(&self, value: Value) -> (usize, i64) {
        self.token_end(self.last_of(value))
    }

    /// The line that the tokenizer has come to.
    pub(super) fn current_line(&self) -> usize {
        match self.tokens.len() {
            0 => 1,
            n if self.tokens[n - 1].is_placeless => self.cursor_of(n - 1).0,
            n => self.token_end(n - 1).0,
        }
    }

    /// An error about a value.
    pub(super) fn raise_at(&self, value: Value, message: String) -> Stop {
        self.raise_range(value, value, message)
    }

    fn raise_range(&self, from: Value, to: Value, message: String) -> Stop {
        let (line, column) = self.start_of(from);
        let (end_line, end_column) = self.end_of(to);
        self.raise_place(Place { line, column: column + 1, end_line, end_column: end_column + 1 }, message)
    }

    fn raise_place(&self, place: Place, message: String) -> Stop {
        Stop::Raised(Raised { class: ErrorClass::SyntaxError, message, place })
    }

    /// An error from a value to where the tokenizer is.
    fn raise_from(&self, from: Value, message: String) -> Stop {
        let (line, column) = self.start_of(from);
        let last = self.tokens.len() - 1;
        let (end_line, end_column) =
            if self.tokens[last].is_placeless { self.cursor_of(last) } else { self.token_end(last) };
        self.raise_place(Place { line, column: column + 1, end_line, end_column }, message)
    }

    /// An error about the last token read.
    pub(super) fn raise(&self, class: ErrorClass, message: String) -> Stop {
        self.raise_at_token(class, self.tokens.len().saturating_sub(1), message)
    }

    fn raise_at_token(&self, class: ErrorClass, index: usize, message: String) -> Stop {
        if self.tokens.is_empty() {
            let place = Place { line: 0, column: 0, end_line: 0, end_column: -1 };
            return Stop::Raised(Raised { class, message, place });
        }
        let (line, mut column) = self.token_start(index);
        let (end_line, mut end_column) = self.token_end(index);
        if column == -1 {
            column = self.cursor_of(index).1;
        } else {
            column += 1;
        }
        if end_column != -1 {
            end_column += 1;
        }
        Stop::Raised(Raised { class, message, place: Place { line, column, end_line, end_column } })
    }
}
