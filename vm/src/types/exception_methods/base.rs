//! `BaseException`.

use super::no_keywords;
use crate::interp;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value, attributes};
use crate::protocol::attributes::{generic_get_attr, generic_set_attr};
use crate::types::dict::Dict;
use crate::types::exception::Exception;
use crate::types::init::GetSet;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::traceback::Traceback;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// The declaration of `BaseException`; its instances hold an [`Exception`], like those of all its subclasses.
pub struct BaseException;

/// `BaseException.__new__`
pub fn base_new(_vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
    let args = Tuple::new(args.pos().iter().cloned());
    Ok(Ref::new(Exception::payload(args), class).into())
}

/// `BaseException.__init__`
pub fn base_init(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult<()> {
    no_keywords(vm, &this.class().name(), args)?;
    set_args(this, args.pos());
    Ok(())
}

/// Sets `args`, unless they are these already: `__new__` has mostly set them just before.
pub fn set_args(this: &Value, args: &[Value]) {
    let Some(exception) = this.downcast_ref::<Exception>() else { return };
    let known = exception.args.borrow().clone();
    let same = known.len() == args.len() && known.as_slice().iter().zip(args).all(|(a, b)| a.is(b));
    if !same {
        let old = exception.args.replace(Tuple::new(args.iter().cloned()));
        drop(old);
    }
}

/// `BaseException.__str__`
pub fn base_str(vm: &mut Vm, this: &Value) -> PyResult {
    let Some(exception) = this.downcast_ref::<Exception>() else { return Ok(Value::NONE) };
    let args = exception.args.borrow().clone();
    match args.as_slice() {
        [] => Ok((&vm.names().empty).into()),
        [only] => Ok(vm.str(only)?.into()),
        _ => Ok(vm.str(args.as_value())?.into()),
    }
}

fn checked_exception(vm: &mut Vm, what: &str, value: Option<Value>) -> PyResult<Value> {
    match value {
        None => Err(vm.type_error(format!("__{what}__ may not be deleted"))),
        Some(value) if value.is_none() || value.holds::<Exception>() => Ok(value),
        Some(_) => Err(vm.type_error(format!("exception {what} must be None or derive from BaseException"))),
    }
}

fn checked_traceback(vm: &mut Vm, value: &Value) -> PyResult<Option<Ref<Traceback>>> {
    if value.is_none() {
        return Ok(None);
    }
    match value.downcast_ref::<Traceback>() {
        Some(traceback) => Ok(Some(traceback.clone())),
        None => Err(vm.type_error("__traceback__ must be a traceback or None")),
    }
}

/// Makes `handled` the context of `exception`.
pub fn set_context(exception: &Ref<Exception>, handled: Value) {
    let old = exception.context.replace(handled);
    drop(old);
}

#[pymethods(
    name = "BaseException",
    payload = Exception,
    doc = "Common base class for all exceptions",
    flags = flag::BASE_TYPE | flag::EXCEPTION,
    extend = extend
)]
impl BaseException {
    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        let name = this.class().name();
        let args = this.args.borrow().clone();
        let mut text = crate::text::StrBuilder::new();
        text.push_utf8(&name);
        if let [only] = args.as_slice() {
            let only = vm.repr(only)?;
            text.push('('.into());
            text.push_str(only.as_ref());
            text.push(')'.into());
        } else {
            text.push_str(vm.repr(args.as_value())?.as_ref());
        }
        Ok(text.finish().into())
    }

    /// Helper for pickle.
    #[method(name = "__reduce__", sig = "", doc = "")]
    fn reduce(this: &Ref<Exception>) -> PyResult {
        let args: Value = (&*this.args.borrow()).into();
        let mut parts = vec![this.class().into(), args];
        if let Some(dict) = own_dict(this.as_value()) {
            parts.push(dict.into());
        }
        Ok(Tuple::new(parts).into())
    }

    #[method(name = "__setstate__", sig = "", doc = "")]
    fn setstate(vm: &mut Vm, this: &Ref<Exception>, state: &Value) -> PyResult<()> {
        if state.is_none() {
            return Ok(());
        }
        let Some(dict) = state.downcast_ref::<Dict>() else {
            return Err(vm.type_error("state is not a dictionary"));
        };
        for (key, value) in dict.items() {
            let Some(name) = key.downcast_ref::<Str>() else {
                let found = key.class().name();
                return Err(vm.type_error(format!("attribute name must be string, not '{found}'")));
            };
            let name = vm.interp.intern_ref(name);
            vm.set_attr(this.as_value(), &name, value)?;
        }
        Ok(())
    }

    /// Exception.with_traceback(tb) --
    /// set self.__traceback__ to tb and return self.
    #[method(
        sig = "",
        doc = "Exception.with_traceback(tb) --\n    set self.__traceback__ to tb and return self."
    )]
    fn with_traceback(vm: &mut Vm, this: &Ref<Exception>, tb: &Value) -> PyResult {
        let traceback = checked_traceback(vm, tb)?;
        let old = this.traceback.replace(traceback);
        drop(old);
        Ok(this.into())
    }

    #[method(sig = "", doc = "Exception.add_note(note) --\n    add a note to the exception")]
    fn add_note(vm: &mut Vm, this: &Ref<Exception>, note: &Value) -> PyResult<()> {
        if !note.holds::<Str>() {
            let found = note.class().name();
            return Err(vm.type_error(format!("note must be a str, not '{found}'")));
        }
        let name = vm.names().dunder_notes.clone();
        match vm.lookup_attr(this.as_value(), &name)? {
            None => vm.set_attr(this.as_value(), &name, List::new(vec![note.clone()]).into()),
            Some(notes) => match notes.downcast_ref::<List>() {
                Some(notes) => {
                    notes.push(note.clone());
                    Ok(())
                }
                None => Err(vm.type_error("Cannot add note: __notes__ is not a list")),
            },
        }
    }

    #[getter]
    fn args(this: &Ref<Exception>) -> Ref<Tuple> {
        this.args.borrow().clone()
    }

    #[setter]
    fn set_args(vm: &mut Vm, this: &Ref<Exception>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("args may not be deleted")) };
        let args = vm.to_tuple(&value)?;
        let old = this.args.replace(args);
        drop(old);
        Ok(())
    }

    #[getter(name = "__traceback__")]
    fn traceback(this: &Ref<Exception>) -> Option<Ref<Traceback>> {
        this.traceback.borrow().clone()
    }

    #[setter(name = "__traceback__")]
    fn set_traceback(vm: &mut Vm, this: &Ref<Exception>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("__traceback__ may not be deleted")) };
        let traceback = checked_traceback(vm, &value)?;
        let old = this.traceback.replace(traceback);
        drop(old);
        Ok(())
    }

    #[getter(name = "__context__", doc = "exception context")]
    fn context(this: &Ref<Exception>) -> Value {
        this.context.borrow().clone()
    }

    #[setter(name = "__context__")]
    fn set_context_attribute(vm: &mut Vm, this: &Ref<Exception>, value: Option<Value>) -> PyResult<()> {
        let value = checked_exception(vm, "context", value)?;
        set_context(this, value);
        Ok(())
    }

    #[getter(name = "__cause__", doc = "exception cause")]
    fn cause(this: &Ref<Exception>) -> Value {
        this.cause.borrow().clone()
    }

    #[setter(name = "__cause__")]
    fn set_cause(vm: &mut Vm, this: &Ref<Exception>, value: Option<Value>) -> PyResult<()> {
        let value = checked_exception(vm, "cause", value)?;
        this.suppress_context.set(true);
        let old = this.cause.replace(value);
        drop(old);
        Ok(())
    }

    #[getter(name = "__suppress_context__")]
    fn suppress_context(this: &Ref<Exception>) -> bool {
        this.suppress_context.get()
    }

    #[setter(name = "__suppress_context__")]
    fn set_suppress_context(vm: &mut Vm, this: &Ref<Exception>, value: Option<Value>) -> PyResult<()> {
        match value.map(|v| v.as_bool()) {
            None => Err(vm.type_error("can't delete numeric/char attribute")),
            Some(None) => Err(vm.type_error("attribute value type must be bool")),
            Some(Some(on)) => {
                this.suppress_context.set(on);
                Ok(())
            }
        }
    }
}

/// The exception's `__dict__`, if it has attributes.
pub fn own_dict(this: &Value) -> Option<Ref<Dict>> {
    let empty = attributes::snapshot(this).is_none_or(|all| all.is_empty());
    if empty { None } else { attributes::dict(this) }
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.new.set(Some(base_new));
    class.slots.init.set(Some(base_init));
    class.slots.str.set(Some(base_str));
    class.slots.getattro.set(Some(generic_get_attr));
    class.slots.setattro.set(Some(generic_set_attr));
    let dict = GetSet::new(class, &crate::types::type_object::instance_getsets::DICT);
    class.attributes().set_str(&interp::current().names().dunder_dict, dict.into());
    crate::types::descriptor::MemberDescriptor::replace_getsets(class, &["__suppress_context__"]);
    Ok(())
}
