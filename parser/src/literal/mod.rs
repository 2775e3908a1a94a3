//! The values of names, numbers and strings, from their text.

mod escapes;
mod numbers;

use rustpython_ast as ast;

pub(crate) use escapes::{
    DecodedText, EscapeError, InvalidEscape, decode_bytes, decode_fstring_text, decode_text,
};
pub(crate) use numbers::{float, imaginary, integer};

/// The name in a source from `start` to `end`, as Python compares names: normalised if it is not ASCII.
///
/// How long a name is cannot be predicted. So one of up to [`SHORT`] bytes is copied together with what follows it, which
/// is as much for each, and then cut.
#[inline]
pub(crate) fn identifier(source: &str, start: usize, end: usize) -> ast::Identifier {
    if let Some(chunk) = source.as_bytes().get(start..).and_then(<[u8]>::first_chunk::<SHORT>)
        && end - start <= SHORT
        && u128::from_le_bytes(*chunk) & NOT_ASCII == 0
    {
        let mut name = String::with_capacity(SHORT);
        name.push_str(&source[start..start + SHORT]);
        name.truncate(end - start);
        return ast::Identifier::new(name);
    }
    other_identifier(&source[start..end])
}

/// Most names are no longer, in bytes.
const SHORT: usize = 16;

/// The bits that no ASCII character has.
const NOT_ASCII: u128 = u128::from_le_bytes([0x80; SHORT]);

#[inline(never)]
fn other_identifier(text: &str) -> ast::Identifier {
    if text.is_ascii() {
        ast::Identifier::new(text)
    } else {
        ast::Identifier::new(pvm_lexer::identifier_name(text).into_owned())
    }
}
