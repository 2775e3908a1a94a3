//! What reading or writing an attribute comes down to for all objects with one guard, and the cache of that.
//!
//! An instruction that always meets the same guard has the answer in its own inline cache. One that meets many asks
//! this cache, which all instructions share.

use super::attribute_cache::guard;
use crate::object::slots::{GetAttrFn, SetAttrFn};
use crate::object::{Ref, Value, attributes};
use crate::protocol::attributes::{generic_get_attr, generic_set_attr};
use crate::types::descriptor::MemberDescriptor;
use crate::types::function::Function;
use crate::types::property::Property;
use crate::types::str::Str;
use crate::vm::Vm;
use std::cell::{Cell, RefCell};

/// How an attribute is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// It lies inside the instance, at this offset in bytes, if it is set there.
    Slot(u32),
    /// It is what the class has under the name.
    Class,
    /// The class has a function or the like, which a call gets the object for.
    Method,
    /// The class has a property whose getter is a function of one parameter.
    Getter,
}

/// How an attribute is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// It replaces what lies inside the instance, at this offset in bytes.
    Slot(u32),
    /// It comes to lie there: the instance gets another shape.
    Add(u32),
}

/// How an attribute of an object is read, where that is simple. `name` must be interned.
pub(crate) fn read(vm: &Vm, object: &Value, name: &Ref<Str>) -> Option<Read> {
    let guard = guard(object);
    let cache = &vm.interp.reads;
    if let Some(found) = cache.get(guard, name) {
        return Some(found);
    }
    let found = resolve_read(vm, object, name)?;
    cache.put(guard, name, found);
    Some(found)
}

/// How an attribute of an object is written, where that is simple. `name` must be interned.
pub(crate) fn write(vm: &Vm, object: &Value, name: &Ref<Str>) -> Option<Write> {
    let guard = guard(object);
    let cache = &vm.interp.writes;
    if let Some(found) = cache.get(guard, name) {
        return Some(found);
    }
    let found = resolve_write(object, name)?;
    cache.put(guard, name, found);
    Some(found)
}

fn resolve_read(vm: &Vm, object: &Value, name: &Ref<Str>) -> Option<Read> {
    let generic: GetAttrFn = generic_get_attr;
    let class = object.class();
    if !class.slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic)) {
        return None;
    }
    let inherited = class.lookup(name);
    if let Some(found) = &inherited
        && found.class().slots.descr_set.get().is_some()
    {
        if found.class().is(&vm.types().property) {
            return found.downcast_ref::<Property>()?.python_getter().map(|_| Read::Getter);
        }
        return member_offset(object, found).map(Read::Slot);
    }
    if let Some(shape) = attributes::shape_of(object) {
        if shape.is_dictionary && class.has_dict() {
            return None;
        }
        if let Some(slot) = shape.slot(name) {
            return inline_offset(object, slot).map(Read::Slot);
        }
    }
    let inherited = inherited?;
    if inherited.class().has(crate::object::class::flag::METHOD_DESCRIPTOR) {
        return Some(Read::Method);
    }
    inherited.class().slots.descr_get.get().is_none().then_some(Read::Class)
}

fn resolve_write(object: &Value, name: &Ref<Str>) -> Option<Write> {
    let generic: SetAttrFn = generic_set_attr;
    let class = object.class();
    if !class.slots.setattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic)) {
        return None;
    }
    if let Some(found) = class.lookup(name)
        && found.class().slots.descr_set.get().is_some()
    {
        return member_offset(object, &found).map(Write::Slot);
    }
    let shape = attributes::shape_of(object)?;
    if shape.is_dictionary || !class.has_dict() {
        return None;
    }
    match shape.slot(name) {
        Some(slot) => inline_offset(object, slot).map(Write::Slot),
        None => {
            shape.with(name, class)?;
            inline_offset(object, shape.len).map(Write::Add)
        }
    }
}

/// The place of a name in `__slots__` inside an instance.
fn member_offset(object: &Value, descriptor: &Value) -> Option<u32> {
    let member = descriptor.downcast_ref::<MemberDescriptor>()?;
    // Python code can put a descriptor where it does not belong.
    if member.is_native() || !object.class().is_subclass(&member.owner) {
        return None;
    }
    inline_offset(object, member.slot_index())
}

fn inline_offset(object: &Value, slot: u32) -> Option<u32> {
    let shape = attributes::shape_of(object)?;
    if slot >= shape.inline_capacity {
        return None;
    }
    u32::try_from(attributes::inline_slot_offset(object.class(), slot)).ok()
}

/// The function of a property found by [`read`].
pub(crate) fn getter(object: &Value, name: &Ref<Str>) -> Option<Ref<Function>> {
    object.class().lookup(name)?.downcast_ref::<Property>()?.python_getter()
}

/// Answers by guard and name. Guards are never used again for something else, so that an entry is never wrong.
pub(crate) struct AccessCache<T> {
    entries: Box<[Entry<T>]>,
}

struct Entry<T> {
    guard: Cell<u32>,
    access: Cell<Option<T>>,
    /// Owned, so that its address stays its own.
    name: RefCell<Option<Ref<Str>>>,
    address: Cell<usize>,
}

const ENTRIES: usize = 1024;

impl<T: Copy> AccessCache<T> {
    pub(crate) fn new() -> AccessCache<T> {
        let empty = |_| Entry {
            guard: Cell::new(0),
            access: Cell::new(None),
            name: RefCell::new(None),
            address: Cell::new(0),
        };
        AccessCache { entries: (0..ENTRIES).map(empty).collect() }
    }

    #[inline]
    fn entry(&self, guard: u32, name: &Ref<Str>) -> &Entry<T> {
        let index = (guard as usize).wrapping_mul(31).wrapping_add(name.as_ptr() as usize >> 4);
        &self.entries[index % ENTRIES]
    }

    #[inline]
    fn get(&self, guard: u32, name: &Ref<Str>) -> Option<T> {
        let entry = self.entry(guard, name);
        if entry.guard.get() == guard && entry.address.get() == name.as_ptr() as usize {
            entry.access.get()
        } else {
            None
        }
    }

    fn put(&self, guard: u32, name: &Ref<Str>, access: T) {
        if guard == 0 {
            return;
        }
        let entry = self.entry(guard, name);
        entry.guard.set(guard);
        entry.access.set(Some(access));
        entry.address.set(name.as_ptr() as usize);
        let old = entry.name.replace(Some(name.clone()));
        drop(old);
    }
}
