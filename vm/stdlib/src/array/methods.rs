//! `array.array`: slots and methods.

use super::items::Kind;
use super::{Array, class, lend};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag::{BASE_TYPE, HAS_WEAKREF, NO_INSTANTIATION, SEQUENCE};
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::StrBuf;
use pvm_vm::types::buffer::{Buffer, BytesLike};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::generic_alias::GenericAlias;
use pvm_vm::types::list::List;
use pvm_vm::types::slice::Slice;
use pvm_vm::types::str::Str;
use pvm_vm::types::str_methods::{index_argument, repetitions, resolve_slice};
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Vm};
use std::cell::{Cell, RefCell};

fn kind_of(vm: &mut Vm, code: &Value) -> PyResult<Kind> {
    let text = code.downcast_ref::<Str>().filter(|text| text.len() == 1);
    let Some(code) = text.and_then(|text| text.as_ref().get(0)) else {
        let class = code.class().name();
        return Err(vm.type_error(format!("array() argument 1 must be a unicode character, not {class}")));
    };
    match Kind::from_code(code) {
        Some(kind) => Ok(kind),
        None => Err(vm.value_error("bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)")),
    }
}

fn pack_all(vm: &mut Vm, kind: Kind, items: &[Value]) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(items.len() * kind.size());
    for item in items {
        kind.pack(vm, item, &mut out)?;
    }
    Ok(out)
}

fn text_units(text: &Ref<Str>) -> Vec<u8> {
    text.as_ref().code_points().flat_map(u32::to_ne_bytes).collect()
}

/// The items of an array that a value's items make.
fn items_of(vm: &mut Vm, kind: Kind, source: &Value) -> PyResult<Vec<u8>> {
    if let Some(array) = source.downcast_ref::<Array>() {
        if array.kind == kind {
            return Ok(array.data.borrow().clone());
        }
        return pack_all(vm, kind, &values(array));
    }
    let items = vm.collect(source)?;
    pack_all(vm, kind, &items)
}

fn values(array: &Array) -> Vec<Value> {
    let size = array.kind.size();
    array.data.borrow().chunks_exact(size).map(|item| array.kind.unpack(item)).collect()
}

fn position(vm: &mut Vm, this: &Array, key: &Value, message: &str) -> PyResult<usize> {
    let index = index_argument(vm, key)?;
    let len = this.len();
    let at = if index < 0 { index.saturating_add(len as i64) } else { index };
    match usize::try_from(at).ok().filter(|at| *at < len) {
        Some(at) => Ok(at),
        None => Err(vm.index_error(message)),
    }
}

fn slice_of(this: &Array, start: usize, step: isize, count: usize) -> Vec<u8> {
    let size = this.kind.size();
    let data = this.data.borrow();
    let mut out = Vec::with_capacity(count * size);
    for i in 0..count {
        let at = (start as isize + i as isize * step) as usize * size;
        out.extend_from_slice(data.get(at..at + size).unwrap_or(&[]));
    }
    out
}

fn set_slice(vm: &mut Vm, this: &Ref<Array>, slice: &Slice, value: Option<&Value>) -> PyResult<()> {
    let size = this.kind.size();
    let new = match value {
        None => Vec::new(),
        Some(value) => match value.downcast_ref::<Array>() {
            Some(other) if other.kind == this.kind => other.data.borrow().clone(),
            Some(_) => return Err(vm.type_error("bad argument type for built-in operation")),
            None => {
                let class = value.class().name();
                return Err(vm.type_error(format!("can only assign array (not \"{class}\") to array slice")));
            }
        },
    };
    let (start, step, count) = resolve_slice(vm, slice, this.len())?;
    if step == 1 {
        let range = start * size..(start + count) * size;
        if range.len() == new.len() {
            if let Some(place) = this.data.borrow_mut().get_mut(range) {
                place.copy_from_slice(&new);
            }
            return Ok(());
        }
        return this.resize(vm, |data| {
            let end = range.end.min(data.len());
            data.splice(range.start.min(end)..end, new);
        });
    }
    let at = move |i: usize| (start as isize + i as isize * step) as usize;
    if value.is_none() {
        if count == 0 {
            return Ok(());
        }
        let mut doomed: Vec<usize> = (0..count).map(at).collect();
        doomed.sort_unstable();
        return this.resize(vm, |data| {
            for index in doomed.into_iter().rev() {
                let end = ((index + 1) * size).min(data.len());
                data.drain((index * size).min(end)..end);
            }
        });
    }
    if new.len() != count * size {
        let given = new.len() / size;
        return Err(vm.value_error(format!(
            "attempt to assign array of size {given} to extended slice of size {count}"
        )));
    }
    let mut data = this.data.borrow_mut();
    for (i, item) in new.chunks_exact(size).enumerate() {
        if let Some(place) = data.get_mut(at(i) * size..(at(i) + 1) * size) {
            place.copy_from_slice(item);
        }
    }
    Ok(())
}

