//! Bytes to values.

use super::{ErrorKind, MAX_DEPTH, MarshalError, code};
use crate::text::Text;
use num_bigint::{BigInt, Sign};

/// Builds values from what a [`Reader`] reads.
///
/// Containers that can hold themselves (lists, dicts, sets, and tuples where the implementation can) are
/// created before their members are read, so `Value` must be a shared handle for them.
pub trait Builder {
    /// A handle to a value; cloned for each reference to a shared one.
    type Value: Clone;
    /// What building, or reading, can end in.
    type Error: From<MarshalError>;

    /// `None`
    fn none(&mut self) -> Self::Value;
    /// `True` or `False`
    fn bool(&mut self, value: bool) -> Self::Value;
    /// `...`
    fn ellipsis(&mut self) -> Self::Value;
    /// The class `StopIteration`
    fn stop_iteration(&mut self) -> Result<Self::Value, Self::Error>;
    /// An integer that fits 64 bits
    fn int(&mut self, value: i64) -> Self::Value;
    /// A larger integer
    fn big_int(&mut self, value: BigInt) -> Self::Value;
    /// A float
    fn float(&mut self, value: f64) -> Self::Value;
    /// A complex number
    fn complex(&mut self, real: f64, imag: f64) -> Self::Value;
    /// Bytes
    fn bytes(&mut self, value: &[u8]) -> Self::Value;
    /// A string, as well-formed WTF-8 in which each surrogate stands for itself; `ascii` promises that it has
    /// no others, `interned` asks to intern it.
    fn str(&mut self, wtf8: &[u8], ascii: bool, interned: bool) -> Self::Value;
    /// A tuple whose members follow, where the implementation can create it before them.
    fn begin_tuple(&mut self, len: usize) -> Option<Self::Value> {
        let _ = len;
        None
    }
    /// A complete tuple. `begun` is what [`Builder::begin_tuple`] gave.
    fn tuple(
        &mut self,
        begun: Option<Self::Value>,
        items: Vec<Self::Value>,
    ) -> Result<Self::Value, Self::Error>;
    /// A complete frozenset
    fn frozenset(&mut self, items: Vec<Self::Value>) -> Result<Self::Value, Self::Error>;
    /// An empty list, of which `len` members follow
    fn begin_list(&mut self, len: usize) -> Result<Self::Value, Self::Error>;
    /// Appends to a list
    fn list_push(&mut self, list: &Self::Value, item: Self::Value) -> Result<(), Self::Error>;
    /// An empty set
    fn begin_set(&mut self) -> Result<Self::Value, Self::Error>;
    /// Adds to a set
    fn set_add(&mut self, set: &Self::Value, item: Self::Value) -> Result<(), Self::Error>;
    /// An empty dict
    fn begin_dict(&mut self) -> Result<Self::Value, Self::Error>;
    /// Inserts into a dict
    fn dict_insert(
        &mut self,
        dict: &Self::Value,
        key: Self::Value,
        value: Self::Value,
    ) -> Result<(), Self::Error>;
    /// A code object
    fn code(&mut self, parts: Box<CodeParts<Self::Value>>) -> Result<Self::Value, Self::Error>;
}

/// The fields of a code object as read, not yet checked.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are CPython's and described in CodeObject")]
pub struct CodeParts<V> {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub code: V,
    pub consts: V,
    pub names: V,
    pub localsplusnames: V,
    pub localspluskinds: V,
    pub filename: V,
    pub name: V,
    pub qualname: V,
    pub firstlineno: i32,
    pub linetable: V,
    pub exceptiontable: V,
}

/// Reads objects one after the other. Nesting does not use the native stack.
pub struct Reader<'a, B: Builder> {
    data: &'a [u8],
    pos: usize,
    builder: B,
    /// What `TYPE_REF` can name; `None` while such an object is being read.
    refs: Vec<Option<B::Value>>,
}

/// A container whose members are being read.
enum Frame<V> {
    Tuple { slot: Option<usize>, begun: Option<V>, items: Vec<V>, left: usize },
    FrozenSet { slot: Option<usize>, items: Vec<V>, left: usize },
    List { value: V, left: usize },
    Set { value: V, left: usize },
    Dict { value: V, key: Option<V> },
    Code { slot: Option<usize>, ints: [i32; 5], firstlineno: i32, fields: Vec<V> },
}

/// How many objects make up a code object, and after how many of them the first line stands.
const CODE_FIELDS: usize = 10;
const FIELDS_BEFORE_FIRSTLINENO: usize = 8;

/// A container that is complete, as its value, or one that is not, as itself.
type Progress<B> = Result<Result<<B as Builder>::Value, Frame<<B as Builder>::Value>>, <B as Builder>::Error>;

/// What one step read.
enum Step<V> {
    Value(V),
    /// The end of a dict.
    Null,
    Open(Frame<V>),
}

