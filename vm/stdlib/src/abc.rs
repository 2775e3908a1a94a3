//! `_abc`: abstract base classes.

use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::set::Set;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::types::weakref::WeakRef;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::{pymethods, pymodule};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// Classes by their address, without keeping them alive.
#[derive(Default)]
struct WeakClasses {
    by_address: RefCell<FxHashMap<u64, Ref<WeakRef>>>,
}

impl WeakClasses {
    fn contains(&self, class: &Value) -> bool {
        let table = self.by_address.borrow();
        table.get(&class.identity()).is_some_and(|reference| reference.get().is_some_and(|c| c.is(class)))
    }

    fn add(&self, vm: &Vm, class: &Value) {
        let reference = WeakRef::new(class, Value::NONE, &vm.types().weakref);
        let old = self.by_address.borrow_mut().insert(class.identity(), reference);
        drop(old);
    }

    fn classes(&self) -> Vec<Value> {
        self.by_address.borrow().values().filter_map(|reference| reference.get()).collect()
    }

    fn clear(&self) {
        let old = self.by_address.take();
        drop(old);
    }

    fn references(&self, vm: &mut Vm) -> PyResult {
        let all: Vec<Value> = self.by_address.borrow().values().map(Value::from).collect();
        let set = Set::new();
        for reference in all {
            set.add(vm, reference)?;
        }
        Ok(set.into())
    }
}

/// What an abstract base class knows of its subclasses (`_abc_impl`).
pub struct AbcData {
    registry: WeakClasses,
    cache: WeakClasses,
    negative_cache: WeakClasses,
    negative_cache_version: Cell<u64>,
}

pvm_vm::payload!(
    AbcData,
    "_abc._abc_data",
    |d, visit| {
        for classes in [&d.registry, &d.cache, &d.negative_cache] {
            classes.by_address.borrow().values().for_each(|reference| visit(reference.as_value()));
        }
    },
    |d| {
        d.registry.clear();
        d.cache.clear();
        d.negative_cache.clear();
    }
);

/// Internal state held by ABC machinery.
#[pymethods(name = "_abc_data", module = "_abc")]
impl AbcData {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, _args: pvm_vm::native::Args<'_>) -> PyResult {
        let data = AbcData {
            registry: WeakClasses::default(),
            cache: WeakClasses::default(),
            negative_cache: WeakClasses::default(),
            negative_cache_version: Cell::new(counter(vm).get()),
        };
        Ok(Ref::new(data, class).into())
    }
}

/// Counts registrations: answers of "no" from before the last one may have changed.
fn counter(vm: &Vm) -> std::rc::Rc<Counter> {
    vm.interp.extension(|| Counter(Cell::new(0)))
}

struct Counter(Cell<u64>);

impl Counter {
    fn get(&self) -> u64 {
        self.0.get()
    }
}

fn data_of(vm: &mut Vm, class: &Value) -> PyResult<Ref<AbcData>> {
    let data = vm.get_attr_str(class, "_abc_impl")?;
    data.downcast::<AbcData>().map_err(|_| vm.type_error("_abc_impl is set to a wrong type"))
}

fn is_abstract(vm: &mut Vm, value: &Value) -> PyResult<bool> {
    let name = vm.names().dunder_isabstractmethod.clone();
    match vm.lookup_attr(value, &name)? {
        Some(flag) => vm.truth(&flag),
        None => Ok(false),
    }
}

