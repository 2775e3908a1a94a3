//! Classes: the native half of Python's type objects.

use super::attributes::ATTRIBUTES_BYTES;
use super::header::{Header, Layout, Object, Ref};
use super::shape::Shape;
use super::slots::Slots;
use super::value::Value;
use crate::types::dict::Dict;
use crate::types::str::Str;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

/// Bits of a class's flags.
pub mod flag {
    /// Instances have attribute slots behind the payload.
    pub const HAS_ATTRIBUTES: u32 = 1;
    /// Instances have a `__dict__`.
    pub const HAS_DICT: u32 = 1 << 1;
    /// Instances can be weakly referenced.
    pub const HAS_WEAKREF: u32 = 1 << 2;
    /// Can be a base class.
    pub const BASE_TYPE: u32 = 1 << 3;
    /// Made at run time by `type(…)`; its attributes can be changed.
    pub const HEAP: u32 = 1 << 4;
    /// Has abstract methods left.
    pub const ABSTRACT: u32 = 1 << 5;
    /// Cannot be called to make instances.
    pub const NO_INSTANTIATION: u32 = 1 << 6;
    /// Matches sequence patterns.
    pub const SEQUENCE: u32 = 1 << 7;
    /// Matches mapping patterns.
    pub const MAPPING: u32 = 1 << 8;
    /// `case int(x)` binds the subject itself.
    pub const MATCH_SELF: u32 = 1 << 9;
    /// Instances act as unbound methods: a call through an instance may pass it as first argument directly.
    pub const METHOD_DESCRIPTOR: u32 = 1 << 10;
    /// Instances are exceptions.
    pub const EXCEPTION: u32 = 1 << 11;
    /// Instances are classes themselves.
    pub const METACLASS: u32 = 1 << 12;
}

/// A class.
pub struct Class {
    name: RefCell<Rc<str>>,
    qualname: RefCell<Option<Ref<Str>>>,
    base: RefCell<Option<Ref<Class>>>,
    bases: RefCell<Rc<[Ref<Class>]>>,
    mro: RefCell<Rc<[Ref<Class>]>>,
    attributes: Ref<Dict>,
    /// What instances can do.
    pub slots: Slots,
    flags: Cell<u32>,
    layout: &'static Layout,
    kind: Cell<u8>,
    instance_meta: Cell<u32>,
    /// Slots of `__slots__`, inherited ones included; they come before the named attributes.
    reserved_slots: Cell<u32>,
    guard_id: Cell<u32>,
    attributes_offset: Cell<u32>,
    attributes_bytes: Cell<u32>,
    slots_hint: Cell<u32>,
    root: Cell<Option<NonNull<Shape>>>,
    shapes: RefCell<Vec<NonNull<Shape>>>,
    /// Direct subclasses, by address, without owning them: each takes itself out when it dies.
    subclasses: RefCell<Vec<NonNull<Object<Class>>>>,
}

crate::payload!(
    Class,
    "type",
    |class, visit| {
        visit(class.attributes.as_value());
        if let Some(base) = class.base.borrow().as_ref() {
            visit(base.as_value());
        }
        class.bases.borrow().iter().for_each(|c| visit(c.as_value()));
        class.mro.borrow().iter().for_each(|c| visit(c.as_value()));
    },
    |class| {
        // The method cache must not find what goes away here.
        class.modified();
        class.attributes.clear();
        let mro = class.mro.replace(Rc::new([]));
        drop(mro);
    }
);

impl Class {
    /// A class without bases, attributes or slots of its own yet. The type-making code completes it.
    pub fn new(name: &str, layout: &'static Layout, flags: u32, attributes: Ref<Dict>) -> Class {
        let class = Class {
            name: RefCell::new(Rc::from(name)),
            qualname: RefCell::new(None),
            base: RefCell::new(None),
            bases: RefCell::new(Rc::new([])),
            mro: RefCell::new(Rc::new([])),
            attributes,
            slots: Slots::default(),
            flags: Cell::new(flags),
            layout,
            kind: Cell::new(super::header::kind::OTHER),
            instance_meta: Cell::new(0),
            reserved_slots: Cell::new(0),
            guard_id: Cell::new(0),
            attributes_offset: Cell::new(layout.size.next_multiple_of(8) as u32),
            attributes_bytes: Cell::new(0),
            slots_hint: Cell::new(4),
            root: Cell::new(None),
            shapes: RefCell::new(Vec::new()),
            subclasses: RefCell::new(Vec::new()),
        };
        class.guard_id.set(crate::interp::current().next_guard_id());
        class.note_instances();
        class
    }

    /// `__name__`
    pub fn name(&self) -> Rc<str> {
        self.name.borrow().clone()
    }

    /// Sets `__name__`.
    pub fn set_name(&self, name: &str) {
        *self.name.borrow_mut() = Rc::from(name);
    }

