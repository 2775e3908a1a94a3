//! Owned strings and how they are built.

use std::fmt;

use super::{Kind, StrRef, Unit, with_units};

/// An owned string, canonical whenever a function of this module returned it.
#[derive(Clone, Debug)]
pub enum StrBuf {
    /// Every code point is below 0x80.
    Ascii(Vec<u8>),
    /// Every code point is below 0x100, at least one is not ASCII.
    Latin1(Vec<u8>),
    /// Every code point is below 0x10000, at least one is not Latin-1.
    Ucs2(Vec<u16>),
    /// At least one code point is above 0xFFFF.
    Ucs4(Vec<u32>),
}

impl Default for StrBuf {
    fn default() -> Self {
        StrBuf::Ascii(Vec::new())
    }
}

impl StrBuf {
    /// The borrowed view.
    #[inline]
    pub fn as_ref(&self) -> StrRef<'_> {
        match self {
            StrBuf::Ascii(units) => StrRef::Ascii(units),
            StrBuf::Latin1(units) => StrRef::Latin1(units),
            StrBuf::Ucs2(units) => StrRef::Ucs2(units),
            StrBuf::Ucs4(units) => StrRef::Ucs4(units),
        }
    }

    /// The number of code points.
    pub fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Whether there are no characters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The string of one code point; values beyond Unicode become U+FFFD.
    pub fn from_code_point(code: u32) -> StrBuf {
        StrBuf::from_code_points([code])
    }

    /// A string of code points (surrogates allowed; values beyond Unicode become U+FFFD).
    pub fn from_code_points(codes: impl IntoIterator<Item = u32>) -> StrBuf {
        let mut builder = StrBuilder::new();
        for code in codes {
            builder.push(code);
        }
        builder.finish()
    }

    /// UTF-8 bytes as text, or `None` if they are not valid.
    pub fn from_utf8(bytes: &[u8]) -> Option<StrBuf> {
        std::str::from_utf8(bytes).ok().map(StrBuf::from)
    }

    /// UTF-8 in which surrogates may be encoded like other code points; `None` if it is otherwise malformed.
    pub fn from_wtf8(bytes: &[u8]) -> Option<StrBuf> {
        if bytes.is_ascii() {
            return Some(StrBuf::Ascii(bytes.to_vec()));
        }
        let mut builder = StrBuilder::new();
        let mut rest = bytes;
        while let [lead, after @ ..] = rest {
            let (tail_len, bits, min) = match lead {
                0..0x80 => (0, *lead, 0),
                0xC2..0xE0 => (1, lead & 0x1F, 0x80),
                0xE0..0xF0 => (2, lead & 0x0F, 0x800),
                0xF0..0xF5 => (3, lead & 0x07, 0x1_0000),
                _ => return None,
            };
            let (tail, next) = after.split_at_checked(tail_len)?;
            let mut code = u32::from(bits);
            for byte in tail {
                if byte & 0xC0 != 0x80 {
                    return None;
                }
                code = code << 6 | u32::from(byte & 0x3F);
            }
            if code < min || code > super::MAX_CODE_POINT {
                return None;
            }
            builder.push(code);
            rest = next;
        }
        Some(builder.finish())
    }

    /// Bytes as Latin-1 text.
    pub fn from_latin1(bytes: Vec<u8>) -> StrBuf {
        if bytes.is_ascii() { StrBuf::Ascii(bytes) } else { StrBuf::Latin1(bytes) }
    }

    /// The same text in the narrowest kind.
    pub fn canonical(self) -> StrBuf {
        let kind = self.as_ref().kind();
        let narrowest = self.as_ref().narrowest_kind();
        match self {
            _ if kind == narrowest => self,
            StrBuf::Latin1(units) => StrBuf::Ascii(units),
            _ => self.as_ref().to_buf(),
        }
    }
}

impl From<&str> for StrBuf {
    fn from(text: &str) -> StrBuf {
        if text.is_ascii() {
            return StrBuf::Ascii(text.as_bytes().to_vec());
        }
        let union = text.chars().fold(0, |union, c| union | u32::from(c));
        match Kind::of(union) {
            Kind::Ascii => StrBuf::Ascii(text.as_bytes().to_vec()),
            Kind::Latin1 => StrBuf::Latin1(text.chars().map(|c| u32::from(c) as u8).collect()),
            Kind::Ucs2 => StrBuf::Ucs2(text.chars().map(|c| u32::from(c) as u16).collect()),
            Kind::Ucs4 => StrBuf::Ucs4(text.chars().map(u32::from).collect()),
        }
    }
}

impl From<String> for StrBuf {
    fn from(text: String) -> StrBuf {
        if text.is_ascii() { StrBuf::Ascii(text.into_bytes()) } else { StrBuf::from(text.as_str()) }
    }
}

impl From<StrRef<'_>> for StrBuf {
    fn from(text: StrRef<'_>) -> StrBuf {
        text.to_buf()
    }
}

impl PartialEq for StrBuf {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}
impl Eq for StrBuf {}

impl fmt::Display for StrBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

/// Builds a string, widening its storage when a character needs it.
///
/// It never holds a wider kind than the text pushed so far needs, so what it gives is canonical.
#[derive(Clone, Debug, Default)]
pub struct StrBuilder {
    buf: StrBuf,
    /// Widest kind expected, for which the capacity was meant.
    reserve: usize,
}

