//! `pvm dis`, `tokens` and `ast` print what the reference's modules of these purposes print.

use pvm_tests::{clean, reference, reference_library};
use std::path::Path;
use std::process::Command;

const FILES: [&str; 4] =
    ["dataclasses.py", "test/test_patma.py", "test/test_unicode_identifiers.py", "asyncio/tasks.py"];

/// The text with the addresses of code objects, and the order of sets, made the same.
fn normalised(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        match line.split_once(" at 0x") {
            Some((before, after)) if before.contains("<code object ") => {
                out += before;
                out += after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
            }
            _ if line.contains("frozenset({") => {
                let mut characters: Vec<char> = line.chars().collect();
                characters.sort_unstable();
                out.extend(characters);
            }
            _ => out += line,
        }
    }
    out
}

fn output(command: &mut Command, path: &Path) -> String {
    let output = clean(command).env("PYTHONUTF8", "1").arg(path).output().expect("it runs");
    assert!(output.status.success(), "{}", path.display());
    String::from_utf8(output.stdout).expect("is UTF-8")
}

#[test]
fn listings_are_the_references() {
    let (Some(reference), Some(library)) = (reference(), reference_library()) else { return };
    for (ours, theirs) in
        [("dis", &["-m", "dis"][..]), ("tokens", &["-m", "tokenize", "-e"]), ("ast", &["-m", "ast", "-a"])]
    {
        for file in FILES {
            let path = library.join(file);
            let found = output(Command::new(env!("CARGO_BIN_EXE_pvm")).arg(ours), &path);
            let expected = output(Command::new(reference).args(theirs), &path);
            let (found, expected) = (normalised(&found), normalised(&expected));
            for (n, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
                assert_eq!(found, expected, "pvm {ours} {file}, line {}", n + 1);
            }
            assert_eq!(found.lines().count(), expected.lines().count(), "pvm {ours} {file}");
        }
    }
}

#[test]
fn a_pyc_is_disassembled_as_its_source() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("a.py");
    std::fs::write(&source, "def f(x):\n    return [y for y in x if y > 1]\n").expect("there is room");
    let pyc = folder.path().join("a.pyc");
    let compiled = Command::new(env!("CARGO_BIN_EXE_pvm"))
        .args(["compile", "-q"])
        .arg(&source)
        .arg("--output")
        .arg(&pyc)
        .status()
        .expect("it runs");
    assert!(compiled.success());
    for options in
        [&["dis"][..], &["dis", "-C"], &["dis", "--format", "json"], &["dis", "--cfg"], &["dis", "--cfg=dot"]]
    {
        let of = |path: &Path| output(Command::new(env!("CARGO_BIN_EXE_pvm")).args(options), path);
        assert_eq!(of(&source), of(&pyc), "{options:?}");
    }
}
