//! How native slots are called as methods, where that takes more than passing the arguments on.

use super::slot_table::SlotDef;
use crate::native::Args;
use crate::object::slots::{InitFn, SetAttrFn, Slots};
use crate::object::{Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

/// Checks that there are `count` positional arguments and no keywords.
pub fn expect(vm: &mut Vm, def: &SlotDef, args: Args<'_>, count: usize) -> PyResult<()> {
    no_keywords(vm, def, args)?;
    let given = args.values.len();
    if given == count {
        return Ok(());
    }
    let plural = if count == 1 { "" } else { "s" };
    Err(vm.type_error(format!("expected {count} argument{plural}, got {given}")))
}

/// The same for methods that CPython parses as a tuple with an empty function name, which leaves a space.
fn expect_range(vm: &mut Vm, def: &SlotDef, args: Args<'_>, least: usize, most: usize) -> PyResult<()> {
    no_keywords(vm, def, args)?;
    let given = args.values.len();
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let (bound, count) = match (given < least, least == most) {
        (_, true) => ("", least),
        (true, _) => ("at least ", least),
        (false, _) => ("at most ", most),
    };
    let plural = if count == 1 { "" } else { "s" };
    Err(vm.type_error(format!(" expected {bound}{count} argument{plural}, got {given}")))
}

fn no_keywords(vm: &mut Vm, def: &SlotDef, args: Args<'_>) -> PyResult<()> {
    if args.names.is_empty() {
        return Ok(());
    }
    Err(vm.type_error(format!("wrapper {}() takes no keyword arguments", def.name)))
}

/// The error for a descriptor whose class has lost the slot.
#[cold]
pub fn missing(vm: &mut Vm, def: &SlotDef) -> Raised {
    vm.type_error(format!("'{}' is not supported", def.name))
}

fn attribute_name(vm: &mut Vm, value: &Value) -> PyResult<Ref<Str>> {
    match value.downcast_ref::<Str>() {
        Some(name) => Ok(crate::interp::current().intern_ref(name)),
        None => {
            let found = value.class().name();
            Err(vm.type_error(format!("attribute name must be string, not '{found}'")))
        }
    }
}

pub fn getattribute(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 1)?;
    let name = attribute_name(vm, &args.values[0])?;
    match slots.getattro.get() {
        Some(f) => f(vm, this, &name),
        None => Err(missing(vm, def)),
    }
}

pub fn setattr(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 2, 2)?;
    change_attribute(vm, def, slots, this, &args.values[0], Some(args.values[1].clone()))
}

pub fn delattr(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 1)?;
    change_attribute(vm, def, slots, this, &args.values[0], None)
}

fn change_attribute(
    vm: &mut Vm,
    def: &SlotDef,
    slots: &Slots,
    this: &Value,
    name: &Value,
    value: Option<Value>,
) -> PyResult {
    let Some(f) = slots.setattro.get() else { return Err(missing(vm, def)) };
    check_bypass(vm, def, this, f)?;
    let name = attribute_name(vm, name)?;
    f(vm, this, &name, value)?;
    Ok(Value::NONE)
}

/// Keeps `object.__setattr__(int, …)` from going round the checks of a more specific native class.
fn check_bypass(vm: &mut Vm, def: &SlotDef, this: &Value, function: SetAttrFn) -> PyResult<()> {
    let class = this.class();
    for base in class.mro().iter() {
        match base.slots.setattro.get() {
            Some(own) if std::ptr::fn_addr_eq(own, function) => return Ok(()),
            Some(own) if !std::ptr::fn_addr_eq(own, super::slot_functions::setattro as SetAttrFn) => break,
            _ => {}
        }
    }
    let found = class.name();
    Err(vm.type_error(format!("can't apply this {} to {found} object", def.name)))
}

pub fn hash(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 0)?;
    match slots.hash.get() {
        Some(f) => Ok(Value::int(f(vm, this)?)),
        None => Err(missing(vm, def)),
    }
}

