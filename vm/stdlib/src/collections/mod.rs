//! `_collections`

mod default_dict;
mod deque;
mod ordered_dict;
mod tuple_getter;

use pvm_vm::object::Value;
use pvm_vm::protocol::numbers::BinaryOp;
use pvm_vm::types::dict::Dict;
use pvm_vm::{PyResult, Vm};

/// Counts into a dictionary whose `get` and `__setitem__` are those of `dict`.
fn count_into(vm: &mut Vm, counts: &Dict, iterable: &Value) -> PyResult<()> {
    let one = Value::int(1);
    vm.for_each(iterable, |vm, item| {
        let hash = vm.hash(&item)?;
        let new = match counts.get_hashed(vm, &item, hash)? {
            None => one.clone(),
            Some(old) => match old.add_small_ints(&one) {
                Some(new) => new,
                None => vm.binary(BinaryOp::Add, &old, &one)?,
            },
        };
        counts.set_hashed(vm, item, hash, new)
    })
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_collections",
    doc = "High performance data structures.\n- deque:        ordered collection accessible from endpoints only\n- defaultdict:  dict subclass with a default value factory\n"
)]
pub mod collections_module {
    use super::*;
    use crate::support::add_class;
    use pvm_vm::object::Ref;
    use pvm_vm::types::module::Module;

    /// Count elements in the iterable, updating the mapping
    #[pyfunction]
    fn _count_elements(vm: &mut Vm, mapping: &Value, iterable: &Value) -> PyResult<()> {
        let (get, set) = (vm.intern("get"), vm.intern("__setitem__"));
        if let Some(counts) = mapping.downcast_ref::<Dict>() {
            let (own, plain) = (mapping.class(), &vm.types().dict);
            let same = |name| match (own.lookup(name), plain.lookup(name)) {
                (Some(a), Some(b)) => a.is(&b),
                _ => false,
            };
            if same(&get) && same(&set) {
                return count_into(vm, counts, iterable);
            }
        }
        let getter = vm.get_attr(mapping, &get)?;
        vm.for_each(iterable, |vm, item| {
            let old = vm.call(&getter, &[item.clone(), Value::int(0)])?;
            let new = vm.binary(BinaryOp::Add, &old, &Value::int(1))?;
            vm.set_item(mapping, &item, new)
        })
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<deque::Deque>(vm, module, "deque")?;
        add_class::<deque::DequeIterator>(vm, module, "_deque_iterator")?;
        add_class::<deque::DequeReverseIterator>(vm, module, "_deque_reverse_iterator")?;
        add_class::<default_dict::DefaultDict>(vm, module, "defaultdict")?;
        add_class::<ordered_dict::OrderedDict>(vm, module, "OrderedDict")?;
        add_class::<tuple_getter::TupleGetter>(vm, module, "_tuplegetter")?;
        Ok(())
    }
}
