//! Code objects to the exact bytes that CPython writes for them.
//!
//! CPython sets `FLAG_REF` on an object when something else refers to it at the time of writing, or when it
//! is an interned string. Which objects those are follows from how its compiler builds code objects: equal
//! constants of a module are merged into one, names are interned, small integers, short strings and
//! empty containers exist once. [`Census`] walks the tree once and finds the objects (by content, not by our own
//! pointers, so that the bytes depend on nothing but the content) and how often each is referred to;
//! [`Pass`] then writes.
//!
//! The walk over objects is the same in both, so objects are known by their place in it: `Census::order`.

use super::identifiers::Identifiers;
use super::origins::Origins;
use super::{ErrorKind, MAX_DEPTH, MarshalError, VERSION, Writer};
use crate::code::{CodeObject, Constant, Location, code_flags};
use crate::instruction::instructions;
use crate::opcode::Opcode;
use crate::text::{Text, hash_bytes};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use num_bigint::BigInt;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
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
    let mut census = Census::default();
    census.constant(constant)?;
    let mut pass = Pass::new(&census, Writer::new(VERSION));
    pass.constant(constant);
    Ok(pass.writer.into_bytes())
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
    let origins = Origins::new(code, identifiers.is_some());
    let identifiers = Identifiers::new(identifiers.unwrap_or_default());
    // There are about as many other objects as names.
    let objects = identifiers.texts().len().max(128);
    let mut census = Census {
        origins,
        texts: [
            Texts::with_capacity(objects / 4),
            Texts::with_capacity(objects / 2),
            Texts::default(),
            Texts::default(),
        ],
        bytes: Objects::with_capacity(objects / 2),
        names: Objects::with_capacity(objects / 4),
        tuples: Objects::with_capacity(objects / 4),
        others: Objects::with_capacity(objects / 2),
        counts: Vec::with_capacity(4 * objects),
        order: Vec::with_capacity(8 * objects),
        contents_bytes: identifiers.texts().iter().map(|text| text.as_bytes().len()).sum(),
        ..Census::default()
    };
    census.counts.resize(identifiers.texts().len(), 0);
    census.identifiers = identifiers;
    census.unique(true);
    census.code_fields(code)?;
    let mut pass = Pass::new(&census, std::mem::replace(writer, Writer::new(VERSION)));
    pass.writer.reserve(census.size_bytes());
    pass.code(code);
    *writer = pass.writer;
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

/// The strings of one kind that can be met again.
#[derive(Default)]
struct Texts<'a>(HashTable<KnownText<'a>>);

struct KnownText<'a> {
    text: &'a Text,
    /// The text's hash.
    hash: u32,
    id: u32,
}

impl<'a> Texts<'a> {
    fn with_capacity(texts: usize) -> Texts<'a> {
        Texts(HashTable::with_capacity(texts))
    }

    /// The table takes seven bits of a hash for one thing and the low ones for another.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn find(&self, text: &Text) -> Option<u32> {
        let hash = text.hash_value();
        let known = self.0.find(Self::spread(hash), |known| known.hash == hash && known.text == text);
        known.map(|known| known.id)
    }

    /// The id of a string: the one that is given if it has none yet.
    fn id_or_insert(&mut self, text: &'a Text, id: u32) -> u32 {
        let hash = text.hash_value();
        let is_it = |known: &KnownText| known.hash == hash && known.text == text;
        match self.0.entry(Self::spread(hash), is_it, |known| Self::spread(known.hash)) {
            Entry::Occupied(entry) => entry.get().id,
            Entry::Vacant(entry) => entry.insert(KnownText { text, hash, id }).get().id,
        }
    }
}

/// The objects of one kind that can be met again.
struct Objects<K>(HashTable<Known<K>>);

struct Known<K> {
    key: K,
    hash: u64,
    id: u32,
}

impl<K> Default for Objects<K> {
    fn default() -> Self {
        Objects(HashTable::new())
    }
}

