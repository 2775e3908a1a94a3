//! Runs a [`Program`] over text of any width: backtracking, with everything that can be undone on a stack of its own.

use super::program::{Greed, Inst, MAXREPEAT, NO_FIRST, Part, Place, Program, Search, Single};
use super::sets::{Set, is_word, lower};
use pvm_vm::text::Unit;
use std::sync::atomic::{AtomicBool, Ordering};

/// The absence of a position.
pub const NOWHERE: usize = usize::MAX;
const NO_REPEAT: u32 = u32::MAX;

/// What to go back to, or to undo on the way back.
#[derive(Clone, Copy)]
enum Entry {
    /// Go on at an instruction and a position.
    Way { pc: u32, at: usize },
    /// A greedy repetition of one character, which can give back down to `least`.
    Shrink { pc: u32, at: usize, least: usize },
    /// A lazy repetition of one character, which can take `left` more.
    Grow { pc: u32, at: usize, left: u32 },
    /// A group's mark and the last group had these values.
    Mark { index: u32, last_group: u32, old: usize },
    /// A general repetition had this state.
    Count { repeat: u32, count: u32, last: usize },
    /// This repetition was the current one.
    Current(u32),
    /// A repetition began, inside of this one.
    Entered(u32),
    /// Leave a greedy repetition.
    Leave { repeat: u32, tail: u32, at: usize },
    /// Repeat a lazy repetition once more.
    Again { repeat: u32, until: u32, at: usize },
    /// A part began; where it fails, go on or fail.
    Part { kind: Part, after: u32, at: usize },
}

/// A general repetition in progress.
#[derive(Clone, Copy)]
struct Repeat {
    count: u32,
    last: usize,
    outer: u32,
}

/// The state of a matcher, which can be used again.
#[derive(Default)]
pub struct Matcher {
    /// Where groups begin and end; [`NOWHERE`] where they have not matched.
    pub marks: Vec<usize>,
    /// The number of the group that ended last; 0 for none.
    pub last_group: u32,
    /// Where the match begins and ends.
    pub start: usize,
    /// Its end.
    pub end: usize,
    stack: Vec<Entry>,
    repeats: Vec<Repeat>,
    parts: Vec<(usize, usize)>,
    /// Gives up when this is set.
    stop: Option<&'static AtomicBool>,
    stopped: bool,
    /// Choices that have failed.
    failures: u32,
}

/// A matcher looks after so many failed choices whether it shall stop.
const FAILURES_BETWEEN_LOOKS: u32 = 1 << 14;

/// What a match must fulfil.
#[derive(Clone, Copy)]
pub struct Demand {
    /// It must reach the end (`fullmatch`).
    pub whole: bool,
    /// It must not be empty, if it begins where the attempt does.
    pub advance: bool,
}

#[inline(always)]
fn test(sets: &[Set], single: Single, c: u32) -> bool {
    match single {
        Single::Char(wanted) => c == wanted,
        Single::NotChar(not) => c != not,
        Single::Any => c != 10,
        Single::AnyAll => true,
        Single::Set(index) => sets.get(index as usize).is_some_and(|set| set.contains(c)),
    }
}

/// How many characters from the beginning pass the test, `max` at most.
#[inline]
fn run_length<T: Unit>(sets: &[Set], single: Single, text: &[T], max: usize) -> usize {
    let text = &text[..text.len().min(max)];
    match single {
        Single::AnyAll => text.len(),
        Single::Any => T::try_from_code(10).and_then(|lf| T::position(text, lf)).unwrap_or(text.len()),
        Single::Char(wanted) => text.iter().take_while(|c| c.code() == wanted).count(),
        Single::NotChar(not) => {
            T::try_from_code(not).and_then(|not| T::position(text, not)).unwrap_or(text.len())
        }
        Single::Set(index) => match sets.get(index as usize) {
            Some(set) => text.iter().take_while(|c| set.contains(c.code())).count(),
            None => 0,
        },
    }
}

