//! Formatting: the mini-language of `format()` and f-strings, `str.format` and the `%` operator.
//!
//! [`spec`] parses a format specification and applies it to text, [`number`] applies it to numbers,
//! [`field`] takes apart the templates of `str.format`, [`percent`] those of `%`.

pub mod field;
pub mod number;
pub mod percent;
pub mod spec;

pub use number::Locale;
pub use spec::{Align, FormatSpec, Grouping, Sign};

use super::{StrRef, TextError, unicode};

/// Reads decimal digits of any script from `*at` on; `None` if there are none.
fn parse_integer(text: StrRef<'_>, at: &mut usize, end: usize) -> Result<Option<usize>, TextError> {
    let start = *at;
    let mut value = 0usize;
    while *at < end
        && let Some(digit) = text.get(*at).and_then(unicode::decimal)
    {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(usize::from(digit)))
            .filter(|value| *value <= isize::MAX as usize)
            .ok_or_else(|| TextError::value("Too many decimal digits in format string"))?;
        *at += 1;
    }
    Ok((*at > start).then_some(value))
}

/// A character as CPython shows it in messages about format codes.
fn show_code(code: u32) -> String {
    match char::from_u32(code) {
        Some(c @ '!'..='\x7f') => c.to_string(),
        _ => format!("\\x{code:x}"),
    }
}
