//! `LOAD_SUPER_ATTR`, with a cache for methods.

use super::instruction::{Instruction, Op};
use super::prepared::Prepared;
use super::run::Registers;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::types::super_object;
use crate::vm::{PyResult, Vm};

/// The function that a filled cache has for `super(class, instance).name()`, if its guards hold: the class of the
/// instance is what it was, and so is the class at which the search begins.
#[inline(always)]
pub(super) fn cached_method(prepared: &Prepared, i: &Instruction, registers: Registers) -> Option<Value> {
    let cached = prepared.cached.borrow();
    let [super_, guard, class, function] = cached.get(i.upper() as usize..)?.first_chunk()?;
    let owner = registers.get(i.b + 2).header()?.class();
    let holds = registers.get(i.b).is(super_)
        && registers.get(i.b + 1).is(class)
        && guard.as_small_int() == Some(i64::from(owner.guard_id()));
    holds.then(|| function.clone())
}

/// Puts the function and the instance that it is to be called on into place, and uses up the operands.
#[inline(always)]
pub(super) fn place_method(i: &Instruction, registers: Registers, function: Value) {
    let instance = registers.take(i.b + 2);
    registers.kill(i.b);
    registers.kill(i.b + 1);
    registers.set(i.a, function);
    registers.set(i.a + 1, instance);
}

/// `super(class, self).name` without making the `super` object where `super` is the built-in one.
pub(super) fn load(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let name = match vm.frames.last().and_then(|f| f.code.names.get(i.lower() as usize).cloned()) {
        Some(name) => name,
        None => return Err(vm.system_error("no such name")),
    };
    let method = i.c & 1 != 0;
    let (super_, class, instance) = (registers.get(i.b), registers.get(i.b + 1), registers.get(i.b + 2));
    let builtin = super_.is(vm.types().super_.as_value());
    if method
        && builtin
        && let Some(function) = unbound_method(vm, class, instance, &name)
    {
        fill(vm, i, registers, &function);
        place_method(i, registers, function);
        return Ok(());
    }
    let found = if builtin {
        super_object::get_attr(vm, class, instance, &name)?
    } else {
        let args: &[Value] = if i.c & 2 != 0 { registers.slice(i.b + 1, 2) } else { &[] };
        let object = vm.call(super_, args)?;
        vm.get_attr(&object, &name)?
    };
    for n in 0..3 {
        drop(registers.take(i.b + n));
    }
    if method {
        registers.set(i.a, Value::UNBOUND);
        registers.set(i.a + 1, found);
    } else {
        registers.set(i.a, found);
    }
    Ok(())
}

/// A function that a call may pass the instance to, where the search for it needs no code of anybody.
fn unbound_method(vm: &Vm, class: &Value, instance: &Value, name: &Ref<Str>) -> Option<Value> {
    let class = class.downcast_ref::<Class>()?;
    // `super(C, D)` looks along the order of `D` itself.
    if instance.holds::<Class>() || !instance.class().is_subclass(class) || name.is(&vm.names().dunder_class)
    {
        return None;
    }
    let found = super_object::find(class, instance.class(), name)?;
    found.class().has(flag::METHOD_DESCRIPTOR).then_some(found)
}

fn fill(vm: &Vm, i: &Instruction, registers: Registers, function: &Value) {
    let Some(frame) = vm.frames.last() else { return };
    let (super_, class, instance) = (registers.get(i.b), registers.get(i.b + 1), registers.get(i.b + 2));
    let guard = Value::from(instance.class().guard_id());
    let entries = [super_.clone(), guard, class.clone(), function.clone()];
    if instance.class().guard_id() != 0
        && instance.is_object()
        && let Some(index) = frame.prepared().add_all_cached(entries)
    {
        i.specialize(Op::LoadSuperMethod, i.lower(), index);
    }
}
