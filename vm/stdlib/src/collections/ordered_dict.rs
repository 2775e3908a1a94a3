//! `OrderedDict`: a `dict` whose order matters in comparisons and can be changed.

use pvm_vm::native::{Args, Optional};
use pvm_vm::object::class::flag;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::container_support::instance_state;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// An ordered dictionary.
#[repr(C)]
pub struct OrderedDict {
    dict: Dict,
}

pvm_vm::payload!(
    OrderedDict,
    "collections.OrderedDict",
    parent = Dict,
    |d, visit| d.dict.traverse(visit),
    |d| d.dict.clear()
);

/// Whether an `OrderedDict` has no special methods of its own for items.
fn is_exact(vm: &mut Vm, this: &Ref<OrderedDict>) -> PyResult<bool> {
    let class = pvm_vm::types::init::class_of::<OrderedDict>(vm)?;
    Ok(this.class().is(&class))
}

fn update(vm: &mut Vm, this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<()> {
    let given = args.pos();
    if given.len() > 1 {
        let count = given.len();
        return Err(vm.type_error(format!("update() takes at most 1 positional argument ({count} given)")));
    }
    if let Some(source) = given.first() {
        if is_exact(vm, this)? {
            vm.update_dict(&this.dict, source)?;
        } else {
            update_by_items(vm, this.as_value(), source)?;
        }
    }
    for (key, value) in args.keywords() {
        vm.set_item(this.as_value(), key, value.clone())?;
    }
    Ok(())
}

/// `MutableMapping.update`, which a subclass's `__setitem__` sees.
fn update_by_items(vm: &mut Vm, target: &Value, source: &Value) -> PyResult<()> {
    let names = vm.names();
    if let Some(keys) = vm.lookup_attr(source, &names.keys)? {
        let keys = vm.call(&keys, &[])?;
        return vm.for_each(&keys, |vm, key| {
            let value = vm.get_item(source, &key)?;
            vm.set_item(target, &key, value)
        });
    }
    let pairs = Dict::new();
    // Checks the pairs as `dict.update` does, but keeps each assignment.
    vm.for_each(source, |vm, pair| {
        let single: Value = List::new(vec![pair]).into();
        pairs.clear();
        vm.update_dict(&pairs, &single)?;
        for (key, value) in pairs.items() {
            vm.set_item(target, &key, value)?;
        }
        Ok(())
    })
}

fn is_ordered(value: &Value) -> bool {
    value.holds::<OrderedDict>()
}

#[pymethods(
    name = "OrderedDict",
    module = "collections",
    doc = "Dictionary that remembers insertion order",
    flags = flag::BASE_TYPE | flag::MAPPING | flag::HAS_DICT | flag::HAS_ATTRIBUTES | flag::HAS_WEAKREF,
    base = vm.types().dict.clone()
)]
impl OrderedDict {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(OrderedDict { dict: Dict::payload() }, cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<()> {
        if args.pos().len() > 1 {
            let count = args.pos().len();
            return Err(vm.type_error(format!("expected at most 1 arguments, got {count}")));
        }
        update(vm, this, args)
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<OrderedDict>) -> PyResult {
        let name = this.class().name();
        if this.dict.is_empty() {
            return Ok(format!("{name}()").into());
        }
        let shown = vm.repr_guard(this.as_value(), |vm| {
            if is_exact(vm, this)? {
                let copy: Value = this.dict.copy().into();
                return vm.repr(&copy);
            }
            let items = vm.call_method_str(this.as_value(), "items", &[])?;
            let copy = Dict::new();
            vm.update_dict(&copy, &items)?;
            vm.repr(copy.as_value())
        })?;
        Ok(match shown {
            Some(shown) => format!("{name}({shown})"),
            None => "...".to_owned(),
        }
        .into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y), CompareOp::Eq | CompareOp::Ne) =
            (a.downcast_ref::<Dict>(), b.downcast_ref::<Dict>(), op)
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let plain = vm.types().dict.slots.richcompare.get();
        let result = match plain {
            Some(compare) => compare(vm, a, b, CompareOp::Eq)?,
            None => return Ok(Value::NOT_IMPLEMENTED),
        };
        let mut equal = vm.truth(&result)?;
        if equal && is_ordered(a) && is_ordered(b) {
            let (mut i, mut j) = (0, 0);
            while let (Some((next_i, p, _)), Some((next_j, q, _))) = (x.next_item(i), y.next_item(j)) {
                if !vm.equals(&p, &q)? {
                    equal = false;
                    break;
                }
                (i, j) = (next_i, next_j);
            }
        }
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (Some(_), Some(_)) = (a.downcast_ref::<Dict>(), b.downcast_ref::<Dict>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let own = if is_ordered(a) { a } else { b };
        let class = own.class().clone();
        let result = vm.call(class.as_value(), std::slice::from_ref(a))?;
        if let Some(ordered) = result.downcast_ref::<OrderedDict>() {
            update(vm, ordered, Args::positional(std::slice::from_ref(b)))?;
        }
        Ok(result)
    }

    #[slot(inplace_or)]
    fn inplace_or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        if let Some(ordered) = a.downcast_ref::<OrderedDict>() {
            update(vm, ordered, Args::positional(std::slice::from_ref(b)))?;
        }
        Ok(a.clone())
    }

