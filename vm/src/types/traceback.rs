//! `traceback` objects. Attributes are in `types/frame_methods`.

use crate::object::{Ref, Value};
use crate::types::frame::FrameObject;
use std::cell::{Cell, RefCell};

/// One level of a traceback.
pub struct Traceback {
    /// `tb_next`: the level that was called.
    pub next: RefCell<Option<Ref<Traceback>>>,
    /// `tb_frame`
    pub frame: Ref<FrameObject>,
    /// `tb_lasti`: offset in bytes of the instruction that raised.
    pub lasti: i32,
    /// `tb_lineno`; -1 to compute it from `lasti`.
    pub lineno: Cell<i32>,
}

crate::payload!(
    Traceback,
    "traceback",
    |t, visit| {
        visit(t.frame.as_value());
        t.next.borrow().iter().for_each(|n| visit(n.as_value()));
    },
    |t| drop(t.next.take())
);

impl Traceback {
    /// A level in front of `next`.
    pub fn new(
        frame: Ref<FrameObject>,
        lasti: i32,
        lineno: i32,
        next: Option<Ref<Traceback>>,
    ) -> Ref<Traceback> {
        let traceback = Traceback { next: RefCell::new(next), frame, lasti, lineno: Cell::new(lineno) };
        Ref::new(traceback, &crate::interp::current().types().traceback)
    }

    /// The line, counted from 1; `None` where the instruction has none.
    pub fn line(&self) -> Option<i32> {
        match self.lineno.get() {
            -1 => self.frame.code.line_at(self.lasti),
            line => Some(line),
        }
    }

    /// The line as a value.
    pub fn line_value(&self) -> Value {
        self.line().into()
    }
}
