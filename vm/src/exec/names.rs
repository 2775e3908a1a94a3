//! Names that are not fast locals: globals, built-ins, the name spaces of modules and classes, imports.

use super::instruction::{Instruction, Op};
use super::run::Registers;
use crate::object::{Ref, Value};
use crate::types::cell::Cell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::module::Module;
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

/// What name instructions need of the innermost activation.
struct Context {
    function: Ref<Function>,
    code: Ref<Code>,
    locals: Value,
}

fn context(vm: &mut Vm) -> PyResult<Context> {
    match vm.frames.last() {
        Some(f) => {
            Ok(Context { function: f.function.clone(), code: f.code.clone(), locals: f.locals.clone() })
        }
        None => Err(vm.system_error("no activation")),
    }
}

fn name_at(vm: &mut Vm, code: &Code, index: usize) -> PyResult<Ref<Str>> {
    match code.names().get(index) {
        Some(name) => Ok(name.clone()),
        None => Err(vm.system_error("no such name")),
    }
}

fn name_space(vm: &mut Vm, context: &Context, name: &Ref<Str>, what: &str) -> PyResult<Value> {
    if context.locals.is_unbound() {
        return Err(vm.system_error(format!("no locals {what} {name}")));
    }
    Ok(context.locals.clone())
}

/// A mapping's value for a name; `None` where it has none.
fn lookup(vm: &mut Vm, mapping: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    if mapping.class().is(&vm.types().dict)
        && let Some(dict) = mapping.downcast_ref::<Dict>()
    {
        return Ok(dict.get_str(name));
    }
    match vm.get_item(mapping, name.as_value()) {
        Ok(value) => Ok(Some(value)),
        Err(raised) if raised.is(&vm.types().exceptions.key_error) => Ok(None),
        Err(raised) => Err(raised),
    }
}

fn global_or_builtin(vm: &mut Vm, function: &Function, name: &Ref<Str>) -> PyResult<Option<Value>> {
    if let Some(value) = function.globals.get_str(name) {
        return Ok(Some(value));
    }
    // Globals of a subclass of `dict` may compute missing names.
    if !function.globals.class().is(&vm.types().dict) {
        let globals: Value = (&function.globals).into();
        if let Some(value) = lookup(vm, &globals, name)? {
            return Ok(Some(value));
        }
    }
    Ok(function.builtins.get_str(name))
}

#[cold]
fn not_defined(vm: &mut Vm, name: &Ref<Str>) -> Raised {
    vm.name_error(name, format!("name '{name}' is not defined"))
}

#[inline(never)]
pub(super) fn load_name(vm: &mut Vm, index: usize) -> PyResult {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, index)?;
    let locals = name_space(vm, &context, &name, "when loading")?;
    if let Some(value) = lookup(vm, &locals, &name)? {
        return Ok(value);
    }
    match global_or_builtin(vm, &context.function, &name)? {
        Some(value) => Ok(value),
        None => Err(not_defined(vm, &name)),
    }
}

#[inline(never)]
pub(super) fn store_name(vm: &mut Vm, index: usize, value: Value) -> PyResult<()> {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, index)?;
    let locals = name_space(vm, &context, &name, "found when storing")?;
    if locals.class().is(&vm.types().dict)
        && let Some(dict) = locals.downcast_ref::<Dict>()
    {
        dict.set_str(&name, value);
        return Ok(());
    }
    vm.set_item(&locals, name.as_value(), value)
}

#[inline(never)]
pub(super) fn delete_name(vm: &mut Vm, index: usize) -> PyResult<()> {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, index)?;
    let locals = name_space(vm, &context, &name, "when deleting")?;
    match vm.del_item(&locals, name.as_value()) {
        Err(raised) if raised.is(&vm.types().exceptions.key_error) => Err(not_defined(vm, &name)),
        other => other,
    }
}

