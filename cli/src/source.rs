//! The front end as the command line uses it: bytes of a source file to a code object, or to an error that can be
//! shown as CPython shows it.

use pvm_compiler::Compiled;
use pvm_lexer::decode::{DecodeErrorKind, Reading};
use pvm_parser::{Mode, Parsed, WarningCategory};
use pvm_pycfile::code::code_flags;
use pvm_pycfile::marshal::{self, MarshalError};
use pvm_pycfile::{CodeObject, Text};
use pvm_vm::host::CompileRequest;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};
use std::ops::Range;
use std::path::Path;

/// Where a `SyntaxError` says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub lineno: i64,
    /// Column, from 1; `None` where the exception has none.
    pub offset: Option<i64>,
    /// Last line; 0 where CPython gives none.
    pub end_lineno: i64,
    /// Column after the last; 0 where CPython gives none.
    pub end_offset: i64,
    /// The source line.
    pub text: Option<String>,
}

/// A source that Python rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// The name of the exception's class.
    pub class: &'static str,
    /// Its message.
    pub message: String,
    /// The file, as the compiler was given it.
    pub filename: String,
    /// Where it is, if it has a place.
    pub position: Option<Position>,
    /// The bytes of the decoded source it is about, if they are known.
    pub range: Option<Range<usize>>,
}

impl SourceError {
    /// Whether the class is `SyntaxError` or one of its subclasses.
    pub fn is_syntax_error(&self) -> bool {
        matches!(self.class, "SyntaxError" | "IndentationError" | "TabError")
    }

    /// `str()` of the exception.
    pub fn summary(&self) -> String {
        let name = Path::new(&self.filename)
            .file_name()
            .map_or(self.filename.as_str().into(), |n| n.to_string_lossy());
        match &self.position {
            Some(position) => format!("{} ({name}, line {})", self.message, position.lineno),
            None => self.message.clone(),
        }
    }
}

/// A warning that compiling gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceWarning {
    /// The name of its class.
    pub category: &'static str,
    /// Its text.
    pub message: String,
    /// The line it is about.
    pub lineno: u32,
}

/// A compiled source.
#[derive(Debug)]
pub struct Output {
    /// The module's code.
    pub code: CodeObject,
    /// In the order in which CPython issues them.
    pub warnings: Vec<SourceWarning>,
    identifiers: Vec<Text>,
}

impl Output {
    /// The bytes of the code: what follows the header of a `.pyc`.
    pub fn marshal(&self) -> Result<Vec<u8>, MarshalError> {
        marshal::dump_compiled(&self.code, &self.identifiers)
    }
}

/// Compiles a source file's bytes, as `compile(data, filename, "exec")` does.
pub fn compile(data: &[u8], filename: &Text, optimize: u8) -> Result<Output, Box<SourceError>> {
    compile_read_as(data, filename, optimize, Reading::Bytes)
}

/// Parses a source file's bytes, as `ast.parse(data, filename)` does.
pub fn parse(data: &[u8], filename: &Text) -> Result<Parsed, Box<SourceError>> {
    let source =
        pvm_lexer::decode(data, Reading::Bytes).map_err(|error| decode_error(error, filename, data))?;
    pvm_parser::parse(&source.text, Mode::Module, &pvm_parser::Options::default())
        .map_err(|error| parse_error(error, filename))
}

/// Compiles a source file's bytes, which CPython would read in the given way.
pub fn compile_read_as(
    data: &[u8],
    filename: &Text,
    optimize: u8,
    reading: Reading,
) -> Result<Output, Box<SourceError>> {
    let source = pvm_lexer::decode(data, reading).map_err(|error| decode_error(error, filename, data))?;
    compile_text(&source.text, filename, Mode::Module, &pvm_parser::Options::default(), optimize, 0)
}

/// Compiles what `compile()`, `exec()` or an import was given.
pub fn compile_request(request: &CompileRequest<'_>) -> Result<Output, Box<SourceError>> {
    let filename = Text::from(request.filename);
    let text = String::from_utf8_lossy(request.source);
    let source = if request.is_text {
        pvm_lexer::Source::from_text(&text).map_err(|error| decode_error(error, &filename, request.source))?
    } else {
        pvm_lexer::decode(request.source, Reading::Bytes)
            .map_err(|error| decode_error(error, &filename, request.source))?
    };
    let options = pvm_parser::Options {
        barry_as_flufl: request.flags & code_flags::FUTURE_BARRY_AS_BDFL != 0,
        type_comments: request.flags & 0x1000 != 0,
        allow_incomplete_input: request.flags & 0x4000 != 0,
        dont_imply_dedent: request.flags & 0x200 != 0,
        columns: source.columns,
    };
    let mode = crate::host::parser_mode(request.mode);
    let flags = request.flags & (pvm_compiler::FUTURE_FLAGS | pvm_compiler::ALLOW_TOP_LEVEL_AWAIT);
    compile_text(&source.text, &filename, mode, &options, request.optimize, flags)
}

