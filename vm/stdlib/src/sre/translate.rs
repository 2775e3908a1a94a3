//! From `re`'s code to a [`Program`].

use super::program::{First, Greed, Inst, MAXREPEAT, NO_FIRST, Part, Place, Program, Search, Single, Words};
use super::sets::Set;

/// `re`'s opcodes (`re._constants`).
mod op {
    pub const FAILURE: u32 = 0;
    pub const SUCCESS: u32 = 1;
    pub const ANY: u32 = 2;
    pub const ANY_ALL: u32 = 3;
    pub const ASSERT: u32 = 4;
    pub const ASSERT_NOT: u32 = 5;
    pub const AT: u32 = 6;
    pub const BRANCH: u32 = 7;
    pub const CATEGORY: u32 = 8;
    pub const GROUPREF: u32 = 11;
    pub const GROUPREF_EXISTS: u32 = 12;
    pub const IN: u32 = 13;
    pub const INFO: u32 = 14;
    pub const JUMP: u32 = 15;
    pub const LITERAL: u32 = 16;
    pub const MARK: u32 = 17;
    pub const MAX_UNTIL: u32 = 18;
    pub const MIN_UNTIL: u32 = 19;
    pub const NOT_LITERAL: u32 = 20;
    pub const NEGATE: u32 = 21;
    pub const REPEAT: u32 = 23;
    pub const REPEAT_ONE: u32 = 24;
    pub const MIN_REPEAT_ONE: u32 = 26;
    pub const ATOMIC_GROUP: u32 = 27;
    pub const POSSESSIVE_REPEAT: u32 = 28;
    pub const POSSESSIVE_REPEAT_ONE: u32 = 29;
    pub const GROUPREF_IGNORE: u32 = 30;
    pub const IN_IGNORE: u32 = 31;
    pub const LITERAL_IGNORE: u32 = 32;
    pub const NOT_LITERAL_IGNORE: u32 = 33;
    pub const GROUPREF_LOC_IGNORE: u32 = 34;
    pub const IN_LOC_IGNORE: u32 = 35;
    pub const LITERAL_LOC_IGNORE: u32 = 36;
    pub const NOT_LITERAL_LOC_IGNORE: u32 = 37;
    pub const GROUPREF_UNI_IGNORE: u32 = 38;
    pub const IN_UNI_IGNORE: u32 = 39;
    pub const LITERAL_UNI_IGNORE: u32 = 40;
    pub const NOT_LITERAL_UNI_IGNORE: u32 = 41;
}

/// How deep parts of a pattern may nest.
const MAX_DEPTH: u32 = 1000;

struct Translator<'a> {
    code: &'a [u32],
    groups: usize,
    out: Vec<Inst>,
    sets: Vec<Set>,
    literals: Vec<u32>,
}

/// Translates; `None` where the code is malformed.
pub fn translate(code: &[u32], groups: usize) -> Option<Program> {
    let mut translator = Translator { code, groups, out: Vec::new(), sets: Vec::new(), literals: Vec::new() };
    let (end, width) = translator.block(0, code.len(), 0)?;
    if end != code.len() {
        return None;
    }
    let Translator { out, sets, literals, .. } = translator;
    let mut program = Program {
        instructions: out,
        sets,
        literals,
        firsts: Vec::new(),
        search: Search::Everywhere,
        groups,
        min_width: width,
    };
    add_firsts(&mut program);
    program.search = search_of(&program);
    Some(program)
}

