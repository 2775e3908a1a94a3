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
use crate::exceptiontable::{self, Handler};
use crate::instruction::{Instruction, instructions};
use crate::opcode::{Opcode, flags};
use crate::stored::{StoredCode, StoredConstant};
use crate::text::Text;
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
    /// The instructions, `EXTENDED_ARG`s included.
    pub instructions: Vec<Instruction>,
    /// By instruction: the stack's depth when it begins (its first `EXTENDED_ARG`, and each part after it);
    /// [`Analysis::UNREACHED`] where execution never comes.
    pub depth_slots: Vec<u32>,
    /// By instruction: whether a jump or a handler leads there.
    pub is_target: Vec<bool>,
}

impl Analysis {
    /// In the place of a depth.
    pub const UNREACHED: u32 = u32::MAX;
}

/// A code object as it is checked, wherever it lies.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are described in CodeObject")]
pub struct CodeView<'a> {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    pub flags: u32,
    pub code: &'a [u8],
    /// How many names there are.
    pub name_count: usize,
    /// How many `localsplusnames` there are.
    pub local_count: usize,
    pub localspluskinds: &'a [u8],
    pub exceptiontable: &'a [u8],
    pub consts: ConstsView<'a>,
}

/// The constants of a [`CodeView`].
#[derive(Clone, Copy, Debug)]
pub enum ConstsView<'a> {
    /// Those of a code object.
    Loaded(&'a [Constant]),
    /// Those of stored code.
    Stored(StoredCode<'a>),
}

impl ConstsView<'_> {
    fn len(self) -> usize {
        match self {
            ConstsView::Loaded(consts) => consts.len(),
            ConstsView::Stored(code) => code.const_count(),
        }
    }

    /// The number of strings in the tuple of nothing but strings that a constant is.
    fn string_count(self, index: usize) -> Option<usize> {
        match self {
            ConstsView::Loaded(consts) => match consts.get(index)? {
                Constant::Tuple(items) => {
                    items.iter().all(|item| matches!(item, Constant::Str(_))).then_some(items.len())
                }
                _ => None,
            },
            ConstsView::Stored(code) => match code.consts().nth(index)? {
                StoredConstant::Tuple(mut items) => {
                    let count = items.clone().count();
                    items.all(|item| matches!(item, StoredConstant::Str(_))).then_some(count)
                }
                _ => None,
            },
        }
    }
}

impl<'a> From<&'a CodeObject> for CodeView<'a> {
    fn from(code: &'a CodeObject) -> CodeView<'a> {
        CodeView {
            argcount: code.argcount,
            posonlyargcount: code.posonlyargcount,
            kwonlyargcount: code.kwonlyargcount,
            stacksize: code.stacksize,
            flags: code.flags,
            code: &code.code,
            name_count: code.names.len(),
            local_count: code.localsplusnames.len(),
            localspluskinds: &code.localspluskinds,
            exceptiontable: &code.exceptiontable,
            consts: ConstsView::Loaded(&code.consts),
        }
    }
}

impl<'a> From<StoredCode<'a>> for CodeView<'a> {
    fn from(code: StoredCode<'a>) -> CodeView<'a> {
        CodeView {
            argcount: code.argcount(),
            posonlyargcount: code.posonlyargcount(),
            kwonlyargcount: code.kwonlyargcount(),
            stacksize: code.stacksize(),
            flags: code.flags(),
            code: code.code(),
            name_count: code.name_count(),
            local_count: code.localspluskinds().len(),
            localspluskinds: code.localspluskinds(),
            exceptiontable: code.exceptiontable(),
            consts: ConstsView::Stored(code),
        }
    }
}

/// Frames larger than this are refused.
const MAX_SLOTS: u32 = 1 << 24;

/// Checks a code object and all that are nested in it.
pub fn verify(code: &CodeObject) -> Result<(), VerifyError> {
    let mut rest = vec![code];
    while let Some(code) = rest.pop() {
        analyze(code.into()).map_err(|failure| failure.of(&code.qualname))?;
        rest.extend(code.consts.iter().filter_map(|constant| match constant {
            Constant::Code(code) => Some(&**code),
            _ => None,
        }));
    }
    Ok(())
}

