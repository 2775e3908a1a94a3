//! Text to bytes and back at the level of objects: `str.encode`, `bytes.decode`, the registry of codecs and
//! error handlers. The codecs themselves are in [`crate::text::codecs`].

mod handler;
mod registry;

pub use handler::{Handler, exception_parts, handle_builtin, make_decode_error, make_encode_error};
pub use registry::{Registry, call_codec, lookup, lookup_error, registry};

use crate::object::{Ref, Value};
use crate::text::StrBuf;
use crate::text::codecs::{ByteOrder, single, utf8, utf16};
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

/// The encodings that need no look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fast {
    /// UTF-8
    Utf8,
    /// UTF-16 with a byte order mark
    Utf16,
    /// UTF-32 with a byte order mark
    Utf32,
    /// Latin-1
    Latin1,
    /// ASCII
    Ascii,
}

/// An encoding's name in the form that the registry compares: lower case, one underscore for anything else.
pub fn normalize(encoding: &str) -> String {
    let mut out = String::with_capacity(encoding.len());
    let mut punctuation = false;
    for c in encoding.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if punctuation && !out.is_empty() {
                out.push('_');
            }
            punctuation = false;
            out.push(c.to_ascii_lowercase());
        } else {
            punctuation = true;
        }
    }
    out
}

/// The encoding, if it is one that needs no look-up.
pub fn fast_encoding(encoding: &str) -> Option<Fast> {
    match encoding {
        "utf-8" | "utf8" | "UTF-8" => return Some(Fast::Utf8),
        "ascii" => return Some(Fast::Ascii),
        "latin-1" | "latin1" => return Some(Fast::Latin1),
        _ => {}
    }
    Some(match normalize(encoding).as_str() {
        "utf_8" | "utf8" => Fast::Utf8,
        "utf_16" | "utf16" => Fast::Utf16,
        "utf_32" | "utf32" => Fast::Utf32,
        "ascii" | "us_ascii" => Fast::Ascii,
        "latin1" | "latin_1" | "iso_8859_1" | "iso8859_1" => Fast::Latin1,
        _ => return None,
    })
}

/// A codec's or error handler's name as Rust text.
fn name_of(vm: &mut Vm, name: Option<&Ref<Str>>, default: &str) -> PyResult<String> {
    let Some(name) = name else { return Ok(default.to_owned()) };
    let text = match name.as_ref().to_utf8() {
        Ok(text) => text.into_owned(),
        Err(position) => return Err(vm.surrogate_error(name, position)),
    };
    if text.contains('\0') {
        return Err(vm.value_error("embedded null character"));
    }
    Ok(text)
}

/// `text.encode(encoding, errors)`: bytes.
pub fn encode(
    vm: &mut Vm,
    text: &Ref<Str>,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult {
    if encoding.is_none()
        && errors.is_none()
        && let Some(ascii) = text.as_ref().as_ascii()
    {
        return Ok(Bytes::new(ascii).into());
    }
    let encoding = name_of(vm, encoding, "utf-8")?;
    let errors = name_of(vm, errors, "strict")?;
    encode_as(vm, text, &encoding, &errors)
}

/// [`encode`] with names known here.
pub fn encode_as(vm: &mut Vm, text: &Ref<Str>, encoding: &str, errors: &str) -> PyResult {
    if let Some(fast) = fast_encoding(encoding) {
        return encode_fast(vm, text, fast, errors).map(|bytes| Bytes::new(bytes).into());
    }
    registry::encode_text(vm, text, encoding, errors)
}

/// Encodes with a codec of this crate.
pub fn encode_fast(vm: &mut Vm, text: &Ref<Str>, encoding: Fast, errors: &str) -> PyResult<Vec<u8>> {
    let mut handler = Handler::for_text(vm, text, errors);
    let units = text.as_ref();
    match encoding {
        Fast::Utf8 => utf8::encode(units, &mut handler),
        Fast::Utf16 => utf16::encode_utf16(units, ByteOrder::Marked, &mut handler),
        Fast::Utf32 => utf16::encode_utf32(units, ByteOrder::Marked, &mut handler),
        Fast::Latin1 => single::encode_latin1(units, &mut handler),
        Fast::Ascii => single::encode_ascii(units, &mut handler),
    }
}

/// `str(object, encoding, errors)` with at least one of the names.
pub fn decode_object(
    vm: &mut Vm,
    object: &Value,
    encoding: Option<&Value>,
    errors: Option<&Value>,
) -> PyResult<Ref<Str>> {
    if object.holds::<Str>() {
        return Err(vm.type_error("decoding str is not supported"));
    }
    let encoding = encoding.and_then(|v| v.downcast_ref::<Str>());
    let errors = errors.and_then(|v| v.downcast_ref::<Str>());
    if !object.holds::<Bytes>() && object.class().slots.buffer.get().is_none() {
        let class = object.class().name();
        return Err(vm.type_error(format!("decoding to str: need a bytes-like object, {class} found")));
    }
    decode(vm, object, encoding, errors)
}

/// `bytes.decode(encoding, errors)` for any bytes-like object.
pub fn decode(
    vm: &mut Vm,
    object: &Value,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Str>> {
    let encoding = name_of(vm, encoding, "utf-8")?;
    let errors = name_of(vm, errors, "strict")?;
    decode_as(vm, object, &encoding, &errors)
}

/// [`decode`] with names known here.
pub fn decode_as(vm: &mut Vm, object: &Value, encoding: &str, errors: &str) -> PyResult<Ref<Str>> {
    let Some(fast) = fast_encoding(encoding) else {
        return registry::decode_text(vm, object, encoding, errors);
    };
    if let Some(bytes) = object.downcast_ref::<Bytes>() {
        return decode_fast(vm, bytes.as_slice(), Some(object), fast, errors);
    }
    let bytes = vm.bytes_of(object)?;
    decode_fast(vm, &bytes, None, fast, errors)
}

/// Decodes with a codec of this crate. `object` is the bytes object that holds the bytes, if one does.
pub fn decode_fast(
    vm: &mut Vm,
    bytes: &[u8],
    object: Option<&Value>,
    encoding: Fast,
    errors: &str,
) -> PyResult<Ref<Str>> {
    match encoding {
        Fast::Utf8 | Fast::Ascii if bytes.is_ascii() => {
            return Ok(Str::from_ref(crate::text::StrRef::Ascii(bytes)));
        }
        Fast::Latin1 => return Ok(Str::from_buf(single::decode_latin1(bytes))),
        _ => {}
    }
    let mut handler = Handler::for_bytes(vm, object, errors);
    let text: StrBuf = match encoding {
        Fast::Utf8 => utf8::decode(bytes, true, &mut handler)?.text,
        Fast::Utf16 => utf16::decode_utf16(bytes, ByteOrder::Marked, true, &mut handler)?.0.text,
        Fast::Utf32 => utf16::decode_utf32(bytes, ByteOrder::Marked, true, &mut handler)?.0.text,
        Fast::Ascii => single::decode_ascii(bytes, &mut handler)?,
        Fast::Latin1 => single::decode_latin1(bytes),
    };
    Ok(Str::from_buf(text))
}

/// Bytes that a Python encoder returned.
fn bytes_result(vm: &mut Vm, value: Value, encoding: &str) -> PyResult {
    if value.holds::<Bytes>() {
        return Ok(value);
    }
    if let Some(array) = value.downcast_ref::<ByteArray>() {
        return Ok(Bytes::new(array.with(<[u8]>::to_vec)).into());
    }
    let class = value.class().name();
    Err(vm.type_error(format!(
        "'{encoding}' encoder returned '{class}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types"
    )))
}
