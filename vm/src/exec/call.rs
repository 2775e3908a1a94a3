//! Calls of functions written in Python: new activations.

use super::frame::{Frame, Return};
use super::prepared::Prepared;
use super::{arguments, run};
use crate::native::Args;
use crate::object::{Ref, Value};
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::vm::{PyResult, Vm};
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::ptr::NonNull;

/// Calls a function from native code.
pub fn call_function(vm: &mut Vm, function: &Ref<Function>, args: Args<'_>) -> PyResult {
    vm.nested("", |vm| {
        enter_copied(vm, function, args, Return::Native, Value::UNBOUND)?;
        run::run(vm)
    })
}

/// Runs the code of a module or class body, or of `exec` and `eval`, with a name space.
pub fn run_code(vm: &mut Vm, code: &Ref<Code>, globals: &Ref<Dict>, locals: Value) -> PyResult {
    let builtins = vm.builtins_of(globals);
    let function = Function::new(code.clone(), globals, builtins, None);
    run_function_body(vm, &function, locals)
}

/// Runs a function's code as a body with a name space (`exec` of a code object with free variables, class bodies).
pub fn run_function_body(vm: &mut Vm, function: &Ref<Function>, locals: Value) -> PyResult {
    vm.nested("", |vm| {
        let base = vm.free_stack();
        prepare_registers(vm, function, base, 0)?;
        push_frame(vm, function.clone(), base, Return::Native, locals, Value::UNBOUND)?;
        run::run(vm)
    })
}

/// Makes room for an activation of `function` at `base`, whose first `given` registers are written already.
#[inline(always)]
pub(super) fn prepare_registers(
    vm: &mut Vm,
    function: &Function,
    base: *mut Value,
    given: usize,
) -> PyResult<()> {
    let prepared = prepared(vm, function)?;
    let (locals, count) = (prepared.locals_count as usize, prepared.register_count as usize);
    if !vm.stack.reserve(base, count) {
        return Err(vm.recursion_error_for(""));
    }
    for i in given..locals {
        // SAFETY: reserved; registers above the live ones hold no pointer, so nothing is lost.
        unsafe { base.add(i).write(Value::UNBOUND) };
    }
    Ok(())
}

/// The register code of a function; it lives as long as the function's code object.
#[inline(always)]
fn prepared<'a>(vm: &mut Vm, function: &Function) -> PyResult<&'a Prepared> {
    match function.prepared.get() {
        // SAFETY: the function's code object owns it, and keeps it while the function or an activation refers to it.
        Some(prepared) => Ok(unsafe { prepared.as_ref() }),
        None => prepare(vm, function),
    }
}

#[cold]
#[inline(never)]
fn prepare<'a>(vm: &mut Vm, function: &Function) -> PyResult<&'a Prepared> {
    let code = function.code.borrow().clone();
    let prepared = NonNull::from(code.prepared(vm)?);
    function.prepared.set(Some(prepared));
    // SAFETY: as above.
    Ok(unsafe { prepared.as_ref() })
}

/// Whether there is no room for one more activation.
#[inline(always)]
pub(super) fn is_exhausted(vm: &Vm) -> bool {
    vm.depth >= vm.recursion_limit || vm.frames.is_full()
}

/// Pushes the record of an activation whose registers are ready.
#[inline(always)]
pub(super) fn push_frame(
    vm: &mut Vm,
    function: Ref<Function>,
    base: *mut Value,
    result: Return,
    locals: Value,
    owner: Value,
) -> PyResult<()> {
    let prepared = prepared(vm, &function)?;
    if is_exhausted(vm) {
        drop_registers(base, prepared.locals_count as usize);
        return Err(vm.recursion_error_for(""));
    }
    push_record(vm, function, prepared, base, result, locals, owner);
    Ok(())
}