/// `LOAD_GLOBAL`, which fills the instruction's cache.
#[inline(never)]
pub(super) fn load_global(vm: &mut Vm, i: &Instruction) -> PyResult {
    let context = context(vm)?;
    let wide = i.c != 0;
    let index = if wide { i.x.get() as usize } else { i.b as usize };
    let name = name_at(vm, &context.code, index)?;
    let (globals, builtins) = (&context.function.globals, &context.function.builtins);
    if wide || !globals.class().is(&vm.types().dict) {
        return match global_or_builtin(vm, &context.function, &name)? {
            Some(value) => Ok(value),
            None => Err(not_defined(vm, &name)),
        };
    }
    if let Some(position) = globals.position_str(&name) {
        if let Ok(position) = u32::try_from(position) {
            i.specialize(Op::LoadGlobalCached, globals.keys_version(), position);
        }
        return Ok(globals.value_at(position).cloned().unwrap_or(Value::NONE));
    }
    let Some(position) = builtins.position_str(&name) else { return Err(not_defined(vm, &name)) };
    let value = builtins.value_at(position).cloned().unwrap_or(Value::NONE);
    if let (Ok(position), Some(frame)) = (u32::try_from(position), vm.frames.last())
        && let Some(index) = frame.prepared().add_builtin_cache(builtins.keys_version(), position)
    {
        i.specialize(Op::LoadBuiltinCached, globals.keys_version(), index);
    }
    Ok(value)
}

#[inline(never)]
pub(super) fn store_global(vm: &mut Vm, index: usize, value: Value) -> PyResult<()> {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, index)?;
    context.function.globals.set_str(&name, value);
    Ok(())
}

#[inline(never)]
pub(super) fn delete_global(vm: &mut Vm, index: usize) -> PyResult<()> {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, index)?;
    match context.function.globals.remove_str(&name) {
        Some(_) => Ok(()),
        None => Err(not_defined(vm, &name)),
    }
}

#[inline(never)]
pub(super) fn load_locals(vm: &mut Vm) -> PyResult {
    let context = context(vm)?;
    if context.locals.is_unbound() {
        return Err(vm.system_error("no locals"));
    }
    Ok(context.locals)
}

#[inline(never)]
pub(super) fn load_from_dict_or_globals(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, i.x.get() as usize)?;
    if let Some(value) = lookup(vm, registers.get(i.b), &name)? {
        return Ok(value);
    }
    match global_or_builtin(vm, &context.function, &name)? {
        Some(value) => Ok(value),
        None => Err(not_defined(vm, &name)),
    }
}

#[inline(never)]
pub(super) fn load_from_dict_or_deref(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let context = context(vm)?;
    if let Some(name) = context.code.localsplusnames().get(i.c as usize).cloned()
        && let Some(value) = lookup(vm, registers.get(i.b), &name)?
    {
        return Ok(value);
    }
    let content = registers.get(i.c).downcast_ref::<Cell>().map(|c| c.get());
    match content {
        Some(value) if !value.is_unbound() => Ok(value),
        _ => Err(super::operations::unbound_cell(vm, i.c)),
    }
}

#[inline(never)]
pub(super) fn load_build_class(vm: &mut Vm) -> PyResult {
    let context = context(vm)?;
    match context.function.builtins.get_str(&vm.names().dunder_build_class) {
        Some(value) => Ok(value),
        None => Err(vm.name_error(&vm.names().dunder_build_class, "__build_class__ not found")),
    }
}

#[inline(never)]
pub(super) fn setup_annotations(vm: &mut Vm) -> PyResult<()> {
    let context = context(vm)?;
    let name = &vm.names().dunder_annotations;
    let locals = name_space(vm, &context, name, "found when setting up annotations")?;
    if lookup(vm, &locals, name)?.is_none() {
        vm.set_item(&locals, name.as_value(), Dict::new().into())?;
    }
    Ok(())
}

/// `IMPORT_NAME`: calls `__import__`.
#[inline(never)]
pub(super) fn import_name(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, i.x.get() as usize)?;
    let import = match context.function.builtins.get_str(&vm.names().dunder_import) {
        Some(import) => import,
        None => return Err(vm.import_error("__import__ not found", Value::NONE, Value::NONE)),
    };
    let locals = if context.locals.is_unbound() { Value::NONE } else { context.locals };
    let (level, names) = (registers.get(i.b).clone(), registers.get(i.c).clone());
    vm.call(&import, &[name.into(), (&context.function.globals).into(), locals, names, level])
}

