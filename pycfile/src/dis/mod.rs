//! The disassembler: the text of `python3.12 -m dis`, and the facts behind it.
//!
//! Source: CPython 3.12 `Lib/dis.py`.

mod arguments;
mod cache;

use crate::code::{CodeObject, Constant, Location};
use crate::exceptiontable::Handler;
use crate::instruction::{Instruction, instructions};
use crate::opcode::Opcode;
use crate::repr;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;

pub use arguments::describe as describe_argument;
pub use arguments::{BINARY_OPERATORS, COMPARISONS, INTRINSICS_1, INTRINSICS_2};

/// What a listing shows besides what `python3.12 -m dis` shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A line for each inline-cache entry (`show_caches=True`).
    pub show_caches: bool,
    /// The source position of each instruction, at the end of its line.
    pub show_positions: bool,
    /// The instruction's bytes, between its offset and its name.
    pub show_bytes: bool,
}

/// A line of a listing.
#[derive(Clone, Debug)]
pub struct Line {
    /// The instruction.
    pub instruction: Instruction,
    /// Its name.
    pub name: String,
    /// Its oparg, if it has one.
    pub arg: Option<i64>,
    /// What the oparg stands for; empty if there is nothing to say.
    pub argrepr: String,
    /// The source line that begins here.
    pub starts_line: Option<i32>,
    /// Whether a jump or a handler leads here.
    pub is_jump_target: bool,
    /// Where the instruction comes from.
    pub location: Location,
}

/// The listing of a code object and of those nested in it.
pub fn disassemble(code: &CodeObject, options: Options) -> String {
    let mut out = String::new();
    // A work list: nested code objects come right after the one that holds them, in order.
    let mut rest: Vec<Arc<CodeObject>> = Vec::new();
    write_code(&mut out, code, options);
    push_nested(&mut rest, code);
    while let Some(code) = rest.pop() {
        let _ = writeln!(out, "\nDisassembly of {}:", repr::code(&code));
        write_code(&mut out, &code, options);
        push_nested(&mut rest, &code);
    }
    out
}

fn push_nested(rest: &mut Vec<Arc<CodeObject>>, code: &CodeObject) {
    rest.extend(code.consts.iter().rev().filter_map(|constant| match constant {
        Constant::Code(code) => Some(code.clone()),
        _ => None,
    }));
}

/// The lines of one code object's listing.
pub fn lines(code: &CodeObject, options: Options) -> Vec<Line> {
    let handlers: Vec<Handler> = code.handlers().collect();
    let line_starts = line_starts(code);
    let mut labels: HashSet<i64> =
        instructions(&code.code).filter_map(Instruction::jump_target_bytes).collect();
    labels.extend(
        handlers
            .iter()
            .filter(|handler| handler.start_units < handler.end_units)
            .map(|handler| i64::from(handler.target_units) * 2),
    );
    let mut positions = code.positions();
    let mut position = positions.next();
    let mut location_at = |unit: u32| {
        while position.is_some_and(|range| range.end_units <= unit) {
            position = positions.next();
        }
        position.map_or(Location::NONE, |range| range.location)
    };
    let mut out = Vec::with_capacity(code.code.len() / 3);
    for instruction in instructions(&code.code) {
        let offset = instruction.offset_bytes;
        let opcode = instruction.opcode;
        out.push(Line {
            instruction,
            name: match opcode {
                Some(opcode) => opcode.name().to_owned(),
                None => format!("<{}>", instruction.number),
            },
            arg: opcode.is_some_and(Opcode::has_arg).then(|| i64::from(instruction.oparg as i32)),
            argrepr: arguments::describe(code, instruction),
            starts_line: line_starts.get(&offset).copied(),
            is_jump_target: labels.contains(&i64::from(offset)),
            location: location_at(offset / 2),
        });
        if let (true, Some(opcode)) = (options.show_caches, opcode) {
            let mut at = offset + 2;
            for argrepr in cache::describe(opcode, code.code.get(at as usize..).unwrap_or_default()) {
                out.push(Line {
                    instruction: Instruction {
                        offset_bytes: at,
                        number: 0,
                        opcode: Some(Opcode::Cache),
                        oparg: 0,
                    },
                    name: "CACHE".to_owned(),
                    arg: Some(0),
                    argrepr,
                    starts_line: None,
                    is_jump_target: false,
                    location: location_at(at / 2),
                });
                at += 2;
            }
        }
    }
    out
}