impl Matcher {
    /// A matcher that gives up when `stop` is set.
    pub fn stopped_by(stop: &'static AtomicBool) -> Matcher {
        Matcher { stop: Some(stop), ..Matcher::default() }
    }

    /// Whether the last match or search has failed because it was to stop.
    pub fn was_stopped(&self) -> bool {
        self.stopped
    }

    #[cold]
    fn shall_stop(&mut self) -> bool {
        self.stopped = self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
        self.stopped
    }

    /// Matches at `start`, within the text up to its end.
    pub fn match_at<T: Unit>(&mut self, program: &Program, text: &[T], start: usize, demand: Demand) -> bool {
        self.marks.clear();
        self.marks.resize(program.groups * 2, NOWHERE);
        self.attempt(program, text, start, demand)
    }

    /// Finds the first match from `start` on.
    pub fn search<T: Unit>(&mut self, program: &Program, text: &[T], start: usize, advance: bool) -> bool {
        self.marks.clear();
        self.marks.resize(program.groups * 2, NOWHERE);
        let end = text.len();
        let mut at = start;
        let mut advance = advance;
        loop {
            if at > end || end - at < program.min_width {
                return false;
            }
            let rest = &text[at..];
            let candidate = match &program.search {
                Search::Everywhere => Some(0),
                Search::Beginning => (at == 0).then_some(0),
                Search::Prefix { codes, finder } => find_prefix(rest, codes, finder.as_deref()),
                Search::First { first, few } => match (T::as_bytes(rest), few.as_slice()) {
                    (Some(bytes), [a]) => memchr::memchr(*a, bytes),
                    (Some(bytes), [a, b]) => memchr::memchr2(*a, *b, bytes),
                    (Some(bytes), [a, b, c]) => memchr::memchr3(*a, *b, *c, bytes),
                    _ => rest.iter().position(|c| first.allows(c.code())),
                },
            };
            let Some(candidate) = candidate else { return false };
            at += candidate;
            let demand = Demand { whole: false, advance: advance && at == start };
            if self.attempt(program, text, at, demand) {
                return true;
            }
            if self.stopped {
                return false;
            }
            advance = false;
            at += 1;
        }
    }

    /// One attempt, with all marks unset; they are again where it fails.
    fn attempt<T: Unit>(&mut self, program: &Program, text: &[T], start: usize, demand: Demand) -> bool {
        self.stack.clear();
        self.repeats.clear();
        self.parts.clear();
        self.last_group = 0;
        self.start = start;
        self.stopped = false;
        self.run(program, text, start, demand)
    }

