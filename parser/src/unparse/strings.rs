//! Docstrings and f-strings: which quotes, and what is escaped.

use pvm_lexer::unicode::is_printable;
use rustpython_ast as ast;

use super::{Precedence, Unparser};
use crate::repr;

const ALL_QUOTES: [&str; 4] = ["'", "\"", "\"\"\"", "'''"];
const TRIPLE_QUOTES: [&str; 2] = ["\"\"\"", "'''"];

/// A string as code points, since it may hold lone surrogates.
type Text = Vec<u32>;

fn text_of(constant: &ast::ExprConstant, literals: &crate::parsed::Literals) -> Text {
    match (&constant.value, literals.get(constant.range)) {
        (_, Some(wtf8)) => repr::code_points(wtf8),
        (ast::Constant::Str(text), None) => text.chars().map(u32::from).collect(),
        _ => Vec::new(),
    }
}

fn repr_of(text: &[u32]) -> String {
    let mut out = String::new();
    repr::write_code_points(&mut out, text);
    out
}

/// A string's contents between quotes, and the quotes that it can stand between, best ones first.
fn contents(text: &[u32], quotes: &[&'static str], escapes_blanks: bool) -> (String, Vec<&'static str>) {
    let mut escaped = String::new();
    for &code in text {
        let c = char::from_u32(code);
        match c {
            Some(c @ ('\n' | '\t')) if !escapes_blanks => escaped.push(c),
            Some(c) if c != '\\' && is_printable(c) => escaped.push(c),
            _ => repr::write_code_point_escape(&mut escaped, code),
        }
    }
    let mut possible: Vec<&'static str> = quotes
        .iter()
        .copied()
        .filter(|quote| (quote.len() == 3 || !escaped.contains('\n')) && !escaped.contains(quote))
        .collect();
    let Some(last) = escaped.chars().last() else {
        return if possible.is_empty() { fall_back(text, quotes) } else { (escaped, possible) };
    };
    if possible.is_empty() {
        return fall_back(text, quotes);
    }
    // Rather quotes that the contents do not end in.
    possible.sort_by_key(|quote| quote.starts_with(last));
    if possible[0].starts_with(last) {
        escaped.pop();
        escaped.push('\\');
        escaped.push(last);
    }
    (escaped, possible)
}

fn fall_back(text: &[u32], quotes: &[&'static str]) -> (String, Vec<&'static str>) {
    let quoted = repr_of(text);
    let own = if quoted.starts_with('"') { "\"" } else { "'" };
    let quote = quotes.iter().copied().find(|quote| quote.contains(own)).unwrap_or(own);
    (quoted[1..quoted.len() - 1].to_owned(), vec![quote])
}

enum Part {
    Text(Text),
    Field(String),
}

impl Unparser<'_> {
    pub(super) fn docstring(&mut self, constant: &ast::ExprConstant) {
        self.fill(if constant.kind.as_deref() == Some("u") { "u" } else { "" });
        let text = text_of(constant, self.literals);
        let (contents, quotes) = contents(&text, &TRIPLE_QUOTES, false);
        self.write(quotes[0]);
        self.write(&contents);
        self.write(quotes[0]);
    }

    pub(super) fn joined_str(&mut self, values: &[ast::Expr]) {
        let parts: Vec<Part> = values
            .iter()
            .map(|value| match value {
                ast::Expr::Constant(constant) => {
                    Part::Text(doubled_braces(&text_of(constant, self.literals)))
                }
                other => Part::Field(self.buffered(|this| this.fstring_part(other, false))),
            })
            .collect();
        let (contents, quote) = self.fstring_contents(&parts);
        self.out.push('f');
        self.write(quote);
        self.write(&contents);
        self.write(quote);
    }

    fn fstring_contents(&self, parts: &[Part]) -> (String, &'static str) {
        let mut quotes: Vec<&'static str> = ALL_QUOTES.to_vec();
        let mut whole = String::new();
        for part in parts {
            match part {
                Part::Text(text) => {
                    let (escaped, possible) = contents(text, &quotes, true);
                    if !possible.iter().any(|quote| quotes.contains(quote)) {
                        return (fstring_with_escapes(parts), "'''");
                    }
                    quotes = possible;
                    whole.push_str(&escaped);
                }
                Part::Field(text) => {
                    if text.contains('\n') {
                        quotes.retain(|quote| quote.len() == 3);
                    }
                    whole.push_str(text);
                }
            }
        }
        (whole, quotes.first().copied().unwrap_or("'''"))
    }

    /// What a function writes, apart from the output.
    fn buffered(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, before)
    }

    fn fstring_part(&mut self, node: &ast::Expr, escapes_newlines: bool) {
        match node {
            ast::Expr::JoinedStr(joined) => {
                for value in &joined.values {
                    self.fstring_part(value, escapes_newlines);
                }
            }
            ast::Expr::Constant(constant) => {
                for code in doubled_braces(&text_of(constant, self.literals)) {
                    match char::from_u32(code) {
                        Some('\n') if escapes_newlines => self.write("\\n"),
                        Some(c) => self.out.push(c),
                        None => repr::write_code_point_escape(&mut self.out, code),
                    }
                }
            }
            ast::Expr::FormattedValue(field) => {
                self.out.push('{');
                let value = self.buffered(|this| this.expr(&field.value, Precedence::Or));
                if value.starts_with('{') {
                    self.out.push(' ');
                }
                self.write(&value);
                if let Some(conversion) = field.conversion.to_char() {
                    self.out.push('!');
                    self.out.push(conversion);
                }
                if let Some(spec) = &field.format_spec {
                    self.out.push(':');
                    self.fstring_part(spec, true);
                }
                self.out.push('}');
            }
            other => self.expr(other, Precedence::Or),
        }
    }
}

fn doubled_braces(text: &[u32]) -> Text {
    let mut doubled = Vec::with_capacity(text.len());
    for &code in text {
        doubled.push(code);
        if code == u32::from('{') || code == u32::from('}') {
            doubled.push(code);
        }
    }
    doubled
}

/// The contents between `'''` where no quotes fit all parts.
fn fstring_with_escapes(parts: &[Part]) -> String {
    let mut whole = String::new();
    for part in parts {
        match part {
            Part::Text(text) => {
                // The double quote makes `repr` choose single ones.
                let mut quoted = vec![u32::from('"')];
                quoted.extend_from_slice(text);
                let quoted = repr_of(&quoted);
                whole.push_str(&quoted[2..quoted.len() - 1]);
            }
            Part::Field(text) => whole.push_str(text),
        }
    }
    whole
}
