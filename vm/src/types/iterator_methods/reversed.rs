//! `reversed`

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// Walks a sequence backwards by index.
pub struct Reversed {
    /// `None` once the end was reached.
    sequence: RefCell<Option<Value>>,
    /// The next index.
    index: Cell<i64>,
}

crate::payload!(Reversed, "reversed", |r, visit| r.sequence.borrow().iter().for_each(visit), |r| drop(
    r.sequence.take()
));

#[pymethods(
    name = "reversed",
    doc = "Return a reverse iterator over the values of the given sequence.",
    flags = flag::BASE_TYPE
)]
impl Reversed {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords_for("reversed", cls, &vm.types().reversed, args)?;
        vm.check_positional("reversed", args.pos().len(), 1, 1)?;
        let [sequence] = args.pos() else { return Ok(Value::NONE) };
        let names = vm.names();
        let own = sequence.class().lookup(&names.dunder_reversed);
        let refused = own.as_ref().is_some_and(Value::is_none);
        if own.is_some()
            && !refused
            && let Some(result) = vm.call_special(sequence, &names.dunder_reversed, &[])?
        {
            return Ok(result);
        }
        if refused || !vm.is_sequence(sequence) {
            let found = sequence.class().name();
            return Err(vm.type_error(format!("'{found}' object is not reversible")));
        }
        let len = vm.length(sequence)? as i64;
        let iterator = Reversed { sequence: RefCell::new(Some(sequence.clone())), index: Cell::new(len - 1) };
        Ok(Ref::new(iterator, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Reversed>) -> PyResult<Option<Value>> {
        let Some(sequence) = this.sequence.borrow().clone() else { return Ok(None) };
        let index = this.index.get();
        if index >= 0 {
            match vm.get_item(&sequence, &Value::int(index)) {
                Ok(item) => {
                    this.index.set(index - 1);
                    return Ok(Some(item));
                }
                Err(raised) if super::ends_sequence(vm, &raised) => {}
                Err(raised) => return Err(raised),
            }
        }
        this.index.set(-1);
        let spent = this.sequence.take();
        drop(spent);
        Ok(None)
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(vm: &mut Vm, this: &Ref<Reversed>) -> PyResult<i64> {
        let Some(sequence) = this.sequence.borrow().clone() else { return Ok(0) };
        let position = this.index.get() + 1;
        let len = vm.length(&sequence)? as i64;
        Ok(if len < position { 0 } else { position })
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Reversed>) -> Value {
        let class: Value = this.class().into();
        let sequence = this.sequence.borrow().clone();
        match sequence {
            Some(sequence) => {
                let args = Tuple::new([sequence]);
                Tuple::new([class, args.into(), Value::int(this.index.get())]).into()
            }
            None => {
                let empty = vm.names().empty_tuple.clone();
                Tuple::new([class, Tuple::new([empty.into()]).into()]).into()
            }
        }
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<Reversed>, state: &Value) -> PyResult<()> {
        let index = vm.to_index(state)?;
        let Some(sequence) = this.sequence.borrow().clone() else { return Ok(()) };
        let len = vm.length(&sequence)? as i64;
        this.index.set(index.clamp(-1, len - 1));
        Ok(())
    }
}
