//! `frame` objects: what Python code sees of an activation. Attributes are in `types/frame_methods`.

use crate::object::{Ref, Value};
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::weakref::WeakRef;
use std::cell::{Cell, RefCell};

/// An activation as an object, made when somebody asks for it. While the activation lives it is a view of
/// it; when it ends, the object takes over its variables.
pub struct FrameObject {
    /// `f_code`
    pub code: Ref<Code>,
    /// The function that runs.
    pub function: Ref<Function>,
    /// `f_back`, once the activation has ended or while it is suspended; a live one finds it on the stack.
    pub back: RefCell<Option<Ref<FrameObject>>>,
    /// Number of the live activation (see `exec::frame`), 0 when it has ended.
    pub activation: Cell<u64>,
    /// The generator whose activation it is, weakly: a suspended one is not on any stack.
    pub generator: Option<Ref<WeakRef>>,
    /// Offset in bytes of the current instruction, when the activation has ended or is suspended.
    pub lasti: Cell<i32>,
    /// The variables, in the order of the fast locals, when the activation has ended.
    pub values: RefCell<Vec<Value>>,
    /// `f_locals` of module and class bodies, or the snapshot that was last asked for.
    pub locals: RefCell<Option<Value>>,
    /// `f_trace`
    pub trace: RefCell<Value>,
    /// `f_trace_lines`
    pub trace_lines: Cell<bool>,
    /// `f_trace_opcodes`
    pub trace_opcodes: Cell<bool>,
}

crate::payload!(
    FrameObject,
    "frame",
    |f, visit| {
        visit(f.code.as_value());
        visit(f.function.as_value());
        f.generator.iter().for_each(|g| visit(g.as_value()));
        f.back.borrow().iter().for_each(|b| visit(b.as_value()));
        f.values.borrow().iter().for_each(&mut *visit);
        f.locals.borrow().iter().for_each(&mut *visit);
        visit(&f.trace.borrow());
    },
    |f| {
        let old = (f.values.take(), f.locals.take(), f.trace.replace(Value::NONE), f.back.take());
        drop(old);
    }
);

impl FrameObject {
    /// `f_globals`
    pub fn globals(&self) -> &Ref<Dict> {
        &self.function.globals
    }
}

impl Code {
    /// The line of the instruction at an offset in bytes; before the first one, the code's first line.
    pub fn line_at(&self, offset: i32) -> Option<i32> {
        match u32::try_from(offset) {
            Ok(offset) => Some(self.location_at(offset).lineno).filter(|line| *line >= 0),
            Err(_) => Some(self.firstlineno()),
        }
    }
}
