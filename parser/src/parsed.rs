//! What goes into a parse and what comes out of it.

use rustc_hash::FxHashMap;
use rustpython_ast::{self as ast, text_size::TextRange};

use pvm_lexer::Columns;

use crate::dismantle::dismantle;
use crate::names::Names;
use crate::parser::Parser;

/// Which start symbol of the grammar a source must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// A file: `compile(…, "exec")`.
    #[default]
    Module,
    /// One statement at a prompt: `compile(…, "single")`.
    Interactive,
    /// One expression: `compile(…, "eval")`.
    Expression,
    /// The type comment of a function: `ast.parse(…, mode="func_type")`.
    FunctionType,
}

/// What changes the language that is parsed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// `<>` in the place of `!=` (`from __future__ import barry_as_FLUFL`).
    pub barry_as_flufl: bool,
    /// Keep `# type:` comments in the tree (`PyCF_TYPE_COMMENTS`).
    pub type_comments: bool,
    /// Report a source that only lacks its end as `incomplete input` (`PyCF_ALLOW_INCOMPLETE_INPUT`).
    pub allow_incomplete_input: bool,
    /// What the columns of errors count: CPython counts characters in a `str`, but bytes in a file that does
    /// not declare its encoding.
    pub columns: Columns,
    /// Do not close open blocks at the end of the source (`PyCF_DONT_IMPLY_DEDENT`).
    pub dont_imply_dedent: bool,
    /// The source is that of a file, where CPython finds the line that an error quotes. Otherwise it quotes what its
    /// tokenizer has in its buffer: several lines, if a string or a backslash joins them.
    pub from_file: bool,
    /// Refuse what is newer than this minor version of Python 3 (`ast.parse(feature_version=…)`). The words `async` and
    /// `await` are reserved in all of them.
    pub feature_version: Option<u8>,
    /// Number the names of the source, these first, and put those of expressions into [`Literals::names`] instead of the tree, as far as 16 bits go.
    pub first_names: Option<&'static [&'static str]>,
}

/// What the tree does not hold.
///
/// Strings that hold lone surrogates, which `Constant::Str` cannot: their exact value in WTF-8, keyed by the
/// range of the constant. The constant in the tree has U+FFFD in the place of each lone surrogate.
#[derive(Clone, Debug, Default)]
pub struct Literals {
    strings: FxHashMap<(u32, u32), Vec<u8>>,
    pub(crate) names: Option<Names>,
}

impl Literals {
    /// The WTF-8 bytes of the string constant at a range, if it holds a lone surrogate.
    #[inline]
    pub fn get(&self, range: TextRange) -> Option<&[u8]> {
        if self.strings.is_empty() {
            return None;
        }
        self.strings.get(&key(range)).map(Vec::as_slice)
    }

    /// The names of expressions, if [`Options::first_names`] asked for them: a name whose text in the tree is empty is here.
    pub fn names(&self) -> Option<&Names> {
        self.names.as_ref()
    }

    /// Whether no string of the source holds a lone surrogate: the usual case.
    pub fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// Adds the WTF-8 bytes of the string constant at a range.
    pub fn insert(&mut self, range: TextRange, wtf8: Vec<u8>) {
        self.strings.insert(key(range), wtf8);
    }

    pub(crate) fn remove(&mut self, range: TextRange) -> Option<Vec<u8>> {
        self.strings.remove(&key(range))
    }
}

fn key(range: TextRange) -> (u32, u32) {
    (range.start().to_u32(), range.end().to_u32())
}

/// The class of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningCategory {
    /// `SyntaxWarning`
    SyntaxWarning,
    /// `DeprecationWarning`
    DeprecationWarning,
}

/// A warning that CPython's tokenizer or parser gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxWarning {
    /// Its class.
    pub category: WarningCategory,
    /// Its text.
    pub message: String,
    /// What it is about.
    pub range: TextRange,
    /// The one-based line of its start, which is the one that CPython reports.
    pub lineno: u32,
    pub(crate) origin: WarningOrigin,
}

/// Which part of CPython gives a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarningOrigin {
    Tokenizer,
    Parser,
}

/// A parsed source.
#[derive(Debug)]
pub struct Parsed {
    /// The tree.
    pub module: ast::Mod,
    /// The strings that the tree cannot hold.
    pub literals: Literals,
    /// The byte offset of the start of each line.
    pub line_starts: Vec<u32>,
    /// In source order.
    pub warnings: Vec<SyntaxWarning>,
    depth: u32,
}

/// Trees deeper than this are not left to the recursion of an ordinary drop.
const MAX_DROP_DEPTH: u32 = 300;

impl Parsed {
    pub(crate) fn new(module: ast::Mod, source: &str, mut parser: Parser<'_>) -> Parsed {
        let line_starts = parser.take_line_starts();
        debug_assert_eq!(line_starts, pvm_lexer::line_starts(source));
        let (literals, warnings, depth) = parser.into_rest();
        Parsed { module, literals, line_starts, warnings, depth }
    }

    /// An upper bound of the tree's depth, chains such as `a + b + c` included; at least 1. What recurses over a tree
    /// that is deeper than a few hundred needs a large stack.
    pub fn depth(&self) -> u32 {
        self.depth.max(1)
    }

    /// Whether the tree nests so little that all of it was parsed in the caller's thread.
    pub fn is_shallow(&self) -> bool {
        self.depth <= crate::SHALLOW_NESTING
    }

    /// The one-based line of a byte offset, and its zero-based column in bytes: CPython's `lineno` and
    /// `col_offset`.
    pub fn line_and_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts.get(line.wrapping_sub(1)).copied().unwrap_or(0);
        (line as u32, offset - start)
    }

    /// The tree by itself. The caller has to mind its depth when dropping it.
    pub fn into_module(mut self) -> ast::Mod {
        self.depth = 0;
        std::mem::replace(&mut self.module, empty_module())
    }
}

fn empty_module() -> ast::Mod {
    ast::ModModule { range: Default::default(), body: Vec::new(), type_ignores: Vec::new() }.into()
}

impl Drop for Parsed {
    fn drop(&mut self) {
        if self.depth > MAX_DROP_DEPTH {
            dismantle(&mut self.module);
        }
    }
}
