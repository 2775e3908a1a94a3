//! Methods of `str` that make a new string of parts: `replace`, `join`, padding, tabs.

use super::search::{Matches, count_units, find_units, narrow_needle};
use super::{Kind, StrBuf, StrBuilder, StrRef, Unit, with_units};

/// `str.replace(old, new, count)`; `None` when nothing changes, so that the original can be shared.
pub fn replace(
    text: StrRef<'_>,
    old: StrRef<'_>,
    new: StrRef<'_>,
    max_count: Option<usize>,
) -> Option<StrBuf> {
    let max_count = max_count.unwrap_or(usize::MAX);
    if max_count == 0 || (old.len() == new.len() && old.equals(new)) {
        return None;
    }
    if let (StrRef::Ascii(text), StrRef::Ascii(new)) = (text, new) {
        let old = old.as_ascii()?;
        return replace_units(text, old, new, max_count).map(StrBuf::Ascii);
    }
    if old.is_empty() {
        return Some(interleave(text, new, max_count));
    }
    with_units!(text, units => {
        let old = narrow_needle(old)?;
        let first = find_units(units, &old)?;
        let mut out = StrBuilder::with_capacity(text.kind().max(new.kind()), text.len() + new.len());
        out.push_str(text.view(0..first));
        let mut at = first;
        for found in Matches::new(&units[first..], &old).take(max_count) {
            let found = first + found;
            out.push_str(text.view(at..found));
            out.push_str(new);
            at = found + old.len();
        }
        out.push_str(text.view(at..text.len()));
        Some(out.finish())
    })
}

/// `replace` with an empty `old`: `new` before each character and at the end.
fn interleave(text: StrRef<'_>, new: StrRef<'_>, max_count: usize) -> StrBuf {
    let mut out = StrBuilder::with_capacity(text.kind().max(new.kind()), text.len() + new.len());
    let mut left = max_count;
    for code in text.code_points() {
        if left > 0 {
            out.push_str(new);
            left -= 1;
        }
        out.push(code);
    }
    if left > 0 {
        out.push_str(new);
    }
    out.finish()
}

/// `bytes.replace`, and `str.replace` where everything has one width; `None` when nothing changes.
pub fn replace_units<T: Unit>(units: &[T], old: &[T], new: &[T], max_count: usize) -> Option<Vec<T>> {
    if max_count == 0 || old == new {
        return None;
    }
    if old.is_empty() {
        let mut out = Vec::with_capacity(units.len() + new.len());
        for (index, unit) in units.iter().enumerate() {
            if index < max_count {
                out.extend_from_slice(new);
            }
            out.push(*unit);
        }
        if units.len() < max_count {
            out.extend_from_slice(new);
        }
        return Some(out);
    }
    if let ([old], [new]) = (old, new) {
        let first = T::position(units, *old)?;
        let mut out = units.to_vec();
        let mut left = max_count;
        for unit in &mut out[first..] {
            if left > 0 && *unit == *old {
                *unit = *new;
                left -= 1;
            }
        }
        return Some(out);
    }
    let first = find_units(units, old)?;
    let extra = new.len().saturating_sub(old.len());
    let grown = if extra == 0 { 0 } else { extra * count_units(&units[first..], old, max_count) };
    let mut out = Vec::with_capacity(units.len() + grown);
    let mut at = 0;
    for found in Matches::new(&units[first..], old).take(max_count) {
        out.extend_from_slice(&units[at..first + found]);
        out.extend_from_slice(new);
        at = first + found + old.len();
    }
    out.extend_from_slice(&units[at..]);
    Some(out)
}

/// `separator.join(parts)`.
pub fn join<'a>(separator: StrRef<'_>, parts: impl Iterator<Item = StrRef<'a>> + Clone) -> StrBuf {
    let (mut kind, mut len, mut n_parts) = (Kind::Ascii, 0usize, 0usize);
    for part in parts.clone() {
        kind = kind.max(part.kind());
        len += part.len();
        n_parts += 1;
    }
    if n_parts > 1 {
        kind = kind.max(separator.kind());
        len += separator.len() * (n_parts - 1);
    }
    if kind == Kind::Ascii
        && let StrRef::Ascii(separator) = separator
    {
        return StrBuf::Ascii(join_ascii(separator, parts, len));
    }
    let mut out = StrBuilder::with_capacity(kind, len);
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str(part);
    }
    out.finish()
}

fn join_ascii<'a>(separator: &[u8], parts: impl Iterator<Item = StrRef<'a>>, len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(len);
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        if let StrRef::Ascii(units) = part {
            out.extend_from_slice(units);
        }
    }
    out
}

/// `left` fill characters, the text, `right` fill characters.
pub fn pad(text: StrRef<'_>, left: usize, right: usize, fill: u32) -> StrBuf {
    let kind = text.kind().max(Kind::of(fill));
    let mut out = StrBuilder::with_capacity(kind, left + text.len() + right);
    out.push_repeated(fill, left);
    out.push_str(text);
    out.push_repeated(fill, right);
    out.finish()
}

/// How many fill characters `center(width)` puts to the left and to the right of `len` characters.
pub fn center_margins(len: usize, width: usize) -> (usize, usize) {
    let margin = width.saturating_sub(len);
    // The odd one goes to the left if the width is odd as well.
    let left = margin / 2 + (margin & width & 1);
    (left, margin - left)
}

/// `str.center(width, fill)`.
pub fn center(text: StrRef<'_>, width: usize, fill: u32) -> StrBuf {
    let (left, right) = center_margins(text.len(), width);
    pad(text, left, right, fill)
}

/// `str.ljust(width, fill)`.
pub fn ljust(text: StrRef<'_>, width: usize, fill: u32) -> StrBuf {
    pad(text, 0, width.saturating_sub(text.len()), fill)
}

/// `str.rjust(width, fill)`.
pub fn rjust(text: StrRef<'_>, width: usize, fill: u32) -> StrBuf {
    pad(text, width.saturating_sub(text.len()), 0, fill)
}

/// `str.zfill(width)`: zeros go after a sign.
pub fn zfill(text: StrRef<'_>, width: usize) -> StrBuf {
    let zeros = width.saturating_sub(text.len());
    let mut out = StrBuilder::with_capacity(text.kind(), text.len() + zeros);
    let sign_len = usize::from(matches!(text.get(0), Some(0x2B | 0x2D)));
    out.push_str(text.view(0..sign_len));
    out.push_repeated(u32::from(b'0'), zeros);
    out.push_str(text.view(sign_len..text.len()));
    out.finish()
}

/// `str.expandtabs(tabsize)`; `None` when the result is longer than `max_len`.
pub fn expand_tabs(text: StrRef<'_>, tab_size: usize, max_len: usize) -> Option<StrBuf> {
    let mut out = StrBuilder::with_capacity(text.kind(), text.len());
    let mut column = 0usize;
    for code in text.code_points() {
        match code {
            0x09 if tab_size == 0 => {}
            0x09 => {
                let spaces = tab_size - column % tab_size;
                if spaces > max_len.saturating_sub(out.len()) {
                    return None;
                }
                out.push_repeated(0x20, spaces);
                column += spaces;
            }
            _ => {
                out.push(code);
                column = if matches!(code, 0x0A | 0x0D) { 0 } else { column + 1 };
            }
        }
    }
    (out.len() <= max_len).then(|| out.finish())
}