impl Translator<'_> {
    fn word(&self, at: usize) -> Option<u32> {
        self.code.get(at).copied()
    }

    /// The position that a skip at `at` leads to, which must lie within `end`.
    fn skip(&self, at: usize, end: usize) -> Option<usize> {
        let target = at.checked_add(self.word(at)? as usize)?;
        (target <= end && target > at).then_some(target)
    }

    fn here(&self) -> u32 {
        self.out.len() as u32
    }

    /// A literal, joined with the one before it where `from` allows it.
    fn literal(&mut self, c: u32, from: usize) {
        let joined = match self.out.last() {
            _ if self.out.len() <= from => None,
            Some(Inst::One(Single::Char(before))) => Some((*before, None)),
            Some(Inst::Literal(start, end)) if *end as usize == self.literals.len() => {
                Some((0, Some((*start, *end))))
            }
            _ => None,
        };
        match joined {
            Some((before, None)) => {
                let start = self.literals.len() as u32;
                self.literals.extend([before, c]);
                self.out.pop();
                self.out.push(Inst::Literal(start, start + 2));
            }
            Some((_, Some((start, end)))) => {
                self.literals.push(c);
                self.out.pop();
                self.out.push(Inst::Literal(start, end + 1));
            }
            None => self.out.push(Inst::One(Single::Char(c))),
        }
    }

    fn set(&mut self, code: &[u32], fold: Option<Words>) -> Option<Single> {
        let set = Set::new(code, fold)?;
        self.sets.push(set);
        Some(Single::Set(self.sets.len() as u32 - 1))
    }

    /// The test of one character at `at`, and where the next operation begins.
    fn single(&mut self, at: usize, end: usize) -> Option<Option<(Single, usize)>> {
        let opcode = self.word(at)?;
        let operand = self.word(at + 1);
        let folded = |opcode| match opcode {
            op::LITERAL_IGNORE | op::NOT_LITERAL_IGNORE | op::IN_IGNORE => Some(Words::Ascii),
            op::LITERAL_LOC_IGNORE | op::NOT_LITERAL_LOC_IGNORE | op::IN_LOC_IGNORE => Some(Words::Locale),
            op::LITERAL_UNI_IGNORE | op::NOT_LITERAL_UNI_IGNORE | op::IN_UNI_IGNORE => Some(Words::Unicode),
            _ => None,
        };
        Some(Some(match opcode {
            op::ANY => (Single::Any, at + 1),
            op::ANY_ALL => (Single::AnyAll, at + 1),
            op::LITERAL => (Single::Char(operand?), at + 2),
            op::NOT_LITERAL => (Single::NotChar(operand?), at + 2),
            op::LITERAL_IGNORE | op::LITERAL_LOC_IGNORE | op::LITERAL_UNI_IGNORE => {
                let single = self.set(&[op::LITERAL, operand?, op::FAILURE], folded(opcode))?;
                (single, at + 2)
            }
            op::NOT_LITERAL_LOC_IGNORE => {
                // A character that matches in either case is excluded, so negation comes last.
                let set = Set::new(&[op::LITERAL, operand?, op::FAILURE], Some(Words::Locale))?;
                let excluded: Vec<u32> =
                    (0..256u32).filter(|c| set.contains(*c)).flat_map(|c| [op::LITERAL, c]).collect();
                let mut code = vec![op::NEGATE];
                code.extend(excluded);
                code.push(op::FAILURE);
                (self.set(&code, None)?, at + 2)
            }
            op::NOT_LITERAL_IGNORE | op::NOT_LITERAL_UNI_IGNORE => {
                let single = self.set(&[op::NEGATE, op::LITERAL, operand?, op::FAILURE], folded(opcode))?;
                (single, at + 2)
            }
            op::CATEGORY => (self.set(&[op::CATEGORY, operand?, op::FAILURE], None)?, at + 2),
            op::IN | op::IN_IGNORE | op::IN_LOC_IGNORE | op::IN_UNI_IGNORE => {
                let next = self.skip(at + 1, end)?;
                let code = self.code.get(at + 2..next)?.to_vec();
                (self.set(&code, folded(opcode))?, next)
            }
            _ => return Some(None),
        }))
    }

    /// Operations up to `end` or to a jump of the part around. Gives where it stopped and the least width.
    fn block(&mut self, start: usize, end: usize, depth: u32) -> Option<(usize, usize)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let first_inst = self.out.len();
        let mut at = start;
        let mut width = 0usize;
        while at < end {
            if let Some((single, next)) = self.single(at, end)? {
                match single {
                    Single::Char(c) => self.literal(c, first_inst),
                    _ => self.out.push(Inst::One(single)),
                }
                width = width.saturating_add(1);
                at = next;
                continue;
            }
            match self.word(at)? {
                op::JUMP => return Some((at, width)),
                op::FAILURE => {
                    self.out.push(Inst::Fail);
                    at += 1;
                }
                op::SUCCESS => {
                    self.out.push(Inst::Match);
                    at += 1;
                }
                op::INFO => at = self.skip(at + 1, end)?,
                op::MARK => {
                    let mark = self.word(at + 1)?;
                    if mark as usize >= self.groups * 2 {
                        return None;
                    }
                    self.out.push(Inst::Mark(mark));
                    at += 2;
                }
                op::AT => {
                    let place = place(self.word(at + 1)?)?;
                    self.out.push(Inst::At(place));
                    at += 2;
                }
                op::BRANCH => {
                    let (next, least) = self.branch(at, end, depth)?;
                    width = width.saturating_add(least);
                    at = next;
                }
                opcode @ (op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE) => {
                    let next = self.skip(at + 1, end)?;
                    let (min, max) = (self.word(at + 2)?, self.word(at + 3)?);
                    let (single, after) = self.single(at + 4, next)??;
                    if after + 1 != next || self.word(after)? != op::SUCCESS || min > max {
                        return None;
                    }
                    let greed = match opcode {
                        op::REPEAT_ONE => Greed::Greedy,
                        op::MIN_REPEAT_ONE => Greed::Lazy,
                        _ => Greed::Possessive,
                    };
                    self.out.push(Inst::Repeat { single, min, max, greed, next: NO_FIRST });
                    width = width.saturating_add(min as usize);
                    at = next;
                }
                op::REPEAT | op::POSSESSIVE_REPEAT => {
                    let (next, least) = self.repeat(at, end, depth)?;
                    width = width.saturating_add(least);
                    at = next;
                }
                opcode @ (op::ATOMIC_GROUP | op::ASSERT | op::ASSERT_NOT) => {
                    let next = self.skip(at + 1, end)?;
                    let (kind, back, body) = match opcode {
                        op::ATOMIC_GROUP => (Part::Atomic, 0, at + 2),
                        op::ASSERT => (Part::Assert, self.word(at + 2)?, at + 3),
                        _ => (Part::AssertNot, self.word(at + 2)?, at + 3),
                    };
                    let begin = self.out.len();
                    self.out.push(Inst::Begin { kind, back, after: 0 });
                    if self.word(next - 1)? != op::SUCCESS {
                        return None;
                    }
                    let (stopped, least) = self.block(body, next - 1, depth + 1)?;
                    if stopped != next - 1 {
                        return None;
                    }
                    self.out.push(Inst::Finish(kind));
                    let after = self.here();
                    self.out[begin] = Inst::Begin { kind, back, after };
                    if kind == Part::Atomic {
                        width = width.saturating_add(least);
                    }
                    at = next;
                }
                opcode @ (op::GROUPREF
                | op::GROUPREF_IGNORE
                | op::GROUPREF_LOC_IGNORE
                | op::GROUPREF_UNI_IGNORE) => {
                    let group = self.word(at + 1)?;
                    if group as usize >= self.groups {
                        return None;
                    }
                    let fold = match opcode {
                        op::GROUPREF_IGNORE => Some(Words::Ascii),
                        op::GROUPREF_LOC_IGNORE => Some(Words::Locale),
                        op::GROUPREF_UNI_IGNORE => Some(Words::Unicode),
                        _ => None,
                    };
                    self.out.push(Inst::Group { group, fold });
                    at += 2;
                }
                op::GROUPREF_EXISTS => {
                    let (next, least) = self.conditional(at, end, depth)?;
                    width = width.saturating_add(least);
                    at = next;
                }
                _ => return None,
            }
        }
        (at == end).then_some((at, width))
    }

    fn branch(&mut self, at: usize, end: usize, depth: u32) -> Option<(usize, usize)> {
        let mut pos = at + 1;
        let mut jumps = Vec::new();
        let mut least = usize::MAX;
        loop {
            if self.word(pos)? == 0 {
                break;
            }
            let next = self.skip(pos, end)?;
            let last = self.word(next)? == 0;
            let split = self.out.len();
            if !last {
                self.out.push(Inst::Split {
                    first: split as u32 + 1,
                    second: 0,
                    can_first: NO_FIRST,
                    can_second: NO_FIRST,
                });
            }
            let (stopped, width) = self.block(pos + 1, next, depth + 1)?;
            if stopped + 2 != next || self.word(stopped)? != op::JUMP {
                return None;
            }
            least = least.min(width);
            if !last {
                jumps.push(self.out.len());
                self.out.push(Inst::Jump(0));
                let here = self.here();
                if let Inst::Split { second, .. } = &mut self.out[split] {
                    *second = here;
                }
            }
            pos = next;
        }
        if least == usize::MAX {
            self.out.push(Inst::Fail);
        }
        let here = self.here();
        for jump in jumps {
            self.out[jump] = Inst::Jump(here);
        }
        // What follows must not be joined with the last way's literal.
        self.out.push(Inst::Jump(here + 1));
        Some((pos + 1, if least == usize::MAX { 0 } else { least }))
    }

    fn repeat(&mut self, at: usize, end: usize, depth: u32) -> Option<(usize, usize)> {
        let last = self.skip(at + 1, end)?;
        let (min, max) = (self.word(at + 2)?, self.word(at + 3)?);
        let possessive = self.word(at)? == op::POSSESSIVE_REPEAT;
        let lazy = match (possessive, self.word(last)?) {
            (true, op::SUCCESS) | (false, op::MAX_UNTIL) => false,
            (false, op::MIN_UNTIL) => true,
            _ => return None,
        };
        if min > max || last + 1 > end {
            return None;
        }
        let begin = self.out.len();
        if possessive {
            self.out.push(Inst::Begin { kind: Part::Atomic, back: 0, after: 0 });
        }
        let least = self.repeat_body(at + 4, last, min, max, lazy, depth)?;
        if possessive {
            self.out.push(Inst::Finish(Part::Atomic));
            let after = self.here();
            self.out[begin] = Inst::Begin { kind: Part::Atomic, back: 0, after };
        }
        Some((last + 1, least.saturating_mul(min as usize)))
    }

    /// The instructions of a general repetition; gives the least width of its body.
    fn repeat_body(
        &mut self,
        body: usize,
        end: usize,
        min: u32,
        max: u32,
        lazy: bool,
        depth: u32,
    ) -> Option<usize> {
        let start = self.out.len();
        let (sets, literals) = (self.sets.len(), self.literals.len());
        let none = |first, second| Inst::Split { first, second, can_first: NO_FIRST, can_second: NO_FIRST };
        // A placeholder, whose place the loop's own instruction takes.
        self.out.push(Inst::Jump(start as u32 + 1));
        let (stopped, least) = self.block(body, end, depth + 1)?;
        if stopped != end {
            return None;
        }
        let choose = |inside, outside| if lazy { none(outside, inside) } else { none(inside, outside) };
        match (min, max) {
            // The body always moves on, so that nothing need be counted.
            (0, MAXREPEAT) if least > 0 => {
                self.out.push(Inst::Jump(start as u32));
                self.out[start] = choose(start as u32 + 1, self.here());
            }
            (1, MAXREPEAT) if least > 0 => {
                let here = self.here();
                self.out.push(choose(start as u32 + 1, here + 1));
            }
            (0, 1) if least > 0 => {
                // No literal may be joined across the end of the body.
                let here = self.here();
                self.out.push(Inst::Jump(here + 1));
                self.out[start] = choose(start as u32 + 1, here + 1);
            }
            _ => {
                let _ = (sets, literals);
                let until = self.here();
                self.out.push(Inst::Until { body: start as u32 + 1, min, max, lazy });
                self.out[start] = Inst::Enter { until };
            }
        }
        Some(least)
    }

    fn conditional(&mut self, at: usize, end: usize, depth: u32) -> Option<(usize, usize)> {
        let group = self.word(at + 1)?;
        if group as usize >= self.groups {
            return None;
        }
        let no = at.checked_add(1)?.checked_add(self.word(at + 2)? as usize)?;
        if no > end {
            return None;
        }
        let test = self.out.len();
        self.out.push(Inst::IfGroup { group, otherwise: 0 });
        let (stopped, yes_width) = self.block(at + 3, no, depth + 1)?;
        if stopped == no {
            let here = self.here();
            self.out[test] = Inst::IfGroup { group, otherwise: here + 1 };
            self.out.push(Inst::Jump(here + 1));
            return Some((no, 0));
        }
        if stopped + 2 != no {
            return None;
        }
        let after = self.skip(no - 1, end)?;
        let jump = self.out.len();
        self.out.push(Inst::Jump(0));
        self.out[test] = Inst::IfGroup { group, otherwise: self.here() };
        let (stopped, no_width) = self.block(no, after, depth + 1)?;
        if stopped != after {
            return None;
        }
        let here = self.here();
        self.out.push(Inst::Jump(here + 1));
        self.out[jump] = Inst::Jump(here + 1);
        Some((after, yes_width.min(no_width)))
    }
}

