//! Methods of `float`.

use crate::native::Args;
use crate::number::{Int as IntView, float};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::protocol::compare::compare_floats;
use crate::text::format::{FormatSpec, Locale};
use crate::types::bytes::Bytes;
use crate::types::complex::Complex;
use crate::types::float::Float;
use crate::types::number_support::{ascii_number, bytes_like, float_hash, float_operand};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

fn is_float(value: &Value) -> bool {
    value.as_float().is_some()
}

/// The number of a receiver, which has been checked to be one.
#[inline(always)]
fn number(value: &Value) -> f64 {
    value.as_float().unwrap_or(0.0)
}

/// Both operands as floats, or `return NotImplemented`.
macro_rules! operands {
    ($vm:ident, $a:ident, $b:ident) => {
        match $a.both_tagged_floats($b) {
            Some(both) => both,
            None => {
                let Some(x) = float_operand($vm, $a)? else { return Ok(Value::NOT_IMPLEMENTED) };
                let Some(y) = float_operand($vm, $b)? else { return Ok(Value::NOT_IMPLEMENTED) };
                (x, y)
            }
        }
    };
}

#[pymethods(
    name = "float",
    doc = "Convert a string or number to a floating point number, if possible.",
    flags = flag::BASE_TYPE | flag::MATCH_SELF,
    accepts = is_float
)]
impl Float {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords_for("float", cls, &vm.types().float, args)?;
        let f = match args.pos() {
            [] => 0.0,
            [value] => to_float(vm, value)?,
            many => {
                let given = many.len();
                return Err(vm.type_error(format!("float expected at most 1 argument, got {given}")));
            }
        };
        Ok(Float::with_class(f, cls))
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(float::repr(number(this)).into())
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Value) -> PyResult<i64> {
        Ok(float_hash(this, number(this)))
    }

    #[slot(richcompare)]
    fn compare(_vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let Some(x) = a.as_float() else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(y) = b.as_float() {
            return Ok(Value::bool(compare_floats(x, y, op)));
        }
        let Some(y) = b.as_int() else { return Ok(Value::NOT_IMPLEMENTED) };
        Ok(Value::bool(match y.compare_f64(x) {
            Some(ordering) => op.holds(ordering.reverse()),
            None => op == CompareOp::Ne,
        }))
    }

    #[slot(add)]
    fn add(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        Ok(Value::float(x + y))
    }

    #[slot(subtract)]
    fn subtract(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        Ok(Value::float(x - y))
    }

    #[slot(multiply)]
    fn multiply(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        Ok(Value::float(x * y))
    }

    #[slot(true_divide)]
    fn true_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        vm.number(float::divide(x, y)).map(Value::float)
    }

    #[slot(floor_divide)]
    fn floor_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        vm.number(float::floor_div(x, y)).map(Value::float)
    }

    #[slot(remainder)]
    fn remainder(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        vm.number(float::modulo(x, y)).map(Value::float)
    }

    #[slot(divmod)]
    fn divmod(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        let (quotient, remainder) = vm.number(float::divmod(x, y))?;
        Ok(Tuple::new([Value::float(quotient), Value::float(remainder)]).into())
    }

    #[slot(power)]
    fn power(vm: &mut Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        if !modulus.is_none() {
            return Err(vm.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
        }
        Ok(match vm.number(float::pow(x, y))? {
            float::Power::Real(f) => Value::float(f),
            float::Power::Complex(z) => Complex::new(z.re, z.im).into(),
        })
    }

    #[slot(negative)]
    fn negative(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Value::float(-number(this)))
    }

    #[slot(positive)]
    fn positive(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Value::float(number(this)))
    }

    #[slot(absolute)]
    fn absolute(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Value::float(number(this).abs()))
    }

    #[slot(bool)]
    fn bool(_vm: &mut Vm, this: &Value) -> PyResult<bool> {
        Ok(number(this) != 0.0)
    }

    #[slot(int)]
    fn int(vm: &mut Vm, this: &Value) -> PyResult {
        vm.number(crate::number::Integer::from_f64(number(this))).map(Into::into)
    }

    #[slot(float)]
    fn float(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(Value::float(number(this)))
    }

    /// Return self, the complex conjugate of any float.
    #[method]
    fn conjugate(this: &Value) -> Value {
        Value::float(number(this))
    }

    /// Return the Integral closest to x between 0 and x.
    #[method]
    fn __trunc__(vm: &mut Vm, this: &Value) -> PyResult {
        vm.number(crate::number::Integer::from_f64(number(this))).map(Into::into)
    }

    /// Return the floor as an Integral.
    #[method]
    fn __floor__(vm: &mut Vm, this: &Value) -> PyResult {
        vm.number(float::floor(number(this))).map(Into::into)
    }

    /// Return the ceiling as an Integral.
    #[method]
    fn __ceil__(vm: &mut Vm, this: &Value) -> PyResult {
        vm.number(float::ceil(number(this))).map(Into::into)
    }

    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[method(sig = "(ndigits=None, /)")]
    fn __round__(vm: &mut Vm, this: &Value, ndigits: Option<&Value>) -> PyResult {
        match ndigits {
            None => vm.number(float::round_to_integer(number(this))).map(Into::into),
            Some(digits) => {
                let digits = vm.to_index(digits)?;
                vm.number(float::round_to_digits(number(this), digits)).map(Value::float)
            }
        }
    }

    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator.  Raise
    /// OverflowError on infinities and a ValueError on NaNs.
    ///
    /// >>> (10.0).as_integer_ratio()
    /// (10, 1)
    /// >>> (0.0).as_integer_ratio()
    /// (0, 1)
    /// >>> (-.25).as_integer_ratio()
    /// (-1, 4)
    #[method]
    fn as_integer_ratio(vm: &mut Vm, this: &Value) -> PyResult {
        let (numerator, denominator) = vm.number(float::as_integer_ratio(number(this)))?;
        Ok(Tuple::new([numerator.into(), denominator.into()]).into())
    }

    /// Return True if the float is an integer.
    #[method]
    fn is_integer(this: &Value) -> bool {
        float::is_integer(number(this))
    }

    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.1).hex()
    /// '-0x1.999999999999ap-4'
    /// >>> 3.14159.hex()
    /// '0x1.921f9f01b866ep+1'
    #[method]
    fn hex(this: &Value) -> String {
        float::to_hex(number(this))
    }

    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.ffffp10')
    /// 2047.984375
    /// >>> float.fromhex('-0x1p-1074')
    /// -5e-324
    #[classmethod]
    fn fromhex(vm: &mut Vm, cls: &Ref<Class>, string: &Value) -> PyResult {
        let Some(text) = string.downcast_ref::<Str>() else {
            return Err(vm.type_error("bad argument type for built-in operation"));
        };
        let bytes = text.as_ref().to_wtf8();
        let value = Value::float(vm.number(float::from_hex(&bytes))?);
        if cls.is(&vm.types().float) { Ok(value) } else { vm.call(cls.as_value(), &[value]) }
    }

    /// You probably don't want to use this function.
    ///
    ///   typestr
    ///     Must be 'double' or 'float'.
    ///
    /// It exists mainly to be used in Python's test suite.
    ///
    /// This function returns whichever of 'unknown', 'IEEE, big-endian' or 'IEEE,
    /// little-endian' best describes the format of floating-point numbers used by the
    /// C type named by typestr.
    #[classmethod(sig = "(typestr, /)")]
    fn __getformat__(vm: &mut Vm, _cls: &Ref<Class>, typestr: &Ref<Str>) -> PyResult {
        let text = typestr.as_ref();
        if !text.equals_str("double") && !text.equals_str("float") {
            return Err(vm.value_error("__getformat__() argument 1 must be 'double' or 'float'"));
        }
        let little = cfg!(target_endian = "little");
        Ok(if little { "IEEE, little-endian" } else { "IEEE, big-endian" }.into())
    }

    #[method(sig = "()")]
    fn __getnewargs__(this: &Value) -> Value {
        Tuple::new([Value::float(number(this))]).into()
    }

    /// Formats the float according to format_spec.
    #[method(sig = "(format_spec, /)")]
    fn __format__(vm: &mut Vm, this: &Value, format_spec: &Ref<Str>) -> PyResult {
        if format_spec.is_empty() {
            return vm.str(this).map(Into::into);
        }
        let type_name = this.class().name();
        let spec = vm.formatted(FormatSpec::parse_for_float(format_spec.as_ref(), &type_name))?;
        vm.check_memory(spec.width.unwrap_or(0))?;
        vm.formatted(spec.apply_to_float(number(this), &type_name, &Locale::default())).map(Into::into)
    }

    /// the real part of a complex number
    #[getter]
    fn real(this: &Value) -> Value {
        Value::float(number(this))
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(_this: &Value) -> Value {
        Value::float(0.0)
    }
}

