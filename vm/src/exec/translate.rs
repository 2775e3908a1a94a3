//! From stack bytecode to register code.
//!
//! The bytecode is executed symbolically, block by block: the value stack becomes a list of [`Entry`]s that say where each
//! value is. Loading a variable or constant emits nothing; its entry names it, and the instruction that takes it
//! reads it in place. Where control flow meets (jump targets, starts of protected ranges), every entry is moved to the
//! temporary of its depth, so that all paths agree and handlers find what they expect.
//!
//! The code was checked by `pvm_pycfile::verify` first, which guarantees depths, indices and targets.

use super::instruction::{Instruction, Op, uses};
use super::prepared::{Handler, Prepared};
use crate::object::Value;
use crate::protocol::numbers::BinaryOp;
use crate::types::code::Code;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::Opcode;
use pvm_pycfile::code::local_kind;
use pvm_pycfile::exceptiontable::handlers;
use pvm_pycfile::verify::Analysis;
use std::cell::{Cell, RefCell};

/// Where a value of the symbolic stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// In a temporary, by register number.
    Temp(u16),
    /// In a variable.
    Local(u16),
    /// In the constant pool.
    Const(u32),
    /// The null below a callable.
    Null,
}

struct Translator<'a> {
    code: &'a Code,
    out: Vec<Instruction>,
    offsets: Vec<u32>,
    stack: Vec<Entry>,
    /// First temporary.
    temps: u16,
    /// Number of temporaries, the scratch one at the end included.
    temp_count: u16,
    /// By code unit: index of the first instruction made from it.
    starts: Vec<u32>,
    /// Instructions whose target is still a code unit.
    jumps: Vec<(usize, u32)>,
    /// Byte offset of the instruction that is being translated.
    offset: u32,
    /// `KW_NAMES` for the next call: index + 1.
    kw_names: u32,
}

struct Input {
    opcode: Opcode,
    /// Whether control can come from elsewhere than the instruction before, or a protected range begins here.
    begins_block: bool,
    /// The stack's depth; `Analysis::UNREACHED` where execution never comes.
    depth: u32,
    oparg: u32,
    /// First unit, its `EXTENDED_ARG`s included.
    unit: u32,
    /// First unit after it and its caches.
    next: u32,
    offset: u32,
}

/// Jump distances are bytes in 32 bits with a sign.
const MAX_INSTRUCTIONS: usize = i32::MAX as usize / size_of::<Instruction>() - 1;

/// Translates a code object; raises `SystemError` where it is not sound or too large.
pub fn translate(vm: &mut Vm, code: &Code) -> PyResult<Prepared> {
    let analysis = match pvm_pycfile::verify::analyze(code.view()) {
        Ok(analysis) => analysis,
        Err(failure) => return Err(vm.system_error(failure.of(&code.object().qualname).to_string())),
    };
    let locals = code.locals_count();
    let temps = code.stacksize() as usize + 2;
    if locals + temps > usize::from(u16::MAX) {
        let name = &code.qualname;
        return Err(
            vm.system_error(format!("code object {name} has too many variables for this virtual machine"))
        );
    }
    let inputs = decode(code, &analysis);
    let mut translator = Translator {
        code,
        out: Vec::with_capacity(inputs.len()),
        offsets: Vec::with_capacity(inputs.len()),
        stack: Vec::new(),
        temps: locals as u16,
        temp_count: temps as u16,
        starts: vec![u32::MAX; code.bytecode().len() / 2 + 1],
        jumps: Vec::new(),
        offset: 0,
        kw_names: 0,
    };
    translator.run(&inputs);
    if translator.out.len() > MAX_INSTRUCTIONS {
        let name = &code.qualname;
        return Err(vm.system_error(format!("code object {name} is too long for this virtual machine")));
    }
    Ok(translator.finish())
}

/// The variables that a run of `STORE_FAST`s writes to.
fn variables_stored<'a>(inputs: impl Iterator<Item = &'a Input>) -> Vec<u16> {
    inputs.take_while(|i| i.opcode == Opcode::StoreFast).map(|i| i.oparg as u16).collect()
}

/// The instructions as the translator takes them: with their `EXTENDED_ARG`s, and without their caches.
fn decode(code: &Code, analysis: &Analysis) -> Vec<Input> {
    let mut inputs = Vec::with_capacity(analysis.instructions.len());
    let mut starts = handlers(code.exceptiontable()).map(|handler| handler.start_units).peekable();
    let mut first = None;
    for (i, instruction) in analysis.instructions.iter().enumerate() {
        let Some(opcode) = instruction.opcode else { continue };
        if opcode == Opcode::ExtendedArg {
            first.get_or_insert(i);
            continue;
        }
        let first = first.take().unwrap_or(i);
        let unit = analysis.instructions[first].offset_bytes / 2;
        // The table is sorted.
        let starts_range = starts.next_if_eq(&unit).is_some();
        inputs.push(Input {
            opcode,
            begins_block: analysis.is_target[first] || starts_range,
            depth: analysis.depth_slots[first],
            oparg: instruction.oparg,
            unit,
            next: instruction.offset_bytes / 2 + 1 + opcode.cache_units() as u32,
            offset: instruction.offset_bytes,
        });
    }
    inputs
}

