//! `str`: its slots and methods. The algorithms are in [`crate::text`].

mod casing;
mod coding;
mod format;
mod iterator;
mod percent;
mod searching;
mod splitting;
mod translate;

pub use format::format_template;
pub use iterator::StrIterator;
pub(crate) use iterator::builtin;
pub(crate) use percent::{bytes_percent, str_percent};

use crate::native::{Args, Param, ParamKind, bind};
use crate::object::slots::CompareOp;
use crate::object::{Class, Payload, Ref, Value};
use crate::text::{ErrorKind, TextError, repr};
use crate::types::exception::Exception;
use crate::types::slice::Slice;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;

impl From<TextError> for Raised {
    #[cold]
    fn from(error: TextError) -> Raised {
        let exceptions = &crate::interp::current().types().exceptions;
        let class = match error.kind {
            ErrorKind::Value => &exceptions.value_error,
            ErrorKind::Type => &exceptions.type_error,
            ErrorKind::Overflow => &exceptions.overflow_error,
            ErrorKind::Index => &exceptions.index_error,
            ErrorKind::Memory => &exceptions.memory_error,
        };
        Raised(Exception::with_message(class, &error.message))
    }
}

/// From this size on, a result's memory is asked for before it is made: where an allocation fails, the process ends.
pub(crate) const LARGE: usize = 1 << 20;

/// The longest string or bytes object.
pub(crate) const MAX_LEN: usize = 1 << 36;

/// An exact `str` with the text of `this`: itself where it is one.
#[inline]
pub(crate) fn exact(this: &Ref<Str>) -> Ref<Str> {
    if this.class().is(&crate::interp::current().types().str) {
        this.clone()
    } else {
        Str::from_ref(this.as_ref())
    }
}

/// An optional bound of a search (`start`, `end`).
#[inline]
pub(crate) fn bound(vm: &mut Vm, value: Option<&Value>) -> PyResult<Option<i64>> {
    let Some(value) = value.filter(|v| !v.is_none()) else { return Ok(None) };
    if let Some(i) = value.as_small_int() {
        return Ok(Some(i));
    }
    if value.as_int().is_none() && value.class().slots.index.get().is_none() {
        return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    vm.to_index(value).map(Some)
}

/// A slice applied to a length: first index, step, number of items.
pub fn resolve_slice(vm: &mut Vm, slice: &Slice, len: usize) -> PyResult<(usize, isize, usize)> {
    let step = bound(vm, Some(&slice.step))?.unwrap_or(1).max(-i64::MAX);
    if step == 0 {
        return Err(vm.value_error("slice step cannot be zero"));
    }
    let start = bound(vm, Some(&slice.start))?;
    let stop = bound(vm, Some(&slice.stop))?;
    let len = len as i64;
    let (low, high) = if step < 0 { (-1, len - 1) } else { (0, len) };
    let clamp = |index: Option<i64>, default: i64| match index {
        None => default,
        Some(i) if i < 0 => i.saturating_add(len).max(low),
        Some(i) => i.min(high),
    };
    let start = clamp(start, if step < 0 { high } else { low });
    let stop = clamp(stop, if step < 0 { low } else { high });
    let count = if step < 0 {
        if stop < start { (start - stop - 1) / -step + 1 } else { 0 }
    } else if start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    Ok((start.max(0) as usize, step as isize, count as usize))
}

/// A repetition count: negative ones are 0.
pub fn repetitions(vm: &mut Vm, count: &Value, len: usize) -> PyResult<usize> {
    if let Some(big) = count.as_int()
        && big.to_i64().is_none()
        && !big.is_negative()
    {
        return Err(vm.overflow_error("cannot fit 'int' into an index-sized integer"));
    }
    let count = usize::try_from(vm.to_index(count)?).unwrap_or(0);
    match len.checked_mul(count) {
        Some(total) if total <= MAX_LEN => {
            vm.check_memory(total)?;
            Ok(count)
        }
        _ => Err(vm.memory_error()),
    }
}

/// The text where an argument must be a string.
pub(crate) fn need_str<'a>(vm: &mut Vm, value: &'a Value) -> PyResult<&'a Ref<Str>> {
    match value.downcast_ref::<Str>() {
        Some(text) => Ok(text),
        None => {
            let class = value.class().name();
            Err(vm.type_error(format!("must be str, not {class}")))
        }
    }
}

