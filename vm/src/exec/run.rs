//! The dispatch loop.

use super::call::{self, leave};
use super::calls::{self, Called};
use super::frame::{Frame, Return};
use super::generator;
use super::instruction::{Instruction, Op, uses};
use super::iteration::Pair;
use super::unwind::{Outcome, unwind};
use super::{attribute_cache, iteration, matching, names, operations, super_cache};
use crate::object::Value;
use crate::object::slots::CompareOp;
use crate::protocol::compare::compare_floats;
use crate::protocol::numbers::BinaryOp;
use crate::types::function::Function;
use crate::types::generator::{Generator, State};
use crate::types::list::{List, ListIterator};
use crate::types::property::Property;
use crate::types::range::RangeIterator;
use crate::types::tuple::{Tuple, TupleIterator};
use crate::vm::{PyResult, Raised, Vm};
use std::sync::atomic::Ordering;

/// Why the dispatch loop stopped dispatching.
pub(super) enum Stop {
    /// An instruction has raised.
    Raised(Raised),
    /// An exception goes on from where it was raised before: no new traceback level here. With the index of the
    /// instruction that raised it, where the code has kept that.
    Reraised(Raised, Option<usize>),
}

impl From<Raised> for Stop {
    fn from(raised: Raised) -> Stop {
        Stop::Raised(raised)
    }
}

/// Runs the innermost activation until it returns or, a generator's, suspends.
pub(super) fn run(vm: &mut Vm) -> PyResult {
    run_from(vm, None)
}

/// The same, beginning with an exception at the instruction before the current one.
pub(super) fn run_raising(vm: &mut Vm, raised: Raised) -> PyResult {
    if let Some(frame) = vm.frames.last_mut() {
        // SAFETY: `generator::enter` has moved on from an instruction of the same code.
        frame.pc = unsafe { frame.pc.sub(1) };
    }
    run_from(vm, Some(Stop::Raised(raised)))
}

fn run_from(vm: &mut Vm, mut stop: Option<Stop>) -> PyResult {
    loop {
        let stopped = match stop.take() {
            Some(stop) => stop,
            None => match dispatch(vm) {
                Ok(value) => return Ok(value),
                Err(stop) => stop,
            },
        };
        match unwind(vm, stopped) {
            Outcome::Handled => {}
            Outcome::Left(raised) => return Err(raised),
        }
    }
}

/// The registers of an activation.
///
/// Each register always holds a value. The verifier has checked the code that the register numbers come from,
/// and the translator keeps them below the number of registers that were reserved.
#[derive(Clone, Copy)]
pub(super) struct Registers(pub *mut Value);

impl Registers {
    #[inline(always)]
    pub fn get(&self, register: u16) -> &Value {
        // SAFETY: see the type.
        unsafe { &*self.0.add(register as usize) }
    }

    /// Writes a register, dropping what it held.
    #[inline(always)]
    pub fn set(&self, register: u16, value: Value) {
        // SAFETY: see the type. The old value is dropped after the new one is in place.
        drop(unsafe { self.0.add(register as usize).replace(value) });
    }

    /// Takes a register's value out and leaves it dead.
    #[inline(always)]
    pub fn take(&self, register: u16) -> Value {
        // SAFETY: see the type.
        unsafe { self.0.add(register as usize).replace(Value::UNBOUND) }
    }

    /// Drops a register's value and leaves it dead.
    #[inline(always)]
    pub fn kill(&self, register: u16) {
        if self.get(register).is_object() {
            drop(self.take(register));
        }
    }

    /// Where a register is.
    #[inline(always)]
    pub fn at(&self, register: u16) -> *mut Value {
        self.0.wrapping_add(register as usize)
    }

    /// Consecutive registers. They must not be written while the slice is used.
    #[inline(always)]
    pub fn slice<'a>(&self, first: u16, count: usize) -> &'a [Value] {
        // SAFETY: see the type. The slice is used for the arguments of one call, whose registers nothing writes until it is over.
        unsafe { std::slice::from_raw_parts(self.0.add(first as usize), count) }
    }

    /// The value of an operand that the instruction owns: taken from a temporary, cloned from a variable.
    #[inline(always)]
    pub fn own(&self, register: u16, temporary: bool) -> Value {
        if temporary { self.take(register) } else { self.get(register).clone() }
    }

    /// Uses up the temporaries among operands `b` and `c`.
    #[inline(always)]
    pub fn consume(&self, instruction: &Instruction) {
        if instruction.uses & uses::B != 0 {
            self.kill(instruction.b);
        }
        if instruction.uses & uses::C != 0 {
            self.kill(instruction.c);
        }
    }
}