/// The offsets in bytes at which a line begins, and the lines (`dis.findlinestarts`).
pub fn line_starts(code: &CodeObject) -> BTreeMap<u32, i32> {
    let mut last = None;
    let mut starts = BTreeMap::new();
    for range in code.lines() {
        if range.line.is_some() && range.line != last {
            last = range.line;
            starts.extend(range.line.map(|line| (range.start_bytes, line)));
        }
    }
    starts
}

/// How many digits a number has, sign included.
fn width(value: i64) -> usize {
    value.to_string().len()
}

fn write_code(out: &mut String, code: &CodeObject, options: Options) {
    let last_line = line_starts(code).into_values().max();
    let line_width = match last_line {
        Some(line) if line >= 1000 => width(line.into()),
        Some(_) => 3,
        None => 0,
    };
    let last_offset = code.code.len() as i64 - 2;
    let offset_width = if last_offset >= 10_000 { width(last_offset) } else { 4 };
    for line in lines(code, options) {
        if last_line.is_some() && line.starts_line.is_some() && line.instruction.offset_bytes > 0 {
            out.push('\n');
        }
        write_line(out, &line, code, line_width, offset_width, options);
    }
    let mut handlers = code.handlers().peekable();
    if handlers.peek().is_some() {
        out.push_str("ExceptionTable:\n");
    }
    for handler in handlers {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "  {} to {} -> {} [{}]{}",
            u64::from(handler.start_units) * 2,
            i64::from(handler.end_units) * 2 - 2,
            u64::from(handler.target_units) * 2,
            handler.depth_slots,
            if handler.push_lasti { " lasti" } else { "" }
        );
    }
}

fn write_line(
    out: &mut String,
    line: &Line,
    code: &CodeObject,
    line_width: usize,
    offset_width: usize,
    options: Options,
) {
    let begin = out.len();
    if line_width > 0 {
        let _ = match line.starts_line {
            Some(starts_line) => write!(out, "{starts_line:line_width$} "),
            None => write!(out, "{:line_width$} ", ""),
        };
    }
    let offset = line.instruction.offset_bytes;
    let mark = if line.is_jump_target { ">>" } else { "  " };
    let _ = write!(out, "    {mark} {offset:>offset_width$} ");
    if options.show_bytes {
        let bytes = code.code.get(offset as usize..).unwrap_or_default();
        for byte in bytes.iter().take(2) {
            let _ = write!(out, "{byte:02x} ");
        }
    }
    let _ = write!(out, "{:<20}", line.name);
    if let Some(arg) = line.arg {
        let _ = write!(out, " {arg:>5}");
        if !line.argrepr.is_empty() {
            let _ = write!(out, " ({})", line.argrepr);
        }
    }
    if options.show_positions {
        let at = line.location;
        let number = |n: i32| if n < 0 { "?".to_owned() } else { n.to_string() };
        let _ = write!(
            out,
            "  [{}:{}-{}:{}]",
            number(at.lineno),
            number(at.col_offset),
            number(at.end_lineno),
            number(at.end_col_offset)
        );
    }
    // Python's `rstrip`: a line's end is its last character that is not white space.
    let trimmed = begin + out[begin..].trim_end_matches(is_python_space).len();
    out.truncate(trimmed);
    out.push('\n');
}

/// `str.isspace`, which counts the ASCII separators as well.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}