    /// `__qualname__`, where it is not the name.
    pub fn qualname(&self) -> Option<Ref<Str>> {
        self.qualname.borrow().clone()
    }

    /// Sets `__qualname__`.
    pub fn set_qualname(&self, qualname: Ref<Str>) {
        let old = self.qualname.replace(Some(qualname));
        drop(old);
    }

    /// The base whose layout instances extend (`__base__`); none for `object`.
    pub fn base(&self) -> Option<Ref<Class>> {
        self.base.borrow().clone()
    }

    /// `__bases__`
    pub fn bases(&self) -> Rc<[Ref<Class>]> {
        self.bases.borrow().clone()
    }

    /// `__mro__`, the class itself first.
    pub fn mro(&self) -> Rc<[Ref<Class>]> {
        self.mro.borrow().clone()
    }

    /// Sets base and bases. The caller keeps `subclasses` of the bases in step.
    pub fn set_bases(&self, base: Option<Ref<Class>>, bases: Rc<[Ref<Class>]>) {
        let old = (self.base.replace(base), self.bases.replace(bases));
        drop(old);
    }

    /// Sets the method resolution order.
    pub fn set_mro(&self, mro: Rc<[Ref<Class>]>) {
        let old = self.mro.replace(mro);
        drop(old);
    }

    /// The class's own attributes. Whoever writes to it calls [`Class::modified`] afterwards.
    pub fn attributes(&self) -> &Ref<Dict> {
        &self.attributes
    }

    /// The class's flags, see [`flag`].
    #[inline(always)]
    pub fn flags(&self) -> u32 {
        self.flags.get()
    }

    /// Whether any of these flags is set.
    #[inline(always)]
    pub fn has(&self, flags: u32) -> bool {
        self.flags.get() & flags != 0
    }

    /// Sets or unsets flags. Attribute flags only before the first instance exists.
    pub fn set_flags(&self, flags: u32, on: bool) {
        self.flags.set(if on { self.flags.get() | flags } else { self.flags.get() & !flags });
        self.note_instances();
    }

    /// Makes instances recognisable by their headers. Only for a class that the interpreter itself makes, before it has any,
    /// and whose layout is the one that the kind stands for.
    pub(crate) fn set_kind(&self, kind: u8) {
        self.kind.set(kind);
        self.note_instances();
    }

    fn note_instances(&self) {
        let plain = self.has_attributes() && self.attributes_offset() == size_of::<Header>();
        self.instance_meta.set(super::header::instance_meta(self.kind.get(), plain));
    }

    /// What instances' headers say of their class.
    #[inline(always)]
    pub(crate) fn instance_meta(&self) -> u32 {
        self.instance_meta.get()
    }

    /// What instances' native payload is.
    #[inline(always)]
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// Whether instances have attribute slots.
    #[inline(always)]
    pub fn has_attributes(&self) -> bool {
        self.has(flag::HAS_ATTRIBUTES)
    }

    /// Whether instances have a `__dict__`.
    #[inline(always)]
    pub fn has_dict(&self) -> bool {
        self.has(flag::HAS_DICT)
    }

    /// Whether something must run when an instance dies.
    #[inline(always)]
    pub fn has_finalizer(&self) -> bool {
        self.slots.finalize.get().is_some()
    }

    /// The number of `__slots__`, inherited ones included.
    pub fn reserved_slots(&self) -> u32 {
        self.reserved_slots.get()
    }

    /// Sets the number of `__slots__`, before the first instance exists.
    pub fn set_reserved_slots(&self, count: u32) {
        self.reserved_slots.set(count);
        self.slots_hint.set(count + if self.has_dict() { 4 } else { 0 });
    }

    /// Whether `self` is `other` or a subclass of it, by the method resolution order.
    pub fn is_subclass(&self, other: &Ref<Class>) -> bool {
        std::ptr::eq(self, &**other) || self.mro.borrow().iter().any(|c| c.is(other))
    }

    /// An attribute found along the method resolution order, unbound. `name` must be interned.
    pub fn lookup(&self, name: &Ref<Str>) -> Option<Value> {
        let cache = &crate::interp::current().method_cache;
        if let Some(hit) = cache.get(self.guard_id.get(), name) {
            return hit;
        }
        let found = self.lookup_uncached(name);
        cache.put(self.guard_id.get(), name, found.as_ref());
        found
    }

    fn lookup_uncached(&self, name: &Ref<Str>) -> Option<Value> {
        let mro = self.mro();
        mro.iter().find_map(|class| class.attributes.get_str(name))
    }

    /// Guards inline caches: changes whenever the class or one of its bases changes, and no other class ever has it.
    #[inline(always)]
    pub fn guard_id(&self) -> u32 {
        self.guard_id.get()
    }

