//! The front end as the command line uses it: bytes of a source file to a code object, or to an error that can be
//! shown as CPython shows it.

use pvm_compiler::Compiled;
use pvm_compiler::symtable::SymbolTable;
use pvm_lexer::decode::{DecodeErrorKind, Reading};
use pvm_parser::{Mode, Parsed, WarningCategory};
use pvm_pycfile::code::code_flags;
use pvm_pycfile::marshal::{self, MarshalError};
use pvm_pycfile::{CodeObject, Location, Text};
use pvm_vm::host::{CompileMode, CompileRequest};
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
    /// Last line; `None` where the exception has none.
    pub end_lineno: Option<i64>,
    /// Column after the last; `None` where the exception has none.
    pub end_offset: Option<i64>,
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
    /// What CPython warns of before it comes to the error.
    pub warnings: Vec<SourceWarning>,
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
    /// Where the `SyntaxError` is that it becomes where warnings are errors.
    pub position: Position,
    /// The bytes of the decoded source it is about, if they are known.
    pub range: Option<Range<usize>>,
}

impl SourceWarning {
    /// The error that it is where warnings are errors.
    pub fn to_error(&self, filename: &Text) -> SourceError {
        SourceError {
            class: "SyntaxError",
            message: self.message.clone(),
            filename: filename.to_string_lossy(),
            position: Some(self.position.clone()),
            range: self.range.clone(),
            warnings: Vec::new(),
        }
    }
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
        self.marshal_after(Vec::new())
    }

    /// The bytes of the code behind those of a header.
    pub fn marshal_after(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, MarshalError> {
        marshal::append_compiled(&mut bytes, &self.code, &self.identifiers)?;
        Ok(bytes)
    }
}

/// Compiles a source file's bytes, as `compile(data, filename, "exec")` does.
pub fn compile(data: &[u8], filename: &Text, optimize: u8) -> Result<Output, Box<SourceError>> {
    compile_read_as(data, filename, optimize, Reading::Bytes)
}

/// Parses a source file's bytes, as `ast.parse(data, filename, mode, type_comments=…)` does.
pub fn parse(
    data: &[u8],
    filename: &Text,
    mode: Mode,
    type_comments: bool,
) -> Result<Parsed, Box<SourceError>> {
    let source =
        pvm_lexer::decode(data, Reading::Bytes).map_err(|error| decode_error(error, filename, data, true))?;
    let (columns, from_file) = (source.columns, mode == Mode::Module);
    let options = pvm_parser::Options { columns, from_file, type_comments, ..Default::default() };
    pvm_parser::parse(&source.text, mode, &options)
        .map_err(|error| parse_error(error, filename, &source.text, &options))
}

/// Compiles a source file's bytes, which CPython would read in the given way.
pub fn compile_read_as(
    data: &[u8],
    filename: &Text,
    optimize: u8,
    reading: Reading,
) -> Result<Output, Box<SourceError>> {
    let source =
        pvm_lexer::decode(data, reading).map_err(|error| decode_error(error, filename, data, true))?;
    let options = pvm_parser::Options { columns: source.columns, from_file: true, ..Default::default() };
    compile_text(&source.text, filename, Mode::Module, &options, optimize, 0)
}

/// Compiles what `compile()`, `exec()` or an import was given.
pub fn compile_request(request: &CompileRequest<'_>) -> Result<Output, Box<SourceError>> {
    let source = read_request(request)?;
    compile_text(
        &source.text,
        &Text::from(request.filename),
        crate::host::parser_mode(request.mode),
        &parser_options(request, source.columns),
        request.optimize,
        request.flags & COMPILER_FLAGS,
    )
}

