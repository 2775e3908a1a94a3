//! An exception with its causes, its group and its notes.

use super::tracebacks::{self, Margin};
use crate::object::{Ref, Value};
use crate::text::{StrBuf, StrBuilder, StrRef};
use crate::types::exception::{Exception, field};
use crate::types::exception_methods::group::{exceptions_of, is_group};
use crate::types::str::Str;
use crate::vm::Vm;
use rustc_hash::FxHashSet;

const CAUSE: &str = "The above exception was the direct cause of the following exception:\n";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:\n";
const HEADER: &str = "Traceback (most recent call last):\n";
const GROUP_HEADER: &str = "Exception Group Traceback (most recent call last):\n";
/// Exceptions of a group that are shown.
const MAX_GROUP_WIDTH: usize = 15;
/// Groups within groups that are shown.
const MAX_GROUP_DEPTH: usize = 10;

struct Printer {
    out: StrBuilder,
    /// Exceptions that were printed, or are about to be.
    seen: FxHashSet<u64>,
    group_depth: usize,
    need_close: bool,
}

/// The text that reports an exception.
pub(super) fn describe(vm: &mut Vm, value: &Value) -> StrBuf {
    let mut printer =
        Printer { out: StrBuilder::new(), seen: FxHashSet::default(), group_depth: 0, need_close: false };
    printer.chain(vm, value);
    printer.out.finish()
}

impl Printer {
    fn margin(&self) -> Margin {
        Margin { indent: 2 * self.group_depth, text: if self.group_depth > 0 { "| " } else { "" } }
    }

    fn push_margin(&mut self) {
        let margin = self.margin();
        margin.push(&mut self.out);
    }

    /// An exception after what has led to it.
    fn chain(&mut self, vm: &mut Vm, value: &Value) {
        // The chain is as long as the program makes it: it is walked, not recursed into.
        let mut links = vec![(value.clone(), "")];
        while let Some((last, _)) = links.last() {
            let Some(exception) = last.downcast_ref::<Exception>() else { break };
            self.seen.insert(last.bits());
            let cause = exception.cause.borrow().clone();
            let context = exception.context.borrow().clone();
            let (earlier, message) = if !cause.is_none() {
                (cause, CAUSE)
            } else if !context.is_none() && !exception.suppress_context.get() {
                (context, CONTEXT)
            } else {
                break;
            };
            if self.seen.contains(&earlier.bits()) {
                break;
            }
            links.push((earlier, message));
        }
        let need_close = self.need_close;
        while let Some((value, message)) = links.pop() {
            if is_group(vm, &value) {
                self.group(vm, &value);
            } else {
                self.one(vm, &value);
            }
            if !message.is_empty() {
                self.need_close = need_close;
                self.push_margin();
                self.out.push('\n'.into());
                self.push_margin();
                self.out.push_utf8(message);
                self.push_margin();
                self.out.push('\n'.into());
            }
        }
    }

    fn group(&mut self, vm: &mut Vm, value: &Value) {
        let Some(group) = value.downcast_ref::<Exception>() else { return };
        if self.group_depth > MAX_GROUP_DEPTH {
            self.push_margin();
            self.out.push_utf8(&format!("... (max_group_depth is {MAX_GROUP_DEPTH})\n"));
            return;
        }
        let outermost = self.group_depth == 0;
        if outermost {
            self.group_depth = 1;
        }
        self.one(vm, value);
        let all = exceptions_of(group);
        let shown = all.len().min(MAX_GROUP_WIDTH + 1);
        self.need_close = false;
        for (i, inner) in all.iter().take(shown).enumerate() {
            let is_last = i + 1 == shown;
            if is_last {
                // Whatever is nested in the last one may close the frame itself.
                self.need_close = true;
            }
            let truncated = i >= MAX_GROUP_WIDTH;
            self.out.push_repeated(' '.into(), 2 * self.group_depth);
            let label = if truncated { "...".to_owned() } else { (i + 1).to_string() };
            let corner = if i == 0 { "+-" } else { "  " };
            self.out.push_utf8(&format!("{corner}+---------------- {label} ----------------\n"));
            self.group_depth += 1;
            if truncated {
                let more = all.len() - MAX_GROUP_WIDTH;
                let plural = if more > 1 { "s" } else { "" };
                self.push_margin();
                self.out.push_utf8(&format!("and {more} more exception{plural}\n"));
            } else if vm.check_native_stack("").is_ok() {
                self.chain(vm, inner);
            }
            if is_last && self.need_close {
                self.out.push_repeated(' '.into(), 2 * self.group_depth);
                self.out.push_utf8("+------------------------------------\n");
                self.need_close = false;
            }
            self.group_depth -= 1;
        }
        if outermost {
            self.group_depth = 0;
        }
    }

    /// One exception without its chain.
    fn one(&mut self, vm: &mut Vm, value: &Value) {
        let Some(exception) = value.downcast_ref::<Exception>() else {
            let class = value.class().name();
            self.push_margin();
            self.out.push_utf8(&format!(
                "TypeError: print_exception(): Exception expected for value, {class} found\n"
            ));
            return;
        };
        let traceback = exception.traceback.borrow().clone();
        if let Some(traceback) = traceback {
            let group = is_group(vm, value);
            let header = if group { GROUP_HEADER } else { HEADER };
            let margin = self.margin();
            let header_margin = if group && self.group_depth == 1 { "+ " } else { margin.text };
            tracebacks::push(vm, &mut self.out, &traceback, margin, header_margin, header);
        }
        let notes = vm.lookup_attr(value, &vm.names().dunder_notes).ok().flatten();
        let message = self.syntax_error(vm, value);
        self.message(vm, value, message.as_ref());
        if message.is_none()
            && let Some(suggestion) = super::suggestion(vm, value)
        {
            self.out.push_str(suggestion.as_ref());
        }
        self.out.push('\n'.into());
        if let Some(notes) = notes {
            self.notes(vm, &notes);
        }
    }