fn compile_text(
    text: &str,
    filename: &Text,
    mode: Mode,
    options: &pvm_parser::Options,
    optimize: u8,
    flags: u32,
) -> Result<Output, Box<SourceError>> {
    let mut parsed = pvm_parser::parse(text, mode, options).map_err(|error| parse_error(error, filename))?;
    let line_of = |offset: u32| parsed.line_starts.partition_point(|start| *start <= offset) as u32;
    let mut warnings: Vec<SourceWarning> = parsed
        .warnings
        .iter()
        .map(|warning| SourceWarning {
            category: match warning.category {
                WarningCategory::SyntaxWarning => "SyntaxWarning",
                WarningCategory::DeprecationWarning => "DeprecationWarning",
            },
            message: warning.message.clone(),
            lineno: line_of(warning.range.start().to_u32()),
        })
        .collect();
    let options =
        pvm_compiler::Options { optimize, flags, filename: filename.clone(), depth: parsed.depth() };
    let Compiled { code, warnings: more, identifiers } =
        pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options)
            .map_err(|error| compile_error(error, filename, &parsed.line_starts, text))?;
    warnings.extend(more.into_iter().map(|warning| SourceWarning {
        category: "SyntaxWarning",
        message: warning.message,
        lineno: u32::try_from(warning.location.lineno).unwrap_or_default(),
    }));
    Ok(Output { code, warnings, identifiers })
}

/// Issues what compiling warns of, through the module `warnings` of the running program.
pub fn issue_warnings(vm: &mut Vm, request: &CompileRequest<'_>, warnings: &[SourceWarning]) -> PyResult<()> {
    let filename = Str::from_str(request.filename);
    for warning in warnings {
        let exceptions = &vm.types().exceptions;
        let category = match warning.category {
            "DeprecationWarning" => &exceptions.deprecation_warning,
            _ => &exceptions.syntax_warning,
        };
        vm.warn_at(category, &warning.message, &filename, i64::from(warning.lineno))?;
    }
    Ok(())
}

#[cold]
fn decode_error(error: pvm_lexer::DecodeError, filename: &Text, data: &[u8]) -> Box<SourceError> {
    let line =
        |lineno: u32| data.split_inclusive(|byte| *byte == b'\n').nth((lineno as usize).checked_sub(1)?);
    let filename = filename.to_string_lossy();
    Box::new(SourceError {
        class: if error.kind == DecodeErrorKind::TooLong { "OverflowError" } else { "SyntaxError" },
        message: error.message(&filename),
        position: error.location.map(|at| Position {
            lineno: at.lineno.into(),
            offset: Some(at.offset),
            end_lineno: at.end_lineno.into(),
            end_offset: at.end_offset,
            text: line(at.lineno).map(|line| String::from_utf8_lossy(line).into_owned()),
        }),
        filename,
        range: None,
    })
}

#[cold]
fn parse_error(error: pvm_parser::SyntaxError, filename: &Text) -> Box<SourceError> {
    let class = error.class.name();
    let position = (error.class != pvm_parser::ErrorClass::MemoryError).then(|| Position {
        lineno: error.position.lineno,
        offset: Some(error.position.offset),
        end_lineno: error.position.end_lineno,
        end_offset: error.position.end_offset,
        text: error.position.text.clone(),
    });
    Box::new(SourceError {
        class,
        message: error.message,
        filename: filename.to_string_lossy(),
        position,
        range: Some(error.range.start().to_usize()..error.range.end().to_usize()),
    })
}

#[cold]
fn compile_error(
    error: pvm_compiler::CompileError,
    filename: &Text,
    line_starts: &[u32],
    source: &str,
) -> Box<SourceError> {
    use pvm_compiler::ErrorKind;
    let class = match error.kind {
        ErrorKind::Syntax => "SyntaxError",
        ErrorKind::Recursion => "RecursionError",
        ErrorKind::Overflow => "OverflowError",
        ErrorKind::Value => "ValueError",
        ErrorKind::System => "SystemError",
    };
    let filename = filename.to_string_lossy();
    let at = error.location;
    let offset_of = |line: i32, column: i32| {
        let start = line_starts.get(usize::try_from(line - 1).ok()?)?;
        let offset = *start as usize + usize::try_from(column).ok()?;
        (offset <= source.len()).then_some(offset)
    };
    let range = || Some(offset_of(at.lineno, at.col_offset)?..offset_of(at.end_lineno, at.end_col_offset)?);
    // CPython's compiler does not have the source: it reads the line from the file, if there is one of this name.
    let text = || {
        let data = std::fs::read(&filename).ok()?;
        let line = data.split_inclusive(|byte| *byte == b'\n').nth(usize::try_from(at.lineno - 1).ok()?)?;
        Some(String::from_utf8_lossy(line).into_owned())
    };
    let position = (error.kind == ErrorKind::Syntax && at.lineno >= 0).then(|| Position {
        lineno: at.lineno.into(),
        offset: Some(i64::from(at.col_offset) + 1),
        end_lineno: at.end_lineno.into(),
        end_offset: i64::from(at.end_col_offset) + 1,
        text: text(),
    });
    let range = range().filter(|range| range.start <= range.end);
    Box::new(SourceError { class, message: error.message, filename, position, range })
}

/// A path as a Python string: bytes that are not UTF-8 become lone surrogates (`os.fsdecode`).
pub fn path_text(path: &Path) -> Text {
    let bytes = path.as_os_str().as_encoded_bytes();
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Text::from(text);
    }
    let points = bytes.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(u32::from);
        valid.chain(chunk.invalid().iter().map(|byte| 0xDC00 + u32::from(*byte)))
    });
    Text::from_code_points(points)
}
