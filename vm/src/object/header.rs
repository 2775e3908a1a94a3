//! Heap objects: the header that each starts with, typed references, allocation and deallocation.
//!
//! ```text
//! [ GcPrefix 8 ] [ Header 16 ] [ payload T ] [ Attributes: shape, overflow, slot values … ]
//!  containers only               ^ fixed by the layout       ^ classes whose instances have attributes
//! ```

use super::attributes;
use super::class::Class;
use super::heap::SizeClass;
use super::value::Value;
use crate::interp;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// What every heap object starts with.
#[repr(C)]
pub struct Header {
    count: Cell<u32>,
    meta: Cell<u32>,
    class: Cell<NonNull<Object<Class>>>,
}

const SIZE_CLASS_MASK: u32 = 0xFF;
/// The object has a [`GcPrefix`] in front.
pub(crate) const META_GC: u32 = 1 << 8;
/// `__del__` has run.
pub(crate) const META_FINALIZED: u32 = 1 << 9;
/// The interpreter's weak-reference table knows the object.
pub(crate) const META_WEAKLY_REFERENCED: u32 = 1 << 10;
/// The collector's lists hold the object.
pub(crate) const META_TRACKED: u32 = 1 << 11;
/// A string that the interpreter's table of interned strings holds.
pub(crate) const META_INTERNED: u32 = 1 << 12;
/// The attributes lie directly behind the header, so that inline caches find the shape without asking the class.
pub(crate) const META_PLAIN: u32 = 1 << 13;
/// The [`kind`] of an instance of just that built-in class.
const KIND_SHIFT: u32 = 16;

/// Built-in classes whose very instances (not those of subclasses) the interpreter recognises by their header alone.
pub mod kind {
    /// Everything else.
    pub const OTHER: u8 = 0;
    /// `list`
    pub const LIST: u8 = 1;
    /// `tuple`
    pub const TUPLE: u8 = 2;
    /// `dict`
    pub const DICT: u8 = 3;
    /// `str`
    pub const STR: u8 = 4;
    /// `range_iterator`
    pub const RANGE_ITERATOR: u8 = 5;
    /// `list_iterator`
    pub const LIST_ITERATOR: u8 = 6;
    /// `tuple_iterator`
    pub const TUPLE_ITERATOR: u8 = 7;
    /// `set`
    pub const SET: u8 = 8;
    /// `module`
    pub const MODULE: u8 = 9;
}

impl Header {
    /// The object's class.
    #[inline(always)]
    pub fn class(&self) -> &Ref<Class> {
        // SAFETY: the header owns a reference to its class; `Ref` is a transparent non-null pointer.
        unsafe { &*self.class.as_ptr().cast::<Ref<Class>>() }
    }

    /// Changes the object's class (`__class__` assignment).
    ///
    /// # Safety
    /// The layouts of both classes, attributes included, must be the same.
    pub unsafe fn set_class(&self, class: Ref<Class>) {
        let parts = META_PLAIN | 0xFF << KIND_SHIFT;
        self.meta.set(self.meta.get() & !parts | class.instance_meta());
        let old = self.class.replace(class.into_pointer());
        // SAFETY: the header owned this reference.
        drop(unsafe { Ref::from_pointer(old) });
    }

    /// The number of references.
    #[inline(always)]
    pub fn count(&self) -> u32 {
        self.count.get()
    }

    #[inline(always)]
    pub(crate) fn increment(&self) {
        self.count.set(self.count.get().wrapping_add(1));
    }

    /// Takes one reference off; whether it was the last.
    #[inline(always)]
    pub(crate) fn decrement(&self) -> bool {
        let count = self.count.get().wrapping_sub(1);
        self.count.set(count);
        count == 0
    }

    /// Which built-in class's very instance it is, see [`kind`].
    #[inline(always)]
    pub fn kind(&self) -> u8 {
        (self.meta.get() >> KIND_SHIFT) as u8
    }

    #[inline(always)]
    pub(crate) fn has(&self, flag: u32) -> bool {
        self.meta.get() & flag != 0
    }

    #[inline(always)]
    pub(crate) fn set(&self, flag: u32) {
        self.meta.set(self.meta.get() | flag);
    }

