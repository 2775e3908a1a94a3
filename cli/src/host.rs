//! What the virtual machine asks of its embedder: the compiler, the native modules, the standard library.

use pvm_lexer::{DecodeError, DecodeErrorKind};
use pvm_pycfile::CodeObject;
use pvm_vm::config::Config;
use pvm_vm::host::{CompileMode, CompileRequest, FrozenModule, Host};
use pvm_vm::native::ModuleDef;
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::code::Source;
use pvm_vm::types::exception::{Exception, field};
use pvm_vm::types::str_codecs;
use pvm_vm::vm::{PyResult, Raised, Vm};
use std::sync::Arc;

use crate::library::{self, Library};
use crate::source::{self, SourceError};

/// The command line's host.
pub struct CommandHost {
    /// The Python half of the standard library.
    pub library: Library,
    /// The interpreter's settings.
    pub config: Config,
}

impl Host for CommandHost {
    fn compile(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult<Arc<CodeObject>> {
        let source = read(vm, request)?;
        finish_code(vm, request, source::compile_request(request, &source))
    }

    fn parse_to_ast(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult {
        let source = read(vm, request)?;
        let parsed = finish(vm, request, source::parse_request(request, &source))?;
        pvm_stdlib::ast::tree(vm, &parsed)
    }

    fn compile_ast(
        &self,
        vm: &mut Vm,
        tree: &Value,
        request: &CompileRequest<'_>,
    ) -> PyResult<Arc<CodeObject>> {
        let expected = match request.mode {
            CompileMode::Exec => "Module",
            CompileMode::Eval => "Expression",
            CompileMode::Single => "Interactive",
            CompileMode::FuncType => "FunctionType",
        };
        let tree = pvm_stdlib::ast::read_as(vm, tree, expected)?;
        finish_code(vm, request, source::compile_tree(tree, request))
    }

    fn symbol_table(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult {
        let source = read(vm, request)?;
        let table = finish(vm, request, source::symbol_table(request, &source))?;
        pvm_stdlib::symtable::table(vm, &table)
    }

    fn native_module(&self, name: &str) -> Option<&'static ModuleDef> {
        pvm_stdlib::native_module(name)
    }

    fn native_module_names(&self) -> Vec<&'static str> {
        pvm_stdlib::native_module_names()
    }

    fn frozen_module(&self, name: &str) -> Option<FrozenModule> {
        match &self.library {
            Library::Folder(_) => library::frozen_module(&self.config, name),
            Library::Embedded { .. } => pvm_stdlib::embedded::early_module(name),
        }
    }

    fn frozen_code(&self, name: &str) -> Option<Source> {
        match &self.library {
            Library::Folder(folder) => library::frozen_code(&self.config, folder, name).map(Source::Object),
            Library::Embedded { .. } => pvm_stdlib::embedded::early_code(name),
        }
    }

    fn frozen_module_names(&self) -> Vec<String> {
        match &self.library {
            Library::Folder(_) => library::frozen_module_names(&self.config),
            Library::Embedded { .. } => pvm_stdlib::embedded::early_module_names(),
        }
    }

    fn embedded_source(&self, filename: &str) -> Option<Vec<u8>> {
        let Library::Embedded { root } = &self.library else { return None };
        pvm_stdlib::embedded::data(filename.strip_prefix(root.as_str())?.strip_prefix('/')?)
    }

    fn operator_anchors(&self, expression: &str) -> Option<pvm_vm::display::Anchors> {
        pvm_stdlib::anchors::operator_anchors(expression)
    }
}

/// The text of a request. Encodings that the lexer does not know are left to the codecs of the running program.
fn read<'a>(vm: &mut Vm, request: &CompileRequest<'a>) -> PyResult<pvm_lexer::Source<'a>> {
    let error = match source::read_request(request) {
        Ok(source) => return Ok(source),
        Err(error) => error,
    };
    let (DecodeErrorKind::UnknownEncoding(encoding) | DecodeErrorKind::EncodingProblem(encoding)) =
        &error.kind
    else {
        let error = source::unreadable_request(request, error);
        return Err(raise_source_error(vm, request, &error));
    };
    let bytes = pvm_lexer::decode::input_of_codec(request.source, source::reading_of(request));
    let raised = match str_codecs::decode_as(vm, &Bytes::new(bytes).into(), encoding, "strict") {
        Ok(text) => match text.as_ref().to_utf8() {
            Ok(text) => match pvm_lexer::Source::from_codec(text.into_owned(), encoding.clone()) {
                Ok(source) => return Ok(source),
                Err(error) => {
                    let error = source::unreadable_request(request, error);
                    return Err(raise_source_error(vm, request, &error));
                }
            },
            Err(position) => vm.surrogate_error(&text, position),
        },
        Err(raised) => raised,
    };
    let exceptions = &vm.types().exceptions;
    let class = raised.0.class();
    let is_about_source = [&exceptions.lookup_error, &exceptions.value_error, &exceptions.syntax_error]
        .iter()
        .any(|known| class.is_subclass(known));
    if !is_about_source {
        return Err(raised);
    }
    let error = match error.kind {
        // Of a script no more is said.
        DecodeErrorKind::EncodingProblem(_) => error,
        _ => DecodeError { kind: DecodeErrorKind::Codec(vm.str(&raised.value())?.to_string()), ..error },
    };
    let error = source::unreadable_request(request, error);
    Err(raise_source_error(vm, request, &error))
}

