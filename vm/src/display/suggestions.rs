//! "Did you mean …?": names like one that does not exist.

use crate::object::{Ref, Value};
use crate::text::{StrBuf, StrBuilder};
use crate::types::exception::{Exception, field};
use crate::types::frame::FrameObject;
use crate::types::list::List;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::code::local_kind;

/// More names than this are not searched.
const MAX_CANDIDATES: usize = 750;
/// Longer names are not compared.
const MAX_LENGTH: usize = 40;
const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;

/// What is to be added to an exception's message, if something is. Errors on the way mean that nothing is.
pub fn suggestion(vm: &mut Vm, value: &Value) -> Option<StrBuf> {
    let exception = value.downcast_ref::<Exception>()?.clone();
    let exceptions = &vm.types().exceptions;
    let (attribute, name, import) =
        (&exceptions.attribute_error, &exceptions.name_error, &exceptions.import_error);
    let class = exception.class().clone();
    if class.is_subclass(attribute) {
        let name = text_field(&exception, field::NAME)?;
        let object = exception.get(field::OBJ)?;
        let candidates = dir(vm, &object)?;
        let found = closest(&name, &candidates)?;
        return mean(vm, found.as_value());
    }
    if class.is_subclass(name) {
        return for_name(vm, &exception);
    }
    if class.is_subclass(import) {
        let name = text_field(&exception, field::NAME_FROM)?;
        let module = text_field(&exception, field::NAME)?;
        let module = vm.interp.modules.get()?.get_str(&module)?;
        let candidates = dir(vm, &module)?;
        let found = closest(&name, &candidates)?;
        return mean(vm, found.as_value());
    }
    None
}

fn text_field(exception: &Exception, field: usize) -> Option<Ref<Str>> {
    exception.get(field)?.downcast::<Str>().ok()
}

fn quiet<T>(result: PyResult<T>) -> Option<T> {
    result.ok()
}

fn dir(vm: &mut Vm, object: &Value) -> Option<Vec<Value>> {
    let dir = quiet(vm.builtin("dir"))?;
    let names = quiet(vm.call(&dir, std::slice::from_ref(object)))?;
    names.downcast_ref::<List>().map(|names| names.to_vec())
}

fn mean(vm: &mut Vm, name: &Value) -> Option<StrBuf> {
    let shown = quiet(vm.repr(name))?;
    let mut out = StrBuilder::new();
    out.push_utf8(". Did you mean: ");
    out.push_str(shown.as_ref());
    out.push('?'.into());
    Some(out.finish())
}

fn for_name(vm: &mut Vm, exception: &Ref<Exception>) -> Option<StrBuf> {
    let name = text_field(exception, field::NAME)?;
    let mut level = exception.traceback.borrow().clone()?;
    loop {
        let next = level.next.borrow().clone();
        match next {
            Some(next) => level = next,
            None => break,
        }
    }
    let found = name_in_frame(vm, &name, &level.frame);
    let is_library = vm
        .sys_attribute("stdlib_module_names")
        .is_some_and(|names| vm.contains(&names, name.as_value()).unwrap_or(false));
    if !is_library {
        return mean(vm, &found?);
    }
    let module = quiet(vm.repr(name.as_value()))?;
    let mut out = StrBuilder::new();
    match found {
        Some(found) => {
            let found = quiet(vm.repr(&found))?;
            out.push_utf8(". Did you mean: ");
            out.push_str(found.as_ref());
            out.push_utf8("? Or did you forget to import ");
        }
        None => out.push_utf8(". Did you forget to import "),
    }
    out.push_str(module.as_ref());
    out.push('?'.into());
    Some(out.finish())
}

/// A name like `name` that the code of a frame could have meant.
fn name_in_frame(vm: &mut Vm, name: &Ref<Str>, frame: &Ref<FrameObject>) -> Option<Value> {
    let locals = frame.code.locals_of_kind(local_kind::LOCAL);
    if let Some(found) = closest(name, &locals) {
        return Some(found.into());
    }
    let in_method =
        locals.iter().any(|l| l.downcast_ref::<Str>().is_some_and(|l| l.as_ref().equals_str("self")));
    if in_method
        && let Some(values) = quiet(vm.frame_locals(frame))
        && let Some(instance) = quiet(vm.get_item(&values, &"self".into()))
        && let Some(Some(_)) = quiet(vm.lookup_attr(&instance, &vm.interp.intern_ref(name)))
    {
        return Some(format!("self.{name}").into());
    }
    let globals = frame.globals().keys();
    if let Some(found) = closest(name, &globals) {
        return Some(found.into());
    }
    let builtins = frame.function.builtins.keys();
    closest(name, &builtins).map(Value::from)
}

/// The candidate that takes the fewest changes to get from the name.
fn closest(name: &Ref<Str>, candidates: &[Value]) -> Option<Ref<Str>> {
    if candidates.len() >= MAX_CANDIDATES {
        return None;
    }
    let text = name.as_ref().to_utf8().ok()?;
    let mut best: Option<(usize, Ref<Str>)> = None;
    for candidate in candidates {
        let candidate = candidate.downcast_ref::<Str>()?;
        if candidate.equals(name) {
            continue;
        }
        let other = candidate.as_ref().to_utf8().ok()?;
        // No more than a third of the characters should need a change.
        let mut max = (text.len() + other.len() + 3) * MOVE_COST / 6;
        if let Some((distance, _)) = &best {
            max = max.min(distance.saturating_sub(1));
        }
        let distance = distance(text.as_bytes(), other.as_bytes(), max);
        if distance <= max {
            best = Some((distance, candidate.clone()));
        }
    }
    best.map(|(_, name)| name)
}

fn substitution(a: u8, b: u8) -> usize {
    if a & 31 != b & 31 {
        MOVE_COST
    } else if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// The Levenshtein distance, or more than `max` where it would be more.
fn distance(a: &[u8], b: &[u8], max: usize) -> usize {
    let prefix = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE_COST;
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH {
        return max + 1;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if (b.len() - a.len()) * MOVE_COST > max {
        return max + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE_COST).collect();
    let mut result = 0;
    for (i, code) in b.iter().enumerate() {
        let mut diagonal = i * MOVE_COST;
        result = diagonal;
        let mut minimum = usize::MAX;
        for (cell, other) in row.iter_mut().zip(a) {
            let substitute = diagonal + substitution(*code, *other);
            diagonal = *cell;
            let insert_or_delete = result.min(diagonal) + MOVE_COST;
            result = insert_or_delete.min(substitute);
            *cell = result;
            minimum = minimum.min(result);
        }
        if minimum > max {
            return max + 1;
        }
    }
    result
}
