//! What the vm needs from outside: a compiler, and native modules beyond the core's.

use crate::native::ModuleDef;
use crate::object::Value;
use crate::types::code::Source;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::CodeObject;
use std::sync::Arc;

/// What `compile()` was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileMode {
    /// A module.
    Exec,
    /// One expression.
    Eval,
    /// One interactive statement.
    Single,
    /// A function type comment.
    FuncType,
}

/// What a source is. CPython says different things of each where it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceForm {
    /// A `str`, in UTF-8.
    Text,
    /// Bytes, which a coding line or a byte order mark says how to decode.
    Bytes,
    /// The file of a script: bytes that CPython reads line by line.
    Script,
}

/// A request to compile source text.
pub struct CompileRequest<'a> {
    /// The source's bytes.
    pub source: &'a [u8],
    /// What they are.
    pub form: SourceForm,
    /// As `co_filename` gets it.
    pub filename: &'a str,
    /// What is compiled.
    pub mode: CompileMode,
    /// Compiler flags (`PyCF_*` and future features).
    pub flags: u32,
    /// 0, 1 or 2.
    pub optimize: u8,
    /// The grammar's minor version for `ast.parse(feature_version=…)`; -1 for the newest.
    pub feature_version: i32,
}

/// The embedder. A vm without a compiler is a supported build: `compile` then raises what the caller expects.
pub trait Host {
    /// Compiles source text; raises `SyntaxError` and emits warnings through the vm.
    fn compile(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult<Arc<CodeObject>>;
    /// Parses source text to a tree of Python objects (`compile(…, PyCF_ONLY_AST)`).
    fn parse_to_ast(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult<Value>;
    /// Compiles a tree of Python objects.
    fn compile_ast(
        &self,
        vm: &mut Vm,
        tree: &Value,
        request: &CompileRequest<'_>,
    ) -> PyResult<Arc<CodeObject>>;
    /// The symbol table of a source, as the module `_symtable` shows it.
    fn symbol_table(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult<Value>;
    /// Native modules beyond the core's, by name.
    fn native_module(&self, name: &str) -> Option<&'static ModuleDef>;
    /// Their names.
    fn native_module_names(&self) -> Vec<&'static str>;
    /// A module that imports need before they work, or that is to be had without searching for it.
    fn frozen_module(&self, name: &str) -> Option<FrozenModule>;
    /// The code of such a module.
    fn frozen_code(&self, name: &str) -> Option<Source>;
    /// Names of all those modules.
    fn frozen_module_names(&self) -> Vec<String>;
    /// The source of a module that is in no file, for tracebacks, by the file name of its code.
    fn embedded_source(&self, filename: &str) -> Option<Vec<u8>>;
    /// Where the operator or subscript of an expression is, for the marks in tracebacks; `None` where the text is no
    /// such expression.
    fn operator_anchors(&self, _expression: &str) -> Option<crate::display::Anchors> {
        None
    }
}

/// A module that is there without being imported from a file.
pub struct FrozenModule {
    /// Whether it has submodules.
    pub is_package: bool,
    /// The name that it has in the library.
    pub original_name: String,
}