/// A compact sequence of numbers or characters.
#[pvm_vm_macros::pymethods(name = "array", module = "array", flags = BASE_TYPE | HAS_WEAKREF | SEQUENCE)]
impl Array {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let own = class(vm)?;
        if cls.is(&own) && !args.names.is_empty() {
            return Err(vm.type_error("array.array() takes no keyword arguments"));
        }
        let (code, initial) = match args.pos() {
            [code] => (code, None),
            [code, initial] => (code, Some(initial)),
            [] => return Err(vm.type_error("array() takes at least 1 argument (0 given)")),
            many => {
                let given = many.len();
                return Err(vm.type_error(format!("array() takes at most 2 arguments ({given} given)")));
            }
        };
        let kind = kind_of(vm, code)?;
        let mut data = Vec::new();
        if let Some(initial) = initial {
            if let Some(text) = initial.downcast_ref::<Str>() {
                if kind.code() != 'u' {
                    let code = kind.code();
                    return Err(vm.type_error(format!(
                        "cannot use a str to initialize an array with typecode '{code}'"
                    )));
                }
                data = text_units(text);
            } else if let Some(array) = initial.downcast_ref::<Array>() {
                if array.kind.code() == 'u' && kind.code() != 'u' {
                    let code = kind.code();
                    return Err(vm.type_error(format!(
                        "cannot use a unicode array to initialize an array with typecode '{code}'"
                    )));
                }
                data = items_of(vm, kind, initial)?;
            } else if initial.holds::<Bytes>() || initial.holds::<pvm_vm::types::bytearray::ByteArray>() {
                data = vm.bytes_of(initial)?;
                if data.len() % kind.size() != 0 {
                    return Err(vm.value_error("bytes length not a multiple of item size"));
                }
            } else {
                data = items_of(vm, kind, initial)?;
            }
        }
        Ok(Ref::new(Array::payload(kind, data), cls).into())
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Ref<Array>) -> PyResult {
        let name = this.class().name();
        let code = this.kind.code();
        if this.len() == 0 {
            return Ok(format!("{name}('{code}')").into());
        }
        let content = if code == 'u' { Array::text(this).into() } else { List::new(values(this)).into() };
        let shown = vm.repr(&content)?;
        Ok(format!("{name}('{code}', {shown})").into())
    }

    #[slot(len)]
    fn len_slot(_vm: &mut Vm, this: &Ref<Array>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(iter)]
    fn iter_slot(vm: &mut Vm, this: &Ref<Array>) -> PyResult {
        let class = pvm_vm::types::init::class_of::<ArrayIterator>(vm)?;
        let iterator = ArrayIterator { array: RefCell::new(Some(this.clone())), index: Cell::new(0) };
        Ok(Ref::new(iterator, &class).into())
    }

    #[slot(contains)]
    fn contains_slot(vm: &mut Vm, this: &Ref<Array>, item: &Value) -> PyResult<bool> {
        let mut index = 0;
        while let Some(value) = this.get(index) {
            if vm.equals(&value, item)? {
                return Ok(true);
            }
            index += 1;
        }
        Ok(false)
    }

    #[slot(richcompare)]
    fn compare_slot(vm: &mut Vm, this: &Ref<Array>, other: &Value, op: CompareOp) -> PyResult {
        let Some(other) = other.downcast_ref::<Array>() else { return Ok(Value::NOT_IMPLEMENTED) };
        if this.len() != other.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        if this.kind == other.kind && !matches!(this.kind.code(), 'f' | 'd') {
            let equal = *this.data.borrow() == *other.data.borrow();
            if matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return Ok(Value::bool(equal == (op == CompareOp::Eq)));
            }
        }
        let mut index = 0;
        while let (Some(a), Some(b)) = (this.get(index), other.get(index)) {
            if !vm.compare_bool(&a, &b, CompareOp::Eq)? {
                return match op {
                    CompareOp::Eq => Ok(Value::FALSE),
                    CompareOp::Ne => Ok(Value::TRUE),
                    _ => vm.compare(&a, &b, op),
                };
            }
            index += 1;
        }
        Ok(Value::bool(op.holds(this.len().cmp(&other.len()))))
    }

    #[slot(getitem)]
    fn getitem_slot(vm: &mut Vm, this: &Ref<Array>, key: &Value) -> PyResult {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let (start, step, count) = resolve_slice(vm, slice, this.len())?;
            let part = slice_of(this, start, step, count);
            return Array::make(vm, this.kind, part);
        }
        if key.as_int().is_none() && key.class().slots.index.get().is_none() {
            return Err(vm.type_error("array indices must be integers"));
        }
        let at = position(vm, this, key, "array index out of range")?;
        match this.get(at) {
            Some(value) => Ok(value),
            None => Err(vm.index_error("array index out of range")),
        }
    }

    #[slot(setitem)]
    fn setitem_slot(vm: &mut Vm, this: &Ref<Array>, key: &Value, value: Option<Value>) -> PyResult<()> {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            return set_slice(vm, this, slice, value.as_ref());
        }
        if key.as_int().is_none() && key.class().slots.index.get().is_none() {
            return Err(vm.type_error("array indices must be integers"));
        }
        let at = position(vm, this, key, "array assignment index out of range")?;
        let size = this.kind.size();
        match value {
            Some(value) => {
                let mut packed = Vec::with_capacity(size);
                this.kind.pack(vm, &value, &mut packed)?;
                if let Some(place) = this.data.borrow_mut().get_mut(at * size..(at + 1) * size) {
                    place.copy_from_slice(&packed);
                }
                Ok(())
            }
            None => this.resize(vm, |data| {
                data.drain(at * size..((at + 1) * size).min(data.len()));
            }),
        }
    }

    #[slot(concat)]
    fn concat_slot(vm: &mut Vm, this: &Ref<Array>, other: &Value) -> PyResult {
        let Some(right) = other.downcast_ref::<Array>() else {
            let class = other.class().name();
            return Err(vm.type_error(format!("can only append array (not \"{class}\") to array")));
        };
        if right.kind != this.kind {
            return Err(vm.type_error("bad argument type for built-in operation"));
        }
        let joined = [&this.data.borrow()[..], &right.data.borrow()[..]].concat();
        Array::make(vm, this.kind, joined)
    }

    #[slot(inplace_concat)]
    fn inplace_concat_slot(vm: &mut Vm, this: &Value, other: &Value) -> PyResult {
        let Some(array) = this.downcast_ref::<Array>() else { return Ok(Value::NOT_IMPLEMENTED) };
        let Some(right) = other.downcast_ref::<Array>() else {
            let class = other.class().name();
            return Err(vm.type_error(format!("can only extend with array (not \"{class}\")")));
        };
        if right.kind != array.kind {
            return Err(vm.type_error("can only extend with array of same kind"));
        }
        let more = right.data.borrow().clone();
        array.resize(vm, |data| data.extend_from_slice(&more))?;
        Ok(this.clone())
    }

    #[slot(repeat)]
    fn repeat_slot(vm: &mut Vm, this: &Ref<Array>, count: &Value) -> PyResult {
        let len = this.data.borrow().len();
        let count = repetitions(vm, count, len)?;
        let repeated = this.data.borrow().repeat(count);
        Array::make(vm, this.kind, repeated)
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat_slot(vm: &mut Vm, this: &Value, count: &Value) -> PyResult {
        let Some(array) = this.downcast_ref::<Array>() else { return Ok(Value::NOT_IMPLEMENTED) };
        let len = array.data.borrow().len();
        let count = repetitions(vm, count, len)?;
        if count != 1 && len > 0 {
            array.resize(vm, |data| *data = data.repeat(count))?;
        }
        Ok(this.clone())
    }

    #[slot(buffer)]
    fn buffer_slot(_vm: &mut Vm, this: &Ref<Array>) -> PyResult<Buffer> {
        Ok(lend(this))
    }

    /// The code of the items' type.
    #[getter]
    fn typecode(&self) -> String {
        self.kind.code().to_string()
    }

    /// The bytes of an item.
    #[getter]
    fn itemsize(&self) -> usize {
        self.kind.size()
    }

    /// Adds an item at the end.
    #[method(sig = "(v, /)")]
    fn append(vm: &mut Vm, this: &Ref<Array>, v: &Value) -> PyResult<()> {
        let mut packed = Vec::with_capacity(8);
        this.kind.pack(vm, v, &mut packed)?;
        this.resize(vm, |data| data.extend_from_slice(&packed))
    }

    /// Adds the items of an iterable at the end.
    #[method(sig = "(bb, /)")]
    fn extend(vm: &mut Vm, this: &Ref<Array>, bb: &Value) -> PyResult<()> {
        if bb.downcast_ref::<Array>().is_some_and(|other| other.kind != this.kind) {
            return Err(vm.type_error("can only extend with array of same kind"));
        }
        let more = items_of(vm, this.kind, bb)?;
        this.resize(vm, |data| data.extend_from_slice(&more))
    }

    /// Puts an item before a position.
    #[method(sig = "(i, v, /)")]
    fn insert(vm: &mut Vm, this: &Ref<Array>, i: i64, v: &Value) -> PyResult<()> {
        let mut packed = Vec::with_capacity(8);
        this.kind.pack(vm, v, &mut packed)?;
        let len = this.len() as i64;
        let at = if i < 0 { i.saturating_add(len).max(0) } else { i.min(len) } as usize * this.kind.size();
        this.resize(vm, |data| {
            let at = at.min(data.len());
            data.splice(at..at, packed);
        })
    }

    /// Removes an item, the last one unless told, and gives it back.
    #[method(sig = "(i=-1, /)")]
    fn pop(vm: &mut Vm, this: &Ref<Array>, i: i64) -> PyResult {
        let len = this.len();
        if len == 0 {
            return Err(vm.index_error("pop from empty array"));
        }
        let at = position(vm, this, &Value::int(i), "pop index out of range")?;
        let value = this.get(at).unwrap_or(Value::NONE);
        let size = this.kind.size();
        this.resize(vm, |data| {
            data.drain(at * size..((at + 1) * size).min(data.len()));
        })?;
        Ok(value)
    }

    /// Removes the first item that is equal to a value.
    #[method(sig = "(v, /)")]
    fn remove(vm: &mut Vm, this: &Ref<Array>, v: &Value) -> PyResult<()> {
        let mut index = 0;
        while let Some(item) = this.get(index) {
            if vm.equals(&item, v)? {
                let size = this.kind.size();
                return this.resize(vm, |data| {
                    let end = ((index + 1) * size).min(data.len());
                    data.drain((index * size).min(end)..end);
                });
            }
            index += 1;
        }
        Err(vm.value_error("array.remove(x): x not in array"))
    }

    /// The first position of a value.
    #[method(sig = "(v, start=0, stop=sys.maxsize, /)")]
    fn index(vm: &mut Vm, this: &Ref<Array>, v: &Value, start: i64, stop: i64) -> PyResult<usize> {
        let len = this.len() as i64;
        let clamp = |i: i64| if i < 0 { i.saturating_add(len).max(0) } else { i };
        let (mut index, stop) = (clamp(start) as usize, clamp(stop) as usize);
        while index < stop
            && let Some(item) = this.get(index)
        {
            if vm.equals(&item, v)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.value_error("array.index(x): x not in array"))
    }

    /// How often a value occurs.
    #[method(sig = "(v, /)")]
    fn count(vm: &mut Vm, this: &Ref<Array>, v: &Value) -> PyResult<usize> {
        let (mut index, mut count) = (0, 0);
        while let Some(item) = this.get(index) {
            count += usize::from(vm.equals(&item, v)?);
            index += 1;
        }
        Ok(count)
    }

    /// Reverses the order of the items.
    #[method(sig = "()")]
    fn reverse(this: &Ref<Array>) {
        let size = this.kind.size();
        let mut data = this.data.borrow_mut();
        data.reverse();
        data.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }

    /// Reverses the order of the bytes of each item.
    #[method(sig = "()")]
    fn byteswap(this: &Ref<Array>) {
        let size = this.kind.size();
        this.data.borrow_mut().chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }

    /// The address of the memory, and the number of items.
    #[method(sig = "()")]
    fn buffer_info(this: &Ref<Array>) -> Value {
        let address = this.data.borrow().as_ptr() as usize;
        Tuple::new([address.into(), this.len().into()]).into()
    }

    /// The items as a list.
    #[method(sig = "()")]
    fn tolist(this: &Ref<Array>) -> Value {
        List::new(values(this)).into()
    }

    /// Adds the items of a list at the end.
    #[method(sig = "(list, /)")]
    fn fromlist(vm: &mut Vm, this: &Ref<Array>, list: &Value) -> PyResult<()> {
        let Some(list) = list.downcast_ref::<List>() else { return Err(vm.type_error("arg must be list")) };
        let items = list.to_vec();
        let more = pack_all(vm, this.kind, &items)?;
        this.resize(vm, |data| data.extend_from_slice(&more))
    }

    /// The items as bytes.
    #[method(sig = "()")]
    fn tobytes(this: &Ref<Array>) -> Value {
        Bytes::new(this.data.borrow().as_slice()).into()
    }

    /// Adds the items that bytes hold at the end.
    #[method(sig = "(buffer, /)")]
    fn frombytes(vm: &mut Vm, this: &Ref<Array>, buffer: BytesLike) -> PyResult<()> {
        if !buffer.len().is_multiple_of(this.kind.size()) {
            return Err(vm.value_error("bytes length not a multiple of item size"));
        }
        let more = buffer.to_vec();
        drop(buffer);
        this.resize(vm, |data| data.extend_from_slice(&more))
    }

    /// Adds `n` items from a file at the end.
    #[method(sig = "(f, n, /)")]
    fn fromfile(vm: &mut Vm, this: &Ref<Array>, f: &Value, n: i64) -> PyResult<()> {
        let Ok(count) = usize::try_from(n) else { return Err(vm.value_error("negative count")) };
        let wanted = count.saturating_mul(this.kind.size());
        let read = vm.call_method_str(f, "read", &[wanted.into()])?;
        let Some(bytes) = read.downcast_ref::<Bytes>() else {
            return Err(vm.type_error("read() didn't return bytes"));
        };
        let bytes = bytes.as_slice().to_vec();
        let short = bytes.len() != wanted;
        if bytes.len() % this.kind.size() != 0 {
            return Err(vm.value_error("bytes length not a multiple of item size"));
        }
        this.resize(vm, |data| data.extend_from_slice(&bytes))?;
        if short {
            return Err(vm.eof_error("read() didn't return enough bytes"));
        }
        Ok(())
    }

    /// Writes the items to a file.
    #[method(sig = "(f, /)")]
    fn tofile(vm: &mut Vm, this: &Ref<Array>, f: &Value) -> PyResult<()> {
        let bytes = this.data.borrow().clone();
        for chunk in bytes.chunks(64 * 1024) {
            vm.call_method_str(f, "write", &[Bytes::new(chunk).into()])?;
        }
        Ok(())
    }

    /// Adds the characters of a string at the end.
    #[method(sig = "(ustr, /)")]
    fn fromunicode(vm: &mut Vm, this: &Ref<Array>, ustr: &Ref<Str>) -> PyResult<()> {
        if this.kind.code() != 'u' {
            return Err(vm.value_error("fromunicode() may only be called on unicode type arrays"));
        }
        let more = text_units(ustr);
        this.resize(vm, |data| data.extend_from_slice(&more))
    }

    /// The characters as a string.
    #[method(sig = "()")]
    fn tounicode(vm: &mut Vm, this: &Ref<Array>) -> PyResult {
        if this.kind.code() != 'u' {
            return Err(vm.value_error("tounicode() may only be called on unicode type arrays"));
        }
        if !super::items::all_characters(&this.data.borrow()) {
            return Err(vm.value_error("character is not in range [U+0000; U+10ffff]"));
        }
        Ok(Array::text(this).into())
    }

    /// A copy.
    #[method(name = "__copy__", sig = "()")]
    fn copy(vm: &mut Vm, this: &Ref<Array>) -> PyResult {
        let data = this.data.borrow().clone();
        Array::make(vm, this.kind, data)
    }

    /// A copy.
    #[method(name = "__deepcopy__", sig = "(unused, /)")]
    fn deepcopy(vm: &mut Vm, this: &Ref<Array>, _unused: &Value) -> PyResult {
        let data = this.data.borrow().clone();
        Array::make(vm, this.kind, data)
    }

    /// What pickling needs.
    #[method(name = "__reduce_ex__", sig = "(value, /)")]
    fn reduce_ex(vm: &mut Vm, this: &Ref<Array>, value: i64) -> PyResult {
        let state = vm.lookup_attr_str(this.as_value(), "__dict__")?.unwrap_or(Value::NONE);
        let own = this.class().as_value().clone();
        let code: Value = this.kind.code().to_string().into();
        if value < 3 {
            let items: Value = List::new(values(this)).into();
            let arguments = Tuple::new([code, items]);
            return Ok(Tuple::new([own, arguments.into(), state]).into());
        }
        let modules = vm.interp.modules.get().and_then(|modules| modules.get_name("array"));
        let Some(module) = modules else { return Err(vm.runtime_error("the module array is missing")) };
        let function = vm.get_attr_str(&module, "_array_reconstructor")?;
        let little = i64::from(cfg!(target_endian = "big"));
        let format = match this.kind.machine_format() {
            // Bytes have no order.
            format @ (0 | 1) => format,
            format => format + little,
        };
        let bytes: Value = Bytes::new(this.data.borrow().as_slice()).into();
        let arguments = Tuple::new([own, code, format.into(), bytes]);
        Ok(Tuple::new([function, arguments.into(), state]).into())
    }

    /// Memory in use, in bytes.
    #[method(name = "__sizeof__", sig = "()")]
    fn sizeof(this: &Ref<Array>) -> usize {
        64 + this.data.borrow().capacity()
    }

    /// A generic alias.
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(class: &Ref<Class>, item: Value) -> Value {
        GenericAlias::new(class.into(), item).into()
    }

    fn text(this: &Array) -> StrBuf {
        let data = this.data.borrow();
        let codes = data.chunks_exact(4).map(|unit| u32::from_ne_bytes(unit.try_into().unwrap_or([0; 4])));
        StrBuf::from_code_points(codes)
    }
}