/// Checks one code object, without those nested in it.
pub fn analyze(code: CodeView<'_>) -> Result<Analysis, Failure> {
    let mut verifier =
        Verifier { code, index_of: Vec::new(), depths: Vec::new(), targets: Vec::new(), work: Vec::new() };
    let list = verifier.run()?;
    Ok(Analysis { instructions: list, depth_slots: verifier.depths, is_target: verifier.targets })
}

/// What is wrong with a code object whose name is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Option<u32>, Problem);

impl Failure {
    /// The error for the code object of this qualified name.
    pub fn of(self, qualname: &Text) -> VerifyError {
        VerifyError { qualname: qualname.to_string_lossy(), offset_bytes: self.0, problem: self.1 }
    }
}

fn fail<T>(offset_bytes: Option<u32>, problem: Problem) -> Result<T, Failure> {
    Err(Failure(offset_bytes, problem))
}

/// In the place of an instruction's index: the unit is the rest of an instruction that began with `EXTENDED_ARG`.
const EXTENDED: u32 = u32::MAX - 1;
/// The unit is an inline cache.
const CACHE: u32 = u32::MAX;

struct Verifier<'a> {
    code: CodeView<'a>,
    /// By code unit: the instruction that begins there, [`EXTENDED`] or [`CACHE`].
    index_of: Vec<u32>,
    /// By instruction.
    depths: Vec<u32>,
    targets: Vec<bool>,
    /// Instructions whose depth is new and that have not been followed yet.
    work: Vec<u32>,
}

const SUSPENDS: u32 = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;

