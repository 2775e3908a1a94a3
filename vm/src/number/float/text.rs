//! `float` from and to decimal text.

use std::borrow::Cow;

use super::super::format::{self, FloatFormat};

pub(in crate::number) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// `repr(float)`: the shortest text that reads back as the same float.
pub fn repr(float: f64) -> String {
    format::format_float(
        float,
        FloatFormat::Repr,
        format::FloatOptions { add_point_zero: true, ..Default::default() },
    )
}

/// Reads a float as `float(text)` does, in ASCII: the caller has replaced other decimal digits and spaces.
///
/// `None` when the text is no float literal; the caller's message shows it.
pub fn parse(text: &[u8]) -> Option<f64> {
    let start = text.iter().position(|&byte| !is_space(byte))?;
    let end = text.iter().rposition(|&byte| !is_space(byte))? + 1;
    let text = strip_underscores(&text[start..end])?;
    match take_float(&text)? {
        (value, b"") => Some(value),
        _ => None,
    }
}

/// Removes underscores, each of which must stand between two digits.
pub(in crate::number) fn strip_underscores(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'_') {
        return Some(text.into());
    }
    let is_digit =
        |index: Option<usize>| index.and_then(|index| text.get(index)).is_some_and(u8::is_ascii_digit);
    let mut stripped = Vec::with_capacity(text.len());
    for (index, &byte) in text.iter().enumerate() {
        if byte != b'_' {
            stripped.push(byte);
        } else if !is_digit(index.checked_sub(1)) || !is_digit(Some(index + 1)) {
            return None;
        }
    }
    Some(stripped.into())
}

/// Reads the longest float literal at the start of the text, signed or not; gives the rest back.
pub(in crate::number) fn take_float(text: &[u8]) -> Option<(f64, &[u8])> {
    if let Some(special) = take_special(text) {
        return Some(special);
    }
    let n_digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let mut n_mantissa = n_digits(end);
    end += n_mantissa;
    if text.get(end) == Some(&b'.') {
        let n_fraction = n_digits(end + 1);
        end += 1 + n_fraction;
        n_mantissa += n_fraction;
    }
    if n_mantissa == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let n_exponent = n_digits((end + 1 + sign).min(text.len()));
        if n_exponent > 0 {
            end += 1 + sign + n_exponent;
        }
    }
    let value = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, &text[end..]))
}

/// Reads an infinity or not-a-number, signed or not, in any case.
pub(in crate::number) fn take_special(text: &[u8]) -> Option<(f64, &[u8])> {
    let negative = text.first() == Some(&b'-');
    let rest = if let Some(b'+' | b'-') = text.first() { &text[1..] } else { text };
    let starts_with = |word: &[u8]| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
    let (magnitude, length) = if starts_with(b"infinity") {
        (f64::INFINITY, 8)
    } else if starts_with(b"inf") {
        (f64::INFINITY, 3)
    } else if starts_with(b"nan") {
        (f64::NAN.copysign(1.0), 3)
    } else {
        return None;
    };
    Some((if negative { -magnitude } else { magnitude }, &rest[length..]))
}
