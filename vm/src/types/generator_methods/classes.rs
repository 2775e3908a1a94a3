//! The classes `generator`, `coroutine`, `coroutine_wrapper` and `anext_awaitable`.

use super::{checked_name, close, finalize, frame_of, next_slot, repr, send, throw};
use crate::exec::generator::delegate;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::code::Code;
use crate::types::frame::FrameObject;
use crate::types::generator::{Generator, State};
use crate::types::init::class_of;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

const FLAGS: u32 = flag::HAS_WEAKREF | flag::NO_INSTANTIATION;

#[pymethods(name = "generator", flags = FLAGS, extend = extend_generator, accepts = is_generator)]
impl Generator {
    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<Generator>) -> PyResult {
        Ok(repr(this, "generator"))
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    /// send(arg) -> send 'arg' into generator,
    /// return next yielded value or raise StopIteration.
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<Generator>, value: Value) -> PyResult {
        send(vm, this, value)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn throw(vm: &mut Vm, this: &Ref<Generator>, args: Args<'_>) -> PyResult {
        throw(vm, this, args)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method(sig = "")]
    fn close(vm: &mut Vm, this: &Ref<Generator>) -> PyResult<()> {
        close(vm, this)
    }

    /// gen.__sizeof__() -> size of gen in memory, in bytes
    #[method(name = "__sizeof__", sig = "")]
    fn sizeof(this: &Ref<Generator>) -> usize {
        sizeof(this)
    }

    #[getter(name = "__name__", doc = "name of the generator")]
    fn name_attribute(this: &Ref<Generator>) -> Ref<Str> {
        this.name.borrow().clone()
    }

    #[setter(name = "__name__")]
    fn set_name(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
        set_name(vm, this, value)
    }

    #[getter(name = "__qualname__", doc = "qualified name of the generator")]
    fn qualname_attribute(this: &Ref<Generator>) -> Ref<Str> {
        this.qualname.borrow().clone()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
        set_qualname(vm, this, value)
    }

    #[getter(doc = "object being iterated by yield from, or None")]
    fn gi_yieldfrom(this: &Ref<Generator>) -> Option<Value> {
        delegate(this)
    }

    #[getter]
    fn gi_running(this: &Ref<Generator>) -> bool {
        this.state.get() == State::Running
    }

    #[getter]
    fn gi_frame(vm: &mut Vm, this: &Ref<Generator>) -> Option<Ref<FrameObject>> {
        frame_of(vm, this)
    }

    #[getter]
    fn gi_suspended(this: &Ref<Generator>) -> bool {
        this.state.get() == State::Suspended
    }

    #[getter]
    fn gi_code(this: &Ref<Generator>) -> Ref<Code> {
        this.code.clone()
    }
}

fn is_generator(value: &Value) -> bool {
    value.class().is(&crate::interp::current().types().generator)
}

fn extend_generator(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.next.set(Some(next_slot));
    class.slots.finalize.set(Some(finalize));
    Ok(())
}

pub(super) fn sizeof(this: &Ref<Generator>) -> usize {
    let registers = this.frame.borrow().as_ref().map_or(0, |frame| frame.registers().len());
    size_of::<Generator>() + registers * size_of::<Value>()
}

pub(super) fn set_name(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
    let name = checked_name(vm, "__name__", value)?;
    let old = this.name.replace(name);
    drop(old);
    Ok(())
}

pub(super) fn set_qualname(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
    let name = checked_name(vm, "__qualname__", value)?;
    let old = this.qualname.replace(name);
    drop(old);
    Ok(())
}

/// `coroutine`
pub struct Coroutine;

#[pymethods(name = "coroutine", payload = Generator, flags = FLAGS, extend = extend_coroutine, accepts = is_coroutine)]
impl Coroutine {
    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<Generator>) -> PyResult {
        Ok(repr(this, "coroutine"))
    }

    #[slot(await_)]
    fn await_slot(vm: &mut Vm, this: &Ref<Generator>) -> PyResult {
        let class = class_of::<CoroutineWrapper>(vm)?;
        Ok(Ref::new(CoroutineWrapper { coroutine: this.clone() }, &class).into())
    }

    /// send(arg) -> send 'arg' into coroutine,
    /// return next iterated value or raise StopIteration.
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<Generator>, value: Value) -> PyResult {
        send(vm, this, value)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn throw(vm: &mut Vm, this: &Ref<Generator>, args: Args<'_>) -> PyResult {
        throw(vm, this, args)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method(sig = "")]
    fn close(vm: &mut Vm, this: &Ref<Generator>) -> PyResult<()> {
        close(vm, this)
    }

    /// gen.__sizeof__() -> size of gen in memory, in bytes
    #[method(name = "__sizeof__", sig = "")]
    fn sizeof(this: &Ref<Generator>) -> usize {
        sizeof(this)
    }

    #[getter(name = "__name__", doc = "name of the coroutine")]
    fn name_attribute(this: &Ref<Generator>) -> Ref<Str> {
        this.name.borrow().clone()
    }

    #[setter(name = "__name__")]
    fn set_name(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
        set_name(vm, this, value)
    }

    #[getter(name = "__qualname__", doc = "qualified name of the coroutine")]
    fn qualname_attribute(this: &Ref<Generator>) -> Ref<Str> {
        this.qualname.borrow().clone()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
        set_qualname(vm, this, value)
    }

    #[getter(doc = "object being awaited on, or None")]
    fn cr_await(this: &Ref<Generator>) -> Option<Value> {
        delegate(this)
    }

    #[getter]
    fn cr_running(this: &Ref<Generator>) -> bool {
        this.state.get() == State::Running
    }

    #[getter]
    fn cr_frame(vm: &mut Vm, this: &Ref<Generator>) -> Option<Ref<FrameObject>> {
        frame_of(vm, this)
    }

    #[getter]
    fn cr_code(this: &Ref<Generator>) -> Ref<Code> {
        this.code.clone()
    }

    #[getter]
    fn cr_suspended(this: &Ref<Generator>) -> bool {
        this.state.get() == State::Suspended
    }

    #[getter]
    fn cr_origin(this: &Ref<Generator>) -> Value {
        this.origin_or_finalizer.borrow().clone()
    }
}

