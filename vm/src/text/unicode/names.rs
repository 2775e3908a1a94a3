//! Names of characters.
//!
//! The names themselves come from `unicode_names2`; it knows a newer Unicode and matches loosely, so what
//! it finds is checked. Aliases and named sequences, which have no way back from the character, are our own lists.

use super::Database;

static ALIASES: &str = include_str!("data/aliases.txt");
static SEQUENCES: &str = include_str!("data/sequences.txt");

const IDEOGRAPH: &str = "CJK UNIFIED IDEOGRAPH-";

/// Names that follow a rule are only found in upper case.
fn is_computed(name: &str) -> bool {
    name.starts_with(IDEOGRAPH) || name.starts_with("HANGUL SYLLABLE ")
}

/// The name of a character.
pub fn name(code: u32) -> Option<String> {
    if !Database::Current.is_assigned(code) {
        return None;
    }
    unicode_names2::name(char::from_u32(code)?).map(|name| name.to_string())
}

/// The character with a name or alias, in any case (what `\N{…}` accepts).
pub fn lookup(wanted: &str) -> Option<u32> {
    // Overlong names would be slow.
    if wanted.len() > 256 || !wanted.is_ascii() {
        return None;
    }
    if let Some(digits) = wanted.strip_prefix(IDEOGRAPH) {
        // Four or five digits, so one more zero than in the name is fine.
        let is_hex = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        let code =
            u32::from_str_radix(digits, 16).ok().filter(|_| is_hex && matches!(digits.len(), 4 | 5))?;
        return name(code).filter(|name| name.starts_with(IDEOGRAPH)).map(|_| code);
    }
    // No name begins with a hyphen; at one the crate overflows.
    if !wanted.starts_with('-')
        && let Some(code) = unicode_names2::character(wanted).map(u32::from)
        && name(code)
            .is_some_and(|name| name == wanted || (name.eq_ignore_ascii_case(wanted) && !is_computed(&name)))
    {
        return Some(code);
    }
    let code = find_line(ALIASES, wanted)?;
    u32::from_str_radix(code, 16).ok()
}

/// The characters of a named sequence (which `unicodedata.lookup` finds as well).
pub fn lookup_sequence(wanted: &str) -> Option<Vec<u32>> {
    let codes = find_line(SEQUENCES, wanted)?;
    codes.split(' ').map(|code| u32::from_str_radix(code, 16).ok()).collect()
}

/// The rest of the line that begins with a name and a semicolon.
fn find_line(lines: &'static str, wanted: &str) -> Option<&'static str> {
    lines
        .lines()
        .filter_map(|line| line.split_once(';'))
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, rest)| rest)
}