/// `float(value)`
pub(crate) fn to_float(vm: &mut Vm, value: &Value) -> PyResult<f64> {
    if let Some(text) = value.downcast_ref::<Str>()
        && text.class().is(&vm.types().str)
    {
        return parse(vm, value, &ascii_number(text.as_ref()));
    }
    if let Some(f) = number_to_float(vm, value)? {
        return Ok(f);
    }
    if let Some(text) = value.downcast_ref::<Str>() {
        return parse(vm, value, &ascii_number(text.as_ref()));
    }
    if let Some(bytes) = bytes_like(vm, value)? {
        return parse(vm, value, &bytes);
    }
    let found = value.class().name();
    Err(vm.type_error(format!("float() argument must be a string or a real number, not '{found}'")))
}

/// What `__float__` or `__index__` say; `None` where there is neither.
pub(crate) fn number_to_float(vm: &mut Vm, value: &Value) -> PyResult<Option<f64>> {
    if let Some(f) = value.as_tagged_float() {
        return Ok(Some(f));
    }
    if let Some(convert) = value.class().slots.float.get() {
        let result = convert(vm, value)?;
        let Some(f) = result.as_float() else {
            let (class, found) = (value.class().name(), result.class().name());
            return Err(vm.type_error(format!("{class}.__float__ returned non-float (type {found})")));
        };
        if !result.class().is(&vm.types().float) {
            let (class, found) = (value.class().name(), result.class().name());
            vm.warn_deprecated(&format!(
                "{class}.__float__ returned non-float (type {found}).  The ability to return an instance of a strict subclass of float is deprecated, and may be removed in a future version of Python."
            ))?;
        }
        return Ok(Some(f));
    }
    if value.class().slots.index.get().is_some() {
        let index = vm.index(value)?;
        let view = index.as_int().unwrap_or(IntView::Small(0));
        return vm.number(view.to_f64()).map(Some);
    }
    Ok(None)
}

fn parse(vm: &mut Vm, value: &Value, text: &[u8]) -> PyResult<f64> {
    if let Some(f) = float::parse(text) {
        return Ok(f);
    }
    let shown = match value.holds::<Bytes>() || value.holds::<Str>() {
        true => vm.repr(value)?,
        false => vm.repr(&text.into())?,
    };
    Err(vm.value_error(format!("could not convert string to float: {shown}")))
}
