//! `CALL` and its like: what there is to call, and the shortest way to it.

use super::call;
use super::frame::Return;
use super::instruction::Instruction;
use super::run::Registers;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::{CallFn, InitFn, NewFn};
use crate::object::{Class, Payload, Ref, Value};
use crate::types::Plain;
use crate::types::dict::Dict;
use crate::types::function::{BoundMethod, Function, MethodDescriptor, NativeFunction};
use crate::types::object_type;
use crate::types::slot_functions;
use crate::types::slot_table::Dunder;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_object::type_call;
use crate::vm::{PyResult, Vm};
use smallvec::SmallVec;

/// How far a call has come.
pub(super) enum Called {
    /// The result is in its register.
    Done,
    /// The callee's activation is the innermost now.
    Entered,
}

/// What native calls are in `RecursionError`s.
const NATIVE: &str = " while calling a Python object";

/// The function written in Python that a value is.
#[inline(always)]
pub(super) fn python_function<'a>(vm: &Vm, value: &'a Value) -> Option<&'a Ref<Function>> {
    if value.header()?.class().is(&vm.types().function) {
        // SAFETY: the class, which cannot be derived from, says so.
        Some(unsafe { value.downcast_unchecked() })
    } else {
        None
    }
}

/// Calls what is in register `callee` with the `argc` arguments after it, and uses all of them up.
pub(super) fn call(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    callee: u16,
    argc: usize,
) -> PyResult<Called> {
    let target = registers.get(callee);
    let Some(header) = target.header() else { return call_any(vm, i, registers, callee, argc) };
    let (class, types) = (header.class(), vm.types());
    if class.is(&types.native_function)
        && let Some(function) = target.downcast_ref::<NativeFunction>()
        && !function.passes_instance()
    {
        let function = function.def.function;
        let args = arguments(vm, i, registers, callee + 1, argc);
        let result = vm.nested(NATIVE, |vm| function(vm, args))?;
        return Ok(finish(i, registers, callee, argc, result));
    }
    if class.is(&types.method_descriptor)
        && let Some(method) = target.downcast_ref::<MethodDescriptor>()
    {
        let function = method.def.function;
        let args = arguments(vm, i, registers, callee + 1, argc);
        let result = vm.nested(NATIVE, |vm| function(vm, args))?;
        return Ok(finish(i, registers, callee, argc, result));
    }
    if class.is(&types.function)
        && let Some(function) = target.downcast_ref::<Function>()
    {
        let function = function.clone();
        registers.kill(callee);
        return enter(vm, i, registers, function, callee + 1, argc, Return::Register, Value::UNBOUND);
    }
    if class.is(&types.method)
        && let Some(method) = target.downcast_ref::<BoundMethod>()
        && let Some(function) = method.function.downcast_ref::<Function>()
    {
        let (function, instance) = (function.clone(), method.instance.clone());
        registers.set(callee, instance);
        return enter(vm, i, registers, function, callee, argc + 1, Return::Register, Value::UNBOUND);
    }
    if class.slots.call.get().is_some_and(|f| std::ptr::fn_addr_eq(f, type_call as CallFn))
        && let Some(target) = target.downcast_ref::<Class>()
    {
        if let Some(init) = python_constructor(target) {
            let instance: Value = Ref::new(Plain, target).into();
            registers.set(callee, instance.clone());
            return enter(vm, i, registers, init, callee, argc + 1, Return::Init, instance);
        }
        let args = arguments(vm, i, registers, callee + 1, argc);
        let result = vm.nested(NATIVE, |vm| type_call(vm, target.as_value(), args))?;
        return Ok(finish(i, registers, callee, argc, result));
    }
    call_any(vm, i, registers, callee, argc)
}

#[inline(never)]
fn call_any(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    callee: u16,
    argc: usize,
) -> PyResult<Called> {
    let args = arguments(vm, i, registers, callee + 1, argc);
    let result = vm.call_args(registers.get(callee), args)?;
    Ok(finish(i, registers, callee, argc, result))
}

/// Uses up callee and arguments of a call that is done.
#[inline(always)]
fn finish(i: &Instruction, registers: Registers, callee: u16, argc: usize, result: Value) -> Called {
    for n in 0..=argc as u16 {
        registers.kill(callee + n);
    }
    registers.set(i.a, result);
    Called::Done
}

/// Arguments in registers, with the keyword names of the instruction.
#[inline(always)]
fn arguments<'a>(vm: &Vm, i: &Instruction, registers: Registers, first: u16, argc: usize) -> Args<'a> {
    let values = registers.slice(first, argc);
    let names: &[Value] = if i.x.get() == 0 { &[] } else { keyword_names(vm, i) };
    Args { values, names }
}

/// The names of a call's last arguments.
fn keyword_names<'a>(vm: &Vm, i: &Instruction) -> &'a [Value] {
    let Some(index) = (i.x.get() as usize).checked_sub(1) else { return &[] };
    let names =
        vm.frames.last().and_then(|f| f.code.consts.get(index)).and_then(|c| c.downcast_ref::<Tuple>());
    let Some(names) = names else { return &[] };
    let names: *const [Value] = names.as_slice();
    // SAFETY: the code object keeps its constants alive, and its activation the code, longer than the call lasts.
    unsafe { &*names }
}

