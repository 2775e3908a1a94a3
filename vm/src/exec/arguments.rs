//! Binding a call's arguments to a function's parameters (CPython's `initialize_locals`).

use super::call::{drop_registers, prepare_registers};
use crate::native::Args;
use crate::object::{Ref, Value};
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_pycfile::code::code_flags;
use smallvec::SmallVec;

/// Writes the variables of a new activation at `base`: parameters bound, the rest unbound.
pub(super) fn bind(vm: &mut Vm, function: &Ref<Function>, args: Args<'_>, base: *mut Value) -> PyResult<()> {
    prepare_registers(vm, function, base, 0)?;
    if args.names.is_empty() && function.simple_parameters.get() as usize == args.values.len() {
        let variables = Variables(base);
        args.values.iter().enumerate().for_each(|(i, value)| variables.set(i, value.clone()));
        return Ok(());
    }
    let result = bind_into(vm, function, args, base);
    if result.is_err() {
        let count = function.code.borrow().locals_count();
        drop_registers(base, count);
    }
    result
}

/// Where a call's arguments go that cannot stay where they are.
pub(super) struct Plan {
    /// By argument that has a name: the parameter's number.
    pub places: SmallVec<[usize; 8]>,
    /// One bit for each positional parameter that gets its default, and the number of the first that has one.
    defaults: (u64, usize),
    /// Keyword-only parameters that get their default.
    keyword_defaults: Vec<(usize, Value)>,
}

/// The plan of a call that gives every parameter exactly one value and needs no `*args` or `**kwargs`; `None` where
/// it is another or may be wrong.
#[inline]
pub(super) fn plan(function: &Function, argc: usize, names: &[Value]) -> Option<Plan> {
    let code = function.code.borrow();
    let object = &code;
    if code.has_flag(code_flags::VARARGS | code_flags::VARKEYWORDS) || !code.has_flag(code_flags::OPTIMIZED) {
        return None;
    }
    let (count, positional_only) = (object.argcount as usize, object.posonlyargcount as usize);
    let (all, positional) = (count + object.kwonlyargcount as usize, argc - names.len());
    if positional > count || all >= 64 {
        return None;
    }
    let mut places = SmallVec::new();
    let mut given: u64 = (1 << positional) - 1;
    let first_named = positional.max(positional_only);
    let parameters = code.localsplusnames().get(first_named..all)?;
    for name in names {
        let place = first_named + parameters.iter().position(|p| p.as_value().is(name))?;
        if given & 1 << place != 0 {
            return None;
        }
        given |= 1 << place;
        places.push(place);
    }
    let missing = !given & ((1 << count) - 1);
    let required = match missing {
        0 => 0,
        _ => count.checked_sub(function.defaults.borrow().as_ref()?.len())?,
    };
    if missing & ((1 << required) - 1) != 0 {
        return None;
    }
    let mut keyword_defaults = Vec::new();
    if all > count {
        let defaults = function.kwdefaults.borrow();
        for place in (count..all).filter(|p| given & 1 << p == 0) {
            let default = defaults.as_ref()?.get_str(&code.localsplusnames()[place])?;
            keyword_defaults.push((place, default));
        }
    }
    Some(Plan { places, defaults: (missing, required), keyword_defaults })
}

impl Plan {
    /// Calls `f` with each parameter that gets its default, and that.
    #[inline(always)]
    pub fn for_each_default(self, function: &Function, mut f: impl FnMut(usize, Value)) {
        let (mut missing, first) = self.defaults;
        if missing != 0
            && let Some(defaults) = function.defaults.borrow().as_ref()
        {
            while missing != 0 {
                let place = missing.trailing_zeros() as usize;
                missing &= missing - 1;
                f(place, defaults.as_slice()[place - first].clone());
            }
        }
        self.keyword_defaults.into_iter().for_each(|(place, value)| f(place, value));
    }
}

/// The variables of an activation while arguments are bound.
struct Variables(*mut Value);

impl Variables {
    fn get(&self, index: usize) -> &Value {
        // SAFETY: `bind` has prepared a register for every variable.
        unsafe { &*self.0.add(index) }
    }

    fn set(&self, index: usize, value: Value) {
        // SAFETY: as above; variables are unbound before.
        drop(unsafe { self.0.add(index).replace(value) });
    }

    fn is_bound(&self, index: usize) -> bool {
        !self.get(index).is_unbound()
    }
}

fn bind_into(vm: &mut Vm, function: &Ref<Function>, args: Args<'_>, base: *mut Value) -> PyResult<()> {
    let code = function.code.borrow().clone();
    let object = &code;
    let (count, keyword_only) = (object.argcount as usize, object.kwonlyargcount as usize);
    let named = count + keyword_only;
    let variables = Variables(base);
    let positional = args.pos();
    for (i, value) in positional.iter().take(count).enumerate() {
        variables.set(i, value.clone());
    }
    let has_varargs = code.has_flag(code_flags::VARARGS);
    if has_varargs {
        let rest = positional.get(count..).unwrap_or(&[]);
        variables.set(named, Tuple::new(rest.to_vec()).into());
    }
    let extra_keywords = code.has_flag(code_flags::VARKEYWORDS).then(Dict::new);
    if let Some(dict) = &extra_keywords {
        variables.set(named + usize::from(has_varargs), dict.into());
    }
    if !args.names.is_empty() {
        bind_keywords(vm, function, args, &variables, extra_keywords.as_ref())?;
    }
    if positional.len() > count && !has_varargs {
        return Err(too_many(vm, function, positional.len(), &variables));
    }
    bind_defaults(vm, function, &variables, positional.len())
}

