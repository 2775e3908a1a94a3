//! `zip`

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use smallvec::SmallVec;
use std::cell::Cell;

/// Takes one item of each iterator at a time.
pub struct Zip {
    iterators: Box<[Value]>,
    strict: Cell<bool>,
}

crate::payload!(Zip, "zip", |z, visit| z.iterators.iter().for_each(visit), |_z| ());

impl Zip {
    /// How many items its tuples have.
    pub(crate) fn len(&self) -> usize {
        self.iterators.len()
    }

    /// The next items of a `zip` of two.
    pub(crate) fn next_pair(&self, vm: &mut Vm) -> PyResult<Option<(Value, Value)>> {
        let [first, second] = &self.iterators[..] else { return Ok(None) };
        let Some(left) = vm.next(first)? else {
            return if self.strict.get() { ended(vm, self, 0).map(|_| None) } else { Ok(None) };
        };
        match vm.next(second)? {
            Some(right) => Ok(Some((left, right))),
            None if self.strict.get() => ended(vm, self, 1).map(|_| None),
            None => Ok(None),
        }
    }
}

#[pymethods(
    name = "zip",
    doc = "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]\n\nThe zip object yields n-length tuples, where n is the number of iterables\npassed as positional arguments to zip().  The i-th element in every tuple\ncomes from the i-th iterable argument to zip().  This continues until the\nshortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a ValueError.",
    flags = flag::BASE_TYPE
)]
impl Zip {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let mut strict = false;
        for (name, value) in args.keywords() {
            match name.downcast_ref::<Str>() {
                Some(name) if name.as_ref().equals_str("strict") => strict = vm.truth(value)?,
                _ => {
                    let shown = vm.str(name)?;
                    return Err(vm.type_error(format!("zip() got an unexpected keyword argument '{shown}'")));
                }
            }
        }
        let mut iterators = Vec::with_capacity(args.pos().len());
        for iterable in args.pos() {
            iterators.push(vm.iter(iterable)?);
        }
        Ok(Ref::new(Zip { iterators: iterators.into(), strict: Cell::new(strict) }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Zip>) -> PyResult<Option<Value>> {
        if this.iterators.is_empty() {
            return Ok(None);
        }
        if this.iterators.len() == 2 {
            return Ok(this.next_pair(vm)?.map(|(left, right)| Tuple::new([left, right]).into()));
        }
        let mut items: SmallVec<[Value; 4]> = SmallVec::with_capacity(this.iterators.len());
        for (i, iterator) in this.iterators.iter().enumerate() {
            match vm.next(iterator)? {
                Some(item) => items.push(item),
                None if this.strict.get() => return ended(vm, this, i),
                None => return Ok(None),
            }
        }
        Ok(Some(Tuple::new(items).into()))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Zip>) -> Value {
        let iterators = Tuple::new(this.iterators.to_vec());
        if this.strict.get() {
            Tuple::new([this.class().into(), iterators.into(), Value::TRUE]).into()
        } else {
            Tuple::new([this.class().into(), iterators.into()]).into()
        }
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<Zip>, state: &Value) -> PyResult<()> {
        this.strict.set(vm.truth(state)?);
        Ok(())
    }
}

/// What `strict` makes of an iterator that has ended: an error unless all end together.
fn ended(vm: &mut Vm, zip: &Zip, index: usize) -> PyResult<Option<Value>> {
    if index > 0 {
        return Err(uneven(vm, index, "shorter"));
    }
    for (i, iterator) in zip.iterators.iter().enumerate().skip(1) {
        if vm.next(iterator)?.is_some() {
            return Err(uneven(vm, i, "longer"));
        }
    }
    Ok(None)
}

fn uneven(vm: &mut Vm, index: usize, how: &str) -> Raised {
    let argument = index + 1;
    let than = if index == 1 { "argument 1".to_owned() } else { format!("arguments 1-{index}") };
    vm.value_error(format!("zip() argument {argument} is {how} than {than}"))
}
