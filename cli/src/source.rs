//! The front end as the command line uses it: bytes of a source file to a code object, or to an error that can be
//! shown as CPython shows it.

mod into;

pub use into::compile_into;

use pvm_compiler::Compiled;
use pvm_compiler::names::WELL_KNOWN;
use pvm_compiler::symtable::SymbolTable;
use pvm_lexer::decode::{DecodeErrorKind, Reading};
use pvm_parser::{Mode, Parsed, WarningCategory};
use pvm_pycfile::code::code_flags;
use pvm_pycfile::marshal::{self, MarshalError};
use pvm_pycfile::{CodeObject, Location, ModuleNames, Text};
use pvm_vm::host::{CompileMode, CompileRequest, SourceForm};
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
    /// The bytes of the source that a codec was to decode and could not.
    pub fn undecodable(&self, source: &[u8]) -> Option<Vec<u8>> {
        if self.class != "UnicodeDecodeError" {
            return None;
        }
        let range = self.range.clone()?;
        let malformed = pvm_lexer::decode(source, Reading::Bytes).ok()?.malformed?;
        Some(malformed.bytes(range.start as u32..range.end as u32).to_vec())
    }

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
    /// What it becomes where warnings are errors.
    pub as_error: Box<SourceError>,
    /// The bytes of the decoded source it is about, if they are known.
    pub range: Option<Range<usize>>,
}

/// A compiled source.
#[derive(Debug)]
pub struct Output {
    /// The module's code.
    pub code: CodeObject,
    /// In the order in which CPython issues them.
    pub warnings: Vec<SourceWarning>,
    identifiers: ModuleNames,
}

impl Output {
    /// The bytes of the code: what follows the header of a `.pyc`.
    pub fn marshal(&self) -> Result<Vec<u8>, MarshalError> {
        let mut bytes = Vec::new();
        marshal::append_compiled(&mut bytes, &self.code, self.identifiers.as_slice())?;
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
    Unparsed { source: &source, mode, options: &options, filename }.parse()
}

/// Compiles a source file's bytes, which CPython would read in the given way.
pub fn compile_read_as(
    data: &[u8],
    filename: &Text,
    optimize: u8,
    reading: Reading,
) -> Result<Output, Box<SourceError>> {
    compile_keeping_tree(data, filename, optimize, reading).map(|(_, output)| output)
}

/// Compiles what `compile()`, `exec()` or an import was given, and what [`read_request`] has made of it.
pub fn compile_request(
    request: &CompileRequest<'_>,
    source: &pvm_lexer::Source<'_>,
) -> Result<Output, Box<SourceError>> {
    compile_source(
        source,
        &Text::from(request.filename),
        crate::host::parser_mode(request.mode),
        &pvm_parser::Options { first_names: Some(WELL_KNOWN), ..parser_options(request, source.columns) },
        request.optimize,
        request.flags & COMPILER_FLAGS,
    )
}

/// Parses what `compile()` was given, in the version that `ast.parse(feature_version=…)` names.
pub fn parse_request(
    request: &CompileRequest<'_>,
    source: &pvm_lexer::Source<'_>,
) -> Result<(Parsed, Vec<SourceWarning>), Box<SourceError>> {
    let feature_version = u8::try_from(request.feature_version).ok();
    let options = pvm_parser::Options { feature_version, ..parser_options(request, source.columns) };
    let filename = &Text::from(request.filename);
    let mode = crate::host::parser_mode(request.mode);
    let unparsed = Unparsed { source, mode, options: &options, filename };
    let parsed = unparsed.parse()?;
    let warnings = unparsed.warnings(&parsed.warnings);
    Ok((parsed, warnings))
}

/// The symbol table of what `symtable()` was given.
pub fn symbol_table(
    request: &CompileRequest<'_>,
    source: &pvm_lexer::Source<'_>,
) -> Result<(SymbolTable, Vec<SourceWarning>), Box<SourceError>> {
    let options = parser_options(request, source.columns);
    let filename = Text::from(request.filename);
    let mode = crate::host::parser_mode(request.mode);
    let unparsed = Unparsed { source, mode, options: &options, filename: &filename };
    let parsed = unparsed.parse()?;
    let warnings = unparsed.warnings(&parsed.warnings);
    let place = Places { filename: &filename, line_starts: &parsed.line_starts, source: &source.text };
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

/// The text of what `compile()` was given.
pub fn read_request<'a>(
    request: &CompileRequest<'a>,
) -> Result<pvm_lexer::Source<'a>, pvm_lexer::DecodeError> {
    match (request.form, std::str::from_utf8(request.source)) {
        (SourceForm::Text, Ok(text)) => pvm_lexer::Source::from_text(text),
        _ => pvm_lexer::decode(request.source, reading_of(request)),
    }
}

/// As what CPython reads the bytes of a request.
pub fn reading_of(request: &CompileRequest<'_>) -> Reading {
    match request.form {
        SourceForm::Script => Reading::File,
        _ if request.mode == CompileMode::Exec => Reading::Bytes,
        _ => Reading::Fragment,
    }
}

/// The error of a request whose bytes are no text.
pub fn unreadable_request(request: &CompileRequest<'_>, error: pvm_lexer::DecodeError) -> Box<SourceError> {
    let is_module = request.mode == CompileMode::Exec;
    decode_error(error, &Text::from(request.filename), request.source, is_module)
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
        // Only a tree may be asked for in an older version.
        feature_version: None,
        // A tree that is asked for has its names.
        first_names: None,
    }
}

fn compile_source(
    source: &pvm_lexer::Source<'_>,
    filename: &Text,
    mode: Mode,
    options: &pvm_parser::Options,
    optimize: u8,
    flags: u32,
) -> Result<Output, Box<SourceError>> {
    let unparsed = Unparsed { source, mode, options, filename };
    unparsed.compile(&mut unparsed.parse()?, optimize, flags)
}

