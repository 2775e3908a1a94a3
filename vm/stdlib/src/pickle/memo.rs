//! Picklers' and unpicklers' memos, as Python code sees them.

use super::pickler::{Memo, Pickler};
use super::unpickler::Unpickler;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::init::class_of;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use rustc_hash::FxHashMap;

/// `Pickler.memo`
pub struct PicklerMemoProxy(Ref<Pickler>);

pvm_vm::payload!(PicklerMemoProxy, "_pickle.PicklerMemoProxy", |p, visit| visit(p.0.as_value()), |_p| ());

/// `Unpickler.memo`
pub struct UnpicklerMemoProxy(Ref<Unpickler>);

pvm_vm::payload!(UnpicklerMemoProxy, "_pickle.UnpicklerMemoProxy", |p, visit| visit(p.0.as_value()), |_p| ());

impl PicklerMemoProxy {
    /// The proxy of a pickler's memo.
    pub fn create(vm: &mut Vm, pickler: &Ref<Pickler>) -> PyResult {
        let class = class_of::<PicklerMemoProxy>(vm)?;
        Ok(Ref::new(PicklerMemoProxy(pickler.clone()), &class).into())
    }
}

impl UnpicklerMemoProxy {
    /// The proxy of an unpickler's memo.
    pub fn create(vm: &mut Vm, unpickler: &Ref<Unpickler>) -> PyResult {
        let class = class_of::<UnpicklerMemoProxy>(vm)?;
        Ok(Ref::new(UnpicklerMemoProxy(unpickler.clone()), &class).into())
    }
}

fn reduced(vm: &mut Vm, dict: Ref<Dict>) -> Value {
    let class = vm.types().dict.as_value().clone();
    Tuple::new([class, Tuple::new([dict.into()]).into()]).into()
}

#[pymethods(name = "PicklerMemoProxy", module = "_pickle", flags = flag::NO_INSTANTIATION)]
impl PicklerMemoProxy {
    /// Forgets everything.
    #[method(sig = "()")]
    fn clear(this: &Ref<PicklerMemoProxy>) {
        let old = this.0.memo.take();
        drop(old);
    }

    /// A dictionary of numbers and objects by identity.
    #[method(sig = "()")]
    fn copy(vm: &mut Vm, this: &Ref<PicklerMemoProxy>) -> PyResult<Ref<Dict>> {
        let entries: Vec<_> =
            this.0.memo.borrow().iter().map(|(id, (index, value))| (*id, *index, value.clone())).collect();
        let dict = Dict::new();
        for (id, index, value) in entries {
            dict.set(vm, id.into(), Tuple::new([index.into(), value]).into())?;
        }
        Ok(dict)
    }

    #[method(sig = "()")]
    fn __reduce__(vm: &mut Vm, this: &Ref<PicklerMemoProxy>) -> PyResult {
        let dict = PicklerMemoProxy::copy(vm, this)?;
        Ok(reduced(vm, dict))
    }
}

#[pymethods(name = "UnpicklerMemoProxy", module = "_pickle", flags = flag::NO_INSTANTIATION)]
impl UnpicklerMemoProxy {
    /// Forgets everything.
    #[method(sig = "()")]
    fn clear(this: &Ref<UnpicklerMemoProxy>) {
        let old = this.0.memo.take();
        drop(old);
    }

    /// A dictionary of objects by number.
    #[method(sig = "()")]
    fn copy(vm: &mut Vm, this: &Ref<UnpicklerMemoProxy>) -> PyResult<Ref<Dict>> {
        let entries = this.0.memo.borrow().clone();
        let dict = Dict::new();
        for (index, value) in entries {
            dict.set(vm, index.into(), value)?;
        }
        Ok(dict)
    }

    #[method(sig = "()")]
    fn __reduce__(vm: &mut Vm, this: &Ref<UnpicklerMemoProxy>) -> PyResult {
        let dict = UnpicklerMemoProxy::copy(vm, this)?;
        Ok(reduced(vm, dict))
    }
}

/// `pickler.memo = value`
pub fn set_pickler_memo(vm: &mut Vm, pickler: &Ref<Pickler>, value: &Value) -> PyResult<()> {
    let new = if let Some(proxy) = value.downcast_ref::<PicklerMemoProxy>() {
        proxy.0.memo.borrow().clone()
    } else if let Some(dict) = value.downcast_ref::<Dict>() {
        let mut memo = Memo::default();
        for (_, entry) in dict.items() {
            let pair = entry.downcast_ref::<Tuple>().map(|pair| pair.as_slice().to_vec());
            let Some([index, object]) = pair.as_deref() else {
                return Err(vm.type_error("'memo' values must be 2-item tuples"));
            };
            let index = usize::try_from(vm.to_index(index)?).unwrap_or(0);
            memo.insert(object.identity(), (index, object.clone()));
        }
        memo
    } else {
        let class = value.class().name();
        return Err(
            vm.type_error(format!("'memo' attribute must be a PicklerMemoProxy object or dict, not {class}"))
        );
    };
    let old = pickler.memo.replace(new);
    drop(old);
    Ok(())
}

/// `unpickler.memo = value`
pub fn set_unpickler_memo(vm: &mut Vm, unpickler: &Ref<Unpickler>, value: &Value) -> PyResult<()> {
    let new = if let Some(proxy) = value.downcast_ref::<UnpicklerMemoProxy>() {
        proxy.0.memo.borrow().clone()
    } else if let Some(dict) = value.downcast_ref::<Dict>() {
        let mut memo = FxHashMap::default();
        for (key, object) in dict.items() {
            if key.as_int().is_none() {
                return Err(vm.type_error("memo key must be integers"));
            }
            let Ok(index) = usize::try_from(vm.to_index(&key)?) else {
                return Err(vm.value_error("memo key must be positive integers."));
            };
            memo.insert(index, object);
        }
        memo
    } else {
        let class = value.class().name();
        return Err(vm.type_error(format!(
            "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {class}"
        )));
    };
    let old = unpickler.memo.replace(new);
    drop(old);
    Ok(())
}