/// `str(bytes, encoding, errors)` and its simpler forms, as a string of the class itself.
fn construct(vm: &mut Vm, args: Args<'_>) -> PyResult<Ref<Str>> {
    const PARAMS: &[Param] = &[
        Param { name: "object", kind: ParamKind::Positional, required: false },
        Param { name: "encoding", kind: ParamKind::Positional, required: false },
        Param { name: "errors", kind: ParamKind::Positional, required: false },
    ];
    let ([object, encoding, errors], _) = bind::<3, 0, 3>(vm, "str", PARAMS, args)?;
    for (name, value) in [("encoding", encoding), ("errors", errors)] {
        if let Some(value) = value
            && !value.holds::<Str>()
        {
            let class = value.class().name();
            return Err(vm.type_error(format!("str() argument '{name}' must be str, not {class}")));
        }
    }
    let Some(object) = object else { return Ok(vm.interp.empty_str().clone()) };
    if encoding.is_none() && errors.is_none() {
        return vm.str(object);
    }
    crate::types::str_codecs::decode_object(vm, object, encoding, errors)
}

/// Create a string from an object, or decode one from bytes.
#[pymethods(
    name = "str",
    flags = crate::object::class::flag::BASE_TYPE,
    parts = [CASING, CODING, FORMATTING, SEARCHING, SPLITTING, TRANSLATING]
)]
impl Str {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        if class.is(&vm.types().str) {
            return construct(vm, args).map(|text| exact_or_own(&text));
        }
        if !class.layout().is(<Str as Payload>::layout()) {
            let name = class.name();
            return Err(vm.type_error(format!("str.__new__({name}): {name} is not a subtype of str")));
        }
        let text = construct(vm, args)?;
        Ok(Str::with_class(text.as_ref(), class).into())
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, this: &Ref<Str>) -> PyResult {
        Ok(repr::repr(this.as_ref()).into())
    }

    #[slot(str)]
    fn str_slot(_vm: &mut Vm, this: &Ref<Str>) -> PyResult {
        Ok(exact(this).into())
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Ref<Str>) -> PyResult<i64> {
        Ok(this.hash())
    }

    #[slot(richcompare)]
    fn compare_slot(_vm: &mut Vm, this: &Ref<Str>, other: &Value, op: CompareOp) -> PyResult {
        let Some(other) = other.downcast_ref::<Str>() else { return Ok(Value::NOT_IMPLEMENTED) };
        Ok(Value::bool(match op {
            CompareOp::Eq => this.is(other) || this.equals(other),
            CompareOp::Ne => !this.is(other) && !this.equals(other),
            _ => op.holds(this.as_ref().compare(other.as_ref())),
        }))
    }

    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Ref<Str>) -> PyResult {
        Ok(StrIterator::new(this.clone()).into())
    }

    #[slot(len)]
    fn len_slot(_vm: &mut Vm, this: &Ref<Str>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(contains)]
    fn contains_slot(vm: &mut Vm, this: &Ref<Str>, item: &Value) -> PyResult<bool> {
        match item.downcast_ref::<Str>() {
            Some(item) => Ok(this.as_ref().contains(item.as_ref())),
            None => {
                let class = item.class().name();
                Err(vm.type_error(format!("'in <string>' requires string as left operand, not {class}")))
            }
        }
    }

    #[slot(getitem)]
    fn getitem_slot(vm: &mut Vm, this: &Ref<Str>, key: &Value) -> PyResult {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let (start, step, count) = resolve_slice(vm, slice, this.len())?;
            if step == 1 && count == this.len() {
                return Ok(exact(this).into());
            }
            if step == 1 {
                return Ok(Str::from_part(this.as_ref().view(start..start + count)).into());
            }
            return Ok(this.as_ref().step_slice(start, step, count).into());
        }
        if key.as_int().is_none() && key.class().slots.index.get().is_none() {
            let class = key.class().name();
            return Err(vm.type_error(format!("string indices must be integers, not '{class}'")));
        }
        let index = index_argument(vm, key)?;
        let at = if index < 0 { index.saturating_add(this.len() as i64) } else { index };
        match usize::try_from(at).ok().and_then(|i| this.as_ref().get(i)) {
            Some(code) => Ok(Str::from_code_point(code).into()),
            None => Err(vm.index_error("string index out of range")),
        }
    }

    #[slot(concat)]
    fn concat_slot(vm: &mut Vm, this: &Ref<Str>, other: &Value) -> PyResult {
        let Some(right) = other.downcast_ref::<Str>() else {
            let class = other.class().name();
            return Err(vm.type_error(format!("can only concatenate str (not \"{class}\") to str")));
        };
        Ok(concat(this, right).into())
    }

    #[slot(repeat)]
    fn repeat_slot(vm: &mut Vm, this: &Ref<Str>, count: &Value) -> PyResult {
        let count = repetitions(vm, count, this.len())?;
        if count == 1 {
            return Ok(exact(this).into());
        }
        Ok(this.as_ref().repeat(count).into())
    }

    #[slot(remainder)]
    fn remainder_slot(vm: &mut Vm, left: &Value, right: &Value) -> PyResult {
        match left.downcast_ref::<Str>() {
            Some(template) => str_percent(vm, template, right),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// Arguments for `__new__` when the string is copied or pickled.
    #[method(name = "__getnewargs__", sig = "")]
    fn getnewargs(this: &Ref<Str>) -> Value {
        let text = Str::with_class(this.as_ref(), &crate::interp::current().types().str);
        Tuple::new([text.into()]).into()
    }

    /// Memory in use, in bytes.
    #[method(name = "__sizeof__", sig = "()")]
    fn sizeof(this: &Ref<Str>) -> usize {
        let header = if this.as_ref().as_ascii().is_some() { 40 } else { 56 };
        header + (this.len() + 1) * this.as_ref().kind().width()
    }
}

/// The value of an exact string; what `str()` of an object gave may be of a subclass, which is kept.
fn exact_or_own(text: &Ref<Str>) -> Value {
    text.clone().into()
}

/// An index that must fit a machine integer.
pub fn index_argument(vm: &mut Vm, key: &Value) -> PyResult<i64> {
    if let Some(i) = key.as_small_int() {
        return Ok(i);
    }
    let index = vm.index(key)?;
    match index.as_int().and_then(|i| i.to_i64()) {
        Some(i) => Ok(i),
        None => {
            let class = key.class().name();
            Err(vm.index_error(format!("cannot fit '{class}' into an index-sized integer")))
        }
    }
}

/// `left + right`
pub fn concat(left: &Ref<Str>, right: &Ref<Str>) -> Ref<Str> {
    if right.is_empty() {
        return exact(left);
    }
    if left.is_empty() {
        return exact(right);
    }
    Str::joined(left, right)
}

/// `left += right`: like [`concat`], but a string that nobody else refers to grows in place, so that building one
/// piece by piece takes linear time.
pub fn concat_inplace(left: Value, right: &Value) -> Result<Value, Value> {
    let Some(addition) = right.downcast_ref::<Str>() else { return Err(left) };
    match left.downcast::<Str>() {
        Ok(text) => Ok(text.appended(addition).into()),
        Err(left) => Err(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::interpreter::{DEFAULT_NATIVE_STACK, Interpreter, tests::NoHost};

    fn call(vm: &mut Vm, this: &str, name: &str, args: &[Value]) -> String {
        let this: Value = this.into();
        let result = match vm.call_method_str(&this, name, args) {
            Ok(value) => vm.repr(&value),
            Err(raised) => {
                let message = raised.0.args.borrow().as_slice()[0].clone();
                vm.str(&message)
            }
        };
        result.map(|text| text.to_string()).unwrap_or_default()
    }

    #[test]
    fn methods_and_messages() {
        let mut interpreter =
            Interpreter::new(Config::default(), Box::new(NoHost), DEFAULT_NATIVE_STACK).unwrap();
        interpreter.enter(|vm| {
            assert_eq!(call(vm, "abc", "upper", &[]), "'ABC'");
            assert_eq!(call(vm, "a-b", "replace", &["-".into(), "+".into()]), "'a+b'");
            assert_eq!(call(vm, "abc", "find", &[Value::int(1)]), "must be str, not int");
            assert_eq!(call(vm, "{0:>5}|{1!r}", "format", &["ab".into(), "c".into()]), "\"   ab|'c'\"");
            assert_eq!(
                call(vm, "%5s|%r", "__mod__", &[Tuple::new(["ab".into(), "c".into()]).into()]),
                "\"   ab|'c'\""
            );
            let mut text: Value = Str::from_str("x").into();
            for _ in 0..1000 {
                text = concat_inplace(text, &"yz".into()).unwrap();
            }
            assert_eq!(vm.length(&text).unwrap(), 2001);
        });
    }
}
