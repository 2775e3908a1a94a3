//! `__import__` (CPython's `PyImport_ImportModuleLevelObject`): finds loaded modules itself and leaves the rest to
//! `importlib._bootstrap`.

use crate::object::{Ref, Value};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

/// `__import__(name, globals, locals, fromlist, level)`
pub fn import(vm: &mut Vm, name: &Ref<Str>, globals: &Value, fromlist: &Value, level: i64) -> PyResult {
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve(vm, name, globals, level)?
    } else {
        if name.is_empty() {
            return Err(vm.value_error("Empty module name"));
        }
        name.clone()
    };
    let module = load(vm, &absolute)?;
    let has_fromlist = !fromlist.is_none() && vm.truth(fromlist)?;
    if has_fromlist {
        if vm.lookup_attr(&module, &vm.names().dunder_path)?.is_none() {
            return Ok(module);
        }
        let bootstrap = bootstrap(vm)?;
        let gate = vm.builtin("__import__")?;
        return vm.call_method_str(&bootstrap, "_handle_fromlist", &[module, fromlist.clone(), gate]);
    }
    let text = name.to_string();
    let Some((first, _)) = text.split_once('.') else {
        if level > 0 && text.is_empty() {
            return Ok(module);
        }
        return Ok(module);
    };
    if level == 0 {
        let first = vm.intern(first);
        return load(vm, &first);
    }
    // `from . import a.b` without a list: the part of the absolute name up to the first name asked for.
    let absolute_text = absolute.to_string();
    let cut = absolute_text.len() - (text.len() - first.len());
    let head = vm.intern(&absolute_text[..cut]);
    match vm.interp.modules.get().and_then(|m| m.get_str(&head)) {
        Some(found) => Ok(found),
        None => {
            let text = vm.repr(head.as_value())?;
            let class = &vm.types().exceptions.key_error;
            Err(vm.new_error(class, format!("{text} not in sys.modules as expected")))
        }
    }
}

/// The importlib half that is written in Python.
pub fn bootstrap(vm: &mut Vm) -> PyResult {
    let name = vm.intern("_frozen_importlib");
    match vm.interp.modules.get().and_then(|m| m.get_str(&name)) {
        Some(module) => Ok(module),
        None => Err(vm.import_error("the import system has not started", Value::NONE, Value::NONE)),
    }
}

/// A module by its absolute name, from `sys.modules` or by importing it.
pub fn load(vm: &mut Vm, name: &Ref<Str>) -> PyResult {
    let modules = match vm.interp.modules.get() {
        Some(modules) => modules.clone(),
        None => return Err(vm.runtime_error("unable to get sys.modules")),
    };
    if let Some(module) = modules.get_str(name) {
        if module.is_none() {
            let text = format!("import of {name} halted; None in sys.modules");
            let class = &vm.types().exceptions.module_not_found_error;
            let raised = vm.new_error(class, &text);
            raised.0.set(crate::types::exception::field::NAME, name.into());
            raised.0.set(crate::types::exception::field::MSG, text.into());
            return Err(raised);
        }
        if !is_initializing(vm, &module)? {
            return Ok(module);
        }
        let bootstrap = bootstrap(vm)?;
        vm.call_method_str(&bootstrap, "_lock_unlock_module", &[name.into()])?;
        return Ok(module);
    }
    let bootstrap = bootstrap(vm)?;
    let gate = vm.builtin("__import__")?;
    let result = vm.call_method(&bootstrap, &vm.names().find_and_load, &[name.into(), gate]);
    match result {
        Ok(module) => Ok(module),
        Err(raised) => {
            remove_importlib_frames(vm, &raised);
            Err(raised)
        }
    }
}

fn is_initializing(vm: &mut Vm, module: &Value) -> PyResult<bool> {
    match vm.lookup_attr(module, &vm.names().dunder_spec)? {
        Some(spec) if !spec.is_none() => match vm.lookup_attr(&spec, &vm.names().init_spec)? {
            Some(flag) => vm.truth(&flag),
            None => Ok(false),
        },
        _ => Ok(false),
    }
}