impl<'a, B: Builder> Reader<'a, B> {
    /// A reader of `data` from its start.
    pub fn new(data: &'a [u8], builder: B) -> Reader<'a, B> {
        Reader { data, pos: 0, builder, refs: Vec::new() }
    }

    /// How many bytes were read.
    pub fn position(&self) -> usize {
        self.pos
    }

    /// The builder.
    pub fn builder(&mut self) -> &mut B {
        &mut self.builder
    }

    /// Reads the next object.
    pub fn read(&mut self) -> Result<B::Value, B::Error> {
        let mut frames: Vec<Frame<B::Value>> = Vec::new();
        loop {
            if frames.len() >= MAX_DEPTH {
                return Err(MarshalError::value("recursion limit exceeded").into());
            }
            let mut done = match self.step()? {
                Step::Value(value) => Some(value),
                Step::Null => None,
                Step::Open(frame) => match self.finished(frame)? {
                    Ok(value) => Some(value),
                    Err(frame) => {
                        frames.push(frame);
                        continue;
                    }
                },
            };
            // Hand the value to the container that waits for it, which may complete that one in turn.
            loop {
                let Some(frame) = frames.pop() else {
                    return done.ok_or_else(|| null_object("object").into());
                };
                match self.feed(frame, done)? {
                    Ok(value) => done = Some(value),
                    Err(frame) => {
                        frames.push(frame);
                        break;
                    }
                }
            }
        }
    }

    /// The value of a container that needs no (more) members, or the container.
    fn finished(&mut self, frame: Frame<B::Value>) -> Progress<B> {
        Ok(Ok(match frame {
            Frame::Tuple { slot, begun, items, left: 0 } => {
                let value = self.builder.tuple(begun, items)?;
                self.fill(slot, value)
            }
            Frame::FrozenSet { slot, items, left: 0 } => {
                let value = self.builder.frozenset(items)?;
                self.fill(slot, value)
            }
            Frame::List { value, left: 0 } | Frame::Set { value, left: 0 } => value,
            Frame::Code { slot, ints, firstlineno, fields } if fields.len() == CODE_FIELDS => {
                let value = self.finish_code(ints, firstlineno, fields)?;
                self.fill(slot, value)
            }
            frame => return Ok(Err(frame)),
        }))
    }

    /// Adds a member (`None` is marshal's null) to a container.
    fn feed(&mut self, mut frame: Frame<B::Value>, member: Option<B::Value>) -> Progress<B> {
        match &mut frame {
            Frame::Tuple { items, left, .. } => {
                items.push(member.ok_or_else(|| null_object("tuple"))?);
                *left -= 1;
            }
            Frame::FrozenSet { items, left, .. } => {
                items.push(member.ok_or_else(|| null_object("set"))?);
                *left -= 1;
            }
            Frame::List { value, left } => {
                self.builder.list_push(value, member.ok_or_else(|| null_object("list"))?)?;
                *left -= 1;
            }
            Frame::Set { value, left } => {
                self.builder.set_add(value, member.ok_or_else(|| null_object("set"))?)?;
                *left -= 1;
            }
            Frame::Dict { value, key } => match (key.take(), member) {
                (_, None) => return Ok(Ok(value.clone())),
                (None, Some(member)) => *key = Some(member),
                (Some(key), Some(member)) => self.builder.dict_insert(value, key, member)?,
            },
            Frame::Code { fields, firstlineno, .. } => {
                fields.push(member.ok_or_else(|| null_object("code"))?);
                if fields.len() == FIELDS_BEFORE_FIRSTLINENO {
                    *firstlineno = self.long()?;
                }
            }
        }
        self.finished(frame)
    }

    fn finish_code(
        &mut self,
        ints: [i32; 5],
        firstlineno: i32,
        fields: Vec<B::Value>,
    ) -> Result<B::Value, B::Error> {
        let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags] = ints;
        let Ok(fields) = <[B::Value; CODE_FIELDS]>::try_from(fields) else {
            return Err(null_object("code").into());
        };
        let [
            code,
            consts,
            names,
            localsplusnames,
            localspluskinds,
            filename,
            name,
            qualname,
            linetable,
            exceptiontable,
        ] = fields;
        self.builder.code(Box::new(CodeParts {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            code,
            consts,
            names,
            localsplusnames,
            localspluskinds,
            filename,
            name,
            qualname,
            firstlineno,
            linetable,
            exceptiontable,
        }))
    }

