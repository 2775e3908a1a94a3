//! Values to bytes.

use super::code;
use crate::text::Text;
use num_bigint::{BigInt, Sign};
use rustc_hash::FxHashMap;

/// Writes objects in marshal's form, one call an object: its head first, its members in calls of their own.
///
/// For each object other than the immediate ones, call [`Writer::reference`] first, and stop there if it
/// says that the object was written before.
pub struct Writer {
    out: Vec<u8>,
    version: u32,
    refs: FxHashMap<u64, u32>,
    /// `FLAG_REF` where the next object can be referred to later.
    flag: u8,
}

impl Writer {
    /// A writer of the given version of the format (0 to 4; later ones are written as 4).
    pub fn new(version: u32) -> Writer {
        Writer::after(Vec::new(), version)
    }

    /// A writer that appends to bytes.
    pub fn after(bytes: Vec<u8>, version: u32) -> Writer {
        Writer { out: bytes, version, refs: FxHashMap::default(), flag: 0 }
    }

    /// The bytes written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// The version being written.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Announces the next object. `identity` tells shared objects apart; it is `None` for an object that
    /// nothing else refers to. `true` if the object was written before, and now is a reference to that.
    pub fn reference(&mut self, identity: Option<u64>) -> bool {
        self.flag = 0;
        let Some(identity) = identity else { return false };
        if self.version < 3 {
            return false;
        }
        let next = self.refs.len() as u32;
        match self.refs.entry(identity) {
            std::collections::hash_map::Entry::Occupied(entry) => {
                let index = *entry.get();
                self.back_reference(index);
                true
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(next);
                self.flag = code::FLAG_REF;
                false
            }
        }
    }

    fn kind(&mut self, kind: u8) {
        self.out.push(kind | self.flag);
        self.flag = 0;
    }

    /// A kind and a number behind it, at once.
    fn kind_and_long(&mut self, kind: u8, value: i32) {
        let [a, b, c, d] = value.to_le_bytes();
        self.out.extend_from_slice(&[kind | self.flag, a, b, c, d]);
        self.flag = 0;
    }

    /// A kind and a length behind it. Marshal has 31 bits for it; the caller checks.
    fn kind_and_len(&mut self, kind: u8, len: usize) {
        self.kind_and_long(kind, i32::try_from(len).unwrap_or(i32::MAX));
    }

    /// A kind and a length of one byte behind it.
    fn kind_and_short_len(&mut self, kind: u8, len: u8) {
        self.out.extend_from_slice(&[kind | self.flag, len]);
        self.flag = 0;
    }

    fn long(&mut self, value: i32) {
        self.out.extend(value.to_le_bytes());
    }

    /// A 32-bit field of a code object.
    pub fn field(&mut self, value: i32) {
        self.long(value);
    }

    /// Some fields of a code object that follow each other.
    pub(super) fn fields<const N: usize>(&mut self, values: &[i32; N]) {
        self.out.extend_from_slice(values.map(i32::to_le_bytes).as_flattened());
    }

    /// Marshal's null, which ends a dict.
    pub fn null(&mut self) {
        self.out.push(code::NULL);
    }

    /// `None`
    pub fn none(&mut self) {
        self.out.push(code::NONE);
    }

    /// `True` or `False`
    pub fn bool(&mut self, value: bool) {
        self.out.push(if value { code::TRUE } else { code::FALSE });
    }

    /// `...`
    pub fn ellipsis(&mut self) {
        self.out.push(code::ELLIPSIS);
    }

    /// The class `StopIteration`
    pub fn stop_iteration(&mut self) {
        self.out.push(code::STOP_ITERATION);
    }

    /// An integer
    pub fn int(&mut self, value: i64) {
        if let Ok(small) = i32::try_from(value) {
            return self.kind_and_long(code::INT, small);
        }
        self.kind(code::LONG);
        let mut digits = [0u16; 5];
        let mut rest = value.unsigned_abs();
        let mut n = 0;
        while rest > 0 {
            digits[n] = (rest & 0x7FFF) as u16;
            rest >>= 15;
            n += 1;
        }
        self.long(if value < 0 { -(n as i32) } else { n as i32 });
        for digit in &digits[..n] {
            self.out.extend(digit.to_le_bytes());
        }
    }

