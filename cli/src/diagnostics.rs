//! Errors in sources as a person sees them: in CPython's words, or drawn by `miette` on a terminal.

use crate::source::{SourceError, SourceWarning};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents,
    Report, Severity, SourceCode, SourceSpan, SpanContents,
};
use serde_json::json;
use std::io::IsTerminal;
use std::ops::Range;

/// The text of `traceback.format_exception_only`.
pub fn python_text(error: &SourceError) -> String {
    let Some(position) = error.position.as_ref().filter(|_| error.is_syntax_error()) else {
        return format!("{}: {}\n", error.class, error.message);
    };
    let mut out = format!("  File \"{}\", line {}\n", error.filename, position.lineno);
    if let Some(text) = &position.text {
        let right_trimmed = text.trim_end_matches('\n');
        let line = right_trimmed.trim_start_matches([' ', '\n', '\x0c']);
        out += &format!("    {line}\n");
        let spaces = (right_trimmed.len() - line.len()) as i64;
        if let Some(offset) = position.offset {
            let mut end = position.end_offset.filter(|end| *end != 0).unwrap_or(offset);
            if offset == end || end == -1 {
                end = offset + 1;
            }
            let (from, to) = (offset - 1 - spaces, end - 1 - spaces);
            if let Ok(from_column) = usize::try_from(from) {
                out.push_str("    ");
                out.extend(line.chars().take(from_column).map(|c| if c.is_whitespace() { c } else { ' ' }));
                out.extend(std::iter::repeat_n('^', usize::try_from(to - from).unwrap_or(0)));
                out.push('\n');
            }
        }
    }
    out += &format!("{}: {}\n", error.class, error.message);
    out
}

/// What `warnings.showwarning` prints.
pub fn warning_text(warning: &SourceWarning, filename: &str, source: &[u8]) -> String {
    let mut out = format!("{filename}:{}: {}: {}\n", warning.lineno, warning.category, warning.message);
    let line = source.split(|byte| *byte == b'\n').nth((warning.lineno as usize).wrapping_sub(1));
    let line = line.map(|line| String::from_utf8_lossy(line).trim().to_owned()).unwrap_or_default();
    if !line.is_empty() {
        out += &format!("  {line}\n");
    }
    out
}

/// The text of an error among those of other files: it names the file even where Python's does not.
pub fn render_with_file(error: &SourceError, data: &[u8]) -> String {
    let text = render(error, data);
    if error.position.is_some() { text } else { format!("  File \"{}\"\n{text}", error.filename) }
}

/// The error for standard error: drawn where that is a terminal, in colour unless `NO_COLOR` is set.
pub fn render(error: &SourceError, data: &[u8]) -> String {
    if std::io::stderr().is_terminal() {
        return draw(error, data, std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()));
    }
    python_text(error)
}

/// The error drawn over its source.
pub fn draw(error: &SourceError, data: &[u8], color: bool) -> String {
    let Ok(source) = pvm_lexer::decode(data, pvm_lexer::Reading::Bytes) else {
        return python_text(error);
    };
    let Some(range) = label_range(error, &source.text) else {
        return python_text(error);
    };
    let mut labels = labels(&error.message, &source.text, range);
    for label in &mut labels {
        let (start, end) = (label.offset(), label.offset() + label.len());
        let (start, end) = (visible(&source, start).len(), visible(&source, end).len());
        *label = LabeledSpan::new(label.label().map(str::to_owned), start, end - start);
    }
    let text = visible(&source, source.text.len());
    let mut diagnostic = MietteDiagnostic::new(error.message.clone())
        .with_code(error.class)
        .with_severity(Severity::Error)
        .with_labels(labels);
    diagnostic.help = help_for(&error.message).map(str::to_owned);
    let report = Report::new(diagnostic).with_source_code(NamedText { name: error.filename.clone(), text });
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut out = String::new();
    match GraphicalReportHandler::new_themed(theme).render_report(&mut out, report.as_ref()) {
        Ok(()) => out,
        Err(_) => python_text(error),
    }
}

/// The text of a source up to an offset, with something to see in the place of control characters and of bytes that are
/// not UTF-8.
fn visible(source: &pvm_lexer::Source<'_>, end: usize) -> String {
    let is_wrong = |at: usize| {
        let at = at as u32;
        source.malformed.as_ref().is_some_and(|malformed| malformed.first_within(at..at + 1).is_some())
    };
    let show = |(at, c): (usize, char)| match c {
        '\n' | '\t' => c,
        // U+2400 and what follows are pictures of them.
        '\0'..='\x1F' if !is_wrong(at) => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        '\x7F' => '\u{2421}',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    source.text[..end].char_indices().map(show).collect()
}

/// A source with its name. `miette`'s own counts columns in bytes.
#[derive(Debug)]
struct NamedText {
    name: String,
    text: String,
}

impl SourceCode for NamedText {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.read_span(span, lines_before, lines_after)?;
        let start = found.span().offset();
        let before = self.text.get(start - found.column().min(start)..start).unwrap_or_default();
        let column = before.chars().count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            found.line(),
            column,
            found.line_count(),
        )))
    }
}

