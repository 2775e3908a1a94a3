//! `str` objects: the storage. Methods are in `types/str_methods`, algorithms in `text`.

use crate::interp;
use crate::object::header::{self, Header};
use crate::object::{Class, Object, Ref};
use crate::text::{Kind, StrBuf, StrRef};
use std::cell::Cell;
use std::ptr::NonNull;

/// A string. The characters lie behind the object (and behind its attributes, in subclasses).
pub struct Str {
    /// -1 where it was not computed yet.
    hash: Cell<i64>,
    len: usize,
    kind: Kind,
    /// Binary logarithm of the bytes at `data` where they are a block of their own; 0 where they lie behind the object.
    block: u8,
    data: NonNull<u8>,
}

crate::payload!(Str, "str");

impl Drop for Str {
    fn drop(&mut self) {
        if self.block != 0 {
            // SAFETY: the block was allocated with this layout, and nothing refers to it any more.
            unsafe { std::alloc::dealloc(self.data.as_ptr(), block_layout(self.block)) };
        }
    }
}

/// How many bytes of text make it worth a block of its own that can grow.
const MIN_BLOCK: usize = 256;

fn block_layout(log: u8) -> std::alloc::Layout {
    // Blocks are made for lengths within `isize`, rounded up to a power of two, which is a valid layout.
    std::alloc::Layout::from_size_align(1 << log, 8).unwrap_or(std::alloc::Layout::new::<u64>())
}

impl Str {
    fn build(class: &Ref<Class>, kind: Kind, len: usize, data: &[u8]) -> Ref<Str> {
        Str::build_parts(class, kind, len, data, &[])
    }

    /// A string of two parts that are stored alike.
    fn build_parts(class: &Ref<Class>, kind: Kind, len: usize, data: &[u8], more: &[u8]) -> Ref<Str> {
        assert!(
            std::ptr::eq(class.layout(), <Str as crate::object::Payload>::layout()),
            "not a class of strings"
        );
        let size = size_of::<Object<Str>>();
        let attributes = class.attributes_bytes();
        let gc = class.has_attributes();
        let header = header::allocate_parts(
            class.clone().into_pointer(),
            gc,
            class.instance_meta(),
            size,
            attributes + data.len() + more.len(),
            |header| {
                if gc {
                    // SAFETY: the block has room for the attributes.
                    unsafe { crate::object::attributes::initialize(class, header) };
                }
            },
        );
        // SAFETY: the block holds the object, its attributes and the bytes of both parts, at an address that is
        // a multiple of 8; sizes and attributes are multiples of 8 too, so wide units are aligned.
        unsafe {
            let at = header.cast::<u8>().add(size + attributes);
            at.copy_from_nonoverlapping(NonNull::from(data).cast(), data.len());
            at.add(data.len()).copy_from_nonoverlapping(NonNull::from(more).cast(), more.len());
            let object = header.cast::<Object<Str>>();
            (&raw mut (*object.as_ptr()).payload).write(Str {
                hash: Cell::new(-1),
                len,
                kind,
                block: 0,
                data: at,
            });
            header::finish(header);
            Ref::from_pointer(object)
        }
    }

    /// A string of `class` with this text.
    pub fn with_class(text: StrRef<'_>, class: &Ref<Class>) -> Ref<Str> {
        let len = text.len();
        match text {
            StrRef::Ascii(units) => Str::build(class, Kind::Ascii, len, units),
            StrRef::Latin1(units) => Str::build(class, Kind::Latin1, len, units),
            StrRef::Ucs2(units) => Str::build(class, Kind::Ucs2, len, bytes_of(units)),
            StrRef::Ucs4(units) => Str::build(class, Kind::Ucs4, len, bytes_of(units)),
        }
    }

    /// A string with this text; short ones are shared.
    pub fn from_ref(text: StrRef<'_>) -> Ref<Str> {
        let interp = interp::current();
        match text {
            StrRef::Ascii([]) => interp.empty_str().clone(),
            StrRef::Ascii([c]) | StrRef::Latin1([c]) => interp.latin1_char(*c).clone(),
            _ => Str::with_class(text, &interp.types().str),
        }
    }

    /// A string with the text of a part of another, which may be stored wider than it needs.
    #[inline]
    pub fn from_part(text: StrRef<'_>) -> Ref<Str> {
        match text {
            StrRef::Ascii(_) => Str::from_ref(text),
            _ if text.narrowest_kind() == text.kind() => Str::from_ref(text),
            _ => Str::from_buf(text.to_buf()),
        }
    }

    /// `left + right`
    pub fn joined(left: &Str, right: &Str) -> Ref<Str> {
        if left.kind.width() != right.kind.width() {
            return Str::from_buf(left.as_ref().concat(right.as_ref()));
        }
        let kind = left.kind.max(right.kind);
        let len = left.len + right.len;
        Str::build_parts(&interp::current().types().str, kind, len, left.raw(), right.raw())
    }

