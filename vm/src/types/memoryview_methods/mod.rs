//! `memoryview`: its slots and methods.

pub mod items;

use crate::native::{Args, Optional, Param, ParamKind, bind};
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::buffer::Buffer;
use crate::types::bytes::Bytes;
use crate::types::list::List;
use crate::types::memoryview::{MemoryView, memoryview_buffer};
use crate::types::slice::Slice;
use crate::types::str::Str;
use crate::types::str_methods::{index_argument, resolve_slice};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use items::{native_format, pack, unpack};
use pvm_vm_macros::pymethods;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::cell::Cell;

fn unsupported(vm: &mut Vm, format: &str) -> Raised {
    vm.not_implemented_error(format!("memoryview: format {format} not supported"))
}

/// The offset of an item, one index a dimension.
fn offset(vm: &mut Vm, buffer: &Buffer, indices: &[i64]) -> PyResult<usize> {
    let mut offset = buffer.offset as isize;
    for (dimension, ((index, extent), stride)) in
        indices.iter().zip(&buffer.shape).zip(&buffer.strides).enumerate()
    {
        let at = if *index < 0 { index.saturating_add(*extent as i64) } else { *index };
        if at < 0 || at >= *extent as i64 {
            let dimension = dimension + 1;
            return Err(vm.index_error(format!("index out of bounds on dimension {dimension}")));
        }
        offset += at as isize * stride;
    }
    Ok(offset.max(0) as usize)
}

fn item_at(vm: &mut Vm, buffer: &Buffer, offset: usize) -> PyResult {
    let Some((code, size)) = native_format(&buffer.format).filter(|f| f.1 == buffer.item_size) else {
        return Err(unsupported(vm, &buffer.format));
    };
    let mut value = Value::NONE;
    buffer.memory.read(&mut |bytes| {
        if let Some(item) = bytes.get(offset..offset + size) {
            value = unpack(code, item);
        }
    });
    Ok(value)
}

fn set_item_at(vm: &mut Vm, buffer: &Buffer, offset: usize, value: &Value) -> PyResult<()> {
    let Some((code, size)) = native_format(&buffer.format).filter(|f| f.1 == buffer.item_size) else {
        return Err(unsupported(vm, &buffer.format));
    };
    let packed = pack(vm, code, value)?;
    buffer.memory.write(&mut |bytes| {
        if let Some(item) = bytes.get_mut(offset..offset + size) {
            item.copy_from_slice(&packed);
        }
    });
    Ok(())
}

/// The part of the first dimension that a slice covers.
fn sliced(vm: &mut Vm, buffer: &Buffer, slice: &Slice) -> PyResult<Buffer> {
    let mut part = buffer.clone();
    let (Some(extent), Some(stride)) = (buffer.shape.first(), buffer.strides.first()) else {
        return Err(vm.type_error("invalid indexing of 0-dim memory"));
    };
    let (start, step, count) = resolve_slice(vm, slice, *extent)?;
    if count > 0 {
        part.offset = (buffer.offset as isize + start as isize * stride).max(0) as usize;
    }
    part.shape[0] = count;
    part.strides[0] = stride.saturating_mul(step);
    Ok(part)
}

fn is_index(value: &Value) -> bool {
    value.as_int().is_some() || value.class().slots.index.get().is_some()
}

/// The items as nested lists.
fn to_list(vm: &mut Vm, buffer: &Buffer) -> PyResult {
    let Some((code, size)) = native_format(&buffer.format).filter(|f| f.1 == buffer.item_size) else {
        return Err(unsupported(vm, &buffer.format));
    };
    let bytes = buffer.to_vec();
    let items: Vec<Value> = bytes.chunks_exact(size).map(|item| unpack(code, item)).collect();
    if buffer.shape.is_empty() {
        return Ok(items.into_iter().next().unwrap_or(Value::NONE));
    }
    let mut level: Vec<Value> = items;
    for extent in buffer.shape.iter().skip(1).rev() {
        if *extent == 0 {
            let rows: usize = buffer.shape.iter().take(buffer.shape.len() - 1).product();
            level = (0..rows).map(|_| List::new(Vec::new()).into()).collect();
            continue;
        }
        let mut rows = Vec::with_capacity(level.len() / extent);
        let mut iter = level.into_iter().peekable();
        while iter.peek().is_some() {
            rows.push(List::new(iter.by_ref().take(*extent).collect()).into());
        }
        level = rows;
    }
    Ok(List::new(level).into())
}