/// `IMPORT_FROM`
#[inline(never)]
pub(super) fn import_from(vm: &mut Vm, i: &Instruction, registers: Registers) -> PyResult {
    let context = context(vm)?;
    let name = name_at(vm, &context.code, i.x.get() as usize)?;
    let module = registers.get(i.b).clone();
    if let Some(value) = vm.lookup_attr(&module, &name)? {
        return Ok(value);
    }
    // A submodule that is being imported in a circle is in `sys.modules` already.
    let names = vm.names();
    let package = vm.lookup_attr(&module, &names.dunder_name)?;
    if let Some(package) = package.as_ref().and_then(|p| p.downcast_ref::<Str>())
        && let Some(modules) = vm.interp.modules.get()
        && let Some(found) = modules.get_name(&format!("{package}.{name}"))
    {
        return Ok(found);
    }
    Err(cannot_import(vm, &module, package, &name)?)
}

#[cold]
fn cannot_import(vm: &mut Vm, module: &Value, package: Option<Value>, name: &Ref<Str>) -> PyResult<Raised> {
    let names = vm.names();
    let package_text = match package.as_ref().and_then(|p| p.downcast_ref::<Str>()) {
        Some(text) => text.to_string(),
        None => "<unknown module name>".to_owned(),
    };
    let package = Value::from(package_text.as_str());
    let file = match module.downcast_ref::<Module>() {
        Some(module) => module.dict.get_str(&names.dunder_file),
        None => vm.lookup_attr(module, &names.dunder_file)?,
    };
    let Some(file) = file.filter(|f| f.holds::<Str>()) else {
        let text = format!("cannot import name '{name}' from '{package_text}' (unknown location)");
        return Ok(with_name_from(vm.import_error(text, package, Value::NONE), name));
    };
    let file_text = vm.str(&file)?;
    let spec = vm.lookup_attr(module, &names.dunder_spec)?;
    let initializing = match spec {
        Some(spec) if !spec.is_none() => match vm.lookup_attr(&spec, &names.init_spec)? {
            Some(flag) => vm.truth(&flag)?,
            None => false,
        },
        _ => false,
    };
    let text = if initializing {
        format!(
            "cannot import name '{name}' from partially initialized module '{package_text}' \
             (most likely due to a circular import) ({file_text})"
        )
    } else {
        format!("cannot import name '{name}' from '{package_text}' ({file_text})")
    };
    Ok(with_name_from(vm.import_error(text, package, file), name))
}

fn with_name_from(raised: Raised, name: &Ref<Str>) -> Raised {
    raised.0.set(crate::types::exception::field::NAME_FROM, name.into());
    raised
}

/// `from module import *`
#[inline(never)]
pub(super) fn import_star(vm: &mut Vm, module: &Value) -> PyResult {
    let context = context(vm)?;
    if context.locals.is_unbound() {
        return Err(vm.system_error("no locals found during 'import *'"));
    }
    let names = vm.names();
    let (all, skip_private) = match vm.lookup_attr(module, &names.dunder_all)? {
        Some(all) => (vm.collect(&all)?, false),
        None => {
            let Some(dict) = vm.lookup_attr(module, &names.dunder_dict)? else {
                let text = "from-import-* object has no __dict__ and no __all__";
                return Err(vm.import_error(text, Value::NONE, Value::NONE));
            };
            let keys = vm.call_method(&dict, &names.keys, &[])?;
            (vm.collect(&keys)?, true)
        }
    };
    for name in all {
        let Some(text) = name.downcast_ref::<Str>().cloned() else {
            let owner = match vm.lookup_attr(module, &names.dunder_name)? {
                Some(owner) => vm.str(&owner)?.to_string(),
                None => "?".to_owned(),
            };
            let found = name.class().name();
            return Err(vm.type_error(if skip_private {
                format!("Key in {owner}.__dict__ must be str, not {found}")
            } else {
                format!("Item in {owner}.__all__ must be str, not {found}")
            }));
        };
        if skip_private && text.as_ref().get(0) == Some(u32::from(b'_')) {
            continue;
        }
        let text = vm.interp.intern_ref(&text);
        let value = vm.get_attr(module, &text)?;
        vm.set_item(&context.locals, text.as_value(), value)?;
    }
    Ok(Value::NONE)
}
