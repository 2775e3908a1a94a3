//! F-strings, as PEP 701 has them.

use std::ops::Range;

use pvm_lexer::{Token, TokenKind};
use rustpython_ast::{self as ast, ConversionFlag};

use super::{Failure, Node, Outcome, Parser, node, range};
use crate::literal::{self, DecodedText};

impl Parser<'_> {
    /// One f-string: its parts, not yet merged. A field with `=` gives two parts: its text and its value.
    pub(super) fn fstring(&mut self) -> Outcome<Vec<ast::Expr>> {
        self.enter()?;
        let is_raw = self.text(self.token).bytes().any(|byte| matches!(byte, b'r' | b'R'));
        self.advance()?;
        let mut parts = Vec::new();
        let n_warnings = self.warnings.len();
        loop {
            match self.token.kind {
                TokenKind::FStringMiddle => {
                    self.fstring_text(is_raw, false, &mut parts)?;
                }
                TokenKind::LeftBrace => self.replacement_field(&mut parts)?,
                TokenKind::FStringEnd => break,
                _ => return Err(Failure),
            }
        }
        let end = self.token;
        // CPython reports the escapes of the text where the string ends, but those of a format specification at once.
        for warning in &mut self.warnings[n_warnings..] {
            if warning.range.is_empty() {
                warning.range = range(end.span.start, end.span.end);
            }
        }
        self.advance()?;
        self.leave();
        Ok(parts)
    }

    /// Literal text, which is one constant for each piece between doubled braces.
    fn fstring_text(&mut self, is_raw: bool, is_spec: bool, parts: &mut Vec<ast::Expr>) -> Outcome<()> {
        let token = self.token;
        let text = self.text(token);
        let mut piece_start = 0;
        let bytes = text.as_bytes();
        let mut pos = 0;
        // A brace that is left in the text stands for itself only in a format specification, and in `\N{…}`.
        while !is_spec && let Some(found) = memchr::memchr2(b'{', b'}', &bytes[pos..]) {
            let brace = pos + found;
            if bytes.get(brace + 1) == Some(&bytes[brace]) {
                self.fstring_piece(token, is_raw, is_spec, piece_start..brace + 1, brace + 2, parts)?;
                pos = brace + 2;
                piece_start = pos;
            } else {
                pos = brace + 1;
            }
        }
        if piece_start < text.len() {
            self.fstring_piece(token, is_raw, is_spec, piece_start..text.len(), text.len(), parts)?;
        }
        self.advance()
    }

    /// A piece of text whose range goes on to `range_end`, behind a doubled brace.
    fn fstring_piece(
        &mut self,
        token: Token,
        is_raw: bool,
        is_spec: bool,
        piece: Range<usize>,
        range_end: usize,
        parts: &mut Vec<ast::Expr>,
    ) -> Outcome<()> {
        let range = range(token.span.start + piece.start as u32, token.span.start + range_end as u32);
        let text = &self.text(token)[piece];
        let decoded = if is_raw {
            DecodedText { text: text.to_owned(), wtf8: None }
        } else {
            let (decoded, invalid) = literal::decode_text(text).map_err(|_| Failure)?;
            // The lexer has already warned of a backslash before a brace.
            let invalid = invalid.filter(|invalid| !invalid.is_brace());
            if invalid.is_some() {
                let nowhere = pvm_lexer::Span { start: token.span.start, end: token.span.start };
                let span = if is_spec { token.span } else { nowhere };
                self.warn_of_escape(Token { kind: token.kind, span }, invalid);
            }
            decoded
        };
        if !decoded.is_empty() {
            let value = self.text_constant(range, decoded);
            parts.push(ast::ExprConstant { range, value, kind: None }.into());
        }
        Ok(())
    }

    /// `'{' expression ['='] ['!' conversion] [':' specification] '}'`
    fn replacement_field(&mut self, parts: &mut Vec<ast::Expr>) -> Outcome<()> {
        self.enter()?;
        let start = self.start();
        self.expect(TokenKind::LeftBrace)?;
        let value = self.yield_or_star_expressions()?;
        let is_debug = self.eat(TokenKind::Equal)?;
        // Where the text that `=` shows ends.
        let mut text_end = self.start();
        let mut conversion = ConversionFlag::None;
        if self.at(TokenKind::Exclamation) {
            let exclamation = self.token;
            self.advance()?;
            if self.start() != exclamation.span.end {
                return Err(Failure);
            }
            conversion = match self.text(self.token) {
                "s" => ConversionFlag::Str,
                "r" => ConversionFlag::Repr,
                "a" => ConversionFlag::Ascii,
                _ => return Err(Failure),
            };
            text_end = exclamation.span.start;
            self.advance()?;
        }
        let mut format_spec = None;
        if self.at(TokenKind::Colon) {
            format_spec = Some(self.format_spec()?);
        }
        self.expect(TokenKind::RightBrace)?;
        if is_debug && conversion == ConversionFlag::None && format_spec.is_none() {
            conversion = ConversionFlag::Repr;
        }
        let whole = self.range_from(start);
        if is_debug {
            let text = &self.source[start as usize + 1..text_end as usize];
            let value = ast::Constant::Str(without_comments(text));
            parts.push(ast::ExprConstant { range: range(start + 1, text_end), value, kind: None }.into());
        }
        parts.push(ast::ExprFormattedValue { range: whole, value, conversion, format_spec }.into());
        self.leave();
        Ok(())
    }

    /// `':'` and what follows it up to the closing brace, as a `JoinedStr`.
    fn format_spec(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::Colon)?;
        let mut parts = Vec::new();
        let mut after_text = false;
        loop {
            match self.token.kind {
                TokenKind::FStringMiddle => {
                    self.fstring_text(false, true, &mut parts)?;
                    after_text = true;
                }
                TokenKind::LeftBrace => {
                    // Of two braces the tokenizer makes sure that they are not a doubled one, and leaves an
                    // empty text behind; so it does at the end.
                    let is_doubled = self.source[self.start() as usize..].starts_with("{{");
                    if is_doubled && !after_text {
                        parts.push(self.empty_text());
                    }
                    self.replacement_field(&mut parts)?;
                    after_text = false;
                }
                TokenKind::RightBrace => {
                    if !after_text && !parts.is_empty() {
                        parts.push(self.empty_text());
                    }
                    break;
                }
                _ => break,
            }
        }
        let range = self.range_from(start);
        let values = self.merge_constants(parts, false);
        Ok(node(ast::ExprJoinedStr { range, values }))
    }
}

impl Parser<'_> {
    /// An empty constant before the token at hand.
    fn empty_text(&self) -> ast::Expr {
        let value = ast::Constant::Str(String::new());
        ast::ExprConstant { range: range(self.start(), self.start()), value, kind: None }.into()
    }
}

/// The text of a field with `=`, as CPython shows it: everything from a `#` to the end of its line is left
/// out, even where the `#` stands in a string.
fn without_comments(text: &str) -> String {
    if !text.contains('#') {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.find('#') {
            Some(hash) => {
                kept.push_str(&line[..hash]);
                if line.ends_with('\n') {
                    kept.push('\n');
                }
            }
            None => kept.push_str(line),
        }
    }
    kept
}
