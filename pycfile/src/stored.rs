//! Stored code: code objects laid out to be read in place, for code that is part of a program.
//!
//! Marshalled code must be read as a whole before any of it can be used. Here each field of a code object is found at a
//! known place, so that a function that is never called costs nothing, and bytecode and tables are used where they lie.
//!
//! ```text
//! root:u32 | string count:u32 | strings: (start:u32, length and kind:u32)* | bytes | records
//! record:  18 words, see `word` | names | localsplusnames | constants: tag:u8 and what it needs
//! ```
//!
//! All numbers are little-endian, offsets count from the beginning. Damaged bytes give wrong values, and never a panic:
//! whoever runs the code verifies it first.

use crate::code::{CodeObject, Constant};
use crate::text::Text;
use num_bigint::BigInt;
use std::collections::HashMap;
use std::sync::Arc;

/// The words of a record, by position.
mod word {
    pub const ARGCOUNT: usize = 0;
    pub const POSONLYARGCOUNT: usize = 1;
    pub const KWONLYARGCOUNT: usize = 2;
    pub const STACKSIZE: usize = 3;
    pub const FLAGS: usize = 4;
    pub const FIRSTLINENO: usize = 5;
    pub const NAME: usize = 6;
    pub const QUALNAME: usize = 7;
    /// Start and length; so the following three.
    pub const CODE: usize = 8;
    pub const LOCALSPLUSKINDS: usize = 10;
    pub const LINETABLE: usize = 12;
    pub const EXCEPTIONTABLE: usize = 14;
    pub const NAME_COUNT: usize = 16;
    /// The number of constants, and in the highest bit whether one of them, at any depth, is a frozenset.
    pub const CONST_COUNT: usize = 17;
    pub const COUNT: usize = 18;
}

const HOLDS_SET: u32 = 1 << 31;
/// Of a string's length word: it is an identifier of the source.
const IDENTIFIER: u32 = 1 << 31;

/// Tags of constants.
mod tag {
    pub const NONE: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const ELLIPSIS: u8 = 3;
    /// i64
    pub const INT: u8 = 4;
    /// length:u32, two's complement
    pub const BIG_INT: u8 = 5;
    /// bits:u64
    pub const FLOAT: u8 = 6;
    /// two times bits:u64
    pub const COMPLEX: u8 = 7;
    /// string:u32
    pub const STR: u8 = 8;
    /// start:u32 length:u32
    pub const BYTES: u8 = 9;
    /// count:u32, length of the members in bytes:u32, members
    pub const TUPLE: u8 = 10;
    pub const FROZENSET: u8 = 11;
    /// record:u32
    pub const CODE: u8 = 12;
}

/// A code object that lies in stored bytes.
#[derive(Clone, Copy, Debug)]
pub struct StoredCode<'a> {
    data: &'a [u8],
    at: usize,
}

/// A string that lies in stored bytes.
#[derive(Clone, Copy, Debug)]
pub struct StoredText<'a> {
    /// WTF-8, as in [`Text`].
    pub bytes: &'a [u8],
    /// See [`Text::is_identifier`].
    pub is_identifier: bool,
}

impl StoredText<'_> {
    /// As a string of its own.
    pub fn to_text(self) -> Text {
        match std::str::from_utf8(self.bytes) {
            Ok(name) if self.is_identifier => Text::identifier(name),
            Ok(text) => Text::from(text),
            Err(_) => Text::from_wtf8(self.bytes).unwrap_or_else(|| Text::from("")),
        }
    }
}

