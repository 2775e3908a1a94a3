//! The items of arrays.

use pvm_vm::object::Value;
use pvm_vm::text::MAX_CODE_POINT;
use pvm_vm::types::int::Int;
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// All type codes.
pub const TYPECODES: &str = "bBuhHiIlLqQfd";

/// The type of an array's items, by its code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind(u8);

fn chunk<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

impl Kind {
    /// The type of a code.
    pub fn from_code(code: u32) -> Option<Kind> {
        let code = u8::try_from(code).ok()?;
        TYPECODES.as_bytes().contains(&code).then_some(Kind(code))
    }

    /// Its code.
    pub fn code(self) -> char {
        char::from(self.0)
    }

    /// The bytes of an item.
    pub fn size(self) -> usize {
        match self.0 {
            b'b' | b'B' => 1,
            b'h' | b'H' => 2,
            b'u' | b'i' | b'I' | b'f' => 4,
            _ => 8,
        }
    }

    /// The format of its buffers.
    pub fn format(self) -> &'static str {
        match self.0 {
            b'b' => "b",
            b'B' => "B",
            b'u' => "w",
            b'h' => "h",
            b'H' => "H",
            b'i' => "i",
            b'I' => "I",
            b'l' => "l",
            b'L' => "L",
            b'q' => "q",
            b'Q' => "Q",
            b'f' => "f",
            _ => "d",
        }
    }

    /// Its number among the machine formats of pickles.
    pub fn machine_format(self) -> i64 {
        match (self.0, self.size()) {
            (b'u', _) => 20,
            (b'f', _) => 14,
            (b'd', _) => 16,
            (b'B', _) => 0,
            (b'b', _) => 1,
            (b'H', _) => 2,
            (b'h', _) => 4,
            (b'I', _) => 6,
            (b'i', _) => 8,
            (b'L' | b'Q', _) => 10,
            _ => 12,
        }
    }

    /// The value of an item.
    pub fn unpack(self, bytes: &[u8]) -> Value {
        match self.0 {
            b'b' => Value::int(i64::from(i8::from_ne_bytes(chunk(bytes)))),
            b'B' => Value::int(i64::from(chunk::<1>(bytes)[0])),
            b'u' => Str::from_code_point(u32::from_ne_bytes(chunk(bytes))).into(),
            b'h' => Value::int(i64::from(i16::from_ne_bytes(chunk(bytes)))),
            b'H' => Value::int(i64::from(u16::from_ne_bytes(chunk(bytes)))),
            b'i' => Value::int(i64::from(i32::from_ne_bytes(chunk(bytes)))),
            b'I' => Value::int(i64::from(u32::from_ne_bytes(chunk(bytes)))),
            b'l' | b'q' => Value::int(i64::from_ne_bytes(chunk(bytes))),
            b'L' | b'Q' => Int::from_i128(i128::from(u64::from_ne_bytes(chunk(bytes)))),
            b'f' => Value::float(f64::from(f32::from_ne_bytes(chunk(bytes)))),
            _ => Value::float(f64::from_ne_bytes(chunk(bytes))),
        }
    }

    /// Appends the bytes of a value.
    pub fn pack(self, vm: &mut Vm, value: &Value, out: &mut Vec<u8>) -> PyResult<()> {
        match self.0 {
            b'f' | b'd' => {
                let float = match value.as_float() {
                    Some(float) => float,
                    None => vm.to_f64(value)?,
                };
                if self.0 == b'd' {
                    out.extend(float.to_ne_bytes());
                } else {
                    out.extend((float as f32).to_ne_bytes());
                }
                return Ok(());
            }
            b'u' => {
                let code = value.downcast_ref::<Str>().filter(|text| text.len() == 1);
                let Some(code) = code.and_then(|text| text.as_ref().get(0)) else {
                    return Err(vm.type_error("array item must be unicode character"));
                };
                out.extend(code.to_ne_bytes());
                return Ok(());
            }
            _ => {}
        }
        let mut negative = false;
        let wide = match value.as_small_int() {
            Some(i) => Some(i128::from(i)),
            None => {
                if value.as_float().is_some() {
                    return Err(vm.type_error("'float' object cannot be interpreted as an integer"));
                }
                let index = vm.index(value)?;
                negative = index.as_int().is_some_and(|i| i.is_negative());
                index.as_int().and_then(|i| match i.to_i64() {
                    Some(i) => Some(i128::from(i)),
                    None => i.to_u64().map(i128::from),
                })
            }
        };
        let (low, high): (i128, i128) = match self.0 {
            b'b' => (i8::MIN.into(), i8::MAX.into()),
            b'B' => (0, u8::MAX.into()),
            b'h' => (i16::MIN.into(), i16::MAX.into()),
            b'H' => (0, u16::MAX.into()),
            b'i' => (i32::MIN.into(), i32::MAX.into()),
            b'I' => (0, u32::MAX.into()),
            b'l' | b'q' => (i64::MIN.into(), i64::MAX.into()),
            _ => (0, u64::MAX.into()),
        };
        match wide {
            Some(i) if (low..=high).contains(&i) => {
                out.extend_from_slice(&i.to_le_bytes()[..self.size()]);
                if cfg!(target_endian = "big") {
                    let start = out.len() - self.size();
                    out[start..].reverse();
                }
                Ok(())
            }
            _ => Err(self.out_of_range(vm, wide, negative || wide.is_some_and(|i| i < low))),
        }
    }

    #[cold]
    fn out_of_range(self, vm: &mut Vm, wide: Option<i128>, below: bool) -> pvm_vm::Raised {
        let fits =
            |low: i64, high: i64| wide.is_some_and(|i| (i128::from(low)..=i128::from(high)).contains(&i));
        let is_long = fits(i64::MIN, i64::MAX);
        let side = |less: &'static str, greater: &'static str| if below { less } else { greater };
        let message = match self.0 {
            b'b' | b'B' | b'h' | b'H' | b'i' | b'l' if !is_long => {
                "Python int too large to convert to C long"
            }
            b'b' if fits(i16::MIN.into(), i16::MAX.into()) => {
                side("signed char is less than minimum", "signed char is greater than maximum")
            }
            b'b' | b'h' => side(
                "signed short integer is less than minimum",
                "signed short integer is greater than maximum",
            ),
            b'B' => side(
                "unsigned byte integer is less than minimum",
                "unsigned byte integer is greater than maximum",
            ),
            b'H' if fits(i32::MIN.into(), i32::MAX.into()) => {
                side("unsigned short is less than minimum", "unsigned short is greater than maximum")
            }
            b'H' | b'i' => {
                side("signed integer is less than minimum", "signed integer is greater than maximum")
            }
            b'I' | b'L' if below => "can't convert negative value to unsigned int",
            b'I' if wide.is_some() => "unsigned int is greater than maximum",
            b'I' | b'L' => "Python int too large to convert to C unsigned long",
            b'Q' if below => "can't convert negative int to unsigned",
            _ => "int too big to convert",
        };
        vm.overflow_error(message)
    }
}

/// Whether the items of an array of characters are all characters.
pub fn all_characters(bytes: &[u8]) -> bool {
    bytes.chunks_exact(4).all(|unit| u32::from_ne_bytes(chunk(unit)) <= MAX_CODE_POINT)
}
