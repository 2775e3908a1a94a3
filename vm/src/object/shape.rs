//! Shapes (hidden classes): which attribute lives in which slot of an instance.
//!
//! Each class has a tree of shapes. Its root has no attributes; adding an attribute follows or makes a
//! transition to a child. An instance whose attributes cannot be described by a short chain of additions
//! (one was deleted, there are too many, or its `__dict__` was asked for) has the class's *dictionary
//! shape*, and keeps its attributes in a dictionary.
//!
//! A shape's `id` guards inline caches. It says more than the layout: a shape belongs to one class, and
//! whenever that class or one of its bases changes, all its shapes get new ids. So one comparison proves
//! the instance's class, that nothing it inherits has changed, and where its attributes are.

use super::class::Class;
use super::header::Ref;
use crate::types::str::Str;
use rustc_hash::FxHashMap;
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::NonNull;

/// More attributes than this live in a dictionary.
pub const MAX_SLOTS: u32 = 120;

/// Where the attributes of some instances of one class live.
pub struct Shape {
    /// Guards inline caches; 0 is no shape's.
    pub id: Cell<u32>,
    /// Slots that lie inside the instance. The same for all shapes under one root.
    pub inline_capacity: u32,
    /// Slots in use, those of `__slots__` included.
    pub len: u32,
    /// Attributes live in a dictionary; slots are only those of `__slots__`.
    pub is_dictionary: bool,
    parent: Option<NonNull<Shape>>,
    name: Option<Ref<Str>>,
    children: RefCell<FxHashMap<usize, NonNull<Shape>>>,
    slots: OnceCell<FxHashMap<usize, u32>>,
}

impl Shape {
    /// A root.
    pub(crate) fn root(id: u32, inline_capacity: u32, reserved: u32, is_dictionary: bool) -> Shape {
        Shape {
            id: Cell::new(id),
            inline_capacity,
            len: reserved,
            is_dictionary,
            parent: None,
            name: None,
            children: RefCell::new(FxHashMap::default()),
            slots: OnceCell::new(),
        }
    }

    fn key(name: &Ref<Str>) -> usize {
        name.as_ptr() as usize
    }

    /// The slot of an attribute. `name` must be interned.
    #[inline]
    pub fn slot(&self, name: &Ref<Str>) -> Option<u32> {
        self.parent?;
        self.slots.get_or_init(|| self.collect_slots()).get(&Shape::key(name)).copied()
    }

    fn collect_slots(&self) -> FxHashMap<usize, u32> {
        let mut slots = FxHashMap::default();
        self.each_attribute(|name, slot| {
            slots.insert(Shape::key(name), slot);
        });
        slots
    }

    /// The attributes, newest first.
    fn each_attribute(&self, mut f: impl FnMut(&Ref<Str>, u32)) {
        let mut shape = self;
        while let (Some(name), Some(parent)) = (&shape.name, shape.parent) {
            f(name, shape.len - 1);
            // SAFETY: shapes live as long as their class, and a parent is of the same class.
            shape = unsafe { parent.as_ref() };
        }
    }

    /// The attributes with their slots, in the order in which they were added.
    pub fn attributes(&self) -> Vec<(Ref<Str>, u32)> {
        let mut all = Vec::with_capacity(self.len as usize);
        self.each_attribute(|name, slot| all.push((name.clone(), slot)));
        all.reverse();
        all
    }

    /// The shape with one more attribute; `None` where there would be too many. `name` must be interned.
    pub(crate) fn with(&self, name: &Ref<Str>, class: &Class) -> Option<NonNull<Shape>> {
        if let Some(child) = self.children.borrow().get(&Shape::key(name)) {
            return Some(*child);
        }
        if self.len >= MAX_SLOTS || self.is_dictionary || self.children.borrow().len() > 64 {
            return None;
        }
        let child = class.own_shape(Shape {
            id: Cell::new(crate::interp::current().next_guard_id()),
            inline_capacity: self.inline_capacity,
            len: self.len + 1,
            is_dictionary: false,
            parent: Some(NonNull::from(self)),
            name: Some(name.clone()),
            children: RefCell::new(FxHashMap::default()),
            slots: OnceCell::new(),
        });
        self.children.borrow_mut().insert(Shape::key(name), child);
        Some(child)
    }

    /// The shape before the newest attribute, if that is `name`.
    pub(crate) fn without_newest(&self, name: &Ref<Str>) -> Option<NonNull<Shape>> {
        if self.name.as_ref()?.is(name) { self.parent } else { None }
    }
}
