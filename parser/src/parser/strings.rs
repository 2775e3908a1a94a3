//! String literals and their implicit concatenation.

use pvm_lexer::{Token, TokenKind};
use rustpython_ast::{self as ast, Ranged, text_size::TextRange};

use super::{Failure, Node, Outcome, Parser, node, node_with, range};
use crate::literal::{self, DecodedText, InvalidEscape};
use crate::parsed::{SyntaxWarning, WarningCategory, WarningOrigin};

/// A string token taken apart.
pub(crate) struct StringToken<'src> {
    pub is_bytes: bool,
    pub is_raw: bool,
    /// Prefix `u` (not `U`): CPython keeps it as the constant's `kind`.
    pub has_u: bool,
    pub contents: &'src str,
}

/// Takes the text of a string token apart into prefix and contents.
#[inline]
pub(crate) fn split_string(text: &str) -> Option<StringToken<'_>> {
    let quote_at = text.bytes().position(|byte| matches!(byte, b'\'' | b'"'))?;
    let (prefix, rest) = text.split_at(quote_at);
    let (mut is_bytes, mut is_raw) = (false, false);
    for byte in prefix.bytes() {
        match byte {
            b'b' | b'B' => is_bytes = true,
            b'r' | b'R' => is_raw = true,
            _ => {}
        }
    }
    let bytes = rest.as_bytes();
    // How long it is cannot be predicted, so the second quote is looked at first: it is the last one if the string is empty.
    let n_quotes = if bytes.get(1) == bytes.first() && bytes.len() > 2 { 3 } else { 1 };
    let contents = rest.get(n_quotes..rest.len().checked_sub(n_quotes)?)?;
    Some(StringToken { is_bytes, is_raw, has_u: prefix.starts_with('u'), contents })
}

