//! The slow paths of instructions, and those that have no fast one.

use super::call;
use super::calls::Called;
use super::frame::{Frame, Return, SuspendedFrame};
use super::generator::{Resume, Step, resume};
use super::instruction::{Instruction, uses};
use super::run::{Registers, Stop};
use crate::object::header::kind;
use crate::object::slots::{BinaryFn, CompareOp};
use crate::object::{Class, Ref, Value};
use crate::protocol::numbers::BinaryOp;
use crate::types::cell::Cell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::exception::{Exception, field};
use crate::types::function::Function;
use crate::types::generator::{Generator, State};
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::slice::Slice;
use crate::types::slice_methods::Unpacked;
use crate::types::slot_functions;
use crate::types::slot_table::Dunder;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_pycfile::code::{code_flags, local_kind};
use std::sync::atomic::Ordering;

// --- safepoints ---

/// Lets other threads run, handles signals, collects garbage.
#[cold]
pub(super) fn safepoint(vm: &mut Vm) -> PyResult<()> {
    if vm.interp.gc.due.get() {
        crate::gc::collect_due(vm);
    }
    if vm.interp.lock.attention.swap(false, Ordering::Relaxed) {
        vm.attend()?;
    }
    Ok(())
}

// --- variables ---

#[cold]
pub(super) fn unbound_variable(vm: &mut Vm, register: u16) -> Raised {
    let code = vm.frames.last().map(|f| f.code.clone());
    match code.as_ref().and_then(|c| c.localsplusnames().get(register as usize)) {
        Some(name) => {
            let text =
                format!("cannot access local variable '{name}' where it is not associated with a value");
            let class = &vm.types().exceptions.unbound_local_error;
            // Its `name` stays unset, as in CPython.
            vm.new_error(class, text)
        }
        None => vm.system_error("a temporary is unbound"),
    }
}

#[cold]
pub(super) fn unbound_cell(vm: &mut Vm, register: u16) -> Raised {
    let code = vm.frames.last().map(|f| f.code.clone());
    let Some(code) = code else { return vm.system_error("no activation") };
    let kind = code.localspluskinds().get(register as usize).copied().unwrap_or(0);
    match code.localsplusnames().get(register as usize) {
        Some(name) if kind & local_kind::FREE != 0 => vm.name_error(
            name,
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope"),
        ),
        _ => unbound_variable(vm, register),
    }
}

#[inline(never)]
pub(super) fn copy_free_variables(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let Some(frame) = vm.frames.last() else { return Err(vm.system_error("no activation")) };
    let cells = frame.function.closure.as_ref().map_or(&[][..], |c| c.as_slice());
    let class = &vm.types().cell;
    if cells.len() != i.b as usize || cells.iter().any(|c| !c.header().is_some_and(|h| h.class().is(class))) {
        return Err(vm.system_error("the closure does not fit the code"));
    }
    for (n, cell) in cells.iter().enumerate() {
        registers.set(i.a + n as u16, cell.clone());
    }
    Ok(())
}

#[inline(never)]
pub(super) fn delete_cell(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let old = registers.get(i.a).downcast_ref::<Cell>().map(|c| c.replace(Value::UNBOUND));
    match old {
        Some(old) if !old.is_unbound() => Ok(()),
        _ => Err(unbound_cell(vm, i.a)),
    }
}

// --- arithmetic ---

/// Constants and small operands without slots: two small integers, two floats.
#[inline]
pub(super) fn quick_binary(a: &Value, b: &Value, op: u16) -> Option<Value> {
    let op = BinaryOp::ALL[op as usize % 13];
    if let Some((x, y)) = a.both_small_ints(b) {
        return match op {
            BinaryOp::And => Some(Value::small_int_unchecked(x & y)),
            BinaryOp::Or => Some(Value::small_int_unchecked(x | y)),
            BinaryOp::Xor => Some(Value::small_int_unchecked(x ^ y)),
            BinaryOp::Add => x.checked_add(y).map(Value::int),
            BinaryOp::Subtract => x.checked_sub(y).map(Value::int),
            BinaryOp::Multiply => x.checked_mul(y).map(Value::int),
            BinaryOp::FloorDivide if y > 0 => Some(Value::small_int_unchecked(x.div_euclid(y))),
            BinaryOp::Remainder if y > 0 => Some(Value::small_int_unchecked(x.rem_euclid(y))),
            BinaryOp::RightShift if y >= 0 => Some(Value::small_int_unchecked(x >> y.min(63))),
            BinaryOp::LeftShift if (0..32).contains(&y) && x.unsigned_abs() < 1 << 28 => {
                Some(Value::int(x << y))
            }
            BinaryOp::TrueDivide if y != 0 && x.unsigned_abs() < 1 << 53 && y.unsigned_abs() < 1 << 53 => {
                Some(Value::float(x as f64 / y as f64))
            }
            _ => None,
        };
    }
    let (f, g) = match (a.as_tagged_float(), b.as_tagged_float()) {
        (Some(f), Some(g)) => (f, g),
        (Some(f), None) => (f, small_as_float(b)?),
        (None, Some(g)) => (small_as_float(a)?, g),
        (None, None) => return None,
    };
    match op {
        BinaryOp::Add => Some(Value::float(f + g)),
        BinaryOp::Subtract => Some(Value::float(f - g)),
        BinaryOp::Multiply => Some(Value::float(f * g)),
        BinaryOp::TrueDivide if g != 0.0 => Some(Value::float(f / g)),
        BinaryOp::Power if g == 2.0 && f.abs() < 1e150 => Some(Value::float(f * f)),
        _ => None,
    }
}