    /// Move an existing element to the end (or beginning if last is false).
    ///
    /// Raise KeyError if the element does not exist.
    #[method(sig = "(key, last=True)")]
    fn move_to_end(vm: &mut Vm, this: &Ref<OrderedDict>, key: &Value, last: bool) -> PyResult<()> {
        if this.dict.move_to_end(vm, key, last)? { Ok(()) } else { Err(vm.key_error(key.clone())) }
    }

    /// Remove and return a (key, value) pair from the dictionary.
    ///
    /// Pairs are returned in LIFO order if last is true or FIFO order if false.
    #[method(sig = "(last=True)")]
    fn popitem(vm: &mut Vm, this: &Ref<OrderedDict>, last: bool) -> PyResult {
        let item = if last { this.dict.pop_last() } else { this.dict.pop_first() };
        match item {
            Some((key, value)) => Ok(Tuple::new([key, value]).into()),
            None => Err(vm.key_error("dictionary is empty".into())),
        }
    }

    /// od.pop(key[,default]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    #[method(sig = "(key, default=<unrepresentable>)")]
    fn pop(vm: &mut Vm, this: &Ref<OrderedDict>, key: &Value, default: Optional<Value>) -> PyResult {
        if let Some(value) = this.dict.remove(vm, key)? {
            return Ok(value);
        }
        let missing = vm.names().dunder_missing.clone();
        if !is_exact(vm, this)?
            && default.clone().present().is_none()
            && let Some(value) = vm.call_special(this.as_value(), &missing, std::slice::from_ref(key))?
        {
            return Ok(value);
        }
        match default.present() {
            Some(default) => Ok(default),
            None => Err(vm.key_error(key.clone())),
        }
    }

    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    #[method(sig = "(key, default=None)")]
    fn setdefault(vm: &mut Vm, this: &Ref<OrderedDict>, key: &Value, default: Value) -> PyResult {
        if let Some(value) = this.dict.get(vm, key)? {
            return Ok(value);
        }
        vm.set_item(this.as_value(), key, default.clone())?;
        Ok(default)
    }

    /// Create a new ordered dictionary with keys from iterable and values set to value.
    #[classmethod(sig = "(iterable, value=None)")]
    fn fromkeys(vm: &mut Vm, cls: &Ref<Class>, iterable: &Value, value: Value) -> PyResult {
        let target = vm.call(cls.as_value(), &[])?;
        vm.for_each(iterable, |vm, key| vm.set_item(&target, &key, value.clone()))?;
        Ok(target)
    }

    /// od.update([E, ]**F) -> None.  Like dict.update().
    #[method(name = "update", sig = "")]
    fn update_method(vm: &mut Vm, this: &Ref<OrderedDict>, args: Args<'_>) -> PyResult<()> {
        update(vm, this, args)
    }

    /// od.copy() -> a shallow copy of od
    #[method(sig = "")]
    fn copy(vm: &mut Vm, this: &Ref<OrderedDict>) -> PyResult {
        let copy = vm.call(this.class().as_value(), &[])?;
        if is_exact(vm, this)?
            && let Some(target) = copy.downcast_ref::<Dict>()
        {
            this.dict.copy_into(target);
            return Ok(copy);
        }
        for key in this.dict.keys() {
            let value = vm.get_item(this.as_value(), &key)?;
            vm.set_item(&copy, &key, value)?;
        }
        Ok(copy)
    }

    /// Return state information for pickling
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<OrderedDict>) -> PyResult {
        let state = instance_state(vm, this.as_value())?;
        let items = vm.call_method_str(this.as_value(), "items", &[])?;
        let items = vm.iter(&items)?;
        let class: Value = this.class().into();
        Ok(Tuple::new([class, Tuple::new([]).into(), state, Value::NONE, items]).into())
    }
}
