//! Calls of functions written in Python: new activations.

use super::frame::{Frame, Return};
use super::{arguments, run};
use crate::native::Args;
use crate::object::{Ref, Value};
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::vm::{PyResult, Vm};
use std::ptr::NonNull;

/// Calls a function from native code.
pub fn call_function(vm: &mut Vm, function: &Ref<Function>, args: Args<'_>) -> PyResult {
    vm.nested("", |vm| {
        let base = vm.free_stack();
        arguments::bind(vm, function, args, base)?;
        push_frame(vm, function.clone(), base, Return::Native, Value::UNBOUND, Value::UNBOUND)?;
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
        let code = function.code.borrow().clone();
        prepare_registers(vm, &code, base, 0)?;
        push_frame(vm, function.clone(), base, Return::Native, locals, Value::UNBOUND)?;
        run::run(vm)
    })
}

/// Makes room for an activation of `code` at `base`, whose first `given` registers are written already.
#[inline(always)]
pub(super) fn prepare_registers(
    vm: &mut Vm,
    code: &Ref<Code>,
    base: *mut Value,
    given: usize,
) -> PyResult<()> {
    let prepared = code.prepared(vm)?;
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
    let code = function.code.borrow().clone();
    let prepared = match code.prepared(vm) {
        Ok(prepared) => NonNull::from(prepared),
        Err(raised) => return Err(raised),
    };
    if vm.depth >= vm.recursion_limit || vm.frames.len() >= super::frame::MAX_FRAMES {
        drop_registers(base, code.locals_count());
        return Err(vm.recursion_error_for(""));
    }
    vm.depth += 1;
    let activation = vm.next_activation;
    vm.next_activation += 1;
    // SAFETY: the code keeps it alive.
    let pc = unsafe { prepared.as_ref() }.instructions.as_ptr();
    vm.frames.push(Frame {
        function,
        code,
        prepared,
        pc,
        result,
        base,
        locals,
        owner,
        object: None,
        activation,
    });
    Ok(())
}

/// Drops the variables of an activation that could not begin.
pub(super) fn drop_registers(base: *mut Value, count: usize) {
    for i in 0..count {
        // SAFETY: the caller has written these registers.
        drop(unsafe { base.add(i).replace(Value::UNBOUND) });
    }
}

impl Vm {
    /// Where registers of a new activation can begin, above everything that is in use.
    pub(super) fn free_stack(&self) -> *mut Value {
        let mut frames = self.frames.iter().rev();
        // Generators' registers are elsewhere; the activation that resumed them tells.
        match frames.find(|f| !f.runs_generator()) {
            Some(frame) => {
                // SAFETY: within or one past the activation's registers, which lie on the stack.
                unsafe { frame.base.add(frame.prepared().register_count as usize) }
            }
            None => self.stack.start(),
        }
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

impl Frame {
    /// Whether the registers belong to a generator.
    pub(super) fn runs_generator(&self) -> bool {
        self.generator().is_some()
    }
}

/// Runs a class body with its name space; the `__class__` cell that the body returns, or `None`.
pub fn run_class_body(vm: &mut Vm, function: &Ref<Function>, namespace: Value) -> PyResult {
    run_function_body(vm, function, namespace)
}
