//! Running a program.

use crate::arguments::{Invocation, Target};
use pvm_vm::host::{CompileMode, CompileRequest};
use pvm_vm::interpreter::Interpreter;
use pvm_vm::types::dict::Dict;
use pvm_vm::vm::{PyResult, Vm};
use std::process::ExitCode;

/// Native stack of the main thread. Only what is used of it takes memory.
const MAIN_STACK_BYTES: usize = 512 << 20;

/// Runs a program and gives its exit status.
pub fn run(invocation: Invocation) -> ExitCode {
    let main = std::thread::Builder::new().name("main".to_owned()).stack_size(MAIN_STACK_BYTES);
    let status = main.spawn(move || run_on_this_thread(&invocation)).map(std::thread::JoinHandle::join);
    match status {
        Ok(Ok(status)) => ExitCode::from(status),
        Ok(Err(_)) => ExitCode::from(134),
        Err(error) => {
            eprintln!("Fatal Python error: cannot start the main thread: {error}");
            ExitCode::from(1)
        }
    }
}

fn run_on_this_thread(invocation: &Invocation) -> u8 {
    let host = Box::new(crate::host::CommandHost);
    let mut interpreter = match Interpreter::new(invocation.config.clone(), host, MAIN_STACK_BYTES) {
        Ok(interpreter) => interpreter,
        Err(message) => {
            eprintln!("Fatal Python error: {message}");
            return 1;
        }
    };
    interpreter.enter(|vm| match run_target(vm, &invocation.target) {
        Ok(()) => 0,
        Err(raised) => {
            vm.write_unraisable(raised, Some("Uncaught"), None);
            1
        }
    })
}

fn run_target(vm: &mut Vm, target: &Target) -> PyResult<()> {
    let (source, filename) = match target {
        Target::Command(text) => (text.clone().into_bytes(), "<string>".to_owned()),
        Target::File(path) => match std::fs::read(path) {
            Ok(data) => (data, path.clone()),
            Err(error) => return Err(vm.os_error_from(&error, Some(path.as_str().into()))),
        },
        Target::Module(_) | Target::Stdin => return Err(vm.not_implemented_error("not there yet")),
    };
    let request = CompileRequest {
        source: &source,
        is_text: false,
        filename: &filename,
        mode: CompileMode::Exec,
        flags: 0,
        optimize: vm.interp.config.optimize,
        feature_version: -1,
    };
    let code = pvm_vm::modules::evaluate::compile_source(vm, &request)?;
    let globals = Dict::new();
    globals.set_name("__name__", "__main__");
    if let Some(builtins) = vm.interp.builtins.get() {
        globals.set_name("__builtins__", builtins);
    }
    pvm_vm::exec::run_code(vm, &code, &globals, (&globals).into())?;
    Ok(())
}
