//! Attribute instructions and their inline caches.
//!
//! The first execution fills the cache and specialises the instruction. Where that meets another guard later, the
//! instruction becomes polymorphic: it asks the cache that all share (`access`), until the guard has stayed
//! the same for a while.

use super::access::{self, Read, Write};
use super::call;
use super::calls::Called;
use super::frame::Return;
use super::instruction::{Instruction, Op, uses};
use super::run::Registers;
use crate::object::header::META_PLAIN;
use crate::object::slots::GetAttrFn;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::method_objects::{ClassMethod, StaticMethod};
use crate::types::module::Module;
use crate::types::str::Str;
use crate::types::type_object::type_getattro;
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
    match object.header() {
        Some(header) if header.has(META_PLAIN) => attributes::plain_shape(header).id.get(),
        _ => other_shape_guard(object),
    }
}

#[inline(never)]
fn other_shape_guard(object: &Value) -> u32 {
    attributes::shape_of(object).map_or(0, |s| s.id.get())
}

/// The inline slot that a filled cache names, if its guard holds and the slot is set.
#[inline(always)]
pub(super) fn read_slot<'a>(object: &'a Value, i: &Instruction) -> Option<&'a Value> {
    if shape_guard(object) != i.lower() { None } else { slot_at(object, i.upper()) }
}

/// The inline slot at an offset, if it is set. The caller has checked the guard.
#[inline(always)]
fn slot_at(object: &Value, offset: u32) -> Option<&Value> {
    // SAFETY: the shape was seen with the slot at this offset inside the instance.
    let value = unsafe { &*((object.bits() as usize + offset as usize) as *const Value) };
    if value.is_unbound() { None } else { Some(value) }
}

/// Replaces the inline slot that a filled cache names. The caller has checked the guard.
#[inline(always)]
pub(super) fn replace_slot(object: &Value, offset: u32, value: Value) -> Value {
    // SAFETY: as for `slot_at`.
    unsafe { ((object.bits() as usize + offset as usize) as *mut Value).replace(value) }
}

fn name_of(vm: &mut Vm, i: &Instruction) -> PyResult<Ref<Str>> {
    let index = if i.c == u16::MAX { i.x.get() as usize } else { i.c as usize };
    match vm.frames.last().and_then(|f| f.code.names().get(index).cloned()) {
        Some(name) => Ok(name),
        None => Err(vm.system_error("no such name")),
    }
}

/// Whether the instruction has room for a cache: its name's number does not take it.
fn has_cache(i: &Instruction) -> bool {
    i.c != u16::MAX
}

fn add_cached(vm: &Vm, value: Value) -> Option<u32> {
    vm.frames.last().and_then(|f| f.prepared().add_cached([value]))
}

/// Fills an instruction's cache with an object beside the guard.
fn specialize_with(vm: &Vm, i: &Instruction, op: Op, guard: u32, value: Value) {
    if guard != 0
        && let Some(index) = add_cached(vm, value)
    {
        i.specialize(op, guard, index);
    }
}

/// Makes an instruction whose guard has failed polymorphic.
#[inline(always)]
pub(super) fn generalize(i: &Instruction, polymorphic: Op) {
    i.x.set(0);
    i.op.set(polymorphic);
}

/// Lets a polymorphic instruction specialise again when it keeps meeting one guard.
fn settle(i: &Instruction, guard: u32, general: Op) {
    const ENOUGH: u32 = 64;
    let seen = if i.lower() == guard { i.upper() + 1 } else { 0 };
    if seen == ENOUGH {
        i.op.set(general);
    }
    i.x.set(u64::from(seen) << 32 | u64::from(guard));
}

// --- reading ---

