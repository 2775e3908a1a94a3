//! Methods of `dict`; its views are in [`views`], iterators in [`iterators`].

pub mod iterators;
pub mod views;

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::text::StrBuilder;
use crate::types::container_support as support;
use crate::types::dict::Dict;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use iterators::{DictIterator, Kind};
use pvm_vm_macros::pymethods;
use views::DictView;

#[pymethods(
    name = "dict",
    doc = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)",
    flags = flag::BASE_TYPE | flag::MATCH_SELF | flag::MAPPING
)]
impl Dict {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Dict::payload(), cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Dict>, args: Args<'_>) -> PyResult<()> {
        update(vm, this, "dict", args)
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        let Some(dict) = this.downcast_ref::<Dict>().cloned() else { return Ok(Value::NONE) };
        if dict.is_empty() {
            return Ok("{}".into());
        }
        let shown = vm.repr_guard(this, |vm| {
            let mut text = StrBuilder::new();
            text.push_utf8("{");
            let (mut position, mut first) = (0, true);
            while let Some((next, key, value)) = dict.next_item(position) {
                if !first {
                    text.push_utf8(", ");
                }
                first = false;
                let shown = vm.repr(&key)?;
                text.push_str(shown.as_ref());
                text.push_utf8(": ");
                let shown = vm.repr(&value)?;
                text.push_str(shown.as_ref());
                position = next;
            }
            text.push_utf8("}");
            Ok(Value::from(text.finish()))
        })?;
        Ok(shown.unwrap_or_else(|| "{...}".into()))
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y), CompareOp::Eq | CompareOp::Ne) =
            (a.downcast_ref::<Dict>(), b.downcast_ref::<Dict>(), op)
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let equal = equal(vm, x, y)?;
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(len)]
    fn len_slot(this: &Ref<Dict>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(getitem)]
    fn get_item(vm: &mut Vm, this: &Ref<Dict>, key: &Value) -> PyResult {
        if let Some(value) = this.get(vm, key)? {
            return Ok(value);
        }
        if !this.class().is(&vm.types().dict) {
            let names = vm.names();
            if let Some(value) =
                vm.call_special(this.as_value(), &names.dunder_missing, std::slice::from_ref(key))?
            {
                return Ok(value);
            }
        }
        Err(vm.key_error(key.clone()))
    }

    #[slot(setitem)]
    fn set_item(vm: &mut Vm, this: &Ref<Dict>, key: &Value, value: Option<Value>) -> PyResult<()> {
        match value {
            Some(value) => this.set(vm, key.clone(), value),
            None => match this.remove(vm, key)? {
                Some(_) => Ok(()),
                None => Err(vm.key_error(key.clone())),
            },
        }
    }

    #[slot(contains)]
    fn contains_slot(vm: &mut Vm, this: &Ref<Dict>, key: &Value) -> PyResult<bool> {
        this.contains(vm, key)
    }

    #[slot(iter)]
    fn iter(this: &Ref<Dict>) -> PyResult {
        Ok(DictIterator::make(this, Kind::Keys))
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Dict>(), b.downcast_ref::<Dict>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let result = x.copy();
        vm.update_dict(&result, y.as_value())?;
        Ok(result.into())
    }

    #[slot(inplace_or)]
    fn inplace_or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        if let Some(dict) = a.downcast_ref::<Dict>() {
            vm.update_dict(dict, b)?;
        }
        Ok(a.clone())
    }

    /// Return a reverse iterator over the dict keys.
    #[method]
    fn __reversed__(this: &Ref<Dict>) -> Value {
        DictIterator::make(this, Kind::ReverseKeys)
    }

    /// Return the value for key if key is in the dictionary, else default.
    #[method(name = "get", sig = "(key, default=None, /)")]
    fn get_method(vm: &mut Vm, this: &Ref<Dict>, key: &Value, default: Value) -> PyResult {
        Ok(this.get(vm, key)?.unwrap_or(default))
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[method(sig = "(key, default=None, /)")]
    fn setdefault(vm: &mut Vm, this: &Ref<Dict>, key: Value, default: Value) -> PyResult {
        this.set_default(vm, key, default)
    }

    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[method(sig = "(key, default=<unrepresentable>, /)")]
    fn pop(vm: &mut Vm, this: &Ref<Dict>, key: &Value, default: crate::native::Optional<Value>) -> PyResult {
        // An empty dictionary does not ask the key for its hash.
        let found = if this.is_empty() { None } else { this.remove(vm, key)? };
        match (found, default.present()) {
            (Some(value), _) | (None, Some(value)) => Ok(value),
            (None, None) => Err(vm.key_error(key.clone())),
        }
    }

    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    #[method]
    fn popitem(vm: &mut Vm, this: &Ref<Dict>) -> PyResult {
        match this.pop_last() {
            Some((key, value)) => Ok(Tuple::new([key, value]).into()),
            None => Err(vm.key_error("popitem(): dictionary is empty".into())),
        }
    }

    /// D.update([E, ]**F) -> None.  Update D from dict/iterable E and F.
    /// If E is present and has a .keys() method, then does:  for k in E: D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    #[method(name = "update", sig = "")]
    fn update_method(vm: &mut Vm, this: &Ref<Dict>, args: Args<'_>) -> PyResult<()> {
        update(vm, this, "update", args)
    }

    /// D.clear() -> None.  Remove all items from D.
    #[method(name = "clear", sig = "")]
    fn clear_method(this: &Ref<Dict>) {
        this.clear();
    }

    /// D.copy() -> a shallow copy of D
    #[method(name = "copy", sig = "")]
    fn copy_method(this: &Ref<Dict>) -> Ref<Dict> {
        Dict::copy(this)
    }

    /// Create a new dictionary with keys from iterable and values set to value.
    #[classmethod(sig = "(iterable, value=None, /)")]
    fn fromkeys(vm: &mut Vm, cls: &Ref<Class>, iterable: &Value, value: Value) -> PyResult {
        let target = vm.call(cls.as_value(), &[])?;
        if cls.is(&vm.types().dict)
            && let Some(dict) = target.downcast_ref::<Dict>()
        {
            if let Some(set) = iterable.downcast_ref::<crate::types::set::Set>() {
                let mut position = 0;
                while let Some((next, key, hash)) = set.next_element(position) {
                    dict.set_hashed(vm, key, hash, value.clone())?;
                    position = next;
                }
            } else {
                vm.for_each(iterable, |vm, key| dict.set(vm, key, value.clone()))?;
            }
        } else {
            vm.for_each(iterable, |vm, key| vm.set_item(&target, &key, value.clone()))?;
        }
        Ok(target)
    }

    /// D.keys() -> a set-like object providing a view on D's keys
    #[method(name = "keys", sig = "")]
    fn keys_method(vm: &mut Vm, this: &Ref<Dict>) -> Value {
        DictView::make(this, &vm.types().dict_keys)
    }

    /// D.values() -> an object providing a view on D's values
    #[method(sig = "")]
    fn values(vm: &mut Vm, this: &Ref<Dict>) -> Value {
        DictView::make(this, &vm.types().dict_values)
    }

    /// D.items() -> a set-like object providing a view on D's items
    #[method(name = "items", sig = "")]
    fn items_method(vm: &mut Vm, this: &Ref<Dict>) -> Value {
        DictView::make(this, &vm.types().dict_items)
    }

    /// D.__sizeof__() -> size of D in memory, in bytes
    #[method(sig = "")]
    fn __sizeof__(this: &Ref<Dict>) -> usize {
        64 + if this.is_empty() { 0 } else { (this.len() * 3 / 2).next_power_of_two().max(8) * 20 }
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        support::class_getitem(cls, item)
    }
}

fn update(vm: &mut Vm, this: &Ref<Dict>, name: &str, args: Args<'_>) -> PyResult<()> {
    let given = args.pos();
    vm.check_positional(name, given.len(), 0, 1)?;
    if let Some(source) = given.first() {
        vm.update_dict(this, source)?;
    }
    for (key, value) in args.keywords() {
        this.set(vm, key.clone(), value.clone())?;
    }
    Ok(())
}

/// Whether two dictionaries have equal items.
pub(crate) fn equal(vm: &mut Vm, x: &Dict, y: &Dict) -> PyResult<bool> {
    if x.len() != y.len() {
        return Ok(false);
    }
    let mut position = 0;
    while let Some((next, key, value, hash)) = x.next_item_hashed(position) {
        match y.get_hashed(vm, &key, hash)? {
            Some(other) if vm.equals(&value, &other)? => {}
            _ => return Ok(false),
        }
        position = next;
    }
    Ok(true)
}
