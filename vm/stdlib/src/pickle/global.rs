//! Pickling of classes and functions by name.

use super::opcode::*;
use super::pickler::Dump;
use super::{State, pickling_error};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};

/// The attribute of a dotted name, and the object that has it.
pub fn dotted(vm: &mut Vm, object: &Value, name: &Ref<Str>) -> PyResult<(Value, Value)> {
    let text = name.to_string();
    let (mut parent, mut current) = (object.clone(), object.clone());
    for part in text.split('.') {
        if part == "<locals>" {
            let (name, object) = (vm.repr(name.as_value())?, vm.repr(object)?);
            let key = vm.intern(part);
            let message = format!("Can't get local attribute {name} on {object}");
            return Err(vm.attribute_error(&current, &key, message));
        }
        match vm.lookup_attr_str(&current, part)? {
            Some(found) => parent = std::mem::replace(&mut current, found),
            None => return Err(no_attribute(vm, object, name)?),
        }
    }
    Ok((current, parent))
}

/// The error of a name that an object does not have.
pub fn no_attribute(vm: &mut Vm, object: &Value, name: &Ref<Str>) -> PyResult<Raised> {
    let message = format!("Can't get attribute {} on {}", vm.repr(name.as_value())?, vm.repr(object)?);
    Ok(vm.attribute_error(object, name, message))
}

/// The name of the module that a global object belongs to.
fn module_of(vm: &mut Vm, object: &Value, name: &Ref<Str>) -> PyResult {
    if let Some(module) = vm.lookup_attr_str(object, "__module__")?
        && !module.is_none()
    {
        return Ok(module);
    }
    // Whichever module has it under that name.
    let modules = vm.interp.modules.get().map(|modules| modules.items()).unwrap_or_default();
    for (module_name, module) in modules {
        let is_main =
            module_name.downcast_ref::<Str>().is_some_and(|name| name.as_ref().equals_str("__main__"));
        if is_main || module.is_none() || !module.holds::<Module>() {
            continue;
        }
        if let Ok((found, _)) = dotted(vm, &module, name)
            && found.is(object)
        {
            return Ok(module_name);
        }
    }
    Ok("__main__".into())
}

/// A module by name, imported where it is not yet.
pub fn import(vm: &mut Vm, name: &Value) -> PyResult {
    let modules = vm.interp.modules.get().cloned();
    if let Some(modules) = &modules
        && let Some(module) = modules.get(vm, name)?
    {
        return Ok(module);
    }
    let import = vm.builtin("__import__")?;
    vm.call(&import, std::slice::from_ref(name))?;
    match modules {
        Some(modules) => match modules.get(vm, name)? {
            Some(module) => Ok(module),
            None => Err(vm.key_error(name.clone())),
        },
        None => Err(vm.runtime_error("unable to get sys.modules")),
    }
}

