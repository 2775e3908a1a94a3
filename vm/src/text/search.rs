//! Substring search with a linear worst case.
//!
//! Bytes go to `memchr`'s vectorised searchers. Wider units scan for the first unit and compare
//! naively, which is fastest on real text, and switch to Knuth-Morris-Pratt when the comparisons
//! have cost too much.

use std::borrow::Cow;

use super::{StrRef, Unit, with_units};

/// The first position of `needle` in `hay`.
pub fn find(hay: StrRef<'_>, needle: StrRef<'_>) -> Option<usize> {
    with_units!(hay, units => find_units(units, &narrow_needle(needle)?))
}

/// The last position of `needle` in `hay`.
pub fn rfind(hay: StrRef<'_>, needle: StrRef<'_>) -> Option<usize> {
    with_units!(hay, units => rfind_units(units, &narrow_needle(needle)?))
}

/// How often `needle` occurs in `hay` without overlap; the empty string occurs around every character.
pub fn count(hay: StrRef<'_>, needle: StrRef<'_>) -> usize {
    if needle.len() > hay.len() {
        return 0;
    }
    with_units!(hay, units => narrow_needle(needle).map_or(0, |needle| count_units(units, &needle, usize::MAX)))
}

/// `needle` in the units of the string it is searched in; `None` if a character cannot occur there.
pub(crate) fn narrow_needle<'a, T: Unit>(needle: StrRef<'a>) -> Option<Cow<'a, [T]>>
where
    StrRef<'a>: ToUnits<'a, T>,
{
    if let Some(units) = needle.to_units() {
        return Some(Cow::Borrowed(units));
    }
    needle.code_points().map(T::try_from_code).collect::<Option<Vec<T>>>().map(Cow::Owned)
}

/// Access to the storage when it has the wanted width.
pub(crate) trait ToUnits<'a, T> {
    /// The units, if they are `T`s.
    fn to_units(self) -> Option<&'a [T]>;
}

impl<'a> ToUnits<'a, u8> for StrRef<'a> {
    #[inline]
    fn to_units(self) -> Option<&'a [u8]> {
        match self {
            StrRef::Ascii(units) | StrRef::Latin1(units) => Some(units),
            _ => None,
        }
    }
}

impl<'a> ToUnits<'a, u16> for StrRef<'a> {
    #[inline]
    fn to_units(self) -> Option<&'a [u16]> {
        if let StrRef::Ucs2(units) = self { Some(units) } else { None }
    }
}

impl<'a> ToUnits<'a, u32> for StrRef<'a> {
    #[inline]
    fn to_units(self) -> Option<&'a [u32]> {
        if let StrRef::Ucs4(units) = self { Some(units) } else { None }
    }
}

/// [`find`] on storage units (or bytes).
#[inline]
pub fn find_units<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [unit] => T::position(hay, *unit),
        _ if needle.len() > hay.len() => None,
        _ => T::find(hay, needle),
    }
}

/// [`rfind`] on storage units (or bytes).
#[inline]
pub fn rfind_units<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    match needle {
        [] => Some(hay.len()),
        [unit] => T::rposition(hay, *unit),
        _ if needle.len() > hay.len() => None,
        _ => T::rfind(hay, needle),
    }
}

/// [`count`] on storage units (or bytes), stopping at `max`.
pub fn count_units<T: Unit>(hay: &[T], needle: &[T], max: usize) -> usize {
    if needle.is_empty() {
        return (hay.len() + 1).min(max);
    }
    if let [unit] = needle {
        return hay.iter().filter(|&u| u == unit).count().min(max);
    }
    Matches::new(hay, needle).take(max).count()
}

/// The positions of a non-empty needle in a string, from the left, without overlap.
///
/// Prepares the needle once, so a string with many matches stays linear.
pub struct Matches<'a, T: Unit> {
    hay: &'a [T],
    needle: &'a [T],
    at: usize,
}

impl<'a, T: Unit> Matches<'a, T> {
    /// Searches `hay` for `needle`, which must not be empty: an empty one is never found.
    pub fn new(hay: &'a [T], needle: &'a [T]) -> Self {
        Matches { hay, needle, at: 0 }
    }
}

impl<T: Unit> Iterator for Matches<'_, T> {
    type Item = usize;
    fn next(&mut self) -> Option<usize> {
        if self.needle.is_empty() {
            return None;
        }
        let found = self.at + find_units(self.hay.get(self.at..)?, self.needle)?;
        self.at = found + self.needle.len();
        Some(found)
    }
}

/// Search for units `memchr` has no searcher for.
pub(crate) fn find_generic<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let last_start = hay.len().checked_sub(needle.len())?;
    let mut budget = hay.len() * 2 + 64;
    let mut at = 0;
    while at <= last_start {
        at += T::position(&hay[at..=last_start], first)?;
        let matched = rest.iter().zip(&hay[at + 1..]).take_while(|(a, b)| a == b).count();
        if matched == rest.len() {
            return Some(at);
        }
        at += 1;
        budget = budget.saturating_sub(matched);
        if budget == 0 {
            return knuth_morris_pratt(hay[at..].iter(), needle.len(), |i| needle[i]).map(|i| at + i);
        }
    }
    None
}

/// [`find_generic`] from the right.
pub(crate) fn rfind_generic<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    let (&last, front) = needle.split_last()?;
    let mut budget = hay.len() * 2 + 64;
    let mut end = hay.len();
    while end >= needle.len() {
        end = front.len() + T::rposition(&hay[front.len()..end], last)?;
        let window = &hay[end - front.len()..end];
        let matched = front.iter().rev().zip(window.iter().rev()).take_while(|(a, b)| a == b).count();
        if matched == front.len() {
            return Some(end - front.len());
        }
        budget = budget.saturating_sub(matched);
        if budget == 0 {
            let n = needle.len();
            let back = knuth_morris_pratt(hay[..end].iter().rev(), n, |i| needle[n - 1 - i])?;
            return Some(end - back - n);
        }
    }
    None
}

/// The classic automaton; reads the needle through a function so that it works in both directions.
fn knuth_morris_pratt<'a, T: Unit>(
    hay: impl Iterator<Item = &'a T>,
    needle_len: usize,
    needle: impl Fn(usize) -> T,
) -> Option<usize> {
    // border[i]: length of the longest proper border of the first i + 1 units.
    let mut border = vec![0usize; needle_len];
    let mut k = 0;
    for i in 1..needle_len {
        while k > 0 && needle(k) != needle(i) {
            k = border[k - 1];
        }
        k += usize::from(needle(k) == needle(i));
        border[i] = k;
    }
    let mut k = 0;
    for (i, &unit) in hay.enumerate() {
        while k > 0 && needle(k) != unit {
            k = border[k - 1];
        }
        k += usize::from(needle(k) == unit);
        if k == needle_len {
            return Some(i + 1 - k);
        }
    }
    None
}