    #[inline(always)]
    pub(crate) fn unset(&self, flag: u32) {
        self.meta.set(self.meta.get() & !flag);
    }

    /// The collector's word of the object.
    ///
    /// # Safety
    /// The object must have [`META_GC`].
    #[inline(always)]
    pub(crate) unsafe fn gc_prefix(&self) -> &GcPrefix {
        debug_assert!(self.has(META_GC));
        // SAFETY: by the caller's promise the prefix lies just before the header.
        unsafe { &*(self as *const Header).cast::<GcPrefix>().sub(1) }
    }
}

/// The collector's word in front of a container.
#[repr(C)]
pub(crate) struct GcPrefix {
    /// Position in the collector's list.
    pub index: Cell<u32>,
    /// During a collection: references not yet explained from inside.
    pub refs: Cell<u32>,
}

/// A heap object with its native payload.
#[repr(C)]
pub struct Object<T> {
    /// Count, flags, class.
    pub header: Header,
    /// The native part.
    pub payload: T,
}

/// Receives every reference that an object holds.
pub type Visitor<'a> = &'a mut dyn FnMut(&Value);

/// The native half of a class: what its instances' payload is and how to treat it.
pub struct Layout {
    /// The Rust type's name, for people.
    pub name: &'static str,
    /// The layout whose payload is the first field of this one.
    pub parent: Option<fn() -> &'static Layout>,
    /// Bytes of header and payload.
    pub size: usize,
    /// Whether the payload can hold references, so that the collector must know the object.
    pub gc: bool,
    /// Drops the payload in place.
    pub drop: unsafe fn(*mut Header),
    /// Visits the payload's references.
    pub traverse: unsafe fn(*const Header, Visitor<'_>),
    /// Breaks cycles: empties the payload as far as that is safe for whoever still refers to it.
    pub clear: unsafe fn(*const Header),
}

impl Layout {
    /// Whether this layout is `other` or derived from it.
    #[inline(always)]
    pub fn is(&self, other: &Layout) -> bool {
        std::ptr::eq(self, other) || self.inherits(other)
    }

    #[inline]
    fn inherits(&self, other: &Layout) -> bool {
        let mut layout = self.parent;
        while let Some(parent) = layout {
            let parent = parent();
            if std::ptr::eq(parent, other) {
                return true;
            }
            layout = parent.parent;
        }
        false
    }

    /// The layout of `T`. Use through [`payload!`](crate::payload).
    pub const fn of<T: Payload>(
        name: &'static str,
        gc: bool,
        parent: Option<fn() -> &'static Layout>,
    ) -> Layout {
        assert!(align_of::<Object<T>>() <= 8, "the heap's blocks are aligned to 8 bytes");
        Layout {
            name,
            parent,
            size: size_of::<Object<T>>(),
            gc,
            drop: drop_payload::<T>,
            traverse: traverse_payload::<T>,
            clear: clear_payload::<T>,
        }
    }
}

/// # Safety
/// `header` must point to a live `Object<T>` whose payload is not used again.
unsafe fn drop_payload<T: Payload>(header: *mut Header) {
    // SAFETY: by the caller's promise.
    unsafe { std::ptr::drop_in_place(&raw mut (*header.cast::<Object<T>>()).payload) }
}

/// # Safety
/// `header` must point to a live `Object<T>`.
unsafe fn traverse_payload<T: Payload>(header: *const Header, visit: Visitor<'_>) {
    // SAFETY: by the caller's promise.
    unsafe { (*header.cast::<Object<T>>()).payload.traverse(visit) }
}

/// # Safety
/// `header` must point to a live `Object<T>`.
unsafe fn clear_payload<T: Payload>(header: *const Header) {
    // SAFETY: by the caller's promise.
    unsafe { (*header.cast::<Object<T>>()).payload.clear() }
}

/// A Rust type that heap objects can hold. Implement it with [`payload!`](crate::payload).
pub trait Payload: Sized + 'static {
    /// The one layout of this type.
    fn layout() -> &'static Layout;

