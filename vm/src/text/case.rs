//! `str`'s case conversions.

use super::unicode::{self, Mapping};
use super::{StrBuf, StrBuilder, StrRef};

const CAPITAL_SIGMA: u32 = 0x3A3;
const SMALL_SIGMA: u32 = 0x3C3;
const FINAL_SIGMA: u32 = 0x3C2;

/// `str.upper()`.
pub fn upper(text: StrRef<'_>) -> StrBuf {
    match text {
        StrRef::Ascii(bytes) => StrBuf::Ascii(bytes.to_ascii_uppercase()),
        _ => map_each(text, unicode::to_upper),
    }
}

/// `str.lower()`.
pub fn lower(text: StrRef<'_>) -> StrBuf {
    match text {
        StrRef::Ascii(bytes) => StrBuf::Ascii(bytes.to_ascii_lowercase()),
        _ => {
            let mut out = builder_like(text);
            for (index, code) in text.code_points().enumerate() {
                push_lower(&mut out, text, index, code);
            }
            out.finish()
        }
    }
}

/// `str.casefold()`.
pub fn casefold(text: StrRef<'_>) -> StrBuf {
    match text {
        StrRef::Ascii(bytes) => StrBuf::Ascii(bytes.to_ascii_lowercase()),
        _ => map_each(text, unicode::to_folded),
    }
}

/// `str.title()`.
pub fn title(text: StrRef<'_>) -> StrBuf {
    let mut out = builder_like(text);
    let mut inside_word = false;
    for (index, code) in text.code_points().enumerate() {
        if inside_word {
            push_lower(&mut out, text, index, code);
        } else {
            push_mapping(&mut out, unicode::to_title(code));
        }
        inside_word = unicode::is_cased(code);
    }
    out.finish()
}

/// `str.capitalize()`.
pub fn capitalize(text: StrRef<'_>) -> StrBuf {
    if let StrRef::Ascii(bytes) = text {
        return StrBuf::Ascii(super::bytes::capitalize(bytes));
    }
    let mut out = builder_like(text);
    for (index, code) in text.code_points().enumerate() {
        if index == 0 {
            push_mapping(&mut out, unicode::to_title(code));
        } else {
            push_lower(&mut out, text, index, code);
        }
    }
    out.finish()
}

/// `str.swapcase()`.
pub fn swapcase(text: StrRef<'_>) -> StrBuf {
    if let StrRef::Ascii(bytes) = text {
        return StrBuf::Ascii(super::bytes::swapcase(bytes));
    }
    let mut out = builder_like(text);
    for (index, code) in text.code_points().enumerate() {
        if unicode::is_upper(code) {
            push_lower(&mut out, text, index, code);
        } else if unicode::is_lower(code) {
            push_mapping(&mut out, unicode::to_upper(code));
        } else {
            out.push(code);
        }
    }
    out.finish()
}

fn builder_like(text: StrRef<'_>) -> StrBuilder {
    StrBuilder::with_capacity(text.kind(), text.len())
}

fn map_each(text: StrRef<'_>, map: impl Fn(u32) -> Mapping) -> StrBuf {
    let mut out = builder_like(text);
    for code in text.code_points() {
        push_mapping(&mut out, map(code));
    }
    out.finish()
}

#[inline]
fn push_mapping(out: &mut StrBuilder, mapping: Mapping) {
    mapping.as_slice().iter().for_each(|&code| out.push(code));
}

fn push_lower(out: &mut StrBuilder, text: StrRef<'_>, index: usize, code: u32) {
    if code == CAPITAL_SIGMA {
        out.push(if is_final_sigma(text, index) { FINAL_SIGMA } else { SMALL_SIGMA });
    } else {
        push_mapping(out, unicode::to_lower(code));
    }
}

/// Whether the sigma at `index` ends a word: Unicode's `Final_Sigma` condition.
fn is_final_sigma(text: StrRef<'_>, index: usize) -> bool {
    let relevant = |code: &u32| !unicode::is_case_ignorable(*code);
    let before = text.view(0..index).code_points().rev().find(relevant);
    let after = text.view(index + 1..text.len()).code_points().find(relevant);
    before.is_some_and(unicode::is_cased) && !after.is_some_and(unicode::is_cased)
}