/// Enters a function with the arguments that lie in the caller's registers from `first` on, and uses them up.
fn enter(
    vm: &mut Vm,
    i: &Instruction,
    registers: Registers,
    function: Ref<Function>,
    first: u16,
    argc: usize,
    result: Return,
    owner: Value,
) -> PyResult<Called> {
    let at = registers.at(first);
    if i.x.get() == 0 && function.simple_parameters.get() == argc as u32 {
        call::enter(vm, function, at, argc, result, owner)?;
        return Ok(Called::Entered);
    }
    let names = keyword_names(vm, i);
    if !call::enter_bound(vm, &function, at, argc, names, result, &owner)? {
        let args = Args { values: registers.slice(first, argc), names };
        call::enter_copied(vm, &function, args, result, owner)?;
        for n in 0..argc as u16 {
            registers.kill(first + n);
        }
    }
    Ok(Called::Entered)
}

/// The `__init__` of a class, called by `type.__call__`, where a call does nothing but make a plain instance and run that.
#[inline]
fn python_constructor(class: &Ref<Class>) -> Option<Ref<Function>> {
    let slots = &class.slots;
    let plain_new = slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, object_type::new as NewFn));
    let python_init =
        slots.init.get().is_some_and(|f| std::ptr::fn_addr_eq(f, slot_functions::init as InitFn));
    if !plain_new || !python_init || class.has(flag::ABSTRACT | flag::NO_INSTANTIATION) {
        return None;
    }
    if !std::ptr::eq(class.layout(), Plain::layout()) {
        return None;
    }
    let init = class.lookup(Dunder::Init.name())?.downcast::<Function>().ok()?;
    // A generator's call gives the generator, which the caller must see to complain.
    let is_generator = init.code.borrow().is_generator();
    (!is_generator).then_some(init)
}

/// `CALL_FUNCTION_EX`
pub(super) fn call_ex(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult<Called> {
    let callee = registers.get(i.b);
    let mut values: SmallVec<[Value; 8]> = match registers.get(i.b + 1).downcast_ref::<Tuple>() {
        Some(tuple) => tuple.as_slice().iter().cloned().collect(),
        None => SmallVec::from_vec(positional_arguments(vm, callee, registers.get(i.b + 1))?),
    };
    let mut names: SmallVec<[Value; 8]> = SmallVec::new();
    if i.c != 0 {
        keyword_arguments(vm, callee, registers.get(i.b + 2), &mut names, &mut values)?;
    }
    let args = Args { values: &values, names: &names };
    let consume = || (0..2 + i.c).for_each(|n| registers.kill(i.b + n));
    if let Some(function) = python_function(vm, callee).cloned() {
        call::enter_copied(vm, &function, args, Return::Register, Value::UNBOUND)?;
        consume();
        return Ok(Called::Entered);
    }
    let result = vm.call_args(callee, args)?;
    consume();
    registers.set(i.a, result);
    Ok(Called::Done)
}

/// The items after `*` that are not in a tuple.
#[inline(never)]
fn positional_arguments(vm: &mut Vm, callee: &Value, iterable: &Value) -> PyResult<Vec<Value>> {
    if iterable.class().slots.iter.get().is_none() && !vm.is_sequence(iterable) {
        let (name, found) = (vm.function_text(callee)?, iterable.class().name());
        return Err(vm.type_error(format!("{name} argument after * must be an iterable, not {found}")));
    }
    vm.collect(&iterable.clone())
}

/// The items after `**`.
fn keyword_arguments(
    vm: &mut Vm,
    callee: &Value,
    keywords: &Value,
    names: &mut SmallVec<[Value; 8]>,
    values: &mut SmallVec<[Value; 8]>,
) -> PyResult<()> {
    let items = match keywords.downcast_ref::<Dict>() {
        Some(dict) => dict.items(),
        None => {
            let dict = Dict::new();
            if vm.lookup_attr(keywords, &vm.names().keys)?.is_none() {
                let (name, found) = (vm.function_text(callee)?, keywords.class().name());
                return Err(vm.type_error(format!("{name} argument after ** must be a mapping, not {found}")));
            }
            vm.update_dict(&dict, keywords)?;
            dict.items()
        }
    };
    for (name, value) in items {
        if !name.holds::<Str>() {
            return Err(vm.type_error("keywords must be strings"));
        }
        names.push(name);
        values.push(value);
    }
    Ok(())
}

impl Vm {
    /// A callable's name with parentheses, as errors show it (`_PyObject_FunctionStr`).
    pub fn function_text(&mut self, callable: &Value) -> PyResult<String> {
        let Some(qualname) = self.lookup_attr(callable, &self.names().dunder_qualname)? else {
            return Ok(self.str(callable)?.to_string());
        };
        let qualname = self.str(&qualname)?;
        let module = self.lookup_attr(callable, &self.names().dunder_module)?;
        match module.filter(|m| !m.is_none()) {
            Some(module)
                if !module.downcast_ref::<Str>().is_some_and(|m| m.as_ref().equals_str("builtins")) =>
            {
                let module = self.str(&module)?;
                Ok(format!("{module}.{qualname}()"))
            }
            _ => Ok(format!("{qualname}()")),
        }
    }
}
