//! `_warnings`

use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::warnings::{Place, category_of, module_of_file, place, state, warn_explicit};
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// A line of a module's source, from its loader.
fn loader_line(vm: &mut Vm, globals: &Value, line: i64) -> PyResult<Option<Value>> {
    let Some(globals) = globals.downcast_ref::<Dict>() else {
        let found = globals.class().name();
        return Err(vm.type_error(format!("module_globals must be a dict, not '{found}'")));
    };
    let names = vm.names();
    let loader = match globals.get_str(&names.dunder_loader) {
        Some(loader) if !loader.is_none() => loader,
        _ => return Ok(None),
    };
    let Some(name) = globals.get_str(&names.dunder_name) else { return Ok(None) };
    let Some(get_source) = vm.lookup_attr_str(&loader, "get_source")? else { return Ok(None) };
    let source = vm.call(&get_source, &[name])?;
    let Some(source) = source.downcast_ref::<Str>() else { return Ok(None) };
    let source = source.to_string();
    let line = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
    Ok(line.and_then(|line| source.lines().nth(line)).map(Value::from))
}

/// `_warnings`
#[pymodule(
    name = "_warnings",
    doc = "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up."
)]
pub mod warnings_module {
    use super::*;

    /// Issue a warning, or maybe ignore it or raise an exception.
    ///
    ///   message
    ///     Text of the warning message.
    ///   category
    ///     The Warning category subclass. Defaults to UserWarning.
    ///   stacklevel
    ///     How far up the call stack to make this warning appear. A value of 2 for
    ///     example attributes the warning to the caller of the code calling warn().
    ///   source
    ///     If supplied, the destroyed object which emitted a ResourceWarning
    ///   skip_file_prefixes
    ///     An optional tuple of module filename prefixes indicating frames to skip
    ///     during stacklevel computations for stack frame attribution.
    #[pyfunction(sig = "(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())")]
    fn warn(
        vm: &mut Vm,
        message: &Value,
        category: Option<Value>,
        #[default(1)] stacklevel: i64,
        source: Option<Value>,
        skip_file_prefixes: Option<Ref<Tuple>>,
    ) -> PyResult<()> {
        let category = category_of(vm, message, &category.unwrap_or(Value::NONE))?;
        let prefixes = skip_file_prefixes.map(|p| p.as_slice().to_vec()).unwrap_or_default();
        if let Some(other) = prefixes.iter().find(|p| !p.holds::<Str>()) {
            let found = other.class().name();
            return Err(vm.type_error(format!("Found non-str '{found}' in skip_file_prefixes.")));
        }
        let level = if prefixes.is_empty() { stacklevel } else { stacklevel.max(2) };
        let place = place(vm, level, &prefixes)?;
        warn_explicit(vm, &category, message, &place, None, &source.unwrap_or(Value::NONE))
    }

    /// Issue a warning, or maybe ignore it or raise an exception.
    #[pyfunction(
        name = "warn_explicit",
        sig = "(message, category, filename, lineno, module=None, registry=None, module_globals=None, source=None)"
    )]
    fn warn_explicit_function(
        vm: &mut Vm,
        message: &Value,
        category: &Value,
        filename: Ref<Str>,
        lineno: i64,
        module: Option<Value>,
        registry: Option<Value>,
        module_globals: Option<Value>,
        source: Option<Value>,
    ) -> PyResult<()> {
        let category = category_of(vm, message, category)?;
        let line = match module_globals {
            Some(globals) => loader_line(vm, &globals, lineno)?,
            None => None,
        };
        let module = module.unwrap_or_else(|| module_of_file(&filename.to_string()).into());
        let place = Place {
            filename: filename.into(),
            line: lineno,
            module,
            registry: registry.unwrap_or(Value::NONE),
        };
        warn_explicit(vm, &category, message, &place, line, &source.unwrap_or(Value::NONE))
    }

    #[pyfunction]
    fn _filters_mutated(vm: &mut Vm) {
        let state = state(vm);
        state.version.set(state.version.get() + 1);
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let state = state(vm);
        module.set("filters", &state.filters);
        module.set("_onceregistry", &state.once_registry);
        module.set("_defaultaction", &state.default_action);
        Ok(())
    }
}
