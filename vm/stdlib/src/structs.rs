//! `_struct`: values packed into bytes as C lays them out.

use pvm_vm::native::{Args, Param, ParamKind, bind};
use pvm_vm::number::{Integer, integer::ByteOrder};
use pvm_vm::object::class::flag::{BASE_TYPE, HAS_WEAKREF};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::buffer::BytesLike;
use pvm_vm::types::bytearray::ByteArray;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::int::Int;
use pvm_vm::types::memoryview_methods::items::{f64_to_half, half_to_f64};
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Raised, Vm};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// One code of a format.
#[derive(Clone, Copy, Debug)]
struct Field {
    code: u8,
    /// Bytes of one value.
    size: usize,
    offset: usize,
    /// Values; for `s` and `p` there is one of `size` bytes.
    count: usize,
}

/// A compiled format.
#[derive(Debug, Default)]
struct Layout {
    fields: Vec<Field>,
    size: usize,
    /// The number of values.
    values: usize,
    big: bool,
    native: bool,
}

/// The module's state.
struct State {
    error: Value,
    cache: RefCell<rustc_hash::FxHashMap<Vec<u8>, Rc<Layout>>>,
}

fn state(vm: &mut Vm) -> Rc<State> {
    let exception = vm.types().exceptions.exception.clone();
    let type_ = vm.types().type_.clone();
    let existing = vm.interp.extension(RefCell::<Option<Rc<State>>>::default);
    let found = existing.borrow().clone();
    if let Some(found) = found {
        return found;
    }
    let namespace = pvm_vm::types::dict::Dict::new();
    namespace.set_name("__module__", "struct");
    let bases = Tuple::new([exception.as_value().clone()]);
    let made = vm.call(type_.as_value(), &["error".into(), bases.into(), namespace.into()]);
    let error = made.unwrap_or_else(|_| exception.as_value().clone());
    let state = Rc::new(State { error, cache: RefCell::default() });
    *existing.borrow_mut() = Some(state.clone());
    state
}

#[cold]
fn error(vm: &mut Vm, message: impl AsRef<str>) -> Raised {
    let class = state(vm).error.clone();
    match vm.call(&class, &[message.as_ref().into()]) {
        Ok(value) => match value.downcast::<pvm_vm::types::exception::Exception>() {
            Ok(exception) => Raised(exception),
            Err(_) => vm.value_error(message),
        },
        Err(raised) => raised,
    }
}

/// Size and alignment of a code in native mode, or its size in standard mode.
fn code_size(code: u8, native: bool) -> Option<(usize, usize)> {
    Some(match code {
        b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => (1, 1),
        b'h' | b'H' | b'e' => (2, 2),
        b'i' | b'I' | b'f' => (4, 4),
        b'l' | b'L' if native => (8, 8),
        b'l' | b'L' => (4, 4),
        b'q' | b'Q' | b'd' => (8, 8),
        b'n' | b'N' | b'P' if native => (8, 8),
        _ => return None,
    })
}