    /// Reads one object's head, and all of it where it has no members.
    fn step(&mut self) -> Result<Step<B::Value>, B::Error> {
        let byte = *self
            .data
            .get(self.pos)
            .ok_or_else(|| MarshalError::new(ErrorKind::Eof, "EOF read where object expected"))?;
        self.pos += 1;
        let flag = byte & code::FLAG_REF != 0;
        let value = match byte & !code::FLAG_REF {
            code::NULL => return Ok(Step::Null),
            code::NONE => return Ok(Step::Value(self.builder.none())),
            code::FALSE => return Ok(Step::Value(self.builder.bool(false))),
            code::TRUE => return Ok(Step::Value(self.builder.bool(true))),
            code::ELLIPSIS => return Ok(Step::Value(self.builder.ellipsis())),
            code::STOP_ITERATION => return Ok(Step::Value(self.builder.stop_iteration()?)),
            code::REF => return self.reference().map(Step::Value),
            code::INT => {
                let value = self.long()?;
                self.builder.int(value.into())
            }
            code::LONG => self.big_long()?,
            code::FLOAT => {
                let value = self.float_text()?;
                self.builder.float(value)
            }
            code::BINARY_FLOAT => {
                let value = self.float_bits()?;
                self.builder.float(value)
            }
            code::COMPLEX => {
                let (real, imag) = (self.float_text()?, self.float_text()?);
                self.builder.complex(real, imag)
            }
            code::BINARY_COMPLEX => {
                let (real, imag) = (self.float_bits()?, self.float_bits()?);
                self.builder.complex(real, imag)
            }
            code::STRING => {
                let n = self.size("bad marshal data (bytes object size out of range)")?;
                let bytes = self.take(n)?;
                self.builder.bytes(bytes)
            }
            kind @ (code::ASCII | code::ASCII_INTERNED) => {
                let n = self.size("bad marshal data (string size out of range)")?;
                let bytes = self.take(n)?;
                self.latin1(bytes, kind == code::ASCII_INTERNED)
            }
            kind @ (code::SHORT_ASCII | code::SHORT_ASCII_INTERNED) => {
                let n = self.byte()?.into();
                let bytes = self.take(n)?;
                self.latin1(bytes, kind == code::SHORT_ASCII_INTERNED)
            }
            kind @ (code::UNICODE | code::INTERNED) => {
                let n = self.size("bad marshal data (string size out of range)")?;
                let bytes = self.take(n)?;
                check_utf8(bytes)?;
                self.builder.str(bytes, bytes.is_ascii(), kind == code::INTERNED)
            }
            code::SMALL_TUPLE => {
                let n = self.byte()?.into();
                return Ok(Step::Open(self.open_tuple(n, flag)));
            }
            code::TUPLE => {
                let n = self.size("bad marshal data (tuple size out of range)")?;
                return Ok(Step::Open(self.open_tuple(n, flag)));
            }
            code::FROZENSET => {
                let left = self.size("bad marshal data (set size out of range)")?;
                let slot = self.reserve(flag);
                return Ok(Step::Open(Frame::FrozenSet { slot, items: self.capacity(left), left }));
            }
            code::LIST => {
                let left = self.size("bad marshal data (list size out of range)")?;
                let value = self.builder.begin_list(left.min(self.data.len() - self.pos))?;
                self.remember(flag, &value);
                return Ok(Step::Open(Frame::List { value, left }));
            }
            code::SET => {
                let left = self.size("bad marshal data (set size out of range)")?;
                let value = self.builder.begin_set()?;
                self.remember(flag, &value);
                return Ok(Step::Open(Frame::Set { value, left }));
            }
            code::DICT => {
                let value = self.builder.begin_dict()?;
                self.remember(flag, &value);
                return Ok(Step::Open(Frame::Dict { value, key: None }));
            }
            code::CODE => {
                let slot = self.reserve(flag);
                let mut ints = [0; 5];
                for int in &mut ints {
                    *int = self.long()?;
                }
                let fields = Vec::with_capacity(CODE_FIELDS);
                return Ok(Step::Open(Frame::Code { slot, ints, firstlineno: 0, fields }));
            }
            _ => return Err(MarshalError::value("bad marshal data (unknown type code)").into()),
        };
        self.remember(flag, &value);
        Ok(Step::Value(value))
    }

    fn open_tuple(&mut self, left: usize, flag: bool) -> Frame<B::Value> {
        let begun =
            if flag && left <= self.data.len() - self.pos { self.builder.begin_tuple(left) } else { None };
        let slot = self.reserve(flag);
        if let (Some(slot), Some(begun)) = (slot, &begun) {
            self.refs[slot] = Some(begun.clone());
        }
        Frame::Tuple { slot, begun, items: self.capacity(left), left }
    }

    /// Room for `len` members, but for no more than the data can hold.
    fn capacity(&self, len: usize) -> Vec<B::Value> {
        Vec::with_capacity(len.min(self.data.len() - self.pos))
    }

    fn remember(&mut self, flag: bool, value: &B::Value) {
        if flag {
            self.refs.push(Some(value.clone()));
        }
    }

