//! `_tuplegetter`: the fields of named tuples.

use pvm_vm::native::Args;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// Reads one item of a tuple.
pub struct TupleGetter {
    index: i64,
    doc: RefCell<Value>,
}

pvm_vm::payload!(TupleGetter, "_tuplegetter", |g, visit| visit(&g.doc.borrow()), |_g| ());

#[pymethods(name = "_tuplegetter", module = "_collections")]
impl TupleGetter {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords("_tuplegetter", args)?;
        vm.check_positional("_tuplegetter", args.pos().len(), 2, 2)?;
        let [index, doc] = args.pos() else { return Ok(Value::NONE) };
        let index = vm.to_index(index)?;
        Ok(Ref::new(TupleGetter { index, doc: RefCell::new(doc.clone()) }, cls).into())
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<TupleGetter>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let Some(instance) = instance else { return Ok(this.into()) };
        let Some(tuple) = instance.downcast_ref::<Tuple>() else {
            if instance.is_none() {
                return Ok(this.into());
            }
            let (index, found) = (this.index, instance.class().name());
            return Err(vm.type_error(format!(
                "descriptor for index '{index}' for tuple subclasses doesn't apply to '{found}' object"
            )));
        };
        match usize::try_from(this.index).ok().and_then(|i| tuple.as_slice().get(i)) {
            Some(item) => Ok(item.clone()),
            None => Err(vm.index_error("tuple index out of range")),
        }
    }

    #[slot(descr_set)]
    fn set(vm: &mut Vm, _this: &Ref<TupleGetter>, _instance: &Value, value: Option<Value>) -> PyResult<()> {
        let class = vm.types().exceptions.attribute_error.clone();
        let message = if value.is_some() { "can't set attribute" } else { "can't delete attribute" };
        Err(vm.new_error(&class, message))
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<TupleGetter>) -> PyResult {
        let doc = this.doc.borrow().clone();
        let doc = vm.repr(&doc)?;
        Ok(format!("{}({}, {doc})", this.class().name(), this.index).into())
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<TupleGetter>) -> Value {
        let doc = this.doc.borrow().clone();
        let args = Tuple::new([Value::int(this.index), doc]);
        Tuple::new([this.class().into(), args.into()]).into()
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<TupleGetter>) -> Value {
        this.doc.borrow().clone()
    }

    #[setter(name = "__doc__")]
    fn set_doc(_vm: &mut Vm, this: &Ref<TupleGetter>, value: Option<Value>) -> PyResult<()> {
        crate::support::store(&this.doc, value.unwrap_or(Value::NONE));
        Ok(())
    }
}