    /// Shows the collector every reference that the payload holds. Missing one leaks; inventing one frees
    /// what is in use.
    fn traverse(&self, _visit: Visitor<'_>) {}

    /// Drops references to break a cycle. The object can still be seen afterwards and must stay sound.
    fn clear(&self) {}
}

/// A payload whose built-in class has a [`kind`].
pub trait Exact: Payload {
    /// That kind.
    const KIND: u8;
}

/// Bits of the header's second word for instances of a class, see [`kind`] and [`META_PLAIN`].
pub(crate) fn instance_meta(kind: u8, plain: bool) -> u32 {
    u32::from(kind) << KIND_SHIFT | if plain { META_PLAIN } else { 0 }
}

/// Declares a payload type.
///
/// `payload!(Float, "float")` for a type without references,
/// `payload!(List, "list", |list, visit| …, |list| …)` for a container, with its traverse and clear, and
/// `parent = Base` after the name where the first field (`repr(C)`) is the payload `Base`.
#[macro_export]
macro_rules! payload {
    ($t:ty, $name:literal) => {
        $crate::payload!(@impl $t, $name, false, ::std::option::Option::None, {});
    };
    ($t:ty, $name:literal, parent = $p:ty) => {
        $crate::payload!(@impl $t, $name, false, ::std::option::Option::Some(<$p as $crate::object::Payload>::layout), {});
    };
    ($t:ty, $name:literal, |$this:ident, $visit:ident| $traverse:expr, |$this2:ident| $clear:expr) => {
        $crate::payload!(@impl $t, $name, true, ::std::option::Option::None, {
            fn traverse(&self, $visit: $crate::object::Visitor<'_>) { let $this = self; $traverse }
            fn clear(&self) { let $this2 = self; $clear }
        });
    };
    ($t:ty, $name:literal, parent = $p:ty, |$this:ident, $visit:ident| $traverse:expr, |$this2:ident| $clear:expr) => {
        $crate::payload!(@impl $t, $name, true, ::std::option::Option::Some(<$p as $crate::object::Payload>::layout), {
            fn traverse(&self, $visit: $crate::object::Visitor<'_>) { let $this = self; $traverse }
            fn clear(&self) { let $this2 = self; $clear }
        });
    };
    (@impl $t:ty, $name:literal, $gc:literal, $parent:expr, { $($body:tt)* }) => {
        impl $crate::object::Payload for $t {
            #[inline(always)]
            fn layout() -> &'static $crate::object::Layout {
                static LAYOUT: $crate::object::Layout = $crate::object::Layout::of::<$t>($name, $gc, $parent);
                &LAYOUT
            }
            $($body)*
        }
    };
}

/// A counted, typed reference to a heap object that holds a `T`.
#[repr(transparent)]
pub struct Ref<T: Payload> {
    pointer: NonNull<Object<T>>,
    owns: PhantomData<Object<T>>,
}

impl<T: Payload> Ref<T> {
    /// A new object of `class`, without attributes of its own beyond empty ones.
    ///
    /// The class's layout must be `T`'s; a mismatch is our own bug and panics.
    #[inline]
    pub fn new(payload: T, class: &Ref<Class>) -> Ref<T> {
        assert!(
            std::ptr::eq(class.layout(), T::layout()),
            "class {} does not hold a {}",
            class.name(),
            T::layout().name
        );
        let header = allocate(class, size_of::<Object<T>>());
        let pointer = header.cast::<Object<T>>();
        // SAFETY: the block has room for the object, and its header is initialised.
        unsafe { (&raw mut (*pointer.as_ptr()).payload).write(payload) };
        // SAFETY: everything is initialised and the count is 1.
        unsafe {
            finish(header);
            Ref::from_pointer(pointer)
        }
    }

    /// From a pointer whose reference is handed over.
    ///
    /// # Safety
    /// The pointer must be a live object holding a `T`, with one count for the new reference.
    #[inline(always)]
    pub unsafe fn from_pointer(pointer: NonNull<Object<T>>) -> Ref<T> {
        Ref { pointer, owns: PhantomData }
    }

    /// The pointer, with its count.
    #[inline(always)]
    pub fn into_pointer(self) -> NonNull<Object<T>> {
        let pointer = self.pointer;
        std::mem::forget(self);
        pointer
    }

    /// The address, with its count.
    #[inline(always)]
    pub(crate) fn into_raw(self) -> *mut Header {
        self.into_pointer().as_ptr().cast()
    }

    /// The address.
    #[inline(always)]
    pub fn as_ptr(&self) -> *const Object<T> {
        self.pointer.as_ptr()
    }

    /// The header.
    #[inline(always)]
    pub fn header(&self) -> &Header {
        // SAFETY: a reference keeps its object alive.
        unsafe { &self.pointer.as_ref().header }
    }

    /// The object's class.
    #[inline(always)]
    pub fn class(&self) -> &Ref<Class> {
        self.header().class()
    }

    /// Identity.
    #[inline(always)]
    pub fn is(&self, other: &Ref<T>) -> bool {
        self.pointer == other.pointer
    }

    /// The same reference as a value, without counting.
    #[inline(always)]
    pub fn as_value(&self) -> &Value {
        // SAFETY: a pointer value and a `Ref` are the same word.
        unsafe { &*(self as *const Ref<T>).cast::<Value>() }
    }
}

impl<T: Payload> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a reference keeps its object alive.
        unsafe { &self.pointer.as_ref().payload }
    }
}