/// `array._array_reconstructor`
pub fn reconstruct(vm: &mut Vm, class: &Ref<Class>, typecode: &str, format: i64, items: &Value) -> PyResult {
    let own = super::class(vm)?;
    if !class.is_subclass(&own) {
        let name = class.name();
        return Err(vm.type_error(format!("{name} is not a subtype of array.array")));
    }
    let Some(kind) = typecode.chars().next().and_then(|c| Kind::from_code(u32::from(c))) else {
        return Err(vm.value_error("second parameter must be a valid type code"));
    };
    let Some(bytes) = items.downcast_ref::<Bytes>() else {
        let class = items.class().name();
        return Err(vm.type_error(format!("fourth argument should be bytes, not {class}")));
    };
    if !(0..=21).contains(&format) {
        return Err(vm.value_error("third argument must be a valid machine format code."));
    }
    // (size, signed, big-endian) of integers; others by their width.
    let (size, big) = match format {
        0 | 1 => (1, false),
        2..=5 => (2, format % 2 == 1),
        6..=9 => (4, format % 2 == 1),
        10..=13 => (8, format % 2 == 1),
        14 | 15 => (4, format == 15),
        16 | 17 => (8, format == 17),
        18 | 19 => (2, format == 19),
        _ => (4, format == 21),
    };
    let data = bytes.as_slice();
    if data.len() % size != 0 {
        return Err(vm.value_error("bytes length not a multiple of item size"));
    }
    let mut values = Vec::with_capacity(data.len() / size);
    let mut utf16 = Vec::new();
    for item in data.chunks_exact(size) {
        let mut item = item.to_vec();
        if big {
            item.reverse();
        }
        let mut wide = [0u8; 8];
        wide[..size].copy_from_slice(&item);
        let unsigned = u64::from_le_bytes(wide);
        let shift = 64 - 8 * size as u32;
        let signed = (unsigned << shift) as i64 >> shift;
        values.push(match format {
            0 | 2 | 3 | 6 | 7 | 10 | 11 => Value::from(unsigned),
            1 | 4 | 5 | 8 | 9 | 12 | 13 => Value::int(signed),
            14 | 15 => Value::float(f64::from(f32::from_bits(unsigned as u32))),
            16 | 17 => Value::float(f64::from_bits(unsigned)),
            18 | 19 => {
                utf16.push(unsigned as u16);
                continue;
            }
            _ => Str::from_code_point(unsigned as u32).into(),
        });
    }
    for c in char::decode_utf16(utf16) {
        values.push(
            Str::from_code_point(c.map_or_else(|e| u32::from(e.unpaired_surrogate()), u32::from)).into(),
        );
    }
    let packed = pack_all(vm, kind, &values)?;
    Ok(Ref::new(Array::payload(kind, packed), class).into())
}

