//! Arguments of the methods of `bytes` and `bytearray`.

use crate::object::Value;
use crate::types::buffer::BytesLike;
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::str_methods::MAX_LEN;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// A byte given as an integer; `None` where the value is no integer.
pub(super) fn byte_of(vm: &mut Vm, value: &Value) -> PyResult<Option<u8>> {
    if let Some(i) = value.as_small_int()
        && let Ok(byte) = u8::try_from(i)
    {
        return Ok(Some(byte));
    }
    if value.as_int().is_none()
        && (value.class().slots.index.get().is_none() || value.class().slots.buffer.get().is_some())
    {
        return Ok(None);
    }
    let index = vm.index(value)?;
    match index.as_int().and_then(|i| i.to_i64()).and_then(|i| u8::try_from(i).ok()) {
        Some(byte) => Ok(Some(byte)),
        None => Err(vm.value_error("byte must be in range(0, 256)")),
    }
}

/// What `find` and its relatives look for.
pub(super) enum Needle {
    Byte(u8),
    Bytes(BytesLike),
}

impl Needle {
    pub(super) fn new(vm: &mut Vm, value: &Value) -> PyResult<Needle> {
        if vm.is_bytes_like(value) {
            return vm.bytes_like(value).map(Needle::Bytes);
        }
        match byte_of(vm, value)? {
            Some(byte) => Ok(Needle::Byte(byte)),
            None => {
                let class = value.class().name();
                Err(vm.type_error(format!("argument should be integer or bytes-like object, not '{class}'")))
            }
        }
    }

    pub(super) fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Needle::Byte(byte) => f(&[*byte]),
            Needle::Bytes(bytes) => bytes.with(f),
        }
    }
}

/// A fill byte (second argument of `center` and so on).
pub(super) fn fill_byte(vm: &mut Vm, value: Option<&Value>, method: &str) -> PyResult<u8> {
    let Some(value) = value else { return Ok(b' ') };
    let byte = if let Some(bytes) = value.downcast_ref::<Bytes>() {
        <[u8; 1]>::try_from(bytes.as_slice()).ok()
    } else if let Some(array) = value.downcast_ref::<ByteArray>() {
        array.with(|bytes| <[u8; 1]>::try_from(bytes).ok())
    } else {
        None
    };
    match byte {
        Some([byte]) => Ok(byte),
        None => {
            let class = if value.is_none() { "None".into() } else { value.class().name() };
            Err(vm
                .type_error(format!("{method}() argument 2 must be a byte string of length 1, not {class}")))
        }
    }
}

/// The items of an iterable of integers.
pub(super) fn from_items(vm: &mut Vm, items: &[Value], name: &str) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(items.len());
    for item in items {
        if let Some(byte) = item.as_small_int().and_then(|i| u8::try_from(i).ok()) {
            bytes.push(byte);
            continue;
        }
        let index = vm.index(item)?;
        match index.as_int().and_then(|i| i.to_i64()).and_then(|i| u8::try_from(i).ok()) {
            Some(byte) => bytes.push(byte),
            None => {
                let what = if name == "bytes" { "bytes" } else { "byte" };
                return Err(vm.value_error(format!("{what} must be in range(0, 256)")));
            }
        }
    }
    Ok(bytes)
}

/// The bytes of a buffer or of an iterable of integers; a number stands for that many zeros.
pub(super) fn from_object(vm: &mut Vm, source: &Value, name: &str) -> PyResult<Vec<u8>> {
    if source.as_int().is_some()
        || (source.class().slots.index.get().is_some() && source.class().slots.buffer.get().is_none())
    {
        let count = match vm.index(source) {
            Ok(index) => index,
            Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                return from_iterable(vm, source, name);
            }
            Err(raised) => return Err(raised),
        };
        return match count.as_int().and_then(|i| i.to_i64()) {
            Some(count) if count < 0 => Err(vm.value_error("negative count")),
            Some(count) if count as usize > MAX_LEN => Err(vm.memory_error()),
            Some(count) => Ok(vec![0; count as usize]),
            None => Err(vm.overflow_error("cannot fit 'int' into an index-sized integer")),
        };
    }
    if vm.is_bytes_like(source) {
        return vm.bytes_of(source);
    }
    from_iterable(vm, source, name)
}

fn from_iterable(vm: &mut Vm, source: &Value, name: &str) -> PyResult<Vec<u8>> {
    if let Some(tuple) = source.downcast_ref::<Tuple>() {
        return from_items(vm, tuple.as_slice(), name);
    }
    if let Some(list) = source.downcast_ref::<List>() {
        let items = list.to_vec();
        return from_items(vm, &items, name);
    }
    let slots = &source.class().slots;
    if source.holds::<Str>() || (slots.iter.get().is_none() && slots.getitem.get().is_none()) {
        let class = source.class().name();
        return Err(vm.type_error(format!("cannot convert '{class}' object to {name}")));
    }
    let items = vm.collect(source)?;
    from_items(vm, &items, name)
}
