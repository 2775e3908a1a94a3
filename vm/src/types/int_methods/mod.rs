//! Methods of `int`: arithmetic here, conversions in [`convert`].

pub(crate) mod convert;

use crate::native::{Args, Optional};
use crate::number::big::MAX_BITS;
use crate::number::integer::{ByteOrder, true_divide};
use crate::number::{Int as IntView, Integer, float};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::text::format::number::IntPresentation;
use crate::text::format::{FormatSpec, Locale};
use crate::types::int::Int;
use crate::types::number_support::exact_int;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// Whether a value is an `int`, `bool` and other subclasses included.
pub(crate) fn is_int(value: &Value) -> bool {
    value.as_int().is_some()
}

/// The number of a receiver, which has been checked to be one.
#[inline(always)]
fn view(value: &Value) -> IntView<'_> {
    value.as_int().unwrap_or(IntView::Small(0))
}

/// Both operands, or `return NotImplemented`.
macro_rules! operands {
    ($a:ident, $b:ident) => {
        match ($a.as_int(), $b.as_int()) {
            (Some(x), Some(y)) => (x, y),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

#[pymethods(
    name = "int",
    doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments\nare given.  If x is a number, return x.__int__().  For floating point\nnumbers, this truncates towards zero.\n\nIf x is not a number or if base is given, then x must be a string,\nbytes, or bytearray instance representing an integer literal in the\ngiven base.  The literal can be preceded by '+' or '-' and be surrounded\nby whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\nBase 0 means to interpret the base from the string as an integer literal.\n>>> int('0b100', base=0)\n4",
    flags = flag::BASE_TYPE | flag::MATCH_SELF,
    accepts = is_int
)]
impl Int {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        convert::new(vm, cls, args)
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        let limit = vm.interp.int_max_str_digits.get();
        let text = vm.number(view(this).to_decimal(limit))?;
        Ok(text.into())
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Value) -> PyResult<i64> {
        Ok(view(this).hash())
    }

    #[slot(richcompare)]
    fn compare(_vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (x, y) = operands!(a, b);
        Ok(Value::bool(op.holds(x.cmp(&y))))
    }

    #[slot(add)]
    fn add(_vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        if let Some(sum) = a.add_small_ints(b) {
            return Ok(sum);
        }
        let (x, y) = operands!(a, b);
        Ok(Int::from_integer(x + y))
    }

    #[slot(subtract)]
    fn subtract(_vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        if let Some(difference) = a.sub_small_ints(b) {
            return Ok(difference);
        }
        let (x, y) = operands!(a, b);
        Ok(Int::from_integer(x - y))
    }

    #[slot(multiply)]
    fn multiply(_vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        Ok(Int::from_integer(x * y))
    }

    #[slot(floor_divide)]
    fn floor_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        if let Some((x, y)) = a.both_small_ints(b)
            && y > 0
        {
            return Ok(Value::int(x.div_euclid(y)));
        }
        let (x, y) = operands!(a, b);
        vm.number(x.floor_div(y)).map(Int::from_integer)
    }

    #[slot(remainder)]
    fn remainder(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        if let Some((x, y)) = a.both_small_ints(b)
            && y > 0
        {
            return Ok(Value::int(x.rem_euclid(y)));
        }
        let (x, y) = operands!(a, b);
        vm.number(x.modulo(y)).map(Int::from_integer)
    }

    #[slot(divmod)]
    fn divmod(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        let (quotient, remainder) = vm.number(x.divmod(y))?;
        Ok(Tuple::new([quotient.into(), remainder.into()]).into())
    }

    #[slot(true_divide)]
    fn true_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        vm.number(true_divide(x, y)).map(Value::float)
    }

    #[slot(power)]
    fn power(vm: &mut Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        if !modulus.is_none() {
            let Some(m) = modulus.as_int() else { return Ok(Value::NOT_IMPLEMENTED) };
            return vm.number(x.pow_mod(y, m)).map(Int::from_integer);
        }
        if y.is_negative() {
            let base = vm.number(x.to_f64())?;
            let exponent = vm.number(y.to_f64())?;
            return match vm.number(float::pow(base, exponent))? {
                float::Power::Real(f) => Ok(Value::float(f)),
                float::Power::Complex(z) => Ok(crate::types::complex::Complex::new(z.re, z.im).into()),
            };
        }
        if let Some(exponent) = y.to_u64().filter(|e| is_long_power(x, *e)) {
            return long_power(vm, x, exponent).map(Int::from_integer);
        }
        vm.number(x.pow(y)).map(Int::from_integer)
    }

    #[slot(lshift)]
    fn lshift(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        vm.number(x.shift_left(y)).map(Int::from_integer)
    }

    #[slot(rshift)]
    fn rshift(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        vm.number(x.shift_right(y)).map(Int::from_integer)
    }

    #[slot(and)]
    pub(crate) fn and_slot(_vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        Ok(Int::from_integer(x & y))
    }

    #[slot(or)]
    pub(crate) fn or_slot(_vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        Ok(Int::from_integer(x | y))
    }

    #[slot(xor)]
    pub(crate) fn xor_slot(_vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        Ok(Int::from_integer(x ^ y))
    }

    #[slot(negative)]
    fn negative(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Int::from_integer(-view(this)))
    }

    #[slot(positive)]
    fn positive(vm: &mut Vm, this: &Value) -> PyResult {
        Ok(exact_int(vm, this))
    }

    #[slot(absolute)]
    fn absolute(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Int::from_integer(view(this).abs()))
    }

    #[slot(invert)]
    fn invert(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Int::from_integer(!view(this)))
    }

    #[slot(bool)]
    fn bool(_vm: &mut Vm, this: &Value) -> PyResult<bool> {
        Ok(!view(this).is_zero())
    }

    #[slot(int)]
    fn int(vm: &mut Vm, this: &Value) -> PyResult {
        Ok(exact_int(vm, this))
    }

    #[slot(index)]
    fn index(vm: &mut Vm, this: &Value) -> PyResult {
        Ok(exact_int(vm, this))
    }

    #[slot(float)]
    fn float(vm: &mut Vm, this: &Value) -> PyResult {
        vm.number(view(this).to_f64()).map(Value::float)
    }

    /// Returns self, the complex conjugate of any int.
    #[method]
    fn conjugate(vm: &mut Vm, this: &Value) -> Value {
        exact_int(vm, this)
    }

    /// Truncating an Integral returns itself.
    #[method]
    fn __trunc__(vm: &mut Vm, this: &Value) -> Value {
        exact_int(vm, this)
    }

    /// Flooring an Integral returns itself.
    #[method]
    fn __floor__(vm: &mut Vm, this: &Value) -> Value {
        exact_int(vm, this)
    }

    /// Ceiling of an Integral returns itself.
    #[method]
    fn __ceil__(vm: &mut Vm, this: &Value) -> Value {
        exact_int(vm, this)
    }

    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[method(sig = "(ndigits=<unrepresentable>, /)")]
    fn __round__(vm: &mut Vm, this: &Value, ndigits: Optional<Value>) -> PyResult {
        let Some(ndigits) = ndigits.present() else { return Ok(exact_int(vm, this)) };
        let ndigits = vm.index(&ndigits)?;
        convert::round(vm, this, &ndigits)
    }

    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> bin(37)
    /// '0b100101'
    /// >>> (37).bit_length()
    /// 6
    #[method]
    fn bit_length(this: &Value) -> u64 {
        view(this).bit_length()
    }

    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// Also known as the population count.
    ///
    /// >>> bin(13)
    /// '0b1101'
    /// >>> (13).bit_count()
    /// 3
    #[method]
    fn bit_count(this: &Value) -> u64 {
        view(this).bit_count()
    }

    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    ///
    /// >>> (10).as_integer_ratio()
    /// (10, 1)
    /// >>> (-10).as_integer_ratio()
    /// (-10, 1)
    /// >>> (0).as_integer_ratio()
    /// (0, 1)
    #[method]
    fn as_integer_ratio(vm: &mut Vm, this: &Value) -> Value {
        let numerator = exact_int(vm, this);
        Tuple::new([numerator, Value::int(1)]).into()
    }

    /// Returns True. Exists for duck type compatibility with float.is_integer.
    #[method]
    fn is_integer(_this: &Value) -> bool {
        true
    }

    /// Return an array of bytes representing an integer.
    ///
    ///   length
    ///     Length of bytes object to use.  An OverflowError is raised if the
    ///     integer is not representable with the given number of bytes.  Default
    ///     is length 1.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     `sys.byteorder' as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Determines whether two's complement is used to represent the integer.
    ///     If signed is False and a negative integer is given, an OverflowError
    ///     is raised.
    #[method(sig = "(length=1, byteorder='big', *, signed=False)")]
    fn to_bytes(
        vm: &mut Vm,
        this: &Value,
        length: i64,
        byteorder: Optional<&Ref<Str>>,
        signed: bool,
    ) -> PyResult {
        let order = byte_order(vm, byteorder)?;
        let Ok(length) = usize::try_from(length) else {
            return Err(vm.value_error("length argument must be non-negative"));
        };
        if length > isize::MAX as usize / 2 {
            return Err(vm.memory_error());
        }
        let bytes = vm.number(view(this).to_bytes(length, order, signed))?;
        Ok(bytes.into())
    }

    /// Return the integer represented by the given array of bytes.
    ///
    ///   bytes
    ///     Holds the array of bytes to convert.  The argument must either
    ///     support the buffer protocol or be an iterable object producing bytes.
    ///     Bytes and bytearray are examples of built-in objects that support the
    ///     buffer protocol.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     `sys.byteorder' as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Indicates whether two's complement is used to represent the integer.
    #[classmethod(sig = "(bytes, byteorder='big', *, signed=False)")]
    fn from_bytes(
        vm: &mut Vm,
        cls: &Ref<Class>,
        bytes: &Value,
        byteorder: Optional<&Ref<Str>>,
        signed: bool,
    ) -> PyResult {
        let order = byte_order(vm, byteorder)?;
        let bytes = convert::to_byte_vec(vm, bytes)?;
        let value = Int::from_integer(Integer::from_bytes(&bytes, order, signed));
        if cls.is(&vm.types().int) {
            return Ok(value);
        }
        vm.call(cls.as_value(), &[value])
    }

    #[method(sig = "()")]
    fn __getnewargs__(vm: &mut Vm, this: &Value) -> Value {
        let value = exact_int(vm, this);
        Tuple::new([value]).into()
    }

    /// Convert to a string according to format_spec.
    #[method(sig = "(format_spec, /)")]
    fn __format__(vm: &mut Vm, this: &Value, format_spec: &Ref<Str>) -> PyResult {
        format(vm, this, format_spec)
    }

    /// Returns size in memory, in bytes.
    #[method]
    fn __sizeof__(this: &Value) -> u64 {
        24 + 4 * view(this).bit_length().div_ceil(30).max(1)
    }

    /// the real part of a complex number
    #[getter]
    fn real(vm: &mut Vm, this: &Value) -> Value {
        exact_int(vm, this)
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(_this: &Value) -> Value {
        Value::int(0)
    }

    /// the numerator of a rational number in lowest terms
    #[getter]
    fn numerator(vm: &mut Vm, this: &Value) -> Value {
        exact_int(vm, this)
    }

    /// the denominator of a rational number in lowest terms
    #[getter]
    fn denominator(_this: &Value) -> Value {
        Value::int(1)
    }
}

