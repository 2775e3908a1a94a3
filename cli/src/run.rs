//! Running a program: start-up of the interpreter, the program itself, and the end.

use crate::arguments::{Invocation, Target};
use crate::library::Library;
use crate::prompt;
use pvm_vm::host::{CompileMode, CompileRequest, SourceForm};
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
    let library = match Library::choose(&invocation.config) {
        Ok(library) => library,
        Err(message) => {
            eprintln!("Fatal Python error: {message}");
            return 1;
        }
    };
    let mut config = invocation.config.clone();
    config.executable = full_path(&config.executable);
    let host = Box::new(crate::host::CommandHost { library: library.clone(), config: config.clone() });
    let mut interpreter = match Interpreter::new(config, host, MAIN_STACK_BYTES) {
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
        let result = start(vm, invocation, &library).and_then(|()| run_target(vm, invocation));
        let stays = inspects(invocation);
        let mut status = match result {
            Ok(()) => 0,
            Err(raised) if stays => {
                vm.print_exception(&raised);
                1
            }
            Err(raised) => {
                interrupted = raised.is(&vm.types().exceptions.keyboard_interrupt);
                vm.report_uncaught(raised)
            }
        };
        if stays {
            status = prompt::interact(vm, "").map_or_else(|raised| vm.report_uncaught(raised), |()| 0);
        }
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

/// The absolute path of the program that was called so.
fn full_path(called: &str) -> String {
    let found = if called.contains('/') {
        std::path::absolute(called).ok()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(called)).find(|file| file.is_file())
    };
    let found = found.or_else(|| std::env::current_exe().ok());
    found.map_or_else(|| called.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Paths, streams, the import system, `site`.
fn start(vm: &mut Vm, invocation: &Invocation, library: &Library) -> PyResult<()> {
    set_paths(vm, library);
    if invocation.config.verbose > 0 {
        pvm_stdlib::io::early::start(vm)?;
    }
    pvm_vm::modules::start::start_imports(vm)?;
    pvm_stdlib::embedded::install_zip_hook(vm)?;
    if let Library::Embedded { .. } = library
        && let Some(importer) = pvm_vm::modules::start::run_frozen(vm, "_embedded_importer")?
    {
        vm.call_method_str(importer.as_value(), "install", &[])?;
    }
    pvm_stdlib::start_streams(vm)?;
    if !invocation.config.warn_options.is_empty() {
        // It reads the options: without it, the filters are the default ones.
        vm.import_module("warnings")?;
    }
    if !invocation.config.no_site {
        vm.import_module("site")?;
    }
    Ok(())
}

fn set_paths(vm: &mut Vm, library: &Library) {
    let config = &vm.interp.config;
    let Some(sys) = vm.interp.sys.get().cloned() else { return };
    let mut path: Vec<Value> = config.python_path.iter().map(|p| p.as_str().into()).collect();
    let (folder, prefix) = match library {
        Library::Folder(folder) => {
            let home = config.home.clone().unwrap_or_default();
            path.push(format!("{home}/lib/python312.zip").into());
            (folder.to_string_lossy().into_owned(), home)
        }
        Library::Embedded { root } => {
            // A link to the program, such as that of a virtual environment, does not move the prefix.
            let program = std::fs::canonicalize(&config.executable).unwrap_or_default();
            let prefix = program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
            (root.clone(), prefix.to_string_lossy().into_owned())
        }
    };
    path.push(folder.as_str().into());
    if let Library::Folder(folder) = library {
        path.push(folder.join("lib-dynload").to_string_lossy().into_owned().into());
    }
    sys.set_name("_stdlib_dir", folder);
    sys.set_name("path", List::new(path));
    for name in ["prefix", "exec_prefix", "base_prefix", "base_exec_prefix"] {
        sys.set_name(name, prefix.as_str());
    }
    sys.set_name("_home", config.home.as_deref().map(Value::from));
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
            let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
            let path = path.display();
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
    use std::io::Read;
    prepend_path(vm, invocation, "");
    if is_prompt(invocation) {
        main_module(vm);
        if let Some(path) = &invocation.startup_file {
            prompt::run_startup_file(vm, path);
        }
        let banner = prompt::banner(vm, invocation)?;
        return prompt::interact(vm, &banner);
    }
    let mut source = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut source) {
        return Err(vm.os_error_from(&error, None));
    }
    run_source(vm, &source, "<stdin>", Some("<stdin>"))
}

fn run_source(vm: &mut Vm, source: &[u8], filename: &str, file: Option<&str>) -> PyResult<()> {
    let module = main_module(vm);
    if let Some(file) = file {
        module.set("__file__", file);
        module.set("__cached__", Value::NONE);
    }
    // What `-c` gives is text: a coding line means nothing in it.
    let form = if file.is_some() { SourceForm::Script } else { SourceForm::Text };
    execute(vm, source, form, filename)
}

/// Runs statements in the namespace of `__main__`.
pub(crate) fn execute(vm: &mut Vm, source: &[u8], form: SourceForm, filename: &str) -> PyResult<()> {
    let optimize = vm.interp.config.optimize.min(2);
    let request = CompileRequest {
        source,
        form,
        filename,
        mode: CompileMode::Exec,
        flags: 0,
        optimize,
        feature_version: -1,
    };
    let code = pvm_vm::modules::evaluate::compile_source(vm, &request)?;
    let main = vm.interp.modules.get().and_then(|modules| modules.get_name("__main__"));
    let module = match main.and_then(|main| main.downcast::<Module>().ok()) {
        Some(module) => module,
        None => main_module(vm),
    };
    pvm_vm::exec::run_code(vm, &code, &module.dict.clone(), (&module.dict).into()).map(drop)
}

/// Whether what is typed is run statement by statement.
fn is_prompt(invocation: &Invocation) -> bool {
    use std::io::IsTerminal;
    invocation.target == Target::Stdin && (std::io::stdin().is_terminal() || invocation.config.inspect)
}

/// Whether a prompt follows the program: with `-i`, or where the program has asked for it.
fn inspects(invocation: &Invocation) -> bool {
    let asked = || {
        !invocation.config.ignore_environment
            && std::env::var_os("PYTHONINSPECT").is_some_and(|v| !v.is_empty())
    };
    !is_prompt(invocation) && (invocation.config.inspect || asked())
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