fn compile(vm: &mut Vm, format: &[u8]) -> PyResult<Rc<Layout>> {
    let (native, aligned, big, rest) = match format {
        [b'@', rest @ ..] => (true, true, cfg!(target_endian = "big"), rest),
        [b'=', rest @ ..] => (false, false, cfg!(target_endian = "big"), rest),
        [b'<', rest @ ..] => (false, false, false, rest),
        [b'>' | b'!', rest @ ..] => (false, false, true, rest),
        _ => (true, true, cfg!(target_endian = "big"), format),
    };
    let mut layout = Layout { big, native, ..Layout::default() };
    let mut at = 0;
    let too_long = |vm: &mut Vm| error(vm, "total struct size too long");
    while let Some(&c) = rest.get(at) {
        at += 1;
        if c.is_ascii_whitespace() || c == 0x0B {
            continue;
        }
        let mut code = c;
        let mut count = 1usize;
        if c.is_ascii_digit() {
            count = usize::from(c - b'0');
            loop {
                match rest.get(at) {
                    Some(d) if d.is_ascii_digit() => {
                        count = match count.checked_mul(10).and_then(|n| n.checked_add(usize::from(d - b'0')))
                        {
                            Some(count) if count <= isize::MAX as usize => count,
                            _ => return Err(too_long(vm)),
                        };
                        at += 1;
                    }
                    Some(d) => {
                        code = *d;
                        at += 1;
                        break;
                    }
                    None => return Err(error(vm, "repeat count given without format specifier")),
                }
            }
        }
        let Some((size, alignment)) = code_size(code, native) else {
            return Err(error(vm, "bad char in struct format"));
        };
        if aligned {
            layout.size = layout.size.next_multiple_of(alignment);
        }
        let field = match code {
            b's' | b'p' => {
                layout.values += 1;
                Field { code, size: count, offset: layout.size, count: 1 }
            }
            _ => {
                if code != b'x' {
                    layout.values = layout.values.saturating_add(count);
                }
                Field { code, size, offset: layout.size, count }
            }
        };
        let bytes = match size.checked_mul(count).and_then(|n| n.checked_add(layout.size)) {
            Some(bytes) if bytes <= isize::MAX as usize => bytes,
            _ => return Err(too_long(vm)),
        };
        layout.size = bytes;
        if code != b'x' && (count > 0 || matches!(code, b's' | b'p')) {
            layout.fields.push(field);
        }
    }
    Ok(Rc::new(layout))
}

/// The layout of a format given as a string or bytes.
fn layout_of(vm: &mut Vm, format: &Value) -> PyResult<Rc<Layout>> {
    let text = format_bytes(vm, format)?;
    let state = state(vm);
    let found = state.cache.borrow().get(&text).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    let layout = compile(vm, &text)?;
    let mut cache = state.cache.borrow_mut();
    if cache.len() >= 100 {
        cache.clear();
    }
    cache.insert(text, layout.clone());
    Ok(layout)
}

fn format_bytes(vm: &mut Vm, format: &Value) -> PyResult<Vec<u8>> {
    if let Some(text) = format.downcast_ref::<Str>() {
        return match text.as_ref().as_ascii() {
            Some(bytes) => Ok(bytes.to_vec()),
            None => {
                let encoded = pvm_vm::types::str_codecs::encode_as(vm, text, "ascii", "strict")?;
                vm.bytes_of(&encoded)
            }
        };
    }
    if let Some(bytes) = format.downcast_ref::<Bytes>() {
        return Ok(bytes.as_slice().to_vec());
    }
    let class = format.class().name();
    Err(vm.type_error(format!("Struct() argument 1 must be a str or bytes object, not {class}")))
}

fn order(big: bool) -> ByteOrder {
    if big { ByteOrder::Big } else { ByteOrder::Little }
}

fn unpack_one(field: &Field, bytes: &[u8], big: bool) -> Value {
    macro_rules! number {
        ($t:ty) => {{
            let raw = bytes.first_chunk().copied().unwrap_or_default();
            if big { <$t>::from_be_bytes(raw) } else { <$t>::from_le_bytes(raw) }
        }};
    }
    match (field.code, field.size) {
        (b'c', _) => Bytes::new(bytes).into(),
        (b'b', _) => Value::int(i64::from(number!(i8))),
        (b'B', _) => Value::int(i64::from(number!(u8))),
        (b'?', _) => Value::bool(bytes.iter().any(|b| *b != 0)),
        (b'h', _) => Value::int(i64::from(number!(i16))),
        (b'H', _) => Value::int(i64::from(number!(u16))),
        (b'e', _) => Value::float(half_to_f64(number!(u16))),
        (b'f', _) => Value::float(f64::from(number!(f32))),
        (b'd', _) => Value::float(number!(f64)),
        (b'i' | b'l', 4) => Value::int(i64::from(number!(i32))),
        (b'I' | b'L', 4) => Value::int(i64::from(number!(u32))),
        (b'l' | b'q' | b'n', _) => Value::int(number!(i64)),
        (b'L' | b'Q' | b'N' | b'P', _) => Int::from_i128(i128::from(number!(u64))),
        (b's', _) => Bytes::new(bytes).into(),
        (b'p', _) => {
            let len = bytes.first().map_or(0, |len| usize::from(*len)).min(bytes.len().saturating_sub(1));
            Bytes::new(bytes.get(1..1 + len).unwrap_or(&[])).into()
        }
        _ => Value::NONE,
    }
}