    /// The last line: class and message.
    fn message(&mut self, vm: &mut Vm, value: &Value, message: Option<&Value>) {
        self.push_margin();
        let class: Value = value.class().into();
        let name = super::class_name(vm, &class, &["builtins", "__main__"]);
        self.out.push_str(name.as_ref());
        match vm.str(message.unwrap_or(value)) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => {
                self.out.push_utf8(": ");
                self.out.push_str(text.as_ref());
            }
            Err(_) => self.out.push_utf8(": <exception str() failed>"),
        }
    }

    fn notes(&mut self, vm: &mut Vm, notes: &Value) {
        let is_text = notes.holds::<Str>() || notes.holds::<crate::types::bytes::Bytes>();
        if !vm.is_sequence(notes) || is_text {
            self.push_margin();
            match vm.repr(notes) {
                Ok(text) => self.out.push_str(text.as_ref()),
                Err(_) => self.out.push_utf8("<__notes__ repr() failed>"),
            }
            self.out.push('\n'.into());
            return;
        }
        let Ok(all) = vm.collect(notes) else { return };
        for note in all {
            let text = match vm.str(&note) {
                Ok(text) => text,
                Err(_) => Str::from_str("<note str() failed>"),
            };
            self.lines(text.as_ref());
        }
    }

    /// Text of several lines, each behind the margin.
    fn lines(&mut self, text: StrRef<'_>) {
        let mut rest = text;
        loop {
            let end = rest.find_code('\n' as u32);
            self.push_margin();
            self.out.push_str(rest.view(0..end.unwrap_or(rest.len())));
            self.out.push('\n'.into());
            match end {
                Some(end) if end + 1 < rest.len() => rest = rest.view(end + 1..rest.len()),
                _ => return,
            }
        }
    }

    /// The place of a `SyntaxError`, with its line; then its message is what is printed.
    fn syntax_error(&mut self, vm: &mut Vm, value: &Value) -> Option<Value> {
        let exception: Ref<Exception> = value.downcast_ref::<Exception>()?.clone();
        vm.lookup_attr_str(value, "print_file_and_line").ok()??;
        let attribute = |vm: &mut Vm, name: &str| vm.lookup_attr_str(value, name).ok().flatten();
        let message = attribute(vm, "msg")?;
        let filename = attribute(vm, "filename")?;
        let line = number(&attribute(vm, "lineno")?)?;
        let offset = attribute(vm, "offset")?;
        let offset = if offset.is_none() { -1 } else { number(&offset)? };
        let end_line = attribute(vm, "end_lineno").filter(|v| !v.is_none());
        let end_line = end_line.as_ref().map_or(Some(line), number)?;
        let end_offset = attribute(vm, "end_offset").filter(|v| !v.is_none());
        let end_offset = end_offset.as_ref().map_or(Some(offset), number)?;
        let text = exception.get(field::TEXT).filter(|t| !t.is_none());
        let filename = if filename.is_none() { Str::from_str("<string>") } else { vm.str(&filename).ok()? };
        self.push_margin();
        self.out.push_utf8("  File \"");
        self.out.push_str(filename.as_ref());
        self.out.push_utf8(&format!("\", line {line}\n"));
        if let Some(text) = text.as_ref().and_then(|t| t.downcast_ref::<Str>()) {
            let text = text.as_ref().to_string_lossy().into_owned();
            let mut end_offset = end_offset;
            if end_line > line {
                end_offset = text.len() as i64;
            }
            self.error_text(&text, offset, end_offset.min(text.len() as i64 + 1));
        }
        Some(message)
    }

    /// The line of a `SyntaxError` with marks below the part that is wrong.
    fn error_text(&mut self, text: &str, offset: i64, end_offset: i64) {
        let repetitions =
            if end_offset > 0 && end_offset > offset { end_offset.saturating_sub(offset) } else { 1 };
        let mut offset = offset.saturating_sub(1);
        let mut text = text;
        while let Some(rest) = text.strip_prefix([' ', '\t', '\x0C']) {
            text = rest;
            offset -= 1;
        }
        let len = text.len() as i64 - i64::from(text.ends_with('\n'));
        offset = offset.min(len);
        // Only the line that the offset is in.
        while let Some(newline) = text.find('\n') {
            if newline as i64 >= offset {
                break;
            }
            text = &text[newline + 1..];
            offset -= newline as i64 + 1;
        }
        self.push_margin();
        self.out.push_utf8("    ");
        self.out.push_utf8(text);
        if !text.ends_with('\n') {
            self.out.push('\n'.into());
        }
        if offset < 0 {
            return;
        }
        self.push_margin();
        self.out.push_utf8("    ");
        self.out.push_repeated(' '.into(), usize::try_from(offset).unwrap_or(0));
        self.out.push_repeated('^'.into(), usize::try_from(repetitions).unwrap_or(1).min(1 << 16));
        self.out.push('\n'.into());
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_int()?.to_i64()
}