impl Parser<'_> {
    /// `strings`: one or more string literals, f-strings included, which make one constant or `JoinedStr`.
    pub(super) fn strings(&mut self) -> Outcome<Node> {
        let start = self.start();
        if self.at(TokenKind::String) {
            let first = self.string()?;
            if !matches!(self.token.kind, TokenKind::String | TokenKind::FStringStart) {
                return Ok(first);
            }
            return self.concatenation(start, vec![*first], false);
        }
        let parts = self.fstring()?;
        self.concatenation(start, parts, true)
    }

    /// One literal that is not an f-string.
    fn string(&mut self) -> Outcome<Node> {
        let token = self.token;
        let range = range(token.span.start, token.span.end);
        let string = split_string(self.text(token)).ok_or(Failure)?;
        // Most strings are what is between their quotes.
        let is_plain = string.is_raw || !self.lexer.string_has_backslash();
        let constant = if is_plain && !string.is_bytes && !string.has_u {
            let text = || ast::Constant::Str(string.contents.to_owned());
            node_with(|| ast::ExprConstant { range, value: text(), kind: None })
        } else {
            self.unusual_string(token, range, &string)?
        };
        self.advance()?;
        Ok(constant)
    }

    #[inline(never)]
    fn unusual_string(&mut self, token: Token, range: TextRange, string: &StringToken<'_>) -> Outcome<Node> {
        let kind = if string.has_u { Some("u".to_owned()) } else { None };
        let value = if string.is_bytes {
            if string.is_raw {
                if !string.contents.is_ascii() {
                    return Err(Failure);
                }
                ast::Constant::Bytes(string.contents.as_bytes().to_vec())
            } else {
                let (bytes, invalid) = literal::decode_bytes(string.contents).map_err(|_| Failure)?;
                self.warn_of_escape(token, invalid);
                ast::Constant::Bytes(bytes)
            }
        } else if string.is_raw {
            ast::Constant::Str(string.contents.to_owned())
        } else {
            let (decoded, invalid) = literal::decode_text(string.contents).map_err(|_| Failure)?;
            self.warn_of_escape(token, invalid);
            self.text_constant(range, decoded)
        };
        Ok(node(ast::ExprConstant { range, value, kind }))
    }

    /// The constant for a text; its surrogates go to the side table.
    pub(super) fn text_constant(&mut self, range: TextRange, decoded: DecodedText) -> ast::Constant {
        if let Some(wtf8) = decoded.wtf8 {
            self.literals.insert(range, wtf8);
        }
        ast::Constant::Str(decoded.text)
    }

    /// Warns of an escape sequence that Python does not know, found in the literal of this token.
    pub(super) fn warn_of_escape(&mut self, token: Token, invalid: Option<InvalidEscape>) {
        if let Some(invalid) = invalid {
            self.warnings.push(SyntaxWarning {
                category: WarningCategory::SyntaxWarning,
                message: invalid.message(),
                range: range(token.span.start, token.span.end),
                lineno: 0,
                origin: WarningOrigin::Parser,
            });
        }
    }

    /// The literals that follow `parts`, and the value of all.
    fn concatenation(
        &mut self,
        start: u32,
        mut parts: Vec<ast::Expr>,
        mut has_fstring: bool,
    ) -> Outcome<Node> {
        loop {
            match self.token.kind {
                TokenKind::String => {
                    let next = self.string()?;
                    parts.push(*next);
                }
                TokenKind::FStringStart => {
                    has_fstring = true;
                    parts.append(&mut self.fstring()?);
                }
                _ => break,
            }
        }
        let whole = self.range_from(start);
        let n_bytes = parts.iter().filter(|part| is_bytes_constant(part)).count();
        if n_bytes > 0 {
            if n_bytes < parts.len() || has_fstring {
                return Err(Failure);
            }
            return Ok(concatenate_bytes(whole, parts));
        }
        let mut merged = self.merge_constants(parts, has_fstring);
        if has_fstring {
            return Ok(node(ast::ExprJoinedStr { range: whole, values: merged }));
        }
        merged.pop().map(Box::new).ok_or(Failure)
    }

    /// Joins neighbouring constants, and in an f-string drops the empty ones.
    pub(super) fn merge_constants(&mut self, parts: Vec<ast::Expr>, has_fstring: bool) -> Vec<ast::Expr> {
        let mut merged: Vec<ast::Expr> = Vec::with_capacity(parts.len());
        let mut run: Vec<ast::ExprConstant> = Vec::new();
        for part in parts {
            match part {
                ast::Expr::Constant(constant) => run.push(constant),
                other => {
                    self.end_run(&mut run, has_fstring, &mut merged);
                    merged.push(other);
                }
            }
        }
        self.end_run(&mut run, has_fstring, &mut merged);
        merged
    }

    fn end_run(&mut self, run: &mut Vec<ast::ExprConstant>, has_fstring: bool, merged: &mut Vec<ast::Expr>) {
        let joined = if run.len() > 1 {
            self.join_run(run)
        } else {
            match run.pop() {
                Some(single) => single,
                None => return,
            }
        };
        run.clear();
        let is_empty = matches!(&joined.value, ast::Constant::Str(text) if text.is_empty());
        if !(has_fstring && is_empty) {
            merged.push(joined.into());
        }
    }

    fn join_run(&mut self, run: &mut [ast::ExprConstant]) -> ast::ExprConstant {
        let mut joined = String::with_capacity(run.iter().map(|part| text_of(part).len()).sum());
        for part in run.iter() {
            joined.push_str(text_of(part));
        }
        let whole = TextRange::new(run[0].range.start(), run[run.len() - 1].range.end());
        if run.iter().any(|part| self.literals.get(part.range).is_some()) {
            let mut wtf8 = Vec::new();
            for part in run.iter() {
                match self.literals.remove(part.range) {
                    Some(exact) => wtf8.extend_from_slice(&exact),
                    None => wtf8.extend_from_slice(text_of(part).as_bytes()),
                }
            }
            self.literals.insert(whole, wtf8);
        }
        ast::ExprConstant { range: whole, value: ast::Constant::Str(joined), kind: run[0].kind.take() }
    }
}

fn text_of(constant: &ast::ExprConstant) -> &str {
    match &constant.value {
        ast::Constant::Str(text) => text,
        _ => "",
    }
}

fn is_bytes_constant(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Constant(constant) if matches!(constant.value, ast::Constant::Bytes(_)))
}

fn concatenate_bytes(whole: TextRange, parts: Vec<ast::Expr>) -> Node {
    debug_assert!(parts.iter().all(|part| whole.contains_range(part.range())));
    let mut joined = Vec::new();
    for part in parts {
        if let ast::Expr::Constant(ast::ExprConstant { value: ast::Constant::Bytes(bytes), .. }) = part {
            joined.extend_from_slice(&bytes);
        }
    }
    node(ast::ExprConstant { range: whole, value: ast::Constant::Bytes(joined), kind: None })
}
