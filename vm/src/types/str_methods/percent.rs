//! The `%` operator of `str`, `bytes` and `bytearray`.

use crate::object::{Ref, Value};
use crate::text::format::percent::{Conversion, Flavor, Piece, Request, Template};
use crate::text::{MAX_CODE_POINT, StrBuf, StrBuilder, StrRef};
use crate::types::bytes::Bytes;
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// The operand on the right: the values that conversions take, in order, or a mapping.
struct Arguments<'a> {
    operand: &'a Value,
    tuple: Option<&'a [Value]>,
    next: usize,
    /// The value of the `(key)` that was read last.
    keyed: Option<Value>,
    /// A `(key)` was used, so that nothing need be left over.
    used_keys: bool,
    flavor: Flavor,
}

impl<'a> Arguments<'a> {
    fn new(operand: &'a Value, flavor: Flavor) -> Arguments<'a> {
        let tuple = operand.downcast_ref::<Tuple>().map(|tuple| tuple.as_slice());
        Arguments { operand, tuple, next: 0, keyed: None, used_keys: false, flavor }
    }

    fn is_mapping(&self) -> bool {
        self.tuple.is_none()
            && self.operand.class().slots.getitem.get().is_some()
            && !(self.flavor == Flavor::Text && self.operand.holds::<Str>())
            && !(self.flavor == Flavor::Bytes
                && (self.operand.holds::<Bytes>()
                    || self.operand.holds::<crate::types::bytearray::ByteArray>()))
    }

    fn take(&mut self, vm: &mut Vm) -> PyResult {
        if let Some(value) = self.keyed.take() {
            return Ok(value);
        }
        let value = match self.tuple {
            Some(values) => values.get(self.next),
            None if self.next == 0 && !self.used_keys => Some(self.operand),
            None => None,
        };
        self.next += 1;
        match value {
            Some(value) => Ok(value.clone()),
            None => Err(vm.type_error("not enough arguments for format string")),
        }
    }

    fn check_all_used(&self, vm: &mut Vm) -> PyResult<()> {
        let left = match self.tuple {
            Some(values) => self.next < values.len(),
            None => self.next == 0 && !self.used_keys && !self.is_mapping(),
        };
        if !left {
            return Ok(());
        }
        Err(vm.type_error(match self.flavor {
            Flavor::Text => "not all arguments converted during string formatting",
            Flavor::Bytes => "not all arguments converted during bytes formatting",
        }))
    }

    /// Answers what the template's parser asks.
    fn answer(&mut self, vm: &mut Vm, text: StrRef<'_>, request: Request) -> PyResult<isize> {
        match request {
            Request::Mapping => {
                if !self.is_mapping() {
                    return Err(vm.type_error("format requires a mapping"));
                }
                Ok(0)
            }
            Request::Key(range) => {
                let key: Value = match self.flavor {
                    Flavor::Text => Str::from_part(text.view(range)).into(),
                    Flavor::Bytes => {
                        Bytes::new(text.view(range).code_points().map(|c| c as u8).collect::<Vec<u8>>())
                            .into()
                    }
                };
                let value = match self.operand.downcast_ref::<Dict>() {
                    Some(dict) if self.operand.class().is(&vm.types().dict) => match dict.get(vm, &key)? {
                        Some(value) => value,
                        None => return Err(vm.key_error(key)),
                    },
                    _ => vm.get_item(self.operand, &key)?,
                };
                self.used_keys = true;
                self.keyed = Some(value);
                Ok(0)
            }
            Request::Width | Request::Precision => {
                let is_width = request == Request::Width;
                let value = self.take(vm)?;
                let Some(int) = value.as_int() else { return Err(vm.type_error("* wants int")) };
                let wide = int.to_i64();
                let limit = if is_width { i64::MAX } else { i64::from(i32::MAX) };
                match wide.filter(|i| (-limit..=limit).contains(i)) {
                    Some(i) => Ok(i as isize),
                    None if is_width => {
                        Err(vm.overflow_error("Python int too large to convert to C ssize_t"))
                    }
                    None => Err(vm.overflow_error("Python int too large to convert to C int")),
                }
            }
        }
    }
}

/// An integer conversion: the sign and the digits of the magnitude.
fn integer(vm: &mut Vm, conversion: &Conversion, base: u32, value: &Value) -> PyResult<StrBuf> {
    let letter = conversion.letter().unwrap_or('d');
    let converted;
    let int = match value.as_int() {
        Some(int) => int,
        None => {
            converted = if base == 10 {
                as_integer(vm, letter, value)?
            } else if value.class().slots.index.get().is_some() {
                vm.index(value)?
            } else {
                let class = value.class().name();
                return Err(vm.type_error(format!("%{letter} format: an integer is required, not {class}")));
            };
            match converted.as_int() {
                Some(int) => int,
                None => return Err(vm.type_error("an integer is required")),
            }
        }
    };
    let digits = match (int.to_i64(), base) {
        (Some(i), 10) => i.to_string(),
        (Some(i), 16) if i >= 0 => format!("{i:x}"),
        (None, 10) => {
            let exact: Value = int.to_owned().into();
            shown_integer(vm, &exact)?
        }
        _ => int.to_radix(base),
    };
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, &*digits),
    };
    Ok(conversion.apply_to_digits(negative, digits)?)
}