/// Dispatches instructions of the innermost activation and of those that it calls, until the activation that
/// native code waits for returns or suspends.
fn dispatch(vm: &mut Vm) -> Result<Value, Stop> {
    let mut frame: *mut Frame;
    let mut pc: *const Instruction;
    let mut registers: Registers;
    // SAFETY (all blocks of this function that only use `frame` or `pc`): `frame` points to the innermost record, which stays where it is
    // (the records' memory never moves), and `pc` into its instructions, the last of which never runs on.
    macro_rules! reload {
        () => {{
            frame = vm.frames.innermost();
            // SAFETY: see above; `run` is called with an activation, and ends with the one that native code waits for.
            unsafe {
                pc = (*frame).pc;
                registers = Registers((*frame).base);
            }
        }};
    }
    macro_rules! save {
        () => {
            // SAFETY: see above.
            unsafe { (*frame).pc = pc }
        };
    }
    macro_rules! next {
        () => {{
            // SAFETY: see above.
            pc = unsafe { pc.add(1) };
            continue;
        }};
    }
    macro_rules! jump {
        ($distance:expr) => {{
            let distance = $distance;
            // SAFETY: see above; the target is an instruction of the same code.
            pc = unsafe { pc.byte_offset(distance) };
            continue;
        }};
    }
    // An operation that may raise or run other code.
    macro_rules! check {
        ($result:expr) => {{
            save!();
            match $result {
                Ok(value) => value,
                Err(raised) => return Err(Stop::Raised(raised)),
            }
        }};
    }
    // A binary operation with fast paths for two small integers and two floats.
    macro_rules! arithmetic {
        ($i:ident, $op:expr, |$x:ident, $y:ident| $ints:expr, |$f:ident, $g:ident| $floats:expr) => {{
            let (a, b) = (registers.get($i.b), registers.get($i.c));
            let quick: Option<Value> = {
                let ($x, $y) = (a, b);
                $ints
            };
            if let Some(value) = quick {
                registers.set($i.a, value);
                next!();
            }
            if let Some(($f, $g)) = a.both_tagged_floats(b) {
                registers.set($i.a, Value::float($floats));
                next!();
            }
            check!(operations::binary(vm, $i, registers, $op));
            next!();
        }};
    }
    macro_rules! integer_operation {
        ($i:ident, $op:expr, |$x:ident, $y:ident| $ints:expr) => {{
            let (a, b) = (registers.get($i.b), registers.get($i.c));
            if let Some(($x, $y)) = a.both_small_ints(b) {
                let quick: Option<Value> = $ints;
                if let Some(value) = quick {
                    registers.set($i.a, value);
                    next!();
                }
            }
            check!(operations::binary(vm, $i, registers, $op));
            next!();
        }};
    }
    reload!();
    loop {
        // SAFETY: see above.
        let i = unsafe { &*pc };
        match i.op.get() {
            Op::Nop => next!(),
            Op::Resume => {
                if vm.interp.lock.attention.load(Ordering::Relaxed) {
                    check!(operations::safepoint(vm));
                }
                next!()
            }
            Op::Copy => {
                registers.set(i.a, registers.get(i.b).clone());
                next!()
            }
            Op::Move => {
                let value = registers.take(i.b);
                registers.set(i.a, value);
                next!()
            }
            Op::LoadConst => {
                registers.set(i.a, constant(i));
                next!()
            }
            Op::Drop => {
                if registers.get(i.a).is_object() {
                    save!();
                    drop(registers.take(i.a));
                }
                next!()
            }
            Op::CheckBound => {
                if registers.get(i.a).is_unbound() {
                    save!();
                    return Err(operations::unbound_variable(vm, i.a).into());
                }
                next!()
            }
            Op::CopyChecked => {
                if registers.get(i.b).is_unbound() {
                    save!();
                    return Err(operations::unbound_variable(vm, i.b).into());
                }
                registers.set(i.a, registers.get(i.b).clone());
                next!()
            }
            Op::DeleteFast => {
                save!();
                let old = registers.take(i.a);
                if old.is_unbound() {
                    return Err(operations::unbound_variable(vm, i.a).into());
                }
                drop(old);
                next!()
            }
            Op::TakeVariable => {
                let value = registers.take(i.b);
                registers.set(i.a, value);
                next!()
            }
            Op::MakeCell => {
                let cell = crate::types::cell::Cell::new(registers.take(i.a));
                registers.set(i.a, cell.into());
                next!()
            }
            Op::CopyFreeVars => {
                check!(operations::copy_free_variables(vm, i, registers));
                next!()
            }
            Op::LoadDeref => {
                if let Some(cell) = registers.get(i.b).downcast_ref::<crate::types::cell::Cell>() {
                    let value = cell.get();
                    if !value.is_unbound() {
                        registers.set(i.a, value);
                        next!();
                    }
                }
                save!();
                return Err(operations::unbound_cell(vm, i.b).into());
            }
            Op::StoreDeref => {
                save!();
                let value = registers.own(i.b, i.uses & uses::B != 0);
                match registers.get(i.a).downcast_ref::<crate::types::cell::Cell>() {
                    Some(cell) => drop(cell.replace(value)),
                    None => return Err(vm.system_error("a variable that should be a cell is none").into()),
                }
                next!()
            }
            Op::DeleteDeref => {
                check!(operations::delete_cell(vm, i, registers));
                next!()
            }
            Op::LoadName => {
                let value = check!(names::load_name(vm, i.x.get() as usize));
                registers.set(i.a, value);
                next!()
            }
            Op::StoreName => {
                let value = registers.own(i.b, i.uses & uses::B != 0);
                check!(names::store_name(vm, i.x.get() as usize, value));
                next!()
            }
            Op::DeleteName => {
                check!(names::delete_name(vm, i.x.get() as usize));
                next!()
            }
            Op::LoadGlobal => {
                let value = check!(names::load_global(vm, i));
                registers.set(i.a, value);
                next!()
            }
            Op::LoadGlobalCached => {
                // SAFETY: see above.
                let function = unsafe { &(*frame).function };
                let globals = &function.globals;
                if globals.current_keys_version() == i.lower()
                    && let Some(value) = globals.value_at(i.upper() as usize)
                {
                    registers.set(i.a, value.clone());
                    next!();
                }
                i.op.set(Op::LoadGlobal);
                continue;
            }
            Op::LoadBuiltinCached => {
                // SAFETY: see above.
                let function = unsafe { &(*frame).function };
                if function.globals.current_keys_version() == i.lower() {
                    // SAFETY: see above.
                    let (version, position) =
                        unsafe { (*frame).prepared().builtin_cache(i.upper() as usize) };
                    if function.builtins.current_keys_version() == version
                        && let Some(value) = function.builtins.value_at(position as usize)
                    {
                        registers.set(i.a, value.clone());
                        next!();
                    }
                }
                i.op.set(Op::LoadGlobal);
                continue;
            }
            Op::StoreGlobal => {
                let value = registers.own(i.b, i.uses & uses::B != 0);
                check!(names::store_global(vm, i.x.get() as usize, value));
                next!()
            }
            Op::DeleteGlobal => {
                check!(names::delete_global(vm, i.x.get() as usize));
                next!()
            }
            Op::LoadLocals => {
                let value = check!(names::load_locals(vm));
                registers.set(i.a, value);
                next!()
            }
            Op::LoadFromDictOrGlobals => {
                let value = check!(names::load_from_dict_or_globals(vm, i, registers));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::LoadFromDictOrDeref => {
                let value = check!(names::load_from_dict_or_deref(vm, i, registers));
                registers.kill(i.b);
                registers.set(i.a, value);
                next!()
            }
            Op::LoadBuildClass => {
                let value = check!(names::load_build_class(vm));
                registers.set(i.a, value);
                next!()
            }
            Op::LoadAssertionError => {
                registers.set(i.a, (&vm.types().exceptions.assertion_error).into());
                next!()
            }
            Op::SetupAnnotations => {
                check!(names::setup_annotations(vm));
                next!()
            }

            // --- attributes ---
            Op::LoadAttrSlot => {
                let object = registers.get(i.b);
                if let Some(value) = attribute_cache::read_slot(object, i) {
                    let value = value.clone();
                    if i.uses & uses::B != 0 {
                        save!();
                        registers.kill(i.b);
                    }
                    registers.set(i.a, value);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadAttrPolymorphic);
                continue;
            }
            Op::LoadAttrModule => {
                if let Some(value) = attribute_cache::module_value(registers.get(i.b), i) {
                    save!();
                    registers.consume(i);
                    registers.set(i.a, value);
                    next!();
                }
                i.op.set(Op::LoadAttr);
                continue;
            }
            Op::LoadAttrClass => {
                if attribute_cache::guard(registers.get(i.b)) == i.lower() {
                    // SAFETY: see above.
                    let value = unsafe { (*frame).prepared().cached_value(i.upper() as usize) };
                    save!();
                    registers.consume(i);
                    registers.set(i.a, value);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadAttrPolymorphic);
                continue;
            }
            Op::LoadAttrType => {
                if let Some(value) = attribute_cache::type_value(vm, registers.get(i.b), i) {
                    save!();
                    registers.consume(i);
                    registers.set(i.a, value);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadAttrPolymorphic);
                continue;
            }
            Op::LoadAttrProperty => {
                if attribute_cache::guard(registers.get(i.b)) == i.lower() {
                    // SAFETY: see above.
                    let property = unsafe { (*frame).prepared().cached_value(i.upper() as usize) };
                    if let Some(getter) = property.downcast_ref::<Property>().and_then(|p| p.python_getter())
                    {
                        save!();
                        let object = registers.own(i.b, i.uses & uses::B != 0);
                        call::enter_with(vm, getter, [object], Return::Register)?;
                        reload!();
                        continue;
                    }
                }
                attribute_cache::generalize(i, Op::LoadAttrPolymorphic);
                continue;
            }
            Op::LoadAttr => match check!(attribute_cache::load(vm, i, registers)) {
                Called::Entered => reload!(),
                Called::Done => next!(),
            },
            Op::LoadAttrPolymorphic => match check!(attribute_cache::load_polymorphic(vm, i, registers)) {
                Called::Entered => reload!(),
                Called::Done => next!(),
            },
            Op::LoadMethodShape => {
                if attribute_cache::shape_guard(registers.get(i.b)) == i.lower() {
                    // SAFETY: see above.
                    let method = unsafe { (*frame).prepared().cached_value(i.upper() as usize) };
                    attribute_cache::push_method(i, registers, method);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadMethodPolymorphic);
                continue;
            }
            Op::LoadMethodClass => {
                if registers.get(i.b).class().guard_id() == i.lower() {
                    // SAFETY: see above.
                    let method = unsafe { (*frame).prepared().cached_value(i.upper() as usize) };
                    attribute_cache::push_method(i, registers, method);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadMethodPolymorphic);
                continue;
            }
            Op::LoadMethodSlot => {
                if let Some(value) = attribute_cache::read_slot(registers.get(i.b), i) {
                    let value = value.clone();
                    save!();
                    attribute_cache::push_callable(i, registers, value);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadMethodPolymorphic);
                continue;
            }
            Op::LoadMethodModule => {
                if let Some(value) = attribute_cache::module_value(registers.get(i.b), i) {
                    save!();
                    attribute_cache::push_callable(i, registers, value);
                    next!();
                }
                i.op.set(Op::LoadMethod);
                continue;
            }
            Op::LoadMethodType => {
                if let Some(value) = attribute_cache::type_value(vm, registers.get(i.b), i) {
                    save!();
                    attribute_cache::push_callable(i, registers, value);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadMethodPolymorphic);
                continue;
            }
            Op::LoadMethodBound => {
                if let Some(value) = attribute_cache::type_value(vm, registers.get(i.b), i) {
                    attribute_cache::push_method(i, registers, value);
                    next!();
                }
                attribute_cache::generalize(i, Op::LoadMethodPolymorphic);
                continue;
            }
            Op::LoadMethod => {
                check!(attribute_cache::load_method(vm, i, registers));
                next!()
            }
            Op::LoadMethodPolymorphic => {
                check!(attribute_cache::load_method_polymorphic(vm, i, registers));
                next!()
            }
            Op::StoreAttrSlot => {
                let object = registers.get(i.b);
                if attribute_cache::shape_guard(object) == i.lower() {
                    let value = registers.own(i.a, i.uses & uses::A != 0);
                    let old = attribute_cache::replace_slot(object, i.upper(), value);
                    if old.is_object() {
                        save!();
                        drop(old);
                    }
                    if i.uses & uses::B != 0 {
                        save!();
                        registers.kill(i.b);
                    }
                    next!();
                }
                attribute_cache::generalize(i, Op::StoreAttrPolymorphic);
                continue;
            }
            Op::StoreAttrAdd => {
                let object = registers.get(i.b);
                if attribute_cache::shape_guard(object) == i.lower() {
                    // SAFETY: see above.
                    let transition = unsafe { (*frame).prepared().transition(i.upper() as usize) };
                    if let Some((shape, offset)) = transition {
                        let value = registers.own(i.a, i.uses & uses::A != 0);
                        crate::object::attributes::extend(object, shape, offset, value);
                        if i.uses & uses::B != 0 {
                            save!();
                            registers.kill(i.b);
                        }
                        next!();
                    }
                }
                attribute_cache::generalize(i, Op::StoreAttrPolymorphic);
                continue;
            }
            Op::StoreAttr => {
                check!(attribute_cache::store(vm, i, registers));
                next!()
            }
            Op::StoreAttrPolymorphic => {
                check!(attribute_cache::store_polymorphic(vm, i, registers));
                next!()
            }
            Op::DeleteAttr => {
                check!(attribute_cache::delete(vm, i, registers));
                registers.consume(i);
                next!()
            }
            Op::LoadSuperAttr => {
                check!(super_cache::load(vm, i, registers));
                next!()
            }
            Op::LoadSuperMethod => {
                // SAFETY: see above.
                let prepared = unsafe { (*frame).prepared() };
                if let Some(function) = super_cache::cached_method(prepared, i, registers) {
                    super_cache::place_method(i, registers, function);
                    next!();
                }
                i.op.set(Op::LoadSuperAttr);
                continue;
            }

            // --- arithmetic ---
            Op::Add => arithmetic!(i, BinaryOp::Add, |x, y| x.add_small_ints(y), |f, g| f + g),
            Op::Subtract => arithmetic!(i, BinaryOp::Subtract, |x, y| x.sub_small_ints(y), |f, g| f - g),
            Op::Multiply => {
                arithmetic!(i, BinaryOp::Multiply, |x, y| multiply(x, y), |f, g| f * g)
            }
            Op::TrueDivide => {
                let (a, b) = (registers.get(i.b), registers.get(i.c));
                if let Some((f, g)) = a.both_tagged_floats(b)
                    && g != 0.0
                {
                    registers.set(i.a, Value::float(f / g));
                    next!();
                }
                check!(operations::binary(vm, i, registers, BinaryOp::TrueDivide));
                next!()
            }
            Op::FloorDivide => integer_operation!(i, BinaryOp::FloorDivide, |x, y| {
                if y > 0 { Some(Value::small_int_unchecked(x.div_euclid(y))) } else { None }
            }),
            Op::Remainder => integer_operation!(i, BinaryOp::Remainder, |x, y| {
                if y > 0 { Some(Value::small_int_unchecked(x.rem_euclid(y))) } else { None }
            }),
            Op::And => integer_operation!(i, BinaryOp::And, |x, y| Some(Value::small_int_unchecked(x & y))),
            Op::Or => integer_operation!(i, BinaryOp::Or, |x, y| Some(Value::small_int_unchecked(x | y))),
            Op::Xor => integer_operation!(i, BinaryOp::Xor, |x, y| Some(Value::small_int_unchecked(x ^ y))),
            Op::LeftShift => integer_operation!(i, BinaryOp::LeftShift, |x, y| {
                if (0..32).contains(&y) && x.unsigned_abs() < 1 << 28 {
                    Some(Value::int(x << y))
                } else {
                    None
                }
            }),
            Op::RightShift => integer_operation!(i, BinaryOp::RightShift, |x, y| {
                if y >= 0 { Some(Value::small_int_unchecked(x >> y.min(63))) } else { None }
            }),
            Op::AddConst => {
                let constant = borrowed_constant(i);
                if let Some(value) = registers.get(i.b).add_small_ints(&constant) {
                    registers.set(i.a, value);
                    next!();
                }
                check!(operations::binary_constant(vm, i, registers, BinaryOp::Add, i.c != 0));
                next!()
            }
            Op::SubtractConst => {
                let constant = borrowed_constant(i);
                if let Some(value) = registers.get(i.b).sub_small_ints(&constant) {
                    registers.set(i.a, value);
                    next!();
                }
                check!(operations::binary_constant(vm, i, registers, BinaryOp::Subtract, i.c != 0));
                next!()
            }
            Op::MultiplyConst => {
                let constant = borrowed_constant(i);
                if let Some(value) = multiply(registers.get(i.b), &constant) {
                    registers.set(i.a, value);
                    next!();
                }
                check!(operations::binary_constant(vm, i, registers, BinaryOp::Multiply, i.c != 0));
                next!()
            }
            Op::BinaryConst => {
                let constant = borrowed_constant(i);
                if let Some(value) = operations::quick_binary(registers.get(i.b), &constant, i.c) {
                    registers.set(i.a, value);
                    next!();
                }
                let op = BinaryOp::ALL[i.c as usize % 13];
                check!(operations::binary_constant(vm, i, registers, op, i.c >= 13));
                next!()
            }
            Op::BinaryConstLeft => {
                let constant = borrowed_constant(i);
                if let Some(value) = operations::quick_binary(&constant, registers.get(i.b), i.c) {
                    registers.set(i.a, value);
                    next!();
                }
                check!(operations::binary_constant_left(vm, i, registers));
                next!()
            }
            Op::Binary | Op::BinaryInplace => {
                let op = BinaryOp::ALL[i.x.get() as usize % 13];
                check!(operations::binary_any(vm, i, registers, op));
                next!()
            }
            Op::Negative => {
                let value = registers.get(i.b);
                if let Some(x) = value.as_small_int() {
                    registers.set(i.a, Value::int(-x));
                    next!();
                }
                if let Some(f) = value.as_tagged_float() {
                    registers.set(i.a, Value::float(-f));
                    next!();
                }
                let result = check!(operations::negative(vm, value));
                registers.consume(i);
                registers.set(i.a, result);
                next!()
            }
            Op::Positive => {
                let result = check!(vm.positive(registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, result);
                next!()
            }
            Op::Invert => {
                let result = check!(vm.invert(registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, result);
                next!()
            }
            Op::Not => {
                let truth = check!(operations::truth(vm, registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, Value::bool(!truth));
                next!()
            }

            // --- comparisons ---
            Op::Compare => {
                let op = compare_op(i.x.get() as u16);
                let (a, b) = (registers.get(i.b), registers.get(i.c));
                if let Some(answer) = quick_compare(a, b, op) {
                    registers.set(i.a, Value::bool(answer));
                    next!();
                }
                let result = check!(operations::compare(vm, a, b, op));
                registers.consume(i);
                registers.set(i.a, result);
                next!()
            }
            Op::CompareJump => {
                let op = compare_op(i.a & 7);
                let (a, b) = (registers.get(i.b), registers.get(i.c));
                let answer = match quick_compare(a, b, op) {
                    Some(answer) => answer,
                    None => {
                        let answer = check!(operations::compare_bool(vm, a, b, op));
                        registers.consume(i);
                        answer
                    }
                };
                if answer == (i.a & 8 != 0) {
                    jump!(i.distance());
                }
                next!()
            }
            Op::CompareConstJump => {
                let op = compare_op(i.a & 7);
                let a = registers.get(i.b);
                let constant = i64::from(i.upper() as i32);
                let answer = match a.as_small_int() {
                    Some(x) => op.holds(x.cmp(&constant)),
                    None => {
                        let answer = check!(operations::compare_bool(
                            vm,
                            a,
                            &Value::small_int_unchecked(constant),
                            op
                        ));
                        registers.consume(i);
                        answer
                    }
                };
                if answer == (i.a & 8 != 0) {
                    jump!(i.distance());
                }
                next!()
            }
            Op::Is | Op::IsNot => {
                let same = registers.get(i.b).is(registers.get(i.c));
                save!();
                registers.consume(i);
                registers.set(i.a, Value::bool(same == (i.op.get() == Op::Is)));
                next!()
            }
            Op::IsJump => {
                let same = registers.get(i.b).is(registers.get(i.c));
                save!();
                registers.consume(i);
                if same == (i.a != 0) {
                    jump!(i.distance());
                }
                next!()
            }
            Op::In | Op::NotIn => {
                let found = check!(operations::contains(vm, registers.get(i.c), registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, Value::bool(found == (i.op.get() == Op::In)));
                next!()
            }

            // --- items ---
            Op::Subscript => {
                if let Some(value) = operations::quick_item(registers.get(i.b), registers.get(i.c)) {
                    if i.uses != 0 {
                        save!();
                        registers.consume(i);
                    }
                    registers.set(i.a, value);
                    next!();
                }
                match check!(operations::subscript(vm, i, registers)) {
                    Called::Entered => reload!(),
                    Called::Done => next!(),
                }
            }
            Op::SubscriptConst => {
                let key = borrowed_constant(i);
                if let Some(value) = operations::quick_item(registers.get(i.b), &key) {
                    if i.uses != 0 {
                        save!();
                        registers.consume(i);
                    }
                    registers.set(i.a, value);
                    next!();
                }
                match check!(operations::subscript_constant(vm, i, registers)) {
                    Called::Entered => reload!(),
                    Called::Done => next!(),
                }
            }
            Op::StoreSubscript => {
                let (container, key) = (registers.get(i.b), registers.get(i.c));
                let value = registers.own(i.a, i.uses & uses::A != 0);
                let left = match operations::quick_store(container, key, value) {
                    Ok(old) => {
                        if old.is_object() {
                            save!();
                            drop(old);
                        }
                        None
                    }
                    Err(value) => Some(value),
                };
                if let Some(value) = left {
                    check!(operations::set_item(vm, container, key, value));
                }
                if i.uses & (uses::B | uses::C) != 0 {
                    save!();
                    registers.consume(i);
                }
                next!()
            }
            Op::DeleteSubscript => {
                check!(vm.del_item(registers.get(i.b), registers.get(i.c)));
                registers.consume(i);
                next!()
            }
            Op::Slice => {
                let value = check!(operations::get_slice(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::StoreSlice => {
                check!(operations::set_slice(vm, i, registers));
                next!()
            }

            // --- jumps ---
            Op::Jump => jump!(i.distance()),
            Op::JumpBackward => {
                if vm.interp.lock.attention.load(Ordering::Relaxed) {
                    check!(operations::safepoint(vm));
                }
                jump!(i.distance())
            }
            Op::JumpIfTrue => {
                let value = registers.get(i.b);
                let truth = match value.as_bool() {
                    Some(truth) => truth,
                    None => {
                        let truth = check!(operations::truth(vm, value));
                        registers.consume(i);
                        truth
                    }
                };
                if truth {
                    jump!(i.distance());
                }
                next!()
            }
            Op::JumpIfFalse => {
                let value = registers.get(i.b);
                let truth = match value.as_bool() {
                    Some(truth) => truth,
                    None => {
                        let truth = check!(operations::truth(vm, value));
                        registers.consume(i);
                        truth
                    }
                };
                if !truth {
                    jump!(i.distance());
                }
                next!()
            }
            Op::JumpIfNone => {
                let none = registers.get(i.b).is_none();
                save!();
                registers.consume(i);
                if none {
                    jump!(i.distance());
                }
                next!()
            }
            Op::JumpIfNotNone => {
                let none = registers.get(i.b).is_none();
                save!();
                registers.consume(i);
                if !none {
                    jump!(i.distance());
                }
                next!()
            }

            // --- iteration ---
            Op::GetIter => {
                let iterator = check!(operations::iter(vm, registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, iterator);
                next!()
            }
            Op::ForIter => {
                let iterator = registers.get(i.b);
                let item = if let Some(range) = iterator.exact::<RangeIterator>() {
                    range.advance()
                } else if let Some(list) = iterator.exact::<ListIterator>() {
                    list.advance()
                } else if let Some(tuple) = iterator.exact::<TupleIterator>() {
                    tuple.advance()
                } else if iterator.class().is(&vm.types().generator)
                    && let Some(generator) = iterator.downcast_ref::<Generator>()
                    && matches!(generator.state.get(), State::Created | State::Suspended)
                {
                    check!(generator::enter(vm, generator, Value::NONE, Return::ForIter));
                    reload!();
                    continue;
                } else if iteration::unpacks_pair(i, pc) {
                    match check!(iteration::next_pair(vm, iterator)) {
                        Pair::Items(first, second) => {
                            // SAFETY: `unpacks_pair` has looked at the next instruction.
                            pc = unsafe { pc.add(1) };
                            // SAFETY: see above.
                            iteration::place_pair(unsafe { &*pc }, registers, first, second);
                            next!()
                        }
                        Pair::Item(item) => item,
                    }
                } else {
                    check!(operations::next(vm, iterator))
                };
                match item {
                    Some(item) => {
                        registers.set(i.a, item);
                        next!()
                    }
                    None => {
                        save!();
                        registers.kill(i.b);
                        jump!(i.distance())
                    }
                }
            }
            Op::GetYieldFromIter => {
                let value = check!(operations::yield_from_iterator(vm, registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::GetAwaitable => {
                let value = registers.get(i.b);
                if value.class().is(&vm.types().coroutine)
                    && value.downcast_ref::<Generator>().is_some_and(|g| g.state.get() == State::Created)
                {
                    let value = registers.own(i.b, i.uses & uses::B != 0);
                    registers.set(i.a, value);
                    next!();
                }
                let value = check!(operations::awaitable(vm, registers.get(i.b), i.c));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::GetAiter => {
                let value = check!(operations::async_iterator(vm, registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::GetAnext => {
                let value = check!(operations::async_next(vm, registers.get(i.b)));
                registers.set(i.a, value);
                next!()
            }
            Op::Send => {
                let receiver = registers.get(i.b);
                let class = receiver.class();
                let types = vm.types();
                if (class.is(&types.generator) || class.is(&types.coroutine))
                    && let Some(generator) = receiver.downcast_ref::<Generator>()
                    && matches!(generator.state.get(), State::Created | State::Suspended)
                    && (generator.state.get() == State::Suspended || registers.get(i.c).is_none())
                {
                    let value = registers.take(i.c);
                    check!(generator::enter(vm, generator, value, Return::Send));
                    reload!();
                    continue;
                }
                match check!(operations::send(vm, receiver, registers.take(i.c))) {
                    generator::Step::Yielded(value) => {
                        registers.set(i.a, value);
                        next!()
                    }
                    generator::Step::Returned(value) => {
                        registers.set(i.a, value);
                        jump!(i.distance())
                    }
                }
            }
            Op::Yield => {
                save!();
                let value = registers.take(i.b);
                // SAFETY: the record is the innermost.
                let result = unsafe { (*frame).result };
                generator::suspend(vm);
                match result {
                    Return::ForIter | Return::Send => {
                        reload!();
                        // SAFETY: see above.
                        let caller = unsafe { &*pc };
                        registers.set(caller.a, value);
                        next!()
                    }
                    _ => return Ok(value),
                }
            }
            Op::ReturnGenerator => {
                save!();
                let Some(started) = vm.frames.pop() else {
                    return Err(vm.system_error("no activation to suspend").into());
                };
                vm.depth -= 1;
                let result = started.result;
                let generator = check_pop(operations::make_generator(vm, started))?;
                match result {
                    Return::Register => {
                        reload!();
                        // SAFETY: see above.
                        let caller = unsafe { &*pc };
                        registers.set(caller.a, generator);
                        next!()
                    }
                    _ => return Ok(generator),
                }
            }
            Op::EndAsyncFor => {
                save!();
                let exception = registers.take(i.b + 1);
                let ended = operations::is_stop_async(vm, &exception);
                if ended {
                    drop(exception);
                    registers.kill(i.b);
                    next!();
                }
                return Err(operations::raised_again(vm, exception, None));
            }
            Op::CleanupThrow => {
                save!();
                let exception = registers.take(i.b + 2);
                match operations::stop_value(vm, &exception) {
                    Some(value) => {
                        registers.kill(i.b);
                        registers.kill(i.b + 1);
                        registers.set(i.b, Value::NONE);
                        registers.set(i.a, value);
                        drop(exception);
                        next!()
                    }
                    None => return Err(operations::raised_again(vm, exception, None)),
                }
            }

            // --- returns ---
            Op::Return | Op::ReturnConst => {
                save!();
                let value = if i.op.get() == Op::Return { registers.take(i.b) } else { constant(i) };
                // SAFETY: the record is the innermost.
                let result = unsafe { (*frame).result };
                match result {
                    Return::Register => {
                        leave(vm);
                        reload!();
                        // SAFETY: see above.
                        let caller = unsafe { &*pc };
                        registers.set(caller.a, value);
                        next!()
                    }
                    Return::Native => {
                        leave(vm);
                        return Ok(value);
                    }
                    Return::Init => {
                        // SAFETY: see above.
                        let instance = unsafe { std::mem::replace(&mut (*frame).owner, Value::UNBOUND) };
                        leave(vm);
                        reload!();
                        if !value.is_none() {
                            let class = value.class().name();
                            let text = format!("__init__() should return None, not '{class}'");
                            return Err(vm.type_error(text).into());
                        }
                        // SAFETY: see above.
                        let caller = unsafe { &*pc };
                        registers.set(caller.a, instance);
                        next!()
                    }
                    Return::ForIter => {
                        leave(vm);
                        reload!();
                        // SAFETY: see above.
                        let caller = unsafe { &*pc };
                        registers.kill(caller.b);
                        drop(value);
                        jump!(caller.distance())
                    }
                    Return::Send => {
                        leave(vm);
                        reload!();
                        // SAFETY: see above.
                        let caller = unsafe { &*pc };
                        registers.set(caller.a, value);
                        jump!(caller.distance())
                    }
                }
            }

            // --- calls ---
            Op::Call => {
                let callee = registers.get(i.b);
                let argc = i.c as usize;
                if let Some(function) = calls::python_function(vm, callee)
                    && function.simple_parameters.get() == argc as u32
                    && i.x.get() == 0
                {
                    save!();
                    // SAFETY: `python_function` has seen what it is.
                    let function = unsafe { registers.take(i.b).into_ref_unchecked::<Function>() };
                    call::enter(vm, function, registers.at(i.b + 1), argc, Return::Register, Value::UNBOUND)?;
                    reload!();
                    continue;
                }
                match check!(calls::call(vm, i, registers, i.b, argc)) {
                    Called::Entered => reload!(),
                    Called::Done => next!(),
                }
            }
            Op::CallMethod => {
                let method = registers.get(i.b);
                let argc = i.c as usize;
                if let Some(function) = calls::python_function(vm, method)
                    && function.simple_parameters.get() == argc as u32 + 1
                    && i.x.get() == 0
                {
                    save!();
                    // SAFETY: `python_function` has seen what it is.
                    let function = unsafe { registers.take(i.b).into_ref_unchecked::<Function>() };
                    let first = registers.at(i.b + 1);
                    call::enter(vm, function, first, argc + 1, Return::Register, Value::UNBOUND)?;
                    reload!();
                    continue;
                }
                let (callee, argc) = if method.is_unbound() { (i.b + 1, argc) } else { (i.b, argc + 1) };
                match check!(calls::call(vm, i, registers, callee, argc)) {
                    Called::Entered => reload!(),
                    Called::Done => next!(),
                }
            }
            Op::CallEx => match check!(calls::call_ex(vm, i, registers)) {
                Called::Entered => reload!(),
                Called::Done => next!(),
            },
            Op::Intrinsic1 => {
                let value = check!(operations::intrinsic_1(vm, i.x.get(), registers.get(i.b)));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::Intrinsic2 => {
                let value =
                    check!(operations::intrinsic_2(vm, i.x.get(), registers.get(i.b), registers.get(i.c)));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::MakeFunction => {
                let value = check!(operations::make_function(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }

            // --- displays ---
            Op::BuildTuple => {
                let count = i.x.get() as u16;
                let value = Tuple::new((0..count).map(|n| registers.take(i.b + n)));
                registers.set(i.a, value.into());
                next!()
            }
            Op::BuildList => {
                let count = i.x.get() as u16;
                let value = List::new((0..count).map(|n| registers.take(i.b + n)).collect());
                registers.set(i.a, value.into());
                next!()
            }
            Op::BuildSet => {
                let value = check!(operations::build_set(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::BuildMap => {
                let value = check!(operations::build_map(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::BuildConstKeyMap => {
                let value = check!(operations::build_const_key_map(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::BuildString => {
                let value = check!(operations::build_string(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::BuildSlice => {
                let step = if i.c == 3 { registers.take(i.b + 2) } else { Value::NONE };
                let (start, stop) = (registers.take(i.b), registers.take(i.b + 1));
                registers.set(i.a, crate::types::slice::Slice::new(start, stop, step).into());
                next!()
            }
            Op::ListAppend => {
                let item = registers.own(i.b, i.uses & uses::B != 0);
                match registers.get(i.a).downcast_ref::<List>() {
                    Some(list) => list.push(item),
                    None => return Err(vm.system_error("LIST_APPEND to something else").into()),
                }
                next!()
            }
            Op::SetAdd => {
                check!(operations::set_add(vm, i, registers));
                next!()
            }
            Op::MapAdd => {
                check!(operations::map_add(vm, i, registers));
                next!()
            }
            Op::ListExtend => {
                check!(operations::list_extend(vm, i, registers));
                registers.consume(i);
                next!()
            }
            Op::SetUpdate => {
                check!(operations::set_update(vm, i, registers));
                registers.consume(i);
                next!()
            }
            Op::DictUpdate => {
                check!(operations::dict_update(vm, i, registers));
                registers.consume(i);
                next!()
            }
            Op::DictMerge => {
                check!(operations::dict_merge(vm, i, registers));
                registers.kill(i.b);
                next!()
            }
            Op::FormatValue => {
                let value = check!(operations::format_value(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::UnpackSequence | Op::UnpackToVariables => {
                check!(iteration::unpack_sequence(vm, i, registers));
                next!()
            }
            Op::UnpackEx => {
                check!(iteration::unpack_ex(vm, i, registers));
                next!()
            }

            // --- imports ---
            Op::ImportName => {
                let value = check!(names::import_name(vm, i, registers));
                registers.consume(i);
                registers.set(i.a, value);
                next!()
            }
            Op::ImportFrom => {
                let value = check!(names::import_from(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }

            // --- exceptions ---
            Op::PushExcInfo => {
                let exception = registers.take(i.b);
                let previous = std::mem::replace(&mut vm.handled, exception.clone());
                registers.set(i.a, previous);
                registers.set(i.a + 1, exception);
                next!()
            }
            Op::PopExcept => {
                save!();
                let previous = registers.take(i.b);
                let old = std::mem::replace(
                    &mut vm.handled,
                    if previous.is_unbound() { Value::NONE } else { previous },
                );
                drop(old);
                next!()
            }
            Op::CheckExcMatch => {
                let matches =
                    check!(operations::exception_matches(vm, registers.get(i.b), registers.get(i.c)));
                registers.consume_c(i);
                registers.set(i.a, Value::bool(matches));
                next!()
            }
            Op::CheckEgMatch => {
                check!(operations::group_matches(vm, i, registers));
                next!()
            }
            Op::Raise => {
                save!();
                return Err(operations::raise(vm, i, registers));
            }
            Op::Reraise => {
                save!();
                let place = if i.c != 0 { registers.get(i.a).as_small_int() } else { None };
                let exception = registers.take(i.b);
                let place = place.and_then(|place| usize::try_from(place).ok());
                return Err(operations::raised_again(vm, exception, place));
            }
            Op::BeforeWith => {
                check!(operations::before_with(vm, i, registers, false));
                next!()
            }
            Op::BeforeAsyncWith => {
                check!(operations::before_with(vm, i, registers, true));
                next!()
            }
            Op::WithExceptStart => {
                let value = check!(operations::with_except_start(vm, registers.get(i.b), registers.get(i.c)));
                registers.set(i.a, value);
                next!()
            }

            // --- pattern matching ---
            Op::GetLen => {
                let len = check!(vm.length(registers.get(i.b)));
                registers.set(i.a, Value::from(len));
                next!()
            }
            Op::MatchMapping => {
                let is = registers.get(i.b).class().has(crate::object::class::flag::MAPPING);
                registers.set(i.a, Value::bool(is));
                next!()
            }
            Op::MatchSequence => {
                let is = registers.get(i.b).class().has(crate::object::class::flag::SEQUENCE);
                registers.set(i.a, Value::bool(is));
                next!()
            }
            Op::MatchKeys => {
                let value = check!(matching::match_keys(vm, registers.get(i.b), registers.get(i.c)));
                registers.set(i.a, value);
                next!()
            }
            Op::MatchClass => {
                let value = check!(matching::match_class(vm, i, registers));
                registers.set(i.a, value);
                next!()
            }
            Op::Invalid => {
                save!();
                return Err(vm.system_error("invalid instruction").into());
            }
        }
    }
}

impl Registers {
    /// Uses up operand `c` if it is a temporary.
    #[inline(always)]
    fn consume_c(&self, instruction: &Instruction) {
        if instruction.uses & uses::C != 0 {
            self.kill(instruction.c);
        }
    }
}

/// An error after the failing activation has left: the caller's instruction raises.
fn check_pop(result: PyResult) -> Result<Value, Stop> {
    result.map_err(Stop::Raised)
}

/// The constant in an instruction's extra word.
#[inline(always)]
fn constant(instruction: &Instruction) -> Value {
    (*borrowed_constant(instruction)).clone()
}

/// The same without counting: the code object keeps it alive.
#[inline(always)]
fn borrowed_constant(instruction: &Instruction) -> std::mem::ManuallyDrop<Value> {
    // SAFETY: the translator put the word of one of the code's constants there; the code outlives its instructions' run.
    std::mem::ManuallyDrop::new(unsafe { Value::from_bits(instruction.x.get()) })
}

#[inline(always)]
fn compare_op(number: u16) -> CompareOp {
    match number {
        0 => CompareOp::Lt,
        1 => CompareOp::Le,
        2 => CompareOp::Eq,
        3 => CompareOp::Ne,
        4 => CompareOp::Gt,
        _ => CompareOp::Ge,
    }
}

#[inline(always)]
fn quick_compare(a: &Value, b: &Value, op: CompareOp) -> Option<bool> {
    if let Some((x, y)) = a.both_small_ints(b) {
        return Some(op.holds(x.cmp(&y)));
    }
    let (f, g) = a.both_tagged_floats(b)?;
    Some(compare_floats(f, g, op))
}

/// The product of two small integers where it is one again.
#[inline(always)]
fn multiply(a: &Value, b: &Value) -> Option<Value> {
    let (x, y) = a.both_small_ints(b)?;
    x.checked_mul(y).map(Value::int)
}
