//! `bytearray`: construction, slots, and the methods that change it.

use super::arguments::{byte_of, from_items, from_object};
use super::{BytesIterator, NEW_PARAMS, from_text, pick, repeat, warn_of};
use crate::native::{Args, bind};
use crate::object::slots::CompareOp;
use crate::object::{Class, Payload, Ref, Value};
use crate::text::{StrRef, repr, search};
use crate::types::buffer::Buffer;
use crate::types::bytearray::{ByteArray, bytearray_buffer};
use crate::types::bytes::Bytes;
use crate::types::slice::Slice;
use crate::types::str::Str;
use crate::types::str_methods::{bytes_percent, index_argument, repetitions, resolve_slice};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

fn position(vm: &mut Vm, this: &ByteArray, key: &Value) -> PyResult<usize> {
    if key.as_int().is_none() && key.class().slots.index.get().is_none() {
        let class = key.class().name();
        return Err(vm.type_error(format!("bytearray indices must be integers or slices, not {class}")));
    }
    let index = index_argument(vm, key)?;
    let len = this.len();
    let at = if index < 0 { index.saturating_add(len as i64) } else { index };
    match usize::try_from(at).ok().filter(|at| *at < len) {
        Some(at) => Ok(at),
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

fn byte(vm: &mut Vm, value: &Value) -> PyResult<u8> {
    match byte_of(vm, value)? {
        Some(byte) => Ok(byte),
        None => {
            let class = value.class().name();
            Err(vm.type_error(format!("'{class}' object cannot be interpreted as an integer")))
        }
    }
}

fn set_slice(vm: &mut Vm, this: &Ref<ByteArray>, slice: &Slice, value: Option<&Value>) -> PyResult<()> {
    let new = match value {
        None => Vec::new(),
        Some(value) if value.is(this.as_value()) => this.with(<[u8]>::to_vec),
        Some(value) if vm.is_bytes_like(value) => vm.bytes_of(value)?,
        Some(value) if value.as_int().is_some() || value.holds::<Str>() => {
            return Err(
                vm.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)")
            );
        }
        Some(value) => from_object(vm, value, "bytearray")?,
    };
    let (start, step, count) = resolve_slice(vm, slice, this.len())?;
    if step == 1 {
        let end = start + count;
        if count == new.len() {
            this.with_mut(|bytes| {
                if let Some(part) = bytes.get_mut(start..end) {
                    part.copy_from_slice(&new);
                }
            });
            return Ok(());
        }
        return this.resize(vm, |bytes| {
            let end = end.min(bytes.len());
            bytes.splice(start.min(end)..end, new);
        });
    }
    let at = move |i: usize| (start as isize + i as isize * step) as usize;
    if value.is_none() {
        if count == 0 {
            return Ok(());
        }
        let mut doomed: Vec<usize> = (0..count).map(at).collect();
        doomed.sort_unstable();
        return this.resize(vm, |bytes| {
            let mut doomed = doomed.into_iter().peekable();
            let mut index = 0;
            bytes.retain(|_| {
                let gone = doomed.next_if_eq(&index).is_some();
                index += 1;
                !gone
            });
        });
    }
    if new.len() != count {
        let (given, wanted) = (new.len(), count);
        return Err(vm.value_error(format!(
            "attempt to assign bytes of size {given} to extended slice of size {wanted}"
        )));
    }
    this.with_mut(|bytes| {
        for (i, new) in new.into_iter().enumerate() {
            if let Some(byte) = bytes.get_mut(at(i)) {
                *byte = new;
            }
        }
    });
    Ok(())
}

/// A mutable sequence of bytes, from an iterable of integers, text with an encoding, any buffer, or a length.
#[pymethods(
    name = "bytearray",
    parts = [SHARED],
    flags = crate::object::class::flag::BASE_TYPE
)]
impl ByteArray {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        if !class.layout().is(<ByteArray as Payload>::layout()) {
            let name = class.name();
            return Err(
                vm.type_error(format!("bytearray.__new__({name}): {name} is not a subtype of bytearray"))
            );
        }
        Ok(Ref::new(ByteArray::payload(Vec::new()), class).into())
    }

    #[slot(init)]
    fn init_slot(vm: &mut Vm, this: &Ref<ByteArray>, args: Args<'_>) -> PyResult<()> {
        let ([source, encoding, errors], _) = bind::<3, 0, 3>(vm, "bytearray", NEW_PARAMS, args)?;
        let bytes = match from_text(vm, "bytearray", source, encoding, errors)? {
            Some(encoded) => vm.bytes_of(&encoded)?,
            None => match source {
                Some(source) => from_object(vm, source, "bytearray")?,
                None => Vec::new(),
            },
        };
        if bytes.is_empty() && this.is_empty() {
            return Ok(());
        }
        this.resize(vm, |old| *old = bytes)
    }

    #[slot(str)]
    fn str_slot(vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult {
        warn_of(vm, "str() on a bytearray instance")?;
        Self::repr_slot(vm, this)
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult {
        let mut shown = this.with(repr::repr_bytes);
        if shown.get(1) == Some(&b'"') {
            // Unlike those of bytes, single quotes are escaped even so.
            shown = crate::text::bytes::replace(&shown, b"'", b"\\'", None).unwrap_or(shown);
        }
        let name = this.class().name();
        let mut text = Vec::with_capacity(shown.len() + name.len() + 2);
        text.extend_from_slice(name.as_bytes());
        text.push(b'(');
        text.extend(shown);
        text.push(b')');
        Ok(String::from_utf8_lossy(&text).into_owned().into())
    }

    #[slot(richcompare)]
    fn compare_slot(vm: &mut Vm, this: &Ref<ByteArray>, other: &Value, op: CompareOp) -> PyResult {
        if !vm.is_bytes_like(other) {
            if matches!(op, CompareOp::Eq | CompareOp::Ne) && other.downcast_ref::<Str>().is_some() {
                warn_of(vm, "Comparison between bytearray and string")?;
            }
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let other = vm.bytes_of(other)?;
        Ok(Value::bool(this.with(|bytes| op.holds(bytes.cmp(&other)))))
    }

    #[slot(iter)]
    fn iter_slot(vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult {
        Ok(BytesIterator::new(this.into(), &vm.types().bytearray_iterator).into())
    }

    #[slot(len)]
    fn len_slot(_vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(contains)]
    fn contains_slot(vm: &mut Vm, this: &Ref<ByteArray>, item: &Value) -> PyResult<bool> {
        if let Some(byte) = byte_of(vm, item)? {
            return Ok(this.with(|bytes| bytes.contains(&byte)));
        }
        let item = vm.bytes_like(item)?.to_vec();
        Ok(this.with(|bytes| search::find_units(bytes, &item).is_some()))
    }

    #[slot(getitem)]
    fn getitem_slot(vm: &mut Vm, this: &Ref<ByteArray>, key: &Value) -> PyResult {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let (start, step, count) = resolve_slice(vm, slice, this.len())?;
            let part = this.with(|bytes| pick(bytes, start, step, count));
            return Ok(ByteArray::new(part).into());
        }
        let at = position(vm, this, key)?;
        match this.with(|bytes| bytes.get(at).copied()) {
            Some(byte) => Ok(Value::int(i64::from(byte))),
            None => Err(vm.index_error("bytearray index out of range")),
        }
    }

    #[slot(setitem)]
    fn setitem_slot(vm: &mut Vm, this: &Ref<ByteArray>, key: &Value, value: Option<Value>) -> PyResult<()> {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            return set_slice(vm, this, slice, value.as_ref());
        }
        let at = position(vm, this, key)?;
        match value {
            Some(value) => {
                let byte = byte(vm, &value)?;
                let done = this.with_mut(|bytes| bytes.get_mut(at).map(|old| *old = byte).is_some());
                if done { Ok(()) } else { Err(vm.index_error("bytearray index out of range")) }
            }
            None => this.resize(vm, |bytes| {
                if at < bytes.len() {
                    bytes.remove(at);
                }
            }),
        }
    }

    #[slot(concat)]
    fn concat_slot(vm: &mut Vm, this: &Ref<ByteArray>, other: &Value) -> PyResult {
        if !vm.is_bytes_like(other) {
            let (class, own) = (other.class().name(), this.class().name());
            return Err(vm.type_error(format!("can't concat {class} to {own}")));
        }
        let right = vm.bytes_of(other)?;
        Ok(ByteArray::new(this.with(|left| [left, &right].concat())).into())
    }

    #[slot(inplace_concat)]
    fn inplace_concat_slot(vm: &mut Vm, this: &Value, other: &Value) -> PyResult {
        let Some(array) = this.downcast_ref::<ByteArray>() else { return Ok(Value::NOT_IMPLEMENTED) };
        if !vm.is_bytes_like(other) {
            let (class, own) = (other.class().name(), this.class().name());
            return Err(vm.type_error(format!("can't concat {class} to {own}")));
        }
        let more = vm.bytes_of(other)?;
        array.resize(vm, |bytes| bytes.extend_from_slice(&more))?;
        Ok(this.clone())
    }

    #[slot(repeat)]
    fn repeat_slot(vm: &mut Vm, this: &Ref<ByteArray>, count: &Value) -> PyResult {
        let count = repetitions(vm, count, this.len())?;
        Ok(ByteArray::new(this.with(|bytes| repeat(bytes, count))).into())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat_slot(vm: &mut Vm, this: &Value, count: &Value) -> PyResult {
        let Some(array) = this.downcast_ref::<ByteArray>() else { return Ok(Value::NOT_IMPLEMENTED) };
        let count = repetitions(vm, count, array.len())?;
        if count != 1 {
            array.resize(vm, |bytes| *bytes = repeat(bytes, count))?;
        }
        Ok(this.clone())
    }

    #[slot(remainder)]
    fn remainder_slot(vm: &mut Vm, left: &Value, right: &Value) -> PyResult {
        let Some(template) = left.downcast_ref::<ByteArray>() else { return Ok(Value::NOT_IMPLEMENTED) };
        let template = template.with(<[u8]>::to_vec);
        bytes_percent(vm, &template, right).map(|bytes| ByteArray::new(bytes).into())
    }

    #[slot(buffer)]
    fn buffer_slot(_vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult<Buffer> {
        Ok(bytearray_buffer(this))
    }

    /// Adds a byte at the end.
    #[method(sig = "(item, /)")]
    fn append(vm: &mut Vm, this: &Ref<ByteArray>, item: &Value) -> PyResult<()> {
        let byte = byte(vm, item)?;
        this.resize(vm, |bytes| bytes.push(byte))
    }

    /// Adds all bytes of an iterable or buffer at the end.
    #[method(sig = "(iterable_of_ints, /)")]
    fn extend(vm: &mut Vm, this: &Ref<ByteArray>, iterable_of_ints: &Value) -> PyResult<()> {
        let more = if vm.is_bytes_like(iterable_of_ints) {
            vm.bytes_of(iterable_of_ints)?
        } else if iterable_of_ints.class().slots.iter.get().is_none()
            && iterable_of_ints.class().slots.getitem.get().is_none()
        {
            let class = iterable_of_ints.class().name();
            return Err(vm.type_error(format!("can't extend bytearray with {class}")));
        } else {
            let items = vm.collect(iterable_of_ints)?;
            from_items(vm, &items, "bytearray")?
        };
        if more.is_empty() {
            return Ok(());
        }
        this.resize(vm, |bytes| bytes.extend_from_slice(&more))
    }

    /// Puts a byte before the given index.
    #[method(sig = "(index, item, /)")]
    fn insert(vm: &mut Vm, this: &Ref<ByteArray>, index: i64, item: &Value) -> PyResult<()> {
        let byte = byte(vm, item)?;
        let len = this.len() as i64;
        let at = if index < 0 { index.saturating_add(len).max(0) } else { index.min(len) };
        this.resize(vm, |bytes| bytes.insert((at as usize).min(bytes.len()), byte))
    }

    /// Removes the byte at an index, the last one unless told, and gives it back.
    #[method(sig = "(index=-1, /)")]
    fn pop(vm: &mut Vm, this: &Ref<ByteArray>, index: i64) -> PyResult<i64> {
        let len = this.len();
        if len == 0 {
            return Err(vm.index_error("pop from empty bytearray"));
        }
        let at = if index < 0 { index.saturating_add(len as i64) } else { index };
        match usize::try_from(at).ok().filter(|at| *at < len) {
            Some(at) => this.resize(vm, |bytes| i64::from(bytes.remove(at))),
            None => Err(vm.index_error("pop index out of range")),
        }
    }

    /// Removes the first occurrence of a byte.
    #[method(sig = "(value, /)")]
    fn remove(vm: &mut Vm, this: &Ref<ByteArray>, value: &Value) -> PyResult<()> {
        let byte = byte(vm, value)?;
        match this.with(|bytes| memchr::memchr(byte, bytes)) {
            Some(at) => this.resize(vm, |bytes| {
                bytes.remove(at);
            }),
            None => Err(vm.value_error("value not found in bytearray")),
        }
    }

    /// Reverses the order of the bytes.
    #[method(sig = "()")]
    fn reverse(this: &Ref<ByteArray>) {
        this.with_mut(<[u8]>::reverse);
    }

    /// Removes all bytes.
    #[method(sig = "()")]
    fn clear(vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult<()> {
        this.resize(vm, |bytes| *bytes = Vec::new())
    }

    /// A copy.
    #[method(sig = "()")]
    fn copy(this: &Ref<ByteArray>) -> Value {
        ByteArray::new(this.with(<[u8]>::to_vec)).into()
    }

    /// The number of bytes there is room for.
    #[method(name = "__alloc__", sig = "")]
    fn alloc(this: &Ref<ByteArray>) -> usize {
        if this.is_empty() { 0 } else { this.capacity().max(this.len() + 1) }
    }

    /// Memory in use, in bytes.
    #[method(name = "__sizeof__", sig = "()")]
    fn sizeof(this: &Ref<ByteArray>) -> usize {
        56 + if this.is_empty() { 0 } else { this.capacity().max(this.len() + 1) }
    }

    /// What pickling needs.
    #[method(name = "__reduce__", sig = "()")]
    fn reduce(vm: &mut Vm, this: &Ref<ByteArray>) -> PyResult {
        reduce(vm, this, 2)
    }

    /// What pickling with a protocol needs.
    #[method(name = "__reduce_ex__", sig = "(proto=0, /)")]
    fn reduce_ex(vm: &mut Vm, this: &Ref<ByteArray>, proto: i32) -> PyResult {
        reduce(vm, this, proto)
    }
}

fn reduce(vm: &mut Vm, this: &Ref<ByteArray>, protocol: i32) -> PyResult {
    let bytes = this.with(<[u8]>::to_vec);
    let state = vm.lookup_attr_str(this.as_value(), "__dict__")?.unwrap_or(Value::NONE);
    let arguments: Value = if bytes.is_empty() {
        vm.names().empty_tuple.as_value().clone()
    } else if protocol < 3 {
        let kind = if bytes.is_ascii() { StrRef::Ascii(&bytes) } else { StrRef::Latin1(&bytes) };
        Tuple::new([Str::from_ref(kind).into(), "latin-1".into()]).into()
    } else {
        Tuple::new([Bytes::new(bytes).into()]).into()
    };
    Ok(Tuple::new([this.class().as_value().clone(), arguments, state]).into())
}