/// Takes the import system's own levels out of a traceback, as CPython does.
fn remove_importlib_frames(vm: &mut Vm, raised: &crate::vm::Raised) {
    use crate::types::traceback::Traceback;
    if vm.interp.config.verbose > 0 {
        return;
    }
    let always = raised.is(&vm.types().exceptions.import_error);
    let mut levels: Vec<Ref<Traceback>> = Vec::new();
    let mut next = raised.0.traceback.borrow().clone();
    while let Some(level) = next {
        next = level.next.borrow().clone();
        levels.push(level);
    }
    let is_importlib = |t: &Ref<Traceback>| {
        let file = t.frame.code.filename().to_string();
        file == "<frozen importlib._bootstrap>" || file == "<frozen importlib._bootstrap_external>"
    };
    let mut kept: Vec<Ref<Traceback>> = Vec::new();
    let mut chunk: Vec<Ref<Traceback>> = Vec::new();
    for level in levels {
        if is_importlib(&level) {
            let name = level.frame.code.name.to_string();
            chunk.push(level);
            if always || name == "_call_with_frames_removed" {
                chunk.clear();
            }
        } else {
            kept.append(&mut chunk);
            kept.push(level);
        }
    }
    kept.append(&mut chunk);
    let mut head: Option<Ref<Traceback>> = None;
    for level in kept.into_iter().rev() {
        let old = level.next.replace(head.take());
        drop(old);
        head = Some(level);
    }
    let old = raised.0.traceback.replace(head);
    drop(old);
}

/// The absolute name of a relative import.
fn resolve(vm: &mut Vm, name: &Ref<Str>, globals: &Value, level: i64) -> PyResult<Ref<Str>> {
    let Some(globals) = globals.downcast_ref::<Dict>().cloned() else {
        return Err(vm.type_error("globals must be a dict"));
    };
    let names = vm.names();
    let package = globals.get_str(&names.dunder_package).filter(|p| !p.is_none());
    let spec = globals.get_str(&names.dunder_spec).filter(|s| !s.is_none());
    let package = match (package, spec) {
        (Some(package), spec) => {
            if !package.holds::<Str>() {
                return Err(vm.type_error("package must be a string"));
            }
            if let Some(spec) = spec {
                let parent = vm.get_attr_str(&spec, "parent")?;
                if !vm.equals(&package, &parent)? {
                    vm.warn(&vm.types().exceptions.deprecation_warning, "__package__ != __spec__.parent", 1)?;
                }
            }
            package
        }
        (None, Some(spec)) => {
            let parent = vm.get_attr_str(&spec, "parent")?;
            if !parent.holds::<Str>() {
                return Err(vm.type_error("__spec__.parent must be a string"));
            }
            parent
        }
        (None, None) => {
            let text =
                "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__";
            vm.warn(&vm.types().exceptions.import_warning, text, 1)?;
            let Some(own) = globals.get_str(&names.dunder_name) else {
                return Err(vm.key_error("'__name__' not in globals".into()));
            };
            let Some(text) = own.downcast_ref::<Str>() else {
                return Err(vm.type_error("__name__ must be a string"));
            };
            let text = text.to_string();
            if globals.get_str(&names.dunder_path).is_some() {
                own
            } else {
                match text.rsplit_once('.') {
                    Some((parent, _)) => parent.into(),
                    None => {
                        let text = "attempted relative import with no known parent package";
                        return Err(vm.import_error(text, Value::NONE, Value::NONE));
                    }
                }
            }
        }
    };
    let package = package.downcast_ref::<Str>().map(|p| p.to_string()).unwrap_or_default();
    if package.is_empty() {
        let text = "attempted relative import with no known parent package";
        return Err(vm.import_error(text, Value::NONE, Value::NONE));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rsplit_once('.') {
            Some((parent, _)) => base = parent,
            None => {
                let text = "attempted relative import beyond top-level package";
                return Err(vm.import_error(text, Value::NONE, Value::NONE));
            }
        }
    }
    let text = if name.is_empty() { base.to_owned() } else { format!("{base}.{name}") };
    Ok(vm.intern(&text))
}