impl Dump<'_> {
    /// The classes of the singletons have no name to be found by.
    pub fn save_type(&mut self, vm: &mut Vm, object: &Value) -> PyResult<()> {
        for single in [Value::NONE, Value::NOT_IMPLEMENTED, Value::ELLIPSIS] {
            if single.class().as_value().is(object) {
                let type_ = vm.types().type_.as_value().clone();
                let args: Value = Tuple::new([single]).into();
                return self.save_parts(vm, &[type_, args], Some(object));
            }
        }
        self.save_global(vm, object, None)
    }

    /// Writes an object as a module's attribute.
    pub fn save_global(&mut self, vm: &mut Vm, object: &Value, name: Option<Ref<Str>>) -> PyResult<()> {
        let name = match name {
            Some(name) => name,
            None => {
                let found = match vm.lookup_attr_str(object, "__qualname__")? {
                    Some(name) => name,
                    None => vm.get_attr_str(object, "__name__")?,
                };
                vm.str(&found)?
            }
        };
        if name.to_string().split('.').any(|part| part == "<locals>") {
            let shown = vm.repr(name.as_value())?;
            return Err(vm.attribute_error(object, &name, format!("Can't pickle local object {shown}")));
        }
        let module_name = module_of(vm, object, &name)?;
        let (module, parent) = self.find_global(vm, object, &module_name, &name)?;
        if self.protocol >= 2 && self.save_extension(vm, &module_name, &name)? {
            return Ok(());
        }
        let text = name.to_string();
        let last = text.rsplit('.').next().unwrap_or(&text).to_owned();
        let name = if parent.is(&module) { Str::from_str(&last) } else { name };
        if self.protocol >= 4 {
            self.save(vm, &module_name, true)?;
            self.save(vm, name.as_value(), true)?;
            self.out.op(STACK_GLOBAL);
        } else if !parent.is(&module) {
            let getattr = vm.builtin("getattr")?;
            let args: Value = Tuple::new([parent, last.into()]).into();
            // The result is memoized below.
            self.save_parts(vm, &[getattr, args], None)?;
        } else {
            self.save_old_global(vm, module_name, name)?;
        }
        self.memoize(object);
        Ok(())
    }

    /// The module, and the object that has the global one as its attribute, which must be the same.
    fn find_global(
        &mut self,
        vm: &mut Vm,
        object: &Value,
        module_name: &Value,
        name: &Ref<Str>,
    ) -> PyResult<(Value, Value)> {
        let module = match import(vm, module_name) {
            Ok(module) => module,
            Err(raised) if raised.is(&vm.types().exceptions.exception) => {
                let (shown, module_name) = (vm.repr(object)?, vm.repr(module_name)?);
                return Err(pickling_error(
                    vm,
                    format!("Can't pickle {shown}: import of module {module_name} failed"),
                ));
            }
            Err(raised) => return Err(raised),
        };
        let shown = |vm: &mut Vm| -> PyResult<(String, String)> {
            Ok((vm.repr(object)?.to_string(), vm.str(module_name)?.to_string()))
        };
        match dotted(vm, &module, name) {
            Ok((found, parent)) if found.is(object) => Ok((module, parent)),
            Ok(_) => {
                let (object, module) = shown(vm)?;
                Err(pickling_error(
                    vm,
                    format!("Can't pickle {object}: it's not the same object as {module}.{name}"),
                ))
            }
            Err(raised) if raised.is(&vm.types().exceptions.attribute_error) => {
                let (object, module) = shown(vm)?;
                Err(pickling_error(
                    vm,
                    format!("Can't pickle {object}: attribute lookup {name} on {module} failed"),
                ))
            }
            Err(raised) => Err(raised),
        }
    }

    /// Writes a code that `copyreg` has for the name.
    fn save_extension(&mut self, vm: &mut Vm, module: &Value, name: &Ref<Str>) -> PyResult<bool> {
        let registry = State::get(vm)?.extension_registry.clone();
        let key: Value = Tuple::new([module.clone(), name.into()]).into();
        let Some(code) = registry.get(vm, &key)? else { return Ok(false) };
        let code = vm.to_index(&code)?;
        let [a, b, c, d] = (code as i32).to_le_bytes();
        match code {
            1..=0xff => self.out.put(&[EXT1, a]),
            0x100..=0xffff => self.out.put(&[EXT2, a, b]),
            0x10000..=0x7fff_ffff => self.out.put(&[EXT4, a, b, c, d]),
            _ => {
                let shown = vm.repr(&key)?;
                return Err(vm.runtime_error(format!("extension code {code} of {shown} is out of range")));
            }
        }
        Ok(true)
    }

    /// Writes the names as lines; for Python 2 by the names that it has.
    fn save_old_global(&mut self, vm: &mut Vm, mut module: Value, name: Ref<Str>) -> PyResult<()> {
        let mut name: Value = name.into();
        if self.pickler.fix_imports.get() {
            let state = State::get(vm)?;
            let key: Value = Tuple::new([module.clone(), name.clone()]).into();
            if let Some(found) = state.reverse_name_mapping.clone().get(vm, &key)? {
                let pair = found.downcast_ref::<Tuple>().map(|pair| pair.as_slice().to_vec());
                if let Some([new_module, new_name]) = pair.as_deref() {
                    (module, name) = (new_module.clone(), new_name.clone());
                }
            } else if let Some(found) = state.reverse_import_mapping.clone().get(vm, &module)? {
                module = found;
            }
        }
        let (module, name) = (vm.str(&module)?, vm.str(&name)?);
        let ascii = module.as_ref().as_ascii().is_some() && name.as_ref().as_ascii().is_some();
        if self.protocol < 3 && !ascii {
            let protocol = self.protocol;
            return Err(pickling_error(
                vm,
                format!("can't pickle global identifier '{module}.{name}' using pickle protocol {protocol}"),
            ));
        }
        self.out.op(GLOBAL);
        for part in [module, name] {
            self.out.put(&part.as_ref().to_wtf8());
            self.out.put(b"\n");
        }
        Ok(())
    }
}
