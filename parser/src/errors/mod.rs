//! Why a source is not valid: CPython's message and its place.
//!
//! The parser proper knows only that a source is wrong. CPython finds its message by parsing a second time with
//! extra rules for common mistakes; which rule fires, and where the error is put, follows from the order in
//! which its parser tries rules. So the diagnosis does the same work in the same order, on a table of the
//! grammar (`grammar.txt`): slower than the parser proper, but it only runs for sources that are wrong.

mod actions;
mod machine;
mod node;
mod notation;

use std::borrow::Cow;
use std::sync::OnceLock;

use pvm_lexer::{Columns, ErrorLocation, LexError, LexErrorKind, Malformed, Span, TokenKind};
use rustpython_ast::text_size::{TextRange, TextSize};

use crate::error::{ErrorClass, ErrorPosition, SyntaxError, characters};
use crate::parsed::{Mode, Options, SyntaxWarning, WarningOrigin};
use machine::{Machine, Place, Raised, Stop};
use notation::Grammar;

fn grammar() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| Grammar::new(include_str!("grammar.txt")))
}

/// Whether CPython's tokenizer only says what is wrong, and its parser makes the error of it.
fn is_worded_by_parser(kind: LexErrorKind) -> bool {
    matches!(
        kind,
        LexErrorKind::UnindentMismatch
            | LexErrorKind::InconsistentTabs
            | LexErrorKind::TooDeep
            | LexErrorKind::UnexpectedAfterLineContinuation { .. }
            | LexErrorKind::UnexpectedEndOfFile
            | LexErrorKind::NeverClosed(_)
    )
}

/// The error of a source that the parser rejects.
///
/// `statement_start` is the offset of the last statement at the top level that the parser began: its warnings, and not
/// those before it, are in the error.
pub(crate) fn diagnose(
    source: &str,
    malformed: Option<&Malformed>,
    mode: Mode,
    options: &Options,
    statement_start: u32,
) -> SyntaxError {
    find(source, malformed, mode, options, statement_start).unwrap_or_else(|| SyntaxError {
        // This grammar accepts what the parser rejects: one of the two is wrong.
        class: ErrorClass::SyntaxError,
        message: "invalid syntax".to_owned(),
        range: TextRange::default(),
        position: Box::default(),
        warnings: Vec::new(),
    })
}

/// The error of a source that the parser accepts, but that is wrong in what it does not look at: at a prompt there must be
/// one whole statement, and line ends decide, real ones and those that CPython makes up at the end; and strings and names
/// must be UTF-8.
pub(crate) fn check(
    source: &str,
    malformed: Option<&Malformed>,
    mode: Mode,
    options: &Options,
) -> Option<SyntaxError> {
    find(source, malformed, mode, options, 0)
}

fn find(
    source: &str,
    malformed: Option<&Malformed>,
    mode: Mode,
    options: &Options,
    statement_start: u32,
) -> Option<SyntaxError> {
    let line_starts = pvm_lexer::line_starts(source);
    let skip_to = if mode == Mode::Module { statement_start } else { 0 };
    let machine = Machine::new(grammar(), source, malformed, &line_starts, *options, skip_to, mode);
    let mut diagnosis = Diagnosis { machine, source, mode };
    let error = diagnosis.run()?;
    Some(SyntaxError { warnings: diagnosis.machine.warnings, ..error })
}

/// The errors that warnings become where they are errors.
pub(crate) fn of_warnings(
    source: &str,
    malformed: Option<&Malformed>,
    mode: Mode,
    options: &Options,
    warnings: &[SyntaxWarning],
) -> Vec<SyntaxError> {
    let line_starts = pvm_lexer::line_starts(source);
    let mut machine = Machine::new(grammar(), source, malformed, &line_starts, *options, 0, mode);
    let stop = machine.read_all();
    let diagnosis = Diagnosis { machine, source, mode };
    warnings.iter().map(|warning| diagnosis.warning_as_error(warning, stop.as_ref())).collect()
}

struct Diagnosis<'a> {
    machine: Machine<'a>,
    source: &'a str,
    mode: Mode,
}

