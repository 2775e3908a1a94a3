//! Checks code that comes from outside before anything runs it.
//!
//! [`verify`] passes every code object that CPython 3.12's compiler writes. What it guarantees about each code object
//! of the tree, so that an interpreter or a translator need not check again:
//!
//! - The code is a sequence of whole instructions of Python 3.12 that a file can hold: no pseudo-instructions, none of the
//!   instrumented or specialised forms, room for each inline cache, and no `EXTENDED_ARG` without an instruction
//!   behind it. There are no bytes left over.
//! - Jumps and exception handlers lead to the beginning of an instruction (its first `EXTENDED_ARG`, where it has
//!   some). `FOR_ITER` leads to `END_FOR`. Handlers are sorted and do not overlap.
//! - Indices are in range: constants, names, locals; cells and free variables are of that kind; numbers of operators,
//!   intrinsics and flags are known ones. `KW_NAMES` names a tuple of strings and stands before a `CALL` with at
//!   least as many arguments.
//! - On each path, the value stack's depth at an instruction is the same, never below what the instruction takes,
//!   and never above `stacksize`. What raises, raises at a depth not below its handler's.
//! - Execution cannot run past the end of the code.
//! - `localsplusnames` and `localspluskinds` have the same length; locals come first, then cells, then free variables;
//!   the parameters are among the locals.
//! - Only code of a generator, coroutine or asynchronous generator suspends, and it begins by creating it.
//!
//! It does not know types: that a value is a code object, an exception, a cell or a null is for the
//! interpreter to check where it matters.

mod operands;

use crate::code::{CodeObject, Constant, code_flags, local_kind};
use crate::instruction::{Instruction, instructions};
use crate::opcode::{Opcode, flags};
use std::fmt;

/// Which rule a code object breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The code object's qualified name.
    pub qualname: String,
    /// The offset in bytes of the instruction, if it is about one.
    pub offset_bytes: Option<u32>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a code object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "Display says what each means")]