    /// Invalidates every cache that relies on this class. Call it after each change of its attributes, bases or order.
    pub fn modified(&self) {
        let mut work: Vec<Ref<Class>> = Vec::new();
        self.renew_ids(&mut work);
        while let Some(class) = work.pop() {
            class.renew_ids(&mut work);
        }
    }

    fn renew_ids(&self, work: &mut Vec<Ref<Class>>) {
        let interp = crate::interp::current();
        self.guard_id.set(interp.next_guard_id());
        for shape in self.shapes.borrow().iter() {
            // SAFETY: shapes live as long as their class.
            unsafe { shape.as_ref() }.id.set(interp.next_guard_id());
        }
        work.extend(self.subclasses());
    }

    /// The direct subclasses.
    pub fn subclasses(&self) -> Vec<Ref<Class>> {
        self.subclasses
            .borrow()
            .iter()
            // A class with count 0 waits for its end.
            // SAFETY: a subclass takes itself out of the list before its memory goes.
            .filter(|pointer| unsafe { pointer.as_ref() }.header.count() > 0)
            .map(|pointer| {
                // SAFETY: a subclass takes itself out of the list before it dies; cloning counts the new reference.
                let borrowed = std::mem::ManuallyDrop::new(unsafe { Ref::from_pointer(*pointer) });
                (*borrowed).clone()
            })
            .collect()
    }

    /// Notes a direct subclass.
    pub fn add_subclass(&self, class: &Ref<Class>) {
        let pointer = NonNull::from(unsafe_object(class));
        let mut all = self.subclasses.borrow_mut();
        if !all.contains(&pointer) {
            all.push(pointer);
        }
    }

    /// Forgets a direct subclass (`__bases__` assignment, or its death).
    pub fn remove_subclass(&self, class: &Class) {
        self.subclasses.borrow_mut().retain(|pointer| {
            // SAFETY: listed classes are alive, or in the middle of their drop, where the payload's address is still valid.
            !std::ptr::eq(unsafe { &raw const (*pointer.as_ptr()).payload }, class)
        });
    }

    // --- layout of instances ---

    /// Bytes from an instance's address to its attributes.
    #[inline(always)]
    pub(crate) fn attributes_offset(&self) -> usize {
        self.attributes_offset.get() as usize
    }

    /// Bytes that an instance's attributes take.
    #[inline(always)]
    pub(crate) fn attributes_bytes(&self) -> usize {
        if self.has_attributes() {
            self.root_shape();
            self.attributes_bytes.get() as usize
        } else {
            0
        }
    }

    /// The shape of a new instance.
    #[inline(always)]
    pub(crate) fn root_shape(&self) -> NonNull<Shape> {
        match self.root.get() {
            Some(root) => root,
            None => self.make_root(),
        }
    }

    #[cold]
    fn make_root(&self) -> NonNull<Shape> {
        let id = crate::interp::current().next_guard_id();
        let capacity = self.slots_hint.get().max(self.reserved_slots.get());
        let root = self.own_shape(Shape::root(id, capacity, self.reserved_slots.get(), false));
        self.attributes_bytes.set((ATTRIBUTES_BYTES + capacity as usize * size_of::<Value>()) as u32);
        self.root.set(Some(root));
        root
    }

    /// Learns how many slots instances use, so that later ones have them inline.
    #[inline]
    pub(crate) fn note_slots(&self, count: u32) {
        if count > self.slots_hint.get() && count <= 32 {
            self.slots_hint.set(count);
            self.root.set(None);
        }
    }

    /// The shape of instances that keep their attributes in a dictionary.
    pub(crate) fn dictionary_shape(&self, inline_capacity: u32) -> NonNull<Shape> {
        for shape in self.shapes.borrow().iter() {
            // SAFETY: shapes live as long as their class.
            let candidate = unsafe { shape.as_ref() };
            if candidate.is_dictionary && candidate.inline_capacity == inline_capacity {
                return *shape;
            }
        }
        let id = crate::interp::current().next_guard_id();
        self.own_shape(Shape::root(id, inline_capacity, self.reserved_slots.get(), true))
    }

    pub(crate) fn own_shape(&self, shape: Shape) -> NonNull<Shape> {
        let shape = NonNull::from(Box::leak(Box::new(shape)));
        self.shapes.borrow_mut().push(shape);
        shape
    }
}

fn unsafe_object(class: &Ref<Class>) -> &Object<Class> {
    // SAFETY: a reference keeps its object alive.
    unsafe { &*class.as_ptr() }
}

impl Drop for Class {
    fn drop(&mut self) {
        let bases = self.bases.replace(Rc::new([]));
        for base in bases.iter() {
            base.remove_subclass(self);
        }
        for shape in self.shapes.get_mut().drain(..) {
            // SAFETY: made by `Box::leak` in `own_shape`; instances keep their class alive, so none is left.
            drop(unsafe { Box::from_raw(shape.as_ptr()) });
        }
    }
}