impl Diagnosis<'_> {
    /// The error; `None` if the first pass finds none.
    fn run(&mut self) -> Option<SyntaxError> {
        let start = self.machine.grammar.rule_named(match self.mode {
            Mode::Module => "file",
            Mode::Interactive => "interactive",
            Mode::Expression => "eval",
            Mode::FunctionType => "func_type",
        });
        let first = self.machine.rule(start);
        if self.machine.options.allow_incomplete_input && self.is_at_end(&first) {
            if let Err(Stop::Lex(error)) = &first {
                if self.is_open_string(error) {
                    return Some(self.incomplete_string(error));
                }
                self.machine.push_end();
            }
            let stop = self.machine.raise(ErrorClass::SyntaxError, "incomplete input".to_owned());
            return Some(self.error(stop));
        }
        let stop = match first {
            Err(stop) => stop,
            Ok(Some(_)) if self.mode == Mode::Interactive && !self.is_followed_by_nothing() => {
                let message = "multiple statements found while compiling a single statement".to_owned();
                return Some(self.error(self.machine.raise(ErrorClass::SyntaxError, message)));
            }
            Ok(Some(_)) => return None,
            Ok(None) => {
                let n_tokens = self.machine.tokens.len();
                self.machine.restart();
                match self.machine.rule(start) {
                    Err(stop) => stop,
                    Ok(_) => self.generic(n_tokens.saturating_sub(1)),
                }
            }
        };
        let stop = self.prefer_lexical_error(stop);
        Some(self.error(stop))
    }

    /// Whether nothing but blank lines and comments comes after the last token read.
    fn is_followed_by_nothing(&self) -> bool {
        let end =
            self.machine.tokens.last().map_or(0, |last| last.token.span.end as usize).min(self.source.len());
        self.source[end..].lines().all(|line| {
            let text = line.trim_start_matches([' ', '\t', '\u{c}']);
            text.is_empty() || text.starts_with('#')
        })
    }

    /// Whether the first pass came to the end of the source.
    fn is_at_end(&self, first: &machine::Match) -> bool {
        match first {
            Ok(Some(_)) => false,
            Err(Stop::Lex(error)) if self.ends_in_backslash(error) => false,
            Err(Stop::Lex(error)) if self.is_open_string(error) => true,
            Err(Stop::Lex(error)) => {
                matches!(error.kind, LexErrorKind::NeverClosed(_) | LexErrorKind::UnexpectedEndOfFile)
            }
            _ => self.has_read_end(),
        }
    }

    /// Whether the error is a string that goes on to the end of the source.
    fn is_open_string(&self, error: &LexError) -> bool {
        match error.kind {
            LexErrorKind::UnterminatedTripleQuotedString { .. } => true,
            LexErrorKind::UnterminatedString { .. } => {
                let mut rest = &self.source.as_bytes()[error.span.start as usize..];
                while let Some(at) = memchr::memchr2(b'\\', b'\n', rest) {
                    if rest[at] == b'\n' {
                        return false;
                    }
                    match rest.get(at + 2..) {
                        Some(behind) => rest = behind,
                        // The line end that CPython adds is escaped.
                        None => return true,
                    }
                }
                // CPython adds the line end that a source lacks to a file only.
                !self.machine.is_file || self.source.ends_with('\n')
            }
            _ => false,
        }
    }

    /// `incomplete input` for an open string: CPython's tokenizer has gone back to where it begins.
    fn incomplete_string(&self, error: &LexError) -> SyntaxError {
        let (line, column) = self.machine.line_and_column(error.span.start);
        let last = self.source.len() - usize::from(self.source.ends_with('\n'));
        let last_line = self.machine.line_and_column(last as u32).0;
        let text = if self.machine.options.from_file {
            self.line(line).into_owned()
        } else {
            self.quote(self.buffer_start(line), last_line)
        };
        let range = TextRange::new(TextSize::new(error.span.start), TextSize::new(last as u32));
        let position = ErrorPosition {
            lineno: line as i64,
            offset: self.column(&text, column + 1),
            end_lineno: line as i64,
            end_offset: -1,
            text: Some(text),
        };
        SyntaxError {
            class: ErrorClass::SyntaxError,
            message: "incomplete input".to_owned(),
            range,
            position: Box::new(position),
            warnings: Vec::new(),
        }
    }

    /// Whether the error is a backslash that nothing follows, not even a line end: CPython gives a file one.
    fn ends_in_backslash(&self, error: &LexError) -> bool {
        error.kind == LexErrorKind::UnexpectedEndOfFile
            && !self.machine.is_file
            && self.source.ends_with('\\')
    }

    /// Whether CPython's tokenizer has seen the end by now: it looks one character beyond a token.
    fn has_read_end(&self) -> bool {
        let Some(last) = self.machine.tokens.last() else { return false };
        let reaches_end = last.token.span.end as usize >= self.source.len();
        let is_open_ended = !self.machine.is_file && !self.source.ends_with('\n');
        last.token.kind == TokenKind::EndOfFile || (reaches_end && (last.is_placeless || is_open_ended))
    }

    /// The error that stands for all that no rule has words for, at the last token that the first pass read.
    fn generic(&mut self, last: usize) -> Stop {
        let Some(token) = self.machine.tokens.get(last) else {
            return self.machine.raise(ErrorClass::SyntaxError, "invalid syntax".to_owned());
        };
        match token.token.kind {
            TokenKind::Indent => {
                self.machine.raise(ErrorClass::IndentationError, "unexpected indent".to_owned())
            }
            TokenKind::Dedent => {
                self.machine.raise(ErrorClass::IndentationError, "unexpected unindent".to_owned())
            }
            _ => self.machine.raise_at(node::Value::Token(last as u32), "invalid syntax".to_owned()),
        }
    }

    /// Reads the rest of the tokens: an error there goes before one that the parser found.
    fn prefer_lexical_error(&mut self, stop: Stop) -> Stop {
        let Stop::Raised(Raised { message, class, .. }) = &stop else { return stop };
        let is_layout = *class == ErrorClass::IndentationError && message.starts_with("unexpected ");
        if is_layout || self.has_read_end() {
            return stop;
        }
        let Some(current) = self.machine.tokens.last() else { return stop };
        let (current_line, _) = self.machine.line_and_column(current.token.span.start);
        loop {
            match self.machine.lex() {
                Ok(token) if token.kind == TokenKind::EndOfFile => return stop,
                Ok(_) => {}
                // Inside an f-string it is more likely a consequence of the first error.
                Err(_) if self.machine.lexer.fstring_depth() > 0 => return stop,
                Err(Stop::Undecodable { bytes, .. }) => return Stop::Undecodable { bytes, is_raw: true },
                Err(Stop::Lex(error)) => return self.weigh(error, current_line).map_or(stop, Stop::Lex),
                Err(_) => return stop,
            }
        }
    }

    /// The error that goes before one of the parser on a line, when there is a lexical error behind it.
    fn weigh(&self, error: LexError, current_line: usize) -> Option<LexError> {
        if !is_worded_by_parser(error.kind) {
            return Some(error);
        }
        let open = self.machine.lexer.unclosed_bracket()?;
        let is_before = self.machine.line_and_column(open.span.start).0 < current_line;
        is_before.then_some(LexError { kind: LexErrorKind::NeverClosed(open.bracket), span: open.span })
    }

    /// The error that a warning becomes. `stop` is where the tokens of the source end, if they end in an error.
    fn warning_as_error(&self, warning: &SyntaxWarning, mut stop: Option<&Stop>) -> SyntaxError {
        let (start, end) = (warning.range.start().to_u32(), warning.range.end().to_u32());
        let (line, column) = self.machine.line_and_column(start);
        let message = warning.message.clone();
        let error = match warning.origin {
            WarningOrigin::Tokenizer => {
                // It has read the character after a backslash by then.
                let n_read = i64::from(self.source[start as usize..].starts_with('\\'));
                let offset = self.decoded_column(line, column + 1) + n_read;
                let text = self.line(line).trim_end_matches('\n').to_owned();
                let (lineno, end_lineno) = (line as i64, line as i64);
                let position =
                    ErrorPosition { lineno, offset, end_lineno, end_offset: offset, text: Some(text) };
                let class = ErrorClass::SyntaxError;
                SyntaxError {
                    class,
                    message,
                    range: warning.range,
                    position: Box::new(position),
                    warnings: Vec::new(),
                }
            }
            WarningOrigin::Parser => {
                // CPython's parser has stopped right behind the string, and now reads the tokens that are left. What the
                // tokenizer warns of is an error as well.
                let behind = |at: usize| self.machine.warnings[at].range.start() >= warning.range.end();
                match self.machine.lexer_warnings.iter().find(|(at, _)| behind(*at)) {
                    Some((at, false)) => return self.warning_as_error(&self.machine.warnings[*at], None),
                    Some((_, true)) => stop = None,
                    None => {}
                }
                match stop.filter(|_| self.machine.lexer.fstring_depth() == 0) {
                    Some(Stop::Undecodable { bytes, .. }) => return self.undecodable(*bytes, true),
                    Some(Stop::Lex(error)) => {
                        if let Some(error) = self.weigh(*error, line) {
                            return self.error(Stop::Lex(error));
                        }
                    }
                    _ => {}
                }
                let (end_line, end_column) = self.machine.line_and_column(end);
                let place = Place { line, column: column + 1, end_line, end_column: end_column + 1 };
                self.raised(Raised { class: ErrorClass::SyntaxError, message, place }, end_line)
            }
        };
        SyntaxError { range: warning.range, ..error }
    }

    /// A column that CPython's tokenizer counts in what it decodes up to there, from one that counts bytes.
    fn decoded_column(&self, line: usize, column: i64) -> i64 {
        let start = self.machine.line(line).start;
        let end = start + (column - 1).max(0) as u32;
        let count = match self.machine.malformed {
            Some(malformed) => malformed.shown(start..end).chars().count(),
            None => self.source[start as usize..end as usize].chars().count(),
        };
        count as i64 + 1
    }

    fn error(&self, stop: Stop) -> SyntaxError {
        match stop {
            Stop::TooDeep => SyntaxError::too_deep(),
            Stop::Undecodable { bytes, is_raw } => self.undecodable(bytes, is_raw),
            Stop::Lex(error) => {
                let location = self.lexical_location(&error);
                if self.ends_in_backslash(&error) {
                    let (line, column) = self.machine.line_and_column(self.source.len() as u32 - 1);
                    let place = Place { line, column: column + 1, end_line: line, end_column: 0 };
                    let message = "unexpected character after line continuation character".to_owned();
                    let raised = Raised { class: ErrorClass::SyntaxError, message, place };
                    return self.raised(raised, self.machine.current_line());
                }
                let mut offset = location.offset;
                if error.kind == LexErrorKind::UnindentMismatch
                    && !self.machine.is_file
                    && !self.line(location.lineno as usize).ends_with('\n')
                {
                    // There is no line end to point behind.
                    offset -= 1;
                }
                let class = match error.kind.class() {
                    pvm_lexer::ErrorClass::Syntax => ErrorClass::SyntaxError,
                    pvm_lexer::ErrorClass::Indentation => ErrorClass::IndentationError,
                    pvm_lexer::ErrorClass::Tab => ErrorClass::TabError,
                };
                let end = self.source.len() as u32;
                let (start, end) = (error.span.start.min(end), error.span.end.min(end));
                let position = ErrorPosition {
                    lineno: i64::from(location.lineno),
                    offset,
                    end_lineno: i64::from(location.end_lineno),
                    end_offset: location.end_offset,
                    text: Some(self.lexical_text(&error, location.lineno as usize)),
                };
                let range = TextRange::new(TextSize::new(start), TextSize::new(end.max(start)));
                let message = error.kind.to_string();
                SyntaxError { class, message, range, position: Box::new(position), warnings: Vec::new() }
            }
            Stop::Raised(raised) => self.raised(raised, self.machine.current_line()),
        }
    }

    /// The error about bytes that are not UTF-8: the codec's exception, or one about a name that the tokenizer is behind.
    fn undecodable(&self, bytes: Span, is_raw: bool) -> SyntaxError {
        let message = self.machine.undecodable_message(bytes.start..bytes.end);
        let range = TextRange::new(TextSize::new(bytes.start), TextSize::new(bytes.end));
        if is_raw {
            let class = ErrorClass::UnicodeDecodeError;
            return SyntaxError { class, message, range, position: Box::default(), warnings: Vec::new() };
        }
        let (line, column) = self.machine.line_and_column(bytes.end);
        let place = Place { line, column, end_line: line, end_column: -1 };
        let message = format!("(unicode error) {message}");
        let raised = Raised { class: ErrorClass::SyntaxError, message, place };
        let error = self.raised(raised, self.machine.current_line());
        SyntaxError { range, ..error }
    }

    /// Where CPython says that a lexical error is.
    fn lexical_location(&self, error: &LexError) -> ErrorLocation {
        let location = error.location(self.source, self.machine.options.columns);
        if self.machine.malformed.is_none() {
            return location;
        }
        // Some columns are counted by the parser, in a line where one character stands for bytes that are not UTF-8; others
        // by the tokenizer, in what it decodes up to there.
        if is_worded_by_parser(error.kind) {
            let in_bytes = error.location(self.source, Columns::Bytes);
            let line = self.line(in_bytes.lineno as usize);
            let offset = self.column(&line, in_bytes.offset);
            return ErrorLocation { offset, end_offset: self.column(&line, in_bytes.end_offset), ..in_bytes };
        }
        if error.kind == LexErrorKind::LeadingZeros {
            return location;
        }
        let at = error.span.start.min(self.source.len() as u32);
        let (line, column) = self.machine.line_and_column(at);
        let offset = self.decoded_column(line, column + 1);
        ErrorLocation { offset, end_offset: offset, ..location }
    }

    /// What a lexical error quotes: the tokenizer's own errors the line alone, those that CPython's parser words what
    /// any of its errors do.
    fn lexical_text(&self, error: &LexError, lineno: usize) -> String {
        let last = self.source.len() - usize::from(self.source.ends_with('\n'));
        let (last_line, _) = self.machine.line_and_column(last as u32);
        match error.kind {
            LexErrorKind::UnexpectedAfterLineContinuation { line_start }
                if !self.machine.options.from_file =>
            {
                self.quote(self.machine.line_and_column(line_start).0, lineno)
            }
            LexErrorKind::UnexpectedEndOfFile if !self.machine.options.from_file => {
                self.quote(self.buffer_start(lineno), lineno)
            }
            LexErrorKind::NeverClosed(_) => self.text(lineno, last_line),
            kind if is_worded_by_parser(kind) => self.quote(lineno, lineno),
            _ => self.line(lineno).trim_end_matches('\n').to_owned(),
        }
    }

    /// What an error of CPython's parser on a line quotes, when its tokenizer has come to `current` line.
    fn text(&self, line: usize, current: usize) -> String {
        if self.machine.options.from_file {
            self.line(line).into_owned()
        } else if line < current {
            self.line(line).trim_end_matches('\n').to_owned()
        } else {
            self.quote(self.buffer_start(line), line)
        }
    }

    /// Some lines, with the line end that CPython gives the last one of a file.
    fn quote(&self, first: usize, last: usize) -> String {
        let mut text: String = (first..=last).map(|line| self.line(line)).collect();
        if self.machine.is_file && !self.machine.options.from_file && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// The first of the lines that CPython's tokenizer has in its buffer together with this one.
    fn buffer_start(&self, mut line: usize) -> usize {
        while line > 1 && self.is_joined_to_the_one_before(line) {
            line -= 1;
        }
        line
    }

    /// Whether a token or a backslash runs over the line end before a line.
    fn is_joined_to_the_one_before(&self, line: usize) -> bool {
        let Some(newline) = self.machine.line_starts.get(line - 1).and_then(|start| start.checked_sub(1))
        else {
            return false;
        };
        let tokens = &self.machine.tokens;
        let after = tokens.partition_point(|token| token.token.span.start <= newline);
        let Some(before) = after.checked_sub(1).map(|at| tokens[at].token) else { return false };
        match self.source.get(before.span.end as usize..newline as usize) {
            Some(between) => between.rsplit('\n').next().is_some_and(|end| end.trim_start() == "\\"),
            None => matches!(before.kind, TokenKind::String | TokenKind::FStringMiddle),
        }
    }

    /// The error of CPython's parser when its tokenizer has come to `current` line.
    fn raised(&self, raised: Raised, current: usize) -> SyntaxError {
        let Place { line, column, end_line, end_column } = raised.place;
        let text = self.text(line, current);
        let position = ErrorPosition {
            lineno: line as i64,
            offset: self.column(&text, column),
            end_lineno: end_line as i64,
            end_offset: self.column(&text, end_column),
            text: Some(text),
        };
        let start = self.offset(line, column);
        let end = self.offset(end_line, end_column).max(start);
        let range = TextRange::new(TextSize::new(start), TextSize::new(end));
        SyntaxError {
            class: raised.class,
            message: raised.message,
            range,
            position: Box::new(position),
            warnings: Vec::new(),
        }
    }

    /// A line with its line end, which Python takes the last one to have.
    fn line(&self, line: usize) -> Cow<'_, str> {
        let span = self.machine.line(line);
        match self.machine.malformed {
            Some(malformed) => malformed.shown(span.start..span.end),
            None => Cow::Borrowed(&self.source[span.start as usize..span.end as usize]),
        }
    }

    fn column(&self, line: &str, n_bytes: i64) -> i64 {
        match self.machine.options.columns {
            Columns::Bytes => n_bytes,
            Columns::CodePoints => characters(line, n_bytes),
        }
    }

    fn offset(&self, line: usize, column: i64) -> u32 {
        let len = self.source.len() as u32;
        let start = self.machine.line_starts.get(line.wrapping_sub(1)).copied().unwrap_or(len);
        let mut offset = start.saturating_add((column - 1).max(0) as u32).min(len);
        while !self.source.is_char_boundary(offset as usize) {
            offset -= 1;
        }
        offset
    }
}
