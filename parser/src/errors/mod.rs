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

use std::sync::OnceLock;

use pvm_lexer::{Columns, LexError, LexErrorKind, TokenKind};
use rustpython_ast::text_size::{TextRange, TextSize};

use crate::error::{ErrorClass, ErrorPosition, SyntaxError, characters};
use crate::parsed::{Mode, Options};
use machine::{Machine, Place, Raised, Stop};
use notation::Grammar;

fn grammar() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| Grammar::new(include_str!("grammar.txt")))
}

/// The error of a source that the parser rejects.
///
/// `statement_start` is the offset of the last statement at the top level that the parser began: its warnings, and not
/// those before it, are in the error.
pub(crate) fn diagnose(source: &str, mode: Mode, options: &Options, statement_start: u32) -> SyntaxError {
    find(source, mode, options, statement_start).unwrap_or_else(|| SyntaxError {
        // This grammar accepts what the parser rejects: one of the two is wrong.
        class: ErrorClass::SyntaxError,
        message: "invalid syntax".to_owned(),
        range: TextRange::default(),
        position: Box::default(),
        warnings: Vec::new(),
    })
}

/// The error of what is typed at a prompt, if it is not one whole statement.
///
/// There the line ends decide, real ones and those that CPython makes up at the end, and the parser proper does
/// not care for them.
pub(crate) fn check_interactive(source: &str, options: &Options) -> Option<SyntaxError> {
    find(source, Mode::Interactive, options, 0)
}

fn find(source: &str, mode: Mode, options: &Options, statement_start: u32) -> Option<SyntaxError> {
    let line_starts = crate::parsed::line_starts(source);
    let skip_to = if mode == Mode::Module { statement_start } else { 0 };
    let machine = Machine::new(grammar(), source, &line_starts, *options, skip_to, mode);
    let mut diagnosis = Diagnosis { machine, source, mode };
    let error = diagnosis.run()?;
    Some(SyntaxError { warnings: diagnosis.machine.warnings, ..error })
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
            if matches!(first, Err(Stop::Lex(_))) {
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
            Err(Stop::Lex(error)) => matches!(
                error.kind,
                LexErrorKind::NeverClosed(_)
                    | LexErrorKind::UnexpectedEndOfFile
                    | LexErrorKind::UnterminatedTripleQuotedString { .. }
            ),
            _ => self.has_read_end(),
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
            let read = self.machine.lexer.next_token();
            self.machine.note_lexer_warnings();
            match read {
                Ok(token) if token.kind == TokenKind::EndOfFile => return stop,
                Ok(_) => {}
                // Inside an f-string it is more likely a consequence of the first error.
                Err(_) if self.machine.lexer.fstring_depth() > 0 => return stop,
                Err(error) => return self.weigh(stop, error, current_line),
            }
        }
    }

    fn weigh(&self, stop: Stop, error: LexError, current_line: usize) -> Stop {
        match error.kind {
            LexErrorKind::UnindentMismatch
            | LexErrorKind::InconsistentTabs
            | LexErrorKind::TooDeep
            | LexErrorKind::UnexpectedAfterLineContinuation { .. }
            | LexErrorKind::UnexpectedEndOfFile
            | LexErrorKind::NeverClosed(_) => match self.machine.lexer.unclosed_bracket() {
                Some(open) if current_line > self.machine.line_and_column(open.span.start).0 => {
                    Stop::Lex(LexError { kind: LexErrorKind::NeverClosed(open.bracket), span: open.span })
                }
                _ => stop,
            },
            _ => Stop::Lex(error),
        }
    }

    fn error(&self, stop: Stop) -> SyntaxError {
        match stop {
            Stop::TooDeep => SyntaxError::too_deep(),
            Stop::Lex(error) => {
                let location = error.location(self.source, self.machine.options.columns);
                if self.ends_in_backslash(&error) {
                    let (line, column) = self.machine.line_and_column(self.source.len() as u32 - 1);
                    let place = Place { line, column: column + 1, end_line: line, end_column: 0 };
                    let message = "unexpected character after line continuation character".to_owned();
                    return self.raised(Raised { class: ErrorClass::SyntaxError, message, place });
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
            Stop::Raised(raised) => self.raised(raised),
        }
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
            LexErrorKind::UnindentMismatch
            | LexErrorKind::InconsistentTabs
            | LexErrorKind::TooDeep
            | LexErrorKind::UnexpectedAfterLineContinuation { .. }
            | LexErrorKind::UnexpectedEndOfFile => self.quote(lineno, lineno),
            LexErrorKind::NeverClosed(_) => self.text(lineno, last_line),
            _ => self.line(lineno).trim_end_matches('\n').to_owned(),
        }
    }

    /// What an error of CPython's parser on a line quotes, when its tokenizer has come to `current` line.
    fn text(&self, line: usize, current: usize) -> String {
        if self.machine.options.from_file {
            self.line(line).to_owned()
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

    fn raised(&self, raised: Raised) -> SyntaxError {
        let Place { line, column, end_line, end_column } = raised.place;
        let text = self.text(line, self.machine.current_line());
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
    fn line(&self, line: usize) -> &str {
        let starts = self.machine.line_starts;
        if line == 0 {
            return "";
        }
        let start = starts.get(line.wrapping_sub(1)).map_or(self.source.len(), |&start| start as usize);
        let end = starts.get(line).map_or(self.source.len(), |&start| start as usize);
        &self.source[start..end]
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
