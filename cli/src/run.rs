//! Running a program: start-up of the interpreter, the program itself, and the end.

use crate::arguments::{Invocation, Target};
use pvm_vm::host::{CompileMode, CompileRequest};
use pvm_vm::interpreter::Interpreter;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::vm::{PyResult, Vm};
use std::path::Path;
use std::process::ExitCode;

/// Native stack of the main thread. Only what is used of it takes memory.
const MAIN_STACK_BYTES: usize = 512 << 20;

/// Runs a program and gives its exit status.
pub fn run(invocation: Invocation) -> ExitCode {
    let main = std::thread::Builder::new().name("main".to_owned()).stack_size(MAIN_STACK_BYTES);
    let main = main.spawn(move || run_on_this_thread(&invocation));
    // Signals are for the thread that runs Python code.
    pvm_stdlib::signal::leave_to_others();
    let status = main.map(std::thread::JoinHandle::join);
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
    let home = invocation.config.home.clone();
    if let Some(home) = &home
        && crate::library::folder(home).is_none()
    {
        eprintln!("Fatal Python error: there is no standard library of Python 3.12 under {home}");
        return 1;
    }
    let host = Box::new(crate::host::CommandHost { home });
    let mut interpreter = match Interpreter::new(invocation.config.clone(), host, MAIN_STACK_BYTES) {
        Ok(interpreter) => interpreter,
        Err(message) => {
            eprintln!("Fatal Python error: {message}");
            return 1;
        }
    };
    let process = std::process::id();
    let status = interpreter.enter(|vm| {
        if invocation.config.install_signal_handlers {
            pvm_stdlib::signal::install(vm);
        }
        let mut interrupted = false;
        let status = match start(vm, invocation).and_then(|()| run_target(vm, invocation)) {
            Ok(()) => 0,
            Err(raised) => {
                interrupted = raised.is(&vm.types().exceptions.keyboard_interrupt);
                vm.report_uncaught(raised)
            }
        };
        let status = finish(vm, status);
        if interrupted {
            pvm_stdlib::signal::die_interrupted();
        }
        status
    });
    if std::process::id() != process {
        // A fork has no other thread that could end the process.
        std::process::exit(i32::from(status));
    }
    status
}

/// Paths, streams, the import system, `site`.
fn start(vm: &mut Vm, invocation: &Invocation) -> PyResult<()> {
    set_paths(vm, invocation);
    pvm_vm::modules::start::start_imports(vm)?;
    pvm_stdlib::start_streams(vm)?;
    if !invocation.config.no_site {
        vm.import_module("site")?;
    }
    Ok(())
}

fn set_paths(vm: &mut Vm, invocation: &Invocation) {
    let Some(sys) = vm.interp.sys.get().cloned() else { return };
    let mut path: Vec<Value> = invocation.config.python_path.iter().map(|p| p.as_str().into()).collect();
    let prefix = match &invocation.config.home {
        Some(home) => {
            let folder = Path::new(home).join("lib").join("python3.12");
            path.push(format!("{home}/lib/python312.zip").into());
            path.push(folder.to_string_lossy().into_owned().into());
            path.push(folder.join("lib-dynload").to_string_lossy().into_owned().into());
            sys.set_name("_stdlib_dir", folder.to_string_lossy().into_owned());
            home.clone()
        }
        None => {
            sys.set_name("_stdlib_dir", Value::NONE);
            let executable = Path::new(&invocation.config.executable);
            let prefix = executable.parent().and_then(Path::parent);
            prefix.map_or_else(String::new, |p| p.to_string_lossy().into_owned())
        }
    };
    sys.set_name("path", List::new(path));
    for name in ["prefix", "exec_prefix", "base_prefix", "base_exec_prefix"] {
        sys.set_name(name, prefix.as_str());
    }
    sys.set_name("_home", invocation.config.home.as_deref().map(Value::from));
}

