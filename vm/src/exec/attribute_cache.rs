//! Attribute instructions and their inline caches.

use super::instruction::{Instruction, Op};
use super::run::Registers;
use crate::object::slots::{GetAttrFn, SetAttrFn};
use crate::object::{Ref, Value, attributes};
use crate::protocol::attributes::{generic_get_attr, generic_set_attr};
use crate::types::module::Module;
use crate::types::property::Property;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

/// What guards a cache for this object: its shape's id, or its class's guard.
#[inline(always)]
pub(super) fn guard(object: &Value) -> u32 {
    match attributes::shape_of(object) {
        Some(shape) => shape.id.get(),
        None => object.class().guard_id(),
    }
}

/// The id of an object's shape; 0, which is nobody's, where it has none.
#[inline(always)]
pub(super) fn shape_guard(object: &Value) -> u32 {
    attributes::shape_of(object).map_or(0, |s| s.id.get())
}

/// The inline slot that a filled cache names, if its guard holds and the slot is set.
#[inline(always)]
pub(super) fn read_slot<'a>(object: &'a Value, i: &Instruction) -> Option<&'a Value> {
    if shape_guard(object) != i.lower() {
        return None;
    }
    // SAFETY: the shape was seen with the slot at this offset inside the instance.
    let value = unsafe { &*((object.bits() as usize + i.upper() as usize) as *const Value) };
    if value.is_unbound() { None } else { Some(value) }
}

/// Replaces the inline slot that a filled cache names. The caller has checked the guard.
#[inline(always)]
pub(super) fn replace_slot(object: &Value, offset: u32, value: Value) -> Value {
    // SAFETY: as for `read_slot`.
    unsafe { ((object.bits() as usize + offset as usize) as *mut Value).replace(value) }
}

fn name_of(vm: &mut Vm, i: &Instruction) -> PyResult<Ref<Str>> {
    let index = if i.c == u16::MAX { i.x.get() as usize } else { i.c as usize };
    match vm.frames.last().and_then(|f| f.code.names.get(index).cloned()) {
        Some(name) => Ok(name),
        None => Err(vm.system_error("no such name")),
    }
}

fn is_generic(object: &Value) -> bool {
    let generic: GetAttrFn = generic_get_attr;
    object.class().slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic))
}

fn add_cached(vm: &Vm, value: Value) -> Option<u32> {
    vm.frames.last().and_then(|f| f.prepared().add_cached(value))
}

/// `LOAD_ATTR` without a call.
pub(super) fn load(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    if i.c != u16::MAX {
        specialize_load(vm, i, object, &name);
    }
    vm.get_attr(object, &name)
}

fn specialize_load(vm: &mut Vm, i: &Instruction, object: &Value, name: &Ref<Str>) {
    if let Some(module) = object.downcast_ref::<Module>()
        && object.class().is(&vm.types().module)
    {
        if let Some(position) = module.dict.position_str(name).and_then(|p| u32::try_from(p).ok()) {
            i.specialize(Op::LoadAttrModule, module.dict.keys_version(), position);
        }
        return;
    }
    if !is_generic(object) {
        return;
    }
    let class = object.class();
    let inherited = class.lookup(name);
    if let Some(inherited) = &inherited
        && inherited.class().slots.descr_set.get().is_some()
    {
        if inherited.class().is(&vm.types().property)
            && inherited.downcast_ref::<Property>().is_some_and(|p| p.python_getter().is_some())
            && let Some(index) = add_cached(vm, inherited.clone())
        {
            i.specialize(Op::LoadAttrProperty, guard(object), index);
        }
        return;
    }
    let shape = attributes::shape_of(object);
    match shape {
        Some(shape) if shape.is_dictionary && class.has_dict() => {}
        Some(shape) if shape.slot(name).is_some() => {
            let Some(slot) = shape.slot(name).filter(|s| *s < shape.inline_capacity) else { return };
            if let Ok(offset) = u32::try_from(attributes::inline_slot_offset(class, slot)) {
                i.specialize(Op::LoadAttrSlot, shape.id.get(), offset);
            }
        }
        _ => {
            let Some(inherited) = inherited else { return };
            if inherited.class().slots.descr_get.get().is_none()
                && let Some(index) = add_cached(vm, inherited)
            {
                i.specialize(Op::LoadAttrClass, guard(object), index);
            }
        }
    }
}

/// `LOAD_ATTR` of what is called next: a function and the object, or any callable.
pub(super) fn load_method(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = name_of(vm, i)?;
    let temporary = i.uses & super::instruction::uses::B != 0;
    let (function, unbound) = {
        let object = registers.get(i.b);
        let found = vm.get_method(object, &name)?;
        if found.1 && i.c != u16::MAX {
            specialize_method(vm, i, object, &found.0);
        }
        found
    };
    if unbound {
        let object = registers.own(i.b, temporary);
        registers.set(i.a + 1, object);
        registers.set(i.a, function);
    } else {
        let object = temporary.then(|| registers.take(i.b));
        drop(object);
        registers.set(i.a + 1, function);
        registers.set(i.a, Value::UNBOUND);
    }
    Ok(())
}

fn specialize_method(vm: &mut Vm, i: &Instruction, object: &Value, method: &Value) {
    match attributes::shape_of(object) {
        Some(shape) if shape.is_dictionary && object.class().has_dict() => {}
        Some(shape) => {
            let id = shape.id.get();
            if let Some(index) = add_cached(vm, method.clone()) {
                i.specialize(Op::LoadMethodShape, id, index);
            }
        }
        None => {
            let id = object.class().guard_id();
            if let Some(index) = add_cached(vm, method.clone()) {
                i.specialize(Op::LoadMethodClass, id, index);
            }
        }
    }
}

/// `STORE_ATTR`
pub(super) fn store(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = name_of(vm, i)?;
    let (object, value) = (registers.get(i.b), registers.get(i.a));
    vm.set_attr(object, &name, value.clone())?;
    let generic: SetAttrFn = generic_set_attr;
    let class = object.class();
    if i.c == u16::MAX || !class.slots.setattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic)) {
        return Ok(());
    }
    // The next store through this instruction most likely meets an object that has the attribute already.
    let Some(shape) = attributes::shape_of(object).filter(|s| !s.is_dictionary) else { return Ok(()) };
    let data_descriptor = class.lookup(&name).is_some_and(|d| d.class().slots.descr_set.get().is_some());
    if let Some(slot) = shape.slot(&name)
        && slot < shape.inline_capacity
        && !data_descriptor
        && let Ok(offset) = u32::try_from(attributes::inline_slot_offset(class, slot))
    {
        i.specialize(Op::StoreAttrSlot, shape.id.get(), offset);
    }
    Ok(())
}

/// `DELETE_ATTR`
pub(super) fn delete(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = match vm.frames.last().and_then(|f| f.code.names.get(i.x.get() as usize).cloned()) {
        Some(name) => name,
        None => return Err(vm.system_error("no such name")),
    };
    vm.del_attr(registers.get(i.b), &name)
}
