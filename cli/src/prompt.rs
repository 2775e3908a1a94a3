//! The prompt: when nothing is to run and a person sits at the terminal, and after a program with `-i`.

use crate::arguments::Invocation;
use pvm_vm::host::SourceForm;
use pvm_vm::object::Value;
use pvm_vm::types::module::Module;
use pvm_vm::vm::{PyResult, Vm};

/// Runs statements as they are typed, in the namespace of `__main__`.
pub fn interact(vm: &mut Vm, banner: &str) -> PyResult<()> {
    let main = vm.interp.modules.get().and_then(|modules| modules.get_name("__main__"));
    let namespace: Value = match main.as_ref().and_then(|main| main.downcast_ref::<Module>()) {
        Some(main) => (&main.dict).into(),
        None => Value::NONE,
    };
    let code = vm.import_module("code")?;
    let class = vm.get_attr_str(&code, "InteractiveConsole")?;
    let console = vm.call(&class, &[namespace, "<stdin>".into()])?;
    vm.call_method_str(&console, "interact", &[banner.into(), "".into()]).map(drop)
}

/// What a prompt begins with.
pub fn banner(vm: &mut Vm, invocation: &Invocation) -> PyResult<String> {
    if invocation.config.quiet {
        return Ok(String::new());
    }
    let mut part = |name: &str| {
        let value = vm.interp.sys.get().and_then(|sys| sys.get_name(name)).unwrap_or(Value::NONE);
        vm.str(&value).map(|text| text.to_string())
    };
    let (version, platform) = (part("version")?, part("platform")?);
    let hint = "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.";
    let hint = if invocation.config.no_site { String::new() } else { format!("\n{hint}") };
    Ok(format!("Python {version} on {platform}{hint}"))
}

/// Runs the file that `PYTHONSTARTUP` names, in the namespace of `__main__`. Errors in it do not stop the prompt.
pub fn run_startup_file(vm: &mut Vm, path: &str) {
    let source = match std::fs::read(path) {
        Ok(source) => source,
        Err(error) => {
            vm.write_stderr("Could not open PYTHONSTARTUP\n");
            let raised = vm.os_error_from(&error, Some(path.into()));
            vm.print_exception(&raised);
            return;
        }
    };
    if let Err(raised) = crate::run::execute(vm, &source, SourceForm::Script, path) {
        vm.print_exception(&raised);
    }
}
