//! `tuple` objects: the storage. Methods are in `types/tuple_methods`.

use crate::interp;
use crate::object::header;
use crate::object::{Class, Object, Payload, Ref, Value};
use std::ptr::NonNull;

/// A tuple. The items lie behind the object (and behind its attributes, in subclasses).
pub struct Tuple {
    len: usize,
    items: NonNull<Value>,
}

crate::payload!(Tuple, "tuple", |tuple, visit| tuple.as_slice().iter().for_each(visit), |_tuple| ());

impl Drop for Tuple {
    fn drop(&mut self) {
        // SAFETY: the items were written when the tuple was made; its memory is freed after this.
        unsafe { std::ptr::drop_in_place(std::ptr::slice_from_raw_parts_mut(self.items.as_ptr(), self.len)) };
    }
}

impl Tuple {
    /// A tuple of `class` from an iterator that knows its length.
    pub fn with_class(items: impl ExactSizeIterator<Item = Value>, class: &Ref<Class>) -> Ref<Tuple> {
        assert!(std::ptr::eq(class.layout(), Tuple::layout()), "not a class of tuples");
        let size = size_of::<Object<Tuple>>();
        let attributes = class.attributes_bytes();
        let len = items.len();
        let extra = attributes + len * size_of::<Value>();
        let header = header::allocate_parts(
            class.clone().into_pointer(),
            true,
            class.instance_meta(),
            size,
            extra,
            |header| {
                if class.has_attributes() {
                    // SAFETY: the block has room for the attributes.
                    unsafe { crate::object::attributes::initialize(class, header) };
                }
            },
        );
        // SAFETY: the block holds the object, its attributes and `len` values. An iterator that yields fewer
        // items than it promised leaves `UNBOUND` in the rest; one that yields more is cut off.
        unsafe {
            let at = header.cast::<u8>().add(size + attributes).cast::<Value>();
            let mut written = 0;
            for item in items.take(len) {
                at.add(written).write(item);
                written += 1;
            }
            for rest in written..len {
                at.add(rest).write(Value::UNBOUND);
            }
            let object = header.cast::<Object<Tuple>>();
            (&raw mut (*object.as_ptr()).payload).write(Tuple { len, items: at });
            header::finish(header);
            Ref::from_pointer(object)
        }
    }

    /// A tuple; the empty one is shared.
    #[inline]
    pub fn new<I>(items: I) -> Ref<Tuple>
    where
        I: IntoIterator<Item = Value>,
        I::IntoIter: ExactSizeIterator,
    {
        let items = items.into_iter();
        let interp = interp::current();
        if items.len() == 0 {
            return interp.names().empty_tuple.clone();
        }
        Tuple::with_class(items, &interp.types().tuple)
    }

    pub(crate) fn make_empty() -> Ref<Tuple> {
        Tuple::with_class(std::iter::empty(), &interp::current().types().tuple)
    }

    /// The items.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        // SAFETY: the items were written when the tuple was made, and nothing changes them.
        unsafe { std::slice::from_raw_parts(self.items.as_ptr(), self.len) }
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The tuple that an iterator gives again and again, with other items, while nobody else keeps it.
#[derive(Default)]
pub(crate) struct ReusedTuple(std::cell::RefCell<Option<Ref<Tuple>>>);

impl ReusedTuple {
    /// Shows the collector the tuple.
    pub fn traverse(&self, visit: crate::object::Visitor<'_>) {
        self.0.borrow().iter().for_each(|tuple| visit(tuple.as_value()));
    }

    /// A tuple of these items.
    #[inline]
    pub fn give<const N: usize>(&self, items: [Value; N]) -> Value {
        let kept = self.0.borrow();
        let Some(tuple) = &*kept else {
            drop(kept);
            let tuple = Tuple::new(items);
            *self.0.borrow_mut() = Some(tuple.clone());
            return tuple.into();
        };
        if tuple.header().count() != 1 || tuple.len() != N {
            return Tuple::new(items).into();
        }
        let result = Value::from(tuple);
        // SAFETY: the tuple has `N` items, and no reference but ours, so nobody looks at them.
        let old = unsafe { tuple.items.cast::<[Value; N]>().replace(items) };
        drop(kept);
        drop(old);
        result
    }
}

/// An iterator over a tuple.
pub struct TupleIterator {
    /// `None` once the end was reached.
    pub tuple: std::cell::RefCell<Option<Ref<Tuple>>>,
    /// The next index.
    pub index: std::cell::Cell<usize>,
}

crate::payload!(
    TupleIterator,
    "tuple_iterator",
    |i, visit| i.tuple.borrow().iter().for_each(|t| visit(t.as_value())),
    |i| drop(i.tuple.take())
);

impl TupleIterator {
    /// An iterator from the start.
    pub fn new(tuple: Ref<Tuple>) -> Ref<TupleIterator> {
        let iterator =
            TupleIterator { tuple: std::cell::RefCell::new(Some(tuple)), index: std::cell::Cell::new(0) };
        Ref::new(iterator, &interp::current().types().tuple_iterator)
    }

    /// The next item.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        let item = self.tuple.borrow().as_ref()?.as_slice().get(self.index.get()).cloned();
        match &item {
            Some(_) => self.index.set(self.index.get() + 1),
            None => drop(self.tuple.take()),
        }
        item
    }
}