impl Verifier<'_> {
    fn run(&mut self) -> Result<Vec<Instruction>, Failure> {
        self.check_locals().map_err(|what| Failure(None, Problem::Locals(what)))?;
        let slots = self.code.stacksize.saturating_add(self.code.local_count as u32);
        if self.code.code.len() >= i32::MAX as usize || slots > MAX_SLOTS {
            return fail(None, Problem::TooLarge);
        }
        if self.code.code.is_empty() {
            return fail(None, Problem::Empty);
        }
        let list = self.check_instructions()?;
        self.check_operands(&list)?;
        let handlers = self.check_handlers()?;
        self.check_depths(&list, &handlers)?;
        Ok(list)
    }

    fn check_locals(&self) -> Result<(), &'static str> {
        let code = self.code;
        if code.local_count != code.localspluskinds.len() {
            return Err("the names and kinds of its variables differ in number");
        }
        let group = |kind: u8| match kind & !local_kind::HIDDEN {
            local_kind::LOCAL => Some(0),
            k if k == local_kind::LOCAL | local_kind::CELL => Some(0),
            local_kind::CELL => Some(1),
            local_kind::FREE => Some(2),
            _ => None,
        };
        let (mut last, mut locals) = (0, 0);
        for kind in code.localspluskinds {
            let group = group(*kind).ok_or("a variable is of no known kind")?;
            if group < last {
                return Err("its variables are not in the order locals, cells, free variables");
            }
            last = group;
            locals += u64::from(group == 0);
        }
        if code.posonlyargcount > code.argcount {
            return Err("it has more positional-only parameters than positional ones");
        }
        let star = |flag: u32| u64::from(code.flags & flag != 0);
        let parameters = u64::from(code.argcount)
            + u64::from(code.kwonlyargcount)
            + star(code_flags::VARARGS)
            + star(code_flags::VARKEYWORDS);
        if parameters > locals {
            return Err("it has more parameters than local variables");
        }
        Ok(())
    }

    /// Finds where instructions begin.
    fn check_instructions(&mut self) -> Result<Vec<Instruction>, Failure> {
        let code = self.code.code;
        if !code.len().is_multiple_of(2) {
            return fail(None, Problem::OddLength);
        }
        self.index_of = vec![CACHE; code.len() / 2];
        let mut list = Vec::with_capacity(code.len() / 2);
        let mut extensions = 0;
        for instruction in instructions(code) {
            let at = Some(instruction.offset_bytes);
            let Some(opcode) = instruction.opcode else {
                return fail(at, Problem::UnknownInstruction(instruction.number));
            };
            if opcode.flags() & flags::PSEUDO != 0
                || matches!(opcode, Opcode::Cache | Opcode::Reserved | Opcode::InterpreterExit)
            {
                return fail(at, Problem::NotInFiles(opcode));
            }
            let unit = instruction.offset_bytes as usize / 2;
            if unit + opcode.cache_units() >= self.index_of.len() {
                return fail(at, Problem::MissingCache(opcode));
            }
            self.index_of[unit] = if extensions > 0 { EXTENDED } else { list.len() as u32 };
            extensions = if opcode == Opcode::ExtendedArg { extensions + 1 } else { 0 };
            if extensions > 3 || extensions > 0 && !opcode_behind_takes_arg(code, unit) {
                return fail(at, Problem::DanglingExtendedArg);
            }
            list.push(instruction);
        }
        Ok(list)
    }

    /// The instruction that begins at an offset.
    fn index_at(&self, offset_bytes: i64) -> Option<u32> {
        let unit = usize::try_from(offset_bytes / 2).ok()?;
        self.index_of.get(unit).copied().filter(|index| *index < EXTENDED)
    }

    fn check_operands(&mut self, list: &[Instruction]) -> Result<(), Failure> {
        self.targets = vec![false; list.len()];
        for (i, instruction) in list.iter().enumerate() {
            let Some(opcode) = instruction.opcode else { continue };
            let at = Some(instruction.offset_bytes);
            operands::check(self.code, *instruction, opcode, list.get(i + 1).copied()).map_err(
                |expected| Failure(at, Problem::Operand { opcode, oparg: instruction.oparg, expected }),
            )?;
            if let Some(target) = instruction.jump_target_bytes() {
                let Some(index) = self.index_at(target) else {
                    return fail(at, Problem::JumpTarget(target));
                };
                if opcode == Opcode::ForIter && list[index as usize].opcode != Some(Opcode::EndFor) {
                    return fail(at, Problem::JumpTarget(target));
                }
                self.targets[index as usize] = true;
            }
        }
        Ok(())
    }

    fn check_handlers(&mut self) -> Result<Vec<Protected>, Failure> {
        let mut list = Vec::new();
        let mut last_end = 0;
        for handler in exceptiontable::handlers(self.code.exceptiontable) {
            let at = Some(handler.start_units.saturating_mul(2));
            let end_is_known = handler.end_units as usize == self.index_of.len()
                || self.index_at(i64::from(handler.end_units) * 2).is_some();
            if handler.start_units < last_end
                || handler.start_units >= handler.end_units
                || self.index_at(i64::from(handler.start_units) * 2).is_none()
                || !end_is_known
            {
                return fail(at, Problem::HandlerRange);
            }
            last_end = handler.end_units;
            let Some(target) = self.index_at(i64::from(handler.target_units) * 2) else {
                return fail(at, Problem::HandlerTarget(handler.target_units.saturating_mul(2)));
            };
            self.targets[target as usize] = true;
            list.push(Protected { handler, target });
        }
        Ok(list)
    }

    /// Follows all paths from the beginning.
    fn check_depths(&mut self, list: &[Instruction], handlers: &[Protected]) -> Result<(), Failure> {
        self.depths = vec![Analysis::UNREACHED; list.len()];
        self.reach(list, 0, 0)?;
        let mut created = false;
        // The protected range that was looked at last: most instructions lie in the same one as the one before.
        let mut range = Region { start: 0, end: 0, protected: None };
        while let Some(first) = self.work.pop() {
            // Follow the instructions until the path ends or joins one already followed.
            let mut index = first as usize;
            let mut depth = self.depths[index];
            loop {
                let instruction = list[index];
                let at = Some(instruction.offset_bytes);
                let Some(opcode) = instruction.opcode else { break };
                match opcode {
                    Opcode::ReturnGenerator => {
                        created = true;
                        if self.code.flags & SUSPENDS == 0 || depth != 0 {
                            return fail(at, Problem::Suspends);
                        }
                    }
                    Opcode::YieldValue if self.code.flags & SUSPENDS == 0 => {
                        return fail(at, Problem::Suspends);
                    }
                    _ => {}
                }
                let popped = opcode.popped(instruction.oparg);
                let Some(rest) = depth.checked_sub(popped) else {
                    return fail(at, Problem::StackUnderflow { opcode, depth });
                };
                if !handlers.is_empty() {
                    let unit = instruction.offset_bytes / 2;
                    if unit < range.start || unit >= range.end {
                        range = region(handlers, unit);
                    }
                    if let Some(Protected { handler, target }) = range.protected {
                        // Some instructions only look at what the table says they pop and push again.
                        let kept = rest + popped.min(opcode.pushed(instruction.oparg));
                        if kept < handler.depth_slots && opcode.flags() & flags::MAY_RAISE != 0 {
                            return fail(
                                at,
                                Problem::HandlerDepth { depth: kept, handler: handler.depth_slots },
                            );
                        }
                        let lasti = u32::from(handler.push_lasti);
                        self.reach(list, target, handler.depth_slots.saturating_add(lasti + 1))?;
                    }
                }
                // A generator's first resumption pushes the value sent, which is None.
                let created_here = u32::from(opcode == Opcode::ReturnGenerator);
                let pushed = opcode.pushed(instruction.oparg) + created_here;
                depth = self.bounded(at, rest.saturating_add(pushed))?;
                if opcode.is_jump()
                    && let Some(target) = instruction.jump_target_bytes()
                    && let Some(target) = self.index_at(target)
                {
                    self.reach(list, target, depth)?;
                }
                if opcode.flags() & flags::ENDS_BLOCK != 0 {
                    break;
                }
                index += 1;
                if index == list.len() {
                    return fail(at, Problem::FallsOffEnd);
                }
                if !self.join(list, index, depth)? {
                    break;
                }
            }
        }
        if (self.code.flags & SUSPENDS != 0) != created {
            return fail(None, Problem::Suspends);
        }
        match (list.last(), self.depths.last()) {
            (Some(last), Some(&Analysis::UNREACHED))
                if last.opcode.is_some_and(|op| op.flags() & flags::ENDS_BLOCK == 0) =>
            {
                fail(Some(last.offset_bytes), Problem::FallsOffEnd)
            }
            _ => Ok(()),
        }
    }

    fn bounded(&self, at: Option<u32>, depth: u32) -> Result<u32, Failure> {
        let stacksize = self.code.stacksize;
        if depth > stacksize { fail(at, Problem::StackOverflow { depth, stacksize }) } else { Ok(depth) }
    }

    /// Records that a path arrives with this depth; `true` if none did before.
    fn join(&mut self, list: &[Instruction], index: usize, depth: u32) -> Result<bool, Failure> {
        match self.depths[index] {
            Analysis::UNREACHED => {
                self.bounded(Some(list[index].offset_bytes), depth)?;
                self.depths[index] = depth;
                Ok(true)
            }
            other if other == depth => Ok(false),
            other => fail(Some(list[index].offset_bytes), Problem::StackMismatch { depth, other }),
        }
    }

    fn reach(&mut self, list: &[Instruction], index: u32, depth: u32) -> Result<(), Failure> {
        if self.join(list, index as usize, depth)? {
            self.work.push(index);
        }
        Ok(())
    }
}