fn unpack(layout: &Layout, bytes: &[u8]) -> Value {
    let mut values = Vec::with_capacity(layout.values);
    for field in &layout.fields {
        for i in 0..field.count {
            let at = field.offset + i * field.size;
            values.push(unpack_one(field, bytes.get(at..at + field.size).unwrap_or(&[]), layout.big));
        }
    }
    Tuple::new(values).into()
}

fn integer(vm: &mut Vm, layout: &Layout, field: &Field, value: &Value, out: &mut [u8]) -> PyResult<()> {
    let signed = field.code.is_ascii_lowercase();
    let code = char::from(field.code);
    let bits = field.size * 8;
    let wide = match value.as_small_int() {
        Some(i) => Some(i128::from(i)),
        None => {
            let index = if value.as_int().is_some() {
                value.clone()
            } else if value.class().slots.index.get().is_some() {
                vm.index(value)?
            } else {
                return Err(error(vm, "required argument is not an integer"));
            };
            index.as_int().and_then(|i| match i.to_i64() {
                Some(i) => Some(i128::from(i)),
                None => i.to_u64().map(i128::from),
            })
        }
    };
    let (low, high) =
        if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
    let Some(wide) = wide.filter(|i| (low..=high).contains(i)) else {
        return Err(error(vm, format!("'{code}' format requires {low} <= number <= {high}")));
    };
    let bytes = wide.to_le_bytes();
    out.copy_from_slice(&bytes[..out.len()]);
    if layout.big {
        out.reverse();
    }
    Ok(())
}

fn pack_one(vm: &mut Vm, layout: &Layout, field: &Field, value: &Value, out: &mut [u8]) -> PyResult<()> {
    match field.code {
        b'c' => match value.downcast_ref::<Bytes>().map(|b| b.as_slice()) {
            Some([byte]) => out[0] = *byte,
            _ => return Err(error(vm, "char format requires a bytes object of length 1")),
        },
        b'?' => out[0] = u8::from(vm.truth(value)?),
        b's' | b'p' => {
            let bytes = if let Some(bytes) = value.downcast_ref::<Bytes>() {
                bytes.as_slice().to_vec()
            } else if let Some(array) = value.downcast_ref::<ByteArray>() {
                array.with(<[u8]>::to_vec)
            } else {
                let code = char::from(field.code);
                return Err(error(vm, format!("argument for '{code}' must be a bytes object")));
            };
            if field.code == b's' {
                let len = bytes.len().min(out.len());
                out[..len].copy_from_slice(&bytes[..len]);
            } else if let Some((first, rest)) = out.split_first_mut() {
                let len = bytes.len().min(rest.len());
                rest[..len].copy_from_slice(&bytes[..len]);
                *first = len.min(255) as u8;
            }
        }
        b'e' | b'f' | b'd' => {
            let Ok(float) = vm.to_f64(value) else {
                return Err(error(vm, "required argument is not a float"));
            };
            match field.code {
                b'd' => out.copy_from_slice(&float.to_le_bytes()),
                b'f' => {
                    let narrow = float as f32;
                    if narrow.is_infinite() && float.is_finite() && !layout.native {
                        if value.as_int().is_some() {
                            return Err(error(vm, "int too large to convert"));
                        }
                        return Err(vm.overflow_error("float too large to pack with f format"));
                    }
                    out.copy_from_slice(&narrow.to_le_bytes());
                }
                _ => match f64_to_half(float) {
                    Some(half) => out.copy_from_slice(&half.to_le_bytes()),
                    None if value.as_int().is_some() => return Err(error(vm, "int too large to convert")),
                    None => return Err(vm.overflow_error("float too large to pack with e format")),
                },
            }
            if layout.big {
                out.reverse();
            }
        }
        b'P' => {
            if value.as_int().is_none() && value.class().slots.index.get().is_none() {
                return Err(error(vm, "required argument is not an integer"));
            }
            let index = vm.index(value)?;
            let bytes = match index.as_int() {
                Some(int) if int.is_negative() => int.to_bytes(8, order(false), true),
                Some(int) => int.to_bytes(8, order(false), false),
                None => Integer::ZERO.as_int().to_bytes(8, order(false), false),
            };
            match bytes {
                Ok(bytes) => out.copy_from_slice(&bytes),
                Err(_) => return Err(error(vm, "int too large to convert")),
            }
            if layout.big {
                out.reverse();
            }
        }
        _ => return integer(vm, layout, field, value, out),
    }
    Ok(())
}

