//! `__build_class__`: what a `class` statement calls.

use crate::exec;
use crate::native::Args;
use crate::object::{Class, Value};
use crate::types::cell::Cell;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// `__build_class__(body, name, *bases, metaclass=None, **keywords)`
pub fn build_class(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let [body, name, bases @ ..] = args.pos() else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    let Some(function) = body.downcast_ref::<Function>().cloned() else {
        return Err(vm.type_error("__build_class__: func must be a function"));
    };
    if !name.holds::<Str>() {
        return Err(vm.type_error("__build_class__: name is not a string"));
    }
    let original: Value = Tuple::new(bases.to_vec()).into();
    let resolved = resolve_bases(vm, bases, &original)?;
    let changed = resolved.is_some();
    let bases = resolved.unwrap_or_else(|| bases.to_vec());
    let bases_value: Value = Tuple::new(bases.clone()).into();

    let mut metaclass = None;
    let mut keywords: Vec<(Value, Value)> = Vec::new();
    for (key, value) in args.keywords() {
        if key.downcast_ref::<Str>().is_some_and(|k| k.equals(&vm.names().metaclass)) {
            metaclass = Some(value.clone());
        } else {
            keywords.push((key.clone(), value.clone()));
        }
    }
    let mut metaclass = metaclass.unwrap_or_else(|| match bases.first() {
        Some(first) => first.class().into(),
        None => (&vm.types().type_).into(),
    });
    if let Some(class) = metaclass.downcast_ref::<Class>() {
        metaclass = crate::types::type_object::mro::calculate_metaclass(vm, &class.clone(), &bases)?.into();
    }

    let namespace = match vm.lookup_attr(&metaclass, &vm.names().dunder_prepare)? {
        Some(prepare) => vm.call_with_keywords(&prepare, &[name.clone(), bases_value.clone()], &keywords)?,
        None => Dict::new().into(),
    };
    if namespace.class().slots.getitem.get().is_none() {
        let (owner, found) = match metaclass.downcast_ref::<Class>() {
            Some(class) => (class.name().to_string(), namespace.class().name()),
            None => ("<metaclass>".to_owned(), namespace.class().name()),
        };
        return Err(vm.type_error(format!("{owner}.__prepare__() must return a mapping, not {found}")));
    }
    let cell = exec::run_class_body(vm, &function, namespace.clone())?;
    if changed {
        vm.set_item(&namespace, vm.names().dunder_orig_bases.as_value(), original)?;
    }
    let class = vm.call_with_keywords(&metaclass, &[name.clone(), bases_value, namespace], &keywords)?;
    if let (Some(made), Some(cell)) = (class.downcast_ref::<Class>(), cell.downcast_ref::<Cell>()) {
        let content = cell.get();
        if content.is_unbound() {
            let text = format!(
                "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
                show(vm, name)?,
                show(vm, &class)?
            );
            return Err(vm.runtime_error(text));
        }
        if !content.is(&class) {
            let text = format!(
                "__class__ set to {} defining {} as {}",
                show(vm, &content)?,
                show(vm, name)?,
                show(vm, &class)?
            );
            return Err(vm.type_error(text));
        }
        let _ = made;
    }
    Ok(class)
}

fn show(vm: &mut Vm, value: &Value) -> PyResult<String> {
    Ok(vm.repr(value)?.to_string())
}

/// Replaces bases that are no classes by what their `__mro_entries__` give; `None` where there are none.
pub fn resolve_bases(vm: &mut Vm, bases: &[Value], original: &Value) -> PyResult<Option<Vec<Value>>> {
    let mut resolved: Option<Vec<Value>> = None;
    for (i, base) in bases.iter().enumerate() {
        if base.holds::<Class>() {
            if let Some(all) = &mut resolved {
                all.push(base.clone());
            }
            continue;
        }
        let Some(entries) = vm.lookup_attr(base, &vm.names().dunder_mro_entries)? else {
            if let Some(all) = &mut resolved {
                all.push(base.clone());
            }
            continue;
        };
        let entries = vm.call(&entries, std::slice::from_ref(original))?;
        let Some(entries) = entries.downcast_ref::<Tuple>() else {
            return Err(vm.type_error("__mro_entries__ must return a tuple"));
        };
        resolved.get_or_insert_with(|| bases[..i].to_vec()).extend(entries.as_slice().iter().cloned());
    }
    Ok(resolved)
}