pub enum Problem {
    Empty,
    TooLarge,
    OddLength,
    UnknownInstruction(u8),
    NotInFiles(Opcode),
    MissingCache(Opcode),
    DanglingExtendedArg,
    Operand { opcode: Opcode, oparg: u32, expected: &'static str },
    JumpTarget(i64),
    HandlerRange,
    HandlerTarget(u32),
    HandlerDepth { depth: u32, handler: u32 },
    StackUnderflow { opcode: Opcode, depth: u32 },
    StackOverflow { depth: u32, stacksize: u32 },
    StackMismatch { depth: u32, other: u32 },
    FallsOffEnd,
    Locals(&'static str),
    Suspends,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Empty => f.write_str("there is no instruction"),
            Problem::TooLarge => f.write_str("the code or its stack is too large"),
            Problem::OddLength => f.write_str("the code ends within an instruction"),
            Problem::UnknownInstruction(number) => write!(f, "{number} is no instruction"),
            Problem::NotInFiles(opcode) => write!(f, "{} cannot stand in a file", opcode.name()),
            Problem::MissingCache(opcode) => write!(f, "the inline cache of {} is cut off", opcode.name()),
            Problem::DanglingExtendedArg => f.write_str("EXTENDED_ARG extends nothing"),
            Problem::Operand { opcode, oparg, expected } => {
                write!(f, "oparg {oparg} of {} is not {expected}", opcode.name())
            }
            Problem::JumpTarget(target) => write!(f, "there is no instruction to jump to at {target}"),
            Problem::HandlerRange => f.write_str("the exception table's ranges are not in order"),
            Problem::HandlerTarget(target) => write!(f, "there is no instruction for a handler at {target}"),
            Problem::HandlerDepth { depth, handler } => {
                write!(f, "raises at stack depth {depth}, below its handler's {handler}")
            }
            Problem::StackUnderflow { opcode, depth } => {
                write!(f, "{} takes more than the {depth} values on the stack", opcode.name())
            }
            Problem::StackOverflow { depth, stacksize } => {
                write!(f, "stack depth {depth} exceeds the stack size {stacksize}")
            }
            Problem::StackMismatch { depth, other } => {
                write!(f, "is reached with stack depths {depth} and {other}")
            }
            Problem::FallsOffEnd => f.write_str("execution runs past the end of the code"),
            Problem::Locals(what) => f.write_str(what),
            Problem::Suspends => f.write_str("does not create or suspend a generator as its flags say"),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid code object {}", self.qualname)?;
        if let Some(offset) = self.offset_bytes {
            write!(f, " at offset {offset}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for VerifyError {}

/// What is known of a code object after checking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// By code unit: the stack's depth when the instruction there begins (its first `EXTENDED_ARG`, and
    /// each part after it); `None` within caches and where execution never comes.
    pub depth_slots: Vec<Option<u32>>,
    /// By code unit: whether a jump or a handler leads there.
    pub is_target: Vec<bool>,
}

/// Frames larger than this are refused.
const MAX_SLOTS: u32 = 1 << 24;

/// Checks a code object and all that are nested in it.
pub fn verify(code: &CodeObject) -> Result<(), VerifyError> {
    let mut rest = vec![code];
    while let Some(code) = rest.pop() {
        analyze(code)?;
        rest.extend(code.consts.iter().filter_map(|constant| match constant {
            Constant::Code(code) => Some(&**code),
            _ => None,
        }));
    }
    Ok(())
}

/// Checks one code object, without those nested in it.
pub fn analyze(code: &CodeObject) -> Result<Analysis, VerifyError> {
    let mut verifier =
        Verifier { code, starts: Vec::new(), depths: Vec::new(), targets: Vec::new(), work: Vec::new() };
    verifier.run().map_err(|(offset_bytes, problem)| VerifyError {
        qualname: code.qualname.to_string_lossy(),
        offset_bytes,
        problem,
    })?;
    Ok(Analysis { depth_slots: verifier.depths, is_target: verifier.targets })
}

/// The offset and what is wrong there.
type Failure = (Option<u32>, Problem);

/// What stands in a code unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// An instruction, or the first `EXTENDED_ARG` before it.
    Start,
    /// The rest of an instruction that began with `EXTENDED_ARG`.
    Extended,
    Cache,
}

struct Verifier<'a> {
    code: &'a CodeObject,
    /// By code unit.
    starts: Vec<Unit>,
    depths: Vec<Option<u32>>,
    targets: Vec<bool>,
    /// Code units whose depth is new and that have not been followed yet.
    work: Vec<u32>,
}

const SUSPENDS: u32 = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;

impl Verifier<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        self.check_locals().map_err(|what| (None, Problem::Locals(what)))?;
        let slots = self.code.stacksize.saturating_add(self.code.localsplusnames.len() as u32);
        if self.code.code.len() >= i32::MAX as usize || slots > MAX_SLOTS {
            return Err((None, Problem::TooLarge));
        }
        if self.code.code.is_empty() {
            return Err((None, Problem::Empty));
        }
        let list = self.check_instructions()?;
        self.check_operands(&list)?;
        self.check_handlers()?;
        self.check_depths(&list)
    }

