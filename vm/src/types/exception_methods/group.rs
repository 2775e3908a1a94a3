//! Exception groups and `except*`.

use super::base::{base_init, base_new};
use super::{add_members, no_keywords, readonly_member};
use crate::native::{Args, GetSetDef};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::exception::{Exception, field};
use crate::types::function::Function;
use crate::types::init::finish;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::rc::Rc;

/// `BaseExceptionGroup`
pub struct BaseExceptionGroup;

static MEMBERS: [GetSetDef; 2] = [
    readonly_member::<{ field::MESSAGE }>("message", "exception message"),
    readonly_member::<{ field::EXCEPTIONS }>("exceptions", "nested exceptions"),
];

/// Completes `ExceptionGroup`, which is an `Exception` too.
pub fn fill_exception_group(class: &Ref<Class>, exception: &Ref<Class>) {
    let Some(group) = class.base() else { return };
    class.set_bases(Some(group.clone()), Rc::from([group.clone(), exception.clone()]));
    exception.add_subclass(class);
    let mut mro = vec![class.clone(), group, exception.clone()];
    mro.extend(exception.mro().iter().skip(1).cloned());
    class.set_mro(Rc::from(mro));
    class.set_flags(flag::HEAP | flag::HAS_WEAKREF, true);
    class.attributes().set_name("__module__", "builtins");
    let weakref =
        crate::types::init::GetSet::new(class, &crate::types::type_object::instance_getsets::WEAKREF);
    class.attributes().set_name("__weakref__", weakref);
    finish(class);
}

/// Whether a value is an exception group.
pub fn is_group(vm: &Vm, value: &Value) -> bool {
    value.holds::<Exception>() && value.class().is_subclass(&vm.types().exceptions.base_exception_group)
}

/// The exceptions in a group.
pub fn exceptions_of(group: &Exception) -> Vec<Value> {
    let found = group.get(field::EXCEPTIONS);
    found.and_then(|e| e.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec())).unwrap_or_default()
}

/// A group, `ExceptionGroup` if all are `Exception`s.
pub fn new_group(vm: &mut Vm, message: Value, exceptions: Vec<Value>) -> PyResult {
    let class: Value = (&vm.types().exceptions.base_exception_group).into();
    vm.call(&class, &[message, List::new(exceptions).into()])
}

#[pymethods(
    name = "BaseExceptionGroup",
    payload = Exception,
    doc = "A combination of multiple unrelated exceptions.",
    extend = extend
)]
impl BaseExceptionGroup {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let [message, sequence] = args.pos() else {
            let given = args.pos().len();
            return Err(vm.type_error(format!(
                "BaseExceptionGroup.__new__() takes exactly 2 arguments ({given} given)"
            )));
        };
        if !message.holds::<Str>() {
            let found = if message.is_none() { "None".into() } else { message.class().name() };
            return Err(
                vm.type_error(format!("BaseExceptionGroup.__new__() argument 1 must be str, not {found}"))
            );
        }
        if !vm.is_sequence(sequence) {
            return Err(vm.type_error("second argument (exceptions) must be a sequence"));
        }
        let exceptions = vm.to_tuple(sequence)?;
        if exceptions.is_empty() {
            return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
        }
        let types = &vm.types().exceptions;
        let mut beyond_exception = false;
        for (i, item) in exceptions.as_slice().iter().enumerate() {
            if !item.holds::<Exception>() {
                return Err(
                    vm.value_error(format!("Item {i} of second argument (exceptions) is not an exception"))
                );
            }
            beyond_exception |= !item.class().is_subclass(&types.exception);
        }
        let mut class = class.clone();
        if class.is(&types.base_exception_group) {
            if !beyond_exception {
                class = types.exception_group.clone();
            }
        } else if beyond_exception {
            if class.is(&types.exception_group) {
                return Err(vm.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
            }
            if class.is_subclass(&types.exception) {
                let name = class.name();
                return Err(vm.type_error(format!("Cannot nest BaseExceptions in '{name}'")));
            }
        }
        let value = base_new(vm, &class, args)?;
        if let Some(group) = value.downcast_ref::<Exception>() {
            group.set(field::MESSAGE, message.clone());
            group.set(field::EXCEPTIONS, exceptions.into());
        }
        Ok(value)
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        no_keywords(vm, &this.class().name(), args)?;
        base_init(vm, this.as_value(), args)
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        let message = vm.str(&this.get(field::MESSAGE).unwrap_or(Value::NONE))?;
        let count = exceptions_of(this).len();
        let plural = if count == 1 { "" } else { "s" };
        let mut text = crate::text::StrBuilder::new();
        text.push_str(message.as_ref());
        text.push_utf8(&format!(" ({count} sub-exception{plural})"));
        Ok(text.finish().into())
    }

