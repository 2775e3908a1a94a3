//! What is searched: a string or bytes.

use super::engine::{Demand, Matcher};
use super::pattern::Pattern;
use super::program::Program;
use pvm_vm::object::{Ref, Value};
use pvm_vm::text::StrRef;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// The text or bytes of an object.
#[derive(Clone)]
pub enum Subject {
    /// A string.
    Str(Ref<Str>),
    /// Bytes, perhaps a copy of those of a buffer.
    Bytes(Ref<Bytes>),
}

/// How a matcher is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// At the position.
    Match,
    /// At the position, up to the end.
    FullMatch,
    /// At the position or later.
    Search,
}

impl Subject {
    /// The subject that an object is; must be of the pattern's kind.
    pub fn new(vm: &mut Vm, pattern: &Pattern, object: &Value) -> PyResult<Subject> {
        if let Some(text) = object.downcast_ref::<Str>() {
            if pattern.is_bytes == Some(true) {
                return Err(vm.type_error("cannot use a bytes pattern on a string-like object"));
            }
            return Ok(Subject::Str(text.clone()));
        }
        if !vm.is_bytes_like(object) {
            let class = object.class().name();
            return Err(vm.type_error(format!("expected string or bytes-like object, got '{class}'")));
        }
        if pattern.is_bytes == Some(false) {
            return Err(vm.type_error("cannot use a string pattern on a bytes-like object"));
        }
        Ok(Subject::Bytes(match object.downcast_ref::<Bytes>() {
            Some(bytes) => bytes.clone(),
            None => Bytes::new(vm.bytes_of(object)?),
        }))
    }

    /// The number of characters or bytes.
    pub fn len(&self) -> usize {
        match self {
            Subject::Str(text) => text.len(),
            Subject::Bytes(bytes) => bytes.as_slice().len(),
        }
    }

    /// A part of it, as an object.
    pub fn part(&self, start: usize, end: usize) -> Value {
        match self {
            Subject::Str(text) => {
                if start == 0 && end == text.len() && text.class().is(&pvm_vm::interp::current().types().str)
                {
                    return text.into();
                }
                Str::from_part(text.as_ref().view(start..end)).into()
            }
            Subject::Bytes(bytes) => {
                let slice = bytes.as_slice();
                if start == 0
                    && end == slice.len()
                    && bytes.class().is(&pvm_vm::interp::current().types().bytes)
                {
                    return bytes.into();
                }
                Bytes::new(slice.get(start..end).unwrap_or(&[])).into()
            }
        }
    }

    /// The text as the engine's view; bytes are shown as Latin-1.
    pub fn view(&self) -> StrRef<'_> {
        match self {
            Subject::Str(text) => text.as_ref(),
            Subject::Bytes(bytes) => StrRef::Latin1(bytes.as_slice()),
        }
    }

    /// Runs a program from `start` on, in the text up to `end`.
    pub fn run(
        &self,
        program: &Program,
        matcher: &mut Matcher,
        mode: Mode,
        start: usize,
        end: usize,
        advance: bool,
    ) -> bool {
        let text = self.view().view(0..end);
        let demand = Demand { whole: mode == Mode::FullMatch, advance };
        macro_rules! run {
            ($units:expr) => {
                match mode {
                    Mode::Search => matcher.search(program, $units, start, advance),
                    _ => matcher.match_at(program, $units, start, demand),
                }
            };
        }
        match text {
            StrRef::Ascii(units) | StrRef::Latin1(units) => run!(units),
            StrRef::Ucs2(units) => run!(units),
            StrRef::Ucs4(units) => run!(units),
        }
    }
}

/// A search in progress, for what goes through all matches of a subject.
pub struct Walk {
    /// The object that is searched.
    pub object: Value,
    /// Its text or bytes.
    pub subject: Subject,
    /// Where it began.
    pub pos: usize,
    /// Where it ends.
    pub endpos: usize,
    /// The matcher, which holds the last match.
    pub matcher: Matcher,
    at: usize,
    advance: bool,
}

impl Walk {
    /// A walk within [pos:endpos].
    pub fn new(vm: &mut Vm, pattern: &Pattern, object: &Value, pos: i64, endpos: i64) -> PyResult<Walk> {
        let subject = Subject::new(vm, pattern, object)?;
        let len = subject.len();
        let clamp = |i: i64| usize::try_from(i).unwrap_or(0).min(len);
        let (pos, endpos) = (clamp(pos), clamp(endpos));
        let walk = Walk {
            object: object.clone(),
            subject,
            pos,
            endpos,
            matcher: Matcher::stopped_by(&vm.interp.lock.signalled),
            at: pos,
            advance: false,
        };
        Ok(walk)
    }

    /// The next match, into [`Walk::matcher`].
    pub fn next(&mut self, vm: &mut Vm, program: &Program, mode: Mode) -> PyResult<bool> {
        if self.at > self.endpos {
            return Ok(false);
        }
        let mut found;
        loop {
            found = self.subject.run(program, &mut self.matcher, mode, self.at, self.endpos, self.advance);
            if !self.matcher.was_stopped() {
                break;
            }
            // A signal has come in. Where its handler does not raise, the attempt begins anew.
            vm.check_signals()?;
        }
        if found {
            self.advance = self.matcher.end == self.matcher.start;
            self.at = self.matcher.end;
        } else {
            self.at = usize::MAX;
        }
        Ok(found)
    }

    /// A group of the last match; `None` where it did not take part.
    pub fn group(&self, group: usize) -> Option<(usize, usize)> {
        span_of(&self.matcher, group)
    }
}

/// Where a group of a match lies.
pub fn span_of(matcher: &Matcher, group: usize) -> Option<(usize, usize)> {
    let Some(index) = group.checked_sub(1) else { return Some((matcher.start, matcher.end)) };
    let (start, end) = (*matcher.marks.get(index * 2)?, *matcher.marks.get(index * 2 + 1)?);
    (start <= end && end != super::engine::NOWHERE && start != super::engine::NOWHERE).then_some((start, end))
}
