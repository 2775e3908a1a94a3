//! CPython runs our code: its whole library compiled by `pvm compile`, it passes its own tests.
//!
//! The files have unchecked hashes and lie in a `PYTHONPYCACHEPREFIX`, so that CPython takes them without looking at the
//! sources, and does without the modules that are frozen in it. By default a few test modules run; with `PVM_FULL=1` all that
//! the project promises.

use pvm_tests::{clean, pvm, reference, reference_library};
use std::path::Path;
use std::process::{Command, Output};

const SAMPLE: [&str; 8] = [
    "test_grammar",
    "test_patma",
    "test_scope",
    "test_with",
    "test_listcomps",
    "test_unpack_ex",
    "test_except_star",
    "test_type_params",
];

const ALL: [&str; 22] = [
    "test_grammar",
    "test_generators",
    "test_coroutines",
    "test_asyncgen",
    "test_exceptions",
    "test_except_star",
    "test_patma",
    "test_fstring",
    "test_type_params",
    "test_scope",
    "test_with",
    "test_descr",
    "test_listcomps",
    "test_unpack_ex",
    "test_contextlib",
    "test_dataclasses",
    "test_enum",
    "test_typing",
    "test_re",
    "test_json",
    "test_decimal",
    "test_email",
];

/// The reference with these compiled files, or with its own where there are none.
fn run(reference: &Path, prefix: Option<&Path>, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(reference);
    clean(&mut command).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(prefix) = prefix {
        command.env("PYTHONPYCACHEPREFIX", prefix);
    }
    let output = command.args(["-X", "frozen_modules=off"]).args(args).output();
    output.unwrap_or_else(|error| panic!("{} cannot be run: {error}", reference.display()))
}

#[test]
fn the_reference_passes_its_tests_from_our_files() {
    let (Some(reference), Some(library)) = (reference(), reference_library()) else { return };
    let is_full = std::env::var_os("PVM_FULL").is_some();
    let work = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let prefix = work.path().join("cache");
    let mut compile = Command::new(pvm());
    clean(&mut compile).env("PYTHONPYCACHEPREFIX", &prefix);
    compile.args(["compile", "-q", "-f", "--invalidation-mode", "unchecked-hash"]);
    // Some files of the tests are wrong on purpose, and what was installed besides is not used. A sample needs few tests.
    let wrong = "site-packages|bad_?syntax|bad_coding|lib2to3/data";
    let sample = SAMPLE.map(|module| format!("{module}\\.py$")).join("|");
    let left_out = match is_full {
        true => wrong.to_owned(),
        false => format!("{wrong}|lib2to3|idlelib|/test_[^/]*/|/test/(?!{sample})test_"),
    };
    let done = compile.args(["-x", &left_out]).arg(library).output();
    let done = done.unwrap_or_else(|error| panic!("pvm cannot be run: {error}"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));

    let modules = if is_full { &ALL[..] } else { &SAMPLE };
    let imports: String = modules.iter().map(|module| format!("import test.{module}\n")).collect();
    let verbose = run(reference, Some(&prefix), work.path(), &["-v", "-c", &imports]);
    let events = String::from_utf8_lossy(&verbose.stderr);
    for module in modules.iter().filter(|module| library.join(format!("test/{module}.py")).is_file()) {
        let used = format!("{module}.cpython-312.pyc'");
        let is_ours = |line: &str| line.contains(&used) && line.contains(&*prefix.to_string_lossy());
        assert!(events.lines().any(is_ours), "the reference does not take our {module}");
    }

    let mut args = vec!["-m", "test"];
    args.extend(modules);
    let output = run(reference, Some(&prefix), work.path(), &args);
    if !output.status.success() {
        let own = run(reference, None, work.path(), &args);
        let report = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        let own = if own.status.success() { "passes" } else { "fails too" };
        panic!("from its own files the reference {own}; from ours:\n{report}\n{errors}");
    }
}