fn byte_order(vm: &mut Vm, order: Optional<&Ref<Str>>) -> PyResult<ByteOrder> {
    match order.present() {
        None => Ok(ByteOrder::Big),
        Some(text) if text.as_ref().equals_str("big") => Ok(ByteOrder::Big),
        Some(text) if text.as_ref().equals_str("little") => Ok(ByteOrder::Little),
        Some(_) => Err(vm.value_error("byteorder must be either 'little' or 'big'")),
    }
}

/// Whether a power is so long that it is computed in steps, with a look at signals after each.
fn is_long_power(base: IntView<'_>, exponent: u64) -> bool {
    let least_bits = base.bit_length().saturating_sub(1).saturating_mul(exponent);
    (1 << 22..MAX_BITS).contains(&least_bits)
}

/// `base ** exponent` by squaring, from the exponent's highest bit down.
fn long_power(vm: &mut Vm, base: IntView<'_>, exponent: u64) -> PyResult<Integer> {
    let mut power = base.to_owned();
    for bit in (0..u64::BITS - 1 - exponent.leading_zeros()).rev() {
        vm.check_signals()?;
        power = power.as_int() * power.as_int();
        if exponent >> bit & 1 != 0 {
            power = power.as_int() * base;
        }
    }
    Ok(power)
}

