//! `throw` and `close`: exceptions that are raised where a generator waits.

use super::{already_executing, end_of, kind_of, step_to_result};
use crate::exec::generator::{Resume, Step, delegate, delegating, discard, resume};
use crate::native::Args;
use crate::object::{Class, Ref, Value};
use crate::types::exception::Exception;
use crate::types::generator::{Generator, State};
use crate::types::traceback::Traceback;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};

/// The arguments of `throw`: exception or class, value, traceback.
pub struct Thrown {
    kind: Value,
    value: Option<Value>,
    traceback: Option<Value>,
}

impl Thrown {
    /// Binds the arguments of `throw` or `athrow`; more than one is deprecated.
    pub fn bind(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult<Thrown> {
        if !args.names.is_empty() {
            return Err(vm.type_error(format!("{name}() takes no keyword arguments")));
        }
        let given = args.values.len();
        if given == 0 {
            return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0")));
        }
        if given > 3 {
            return Err(vm.type_error(format!("{name} expected at most 3 arguments, got {given}")));
        }
        Ok(Thrown {
            kind: args.values[0].clone(),
            value: args.values.get(1).cloned(),
            traceback: args.values.get(2).cloned(),
        })
    }

    /// Warns of the signature with more than one argument.
    pub fn check_signature(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult<()> {
        if args.values.len() < 2 {
            return Ok(());
        }
        let category = vm.types().exceptions.deprecation_warning.clone();
        let message = format!(
            "the (type, exc, tb) signature of {name}() is deprecated, use the single-arg signature instead."
        );
        vm.warn(&category, &message, 1)
    }

    /// For an exception that is there already.
    pub fn exactly(raised: &Raised) -> Thrown {
        Thrown { kind: raised.value(), value: None, traceback: None }
    }

    fn as_arguments(&self) -> Vec<Value> {
        let mut all = vec![self.kind.clone()];
        all.extend(self.value.clone());
        all.extend(self.traceback.clone());
        all
    }

    /// Whether it is a `GeneratorExit`.
    fn is_exit(&self, vm: &Vm) -> bool {
        let exit = &vm.types().exceptions.generator_exit;
        match self.kind.downcast_ref::<Class>() {
            Some(class) => class.is_subclass(exit),
            None => self.kind.class().is_subclass(exit),
        }
    }

    /// The exception, made from its class where only that was given.
    fn into_raised(self, vm: &mut Vm) -> PyResult<Raised> {
        let traceback = match self.traceback.filter(|t| !t.is_none()) {
            None => None,
            Some(value) => match value.downcast::<Traceback>() {
                Ok(traceback) => Some(traceback),
                Err(_) => {
                    return Err(vm.type_error("throw() third argument must be a traceback object"));
                }
            },
        };
        let value = self.value.filter(|v| !v.is_none());
        let base = vm.types().exceptions.base_exception.clone();
        let raised = match self.kind.downcast_ref::<Class>().filter(|c| c.is_subclass(&base)) {
            Some(class) => match value {
                Some(instance) if instance.class().is_subclass(class) && instance.holds::<Exception>() => {
                    exception(vm, instance)?
                }
                Some(value) => match value.downcast_ref::<Tuple>() {
                    Some(args) => vm.new_error_with(class, args.as_slice()),
                    None => vm.new_error_with(class, &[value]),
                },
                None => vm.new_error_with(class, &[]),
            },
            None if self.kind.holds::<Exception>() => {
                if value.is_some() {
                    return Err(vm.type_error("instance exception may not have a separate value"));
                }
                exception(vm, self.kind)?
            }
            None => {
                let found = self.kind.class().name();
                return Err(vm.type_error(format!(
                    "exceptions must be classes or instances deriving from BaseException, not {found}"
                )));
            }
        };
        if let Some(traceback) = traceback {
            let old = raised.0.traceback.replace(Some(traceback));
            drop(old);
        }
        Ok(raised)
    }
}

fn exception(vm: &mut Vm, value: Value) -> PyResult<Raised> {
    match value.downcast::<Exception>() {
        Ok(exception) => Ok(Raised(exception)),
        Err(_) => Err(vm.system_error("not an exception")),
    }
}

/// Raises an exception where the generator waits, or in whatever it delegates to. `close_on_exit`: a `GeneratorExit` closes
/// the delegate first.
pub fn throw_step(
    vm: &mut Vm,
    generator: &Ref<Generator>,
    thrown: Thrown,
    close_on_exit: bool,
) -> PyResult<Step> {
    if let Some(inner) = delegate(generator) {
        let outcome = throw_into_delegate(vm, generator, &inner, &thrown, close_on_exit)?;
        match outcome {
            Delegated::Yielded(value) => return Ok(Step::Yielded(value)),
            Delegated::Raised(raised) => return resume_raising(vm, generator, raised),
            Delegated::None => {}
        }
    }
    let raised = thrown.into_raised(vm)?;
    resume_raising(vm, generator, raised)
}

/// Resumes with an exception, checking the state.
fn resume_raising(vm: &mut Vm, generator: &Ref<Generator>, raised: Raised) -> PyResult<Step> {
    match generator.state.get() {
        State::Running => Err(already_executing(vm, generator)),
        State::Ended => {
            if generator.class().is(&vm.types().coroutine) {
                return Err(vm.runtime_error("cannot reuse already awaited coroutine"));
            }
            Err(raised)
        }
        State::Created | State::Suspended => resume(vm, generator, Resume::Throw(raised)),
    }
}

enum Delegated {
    /// The delegate has yielded: so does the generator.
    Yielded(Value),
    /// The delegate has ended, by raising or (as a `StopIteration`) by returning.
    Raised(Raised),
    /// The exception goes to the generator itself.
    None,
}

fn throw_into_delegate(
    vm: &mut Vm,
    generator: &Ref<Generator>,
    inner: &Value,
    thrown: &Thrown,
    close_on_exit: bool,
) -> PyResult<Delegated> {
    if close_on_exit && thrown.is_exit(vm) {
        let closed = delegating(vm, generator, |vm| close_iterator(vm, inner));
        return Ok(match closed {
            Ok(()) => Delegated::None,
            Err(raised) => Delegated::Raised(raised),
        });
    }
    let again = || Thrown {
        kind: thrown.kind.clone(),
        value: thrown.value.clone(),
        traceback: thrown.traceback.clone(),
    };
    let result = match inner.downcast_ref::<Generator>() {
        Some(nested) if !inner.class().is(&vm.types().async_generator) => {
            delegating(vm, generator, |vm| throw_step(vm, nested, again(), close_on_exit))
        }
        _ => {
            let name = vm.names().throw.clone();
            let Some(method) = vm.lookup_attr(inner, &name)? else { return Ok(Delegated::None) };
            let args = thrown.as_arguments();
            delegating(vm, generator, |vm| vm.call(&method, &args).map(Step::Yielded))
        }
    };
    Ok(match result {
        Ok(Step::Yielded(value)) => Delegated::Yielded(value),
        Ok(Step::Returned(value)) => Delegated::Raised(vm.stop_iteration(value)),
        Err(raised) => Delegated::Raised(raised),
    })
}

/// `generator.throw(…)`
pub fn throw(vm: &mut Vm, generator: &Ref<Generator>, args: Args<'_>) -> PyResult {
    let thrown = Thrown::bind(vm, "throw", args)?;
    Thrown::check_signature(vm, "throw", args)?;
    let step = throw_step(vm, generator, thrown, true)?;
    step_to_result(vm, generator, step)
}

/// Closes what a generator delegates to.
fn close_iterator(vm: &mut Vm, iterator: &Value) -> PyResult<()> {
    let types = vm.types();
    if let Some(generator) = iterator.downcast_ref::<Generator>()
        && !iterator.class().is(&types.async_generator)
    {
        return close(vm, generator);
    }
    let name = vm.names().close.clone();
    match vm.lookup_attr(iterator, &name) {
        Ok(Some(method)) => vm.call(&method, &[]).map(drop),
        Ok(None) => Ok(()),
        Err(raised) => {
            vm.write_unraisable(raised, None, Some(iterator));
            Ok(())
        }
    }
}

/// `generator.close()`
pub fn close(vm: &mut Vm, generator: &Ref<Generator>) -> PyResult<()> {
    match generator.state.get() {
        State::Ended => return Ok(()),
        State::Created => {
            discard(generator);
            return Ok(());
        }
        State::Running => return Err(already_executing(vm, generator)),
        State::Suspended => {}
    }
    let mut raised = None;
    if let Some(inner) = delegate(generator) {
        raised = delegating(vm, generator, |vm| close_iterator(vm, &inner)).err();
    }
    let raised = match raised {
        Some(raised) => raised,
        None => Raised(Exception::new(&vm.types().exceptions.generator_exit, Vec::new())),
    };
    match resume_raising(vm, generator, raised) {
        Ok(Step::Yielded(_)) => {
            let kind = kind_of(vm, generator);
            Err(vm.runtime_error(format!("{kind} ignored GeneratorExit")))
        }
        Ok(Step::Returned(_)) => Ok(()),
        Err(raised) => {
            let exceptions = &vm.types().exceptions;
            if raised.is(&exceptions.generator_exit) || raised.is(&exceptions.stop_iteration) {
                Ok(())
            } else {
                Err(raised)
            }
        }
    }
}

/// The end of an asynchronous generator, for whoever drives one by steps.
pub fn end(vm: &mut Vm, generator: &Ref<Generator>, value: Value) -> Raised {
    end_of(vm, generator, value)
}