/// `LOAD_ATTR` without a call. A property's function is entered rather than called: the caller of this goes on in its
/// activation.
#[inline(never)]
pub(super) fn load(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<Called> {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    let access = if has_cache(i) { specialize_load(vm, i, object, &name) } else { None };
    finish_load(vm, i, registers, &name, access)
}

/// The same for an instruction that meets many guards.
#[inline(never)]
pub(super) fn load_polymorphic(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<Called> {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    settle(i, guard(object), Op::LoadAttr);
    let access = access::read(vm, object, &name);
    finish_load(vm, i, registers, &name, access)
}

fn finish_load(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    name: &Ref<Str>,
    access: Option<Read>,
) -> PyResult<Called> {
    let object = registers.get(i.b);
    let quick = match access {
        Some(Read::Slot(offset)) => slot_at(object, offset).cloned(),
        Some(Read::Class) => object.class().lookup(name),
        Some(Read::Getter) => match access::getter(object, name) {
            Some(function) => {
                let object = registers.own(i.b, i.uses & uses::B != 0);
                call::enter_with(vm, function, [object], Return::Register)?;
                return Ok(Called::Entered);
            }
            None => None,
        },
        Some(Read::Method) | None => None,
    };
    let value = match quick {
        Some(value) => value,
        None => vm.get_attr(object, name)?,
    };
    if i.uses & uses::B != 0 {
        registers.kill(i.b);
    }
    registers.set(i.a, value);
    Ok(Called::Done)
}

fn specialize_load(vm: &mut Vm, i: &Instruction, object: &Value, name: &Ref<Str>) -> Option<Read> {
    if let Some((version, position)) = module_place(object, name) {
        i.specialize(Op::LoadAttrModule, version, position);
        return None;
    }
    if let Some((class, found)) = class_attribute(object, name) {
        if let TypeAttribute::Value(value) = unwrap_static(&found, class.as_value()) {
            specialize_type(vm, i, Op::LoadAttrType, class, value);
        }
        return None;
    }
    let access = access::read(vm, object, name)?;
    match access {
        Read::Slot(offset) if shape_guard(object) != 0 => {
            i.specialize(Op::LoadAttrSlot, shape_guard(object), offset);
        }
        Read::Class => {
            if let Some(value) = object.class().lookup(name) {
                specialize_with(vm, i, Op::LoadAttrClass, guard(object), value);
            }
        }
        Read::Getter => {
            if let Some(property) = object.class().lookup(name) {
                specialize_with(vm, i, Op::LoadAttrProperty, guard(object), property);
            }
        }
        Read::Slot(_) | Read::Method => {}
    }
    Some(access)
}

/// The position of a module's attribute and the version of its keys.
fn module_place(object: &Value, name: &Ref<Str>) -> Option<(u32, u32)> {
    let module = object.exact::<Module>()?;
    let position = u32::try_from(module.dict.position_str(name)?).ok()?;
    let version = module.dict.keys_version();
    (version != 0).then_some((version, position))
}

/// The value in the cache of an instruction that reads an attribute of a module.
#[inline(always)]
pub(super) fn module_value(object: &Value, i: &Instruction) -> Option<Value> {
    let module = object.exact::<Module>()?;
    if module.dict.current_keys_version() != i.lower() {
        return None;
    }
    module.dict.value_at(i.upper() as usize).cloned()
}

/// What a class that is the object itself has under a name, where nothing of its metaclass comes first.
fn class_attribute<'a>(object: &'a Value, name: &Ref<Str>) -> Option<(&'a Ref<Class>, Value)> {
    let class = object.downcast_ref::<Class>()?;
    let metaclass = class.class();
    let plain: GetAttrFn = type_getattro;
    if !metaclass.slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, plain)) {
        return None;
    }
    if metaclass.lookup(name).is_some_and(|m| m.class().slots.descr_set.get().is_some()) {
        return None;
    }
    Some((class, class.lookup(name)?))
}

/// What reading an attribute of a class gives, where that is always the same.
enum TypeAttribute {
    Value(Value),
    /// A class method's function.
    Bound(Value),
    Other,
}

fn unwrap_static(found: &Value, class: &Value) -> TypeAttribute {
    let types = crate::interp::current().types();
    let kind = found.class();
    if kind.slots.descr_get.get().is_none() || kind.is(&types.function) {
        return TypeAttribute::Value(found.clone());
    }
    if kind.is(&types.staticmethod)
        && let Some(method) = found.downcast_ref::<StaticMethod>()
    {
        return TypeAttribute::Value(method.callable());
    }
    if kind.is(&types.classmethod)
        && let Some(method) = found.downcast_ref::<ClassMethod>()
        && method.callable().class().is(&types.function)
        && !class.is_unbound()
    {
        return TypeAttribute::Bound(method.callable());
    }
    TypeAttribute::Other
}

fn specialize_type(vm: &Vm, i: &Instruction, op: Op, class: &Ref<Class>, value: Value) {
    let (guard, meta) = (class.guard_id(), class.class().guard_id());
    if guard == 0 || meta == 0 {
        return;
    }
    let Some(frame) = vm.frames.last() else { return };
    if let Some(index) = frame.prepared().add_cached([value, Value::int(i64::from(meta))]) {
        i.specialize(op, guard, index);
    }
}

/// The value in the cache of an instruction that reads an attribute of a class.
#[inline(always)]
pub(super) fn type_value(vm: &Vm, object: &Value, i: &Instruction) -> Option<Value> {
    let class = object.downcast_ref::<Class>()?;
    if class.guard_id() != i.lower() {
        return None;
    }
    let prepared = vm.frames.last()?.prepared();
    let (value, meta) = prepared.cached_pair(i.upper() as usize)?;
    (meta.as_small_int() == Some(i64::from(class.class().guard_id()))).then_some(value)
}

// --- methods ---

/// `LOAD_ATTR` of what is called next: a function and the object, or any callable.
#[inline(never)]
pub(super) fn load_method(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    let access = if has_cache(i) { specialize_method(vm, i, object, &name) } else { None };
    finish_method(vm, i, registers, &name, access)
}