fn place(code: u32) -> Option<Place> {
    Some(match code {
        0 | 2 => Place::Beginning,
        1 => Place::BeginningLine,
        3 => Place::Boundary(Words::Ascii, true),
        4 => Place::Boundary(Words::Ascii, false),
        5 => Place::End,
        6 => Place::EndLine,
        7 => Place::EndText,
        8 => Place::Boundary(Words::Locale, true),
        9 => Place::Boundary(Words::Locale, false),
        10 => Place::Boundary(Words::Unicode, true),
        11 => Place::Boundary(Words::Unicode, false),
        _ => return None,
    })
}

/// How many instructions an analysis of first characters looks at.
const FIRST_BUDGET: usize = 300;

/// Which characters can come first from `pc` on; `None` where nothing at all need come, or it is not known.
fn first_of(program: &Program, pc: u32) -> Option<First> {
    let mut first = First::none();
    let mut seen = Vec::new();
    let mut todo = vec![pc];
    while let Some(pc) = todo.pop() {
        if seen.contains(&pc) {
            continue;
        }
        seen.push(pc);
        if seen.len() > FIRST_BUDGET {
            return None;
        }
        match *program.instructions.get(pc as usize)? {
            Inst::Fail => {}
            Inst::Match | Inst::Group { .. } | Inst::Finish(_) => return None,
            Inst::One(single) => add_single(program, &mut first, single),
            Inst::Literal(start, _) => {
                add_single(program, &mut first, Single::Char(*program.literals.get(start as usize)?));
            }
            Inst::At(_) | Inst::Mark(_) => todo.push(pc + 1),
            Inst::Jump(target) => todo.push(target),
            Inst::Split { first, second, .. } => todo.extend([first, second]),
            Inst::Repeat { single, min, .. } => {
                add_single(program, &mut first, single);
                if min == 0 {
                    todo.push(pc + 1);
                }
            }
            Inst::Enter { until } => {
                if let Inst::Until { body, min, .. } = *program.instructions.get(until as usize)? {
                    todo.push(body);
                    if min == 0 {
                        todo.push(until + 1);
                    }
                }
            }
            Inst::Until { body, .. } => todo.extend([body, pc + 1]),
            Inst::IfGroup { otherwise, .. } => todo.extend([pc + 1, otherwise]),
            Inst::Begin { kind: Part::Atomic, .. } => todo.push(pc + 1),
            Inst::Begin { after, .. } => todo.push(after),
        }
    }
    Some(first)
}

