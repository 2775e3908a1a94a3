//! Python 3.12 syntax tree to code object.
//!
//! In: a tree of the crate `rustpython_ast`, the strings that it cannot hold, and where lines start. Out: a
//! [`CodeObject`], byte for byte what CPython 3.12 makes of the same source, or a [`CompileError`] with
//! CPython's message and place. This crate knows nothing of source text, of files, or of execution.
//!
//! ```
//! use pvm_compiler::Options;
//! use pvm_parser::{Mode, parse};
//!
//! let mut parsed = parse("x = 1 + 2\nassert (x, 3)\n", Mode::Module, &Default::default())?;
//! let options = Options { optimize: 0, flags: 0, filename: "three.py".into(), depth: parsed.depth() };
//! let compiled =
//!     pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options)?;
//! assert_eq!(compiled.warnings[0].message, "assertion is always true, perhaps remove parentheses?");
//! assert!(!pvm_pycfile::marshal::dump_code(&compiled.code)?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Stability
//! Of a version 0.x, [`compile`], [`symbol_table`] and the types in their signatures change only with x. The code is that
//! of CPython 3.12.1: where it turns out to differ, it changes.
//!
//! The stages, in the order in which a tree goes through them: [`future`] finds the module's future
//! statements, `fold` evaluates constant expressions, [`symtable`] finds out where names live (on the same walk),
//! `codegen` turns each block into a `unit::CodeUnit`, and `flowgraph` and `assemble` turn that into a code object.
#![forbid(unsafe_code)]

mod assemble;
mod codegen;
mod consttable;
mod error;
mod flowgraph;
mod fold;
pub mod future;
mod idtable;
pub mod lines;
pub mod names;
mod position;
pub mod symtable;
mod unit;

pub use error::{CompileError, ErrorKind};
pub use pvm_parser::Literals;

use fold::Folder;
use lines::Lines;
use pvm_pycfile::code::code_flags;
use pvm_pycfile::{CodeObject, Location, ModuleNames, Text};
use rustpython_ast::Mod;
use symtable::SymbolTable;

/// The result of a step within this crate. The error is one pointer wide.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<CompileError>>;

pub(crate) const RECURSION_MESSAGE: &str = "maximum recursion depth exceeded during compilation";

/// `PyCF_ALLOW_TOP_LEVEL_AWAIT`: `await` is allowed outside functions.
pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;

/// The bits of [`Options::flags`] that code objects inherit.
pub const FUTURE_FLAGS: u32 = code_flags::FUTURE_DIVISION
    | code_flags::FUTURE_ABSOLUTE_IMPORT
    | code_flags::FUTURE_WITH_STATEMENT
    | code_flags::FUTURE_PRINT_FUNCTION
    | code_flags::FUTURE_UNICODE_LITERALS
    | code_flags::FUTURE_BARRY_AS_BDFL
    | code_flags::FUTURE_GENERATOR_STOP
    | code_flags::FUTURE_ANNOTATIONS;

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// 0; 1 drops assertions (`-O`); 2 drops docstrings as well (`-OO`).
    pub optimize: u8,
    /// [`FUTURE_FLAGS`] in force around the source, and [`ALLOW_TOP_LEVEL_AWAIT`].
    pub flags: u32,
    /// `co_filename`.
    pub filename: Text,
    /// An upper bound of the tree's depth, as the parser tells it; 0 where it is not known.
    pub depth: u32,
}

/// What compiling a tree gives.
#[derive(Debug)]
pub struct Compiled {
    /// The module's code.
    pub code: CodeObject,
    /// In the order in which CPython issues them.
    pub warnings: Vec<CompileWarning>,
    /// The names of the source, for [`pvm_pycfile::marshal::append_compiled`].
    pub identifiers: ModuleNames,
}

/// A `SyntaxWarning` that compiling gave rise to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileWarning {
    /// CPython's message.
    pub message: String,
    /// Where. CPython reports the line alone, and the rest when warnings are turned into errors.
    pub location: Location,
}

/// Compiles a module, a statement at the prompt, or an expression.
///
/// `line_starts` holds the offset of the first byte of each line, in ascending order: ranges in the tree count
/// bytes from the start of the source. Constant expressions of the tree are folded in place.
///
/// # Errors
/// What CPython's compiler would raise for the tree. Trees that no parser makes give an error too, never a
/// panic.
pub fn compile(
    module: &mut Mod,
    literals: &Literals,
    line_starts: &[u32],
    options: &Options,
) -> std::result::Result<Compiled, CompileError> {
    with_enough_stack(options.depth, || {
        let lines = Lines::new(line_starts);
        let future = future::find(module, &lines)?;
        let annotations_are_text = (future.features | options.flags) & code_flags::FUTURE_ANNOTATIONS != 0;
        let mut folder = Folder::new(literals, options.optimize, annotations_are_text);
        let table = SymbolTable::folding(module, &lines, annotations_are_text, &mut folder, options.depth)?;
        codegen::compile(module, table, &folder.into_constants(), &lines, future, options)
    })
}

/// The symbol table of a module. Of the options, `flags` and `depth` matter.
///
/// # Errors
/// `SyntaxError` for contradictory declarations and the like, as CPython's `symtable` module.
pub fn symbol_table(
    module: &Mod,
    line_starts: &[u32],
    options: &Options,
) -> std::result::Result<SymbolTable, CompileError> {
    with_enough_stack(options.depth, || {
        let lines = Lines::new(line_starts);
        let future = future::find(module, &lines)?;
        let annotations = (future.features | options.flags) & code_flags::FUTURE_ANNOTATIONS != 0;
        SymbolTable::new(module, &lines, annotations)
    })
}

/// Trees up to this depth are compiled on the caller's stack: some 600 KiB of it in a debug build.
const SHALLOW: u32 = 100;

/// The stack of the thread on which deeper trees are compiled. Only what is used of it takes memory.
const DEEP_STACK_BYTES: usize = 256 << 20;

/// Whether a tree of this depth is compiled in the caller's thread, without another one with a larger stack.
pub fn stays_in_thread(depth: u32) -> bool {
    (1..=SHALLOW).contains(&depth)
}

/// Runs a function that recurses over a tree: on the caller's stack if the tree is shallow, else on a large one.
/// The passes themselves stop at the depth at which CPython does.
fn with_enough_stack<T: Send>(
    depth: u32,
    run: impl FnOnce() -> Result<T> + Send,
) -> std::result::Result<T, CompileError> {
    let result = if stays_in_thread(depth) {
        run()
    } else {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(DEEP_STACK_BYTES).spawn_scoped(scope, run);
            match thread {
                Ok(thread) => match thread.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                },
                // Without memory for the stack this is as good as too deep.
                Err(_) => Err(CompileError::without_location(ErrorKind::Recursion, RECURSION_MESSAGE).into()),
            }
        })
    };
    result.map_err(|error| *error)
}

/// A `SyntaxError` at a place in the source.
#[cold]
pub(crate) fn syntax_error(message: impl Into<String>, location: impl Into<Location>) -> Box<CompileError> {
    Box::new(CompileError::syntax(message, location.into()))
}

/// A `SystemError`: the tree cannot come from a parser, or CPython fails on it as well.
#[cold]
pub(crate) fn system_error(message: impl Into<String>) -> Box<CompileError> {
    Box::new(CompileError::without_location(ErrorKind::System, message))
}
