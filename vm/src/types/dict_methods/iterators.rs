//! The iterators of dictionaries, over keys, values and items, forwards and backwards.

use crate::object::{Class, Ref, Value};
use crate::types::container_support as support;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::tuple::ReusedTuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// What an iterator gives, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `iter(dict)`
    Keys,
    /// `iter(dict.values())`
    Values,
    /// `iter(dict.items())`
    Items,
    /// `reversed(dict)`
    ReverseKeys,
    /// `reversed(dict.values())`
    ReverseValues,
    /// `reversed(dict.items())`
    ReverseItems,
}

/// Walks a dictionary, whose size must not change meanwhile.
pub struct DictIterator {
    dict: RefCell<Option<Ref<Dict>>>,
    kind: Kind,
    /// The size at the start; `usize::MAX` once it was found to have changed.
    size: Cell<usize>,
    position: Cell<usize>,
    left: Cell<usize>,
    result: ReusedTuple,
}

crate::payload!(
    DictIterator,
    "dict_iterator",
    |i, visit| {
        i.dict.borrow().iter().for_each(|d| visit(d.as_value()));
        i.result.traverse(visit);
    },
    |i| drop(i.dict.take())
);

impl DictIterator {
    /// An iterator from the start, or the end.
    pub fn make(dict: &Ref<Dict>, kind: Kind) -> Value {
        let types = crate::interp::current().types();
        let (class, position): (&Ref<Class>, usize) = match kind {
            Kind::Keys => (&types.dict_keyiterator, 0),
            Kind::Values => (&types.dict_valueiterator, 0),
            Kind::Items => (&types.dict_itemiterator, 0),
            Kind::ReverseKeys => (&types.dict_reversekeyiterator, usize::MAX),
            Kind::ReverseValues => (&types.dict_reversevalueiterator, usize::MAX),
            Kind::ReverseItems => (&types.dict_reverseitemiterator, usize::MAX),
        };
        let iterator = DictIterator {
            dict: RefCell::new(Some(dict.clone())),
            kind,
            size: Cell::new(dict.len()),
            position: Cell::new(position),
            left: Cell::new(dict.len()),
            result: ReusedTuple::default(),
        };
        Ref::new(iterator, class).into()
    }

    fn step(&self, dict: &Dict) -> Option<(usize, Value, Value)> {
        match self.kind {
            Kind::Keys | Kind::Values | Kind::Items => dict.next_item(self.position.get()),
            _ => dict.previous_item(self.position.get()),
        }
    }

    /// The next key and value; the caller picks what it wants.
    #[inline]
    pub fn advance_pair(&self, vm: &mut Vm) -> PyResult<Option<(Value, Value)>> {
        self.advance_by(vm, |dict| self.step(dict).map(|(position, key, value)| (position, (key, value))))
    }

    /// Moves on with `step`, which gives the new position and what is wanted of the item.
    #[inline(always)]
    fn advance_by<T>(
        &self,
        vm: &mut Vm,
        step: impl FnOnce(&Dict) -> Option<(usize, T)>,
    ) -> PyResult<Option<T>> {
        let dict = self.dict.borrow();
        let Some(current) = dict.as_ref() else { return Ok(None) };
        if self.size.get() != current.len() {
            drop(dict);
            self.size.set(usize::MAX);
            return Err(vm.runtime_error("dictionary changed size during iteration"));
        }
        let found = step(current);
        drop(dict);
        match found {
            Some((position, item)) => {
                let Some(left) = self.left.get().checked_sub(1) else {
                    let spent = self.dict.take();
                    drop(spent);
                    return Err(vm.runtime_error("dictionary keys changed during iteration"));
                };
                self.left.set(left);
                self.position.set(position);
                Ok(Some(item))
            }
            None => {
                let spent = self.dict.take();
                drop(spent);
                Ok(None)
            }
        }
    }

    fn pick(&self, key: Value, value: Value) -> Value {
        match self.kind {
            Kind::Keys | Kind::ReverseKeys => key,
            Kind::Values | Kind::ReverseValues => value,
            Kind::Items | Kind::ReverseItems => self.result.give([key, value]),
        }
    }

    /// The next item.
    #[inline]
    pub fn advance(&self, vm: &mut Vm) -> PyResult<Option<Value>> {
        match self.kind {
            Kind::Keys => self.advance_by(vm, |dict| dict.next_key(self.position.get())),
            Kind::Values => self.advance_by(vm, |dict| dict.next_value(self.position.get())),
            _ => Ok(self.advance_pair(vm)?.map(|(key, value)| self.pick(key, value))),
        }
    }

    fn length_hint(&self) -> usize {
        match &*self.dict.borrow() {
            Some(dict) if dict.len() == self.size.get() => self.left.get(),
            _ => 0,
        }
    }

    fn reduce(&self, vm: &mut Vm) -> PyResult {
        let dict = self.dict.borrow().clone();
        let mut items = Vec::new();
        if let Some(dict) = dict {
            if self.size.get() != dict.len() {
                return Err(vm.runtime_error("dictionary changed size during iteration"));
            }
            let before = self.position.get();
            while let Some((position, key, value)) = self.step(&dict) {
                items.push(self.pick(key, value));
                self.position.set(position);
            }
            self.position.set(before);
        }
        support::reduce_iterator(vm, "iter", List::new(items).into(), None)
    }
}

macro_rules! iterator_classes {
    ($($name:ident = $python:tt;)*) => {$(
        #[doc = concat!("The declaration of `", $python, "`.")]
        pub struct $name;

        #[pymethods(name = $python, payload = DictIterator)]
        impl $name {
            #[slot(iter)]
            fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
                Ok(this.clone())
            }

            #[slot(next)]
            fn next(vm: &mut Vm, this: &Ref<DictIterator>) -> PyResult<Option<Value>> {
                this.advance(vm)
            }

            /// Private method returning an estimate of len(list(it)).
            #[method(sig = "")]
            fn __length_hint__(this: &Ref<DictIterator>) -> usize {
                this.length_hint()
            }

            /// Return state information for pickling.
            #[method(sig = "")]
            fn __reduce__(vm: &mut Vm, this: &Ref<DictIterator>) -> PyResult {
                this.reduce(vm)
            }
        }
    )*};
}

iterator_classes! {
    KeyIterator = "dict_keyiterator";
    ValueIterator = "dict_valueiterator";
    ItemIterator = "dict_itemiterator";
    ReverseKeyIterator = "dict_reversekeyiterator";
    ReverseValueIterator = "dict_reversevalueiterator";
    ReverseItemIterator = "dict_reverseitemiterator";
}
