//! Code objects to the exact bytes that CPython writes for them.
//!
//! CPython sets `FLAG_REF` on an object when something else refers to it at the time of writing, or when it
//! is an interned string. Which objects those are follows from how its compiler builds code objects: equal
//! constants of a module are merged into one, names are interned, small integers, short strings and
//! empty containers exist once.
//!
//! [`CodeWriter`] walks the tree once. It writes an object where it meets it first, with a flag if objects of its kind always
//! have one. Where it meets the object again, it writes a reference, and sets the flag there.
//!
//! The order of a frozenset's members depends on their flags in the whole, and those so far may not be all. Where the
//! order turns out to be wrong, which is seldom, the whole is written again by a second writer, which asks the first one.

mod constants;
mod known;
mod output;

use super::identifiers::Identifiers;
use super::origins::Origins;
use super::strings::is_static_name;
use super::{ErrorKind, MAX_DEPTH, MarshalError, VERSION, Writer};
use crate::code::{CodeObject, Constant, code_flags};
use crate::hash::hash_of_all;
use crate::names::NameList;
use crate::text::{Text, hash_bytes};
use known::{Table, Tuple};
use output::Output;
use std::ops::Range;

/// The bytes of a module's code object: what CPython puts behind a `.pyc`'s header.
pub fn dump_code(code: &CodeObject) -> Result<Vec<u8>, MarshalError> {
    let mut writer = Writer::new(VERSION);
    write_code(&mut writer, code)?;
    Ok(writer.into_bytes())
}

/// Appends what [`dump_code`] gives, for code that was just compiled. `identifiers` are the names of the source:
/// CPython's parser has interned those and no others, which shows in a few places.
pub fn append_compiled(
    bytes: &mut Vec<u8>,
    code: &CodeObject,
    identifiers: &[Text],
) -> Result<(), MarshalError> {
    let mut writer = Writer::after(std::mem::take(bytes), VERSION);
    let written = write_with(&mut writer, code, Some(identifiers));
    *bytes = writer.into_bytes();
    written
}

/// The bytes of a constant, as if nothing else referred to it.
pub fn dump_constant(constant: &Constant) -> Result<Vec<u8>, MarshalError> {
    Ok(CodeWriter::alone(None).write_alone(constant)?)
}

/// Writes a module's code object as [`dump_code`] does, to a writer that has written nothing else that can be
/// referred to.
pub fn write_code(writer: &mut Writer, code: &CodeObject) -> Result<(), MarshalError> {
    write_with(writer, code, None)
}

fn write_with(
    writer: &mut Writer,
    code: &CodeObject,
    identifiers: Option<&[Text]>,
) -> Result<(), MarshalError> {
    let start = writer.len();
    let version = writer.version();
    let mut first = CodeWriter::new(std::mem::replace(writer, Writer::new(version)), code, identifiers);
    let written = first.root(code);
    if written.is_ok() && first.is_in_order() {
        *writer = first.out.finish();
        return Ok(());
    }
    let written = written.and_then(|()| {
        let mut second = CodeWriter::new(Writer::new(version), code, identifiers);
        second.whole = Some(&first);
        second.root(code)?;
        Ok(second.out.finish().into_bytes())
    });
    *writer = first.out.writer;
    writer.truncate(start);
    writer.append(&written?);
    Ok(())
}

/// Strings of different kinds are different objects.
#[derive(Clone, Copy)]
enum TextKind {
    /// Those that are no identifiers.
    Interned,
    Str,
    Filename,
    /// A block's name that is one of the interpreter's own strings, as `<lambda>` is.
    StaticName,
}

impl TextKind {
    /// Different for the same text of different kinds.
    fn hash(self, text: &Text) -> u32 {
        text.hash_value().wrapping_add(self as u32)
    }
}

/// Nesting beyond [`MAX_DEPTH`]: the error in a form that costs nothing to hand on.
#[derive(Debug)]
struct TooDeep;

impl From<TooDeep> for MarshalError {
    fn from(_: TooDeep) -> MarshalError {
        MarshalError::new(ErrorKind::Value, "object too deeply nested to marshal")
    }
}