fn bind_keywords(
    vm: &mut Vm,
    function: &Ref<Function>,
    args: Args<'_>,
    variables: &Variables,
    extra: Option<&Ref<Dict>>,
) -> PyResult<()> {
    let code = function.code.borrow().clone();
    let named = (code.argcount + code.kwonlyargcount) as usize;
    let positional_only = code.posonlyargcount as usize;
    for (key, value) in args.keywords() {
        let Some(text) = key.downcast_ref::<Str>() else {
            let name = function.qualname.borrow().clone();
            return Err(vm.type_error(format!("{name}() keywords must be strings")));
        };
        let parameters = &code.localsplusnames()[positional_only..named];
        let found = parameters
            .iter()
            .position(|p| p.is(text))
            .or_else(|| parameters.iter().position(|p| p.equals(text)))
            .map(|i| i + positional_only);
        match (found, extra) {
            (Some(i), _) if variables.is_bound(i) => {
                let name = function.qualname.borrow().clone();
                return Err(vm.type_error(format!("{name}() got multiple values for argument '{text}'")));
            }
            (Some(i), _) => variables.set(i, value.clone()),
            (None, Some(dict)) => dict.set(vm, key.clone(), value.clone())?,
            (None, None) => return Err(unexpected_keyword(vm, function, args, text)),
        }
    }
    Ok(())
}

#[cold]
fn unexpected_keyword(vm: &mut Vm, function: &Ref<Function>, args: Args<'_>, name: &Ref<Str>) -> Raised {
    let code = function.code.borrow().clone();
    let qualname = function.qualname.borrow().clone();
    let positional_only = &code.localsplusnames()[..code.posonlyargcount as usize];
    let wrongly: Vec<String> = positional_only
        .iter()
        .filter(|p| args.names.iter().any(|n| n.downcast_ref::<Str>().is_some_and(|n| n.equals(p))))
        .map(|p| p.to_string())
        .collect();
    if !wrongly.is_empty() {
        let names = wrongly.join(", ");
        return vm.type_error(format!(
            "{qualname}() got some positional-only arguments passed as keyword arguments: '{names}'"
        ));
    }
    vm.type_error(format!("{qualname}() got an unexpected keyword argument '{name}'"))
}

fn bind_defaults(vm: &mut Vm, function: &Ref<Function>, variables: &Variables, given: usize) -> PyResult<()> {
    let code = function.code.borrow().clone();
    let (count, keyword_only) = (code.argcount as usize, code.kwonlyargcount as usize);
    if given < count {
        let defaults = function.defaults.borrow().clone();
        let defaults = defaults.as_ref().map_or(&[][..], |d| d.as_slice());
        let required = count.saturating_sub(defaults.len());
        let missing: Vec<usize> = (given..required).filter(|i| !variables.is_bound(*i)).collect();
        if !missing.is_empty() {
            return Err(missing_arguments(vm, function, &missing, "positional"));
        }
        for i in given.max(required)..count {
            if !variables.is_bound(i)
                && let Some(default) = defaults.get(i - required)
            {
                variables.set(i, default.clone());
            }
        }
    }
    if keyword_only > 0 {
        let defaults = function.kwdefaults.borrow().clone();
        let mut missing = Vec::new();
        for i in count..count + keyword_only {
            if variables.is_bound(i) {
                continue;
            }
            match defaults.as_ref().and_then(|d| d.get_str(&code.localsplusnames()[i])) {
                Some(default) => variables.set(i, default),
                None => missing.push(i),
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(vm, function, &missing, "keyword-only"));
        }
    }
    Ok(())
}

#[cold]
fn missing_arguments(vm: &mut Vm, function: &Ref<Function>, missing: &[usize], kind: &str) -> Raised {
    let code = function.code.borrow().clone();
    let quoted: Vec<String> = missing.iter().map(|i| format!("'{}'", code.localsplusnames()[*i])).collect();
    let list = match &quoted[..] {
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
        [] => String::new(),
    };
    let (name, count) = (function.qualname.borrow().clone(), missing.len());
    let plural = if count == 1 { "" } else { "s" };
    vm.type_error(format!("{name}() missing {count} required {kind} argument{plural}: {list}"))
}

#[cold]
fn too_many(vm: &mut Vm, function: &Ref<Function>, given: usize, variables: &Variables) -> Raised {
    let code = function.code.borrow().clone();
    let count = code.argcount as usize;
    let defaults = function.defaults.borrow().as_ref().map_or(0, |d| d.len());
    let keyword_only = code.kwonlyargcount as usize;
    let given_keywords = (count..count + keyword_only).filter(|i| variables.is_bound(*i)).count();
    let (takes, plural) = if defaults > 0 {
        (format!("from {} to {count}", count.saturating_sub(defaults)), true)
    } else {
        (count.to_string(), count != 1)
    };
    let plural = if plural { "s" } else { "" };
    let name = function.qualname.borrow().clone();
    let were = if given == 1 && given_keywords == 0 { "was" } else { "were" };
    let keywords = if given_keywords > 0 {
        let (s1, s2) = (if given == 1 { "" } else { "s" }, if given_keywords == 1 { "" } else { "s" });
        format!(" positional argument{s1} (and {given_keywords} keyword-only argument{s2})")
    } else {
        String::new()
    };
    vm.type_error(format!(
        "{name}() takes {takes} positional argument{plural} but {given}{keywords} {were} given"
    ))
}
