//! The callable that `lru_cache` makes.

use crate::support::params;
use pvm_vm::native::{Args, bind, present};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value, attributes};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::function::BoundMethod;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// A function whose results are kept. The dictionary's order is that of use, the least recent first.
pub struct LruCache {
    function: Value,
    info: Value,
    /// Separates positional arguments from keywords in keys.
    mark: Value,
    results: Ref<Dict>,
    /// `None` for no limit.
    limit: Option<usize>,
    typed: bool,
    hits: Cell<u64>,
    misses: Cell<u64>,
}

pvm_vm::payload!(
    LruCache,
    "functools._lru_cache_wrapper",
    |c, visit| {
        visit(&c.function);
        visit(&c.info);
        visit(&c.mark);
        visit(c.results.as_value());
    },
    |c| c.results.clear()
);

impl LruCache {
    fn key(&self, vm: &Vm, args: Args<'_>) -> Value {
        let positional = args.pos();
        if !self.typed
            && args.names.is_empty()
            && let [only] = positional
        {
            let types = vm.types();
            if only.is_small_int() || only.class().is(&types.str) || only.class().is(&types.int) {
                return only.clone();
            }
        }
        let mut parts: Vec<Value> = positional.to_vec();
        if !args.names.is_empty() {
            parts.push(self.mark.clone());
            for (name, value) in args.keywords() {
                parts.push(name.clone());
                parts.push(value.clone());
            }
        }
        if self.typed {
            parts.extend(args.values.iter().map(|v| Value::from(v.class())));
        }
        Tuple::new(parts).into()
    }
}

#[pymethods(
    name = "_lru_cache_wrapper",
    module = "functools",
    doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\nmaxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\ntyped:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n",
    flags = flag::BASE_TYPE | flag::HAS_DICT | flag::HAS_ATTRIBUTES | flag::HAS_WEAKREF | flag::METHOD_DESCRIPTOR
)]
impl LruCache {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([function, limit, typed, info], _) = bind::<4, 4, 4>(
            vm,
            "lru_cache",
            params![
                ("user_function", Positional, true),
                ("maxsize", Positional, true),
                ("typed", Positional, true),
                ("cache_info_type", Positional, true),
            ],
            args,
        )?;
        let (function, limit) = (present(vm, function)?, present(vm, limit)?);
        let (typed, info) = (present(vm, typed)?, present(vm, info)?);
        if !vm.is_callable(function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let limit = if limit.is_none() {
            None
        } else if limit.class().slots.index.get().is_some() {
            Some(usize::try_from(vm.to_index(limit)?).unwrap_or(0))
        } else {
            return Err(vm.type_error("maxsize should be integer or None"));
        };
        let object = vm.types().object.clone();
        let cache = LruCache {
            function: function.clone(),
            info: info.clone(),
            mark: vm.call(object.as_value(), &[])?,
            results: Dict::new(),
            limit,
            typed: vm.truth(typed)?,
            hits: Cell::new(0),
            misses: Cell::new(0),
        };
        Ok(Ref::new(cache, cls).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<LruCache>, args: Args<'_>) -> PyResult {
        if this.limit == Some(0) {
            this.misses.set(this.misses.get() + 1);
            return vm.call_args(&this.function, args);
        }
        let key = this.key(vm, args);
        let hash = vm.hash(&key)?;
        if let Some(result) = this.results.get_hashed(vm, &key, hash)? {
            this.hits.set(this.hits.get() + 1);
            if this.limit.is_some() {
                this.results.move_to_end(vm, &key, true)?;
            }
            return Ok(result);
        }
        this.misses.set(this.misses.get() + 1);
        let result = vm.call_args(&this.function, args)?;
        let Some(limit) = this.limit else {
            this.results.set_hashed(vm, key, hash, result.clone())?;
            return Ok(result);
        };
        // The call may have stored the same key, which then stays as it is.
        if this.results.get_hashed(vm, &key, hash)?.is_none() {
            let evicted = if this.results.len() >= limit { this.results.pop_first() } else { None };
            this.results.set_hashed(vm, key, hash, result.clone())?;
            drop(evicted);
        }
        Ok(result)
    }

    #[slot(descr_get)]
    fn get(_vm: &mut Vm, this: &Value, instance: Option<&Value>, _owner: &Value) -> PyResult {
        match instance {
            Some(instance) if !instance.is_none() => {
                Ok(BoundMethod::new(this.clone(), instance.clone()).into())
            }
            _ => Ok(this.clone()),
        }
    }

    /// Report cache statistics
    #[method(sig = "()")]
    fn cache_info(vm: &mut Vm, this: &Ref<LruCache>) -> PyResult {
        let limit = this.limit.map_or(Value::NONE, Value::from);
        let size = Value::from(this.results.len());
        vm.call(&this.info, &[this.hits.get().into(), this.misses.get().into(), limit, size])
    }

    /// Clear the cache and cache statistics
    #[method(sig = "()")]
    fn cache_clear(this: &Ref<LruCache>) {
        this.hits.set(0);
        this.misses.set(0);
        this.results.clear();
    }

    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<LruCache>) -> PyResult {
        vm.get_attr_str(this.as_value(), "__qualname__")
    }

    #[method(sig = "")]
    fn __copy__(this: &Ref<LruCache>) -> Value {
        this.into()
    }

    #[method(sig = "")]
    fn __deepcopy__(this: &Ref<LruCache>, _memo: &Value) -> Value {
        this.into()
    }

    #[getter(name = "__dict__")]
    fn dict_attribute(this: &Ref<LruCache>) -> Option<Ref<Dict>> {
        attributes::dict(this.as_value())
    }

    #[setter(name = "__dict__")]
    fn set_dict_attribute(vm: &mut Vm, this: &Ref<LruCache>, value: Option<Value>) -> PyResult<()> {
        crate::support::set_instance_dict(vm, this.as_value(), value)
    }
}