    fn run<T: Unit>(&mut self, program: &Program, text: &[T], start: usize, demand: Demand) -> bool {
        let sets = program.sets.as_slice();
        let instructions = program.instructions.as_slice();
        let end = text.len();
        let mut at = start;
        let mut pc = 0u32;
        let mut current = NO_REPEAT;
        let allows = |first: u32, at: usize| {
            first == NO_FIRST
                || match (text.get(at), program.firsts.get(first as usize)) {
                    (Some(c), Some(first)) => first.allows(c.code()),
                    _ => false,
                }
        };
        'run: loop {
            let Some(inst) = instructions.get(pc as usize) else { return false };
            match *inst {
                Inst::One(single) => {
                    if let Some(c) = text.get(at)
                        && test(sets, single, c.code())
                    {
                        at += 1;
                        pc += 1;
                        continue 'run;
                    }
                }
                Inst::Literal(from, to) => {
                    let wanted = &program.literals[from as usize..to as usize];
                    if let Some(found) = text.get(at..at + wanted.len())
                        && found.iter().zip(wanted).all(|(c, wanted)| c.code() == *wanted)
                    {
                        at += wanted.len();
                        pc += 1;
                        continue 'run;
                    }
                }
                Inst::Mark(index) => {
                    let old = std::mem::replace(&mut self.marks[index as usize], at);
                    self.stack.push(Entry::Mark { index, last_group: self.last_group, old });
                    if index & 1 != 0 {
                        self.last_group = index / 2 + 1;
                    }
                    pc += 1;
                    continue 'run;
                }
                Inst::Jump(target) => {
                    pc = target;
                    continue 'run;
                }
                Inst::Split { first, second, can_first, can_second } => {
                    if allows(can_first, at) {
                        if allows(can_second, at) {
                            self.stack.push(Entry::Way { pc: second, at });
                        }
                        pc = first;
                        continue 'run;
                    }
                    if allows(can_second, at) {
                        pc = second;
                        continue 'run;
                    }
                }
                Inst::Repeat { single, min, max, greed, next } => {
                    let rest = &text[at.min(end)..];
                    let max = if max == MAXREPEAT { usize::MAX } else { max as usize };
                    if greed == Greed::Lazy {
                        let taken = run_length(sets, single, rest, min as usize);
                        if taken >= min as usize {
                            at += taken;
                            let left = if max == usize::MAX { u32::MAX } else { (max - taken) as u32 };
                            self.stack.push(Entry::Grow { pc, at, left });
                            if allows(next, at) {
                                pc += 1;
                                continue 'run;
                            }
                        }
                    } else {
                        let taken = run_length(sets, single, rest, max);
                        if taken >= min as usize {
                            let least = at + min as usize;
                            at += taken;
                            if greed == Greed::Greedy && at > least {
                                self.stack.push(Entry::Shrink { pc, at, least });
                            }
                            if allows(next, at) {
                                pc += 1;
                                continue 'run;
                            }
                        }
                    }
                }
                Inst::At(place) => {
                    if is_at(text, at, place) {
                        pc += 1;
                        continue 'run;
                    }
                }
                Inst::Match => {
                    if !(demand.whole && at != end || demand.advance && at == start) {
                        self.end = at;
                        return true;
                    }
                }
                Inst::Fail => {}
                Inst::Enter { until } => {
                    self.stack.push(Entry::Entered(current));
                    self.repeats.push(Repeat { count: 0, last: NOWHERE, outer: current });
                    current = self.repeats.len() as u32 - 1;
                    if self.until(instructions, until, &mut pc, at, &mut current) {
                        continue 'run;
                    }
                }
                Inst::Until { .. } => {
                    let until = pc;
                    if self.until(instructions, until, &mut pc, at, &mut current) {
                        continue 'run;
                    }
                }
                Inst::Group { group, fold } => {
                    let (from, to) = (self.marks[group as usize * 2], self.marks[group as usize * 2 + 1]);
                    if from != NOWHERE
                        && to != NOWHERE
                        && from <= to
                        && let (Some(wanted), Some(found)) =
                            (text.get(from..to), text.get(at..at + (to - from)))
                    {
                        let equal = match fold {
                            None => wanted == found,
                            Some(words) => wanted
                                .iter()
                                .zip(found)
                                .all(|(a, b)| lower(words, a.code()) == lower(words, b.code())),
                        };
                        if equal {
                            at += to - from;
                            pc += 1;
                            continue 'run;
                        }
                    }
                }
                Inst::IfGroup { group, otherwise } => {
                    let (from, to) = (self.marks[group as usize * 2], self.marks[group as usize * 2 + 1]);
                    pc = if from != NOWHERE && to != NOWHERE && from <= to { pc + 1 } else { otherwise };
                    continue 'run;
                }
                Inst::Begin { kind, back, after } => match at.checked_sub(back as usize) {
                    Some(from) => {
                        self.parts.push((self.stack.len(), at));
                        self.stack.push(Entry::Part { kind, after, at });
                        at = from;
                        pc += 1;
                        continue 'run;
                    }
                    None if kind == Part::AssertNot => {
                        pc = after;
                        continue 'run;
                    }
                    None => {}
                },
                Inst::Finish(kind) => {
                    let Some(&(bottom, began)) = self.parts.last() else { return false };
                    match kind {
                        Part::AssertNot => {
                            // It has matched, so the way that led here fails: undo all of it.
                            while self.stack.len() > bottom {
                                if let Some(entry) = self.stack.pop() {
                                    self.undo(entry, &mut current);
                                }
                            }
                        }
                        Part::Assert | Part::Atomic => {
                            // Other ways are forgotten; what was changed can still be undone.
                            let mut kept = bottom;
                            for index in bottom..self.stack.len() {
                                let entry = self.stack[index];
                                if matches!(
                                    entry,
                                    Entry::Mark { .. }
                                        | Entry::Count { .. }
                                        | Entry::Current(_)
                                        | Entry::Entered(_)
                                ) {
                                    self.stack[kept] = entry;
                                    kept += 1;
                                }
                            }
                            self.stack.truncate(kept);
                            self.parts.pop();
                            if kind == Part::Assert {
                                at = began;
                            }
                            pc += 1;
                            continue 'run;
                        }
                    }
                }
            }
            // This way has failed: the last choice.
            loop {
                let Some(entry) = self.stack.pop() else { return false };
                self.failures = self.failures.wrapping_add(1);
                if self.failures.is_multiple_of(FAILURES_BETWEEN_LOOKS) && self.shall_stop() {
                    return false;
                }
                match entry {
                    Entry::Way { pc: way, at: from } => {
                        pc = way;
                        at = from;
                        continue 'run;
                    }
                    Entry::Shrink { pc: repeat, at: from, least } => {
                        let Some(Inst::Repeat { next, .. }) = instructions.get(repeat as usize) else {
                            return false;
                        };
                        let mut shorter = from;
                        let found = loop {
                            if shorter <= least {
                                break false;
                            }
                            shorter -= 1;
                            if allows(*next, shorter) {
                                break true;
                            }
                        };
                        if found {
                            if shorter > least {
                                self.stack.push(Entry::Shrink { pc: repeat, at: shorter, least });
                            }
                            pc = repeat + 1;
                            at = shorter;
                            continue 'run;
                        }
                    }
                    Entry::Grow { pc: repeat, at: from, left } => {
                        let Some(Inst::Repeat { single, next, .. }) = instructions.get(repeat as usize)
                        else {
                            return false;
                        };
                        let (mut longer, mut left) = (from, left);
                        let found = loop {
                            let more =
                                left > 0 && text.get(longer).is_some_and(|c| test(sets, *single, c.code()));
                            if !more {
                                break false;
                            }
                            longer += 1;
                            if left != u32::MAX {
                                left -= 1;
                            }
                            if allows(*next, longer) {
                                break true;
                            }
                        };
                        if found {
                            self.stack.push(Entry::Grow { pc: repeat, at: longer, left });
                            pc = repeat + 1;
                            at = longer;
                            continue 'run;
                        }
                    }
                    Entry::Leave { repeat, tail, at: from } => {
                        current = self.repeats.get(repeat as usize).map_or(NO_REPEAT, |r| r.outer);
                        self.stack.push(Entry::Current(repeat));
                        pc = tail;
                        at = from;
                        continue 'run;
                    }
                    Entry::Again { repeat, until, at: from } => {
                        let Some(Inst::Until { body, max, .. }) = instructions.get(until as usize) else {
                            return false;
                        };
                        let Some(state) = self.repeats.get_mut(repeat as usize) else { return false };
                        let more = (*max == MAXREPEAT || state.count < *max) && from != state.last;
                        if more {
                            self.stack.push(Entry::Count { repeat, count: state.count, last: state.last });
                            state.count = state.count.saturating_add(1);
                            state.last = from;
                            current = repeat;
                            pc = *body;
                            at = from;
                            continue 'run;
                        }
                    }
                    Entry::Part { kind, after, at: from } => {
                        self.parts.pop();
                        if kind == Part::AssertNot {
                            pc = after;
                            at = from;
                            continue 'run;
                        }
                    }
                    undo => self.undo(undo, &mut current),
                }
            }
        }
    }

    #[inline]
    fn undo(&mut self, entry: Entry, current: &mut u32) {
        match entry {
            Entry::Mark { index, last_group, old } => {
                self.marks[index as usize] = old;
                self.last_group = last_group;
            }
            Entry::Count { repeat, count, last } => {
                if let Some(state) = self.repeats.get_mut(repeat as usize) {
                    state.count = count;
                    state.last = last;
                }
            }
            Entry::Current(repeat) => *current = repeat,
            Entry::Entered(outer) => {
                self.repeats.pop();
                *current = outer;
            }
            Entry::Part { .. } => {
                self.parts.pop();
            }
            _ => {}
        }
    }

    /// Decides at the end of a repetition's body, or before the first time, how to go on; `false` is to fail.
    ///
    /// `count` is how many bodies have begun, the one in progress included.
    fn until(
        &mut self,
        instructions: &[Inst],
        until: u32,
        pc: &mut u32,
        at: usize,
        current: &mut u32,
    ) -> bool {
        let Some(Inst::Until { body, min, max, lazy }) = instructions.get(until as usize).copied() else {
            return false;
        };
        let repeat = *current;
        let Some(state) = self.repeats.get_mut(repeat as usize) else { return false };
        let undo = Entry::Count { repeat, count: state.count, last: state.last };
        if state.count < min {
            state.count += 1;
            self.stack.push(undo);
            *pc = body;
            return true;
        }
        if lazy {
            let outer = state.outer;
            self.stack.push(Entry::Again { repeat, until, at });
            self.stack.push(Entry::Current(repeat));
            *current = outer;
            *pc = until + 1;
            return true;
        }
        if (max == MAXREPEAT || state.count < max) && at != state.last {
            state.count = state.count.saturating_add(1);
            state.last = at;
            self.stack.push(Entry::Leave { repeat, tail: until + 1, at });
            self.stack.push(undo);
            *pc = body;
            return true;
        }
        let outer = state.outer;
        self.stack.push(Entry::Current(repeat));
        *current = outer;
        *pc = until + 1;
        true
    }
}