/// Sets `__abstractmethods__` from the class's own attributes and what its bases left abstract.
fn compute_abstract_methods(vm: &mut Vm, class: &Value) -> PyResult<()> {
    let names = vm.names();
    let mut found: Vec<Value> = Vec::new();
    let own = match class.downcast_ref::<Class>() {
        Some(class) => class.attributes().items(),
        None => {
            let dict = vm.get_attr(class, &names.dunder_dict)?;
            dict.downcast_ref::<Dict>().map(|dict| dict.items()).unwrap_or_default()
        }
    };
    for (key, value) in own {
        if is_abstract(vm, &value)? {
            found.push(key);
        }
    }
    let bases = vm.get_attr(class, &names.dunder_bases)?;
    let Some(bases) = bases.downcast_ref::<Tuple>() else {
        return Err(vm.type_error("__bases__ is not tuple"));
    };
    for base in bases.as_slice() {
        let Some(abstracts) = vm.lookup_attr(base, &names.dunder_abstractmethods)? else { continue };
        for key in vm.collect(&abstracts)? {
            let Some(name) = key.downcast_ref::<Str>() else {
                let found = key.class().name();
                return Err(vm.type_error(format!("attribute name must be string, not '{found}'")));
            };
            let name = vm.interp.intern_ref(name);
            if let Some(value) = vm.lookup_attr(class, &name)?
                && is_abstract(vm, &value)?
            {
                found.push(key);
            }
        }
    }
    let set = Set::frozen(vm, found)?;
    vm.set_attr(class, &names.dunder_abstractmethods, set.into())
}

const COLLECTION_FLAGS: u32 = flag::SEQUENCE | flag::MAPPING;

/// Takes the collection flags that `__abc_tpflags__` asks for.
fn take_collection_flags(vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    let name = vm.intern("__abc_tpflags__");
    let Some(value) = class.attributes().get_str(&name) else { return Ok(()) };
    if let Some(bits) = value.as_int().and_then(|i| i.to_i64()) {
        let (sequence, mapping) = (bits & 1 << 5 != 0, bits & 1 << 6 != 0);
        if sequence && mapping {
            return Err(
                vm.type_error("__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING")
            );
        }
        class.set_flags(flag::SEQUENCE, sequence);
        class.set_flags(flag::MAPPING, mapping);
    }
    vm.del_attr(class.as_value(), &name)
}

/// Gives a class and its subclasses the collection flags of an abstract class that it was registered with.
fn set_collection_flags(class: &Ref<Class>, flags: u32) {
    if class.flags() & COLLECTION_FLAGS == flags || !class.has(flag::HEAP) {
        return;
    }
    class.set_flags(COLLECTION_FLAGS, false);
    class.set_flags(flags, true);
    for subclass in class.subclasses() {
        set_collection_flags(&subclass, flags);
    }
}

/// `_abc`
#[pymodule(name = "_abc", doc = "Module contains faster C implementation of abc.ABCMeta")]
pub mod abc_module {
    use super::*;

    /// Returns the current ABC cache token.
    ///
    /// The token is an opaque object (supporting equality testing) identifying the
    /// current version of the ABC cache for virtual subclasses. The token changes
    /// with every call to register() on any ABC.
    #[pyfunction]
    fn get_cache_token(vm: &mut Vm) -> u64 {
        counter(vm).get()
    }

    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    #[pyfunction]
    fn _abc_init(vm: &mut Vm, class: &Value) -> PyResult<()> {
        compute_abstract_methods(vm, class)?;
        let data_class = pvm_vm::types::init::class_of::<AbcData>(vm)?;
        let data = vm.call(data_class.as_value(), &[])?;
        vm.set_attr_str(class, "_abc_impl", data)?;
        if let Some(class) = class.downcast_ref::<Class>() {
            take_collection_flags(vm, class)?;
        }
        Ok(())
    }