fn add_single(program: &Program, first: &mut First, single: Single) {
    let mut add = |test: &dyn Fn(u32) -> bool| {
        for (c, allowed) in first.table.iter_mut().enumerate() {
            *allowed |= test(c as u32);
        }
    };
    match single {
        Single::Char(c) => match first.table.get_mut(c as usize) {
            Some(allowed) => *allowed = true,
            None => first.wide = true,
        },
        Single::NotChar(not) => {
            add(&|c| c != not);
            first.wide = true;
        }
        Single::Any => {
            add(&|c| c != 10);
            first.wide = true;
        }
        Single::AnyAll => {
            add(&|_| true);
            first.wide = true;
        }
        Single::Set(index) => {
            if let Some(set) = program.sets.get(index as usize) {
                add(&|c| set.table[c as usize & 255]);
                first.wide |= set.wide;
            }
        }
    }
}

/// The index of what can come first from `target` on.
fn first_index(program: &mut Program, target: u32) -> u32 {
    match first_of(program, target) {
        // A set of everything tells nothing.
        Some(first) if !(first.wide && first.table.iter().all(|allowed| *allowed)) => {
            program.firsts.push(first);
            program.firsts.len() as u32 - 1
        }
        _ => NO_FIRST,
    }
}

/// Tells choices which first characters their ways have.
fn add_firsts(program: &mut Program) {
    if program.instructions.len() > 20_000 {
        return;
    }
    for pc in 0..program.instructions.len() {
        match program.instructions[pc] {
            Inst::Split { first, second, .. } => {
                let (can_first, can_second) = (first_index(program, first), first_index(program, second));
                program.instructions[pc] = Inst::Split { first, second, can_first, can_second };
            }
            Inst::Repeat { single, min, max, greed, .. } => {
                let next = first_index(program, pc as u32 + 1);
                program.instructions[pc] = Inst::Repeat { single, min, max, greed, next };
            }
            _ => {}
        }
    }
}

fn search_of(program: &Program) -> Search {
    let mut codes = Vec::new();
    for inst in &program.instructions {
        match *inst {
            Inst::Mark(_) => {}
            Inst::At(Place::Beginning) if codes.is_empty() => return Search::Beginning,
            Inst::One(Single::Char(c)) => codes.push(c),
            Inst::Literal(start, end) => {
                codes.extend(program.literals.get(start as usize..end as usize).unwrap_or(&[]));
            }
            Inst::Repeat { single: Single::Char(c), min, .. } if min > 0 => {
                codes.push(c);
                break;
            }
            _ => break,
        }
    }
    if !codes.is_empty() {
        let bytes: Option<Vec<u8>> = codes.iter().map(|c| u8::try_from(*c).ok()).collect();
        let finder = bytes.map(|bytes| Box::new(memchr::memmem::Finder::new(&bytes).into_owned()));
        return Search::Prefix { codes, finder };
    }
    match first_of(program, 0) {
        Some(first) if !(first.wide && first.table.iter().all(|allowed| *allowed)) => {
            let few: Vec<u8> = (0..=255).filter(|c| first.table[usize::from(*c)]).take(4).collect();
            Search::First { first, few }
        }
        _ => Search::Everywhere,
    }
}