pub fn call(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    match slots.call.get() {
        Some(f) => f(vm, this, args),
        None => Err(missing(vm, def)),
    }
}

pub fn next(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 0)?;
    let Some(f) = slots.next.get() else { return Err(missing(vm, def)) };
    let stale = vm.stop.take();
    drop(stale);
    match f(vm, this)? {
        Some(item) => Ok(item),
        None => match vm.stop.take() {
            Some(stop) => Err(stop),
            None => Err(vm.stop_iteration(Value::NONE)),
        },
    }
}

pub fn get(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 1, 2)?;
    let Some(f) = slots.descr_get.get() else { return Err(missing(vm, def)) };
    let instance = Some(&args.values[0]).filter(|v| !v.is_none());
    let owner = args.values.get(1).filter(|v| !v.is_none());
    match (instance, owner) {
        (None, None) => Err(vm.type_error("__get__(None, None) is invalid")),
        (_, Some(owner)) => f(vm, this, instance, owner),
        (Some(object), None) => {
            let class = object.class().as_value().clone();
            f(vm, this, instance, &class)
        }
    }
}

pub fn set(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 2, 2)?;
    match slots.descr_set.get() {
        Some(f) => f(vm, this, &args.values[0], Some(args.values[1].clone())).map(|()| Value::NONE),
        None => Err(missing(vm, def)),
    }
}

pub fn delete(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 1)?;
    match slots.descr_set.get() {
        Some(f) => f(vm, this, &args.values[0], None).map(|()| Value::NONE),
        None => Err(missing(vm, def)),
    }
}

pub fn init(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    let f: InitFn = match slots.init.get() {
        Some(f) => f,
        None => return Err(missing(vm, def)),
    };
    f(vm, this, args).map(|()| Value::NONE)
}

pub fn del(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 0)?;
    if let Some(f) = slots.finalize.get() {
        f(vm, this);
    }
    Ok(Value::NONE)
}

pub fn buffer(vm: &mut Vm, def: &SlotDef, _slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 1)?;
    let memoryview = vm.builtin("memoryview")?;
    vm.call(&memoryview, std::slice::from_ref(this))
}

pub fn pow(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 1, 2)?;
    match slots.power.get() {
        Some(f) => f(vm, this, &args.values[0], args.values.get(1).unwrap_or(&Value::NONE)),
        None => Err(missing(vm, def)),
    }
}

pub fn rpow(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 1, 2)?;
    match slots.power.get() {
        Some(f) => f(vm, &args.values[0], this, args.values.get(1).unwrap_or(&Value::NONE)),
        None => Err(missing(vm, def)),
    }
}

pub fn ipow(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 1, 2)?;
    match slots.inplace_power.get() {
        Some(f) => f(vm, this, &args.values[0], args.values.get(1).unwrap_or(&Value::NONE)),
        None => Err(missing(vm, def)),
    }
}

pub fn bool(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 0)?;
    match slots.bool.get() {
        Some(f) => Ok(Value::bool(f(vm, this)?)),
        None => Err(missing(vm, def)),
    }
}

pub fn len(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 0)?;
    match slots.len.get() {
        Some(f) => Ok(Value::from(f(vm, this)?)),
        None => Err(missing(vm, def)),
    }
}

pub fn setitem(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect_range(vm, def, args, 2, 2)?;
    match slots.setitem.get() {
        Some(f) => f(vm, this, &args.values[0], Some(args.values[1].clone())).map(|()| Value::NONE),
        None => Err(missing(vm, def)),
    }
}

pub fn delitem(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 1)?;
    match slots.setitem.get() {
        Some(f) => f(vm, this, &args.values[0], None).map(|()| Value::NONE),
        None => Err(missing(vm, def)),
    }
}

pub fn contains(vm: &mut Vm, def: &SlotDef, slots: &Slots, this: &Value, args: Args<'_>) -> PyResult {
    expect(vm, def, args, 1)?;
    match slots.contains.get() {
        Some(f) => Ok(Value::bool(f(vm, this, &args.values[0])?)),
        None => Err(missing(vm, def)),
    }
}
