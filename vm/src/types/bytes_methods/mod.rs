//! `bytes` and `bytearray`: what they have in common, and `bytes` itself. The algorithms are in [`crate::text::bytes`].

mod arguments;
pub(crate) mod bytearray;
mod iterator;
mod shared;

pub use iterator::BytesIterator;
pub use shared::hex;
pub(crate) use shared::hex_arguments;

use crate::native::{Args, Param, ParamKind, bind};
use crate::object::slots::CompareOp;
use crate::object::{Class, Payload, Ref, Value};
use crate::text::repr;
use crate::types::buffer::{Buffer, bytes_buffer};
use crate::types::bytes::Bytes;
use crate::types::slice::Slice;
use crate::types::str::Str;
use crate::types::str_methods::{bytes_percent, index_argument, repetitions, resolve_slice};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use arguments::{byte_of, from_object};
use pvm_vm_macros::pymethods;

/// The parameters of `bytes()` and `bytearray()`.
pub(crate) const NEW_PARAMS: &[Param] = &[
    Param { name: "source", kind: ParamKind::Positional, required: false },
    Param { name: "encoding", kind: ParamKind::Positional, required: false },
    Param { name: "errors", kind: ParamKind::Positional, required: false },
];

/// The bytes that `bytes(source, encoding, errors)` is made of: those of text, if the arguments say so.
pub(crate) fn from_text(
    vm: &mut Vm,
    name: &str,
    source: Option<&Value>,
    encoding: Option<&Value>,
    errors: Option<&Value>,
) -> PyResult<Option<Value>> {
    for (parameter, value) in [("encoding", encoding), ("errors", errors)] {
        if let Some(value) = value
            && !value.holds::<Str>()
        {
            let class = if value.is_none() { "None".into() } else { value.class().name() };
            return Err(vm.type_error(format!("{name}() argument '{parameter}' must be str, not {class}")));
        }
    }
    let named = encoding.is_some() || errors.is_some();
    let text = source.and_then(|source| source.downcast_ref::<Str>());
    match (text, encoding) {
        (Some(text), Some(encoding)) => {
            let encoding = encoding.downcast_ref::<Str>();
            let errors = errors.and_then(|e| e.downcast_ref::<Str>());
            crate::types::str_codecs::encode(vm, text, encoding, errors).map(Some)
        }
        (Some(_), None) => Err(vm.type_error("string argument without an encoding")),
        (None, _) if named => Err(vm.type_error(if encoding.is_some() {
            "encoding without a string argument"
        } else {
            "errors without a string argument"
        })),
        (None, _) => Ok(None),
    }
}

fn construct(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let ([source, encoding, errors], _) = bind::<3, 0, 3>(vm, "bytes", NEW_PARAMS, args)?;
    if let Some(encoded) = from_text(vm, "bytes", source, encoding, errors)? {
        return Ok(encoded);
    }
    let Some(source) = source else { return Ok(Bytes::new(Vec::new()).into()) };
    if source.class().is(&vm.types().bytes) {
        return Ok(source.clone());
    }
    let name = vm.intern("__bytes__");
    if let Some(method) = vm.lookup_special(source, &name)? {
        let result = vm.call(&method, &[])?;
        if result.holds::<Bytes>() {
            return Ok(result);
        }
        let class = result.class().name();
        return Err(vm.type_error(format!("__bytes__ returned non-bytes (type {class})")));
    }
    Ok(Bytes::new(from_object(vm, source, "bytes")?).into())
}

/// Warns of what is probably a mistake in a program that came from Python 2, if `-b` says so.
fn warn_of(vm: &mut Vm, message: &str) -> PyResult<()> {
    if vm.interp.config.bytes_warning == 0 {
        return Ok(());
    }
    let category = vm.types().exceptions.bytes_warning.clone();
    vm.warn(&category, message, 1)
}

