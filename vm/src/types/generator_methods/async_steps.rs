//! The awaitables that asynchronous generators give: `asend()`, `athrow()` and `aclose()`.

use super::async_generator::{is_wrapped, unwrap_step};
use super::send_step;
use super::throw::{Thrown, throw_step};
use crate::exec::generator::Step;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Ref, Value};
use crate::types::exception::Exception;
use crate::types::generator::{Generator, State};
use crate::types::init::class_of;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// How far an awaitable is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Created,
    Awaited,
    Closed,
}

/// The end of a native iterator's `next`, from the result of `send`.
fn to_next(vm: &mut Vm, result: PyResult) -> PyResult<Option<Value>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(raised) if raised.is(&vm.types().exceptions.stop_iteration) => {
            vm.stop = Some(raised);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// `asend(value)` or `__anext__()` of an asynchronous generator.
pub struct AsyncSend {
    generator: Ref<Generator>,
    value: Value,
    progress: Cell<Progress>,
}

crate::payload!(
    AsyncSend,
    "async_generator_asend",
    |a, visit| {
        visit(a.generator.as_value());
        visit(&a.value);
    },
    |_a| ()
);

impl AsyncSend {
    pub(super) fn create(vm: &mut Vm, generator: Ref<Generator>, value: Value) -> PyResult {
        let class = class_of::<AsyncSend>(vm)?;
        let awaitable = AsyncSend { generator, value, progress: Cell::new(Progress::Created) };
        Ok(Ref::new(awaitable, &class).into())
    }

    fn check_open(&self, vm: &mut Vm) -> PyResult<()> {
        if self.progress.get() == Progress::Closed {
            return Err(vm.runtime_error("cannot reuse already awaited __anext__()/asend()"));
        }
        Ok(())
    }

    fn send_value(&self, vm: &mut Vm, value: Value) -> PyResult {
        self.check_open(vm)?;
        let mut value = value;
        if self.progress.get() == Progress::Created {
            if self.generator.running_async.get() {
                return Err(vm.runtime_error("anext(): asynchronous generator is already running"));
            }
            if value.is_none() {
                value = self.value.clone();
            }
            self.progress.set(Progress::Awaited);
        }
        self.generator.running_async.set(true);
        let step = send_step(vm, &self.generator, value);
        self.finish(vm, step)
    }

    fn finish(&self, vm: &mut Vm, step: PyResult<Step>) -> PyResult {
        let result = unwrap_step(vm, &self.generator, step);
        if result.is_err() {
            self.progress.set(Progress::Closed);
        }
        result
    }
}

#[pymethods(name = "async_generator_asend", flags = flag::NO_INSTANTIATION)]
impl AsyncSend {
    #[slot(iter)]
    #[slot(await_)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<AsyncSend>) -> PyResult<Option<Value>> {
        let result = this.send_value(vm, Value::NONE);
        to_next(vm, result)
    }

    /// send(arg) -> send 'arg' into generator,
    /// return next yielded value or raise StopIteration.
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<AsyncSend>, value: Value) -> PyResult {
        this.send_value(vm, value)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn throw(vm: &mut Vm, this: &Ref<AsyncSend>, args: Args<'_>) -> PyResult {
        this.check_open(vm)?;
        let thrown = Thrown::bind(vm, "throw", args)?;
        Thrown::check_signature(vm, "throw", args)?;
        let step = throw_step(vm, &this.generator, thrown, true);
        this.finish(vm, step)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method(sig = "")]
    fn close(this: &Ref<AsyncSend>) {
        this.progress.set(Progress::Closed);
    }
}

/// `athrow(…)` or, without arguments, `aclose()` of an asynchronous generator.
pub struct AsyncThrow {
    generator: Ref<Generator>,
    args: Option<Vec<Value>>,
    progress: Cell<Progress>,
}

crate::payload!(
    AsyncThrow,
    "async_generator_athrow",
    |a, visit| {
        visit(a.generator.as_value());
        a.args.iter().flatten().for_each(&mut *visit);
    },
    |_a| ()
);

impl AsyncThrow {
    pub(super) fn create(vm: &mut Vm, generator: Ref<Generator>, args: Option<Vec<Value>>) -> PyResult {
        let class = class_of::<AsyncThrow>(vm)?;
        let awaitable = AsyncThrow { generator, args, progress: Cell::new(Progress::Created) };
        Ok(Ref::new(awaitable, &class).into())
    }

