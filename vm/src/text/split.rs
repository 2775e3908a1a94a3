//! Splitting and stripping. Results are index ranges into the original.
//!
//! The algorithms work on storage units of any width with the notion of white space passed in, since that
//! of bytes differs from that of text; [`bytes`](super::bytes) uses them too.

use std::ops::Range;

use super::search::{find_units, narrow_needle, rfind_units};
use super::{StrRef, Unit, unicode, with_units};

/// An index range of the split text.
pub type Span = Range<usize>;

/// White space in the sense of `str`, quick for ASCII.
#[inline]
pub fn is_space<T: Unit>(unit: T) -> bool {
    match unit.code() {
        0x20 | 0x09..=0x0D | 0x1C..=0x1F => true,
        0x21..0x80 | 0..0x20 => false,
        code => unicode::is_space(code),
    }
}

/// A line boundary in the sense of `str.splitlines`, quick for ASCII.
#[inline]
fn is_line_break<T: Unit>(unit: T) -> bool {
    match unit.code() {
        0x0A..=0x0D | 0x1C..=0x1E => true,
        0..0x80 => false,
        code => unicode::is_line_break(code),
    }
}

/// `str.split(maxsplit=…)` at white space; `None` splits everywhere.
pub fn split_space(text: StrRef<'_>, max_splits: Option<usize>) -> Vec<Span> {
    with_units!(text, units => split_space_units(units, max_splits, is_space))
}

/// `str.rsplit(maxsplit=…)` at white space.
pub fn rsplit_space(text: StrRef<'_>, max_splits: Option<usize>) -> Vec<Span> {
    with_units!(text, units => rsplit_space_units(units, max_splits, is_space))
}

/// `str.split(separator, maxsplit)`; the separator must not be empty.
pub fn split(text: StrRef<'_>, separator: StrRef<'_>, max_splits: Option<usize>) -> Vec<Span> {
    with_units!(text, units => match narrow_needle(separator) {
        Some(separator) => split_units(units, &separator, max_splits),
        None => std::iter::once(0..units.len()).collect(),
    })
}

/// `str.rsplit(separator, maxsplit)`; the separator must not be empty.
pub fn rsplit(text: StrRef<'_>, separator: StrRef<'_>, max_splits: Option<usize>) -> Vec<Span> {
    with_units!(text, units => match narrow_needle(separator) {
        Some(separator) => rsplit_units(units, &separator, max_splits),
        None => std::iter::once(0..units.len()).collect(),
    })
}

/// `str.splitlines(keepends)`.
pub fn split_lines(text: StrRef<'_>, keep_ends: bool) -> Vec<Span> {
    with_units!(text, units => split_lines_units(units, keep_ends, is_line_break))
}

/// Which ends of a string to strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The beginning (`lstrip`).
    Left,
    /// The end (`rstrip`).
    Right,
    /// Both (`strip`).
    Both,
}

/// `str.strip()` and its relatives: what remains. `None` strips white space.
pub fn strip(text: StrRef<'_>, chars: Option<StrRef<'_>>, side: Side) -> Span {
    let Some(chars) = chars else {
        return with_units!(text, units => strip_units(units, side, is_space));
    };
    match chars {
        StrRef::Ascii(&[only]) => {
            with_units!(text, units => strip_units(units, side, |u| u.code() == u32::from(only)))
        }
        StrRef::Ascii(set) => {
            let mut bits = 0u128;
            set.iter().for_each(|b| bits |= 1 << (b & 0x7F));
            with_units!(text, units => strip_units(units, side, |u| {
                let code = u.code();
                code < 0x80 && bits & (1 << code) != 0
            }))
        }
        _ => with_units!(text, units => strip_units(units, side, |u| chars.find_code(u.code()).is_some())),
    }
}

/// [`split_space`] on units.
pub fn split_space_units<T: Unit>(
    units: &[T],
    max_splits: Option<usize>,
    is_space: impl Fn(T) -> bool,
) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut left = max_splits.unwrap_or(usize::MAX);
    let mut at = 0;
    loop {
        at += units[at..].iter().take_while(|u| is_space(**u)).count();
        if at == units.len() {
            return spans;
        }
        if left == 0 {
            spans.push(at..units.len());
            return spans;
        }
        left -= 1;
        let end = at + units[at..].iter().take_while(|u| !is_space(**u)).count();
        spans.push(at..end);
        at = end;
    }
}

/// [`rsplit_space`] on units.
pub fn rsplit_space_units<T: Unit>(
    units: &[T],
    max_splits: Option<usize>,
    is_space: impl Fn(T) -> bool,
) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut left = max_splits.unwrap_or(usize::MAX);
    let mut at = units.len();
    loop {
        at -= units[..at].iter().rev().take_while(|u| is_space(**u)).count();
        if at == 0 {
            break;
        }
        if left == 0 {
            spans.push(0..at);
            break;
        }
        left -= 1;
        let start = at - units[..at].iter().rev().take_while(|u| !is_space(**u)).count();
        spans.push(start..at);
        at = start;
    }
    spans.reverse();
    spans
}

/// [`split`] on units.
pub fn split_units<T: Unit>(units: &[T], separator: &[T], max_splits: Option<usize>) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut left = max_splits.unwrap_or(usize::MAX);
    let mut at = 0;
    while left > 0
        && !separator.is_empty()
        && let Some(found) = find_units(&units[at..], separator)
    {
        spans.push(at..at + found);
        at += found + separator.len();
        left -= 1;
    }
    spans.push(at..units.len());
    spans
}

/// [`rsplit`] on units.
pub fn rsplit_units<T: Unit>(units: &[T], separator: &[T], max_splits: Option<usize>) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut left = max_splits.unwrap_or(usize::MAX);
    let mut end = units.len();
    while left > 0
        && !separator.is_empty()
        && let Some(found) = rfind_units(&units[..end], separator)
    {
        spans.push(found + separator.len()..end);
        end = found;
        left -= 1;
    }
    spans.push(0..end);
    spans.reverse();
    spans
}

/// [`split_lines`] on units.
pub fn split_lines_units<T: Unit>(units: &[T], keep_ends: bool, is_break: impl Fn(T) -> bool) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = 0;
    while start < units.len() {
        let end = start + units[start..].iter().take_while(|u| !is_break(**u)).count();
        let break_len = match units[end..] {
            [] => 0,
            [first, second, ..] if first.code() == 0x0D && second.code() == 0x0A => 2,
            _ => 1,
        };
        spans.push(start..if keep_ends { end + break_len } else { end });
        start = end + break_len;
    }
    spans
}

/// [`strip`] on units.
#[inline]
pub fn strip_units<T: Unit>(units: &[T], side: Side, in_set: impl Fn(T) -> bool) -> Span {
    let mut start = 0;
    let mut end = units.len();
    if side != Side::Right {
        start = units.iter().take_while(|u| in_set(**u)).count();
    }
    if side != Side::Left {
        end -= units[start..].iter().rev().take_while(|u| in_set(**u)).count();
    }
    start..end
}
