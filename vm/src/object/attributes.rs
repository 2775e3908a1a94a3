//! The attributes of one instance: its shape and slot values, or its dictionary.

use super::class::Class;
use super::header::{Header, META_PLAIN, Ref, Visitor};
use super::shape::Shape;
use super::value::Value;
use crate::types::dict::Dict;
use crate::types::str::Str;
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// Lies behind the payload of instances that have attributes; the inline slot values follow it.
#[repr(C)]
pub(crate) struct Attributes {
    shape: Cell<NonNull<Shape>>,
    /// A `Box<Vec<Value>>` with the slots that do not lie inline or, for a dictionary shape, a `Ref<Dict>`;
    /// null where there is neither yet.
    extra: Cell<*mut ()>,
}

/// Bytes before the inline values.
pub(crate) const ATTRIBUTES_BYTES: usize = size_of::<Attributes>();

type Overflow = Vec<Value>;

/// Writes empty attributes.
///
/// # Safety
/// `class` must have attributes, and `header` a block that is large enough.
#[inline]
pub(crate) unsafe fn initialize(class: &Class, header: NonNull<Header>) {
    let shape = class.root_shape();
    // SAFETY: by the caller's promise.
    unsafe {
        let attributes = header.cast::<u8>().add(class.attributes_offset()).cast::<Attributes>();
        attributes.write(Attributes { shape: Cell::new(shape), extra: Cell::new(null_mut()) });
        let values = attributes.add(1).cast::<Value>();
        for i in 0..shape.as_ref().inline_capacity as usize {
            values.add(i).write(Value::UNBOUND);
        }
    }
}

/// Drops what `initialize` and later writes put there.
///
/// # Safety
/// The object must be dying, and its class be `class`.
pub(crate) unsafe fn drop_in_place(class: &Class, header: *mut Header) {
    // SAFETY: by the caller's promise.
    unsafe {
        let attributes = &*header.cast::<u8>().add(class.attributes_offset()).cast::<Attributes>();
        let shape = attributes.shape.get().as_ref();
        let values = attributes.values();
        // Slots past those in use hold no pointer.
        for i in 0..shape.len.min(shape.inline_capacity) as usize {
            drop(values.add(i).read());
        }
        if !attributes.extra.get().is_null() {
            attributes.drop_extra(shape.is_dictionary);
        }
    }
}

impl Attributes {
    fn shape(&self) -> &Shape {
        // SAFETY: the instance keeps its class alive, and the class its shapes.
        unsafe { self.shape.get().as_ref() }
    }

    #[inline(always)]
    fn values(&self) -> *mut Value {
        // The inline values lie behind; provenance comes from the whole block.
        (self as *const Attributes as *mut Attributes).wrapping_add(1).cast()
    }

    unsafe fn drop_extra(&self, is_dictionary: bool) {
        let extra = self.extra.replace(null_mut());
        if extra.is_null() {
            return;
        }
        // SAFETY: `extra` is what the shape says.
        unsafe {
            if is_dictionary {
                drop(Value::from_bits(extra as u64));
            } else {
                drop(Box::from_raw(extra.cast::<Overflow>()));
            }
        }
    }

    #[expect(clippy::mut_from_ref, reason = "the overflow is behind a cell; see the safety comment")]
    fn overflow(&self) -> Option<&mut Overflow> {
        let extra = self.extra.get();
        if extra.is_null() || self.shape().is_dictionary {
            return None;
        }
        // SAFETY: it is a box of ours; references to it never outlive one operation of this module, none of
        // which runs foreign code while it holds one.
        Some(unsafe { &mut *extra.cast::<Overflow>() })
    }

    fn read(&self, slot: u32) -> Option<Value> {
        let inline = self.shape().inline_capacity;
        let value = if slot < inline {
            // SAFETY: the slot lies inside the instance.
            unsafe { (*self.values().add(slot as usize)).clone() }
        } else {
            self.overflow()?.get((slot - inline) as usize)?.clone()
        };
        (!value.is_unbound()).then_some(value)
    }

    /// Writes a slot and gives the old value back, so that the caller drops it when everything is consistent.
    fn replace(&self, slot: u32, value: Value) -> Value {
        let inline = self.shape().inline_capacity;
        if slot < inline {
            // SAFETY: the slot lies inside the instance.
            return unsafe { self.values().add(slot as usize).replace(value) };
        }
        if self.extra.get().is_null() {
            self.extra.set(Box::into_raw(Box::new(Overflow::new())).cast());
        }
        let Some(overflow) = self.overflow() else { return value };
        let index = (slot - inline) as usize;
        if overflow.len() <= index {
            overflow.resize_with(index + 1, || Value::UNBOUND);
        }
        std::mem::replace(&mut overflow[index], value)
    }

