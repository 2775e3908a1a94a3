//! `builtins.__build_class__`: what a `class` statement calls.

use super::mro::calculate_metaclass;
use crate::native::{Args, FunctionDef, MethodKind, Signature};
use crate::object::{Class, Ref, Value};
use crate::types::cell::Cell;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// The declaration for the module `builtins`.
pub static BUILD_CLASS: FunctionDef = FunctionDef {
    name: "__build_class__",
    kind: MethodKind::Function,
    function: build_class,
    signature: Signature { text: "", params: &[] },
    doc: "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement.",
};

/// Replaces bases that are not classes by what their `__mro_entries__` says; `None` where nothing changes.
pub fn resolve_bases(vm: &mut Vm, bases: &[Value]) -> PyResult<Option<Vec<Value>>> {
    let name = vm.names().dunder_mro_entries.clone();
    let mut resolved: Option<Vec<Value>> = None;
    for (i, base) in bases.iter().enumerate() {
        let method = if base.holds::<Class>() { None } else { vm.lookup_attr(base, &name)? };
        let Some(method) = method else {
            if let Some(resolved) = &mut resolved {
                resolved.push(base.clone());
            }
            continue;
        };
        let entries = vm.call(&method, &[Tuple::new(bases.to_vec()).into()])?;
        let Some(entries) = entries.downcast_ref::<Tuple>() else {
            return Err(vm.type_error("__mro_entries__ must return a tuple"));
        };
        resolved.get_or_insert_with(|| bases[..i].to_vec()).extend(entries.as_slice().iter().cloned());
    }
    Ok(resolved)
}

fn build_class(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let [function, name, bases @ ..] = args.pos() else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    let Some(function) = function.downcast_ref::<Function>() else {
        return Err(vm.type_error("__build_class__: func must be a function"));
    };
    if !name.holds::<Str>() {
        return Err(vm.type_error("__build_class__: name is not a string"));
    }
    let resolved = resolve_bases(vm, bases)?;
    let original: Value = Tuple::new(bases.to_vec()).into();
    let (bases, changed): (Value, bool) = match resolved {
        Some(resolved) => (Tuple::new(resolved).into(), true),
        None => (original.clone(), false),
    };
    let base_list = bases.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();

    let mut metaclass = None;
    let mut keywords: Vec<(Value, Value)> = Vec::new();
    for (key, value) in args.keywords() {
        if key.downcast_ref::<Str>().is_some_and(|key| key.equals(&vm.names().metaclass)) {
            metaclass = Some(value.clone());
        } else {
            keywords.push((key.clone(), value.clone()));
        }
    }
    let mut metaclass = match metaclass {
        Some(metaclass) => metaclass,
        None => match base_list.first() {
            Some(base) => base.class().into(),
            None => (&vm.types().type_).into(),
        },
    };
    let is_class = metaclass.holds::<Class>();
    if let Some(class) = metaclass.downcast_ref::<Class>().cloned() {
        metaclass = calculate_metaclass(vm, &class, &base_list)?.into();
    }

    let namespace = prepare(vm, &metaclass, is_class, &[name.clone(), bases.clone()], &keywords)?;
    let cell = crate::exec::call::run_function_body(vm, function, namespace.clone())?;
    if changed {
        let key: Value = (&vm.names().dunder_orig_bases).into();
        vm.set_item(&namespace, &key, original)?;
    }
    let class = vm.call_with_keywords(&metaclass, &[name.clone(), bases, namespace], &keywords)?;
    if let (Some(made), Some(cell)) = (class.downcast_ref::<Class>(), cell.downcast_ref::<Cell>()) {
        check_cell(vm, made, cell, name)?;
    }
    Ok(class)
}

/// The name space from the metaclass's `__prepare__`.
fn prepare(
    vm: &mut Vm,
    metaclass: &Value,
    is_class: bool,
    args: &[Value],
    keywords: &[(Value, Value)],
) -> PyResult {
    let name = vm.names().dunder_prepare.clone();
    let Some(prepare) = vm.lookup_attr(metaclass, &name)? else { return Ok(Dict::new().into()) };
    let namespace = vm.call_with_keywords(&prepare, args, keywords)?;
    if namespace.class().slots.getitem.get().is_some() {
        return Ok(namespace);
    }
    let owner = match metaclass.downcast_ref::<Class>() {
        Some(class) if is_class => class.name(),
        _ => "<metaclass>".into(),
    };
    let found = namespace.class().name();
    Err(vm.type_error(format!("{owner}.__prepare__() must return a mapping, not {found}")))
}

/// Checks that the class's methods reach this class through their `__class__` cell.
fn check_cell(vm: &mut Vm, class: &Ref<Class>, cell: &Ref<Cell>, name: &Value) -> PyResult<()> {
    let content = cell.get();
    if content.is(class.as_value()) {
        return Ok(());
    }
    let name = vm.repr(name)?;
    if content.is_unbound() {
        let class = vm.repr(class.as_value())?;
        return Err(vm.runtime_error(format!(
            "__class__ not set defining {name} as {class}. Was __classcell__ propagated to type.__new__?"
        )));
    }
    let found = vm.repr(&content)?;
    let class = vm.repr(class.as_value())?;
    Err(vm.type_error(format!("__class__ set to {found} defining {name} as {class}")))
}