/// The places that a message is about, the main one first.
fn labels(message: &str, text: &str, range: Range<usize>) -> Vec<LabeledSpan> {
    let label =
        |words: &str, range: Range<usize>| LabeledSpan::new(Some(words.to_owned()), range.start, range.len());
    if message.ends_with("was never closed") {
        let end = text.trim_end().len();
        // One character wide: what is empty at the end of a line is hard to see.
        let last = text[..end].char_indices().next_back().map_or(end, |(at, _)| at);
        if last > range.start {
            return vec![label("opened here", range), label("not closed up to here", last..end)];
        }
        return vec![label("opened here", range)];
    }
    if message.starts_with("closing parenthesis") {
        let mut lexer = pvm_lexer::Lexer::new(text);
        while lexer.next_token().is_ok_and(|token| token.kind != pvm_lexer::TokenKind::EndOfFile) {}
        if let Some(open) = lexer.unclosed_bracket() {
            let opened = open.span.start as usize..open.span.end as usize;
            return vec![label("closed here", range), label("opened here", opened)];
        }
    }
    vec![label("here", range)]
}

/// A place in a source, for machines: bytes of the decoded text, lines from 1, columns in characters from 1.
pub fn range_json(range: &Range<usize>, text: &str) -> serde_json::Value {
    let position = |offset: usize| {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        json!({ "line": line, "column": 1 + before[line_start..].chars().count() })
    };
    json!({
        "bytes": [range.start, range.end],
        "start": position(range.start),
        "end": position(range.end),
    })
}

/// The facts of an error, for machines.
pub fn error_json(error: &SourceError, data: &[u8]) -> serde_json::Value {
    let mut value = json!({ "class": error.class, "message": error.message });
    if let Some(position) = &error.position {
        value["lineno"] = position.lineno.into();
        value["offset"] = position.offset.into();
        value["end_lineno"] = position.end_lineno.into();
        value["end_offset"] = position.end_offset.into();
        value["text"] = position.text.clone().into();
    }
    if let Ok(source) = pvm_lexer::decode(data, pvm_lexer::Reading::Bytes)
        && let Some(range) = label_range(error, &source.text)
    {
        value["range"] = range_json(&range, &source.text);
    }
    if let Some(help) = help_for(&error.message) {
        value["help"] = help.into();
    }
    value
}

/// The facts of a warning, for machines.
pub fn warning_json(warning: &SourceWarning, data: &[u8]) -> serde_json::Value {
    let mut value = json!({
        "category": warning.category,
        "message": warning.message,
        "lineno": warning.lineno,
    });
    if let Ok(source) = pvm_lexer::decode(data, pvm_lexer::Reading::Bytes)
        && let Some(range) = warning.range.clone().filter(|range| fits(range, &source.text))
    {
        value["range"] = range_json(&range, &source.text);
    }
    value
}

/// Whether a range is one of whole characters of a text.
fn fits(range: &Range<usize>, text: &str) -> bool {
    range.start <= range.end
        && range.end <= text.len()
        && text.is_char_boundary(range.start)
        && text.is_char_boundary(range.end)
}

/// The bytes to point at: of the error itself, else of its line and columns.
fn label_range(error: &SourceError, text: &str) -> Option<Range<usize>> {
    if let Some(range) = error.range.clone().filter(|range| fits(range, text) && !range.is_empty()) {
        return Some(range);
    }
    let position = error.position.as_ref()?;
    let line = usize::try_from(position.lineno - 1).ok()?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let line = text[start..].split('\n').next()?;
    let column = usize::try_from(position.offset? - 1).unwrap_or(0);
    let offset = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let width = line[offset..].chars().next().map_or(0, char::len_utf8);
    Some(start + offset..start + offset + width)
}

fn help_for(message: &str) -> Option<&'static str> {
    Some(match message {
        m if m.starts_with("Missing parentheses in call to 'print'") => "print is a function: print(...)",
        m if m.starts_with("Missing parentheses in call to 'exec'") => "exec is a function: exec(...)",
        m if m.contains("was never closed") => "add the closing bracket",
        m if m.starts_with("closing parenthesis") => "close brackets in the reverse order of opening them",
        m if m.starts_with("unmatched '") => "delete the bracket, or open it before",
        m if m.starts_with("expected ':'") => "a ':' begins the block",
        m if m.starts_with("expected an indented block") => "indent the block, or write 'pass'",
        m if m.starts_with("unexpected indent") => "indent as the line before: no block begins here",
        m if m.starts_with("unindent does not match") => "indent as a line before that begins a block",
        m if m.starts_with("inconsistent use of tabs") => "indent with spaces alone, or with tabs alone",
        m if m.starts_with("unterminated") => "add the closing quote",
        m if m.starts_with("invalid non-printable character") => {
            "delete the character, or write a plain space"
        }
        m if m.starts_with("leading zeros in decimal integer") => "write 0o before an octal number",
        m if m.contains("Maybe you meant '==' or ':='") || m.contains("Maybe you meant '==' instead") => {
            "'==' compares, ':=' in brackets assigns"
        }
        m if m.starts_with("multiple exception types must be parenthesized") => {
            "write except (A, B): for several classes"
        }
        m if m.starts_with("invalid escape sequence") => "double the backslash, or write a raw string r'...'",
        m if m.starts_with("'return' outside function") => {
            "return leaves a function: sys.exit() ends a program"
        }
        m if m.starts_with("from __future__ imports must occur at the beginning") => {
            "move the import to the top, after the docstring"
        }
        _ => return None,
    })
}