    fn dictionary(&self) -> Option<&Ref<Dict>> {
        if !self.shape().is_dictionary || self.extra.get().is_null() {
            return None;
        }
        // SAFETY: with a dictionary shape `extra` is a `Ref<Dict>`, whose word lies in this cell.
        Some(unsafe { &*self.extra.as_ptr().cast::<Ref<Dict>>() })
    }
}

/// The attributes of an object, if its class gives it any.
#[inline(always)]
pub(crate) fn of(object: &Value) -> Option<&Attributes> {
    let header = object.header()?;
    let class = header.class();
    if !class.has_attributes() {
        return None;
    }
    // SAFETY: the class says that they are there.
    Some(unsafe {
        &*(header as *const Header).cast::<u8>().add(class.attributes_offset()).cast::<Attributes>()
    })
}

/// The id of an object's shape and its address, for inline caches.
#[inline(always)]
pub fn shape_of(object: &Value) -> Option<&Shape> {
    of(object).map(Attributes::shape)
}

/// The shape of an object whose header says that its attributes lie directly behind it.
#[inline(always)]
pub(crate) fn plain_shape(header: &Header) -> &Shape {
    debug_assert!(header.has(META_PLAIN));
    // SAFETY: the header's flag says where they are; the instance keeps its class alive, and the class its shapes.
    unsafe { (*(header as *const Header).add(1).cast::<Attributes>()).shape.get().as_ref() }
}

/// Gives an instance its next attribute, which lies inside it at `offset`, and the shape that goes with that. The caller knows
/// from the instance's shape that both fit.
#[inline(always)]
pub(crate) fn extend(object: &Value, shape: NonNull<Shape>, offset: u32, value: Value) {
    let Some(attributes) = of(object) else { return };
    attributes.shape.set(shape);
    // SAFETY: the slot lies inside the instance, and was unset under the old shape.
    unsafe { ((object.bits() as usize + offset as usize) as *mut Value).write(value) };
}

/// Visits the references among an object's attributes.
pub(crate) fn traverse(object: &Value, visit: Visitor<'_>) {
    let Some(attributes) = of(object) else { return };
    for slot in 0..attributes.shape().inline_capacity {
        // SAFETY: the slot lies inside the instance.
        visit(unsafe { &*attributes.values().add(slot as usize) });
    }
    if let Some(dictionary) = attributes.dictionary() {
        visit(dictionary.as_value());
    }
    if let Some(overflow) = attributes.overflow() {
        overflow.iter().for_each(visit);
    }
}

/// Drops an object's attributes to break a cycle.
pub(crate) fn clear(object: &Value) {
    let Some(attributes) = of(object) else { return };
    let inline = attributes.shape().inline_capacity;
    let mut old = Vec::new();
    for slot in 0..inline {
        old.push(attributes.replace(slot, Value::UNBOUND));
    }
    if let Some(overflow) = attributes.overflow() {
        old.extend(overflow.iter_mut().map(|v| std::mem::replace(v, Value::UNBOUND)));
    }
    drop(old);
}

/// An attribute of the instance itself. `name` must be interned.
pub fn get(object: &Value, name: &Ref<Str>) -> Option<Value> {
    let attributes = of(object)?;
    if let Some(dictionary) = attributes.dictionary() {
        return dictionary.get_str(name);
    }
    attributes.read(attributes.shape().slot(name)?)
}

/// Sets an attribute of the instance itself; whether its class lets it have one. `name` must be interned.
pub fn set(object: &Value, name: &Ref<Str>, value: Value) -> bool {
    let Some(attributes) = of(object) else { return false };
    let Some(header) = object.header() else { return false };
    let class = header.class();
    if !class.has_dict() {
        return false;
    }
    if attributes.shape().is_dictionary {
        instance_dict(object, class, attributes).set_str(name, value);
        return true;
    }
    if let Some(slot) = attributes.shape().slot(name) {
        drop(attributes.replace(slot, value));
        return true;
    }
    match attributes.shape().with(name, class) {
        Some(shape) => {
            let slot = attributes.shape().len;
            attributes.shape.set(shape);
            drop(attributes.replace(slot, value));
            class.note_slots(slot + 1);
        }
        None => instance_dict(object, class, attributes).set_str(name, value),
    }
    true
}