/// `int.__format__`
fn format(vm: &mut Vm, this: &Value, spec: &Ref<Str>) -> PyResult {
    if spec.is_empty() {
        return vm.str(this).map(Into::into);
    }
    let type_name = this.class().name();
    let parsed = vm.formatted(FormatSpec::parse_for_int(spec.as_ref(), &type_name))?;
    vm.check_memory(parsed.width.unwrap_or(0))?;
    let presentation = vm.formatted(parsed.int_presentation(&type_name))?;
    let number = view(this);
    let locale = Locale::default();
    let text = match presentation {
        IntPresentation::Character => parsed.apply_to_character(number.to_i64()),
        IntPresentation::Float => {
            let f = vm.number(number.to_f64())?;
            parsed.apply_to_float(f, &type_name, &locale)
        }
        IntPresentation::Digits(base) => {
            vm.formatted(parsed.check_for_int())?;
            let magnitude = number.abs();
            let digits = if base == 10 {
                let limit = vm.interp.int_max_str_digits.get();
                vm.number(magnitude.as_int().to_decimal(limit))?
            } else {
                magnitude.as_int().to_radix(base)
            };
            parsed.apply_to_digits(number.is_negative(), digits.as_bytes(), &locale)
        }
    };
    vm.formatted(text).map(Into::into)
}