impl Translator<'_> {
    fn run(&mut self, inputs: &[Input]) {
        let mut reachable = true;
        let mut i = 0;
        while let Some(input) = inputs.get(i) {
            let unit = input.unit as usize;
            if input.depth == Analysis::UNREACHED {
                reachable = false;
                i += 1;
                continue;
            }
            if input.begins_block || !reachable {
                if reachable {
                    self.materialize_all();
                }
                self.stack.clear();
                self.stack.extend((0..input.depth as u16).map(|d| Entry::Temp(self.temps + d)));
            }
            reachable = true;
            self.starts[unit] = self.out.len() as u32;
            self.offset = input.offset;
            let next = inputs.get(i + 1).filter(|next| !next.begins_block);
            let free = inputs[i + 1..].iter().take_while(|next| !next.begins_block);
            let used = match input.opcode {
                Opcode::UnpackSequence => self.unpack_sequence(input, &variables_stored(free)),
                _ => self.instruction(input, next),
            };
            for consumed in &inputs[i + 1..i + used] {
                self.starts[consumed.unit as usize] = self.out.len() as u32;
            }
            let last = &inputs[i + used - 1];
            if last.opcode.flags() & pvm_pycfile::opcode::flags::ENDS_BLOCK != 0 {
                reachable = false;
            }
            i += used;
        }
    }

    fn finish(mut self) -> Prepared {
        // Units without code (unreachable, or inside a range's end) map to what follows them.
        let mut following = self.out.len() as u32;
        for start in self.starts.iter_mut().rev() {
            if *start == u32::MAX {
                *start = following;
            }
            following = *start;
        }
        for (index, unit) in &self.jumps {
            let x = &self.out[*index].x;
            let distance = i64::from(self.starts[*unit as usize]) - *index as i64;
            let bytes = (distance * size_of::<Instruction>() as i64) as i32;
            x.set(x.get() & !0xFFFF_FFFF | u64::from(bytes as u32));
        }
        let handlers = handlers(self.code.exceptiontable()).map(|h| Handler {
            start: self.starts[h.start_units as usize],
            end: self.starts[(h.end_units as usize).min(self.starts.len() - 1)],
            target: self.starts[h.target_units as usize],
            depth: h.depth_slots,
            push_lasti: h.push_lasti,
        });
        let handlers = handlers.collect();
        self.emit(Op::Invalid, 0, 0, 0, 0, 0);
        Prepared {
            handlers,
            instructions: self.out.into_boxed_slice(),
            offsets: self.offsets.into_boxed_slice(),
            locals_count: u32::from(self.temps),
            register_count: u32::from(self.temps) + u32::from(self.temp_count),
            cached: RefCell::default(),
            builtin_caches: RefCell::default(),
            transitions: RefCell::default(),
        }
    }

    fn emit(&mut self, op: Op, uses: u8, a: u16, b: u16, c: u16, x: u64) {
        self.out.push(Instruction { op: Cell::new(op), uses, a, b, c, x: Cell::new(x) });
        self.offsets.push(self.offset);
    }

    // --- the symbolic stack ---

    fn canonical(&self, depth: usize) -> u16 {
        self.temps + depth as u16
    }

    fn push(&mut self, entry: Entry) {
        self.stack.push(entry);
    }

    fn pop(&mut self) -> Entry {
        // The verifier guarantees the depth.
        self.stack.pop().unwrap_or(Entry::Null)
    }

    fn in_use(&self, register: u16) -> bool {
        self.stack.contains(&Entry::Temp(register))
    }

    /// A free temporary for the next value, the one of its depth if possible.
    fn free_temp(&self) -> u16 {
        let wanted = self.canonical(self.stack.len());
        if !self.in_use(wanted) {
            return wanted;
        }
        let mut all = self.temps..self.temps + self.temp_count;
        all.find(|r| !self.in_use(*r)).unwrap_or(wanted)
    }

    /// Pushes a temporary and returns it.
    fn push_temp(&mut self) -> u16 {
        let register = self.free_temp();
        self.push(Entry::Temp(register));
        register
    }

    /// A register that holds an entry's value, and whether it is a temporary to use up. The entry has been popped.
    fn operand(&mut self, entry: Entry) -> (u16, bool) {
        match entry {
            Entry::Temp(register) => (register, true),
            Entry::Local(register) => (register, false),
            Entry::Const(_) | Entry::Null => {
                let register = self.scratch_for(entry);
                (register, true)
            }
        }
    }

    /// Loads a constant operand into a free temporary.
    fn scratch_for(&mut self, entry: Entry) -> u16 {
        let register = self.free_temp();
        self.load(register, entry);
        register
    }

    /// Emits what puts an entry into a register.
    fn load(&mut self, register: u16, entry: Entry) {
        match entry {
            Entry::Temp(from) if from == register => {}
            Entry::Temp(from) => self.emit(Op::Move, 0, register, from, 0, 0),
            Entry::Local(from) => self.emit(Op::Copy, 0, register, from, 0, 0),
            Entry::Const(index) => {
                let x = self.const_bits(index);
                self.emit(Op::LoadConst, 0, register, 0, 0, x);
            }
            Entry::Null => self.emit(Op::LoadConst, 0, register, 0, 0, Value::UNBOUND.bits()),
        }
    }

    fn const_bits(&self, index: u32) -> u64 {
        self.code.consts().get(index as usize).map_or(Value::NONE.bits(), Value::bits)
    }

    /// Moves every entry to the temporary of its depth.
    fn materialize_all(&mut self) {
        self.materialize(self.stack.len(), 0);
    }

    /// Moves the first `count` entries to the temporaries of their depths, except that constants, variables and nulls below
    /// `lazy_below` stay where they are.
    fn materialize(&mut self, count: usize, lazy_below: usize) {
        loop {
            let misplaced = |t: &Self, d: usize| matches!(t.stack[d], Entry::Temp(r) if r != t.canonical(d));
            let Some(first) = (0..count).find(|d| misplaced(self, *d)) else { break };
            let movable = (0..count).find(|d| misplaced(self, *d) && !self.in_use(self.canonical(*d)));
            let (depth, to) = match movable {
                Some(depth) => (depth, self.canonical(depth)),
                // A cycle: one goes aside.
                None => (first, self.temps + self.temp_count - 1),
            };
            let entry = self.stack[depth];
            self.load(to, entry);
            self.stack[depth] = Entry::Temp(to);
        }
        for depth in lazy_below..count {
            let to = self.canonical(depth);
            let entry = self.stack[depth];
            if matches!(entry, Entry::Temp(_)) {
                continue;
            }
            if self.in_use(to) {
                // Something deeper or higher sits there: sort everything out.
                let all = self.stack.len();
                if count < all {
                    return self.materialize(all, lazy_below);
                }
            }
            self.load(to, entry);
            self.stack[depth] = Entry::Temp(to);
        }
    }

    /// Pops `count` entries that an instruction wants in consecutive temporaries; the first of them.
    fn consecutive(&mut self, count: usize) -> u16 {
        let depth = self.stack.len() - count.min(self.stack.len());
        // Everything below must at least not be in the way.
        self.materialize(self.stack.len(), depth);
        self.stack.truncate(depth);
        self.canonical(depth)
    }

    /// Saves pending reads of a variable that is about to change.
    fn flush_local(&mut self, local: u16) {
        while let Some(depth) = self.stack.iter().position(|e| *e == Entry::Local(local)) {
            let mut to = self.canonical(depth);
            if self.in_use(to) {
                let mut all = self.temps..self.temps + self.temp_count;
                to = all.find(|r| !self.in_use(*r)).unwrap_or(to);
            }
            self.load(to, Entry::Local(local));
            self.stack[depth] = Entry::Temp(to);
        }
    }

    /// The destination of a result: the variable that the next instruction stores it to (then 2 instructions are used up),
    /// or a temporary.
    fn destination(&mut self, next: Option<&Input>) -> (u16, usize) {
        if let Some(next) = next
            && next.opcode == Opcode::StoreFast
        {
            let local = next.oparg as u16;
            self.flush_local(local);
            return (local, 2);
        }
        (self.push_temp(), 1)
    }

    // --- instructions ---

    fn unary(&mut self, op: Op, c: u16, x: u64, next: Option<&Input>) -> usize {
        let entry = self.pop();
        let (b, temp) = self.operand(entry);
        let (a, used) = self.destination(next);
        self.emit(op, if temp { uses::B } else { 0 }, a, b, c, x);
        used
    }

    /// Two operands in registers. The entries have been popped.
    fn operands(&mut self, left: Entry, right: Entry) -> (u16, u16, u8) {
        // A constant must not be loaded over the other operand.
        let depth = self.stack.len();
        self.push(left);
        let (c, c_temp) = match right {
            Entry::Const(_) | Entry::Null => {
                self.push(right);
                let register = {
                    let wanted = self.canonical(self.stack.len() - 1);
                    if self.in_use(wanted) { self.free_temp() } else { wanted }
                };
                self.load(register, right);
                self.stack[depth + 1] = Entry::Temp(register);
                (register, true)
            }
            _ => {
                self.push(right);
                self.operand(right)
            }
        };
        let (b, b_temp) = match left {
            Entry::Const(_) | Entry::Null => {
                let wanted = self.canonical(depth);
                let register = if self.in_use(wanted) { self.free_temp() } else { wanted };
                self.load(register, left);
                (register, true)
            }
            _ => self.operand(left),
        };
        self.stack.truncate(depth);
        let flags = if b_temp { uses::B } else { 0 } | if c_temp { uses::C } else { 0 };
        (b, c, flags)
    }

    fn binary(&mut self, op: Op, x: u64, next: Option<&Input>) -> usize {
        let right = self.pop();
        let left = self.pop();
        let (b, c, flags) = self.operands(left, right);
        let (a, used) = self.destination(next);
        self.emit(op, flags, a, b, c, x);
        used
    }

    fn constant(&self, entry: Entry) -> Option<&Value> {
        match entry {
            Entry::Const(index) => self.code.consts().get(index as usize),
            _ => None,
        }
    }

    fn binary_op(&mut self, oparg: u32, next: Option<&Input>) -> usize {
        let inplace = oparg >= 13;
        let Some(&op) = BinaryOp::ALL.get(oparg as usize % 13) else {
            self.emit(Op::Invalid, 0, 0, 0, 0, 0);
            return 1;
        };
        let (left, right) = (self.stack[self.stack.len() - 2], self.stack[self.stack.len() - 1]);
        if let Some(constant) = self.constant(right)
            && !matches!(left, Entry::Const(_))
        {
            let x = constant.bits();
            let small = constant.is_small_int();
            self.pop();
            let left = self.pop();
            let (b, temp) = self.operand(left);
            let (a, used) = self.destination(next);
            let (code, c) = match op {
                BinaryOp::Add if small => (Op::AddConst, u16::from(inplace)),
                BinaryOp::Subtract if small => (Op::SubtractConst, u16::from(inplace)),
                BinaryOp::Multiply if small => (Op::MultiplyConst, u16::from(inplace)),
                _ => (Op::BinaryConst, op as u16 + if inplace { 13 } else { 0 }),
            };
            self.emit(code, if temp { uses::B } else { 0 }, a, b, c, x);
            return used;
        }
        if let Some(constant) = self.constant(left)
            && !matches!(right, Entry::Const(_))
            && !inplace
        {
            let x = constant.bits();
            let right = self.pop();
            self.pop();
            let (b, temp) = self.operand(right);
            let (a, used) = self.destination(next);
            self.emit(Op::BinaryConstLeft, if temp { uses::B } else { 0 }, a, b, op as u16, x);
            return used;
        }
        let (code, x) = match op {
            BinaryOp::Add => (Op::Add, 0),
            BinaryOp::Subtract => (Op::Subtract, 0),
            BinaryOp::Multiply => (Op::Multiply, 0),
            BinaryOp::TrueDivide => (Op::TrueDivide, 0),
            BinaryOp::FloorDivide => (Op::FloorDivide, 0),
            BinaryOp::Remainder => (Op::Remainder, 0),
            BinaryOp::And => (Op::And, 0),
            BinaryOp::Or => (Op::Or, 0),
            BinaryOp::Xor => (Op::Xor, 0),
            BinaryOp::LeftShift => (Op::LeftShift, 0),
            BinaryOp::RightShift => (Op::RightShift, 0),
            _ if inplace => (Op::BinaryInplace, op as u64),
            _ => (Op::Binary, op as u64),
        };
        // The specialised operations keep "in place" in the extra word.
        let x = if matches!(code, Op::Binary | Op::BinaryInplace) { x } else { u64::from(inplace) };
        self.binary(code, x, next)
    }

    fn compare(&mut self, oparg: u32, next: Option<&Input>) -> usize {
        let op = u64::from(oparg >> 4);
        let Some(jump) = next.filter(|n| matches!(n.opcode, Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue))
        else {
            return self.binary(Op::Compare, op, next);
        };
        let wanted = if jump.opcode == Opcode::PopJumpIfTrue { 8 } else { 0 };
        let target = jump.next + jump.oparg;
        let right = self.pop();
        let left = self.pop();
        if let Some(i) =
            self.constant(right).and_then(Value::as_small_int).and_then(|i| i32::try_from(i).ok())
            && !matches!(left, Entry::Const(_))
        {
            let (b, temp) = self.settled_operand(left);
            let x = u64::from(i as u32) << 32;
            self.jumps.push((self.out.len(), target));
            self.emit(Op::CompareConstJump, if temp { uses::B } else { 0 }, op as u16 + wanted, b, 0, x);
            return 2;
        }
        self.push(left);
        self.push(right);
        let all = self.stack.len();
        self.materialize(all, if self.lazy_only(all - 2) { all } else { 0 });
        self.materialize_below(all - 2);
        let right = self.pop();
        let left = self.pop();
        let (b, c, flags) = self.operands(left, right);
        self.jumps.push((self.out.len(), target));
        self.emit(Op::CompareJump, flags, op as u16 + wanted, b, c, 0);
        2
    }

    /// Whether none of the first `count` entries has to be moved.
    fn lazy_only(&self, count: usize) -> bool {
        self.stack[..count].iter().enumerate().all(|(d, e)| *e == Entry::Temp(self.canonical(d)))
    }

    /// Puts the first `count` entries into place, for a jump that leaves only them.
    fn materialize_below(&mut self, count: usize) {
        if !self.lazy_only(count) {
            let all = self.stack.len();
            self.materialize(all, 0);
        }
    }

    /// An operand that a jump takes, with everything else in place. The entry has been popped.
    fn settled_operand(&mut self, entry: Entry) -> (u16, bool) {
        let depth = self.stack.len();
        self.push(entry);
        self.materialize_below(depth);
        let entry = self.pop();
        self.operand(entry)
    }

    fn jump_if(&mut self, op: Op, input: &Input) {
        let entry = self.pop();
        let (b, temp) = self.settled_operand(entry);
        self.jumps.push((self.out.len(), input.next + input.oparg));
        self.emit(op, if temp { uses::B } else { 0 }, 0, b, 0, 0);
    }

    fn is_op(&mut self, input: &Input, next: Option<&Input>) -> usize {
        let Some(jump) = next.filter(|n| matches!(n.opcode, Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue))
        else {
            return self.binary(if input.oparg == 0 { Op::Is } else { Op::IsNot }, 0, next);
        };
        let wanted = (jump.opcode == Opcode::PopJumpIfTrue) != (input.oparg != 0);
        let all = self.stack.len();
        self.materialize_below(all - 2);
        let right = self.pop();
        let left = self.pop();
        let (b, c, flags) = self.operands(left, right);
        self.jumps.push((self.out.len(), jump.next + jump.oparg));
        self.emit(Op::IsJump, flags, u16::from(wanted), b, c, 0);
        2
    }

    /// An instruction whose operands lie in consecutive temporaries and whose result is one value.
    fn gather(&mut self, op: Op, count: usize, c: u16, x: u64, next: Option<&Input>) -> usize {
        let b = self.consecutive(count);
        let (a, used) = self.destination(next);
        self.emit(op, uses::B, a, b, c, x);
        used
    }

    /// `UNPACK_SEQUENCE`, and the stores to `variables` that come after it where that is possible.
    fn unpack_sequence(&mut self, input: &Input, variables: &[u16]) -> usize {
        let (oparg, count) = (input.oparg, input.oparg as usize);
        let in_order = variables.len() >= count
            && variables[..count].windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
        if let Some(&first) = variables.first().filter(|_| in_order && count > 0) {
            // Pending reads of the variables are saved first; the instruction itself reads before it writes.
            let sequence = self.pop();
            let holds_temp = matches!(sequence, Entry::Temp(_));
            if holds_temp {
                self.push(sequence);
            }
            variables[..count].iter().for_each(|v| self.flush_local(*v));
            if holds_temp {
                self.pop();
            }
            let (b, temp) = self.operand(sequence);
            self.emit(Op::UnpackToVariables, if temp { uses::B } else { 0 }, first, b, oparg as u16, 0);
            return 1 + count;
        }
        let entry = self.pop();
        let (b, temp) = self.operand(entry);
        let depth = self.stack.len();
        let clear = (depth..depth + count).all(|d| !self.in_use(self.canonical(d)));
        if !clear {
            self.push(entry);
            self.materialize_all();
            self.pop();
        }
        let (b, temp) = if clear { (b, temp) } else { (self.canonical(depth), true) };
        for _ in 0..count {
            let at = self.canonical(self.stack.len());
            self.push(Entry::Temp(at));
        }
        let a = self.canonical(depth);
        self.emit(Op::UnpackSequence, if temp { uses::B } else { 0 }, a, b, oparg as u16, 0);
        1
    }

    fn name(&self, index: u32) -> u16 {
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    fn call(&mut self, argc: u32, next: Option<&Input>) -> usize {
        let kw_names = u64::from(std::mem::take(&mut self.kw_names));
        let below = self.stack.len() - argc as usize - 2;
        let plain = self.stack[below] == Entry::Null;
        self.materialize(self.stack.len(), if plain { below + 1 } else { below });
        // An entry below may sit in the way of nothing: the call area was put in place above.
        self.stack.truncate(below);
        let base = self.canonical(below);
        let (a, used) = self.destination(next);
        if plain {
            self.emit(Op::Call, 0, a, base + 1, argc as u16, kw_names);
        } else {
            self.emit(Op::CallMethod, 0, a, base, argc as u16, kw_names);
        }
        used
    }

    fn swap(&mut self, n: usize) {
        let top = self.stack.len() - 1;
        let other = self.stack.len() - n.min(self.stack.len());
        self.stack.swap(top, other);
    }

    fn copy(&mut self, n: usize) {
        let entry = self.stack[self.stack.len() - n.min(self.stack.len())];
        match entry {
            Entry::Temp(from) => {
                let to = self.push_temp();
                self.emit(Op::Copy, 0, to, from, 0, 0);
            }
            lazy => self.push(lazy),
        }
    }

    fn drop_top(&mut self) {
        if let Entry::Temp(register) = self.pop() {
            self.emit(Op::Drop, 0, register, 0, 0, 0);
        }
    }

    fn drop_rest(&mut self) {
        while !self.stack.is_empty() {
            self.drop_top();
        }
    }

    fn store_fast(&mut self, local: u16) {
        let entry = self.pop();
        if entry == Entry::Local(local) {
            return;
        }
        self.push(entry);
        self.flush_local(local);
        let entry = self.pop();
        self.load(local, entry);
    }

    /// The container of `LIST_APPEND` and its like, `n` entries below the top.
    fn container(&mut self, n: usize) -> u16 {
        let depth = self.stack.len() - n.min(self.stack.len());
        match self.stack[depth] {
            Entry::Temp(register) | Entry::Local(register) => register,
            Entry::Const(_) | Entry::Null => {
                self.materialize_all();
                self.canonical(depth)
            }
        }
    }

    fn add_to(&mut self, op: Op, n: u32) {
        let item = self.pop();
        let (b, temp) = {
            self.push(item);
            let result = match item {
                Entry::Const(_) | Entry::Null => {
                    self.materialize_all();
                    (self.canonical(self.stack.len() - 1), true)
                }
                other => self.operand(other),
            };
            self.pop();
            result
        };
        let a = self.container(n as usize);
        self.emit(op, if temp { uses::B } else { 0 }, a, b, 0, 0);
    }

    fn instruction(&mut self, input: &Input, next: Option<&Input>) -> usize {
        let oparg = input.oparg;
        let x = u64::from(oparg);
        match input.opcode {
            Opcode::Nop
            | Opcode::Cache
            | Opcode::ExtendedArg
            | Opcode::Reserved
            | Opcode::InterpreterExit => {}
            Opcode::Resume => self.emit(Op::Resume, 0, 0, 0, 0, x),
            Opcode::PopTop => self.drop_top(),
            Opcode::PushNull => self.push(Entry::Null),
            Opcode::EndFor => {
                // Reached by `FOR_ITER` only, whose exhausted iterator is dead already.
                self.pop();
                self.pop();
            }
            Opcode::EndSend => {
                let value = self.pop();
                self.drop_top();
                self.push(value);
            }
            Opcode::UnaryNegative => return self.unary(Op::Negative, 0, 0, next),
            Opcode::UnaryInvert => return self.unary(Op::Invert, 0, 0, next),
            Opcode::UnaryNot => return self.unary(Op::Not, 0, 0, next),
            Opcode::BinarySubscr => return self.subscript(next),
            Opcode::BinarySlice => return self.gather(Op::Slice, 3, 0, 0, next),
            Opcode::StoreSlice => {
                let b = self.consecutive(4);
                self.emit(Op::StoreSlice, 0, b, b + 1, 0, 0);
            }
            Opcode::GetLen => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                let a = self.push_temp();
                self.emit(Op::GetLen, 0, a, b, 0, 0);
            }
            Opcode::MatchMapping | Opcode::MatchSequence => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                let a = self.push_temp();
                let op =
                    if input.opcode == Opcode::MatchMapping { Op::MatchMapping } else { Op::MatchSequence };
                self.emit(op, 0, a, b, 0, 0);
            }
            Opcode::MatchKeys => {
                self.materialize_all();
                let c = self.canonical(self.stack.len() - 1);
                let a = self.push_temp();
                self.emit(Op::MatchKeys, 0, a, c - 1, c, 0);
            }
            Opcode::MatchClass => return self.gather(Op::MatchClass, 3, oparg as u16, 0, next),
            Opcode::PushExcInfo => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                self.push_temp();
                self.emit(Op::PushExcInfo, 0, b, b, 0, 0);
            }
            Opcode::PopExcept => {
                let entry = self.pop();
                let (b, _) = self.operand(entry);
                self.emit(Op::PopExcept, uses::B, 0, b, 0, 0);
            }
            Opcode::CheckExcMatch => {
                let kind = self.pop();
                let exception = *self.stack.last().unwrap_or(&Entry::Null);
                let (b, c, flags) = {
                    let depth = self.stack.len();
                    self.push(kind);
                    let all = self.stack.len();
                    self.materialize(all, if matches!(kind, Entry::Const(_)) { 0 } else { depth });
                    let exception_at = match self.stack[depth - 1] {
                        Entry::Temp(r) | Entry::Local(r) => r,
                        _ => {
                            self.materialize_all();
                            self.canonical(depth - 1)
                        }
                    };
                    let kind = self.pop();
                    let (c, temp) = self.operand(kind);
                    let _ = exception;
                    (exception_at, c, if temp { uses::C } else { 0 })
                };
                let a = self.push_temp();
                self.emit(Op::CheckExcMatch, flags, a, b, c, 0);
            }
            Opcode::CheckEgMatch => {
                let b = self.consecutive(2);
                self.push_temp();
                self.push_temp();
                self.emit(Op::CheckEgMatch, 0, b, b, b + 1, 0);
            }
            Opcode::WithExceptStart => {
                // [exit, lasti, previous, exception -- exit, lasti, previous, exception, result]
                self.materialize_all();
                let c = self.canonical(self.stack.len() - 1);
                let a = self.push_temp();
                self.emit(Op::WithExceptStart, 0, a, c - 3, c, 0);
            }
            Opcode::GetAiter => return self.unary(Op::GetAiter, 0, 0, None),
            Opcode::GetAnext => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                let a = self.push_temp();
                self.emit(Op::GetAnext, 0, a, b, 0, 0);
            }
            Opcode::BeforeWith | Opcode::BeforeAsyncWith => {
                let b = self.consecutive(1);
                self.push_temp();
                self.push_temp();
                let op =
                    if input.opcode == Opcode::BeforeWith { Op::BeforeWith } else { Op::BeforeAsyncWith };
                self.emit(op, 0, b, b, 0, 0);
            }
            Opcode::EndAsyncFor => {
                let b = self.consecutive(2);
                self.emit(Op::EndAsyncFor, 0, 0, b, 0, 0);
            }
            Opcode::CleanupThrow => {
                // [iterator, last sent, exception -- None, value]
                let b = self.consecutive(3);
                self.push(Entry::Temp(b));
                let a = self.push_temp();
                self.emit(Op::CleanupThrow, 0, a, b, 0, 0);
            }
            Opcode::StoreSubscr => {
                let key = self.pop();
                let container = self.pop();
                let value = self.pop();
                // All three in registers: constants are loaded where they belong.
                let depth = self.stack.len();
                self.stack.extend([value, container, key]);
                for d in depth..depth + 3 {
                    if matches!(self.stack[d], Entry::Const(_) | Entry::Null) {
                        let wanted = self.canonical(d);
                        let register = if self.in_use(wanted) { self.free_temp() } else { wanted };
                        let entry = self.stack[d];
                        self.load(register, entry);
                        self.stack[d] = Entry::Temp(register);
                    }
                }
                let (key, container, value) = (self.pop(), self.pop(), self.pop());
                let ((c, ct), (b, bt), (a, at)) =
                    (self.operand(key), self.operand(container), self.operand(value));
                let flags = [(at, uses::A), (bt, uses::B), (ct, uses::C)];
                let flags = flags.iter().filter(|f| f.0).fold(0, |all, f| all | f.1);
                self.emit(Op::StoreSubscript, flags, a, b, c, 0);
            }
            Opcode::DeleteSubscr => {
                let key = self.pop();
                let container = self.pop();
                let (b, c, flags) = self.operands(container, key);
                self.emit(Op::DeleteSubscript, flags, 0, b, c, 0);
            }
            Opcode::GetIter => return self.unary(Op::GetIter, 0, 0, next),
            Opcode::GetYieldFromIter => return self.unary(Op::GetYieldFromIter, 0, 0, None),
            Opcode::GetAwaitable => return self.unary(Op::GetAwaitable, oparg as u16, 0, None),
            Opcode::LoadBuildClass => {
                let a = self.push_temp();
                self.emit(Op::LoadBuildClass, 0, a, 0, 0, 0);
            }
            Opcode::LoadAssertionError => {
                let a = self.push_temp();
                self.emit(Op::LoadAssertionError, 0, a, 0, 0, 0);
            }
            Opcode::ReturnGenerator => {
                self.materialize_all();
                self.emit(Op::ReturnGenerator, 0, 0, 0, 0, 0);
                // When it is resumed, the value sent (`None`) is on the stack, only to be popped.
                self.push(Entry::Null);
            }
            Opcode::ReturnValue => {
                let entry = self.pop();
                match entry {
                    Entry::Const(index) => {
                        self.drop_rest();
                        let x = self.const_bits(index);
                        self.emit(Op::ReturnConst, 0, 0, 0, 0, x);
                    }
                    other => {
                        self.push(other);
                        let (b, _) = match other {
                            Entry::Null => {
                                self.materialize_all();
                                (self.canonical(self.stack.len() - 1), true)
                            }
                            _ => self.operand(other),
                        };
                        self.pop();
                        self.drop_rest();
                        self.emit(Op::Return, 0, 0, b, 0, 0);
                    }
                }
            }
            Opcode::ReturnConst => {
                self.drop_rest();
                let x = self.const_bits(oparg);
                self.emit(Op::ReturnConst, 0, 0, 0, 0, x);
            }
            Opcode::SetupAnnotations => self.emit(Op::SetupAnnotations, 0, 0, 0, 0, 0),
            Opcode::LoadLocals => {
                let a = self.push_temp();
                self.emit(Op::LoadLocals, 0, a, 0, 0, 0);
            }
            Opcode::StoreName => self.take(Op::StoreName, x),
            Opcode::StoreGlobal => self.take(Op::StoreGlobal, x),
            Opcode::DeleteName => self.emit(Op::DeleteName, 0, 0, 0, 0, x),
            Opcode::DeleteGlobal => self.emit(Op::DeleteGlobal, 0, 0, 0, 0, x),
            Opcode::LoadName => {
                let (a, used) = self.destination(next);
                self.emit(Op::LoadName, 0, a, 0, 0, x);
                return used;
            }
            Opcode::LoadGlobal => {
                if oparg & 1 != 0 {
                    self.push(Entry::Null);
                }
                let (a, used) = if oparg & 1 != 0 { (self.push_temp(), 1) } else { self.destination(next) };
                match u16::try_from(oparg >> 1) {
                    Ok(name) => self.emit(Op::LoadGlobal, 0, a, name, 0, 0),
                    // More names than a register number can say: looked up without a cache.
                    Err(_) => self.emit(Op::LoadGlobal, 0, a, u16::MAX, 1, x >> 1),
                }
                return used;
            }
            Opcode::LoadFromDictOrGlobals => return self.unary(Op::LoadFromDictOrGlobals, 0, x, next),
            Opcode::LoadFromDictOrDeref => return self.unary(Op::LoadFromDictOrDeref, oparg as u16, 0, next),
            // `run` hands it over with the variables that it may write to.
            Opcode::UnpackSequence => return self.unpack_sequence(input, &[]),
            Opcode::UnpackEx => {
                let b = self.consecutive(1);
                let count = (oparg & 0xFF) + (oparg >> 8) + 1;
                for _ in 0..count {
                    let at = self.canonical(self.stack.len());
                    self.push(Entry::Temp(at));
                }
                self.emit(Op::UnpackEx, uses::B, b, b, 0, x);
            }
            Opcode::ForIter => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                let (a, used) = {
                    // `FOR_ITER; STORE_FAST x`: straight into the variable.
                    let (a, used) = self.destination(next);
                    (a, used)
                };
                self.jumps.push((self.out.len(), input.next + oparg));
                self.emit(Op::ForIter, 0, a, b, 0, 0);
                return used;
            }
            Opcode::Send => {
                // [receiver, value -- receiver, result]
                self.materialize_all();
                let c = self.canonical(self.stack.len() - 1);
                self.jumps.push((self.out.len(), input.next + oparg));
                self.emit(Op::Send, 0, c, c - 1, c, 0);
            }
            Opcode::YieldValue => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                self.emit(Op::Yield, 0, b, b, 0, x);
            }
            Opcode::StoreAttr => {
                let object = self.pop();
                let value = self.pop();
                let (a, b, flags) = self.operands(value, object);
                let mut used = if flags & uses::B != 0 { uses::A } else { 0 };
                used |= if flags & uses::C != 0 { uses::B } else { 0 };
                let extra = if oparg >= u32::from(u16::MAX) { x } else { 0 };
                self.emit(Op::StoreAttr, used, a, b, self.name(oparg), extra);
            }
            Opcode::DeleteAttr => {
                let entry = self.pop();
                let (b, temp) = self.operand(entry);
                self.emit(Op::DeleteAttr, if temp { uses::B } else { 0 }, 0, b, self.name(oparg), x);
            }
            Opcode::LoadAttr => {
                let name = oparg >> 1;
                let extra = if name >= u32::from(u16::MAX) { u64::from(name) } else { 0 };
                if oparg & 1 == 0 {
                    return self.unary(Op::LoadAttr, self.name(name), extra, next);
                }
                let entry = self.pop();
                let depth = self.stack.len();
                self.push(entry);
                if [depth, depth + 1].iter().any(|d| {
                    let at = self.canonical(*d);
                    self.in_use(at) && entry != Entry::Temp(at)
                }) {
                    self.materialize_all();
                }
                let entry = self.pop();
                let (b, temp) = self.operand(entry);
                let a = self.canonical(depth);
                self.stack.extend([Entry::Temp(a), Entry::Temp(a + 1)]);
                self.emit(Op::LoadMethod, if temp { uses::B } else { 0 }, a, b, self.name(name), extra);
            }
            Opcode::LoadSuperAttr => {
                let b = self.consecutive(3);
                let a = self.push_temp();
                if oparg & 1 != 0 {
                    self.push_temp();
                }
                self.emit(Op::LoadSuperAttr, 0, a, b, (oparg & 3) as u16, x >> 2);
            }
            Opcode::Swap => self.swap(oparg as usize),
            Opcode::Copy => self.copy(oparg as usize),
            Opcode::LoadConst => self.push(Entry::Const(oparg)),
            Opcode::LoadFast | Opcode::LoadClosure => self.push(Entry::Local(oparg as u16)),
            Opcode::LoadFastCheck => {
                self.emit(Op::CheckBound, 0, oparg as u16, 0, 0, 0);
                self.push(Entry::Local(oparg as u16));
            }
            Opcode::LoadFastAndClear => {
                self.flush_local(oparg as u16);
                let a = self.push_temp();
                self.emit(Op::TakeVariable, 0, a, oparg as u16, 0, 0);
            }
            Opcode::StoreFast => self.store_fast(oparg as u16),
            Opcode::DeleteFast => {
                self.flush_local(oparg as u16);
                self.emit(Op::DeleteFast, 0, oparg as u16, 0, 0, 0);
            }
            Opcode::MakeCell => {
                self.flush_local(oparg as u16);
                self.emit(Op::MakeCell, 0, oparg as u16, 0, 0, 0);
            }
            Opcode::CopyFreeVars => {
                let kinds = self.code.localspluskinds().iter();
                let first = kinds.take_while(|k| **k & local_kind::FREE == 0).count();
                self.emit(Op::CopyFreeVars, 0, first as u16, oparg as u16, 0, 0);
            }
            Opcode::LoadDeref => {
                let (a, used) = self.destination(next);
                self.emit(Op::LoadDeref, 0, a, oparg as u16, 0, 0);
                return used;
            }
            Opcode::StoreDeref => {
                let entry = self.pop();
                let (b, temp) = self.operand(entry);
                self.emit(Op::StoreDeref, if temp { uses::B } else { 0 }, oparg as u16, b, 0, 0);
            }
            Opcode::DeleteDeref => self.emit(Op::DeleteDeref, 0, oparg as u16, 0, 0, 0),
            Opcode::BuildTuple => return self.gather(Op::BuildTuple, oparg as usize, oparg as u16, x, next),
            Opcode::BuildList => return self.gather(Op::BuildList, oparg as usize, oparg as u16, x, next),
            Opcode::BuildSet => return self.gather(Op::BuildSet, oparg as usize, oparg as u16, x, next),
            Opcode::BuildMap => return self.gather(Op::BuildMap, oparg as usize * 2, oparg as u16, x, next),
            Opcode::BuildConstKeyMap => {
                return self.gather(Op::BuildConstKeyMap, oparg as usize + 1, oparg as u16, x, next);
            }
            Opcode::BuildString => {
                return self.gather(Op::BuildString, oparg as usize, oparg as u16, x, next);
            }
            Opcode::BuildSlice => {
                let count = if oparg == 3 { 3 } else { 2 };
                return self.gather(Op::BuildSlice, count, count as u16, x, next);
            }
            Opcode::CompareOp => return self.compare(oparg, next),
            Opcode::IsOp => return self.is_op(input, next),
            Opcode::ContainsOp => return self.binary(if oparg == 0 { Op::In } else { Op::NotIn }, 0, next),
            Opcode::BinaryOp => return self.binary_op(oparg, next),
            Opcode::ImportName => {
                let names = self.pop();
                let level = self.pop();
                let (b, c, flags) = self.operands(level, names);
                let (a, used) = self.destination(next);
                self.emit(Op::ImportName, flags, a, b, c, x);
                return used;
            }
            Opcode::ImportFrom => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                let a = self.push_temp();
                self.emit(Op::ImportFrom, 0, a, b, 0, x);
            }
            Opcode::JumpForward => self.jump(Op::Jump, input.next + oparg),
            Opcode::JumpBackward => self.jump(Op::JumpBackward, input.next.saturating_sub(oparg)),
            Opcode::JumpBackwardNoInterrupt => self.jump(Op::Jump, input.next.saturating_sub(oparg)),
            Opcode::PopJumpIfTrue => self.jump_if(Op::JumpIfTrue, input),
            Opcode::PopJumpIfFalse => self.jump_if(Op::JumpIfFalse, input),
            Opcode::PopJumpIfNone => self.jump_if(Op::JumpIfNone, input),
            Opcode::PopJumpIfNotNone => self.jump_if(Op::JumpIfNotNone, input),
            Opcode::Reraise => {
                self.materialize_all();
                let b = self.canonical(self.stack.len() - 1);
                let depth = self.stack.len() - 1 - (oparg as usize).min(self.stack.len() - 1);
                self.emit(Op::Reraise, 0, self.canonical(depth), b, oparg as u16, 0);
            }
            Opcode::RaiseVarargs => {
                let b = self.consecutive(oparg as usize);
                self.emit(Op::Raise, 0, 0, b, oparg as u16, 0);
            }
            Opcode::MakeFunction => {
                let count = 1 + (oparg & 0xF).count_ones() as usize;
                return self.gather(Op::MakeFunction, count, oparg as u16, 0, next);
            }
            Opcode::CallFunctionEx => {
                // [null, function, args(, kwargs) -- result]
                let count = 2 + (oparg & 1) as usize;
                let b = self.consecutive(count);
                if let Entry::Temp(null) = self.pop() {
                    self.emit(Op::Drop, 0, null, 0, 0, 0);
                }
                let (a, used) = self.destination(next);
                self.emit(Op::CallEx, 0, a, b, (oparg & 1) as u16, 0);
                return used;
            }
            Opcode::ListAppend => self.add_to(Op::ListAppend, oparg),
            Opcode::SetAdd => self.add_to(Op::SetAdd, oparg),
            Opcode::ListExtend => self.add_to(Op::ListExtend, oparg),
            Opcode::SetUpdate => self.add_to(Op::SetUpdate, oparg),
            Opcode::DictUpdate => self.add_to(Op::DictUpdate, oparg),
            Opcode::DictMerge => {
                // The function is under the dictionary and the arguments.
                self.materialize_all();
                let top = self.stack.len() - 1;
                self.pop();
                let b = self.canonical(top);
                let dict = top.saturating_sub(oparg as usize);
                let function = dict.saturating_sub(2);
                self.emit(Op::DictMerge, uses::B, self.canonical(dict), b, self.canonical(function), 0);
            }
            Opcode::MapAdd => {
                self.materialize_all();
                let top = self.stack.len() - 1;
                self.pop();
                self.pop();
                let dict = (top - 1).saturating_sub(oparg as usize);
                let key = self.canonical(top - 1);
                self.emit(Op::MapAdd, 0, self.canonical(dict), key, key + 1, 0);
            }
            Opcode::FormatValue => {
                let count = 1 + ((oparg >> 2) & 1) as usize;
                return self.gather(Op::FormatValue, count, oparg as u16, 0, next);
            }
            Opcode::Call => return self.call(oparg, next),
            Opcode::KwNames => self.kw_names = oparg + 1,
            Opcode::CallIntrinsic1 => return self.unary(Op::Intrinsic1, 0, x, next),
            Opcode::CallIntrinsic2 => return self.binary(Op::Intrinsic2, x, next),
            // Pseudo-instructions never pass the verifier.
            Opcode::SetupFinally
            | Opcode::SetupCleanup
            | Opcode::SetupWith
            | Opcode::PopBlock
            | Opcode::Jump
            | Opcode::JumpNoInterrupt
            | Opcode::LoadMethod
            | Opcode::LoadSuperMethod
            | Opcode::LoadZeroSuperMethod
            | Opcode::LoadZeroSuperAttr
            | Opcode::StoreFastMaybeNull => self.emit(Op::Invalid, 0, 0, 0, 0, 0),
        }
        1
    }

    fn take(&mut self, op: Op, x: u64) {
        let entry = self.pop();
        let (b, temp) = self.operand(entry);
        self.emit(op, if temp { uses::B } else { 0 }, 0, b, 0, x);
    }

    fn jump(&mut self, op: Op, target: u32) {
        self.materialize_all();
        self.jumps.push((self.out.len(), target));
        self.emit(op, 0, 0, 0, 0, 0);
    }

    fn subscript(&mut self, next: Option<&Input>) -> usize {
        let (left, right) = (self.stack[self.stack.len() - 2], self.stack[self.stack.len() - 1]);
        if let Some(constant) = self.constant(right)
            && !matches!(left, Entry::Const(_) | Entry::Null)
        {
            let x = constant.bits();
            self.pop();
            return self.unary(Op::SubscriptConst, 0, x, next);
        }
        self.binary(Op::Subscript, 0, next)
    }
}