/// An iterator over an array.
pub struct ArrayIterator {
    array: RefCell<Option<Ref<Array>>>,
    index: Cell<usize>,
}

pvm_vm::payload!(
    ArrayIterator,
    "array.arrayiterator",
    |i, visit| i.array.borrow().iter().for_each(|array| visit(array.as_value())),
    |i| drop(i.array.take())
);

/// Iterates over the items of an array.
#[pvm_vm_macros::pymethods(name = "arrayiterator", module = "array", flags = NO_INSTANTIATION)]
impl ArrayIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(_vm: &mut Vm, this: &Ref<ArrayIterator>) -> PyResult<Option<Value>> {
        let index = this.index.get();
        let item = this.array.borrow().as_ref().and_then(|array| array.get(index));
        match item {
            Some(item) => {
                this.index.set(index + 1);
                Ok(Some(item))
            }
            None => {
                let old = this.array.take();
                drop(old);
                Ok(None)
            }
        }
    }

    /// What pickling needs.
    #[method(name = "__reduce__", sig = "()")]
    fn reduce(vm: &mut Vm, this: &Ref<ArrayIterator>) -> PyResult {
        let iter = vm.interp.builtins.get().and_then(|b| b.get_name("iter")).unwrap_or(Value::NONE);
        let array = this.array.borrow().clone();
        Ok(match array {
            Some(array) => {
                Tuple::new([iter, Tuple::new([array.into()]).into(), this.index.get().into()]).into()
            }
            None => {
                let empty: Value = List::new(Vec::new()).into();
                Tuple::new([iter, Tuple::new([empty]).into()]).into()
            }
        })
    }

    /// Sets the position.
    #[method(name = "__setstate__", sig = "(state, /)")]
    fn setstate(vm: &mut Vm, this: &Ref<ArrayIterator>, state: &Value) -> PyResult<()> {
        let index = usize::try_from(vm.to_index(state)?).unwrap_or(0);
        let len = this.array.borrow().as_ref().map(|array| array.len());
        if let Some(len) = len {
            this.index.set(index.min(len));
        }
        Ok(())
    }
}