/// A constant that lies in stored bytes.
#[derive(Clone, Debug)]
pub enum StoredConstant<'a> {
    /// One that owns nothing large: none of the others.
    Simple(Constant),
    /// A string.
    Str(StoredText<'a>),
    /// A bytes object.
    Bytes(&'a [u8]),
    /// A tuple's members.
    Tuple(StoredConstants<'a>),
    /// A frozenset's members.
    FrozenSet(StoredConstants<'a>),
    /// Nested code.
    Code(StoredCode<'a>),
}

/// Constants one after the other.
#[derive(Clone, Debug)]
pub struct StoredConstants<'a> {
    data: &'a [u8],
    at: usize,
    left: u32,
}

fn u32_at(data: &[u8], at: usize) -> u32 {
    data.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(data: &[u8], at: usize) -> u64 {
    data.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The bytes whose start and length stand at `at`.
fn range_at(data: &[u8], at: usize) -> &[u8] {
    let (start, len) = (u32_at(data, at) as usize, u32_at(data, at + 4) as usize);
    data.get(start..).and_then(|rest| rest.get(..len)).unwrap_or(&[])
}

fn text_at(data: &[u8], at: usize) -> StoredText<'_> {
    let entry = 8 + 8 * u32_at(data, at) as usize;
    let (start, len) = (u32_at(data, entry) as usize, u32_at(data, entry + 4));
    let bytes = data.get(start..).and_then(|rest| rest.get(..(len & !IDENTIFIER) as usize));
    StoredText { bytes: bytes.unwrap_or(&[]), is_identifier: len & IDENTIFIER != 0 }
}

impl<'a> StoredCode<'a> {
    /// The module whose code [`store`] has laid out.
    pub fn open(data: &'a [u8]) -> StoredCode<'a> {
        StoredCode { data, at: u32_at(data, 0) as usize }
    }

    fn word(self, index: usize) -> u32 {
        u32_at(self.data, self.at.saturating_add(4 * index))
    }

    fn range(self, index: usize) -> &'a [u8] {
        range_at(self.data, self.at.saturating_add(4 * index))
    }

    /// See [`CodeObject::argcount`].
    pub fn argcount(self) -> u32 {
        self.word(word::ARGCOUNT)
    }

    /// See [`CodeObject::posonlyargcount`].
    pub fn posonlyargcount(self) -> u32 {
        self.word(word::POSONLYARGCOUNT)
    }

    /// See [`CodeObject::kwonlyargcount`].
    pub fn kwonlyargcount(self) -> u32 {
        self.word(word::KWONLYARGCOUNT)
    }

    /// See [`CodeObject::stacksize`].
    pub fn stacksize(self) -> u32 {
        self.word(word::STACKSIZE)
    }

    /// See [`CodeObject::flags`].
    pub fn flags(self) -> u32 {
        self.word(word::FLAGS)
    }

    /// See [`CodeObject::firstlineno`].
    pub fn firstlineno(self) -> i32 {
        self.word(word::FIRSTLINENO) as i32
    }

    /// See [`CodeObject::name`].
    pub fn name(self) -> StoredText<'a> {
        text_at(self.data, self.at.saturating_add(4 * word::NAME))
    }

    /// See [`CodeObject::qualname`].
    pub fn qualname(self) -> StoredText<'a> {
        text_at(self.data, self.at.saturating_add(4 * word::QUALNAME))
    }

    /// See [`CodeObject::code`].
    pub fn code(self) -> &'a [u8] {
        self.range(word::CODE)
    }

    /// See [`CodeObject::localspluskinds`].
    pub fn localspluskinds(self) -> &'a [u8] {
        self.range(word::LOCALSPLUSKINDS)
    }

    /// See [`CodeObject::linetable`].
    pub fn linetable(self) -> &'a [u8] {
        self.range(word::LINETABLE)
    }

    /// See [`CodeObject::exceptiontable`].
    pub fn exceptiontable(self) -> &'a [u8] {
        self.range(word::EXCEPTIONTABLE)
    }

    /// See [`CodeObject::names`].
    pub fn names(self) -> impl ExactSizeIterator<Item = StoredText<'a>> {
        self.texts(0, self.name_count())
    }

    /// See [`CodeObject::localsplusnames`]. As many as there are kinds.
    pub fn localsplusnames(self) -> impl ExactSizeIterator<Item = StoredText<'a>> {
        self.texts(self.name_count(), self.localspluskinds().len())
    }

    /// How many names there are.
    pub fn name_count(self) -> usize {
        // Never more than the bytes could hold.
        (self.word(word::NAME_COUNT) as usize).min(self.data.len() / 4)
    }

    fn texts(self, first: usize, count: usize) -> impl ExactSizeIterator<Item = StoredText<'a>> {
        let start = self.at.saturating_add(4 * (word::COUNT + first));
        (0..count).map(move |i| text_at(self.data, start.saturating_add(4 * i)))
    }

    /// See [`CodeObject::consts`].
    pub fn consts(self) -> StoredConstants<'a> {
        let names = self.name_count() + self.localspluskinds().len();
        StoredConstants {
            data: self.data,
            at: self.at.saturating_add(4 * (word::COUNT + names)),
            left: self.const_count() as u32,
        }
    }

    /// How many constants there are.
    pub fn const_count(self) -> usize {
        (self.word(word::CONST_COUNT) & !HOLDS_SET) as usize
    }

    /// Whether there is a frozenset among the constants, of nested code too.
    pub fn holds_set(self) -> bool {
        self.word(word::CONST_COUNT) & HOLDS_SET != 0
    }

    /// As a code object, with those nested in it.
    pub fn load(self, filename: &Text) -> CodeObject {
        CodeObject {
            argcount: self.argcount(),
            posonlyargcount: self.posonlyargcount(),
            kwonlyargcount: self.kwonlyargcount(),
            stacksize: self.stacksize(),
            flags: self.flags(),
            code: self.code().into(),
            consts: self.consts().map(|constant| constant.load(filename)).collect(),
            names: self.names().map(StoredText::to_text).collect(),
            localsplusnames: self.localsplusnames().map(StoredText::to_text).collect(),
            localspluskinds: self.localspluskinds().into(),
            filename: filename.clone(),
            name: self.name().to_text(),
            qualname: self.qualname().to_text(),
            firstlineno: self.firstlineno(),
            linetable: self.linetable().into(),
            exceptiontable: self.exceptiontable().into(),
        }
    }
}

