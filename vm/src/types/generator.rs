//! Generators, coroutines and asynchronous generators: the storage. Methods are in `types/generator_methods`.

use crate::exec::frame::SuspendedFrame;
use crate::object::{Ref, Value};
use crate::types::code::Code;
use crate::types::str::Str;
use std::cell::{Cell, RefCell};

/// Where a generator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not started.
    Created,
    /// Waits at a `yield`.
    Suspended,
    /// On some thread's stack.
    Running,
    /// Finished or closed.
    Ended,
}

/// A generator, coroutine or asynchronous generator: a suspended activation.
pub struct Generator {
    /// Where it is.
    pub state: Cell<State>,
    /// The activation, while it is not running.
    pub frame: RefCell<Option<Box<SuspendedFrame>>>,
    /// `gi_code`
    pub code: Ref<Code>,
    /// `__name__`
    pub name: RefCell<Ref<Str>>,
    /// `__qualname__`
    pub qualname: RefCell<Ref<Str>>,
    /// `cr_origin`, and for asynchronous generators the hooks' finaliser; `None` else.
    pub origin_or_finalizer: RefCell<Value>,
    /// An asynchronous generator has called its first-iteration hook.
    pub hooks_inited: Cell<bool>,
    /// An asynchronous generator runs an `asend`, `athrow` or `aclose`.
    pub running_async: Cell<bool>,
    /// An asynchronous generator was closed.
    pub closed: Cell<bool>,
}

crate::payload!(
    Generator,
    "generator",
    |g, visit| {
        visit(g.code.as_value());
        visit(&g.origin_or_finalizer.borrow());
        if let Some(frame) = g.frame.borrow().as_ref() {
            frame.traverse(visit);
        }
    },
    |g| drop(g.frame.take())
);

impl Generator {
    /// A generator object around a suspended activation; its class follows from the code's flags.
    pub fn new(
        code: Ref<Code>,
        name: Ref<Str>,
        qualname: Ref<Str>,
        frame: Box<SuspendedFrame>,
    ) -> Ref<Generator> {
        use pvm_pycfile::code::code_flags;
        let types = crate::interp::current().types();
        let class = if code.has_flag(code_flags::COROUTINE) {
            &types.coroutine
        } else if code.has_flag(code_flags::ASYNC_GENERATOR) {
            &types.async_generator
        } else {
            &types.generator
        };
        let generator = Generator {
            state: Cell::new(State::Created),
            frame: RefCell::new(Some(frame)),
            code,
            name: RefCell::new(name),
            qualname: RefCell::new(qualname),
            origin_or_finalizer: RefCell::new(Value::NONE),
            hooks_inited: Cell::new(false),
            running_async: Cell::new(false),
            closed: Cell::new(false),
        };
        Ref::new(generator, class)
    }
}
