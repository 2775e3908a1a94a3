//! The values of names, numbers and strings, from their text.

mod escapes;
mod numbers;

use rustpython_ast as ast;

pub(crate) use escapes::{
    DecodedText, EscapeError, InvalidEscape, decode_bytes, decode_fstring_text, decode_text,
};
pub(crate) use numbers::{float, imaginary, integer};

/// The name in a source from `start` to `end`, as Python compares names: normalised if it is not ASCII.
#[inline(always)]
pub(crate) fn identifier(source: &str, start: usize, end: usize) -> ast::Identifier {
    match short(source, start, end) {
        Some(name) => ast::Identifier::new(name),
        None => other_identifier(&source[start..end]),
    }
}

/// A name of up to [`SHORT`] bytes: how many they are cannot be predicted, so it is copied together with what follows it,
/// which is as much for each, and then cut.
#[inline(always)]
pub(crate) fn short(source: &str, start: usize, end: usize) -> Option<String> {
    let chunk = source.as_bytes().get(start..).and_then(<[u8]>::first_chunk::<SHORT>)?;
    if end - start > SHORT || u128::from_le_bytes(*chunk) & NOT_ASCII != 0 {
        return None;
    }
    let mut short = source[start..start + SHORT].to_owned();
    short.truncate(end - start);
    Some(short)
}

/// Most names are no longer, in bytes.
const SHORT: usize = 16;

/// The bits that no ASCII character has.
const NOT_ASCII: u128 = u128::from_le_bytes([0x80; SHORT]);

/// Whether a name is ASCII. How long it is cannot be predicted, so that all but very long ones take one way.
#[inline]
pub(crate) fn is_ascii(name: &str) -> bool {
    let bytes = name.as_bytes();
    match (bytes.first_chunk::<SHORT>(), bytes.last_chunk::<SHORT>()) {
        (Some(first), Some(last)) if bytes.len() <= 2 * SHORT => {
            (u128::from_le_bytes(*first) | u128::from_le_bytes(*last)) & NOT_ASCII == 0
        }
        _ => bytes.is_ascii(),
    }
}

/// The name that is not [`short`].
#[inline(never)]
pub(crate) fn other_identifier(text: &str) -> ast::Identifier {
    if is_ascii(text) {
        ast::Identifier::new(text)
    } else {
        ast::Identifier::new(pvm_lexer::identifier_name(text).into_owned())
    }
}