impl StoredConstant<'_> {
    /// As a constant of a code object; nested code bears this file's name.
    pub fn load(self, filename: &Text) -> Constant {
        let load = |items: StoredConstants<'_>| items.map(|item| item.load(filename)).collect();
        match self {
            StoredConstant::Simple(constant) => constant,
            StoredConstant::Str(text) => Constant::Str(text.to_text()),
            StoredConstant::Bytes(bytes) => Constant::Bytes(bytes.into()),
            StoredConstant::Tuple(items) => Constant::Tuple(load(items)),
            StoredConstant::FrozenSet(items) => Constant::FrozenSet(load(items)),
            StoredConstant::Code(code) => Constant::Code(Arc::new(code.load(filename))),
        }
    }
}

impl<'a> Iterator for StoredConstants<'a> {
    type Item = StoredConstant<'a>;

    fn next(&mut self) -> Option<StoredConstant<'a>> {
        self.left = self.left.checked_sub(1)?;
        let tag = *self.data.get(self.at)?;
        let at = self.at + 1;
        let (constant, len) = match tag {
            tag::FALSE | tag::TRUE => (StoredConstant::Simple(Constant::Bool(tag == tag::TRUE)), 0),
            tag::ELLIPSIS => (StoredConstant::Simple(Constant::Ellipsis), 0),
            tag::INT => (StoredConstant::Simple(Constant::Int(u64_at(self.data, at) as i64)), 8),
            tag::BIG_INT => {
                let len = u32_at(self.data, at) as usize;
                let digits = self.data.get(at + 4..).and_then(|rest| rest.get(..len)).unwrap_or(&[]);
                let value = BigInt::from_signed_bytes_le(digits);
                (StoredConstant::Simple(Constant::BigInt(Arc::new(value))), 4 + digits.len())
            }
            tag::FLOAT => (StoredConstant::Simple(Constant::Float(f64::from_bits(u64_at(self.data, at)))), 8),
            tag::COMPLEX => {
                let part = |at| f64::from_bits(u64_at(self.data, at));
                (StoredConstant::Simple(Constant::Complex(part(at), part(at + 8))), 16)
            }
            tag::STR => (StoredConstant::Str(text_at(self.data, at)), 4),
            tag::BYTES => (StoredConstant::Bytes(range_at(self.data, at)), 8),
            tag::TUPLE | tag::FROZENSET => {
                let end = (at + 8).saturating_add(u32_at(self.data, at + 4) as usize).min(self.data.len());
                // Members lie within their container's bytes: damaged ones cannot contain themselves.
                let data = self.data.get(..end).unwrap_or(&[]);
                let items = StoredConstants { data, at: at + 8, left: u32_at(self.data, at) };
                let constant = if tag == tag::TUPLE {
                    StoredConstant::Tuple(items)
                } else {
                    StoredConstant::FrozenSet(items)
                };
                (constant, end.saturating_sub(at).max(8))
            }
            tag::CODE => {
                // Nested code is stored before what it is nested in.
                let code = StoredCode { data: self.data, at: u32_at(self.data, at) as usize };
                (StoredConstant::Code(code), 4)
            }
            _ => (StoredConstant::Simple(Constant::None), 0),
        };
        self.at = at + len;
        Some(constant)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left as usize))
    }
}

