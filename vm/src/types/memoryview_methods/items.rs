//! Items of a memory in the native formats of one character.

use crate::object::Value;
use crate::types::bytes::Bytes;
use crate::types::int::Int;
use crate::vm::{PyResult, Vm};

/// The character of a native format of one item, and its size; `None` for other formats.
pub fn native_format(format: &str) -> Option<(u8, usize)> {
    let format = format.strip_prefix('@').unwrap_or(format);
    let [code] = format.as_bytes() else { return None };
    let size = match code {
        b'c' | b'b' | b'B' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
        _ => return None,
    };
    Some((*code, size))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// The value of an item in a native format.
pub fn unpack(code: u8, bytes: &[u8]) -> Value {
    match code {
        b'c' => Bytes::new(bytes).into(),
        b'b' => Value::int(i64::from(i8::from_ne_bytes(array(bytes)))),
        b'B' => Value::int(i64::from(array::<1>(bytes)[0])),
        b'?' => Value::bool(array::<1>(bytes)[0] != 0),
        b'h' => Value::int(i64::from(i16::from_ne_bytes(array(bytes)))),
        b'H' => Value::int(i64::from(u16::from_ne_bytes(array(bytes)))),
        b'i' => Value::int(i64::from(i32::from_ne_bytes(array(bytes)))),
        b'I' => Value::int(i64::from(u32::from_ne_bytes(array(bytes)))),
        b'l' | b'q' | b'n' => Value::int(i64::from_ne_bytes(array(bytes))),
        b'L' | b'Q' | b'N' | b'P' => Int::from_i128(i128::from(u64::from_ne_bytes(array(bytes)))),
        b'f' => Value::float(f64::from(f32::from_ne_bytes(array(bytes)))),
        b'd' => Value::float(f64::from_ne_bytes(array(bytes))),
        b'e' => Value::float(half_to_f64(u16::from_ne_bytes(array(bytes)))),
        _ => Value::NONE,
    }
}

/// The bytes of a value in a native format.
pub fn pack(vm: &mut Vm, code: u8, value: &Value) -> PyResult<Vec<u8>> {
    let format = char::from(code);
    macro_rules! integer {
        ($t:ty) => {{
            if value.as_int().is_none() && value.class().slots.index.get().is_none() {
                return Err(vm.type_error(format!("memoryview: invalid type for format '{format}'")));
            }
            let wide = vm.to_i128(value)?;
            match <$t>::try_from(wide) {
                Ok(i) => i.to_ne_bytes().to_vec(),
                Err(_) => {
                    return Err(vm.value_error(format!("memoryview: invalid value for format '{format}'")));
                }
            }
        }};
    }
    Ok(match code {
        b'c' => match value.downcast_ref::<Bytes>() {
            Some(bytes) if bytes.as_slice().len() == 1 => bytes.as_slice().to_vec(),
            Some(_) => return Err(vm.value_error("memoryview: invalid value for format 'c'")),
            None => return Err(vm.type_error("memoryview: invalid type for format 'c'")),
        },
        b'b' => integer!(i8),
        b'B' => integer!(u8),
        b'?' => vec![u8::from(vm.truth(value)?)],
        b'h' => integer!(i16),
        b'H' => integer!(u16),
        b'i' => integer!(i32),
        b'I' => integer!(u32),
        b'l' | b'q' | b'n' => integer!(i64),
        b'L' | b'Q' | b'N' | b'P' => integer!(u64),
        b'f' | b'd' | b'e' => {
            let float = match vm.to_f64(value) {
                Ok(float) => float,
                Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                    return Err(vm.type_error(format!("memoryview: invalid type for format '{format}'")));
                }
                Err(raised) => return Err(raised),
            };
            match code {
                b'd' => float.to_ne_bytes().to_vec(),
                b'f' => (float as f32).to_ne_bytes().to_vec(),
                _ => match f64_to_half(float) {
                    Some(half) => half.to_ne_bytes().to_vec(),
                    None => {
                        return Err(vm.overflow_error("float too large to pack with e format"));
                    }
                },
            }
        }
        _ => return Err(vm.not_implemented_error(format!("memoryview: format {format} not supported"))),
    })
}

/// A float of half precision.
pub fn half_to_f64(half: u16) -> f64 {
    let sign = if half & 0x8000 != 0 { -1.0 } else { 1.0 };
    let exponent = i32::from(half >> 10 & 0x1F);
    let fraction = f64::from(half & 0x3FF);
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::from_bits(
            u64::from(half & 0x8000) << 48 | 0x7FF0_0000_0000_0000 | u64::from(half & 0x3FF) << 42,
        ),
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// A float in half precision, rounded half to even; `None` where it is too large.
pub fn f64_to_half(float: f64) -> Option<u16> {
    let sign = if float.is_sign_negative() { 0x8000u16 } else { 0 };
    if float.is_nan() {
        let fraction = (float.to_bits() >> 42 & 0x3FF) as u16;
        return Some(sign | 0x7C00 | if fraction == 0 { 0x200 } else { fraction });
    }
    let magnitude = float.abs();
    if magnitude.is_infinite() {
        return Some(sign | 0x7C00);
    }
    if magnitude < 2f64.powi(-14) {
        // Subnormal: a multiple of 2**-24.
        let units = (magnitude * 2f64.powi(24)).round_ties_even() as u16;
        return Some(sign | units);
    }
    let exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
    let units = (magnitude / 2f64.powi(exponent) * 1024.0).round_ties_even() as u32;
    let (exponent, units) = if units == 2048 { (exponent + 1, 1024) } else { (exponent, units) };
    if exponent > 15 {
        return None;
    }
    Some(sign | ((exponent + 15) as u16) << 10 | (units - 1024) as u16)
}
