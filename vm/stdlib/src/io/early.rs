//! The standard error stream before there are streams: what importing the first modules says goes here (`-v`).

use pvm_vm::Vm;
use pvm_vm::object::Ref;
use pvm_vm::types::init::class_of;
use pvm_vm::vm::PyResult;
use pvm_vm_macros::pymethods;
use std::io::Write;

/// Writes straight to standard error.
pub struct StderrPrinter;

pvm_vm::payload!(StderrPrinter, "stderrprinter");

/// Makes it `sys.stderr`.
pub fn start(vm: &mut Vm) -> PyResult<()> {
    let class = class_of::<StderrPrinter>(vm)?;
    if let Some(sys) = vm.interp.sys.get() {
        sys.set_name("stderr", Ref::new(StderrPrinter, &class));
    }
    Ok(())
}

#[pymethods(name = "stderrprinter", module = "builtins")]
impl StderrPrinter {
    #[method]
    fn write(_this: &Ref<StderrPrinter>, text: String) -> usize {
        // There is nowhere to tell that this cannot be written.
        let _ = std::io::stderr().write_all(text.as_bytes());
        text.chars().count()
    }

    #[method]
    fn flush(_this: &Ref<StderrPrinter>) {}

    #[method]
    fn fileno(_this: &Ref<StderrPrinter>) -> i64 {
        2
    }

    #[method]
    fn isatty(_this: &Ref<StderrPrinter>) -> bool {
        crate::system::is_terminal(2)
    }

    #[getter]
    fn encoding(_this: &Ref<StderrPrinter>) -> &'static str {
        "utf-8"
    }
}
