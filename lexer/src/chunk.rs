//! Sixteen bytes looked at in one go: where something among them ends cannot be predicted, so it is found without a branch.

pub(crate) const LEN: usize = 16;

/// Where the first byte is that is looked for; [`LEN`] if there is none. In an optimised build the loop is a few vector
/// instructions, provided that `is_it` has no branches.
#[inline(always)]
pub(crate) fn position(chunk: &[u8; LEN], is_it: impl Fn(u8) -> bool) -> usize {
    let mut found = [0; LEN];
    for (found, &byte) in found.iter_mut().zip(chunk) {
        *found = if is_it(byte) { 0xFF } else { 0 };
    }
    u128::from_le_bytes(found).trailing_zeros() as usize / 8
}

/// The same in a text of any length.
#[inline(always)]
pub(crate) fn position_in(text: &[u8], is_it: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk) {
        match position(chunk, &is_it) {
            LEN => at += LEN,
            found => return Some(at + found),
        }
    }
    text[at..].iter().position(|&byte| is_it(byte)).map(|found| at + found)
}