/// A small integer as a float, where that is exact.
#[inline]
fn small_as_float(value: &Value) -> Option<f64> {
    value.as_small_int().filter(|i| i.unsigned_abs() < 1 << 53).map(|i| i as f64)
}

/// A specialised operation whose fast path did not apply; the extra word says whether it is in place.
#[inline(never)]
pub(super) fn binary(vm: &mut Vm, i: &Instruction, registers: Registers, op: BinaryOp) -> PyResult<()> {
    let (a, b) = (registers.get(i.b), registers.get(i.c));
    if let Some(value) = quick_binary(a, b, op as u16) {
        registers.set(i.a, value);
        return Ok(());
    }
    if op == BinaryOp::Add
        && let (Some(left), Some(right)) = (a.downcast_ref::<Str>(), b.downcast_ref::<Str>())
    {
        if i.a == i.b && i.b != i.c && left.can_grow() {
            let right = right.clone();
            let left = registers.take(i.b);
            let value = match left.downcast::<Str>() {
                Ok(left) => left.appended(&right).into(),
                Err(other) => other,
            };
            drop(right);
            registers.consume(i);
            registers.set(i.a, value);
            return Ok(());
        }
        let types = vm.types();
        if left.class().is(&types.str) && right.class().is(&types.str) {
            let value = crate::types::str_methods::concat(left, right).into();
            registers.consume(i);
            registers.set(i.a, value);
            return Ok(());
        }
    }
    let inplace = i.x.get() != 0;
    let value = if inplace { vm.binary_inplace(op, a, b)? } else { vm.binary(op, a, b)? };
    registers.consume(i);
    registers.set(i.a, value);
    Ok(())
}

/// `Binary` and `BinaryInplace`.
#[inline(never)]
pub(super) fn binary_any(vm: &mut Vm, i: &Instruction, registers: Registers, op: BinaryOp) -> PyResult<()> {
    let (a, b) = (registers.get(i.b), registers.get(i.c));
    let inplace = i.op.get() == super::instruction::Op::BinaryInplace;
    let value = match quick_binary(a, b, op as u16) {
        Some(value) => value,
        None if inplace => vm.binary_inplace(op, a, b)?,
        None => vm.binary(op, a, b)?,
    };
    registers.consume(i);
    registers.set(i.a, value);
    Ok(())
}

fn constant(i: &Instruction) -> Value {
    // SAFETY: the translator put the word of one of the code's constants there; the clone counts.
    let borrowed = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(i.x.get()) });
    (*borrowed).clone()
}

#[inline(never)]
pub(super) fn binary_constant(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    op: BinaryOp,
    inplace: bool,
) -> PyResult<()> {
    let (a, b) = (registers.get(i.b), constant(i));
    if op == BinaryOp::Add
        && i.a == i.b
        && let (Some(left), Some(right)) = (a.downcast_ref::<Str>(), b.downcast_ref::<Str>())
        && left.can_grow()
    {
        let right = right.clone();
        let value = match registers.take(i.b).downcast::<Str>() {
            Ok(left) => left.appended(&right).into(),
            Err(other) => other,
        };
        registers.set(i.a, value);
        return Ok(());
    }
    let value = match quick_binary(a, &b, op as u16) {
        Some(value) => value,
        None if inplace => vm.binary_inplace(op, a, &b)?,
        None => vm.binary(op, a, &b)?,
    };
    registers.consume(i);
    registers.set(i.a, value);
    Ok(())
}

#[inline(never)]
pub(super) fn binary_constant_left(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let op = BinaryOp::ALL[i.c as usize % 13];
    let value = vm.binary(op, &constant(i), registers.get(i.b))?;
    // Only `b` is a register here.
    if i.uses & uses::B != 0 {
        registers.kill(i.b);
    }
    registers.set(i.a, value);
    Ok(())
}

// --- items ---

/// `container[key]` for a list or tuple and a small integer, and a dictionary with a string key.
#[inline(always)]
pub(super) fn quick_item(container: &Value, key: &Value) -> Option<Value> {
    if let Some(index) = key.as_small_int() {
        if let Some(list) = container.exact::<List>() {
            return list.get(wrapped(index, list.len()));
        }
        if let Some(tuple) = container.exact::<Tuple>() {
            return tuple.as_slice().get(wrapped(index, tuple.len())).cloned();
        }
        return None;
    }
    let (dict, key) = (container.exact::<Dict>()?, key.exact::<Str>()?);
    dict.get_str(key)
}

/// An index that may count from the end; too large where it is out of range.
#[inline(always)]
fn wrapped(index: i64, len: usize) -> usize {
    (if index < 0 { index.wrapping_add(len as i64) } else { index }) as usize
}