fn pack(vm: &mut Vm, layout: &Layout, name: &str, values: &[Value]) -> PyResult<Vec<u8>> {
    if values.len() != layout.values {
        let (wanted, given) = (layout.values, values.len());
        return Err(error(vm, format!("{name} expected {wanted} items for packing (got {given})")));
    }
    if layout.size > 1 << 36 {
        return Err(vm.memory_error());
    }
    let mut out = vec![0; layout.size];
    let mut values = values.iter();
    for field in &layout.fields {
        for i in 0..field.count {
            let at = field.offset + i * field.size;
            if let (Some(value), Some(place)) = (values.next(), out.get_mut(at..at + field.size)) {
                pack_one(vm, layout, field, value, place)?;
            }
        }
    }
    Ok(out)
}

fn unpack_whole(vm: &mut Vm, layout: &Layout, buffer: &BytesLike) -> PyResult {
    if buffer.len() != layout.size {
        let size = layout.size;
        return Err(error(vm, format!("unpack requires a buffer of {size} bytes")));
    }
    Ok(buffer.with(|bytes| unpack(layout, bytes)))
}

/// Where a structure begins in a buffer of `len` bytes.
fn start_in(vm: &mut Vm, what: &str, offset: i64, len: usize, size: usize) -> PyResult<usize> {
    let mut at = offset;
    if at < 0 {
        if at + size as i64 > 0 {
            return Err(error(
                vm,
                if what == "pack_into" {
                    format!("no space to pack {size} bytes at offset {offset}")
                } else {
                    format!("not enough data to unpack {size} bytes")
                },
            ));
        }
        if at + (len as i64) < 0 {
            return Err(error(vm, format!("offset {offset} out of range for {len}-byte buffer")));
        }
        at += len as i64;
    }
    let at = at as usize;
    if len < at || len - at < size {
        let total = at.saturating_add(size);
        let (verb, from) = if what == "pack_into" { ("packing", "at") } else { ("unpacking", "at") };
        return Err(error(
            vm,
            format!(
                "{what} requires a buffer of at least {total} bytes for {verb} {size} bytes {from} offset {at} (actual buffer size is {len})"
            ),
        ));
    }
    Ok(at)
}

fn unpack_from(vm: &mut Vm, layout: &Layout, buffer: &BytesLike, offset: i64) -> PyResult {
    let at = start_in(vm, "unpack_from", offset, buffer.len(), layout.size)?;
    Ok(buffer.with(|bytes| unpack(layout, bytes.get(at..at + layout.size).unwrap_or(&[]))))
}

fn pack_into(vm: &mut Vm, layout: &Layout, args: &[Value]) -> PyResult<()> {
    let [buffer, offset, values @ ..] = args else {
        return Err(error(
            vm,
            match args.len() {
                0 => "pack_into expected buffer argument".to_owned(),
                _ => "pack_into expected offset argument".to_owned(),
            },
        ));
    };
    if values.len() != layout.values {
        let (wanted, given) = (layout.values, values.len());
        return Err(error(vm, format!("pack_into expected {wanted} items for packing (got {given})")));
    }
    if !vm.is_bytes_like(buffer) {
        let class = buffer.class().name();
        return Err(vm.type_error(format!("argument must be read-write bytes-like object, not {class}")));
    }
    let target = vm.buffer(buffer)?;
    if target.readonly {
        let class = buffer.class().name();
        return Err(vm.type_error(format!("argument must be read-write bytes-like object, not {class}")));
    }
    let offset = vm.to_index(offset)?;
    let at = start_in(vm, "pack_into", offset, target.byte_len(), layout.size)?;
    let packed = pack(vm, layout, "pack_into", values)?;
    target.with_mut(|bytes| {
        if let Some(place) = bytes.get_mut(at..at + packed.len()) {
            place.copy_from_slice(&packed);
        }
    });
    Ok(())
}