/// The places of objects that every process has one of, before those of the source's identifiers.
mod place {
    pub(super) const EMPTY_TUPLE: usize = 0;
    pub(super) const EMPTY_BYTES: usize = 1;
    /// The least of the small integers.
    pub(super) const SMALL_INT: usize = 2;
    pub(super) const IDENTIFIER: usize =
        SMALL_INT + (super::SMALL_INTS.end - super::SMALL_INTS.start) as usize;
}

const SMALL_INTS: Range<i64> = -5..257;

/// In [`CodeWriter::ids_by_place`]: what has not been written yet.
const NONE: u32 = u32::MAX;

/// Writes a tree of code objects, or a constant.
struct CodeWriter<'a> {
    out: Output,
    /// By their hashes and [`TextKind`]s.
    texts: Table<&'a Text>,
    bytes: Table<&'a [u8]>,
    tuples: Table<Tuple<'a>>,
    /// Constants of other kinds, without those that have a place.
    others: Table<&'a Constant>,
    /// The names of the source, if they are known. Most objects are these.
    identifiers: Identifiers<'a>,
    /// The ids of identifiers and of other objects that are always flagged, by [`place`].
    ids_by_place: Vec<u32>,
    /// The last code object's file name, which mostly is the next one's, and its id.
    filename: Option<(&'a Text, u32)>,
    origins: Origins<'a>,
    /// The code object whose constants are being written.
    code: Option<&'a CodeObject>,
    depth: usize,
    /// The frozensets, with the orders in which they were written.
    sets: Vec<(&'a [Constant], Vec<usize>)>,
    /// Of what is a part of the whole and written alone, or is written again: who has written the whole, or writes it.
    whole: Option<&'a CodeWriter<'a>>,
}

impl<'a> CodeWriter<'a> {
    fn new(writer: Writer, code: &'a CodeObject, identifiers: Option<&'a [Text]>) -> CodeWriter<'a> {
        let origins = Origins::new(code, identifiers.is_some());
        let identifiers = identifiers.unwrap_or_default();
        // There are about as many other objects as names.
        let objects = identifiers.len().max(128);
        CodeWriter {
            out: Output::new(writer, 4 * objects, 8 * objects),
            texts: Table::with_capacity(objects / 2),
            bytes: Table::with_capacity(objects / 2),
            tuples: Table::with_capacity(objects / 2),
            others: Table::with_capacity(objects / 2),
            identifiers: Identifiers::new(identifiers),
            ids_by_place: vec![NONE; place::IDENTIFIER + identifiers.len()],
            origins,
            ..CodeWriter::alone(None)
        }
    }

    /// A writer of a constant: a part of a whole, or the whole.
    fn alone(whole: Option<&'a CodeWriter<'a>>) -> CodeWriter<'a> {
        CodeWriter {
            out: Output::new(Writer::new(VERSION), 0, 0),
            texts: Table::default(),
            bytes: Table::default(),
            tuples: Table::default(),
            others: Table::default(),
            identifiers: Identifiers::default(),
            ids_by_place: vec![NONE; place::IDENTIFIER],
            filename: None,
            origins: Origins::default(),
            code: None,
            depth: 0,
            sets: Vec::new(),
            whole,
        }
    }

    fn write_alone(mut self, constant: &'a Constant) -> Result<Vec<u8>, TooDeep> {
        self.constant(constant)?;
        Ok(self.out.finish().into_bytes())
    }

    fn root(&mut self, code: &'a CodeObject) -> Result<(), TooDeep> {
        self.out.begin(true);
        self.code_object(code)
    }

    /// Whether all sets were written in the right order.
    fn is_in_order(&self) -> bool {
        self.sets.iter().all(|(items, order)| self.sorted(items).is_ok_and(|sorted| sorted == *order))
    }

    /// Begins an object that is new if its id is, and else is a reference; `true` if it is to be written.
    #[inline(always)]
    fn object(&mut self, id: u32, always: bool, find: impl Fn(&Self) -> Option<u32>) -> bool {
        if id != self.out.next_id() {
            self.out.again(id);
            return false;
        }
        let is_flagged = |whole: &Self| find(whole).is_some_and(|id| whole.out.is_flagged(id));
        let flagged = always || self.whole.is_some_and(is_flagged);
        self.out.begin(flagged);
        true
    }

    /// Begins an object that has a place; `true` if it is to be written.
    #[inline(always)]
    fn placed(&mut self, place: usize) -> bool {
        let id = self.ids_by_place[place];
        if id != NONE {
            self.out.reference(id);
            return false;
        }
        self.ids_by_place[place] = self.out.begin(true);
        true
    }

    /// Writes a string, and returns its id. `interned` is for a new one.
    fn text(&mut self, kind: TextKind, text: &'a Text, always: bool, interned: bool) -> u32 {
        let hash = kind.hash(text);
        let id = self.texts.id_or_insert(hash, text, self.out.next_id(), |known| known == text);
        if self.object(id, always, |writer| writer.id_of_text(kind, text)) {
            self.out.writer.text(text, interned);
        }
        id
    }

    fn id_of_text(&self, kind: TextKind, text: &Text) -> Option<u32> {
        self.texts.find(kind.hash(text), |known| known == text)
    }

    #[inline]
    fn interned(&mut self, text: &'a Text) -> u32 {
        match text.place_in(self.identifiers.texts()) {
            Some(place) => self.identifier(place, text),
            None => self.interned_without_place(text),
        }
    }

    #[inline(always)]
    fn identifier(&mut self, place: usize, text: &'a Text) -> u32 {
        if self.placed(place::IDENTIFIER + place) {
            self.out.writer.text(text, true);
        }
        self.ids_by_place[place::IDENTIFIER + place]
    }

    #[inline(never)]
    fn interned_without_place(&mut self, text: &'a Text) -> u32 {
        match self.identifiers.find(text) {
            Some(place) => self.identifier(place, text),
            None => {
                let id = self.text(TextKind::Interned, text, true, true);
                // It may have been a character that was not known to be a name.
                self.out.intern(id);
                id
            }
        }
    }

    fn names(&mut self, names: &'a NameList) {
        if names.is_empty() {
            self.empty_tuple();
        } else if let Some(numbers) = names.numbers_in(self.identifiers.texts()) {
            self.numbered_names(names, numbers);
        } else if self.tuple(Tuple::Names(names)) {
            self.out.writer.tuple(names.len());
            for name in names {
                self.interned(name);
            }
        }
    }

    /// Writes a tuple of identifiers, and takes it back if there was one already: so its members are walked over once, and
    /// not once to find it and once to write it. It has flagged nothing, as identifiers always have their flags.
    fn numbered_names(&mut self, names: &'a NameList, numbers: &[u32]) {
        let mark = self.out.mark();
        let new = self.out.begin(false);
        self.out.writer.tuple(numbers.len());
        let identifiers = self.identifiers.texts();
        let hash = hash_of_all(numbers.iter().map(|number| {
            let identifier = &identifiers[*number as usize];
            self.identifier(*number as usize, identifier);
            identifier.hash_value()
        }));
        let tuple = Tuple::Names(names);
        let id = self.tuples.id_or_insert(hash, tuple, new, |known| known.is_same(tuple));
        if id != new {
            if self.out.next_id() != new + 1 {
                self.forget_identifiers(numbers, new);
            }
            self.out.back_to(&mark);
            self.out.again(id);
        } else if let Some(whole) = self.whole
            && let Some(id) = whole.tuples.find(hash, |known| known.is_same(tuple))
            && whole.out.is_flagged(id)
        {
            self.out.flag(new);
        }
    }

    /// Takes it back that identifiers were written behind an object. A tuple that has been written may have strings that are
    /// no identifiers, and equal to these.
    #[cold]
    #[inline(never)]
    fn forget_identifiers(&mut self, numbers: &[u32], object: u32) {
        for number in numbers {
            let id = &mut self.ids_by_place[place::IDENTIFIER + *number as usize];
            if *id > object {
                *id = NONE;
            }
        }
    }

    fn constants(&mut self, constants: &'a [Constant]) -> Result<(), TooDeep> {
        if constants.is_empty() {
            self.empty_tuple();
        } else if self.tuple(Tuple::Constants(constants)) {
            self.out.writer.tuple(constants.len());
            self.nested(|writer| constants.iter().try_for_each(|item| writer.constant(item)))?;
        }
        Ok(())
    }

    /// Begins a tuple that is not empty; `true` if it is to be written.
    fn tuple(&mut self, tuple: Tuple<'a>) -> bool {
        let hash = tuple.hash();
        let id = self.tuples.id_or_insert(hash, tuple, self.out.next_id(), |known| known.is_same(tuple));
        self.object(id, false, |writer| writer.tuples.find(hash, |known| known.is_same(tuple)))
    }

    fn empty_tuple(&mut self) {
        if self.placed(place::EMPTY_TUPLE) {
            self.out.writer.tuple(0);
        }
    }

    fn empty_bytes(&mut self) {
        if self.placed(place::EMPTY_BYTES) {
            self.out.writer.bytes(&[]);
        }
    }

    fn bytes(&mut self, bytes: &'a [u8]) {
        if bytes.is_empty() {
            return self.empty_bytes();
        }
        let hash = hash_bytes(bytes);
        let id = self.bytes.id_or_insert(hash, bytes, self.out.next_id(), |known| known == bytes);
        if self.object(id, bytes.len() == 1, |writer| writer.bytes.find(hash, |known| known == bytes)) {
            self.out.writer.bytes(bytes);
        }
    }

    /// Bytes that a code object has for itself.
    fn own_bytes(&mut self, bytes: &'a [u8], flagged: bool) {
        if bytes.is_empty() {
            return self.empty_bytes();
        }
        self.out.begin(flagged);
        self.out.writer.bytes(bytes);
    }

    fn nested(&mut self, write: impl FnOnce(&mut Self) -> Result<(), TooDeep>) -> Result<(), TooDeep> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TooDeep);
        }
        write(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn code_object(&mut self, code: &'a CodeObject) -> Result<(), TooDeep> {
        self.out.writer.code();
        let fields = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
        self.out.writer.fields(&fields.map(|field| field as i32));
        // The code's bytes are made for each code object anew, and kept by it.
        self.own_bytes(&code.code, true);
        // The compiler puts a class's qualified name among the constants of its body. If no equal constant
        // was there before, that is the object that the code object has.
        let is_class = code.flags & code_flags::OPTIMIZED == 0 && code.name != code.qualname;
        let owns_qualname = is_class && self.id_of_text(TextKind::Str, &code.qualname).is_none();
        let around = self.code.replace(code);
        self.constants(&code.consts)?;
        self.code = around;
        self.names(&code.names);
        self.names(&code.localsplusnames);
        self.own_bytes(&code.localspluskinds, false);
        match self.filename {
            Some((filename, id)) if *filename == code.filename => self.out.reference(id),
            _ => {
                let id = self.text(TextKind::Filename, &code.filename, true, false);
                self.filename = Some((&code.filename, id));
            }
        }
        let name_id = self.block_name(&code.name);
        if code.name == code.qualname {
            self.out.again(name_id);
        } else if owns_qualname && self.id_of_text(TextKind::Str, &code.qualname).is_some() {
            self.text(TextKind::Str, &code.qualname, false, false);
        } else {
            self.out.begin(false);
            self.out.writer.text(&code.qualname, false);
        }
        self.out.writer.field(code.firstlineno);
        self.bytes(&code.linetable);
        self.bytes(&code.exceptiontable);
        Ok(())
    }

    fn block_name(&mut self, name: &'a Text) -> u32 {
        let bytes = name.as_bytes();
        if bytes.first() != Some(&b'<') {
            self.interned(name)
        } else if is_static_name(bytes) {
            self.text(TextKind::StaticName, name, true, false)
        } else {
            // The blocks of type parameters have names that are neither.
            let id = self.out.begin(false);
            self.out.writer.text(name, false);
            id
        }
    }
}
