//! The values of names, numbers and strings, from their text.

mod escapes;
mod numbers;

use rustpython_ast as ast;

pub(crate) use escapes::{
    DecodedText, EscapeError, InvalidEscape, decode_bytes, decode_fstring_text, decode_text,
};
pub(crate) use numbers::{float, imaginary, integer};

/// A name as Python compares names: normalised if it is not ASCII.
#[inline]
pub(crate) fn identifier(text: &str) -> ast::Identifier {
    if text.is_ascii() {
        ast::Identifier::new(text)
    } else {
        ast::Identifier::new(pvm_lexer::identifier_name(text).into_owned())
    }
}
