//! `binascii`: bytes as text, and checksums.

mod base64;
mod quoted;

use pvm_vm::object::Value;
use pvm_vm::types::buffer::BytesLike;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Raised, Vm};
use std::cell::RefCell;
use std::rc::Rc;

/// The module's exceptions.
struct Errors {
    error: Value,
    incomplete: Value,
}

fn errors(vm: &mut Vm) -> Rc<Errors> {
    let slot = vm.interp.extension(RefCell::<Option<Rc<Errors>>>::default);
    if let Some(found) = slot.borrow().clone() {
        return found;
    }
    let exceptions = &vm.types().exceptions;
    let (value_error, exception) = (exceptions.value_error.clone(), exceptions.exception.clone());
    let error = crate::new_exception(vm, "binascii", "Error", &value_error);
    let incomplete = crate::new_exception(vm, "binascii", "Incomplete", &exception);
    let made = Rc::new(Errors { error, incomplete });
    *slot.borrow_mut() = Some(made.clone());
    made
}

#[cold]
fn error(vm: &mut Vm, message: impl AsRef<str>) -> Raised {
    let class = errors(vm).error.clone();
    crate::raise(vm, &class, message.as_ref())
}

/// ASCII text or bytes.
fn ascii(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    if let Some(text) = value.downcast_ref::<Str>() {
        return match text.as_ref().as_ascii() {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err(vm.value_error("string argument should contain only ASCII characters")),
        };
    }
    if !vm.is_bytes_like(value) {
        let class = value.class().name();
        return Err(vm.type_error(format!("argument should be bytes, buffer or ASCII string, not '{class}'")));
    }
    vm.bytes_of(value)
}

/// CRC-32 as of zip files.
pub fn crc32(bytes: &[u8], start: u32) -> u32 {
    const TABLES: [[u32; 256]; 8] = tables();
    let mut crc = !start;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        let low = crc ^ u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        let high = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        let byte = |word: u32, i: u32| (word >> (8 * i) & 0xFF) as usize;
        crc = TABLES[7][byte(low, 0)]
            ^ TABLES[6][byte(low, 1)]
            ^ TABLES[5][byte(low, 2)]
            ^ TABLES[4][byte(low, 3)]
            ^ TABLES[3][byte(high, 0)]
            ^ TABLES[2][byte(high, 1)]
            ^ TABLES[1][byte(high, 2)]
            ^ TABLES[0][byte(high, 3)];
    }
    for byte in rest {
        crc = TABLES[0][((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ crc >> 8;
    }
    !crc
}

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0u32; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 { 0xEDB8_8320 ^ crc >> 1 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][i] = crc;
        i += 1;
    }
    let mut i = 0;
    while i < 256 {
        let mut t = 1;
        while t < 8 {
            let before = tables[t - 1][i];
            tables[t][i] = tables[0][(before & 0xFF) as usize] ^ before >> 8;
            t += 1;
        }
        i += 1;
    }
    tables
}

/// CRC-CCITT as of BinHex 4.
fn crc_hqx(bytes: &[u8], start: u16) -> u16 {
    bytes.iter().fold(start, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc, _| {
                if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 }
            },
        )
    })
}