    /// An integer of any size
    pub fn big_int(&mut self, value: &BigInt) {
        if let Ok(small) = i64::try_from(value) {
            return self.int(small);
        }
        self.kind(code::LONG);
        let mut digits: Vec<u16> = Vec::new();
        let (mut pending, mut bits) = (0u64, 0);
        for word in value.iter_u32_digits() {
            pending |= u64::from(word) << bits;
            bits += 32;
            while bits >= 15 {
                digits.push((pending & 0x7FFF) as u16);
                pending >>= 15;
                bits -= 15;
            }
        }
        if pending > 0 {
            digits.push(pending as u16);
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let n = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        self.long(if value.sign() == Sign::Minus { -n } else { n });
        for digit in digits {
            self.out.extend(digit.to_le_bytes());
        }
    }

    /// A float
    pub fn float(&mut self, value: f64) {
        if self.version > 1 {
            self.kind(code::BINARY_FLOAT);
            self.out.extend(value.to_le_bytes());
        } else {
            self.kind(code::FLOAT);
            self.float_text(value);
        }
    }

    /// A complex number
    pub fn complex(&mut self, real: f64, imag: f64) {
        if self.version > 1 {
            self.kind(code::BINARY_COMPLEX);
            self.out.extend(real.to_le_bytes());
            self.out.extend(imag.to_le_bytes());
        } else {
            self.kind(code::COMPLEX);
            self.float_text(real);
            self.float_text(imag);
        }
    }

    fn float_text(&mut self, value: f64) {
        let text = crate::repr::float_general(value, 17);
        self.out.push(text.len() as u8);
        self.out.extend(text.as_bytes());
    }

    /// Bytes
    pub fn bytes(&mut self, value: &[u8]) {
        self.kind_and_len(code::STRING, value.len());
        self.out.extend_from_slice(value);
    }

    /// A string, as WTF-8
    pub fn str(&mut self, wtf8: &[u8], interned: bool) {
        self.known_str(wtf8, wtf8.is_ascii(), interned);
    }

    /// A string
    pub(super) fn text(&mut self, text: &Text, interned: bool) {
        if self.version >= 4
            && text.is_ascii()
            && let Some((block, len)) = text.block()
        {
            let kind = if interned { code::SHORT_ASCII_INTERNED } else { code::SHORT_ASCII };
            self.kind_and_short_len(kind, len as u8);
            let end = self.out.len() + len;
            self.out.extend_from_slice(block);
            self.out.truncate(end);
        } else {
            self.known_str(text.as_bytes(), text.is_ascii(), interned);
        }
    }

    fn known_str(&mut self, wtf8: &[u8], is_ascii: bool, interned: bool) {
        if self.version >= 4 && is_ascii {
            if let Ok(len) = u8::try_from(wtf8.len()) {
                let kind = if interned { code::SHORT_ASCII_INTERNED } else { code::SHORT_ASCII };
                self.kind_and_short_len(kind, len);
            } else {
                let kind = if interned { code::ASCII_INTERNED } else { code::ASCII };
                self.kind_and_len(kind, wtf8.len());
            }
        } else {
            let kind = if self.version >= 3 && interned { code::INTERNED } else { code::UNICODE };
            self.kind_and_len(kind, wtf8.len());
        }
        self.out.extend_from_slice(wtf8);
    }

    /// The head of a tuple of `len` members
    pub fn tuple(&mut self, len: usize) {
        match u8::try_from(len) {
            Ok(len) if self.version >= 4 => {
                self.kind_and_short_len(code::SMALL_TUPLE, len);
            }
            _ => {
                self.kind_and_len(code::TUPLE, len);
            }
        }
    }

    /// The head of a list of `len` members
    pub fn list(&mut self, len: usize) {
        self.kind_and_len(code::LIST, len);
    }

    /// The head of a dict; its keys and values follow in turn, then [`Writer::null`]
    pub fn dict(&mut self) {
        self.kind(code::DICT);
    }

    /// The head of a set of `len` members, which follow sorted by their own marshal bytes
    pub fn set(&mut self, len: usize) {
        self.kind_and_len(code::SET, len);
    }

    /// The head of a frozenset, see [`Writer::set`]
    pub fn frozenset(&mut self, len: usize) {
        self.kind_and_len(code::FROZENSET, len);
    }

    /// The head of a code object, of which the fields follow in [`super::CodeParts`]' order
    pub fn code(&mut self) {
        self.kind(code::CODE);
    }
}

/// For a caller that keeps the references itself, and changes what has been written.
impl Writer {
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// Appends objects that were written elsewhere.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Sets the flag of the next object.
    pub(super) fn set_flag(&mut self, flagged: bool) {
        self.flag = if flagged { code::FLAG_REF } else { 0 };
    }

    /// Sets the flag of the object whose type is there.
    pub(super) fn flag_at(&mut self, at: usize) {
        self.out[at] |= code::FLAG_REF;
    }

    pub(super) fn is_flagged_at(&self, at: usize) -> bool {
        self.out[at] & code::FLAG_REF != 0
    }

    /// Makes an interned string of the string whose type is there.
    pub(super) fn intern_at(&mut self, at: usize) {
        self.out[at] = match self.out[at] & !code::FLAG_REF {
            code::SHORT_ASCII => code::SHORT_ASCII_INTERNED,
            code::ASCII => code::ASCII_INTERNED,
            code::UNICODE if self.version >= 3 => code::INTERNED,
            kind => kind,
        } | self.out[at] & code::FLAG_REF;
    }

    pub(super) fn is_interned_at(&self, at: usize) -> bool {
        let kind = self.out[at] & !code::FLAG_REF;
        matches!(kind, code::SHORT_ASCII_INTERNED | code::ASCII_INTERNED | code::INTERNED)
    }

    /// Writes a reference by number.
    #[inline]
    pub(super) fn back_reference(&mut self, number: u32) {
        let [a, b, c, d] = number.to_le_bytes();
        self.out.extend_from_slice(&[code::REF, a, b, c, d]);
    }

    /// Writes another number for the one that is there.
    #[inline]
    pub(super) fn replace_reference_at(&mut self, at: usize, number_of: impl Fn(u32) -> u32) {
        if let Some(number) = self.out[at..].first_chunk_mut::<4>() {
            *number = number_of(u32::from_le_bytes(*number)).to_le_bytes();
        }
    }
}
