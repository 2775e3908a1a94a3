//! Scanners, and the iterator that `finditer` gives.

use super::matches::Match;
use super::pattern::Pattern;
use super::subject::{Mode, Walk};
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::vm::{PyResult, Vm};
use std::cell::RefCell;

/// A pattern on its way through a string.
pub struct Scanner {
    pattern: Ref<Pattern>,
    walk: RefCell<Walk>,
}

pvm_vm::payload!(
    Scanner,
    "_sre.SRE_Scanner",
    |s, visit| {
        visit(s.pattern.as_value());
        visit(&s.walk.borrow().object);
    },
    |_s| ()
);

impl Scanner {
    /// A scanner for a walk.
    pub fn make(vm: &mut Vm, pattern: &Ref<Pattern>, walk: Walk) -> PyResult {
        let class = class_of::<Scanner>(vm)?;
        Ok(Ref::new(Scanner { pattern: pattern.clone(), walk: RefCell::new(walk) }, &class).into())
    }

    fn advance(&self, vm: &mut Vm, mode: Mode) -> PyResult {
        let Ok(mut walk) = self.walk.try_borrow_mut() else {
            return Err(vm.value_error("regular expression scanner already executing"));
        };
        if walk.next(vm, &self.pattern.program, mode)? {
            Match::of_walk(vm, &self.pattern, &walk)
        } else {
            Ok(Value::NONE)
        }
    }
}

/// Matches a pattern again and again.
#[pvm_vm_macros::pymethods(name = "SRE_Scanner", module = "_sre", flags = NO_INSTANTIATION)]
impl Scanner {
    /// A match where the last one ended, or None.
    #[method(name = "match", sig = "()")]
    fn match_(vm: &mut Vm, this: &Ref<Scanner>) -> PyResult {
        this.advance(vm, Mode::Match)
    }

    /// The next match, or None.
    #[method(sig = "()")]
    fn search(vm: &mut Vm, this: &Ref<Scanner>) -> PyResult {
        this.advance(vm, Mode::Search)
    }

    /// The pattern.
    #[getter]
    fn pattern(&self) -> Value {
        (&self.pattern).into()
    }
}

/// Yields the matches of a pattern.
pub struct MatchIterator(Scanner);

pvm_vm::payload!(
    MatchIterator,
    "callable_iterator",
    |i, visit| {
        visit(i.0.pattern.as_value());
        visit(&i.0.walk.borrow().object);
    },
    |_i| ()
);

impl MatchIterator {
    /// An iterator over a walk.
    pub fn make(vm: &mut Vm, pattern: &Ref<Pattern>, walk: Walk) -> PyResult {
        let class = class_of::<MatchIterator>(vm)?;
        let scanner = Scanner { pattern: pattern.clone(), walk: RefCell::new(walk) };
        Ok(Ref::new(MatchIterator(scanner), &class).into())
    }
}

/// Iterates over matches.
#[pvm_vm_macros::pymethods(name = "callable_iterator", flags = NO_INSTANTIATION)]
impl MatchIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(vm: &mut Vm, this: &Ref<MatchIterator>) -> PyResult<Option<Value>> {
        let found = this.0.advance(vm, Mode::Search)?;
        Ok(if found.is_none() { None } else { Some(found) })
    }
}
