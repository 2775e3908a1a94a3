//! What Unicode 15.0 says of characters: which may stand in identifiers, which are printable, and the
//! normal form (NFKC) under which two spellings are one identifier.
//!
//! The tables are fixed to the Unicode version of CPython 3.12: a newer table would accept names that
//! CPython refuses.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

mod tables;

fn in_ranges(ranges: &[(u32, u32)], c: char) -> bool {
    let c = u32::from(c);
    let after = ranges.partition_point(|&(start, _)| start <= c);
    after > 0 && c <= ranges[after - 1].1
}

/// Whether an identifier may begin with this character: `str.isidentifier` of it alone.
pub fn is_identifier_start(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() || c == '_' } else { in_ranges(tables::IDENTIFIER_START, c) }
}

/// Whether this character may stand in an identifier after the first.
pub fn is_identifier_continue(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        in_ranges(tables::IDENTIFIER_CONTINUE, c)
    }
}

/// Whether `repr` shows this character as itself: `str.isprintable`.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() { matches!(c, ' '..='~') } else { !in_ranges(tables::NOT_PRINTABLE, c) }
}

/// An identifier's name: its text in normal form NFKC, in which Python compares names. Borrowed where the
/// text is normal already, which it nearly always is.
pub fn identifier_name(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}
