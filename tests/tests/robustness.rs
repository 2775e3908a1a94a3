//! Bad input and deep structures end in an exception: never in a panic, a signal or without bound.
//!
//! By default a sample runs; with `PVM_FULL=1` as many damaged programs as the project promises.

use pvm_tests::{clean, files_below, pvm, reference_library};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a child may take of memory's addresses, in KiB: enough for every test, too little for a size out of a damaged file.
const MEMORY_KIB: u32 = 6_000_000;

/// `pvm` with the reference's library and a bound on memory; `None` where there is no reference.
fn bounded_pvm() -> Option<Command> {
    let home = reference_library()?.parent()?.parent()?;
    let mut command = Command::new("sh");
    clean(&mut command).env("PYTHONHOME", home).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    command.arg("-c").arg(format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"")).arg(pvm());
    Some(command)
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("pvm cannot be run: {error}"))
}

fn assert_survived(what: &str, output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    let tail = &errors[errors.char_indices().rev().nth(2000).map_or(0, |(at, _)| at)..];
    assert_eq!(output.status.signal(), None, "{what}: {tail}");
    assert!(!errors.contains("panicked at"), "{what}: {tail}");
    assert!(
        output.status.code().is_some_and(|code| code < 100),
        "{what} ends with {:?}: {tail}",
        output.status
    );
}

#[test]
fn deep_structures_end_in_exceptions() {
    for program in files_below(&folder("robustness/deep"), "py") {
        let Some(mut command) = bounded_pvm() else { return };
        let output = output(command.arg(&program));
        let name = program.display().to_string();
        assert_survived(&name, &output);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.ends_with("done\n"), "{name} does not get to its end");
    }
}

/// Without a bound of its own, a program that asks for more than any machine has sees an exception: it is not killed.
#[test]
fn what_memory_cannot_hold_is_refused() {
    for expression in ["f'{1:1000000000000}'", "bytearray(1 << 44)", "[None] * (1 << 42)", "'ab' * (1 << 43)"]
    {
        let program = format!("try:\n    {expression}\nexcept MemoryError:\n    print('refused')\n");
        let output = output(clean(&mut Command::new(pvm())).arg("-c").arg(program).stdin(Stdio::null()));
        assert_survived(expression, &output);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "refused\n", "{expression}");
    }
}

/// Modules of the library that do nothing outside their own process.
const MODULES: [&str; 16] = [
    "heapq",
    "bisect",
    "textwrap",
    "string",
    "colorsys",
    "fnmatch",
    "copy",
    "types",
    "dataclasses",
    "contextlib",
    "operator",
    "abc",
    "json/decoder",
    "re/_parser",
    "fractions",
    "graphlib",
];

fn sources() -> Option<Vec<PathBuf>> {
    let library = reference_library()?;
    let mut all = files_below(&folder("programs"), "py");
    // Those in its folders start threads and handle signals, the alarm that ends a damaged program among them.
    all.retain(|program| program.parent() == Some(&folder("programs")));
    all.extend(MODULES.map(|module| library.join(module).with_extension("py")));
    Some(all)
}

/// Damages these files in so many ways and runs what comes of it.
fn run_mutants(kind: &str, files: &[PathBuf]) {
    let count = if std::env::var_os("PVM_FULL").is_some() { "10000" } else { "150" };
    let Some(mut command) = bounded_pvm() else { return };
    let work = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let driver = folder("robustness/mutants.py");
    let output = output(command.current_dir(work.path()).arg(driver).args([kind, count, "1"]).args(files));
    let report = String::from_utf8_lossy(&output.stdout);
    let crashed = report.contains("CRASH") || !output.status.success();
    // What crashed stays for whoever looks into it.
    let kept = if crashed { work.keep() } else { PathBuf::new() };
    assert!(!crashed, "{kind}, in {}:\n{report}{}", kept.display(), String::from_utf8_lossy(&output.stderr));
    println!("{kind}:\n{report}");
}

#[test]
fn damaged_sources_end_in_exceptions() {
    let Some(sources) = sources() else { return };
    run_mutants("source", &sources);
}

#[test]
fn damaged_pyc_files_end_in_exceptions() {
    let Some(sources) = sources() else { return };
    let work = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let compiled: Vec<PathBuf> = sources
        .iter()
        .enumerate()
        .map(|(number, source)| {
            let copy = work.path().join(format!("m{number}.py"));
            std::fs::copy(source, &copy).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
            copy
        })
        .collect();
    let mut compile = Command::new(pvm());
    let done = clean(&mut compile).args(["compile", "-q", "-b", "-f"]).args(&compiled).status();
    assert!(done.is_ok_and(|status| status.success()), "pvm compiles its own tests");
    let compiled: Vec<PathBuf> = compiled.into_iter().map(|source| source.with_extension("pyc")).collect();
    for kind in ["flip", "truncate", "alter"] {
        run_mutants(kind, &compiled);
    }
}

#[test]
fn hostile_pyc_files_do_no_harm() {
    let Some(mut command) = bounded_pvm() else { return };
    let work = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let made = output(command.arg(folder("robustness/hostile.py")).arg(work.path()));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let files = files_below(work.path(), "pyc");
    assert!(files.len() > 40, "only {} files", files.len());
    for file in files {
        let Some(mut command) = bounded_pvm() else { return };
        let output = output(command.arg(&file));
        let name = file.display().to_string();
        assert_survived(&name, &output);
    }
}

#[test]
fn an_interrupt_ends_what_waits_and_what_computes() {
    for program in [
        "while True: pass",
        "import time; time.sleep(100)",
        "import _thread; lock = _thread.allocate_lock(); lock.acquire(); lock.acquire()",
        "import threading; threading.Event().wait()",
        "import os; read, write = os.pipe(); os.read(read, 1)",
        "import os; read, write = os.pipe(); os.dup2(read, 0); input()",
        "import select, os; read, write = os.pipe(); select.select([read], [], [])",
        "sorted(range(10**7), key=lambda x: -x, reverse=all(iter(int, 1)))\nwhile True: sorted(range(1000))",
        "import re; re.match('(a|a)*b', 'a' * 60)",
        "pow(3, 10**8)",
    ] {
        let Some(mut command) = bounded_pvm() else { return };
        // Whoever runs the tests may ignore the signal, which children inherit.
        let handle = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)";
        let script = format!("{handle}\nprint('ready', flush=True)\n{program}");
        let mut child = command
            .args(["-c", &script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("pvm cannot be run: {error}"));
        let mut ready = [0; 6];
        let stdout = child.stdout.as_mut().map(|out| std::io::Read::read_exact(out, &mut ready));
        assert!(stdout.is_some_and(|read| read.is_ok()), "{program}");
        std::thread::sleep(std::time::Duration::from_millis(300));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let output = child.wait_with_output().unwrap_or_else(|error| panic!("{program}: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.trim_end().ends_with("KeyboardInterrupt"), "{program}: {errors}");
        assert_eq!(output.status.signal(), Some(2), "{program}");
    }
}