impl<K: Copy> Objects<K> {
    fn with_capacity(objects: usize) -> Self {
        Objects(HashTable::with_capacity(objects))
    }

    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(K) -> bool) -> Option<u32> {
        self.0.find(hash, |known| known.hash == hash && is_it(known.key)).map(|known| known.id)
    }

    #[inline]
    fn insert(&mut self, hash: u64, key: K, id: u32) {
        self.0.insert_unique(hash, Known { key, hash, id }, |known| known.hash);
    }
}

/// What makes two objects the same one that are neither strings nor of the kinds that most objects are: a key of those goes
/// in registers to the table, and one of all kinds would go through memory.
#[derive(Clone, Copy)]
enum Key<'a> {
    Int(i64),
    BigInt(&'a BigInt),
    Float(u64),
    Complex(u64, u64),
    FrozenSet(&'a [Constant]),
    Code(&'a CodeObject),
}

/// Whether a tuple of constants is one of names.
fn are_names(items: &[Constant], names: &[Text]) -> bool {
    let same = |(item, name): (&Constant, &Text)| matches!(item, Constant::Str(text) if text == name);
    items.len() == names.len() && items.iter().zip(names).all(same)
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        use Key::*;
        match (*self, *other) {
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            // The compiler never merges constants that are not equal to themselves.
            (Float(a), Float(b)) => a == b && !f64::from_bits(a).is_nan(),
            (Complex(a, b), Complex(c, d)) => {
                (a, b) == (c, d) && !f64::from_bits(a).is_nan() && !f64::from_bits(b).is_nan()
            }
            (FrozenSet(a), FrozenSet(b)) => {
                a == b || a.len() == b.len() && a.iter().all(|item| b.contains(item))
            }
            (Code(a), Code(b)) => std::ptr::eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for Key<'_> {}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match *self {
            Key::Int(value) => value.hash(state),
            Key::BigInt(value) => value.hash(state),
            Key::Float(bits) => bits.hash(state),
            Key::Complex(real, imag) => (real, imag).hash(state),
            Key::FrozenSet(items) => hash_members(items, state),
            Key::Code(code) => hash_code(code, state),
        }
    }
}

/// Equal constants hash alike, and a string alike to a name.
fn hash_constant<H: Hasher>(constant: &Constant, state: &mut H) {
    match constant {
        Constant::None => 1u8.hash(state),
        Constant::Bool(value) => value.hash(state),
        Constant::Ellipsis => 2u8.hash(state),
        Constant::Int(value) => value.hash(state),
        Constant::BigInt(value) => value.hash(state),
        Constant::Float(value) => value.to_bits().hash(state),
        Constant::Complex(real, imag) => (real.to_bits(), imag.to_bits()).hash(state),
        Constant::Str(text) => text.hash(state),
        Constant::Bytes(bytes) => bytes.hash(state),
        Constant::Tuple(items) => {
            for item in items.iter() {
                hash_constant(item, state);
            }
        }
        Constant::FrozenSet(items) => hash_members(items, state),
        Constant::Code(code) => hash_code(code, state),
    }
}

/// Sets are equal in any order.
fn hash_members<H: Hasher>(members: &[Constant], state: &mut H) {
    let hash = |member| {
        let mut hasher = FxHasher::default();
        hash_constant(member, &mut hasher);
        hasher.finish()
    };
    members.iter().map(hash).fold(0, u64::wrapping_add).hash(state);
}

fn hash_code<H: Hasher>(code: &CodeObject, state: &mut H) {
    code.name.hash(state);
    code.firstlineno.hash(state);
    code.code.len().hash(state);
    // A line may have thousands of lambdas, which differ in their columns.
    let end = code.linetable.len().saturating_sub(16);
    code.linetable[end..].hash(state);
}

/// Whether CPython interns this string constant: because it looks like a name, or because every process
/// does so at start-up, for `import *`.
pub(super) fn is_name_like(bytes: &[u8]) -> bool {
    bytes == b"*" || bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// For a string that is empty or one character below U+0100, of which the interpreter has one object each: its number
/// among these.
fn static_index(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [] => Some(256),
        [byte @ 0..0x80] => Some(usize::from(*byte)),
        [lead @ (0xC2 | 0xC3), byte] => Some(usize::from(lead << 6 | byte & 0x3F)),
        _ => None,
    }
}

/// A set of [`static_index`]es.
#[derive(Default)]
struct StaticStrings([u64; 5]);

impl StaticStrings {
    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn contains(&self, index: usize) -> bool {
        self.0[index / 64] >> (index % 64) & 1 != 0
    }
}

/// The names of blocks that are static strings of the interpreter, and not interned.
fn is_static_name(bytes: &[u8]) -> bool {
    matches!(bytes, b"<genexpr>" | b"<lambda>" | b"<listcomp>" | b"<setcomp>" | b"<dictcomp>" | b"<module>")
}

/// The hash of one thing or of several.
#[inline]
fn hash_of(feed: impl FnOnce(&mut FxHasher)) -> u64 {
    let mut hasher = FxHasher::default();
    feed(&mut hasher);
    hasher.finish()
}

/// Of bytes and of tuples all that there is: tables of data may differ in the middle.
fn hash_of_items(items: &[Constant]) -> u64 {
    hash_of(|state| {
        items.len().hash(state);
        items.iter().for_each(|item| hash_constant(item, state));
    })
}

/// As [`hash_of_items`] of the same strings.
fn hash_of_names(names: &[Text]) -> u64 {
    hash_of(|state| {
        names.len().hash(state);
        names.iter().for_each(|name| name.hash(state));
    })
}

/// Nesting beyond [`MAX_DEPTH`]: the error in a form that costs nothing to hand on.
#[derive(Debug)]
struct TooDeep;

impl From<TooDeep> for MarshalError {
    fn from(_: TooDeep) -> MarshalError {
        MarshalError::new(ErrorKind::Value, "object too deeply nested to marshal")
    }
}

/// Finds the objects of a tree and counts the references to each.
#[derive(Default)]
struct Census<'a> {
    /// By [`TextKind`].
    texts: [Texts<'a>; 4],
    bytes: Objects<&'a [u8]>,
    /// Tuples of names, and tuples of constants that are equal to none of those.
    names: Objects<&'a [Text]>,
    tuples: Objects<&'a [Constant]>,
    others: Objects<Key<'a>>,
    /// The names of the source, if they are known. Most objects are these. Their ids are their places.
    identifiers: Identifiers<'a>,
    /// By id: how many references were seen, and more than one for an object that is flagged however few it has.
    counts: Vec<u32>,
    /// Ids in the order of the walk.
    order: Vec<u32>,
    /// The length of strings and of what else is long, for [`Census::size_bytes`].
    contents_bytes: usize,
    /// By a frozenset's id, where in `order` its members begin, and the end.
    sets: FxHashMap<u32, Vec<usize>>,
    /// The last code object's file name, which mostly is the next one's, and its id.
    filename: Option<(&'a Text, u32)>,
    /// The ids of the empty bytes and of the empty tuple, if they have been met.
    empty_bytes: Option<u32>,
    empty_tuple: Option<u32>,
    /// The static strings that the code uses as names, as opposed to strings that only look like names.
    short_names: StaticStrings,
    origins: Origins<'a>,
    /// The code object whose constants are being walked.
    code: Option<&'a CodeObject>,
    /// By the id of a tuple within a frozenset, where in `order` its members are. Sets are written in another order
    /// than they are walked, so that a tuple may be written first at a place where it is not walked first.
    members: FxHashMap<u32, Range<usize>>,
    /// How many frozensets are around what is being walked.
    sets_around: usize,
    depth: usize,
    /// For a part that is written alone: the census of the whole.
    parent: Option<&'a Census<'a>>,
}

impl<'a> Census<'a> {
    /// About how many bytes will be written, and seldom less: room for them is made once.
    fn size_bytes(&self) -> usize {
        // A reference takes five bytes, and so does the head of most objects.
        5 * self.order.len() + self.contents_bytes
    }

    /// A new object that is equal to no other, or to none before.
    fn unique(&mut self, always: bool) -> u32 {
        let id = self.counts.len() as u32;
        self.counts.push(if always { 2 } else { 1 });
        self.order.push(id);
        id
    }

    /// Another reference to an object.
    fn again(&mut self, id: u32) {
        self.counts[id as usize] += 1;
        self.order.push(id);
    }

    /// Counts a reference to an object of those in [`Census::others`]; `true` if it is the first, so that its members are to
    /// be walked.
    fn object(&mut self, key: Key<'a>, always: bool) -> bool {
        let hash = hash_of(|state| key.hash(state));
        let find = |census: &Census<'a>| census.others.find(hash, |known| known == key);
        let Some(id) = self.new_unless_known(always, find) else { return false };
        self.others.insert(hash, key, id);
        true
    }

    /// Counts a reference to an object that a function finds if it was met before, or returns the id of a new one.
    #[inline(always)]
    fn new_unless_known(&mut self, always: bool, find: impl Fn(&Self) -> Option<u32>) -> Option<u32> {
        if let Some(id) = find(self) {
            self.again(id);
            return None;
        }
        let is_shared_around = |parent: &Self| find(parent).is_some_and(|id| parent.counts[id as usize] > 1);
        Some(self.unique(always || self.parent.is_some_and(is_shared_around)))
    }

    /// As [`Census::object`], for a string. Returns its id.
    fn text(&mut self, kind: TextKind, text: &'a Text, mut always: bool) -> u32 {
        if let Some(parent) = self.parent {
            let id = match kind {
                TextKind::Interned => parent.id_of_interned(text),
                _ => parent.id_of_text(kind, text),
            };
            always |= id.is_some_and(|id| parent.counts[id as usize] > 1);
        }
        let next = self.counts.len() as u32;
        let id = self.texts[kind as usize].id_or_insert(text, next);
        if id == next {
            self.unique(always);
            self.contents_bytes += text.as_bytes().len();
        } else {
            self.again(id);
        }
        id
    }

    fn id_of_text(&self, kind: TextKind, text: &Text) -> Option<u32> {
        self.texts[kind as usize].find(text)
    }

    /// As [`Census::text`], for an interned string.
    #[inline]
    fn interned(&mut self, text: &'a Text, always: bool) {
        match text.place_in(self.identifiers.texts()) {
            Some(place) => self.identifier(place, always),
            None => self.interned_without_place(text, always),
        }
    }

    /// Counts a reference to an identifier.
    #[inline]
    fn identifier(&mut self, place: usize, always: bool) {
        self.counts[place] += if always { 2 } else { 1 };
        self.order.push(place as u32);
    }

    #[inline(never)]
    fn interned_without_place(&mut self, text: &'a Text, always: bool) {
        match self.identifiers.find(text) {
            Some(place) => self.identifier(place, always),
            None => {
                self.text(TextKind::Interned, text, always);
            }
        }
    }

    fn id_of_interned(&self, text: &Text) -> Option<u32> {
        match self.identifiers.find(text) {
            Some(place) => (self.counts[place] > 0).then_some(place as u32),
            None => self.id_of_text(TextKind::Interned, text),
        }
    }

    fn name(&mut self, name: &'a Text) {
        if let Some(index) = static_index(name.as_bytes()) {
            self.short_names.insert(index);
        }
        self.interned(name, true);
    }

    fn names(&mut self, names: &'a [Text]) {
        if names.is_empty() {
            return self.empty_tuple();
        }
        let hash = hash_of_names(names);
        let find = |census: &Census<'a>| {
            let known = census.names.find(hash, |known| known == names);
            known.or_else(|| census.tuples.find(hash, |known| are_names(known, names)))
        };
        let Some(id) = self.new_unless_known(false, find) else { return };
        self.names.insert(hash, names, id);
        for name in names {
            self.name(name);
        }
    }

    /// Counts a reference to a tuple of constants; `true` if it is the first, so that its members are to be walked.
    fn tuple(&mut self, items: &'a [Constant]) -> bool {
        if items.is_empty() {
            self.empty_tuple();
            return false;
        }
        let hash = hash_of_items(items);
        let find = |census: &Census<'a>| {
            let known = census.tuples.find(hash, |known| known == items);
            known.or_else(|| census.names.find(hash, |known| are_names(items, known)))
        };
        let Some(id) = self.new_unless_known(false, find) else { return false };
        self.tuples.insert(hash, items, id);
        true
    }

    fn empty_tuple(&mut self) {
        match self.empty_tuple {
            Some(id) => self.again(id),
            None => self.empty_tuple = Some(self.unique(true)),
        }
    }

    fn bytes(&mut self, bytes: &'a [u8], constant: bool) {
        if bytes.is_empty() {
            match self.empty_bytes {
                Some(id) => self.again(id),
                None => self.empty_bytes = Some(self.unique(true)),
            }
            return;
        }
        let hash = hash_of(|state| hash_bytes(bytes).hash(state));
        let find = |census: &Census<'a>| census.bytes.find(hash, |known| known == bytes);
        let Some(id) = self.new_unless_known(constant && bytes.len() == 1, find) else { return };
        self.bytes.insert(hash, bytes, id);
        self.contents_bytes += bytes.len();
    }

    fn constant(&mut self, constant: &'a Constant) -> Result<(), TooDeep> {
        match constant {
            Constant::None | Constant::Bool(_) | Constant::Ellipsis => {}
            Constant::Int(value) => {
                self.object(Key::Int(*value), (-5..=256).contains(value));
            }
            Constant::BigInt(value) => {
                self.object(Key::BigInt(value), false);
            }
            // Objects of this value are not equal, even to each other.
            Constant::Float(value) if value.is_nan() => {
                self.unique(false);
            }
            Constant::Float(value) => {
                self.object(Key::Float(value.to_bits()), false);
            }
            Constant::Complex(real, imag) => {
                self.object(Key::Complex(real.to_bits(), imag.to_bits()), false);
            }
            Constant::Str(text) => {
                let bytes = text.as_bytes();
                if text.is_identifier() || is_name_like(bytes) || static_index(bytes).is_some() {
                    let made = bytes == b"%" && self.id_of_interned(text).is_none() && self.is_percent_made();
                    self.interned(text, !made);
                } else {
                    self.text(TextKind::Str, text, false);
                }
            }
            Constant::Bytes(bytes) => self.bytes(bytes, true),
            Constant::Tuple(items) => {
                if self.tuple(items) {
                    let start = self.order.len();
                    self.nested(|census| items.iter().try_for_each(|item| census.constant(item)))?;
                    if self.sets_around > 0 {
                        self.members.insert(self.order[start - 1], start..self.order.len());
                    }
                }
            }
            Constant::FrozenSet(items) => {
                if self.frozenset(items) {
                    let id = self.order[self.order.len() - 1];
                    let mut starts = Vec::with_capacity(items.len() + 1);
                    self.sets_around += 1;
                    self.nested(|census| {
                        for item in items.iter() {
                            starts.push(census.order.len());
                            census.constant(item)?;
                        }
                        Ok(())
                    })?;
                    self.sets_around -= 1;
                    starts.push(self.order.len());
                    self.sets.insert(id, starts);
                }
            }
            Constant::Code(code) => {
                if self.object(Key::Code(code), false) {
                    self.nested(|census| census.code_fields(code))?;
                }
            }
        }
        Ok(())
    }

    /// Whether the string `"%"` is not the interpreter's own but one that constant folding made, from the `%%` in
    /// a template like `'%s%%' % (x,)`. Such a string is loaded without a position, so it has that of the
    /// instruction before.
    fn is_percent_made(&self) -> bool {
        let Some(code) = self.code else { return false };
        let percent =
            |constant: &Constant| matches!(constant, Constant::Str(text) if text.as_bytes() == b"%");
        let Some(index) = code.consts.iter().position(percent) else { return false };
        let mut positions = code.positions().peekable();
        let mut position_before = Location::NONE;
        for instruction in instructions(&code.code) {
            if instruction.opcode == Some(Opcode::ExtendedArg) {
                continue;
            }
            let unit = instruction.offset_bytes / 2;
            while positions.next_if(|range| range.end_units <= unit).is_some() {}
            let position = positions.peek().map_or(Location::NONE, |range| range.location);
            if instruction.opcode == Some(Opcode::LoadConst) && instruction.oparg as usize == index {
                return position == Location::NONE || position == position_before;
            }
            position_before = position;
        }
        false
    }

    /// Interning a member that is another object than the interned string makes CPython build the set anew,
    /// so that it is not shared between code objects.
    fn frozenset(&mut self, items: &'a [Constant]) -> bool {
        let renewed = items.iter().any(|item| match item {
            Constant::Str(text) => self.origins.is_replaced(text, &self.identifiers),
            _ => false,
        });
        if renewed {
            self.unique(false);
            return true;
        }
        self.object(Key::FrozenSet(items), false)
    }

    fn nested(&mut self, walk: impl FnOnce(&mut Self) -> Result<(), TooDeep>) -> Result<(), TooDeep> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TooDeep);
        }
        walk(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn code_fields(&mut self, code: &'a CodeObject) -> Result<(), TooDeep> {
        // Five numbers, the first line, and constants that are no objects.
        self.contents_bytes += 24 + code.consts.len() + code.code.len() + code.localspluskinds.len();
        // The code's bytes are made for each code object anew, and kept by it.
        if code.code.is_empty() {
            self.bytes(&code.code, false);
        } else {
            self.unique(true);
        }
        // The compiler puts a class's qualified name among the constants of its body. If no equal constant
        // was there before, that is the object that the code object has.
        let is_class = code.flags & code_flags::OPTIMIZED == 0 && code.name != code.qualname;
        let owns_qualname = is_class && self.id_of_text(TextKind::Str, &code.qualname).is_none();
        if self.tuple(&code.consts) {
            let around = self.code.replace(code);
            self.nested(|census| code.consts.iter().try_for_each(|item| census.constant(item)))?;
            self.code = around;
        }
        self.names(&code.names);
        self.names(&code.localsplusnames);
        if code.localspluskinds.is_empty() {
            self.bytes(&code.localspluskinds, false);
        } else {
            self.unique(false);
        }
        match self.filename {
            Some((filename, id)) if *filename == code.filename => self.again(id),
            _ => {
                let id = self.text(TextKind::Filename, &code.filename, true);
                self.filename = Some((&code.filename, id));
            }
        }
        let name = code.name.as_bytes();
        // The blocks of type parameters have names that are neither.
        let composed = name.first() == Some(&b'<') && !is_static_name(name);
        if composed {
            self.unique(false);
        } else if is_static_name(name) {
            self.text(TextKind::StaticName, &code.name, true);
        } else {
            self.interned(&code.name, true);
        }
        if code.name == code.qualname {
            let id = self.order[self.order.len() - 1];
            self.again(id);
        } else if owns_qualname && self.id_of_text(TextKind::Str, &code.qualname).is_some() {
            self.text(TextKind::Str, &code.qualname, false);
        } else {
            self.unique(false);
        }
        self.bytes(&code.linetable, true);
        self.bytes(&code.exceptiontable, true);
        Ok(())
    }
}