impl StrBuilder {
    /// An empty builder.
    pub fn new() -> StrBuilder {
        StrBuilder::default()
    }

    /// A builder with room for `len` characters, which will probably be of `kind`.
    pub fn with_capacity(kind: Kind, len: usize) -> StrBuilder {
        match kind {
            Kind::Ascii | Kind::Latin1 => {
                StrBuilder { buf: StrBuf::Ascii(Vec::with_capacity(len)), reserve: len }
            }
            _ => StrBuilder { buf: StrBuf::default(), reserve: len },
        }
    }

    /// The number of characters so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// Whether nothing has been pushed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text so far.
    pub fn as_ref(&self) -> StrRef<'_> {
        self.buf.as_ref()
    }

    /// Appends a code point; values beyond Unicode become U+FFFD.
    #[inline]
    pub fn push(&mut self, code: u32) {
        match &mut self.buf {
            StrBuf::Ascii(units) if code < 0x80 => units.push(code as u8),
            StrBuf::Latin1(units) if code < 0x100 => units.push(code as u8),
            StrBuf::Ucs2(units) if code < 0x1_0000 => units.push(code as u16),
            StrBuf::Ucs4(units) if code <= super::MAX_CODE_POINT => units.push(code),
            _ => self.push_wide(code),
        }
    }

    #[cold]
    fn push_wide(&mut self, code: u32) {
        let code = if code > super::MAX_CODE_POINT { 0xFFFD } else { code };
        self.widen(Kind::of(code));
        match &mut self.buf {
            StrBuf::Ascii(units) | StrBuf::Latin1(units) => units.push(code as u8),
            StrBuf::Ucs2(units) => units.push(code as u16),
            StrBuf::Ucs4(units) => units.push(code),
        }
    }

    /// Appends a code point several times.
    pub fn push_repeated(&mut self, code: u32, times: usize) {
        if times == 0 {
            return;
        }
        self.push(code);
        let more = times - 1;
        match &mut self.buf {
            StrBuf::Ascii(units) | StrBuf::Latin1(units) => repeat_last(units, more),
            StrBuf::Ucs2(units) => repeat_last(units, more),
            StrBuf::Ucs4(units) => repeat_last(units, more),
        }
    }

    /// Appends text, which need not be canonical.
    pub fn push_str(&mut self, text: StrRef<'_>) {
        if text.kind() > self.buf.as_ref().kind() {
            self.widen(text.narrowest_kind());
        }
        match (&mut self.buf, text) {
            (StrBuf::Ascii(units) | StrBuf::Latin1(units), StrRef::Ascii(more) | StrRef::Latin1(more)) => {
                units.extend_from_slice(more);
            }
            (StrBuf::Ucs2(units), StrRef::Ucs2(more)) => units.extend_from_slice(more),
            (StrBuf::Ucs4(units), StrRef::Ucs4(more)) => units.extend_from_slice(more),
            (StrBuf::Ascii(units) | StrBuf::Latin1(units), _) => extend(units, text),
            (StrBuf::Ucs2(units), _) => extend(units, text),
            (StrBuf::Ucs4(units), _) => extend(units, text),
        }
    }

    /// Appends Rust text.
    pub fn push_utf8(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_str(StrRef::Ascii(text.as_bytes()));
        } else {
            text.chars().for_each(|c| self.push(c.into()));
        }
    }

    /// Appends bytes that are ASCII; others are taken as Latin-1.
    #[inline]
    pub fn push_ascii(&mut self, bytes: &[u8]) {
        self.push_str(if bytes.is_ascii() { StrRef::Ascii(bytes) } else { StrRef::Latin1(bytes) });
    }

    /// The string.
    #[inline]
    pub fn finish(self) -> StrBuf {
        self.buf
    }

    fn widen(&mut self, kind: Kind) {
        fn wider<T: Unit, U: Unit>(units: &[T], reserve: usize) -> Vec<U> {
            let mut wide = Vec::with_capacity(reserve.max(units.len() + 16));
            wide.extend(units.iter().map(|u| U::from_code(u.code())));
            wide
        }
        if kind <= self.buf.as_ref().kind() {
            return;
        }
        let reserve = self.reserve;
        self.buf = match (kind, std::mem::take(&mut self.buf)) {
            (Kind::Latin1, StrBuf::Ascii(units)) => StrBuf::Latin1(units),
            (Kind::Ucs2, old) => StrBuf::Ucs2(with_units!(old.as_ref(), units => wider(units, reserve))),
            (Kind::Ucs4, old) => StrBuf::Ucs4(with_units!(old.as_ref(), units => wider(units, reserve))),
            (_, old) => old,
        };
    }
}

fn repeat_last<T: Unit>(units: &mut Vec<T>, times: usize) {
    if let Some(&last) = units.last() {
        units.resize(units.len() + times, last);
    }
}

fn extend<T: Unit>(units: &mut Vec<T>, text: StrRef<'_>) {
    with_units!(text, more => units.extend(more.iter().map(|u| T::from_code(u.code()))));
}

impl fmt::Write for StrBuilder {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_utf8(text);
        Ok(())
    }
}
