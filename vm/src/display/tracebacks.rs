//! The lines of a traceback, with marks below the part of a line that raised.

use super::source::line_of;
use crate::object::Ref;
use crate::text::{StrBuf, StrBuilder, StrRef};
use crate::types::str::Str;
use crate::types::traceback::Traceback;
use crate::vm::Vm;

/// What stands before each line: spaces, then a text.
#[derive(Clone, Copy)]
pub(super) struct Margin {
    pub indent: usize,
    pub text: &'static str,
}

impl Margin {
    pub fn push(self, out: &mut StrBuilder) {
        out.push_repeated(' '.into(), self.indent);
        out.push_utf8(self.text);
    }
}

/// Levels that repeat are shown this often.
const RECURSIVE_CUTOFF: usize = 3;
/// Levels that are shown unless `sys.tracebacklimit` says otherwise.
const DEFAULT_LIMIT: usize = 1000;
/// Spaces before a line of source.
const SOURCE_INDENT: usize = 4;

/// Adds a traceback with its header.
pub(super) fn push(
    vm: &mut Vm,
    out: &mut StrBuilder,
    traceback: &Ref<Traceback>,
    margin: Margin,
    header_margin: &'static str,
    header: &str,
) {
    let limit = match vm.sys_attribute("tracebacklimit").as_ref().and_then(|limit| limit.as_int()) {
        None => DEFAULT_LIMIT,
        Some(limit) => match limit.to_i64() {
            Some(limit) if limit <= 0 => return,
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None if limit.is_negative() => return,
            None => usize::MAX,
        },
    };
    Margin { indent: margin.indent, text: header_margin }.push(out);
    out.push_utf8(header);
    let mut levels = vec![traceback.clone()];
    while let Some(next) = levels.last().and_then(|level| level.next.borrow().clone()) {
        levels.push(next);
    }
    let mut last: Option<(Ref<Str>, i32, Ref<Str>)> = None;
    let mut count = 0;
    for level in &levels[levels.len().saturating_sub(limit)..] {
        let code = &level.frame.code;
        let line = level.line().unwrap_or(-1);
        let repeats = last.as_ref().is_some_and(|(file, last_line, name)| {
            file.is(&code.filename) && *last_line == line && line != -1 && name.is(&code.name)
        });
        if !repeats {
            push_repetitions(out, count);
            last = Some((code.filename.clone(), line, code.name.clone()));
            count = 0;
        }
        count += 1;
        if count <= RECURSIVE_CUTOFF {
            push_level(vm, out, level, line, margin);
        }
    }
    push_repetitions(out, count);
}

fn push_repetitions(out: &mut StrBuilder, count: usize) {
    let Some(more) = count.checked_sub(RECURSIVE_CUTOFF).filter(|more| *more > 0) else { return };
    let plural = if more > 1 { "s" } else { "" };
    out.push_utf8(&format!("  [Previous line repeated {more} more time{plural}]\n"));
}

fn push_level(vm: &mut Vm, out: &mut StrBuilder, level: &Ref<Traceback>, line: i32, margin: Margin) {
    let code = &level.frame.code;
    margin.push(out);
    out.push_utf8("  File \"");
    out.push_str(code.filename().as_ref());
    out.push_utf8(&format!("\", line {line}, in "));
    out.push_str(code.name.as_ref());
    out.push('\n'.into());
    let filename = code.filename().to_string();
    let Some(source) = line_of(vm, &filename, i64::from(line)) else { return };
    let source = source.as_ref();
    let stripped = source.code_points().take_while(|c| matches!(c, 0x20 | 0x09 | 0x0C)).count();
    margin.push(out);
    out.push_repeated(' '.into(), SOURCE_INDENT);
    out.push_str(source.view(stripped..source.len()));
    out.push('\n'.into());
    if let Some(marks) = marks(vm, level, source, stripped) {
        margin.push(out);
        out.push_utf8(&marks);
        out.push('\n'.into());
    }
}

/// The number of characters in the first `bytes` bytes of a line in UTF-8.
fn characters(line: &str, bytes: usize) -> usize {
    let mut end = bytes.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line[..end].chars().count()
}

/// The line of marks below a line of source, if it says more than the line itself.
fn marks(vm: &mut Vm, level: &Ref<Traceback>, source: StrRef<'_>, stripped: usize) -> Option<String> {
    let offset = u32::try_from(level.lasti).ok()?;
    let location = level.frame.code.location_at(offset);
    if location.lineno < 0
        || location.end_lineno < 0
        || location.col_offset < 0
        || location.end_col_offset < 0
    {
        return None;
    }
    let text = source.to_string_lossy();
    let start = characters(&text, location.col_offset as usize);
    let mut end = characters(&text, location.end_col_offset as usize);
    let mut anchors = None;
    if location.lineno == location.end_lineno {
        anchors = operator_anchors(vm, source, start, end);
    } else {
        // Of an expression of several lines the first is shown, up to its last visible character.
        end = text.trim_end_matches([' ', '\t', '\x0C']).chars().count();
    }
    // Marks below the whole line say nothing.
    if anchors.is_none() && end.checked_sub(start) == source.len().checked_sub(stripped) {
        return None;
    }
    let (primary, left, right) = match anchors {
        Some((left, right)) => ('~', left, right),
        None => ('^', 0, 0),
    };
    let mut line = " ".repeat(SOURCE_INDENT);
    for at in stripped..end {
        line.push(if at < start {
            ' '
        } else if left <= at && at < right {
            '^'
        } else {
            primary
        });
    }
    Some(line)
}

/// The positions in the line of the operator or subscript that the expression at `start..end` consists of.
fn operator_anchors(vm: &mut Vm, source: StrRef<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    if start >= end || end > source.len() {
        return None;
    }
    let segment: StrBuf = source.slice(start..end);
    let segment = segment.as_ref().to_string_lossy().into_owned();
    // Only what can hold an operator or a subscript is worth parsing.
    if !segment.contains(['[', '+', '-', '*', '/', '%', '@', '&', '|', '^', '<', '>']) {
        return None;
    }
    let anchors = vm.interp.host.get()?.operator_anchors(&segment)?;
    Some((start + characters(&segment, anchors.left), start + characters(&segment, anchors.right)))
}