    fn check_open(&self, vm: &mut Vm) -> PyResult<()> {
        if self.progress.get() == Progress::Closed {
            return Err(vm.runtime_error("cannot reuse already awaited aclose()/athrow()"));
        }
        Ok(())
    }

    fn close_now(&self) {
        self.generator.running_async.set(false);
        self.progress.set(Progress::Closed);
    }

    fn send_value(&self, vm: &mut Vm, value: Value) -> PyResult {
        self.check_open(vm)?;
        if self.generator.state.get() == State::Ended {
            self.progress.set(Progress::Closed);
            return Err(vm.stop_iteration(Value::NONE));
        }
        let step = if self.progress.get() == Progress::Created {
            self.begin(vm, value)?
        } else {
            send_step(vm, &self.generator, value)
        };
        self.finish(vm, step)
    }

    /// The first step: the exception is raised in the generator.
    fn begin(&self, vm: &mut Vm, value: Value) -> PyResult<PyResult<Step>> {
        let generator = &self.generator;
        if generator.running_async.get() {
            self.progress.set(Progress::Closed);
            let what = if self.args.is_some() { "athrow" } else { "aclose" };
            return Err(vm.runtime_error(format!("{what}(): asynchronous generator is already running")));
        }
        if generator.closed.get() {
            self.progress.set(Progress::Closed);
            let class = vm.types().exceptions.stop_async_iteration.clone();
            return Err(vm.new_error_with(&class, &[]));
        }
        if !value.is_none() {
            return Err(vm.runtime_error("can't send non-None value to a just-started coroutine"));
        }
        self.progress.set(Progress::Awaited);
        generator.running_async.set(true);
        let thrown = match &self.args {
            Some(args) => match Thrown::bind(vm, "athrow", Args::positional(args)) {
                Ok(thrown) => thrown,
                Err(raised) => return Ok(Err(raised)),
            },
            None => {
                generator.closed.set(true);
                let exit = Exception::new(&vm.types().exceptions.generator_exit, Vec::new());
                Thrown::exactly(&Raised(exit))
            }
        };
        Ok(throw_step(vm, generator, thrown, false))
    }

    /// What a step means for whoever awaits.
    fn finish(&self, vm: &mut Vm, step: PyResult<Step>) -> PyResult {
        if self.args.is_some() {
            let result = unwrap_step(vm, &self.generator, step);
            if result.is_err() {
                self.close_now();
            }
            return result;
        }
        if is_wrapped(&step) {
            self.close_now();
            return Err(vm.runtime_error("async generator ignored GeneratorExit"));
        }
        let raised = match step {
            Ok(Step::Yielded(value)) => return Ok(value),
            Ok(Step::Returned(value)) => super::throw::end(vm, &self.generator, value),
            Err(raised) => raised,
        };
        self.close_now();
        let exceptions = &vm.types().exceptions;
        if raised.is(&exceptions.stop_async_iteration) || raised.is(&exceptions.generator_exit) {
            // That is how a generator closes.
            return Err(vm.stop_iteration(Value::NONE));
        }
        Err(raised)
    }
}

#[pymethods(name = "async_generator_athrow", flags = flag::NO_INSTANTIATION)]
impl AsyncThrow {
    #[slot(iter)]
    #[slot(await_)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<AsyncThrow>) -> PyResult<Option<Value>> {
        let result = this.send_value(vm, Value::NONE);
        to_next(vm, result)
    }

    /// send(arg) -> send 'arg' into generator,
    /// return next yielded value or raise StopIteration.
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<AsyncThrow>, value: Value) -> PyResult {
        this.send_value(vm, value)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn throw(vm: &mut Vm, this: &Ref<AsyncThrow>, args: Args<'_>) -> PyResult {
        this.check_open(vm)?;
        let thrown = Thrown::bind(vm, "throw", args)?;
        Thrown::check_signature(vm, "throw", args)?;
        let step = throw_step(vm, &this.generator, thrown, true);
        this.finish(vm, step)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method(sig = "")]
    fn close(this: &Ref<AsyncThrow>) {
        this.progress.set(Progress::Closed);
    }
}