#[inline(always)]
fn push_record(
    vm: &mut Vm,
    function: Ref<Function>,
    prepared: &Prepared,
    base: *mut Value,
    result: Return,
    locals: Value,
    owner: Value,
) {
    vm.depth += 1;
    let activation = vm.next_activation;
    vm.next_activation += 1;
    let code = function.current_code();
    vm.frames.push_with(|| Frame {
        function,
        code,
        prepared: NonNull::from(prepared),
        pc: prepared.instructions.as_ptr(),
        result,
        base,
        top: base.wrapping_add(prepared.register_count as usize),
        on_stack: true,
        locals,
        owner,
        object: OnceCell::new(),
        activation,
    });
}

/// Enters a function whose arguments lie in consecutive registers of the caller, where they stay, and are as many as
/// it has parameters. Where it raises, they are still there.
#[inline(always)]
pub(super) fn enter(
    vm: &mut Vm,
    function: Ref<Function>,
    first: *mut Value,
    argc: usize,
    result: Return,
    owner: Value,
) -> PyResult<()> {
    let prepared = prepared(vm, &function)?;
    let base = place_arguments(vm, prepared, first, argc)?;
    for i in argc..prepared.locals_count as usize {
        // SAFETY: reserved; registers above the arguments hold no pointer, so nothing is lost.
        unsafe { base.add(i).write(Value::UNBOUND) };
    }
    push_record(vm, function, prepared, base, result, Value::UNBOUND, owner);
    Ok(())
}

/// Enters a function that has exactly `N` parameters with these arguments.
#[inline(always)]
pub(super) fn enter_with<const N: usize>(
    vm: &mut Vm,
    function: Ref<Function>,
    args: [Value; N],
    result: Return,
) -> PyResult<()> {
    let prepared = prepared(vm, &function)?;
    let base = vm.free_stack();
    if is_exhausted(vm) || !vm.stack.reserve(base, prepared.register_count as usize) {
        return Err(vm.recursion_error_for(""));
    }
    for (n, value) in args.into_iter().enumerate() {
        // SAFETY: reserved; free registers hold no pointer.
        unsafe { base.add(n).write(value) };
    }
    for i in N..prepared.locals_count as usize {
        // SAFETY: as above.
        unsafe { base.add(i).write(Value::UNBOUND) };
    }
    push_record(vm, function, prepared, base, result, Value::UNBOUND, Value::UNBOUND);
    Ok(())
}

/// Makes room for an activation whose first registers are the caller's from `first` on; where it begins. After this
/// nothing may fail.
#[inline(always)]
fn place_arguments(vm: &mut Vm, prepared: &Prepared, first: *mut Value, argc: usize) -> PyResult<*mut Value> {
    // A generator's registers are not on the stack: its arguments move there.
    let moved = vm.frames.last().is_some_and(|frame| !frame.on_stack);
    let base = if moved { vm.free_stack() } else { first };
    if is_exhausted(vm) || !vm.stack.reserve(base, prepared.register_count as usize) {
        return Err(vm.recursion_error_for(""));
    }
    if moved {
        for n in 0..argc {
            // SAFETY: both registers exist; those of the new activation are dead.
            unsafe { base.add(n).write(first.add(n).replace(Value::UNBOUND)) };
        }
    }
    Ok(base)
}

/// Enters a function with fewer arguments than parameters or with arguments that have names, where that needs no more than putting
/// them in their places: whether it did. Else nothing has happened.
pub(super) fn enter_bound(
    vm: &mut Vm,
    function: &Ref<Function>,
    first: *mut Value,
    argc: usize,
    names: &[Value],
    result: Return,
    owner: &Value,
) -> PyResult<bool> {
    let prepared = prepared(vm, function)?;
    let Some(plan) = arguments::plan(function, argc, names) else { return Ok(false) };
    let base = place_arguments(vm, prepared, first, argc)?;
    let positional = argc - names.len();
    let named: SmallVec<[Value; 8]> = (positional..argc)
        // SAFETY: `place_arguments` has put the arguments into the first registers.
        .map(|n| unsafe { base.add(n).replace(Value::UNBOUND) })
        .collect();
    for i in positional..prepared.locals_count as usize {
        // SAFETY: reserved; the arguments that were there have been taken out.
        unsafe { base.add(i).write(Value::UNBOUND) };
    }
    for (place, value) in plan.places.iter().zip(named) {
        // SAFETY: the places are numbers of parameters, which have registers.
        unsafe { base.add(*place).write(value) };
    }
    plan.for_each_default(function, |place, value| {
        // SAFETY: as above.
        unsafe { base.add(place).write(value) };
    });
    push_record(vm, function.clone(), prepared, base, result, Value::UNBOUND, owner.clone());
    Ok(true)
}

