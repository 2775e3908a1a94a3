//! Structural pattern matching (PEP 634).

use super::instruction::Instruction;
use super::run::Registers;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// The values of a mapping for all of these keys, or `None`.
#[inline(never)]
pub(super) fn match_keys(vm: &mut Vm, mapping: &Value, keys: &Value) -> PyResult {
    let keys = vm.to_tuple(keys)?;
    if keys.is_empty() {
        return Ok(keys.into());
    }
    // `get` with a default of our own tells absent keys from `None`, without `__missing__`.
    let get = vm.get_attr(mapping, &vm.names().get)?;
    let missing: Value = Tuple::new([Value::NONE]).into();
    let seen = crate::types::set::Set::new();
    let mut values = Vec::with_capacity(keys.len());
    for key in keys.as_slice() {
        if seen.contains(vm, key)? {
            let text = vm.repr(key)?;
            return Err(vm.value_error(format!("mapping pattern checks duplicate key ({text})")));
        }
        seen.add(vm, key.clone())?;
        let value = vm.call(&get, &[key.clone(), missing.clone()])?;
        if value.is(&missing) {
            return Ok(Value::NONE);
        }
        values.push(value);
    }
    Ok(Tuple::new(values).into())
}

/// The attributes that a class pattern asks for, or `None` where the subject does not match.
#[inline(never)]
pub(super) fn match_class(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let (subject, class, names) = (registers.get(i.b), registers.get(i.b + 1), registers.get(i.b + 2));
    let result = match_class_of(vm, subject, class, names, i.c as usize)?;
    for n in 0..3 {
        registers.kill(i.b + n);
    }
    Ok(result)
}

fn match_class_of(vm: &mut Vm, subject: &Value, class: &Value, names: &Value, positional: usize) -> PyResult {
    let Some(class_ref) = class.downcast_ref::<Class>() else {
        return Err(vm.type_error("called match pattern must be a class"));
    };
    if !vm.is_instance(subject, class)? {
        return Ok(Value::NONE);
    }
    let mut seen: Vec<Ref<Str>> = Vec::new();
    let mut values = Vec::new();
    if positional > 0 {
        let match_args = vm.lookup_attr(class, &vm.names().dunder_match_args)?;
        let class_name = class_ref.name();
        let mut match_self = false;
        let match_args = match match_args {
            Some(value) => match value.downcast_ref::<Tuple>() {
                Some(tuple) => tuple.clone(),
                None => {
                    let found = value.class().name();
                    return Err(
                        vm.type_error(format!("{class_name}.__match_args__ must be a tuple (got {found})"))
                    );
                }
            },
            None => {
                match_self = class_ref.mro().iter().any(|c| c.has(flag::MATCH_SELF));
                vm.names().empty_tuple.clone()
            }
        };
        let allowed = if match_self { 1 } else { match_args.len() };
        if allowed < positional {
            let plural = if allowed == 1 { "" } else { "s" };
            return Err(vm.type_error(format!(
                "{class_name}() accepts {allowed} positional sub-pattern{plural} ({positional} given)"
            )));
        }
        if match_self {
            values.push(subject.clone());
        } else {
            for name in &match_args.as_slice()[..positional] {
                let Some(name) = name.downcast_ref::<Str>() else {
                    let found = name.class().name();
                    return Err(
                        vm.type_error(format!("__match_args__ elements must be strings (got {found})"))
                    );
                };
                match match_attribute(vm, subject, &class_name, name, &mut seen)? {
                    Some(value) => values.push(value),
                    None => return Ok(Value::NONE),
                }
            }
        }
    }
    let names = vm.to_tuple(names)?;
    let class_name = class_ref.name();
    for name in names.as_slice() {
        let Some(name) = name.downcast_ref::<Str>() else { continue };
        match match_attribute(vm, subject, &class_name, name, &mut seen)? {
            Some(value) => values.push(value),
            None => return Ok(Value::NONE),
        }
    }
    Ok(Tuple::new(values).into())
}

fn match_attribute(
    vm: &mut Vm,
    subject: &Value,
    class_name: &str,
    name: &Ref<Str>,
    seen: &mut Vec<Ref<Str>>,
) -> PyResult<Option<Value>> {
    if seen.iter().any(|s| s.equals(name)) {
        return Err(vm.type_error(format!("{class_name}() got multiple sub-patterns for attribute '{name}'")));
    }
    seen.push(name.clone());
    let name = vm.interp.intern_ref(name);
    vm.lookup_attr(subject, &name)
}
