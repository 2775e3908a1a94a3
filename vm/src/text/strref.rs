//! The borrowed view of a string.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use super::{Kind, StrBuf, StrBuilder, Unit, with_units};

/// A borrowed string in one of the four storage kinds.
///
/// String objects are always canonical, that is, of the narrowest kind that fits. A [`view`](Self::view) of a
/// part may be wider than necessary; every function here accepts such views, and every function
/// that returns a [`StrBuf`] makes it canonical.
#[derive(Clone, Copy, Debug)]
pub enum StrRef<'a> {
    /// Every code point is below 0x80.
    Ascii(&'a [u8]),
    /// Every code point is below 0x100.
    Latin1(&'a [u8]),
    /// Every code point is below 0x10000.
    Ucs2(&'a [u16]),
    /// Any code points.
    Ucs4(&'a [u32]),
}

impl<'a> StrRef<'a> {
    /// The empty string.
    pub const EMPTY: StrRef<'static> = StrRef::Ascii(&[]);

    /// A view of Rust text if it is ASCII.
    #[inline]
    pub fn from_ascii(text: &'a str) -> Option<StrRef<'a>> {
        text.is_ascii().then_some(StrRef::Ascii(text.as_bytes()))
    }

    /// The number of code points.
    #[inline]
    pub fn len(self) -> usize {
        with_units!(self, units => units.len())
    }

    /// Whether there are no characters.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The storage kind.
    #[inline]
    pub fn kind(self) -> Kind {
        match self {
            StrRef::Ascii(_) => Kind::Ascii,
            StrRef::Latin1(_) => Kind::Latin1,
            StrRef::Ucs2(_) => Kind::Ucs2,
            StrRef::Ucs4(_) => Kind::Ucs4,
        }
    }

    /// The narrowest kind that would hold this text.
    pub fn narrowest_kind(self) -> Kind {
        match self {
            StrRef::Ascii(_) => Kind::Ascii,
            _ => with_units!(self, units => Kind::of(Unit::code_union(units))),
        }
    }

    /// The text as `&str` if it is stored as ASCII.
    #[inline]
    pub fn as_ascii_str(self) -> Option<&'a str> {
        match self {
            StrRef::Ascii(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The bytes if the text is stored as ASCII.
    #[inline]
    pub fn as_ascii(self) -> Option<&'a [u8]> {
        match self {
            StrRef::Ascii(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The code point at `index`.
    #[inline]
    pub fn get(self, index: usize) -> Option<u32> {
        with_units!(self, units => units.get(index).map(|u| u.code()))
    }

    /// The code points in order.
    #[inline]
    pub fn code_points(self) -> CodePoints<'a> {
        match self {
            StrRef::Ascii(units) | StrRef::Latin1(units) => CodePoints(Units::One(units.iter())),
            StrRef::Ucs2(units) => CodePoints(Units::Two(units.iter())),
            StrRef::Ucs4(units) => CodePoints(Units::Four(units.iter())),
        }
    }

    /// A part of the text in the same storage, perhaps wider than needed. Bounds beyond the end are cut off.
    #[inline]
    pub fn view(self, range: Range<usize>) -> StrRef<'a> {
        fn part<T>(units: &[T], range: Range<usize>) -> &[T] {
            let end = range.end.min(units.len());
            &units[range.start.min(end)..end]
        }
        match self {
            StrRef::Ascii(units) => StrRef::Ascii(part(units, range)),
            StrRef::Latin1(units) => StrRef::Latin1(part(units, range)),
            StrRef::Ucs2(units) => StrRef::Ucs2(part(units, range)),
            StrRef::Ucs4(units) => StrRef::Ucs4(part(units, range)),
        }
    }

    /// `self[start:end]` as an owned canonical string.
    #[inline]
    pub fn slice(self, range: Range<usize>) -> StrBuf {
        self.view(range).to_buf()
    }

    /// `count` characters from `start` on, `step` apart (what `slice.indices` and the slice's length give).
    pub fn step_slice(self, start: usize, step: isize, count: usize) -> StrBuf {
        let at = |i: usize| (start as isize).wrapping_add((i as isize).wrapping_mul(step)) as usize;
        fn pick<T: Unit>(units: &[T], count: usize, at: impl Fn(usize) -> usize) -> Vec<T> {
            (0..count).filter_map(|i| units.get(at(i)).copied()).collect()
        }
        match self {
            StrRef::Ascii(units) => StrBuf::Ascii(pick(units, count, at)),
            StrRef::Latin1(units) => StrRef::Latin1(&pick(units, count, at)).to_buf(),
            StrRef::Ucs2(units) => StrRef::Ucs2(&pick(units, count, at)).to_buf(),
            StrRef::Ucs4(units) => StrRef::Ucs4(&pick(units, count, at)).to_buf(),
        }
    }

    /// An owned canonical copy.
    pub fn to_buf(self) -> StrBuf {
        fn narrow<T: Unit, U: Unit>(units: &[T]) -> Vec<U> {
            units.iter().map(|u| U::from_code(u.code())).collect()
        }
        let kind = self.narrowest_kind();
        match (kind, self) {
            (Kind::Ascii, StrRef::Ascii(units) | StrRef::Latin1(units)) => StrBuf::Ascii(units.to_vec()),
            (Kind::Latin1, StrRef::Ascii(units) | StrRef::Latin1(units)) => StrBuf::Latin1(units.to_vec()),
            (Kind::Ucs2, StrRef::Ucs2(units)) => StrBuf::Ucs2(units.to_vec()),
            (Kind::Ucs4, StrRef::Ucs4(units)) => StrBuf::Ucs4(units.to_vec()),
            (Kind::Ascii, _) => StrBuf::Ascii(with_units!(self, units => narrow(units))),
            (Kind::Latin1, _) => StrBuf::Latin1(with_units!(self, units => narrow(units))),
            (Kind::Ucs2, _) => StrBuf::Ucs2(with_units!(self, units => narrow(units))),
            (Kind::Ucs4, _) => StrBuf::Ucs4(with_units!(self, units => narrow(units))),
        }
    }

    /// `self + other`.
    pub fn concat(self, other: StrRef<'_>) -> StrBuf {
        let kind = self.kind().max(other.kind());
        let mut builder = StrBuilder::with_capacity(kind, self.len() + other.len());
        builder.push_str(self);
        builder.push_str(other);
        builder.finish()
    }

    /// `self * times`; the caller has checked that the length does not overflow.
    pub fn repeat(self, times: usize) -> StrBuf {
        match self {
            StrRef::Ascii(units) => StrBuf::Ascii(repeat_units(units, times)),
            _ if times == 0 => StrBuf::default(),
            StrRef::Latin1(units) => StrBuf::Latin1(repeat_units(units, times)).canonical(),
            StrRef::Ucs2(units) => StrBuf::Ucs2(repeat_units(units, times)).canonical(),
            StrRef::Ucs4(units) => StrBuf::Ucs4(repeat_units(units, times)).canonical(),
        }
    }

    /// Whether both hold the same code points.
    #[inline]
    pub fn equals(self, other: StrRef<'_>) -> bool {
        match (self, other) {
            (StrRef::Ascii(a) | StrRef::Latin1(a), StrRef::Ascii(b) | StrRef::Latin1(b)) => a == b,
            (StrRef::Ucs2(a), StrRef::Ucs2(b)) => a == b,
            (StrRef::Ucs4(a), StrRef::Ucs4(b)) => a == b,
            _ => self.len() == other.len() && self.code_points().eq(other.code_points()),
        }
    }

    /// Whether the text is exactly `other`.
    #[inline]
    pub fn equals_str(self, other: &str) -> bool {
        match self {
            StrRef::Ascii(units) => units == other.as_bytes(),
            _ => self.code_points().eq(other.chars().map(u32::from)),
        }
    }

    /// Orders by code points, as Python does.
    pub fn compare(self, other: StrRef<'_>) -> Ordering {
        match (self, other) {
            (StrRef::Ascii(a) | StrRef::Latin1(a), StrRef::Ascii(b) | StrRef::Latin1(b)) => a.cmp(b),
            (StrRef::Ucs2(a), StrRef::Ucs2(b)) => a.cmp(b),
            (StrRef::Ucs4(a), StrRef::Ucs4(b)) => a.cmp(b),
            _ => self.code_points().cmp(other.code_points()),
        }
    }

    /// The first position of `needle`.
    #[inline]
    pub fn find(self, needle: StrRef<'_>) -> Option<usize> {
        super::search::find(self, needle)
    }

    /// The last position of `needle`.
    #[inline]
    pub fn rfind(self, needle: StrRef<'_>) -> Option<usize> {
        super::search::rfind(self, needle)
    }

    /// The first position of a code point.
    #[inline]
    pub fn find_code(self, code: u32) -> Option<usize> {
        with_units!(self, units => Unit::position(units, Unit::try_from_code(code)?))
    }

    /// The last position of a code point.
    #[inline]
    pub fn rfind_code(self, code: u32) -> Option<usize> {
        with_units!(self, units => Unit::rposition(units, Unit::try_from_code(code)?))
    }

    /// How often `needle` occurs without overlap.
    #[inline]
    pub fn count(self, needle: StrRef<'_>) -> usize {
        super::search::count(self, needle)
    }

    /// Whether `needle` occurs (the `in` operator).
    #[inline]
    pub fn contains(self, needle: StrRef<'_>) -> bool {
        self.find(needle).is_some()
    }

    /// Whether the text begins with `prefix`.
    #[inline]
    pub fn starts_with(self, prefix: StrRef<'_>) -> bool {
        prefix.len() <= self.len() && self.view(0..prefix.len()).equals(prefix)
    }

    /// Whether the text ends with `suffix`.
    #[inline]
    pub fn ends_with(self, suffix: StrRef<'_>) -> bool {
        let len = self.len();
        suffix.len() <= len && self.view(len - suffix.len()..len).equals(suffix)
    }

    /// UTF-8, or the index of the first surrogate, which UTF-8 cannot hold.
    pub fn to_utf8(self) -> Result<Cow<'a, str>, usize> {
        if let Some(text) = self.as_ascii_str() {
            return Ok(Cow::Borrowed(text));
        }
        let mut text = String::with_capacity(self.len() + self.len() / 2);
        for (index, code) in self.code_points().enumerate() {
            text.push(char::from_u32(code).ok_or(index)?);
        }
        Ok(Cow::Owned(text))
    }

    /// UTF-8 in which surrogates are encoded like other code points (`surrogatepass`).
    pub fn to_wtf8(self) -> Vec<u8> {
        if let StrRef::Ascii(bytes) = self {
            return bytes.to_vec();
        }
        let mut bytes = Vec::with_capacity(self.len() + self.len() / 2);
        for code in self.code_points() {
            push_wtf8(&mut bytes, code);
        }
        bytes
    }

    /// Rust text, with U+FFFD for each surrogate.
    pub fn to_string_lossy(self) -> Cow<'a, str> {
        match self.as_ascii_str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.to_string()),
        }
    }
}

fn repeat_units<T: Unit>(units: &[T], times: usize) -> Vec<T> {
    match units {
        [unit] => vec![*unit; times],
        _ => units.repeat(times),
    }
}

/// Appends the UTF-8 form of a code point, surrogates included.
pub(crate) fn push_wtf8(bytes: &mut Vec<u8>, code: u32) {
    let tail = |shift: u32| 0x80 | ((code >> shift) & 0x3F) as u8;
    match code {
        0..0x80 => bytes.push(code as u8),
        0x80..0x800 => bytes.extend([0xC0 | (code >> 6) as u8, tail(0)]),
        0x800..0x1_0000 => bytes.extend([0xE0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => bytes.extend([0xF0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

impl PartialEq for StrRef<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.equals(*other)
    }
}
impl Eq for StrRef<'_> {}

impl PartialOrd for StrRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for StrRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(*other)
    }
}

/// Writes the text with U+FFFD for surrogates.
impl fmt::Display for StrRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        if let Some(text) = self.as_ascii_str() {
            return f.write_str(text);
        }
        self.code_points()
            .try_for_each(|code| f.write_char(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

/// Iterator over the code points of a string.
#[derive(Clone, Debug)]
pub struct CodePoints<'a>(Units<'a>);

#[derive(Clone, Debug)]
enum Units<'a> {
    One(std::slice::Iter<'a, u8>),
    Two(std::slice::Iter<'a, u16>),
    Four(std::slice::Iter<'a, u32>),
}

impl Iterator for CodePoints<'_> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        match &mut self.0 {
            Units::One(units) => units.next().map(|u| u.code()),
            Units::Two(units) => units.next().map(|u| u.code()),
            Units::Four(units) => units.next().copied(),
        }
    }
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Units::One(units) => units.size_hint(),
            Units::Two(units) => units.size_hint(),
            Units::Four(units) => units.size_hint(),
        }
    }
    fn fold<B, F: FnMut(B, u32) -> B>(self, init: B, mut f: F) -> B {
        match self.0 {
            Units::One(units) => units.fold(init, |b, u| f(b, u.code())),
            Units::Two(units) => units.fold(init, |b, u| f(b, u.code())),
            Units::Four(units) => units.fold(init, |b, u| f(b, *u)),
        }
    }
}

impl DoubleEndedIterator for CodePoints<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<u32> {
        match &mut self.0 {
            Units::One(units) => units.next_back().map(|u| u.code()),
            Units::Two(units) => units.next_back().map(|u| u.code()),
            Units::Four(units) => units.next_back().copied(),
        }
    }
}

impl ExactSizeIterator for CodePoints<'_> {}
impl std::iter::FusedIterator for CodePoints<'_> {}