    /// Appends text in place.
    ///
    /// # Safety
    /// Nothing else may refer to the string or its text, and `more` must be stored in units of the same width.
    unsafe fn push(&mut self, more: &Str) {
        let used = self.len * self.kind.width();
        let wanted = used + more.raw().len();
        let capacity = if self.block == 0 { 0 } else { 1usize << self.block };
        if wanted > capacity {
            let log = (wanted + wanted / 2).next_power_of_two().trailing_zeros() as u8;
            let layout = block_layout(log);
            // SAFETY: the layouts are those of the old and the new block; sizes are not zero. The old text is
            // copied before its block goes.
            unsafe {
                let data = if self.block == 0 {
                    let data = std::alloc::alloc(layout);
                    if !data.is_null() {
                        data.copy_from_nonoverlapping(self.data.as_ptr(), used);
                    }
                    data
                } else {
                    std::alloc::realloc(self.data.as_ptr(), block_layout(self.block), layout.size())
                };
                let Some(data) = NonNull::new(data) else { std::alloc::handle_alloc_error(layout) };
                self.data = data;
                self.block = log;
            }
        }
        // SAFETY: the block holds `wanted` bytes, and `more` is another string.
        unsafe {
            self.data.as_ptr().add(used).copy_from_nonoverlapping(more.data.as_ptr(), wanted - used);
        }
        self.len += more.len;
        self.kind = self.kind.max(more.kind);
        self.hash.set(-1);
    }

    /// A string with this text.
    pub fn from_buf(text: StrBuf) -> Ref<Str> {
        Str::from_ref(text.as_ref())
    }

    /// A string with this text.
    #[expect(clippy::should_implement_trait, reason = "it cannot fail, and it makes a reference")]
    pub fn from_str(text: &str) -> Ref<Str> {
        match StrRef::from_ascii(text) {
            Some(ascii) => Str::from_ref(ascii),
            None => Str::from_buf(StrBuf::from(text)),
        }
    }

    /// A string with the text of a compiled constant or name.
    pub fn from_text(text: &pvm_pycfile::Text) -> Ref<Str> {
        match text.as_str() {
            Some(text) => Str::from_str(text),
            None => Str::from_buf(StrBuf::from_code_points(text.code_points())),
        }
    }

    /// A string of one character, surrogates included.
    pub fn from_code_point(code: u32) -> Ref<Str> {
        match u8::try_from(code) {
            Ok(c) => interp::current().latin1_char(c).clone(),
            Err(_) => Str::from_buf(StrBuf::from_code_point(code)),
        }
    }

    pub(crate) fn one_latin1(c: u8) -> Ref<Str> {
        let class = &interp::current().types().str;
        let unit = [c];
        let text = if c < 0x80 { StrRef::Ascii(&unit) } else { StrRef::Latin1(&unit) };
        interp::current().intern_ref(&Str::with_class(text, class))
    }

    pub(crate) fn make_empty() -> Ref<Str> {
        Str::with_class(StrRef::Ascii(&[]), &interp::current().types().str)
    }

    /// The text.
    #[inline(always)]
    pub fn as_ref(&self) -> StrRef<'_> {
        // SAFETY: `build` wrote `len` units of this kind there, aligned, and nothing changes them.
        unsafe {
            match self.kind {
                Kind::Ascii => StrRef::Ascii(std::slice::from_raw_parts(self.data.as_ptr(), self.len)),
                Kind::Latin1 => StrRef::Latin1(std::slice::from_raw_parts(self.data.as_ptr(), self.len)),
                Kind::Ucs2 => StrRef::Ucs2(std::slice::from_raw_parts(self.data.cast().as_ptr(), self.len)),
                Kind::Ucs4 => StrRef::Ucs4(std::slice::from_raw_parts(self.data.cast().as_ptr(), self.len)),
            }
        }
    }

    /// Characters.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no characters.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash, computed once.
    #[inline]
    pub fn hash(&self) -> i64 {
        let hash = self.hash.get();
        if hash != -1 {
            return hash;
        }
        let hash = interp::hash_text(self.as_ref());
        self.hash.set(hash);
        hash
    }

    /// Whether the texts are equal.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        self.len == other.len && self.kind == other.kind && self.raw() == other.raw()
    }

    fn raw(&self) -> &[u8] {
        // SAFETY: `build` wrote that many bytes there.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.len * self.kind.width()) }
    }
}

fn bytes_of<T: Copy>(units: &[T]) -> &[u8] {
    // SAFETY: `T` is `u16` or `u32`, which have no padding, and every byte of them may be read.
    unsafe { std::slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units)) }
}

impl Ref<Str> {
    /// Whether [`Ref::appended`] is worth taking it out of its register: nobody else refers to it, and it is long.
    #[inline]
    pub fn can_grow(&self) -> bool {
        self.header().count() == 1
            && self.len >= MIN_BLOCK / 2
            && self.class().is(&interp::current().types().str)
    }

    /// `self + addition`, in place where nobody else refers to this string and it is long.
    pub fn appended(self, addition: &Ref<Str>) -> Ref<Str> {
        let grows = self.header().count() == 1
            && !self.is(addition)
            && self.kind.width() == addition.kind.width()
            && self.raw().len() + addition.raw().len() >= MIN_BLOCK
            && !self.is_interned()
            && self.class().is(&interp::current().types().str);
        if !grows {
            return crate::types::str_methods::concat(&self, addition);
        }
        let mut pointer = self.into_pointer();
        // SAFETY: the only reference was ours, units have the same width, and the count goes back with the pointer.
        unsafe {
            pointer.as_mut().payload.push(addition);
            Ref::from_pointer(pointer)
        }
    }

    /// Whether the interpreter's table of interned strings holds it.
    pub fn is_interned(&self) -> bool {
        self.header().has(header::META_INTERNED)
    }
}

impl std::fmt::Display for Str {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.as_ref(), f)
    }
}

const _: () = assert!(size_of::<Object<Str>>().is_multiple_of(8) && align_of::<Header>() == 8);