/// A compiled format.
pub struct Struct {
    layout: RefCell<Rc<Layout>>,
    format: RefCell<Value>,
}

pvm_vm::payload!(Struct, "_struct.Struct", |s, visit| visit(&s.format.borrow()), |_s| ());

impl Struct {
    fn layout(&self) -> Rc<Layout> {
        self.layout.borrow().clone()
    }
}

/// Compile a format, for packing and unpacking.
#[pvm_vm_macros::pymethods(name = "Struct", module = "_struct", flags = BASE_TYPE | HAS_WEAKREF)]
impl Struct {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let made = Struct { layout: RefCell::default(), format: RefCell::new(Value::NONE) };
        Ok(Ref::new(made, class).into())
    }

    #[slot(init)]
    fn init_slot(vm: &mut Vm, this: &Ref<Struct>, args: Args<'_>) -> PyResult<()> {
        const PARAMS: &[Param] = &[Param { name: "format", kind: ParamKind::Positional, required: true }];
        let ([format], _) = bind::<1, 1, 1>(vm, "Struct", PARAMS, args)?;
        let Some(format) = format else { return Ok(()) };
        let text = format_bytes(vm, format)?;
        let layout = compile(vm, &text)?;
        let old = this.format.replace(String::from_utf8_lossy(&text).into_owned().into());
        *this.layout.borrow_mut() = layout;
        drop(old);
        Ok(())
    }

    /// Packs values into bytes.
    #[method(sig = "")]
    fn pack(vm: &mut Vm, this: &Ref<Struct>, values: &[Value]) -> PyResult {
        let layout = this.layout();
        pack(vm, &layout, "pack", values).map(|bytes| Bytes::new(bytes).into())
    }

    /// Packs values into a buffer at an offset.
    #[method(sig = "")]
    fn pack_into(vm: &mut Vm, this: &Ref<Struct>, values: &[Value]) -> PyResult<()> {
        let layout = this.layout();
        pack_into(vm, &layout, values)
    }

    /// The values that bytes hold.
    #[method(sig = "(buffer, /)")]
    fn unpack(vm: &mut Vm, this: &Ref<Struct>, buffer: BytesLike) -> PyResult {
        let layout = this.layout();
        unpack_whole(vm, &layout, &buffer)
    }

    /// The values that a buffer holds from an offset on.
    #[method(sig = "(buffer, offset=0)")]
    fn unpack_from(vm: &mut Vm, this: &Ref<Struct>, buffer: BytesLike, offset: i64) -> PyResult {
        let layout = this.layout();
        unpack_from(vm, &layout, &buffer, offset)
    }

    /// An iterator over the structures that a buffer holds.
    #[method(sig = "(buffer, /)")]
    fn iter_unpack(vm: &mut Vm, this: &Ref<Struct>, buffer: BytesLike) -> PyResult {
        let layout = this.layout();
        iterate(vm, layout, buffer)
    }

    /// The number of bytes.
    #[getter]
    fn size(&self) -> usize {
        self.layout.borrow().size
    }

    /// The format.
    #[getter]
    fn format(&self) -> Value {
        self.format.borrow().clone()
    }

    /// Memory in use, in bytes.
    #[method(name = "__sizeof__", sig = "()")]
    fn sizeof(&self) -> usize {
        48 + 32 * (self.layout.borrow().fields.len() + 1)
    }
}

fn iterate(vm: &mut Vm, layout: Rc<Layout>, buffer: BytesLike) -> PyResult {
    if layout.size == 0 {
        return Err(error(vm, "cannot iteratively unpack with a struct of length 0"));
    }
    if !buffer.len().is_multiple_of(layout.size) {
        let size = layout.size;
        return Err(error(
            vm,
            format!("iterative unpacking requires a buffer of a multiple of {size} bytes"),
        ));
    }
    let class = pvm_vm::types::init::class_of::<UnpackIterator>(vm)?;
    let made = UnpackIterator { layout, buffer: RefCell::new(Some(buffer)), at: Cell::new(0) };
    Ok(Ref::new(made, &class).into())
}