/// An immutable sequence of bytes, from an iterable of integers, text with an encoding, any buffer, or a length.
#[pymethods(name = "bytes", parts = [SHARED], flags = crate::object::class::flag::BASE_TYPE)]
impl Bytes {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let made = construct(vm, args)?;
        if class.is(&vm.types().bytes) {
            return Ok(made);
        }
        if !class.layout().is(<Bytes as Payload>::layout()) {
            let name = class.name();
            return Err(vm.type_error(format!("bytes.__new__({name}): {name} is not a subtype of bytes")));
        }
        let bytes = made.downcast_ref::<Bytes>().map(|b| b.as_slice().to_vec()).unwrap_or_default();
        Ok(Ref::new(Bytes::payload(bytes), class).into())
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, this: &Ref<Bytes>) -> PyResult {
        Ok(Str::from_ref(crate::text::StrRef::Ascii(&repr::repr_bytes(this.as_slice()))).into())
    }

    #[slot(str)]
    fn str_slot(vm: &mut Vm, this: &Ref<Bytes>) -> PyResult {
        warn_of(vm, "str() on a bytes instance")?;
        Self::repr_slot(vm, this)
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Ref<Bytes>) -> PyResult<i64> {
        Ok(this.hash())
    }

    #[slot(richcompare)]
    fn compare_slot(vm: &mut Vm, this: &Ref<Bytes>, other: &Value, op: CompareOp) -> PyResult {
        let Some(other) = other.downcast_ref::<Bytes>() else {
            if matches!(op, CompareOp::Eq | CompareOp::Ne) {
                if other.downcast_ref::<Str>().is_some() {
                    warn_of(vm, "Comparison between bytes and string")?;
                } else if other.as_int().is_some() {
                    warn_of(vm, "Comparison between bytes and int")?;
                }
            }
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let (left, right) = (this.as_slice(), other.as_slice());
        Ok(Value::bool(match op {
            CompareOp::Eq => left == right,
            CompareOp::Ne => left != right,
            _ => op.holds(left.cmp(right)),
        }))
    }

    #[slot(iter)]
    fn iter_slot(vm: &mut Vm, this: &Ref<Bytes>) -> PyResult {
        Ok(BytesIterator::new(this.into(), &vm.types().bytes_iterator).into())
    }

    #[slot(len)]
    fn len_slot(_vm: &mut Vm, this: &Ref<Bytes>) -> PyResult<usize> {
        Ok(this.as_slice().len())
    }

    #[slot(contains)]
    fn contains_slot(vm: &mut Vm, this: &Ref<Bytes>, item: &Value) -> PyResult<bool> {
        if let Some(byte) = byte_of(vm, item)? {
            return Ok(memchr::memchr(byte, this.as_slice()).is_some());
        }
        let item = vm.bytes_like(item)?;
        Ok(item.with(|item| crate::text::search::find_units(this.as_slice(), item).is_some()))
    }

    #[slot(getitem)]
    fn getitem_slot(vm: &mut Vm, this: &Ref<Bytes>, key: &Value) -> PyResult {
        let bytes = this.as_slice();
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let (start, step, count) = resolve_slice(vm, slice, bytes.len())?;
            if step == 1 {
                if count == bytes.len() && this.class().is(&vm.types().bytes) {
                    return Ok(this.into());
                }
                return Ok(Bytes::new(&bytes[start..start + count]).into());
            }
            return Ok(Bytes::new(pick(bytes, start, step, count)).into());
        }
        if key.as_int().is_none() && key.class().slots.index.get().is_none() {
            let class = key.class().name();
            return Err(vm.type_error(format!("byte indices must be integers or slices, not {class}")));
        }
        let index = index_argument(vm, key)?;
        let at = if index < 0 { index.saturating_add(bytes.len() as i64) } else { index };
        match usize::try_from(at).ok().and_then(|i| bytes.get(i)) {
            Some(byte) => Ok(Value::int(i64::from(*byte))),
            None => Err(vm.index_error("index out of range")),
        }
    }

    #[slot(concat)]
    fn concat_slot(vm: &mut Vm, this: &Ref<Bytes>, other: &Value) -> PyResult {
        if !vm.is_bytes_like(other) {
            let (class, own) = (other.class().name(), this.class().name());
            return Err(vm.type_error(format!("can't concat {class} to {own}")));
        }
        let right = vm.bytes_like(other)?;
        let left = this.as_slice();
        let exact = this.class().is(&vm.types().bytes);
        if exact && right.is_empty() {
            return Ok(this.into());
        }
        if left.is_empty() && other.class().is(&vm.types().bytes) {
            return Ok(other.clone());
        }
        Ok(Bytes::new(right.with(|right| [left, right].concat())).into())
    }

    #[slot(repeat)]
    fn repeat_slot(vm: &mut Vm, this: &Ref<Bytes>, count: &Value) -> PyResult {
        let bytes = this.as_slice();
        let count = repetitions(vm, count, bytes.len())?;
        if count == 1 && this.class().is(&vm.types().bytes) {
            return Ok(this.into());
        }
        Ok(Bytes::new(repeat(bytes, count)).into())
    }

    #[slot(remainder)]
    fn remainder_slot(vm: &mut Vm, left: &Value, right: &Value) -> PyResult {
        match left.downcast_ref::<Bytes>() {
            Some(template) => bytes_percent(vm, template.as_slice(), right).map(Value::from),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(buffer)]
    fn buffer_slot(_vm: &mut Vm, this: &Ref<Bytes>) -> PyResult<Buffer> {
        Ok(bytes_buffer(this))
    }

    /// An exact bytes object with these bytes.
    #[method(name = "__bytes__", sig = "()")]
    fn bytes_method(this: &Ref<Bytes>) -> Value {
        if this.class().is(&crate::interp::current().types().bytes) {
            this.into()
        } else {
            Bytes::new(this.as_slice()).into()
        }
    }

    /// Arguments for `__new__` when the object is copied or pickled.
    #[method(name = "__getnewargs__", sig = "")]
    fn getnewargs(this: &Ref<Bytes>) -> Value {
        Tuple::new([Bytes::new(this.as_slice()).into()]).into()
    }

    /// Memory in use, in bytes.
    #[method(name = "__sizeof__", sig = "()")]
    fn sizeof(this: &Ref<Bytes>) -> usize {
        33 + this.as_slice().len()
    }
}

/// `count` bytes from `start` on, `step` apart.
pub(crate) fn pick(bytes: &[u8], start: usize, step: isize, count: usize) -> Vec<u8> {
    let at = |i: usize| (start as isize).wrapping_add((i as isize).wrapping_mul(step)) as usize;
    (0..count).filter_map(|i| bytes.get(at(i)).copied()).collect()
}

/// `bytes * count`, whose length was checked.
pub(crate) fn repeat(bytes: &[u8], count: usize) -> Vec<u8> {
    match bytes {
        [byte] => vec![*byte; count],
        _ => bytes.repeat(count),
    }
}