fn prepend_path(vm: &mut Vm, invocation: &Invocation, entry: &str) {
    if invocation.config.safe_path || invocation.config.isolated {
        return;
    }
    let path = vm.interp.sys.get().and_then(|s| s.get_name("path"));
    if let Some(list) = path.as_ref().and_then(|p| p.downcast_ref::<List>()) {
        list.insert(0, entry.into());
    }
}

fn main_module(vm: &mut Vm) -> Ref<Module> {
    let module = Module::new("__main__", Value::NONE);
    let builtins = vm.interp.modules.get().and_then(|m| m.get_name("builtins"));
    if let Some(builtins) = builtins {
        module.set("__builtins__", builtins);
    }
    module.set("__annotations__", pvm_vm::types::dict::Dict::new());
    if let Some(modules) = vm.interp.modules.get() {
        modules.set_name("__main__", &module);
    }
    module
}

fn run_target(vm: &mut Vm, invocation: &Invocation) -> PyResult<()> {
    match &invocation.target {
        Target::Command(text) => {
            prepend_path(vm, invocation, "");
            run_source(vm, text.as_bytes(), "<string>", None)
        }
        Target::Module(name) => {
            // `runpy` replaces the first entry and `sys.argv[0]`.
            let folder =
                std::env::current_dir().map(|d| d.to_string_lossy().into_owned()).unwrap_or_default();
            prepend_path(vm, invocation, &folder);
            main_module(vm);
            let runpy = vm.import_module("runpy")?;
            let args = [name.as_str().into(), Value::TRUE];
            vm.call_method_str(&runpy, "_run_module_as_main", &args).map(drop)
        }
        Target::File(path) => run_file(vm, invocation, path),
        Target::Stdin => run_stdin(vm, invocation),
    }
}

fn run_file(vm: &mut Vm, invocation: &Invocation, path: &str) -> PyResult<()> {
    if Path::new(path).is_dir() || is_zip(path) {
        prepend_path(vm, invocation, path);
        main_module(vm);
        let runpy = vm.import_module("runpy")?;
        let args = ["__main__".into(), Value::FALSE];
        return vm.call_method_str(&runpy, "_run_module_as_main", &args).map(drop);
    }
    let data = match std::fs::read(path) {
        Ok(data) => data,
        Err(error) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let errno = error.raw_os_error().unwrap_or(0);
            let program = &invocation.config.executable;
            vm.write_stderr(&format!("{program}: can't open file '{path}': [Errno {errno}] {text}\n"));
            let class = &vm.types().exceptions.system_exit;
            return Err(vm.new_error_with(class, &[Value::int(2)]));
        }
    };
    let folder = Path::new(path).canonicalize().ok().and_then(|p| p.parent().map(Path::to_path_buf));
    prepend_path(vm, invocation, &folder.map(|f| f.to_string_lossy().into_owned()).unwrap_or_default());
    if data.starts_with(&pvm_pycfile::header::MAGIC_BYTES) || path.ends_with(".pyc") {
        return run_compiled(vm, &data, path);
    }
    let source = if invocation.skip_first_line {
        let rest = data.iter().position(|b| *b == b'\n').map_or(&[][..], |at| &data[at..]);
        rest.to_vec()
    } else {
        data
    };
    // Code and `__file__` know the file by its absolute path, `sys.argv` as it was given.
    let path = match std::env::current_dir() {
        Ok(folder) if !Path::new(path).is_absolute() => format!("{}/{path}", folder.to_string_lossy()),
        _ => path.to_owned(),
    };
    run_source(vm, &source, &path, Some(&path))
}

fn is_zip(path: &str) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let Ok(len) = file.seek(SeekFrom::End(0)) else { return false };
    if len < 22 || file.seek(SeekFrom::End(-22)).is_err() {
        return false;
    }
    let mut end = [0; 4];
    file.read_exact(&mut end).is_ok() && &end == b"PK\x05\x06"
}

