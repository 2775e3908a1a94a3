//! The compiler takes the tree of another parser: from that of the crate `rustpython-parser` it makes the same code
//! object as from our own.
//!
//! That crate lacks PEP 701 and gives the parts of an f-string the range of the whole, so sources with f-strings are left
//! out, as are those that it cannot read. In one file of ten it gives some node another range than CPython does: such a
//! tree is another program to the compiler, and may give other code.

use pvm_compiler::{Literals, Options};
use pvm_lexer::{Lexer, TokenKind};
use pvm_parser::{Mode, ast};
use pvm_pycfile::{Text, marshal};
use pvm_tests::{files_below, reference_library};

/// The marshalled code; the error's text if there is one.
fn code(
    module: &mut ast::Mod,
    literals: &Literals,
    line_starts: &[u32],
    depth: u32,
) -> Result<Vec<u8>, String> {
    let options = Options { optimize: 0, flags: 0, filename: Text::from("swapped.py"), depth };
    let compiled = pvm_compiler::compile(module, literals, line_starts, &options);
    let compiled = compiled.map_err(|error| error.to_string())?;
    marshal::dump_code(&compiled.code).map_err(|error| error.to_string())
}

/// Whether the source has an f-string, or cannot be read as tokens.
fn has_fstring(source: &str) -> bool {
    let mut lexer = Lexer::new(source);
    loop {
        match lexer.next_token().map(|token| token.kind) {
            Ok(TokenKind::EndOfFile) => return false,
            Ok(TokenKind::FStringStart) | Err(_) => return true,
            Ok(_) => {}
        }
    }
}

#[test]
fn another_parsers_tree_gives_the_same_code() {
    let Some(library) = reference_library() else { return };
    let step = if std::env::var_os("PVM_FULL").is_some() { 1 } else { 8 };
    let (mut same, mut other_trees, mut differing) = (0, 0, Vec::new());
    for path in files_below(library, "py").into_iter().step_by(step) {
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        if has_fstring(&source) || source.contains('\r') {
            continue;
        }
        let Ok(mut own) = pvm_parser::parse(&source, Mode::Module, &Default::default()) else { continue };
        let other = rustpython_parser::parse(&source, rustpython_parser::Mode::Module, "swapped.py");
        let Ok(mut other) = other else { continue };
        if !own.literals.is_empty() {
            continue;
        }
        // Compiling folds constants in the tree.
        let trees_differ = format!("{:?}", own.module) != format!("{other:?}");
        let depth = own.depth();
        let expected = code(&mut own.module, &own.literals, &own.line_starts, depth);
        let found = code(&mut other, &Literals::default(), &own.line_starts, depth);
        if found == expected {
            same += 1;
        } else if trees_differ {
            other_trees += 1;
        } else {
            differing.push(path);
        }
    }
    eprintln!("{same} same, {} differ, {other_trees} have another tree", differing.len());
    assert!(differing.is_empty(), "{same} same, but not {differing:#?}");
    assert!(same > 100 && same > 8 * other_trees, "only {same} files are the same");
}