/// Enters a function with arguments that are copied.
pub(super) fn enter_copied(
    vm: &mut Vm,
    function: &Ref<Function>,
    args: Args<'_>,
    result: Return,
    owner: Value,
) -> PyResult<()> {
    let base = vm.free_stack();
    if args.names.is_empty() && function.simple_parameters.get() as usize == args.values.len() {
        let prepared = prepared(vm, function)?;
        if is_exhausted(vm) || !vm.stack.reserve(base, prepared.register_count as usize) {
            return Err(vm.recursion_error_for(""));
        }
        for (n, value) in args.values.iter().enumerate() {
            // SAFETY: reserved; free registers hold no pointer.
            unsafe { base.add(n).write(value.clone()) };
        }
        for i in args.values.len()..prepared.locals_count as usize {
            // SAFETY: as above.
            unsafe { base.add(i).write(Value::UNBOUND) };
        }
        push_record(vm, function.clone(), prepared, base, result, Value::UNBOUND, owner);
        return Ok(());
    }
    arguments::bind(vm, function, args, base)?;
    push_frame(vm, function.clone(), base, result, Value::UNBOUND, owner)
}

/// Ends the innermost activation, which has returned: its temporaries are dead.
#[inline(always)]
pub(super) fn leave(vm: &mut Vm) {
    vm.depth -= 1;
    let Some((function, code, base, locals)) = vm.frames.pop_plain() else { return leave_shown(vm) };
    for n in 0..locals {
        // SAFETY: the registers of an activation that has just ended; each holds a value.
        let register = unsafe { &mut *base.add(n) };
        let Some(header) = register.header() else { continue };
        if header.count() == 1 {
            drop_registers(base.wrapping_add(n), locals - n);
            break;
        }
        drop(std::mem::replace(register, Value::UNBOUND));
    }
    drop((function, code));
}

#[inline(never)]
fn leave_shown(vm: &mut Vm) {
    if let Some(generator) = vm.frames.pop_generator() {
        return super::generator::finish(vm, &generator);
    }
    if let Some(frame) = vm.frames.pop() {
        super::unwind::release(vm, frame);
    }
}

/// Drops the variables of an activation that is not on the stack of records. All registers are dead before the first value is
/// dropped: that can run code, whose registers may be these.
#[inline(never)]
pub(super) fn drop_registers(base: *mut Value, count: usize) {
    let values: SmallVec<[Value; 16]> = (0..count)
        // SAFETY: the caller owns these registers, and each holds a value.
        .map(|i| unsafe { base.add(i).replace(Value::UNBOUND) })
        .collect();
    drop(values);
}

impl Vm {
    /// Where registers of a new activation can begin, above everything that is in use.
    pub(super) fn free_stack(&self) -> *mut Value {
        self.frames.last().map_or(self.stack.start(), |frame| frame.top)
    }

    /// Where names are looked up that a module's globals do not have.
    pub fn builtins_of(&mut self, globals: &Ref<Dict>) -> Ref<Dict> {
        let own = globals.get_str(&self.names().dunder_builtins);
        if let Some(value) = own {
            if let Some(dict) = value.downcast_ref::<Dict>() {
                return dict.clone();
            }
            if let Some(module) = value.downcast_ref::<crate::types::module::Module>() {
                return module.dict.clone();
            }
        }
        match self.interp.builtins.get() {
            Some(builtins) => builtins.clone(),
            None => Dict::new(),
        }
    }
}

/// Runs a class body with its name space; the `__class__` cell that the body returns, or `None`.
pub fn run_class_body(vm: &mut Vm, function: &Ref<Function>, namespace: Value) -> PyResult {
    run_function_body(vm, function, namespace)
}
