//! The stacks of threads as `faulthandler` prints them, read in place: no object is made and none is touched, so that it can
//! be done where a program hangs or has crashed.
//!
//! Source: CPython 3.12 `Python/traceback.c` (`_Py_DumpTraceback`), whose format it keeps.

use crate::exec::frame::Frame;
use crate::interp::{self, Interp};
use crate::text::StrRef;
use crate::vm::Vm;
use std::fmt::{self, Write};

/// Levels that are shown of one stack.
const DEPTH: usize = 100;
/// Characters that are shown of a name.
const NAME: usize = 500;

/// Writes a thread's stack, innermost first, below a title.
pub fn write_stack(vm: &Vm, title: &str, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "{title} (most recent call first):")?;
    write_levels(vm, out)
}

/// Writes the stacks of all threads of an interpreter; `current` is the number of the one that asks.
pub fn write_all_stacks(interp: &Interp, current: Option<u64>, out: &mut dyn Write) -> fmt::Result {
    let mut result = Ok(());
    let mut is_first = true;
    interp.find_in_threads(|vm| {
        result = write_thread(vm, current == Some(vm.thread_ident), std::mem::take(&mut is_first), out);
        result.err()
    });
    result
}

fn write_thread(vm: &Vm, is_current: bool, is_first: bool, out: &mut dyn Write) -> fmt::Result {
    if !is_first {
        writeln!(out)?;
    }
    let what = if is_current { "Current thread" } else { "Thread" };
    writeln!(out, "{what} 0x{:016x} (most recent call first):", vm.thread_ident)?;
    write_levels(vm, out)
}

/// Writes the stack of the Python code that runs on the calling thread, if there is any; with the thread's number if asked.
pub fn write_own_stack(is_named: bool, out: &mut dyn Write) -> fmt::Result {
    let result = interp::with_vm(|vm| match is_named {
        true => write_thread(vm, true, true, out),
        false => write_stack(vm, "Stack", out),
    });
    result.unwrap_or(Ok(()))
}

fn write_levels(vm: &Vm, out: &mut dyn Write) -> fmt::Result {
    if vm.frame_count() == 0 {
        writeln!(out, "  <no Python frame>")?;
    }
    for (level, frame) in vm.frames.iter().rev().enumerate() {
        if level == DEPTH {
            return writeln!(out, "  ...");
        }
        write_level(frame, out)?;
    }
    Ok(())
}

fn write_level(frame: &Frame, out: &mut dyn Write) -> fmt::Result {
    out.write_str("  File \"")?;
    write_name(frame.code.filename.as_ref(), out)?;
    match frame.code.line_at(frame.lasti()) {
        Some(line) => write!(out, "\", line {line} in ")?,
        None => out.write_str("\", line ??? in ")?,
    }
    write_name(frame.code.name.as_ref(), out)?;
    writeln!(out)
}

/// Writes a name in ASCII, up to a length.
fn write_name(name: StrRef<'_>, out: &mut dyn Write) -> fmt::Result {
    for (number, c) in name.code_points().enumerate() {
        match c {
            _ if number == NAME => return out.write_str("..."),
            0x20..0x7f => out.write_char(c as u8 as char)?,
            0..0x100 => write!(out, "\\x{c:02x}")?,
            0x100..0x10000 => write!(out, "\\u{c:04x}")?,
            _ => write!(out, "\\U{c:08x}")?,
        }
    }
    Ok(())
}
