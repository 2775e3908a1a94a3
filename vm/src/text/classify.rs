//! `str`'s `is…` methods.

use super::{StrRef, bytes, unicode};

/// Whether there is a character and all of them satisfy the condition.
fn all(text: StrRef<'_>, condition: impl Fn(u32) -> bool) -> bool {
    !text.is_empty() && text.code_points().all(condition)
}

/// `str.isalnum()`.
pub fn is_alnum(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_alnum(units),
        _ => all(text, unicode::is_alnum),
    }
}

/// `str.isalpha()`.
pub fn is_alpha(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_alpha(units),
        _ => all(text, unicode::is_alpha),
    }
}

/// `str.isascii()`.
pub fn is_ascii(text: StrRef<'_>) -> bool {
    text.narrowest_kind() == super::Kind::Ascii
}

/// `str.isdecimal()`.
pub fn is_decimal(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_digit(units),
        _ => all(text, unicode::is_decimal),
    }
}

/// `str.isdigit()`.
pub fn is_digit(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_digit(units),
        _ => all(text, unicode::is_digit),
    }
}

/// `str.isnumeric()`.
pub fn is_numeric(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_digit(units),
        _ => all(text, unicode::is_numeric),
    }
}

/// `str.isspace()`.
pub fn is_space(text: StrRef<'_>) -> bool {
    all(text, unicode::is_space)
}

/// `str.isprintable()`.
pub fn is_printable(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => units.iter().all(|b| matches!(b, 0x20..0x7F)),
        _ => text.code_points().all(unicode::is_printable),
    }
}

/// `str.isidentifier()`; keywords are identifiers in this sense.
pub fn is_identifier(text: StrRef<'_>) -> bool {
    let mut codes = text.code_points();
    codes.next().is_some_and(unicode::is_identifier_start) && codes.all(unicode::is_identifier_continue)
}

/// `str.islower()`.
pub fn is_lower(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_lower(units),
        _ => {
            let mut codes = text.code_points();
            codes.clone().any(unicode::is_lower)
                && !codes.any(|code| unicode::is_upper(code) || unicode::is_title(code))
        }
    }
}

/// `str.isupper()`.
pub fn is_upper(text: StrRef<'_>) -> bool {
    match text {
        StrRef::Ascii(units) => bytes::is_upper(units),
        _ => {
            let mut codes = text.code_points();
            codes.clone().any(unicode::is_upper)
                && !codes.any(|code| unicode::is_lower(code) || unicode::is_title(code))
        }
    }
}

/// `str.istitle()`.
pub fn is_title(text: StrRef<'_>) -> bool {
    let mut inside_word = false;
    let mut any_cased = false;
    for code in text.code_points() {
        let begins = unicode::is_upper(code) || unicode::is_title(code);
        let continues = !begins && unicode::is_lower(code);
        if (begins && inside_word) || (continues && !inside_word) {
            return false;
        }
        inside_word = begins || continues;
        any_cased |= inside_word;
    }
    any_cased
}
