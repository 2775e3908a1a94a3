//! Iteration.

use crate::object::{Ref, Value};
use crate::types::list::{List, ListIterator};
use crate::types::tuple::{Tuple, TupleIterator};
use crate::vm::{PyResult, Vm};

impl Vm {
    /// `iter(value)`
    pub fn iter(&mut self, value: &Value) -> PyResult {
        let class = value.class();
        if class.is(&self.types().list)
            && let Some(list) = value.downcast_ref::<List>()
        {
            return Ok(ListIterator::new(list.clone()).into());
        }
        if class.is(&self.types().tuple)
            && let Some(tuple) = value.downcast_ref::<Tuple>()
        {
            return Ok(TupleIterator::new(tuple.clone()).into());
        }
        if let Some(iter) = class.slots.iter.get() {
            let iterator = iter(self, value)?;
            if iterator.class().slots.next.get().is_none() {
                let found = iterator.class().name();
                return Err(self.type_error(format!("iter() returned non-iterator of type '{found}'")));
            }
            return Ok(iterator);
        }
        if self.is_sequence(value) {
            return Ok(crate::types::iterators::SequenceIterator::new(value.clone()).into());
        }
        let class = value.class().name();
        Err(self.type_error(format!("'{class}' object is not iterable")))
    }

    /// Whether it has `__getitem__` and is not a `dict`.
    pub fn is_sequence(&self, value: &Value) -> bool {
        value.class().slots.getitem.get().is_some() && !value.holds::<crate::types::dict::Dict>()
    }

    /// `next(iterator)`; `None` at the end.
    #[inline]
    pub fn next(&mut self, iterator: &Value) -> PyResult<Option<Value>> {
        match iterator.class().slots.next.get() {
            Some(next) => next(self, iterator),
            None => {
                let class = iterator.class().name();
                Err(self.type_error(format!("'{class}' object is not an iterator")))
            }
        }
    }

    /// The items of any iterable.
    pub fn collect(&mut self, iterable: &Value) -> PyResult<Vec<Value>> {
        if iterable.class().is(&self.types().list)
            && let Some(list) = iterable.downcast_ref::<List>()
        {
            return Ok(list.to_vec());
        }
        if iterable.class().is(&self.types().tuple)
            && let Some(tuple) = iterable.downcast_ref::<Tuple>()
        {
            return Ok(tuple.as_slice().to_vec());
        }
        let mut items = Vec::new();
        let iterator = self.iter_with_memory(iterable)?;
        while let Some(item) = self.next(&iterator)? {
            items.push(item);
        }
        Ok(items)
    }

    /// An iterator whose items, as many as it says it has, would fit into memory.
    pub(crate) fn iter_with_memory(&mut self, iterable: &Value) -> PyResult {
        let iterator = self.iter(iterable)?;
        let hint = self.length_hint(iterable, 0)?;
        self.check_memory(hint.saturating_mul(size_of::<Value>()))?;
        Ok(iterator)
    }

    /// Calls `f` with each item of any iterable.
    pub fn for_each(
        &mut self,
        iterable: &Value,
        mut f: impl FnMut(&mut Vm, Value) -> PyResult<()>,
    ) -> PyResult<()> {
        let iterator = self.iter(iterable)?;
        while let Some(item) = self.next(&iterator)? {
            f(self, item)?;
        }
        Ok(())
    }

    /// A tuple of the items of any iterable; a tuple itself as it is.
    pub fn to_tuple(&mut self, iterable: &Value) -> PyResult<Ref<Tuple>> {
        if iterable.class().is(&self.types().tuple)
            && let Some(tuple) = iterable.downcast_ref::<Tuple>()
        {
            return Ok(tuple.clone());
        }
        if let Some(list) = iterable.exact::<List>() {
            return Ok(list.with(|items| Tuple::new(items.iter().cloned())));
        }
        Ok(Tuple::new(self.collect(iterable)?))
    }

    /// The end of an iteration as `next()` reports it to Python: `Ok(None)` where a `StopIteration` was raised.
    pub fn stop_to_none(&mut self, result: PyResult) -> PyResult<Option<Value>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(raised) if raised.is(&self.types().exceptions.stop_iteration) => Ok(None),
            Err(raised) => Err(raised),
        }
    }
}