/// An iterator over the structures of a buffer.
pub struct UnpackIterator {
    layout: Rc<Layout>,
    buffer: RefCell<Option<BytesLike>>,
    at: Cell<usize>,
}

pvm_vm::payload!(UnpackIterator, "unpack_iterator");

/// Yields the values of one structure after the other.
#[pvm_vm_macros::pymethods(
    name = "unpack_iterator",
    module = "_struct",
    flags = pvm_vm::object::class::flag::NO_INSTANTIATION
)]
impl UnpackIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(_vm: &mut Vm, this: &Ref<UnpackIterator>) -> PyResult<Option<Value>> {
        let at = this.at.get();
        let size = this.layout.size;
        let found = match &*this.buffer.borrow() {
            Some(buffer) if at + size <= buffer.len() => {
                Some(buffer.with(|bytes| unpack(&this.layout, &bytes[at..at + size])))
            }
            _ => None,
        };
        match found {
            Some(values) => {
                this.at.set(at + size);
                Ok(Some(values))
            }
            None => {
                let old = this.buffer.take();
                drop(old);
                Ok(None)
            }
        }
    }

    /// How many structures are left.
    #[method(name = "__length_hint__", sig = "")]
    fn length_hint(&self) -> usize {
        let len = self.buffer.borrow().as_ref().map_or(0, BytesLike::len);
        len.saturating_sub(self.at.get()) / self.layout.size.max(1)
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_struct",
    doc = "Functions to convert between Python values and C structs."
)]
pub mod struct_module {
    use super::*;
    use pvm_vm::types::module::Module;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let class = pvm_vm::types::init::class_of::<Struct>(vm)?;
        module.set("Struct", class.as_value().clone());
        let error = state(vm).error.clone();
        module.set("error", error);
        Ok(())
    }

    /// The number of bytes of a format.
    #[pyfunction(sig = "(format, /)")]
    fn calcsize(vm: &mut Vm, format: &Value) -> PyResult<usize> {
        Ok(layout_of(vm, format)?.size)
    }

    /// Packs values into bytes.
    #[pyfunction(name = "pack", sig = "")]
    fn pack_function(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let [format, values @ ..] = args.pos() else {
            return Err(vm.type_error("pack expected at least 1 argument, got 0"));
        };
        let layout = layout_of(vm, format)?;
        pack(vm, &layout, "pack", values).map(|bytes| Bytes::new(bytes).into())
    }

    /// Packs values into a buffer at an offset.
    #[pyfunction(name = "pack_into", sig = "")]
    fn pack_into_function(vm: &mut Vm, args: Args<'_>) -> PyResult<()> {
        let [format, values @ ..] = args.pos() else {
            return Err(vm.type_error("pack_into expected at least 1 argument, got 0"));
        };
        let layout = layout_of(vm, format)?;
        pack_into(vm, &layout, values)
    }

    /// The values that bytes hold.
    #[pyfunction(name = "unpack", sig = "(format, buffer, /)")]
    fn unpack_function(vm: &mut Vm, format: &Value, buffer: BytesLike) -> PyResult {
        let layout = layout_of(vm, format)?;
        unpack_whole(vm, &layout, &buffer)
    }

    /// The values that a buffer holds from an offset on.
    #[pyfunction(name = "unpack_from", sig = "(format, /, buffer, offset=0)")]
    fn unpack_from_function(vm: &mut Vm, format: &Value, buffer: BytesLike, offset: i64) -> PyResult {
        let layout = layout_of(vm, format)?;
        unpack_from(vm, &layout, &buffer, offset)
    }

    /// An iterator over the structures that a buffer holds.
    #[pyfunction(sig = "(format, buffer, /)")]
    fn iter_unpack(vm: &mut Vm, format: &Value, buffer: BytesLike) -> PyResult {
        let layout = layout_of(vm, format)?;
        iterate(vm, layout, buffer)
    }

    /// Forgets the compiled formats.
    #[pyfunction(sig = "()")]
    fn _clearcache(vm: &mut Vm) {
        state(vm).cache.borrow_mut().clear();
    }
}
