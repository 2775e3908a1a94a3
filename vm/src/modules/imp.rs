//! The module `_imp`: what `importlib` needs of the interpreter.

use crate::native::Optional;
use crate::object::{Ref, Value};
use crate::types::code::Code;
use crate::types::module::Module;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// The declaration.
pub use imp_module::MODULE;

/// `_imp`
#[pymodule(name = "_imp", doc = "(Extremely) low-level import machinery bits as used by importlib.")]
pub mod imp_module {
    use super::*;

    #[pyfunction(sig = "()")]
    fn extension_suffixes() -> Value {
        // There are no extension modules in C.
        crate::types::list::List::new(Vec::new()).into()
    }

    #[pyfunction(sig = "()")]
    fn lock_held(vm: &mut Vm) -> bool {
        vm.interp.extension(ImportLock::default).0.get() > 0
    }

    #[pyfunction(sig = "()")]
    fn acquire_lock(vm: &mut Vm) {
        let lock = vm.interp.extension(ImportLock::default);
        lock.0.set(lock.0.get() + 1);
    }

    #[pyfunction(sig = "()")]
    fn release_lock(vm: &mut Vm) -> PyResult<()> {
        let lock = vm.interp.extension(ImportLock::default);
        match lock.0.get() {
            0 => Err(vm.runtime_error("not holding the import lock")),
            n => {
                lock.0.set(n - 1);
                Ok(())
            }
        }
    }

    #[pyfunction(sig = "(name, /)")]
    fn is_builtin(vm: &mut Vm, name: String) -> i64 {
        match name.as_str() {
            "builtins" | "sys" => -1,
            name => i64::from(crate::modules::native_module(vm, name).is_some()),
        }
    }

    #[pyfunction(sig = "(name, /)")]
    fn is_frozen(vm: &mut Vm, name: String) -> bool {
        crate::modules::frozen(vm, &name).is_some()
    }

    #[pyfunction(sig = "(name, /)")]
    fn is_frozen_package(vm: &mut Vm, name: String) -> PyResult<bool> {
        match crate::modules::frozen(vm, &name) {
            Some(module) => Ok(module.is_package),
            None => Err(no_frozen(vm, &name)),
        }
    }

    fn no_frozen(vm: &mut Vm, name: &str) -> crate::vm::Raised {
        vm.import_error(format!("No such frozen object named {name}"), name.into(), Value::NONE)
    }

    #[pyfunction(sig = "(name, data=None, /)")]
    fn get_frozen_object(vm: &mut Vm, name: String, data: Option<Value>) -> PyResult {
        if let Some(data) = data {
            let bytes = crate::modules::evaluate::source_bytes(vm, &data, "get_frozen_object", "bytes")?.0;
            return Ok(crate::modules::marshal::load(vm, &bytes)?.0);
        }
        match crate::modules::frozen_code(vm, &name) {
            Some(code) => Ok(Code::new(vm, code)?.into()),
            None => Err(no_frozen(vm, &name)),
        }
    }

    #[pyfunction(sig = "(name, /, *, withdata=False)")]
    fn find_frozen(vm: &mut Vm, name: String, withdata: bool) -> PyResult {
        let Some(module) = crate::modules::frozen(vm, &name) else { return Ok(Value::NONE) };
        let code = if withdata { crate::modules::frozen_code(vm, &name) } else { None };
        let data = match code {
            Some(code) => match pvm_pycfile::marshal::dump_code(Code::new(vm, code)?.object()) {
                Ok(data) => data.into(),
                Err(error) => return Err(vm.value_error(error.to_string())),
            },
            None => Value::NONE,
        };
        Ok(Tuple::new([data, Value::bool(module.is_package), module.original_name.into()]).into())
    }

    #[pyfunction(sig = "(name, /)")]
    fn init_frozen(vm: &mut Vm, name: String) -> PyResult {
        Ok(crate::modules::start::run_frozen(vm, &name)?.map_or(Value::NONE, Value::from))
    }

    #[pyfunction(sig = "()")]
    fn _frozen_module_names(vm: &mut Vm) -> Value {
        let names = vm.interp.host.get().map(|h| h.frozen_module_names()).unwrap_or_default();
        crate::types::list::List::new(names.iter().map(|n| n.as_str().into()).collect()).into()
    }

    #[pyfunction(sig = "(override, /)")]
    fn _override_frozen_modules_for_tests(r#override: i64) {
        let _ = r#override;
    }

    #[pyfunction(sig = "(override, /)")]
    fn _override_multi_interp_extensions_check(r#override: i64) -> i64 {
        let _ = r#override;
        0
    }

    #[pyfunction(sig = "(spec, /)")]
    fn create_builtin(vm: &mut Vm, spec: &Value) -> PyResult {
        let name = vm.get_attr_str(spec, "name")?;
        let Some(name) = name.downcast_ref::<Str>().cloned() else {
            return Err(vm.type_error("spec.name must be a string"));
        };
        if let Some(module) = vm.interp.modules.get().and_then(|m| m.get_str(&name)) {
            return Ok(module);
        }
        match crate::modules::native_module(vm, &name.to_string()) {
            Some(def) => Ok(crate::modules::make(vm, def)?.into()),
            None => Ok(Value::NONE),
        }
    }

    #[pyfunction(sig = "(mod, /)")]
    fn exec_builtin(r#mod: &Value) -> i64 {
        let _: Option<&Ref<Module>> = r#mod.downcast_ref();
        0
    }

    #[pyfunction(sig = "(spec, file=None, /)")]
    fn create_dynamic(vm: &mut Vm, spec: &Value, file: Optional<Value>) -> PyResult {
        let _ = file;
        let name = vm.get_attr_str(spec, "name")?;
        Err(vm.import_error("extension modules in C cannot be loaded", name, Value::NONE))
    }

    #[pyfunction(sig = "(mod, /)")]
    fn exec_dynamic(r#mod: &Value) -> i64 {
        let _ = r#mod;
        0
    }

    #[pyfunction(sig = "(key, source)")]
    fn source_hash(vm: &mut Vm, key: i64, source: &Value) -> PyResult<Vec<u8>> {
        let (data, _) =
            crate::modules::evaluate::source_bytes(vm, source, "source_hash", "a bytes-like object")?;
        let _ = key;
        Ok(pvm_pycfile::header::source_hash(&data).to_vec())
    }

    #[pyfunction(sig = "(code, path, /)")]
    fn _fix_co_filename(vm: &mut Vm, code: &Value, path: &Value) -> PyResult<()> {
        // A cached file that moved keeps the name it was compiled with; the loader passes the right one
        // when it compiles.
        match (code.downcast_ref::<Code>(), path.downcast_ref::<Str>()) {
            (Some(code), Some(path)) => {
                code.set_filename(path);
                Ok(())
            }
            _ => Err(vm.type_error("_fix_co_filename() needs a code object and a string")),
        }
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("check_hash_based_pycs", vm.interp.config.check_hash_pycs.as_str());
        module.set("pyc_magic_number_token", 168_627_659);
        Ok(())
    }
}

/// The global import lock, counted.
#[derive(Default)]
struct ImportLock(std::cell::Cell<usize>);
