//! Programs under pvm and under the reference: same output, same exit status, from source and from either compiler's `.pyc`.

use pvm_tests::{clean, files_below, for_each_in_parallel, pvm, reference, reference_library};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn home() -> Option<PathBuf> {
    // …/lib/python3.12
    Some(reference_library()?.parent()?.parent()?.to_owned())
}

fn run(interpreter: &Path, program: &Path, home: Option<&Path>) -> Output {
    let mut command = Command::new(interpreter);
    clean(&mut command).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONHASHSEED", "0").arg(program);
    if let Some(home) = home {
        command.env("PYTHONHOME", home);
    }
    command.output().unwrap_or_else(|error| panic!("{} cannot be run: {error}", interpreter.display()))
}

fn programs() -> Vec<PathBuf> {
    let found = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("programs"), "py");
    assert!(!found.is_empty(), "there are no programs");
    found
}

fn assert_same(program: &Path, how: &str, wanted: &Output, got: &Output) {
    let text = |bytes: &[u8]| mask_addresses(&String::from_utf8_lossy(bytes));
    let name = program.display();
    assert_eq!(
        text(&wanted.stdout),
        text(&got.stdout),
        "{name} {how}: output; stderr:\n{}",
        text(&got.stderr)
    );
    assert_eq!(
        wanted.status.code(),
        got.status.code(),
        "{name} {how}: status; stderr:\n{}",
        text(&got.stderr)
    );
}

/// Objects lie elsewhere in each process.
fn mask_addresses(text: &str) -> String {
    let mut parts = text.split(" at 0x");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str(" at 0x…");
        masked.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    masked
}

#[test]
fn programs_run_as_under_the_reference() {
    let (Some(reference), Some(home)) = (reference(), home()) else { return };
    for_each_in_parallel(&programs(), |program| {
        let wanted = run(reference, program, None);
        let got = run(&pvm(), program, Some(&home));
        assert_same(program, "from source", &wanted, &got);
        let errors = |output: &Output| mask_addresses(&String::from_utf8_lossy(&output.stderr));
        assert_eq!(errors(&wanted), errors(&got), "{}: standard error", program.display());
    });
}

#[test]
fn compiled_programs_run_whoever_compiled_them() {
    let (Some(reference), Some(home)) = (reference(), home()) else { return };
    for_each_in_parallel(&programs(), |program| check_compiled(program, reference, &home));
}

fn check_compiled(program: &Path, reference: &Path, home: &Path) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let wanted = run(reference, program, None);
    let theirs = folder.path().join("theirs.pyc");
    let script = "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], doraise=True)";
    let done = clean(&mut Command::new(reference)).args(["-c", script]).arg(program).arg(&theirs).status();
    assert!(done.is_ok_and(|status| status.success()), "the reference compiles {}", program.display());
    assert_same(program, "from the reference's .pyc", &wanted, &run(&pvm(), &theirs, Some(home)));

    let copy = folder.path().join("program.py");
    std::fs::copy(program, &copy)
        .unwrap_or_else(|error| panic!("cannot copy {}: {error}", program.display()));
    let done = clean(&mut Command::new(pvm())).args(["compile", "-q", "-b", "-f"]).arg(&copy).status();
    assert!(done.is_ok_and(|status| status.success()), "pvm compiles {}", program.display());
    let ours = folder.path().join("program.pyc");
    assert_same(program, "from our .pyc under pvm", &wanted, &run(&pvm(), &ours, Some(home)));
    assert_same(program, "from our .pyc under the reference", &wanted, &run(reference, &ours, None));
}