/// A range of the exception table, with the instruction at which its handler begins.
#[derive(Clone, Copy)]
struct Protected {
    handler: Handler,
    target: u32,
}

/// A run of code units with the same handler, or without one.
struct Region {
    start: u32,
    end: u32,
    protected: Option<Protected>,
}

/// The run in which a code unit lies.
fn region(handlers: &[Protected], unit: u32) -> Region {
    let after = handlers.partition_point(|p| p.handler.start_units <= unit);
    let next = handlers.get(after).map_or(u32::MAX, |p| p.handler.start_units);
    match after.checked_sub(1).and_then(|last| handlers.get(last)) {
        Some(last) if unit < last.handler.end_units => {
            Region { start: last.handler.start_units, end: last.handler.end_units, protected: Some(*last) }
        }
        Some(last) => Region { start: last.handler.end_units, end: next, protected: None },
        None => Region { start: 0, end: next, protected: None },
    }
}

/// Whether an instruction with an oparg stands behind the `EXTENDED_ARG` at this code unit.
fn opcode_behind_takes_arg(code: &[u8], unit: usize) -> bool {
    code.get(unit * 2 + 2).is_some_and(|number| u16::from(*number) >= Opcode::HAVE_ARGUMENT)
}

#[cfg(test)]
mod tests;