/// Lays out a module's code; `None` if it takes more than 2 GiB.
pub fn store(code: &CodeObject) -> Option<Vec<u8>> {
    let mut texts = Texts::default();
    texts.collect(code);
    let mut out = vec![0; 8 + 8 * texts.list.len()];
    out[4..8].copy_from_slice(&(texts.list.len() as u32).to_le_bytes());
    for (i, text) in texts.list.iter().enumerate() {
        let len = text.as_bytes().len() as u32 | if text.is_identifier() { IDENTIFIER } else { 0 };
        let entry = 8 + 8 * i;
        let start = out.len() as u32;
        out[entry..entry + 4].copy_from_slice(&start.to_le_bytes());
        out[entry + 4..entry + 8].copy_from_slice(&len.to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    let root = store_code(&mut out, &texts, code);
    out[..4].copy_from_slice(&root.to_le_bytes());
    (out.len() < 1 << 31).then_some(out)
}

/// The different strings of a module.
#[derive(Default)]
struct Texts<'a> {
    list: Vec<&'a Text>,
    /// By text and whether it is an identifier.
    indices: HashMap<(&'a Text, bool), u32>,
}

impl<'a> Texts<'a> {
    fn collect(&mut self, code: &'a CodeObject) {
        self.add(&code.name);
        self.add(&code.qualname);
        code.names.iter().chain(&code.localsplusnames).for_each(|name| self.add(name));
        code.consts.iter().for_each(|constant| self.collect_constant(constant));
    }

    fn collect_constant(&mut self, constant: &'a Constant) {
        match constant {
            Constant::Str(text) => self.add(text),
            Constant::Tuple(items) | Constant::FrozenSet(items) => {
                items.iter().for_each(|item| self.collect_constant(item));
            }
            Constant::Code(code) => self.collect(code),
            _ => {}
        }
    }

    fn add(&mut self, text: &'a Text) {
        self.indices.entry((text, text.is_identifier())).or_insert_with(|| {
            self.list.push(text);
            self.list.len() as u32 - 1
        });
    }

    fn index(&self, text: &Text) -> u32 {
        self.indices.get(&(text, text.is_identifier())).copied().unwrap_or_default()
    }
}

/// Appends what a code object needs, then its record; the record's offset.
fn store_code(out: &mut Vec<u8>, texts: &Texts<'_>, code: &CodeObject) -> u32 {
    // Constants first: nested code and bytes go before the record.
    let mut consts = Vec::new();
    let mut holds_set = false;
    for constant in &code.consts {
        holds_set |= store_constant(out, &mut consts, texts, constant);
    }
    let mut words = [0; word::COUNT];
    words[word::ARGCOUNT] = code.argcount;
    words[word::POSONLYARGCOUNT] = code.posonlyargcount;
    words[word::KWONLYARGCOUNT] = code.kwonlyargcount;
    words[word::STACKSIZE] = code.stacksize;
    words[word::FLAGS] = code.flags;
    words[word::FIRSTLINENO] = code.firstlineno as u32;
    words[word::NAME] = texts.index(&code.name);
    words[word::QUALNAME] = texts.index(&code.qualname);
    words[word::NAME_COUNT] = code.names.len() as u32;
    words[word::CONST_COUNT] = code.consts.len() as u32 | if holds_set { HOLDS_SET } else { 0 };
    let ranges = [
        (word::CODE, &code.code),
        (word::LOCALSPLUSKINDS, &code.localspluskinds),
        (word::LINETABLE, &code.linetable),
        (word::EXCEPTIONTABLE, &code.exceptiontable),
    ];
    for (at, bytes) in ranges {
        words[at] = out.len() as u32;
        words[at + 1] = bytes.len() as u32;
        out.extend_from_slice(bytes);
    }
    let record = out.len() as u32;
    words.iter().for_each(|word| out.extend(word.to_le_bytes()));
    for name in code.names.iter().chain(&code.localsplusnames) {
        out.extend(texts.index(name).to_le_bytes());
    }
    out.extend(consts);
    record
}

/// Appends a constant to `consts`, and what it needs besides to `out`; whether it holds a frozenset.
fn store_constant(out: &mut Vec<u8>, consts: &mut Vec<u8>, texts: &Texts<'_>, constant: &Constant) -> bool {
    match constant {
        Constant::None => consts.push(tag::NONE),
        Constant::Bool(value) => consts.push(if *value { tag::TRUE } else { tag::FALSE }),
        Constant::Ellipsis => consts.push(tag::ELLIPSIS),
        Constant::Int(value) => {
            consts.push(tag::INT);
            consts.extend(value.to_le_bytes());
        }
        Constant::BigInt(value) => {
            let digits = value.to_signed_bytes_le();
            consts.push(tag::BIG_INT);
            consts.extend((digits.len() as u32).to_le_bytes());
            consts.extend(digits);
        }
        Constant::Float(value) => {
            consts.push(tag::FLOAT);
            consts.extend(value.to_bits().to_le_bytes());
        }
        Constant::Complex(real, imag) => {
            consts.push(tag::COMPLEX);
            consts.extend(real.to_bits().to_le_bytes());
            consts.extend(imag.to_bits().to_le_bytes());
        }
        Constant::Str(text) => {
            consts.push(tag::STR);
            consts.extend(texts.index(text).to_le_bytes());
        }
        Constant::Bytes(bytes) => {
            consts.push(tag::BYTES);
            consts.extend((out.len() as u32).to_le_bytes());
            consts.extend((bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(bytes);
        }
        Constant::Tuple(items) | Constant::FrozenSet(items) => {
            let is_set = matches!(constant, Constant::FrozenSet(_));
            let mut members = Vec::new();
            let mut holds_set = is_set;
            for item in items.iter() {
                holds_set |= store_constant(out, &mut members, texts, item);
            }
            consts.push(if is_set { tag::FROZENSET } else { tag::TUPLE });
            consts.extend((items.len() as u32).to_le_bytes());
            consts.extend((members.len() as u32).to_le_bytes());
            consts.extend(members);
            return holds_set;
        }
        Constant::Code(code) => {
            let record = store_code(out, texts, code);
            consts.push(tag::CODE);
            consts.extend(record.to_le_bytes());
            return StoredCode { data: out, at: record as usize }.holds_set();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> CodeObject {
        let empty = CodeObject {
            argcount: 2,
            posonlyargcount: 1,
            kwonlyargcount: 1,
            stacksize: 3,
            flags: 0x43,
            code: [151, 0, 121, 0].into(),
            consts: Vec::new(),
            names: vec![Text::identifier("é"), Text::from("x")].into(),
            localsplusnames: ["a", "b", "c"].map(Text::identifier).into_iter().collect(),
            localspluskinds: [0x20, 0x20, 0x20].into(),
            filename: Text::from("file"),
            name: Text::identifier("f"),
            qualname: Text::from("C.f"),
            firstlineno: -3,
            linetable: [0x80, 0].into(),
            exceptiontable: [].into(),
        };
        let inner = CodeObject {
            consts: vec![Constant::FrozenSet([Constant::Int(1)].into())],
            name: Text::from("inner"),
            ..empty.clone()
        };
        let tuple: Arc<[Constant]> = [Constant::None, Constant::Str(Text::from_code_points([0xD800]))].into();
        CodeObject {
            consts: vec![
                Constant::None,
                Constant::Bool(true),
                Constant::Bool(false),
                Constant::Ellipsis,
                Constant::Int(i64::MIN),
                Constant::BigInt(Arc::new(BigInt::from(-7) << 200u32)),
                Constant::Float(-0.0),
                Constant::Complex(1.5, f64::NAN),
                Constant::Bytes([1, 2, 3].into()),
                Constant::Tuple([Constant::Tuple(tuple), Constant::Tuple([].into())].into()),
                Constant::Code(Arc::new(inner)),
                Constant::Str(Text::from("x")),
            ],
            ..empty
        }
    }

    #[test]
    fn code_comes_back() {
        let code = sample();
        let data = store(&code).expect("is small");
        let stored = StoredCode::open(&data);
        let loaded = stored.load(&code.filename);
        assert_eq!(loaded, code);
        let marks = |code: &CodeObject| code.names.iter().map(Text::is_identifier).collect::<Vec<_>>();
        assert_eq!(marks(&loaded), marks(&code));
        assert!(stored.holds_set());
        assert_eq!(stored.consts().count(), code.consts.len());
    }

    #[test]
    fn damage_never_panics() {
        let data = store(&sample()).expect("is small");
        let read = |data: &[u8]| {
            let code = StoredCode::open(data);
            code.names().chain(code.localsplusnames()).take(1000).for_each(|text| drop(text.to_text()));
            let mut work = vec![code.consts()];
            for _ in 0..1000 {
                let Some(mut items) = work.pop() else { break };
                if let Some(item) = items.next() {
                    work.push(items);
                    match item {
                        StoredConstant::Tuple(inner) | StoredConstant::FrozenSet(inner) => work.push(inner),
                        StoredConstant::Code(code) => work.push(code.consts()),
                        other => drop(other.load(&Text::from(""))),
                    }
                }
            }
        };
        for at in 0..data.len() {
            for bit in 0..8 {
                let mut damaged = data.clone();
                damaged[at] ^= 1 << bit;
                read(&damaged);
            }
            read(&data[..at]);
        }
    }
}