/// As [`compile_read_as`]; returns the tree as well.
fn compile_keeping_tree(
    data: &[u8],
    filename: &Text,
    optimize: u8,
    reading: Reading,
) -> Result<(Parsed, Output), Box<SourceError>> {
    let source =
        &pvm_lexer::decode(data, reading).map_err(|error| decode_error(error, filename, data, true))?;
    let options = &pvm_parser::Options {
        columns: source.columns,
        from_file: true,
        first_names: Some(WELL_KNOWN),
        ..Default::default()
    };
    let unparsed = Unparsed { source, mode: Mode::Module, options, filename };
    let mut parsed = unparsed.parse()?;
    let output = unparsed.compile(&mut parsed, optimize, 0)?;
    Ok((parsed, output))
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
            return Ok(Err((*warning.as_error).clone()));
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
    let line = |lineno: u32| {
        let line = data.split_inclusive(|byte| *byte == b'\n').nth((lineno as usize).checked_sub(1)?)?;
        let mut line = String::from_utf8_lossy(line).into_owned();
        if let Some(null) = line.find('\0') {
            // To CPython the line is a C string.
            line.truncate(null);
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

/// A source as the parser gets it, with what its errors depend on.
struct Unparsed<'a> {
    source: &'a pvm_lexer::Source<'a>,
    mode: Mode,
    options: &'a pvm_parser::Options,
    filename: &'a Text,
}

impl Unparsed<'_> {
    fn parse(&self) -> Result<Parsed, Box<SourceError>> {
        pvm_parser::parse_source(self.source, self.mode, self.options).map_err(|mut error| {
            let warnings = std::mem::take(&mut error.warnings);
            let warnings = self.warnings(&warnings);
            Box::new(SourceError { warnings, ..self.error(error) })
        })
    }

    /// Compiles what [`Self::parse`] has returned.
    fn compile(&self, parsed: &mut Parsed, optimize: u8, flags: u32) -> Result<Output, Box<SourceError>> {
        let warnings = self.warnings(&parsed.warnings);
        let depth = parsed.depth();
        let line_starts = &parsed.line_starts;
        let code = Unit {
            module: &mut parsed.module,
            literals: &parsed.literals,
            places: Places { filename: self.filename, line_starts, source: &self.source.text },
            depth,
        };
        code.compile(optimize, flags, warnings)
    }

    fn warnings(&self, warnings: &[pvm_parser::SyntaxWarning]) -> Vec<SourceWarning> {
        let errors = pvm_parser::warnings_as_errors(self.source, self.mode, self.options, warnings);
        let convert = |(warning, error): (&pvm_parser::SyntaxWarning, _)| SourceWarning {
            category: match warning.category {
                WarningCategory::SyntaxWarning => "SyntaxWarning",
                WarningCategory::DeprecationWarning => "DeprecationWarning",
            },
            message: warning.message.clone(),
            lineno: warning.lineno,
            range: Some(warning.range.into()),
            as_error: Box::new(self.error(error)),
        };
        warnings.iter().zip(errors).map(convert).collect()
    }

    #[cold]
    fn error(&self, error: pvm_parser::SyntaxError) -> SourceError {
        let has_position = error.class.is_syntax_error();
        SourceError {
            class: error.class.name(),
            message: error.message,
            filename: self.filename.to_string_lossy(),
            position: has_position.then(|| parse_position(*error.position)),
            range: Some(error.range.into()),
            warnings: Vec::new(),
        }
    }
}

fn parse_position(position: pvm_parser::ErrorPosition) -> Position {
    Position {
        lineno: position.lineno,
        offset: Some(position.offset),
        end_lineno: Some(position.end_lineno),
        end_offset: Some(position.end_offset),
        text: position.text,
    }
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
        let as_error = SourceError {
            class: "SyntaxError",
            message: warning.message.clone(),
            filename: self.filename.to_string_lossy(),
            position: Some(self.position(at)),
            range: self.range(at),
            warnings: Vec::new(),
        };
        SourceWarning {
            category: "SyntaxWarning",
            message: warning.message,
            lineno: u32::try_from(at.lineno).unwrap_or_default(),
            range: as_error.range.clone(),
            as_error: Box::new(as_error),
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
        last_piece_of_line(&data, usize::try_from(lineno - 1).ok()?)
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

/// The line of a file as CPython's `err_programtext` reads it: with any of the three line ends, in pieces, of which the last
/// one counts, and not at all if that is not UTF-8 by itself. `index` counts from 0.
fn last_piece_of_line(mut data: &[u8], index: usize) -> Option<String> {
    /// One less than the size of its buffer.
    const PIECE: usize = 999;
    for _ in 0..index {
        data = split_line(data)?.1;
    }
    let (line, rest) = split_line(data)?;
    let has_end = line.len() + rest.len() < data.len();
    let last = (line.len() + usize::from(has_end)).saturating_sub(1) / PIECE * PIECE;
    if line.len() - last == PIECE && !has_end {
        // It goes on reading, and meets the end of the file.
        return None;
    }
    let mut text = std::str::from_utf8(&line[last..]).ok()?.to_owned();
    text.extend(has_end.then_some('\n'));
    Some(text)
}

/// The first line, without its end, and what follows; `None` at the end.
fn split_line(data: &[u8]) -> Option<(&[u8], &[u8])> {
    if data.is_empty() {
        return None;
    }
    let Some(end) = data.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return Some((data, &[]));
    };
    let width = if data[end..].starts_with(b"\r\n") { 2 } else { 1 };
    Some((&data[..end], &data[end + width..]))
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
