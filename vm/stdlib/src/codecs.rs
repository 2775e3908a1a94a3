//! `_codecs`: the registry of codecs, and the codecs that are not written in Python.

use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::codecs::charmap::EncodingMap;
use pvm_vm::vm::{PyResult, Vm};

/// A decoding table turned around (`codecs.charmap_build`).
pub struct EncodingMapObject(pub EncodingMap);

pvm_vm::payload!(EncodingMapObject, "EncodingMap");

/// A table for encoding.
#[pvm_vm_macros::pymethods(name = "EncodingMap", flags = pvm_vm::object::class::flag::NO_INSTANTIATION)]
impl EncodingMapObject {
    /// Memory in use, in bytes.
    #[method(sig = "()")]
    fn size(&self) -> usize {
        size_of::<EncodingMap>() + 256 * 8
    }
}

fn encoding_map_class(vm: &mut Vm) -> PyResult<Ref<Class>> {
    pvm_vm::types::init::class_of::<EncodingMapObject>(vm)
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_codecs")]
pub mod codecs_module {
    use super::*;
    use pvm_vm::text::codecs::{ByteOrder, Decoded, charmap, escape, single, utf7, utf8, utf16};
    use pvm_vm::text::{MAX_CODE_POINT, StrBuf, StrRef};
    use pvm_vm::types::buffer::BytesLike;
    use pvm_vm::types::bytes::Bytes;
    use pvm_vm::types::dict::Dict;
    use pvm_vm::types::module::Module;
    use pvm_vm::types::str::Str;
    use pvm_vm::types::str_codecs::{self, Handler, call_codec, registry};
    use pvm_vm::types::tuple::Tuple;
    use pvm_vm_macros::pyfunction;
    use rustc_hash::FxHashMap;

    static CODECS: &[pvm_vm::native::FunctionDef] = &[
        UTF_8_ENCODE_DEF,
        UTF_7_ENCODE_DEF,
        ASCII_ENCODE_DEF,
        LATIN_1_ENCODE_DEF,
        UTF_16_LE_ENCODE_DEF,
        UTF_16_BE_ENCODE_DEF,
        UTF_32_LE_ENCODE_DEF,
        UTF_32_BE_ENCODE_DEF,
        UNICODE_ESCAPE_ENCODE_DEF,
        RAW_UNICODE_ESCAPE_ENCODE_DEF,
        UTF_8_DECODE_DEF,
        UTF_7_DECODE_DEF,
        UTF_16_DECODE_DEF,
        UTF_16_LE_DECODE_DEF,
        UTF_16_BE_DECODE_DEF,
        UTF_32_DECODE_DEF,
        UTF_32_LE_DECODE_DEF,
        UTF_32_BE_DECODE_DEF,
    ];

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.add_functions(CODECS);
        Ok(())
    }

    fn pair(value: impl Into<Value>, length: usize) -> Value {
        Tuple::new([value.into(), length.into()]).into()
    }

    fn strict(errors: Option<String>) -> String {
        errors.unwrap_or_else(|| "strict".to_owned())
    }

    // --- the registry ---

    /// Registers a function that finds codecs by name.
    #[pyfunction(sig = "(search_function, /)")]
    fn register(vm: &mut Vm, search_function: &Value) -> PyResult<()> {
        if !vm.is_callable(search_function) {
            return Err(vm.type_error("argument must be callable"));
        }
        registry(vm).search.borrow_mut().push(search_function.clone());
        Ok(())
    }

    /// Removes a function that finds codecs, and forgets all codecs found so far.
    #[pyfunction(sig = "(search_function, /)")]
    fn unregister(vm: &mut Vm, search_function: &Value) {
        let registry = registry(vm);
        let at = registry.search.borrow().iter().position(|f| f.is(search_function));
        if let Some(at) = at {
            let old = registry.search.borrow_mut().remove(at);
            let codecs = std::mem::take(&mut *registry.codecs.borrow_mut());
            drop((old, codecs));
        }
    }

    /// The codec of an encoding: encoder, decoder, stream reader, stream writer.
    #[pyfunction(sig = "(encoding, /)")]
    fn lookup(vm: &mut Vm, encoding: String) -> PyResult {
        str_codecs::lookup(vm, &encoding)
    }

    /// Encodes an object with a registered codec.
    #[pyfunction(sig = "(obj, encoding='utf-8', errors='strict')")]
    fn encode(vm: &mut Vm, obj: &Value, encoding: Option<String>, errors: Option<String>) -> PyResult {
        code(vm, 0, obj, encoding, errors)
    }

    /// Decodes an object with a registered codec.
    #[pyfunction(sig = "(obj, encoding='utf-8', errors='strict')")]
    fn decode(vm: &mut Vm, obj: &Value, encoding: Option<String>, errors: Option<String>) -> PyResult {
        code(vm, 1, obj, encoding, errors)
    }

    fn code(
        vm: &mut Vm,
        index: usize,
        obj: &Value,
        encoding: Option<String>,
        errors: Option<String>,
    ) -> PyResult {
        let encoding = encoding.unwrap_or_else(|| "utf-8".to_owned());
        let codec = str_codecs::lookup(vm, &encoding)?;
        match codec.downcast_ref::<Tuple>() {
            Some(codec) => call_codec(vm, codec, index, obj, errors.as_deref(), &encoding),
            None => Err(vm.type_error("codec search functions must return 4-tuples")),
        }
    }

    /// Registers an error handler under a name.
    #[pyfunction(sig = "(errors, handler, /)")]
    fn register_error(vm: &mut Vm, errors: String, handler: &Value) -> PyResult<()> {
        if !vm.is_callable(handler) {
            return Err(vm.type_error("handler must be callable"));
        }
        let old = registry(vm).handlers.borrow_mut().insert(errors, handler.clone());
        drop(old);
        Ok(())
    }

    /// The error handler of a name.
    #[pyfunction(sig = "(name, /)")]
    fn lookup_error(vm: &mut Vm, name: String) -> PyResult {
        str_codecs::lookup_error(vm, &name)
    }

    // --- encoders ---

    macro_rules! encoders {
        ($($name:ident |$text:ident, $handler:ident| $encode:expr;)*) => {$(
            /// Encodes a string: the bytes, and the number of characters.
            #[pyfunction(module = "_codecs", sig = "(str, errors=None, /)")]
            fn $name(vm: &mut Vm, str_: &Ref<Str>, errors: Option<String>) -> PyResult {
                let errors = strict(errors);
                let bytes = {
                    let $text = str_.as_ref();
                    #[allow(unused_mut)]
                    let mut $handler = Handler::for_text(vm, str_, &errors);
                    let _ = &$handler;
                    $encode
                };
                Ok(pair(Bytes::new(bytes), str_.len()))
            }
        )*};
    }

    encoders! {
        utf_8_encode |text, handler| utf8::encode(text, &mut handler)?;
        utf_7_encode |text, handler| utf7::encode(text);
        ascii_encode |text, handler| single::encode_ascii(text, &mut handler)?;
        latin_1_encode |text, handler| single::encode_latin1(text, &mut handler)?;
        utf_16_le_encode |text, handler| utf16::encode_utf16(text, ByteOrder::Little, &mut handler)?;
        utf_16_be_encode |text, handler| utf16::encode_utf16(text, ByteOrder::Big, &mut handler)?;
        utf_32_le_encode |text, handler| utf16::encode_utf32(text, ByteOrder::Little, &mut handler)?;
        utf_32_be_encode |text, handler| utf16::encode_utf32(text, ByteOrder::Big, &mut handler)?;
        unicode_escape_encode |text, handler| escape::encode_unicode_escape(text);
        raw_unicode_escape_encode |text, handler| escape::encode_raw_unicode_escape(text);
    }

    fn order(byteorder: i32) -> ByteOrder {
        match byteorder {
            0 => ByteOrder::Marked,
            ..0 => ByteOrder::Little,
            _ => ByteOrder::Big,
        }
    }

    /// Encodes a string as UTF-16: the bytes, and the number of characters.
    #[pyfunction(sig = "(str, errors=None, byteorder=0, /)")]
    fn utf_16_encode(vm: &mut Vm, str_: &Ref<Str>, errors: Option<String>, byteorder: i32) -> PyResult {
        let errors = strict(errors);
        let mut handler = Handler::for_text(vm, str_, &errors);
        let bytes = utf16::encode_utf16(str_.as_ref(), order(byteorder), &mut handler)?;
        Ok(pair(Bytes::new(bytes), str_.len()))
    }

    /// Encodes a string as UTF-32: the bytes, and the number of characters.
    #[pyfunction(sig = "(str, errors=None, byteorder=0, /)")]
    fn utf_32_encode(vm: &mut Vm, str_: &Ref<Str>, errors: Option<String>, byteorder: i32) -> PyResult {
        let errors = strict(errors);
        let mut handler = Handler::for_text(vm, str_, &errors);
        let bytes = utf16::encode_utf32(str_.as_ref(), order(byteorder), &mut handler)?;
        Ok(pair(Bytes::new(bytes), str_.len()))
    }

    /// Copies the bytes of a buffer, or the UTF-8 of a string.
    #[pyfunction(sig = "(data, errors=None, /)")]
    fn readbuffer_encode(vm: &mut Vm, data: &Value, _errors: Option<String>) -> PyResult {
        let bytes = text_or_bytes(vm, data)?;
        let len = bytes.len();
        Ok(pair(Bytes::new(bytes), len))
    }

    /// Encodes bytes with the escapes of a literal: the bytes, and how many there were.
    #[pyfunction(sig = "(data, errors=None, /)")]
    fn escape_encode(data: &Ref<Bytes>, _errors: Option<String>) -> Value {
        pair(Bytes::new(escape::encode_bytes_escape(data.as_slice())), data.as_slice().len())
    }

    // --- decoders ---

    macro_rules! decoders {
        ($($name:ident |$bytes:ident, $final_:ident, $handler:ident| $decode:expr;)*) => {$(
            /// Decodes bytes: the string, and how many bytes it stands for.
            #[pyfunction(module = "_codecs", sig = "(data, errors=None, final=False, /)")]
            fn $name(vm: &mut Vm, data: &Value, errors: Option<String>, $final_: bool) -> PyResult {
                let errors = strict(errors);
                let like = vm.bytes_like(data)?;
                let $bytes = &*like.bytes();
                let mut $handler = Handler::for_bytes(vm, Some(data), &errors);
                let decoded: Decoded = $decode;
                Ok(pair(decoded.text, decoded.consumed))
            }
        )*};
    }

    decoders! {
        utf_8_decode |bytes, is_final, handler| utf8::decode(bytes, is_final, &mut handler)?;
        utf_7_decode |bytes, is_final, handler| utf7::decode(bytes, is_final, &mut handler)?;
        utf_16_decode |bytes, is_final, handler| utf16::decode_utf16(bytes, ByteOrder::Marked, is_final, &mut handler)?.0;
        utf_16_le_decode |bytes, is_final, handler| utf16::decode_utf16(bytes, ByteOrder::Little, is_final, &mut handler)?.0;
        utf_16_be_decode |bytes, is_final, handler| utf16::decode_utf16(bytes, ByteOrder::Big, is_final, &mut handler)?.0;
        utf_32_decode |bytes, is_final, handler| utf16::decode_utf32(bytes, ByteOrder::Marked, is_final, &mut handler)?.0;
        utf_32_le_decode |bytes, is_final, handler| utf16::decode_utf32(bytes, ByteOrder::Little, is_final, &mut handler)?.0;
        utf_32_be_decode |bytes, is_final, handler| utf16::decode_utf32(bytes, ByteOrder::Big, is_final, &mut handler)?.0;
    }

    fn order_number(order: ByteOrder) -> i64 {
        match order {
            ByteOrder::Marked => 0,
            ByteOrder::Little => -1,
            ByteOrder::Big => 1,
        }
    }

    /// Decodes UTF-16: the string, how many bytes it stands for, and the byte order.
    #[pyfunction(sig = "(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_16_ex_decode(
        vm: &mut Vm,
        data: &Value,
        errors: Option<String>,
        byteorder: i32,
        is_final: bool,
    ) -> PyResult {
        let errors = strict(errors);
        let like = vm.bytes_like(data)?;
        let mut handler = Handler::for_bytes(vm, Some(data), &errors);
        let (decoded, found) = utf16::decode_utf16(&like.bytes(), order(byteorder), is_final, &mut handler)?;
        let found = order_number(found);
        Ok(Tuple::new([decoded.text.into(), decoded.consumed.into(), found.into()]).into())
    }

    /// Decodes UTF-32: the string, how many bytes it stands for, and the byte order.
    #[pyfunction(sig = "(data, errors=None, byteorder=0, final=False, /)")]
    fn utf_32_ex_decode(
        vm: &mut Vm,
        data: &Value,
        errors: Option<String>,
        byteorder: i32,
        is_final: bool,
    ) -> PyResult {
        let errors = strict(errors);
        let like = vm.bytes_like(data)?;
        let mut handler = Handler::for_bytes(vm, Some(data), &errors);
        let (decoded, found) = utf16::decode_utf32(&like.bytes(), order(byteorder), is_final, &mut handler)?;
        let found = order_number(found);
        Ok(Tuple::new([decoded.text.into(), decoded.consumed.into(), found.into()]).into())
    }

    /// Decodes ASCII: the string, and how many bytes it stands for.
    #[pyfunction(sig = "(data, errors=None, /)")]
    fn ascii_decode(vm: &mut Vm, data: &Value, errors: Option<String>) -> PyResult {
        let errors = strict(errors);
        let like = vm.bytes_like(data)?;
        let mut handler = Handler::for_bytes(vm, Some(data), &errors);
        let text = single::decode_ascii(&like.bytes(), &mut handler)?;
        Ok(pair(text, like.len()))
    }

    /// Decodes Latin-1: the string, and how many bytes it stands for.
    #[pyfunction(sig = "(data, errors=None, /)")]
    fn latin_1_decode(data: BytesLike, _errors: Option<String>) -> Value {
        pair(data.with(single::decode_latin1), data.len())
    }

    fn text_or_bytes(vm: &mut Vm, data: &Value) -> PyResult<Vec<u8>> {
        match data.downcast_ref::<Str>() {
            Some(text) => match text.as_ref().to_utf8() {
                Ok(text) => Ok(text.into_owned().into_bytes()),
                Err(position) => Err(vm.surrogate_error(text, position)),
            },
            None => vm.bytes_like(data).map(|bytes| bytes.to_vec()),
        }
    }

    fn warn_escape(vm: &mut Vm, bytes: &[u8], at: usize) -> PyResult<()> {
        let byte = bytes.get(at).copied().unwrap_or(b'?');
        let message = if byte.is_ascii_digit() {
            let digits: String = bytes[at..].iter().take(3).map(|b| char::from(*b)).collect();
            format!("invalid octal escape sequence '\\{digits}'")
        } else {
            format!("invalid escape sequence '\\{}'", char::from(byte))
        };
        let category = vm.types().exceptions.deprecation_warning.clone();
        crate::warn(vm, &category, &message)
    }

    /// Decodes bytes with the escapes of a bytes literal: the bytes, and how many they stand for.
    #[pyfunction(sig = "(data, errors=None, /)")]
    fn escape_decode(vm: &mut Vm, data: &Value, errors: Option<String>) -> PyResult {
        let bytes = text_or_bytes(vm, data)?;
        let mode = match errors.as_deref() {
            None | Some("strict") => escape::BytesErrors::Strict,
            Some("replace") => escape::BytesErrors::Replace,
            Some("ignore") => escape::BytesErrors::Ignore,
            Some(other) => {
                return Err(vm.value_error(format!("decoding error; unknown error handling code: {other}")));
            }
        };
        let (decoded, invalid) = escape::decode_bytes_escape(&bytes, mode)?;
        if let Some(at) = invalid {
            warn_escape(vm, &bytes, at)?;
        }
        Ok(pair(Bytes::new(decoded), bytes.len()))
    }

    /// Decodes bytes with the escapes of a string literal: the string, and how many bytes it stands for.
    #[pyfunction(sig = "(data, errors=None, final=True, /)")]
    fn unicode_escape_decode(vm: &mut Vm, data: &Value, errors: Option<String>, is_final: bool) -> PyResult {
        let errors = strict(errors);
        let bytes = text_or_bytes(vm, data)?;
        let mut handler = Handler::for_bytes(vm, Some(data), &errors);
        let unescaped = escape::decode_unicode_escape(&bytes, is_final, &mut handler)?;
        if let Some(at) = unescaped.first_invalid {
            warn_escape(vm, &bytes, at)?;
        }
        Ok(pair(unescaped.decoded.text, unescaped.decoded.consumed))
    }

    /// Decodes bytes with the `\u` escapes of a string: the string, and how many bytes it stands for.
    #[pyfunction(sig = "(data, errors=None, final=True, /)")]
    fn raw_unicode_escape_decode(
        vm: &mut Vm,
        data: &Value,
        errors: Option<String>,
        is_final: bool,
    ) -> PyResult {
        let errors = strict(errors);
        let bytes = text_or_bytes(vm, data)?;
        let mut handler = Handler::for_bytes(vm, Some(data), &errors);
        let decoded = escape::decode_raw_unicode_escape(&bytes, is_final, &mut handler)?;
        Ok(pair(decoded.text, decoded.consumed))
    }

    // --- character maps ---

    /// Turns a decoding table around.
    #[pyfunction(sig = "(map, /)")]
    fn charmap_build(vm: &mut Vm, map: &Ref<Str>) -> PyResult {
        let made = EncodingMapObject(EncodingMap::new(map.as_ref()));
        let class = encoding_map_class(vm)?;
        Ok(Ref::new(made, &class).into())
    }

    fn mapped_text(vm: &mut Vm, mapping: &Value, byte: u8) -> PyResult<Option<StrBuf>> {
        let found = match vm.get_item(mapping, &Value::int(i64::from(byte))) {
            Ok(found) => found,
            Err(raised) if raised.is(&vm.types().exceptions.lookup_error) => return Ok(None),
            Err(raised) => return Err(raised),
        };
        if found.is_none() {
            return Ok(None);
        }
        if let Some(int) = found.as_int() {
            return match int.to_i64().and_then(|i| u32::try_from(i).ok()) {
                Some(0xFFFE) => Ok(None),
                Some(code) if code <= MAX_CODE_POINT => Ok(Some(StrBuf::from_code_point(code))),
                _ => Err(
                    vm.type_error(format!("character mapping must be in range(0x{:x})", MAX_CODE_POINT + 1))
                ),
            };
        }
        match found.downcast_ref::<Str>() {
            Some(text) if text.as_ref().equals(StrRef::Ucs2(&[0xFFFE])) => Ok(None),
            Some(text) => Ok(Some(text.as_ref().to_buf())),
            None => Err(vm.type_error("character mapping must return integer, None or str")),
        }
    }

    /// Decodes bytes with a table of characters: the string, and how many bytes it stands for.
    #[pyfunction(sig = "(data, errors=None, mapping=None, /)")]
    fn charmap_decode(
        vm: &mut Vm,
        data: &Value,
        errors: Option<String>,
        mapping: Option<&Value>,
    ) -> PyResult {
        let errors = strict(errors);
        let like = vm.bytes_like(data)?;
        let bytes = like.bytes();
        let Some(mapping) = mapping else { return Ok(pair(single::decode_latin1(&bytes), bytes.len())) };
        if let Some(table) = mapping.downcast_ref::<Str>() {
            let mut handler = Handler::for_bytes(vm, Some(data), &errors);
            let text = charmap::decode_table(&bytes, table.as_ref(), &mut handler)?;
            return Ok(pair(text, bytes.len()));
        }
        // Looked up before, since the error handler has the vm while the codec runs.
        let mut known: FxHashMap<u8, Option<StrBuf>> = FxHashMap::default();
        for byte in bytes.iter() {
            if !known.contains_key(byte) {
                known.insert(*byte, mapped_text(vm, mapping, *byte)?);
            }
        }
        let mut handler = Handler::for_bytes(vm, Some(data), &errors);
        let lookup = |byte| Ok(known.get(&byte).cloned().flatten());
        let text = charmap::decode_with(&bytes, lookup, &mut handler)?;
        Ok(pair(text, bytes.len()))
    }

    fn mapped_bytes(vm: &mut Vm, mapping: &Value, code: u32) -> PyResult<Option<Vec<u8>>> {
        let found = match mapping.downcast_ref::<Dict>() {
            Some(dict) if mapping.class().is(&vm.types().dict) => {
                dict.get(vm, &Value::int(i64::from(code)))?.unwrap_or(Value::NONE)
            }
            _ => match vm.get_item(mapping, &Value::int(i64::from(code))) {
                Ok(found) => found,
                Err(raised) if raised.is(&vm.types().exceptions.lookup_error) => return Ok(None),
                Err(raised) => return Err(raised),
            },
        };
        if found.is_none() {
            return Ok(None);
        }
        if let Some(int) = found.as_int() {
            return match int.to_i64().and_then(|i| u8::try_from(i).ok()) {
                Some(byte) => Ok(Some(vec![byte])),
                None => Err(vm.type_error("character mapping must be in range(256)")),
            };
        }
        match found.downcast_ref::<Bytes>() {
            Some(bytes) => Ok(Some(bytes.as_slice().to_vec())),
            None => {
                let class = found.class().name();
                Err(vm
                    .type_error(format!("character mapping must return integer, bytes or None, not {class}")))
            }
        }
    }

    /// Encodes a string with a map: the bytes, and the number of characters.
    #[pyfunction(sig = "(str, errors=None, mapping=None, /)")]
    fn charmap_encode(
        vm: &mut Vm,
        str_: &Ref<Str>,
        errors: Option<String>,
        mapping: Option<&Value>,
    ) -> PyResult {
        let errors = strict(errors);
        let text = str_.as_ref();
        let bytes = match mapping {
            None => single::encode_latin1(text, &mut Handler::for_text(vm, str_, &errors))?,
            Some(mapping) => match mapping.downcast_ref::<EncodingMapObject>() {
                Some(map) => {
                    let lookup = |code| Ok(map.0.get(code).map(|byte| vec![byte]));
                    charmap::encode_with(text, lookup, &mut Handler::for_text(vm, str_, &errors))?
                }
                None => {
                    let mut known: FxHashMap<u32, Option<Vec<u8>>> = FxHashMap::default();
                    // What replaces characters is ASCII, as a rule.
                    let extra = if errors == "strict" { 0..0 } else { 0..128 };
                    for code in text.code_points().chain(extra) {
                        if let std::collections::hash_map::Entry::Vacant(e) = known.entry(code) {
                            e.insert(mapped_bytes(vm, mapping, code)?);
                        }
                    }
                    let lookup = |code| Ok(known.get(&code).cloned().flatten());
                    charmap::encode_with(text, lookup, &mut Handler::for_text(vm, str_, &errors))?
                }
            },
        };
        Ok(pair(Bytes::new(bytes), str_.len()))
    }
}