    fn reserve(&mut self, flag: bool) -> Option<usize> {
        flag.then(|| {
            self.refs.push(None);
            self.refs.len() - 1
        })
    }

    fn fill(&mut self, slot: Option<usize>, value: B::Value) -> B::Value {
        if let Some(slot) = slot {
            self.refs[slot] = Some(value.clone());
        }
        value
    }

    fn reference(&mut self) -> Result<B::Value, B::Error> {
        let index = self.long()?;
        let found = usize::try_from(index).ok().and_then(|i| self.refs.get(i)?.clone());
        found.ok_or_else(|| MarshalError::value("bad marshal data (invalid reference)").into())
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], MarshalError> {
        let end = self.pos.checked_add(len).ok_or_else(MarshalError::too_short)?;
        let bytes = self.data.get(self.pos..end).ok_or_else(MarshalError::too_short)?;
        self.pos = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MarshalError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| MarshalError::too_short())
    }

    fn byte(&mut self) -> Result<u8, MarshalError> {
        let [byte] =
            self.array().map_err(|_| MarshalError::new(ErrorKind::Eof, "EOF read where object expected"))?;
        Ok(byte)
    }

    fn long(&mut self) -> Result<i32, MarshalError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn size(&mut self, message: &'static str) -> Result<usize, MarshalError> {
        usize::try_from(self.long()?).map_err(|_| MarshalError::value(message))
    }

    fn float_bits(&mut self) -> Result<f64, MarshalError> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn float_text(&mut self) -> Result<f64, MarshalError> {
        let len = self.byte()?.into();
        let text = self.take(len)?;
        std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
            let text = String::from_utf8_lossy(text).into_owned();
            MarshalError::new(ErrorKind::Value, format!("could not convert string to float: '{text}'"))
        })
    }

    /// CPython reads the ASCII kinds as Latin-1.
    fn latin1(&mut self, bytes: &[u8], interned: bool) -> B::Value {
        if bytes.is_ascii() {
            return self.builder.str(bytes, true, interned);
        }
        let text: String = bytes.iter().map(|b| char::from(*b)).collect();
        self.builder.str(text.as_bytes(), false, interned)
    }

    fn big_long(&mut self) -> Result<B::Value, MarshalError> {
        let n = self.long()?;
        if n == i32::MIN {
            return Err(MarshalError::value("bad marshal data (long size out of range)"));
        }
        let digits = self.take((n.unsigned_abs() as usize).saturating_mul(2))?;
        let mut magnitude = 0u64;
        let mut last = 1u16;
        for (i, pair) in digits.chunks_exact(2).enumerate() {
            let digit = u16::from_le_bytes([pair[0], pair[1]]);
            if digit > 0x7FFF {
                return Err(MarshalError::value("bad marshal data (digit out of range in long)"));
            }
            last = digit;
            if i < 4 {
                magnitude |= u64::from(digit) << (15 * i);
            }
        }
        if last == 0 && n != 0 {
            return Err(MarshalError::value("bad marshal data (unnormalized long data)"));
        }
        if n.unsigned_abs() <= 4 {
            // At most 60 bits.
            let value = magnitude as i64;
            return Ok(self.builder.int(if n < 0 { -value } else { value }));
        }
        let sign = if n < 0 { Sign::Minus } else { Sign::Plus };
        let value = from_digits(sign, digits);
        Ok(match i64::try_from(&value) {
            Ok(value) => self.builder.int(value),
            Err(_) => self.builder.big_int(value),
        })
    }
}

/// An integer from 15-bit digits, two bytes each, least significant first.
fn from_digits(sign: Sign, digits: &[u8]) -> BigInt {
    let mut words = Vec::with_capacity(digits.len() / 4 + 1);
    let (mut pending, mut bits) = (0u64, 0);
    for pair in digits.chunks_exact(2) {
        pending |= u64::from(u16::from_le_bytes([pair[0], pair[1]])) << bits;
        bits += 15;
        if bits >= 32 {
            words.push(pending as u32);
            pending >>= 32;
            bits -= 32;
        }
    }
    words.push(pending as u32);
    BigInt::from_slice(sign, &words)
}

#[cold]
fn null_object(container: &str) -> MarshalError {
    MarshalError::new(ErrorKind::Type, format!("NULL object in marshal data for {container}"))
}

/// Checks UTF-8 in which surrogates may be encoded, each by itself.
fn check_utf8(bytes: &[u8]) -> Result<(), MarshalError> {
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    if Text::from_wtf8(bytes).is_some() {
        return Ok(());
    }
    let position = error.valid_up_to();
    let byte = bytes.get(position).copied().unwrap_or_default();
    Err(MarshalError::new(
        ErrorKind::Unicode,
        format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {position}: invalid start byte"),
    ))
}
