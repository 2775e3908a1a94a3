//! `str`: finding, counting, replacing.

use super::{LARGE, bound, exact, need_str};
use crate::object::{Ref, Value};
use crate::text::{clamp_range, edit};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::ops::Range;

/// What a search covers; `None` where it cannot find even the empty string.
fn range(
    vm: &mut Vm,
    this: &Ref<Str>,
    start: Option<&Value>,
    end: Option<&Value>,
) -> PyResult<Option<Range<usize>>> {
    if start.is_none() && end.is_none() {
        return Ok(Some(0..this.len()));
    }
    let start = bound(vm, start)?;
    let end = bound(vm, end)?;
    Ok(clamp_range(start, end, this.len()))
}

fn find(
    vm: &mut Vm,
    this: &Ref<Str>,
    sub: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    from_right: bool,
) -> PyResult<Option<usize>> {
    let range = range(vm, this, start, end)?;
    let sub = need_str(vm, sub)?;
    let Some(range) = range else { return Ok(None) };
    let text = this.as_ref().view(range.clone());
    let found = if from_right { text.rfind(sub.as_ref()) } else { text.find(sub.as_ref()) };
    Ok(found.map(|at| range.start + at))
}

fn position(found: Option<usize>) -> i64 {
    found.map_or(-1, |at| at as i64)
}

fn has_affix(
    vm: &mut Vm,
    this: &Ref<Str>,
    affix: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    name: &str,
) -> PyResult<bool> {
    let range = range(vm, this, start, end)?;
    let matches = |affix: &Ref<Str>| {
        range.clone().is_some_and(|range| {
            let text = this.as_ref().view(range);
            if name == "startswith" {
                text.starts_with(affix.as_ref())
            } else {
                text.ends_with(affix.as_ref())
            }
        })
    };
    if let Some(affix) = affix.downcast_ref::<Str>() {
        return Ok(matches(affix));
    }
    let Some(affixes) = affix.downcast_ref::<Tuple>() else {
        let class = affix.class().name();
        return Err(vm.type_error(format!("{name} first arg must be str or a tuple of str, not {class}")));
    };
    for affix in affixes.as_slice() {
        let Some(affix) = affix.downcast_ref::<Str>() else {
            let class = affix.class().name();
            return Err(vm.type_error(format!("tuple for {name} must only contain str, not {class}")));
        };
        if matches(affix) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[pymethods(name = "str", part = SEARCHING)]
impl Str {
    /// The first position of a substring within [start:end], or -1.
    #[method(sig = "")]
    fn find(
        vm: &mut Vm,
        this: &Ref<Str>,
        sub: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<i64> {
        find(vm, this, sub, start, end, false).map(position)
    }

    /// The last position of a substring within [start:end], or -1.
    #[method(sig = "")]
    fn rfind(
        vm: &mut Vm,
        this: &Ref<Str>,
        sub: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<i64> {
        find(vm, this, sub, start, end, true).map(position)
    }

    /// The first position of a substring within [start:end]; an error where there is none.
    #[method(sig = "")]
    fn index(
        vm: &mut Vm,
        this: &Ref<Str>,
        sub: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<usize> {
        find(vm, this, sub, start, end, false)?.ok_or_else(|| vm.value_error("substring not found"))
    }

    /// The last position of a substring within [start:end]; an error where there is none.
    #[method(sig = "")]
    fn rindex(
        vm: &mut Vm,
        this: &Ref<Str>,
        sub: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<usize> {
        find(vm, this, sub, start, end, true)?.ok_or_else(|| vm.value_error("substring not found"))
    }

    /// How often a substring occurs within [start:end] without overlaps.
    #[method(sig = "")]
    fn count(
        vm: &mut Vm,
        this: &Ref<Str>,
        sub: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<usize> {
        let range = range(vm, this, start, end)?;
        let sub = need_str(vm, sub)?;
        Ok(range.map_or(0, |range| this.as_ref().view(range).count(sub.as_ref())))
    }

    /// Whether the string, within [start:end], begins with a prefix or with one of a tuple of them.
    #[method(sig = "")]
    fn startswith(
        vm: &mut Vm,
        this: &Ref<Str>,
        prefix: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<bool> {
        has_affix(vm, this, prefix, start, end, "startswith")
    }

    /// Whether the string, within [start:end], ends with a suffix or with one of a tuple of them.
    #[method(sig = "")]
    fn endswith(
        vm: &mut Vm,
        this: &Ref<Str>,
        suffix: &Value,
        start: Option<&Value>,
        end: Option<&Value>,
    ) -> PyResult<bool> {
        has_affix(vm, this, suffix, start, end, "endswith")
    }

    /// A copy with `old` replaced by `new`, at most `count` times unless that is negative.
    #[method(sig = "(old, new, count=-1, /)")]
    fn replace(vm: &mut Vm, this: &Ref<Str>, old: &Ref<Str>, new: &Ref<Str>, count: isize) -> PyResult {
        let count = usize::try_from(count).ok();
        let most = this.len().saturating_add(1).min(count.unwrap_or(usize::MAX));
        if most.saturating_mul(new.len()) >= LARGE {
            let found = this.as_ref().count(old.as_ref());
            vm.check_memory(found.min(most).saturating_mul(new.len()))?;
        }
        Ok(match edit::replace(this.as_ref(), old.as_ref(), new.as_ref(), count) {
            Some(text) => text.into(),
            None => exact(this).into(),
        })
    }

    /// A copy without the prefix, if it has it.
    #[method(sig = "(prefix, /)")]
    fn removeprefix(this: &Ref<Str>, prefix: &Ref<Str>) -> Value {
        let text = this.as_ref();
        if !prefix.is_empty() && text.starts_with(prefix.as_ref()) {
            Str::from_part(text.view(prefix.len()..this.len())).into()
        } else {
            exact(this).into()
        }
    }

    /// A copy without the suffix, if it has it.
    #[method(sig = "(suffix, /)")]
    fn removesuffix(this: &Ref<Str>, suffix: &Ref<Str>) -> Value {
        let text = this.as_ref();
        if !suffix.is_empty() && text.ends_with(suffix.as_ref()) {
            Str::from_part(text.view(0..this.len() - suffix.len())).into()
        } else {
            exact(this).into()
        }
    }
}