impl<T: Payload> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        self.header().increment();
        Ref { pointer: self.pointer, owns: PhantomData }
    }
}

impl<T: Payload> Drop for Ref<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.header().decrement() {
            // SAFETY: this was the last reference.
            unsafe { deallocate(self.pointer.as_ptr().cast()) };
        }
    }
}

impl<T: Payload + std::fmt::Display> std::fmt::Display for Ref<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: Payload> std::fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_value().fmt(f)
    }
}

/// A block for an object of `class` with `bytes` of header and payload: the header is initialised (count 1),
/// and so are the attributes; the payload is not. Call [`finish`] when it is.
#[inline]
pub(crate) fn allocate(class: &Ref<Class>, bytes: usize) -> NonNull<Header> {
    allocate_parts(
        class.clone().into_pointer(),
        class.layout().gc || class.has_attributes(),
        class.instance_meta(),
        bytes,
        class.attributes_bytes(),
        |header| {
            if class.has_attributes() {
                // SAFETY: the block has room for the attributes.
                unsafe { attributes::initialize(class, header) };
            }
        },
    )
}

/// Allocation for an object whose class may not exist yet (the first classes).
#[inline(always)]
pub(crate) fn allocate_parts(
    class: NonNull<Object<Class>>,
    gc: bool,
    instance_meta: u32,
    bytes: usize,
    extra: usize,
    initialize: impl FnOnce(NonNull<Header>),
) -> NonNull<Header> {
    let prefix = if gc { size_of::<GcPrefix>() } else { 0 };
    let (block, size_class) = interp::current().heap.allocate(prefix + bytes.next_multiple_of(8) + extra);
    // SAFETY: the block is at least as long as asked for.
    unsafe {
        if gc {
            block.cast::<GcPrefix>().write(GcPrefix { index: Cell::new(0), refs: Cell::new(0) });
        }
        let header = block.add(prefix).cast::<Header>();
        let meta = u32::from(size_class) | instance_meta | if gc { META_GC } else { 0 };
        header.write(Header { count: Cell::new(1), meta: Cell::new(meta), class: Cell::new(class) });
        initialize(header);
        header
    }
}

/// Makes a complete object known to the collector.
///
/// # Safety
/// The object must be fully initialised.
#[inline(always)]
pub(crate) unsafe fn finish(header: NonNull<Header>) {
    // SAFETY: by the caller's promise.
    let header = unsafe { header.as_ref() };
    if header.has(META_GC) {
        crate::gc::track(header);
    }
}

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Whether `LATER` holds anything: looking at a cell is all that most deallocations pay for the list.
    static WAITING: Cell<bool> = const { Cell::new(false) };
    static LATER: std::cell::RefCell<Vec<Later>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// An object with count 0 whose end has been put off.
struct Later {
    header: *mut Header,
    /// The collector knew it. Meanwhile it must not: it would take the object for garbage and end it a second time.
    was_tracked: bool,
}

/// How deep deallocation may nest before it goes on from a list.
const MAX_DEPTH: u32 = 50;