/// Parses what `compile()` was given.
pub fn parse_request(request: &CompileRequest<'_>) -> Result<(Parsed, Vec<SourceWarning>), Box<SourceError>> {
    let source = read_request(request)?;
    let options = parser_options(request, source.columns);
    let text = &*pvm_lexer::normalize_newlines(&source.text);
    let parsed = pvm_parser::parse(text, crate::host::parser_mode(request.mode), &options)
        .map_err(|error| parse_error(error, &Text::from(request.filename), text, &options))?;
    let warnings = parse_warnings(&parsed.warnings, text, &options);
    Ok((parsed, warnings))
}

/// The symbol table of what `symtable()` was given.
pub fn symbol_table(
    request: &CompileRequest<'_>,
) -> Result<(SymbolTable, Vec<SourceWarning>), Box<SourceError>> {
    let source = read_request(request)?;
    let options = parser_options(request, source.columns);
    let text = &*pvm_lexer::normalize_newlines(&source.text);
    let filename = Text::from(request.filename);
    let parsed = pvm_parser::parse(text, crate::host::parser_mode(request.mode), &options)
        .map_err(|error| parse_error(error, &filename, text, &options))?;
    let warnings = parse_warnings(&parsed.warnings, text, &options);
    let place = Places { filename: &filename, line_starts: &parsed.line_starts, source: text };
    let options = pvm_compiler::Options {
        optimize: request.optimize,
        flags: request.flags & COMPILER_FLAGS,
        filename: filename.clone(),
        depth: parsed.depth(),
    };
    match pvm_compiler::symbol_table(&parsed.module, &parsed.line_starts, &options) {
        Ok(table) => Ok((table, warnings)),
        Err(error) => Err(Box::new(SourceError { warnings, ..place.error(error) })),
    }
}

/// Compiles a tree that came from no source.
pub fn compile_tree(
    mut tree: pvm_stdlib::ast::Tree,
    request: &CompileRequest<'_>,
) -> Result<Output, Box<SourceError>> {
    let flags = request.flags & COMPILER_FLAGS;
    let code = Unit {
        module: &mut tree.module,
        literals: &tree.literals,
        places: Places {
            filename: &Text::from(request.filename),
            line_starts: &tree.line_starts,
            source: "",
        },
        depth: 0,
    };
    code.compile(request.optimize, flags, Vec::new())
}

const COMPILER_FLAGS: u32 = pvm_compiler::FUTURE_FLAGS | pvm_compiler::ALLOW_TOP_LEVEL_AWAIT;

fn read_request<'a>(request: &CompileRequest<'a>) -> Result<pvm_lexer::Source<'a>, Box<SourceError>> {
    let source = match std::str::from_utf8(request.source) {
        Ok(text) if request.is_text => pvm_lexer::Source::from_text(text),
        _ => pvm_lexer::decode(request.source, Reading::Bytes),
    };
    let is_module = request.mode == CompileMode::Exec;
    source.map_err(|error| decode_error(error, &Text::from(request.filename), request.source, is_module))
}

fn parser_options(request: &CompileRequest<'_>, columns: pvm_lexer::Columns) -> pvm_parser::Options {
    pvm_parser::Options {
        barry_as_flufl: request.flags & code_flags::FUTURE_BARRY_AS_BDFL != 0,
        type_comments: request.flags & 0x1000 != 0,
        allow_incomplete_input: request.flags & 0x4000 != 0,
        dont_imply_dedent: request.flags & 0x200 != 0,
        columns,
        // Names such as `<string>` are no files: most calls need not ask the operating system.
        from_file: request.mode == CompileMode::Exec
            && !request.filename.starts_with('<')
            && Path::new(request.filename).is_file(),
    }
}

fn compile_text(
    text: &str,
    filename: &Text,
    mode: Mode,
    options: &pvm_parser::Options,
    optimize: u8,
    flags: u32,
) -> Result<Output, Box<SourceError>> {
    let text = &*pvm_lexer::normalize_newlines(text);
    let mut parsed = pvm_parser::parse(text, mode, options)
        .map_err(|error| parse_error(error, filename, text, options))?;
    let warnings = parse_warnings(&parsed.warnings, text, options);
    let depth = parsed.depth();
    let code = Unit {
        module: &mut parsed.module,
        literals: &parsed.literals,
        places: Places { filename, line_starts: &parsed.line_starts, source: text },
        depth,
    };
    code.compile(optimize, flags, warnings)
}