    fn check_locals(&self) -> Result<(), &'static str> {
        let code = self.code;
        if code.localsplusnames.len() != code.localspluskinds.len() {
            return Err("the names and kinds of its variables differ in number");
        }
        let group = |kind: u8| match kind & !local_kind::HIDDEN {
            local_kind::LOCAL => Some(0),
            k if k == local_kind::LOCAL | local_kind::CELL => Some(0),
            local_kind::CELL => Some(1),
            local_kind::FREE => Some(2),
            _ => None,
        };
        let groups: Option<Vec<u8>> = code.localspluskinds.iter().map(|kind| group(*kind)).collect();
        let groups = groups.ok_or("a variable is of no known kind")?;
        if !groups.is_sorted() {
            return Err("its variables are not in the order locals, cells, free variables");
        }
        if code.posonlyargcount > code.argcount {
            return Err("it has more positional-only parameters than positional ones");
        }
        let star = |flag: u32| u64::from(code.flags & flag != 0);
        let parameters = u64::from(code.argcount)
            + u64::from(code.kwonlyargcount)
            + star(code_flags::VARARGS)
            + star(code_flags::VARKEYWORDS);
        if parameters > groups.iter().filter(|group| **group == 0).count() as u64 {
            return Err("it has more parameters than local variables");
        }
        Ok(())
    }

    /// Finds where instructions begin.
    fn check_instructions(&mut self) -> Result<Vec<Instruction>, Failure> {
        let code = &self.code.code;
        if !code.len().is_multiple_of(2) {
            return Err((None, Problem::OddLength));
        }
        self.starts = vec![Unit::Cache; code.len() / 2];
        let mut list = Vec::with_capacity(code.len() / 3);
        let mut extensions = 0;
        for instruction in instructions(code) {
            let at = Some(instruction.offset_bytes);
            let opcode = instruction.opcode.ok_or((at, Problem::UnknownInstruction(instruction.number)))?;
            if opcode.flags() & flags::PSEUDO != 0
                || matches!(opcode, Opcode::Cache | Opcode::Reserved | Opcode::InterpreterExit)
            {
                return Err((at, Problem::NotInFiles(opcode)));
            }
            let unit = instruction.offset_bytes as usize / 2;
            if unit + opcode.cache_units() >= self.starts.len() {
                return Err((at, Problem::MissingCache(opcode)));
            }
            self.starts[unit] = if extensions > 0 { Unit::Extended } else { Unit::Start };
            extensions = if opcode == Opcode::ExtendedArg { extensions + 1 } else { 0 };
            if extensions > 3 || extensions > 0 && !opcode_behind_takes_arg(code, unit) {
                return Err((at, Problem::DanglingExtendedArg));
            }
            list.push(instruction);
        }
        Ok(list)
    }

    fn is_start(&self, offset_bytes: i64) -> Option<u32> {
        let unit = u32::try_from(offset_bytes / 2).ok()?;
        (self.starts.get(unit as usize) == Some(&Unit::Start)).then_some(unit)
    }

    fn check_operands(&mut self, list: &[Instruction]) -> Result<(), Failure> {
        self.targets = vec![false; self.starts.len()];
        for (i, instruction) in list.iter().enumerate() {
            let Some(opcode) = instruction.opcode else { continue };
            let at = Some(instruction.offset_bytes);
            operands::check(self.code, *instruction, opcode, list.get(i + 1).copied())
                .map_err(|expected| (at, Problem::Operand { opcode, oparg: instruction.oparg, expected }))?;
            if let Some(target) = instruction.jump_target_bytes() {
                let unit = self.is_start(target).ok_or((at, Problem::JumpTarget(target)))?;
                let lands_on = self.code.code.get(unit as usize * 2).copied();
                if opcode == Opcode::ForIter && lands_on != Some(Opcode::EndFor as u8) {
                    return Err((at, Problem::JumpTarget(target)));
                }
                self.targets[unit as usize] = true;
            }
        }
        Ok(())
    }

    fn check_handlers(&mut self) -> Result<(), Failure> {
        let mut last_end = 0;
        for handler in self.code.handlers() {
            let at = Some(handler.start_units.saturating_mul(2));
            let end_is_known = handler.end_units as usize == self.starts.len()
                || self.is_start(i64::from(handler.end_units) * 2).is_some();
            if handler.start_units < last_end
                || handler.start_units >= handler.end_units
                || self.is_start(i64::from(handler.start_units) * 2).is_none()
                || !end_is_known
            {
                return Err((at, Problem::HandlerRange));
            }
            last_end = handler.end_units;
            let unit = self
                .is_start(i64::from(handler.target_units) * 2)
                .ok_or((at, Problem::HandlerTarget(handler.target_units.saturating_mul(2))))?;
            self.targets[unit as usize] = true;
        }
        Ok(())
    }

    /// Follows all paths from the beginning.
    fn check_depths(&mut self, list: &[Instruction]) -> Result<(), Failure> {
        // By code unit, which instruction begins there.
        let mut index_of = vec![u32::MAX; self.starts.len()];
        for (i, instruction) in list.iter().enumerate() {
            index_of[instruction.offset_bytes as usize / 2] = i as u32;
        }
        let handlers: Vec<_> = self.code.handlers().collect();
        self.depths = vec![None; self.starts.len()];
        self.reach(0, 0)?;
        let mut created = false;
        while let Some(unit) = self.work.pop() {
            let Some(mut depth) = self.depths[unit as usize] else { continue };
            // Follow the instructions until the path ends or joins one already followed.
            let mut index = index_of[unit as usize] as usize;
            loop {
                let Some(instruction) = list.get(index) else {
                    return Err((list.last().map(|last| last.offset_bytes), Problem::FallsOffEnd));
                };
                let at = Some(instruction.offset_bytes);
                let Some(opcode) = instruction.opcode else { break };
                let here = instruction.offset_bytes / 2;
                match opcode {
                    Opcode::ReturnGenerator => {
                        created = true;
                        if self.code.flags & SUSPENDS == 0 || depth != 0 {
                            return Err((at, Problem::Suspends));
                        }
                    }
                    Opcode::YieldValue if self.code.flags & SUSPENDS == 0 => {
                        return Err((at, Problem::Suspends));
                    }
                    _ => {}
                }
                let popped = opcode.popped(instruction.oparg);
                let rest =
                    depth.checked_sub(popped).ok_or((at, Problem::StackUnderflow { opcode, depth }))?;
                if let Some(handler) = handler_of(&handlers, here) {
                    // Some instructions only look at what the table says they pop and push again.
                    let kept = rest + popped.min(opcode.pushed(instruction.oparg));
                    if kept < handler.depth_slots && opcode.flags() & flags::MAY_RAISE != 0 {
                        return Err((
                            at,
                            Problem::HandlerDepth { depth: kept, handler: handler.depth_slots },
                        ));
                    }
                    let lasti = u32::from(handler.push_lasti);
                    self.reach(handler.target_units, handler.depth_slots.saturating_add(lasti + 1))?;
                }
                // A generator's first resumption pushes the value sent, which is None.
                let created_here = u32::from(opcode == Opcode::ReturnGenerator);
                let pushed = opcode.pushed(instruction.oparg) + created_here;
                depth = self.bounded(at, rest.saturating_add(pushed))?;
                if let Some(target) = instruction.jump_target_bytes() {
                    self.reach((target / 2) as u32, depth)?;
                }
                if opcode.flags() & flags::ENDS_BLOCK != 0 {
                    break;
                }
                index += 1;
                let Some(next) = list.get(index) else {
                    return Err((at, Problem::FallsOffEnd));
                };
                let next_unit = next.offset_bytes / 2;
                if !self.join(next_unit, depth)? {
                    break;
                }
            }
        }
        if (self.code.flags & SUSPENDS != 0) != created {
            return Err((None, Problem::Suspends));
        }
        match list.last().map(|last| (last, self.depths[last.offset_bytes as usize / 2])) {
            Some((last, None)) if last.opcode.is_some_and(|op| op.flags() & flags::ENDS_BLOCK == 0) => {
                Err((Some(last.offset_bytes), Problem::FallsOffEnd))
            }
            _ => Ok(()),
        }
    }

    fn bounded(&self, at: Option<u32>, depth: u32) -> Result<u32, Failure> {
        let stacksize = self.code.stacksize;
        if depth > stacksize { Err((at, Problem::StackOverflow { depth, stacksize })) } else { Ok(depth) }
    }

    /// Records that a path arrives with this depth; `true` if none did before.
    fn join(&mut self, unit: u32, depth: u32) -> Result<bool, Failure> {
        let at = Some(unit * 2);
        self.bounded(at, depth)?;
        match self.depths[unit as usize] {
            None => {
                self.depths[unit as usize] = Some(depth);
                Ok(true)
            }
            Some(other) if other == depth => Ok(false),
            Some(other) => Err((at, Problem::StackMismatch { depth, other })),
        }
    }

    fn reach(&mut self, unit: u32, depth: u32) -> Result<(), Failure> {
        if self.join(unit, depth)? {
            self.work.push(unit);
        }
        Ok(())
    }
}

/// Whether an instruction with an oparg stands behind the `EXTENDED_ARG` at this code unit.
fn opcode_behind_takes_arg(code: &[u8], unit: usize) -> bool {
    code.get(unit * 2 + 2).is_some_and(|number| u16::from(*number) >= Opcode::HAVE_ARGUMENT)
}

/// The handler of the instruction at this code unit.
fn handler_of(
    handlers: &[crate::exceptiontable::Handler],
    unit: u32,
) -> Option<crate::exceptiontable::Handler> {
    let after = handlers.partition_point(|handler| handler.start_units <= unit);
    let handler = *handlers.get(after.checked_sub(1)?)?;
    (unit < handler.end_units).then_some(handler)
}

#[cfg(test)]
mod tests;
