//! Errors and warnings as `pvm check`, `pvm compile` and `pvm FILE` show them.

use pvm::{diagnostics, source};
use pvm_tests::{clean, files_below, reference, reference_library};
use std::path::Path;
use std::process::{Command, Output};

fn pvm() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pvm"));
    clean(&mut command);
    command
}

/// Each source in `reports/` has the report that stands beside it. `PVM_BLESS=1` writes the reports anew.
#[test]
fn reports_are_drawn_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    for path in files_below(&folder, "py") {
        let data = std::fs::read(&path).expect("the file is there");
        let name = path.file_name().expect("a file has a name").to_string_lossy();
        let error = source::compile(&data, &name.as_ref().into(), 0).expect_err("the source is wrong");
        let drawn = diagnostics::draw(&error, &data, false);
        // The blank space at the ends of lines is no part of the picture.
        let drawn: String = drawn.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let expected = path.with_extension("txt");
        if std::env::var_os("PVM_BLESS").is_some() {
            std::fs::write(&expected, &drawn).expect("the folder is writable");
        }
        assert_eq!(drawn, std::fs::read_to_string(&expected).expect("there is a report"), "{name}");
    }
}

const WARNS: &str = "x = '\\d'\nassert (x, 1)\nif x is 1: pass\nf'\\{x}'\n[] ()\n'\\400'\n0or x\n";

/// What a command prints and its status, with the name of the program left out.
fn told(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn warnings_are_filtered_as_by_the_reference() {
    let (Some(python), Some(library)) = (reference(), reference_library()) else { return };
    let home = library.ancestors().nth(2).unwrap_or(library);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("there is room");
    write("warns.py", WARNS);
    write("late.py", &format!("{WARNS}return\n"));
    write("wrong.py", &format!("{WARNS}a b\n"));
    let filters: [&[&str]; 11] = [
        &[],
        &["-W", "error"],
        &["-W", "ignore"],
        &["-X", "dev"],
        &["-W", "e::SyntaxWarning:warns:2"],
        &["-W", "error:\"is\" with"],
        &["-W", "ignore", "-W", "error::DeprecationWarning"],
        &["-W", "once"],
        &["-W", "error:list"],
        &["-W", "all::Foo", "-W", "foo", "-W", "::::x", "-W", "::::-1", "-W", "1:2:3:4:5:6"],
        &["-W", "error:invalid decimal"],
    ];
    for options in filters {
        for file in ["warns.py", "late.py", "wrong.py"] {
            let expected = clean(&mut Command::new(python))
                .args(options)
                .args(["-m", "compileall", "-f", "-o0", "-o1", file])
                .current_dir(&folder)
                .output()
                .expect("the reference runs");
            let found = pvm()
                .args(["compile", "-f", "-o0", "-o1", file])
                .args(options)
                .current_dir(&folder)
                .output()
                .expect("pvm runs");
            assert_eq!(told(&found), told(&expected), "compile {options:?} {file}");
            let expected = clean(&mut Command::new(python))
                .args(options)
                .arg(file)
                .current_dir(&folder)
                .output()
                .expect("the reference runs");
            let found = pvm()
                .env("PYTHONHOME", home)
                .args(options)
                .arg(file)
                .current_dir(&folder)
                .output()
                .expect("pvm runs");
            assert_eq!(told(&found), told(&expected), "run {options:?} {file}");
        }
    }
}

#[test]
fn check_names_the_file_of_each_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sources: [(&str, &[u8]); 4] =
        [("a.py", b"x\0\n"), ("b.py", b"x y\n"), ("c.py", b"# coding: nonesuch\n"), ("d.py", b"x y\n\xff\n")];
    for (name, source) in sources {
        std::fs::write(folder.path().join(name), source).expect("there is room");
    }
    let output = pvm().args(["check", "."]).current_dir(&folder).output().expect("pvm runs");
    let (_, errors, status) = told(&output);
    assert_eq!(status, Some(1));
    for (name, _) in sources {
        assert_eq!(errors.matches(&format!("  File \"./{name}\"")).count(), 1, "{name} in {errors}");
    }
}

#[test]
fn check_reports_all_files_for_machines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("there is room");
    write("a.py", "é = 1\nx = é é\n");
    write("b.py", "x is 1\n");
    write("c.py", "def f():\n    return 1\nreturn 2\n");
    let output = pvm()
        .args(["check", "--format", "json", "a.py", "b.py", "c.py"])
        .current_dir(&folder)
        .output()
        .expect("pvm runs");
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let files: Vec<_> = lines.iter().map(|line| line["file"].as_str().unwrap_or("totals")).collect();
    assert_eq!(files, ["a.py", "b.py", "c.py", "totals"]);
    assert_eq!(lines[0]["error"]["range"]["bytes"], serde_json::json!([14, 16]));
    assert_eq!(lines[0]["error"]["range"]["start"], serde_json::json!({ "line": 2, "column": 7 }));
    assert_eq!(lines[0]["error"]["range"]["end"], serde_json::json!({ "line": 2, "column": 8 }));
    assert_eq!(lines[1]["warning"]["category"], "SyntaxWarning");
    assert_eq!(lines[1]["warning"]["range"]["start"]["line"], 1);
    assert_eq!(lines[2]["error"]["message"], "'return' outside function");
    assert_eq!(lines[3]["summary"], serde_json::json!({ "files": 3, "errors": 2, "warnings": 1 }));
}