/// A tree that is ready to be compiled.
struct Unit<'a> {
    module: &'a mut pvm_parser::ast::Mod,
    literals: &'a pvm_parser::Literals,
    places: Places<'a>,
    depth: u32,
}

impl Unit<'_> {
    /// `warnings` holds what the parser has warned of.
    fn compile(
        self,
        optimize: u8,
        flags: u32,
        mut warnings: Vec<SourceWarning>,
    ) -> Result<Output, Box<SourceError>> {
        let place = self.places;
        let options =
            pvm_compiler::Options { optimize, flags, filename: place.filename.clone(), depth: self.depth };
        match pvm_compiler::compile(self.module, self.literals, place.line_starts, &options) {
            Ok(Compiled { code, warnings: more, identifiers }) => {
                warnings.extend(more.into_iter().map(|warning| place.warning(warning)));
                Ok(Output { code, warnings, identifiers })
            }
            Err(mut error) => {
                let more = std::mem::take(&mut error.warnings);
                warnings.extend(more.into_iter().map(|warning| place.warning(warning)));
                Err(Box::new(SourceError { warnings, ..place.error(error) }))
            }
        }
    }
}

/// Issues what compiling warns of, through the module `warnings` of the running program. Where a filter makes an
/// error of one, the inner result is the `SyntaxError` in its place.
pub fn issue_warnings(
    vm: &mut Vm,
    request: &CompileRequest<'_>,
    warnings: &[SourceWarning],
) -> PyResult<Result<(), SourceError>> {
    let filename = Str::from_str(request.filename);
    for warning in warnings {
        let exceptions = &vm.types().exceptions;
        let category = match warning.category {
            "DeprecationWarning" => exceptions.deprecation_warning.clone(),
            _ => exceptions.syntax_warning.clone(),
        };
        let issued = vm.warn_at(&category, &warning.message, &filename, i64::from(warning.lineno));
        if let Err(raised) = issued {
            if !raised.0.class().is_subclass(&category) {
                return Err(raised);
            }
            return Ok(Err(warning.to_error(&Text::from(request.filename))));
        }
    }
    Ok(Ok(()))
}

#[cold]
fn decode_error(
    error: pvm_lexer::DecodeError,
    filename: &Text,
    data: &[u8],
    is_module: bool,
) -> Box<SourceError> {
    let is_multiline = error.location.is_some_and(|at| at.end_lineno > at.lineno);
    let line = |lineno: u32| {
        let line = data.split_inclusive(|byte| *byte == b'\n').nth((lineno as usize).checked_sub(1)?)?;
        let mut line = String::from_utf8_lossy(line).into_owned();
        if is_multiline {
            line.truncate(line.trim_end_matches('\n').len());
        } else if is_module && !line.ends_with('\n') {
            line.push('\n');
        }
        Some(line)
    };
    let filename = filename.to_string_lossy();
    Box::new(SourceError {
        class: if error.kind == DecodeErrorKind::TooLong { "OverflowError" } else { "SyntaxError" },
        message: error.message(&filename),
        position: error.location.map(|at| Position {
            lineno: at.lineno.into(),
            offset: Some(at.offset),
            end_lineno: (at.end_lineno != 0).then(|| at.end_lineno.into()),
            end_offset: (at.end_lineno != 0).then_some(at.end_offset),
            text: line(at.lineno),
        }),
        filename,
        range: None,
        warnings: Vec::new(),
    })
}

