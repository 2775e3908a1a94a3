//! Python's text and bytes algorithms, independent of the object model.
//!
//! Text is stored as in PEP 393: one, two or four bytes a character, always the narrowest kind that
//! holds every character of the string. [`StrRef`] is a borrowed view of such text, [`StrBuf`] an
//! owned one, [`StrBuilder`] makes one and widens it when a character asks for it. Lone surrogates
//! are ordinary code points here, which is why none of this is `&str`.
//!
//! Functions that find parts of a string (`split`, `strip`, …) give index ranges instead of
//! copies: the object layer turns a range into a string object and may share single characters.
//!
//! ```text
//!   Ascii   every char <  0x80       lends &str free of charge
//!   Latin1  every char <  0x100      and at least one >= 0x80
//!   Ucs2    every char <  0x10000    and at least one >= 0x100
//!   Ucs4    every char <= 0x10FFFF   and at least one >= 0x10000
//! ```

mod buf;
pub mod bytes;
pub mod case;
pub mod classify;
pub mod codecs;
pub mod edit;
mod error;
pub mod format;
pub mod hash;
pub mod repr;
pub mod search;
pub mod split;
mod strref;
pub mod unicode;
mod unit;

pub use buf::{StrBuf, StrBuilder};
pub use error::{ErrorKind, TextError};
pub use hash::HashKey;
pub(crate) use strref::push_wtf8;
pub use strref::{CodePoints, StrRef};
pub use unit::Unit;

/// The largest Unicode code point.
pub const MAX_CODE_POINT: u32 = 0x10_FFFF;

/// Runs one expression for each storage width of a [`StrRef`], the slice bound to a name.
macro_rules! with_units {
    ($text:expr, $units:ident => $body:expr) => {
        match $text {
            $crate::text::StrRef::Ascii($units) | $crate::text::StrRef::Latin1($units) => $body,
            $crate::text::StrRef::Ucs2($units) => $body,
            $crate::text::StrRef::Ucs4($units) => $body,
        }
    };
}
pub(crate) use with_units;

/// The storage kind of a string, narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Code points below 0x80, one byte each.
    Ascii,
    /// Code points below 0x100, one byte each.
    Latin1,
    /// Code points below 0x10000, two bytes each.
    Ucs2,
    /// Any code point, four bytes each.
    Ucs4,
}

impl Kind {
    /// The narrowest kind that holds `code`. For the union of several code points, pass their bitwise or.
    #[inline]
    pub fn of(code: u32) -> Kind {
        match code {
            0..0x80 => Kind::Ascii,
            0x80..0x100 => Kind::Latin1,
            0x100..0x1_0000 => Kind::Ucs2,
            _ => Kind::Ucs4,
        }
    }

    /// Bytes for each character: 1, 2 or 4.
    #[inline]
    pub fn width(self) -> usize {
        match self {
            Kind::Ascii | Kind::Latin1 => 1,
            Kind::Ucs2 => 2,
            Kind::Ucs4 => 4,
        }
    }
}

/// Python's clamping of optional `start` and `end` arguments (`str.find`, `list.index`, …).
///
/// `None` when the range is empty in the sense of "start lies after end", in which case even the
/// empty string is not found.
pub fn clamp_range(start: Option<i64>, end: Option<i64>, len: usize) -> Option<std::ops::Range<usize>> {
    let clamp = |i: i64| if i < 0 { (i.saturating_add(len as i64)).max(0) as usize } else { i as usize };
    let start = start.map_or(0, clamp);
    let end = end.map_or(len, clamp).min(len);
    (start <= end).then_some(start..end)
}
