//! What the virtual machine asks of its embedder: the compiler, the native modules, the standard library.

use pvm_pycfile::{CodeObject, Text};
use pvm_vm::host::{CompileMode, CompileRequest, FrozenModule, Host};
use pvm_vm::native::ModuleDef;
use pvm_vm::object::Value;
use pvm_vm::types::exception::{Exception, field};
use pvm_vm::vm::{PyResult, Raised, Vm};
use std::sync::Arc;

use crate::library;
use crate::source::{self, SourceError};

/// The command line's host.
pub struct CommandHost {
    /// The prefix of a real library, where one was chosen.
    pub home: Option<String>,
}

impl Host for CommandHost {
    fn compile(&self, vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult<Arc<CodeObject>> {
        let mut result = source::compile_request(request);
        let warnings = match &mut result {
            Ok(output) => std::mem::take(&mut output.warnings),
            Err(error) => std::mem::take(&mut error.warnings),
        };
        if let Err(error) = source::issue_warnings(vm, request, &warnings)? {
            return Err(raise_source_error(vm, &error));
        }
        match result {
            Ok(output) => Ok(Arc::new(output.code)),
            Err(error) => Err(raise_source_error(vm, &error)),
        }
    }

    fn parse_to_ast(&self, vm: &mut Vm, _request: &CompileRequest<'_>) -> PyResult {
        Err(vm.not_implemented_error("ast.parse() is not there yet"))
    }

    fn compile_ast(
        &self,
        vm: &mut Vm,
        _tree: &Value,
        _request: &CompileRequest<'_>,
    ) -> PyResult<Arc<CodeObject>> {
        Err(vm.not_implemented_error("compiling an AST object is not there yet"))
    }

    fn native_module(&self, name: &str) -> Option<&'static ModuleDef> {
        pvm_stdlib::native_module(name)
    }

    fn native_module_names(&self) -> Vec<&'static str> {
        pvm_stdlib::native_module_names()
    }

    fn frozen_module(&self, name: &str) -> Option<FrozenModule> {
        let Some(home) = &self.home else { return pvm_stdlib::embedded::module(name) };
        let (data, filename) = library::early_source(home, name)?;
        let output = source::compile(&data, &Text::from(filename.as_str()), 0).ok()?;
        Some(FrozenModule { is_package: false, code: Arc::new(output.code) })
    }

    fn frozen_module_names(&self) -> Vec<String> {
        match &self.home {
            Some(_) => {
                ["_frozen_importlib", "_frozen_importlib_external", "zipimport"].map(str::to_owned).to_vec()
            }
            None => pvm_stdlib::embedded::names(),
        }
    }

    fn frozen_source(&self, name: &str) -> Option<String> {
        match &self.home {
            Some(home) => {
                let (data, _) = library::early_source(home, name)?;
                String::from_utf8(data).ok()
            }
            None => pvm_stdlib::embedded::source(name),
        }
    }

    fn operator_anchors(&self, expression: &str) -> Option<pvm_vm::display::Anchors> {
        pvm_stdlib::anchors::operator_anchors(expression)
    }
}

/// The Python exception for a source that is rejected.
fn raise_source_error(vm: &mut Vm, error: &SourceError) -> Raised {
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
    raised.set(field::SYNTAX_FILENAME, error.filename.as_str().into());
    if let Some(at) = &error.position {
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
        let place = pvm_vm::types::tuple::Tuple::new(place);
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