    /// Internal ABC helper for subclasss registration. Should be never used outside abc module.
    #[pyfunction]
    fn _abc_register(vm: &mut Vm, class: &Value, subclass: &Value) -> PyResult {
        let Some(subclass_type) = subclass.downcast_ref::<Class>() else {
            return Err(vm.type_error("Can only register classes"));
        };
        if vm.is_subclass(subclass, class)? {
            return Ok(subclass.clone());
        }
        if vm.is_subclass(class, subclass)? {
            return Err(vm.runtime_error("Refusing to create an inheritance cycle"));
        }
        let data = data_of(vm, class)?;
        data.registry.add(vm, subclass);
        let counter = counter(vm);
        counter.0.set(counter.get() + 1);
        if let Some(class) = class.downcast_ref::<Class>() {
            let flags = class.flags() & COLLECTION_FLAGS;
            if flags != 0 {
                set_collection_flags(subclass_type, flags);
            }
        }
        Ok(subclass.clone())
    }

    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    #[pyfunction]
    fn _abc_instancecheck(vm: &mut Vm, class: &Value, instance: &Value) -> PyResult {
        let data = data_of(vm, class)?;
        let names = vm.names();
        let subclass = vm.get_attr(instance, &names.dunder_class)?;
        if data.cache.contains(&subclass) {
            return Ok(Value::TRUE);
        }
        let own: Value = instance.class().into();
        let name = names.dunder_subclasscheck.clone();
        if own.is(&subclass) {
            if data.negative_cache_version.get() == counter(vm).get()
                && data.negative_cache.contains(&subclass)
            {
                return Ok(Value::FALSE);
            }
            return vm.call_method(class, &name, &[subclass]);
        }
        let result = vm.call_method(class, &name, &[subclass])?;
        if vm.truth(&result)? {
            return Ok(result);
        }
        vm.call_method(class, &name, &[own])
    }

    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    #[pyfunction]
    fn _abc_subclasscheck(vm: &mut Vm, class: &Value, subclass: &Value) -> PyResult<bool> {
        let Some(subclass_type) = subclass.downcast_ref::<Class>() else {
            return Err(vm.type_error("issubclass() arg 1 must be a class"));
        };
        let data = data_of(vm, class)?;
        if data.cache.contains(subclass) {
            return Ok(true);
        }
        let version = counter(vm).get();
        if data.negative_cache_version.get() < version {
            data.negative_cache.clear();
            data.negative_cache_version.set(version);
        } else if data.negative_cache.contains(subclass) {
            return Ok(false);
        }
        let hook = vm.names().dunder_subclasshook.clone();
        let answer = vm.call_method(class, &hook, std::slice::from_ref(subclass))?;
        match answer.as_bool() {
            Some(true) => {
                data.cache.add(vm, subclass);
                return Ok(true);
            }
            Some(false) => {
                data.negative_cache.add(vm, subclass);
                return Ok(false);
            }
            None if answer.is_not_implemented() => {}
            None => {
                return Err(
                    vm.assertion_error("__subclasshook__ must return either False, True, or NotImplemented")
                );
            }
        }
        if subclass_type.mro().iter().any(|c| c.as_value().is(class)) {
            data.cache.add(vm, subclass);
            return Ok(true);
        }
        for registered in data.registry.classes() {
            if vm.is_subclass(subclass, &registered)? {
                data.cache.add(vm, subclass);
                return Ok(true);
            }
        }
        let subclasses = vm.call_method_str(class, "__subclasses__", &[])?;
        let Some(subclasses) = subclasses.downcast_ref::<List>() else {
            return Err(vm.type_error("__subclasses__() must return a list"));
        };
        for other in subclasses.to_vec() {
            if vm.is_subclass(subclass, &other)? {
                data.cache.add(vm, subclass);
                return Ok(true);
            }
        }
        data.negative_cache.add(vm, subclass);
        Ok(false)
    }

    /// Internal ABC helper to reset registry of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfunction]
    fn _reset_registry(vm: &mut Vm, class: &Value) -> PyResult<()> {
        data_of(vm, class)?.registry.clear();
        Ok(())
    }

    /// Internal ABC helper to reset both caches of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfunction]
    fn _reset_caches(vm: &mut Vm, class: &Value) -> PyResult<()> {
        let data = data_of(vm, class)?;
        data.cache.clear();
        data.negative_cache.clear();
        Ok(())
    }

    /// Internal ABC helper for cache and registry debugging.
    ///
    /// Return shallow copies of registry, of both caches, and
    /// negative cache version. Don't call this function directly,
    /// instead use ABC._dump_registry() for a nice repr.
    #[pyfunction]
    fn _get_dump(vm: &mut Vm, class: &Value) -> PyResult {
        let data = data_of(vm, class)?;
        let parts = [
            data.registry.references(vm)?,
            data.cache.references(vm)?,
            data.negative_cache.references(vm)?,
            data.negative_cache_version.get().into(),
        ];
        Ok(Tuple::new(parts).into())
    }
}