/// Issues the warnings of a compilation and gives its code.
fn finish_code(
    vm: &mut Vm,
    request: &CompileRequest<'_>,
    result: Result<source::Output, Box<SourceError>>,
) -> PyResult<Arc<CodeObject>> {
    finish(vm, request, result.map(|output| (output.code, output.warnings))).map(Arc::new)
}

/// Issues the warnings that come with what a stage makes of a source, also where it then rejects the source, and gives
/// what it makes.
fn finish<T>(
    vm: &mut Vm,
    request: &CompileRequest<'_>,
    result: Result<(T, Vec<source::SourceWarning>), Box<SourceError>>,
) -> PyResult<T> {
    let (result, warnings) = match result {
        Ok((made, warnings)) => (Ok(made), warnings),
        Err(mut error) => {
            let warnings = std::mem::take(&mut error.warnings);
            (Err(error), warnings)
        }
    };
    if let Err(error) = source::issue_warnings(vm, request, &warnings)? {
        return Err(raise_source_error(vm, request, &error));
    }
    result.map_err(|error| raise_source_error(vm, request, &error))
}

/// The Python exception for a source that is rejected.
fn raise_source_error(vm: &mut Vm, request: &CompileRequest<'_>, error: &SourceError) -> Raised {
    if let Some(bytes) = error.undecodable(request.source) {
        // The codec's own exception, which has the bytes and the place in it.
        let bytes = Bytes::new(bytes).into();
        if let Err(raised) = str_codecs::decode_as(vm, &bytes, "utf-8", "strict") {
            return raised;
        }
    }
    let exceptions = &vm.types().exceptions;
    let class = match error.class {
        "IndentationError" => &exceptions.indentation_error,
        "TabError" => &exceptions.tab_error,
        "RecursionError" => &exceptions.recursion_error,
        "MemoryError" => &exceptions.memory_error,
        "OverflowError" => &exceptions.overflow_error,
        "ValueError" => &exceptions.value_error,
        "SystemError" => &exceptions.system_error,
        _ => &exceptions.syntax_error,
    };
    if !error.is_syntax_error() {
        return vm.new_error(class, &error.message);
    }
    let raised = Exception::with_message(class, &error.message);
    raised.set(field::SYNTAX_MSG, error.message.as_str().into());
    for at in field::SYNTAX_FILENAME..=field::PRINT_FILE_AND_LINE {
        raised.set(at, Value::NONE);
    }
    if let Some(at) = &error.position {
        raised.set(field::SYNTAX_FILENAME, error.filename.as_str().into());
        let text: Value = match &at.text {
            Some(text) => text.as_str().into(),
            None => Value::NONE,
        };
        raised.set(field::LINENO, Value::int(at.lineno));
        raised.set(field::OFFSET, at.offset.into());
        raised.set(field::TEXT, text.clone());
        raised.set(field::END_LINENO, at.end_lineno.into());
        raised.set(field::END_OFFSET, at.end_offset.into());
        let place = [
            error.filename.as_str().into(),
            Value::int(at.lineno),
            at.offset.into(),
            text,
            at.end_lineno.into(),
            at.end_offset.into(),
        ];
        // Where there is no end, CPython makes the exception without.
        let n_given = if at.end_lineno.is_none() { 4 } else { place.len() };
        let place = pvm_vm::types::tuple::Tuple::new(place.into_iter().take(n_given));
        let args = pvm_vm::types::tuple::Tuple::new([error.message.as_str().into(), place.into()]);
        drop(raised.args.replace(args));
    }
    Raised(raised)
}

/// The parser's mode for a request.
pub fn parser_mode(mode: CompileMode) -> pvm_parser::Mode {
    match mode {
        CompileMode::Exec => pvm_parser::Mode::Module,
        CompileMode::Eval => pvm_parser::Mode::Expression,
        CompileMode::Single => pvm_parser::Mode::Interactive,
        CompileMode::FuncType => pvm_parser::Mode::FunctionType,
    }
}