/// `Subscript` beyond the fast path. A `__getitem__` written in Python is entered rather than called: the caller of this goes
/// on in its activation.
#[inline(never)]
pub(super) fn subscript(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<Called> {
    let (container, key) = (registers.get(i.b), registers.get(i.c));
    if let Some(function) = python_getitem(container) {
        let key = registers.own(i.c, i.uses & uses::C != 0);
        let container = registers.own(i.b, i.uses & uses::B != 0);
        call::enter_with(vm, function, [container, key], Return::Register)?;
        return Ok(Called::Entered);
    }
    let value = get_item(vm, container, key)?;
    registers.consume(i);
    registers.set(i.a, value);
    Ok(Called::Done)
}

/// The same for `SubscriptConst`.
#[inline(never)]
pub(super) fn subscript_constant(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<Called> {
    let (container, key) = (registers.get(i.b), constant(i));
    if let Some(function) = python_getitem(container) {
        let container = registers.own(i.b, i.uses & uses::B != 0);
        call::enter_with(vm, function, [container, key], Return::Register)?;
        return Ok(Called::Entered);
    }
    let value = get_item(vm, container, &key)?;
    if i.uses & uses::B != 0 {
        registers.kill(i.b);
    }
    registers.set(i.a, value);
    Ok(Called::Done)
}

/// The `__getitem__` of a class that has it from Python code, where it can be entered without binding arguments.
fn python_getitem(container: &Value) -> Option<Ref<Function>> {
    let class = container.class();
    if !class
        .slots
        .getitem
        .get()
        .is_some_and(|f| std::ptr::fn_addr_eq(f, slot_functions::getitem as BinaryFn))
    {
        return None;
    }
    let function = class.lookup(Dunder::Getitem.name())?.downcast::<Function>().ok()?;
    (function.simple_parameters.get() == 2).then_some(function)
}

fn get_item(vm: &mut Vm, container: &Value, key: &Value) -> PyResult {
    if let Some(dict) = container.exact::<Dict>() {
        let dict = dict.clone();
        return match dict.get(vm, key)? {
            Some(value) => Ok(value),
            None => Err(vm.key_error(key.clone())),
        };
    }
    if let (Some(text), Some(index)) = (container.exact::<Str>(), key.as_small_int())
        && let Some(unit) = text.as_ref().get(wrapped(index, text.len()))
        && let Ok(unit) = u8::try_from(unit)
    {
        return Ok(vm.interp.latin1_char(unit).into());
    }
    vm.get_item(container, key)
}

/// `container[key] = value` beyond the fast path.
#[inline(never)]
pub(super) fn set_item(vm: &mut Vm, container: &Value, key: &Value, value: Value) -> PyResult<()> {
    if let Some(dict) = container.exact::<Dict>() {
        let dict = dict.clone();
        return dict.set(vm, key.clone(), value);
    }
    vm.set_item(container, key, value)
}

/// `list[small integer] = value` and `dict[string] = value`: the old item; the value back where it is something else.
#[inline(always)]
pub(super) fn quick_store(container: &Value, key: &Value, value: Value) -> Result<Value, Value> {
    if let (Some(list), Some(index)) = (container.exact::<List>(), key.as_small_int()) {
        return list.replace(wrapped(index, list.len()), value);
    }
    if let (Some(dict), Some(key)) = (container.exact::<Dict>(), key.exact::<Str>()) {
        return Ok(dict.replace_str(key, value).unwrap_or(Value::NONE));
    }
    Err(value)
}

// --- what instructions need of the vm, kept out of the dispatch loop, whose registers are few ---

#[inline(never)]
pub(super) fn truth(vm: &mut Vm, value: &Value) -> PyResult<bool> {
    match value.kind() {
        kind::LIST => Ok(value.exact::<List>().is_some_and(|list| !list.is_empty())),
        kind::DICT => Ok(value.exact::<Dict>().is_some_and(|dict| !dict.is_empty())),
        kind::TUPLE => Ok(value.exact::<Tuple>().is_some_and(|tuple| !tuple.is_empty())),
        kind::STR => Ok(value.exact::<Str>().is_some_and(|text| !text.as_ref().is_empty())),
        _ => vm.truth(value),
    }
}

#[inline(never)]
pub(super) fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    vm.compare(a, b, op)
}

#[inline(never)]
pub(super) fn compare_bool(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<bool> {
    vm.compare_bool(a, b, op)
}

#[inline(never)]
pub(super) fn iter(vm: &mut Vm, value: &Value) -> PyResult {
    vm.iter(value)
}

#[inline(never)]
pub(super) fn next(vm: &mut Vm, iterator: &Value) -> PyResult<Option<Value>> {
    vm.next(iterator)
}

#[inline(never)]
pub(super) fn contains(vm: &mut Vm, container: &Value, item: &Value) -> PyResult<bool> {
    vm.contains(container, item)
}

#[inline(never)]
pub(super) fn negative(vm: &mut Vm, value: &Value) -> PyResult {
    vm.negative(value)
}

#[inline(never)]
pub(super) fn get_slice(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let (container, start, stop) = (registers.get(i.b), registers.get(i.b + 1), registers.get(i.b + 2));
    let value = match quick_slice(container, start, stop) {
        Some(value) => value,
        None => {
            let key: Value = Slice::new(start.clone(), stop.clone(), Value::NONE).into();
            vm.get_item(container, &key)?
        }
    };
    for n in 0..3 {
        registers.kill(i.b + n);
    }
    Ok(value)
}

/// A slice of a list or tuple that small integers or `None` bound.
fn quick_slice(container: &Value, start: &Value, stop: &Value) -> Option<Value> {
    let bound = |value: &Value, default: i64| {
        if value.is_none() { Some(default) } else { value.as_small_int() }
    };
    let (start, stop) = (bound(start, 0)?, bound(stop, i64::MAX)?);
    let parts = Unpacked { start, stop, step: 1 };
    match container.kind() {
        kind::LIST => {
            let list = container.exact::<List>()?;
            let range = parts.adjust(list.len()).range()?;
            Some(List::new(list.slice(range)).into())
        }
        kind::TUPLE => {
            let tuple = container.exact::<Tuple>()?;
            let range = parts.adjust(tuple.len()).range()?;
            if range.len() == tuple.len() {
                return Some(container.clone());
            }
            Some(Tuple::new(tuple.as_slice().get(range)?.iter().cloned()).into())
        }
        _ => None,
    }
}

#[inline(never)]
pub(super) fn set_slice(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let (start, stop) = (registers.get(i.b + 1).clone(), registers.get(i.b + 2).clone());
    let key: Value = Slice::new(start, stop, Value::NONE).into();
    vm.set_item(registers.get(i.b), &key, registers.get(i.a).clone())?;
    for n in 0..4 {
        registers.kill(i.a + n);
    }
    Ok(())
}

// --- functions ---

#[inline(never)]
pub(super) fn make_function(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let flags = i.c;
    let count = (flags & 0xF).count_ones() as u16;
    let code = match registers.take(i.b + count).downcast::<Code>() {
        Ok(code) => code,
        Err(_) => return Err(vm.system_error("MAKE_FUNCTION without a code object")),
    };
    let mut at = i.b;
    let mut part = |flag: u16| {
        (flags & flag != 0).then(|| {
            at += 1;
            registers.take(at - 1)
        })
    };
    let (defaults, kwdefaults, annotations, closure) = (part(1), part(2), part(4), part(8));
    let Some(frame) = vm.frames.last() else { return Err(vm.system_error("no activation")) };
    let (globals, builtins) = (frame.function.globals.clone(), frame.function.builtins.clone());
    let closure = closure.and_then(|c| c.downcast::<Tuple>().ok());
    if closure.as_ref().map_or(0, |c| c.len()) != code.free_count() {
        return Err(vm.system_error("MAKE_FUNCTION with a closure that does not fit"));
    }
    let function = Function::new(code, &globals, builtins, closure);
    *function.defaults.borrow_mut() = defaults.and_then(|d| d.downcast::<Tuple>().ok());
    *function.kwdefaults.borrow_mut() = kwdefaults.and_then(|d| d.downcast::<Dict>().ok());
    if let Some(annotations) = annotations {
        let old = function.annotations.replace(annotations);
        drop(old);
    }
    Ok(function.into())
}

// --- displays ---

#[inline(never)]
pub(super) fn build_set(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let set = Set::new();
    for n in 0..i.x.get() as u16 {
        let item = registers.take(i.b + n);
        set.add(vm, item)?;
    }
    Ok(set.into())
}

#[inline(never)]
pub(super) fn build_map(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let dict = Dict::new();
    for n in 0..i.x.get() as u16 {
        let (key, value) = (registers.take(i.b + 2 * n), registers.take(i.b + 2 * n + 1));
        dict.set(vm, key, value)?;
    }
    Ok(dict.into())
}

#[inline(never)]
pub(super) fn build_const_key_map(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let count = i.x.get() as u16;
    let keys = match registers.take(i.b + count).downcast::<Tuple>() {
        Ok(keys) if keys.len() == count as usize => keys,
        _ => return Err(vm.system_error("bad BUILD_CONST_KEY_MAP keys argument")),
    };
    let dict = Dict::new();
    for (n, key) in keys.as_slice().iter().enumerate() {
        let value = registers.take(i.b + n as u16);
        dict.set(vm, key.clone(), value)?;
    }
    Ok(dict.into())
}

#[inline(never)]
pub(super) fn build_string(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let mut builder = crate::text::StrBuilder::new();
    for n in 0..i.x.get() as u16 {
        match registers.get(i.b + n).downcast_ref::<Str>() {
            Some(text) => builder.push_str((**text).as_ref()),
            None => return Err(vm.system_error("BUILD_STRING of something else")),
        }
    }
    for n in 0..i.x.get() as u16 {
        registers.kill(i.b + n);
    }
    Ok(Str::from_buf(builder.finish()).into())
}

#[inline(never)]
pub(super) fn set_add(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let item = registers.own(i.b, i.uses & uses::B != 0);
    match registers.get(i.a).downcast_ref::<Set>().cloned() {
        Some(set) => set.add(vm, item),
        None => Err(vm.system_error("SET_ADD to something else")),
    }
}

#[inline(never)]
pub(super) fn map_add(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let (key, value) = (registers.take(i.b), registers.take(i.c));
    match registers.get(i.a).downcast_ref::<Dict>().cloned() {
        Some(dict) => dict.set(vm, key, value),
        None => Err(vm.system_error("MAP_ADD to something else")),
    }
}

#[inline(never)]
pub(super) fn list_extend(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let iterable = registers.get(i.b);
    let Some(list) = registers.get(i.a).downcast_ref::<List>().cloned() else {
        return Err(vm.system_error("LIST_EXTEND of something else"));
    };
    match vm.extend_list(&list, iterable) {
        Err(raised)
            if raised.is(&vm.types().exceptions.type_error)
                && iterable.class().slots.iter.get().is_none()
                && !vm.is_sequence(iterable) =>
        {
            let found = iterable.class().name();
            Err(vm.type_error(format!("Value after * must be an iterable, not {found}")))
        }
        other => other,
    }
}

#[inline(never)]
pub(super) fn set_update(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let iterable = registers.get(i.b).clone();
    let Some(set) = registers.get(i.a).downcast_ref::<Set>().cloned() else {
        return Err(vm.system_error("SET_UPDATE of something else"));
    };
    vm.for_each(&iterable, |vm, item| set.add(vm, item))
}

#[inline(never)]
pub(super) fn dict_update(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let source = registers.get(i.b).clone();
    let Some(dict) = registers.get(i.a).downcast_ref::<Dict>().cloned() else {
        return Err(vm.system_error("DICT_UPDATE of something else"));
    };
    if !source.holds::<Dict>() && vm.lookup_attr(&source, &vm.names().keys)?.is_none() {
        let found = source.class().name();
        return Err(vm.type_error(format!("'{found}' object is not a mapping")));
    }
    vm.update_dict(&dict, &source)
}

#[inline(never)]
pub(super) fn dict_merge(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let source = registers.get(i.b).clone();
    let callee = registers.get(i.c).clone();
    let Some(dict) = registers.get(i.a).downcast_ref::<Dict>().cloned() else {
        return Err(vm.system_error("DICT_MERGE of something else"));
    };
    let items = match source.downcast_ref::<Dict>() {
        Some(source) => source.items(),
        None => {
            if vm.lookup_attr(&source, &vm.names().keys)?.is_none() {
                let (name, found) = (vm.function_text(&callee)?, source.class().name());
                return Err(vm.type_error(format!("{name} argument after ** must be a mapping, not {found}")));
            }
            let copy = Dict::new();
            vm.update_dict(&copy, &source)?;
            copy.items()
        }
    };
    for (key, value) in items {
        if !key.holds::<Str>() {
            return Err(vm.type_error("keywords must be strings"));
        }
        if dict.contains(vm, &key)? {
            let (name, key) = (vm.function_text(&callee)?, vm.str(&key)?);
            return Err(vm.type_error(format!("{name} got multiple values for keyword argument '{key}'")));
        }
        dict.set(vm, key, value)?;
    }
    Ok(())
}

#[inline(never)]
pub(super) fn format_value(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let value = registers.get(i.b).clone();
    let spec = if i.c & 4 != 0 { registers.get(i.b + 1).clone() } else { Value::UNBOUND };
    let converted: Value = match i.c & 3 {
        1 => vm.str(&value)?.into(),
        2 => vm.repr(&value)?.into(),
        3 => vm.ascii(&value)?.into(),
        _ => value,
    };
    let result = match spec.downcast_ref::<Str>() {
        Some(spec) => vm.format(&converted, spec)?,
        None => vm.format(&converted, &vm.names().empty.clone())?,
    };
    registers.kill(i.b);
    if i.c & 4 != 0 {
        registers.kill(i.b + 1);
    }
    Ok(result.into())
}

// --- exceptions ---

fn exception_of(value: Value) -> Option<Raised> {
    value.downcast::<Exception>().ok().map(Raised)
}

/// An exception that is raised on from where it came: the index of that instruction, if it is known.
#[inline(never)]
pub(super) fn raised_again(vm: &mut Vm, exception: Value, place: Option<usize>) -> Stop {
    match exception_of(exception) {
        Some(raised) => Stop::Reraised(raised, place),
        None => Stop::Raised(vm.system_error("no exception to raise again")),
    }
}

/// `raise`
#[inline(never)]
pub(super) fn raise(vm: &mut Vm, i: &Instruction, registers: Registers) -> Stop {
    let cause = (i.c == 2).then(|| registers.take(i.b + 1));
    if i.c == 0 {
        return match vm.current_handled() {
            Some(handled) => Stop::Reraised(Raised(handled), None),
            None => Stop::Raised(vm.runtime_error("No active exception to reraise")),
        };
    }
    let value = registers.take(i.b);
    Stop::Raised(match make_raised(vm, value, cause) {
        Ok(raised) | Err(raised) => raised,
    })
}

fn make_raised(vm: &mut Vm, value: Value, cause: Option<Value>) -> PyResult<Raised> {
    let raised = instance_of_exception(vm, value, "exceptions must derive from BaseException")?;
    if let Some(cause) = cause {
        let cause = if cause.is_none() {
            cause
        } else {
            instance_of_exception(vm, cause, "exception causes must derive from BaseException")?.value()
        };
        raised.0.suppress_context.set(true);
        let old = raised.0.cause.replace(cause);
        drop(old);
    }
    if let Some(handled) = vm.current_handled() {
        super::unwind::set_context(&raised.0, &handled);
    }
    Ok(raised)
}

impl Vm {
    /// Raises a class or an instance, as `raise value` does.
    pub fn raise_value(&mut self, value: Value) -> Raised {
        match make_raised(self, value, None) {
            Ok(raised) | Err(raised) => raised,
        }
    }
}

fn instance_of_exception(vm: &mut Vm, value: Value, message: &str) -> PyResult<Raised> {
    if let Some(class) = value.downcast_ref::<Class>()
        && class.is_subclass(&vm.types().exceptions.base_exception)
    {
        let made = vm.call(&value, &[])?;
        return match made.downcast::<Exception>() {
            Ok(exception) => Ok(Raised(exception)),
            Err(other) => {
                let class = vm.repr(&value)?;
                let found = vm.repr(other.class().as_value())?;
                Err(vm.type_error(format!(
                    "calling {class} should have returned an instance of BaseException, not {found}"
                )))
            }
        };
    }
    match exception_of(value) {
        Some(raised) => Ok(raised),
        None => Err(vm.type_error(message)),
    }
}

/// Whether an `except` clause catches an exception.
#[inline(never)]
pub(super) fn exception_matches(vm: &mut Vm, exception: &Value, kind: &Value) -> PyResult<bool> {
    let base = &vm.types().exceptions.base_exception;
    let check = |kind: &Value| kind.downcast_ref::<Class>().is_some_and(|c| c.is_subclass(base));
    if let Some(class) = kind.downcast_ref::<Class>()
        && check(kind)
    {
        return Ok(exception.class().is_subclass(class));
    }
    if let Some(kinds) = kind.downcast_ref::<Tuple>()
        && kinds.as_slice().iter().all(check)
    {
        let mut kinds = kinds.as_slice().iter().filter_map(|k| k.downcast_ref::<Class>());
        return Ok(kinds.any(|k| exception.class().is_subclass(k)));
    }
    Err(vm.type_error("catching classes that do not inherit from BaseException is not allowed"))
}

/// `except*`: splits a group. `[a]` gets the rest, `[a+1]` the match, each `None` where there is none.
#[inline(never)]
pub(super) fn group_matches(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<()> {
    let (exception, kind) = (registers.get(i.b).clone(), registers.get(i.c).clone());
    check_group_kind(vm, &kind)?;
    let (rest, matched) = split(vm, &exception, &kind)?;
    if !matched.is_none() {
        let old = std::mem::replace(&mut vm.handled, matched.clone());
        drop(old);
    }
    registers.kill(i.c);
    registers.set(i.a, rest);
    registers.set(i.a + 1, matched);
    Ok(())
}

fn check_group_kind(vm: &mut Vm, kind: &Value) -> PyResult<()> {
    exception_matches(vm, &Value::NONE, kind)?;
    let group = &vm.types().exceptions.base_exception_group;
    let kinds = match kind.downcast_ref::<Tuple>() {
        Some(tuple) => tuple.as_slice().to_vec(),
        None => vec![kind.clone()],
    };
    if kinds.iter().any(|k| k.downcast_ref::<Class>().is_some_and(|c| c.is_subclass(group))) {
        return Err(vm.type_error("catching ExceptionGroup with except* is not allowed. Use except instead."));
    }
    Ok(())
}

fn split(vm: &mut Vm, exception: &Value, kind: &Value) -> PyResult<(Value, Value)> {
    if exception.is_none() {
        return Ok((Value::NONE, Value::NONE));
    }
    let is_group = exception.class().is_subclass(&vm.types().exceptions.base_exception_group);
    if exception_matches(vm, exception, kind)? {
        if is_group {
            return Ok((Value::NONE, exception.clone()));
        }
        // A naked exception is wrapped.
        let class: Value = (&vm.types().exceptions.base_exception_group).into();
        let group_class = vm.builtin_exception_group().unwrap_or(class);
        let inner = Tuple::new([exception.clone()]);
        let group = vm.call(&group_class, &[(&vm.names().empty).into(), inner.into()])?;
        if let (Some(group), Some(inner)) =
            (group.downcast_ref::<Exception>(), exception.downcast_ref::<Exception>())
        {
            let traceback = inner.traceback.borrow().clone();
            let old = group.traceback.replace(traceback);
            drop(old);
        }
        return Ok((Value::NONE, group));
    }
    if is_group {
        let pair = vm.call_method_str(exception, "split", std::slice::from_ref(kind))?;
        let Some(pair) = pair.downcast_ref::<Tuple>().filter(|p| p.len() >= 2) else {
            let (class, found) = (exception.class().name(), pair.class().name());
            return Err(vm.type_error(format!("{class}.split must return a tuple, not {found}")));
        };
        return Ok((pair.as_slice()[1].clone(), pair.as_slice()[0].clone()));
    }
    Ok((exception.clone(), Value::NONE))
}

impl Vm {
    fn builtin_exception_group(&self) -> Option<Value> {
        self.interp.builtins.get()?.get_name("ExceptionGroup")
    }
}

// --- with ---

#[inline(never)]
pub(super) fn before_with(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    is_async: bool,
) -> PyResult<()> {
    let manager = registers.get(i.b).clone();
    let names = vm.names();
    let (enter_name, exit_name, protocol) = if is_async {
        (&names.dunder_aenter, &names.dunder_aexit, "asynchronous context manager")
    } else {
        (&names.dunder_enter, &names.dunder_exit, "context manager")
    };
    let Some(enter) = vm.lookup_special(&manager, enter_name)? else {
        let class = manager.class().name();
        return Err(vm.type_error(format!("'{class}' object does not support the {protocol} protocol")));
    };
    let Some(exit) = vm.lookup_special(&manager, exit_name)? else {
        let class = manager.class().name();
        return Err(vm.type_error(format!(
            "'{class}' object does not support the {protocol} protocol (missed {exit_name} method)"
        )));
    };
    let result = vm.call(&enter, &[])?;
    registers.set(i.a, exit);
    registers.set(i.a + 1, result);
    Ok(())
}

#[inline(never)]
pub(super) fn with_except_start(vm: &mut Vm, exit: &Value, exception: &Value) -> PyResult {
    let class: Value = exception.class().into();
    let traceback = exception.downcast_ref::<Exception>().and_then(|e| e.traceback.borrow().clone());
    vm.call(exit, &[class, exception.clone(), traceback.into()])
}

// --- generators and coroutines ---

/// Suspends the activation that has just begun, in a new generator object.
#[inline(never)]
pub(super) fn make_generator(vm: &mut Vm, frame: Frame) -> PyResult {
    let (code, function) = (frame.code.clone(), frame.function.clone());
    let (name, qualname) = (function.name.borrow().clone(), function.qualname.borrow().clone());
    let generator = Generator::new(code.clone(), name, qualname, SuspendedFrame::new(frame));
    if code.has_flag(code_flags::COROUTINE) && vm.coroutine_origin_depth > 0 {
        crate::types::generator_methods::note_origin(vm, &generator)?;
    }
    Ok(generator.into())
}

/// What `yield from` iterates.
#[inline(never)]
pub(super) fn yield_from_iterator(vm: &mut Vm, value: &Value) -> PyResult {
    let types = vm.types();
    if value.class().is(&types.generator) {
        return Ok(value.clone());
    }
    if value.class().is(&types.coroutine) {
        let allowed = vm
            .frames
            .last()
            .is_some_and(|f| f.code.has_flag(code_flags::COROUTINE | code_flags::ITERABLE_COROUTINE));
        if !allowed {
            return Err(vm.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator"));
        }
        return Ok(value.clone());
    }
    vm.iter(value)
}

/// What `await` iterates; `oparg` tells `async with` from the rest, for errors.
#[inline(never)]
pub(super) fn awaitable(vm: &mut Vm, value: &Value, oparg: u16) -> PyResult {
    let result = vm.awaitable_iterator(value);
    let result = match result {
        Err(raised)
            if oparg > 0
                && raised.is(&vm.types().exceptions.type_error)
                && value.class().slots.await_.get().is_none() =>
        {
            let (method, class) = (if oparg == 1 { "__aenter__" } else { "__aexit__" }, value.class().name());
            let text = format!(
                "'async with' received an object from {method} that does not implement __await__: {class}"
            );
            return Err(vm.type_error(text));
        }
        other => other?,
    };
    if let Some(coroutine) = result.downcast_ref::<Generator>()
        && coroutine.class().is(&vm.types().coroutine)
        && super::generator::delegate(coroutine).is_some()
    {
        return Err(vm.runtime_error("coroutine is being awaited already"));
    }
    Ok(result)
}

impl Vm {
    /// The iterator behind an awaitable.
    pub fn awaitable_iterator(&mut self, value: &Value) -> PyResult {
        let types = self.types();
        if value.class().is(&types.coroutine) {
            return Ok(value.clone());
        }
        if let Some(generator) = value.downcast_ref::<Generator>()
            && generator.code.has_flag(code_flags::ITERABLE_COROUTINE)
        {
            return Ok(value.clone());
        }
        let Some(await_) = value.class().slots.await_.get() else {
            let class = value.class().name();
            return Err(self.type_error(format!("object {class} can't be used in 'await' expression")));
        };
        let iterator = await_(self, value)?;
        if iterator.class().is(&types.coroutine) {
            return Err(self.type_error("__await__() returned a coroutine"));
        }
        if iterator.class().slots.next.get().is_none() {
            let class = iterator.class().name();
            return Err(self.type_error(format!("__await__() returned non-iterator of type '{class}'")));
        }
        Ok(iterator)
    }
}

#[inline(never)]
pub(super) fn async_iterator(vm: &mut Vm, value: &Value) -> PyResult {
    let Some(aiter) = value.class().slots.aiter.get() else {
        let class = value.class().name();
        return Err(
            vm.type_error(format!("'async for' requires an object with __aiter__ method, got {class}"))
        );
    };
    let iterator = aiter(vm, value)?;
    if iterator.class().slots.anext.get().is_none() {
        let class = iterator.class().name();
        return Err(vm.type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {class}"
        )));
    }
    Ok(iterator)
}

#[inline(never)]
pub(super) fn async_next(vm: &mut Vm, iterator: &Value) -> PyResult {
    let Some(anext) = iterator.class().slots.anext.get() else {
        let class = iterator.class().name();
        return Err(
            vm.type_error(format!("'async for' requires an iterator with __anext__ method, got {class}"))
        );
    };
    let next = anext(vm, iterator)?;
    if iterator.class().is(&vm.types().async_generator) {
        return Ok(next);
    }
    match vm.awaitable_iterator(&next) {
        Ok(awaitable) => Ok(awaitable),
        Err(raised) => {
            let class = next.class().name();
            let error =
                vm.type_error(format!("'async for' received an invalid object from __anext__: {class}"));
            let old = error.0.cause.replace(raised.value());
            drop(old);
            error.0.suppress_context.set(true);
            Err(error)
        }
    }
}

/// Sends a value to whatever `yield from` or `await` iterates.
pub(super) fn send(vm: &mut Vm, receiver: &Value, value: Value) -> PyResult<Step> {
    if let Some(generator) = receiver.downcast_ref::<Generator>()
        && !receiver.class().is(&vm.types().async_generator)
    {
        return match generator.state.get() {
            State::Running => {
                let what = if receiver.class().is(&vm.types().coroutine) { "coroutine" } else { "generator" };
                Err(vm.value_error(format!("{what} already executing")))
            }
            State::Ended if receiver.class().is(&vm.types().coroutine) => {
                Err(vm.runtime_error("cannot reuse already awaited coroutine"))
            }
            State::Ended => Ok(Step::Returned(Value::NONE)),
            _ => resume(vm, &generator.clone(), Resume::Value(value)),
        };
    }
    let result = if value.is_none() && receiver.class().slots.next.get().is_some() {
        // An iterator's return value travels in the `StopIteration` that its slot would swallow.
        crate::types::generator_methods::next_with_value(vm, receiver)
    } else {
        vm.call_method(receiver, &vm.names().send, &[value])
    };
    match result {
        Ok(value) => Ok(Step::Yielded(value)),
        Err(raised) => match stop_value(vm, &raised.value()) {
            Some(value) => Ok(Step::Returned(value)),
            None => Err(raised),
        },
    }
}

/// The value of a `StopIteration`; `None` for other exceptions.
#[inline(never)]
pub(super) fn stop_value(vm: &Vm, exception: &Value) -> Option<Value> {
    let stop = &vm.types().exceptions.stop_iteration;
    let exception = exception.downcast_ref::<Exception>().filter(|e| e.class().is_subclass(stop))?;
    Some(exception.get(field::VALUE).unwrap_or(Value::NONE))
}

#[inline(never)]
pub(super) fn is_stop_async(vm: &Vm, exception: &Value) -> bool {
    exception.class().is_subclass(&vm.types().exceptions.stop_async_iteration)
}

// --- intrinsics ---

#[inline(never)]
pub(super) fn intrinsic_1(vm: &mut Vm, number: u64, value: &Value) -> PyResult {
    match number {
        // INTRINSIC_PRINT: the value of an expression statement at the prompt.
        1 => {
            let sys = vm.interp.sys.get().and_then(|s| s.get_str(&vm.names().displayhook));
            match sys {
                Some(hook) => vm.call(&hook, std::slice::from_ref(value)),
                None => Err(vm.runtime_error("lost sys.displayhook")),
            }
        }
        2 => super::names::import_star(vm, value),
        // What is raised on by the next instruction: this one is no place where anything was raised.
        3 => Ok(stop_iteration_error(vm, value).value()),
        4 => crate::types::generator_methods::wrap_async_value(vm, value.clone()),
        5 => vm.positive(value),
        6 => Ok(vm.to_tuple(value)?.into()),
        7..=11 => crate::types::typing::intrinsic(vm, number, value, None),
        _ => Err(vm.system_error("unknown intrinsic function")),
    }
}

#[inline(never)]
pub(super) fn intrinsic_2(vm: &mut Vm, number: u64, first: &Value, second: &Value) -> PyResult {
    match number {
        // INTRINSIC_PREP_RERAISE_STAR
        1 => crate::types::exception_methods::group::prepare_reraise(vm, first, second),
        // TypeVars with a bound or constraints
        2 | 3 => crate::types::typing::intrinsic(vm, number + 100, first, Some(second)),
        // INTRINSIC_SET_FUNCTION_TYPE_PARAMS
        4 => {
            if let (Some(function), Some(parameters)) =
                (first.downcast_ref::<Function>(), second.downcast_ref::<Tuple>())
            {
                let old = function.type_params.replace(Some(parameters.clone()));
                drop(old);
            }
            Ok(first.clone())
        }
        _ => Err(vm.system_error("unknown intrinsic function")),
    }
}

/// A `StopIteration` or `StopAsyncIteration` that comes out of a generator's body becomes a `RuntimeError` (PEP 479).
fn stop_iteration_error(vm: &mut Vm, exception: &Value) -> Raised {
    let Some(original) = exception.downcast_ref::<Exception>().cloned() else {
        return vm.system_error("not an exception");
    };
    let code = vm.frames.last().map(|f| f.code.clone());
    let exceptions = &vm.types().exceptions;
    let flag = |f| code.as_ref().is_some_and(|c| c.has_flag(f));
    let text = if original.class().is_subclass(&exceptions.stop_iteration) {
        if flag(code_flags::ASYNC_GENERATOR) {
            "async generator raised StopIteration"
        } else if flag(code_flags::COROUTINE) {
            "coroutine raised StopIteration"
        } else {
            "generator raised StopIteration"
        }
    } else if flag(code_flags::ASYNC_GENERATOR)
        && original.class().is_subclass(&exceptions.stop_async_iteration)
    {
        "async generator raised StopAsyncIteration"
    } else {
        return Raised(original);
    };
    let error = vm.runtime_error(text);
    let old = (error.0.cause.replace((&original).into()), error.0.context.replace((&original).into()));
    drop(old);
    error.0.suppress_context.set(true);
    error
}
