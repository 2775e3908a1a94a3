//! `enumerate`

use crate::native::{Args, Param, ParamKind, bind};
use crate::number::{Int as IntView, Integer};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::container_support as support;
use crate::types::tuple::{ReusedTuple, Tuple};
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// Numbers the items of an iterator.
pub struct Enumerate {
    iterator: Value,
    /// The next number.
    index: RefCell<Value>,
    result: ReusedTuple,
}

crate::payload!(
    Enumerate,
    "enumerate",
    |e, visit| {
        visit(&e.iterator);
        visit(&e.index.borrow());
        e.result.traverse(visit);
    },
    |_e| ()
);

impl Enumerate {
    /// The next number and item.
    pub(crate) fn next_pair(&self, vm: &mut Vm) -> PyResult<Option<(Value, Value)>> {
        let Some(item) = vm.next(&self.iterator)? else { return Ok(None) };
        let index = self.index.borrow().clone();
        let one = Value::int(1);
        let next = match index.add_small_ints(&one) {
            Some(next) => next,
            None => {
                let number = index.as_int().map_or(Integer::ZERO, IntView::to_owned);
                (number.as_int() + IntView::Small(1)).into()
            }
        };
        let old = self.index.replace(next);
        drop(old);
        Ok(Some((index, item)))
    }
}

const NEW_PARAMS: &[Param] = &[
    Param { name: "iterable", kind: ParamKind::Positional, required: true },
    Param { name: "start", kind: ParamKind::Positional, required: false },
];

#[pymethods(
    name = "enumerate",
    doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    flags = flag::BASE_TYPE
)]
impl Enumerate {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        if args.values.is_empty() {
            return Err(vm.type_error("enumerate() missing required argument 'iterable'"));
        }
        let ([iterable, start], _extra) = bind::<2, 1, 2>(vm, "enumerate", NEW_PARAMS, args)?;
        let iterable = crate::native::present(vm, iterable)?;
        let start = match start {
            Some(start) => vm.index(start)?,
            None => Value::int(0),
        };
        let iterator = vm.iter(iterable)?;
        Ok(Ref::new(Enumerate { iterator, index: RefCell::new(start), result: ReusedTuple::default() }, cls)
            .into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Enumerate>) -> PyResult<Option<Value>> {
        Ok(this.next_pair(vm)?.map(|(index, item)| this.result.give([index, item])))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Enumerate>) -> Value {
        let index = this.index.borrow().clone();
        let args = Tuple::new([this.iterator.clone(), index]);
        Tuple::new([this.class().into(), args.into()]).into()
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        support::class_getitem(cls, item)
    }
}
