//! `str`: splitting, stripping, joining.

use super::{exact, need_str};
use crate::object::{Ref, Value};
use crate::text::StrRef;
use crate::text::split::{self, Side, Span};
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

fn list_of(this: &Ref<Str>, spans: Vec<Span>) -> Value {
    let text = this.as_ref();
    let whole = 0..this.len();
    let parts = spans
        .into_iter()
        .map(|span| if span == whole { exact(this).into() } else { Str::from_part(text.view(span)).into() });
    List::new(parts.collect()).into()
}

fn separator<'a>(vm: &mut Vm, value: Option<&'a Value>) -> PyResult<Option<&'a Ref<Str>>> {
    let Some(value) = value else { return Ok(None) };
    match value.downcast_ref::<Str>() {
        Some(text) if text.is_empty() => Err(vm.value_error("empty separator")),
        Some(text) => Ok(Some(text)),
        None => {
            let class = value.class().name();
            Err(vm.type_error(format!("must be str or None, not {class}")))
        }
    }
}

fn strip(vm: &mut Vm, this: &Ref<Str>, chars: Option<&Value>, side: Side, name: &str) -> PyResult {
    let chars = match chars {
        None => None,
        Some(value) => match value.downcast_ref::<Str>() {
            Some(text) => Some(text.as_ref()),
            None => {
                return Err(vm.type_error(format!("{name} arg must be None or str")));
            }
        },
    };
    let span = split::strip(this.as_ref(), chars, side);
    if span.len() == this.len() {
        return Ok(exact(this).into());
    }
    Ok(Str::from_part(this.as_ref().view(span)).into())
}

fn three(parts: [Ref<Str>; 3]) -> Value {
    Tuple::new(parts.map(Value::from)).into()
}

#[pymethods(name = "str", part = SPLITTING)]
impl Str {
    /// The parts between separators, at most `maxsplit` of them split off from the left.
    #[method(sig = "(sep=None, maxsplit=-1)")]
    fn split(vm: &mut Vm, this: &Ref<Str>, sep: Option<&Value>, maxsplit: isize) -> PyResult {
        let max = usize::try_from(maxsplit).ok();
        let spans = match separator(vm, sep)? {
            None => split::split_space(this.as_ref(), max),
            Some(sep) => split::split(this.as_ref(), sep.as_ref(), max),
        };
        Ok(list_of(this, spans))
    }

    /// The parts between separators, at most `maxsplit` of them split off from the right.
    #[method(sig = "(sep=None, maxsplit=-1)")]
    fn rsplit(vm: &mut Vm, this: &Ref<Str>, sep: Option<&Value>, maxsplit: isize) -> PyResult {
        let max = usize::try_from(maxsplit).ok();
        let spans = match separator(vm, sep)? {
            None => split::rsplit_space(this.as_ref(), max),
            Some(sep) => split::rsplit(this.as_ref(), sep.as_ref(), max),
        };
        Ok(list_of(this, spans))
    }

    /// The lines, with their ends if wanted.
    #[method(sig = "(keepends=False)")]
    fn splitlines(this: &Ref<Str>, keepends: bool) -> Value {
        list_of(this, split::split_lines(this.as_ref(), keepends))
    }

    /// A copy without white space, or without given characters, at both ends.
    #[method(sig = "(chars=None, /)")]
    fn strip(vm: &mut Vm, this: &Ref<Str>, chars: Option<&Value>) -> PyResult {
        strip(vm, this, chars, Side::Both, "strip")
    }

    /// A copy without white space, or without given characters, at the beginning.
    #[method(sig = "(chars=None, /)")]
    fn lstrip(vm: &mut Vm, this: &Ref<Str>, chars: Option<&Value>) -> PyResult {
        strip(vm, this, chars, Side::Left, "lstrip")
    }

    /// A copy without white space, or without given characters, at the end.
    #[method(sig = "(chars=None, /)")]
    fn rstrip(vm: &mut Vm, this: &Ref<Str>, chars: Option<&Value>) -> PyResult {
        strip(vm, this, chars, Side::Right, "rstrip")
    }

    /// What comes before the first separator, the separator, and what comes after it.
    #[method(sig = "(sep, /)")]
    fn partition(vm: &mut Vm, this: &Ref<Str>, sep: &Value) -> PyResult {
        let sep = need_str(vm, sep)?;
        if sep.is_empty() {
            return Err(vm.value_error("empty separator"));
        }
        let text = this.as_ref();
        let empty = || vm.interp.empty_str().clone();
        Ok(match text.find(sep.as_ref()) {
            Some(at) => {
                let (before, after) = (text.view(0..at), text.view(at + sep.len()..this.len()));
                three([Str::from_part(before), sep.clone(), Str::from_part(after)])
            }
            None => three([exact(this), empty(), empty()]),
        })
    }

    /// What comes before the last separator, the separator, and what comes after it.
    #[method(sig = "(sep, /)")]
    fn rpartition(vm: &mut Vm, this: &Ref<Str>, sep: &Value) -> PyResult {
        let sep = need_str(vm, sep)?;
        if sep.is_empty() {
            return Err(vm.value_error("empty separator"));
        }
        let text = this.as_ref();
        let empty = || vm.interp.empty_str().clone();
        Ok(match text.rfind(sep.as_ref()) {
            Some(at) => {
                let (before, after) = (text.view(0..at), text.view(at + sep.len()..this.len()));
                three([Str::from_part(before), sep.clone(), Str::from_part(after)])
            }
            None => three([empty(), empty(), exact(this)]),
        })
    }

    /// The strings of an iterable, with this one between them.
    #[method(sig = "(iterable, /)")]
    fn join(vm: &mut Vm, this: &Ref<Str>, iterable: &Value) -> PyResult {
        join(vm, this.as_ref(), iterable)
    }
}

/// `separator.join(iterable)`
pub fn join(vm: &mut Vm, separator: StrRef<'_>, iterable: &Value) -> PyResult {
    let collected;
    let items: &[Value] = if let Some(tuple) = iterable.downcast_ref::<Tuple>() {
        tuple.as_slice()
    } else if let Some(list) = iterable.downcast_ref::<List>() {
        collected = list.to_vec();
        &collected
    } else {
        let iterator = match vm.iter(iterable) {
            Ok(iterator) => iterator,
            Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                if iterable.class().slots.iter.get().is_none() {
                    return Err(vm.type_error("can only join an iterable"));
                }
                return Err(raised);
            }
            Err(raised) => return Err(raised),
        };
        collected = vm.collect(&iterator)?;
        &collected
    };
    let mut total = 0usize;
    for (index, item) in items.iter().enumerate() {
        match item.downcast_ref::<Str>() {
            Some(text) => total = total.saturating_add(text.len()),
            None => {
                let class = item.class().name();
                return Err(
                    vm.type_error(format!("sequence item {index}: expected str instance, {class} found"))
                );
            }
        }
    }
    if let [only] = items
        && only.class().is(&vm.types().str)
    {
        return Ok(only.clone());
    }
    let between = separator.len().saturating_mul(items.len().saturating_sub(1));
    if total.saturating_add(between) > super::MAX_LEN {
        return Err(vm.overflow_error("join() result is too long for a Python string"));
    }
    let parts = items.iter().filter_map(|item| item.downcast_ref::<Str>().map(|text| text.as_ref()));
    Ok(crate::text::edit::join(separator, parts).into())
}
