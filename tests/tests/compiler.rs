//! The compiler against the reference: code, errors with their places, warnings.

use pvm_compiler::names::WELL_KNOWN;
use pvm_compiler::{ErrorKind, Options};
use pvm_parser::Mode;
use pvm_pycfile::{Text, marshal};
use pvm_tests::{clean, reference};
use std::fmt::Write;
use std::process::Command;

/// Tests of the reference that hold programs in strings and docstrings.
const SOURCES: &[&str] = &[
    "test_ast.py",
    "test_asyncgen.py",
    "test_codeop.py",
    "test_compile.py",
    "test_coroutines.py",
    "test_except_star.py",
    "test_exceptions.py",
    "test_flufl.py",
    "test_fstring.py",
    "test_future.py",
    "test_generators.py",
    "test_genexps.py",
    "test_global.py",
    "test_grammar.py",
    "test_listcomps.py",
    "test_named_expressions.py",
    "test_patma.py",
    "test_peepholer.py",
    "test_positional_only_arg.py",
    "test_scope.py",
    "test_string_literals.py",
    "test_super.py",
    "test_symtable.py",
    "test_syntax.py",
    "test_type_aliases.py",
    "test_type_annotations.py",
    "test_type_params.py",
    "test_unpack_ex.py",
    "test_unparse.py",
];

/// What all scripts start with.
const RECORDS: &str = include_str!("compiler/records.py");

/// What a source compiles to. `numbers_names` has the parser number names, as `pvm compile` does.
fn compile(mode: &str, source: &str, numbers_names: bool) -> String {
    let mode = match mode {
        "single" => Mode::Interactive,
        "eval" => Mode::Expression,
        _ => Mode::Module,
    };
    let first_names = numbers_names.then_some(WELL_KNOWN);
    let options = pvm_parser::Options { first_names, ..Default::default() };
    let mut parsed = match pvm_parser::parse(source, mode, &options) {
        Ok(parsed) => parsed,
        Err(error) => return format!("parser: {error}"),
    };
    let options =
        Options { optimize: 0, flags: 0, filename: Text::from("snippet.py"), depth: parsed.depth() };
    match pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options) {
        Ok(compiled) => {
            let mut out = String::new();
            for warning in &compiled.warnings {
                let _ = writeln!(out, "warning {} {}", warning.location.lineno, warning.message);
            }
            out.push_str("ok ");
            let mut bytes = Vec::new();
            if marshal::append_compiled(&mut bytes, &compiled.code, compiled.identifiers.as_slice()).is_err()
            {
                bytes.clear();
            }
            for byte in bytes {
                let _ = write!(out, "{byte:02x}");
            }
            out
        }
        Err(error) if error.kind == ErrorKind::Syntax => {
            let at = error.location;
            let (column, end_column) = (at.col_offset + 1, at.end_col_offset + 1);
            format!("syntax {} {column} {} {end_column} {}", at.lineno, at.end_lineno, error.message)
        }
        Err(error) if error.kind == ErrorKind::Recursion => "recursion".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// Runs a script under the reference, and compiles the sources that it writes.
fn check(script: &str, arguments: &[&str], at_least: usize) {
    let Some(python) = reference() else { return };
    let output = clean(&mut Command::new(python))
        .args(["-I", "-X", "utf8", "-W", "ignore", "-c", &format!("{RECORDS}{script}")])
        .args(arguments)
        .output()
        .expect("the reference runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    assert!(fields.len() > 3 * at_least, "only {} fields", fields.len());
    let mut differing = 0;
    for record in fields.chunks_exact(3) {
        for numbers_names in [false, true] {
            let got = compile(record[0], record[1], numbers_names);
            if got != record[2] {
                differing += 1;
                if differing <= 10 {
                    eprintln!("{}: {:?}\n  expected {}\n  got      {}", record[0], record[1], record[2], got);
                }
            }
        }
    }
    assert_eq!(differing, 0, "of {} sources", fields.len() / 3);
}

#[test]
fn snippets_of_the_references_tests() {
    check(include_str!("compiler/snippets.py"), SOURCES, 3_000);
}

#[test]
fn constant_expressions() {
    check(include_str!("compiler/expressions.py"), &["12000"], 11_000);
}

#[test]
fn random_programs() {
    check(include_str!("compiler/programs.py"), &["0", "1000"], 900);
}

#[test]
fn large_sources() {
    check(include_str!("compiler/large.py"), &["1000"], 40);
}