/// Ends an object whose count has reached zero: finaliser, weak references, contents, memory.
///
/// # Safety
/// `header` must be a live object of the current interpreter with count 0.
#[cold]
#[inline(never)]
pub(crate) unsafe fn deallocate(header: *mut Header) {
    // SAFETY: by the caller's promise.
    let is_container = unsafe { &*header }.has(META_GC);
    if !is_container {
        // What cannot hold containers does not nest.
        // SAFETY: as above.
        return unsafe { destroy(header) };
    }
    let depth = DEPTH.get();
    if depth >= MAX_DEPTH {
        // SAFETY: by the caller's promise.
        let object = unsafe { &*header };
        let was_tracked = object.has(META_TRACKED);
        if was_tracked {
            crate::gc::untrack(object);
        }
        WAITING.set(true);
        LATER.with_borrow_mut(|later| later.push(Later { header, was_tracked }));
        return;
    }
    DEPTH.set(depth + 1);
    // SAFETY: see above.
    unsafe { destroy(header) };
    if depth == 0 && WAITING.get() {
        destroy_waiting();
    }
    DEPTH.set(depth);
}

#[cold]
#[inline(never)]
fn destroy_waiting() {
    while let Some(next) = LATER.with_borrow_mut(Vec::pop) {
        // SAFETY: objects on the list have count 0 and wait for this.
        unsafe {
            if next.was_tracked {
                crate::gc::track(&*next.header);
            }
            destroy(next.header);
        }
    }
    WAITING.set(false);
}

/// # Safety
/// As [`deallocate`].
#[inline(always)]
unsafe fn destroy(header: *mut Header) {
    // SAFETY: the object is live until its block is freed by `dismantle`.
    let object = unsafe { &*header };
    if object.has(META_WEAKLY_REFERENCED) || object.class().has_finalizer() {
        // SAFETY: as above.
        let dies = unsafe { last_rites(header) };
        if !dies {
            return;
        }
    }
    // SAFETY: nothing can reach the object any more.
    unsafe { dismantle(header) };
}

/// Runs a finaliser and tells weak references; whether the object is still to die.
///
/// # Safety
/// As [`deallocate`].
#[cold]
#[inline(never)]
unsafe fn last_rites(header: *mut Header) -> bool {
    // SAFETY: by the caller's promise.
    let object = unsafe { &*header };
    if object.class().has_finalizer() && !object.has(META_FINALIZED) {
        object.set(META_FINALIZED);
        object.count.set(1);
        // SAFETY: the count of 1 is this reference.
        let value = unsafe { Value::from_bits(header as u64) };
        interp::finalize(&value);
        std::mem::forget(value);
        if !object.decrement() {
            return false; // resurrected
        }
    }
    if object.has(META_WEAKLY_REFERENCED) {
        object.count.set(1);
        crate::types::weakref::object_died(object);
        return object.decrement();
    }
    true
}

/// Drops an object's contents and frees its block, without finalisers.
///
/// # Safety
/// The object must be unreachable.
#[inline]
pub(crate) unsafe fn dismantle(header: *mut Header) {
    // SAFETY: by the caller's promise.
    unsafe {
        let object = &*header;
        if object.has(META_GC) && object.has(META_TRACKED) {
            crate::gc::untrack(object);
        }
        let class = Ref::from_pointer(object.class.get());
        if class.has_attributes() {
            attributes::drop_in_place(&class, header);
        }
        (class.layout().drop)(header);
        let prefix = if object.has(META_GC) { size_of::<GcPrefix>() } else { 0 };
        let size_class = (object.meta.get() & SIZE_CLASS_MASK) as SizeClass;
        let block = NonNull::new_unchecked(header.cast::<u8>().sub(prefix));
        interp::current().heap.free(block, size_class);
        drop(class);
    }
}

/// Makes the first class its own class.
///
/// # Safety
/// `header` must be the header of `class`, whose class pointer is not set yet.
pub(crate) unsafe fn set_first_class(header: NonNull<Header>, class: NonNull<Object<Class>>) {
    // SAFETY: by the caller's promise; the reference is counted.
    unsafe {
        header.as_ref().class.set(class);
        header.as_ref().increment();
    }
}
