//! Errors in sources as a person sees them: in CPython's words, or drawn by `miette` on a terminal.

use crate::source::{SourceError, SourceWarning};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity,
};
use std::io::IsTerminal;

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

/// The error for standard error: drawn where that is a terminal.
pub fn render(error: &SourceError, data: &[u8]) -> String {
    if std::io::stderr().is_terminal() {
        return draw(error, data, true);
    }
    python_text(error)
}

/// The error drawn over its source.
pub fn draw(error: &SourceError, data: &[u8], color: bool) -> String {
    let Ok(source) = pvm_lexer::decode(data, pvm_lexer::Reading::Bytes) else {
        return python_text(error);
    };
    let text = source.text.into_owned();
    let Some(range) = label_range(error, &text) else {
        return python_text(error);
    };
    let mut diagnostic = MietteDiagnostic::new(error.message.clone())
        .with_code(error.class)
        .with_severity(Severity::Error)
        .with_label(LabeledSpan::new(Some("here".to_owned()), range.start, range.len()));
    diagnostic.help = help_for(&error.message).map(str::to_owned);
    if let Some(opened) = opening(&error.message, &text, range.start) {
        diagnostic = diagnostic.and_label(LabeledSpan::new(Some("opened here".to_owned()), opened, 1));
    }
    let report = Report::new(diagnostic).with_source_code(NamedSource::new(&error.filename, text));
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut out = String::new();
    match GraphicalReportHandler::new_themed(theme).render_report(&mut out, report.as_ref()) {
        Ok(()) => out,
        Err(_) => python_text(error),
    }
}

/// The bytes to point at: of the error itself, else of its line and columns.
fn label_range(error: &SourceError, text: &str) -> Option<std::ops::Range<usize>> {
    let fits = |range: &std::ops::Range<usize>| {
        range.start <= range.end
            && range.end <= text.len()
            && text.is_char_boundary(range.start)
            && text.is_char_boundary(range.end)
    };
    if let Some(range) = error.range.clone().filter(|range| fits(range) && !range.is_empty()) {
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

/// Where the bracket was opened that the message is about.
fn opening(message: &str, text: &str, before: usize) -> Option<usize> {
    let rest = message.split_once("does not match opening parenthesis '")?.1;
    let bracket = rest.chars().next()?;
    text.get(..before)?.rfind(bracket)
}

fn help_for(message: &str) -> Option<&'static str> {
    Some(match message {
        m if m.starts_with("Missing parentheses in call to 'print'") => "print is a function: print(...)",
        m if m.contains("was never closed") => "add the closing bracket",
        m if m.starts_with("expected ':'") => "a ':' begins the block",
        m if m.starts_with("expected an indented block") => "indent the block, or write 'pass'",
        m if m.starts_with("inconsistent use of tabs") => "indent with spaces alone, or with tabs alone",
        m if m.starts_with("unterminated") => "add the closing quote",
        m if m.starts_with("invalid non-printable character") => {
            "delete the character, or write a plain space"
        }
        _ => return None,
    })
}