    #[method(sig = "", doc = "")]
    fn derive(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult {
        let [exceptions] = args.values else {
            let given = args.values.len();
            return Err(vm.type_error(format!("function takes exactly 1 argument ({given} given)")));
        };
        let message = this.get(field::MESSAGE).unwrap_or(Value::NONE);
        let class: Value = (&vm.types().exceptions.base_exception_group).into();
        vm.call(&class, &[message, exceptions.clone()])
    }

    #[method(sig = "", doc = "")]
    fn split(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult {
        let [condition] = args.values else {
            let given = args.values.len();
            return Err(vm.type_error(format!("split expected 1 argument, got {given}")));
        };
        let matcher = Matcher::new(vm, condition)?;
        let (matched, rest) = split(vm, this.as_value(), &matcher, true)?;
        Ok(Tuple::new([matched, rest]).into())
    }

    #[method(sig = "", doc = "")]
    fn subgroup(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult {
        let [condition] = args.values else {
            let given = args.values.len();
            return Err(vm.type_error(format!("subgroup expected 1 argument, got {given}")));
        };
        let matcher = Matcher::new(vm, condition)?;
        Ok(split(vm, this.as_value(), &matcher, false)?.0)
    }

    #[classmethod(name = "__class_getitem__", sig = "", doc = "See PEP 585")]
    fn class_getitem(cls: &Ref<Class>, item: &Value) -> Value {
        crate::types::generic_alias::GenericAlias::new(cls.into(), item.clone()).into()
    }
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &MEMBERS);
    Ok(())
}

/// What decides which exceptions of a group are wanted.
enum Matcher {
    /// Those of a class or of one of a tuple of classes.
    Classes(Vec<Ref<Class>>),
    /// Those that a function accepts.
    Predicate(Value),
    /// These very ones.
    Instances(Vec<Value>),
}

impl Matcher {
    fn new(vm: &mut Vm, condition: &Value) -> PyResult<Matcher> {
        if condition.holds::<Function>() {
            return Ok(Matcher::Predicate(condition.clone()));
        }
        let exception_class = |vm: &Vm, value: &Value| {
            let class = value.downcast_ref::<Class>()?;
            class.is_subclass(&vm.types().exceptions.base_exception).then(|| class.clone())
        };
        if let Some(class) = exception_class(vm, condition) {
            return Ok(Matcher::Classes(vec![class]));
        }
        if let Some(tuple) = condition.downcast_ref::<Tuple>() {
            let classes: Option<Vec<_>> =
                tuple.as_slice().iter().map(|item| exception_class(vm, item)).collect();
            if let Some(classes) = classes {
                return Ok(Matcher::Classes(classes));
            }
        }
        Err(vm.type_error("expected a function, exception type or tuple of exception types"))
    }

    fn accepts(&self, vm: &mut Vm, exception: &Value) -> PyResult<bool> {
        match self {
            Matcher::Classes(classes) => Ok(classes.iter().any(|c| exception.class().is_subclass(c))),
            Matcher::Predicate(function) => {
                let answer = vm.call(function, std::slice::from_ref(exception))?;
                vm.truth(&answer)
            }
            Matcher::Instances(all) => {
                Ok(!is_group(vm, exception) && all.iter().any(|one| one.is(exception)))
            }
        }
    }
}

/// What matches and, where it is wanted, what does not; each `None` where there is nothing.
fn split(vm: &mut Vm, exception: &Value, matcher: &Matcher, with_rest: bool) -> PyResult<(Value, Value)> {
    if matcher.accepts(vm, exception)? {
        return Ok((exception.clone(), Value::NONE));
    }
    let Some(group) = exception.downcast_ref::<Exception>().filter(|_| is_group(vm, exception)) else {
        return Ok((Value::NONE, if with_rest { exception.clone() } else { Value::NONE }));
    };
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    for item in exceptions_of(group) {
        let what = " in exceptiongroup_split_recursive";
        let (m, r) = vm.nested(what, |vm| split(vm, &item, matcher, with_rest))?;
        if !m.is_none() {
            matched.push(m);
        }
        if !r.is_none() {
            rest.push(r);
        }
    }
    let matched = subset(vm, group, matched)?;
    let rest = if with_rest { subset(vm, group, rest)? } else { Value::NONE };
    Ok((matched, rest))
}

/// A group like `original` of some of its exceptions.
fn subset(vm: &mut Vm, original: &Ref<Exception>, exceptions: Vec<Value>) -> PyResult {
    if exceptions.is_empty() {
        return Ok(Value::NONE);
    }
    let derived = vm.call_method_str(original.as_value(), "derive", &[List::new(exceptions).into()])?;
    if !is_group(vm, &derived) {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    let Some(group) = derived.downcast_ref::<Exception>() else { return Ok(derived) };
    let traceback = original.traceback.borrow().clone();
    if traceback.is_some() {
        let old = group.traceback.replace(traceback);
        drop(old);
    }
    let (context, cause) = (original.context.borrow().clone(), original.cause.borrow().clone());
    let old = (group.context.replace(context), group.cause.replace(cause));
    group.suppress_context.set(true);
    drop(old);
    let name = vm.names().dunder_notes.clone();
    if let Some(notes) = vm.lookup_attr(original.as_value(), &name)?
        && vm.is_sequence(&notes)
    {
        // Changes of one group's notes do not show in the other.
        let copy = List::new(vm.collect(&notes)?);
        vm.set_attr(&derived, &name, copy.into())?;
    }
    Ok(derived)
}

/// The exceptions in a group and in the groups in it.
fn leaves(vm: &mut Vm, exception: &Value, out: &mut Vec<Value>) -> PyResult<()> {
    match exception.downcast_ref::<Exception>() {
        Some(group) if is_group(vm, exception) => {
            for item in exceptions_of(group) {
                vm.nested(" in collect_exception_group_leaf_ids", |vm| leaves(vm, &item, out))?;
            }
        }
        _ => out.push(exception.clone()),
    }
    Ok(())
}

/// Whether two groups were split from the same one without being raised anew.
fn same_origin(a: &Exception, b: &Exception) -> bool {
    let traceback = |e: &Exception| e.traceback.borrow().as_ref().map(|t| t.as_value().bits());
    traceback(a) == traceback(b)
        && a.cause.borrow().is(&b.cause.borrow())
        && a.context.borrow().is(&b.context.borrow())
}

/// What is raised after the clauses of `try … except*`: the exceptions raised in them and what no clause took.
pub fn prepare_reraise(vm: &mut Vm, original: &Value, raised: &Value) -> PyResult {
    let all = match raised.downcast_ref::<List>() {
        Some(list) => list.to_vec(),
        None => return Err(vm.system_error("bad list of exceptions")),
    };
    if all.is_empty() {
        return Ok(Value::NONE);
    }
    let Some(group) = original.downcast_ref::<Exception>().filter(|_| is_group(vm, original)).cloned() else {
        // A naked exception was wrapped for the clause; only one clause can have run.
        return Ok(all[0].clone());
    };
    let (mut new, mut kept) = (Vec::new(), Vec::new());
    let name = vm.names().dunder_notes.clone();
    let notes = vm.lookup_attr(original, &name)?.map(|n| n.bits());
    for exception in all {
        if exception.is_none() {
            continue;
        }
        let own_notes = vm.lookup_attr(&exception, &name)?.map(|n| n.bits());
        let reraised = is_group(vm, &exception)
            && own_notes == notes
            && exception.downcast_ref::<Exception>().is_some_and(|e| same_origin(e, &group));
        if reraised { kept.push(exception) } else { new.push(exception) }
    }
    let mut wanted = Vec::new();
    for exception in &kept {
        leaves(vm, exception, &mut wanted)?;
    }
    let rest = if wanted.is_empty() {
        Value::NONE
    } else {
        split(vm, original, &Matcher::Instances(wanted), false)?.0
    };
    if new.is_empty() {
        return Ok(rest);
    }
    if !rest.is_none() {
        new.push(rest);
    }
    if new.len() == 1 {
        return Ok(new.swap_remove(0));
    }
    let empty: Value = (&vm.names().empty).into();
    new_group(vm, empty, new)
}
