//! Whole programs under `pvm` and under the reference: same output, same exit status.
//!
//! The programs are in `tests/programs`, one idea a file.

use pvm_tests::{clean, files_below, reference};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program shows, with addresses masked.
fn shown(command: &mut Command, program: &Path) -> String {
    // One seed of hashes, which `clean` has taken away: sets are shown in the same order.
    clean(command).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONHASHSEED", "0");
    let output = command.arg(program).output().expect("it starts");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("0x") {
        masked.push_str(&rest[..at + 2]);
        rest = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    masked.push_str(rest);
    format!("{masked}\nexit status {:?}", output.status.code())
}

#[test]
fn programs_show_what_they_show_under_the_reference() {
    let Some(reference) = reference() else { return };
    let home = reference_home(reference);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/programs");
    let mut programs = files_below(&folder, "py");
    // These start interpreters of their own, which do not know of `--home`; `pvm-tests` runs them too.
    programs.retain(|program| !program.parent().is_some_and(|parent| parent.ends_with("interpreter")));
    assert!(!programs.is_empty(), "no programs in {}", folder.display());
    let mut wrong = Vec::new();
    for program in programs {
        let expected = shown(&mut Command::new(reference), &program);
        let found = shown(Command::new(env!("CARGO_BIN_EXE_pvm")).arg("--home").arg(&home), &program);
        if expected != found {
            let first = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
            wrong.push(format!("{}: {first:#?}", program.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The prefix whose library both run.
fn reference_home(reference: &Path) -> PathBuf {
    let output =
        clean(&mut Command::new(reference)).args(["-I", "-c", "import sys; print(sys.base_prefix)"]).output();
    PathBuf::from(String::from_utf8_lossy(&output.expect("it starts").stdout).trim())
}