fn run_compiled(vm: &mut Vm, data: &[u8], path: &str) -> PyResult<()> {
    if pvm_pycfile::header::Invalidation::parse(data).is_err() {
        return Err(vm.runtime_error("Bad magic number in .pyc file"));
    }
    let (value, _) =
        pvm_vm::modules::marshal::load(vm, data.get(pvm_pycfile::header::SIZE..).unwrap_or(&[]))?;
    let Ok(code) = value.downcast::<pvm_vm::types::code::Code>() else {
        return Err(vm.runtime_error("Bad code object in .pyc file"));
    };
    let module = main_module(vm);
    module.set("__file__", path);
    module.set("__cached__", Value::NONE);
    pvm_vm::exec::run_code(vm, &code, &module.dict.clone(), (&module.dict).into()).map(drop)
}

fn run_stdin(vm: &mut Vm, invocation: &Invocation) -> PyResult<()> {
    use std::io::{IsTerminal, Read};
    prepend_path(vm, invocation, "");
    if std::io::stdin().is_terminal() || invocation.config.interactive {
        main_module(vm);
        let code = vm.import_module("code")?;
        let banner: Value = if invocation.config.quiet { "".into() } else { Value::NONE };
        return vm.call_method_str(&code, "interact", &[banner]).map(drop);
    }
    let mut source = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut source) {
        return Err(vm.os_error_from(&error, None));
    }
    run_source(vm, &source, "<stdin>", None)
}

fn run_source(vm: &mut Vm, source: &[u8], filename: &str, file: Option<&str>) -> PyResult<()> {
    let module = main_module(vm);
    if let Some(file) = file {
        module.set("__file__", file);
        module.set("__cached__", Value::NONE);
    }
    let optimize = vm.interp.config.optimize.min(2);
    let request = CompileRequest {
        source,
        is_text: false,
        filename,
        mode: CompileMode::Exec,
        flags: 0,
        optimize,
        feature_version: -1,
    };
    let code = pvm_vm::modules::evaluate::compile_source(vm, &request)?;
    pvm_vm::exec::run_code(vm, &code, &module.dict.clone(), (&module.dict).into()).map(drop)
}

/// Ends the program: waits for threads, runs what `atexit` knows, flushes the streams.
fn finish(vm: &mut Vm, status: i32) -> u8 {
    let threading = vm.interp.modules.get().and_then(|m| m.get_name("threading"));
    if let Some(threading) = threading
        && let Err(raised) = vm.call_method_str(&threading, "_shutdown", &[])
    {
        vm.write_unraisable(raised, None, Some(&threading));
    }
    let atexit = vm.interp.modules.get().and_then(|m| m.get_name("atexit"));
    if let Some(atexit) = atexit
        && let Err(raised) = vm.call_method_str(&atexit, "_run_exitfuncs", &[])
    {
        vm.write_unraisable(raised, None, Some(&atexit));
    }
    pvm_stdlib::io::flush_open_files(vm);
    vm.interp.finalizing.set(true);
    // Threads that still run, daemons, stop where they next need the lock.
    vm.interp.lock.close();
    let status = flush_streams(vm, status);
    pvm_vm::modules::finish::take_apart_modules(vm);
    flush_streams(vm, status) as u8
}

/// Flushes `sys.stdout` and `sys.stderr`; the exit status, which tells where the first could not be.
fn flush_streams(vm: &mut Vm, status: i32) -> i32 {
    let mut status = status;
    for name in ["stdout", "stderr"] {
        let stream = vm.interp.sys.get().and_then(|s| s.get_name(name)).filter(|s| !s.is_none());
        let Some(stream) = stream else { continue };
        let closed = vm.lookup_attr_str(&stream, "closed").ok().flatten();
        if closed.is_some_and(|c| c.as_bool() == Some(true)) {
            continue;
        }
        if let Err(raised) = vm.call_method_str(&stream, "flush", &[])
            && name == "stdout"
        {
            vm.write_unraisable(raised, None, Some(&stream));
            status = 120;
        }
    }
    status
}