fn is_coroutine(value: &Value) -> bool {
    value.class().is(&crate::interp::current().types().coroutine)
}

fn extend_coroutine(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.finalize.set(Some(finalize));
    crate::types::descriptor::MemberDescriptor::replace_getsets(class, &["cr_origin"]);
    Ok(())
}

/// The iterator that a coroutine's `__await__` gives.
pub struct CoroutineWrapper {
    coroutine: Ref<Generator>,
}

crate::payload!(CoroutineWrapper, "coroutine_wrapper", |w, visit| visit(w.coroutine.as_value()), |_w| ());

/// A wrapper object implementing __await__ for coroutines.
#[pymethods(name = "coroutine_wrapper", flags = flag::NO_INSTANTIATION)]
impl CoroutineWrapper {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<CoroutineWrapper>) -> PyResult<Option<Value>> {
        next_slot(vm, this.coroutine.as_value())
    }

    /// send(arg) -> send 'arg' into coroutine,
    /// return next iterated value or raise StopIteration.
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<CoroutineWrapper>, value: Value) -> PyResult {
        send(vm, &this.coroutine, value)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn throw(vm: &mut Vm, this: &Ref<CoroutineWrapper>, args: Args<'_>) -> PyResult {
        throw(vm, &this.coroutine, args)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method(sig = "")]
    fn close(vm: &mut Vm, this: &Ref<CoroutineWrapper>) -> PyResult<()> {
        close(vm, &this.coroutine)
    }
}

/// What `anext(iterator, default)` gives.
pub struct AnextAwaitable {
    wrapped: Value,
    default: Value,
}

crate::payload!(
    AnextAwaitable,
    "anext_awaitable",
    |a, visit| {
        visit(&a.wrapped);
        visit(&a.default);
    },
    |_a| ()
);

impl AnextAwaitable {
    /// Awaits `wrapped`; where that raises `StopAsyncIteration`, gives `default`.
    pub fn create(vm: &mut Vm, wrapped: Value, default: Value) -> PyResult {
        let class = class_of::<AnextAwaitable>(vm)?;
        Ok(Ref::new(AnextAwaitable { wrapped, default }, &class).into())
    }

    fn iterator(&self, vm: &mut Vm) -> PyResult {
        let iterator = vm.awaitable_iterator(&self.wrapped)?;
        if iterator.class().slots.next.get().is_some() {
            return Ok(iterator);
        }
        // A coroutine: its wrapper is an iterator.
        match iterator.class().slots.await_.get() {
            Some(await_) => await_(vm, &iterator),
            None => Ok(iterator),
        }
    }

    /// Puts the default in the place of the end.
    fn default_at_end(&self, vm: &mut Vm, result: PyResult) -> PyResult {
        match result {
            Err(raised) if raised.is(&vm.types().exceptions.stop_async_iteration) => {
                Err(vm.stop_iteration(self.default.clone()))
            }
            other => other,
        }
    }

    fn proxy(&self, vm: &mut Vm, name: &str, args: &[Value]) -> PyResult {
        let iterator = self.iterator(vm)?;
        let result = vm.call_method_str(&iterator, name, args);
        self.default_at_end(vm, result)
    }
}

#[pymethods(name = "anext_awaitable", flags = flag::NO_INSTANTIATION)]
impl AnextAwaitable {
    #[slot(iter)]
    #[slot(await_)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<AnextAwaitable>) -> PyResult<Option<Value>> {
        let iterator = this.iterator(vm)?;
        let result = super::next_with_value(vm, &iterator);
        match this.default_at_end(vm, result) {
            Ok(value) => Ok(Some(value)),
            Err(raised) if raised.is(&vm.types().exceptions.stop_iteration) => {
                vm.stop = Some(raised);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// send(arg) -> send 'arg' into the wrapped iterator,
    /// return next yielded value or raise StopIteration.
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<AnextAwaitable>, value: Value) -> PyResult {
        this.proxy(vm, "send", &[value])
    }

    /// throw(value)
    /// throw(typ[,val[,tb]])
    ///
    /// raise exception in the wrapped iterator, return next yielded value
    /// or raise StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn throw(vm: &mut Vm, this: &Ref<AnextAwaitable>, args: Args<'_>) -> PyResult {
        this.proxy(vm, "throw", args.values)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method(sig = "")]
    fn close(vm: &mut Vm, this: &Ref<AnextAwaitable>) -> PyResult {
        this.proxy(vm, "close", &[])
    }
}