fn is_at<T: Unit>(text: &[T], at: usize, place: Place) -> bool {
    let code = |index: usize| text.get(index).map(|c| c.code());
    let before = |at: usize| at.checked_sub(1).and_then(code);
    match place {
        Place::Beginning => at == 0,
        Place::BeginningLine => at == 0 || before(at) == Some(10),
        Place::End => at == text.len() || (at + 1 == text.len() && code(at) == Some(10)),
        Place::EndLine => at == text.len() || code(at) == Some(10),
        Place::EndText => at == text.len(),
        Place::Boundary(words, wanted) => {
            if text.is_empty() {
                return false;
            }
            let left = before(at).is_some_and(|c| is_word(words, c));
            let right = code(at).is_some_and(|c| is_word(words, c));
            (left != right) == wanted
        }
    }
}

fn find_prefix<T: Unit>(
    text: &[T],
    codes: &[u32],
    finder: Option<&memchr::memmem::Finder<'static>>,
) -> Option<usize> {
    if let Some(bytes) = T::as_bytes(text) {
        let finder = finder?;
        return match finder.needle() {
            [only] => memchr::memchr(*only, bytes),
            _ => finder.find(bytes),
        };
    }
    let first = T::try_from_code(*codes.first()?)?;
    let mut at = 0;
    while let Some(found) = T::position(text.get(at..)?, first) {
        let candidate = text.get(at + found..at + found + codes.len())?;
        if candidate.iter().zip(codes).all(|(c, wanted)| c.code() == *wanted) {
            return Some(at + found);
        }
        at += found + 1;
    }
    None
}