fn shown_integer(vm: &mut Vm, value: &Value) -> PyResult<String> {
    Ok(vm.repr(value)?.to_string())
}

/// `int(value)` of a real number.
fn as_integer(vm: &mut Vm, letter: char, value: &Value) -> PyResult {
    let slots = &value.class().slots;
    if slots.index.get().is_some() {
        return vm.index(value);
    }
    if let Some(int) = slots.int.get() {
        let result = int(vm, value)?;
        if result.as_int().is_some() {
            return Ok(result);
        }
        let class = result.class().name();
        return Err(vm.type_error(format!("__int__ returned non-int (type {class})")));
    }
    let class = value.class().name();
    Err(vm.type_error(format!("%{letter} format: a real number is required, not {class}")))
}

/// `%c` of a string template.
fn character(vm: &mut Vm, value: &Value) -> PyResult<Ref<Str>> {
    if let Some(text) = value.downcast_ref::<Str>() {
        if text.len() == 1 {
            return Ok(text.clone());
        }
    } else if value.as_int().is_some() || value.class().slots.index.get().is_some() {
        let index = vm.index(value)?;
        let code = index.as_int().and_then(|i| i.to_i64()).and_then(|i| u32::try_from(i).ok());
        return match code.filter(|code| *code <= MAX_CODE_POINT) {
            Some(code) => Ok(Str::from_code_point(code)),
            None => Err(vm.overflow_error("%c arg not in range(0x110000)")),
        };
    }
    Err(vm.type_error("%c requires int or char"))
}

/// `template % operand` of text.
pub(crate) fn str_percent(vm: &mut Vm, template: &Ref<Str>, operand: &Value) -> PyResult {
    let text = template.as_ref();
    let mut arguments = Arguments::new(operand, Flavor::Text);
    let mut parser = Template::new(text, Flavor::Text);
    let mut out = StrBuilder::with_capacity(text.kind(), text.len() + 32);
    while let Some(piece) = parser.next_piece(|request| arguments.answer(vm, text, request))? {
        let conversion = match piece {
            Piece::Literal(range) => {
                out.push_str(text.view(range));
                continue;
            }
            Piece::Conversion(conversion) => conversion,
        };
        if conversion.width > super::MAX_LEN || conversion.precision.is_some_and(|p| p > super::MAX_LEN) {
            return Err(vm.memory_error());
        }
        vm.check_memory(conversion.width.max(conversion.precision.unwrap_or(0)))?;
        let letter = conversion.letter();
        if letter == Some('%') {
            out.push(u32::from(b'%'));
            continue;
        }
        let value = arguments.take(vm)?;
        match letter {
            Some('s' | 'r' | 'a') => {
                let shown = match letter {
                    Some('s') => vm.str(&value)?,
                    Some('r') => vm.repr(&value)?,
                    _ => vm.ascii(&value)?,
                };
                if conversion.width <= shown.len() && conversion.precision.is_none() {
                    out.push_str(shown.as_ref());
                } else {
                    out.push_str(conversion.apply_to_str(shown.as_ref()).as_ref());
                }
            }
            Some('c') => {
                let character = character(vm, &value)?;
                out.push_str(conversion.apply_to_character(character.as_ref()).as_ref());
            }
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                let number = vm.to_f64(&value)?;
                out.push_str(conversion.apply_to_float(number).as_ref());
            }
            _ => match conversion.base() {
                Some(base) => {
                    let digits = integer(vm, &conversion, base, &value)?;
                    out.push_str(digits.as_ref());
                }
                None => return Err(parser.unsupported(&conversion).into()),
            },
        }
    }
    arguments.check_all_used(vm)?;
    Ok(out.finish().into())
}