fn parse_warnings(
    warnings: &[pvm_parser::SyntaxWarning],
    text: &str,
    options: &pvm_parser::Options,
) -> Vec<SourceWarning> {
    let convert = |warning: &pvm_parser::SyntaxWarning| {
        let error = warning.to_error(text, options);
        SourceWarning {
            category: match warning.category {
                WarningCategory::SyntaxWarning => "SyntaxWarning",
                WarningCategory::DeprecationWarning => "DeprecationWarning",
            },
            message: error.message,
            lineno: error.position.lineno as u32,
            position: parse_position(*error.position),
            range: Some(error.range.into()),
        }
    };
    warnings.iter().map(convert).collect()
}

fn parse_position(position: pvm_parser::ErrorPosition) -> Position {
    let has_end = position.end_lineno != 0 || position.end_offset != 0;
    Position {
        lineno: position.lineno,
        offset: Some(position.offset),
        end_lineno: has_end.then_some(position.end_lineno),
        end_offset: has_end.then_some(position.end_offset),
        text: position.text,
    }
}

#[cold]
fn parse_error(
    error: pvm_parser::SyntaxError,
    filename: &Text,
    text: &str,
    options: &pvm_parser::Options,
) -> Box<SourceError> {
    let has_position = error.class != pvm_parser::ErrorClass::MemoryError;
    Box::new(SourceError {
        class: error.class.name(),
        message: error.message,
        filename: filename.to_string_lossy(),
        position: has_position.then(|| parse_position(*error.position)),
        range: Some(error.range.into()),
        warnings: parse_warnings(&error.warnings, text, options),
    })
}

/// Turns the compiler's locations into places in a source.
struct Places<'a> {
    filename: &'a Text,
    line_starts: &'a [u32],
    source: &'a str,
}

impl Places<'_> {
    #[cold]
    fn error(&self, error: pvm_compiler::CompileError) -> SourceError {
        use pvm_compiler::ErrorKind;
        let class = match error.kind {
            ErrorKind::Syntax => "SyntaxError",
            ErrorKind::Recursion => "RecursionError",
            ErrorKind::Overflow => "OverflowError",
            ErrorKind::Value => "ValueError",
            ErrorKind::System => "SystemError",
        };
        let at = error.location;
        SourceError {
            class,
            message: error.message,
            filename: self.filename.to_string_lossy(),
            position: (error.kind == ErrorKind::Syntax && at.lineno >= 0).then(|| self.position(at)),
            range: self.range(at),
            warnings: Vec::new(),
        }
    }

    #[cold]
    fn warning(&self, warning: pvm_compiler::CompileWarning) -> SourceWarning {
        let at = warning.location;
        SourceWarning {
            category: "SyntaxWarning",
            message: warning.message,
            lineno: u32::try_from(at.lineno).unwrap_or_default(),
            position: self.position(at),
            range: self.range(at),
        }
    }

    fn position(&self, at: Location) -> Position {
        Position {
            lineno: at.lineno.into(),
            offset: Some(i64::from(at.col_offset) + 1),
            end_lineno: Some(at.end_lineno.into()),
            end_offset: (at.end_col_offset >= 0).then(|| i64::from(at.end_col_offset) + 1),
            text: self.line_of_file(at.lineno),
        }
    }

    /// CPython's compiler does not have the source: it reads the line from the file, if there is one of this name.
    fn line_of_file(&self, lineno: i32) -> Option<String> {
        let data = std::fs::read(self.filename.to_string_lossy()).ok()?;
        let line = data.split_inclusive(|byte| *byte == b'\n').nth(usize::try_from(lineno - 1).ok()?)?;
        Some(String::from_utf8_lossy(line).into_owned())
    }

    fn range(&self, at: Location) -> Option<Range<usize>> {
        let offset_of = |line: i32, column: i32| {
            let start = self.line_starts.get(usize::try_from(line - 1).ok()?)?;
            let offset = *start as usize + usize::try_from(column).ok()?;
            (offset <= self.source.len()).then_some(offset)
        };
        let range = offset_of(at.lineno, at.col_offset)?..offset_of(at.end_lineno, at.end_col_offset)?;
        (range.start <= range.end).then_some(range)
    }
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