/// The same for an instruction that meets many guards.
#[inline(never)]
pub(super) fn load_method_polymorphic(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    settle(i, guard(object), Op::LoadMethod);
    let access = access::read(vm, object, &name);
    finish_method(vm, i, registers, &name, access)
}

fn finish_method(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    name: &Ref<Str>,
    access: Option<Read>,
) -> PyResult<()> {
    let object = registers.get(i.b);
    let quick = match access {
        Some(Read::Method) => object.class().lookup(name).map(|function| (function, true)),
        Some(Read::Slot(offset)) => slot_at(object, offset).map(|value| (value.clone(), false)),
        Some(Read::Class | Read::Getter) | None => None,
    };
    let (function, unbound) = match quick {
        Some(found) => found,
        None => vm.get_method(object, name)?,
    };
    if unbound {
        push_method(i, registers, function);
    } else {
        push_callable(i, registers, function);
    }
    Ok(())
}

/// Writes a function and the object that it is called with.
#[inline(always)]
pub(super) fn push_method(i: &Instruction, registers: Registers, function: Value) {
    let object = registers.own(i.b, i.uses & uses::B != 0);
    registers.set(i.a + 1, object);
    registers.set(i.a, function);
}

/// Writes something that is called without the object.
#[inline(always)]
pub(super) fn push_callable(i: &Instruction, registers: Registers, callable: Value) {
    let object = (i.uses & uses::B != 0).then(|| registers.take(i.b));
    drop(object);
    registers.set(i.a + 1, callable);
    registers.set(i.a, Value::UNBOUND);
}

fn specialize_method(vm: &mut Vm, i: &Instruction, object: &Value, name: &Ref<Str>) -> Option<Read> {
    if let Some((version, position)) = module_place(object, name) {
        i.specialize(Op::LoadMethodModule, version, position);
        return None;
    }
    if let Some((class, found)) = class_attribute(object, name) {
        match unwrap_static(&found, class.as_value()) {
            TypeAttribute::Value(value) => specialize_type(vm, i, Op::LoadMethodType, class, value),
            TypeAttribute::Bound(value) => specialize_type(vm, i, Op::LoadMethodBound, class, value),
            TypeAttribute::Other => {}
        }
        return None;
    }
    let access = access::read(vm, object, name)?;
    match access {
        Read::Method => {
            if let Some(method) = object.class().lookup(name) {
                let shape = shape_guard(object);
                let op = if shape != 0 { Op::LoadMethodShape } else { Op::LoadMethodClass };
                specialize_with(vm, i, op, guard(object), method);
            }
        }
        Read::Slot(offset) if shape_guard(object) != 0 => {
            i.specialize(Op::LoadMethodSlot, shape_guard(object), offset);
        }
        _ => {}
    }
    Some(access)
}

// --- writing ---

/// `STORE_ATTR`
#[inline(never)]
pub(super) fn store(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    let access = access::write(vm, object, &name);
    let guard = shape_guard(object);
    if has_cache(i) && guard != 0 {
        match access {
            Some(Write::Slot(offset)) => i.specialize(Op::StoreAttrSlot, guard, offset),
            Some(Write::Add(offset)) => {
                if let (Some(frame), Some(shape)) = (vm.frames.last(), shape_with(object, &name))
                    && let Some(index) = frame.prepared().add_transition(shape, offset)
                {
                    i.specialize(Op::StoreAttrAdd, guard, index);
                }
            }
            None => {}
        }
    }
    finish_store(vm, i, registers, &name, access)
}

/// The same for an instruction that meets many guards.
#[inline(never)]
pub(super) fn store_polymorphic(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = name_of(vm, i)?;
    let object = registers.get(i.b);
    settle(i, guard(object), Op::StoreAttr);
    let access = access::write(vm, object, &name);
    finish_store(vm, i, registers, &name, access)
}

fn shape_with(object: &Value, name: &Ref<Str>) -> Option<std::ptr::NonNull<crate::object::shape::Shape>> {
    attributes::shape_of(object)?.with(name, object.class())
}

fn finish_store(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    name: &Ref<Str>,
    access: Option<Write>,
) -> PyResult<()> {
    let object = registers.get(i.b);
    let value = registers.get(i.a).clone();
    match access {
        Some(Write::Slot(offset)) => drop(replace_slot(object, offset, value)),
        Some(Write::Add(offset)) => match shape_with(object, name) {
            Some(shape) => attributes::extend(object, shape, offset, value),
            None => vm.set_attr(object, name, value)?,
        },
        None => vm.set_attr(object, name, value)?,
    }
    if i.uses & uses::A != 0 {
        registers.kill(i.a);
    }
    if i.uses & uses::B != 0 {
        registers.kill(i.b);
    }
    Ok(())
}

/// `DELETE_ATTR`
#[inline(never)]
pub(super) fn delete(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = match vm.frames.last().and_then(|f| f.code.names().get(i.x.get() as usize).cloned()) {
        Some(name) => name,
        None => return Err(vm.system_error("no such name")),
    };
    vm.del_attr(registers.get(i.b), &name)
}