/// Writes what a [`Census`] has counted.
struct Pass<'a> {
    census: &'a Census<'a>,
    writer: Writer,
    /// By id: the number by which references name the object, or before it is written [`ALONE`] or [`SHARED`].
    refs: Vec<u32>,
    next_ref: u32,
    /// The place in `Census::order`.
    at: usize,
}

/// In [`Pass::refs`]: what the census has seen one reference to.
const ALONE: u32 = u32::MAX;

/// In [`Pass::refs`]: what is flagged when it is written.
const SHARED: u32 = u32::MAX - 1;

impl<'a> Pass<'a> {
    fn new(census: &'a Census<'a>, writer: Writer) -> Pass<'a> {
        let refs = census.counts.iter().map(|count| if *count > 1 { SHARED } else { ALONE }).collect();
        Pass { census, writer, refs, next_ref: 0, at: 0 }
    }

    /// Begins the next object; `false` if a reference to it did.
    #[inline]
    fn object(&mut self) -> bool {
        let id = self.census.order[self.at] as usize;
        self.at += 1;
        let reference = self.refs[id];
        if reference < SHARED {
            self.writer.back_reference(reference);
            return false;
        }
        let flagged = reference == SHARED;
        self.writer.set_flag(flagged);
        if flagged {
            self.refs[id] = self.next_ref;
            self.next_ref += 1;
        }
        true
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.object() {
            self.writer.bytes(bytes);
        }
    }

    #[inline]
    fn str(&mut self, text: &Text, interned: bool) {
        if self.object() {
            self.writer.str(text.as_bytes(), interned);
        }
    }

    fn names(&mut self, names: &[Text]) {
        if self.object() {
            self.writer.tuple(names.len());
            for name in names {
                self.str(name, true);
            }
        }
    }

    fn constants(&mut self, constants: &[Constant]) {
        let members = self.census.members.get(&self.census.order[self.at]);
        let is_new = self.object();
        let after = self.at;
        if is_new {
            self.writer.tuple(constants.len());
            if let Some(members) = members {
                self.at = members.start;
            }
            for constant in constants {
                self.constant(constant);
            }
        }
        if let Some(members) = members {
            self.at = if after == members.start { members.end } else { after };
        }
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::None => self.writer.none(),
            Constant::Bool(value) => self.writer.bool(*value),
            Constant::Ellipsis => self.writer.ellipsis(),
            Constant::Int(value) => {
                if self.object() {
                    self.writer.int(*value);
                }
            }
            Constant::BigInt(value) => {
                if self.object() {
                    self.writer.big_int(value);
                }
            }
            Constant::Float(value) => {
                if self.object() {
                    self.writer.float(*value);
                }
            }
            Constant::Complex(real, imag) => {
                if self.object() {
                    self.writer.complex(*real, *imag);
                }
            }
            Constant::Str(text) => {
                let bytes = text.as_bytes();
                // A string of which there is one object is interned as soon as it is a name anywhere.
                let interned = text.is_identifier()
                    || is_name_like(bytes)
                    || static_index(bytes).is_some_and(|index| self.census.short_names.contains(index));
                self.str(text, interned);
            }
            Constant::Bytes(bytes) => self.bytes(bytes),
            Constant::Tuple(items) => self.constants(items),
            Constant::FrozenSet(items) => {
                if self.object() {
                    self.frozenset(items);
                }
            }
            Constant::Code(code) => self.code(code),
        }
    }

    /// Members are written sorted by what they are when written alone.
    fn frozenset(&mut self, items: &[Constant]) {
        self.writer.frozenset(items.len());
        let id = self.census.order[self.at - 1];
        let starts = &self.census.sets[&id];
        let mut members: Vec<(Vec<u8>, usize)> = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let mut census = Census { parent: Some(self.census), ..Census::default() };
            // The parent's census has been here and did not find it too deep.
            let _ = census.constant(item);
            let mut alone = Pass::new(&census, Writer::new(VERSION));
            alone.constant(item);
            members.push((alone.writer.into_bytes(), i));
        }
        members.sort();
        for (_, i) in members {
            self.at = starts[i];
            // While it sorts, CPython holds each member.
            if starts[i] < starts[i + 1] {
                let state = &mut self.refs[self.census.order[self.at] as usize];
                *state = (*state).min(SHARED);
            }
            self.constant(&items[i]);
        }
        self.at = starts[items.len()];
    }

    fn code(&mut self, code: &CodeObject) {
        if !self.object() {
            return;
        }
        self.writer.code();
        let fields = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
        self.writer.fields(&fields.map(|field| field as i32));
        self.bytes(&code.code);
        self.constants(&code.consts);
        self.names(&code.names);
        self.names(&code.localsplusnames);
        self.bytes(&code.localspluskinds);
        self.str(&code.filename, false);
        let interned = code.name.as_bytes().first() != Some(&b'<');
        self.str(&code.name, interned);
        self.str(&code.qualname, interned && code.name == code.qualname);
        self.writer.field(code.firstlineno);
        self.bytes(&code.linetable);
        self.bytes(&code.exceptiontable);
    }
}