/// What `%b` and `%s` make of a value in a bytes template.
fn bytes_of(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return Ok(bytes.as_slice().to_vec());
    }
    if value.class().slots.buffer.get().is_some() {
        return vm.bytes_of(value);
    }
    let name = vm.intern("__bytes__");
    if let Some(method) = vm.lookup_special(value, &name)? {
        let result = vm.call(&method, &[])?;
        return match result.downcast_ref::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => {
                let class = result.class().name();
                Err(vm.type_error(format!("__bytes__ returned non-bytes (type {class})")))
            }
        };
    }
    let class = value.class().name();
    Err(vm.type_error(format!(
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{class}'"
    )))
}

/// `%c` of a bytes template.
fn byte(vm: &mut Vm, value: &Value) -> PyResult<u8> {
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        if let [byte] = bytes.as_slice() {
            return Ok(*byte);
        }
    } else if let Some(array) = value.downcast_ref::<crate::types::bytearray::ByteArray>() {
        if let Some(byte) = array.with(|bytes| if let [byte] = bytes { Some(*byte) } else { None }) {
            return Ok(byte);
        }
    } else if value.as_int().is_some() || value.class().slots.index.get().is_some() {
        let index = vm.index(value)?;
        return match index.as_int().and_then(|i| i.to_i64()).and_then(|i| u8::try_from(i).ok()) {
            Some(byte) => Ok(byte),
            None => Err(vm.overflow_error("%c arg not in range(256)")),
        };
    }
    Err(vm.type_error("%c requires an integer in range(256) or a single byte"))
}

/// `template % operand` of bytes.
pub(crate) fn bytes_percent(vm: &mut Vm, template: &[u8], operand: &Value) -> PyResult<Vec<u8>> {
    let text = StrRef::Latin1(template);
    let mut arguments = Arguments::new(operand, Flavor::Bytes);
    let mut parser = Template::new(text, Flavor::Bytes);
    let mut out: Vec<u8> = Vec::with_capacity(template.len() + 32);
    while let Some(piece) = parser.next_piece(|request| arguments.answer(vm, text, request))? {
        let conversion = match piece {
            Piece::Literal(range) => {
                out.extend_from_slice(&template[range]);
                continue;
            }
            Piece::Conversion(conversion) => conversion,
        };
        if conversion.width > super::MAX_LEN || conversion.precision.is_some_and(|p| p > super::MAX_LEN) {
            return Err(vm.memory_error());
        }
        vm.check_memory(conversion.width.max(conversion.precision.unwrap_or(0)))?;
        let letter = conversion.letter();
        if letter == Some('%') {
            out.push(b'%');
            continue;
        }
        let value = arguments.take(vm)?;
        let laid_out = match letter {
            Some('s' | 'b') => {
                let bytes = bytes_of(vm, &value)?;
                conversion.apply_to_str(StrRef::Latin1(&bytes))
            }
            Some('r' | 'a') => {
                let shown = vm.ascii(&value)?;
                conversion.apply_to_str(shown.as_ref())
            }
            Some('c') => {
                let byte = byte(vm, &value)?;
                conversion.apply_to_character(StrRef::Latin1(&[byte]))
            }
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                let Ok(number) = vm.to_f64(&value) else {
                    let class = value.class().name();
                    return Err(vm.type_error(format!("float argument required, not {class}")));
                };
                conversion.apply_to_float(number)
            }
            _ => match conversion.base() {
                Some(base) => integer(vm, &conversion, base, &value)?,
                None => return Err(parser.unsupported(&conversion).into()),
            },
        };
        match laid_out {
            StrBuf::Ascii(bytes) | StrBuf::Latin1(bytes) => out.extend(bytes),
            other => out.extend(other.as_ref().code_points().map(|code| code as u8)),
        }
    }
    arguments.check_all_used(vm)?;
    Ok(out)
}