/// Deletes an attribute of the instance itself; whether there was one. `name` must be interned.
pub fn delete(object: &Value, name: &Ref<Str>) -> bool {
    let Some(attributes) = of(object) else { return false };
    let Some(header) = object.header() else { return false };
    if !attributes.shape().is_dictionary {
        let Some(slot) = attributes.shape().slot(name) else { return false };
        if let Some(parent) = attributes.shape().without_newest(name) {
            let old = attributes.replace(slot, Value::UNBOUND);
            attributes.shape.set(parent);
            drop(old);
            return true;
        }
    }
    instance_dict(object, header.class(), attributes).remove_str(name).is_some()
}

/// A slot of `__slots__`.
pub fn get_slot(object: &Value, slot: u32) -> Option<Value> {
    of(object)?.read(slot)
}

/// Sets or (with `UNBOUND`) deletes a slot of `__slots__`; gives the old value back.
pub fn replace_slot(object: &Value, slot: u32, value: Value) -> Value {
    match of(object) {
        Some(attributes) => attributes.replace(slot, value),
        None => Value::UNBOUND,
    }
}

/// The instance's `__dict__`, made when first asked for; `None` where its class gives it none.
pub fn dict(object: &Value) -> Option<Ref<Dict>> {
    let header = object.header()?;
    let class = header.class();
    if !class.has_dict() {
        return None;
    }
    let attributes = of(object)?;
    Some(instance_dict(object, class, attributes))
}

/// A copy of the instance's attributes as name and value pairs, without making its `__dict__`.
pub fn snapshot(object: &Value) -> Option<Vec<(Value, Value)>> {
    let attributes = of(object)?;
    if let Some(dictionary) = attributes.dictionary() {
        return Some(dictionary.items());
    }
    let named = attributes.shape().attributes();
    Some(named.into_iter().filter_map(|(name, slot)| Some((name.into(), attributes.read(slot)?))).collect())
}

/// Replaces the instance's `__dict__`; whether its class gives it one.
pub fn set_dict(object: &Value, new: Ref<Dict>) -> bool {
    let Some(header) = object.header() else { return false };
    let class = header.class();
    let (Some(attributes), true) = (of(object), class.has_dict()) else { return false };
    instance_dict(object, class, attributes);
    let old = attributes.extra.replace(new.into_raw().cast());
    // SAFETY: with a dictionary shape `extra` is an owned `Ref<Dict>`.
    drop(unsafe { Value::from_bits(old as u64) });
    true
}

/// Moves the instance's named slots into a dictionary, unless they are there already.
fn instance_dict(_object: &Value, class: &Class, attributes: &Attributes) -> Ref<Dict> {
    if let Some(dictionary) = attributes.dictionary() {
        return dictionary.clone();
    }
    let dictionary = Dict::new();
    let mut moved = Vec::new();
    if !attributes.shape().is_dictionary {
        for (name, slot) in attributes.shape().attributes() {
            let value = attributes.replace(slot, Value::UNBOUND);
            if !value.is_unbound() {
                moved.push((name, value));
            }
        }
        // SAFETY: not a dictionary shape, so this is the overflow, which is empty now.
        unsafe { attributes.drop_extra(false) };
        attributes.shape.set(class.dictionary_shape(attributes.shape().inline_capacity));
    }
    attributes.extra.set(dictionary.clone().into_raw().cast());
    for (name, value) in moved {
        dictionary.set_str(&name, value);
    }
    dictionary
}

/// Changes an object's class to one of the same layout (`__class__` assignment), keeping its attributes.
///
/// The caller has checked that both classes have the same native layout, the same `__slots__`, and agree on having a `__dict__`.
pub fn change_class(object: &Value, class: &Ref<Class>) {
    let Some(header) = object.header() else { return };
    let old = header.class().clone();
    if let Some(attributes) = of(object) {
        if old.has_dict() {
            instance_dict(object, &old, attributes);
        }
        attributes.shape.set(class.dictionary_shape(attributes.shape().inline_capacity));
    }
    // SAFETY: the layouts are the same, and the shape is the new class's.
    unsafe { header.set_class(class.clone()) };
}

/// The address of an inline slot, relative to the object's address.
#[inline(always)]
pub(crate) fn inline_slot_offset(class: &Class, slot: u32) -> usize {
    class.attributes_offset() + ATTRIBUTES_BYTES + slot as usize * size_of::<Value>()
}
