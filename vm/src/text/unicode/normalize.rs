//! Normalisation forms (Unicode Standard Annex 15).

use super::Database;
use super::DecompositionTag;
use super::database::compose_pair;
use crate::text::{StrBuf, StrRef};

/// A normalisation form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical decomposition, then composition.
    Nfc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition, then composition.
    Nfkc,
    /// Compatibility decomposition.
    Nfkd,
}

impl Form {
    /// The form of that name, as `unicodedata.normalize` takes it.
    pub fn from_name(name: &str) -> Option<Form> {
        Some(match name {
            "NFC" => Form::Nfc,
            "NFD" => Form::Nfd,
            "NFKC" => Form::Nfkc,
            "NFKD" => Form::Nfkd,
            _ => return None,
        })
    }

    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }

    fn is_compatibility(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    /// Below this code point nothing changes and nothing combines with what precedes.
    fn untouched_below(self) -> u32 {
        match self {
            Form::Nfc => 0x300,
            Form::Nfd => 0xC0,
            Form::Nfkc | Form::Nfkd => 0xA0,
        }
    }
}

const S_BASE: u32 = 0xAC00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11A7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

impl Database {
    /// The text in a normalisation form, or `None` if it is in that form already.
    pub fn normalize(self, form: Form, text: StrRef<'_>) -> Option<StrBuf> {
        if text.as_ascii().is_some() || text.code_points().all(|c| c < form.untouched_below()) {
            return None;
        }
        let mut codes = Vec::with_capacity(text.len() + 8);
        for code in text.code_points() {
            self.decompose(code, form.is_compatibility(), &mut codes);
        }
        reorder(&mut codes);
        if form.composes() {
            codes = compose(&codes);
        }
        if codes.len() == text.len() && text.code_points().eq(codes.iter().copied()) {
            return None;
        }
        Some(StrRef::Ucs4(&codes).to_buf())
    }

    fn decompose(self, code: u32, compatibility: bool, into: &mut Vec<u32>) {
        let syllable = code.wrapping_sub(S_BASE);
        if syllable < S_COUNT {
            into.push(L_BASE + syllable / (V_COUNT * T_COUNT));
            into.push(V_BASE + syllable % (V_COUNT * T_COUNT) / T_COUNT);
            if !syllable.is_multiple_of(T_COUNT) {
                into.push(T_BASE + syllable % T_COUNT);
            }
            return;
        }
        // Decompositions in the database are never deeper than a few steps.
        let mut stack = vec![code];
        while let Some(code) = stack.pop() {
            if self == Database::Old
                && let Some(corrected) = old_correction(code)
            {
                into.push(corrected);
                continue;
            }
            match self.decomposition(code) {
                Some(parts) if compatibility || parts.tag == DecompositionTag::Canonical => {
                    stack.extend(parts.code_points().rev());
                }
                _ => into.push(code),
            }
        }
    }
}

/// The combining class; CPython takes that of the current version even where it normalises as of 3.2.
fn combining(code: u32) -> u8 {
    Database::Current.record(code).combining
}

/// Puts runs of combining characters into the order of their classes.
fn reorder(codes: &mut [u32]) {
    let class = |code: &u32| combining(*code);
    let mut start = 0;
    while start < codes.len() {
        if class(&codes[start]) == 0 {
            start += 1;
            continue;
        }
        let len = codes[start..].iter().take_while(|c| class(c) != 0).count();
        codes[start..start + len].sort_by_key(class);
        start += len;
    }
}

fn compose(codes: &[u32]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(codes.len());
    // Position in `out` of the last starter, and the class of the character before.
    let mut starter: Option<usize> = None;
    let mut last_class = 0u8;
    for &code in codes {
        let class = combining(code);
        if let Some(at) = starter {
            // Blocked by a character of the same or a higher class in between.
            let adjacent = at + 1 == out.len();
            if (adjacent || (last_class != 0 && last_class < class))
                && let Some(composed) = compose_two(out[at], code)
            {
                out[at] = composed;
                continue;
            }
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        out.push(code);
    }
    out
}

fn compose_two(first: u32, second: u32) -> Option<u32> {
    let (l, v) = (first.wrapping_sub(L_BASE), second.wrapping_sub(V_BASE));
    if l < L_COUNT && v < V_COUNT {
        return Some(S_BASE + (l * V_COUNT + v) * T_COUNT);
    }
    let (lv, t) = (first.wrapping_sub(S_BASE), second.wrapping_sub(T_BASE));
    if lv < S_COUNT && lv % T_COUNT == 0 && (1..T_COUNT).contains(&t) {
        return Some(first + t);
    }
    compose_pair(first, second)
}

/// Characters whose decomposition was corrected after Unicode 3.2 (Corrigendum 4).
fn old_correction(code: u32) -> Option<u32> {
    Some(match code {
        0x2F868 => 0x2136A,
        0x2F874 => 0x5F33,
        0x2F91F => 0x43AB,
        0x2F95F => 0x7AAE,
        0x2F9BF => 0x4D57,
        _ => return None,
    })
}