/// Whether two memories hold equal items in the same shape.
fn equal(vm: &mut Vm, a: &Buffer, b: &Buffer) -> PyResult<bool> {
    if a.shape != b.shape {
        return Ok(false);
    }
    let (Some((left, left_size)), Some((right, right_size))) =
        (native_format(&a.format), native_format(&b.format))
    else {
        return compare_structures(vm, a, b);
    };
    let (x, y) = (a.to_vec(), b.to_vec());
    if left == right && !matches!(left, b'f' | b'd' | b'e' | b'?') {
        return Ok(x == y);
    }
    for (x, y) in x.chunks_exact(left_size).zip(y.chunks_exact(right_size)) {
        let (x, y) = (unpack(left, x), unpack(right, y));
        if !vm.compare_bool(&x, &y, CompareOp::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Compares items in other formats, with the module `struct`.
fn compare_structures(vm: &mut Vm, a: &Buffer, b: &Buffer) -> PyResult<bool> {
    let import = crate::types::str_methods::builtin(vm, "__import__")?;
    let module = vm.call(&import, &["struct".into()])?;
    let mut lists = Vec::new();
    for buffer in [a, b] {
        let bytes: Value = Bytes::new(buffer.to_vec()).into();
        match vm.call_method_str(&module, "iter_unpack", &[(&*buffer.format).into(), bytes]) {
            Ok(iterator) => match vm.collect(&iterator) {
                Ok(items) => lists.push(List::new(items)),
                Err(_) => return Ok(false),
            },
            // An unknown format is equal to nothing.
            Err(_) => return Ok(false),
        }
    }
    vm.compare_bool(lists[0].as_value(), lists[1].as_value(), CompareOp::Eq)
}

/// `memoryview.cast`
fn cast(vm: &mut Vm, buffer: &Buffer, format: &Ref<Str>, shape: Option<&Value>) -> PyResult<Buffer> {
    if !buffer.is_c_contiguous() {
        return Err(vm.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    if (shape.is_some() || buffer.shape.len() != 1) && buffer.shape.contains(&0) {
        return Err(vm.type_error("memoryview: cannot cast view with zeros in shape or strides"));
    }
    let Some((source, _)) = native_format(&buffer.format) else {
        return Err(vm.value_error(
            "memoryview: source format must be a native single character format prefixed with an optional '@'",
        ));
    };
    let text = format.to_string();
    let Some((target, size)) = native_format(&text) else {
        return Err(vm.value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    let is_byte = |code| matches!(code, b'b' | b'B' | b'c');
    if !is_byte(source) && !is_byte(target) {
        return Err(vm.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let len = buffer.byte_len();
    if !len.is_multiple_of(size) {
        return Err(vm.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let mut made = buffer.clone();
    made.format = Cow::Owned(text);
    made.item_size = size;
    made.shape = SmallVec::from_slice(&[len / size]);
    made.strides = SmallVec::from_slice(&[size as isize]);
    let Some(shape) = shape else { return Ok(made) };
    let extents: Vec<Value> = if let Some(list) = shape.downcast_ref::<List>() {
        list.to_vec()
    } else if let Some(tuple) = shape.downcast_ref::<Tuple>() {
        tuple.as_slice().to_vec()
    } else {
        return Err(vm.type_error("shape must be a list or a tuple"));
    };
    if extents.len() > 64 {
        return Err(vm.value_error("memoryview: number of dimensions must not exceed 64"));
    }
    if extents.len() > 1 && buffer.shape.len() > 1 {
        return Err(vm.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
    }
    let mut shape: SmallVec<[usize; 2]> = SmallVec::new();
    let mut product = size;
    for extent in &extents {
        let Some(extent) = extent.as_int() else {
            return Err(vm.type_error("memoryview.cast(): elements of shape must be integers"));
        };
        match extent.to_i64().and_then(|i| usize::try_from(i).ok()).filter(|i| *i > 0) {
            Some(extent) => {
                product = product.saturating_mul(extent);
                shape.push(extent);
            }
            None => {
                return Err(vm.value_error("memoryview.cast(): elements of shape must be integers > 0"));
            }
        }
    }
    if product != len {
        return Err(vm.type_error("memoryview: product(shape) * itemsize != buffer size"));
    }
    made.strides = shape.iter().map(|_| 0).collect();
    let mut stride = size as isize;
    for (place, extent) in made.strides.iter_mut().zip(&shape).rev() {
        *place = stride;
        stride = stride.saturating_mul(*extent as isize);
    }
    made.shape = shape;
    Ok(made)
}

fn fortran_bytes(buffer: &Buffer) -> Vec<u8> {
    // The first dimension varies fastest: reverse the dimensions and copy.
    let mut reversed = buffer.clone();
    reversed.shape.reverse();
    reversed.strides.reverse();
    reversed.to_vec()
}

/// Create a new memoryview object which references the given object.
#[pymethods(name = "memoryview", flags = crate::object::class::flag::SEQUENCE)]
impl MemoryView {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[Param { name: "object", kind: ParamKind::Positional, required: true }];
        let ([object], _) = bind::<1, 1, 1>(vm, "memoryview", PARAMS, args)?;
        let Some(object) = object else {
            return Err(vm.type_error("memoryview() missing argument 'object'"));
        };
        if let Some(view) = object.downcast_ref::<MemoryView>() {
            return Ok(MemoryView::new(view.buffer(vm)?).into());
        }
        if !vm.is_bytes_like(object) {
            let class = object.class().name();
            return Err(vm.type_error(format!("memoryview: a bytes-like object is required, not '{class}'")));
        }
        Ok(MemoryView::new(vm.buffer(object)?).into())
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        let state = if this.is_released() { "released " } else { "" };
        Ok(format!("<{state}memory at {:#x}>", this.as_value().identity()).into())
    }

    #[slot(hash)]
    fn hash_slot(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<i64> {
        if this.hash.get() != -1 {
            return Ok(this.hash.get());
        }
        let buffer = this.buffer(vm)?;
        if !buffer.readonly {
            return Err(vm.value_error("cannot hash writable memoryview object"));
        }
        if !matches!(native_format(&buffer.format), Some((b'B' | b'b' | b'c', _))) {
            return Err(vm.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        vm.hash(&buffer.owner)?;
        let hash = Bytes::new(buffer.to_vec()).hash();
        this.hash.set(hash);
        Ok(hash)
    }

    #[slot(richcompare)]
    fn compare_slot(vm: &mut Vm, this: &Ref<MemoryView>, other: &Value, op: CompareOp) -> PyResult {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let is_equal = op == CompareOp::Eq;
        if this.is_released() || other.downcast_ref::<MemoryView>().is_some_and(|view| view.is_released()) {
            return Ok(Value::bool(this.as_value().is(other) == is_equal));
        }
        if !vm.is_bytes_like(other) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (a, b) = (this.buffer(vm)?, vm.buffer(other)?);
        let answer = equal(vm, &a, &b)?;
        Ok(Value::bool(answer == is_equal))
    }

    #[slot(iter)]
    fn iter_slot(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        let buffer = this.buffer(vm)?;
        match buffer.shape.len() {
            0 => return Err(vm.type_error("invalid indexing of 0-dim memory")),
            1 => {}
            _ => {
                return Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented"));
            }
        }
        if native_format(&buffer.format).is_none() {
            return Err(unsupported(vm, &buffer.format));
        }
        let iterator = MemoryIterator { view: this.clone(), index: Cell::new(0), done: Cell::new(false) };
        Ok(Ref::new(iterator, &vm.types().memory_iterator).into())
    }

    #[slot(len)]
    fn len_slot(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<usize> {
        match this.buffer(vm)?.shape.first() {
            Some(extent) => Ok(*extent),
            None => Err(vm.type_error("0-dim memory has no length")),
        }
    }

    #[slot(getitem)]
    fn getitem_slot(vm: &mut Vm, this: &Ref<MemoryView>, key: &Value) -> PyResult {
        let buffer = this.buffer(vm)?;
        if buffer.shape.is_empty() {
            if key.downcast_ref::<Tuple>().is_some_and(|tuple| tuple.is_empty()) {
                return item_at(vm, &buffer, buffer.offset);
            }
            if key.is(&Value::ELLIPSIS) {
                return Ok(this.into());
            }
            return Err(vm.type_error("invalid indexing of 0-dim memory"));
        }
        if let Some(slice) = key.downcast_ref::<Slice>() {
            return Ok(MemoryView::new(sliced(vm, &buffer, slice)?).into());
        }
        if is_index(key) {
            if buffer.shape.len() > 1 {
                return Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented"));
            }
            let index = index_argument(vm, key)?;
            let offset = offset(vm, &buffer, &[index])?;
            return item_at(vm, &buffer, offset);
        }
        match indices(vm, key, &buffer)? {
            Some(indices) => {
                let offset = offset(vm, &buffer, &indices)?;
                item_at(vm, &buffer, offset)
            }
            None => Err(vm.type_error("memoryview: invalid slice key")),
        }
    }

    #[slot(setitem)]
    fn setitem_slot(vm: &mut Vm, this: &Ref<MemoryView>, key: &Value, value: Option<Value>) -> PyResult<()> {
        let buffer = this.buffer(vm)?;
        if buffer.readonly {
            return Err(vm.type_error("cannot modify read-only memory"));
        }
        let Some(value) = value else { return Err(vm.type_error("cannot delete memory")) };
        if buffer.shape.is_empty() {
            let empty = key.downcast_ref::<Tuple>().is_some_and(|tuple| tuple.is_empty());
            if empty || key.is(&Value::ELLIPSIS) {
                return set_item_at(vm, &buffer, buffer.offset, &value);
            }
            return Err(vm.type_error("invalid indexing of 0-dim memory"));
        }
        if let Some(slice) = key.downcast_ref::<Slice>() {
            if buffer.shape.len() > 1 {
                return Err(vm.not_implemented_error(
                    "memoryview slice assignments are currently restricted to ndim = 1",
                ));
            }
            let target = sliced(vm, &buffer, slice)?;
            let source = vm.buffer(&value)?;
            let same = native_format(&source.format).map(|f| f.0)
                == native_format(&target.format).map(|f| f.0)
                && (native_format(&source.format).is_some() || source.format == target.format);
            if !same || source.item_size != target.item_size || source.shape != target.shape {
                return Err(
                    vm.value_error("memoryview assignment: lvalue and rvalue have different structures")
                );
            }
            let bytes = source.to_vec();
            let offsets = target.offsets();
            target.memory.write(&mut |memory| {
                for (offset, item) in offsets.iter().zip(bytes.chunks_exact(target.item_size.max(1))) {
                    if let Some(place) = memory.get_mut(*offset..*offset + target.item_size) {
                        place.copy_from_slice(item);
                    }
                }
            });
            return Ok(());
        }
        let at = if is_index(key) {
            if buffer.shape.len() > 1 {
                return Err(vm.not_implemented_error("sub-views are not implemented"));
            }
            let index = index_argument(vm, key)?;
            offset(vm, &buffer, &[index])?
        } else {
            match indices(vm, key, &buffer)? {
                Some(indices) => offset(vm, &buffer, &indices)?,
                None => return Err(vm.type_error("memoryview: invalid slice key")),
            }
        };
        set_item_at(vm, &buffer, at, &value)
    }

    #[slot(buffer)]
    fn buffer_slot(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<Buffer> {
        memoryview_buffer(vm, this)
    }

    /// Gives the memory up.
    #[method(sig = "()")]
    fn release(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<()> {
        this.give_up(vm)
    }

    /// The items as bytes.
    #[method(sig = "(order='C')")]
    fn tobytes(vm: &mut Vm, this: &Ref<MemoryView>, order: Optional<Value>) -> PyResult {
        let buffer = this.buffer(vm)?;
        let order = match order.present().filter(|order| !order.is_none()) {
            None => "C".to_owned(),
            Some(order) => match order.downcast_ref::<Str>() {
                Some(order) => order.to_string(),
                None => {
                    let class = order.class().name();
                    return Err(
                        vm.type_error(format!("tobytes() argument 'order' must be str or None, not {class}"))
                    );
                }
            },
        };
        match order.as_str() {
            "C" => Ok(Bytes::new(buffer.to_vec()).into()),
            "F" => Ok(Bytes::new(fortran_bytes(&buffer)).into()),
            "A" if buffer.is_fortran_contiguous() && !buffer.is_c_contiguous() => {
                Ok(Bytes::new(fortran_bytes(&buffer)).into())
            }
            "A" => Ok(Bytes::new(buffer.to_vec()).into()),
            _ => Err(vm.value_error("order must be 'C', 'F' or 'A'")),
        }
    }

    /// The items as bytes, in hexadecimal digits.
    #[method(sig = "")]
    fn hex(vm: &mut Vm, this: &Ref<MemoryView>, args: Args<'_>) -> PyResult {
        let (sep, group) = crate::types::bytes_methods::hex_arguments(vm, args)?;
        let bytes = this.buffer(vm)?.to_vec();
        crate::types::bytes_methods::hex(vm, &bytes, sep, group)
    }

    /// The items as a list, or as lists of lists.
    #[method(sig = "()")]
    fn tolist(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        let buffer = this.buffer(vm)?;
        to_list(vm, &buffer)
    }

    /// A view that cannot be written to.
    #[method(sig = "()")]
    fn toreadonly(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        let mut buffer = this.buffer(vm)?;
        buffer.readonly = true;
        Ok(MemoryView::new(buffer).into())
    }

    /// A view of the same memory in another format or shape.
    #[method(sig = "(format, shape=<unrepresentable>)")]
    fn cast(vm: &mut Vm, this: &Ref<MemoryView>, format: &Ref<Str>, shape: Optional<&Value>) -> PyResult {
        let buffer = this.buffer(vm)?;
        Ok(MemoryView::new(cast(vm, &buffer, format, shape.present())?).into())
    }

    /// The view itself.
    #[method(name = "__enter__", sig = "")]
    fn enter(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        this.buffer(vm)?;
        Ok(this.into())
    }

    /// Gives the memory up.
    #[method(name = "__exit__", sig = "")]
    fn exit(vm: &mut Vm, this: &Ref<MemoryView>, _args: &[Value]) -> PyResult<()> {
        this.give_up(vm)
    }

    /// The object that lends its memory.
    #[getter]
    fn obj(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        Ok(this.buffer(vm)?.owner)
    }

    /// The number of bytes of all items.
    #[getter]
    fn nbytes(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<usize> {
        Ok(this.buffer(vm)?.byte_len())
    }

    /// Whether the memory cannot be written to.
    #[getter]
    fn readonly(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<bool> {
        Ok(this.buffer(vm)?.readonly)
    }

    /// The bytes of an item.
    #[getter]
    fn itemsize(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<usize> {
        Ok(this.buffer(vm)?.item_size)
    }

    /// The format of an item, as in the module struct.
    #[getter]
    fn format(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        Ok((&*this.buffer(vm)?.format).into())
    }

    /// The number of dimensions.
    #[getter]
    fn ndim(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<usize> {
        Ok(this.buffer(vm)?.shape.len())
    }

    /// The number of items of each dimension.
    #[getter]
    fn shape(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        let shape = this.buffer(vm)?.shape;
        Ok(Tuple::new(shape.iter().map(|extent| Value::from(*extent)).collect::<Vec<_>>()).into())
    }

    /// The bytes from one item to the next in each dimension.
    #[getter]
    fn strides(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        let strides = this.buffer(vm)?.strides;
        Ok(Tuple::new(strides.iter().map(|stride| Value::from(*stride)).collect::<Vec<_>>()).into())
    }

    /// Always empty: memory is not reached through pointers.
    #[getter]
    fn suboffsets(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult {
        this.buffer(vm)?;
        Ok(vm.names().empty_tuple.as_value().clone())
    }

    /// Whether the items follow each other, the last dimension varying fastest.
    #[getter]
    fn c_contiguous(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<bool> {
        Ok(this.buffer(vm)?.is_c_contiguous())
    }

    /// Whether the items follow each other, the first dimension varying fastest.
    #[getter]
    fn f_contiguous(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<bool> {
        Ok(this.buffer(vm)?.is_fortran_contiguous())
    }

    /// Whether the items follow each other.
    #[getter]
    fn contiguous(vm: &mut Vm, this: &Ref<MemoryView>) -> PyResult<bool> {
        let buffer = this.buffer(vm)?;
        Ok(buffer.is_c_contiguous() || buffer.is_fortran_contiguous())
    }
}

/// A key of one index for each dimension; `None` for other keys.
fn indices(vm: &mut Vm, key: &Value, buffer: &Buffer) -> PyResult<Option<Vec<i64>>> {
    let Some(tuple) = key.downcast_ref::<Tuple>() else { return Ok(None) };
    let all_slices = tuple.as_slice().iter().all(|item| item.holds::<Slice>());
    if !tuple.as_slice().iter().all(is_index) {
        if all_slices && !tuple.is_empty() {
            return Err(vm.not_implemented_error("multi-dimensional slicing is not implemented"));
        }
        return Ok(None);
    }
    let (given, wanted) = (tuple.len(), buffer.shape.len());
    if given < wanted {
        return Err(vm.not_implemented_error("sub-views are not implemented"));
    }
    if given > wanted {
        return Err(vm.type_error(format!("cannot index {wanted}-dimension view with {given}-element tuple")));
    }
    tuple.as_slice().iter().map(|item| index_argument(vm, item)).collect::<PyResult<Vec<i64>>>().map(Some)
}

/// An iterator over the items of a view.
pub struct MemoryIterator {
    view: Ref<MemoryView>,
    index: Cell<usize>,
    done: Cell<bool>,
}

crate::payload!(MemoryIterator, "memory_iterator", |i, visit| visit(i.view.as_value()), |_i| ());

/// Iterates over the items of a view.
#[pymethods(name = "memory_iterator")]
impl MemoryIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(vm: &mut Vm, this: &Ref<MemoryIterator>) -> PyResult<Option<Value>> {
        if this.done.get() {
            return Ok(None);
        }
        let buffer = this.view.buffer(vm)?;
        let index = this.index.get();
        if buffer.shape.first().is_none_or(|extent| index >= *extent) {
            this.done.set(true);
            return Ok(None);
        }
        this.index.set(index + 1);
        let offset = offset(vm, &buffer, &[index as i64])?;
        item_at(vm, &buffer, offset).map(Some)
    }
}