fn unhexlify(vm: &mut Vm, hexstr: &Value) -> PyResult<Vec<u8>> {
    let digits = ascii(vm, hexstr)?;
    if digits.len() % 2 != 0 {
        return Err(error(vm, "Odd-length string"));
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let pairs: Option<Vec<u8>> =
        digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect();
    pairs.ok_or_else(|| error(vm, "Non-hexadecimal digit found"))
}

/// The module.
#[pvm_vm_macros::pymodule(name = "binascii", doc = "Conversion between binary data and ASCII")]
pub mod binascii_module {
    use super::*;
    use pvm_vm::object::Ref;
    use pvm_vm::types::module::Module;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let errors = errors(vm);
        module.set("Error", errors.error.clone());
        module.set("Incomplete", errors.incomplete.clone());
        Ok(())
    }

    /// The CRC-32 of bytes.
    #[pyfunction(name = "crc32", sig = "(data, crc=0, /)")]
    fn crc32_function(vm: &mut Vm, data: BytesLike, #[default(Value::int(0))] crc: Value) -> PyResult<u32> {
        let start = low_bits(vm, &crc)? as u32;
        Ok(data.with(|bytes| crc32(bytes, start)))
    }

    /// The CRC-CCITT of bytes.
    #[pyfunction(name = "crc_hqx", sig = "(data, crc, /)")]
    fn crc_hqx_function(vm: &mut Vm, data: BytesLike, crc: &Value) -> PyResult<u16> {
        let start = low_bits(vm, crc)? as u16;
        Ok(data.with(|bytes| crc_hqx(bytes, start)))
    }

    fn low_bits(vm: &mut Vm, value: &Value) -> PyResult<u64> {
        let index = vm.index(value)?;
        Ok(match index.as_int() {
            Some(int) => match int.to_i64() {
                Some(i) => i as u64,
                None => int.to_u64().unwrap_or(0),
            },
            None => 0,
        })
    }

    /// Bytes as hexadecimal digits.
    #[pyfunction(sig = "(data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hexlify(
        vm: &mut Vm,
        data: BytesLike,
        sep: pvm_vm::native::Optional<&Value>,
        bytes_per_sep: i32,
    ) -> PyResult {
        hex(vm, data, sep.present(), bytes_per_sep)
    }

    /// Bytes as hexadecimal digits.
    #[pyfunction(sig = "(data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn b2a_hex(
        vm: &mut Vm,
        data: BytesLike,
        sep: pvm_vm::native::Optional<&Value>,
        bytes_per_sep: i32,
    ) -> PyResult {
        hex(vm, data, sep.present(), bytes_per_sep)
    }

    fn hex(vm: &mut Vm, data: BytesLike, sep: Option<&Value>, bytes_per_sep: i32) -> PyResult {
        let shown = pvm_vm::types::bytes_methods::hex(vm, &data.bytes(), sep, i64::from(bytes_per_sep))?;
        let text = shown.downcast_ref::<Str>().and_then(|text| text.as_ref().as_ascii().map(<[u8]>::to_vec));
        Ok(text.unwrap_or_default().into())
    }

    /// The bytes that hexadecimal digits stand for.
    #[pyfunction(name = "unhexlify", sig = "(hexstr, /)")]
    fn unhexlify_function(vm: &mut Vm, hexstr: &Value) -> PyResult<Vec<u8>> {
        unhexlify(vm, hexstr)
    }

    /// The bytes that hexadecimal digits stand for.
    #[pyfunction(sig = "(hexstr, /)")]
    fn a2b_hex(vm: &mut Vm, hexstr: &Value) -> PyResult<Vec<u8>> {
        unhexlify(vm, hexstr)
    }

    /// Bytes in base 64.
    #[pyfunction(sig = "(data, /, *, newline=True)")]
    fn b2a_base64(data: BytesLike, newline: bool) -> Vec<u8> {
        data.with(|bytes| base64::encode(bytes, newline))
    }

    /// The bytes that base 64 stands for.
    #[pyfunction(sig = "(data, /, *, strict_mode=False)")]
    fn a2b_base64(vm: &mut Vm, data: &Value, strict_mode: bool) -> PyResult<Vec<u8>> {
        let data = ascii(vm, data)?;
        base64::decode(&data, strict_mode).map_err(|message| error(vm, message))
    }

    /// A line of bytes in uuencoding.
    #[pyfunction(sig = "(data, /, *, backtick=False)")]
    fn b2a_uu(vm: &mut Vm, data: BytesLike, backtick: bool) -> PyResult<Vec<u8>> {
        let bytes = data.bytes();
        if bytes.len() > 45 {
            return Err(error(vm, "At most 45 bytes at once"));
        }
        Ok(base64::encode_uu(&bytes, backtick))
    }

    /// The bytes of a line in uuencoding.
    #[pyfunction(sig = "(data, /)")]
    fn a2b_uu(vm: &mut Vm, data: &Value) -> PyResult<Vec<u8>> {
        let data = ascii(vm, data)?;
        base64::decode_uu(&data).map_err(|message| error(vm, message))
    }

    /// The bytes that quoted-printable text stands for.
    #[pyfunction(sig = "(data, header=False)")]
    fn a2b_qp(vm: &mut Vm, data: &Value, header: bool) -> PyResult<Vec<u8>> {
        let data = ascii(vm, data)?;
        Ok(quoted::decode(&data, header))
    }

    /// Bytes as quoted-printable text.
    #[pyfunction(sig = "(data, quotetabs=False, istext=True, header=False)")]
    fn b2a_qp(data: BytesLike, quotetabs: bool, istext: bool, header: bool) -> Vec<u8> {
        data.with(|bytes| quoted::encode(bytes, quotetabs, istext, header))
    }
}
