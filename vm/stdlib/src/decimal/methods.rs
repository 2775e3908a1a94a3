//! `Decimal`: methods.

use super::arithmetic::{Choice, Env, Kind, Number, Rounding};
use super::context;
use super::convert::{from_float, from_int, required};
use super::object::{Decimal, integer_ratio, to_integer, to_tuple};
use pvm_vm::native::Optional;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::complex::Complex;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// Methods of one number and a context.
macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {
        #[pymethods(name = "Decimal", part = UNARY)]
        impl Decimal {
            $(
                $(#[$doc])*
                #[method(sig = "(context=None)")]
                fn $name(vm: &mut Vm, this: &Ref<Decimal>, context: Option<&Value>) -> PyResult {
                    let operation: fn(&mut Env, &Number) -> Number = $operation;
                    let context = context::chosen(vm, context)?;
                    context.compute(vm, |env| operation(env, &this.number))
                }
            )*
        }
    };
}

unary_methods! {
    /// e to the power of the number, correctly rounded.
    exp = Env::exp;
    /// The natural logarithm, correctly rounded.
    ln = Env::ln;
    /// The logarithm to the base 10, correctly rounded.
    log10 = Env::log10;
    /// The largest number of the context that is less.
    next_minus = Env::next_minus;
    /// The smallest number of the context that is greater.
    next_plus = Env::next_plus;
    /// The number without zeros at its end.
    normalize = Env::normalize;
    /// The square root, correctly rounded.
    sqrt = Env::square_root;
    /// The exponent of the first digit.
    logb = Env::logb;
    /// The digits 0 and 1 of the number inverted, as many as the precision has.
    logical_invert = Env::logical_invert;
}

/// Methods of two numbers and a context.
macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {
        #[pymethods(name = "Decimal", part = BINARY)]
        impl Decimal {
            $(
                $(#[$doc])*
                #[method(sig = "(other, context=None)")]
                fn $name(
                    vm: &mut Vm,
                    this: &Ref<Decimal>,
                    other: &Value,
                    context: Option<&Value>,
                ) -> PyResult {
                    let operation: fn(&mut Env, &Number, &Number) -> Number = $operation;
                    let context = context::chosen(vm, context)?;
                    let other = required(vm, other)?;
                    context.compute(vm, |env| operation(env, &this.number, &other))
                }
            )*
        }
    };
}

binary_methods! {
    /// -1, 0 or 1; a NaN where one of the numbers is one.
    compare = Env::compare;
    /// -1, 0 or 1; every NaN signals.
    compare_signal = Env::compare_signal;
    /// -1, 0 or 1 in an order in which all representations differ.
    compare_total = Env::compare_total;
    /// -1, 0 or 1 in the total order of the magnitudes.
    compare_total_mag = Env::compare_total_magnitudes;
    /// The larger number.
    max = |env, a, b| env.choose(a, b, Choice::Max);
    /// The number of the larger magnitude.
    max_mag = |env, a, b| env.choose_magnitude(a, b, Choice::Max);
    /// The smaller number.
    min = |env, a, b| env.choose(a, b, Choice::Min);
    /// The number of the smaller magnitude.
    min_mag = |env, a, b| env.choose_magnitude(a, b, Choice::Min);
    /// The neighbour in the direction of the other number.
    next_toward = Env::next_toward;
    /// What is left after the nearest multiple of the other number is taken off.
    remainder_near = Env::remainder_near;
    /// The number with the sign of the other one.
    copy_sign = |_, a, b| a.with_sign(b.negative);
    /// The digits 0 and 1 of both numbers joined by "and".
    logical_and = |env, a, b| env.logical(a, b, |x, y| x & y);
    /// The digits 0 and 1 of both numbers joined by "or".
    logical_or = |env, a, b| env.logical(a, b, |x, y| x | y);
    /// The digits 0 and 1 of both numbers joined by "exclusive or".
    logical_xor = |env, a, b| env.logical(a, b, |x, y| x ^ y);
    /// The digits rotated by the other number, to the left where that is positive.
    rotate = Env::rotate;
    /// The number with its exponent moved by the other one.
    scaleb = Env::scale_by;
    /// The digits shifted by the other number, to the left where that is positive.
    shift = Env::shift;
}

/// A context's settings with another rounding, if one is given.
fn rounded(
    vm: &mut Vm,
    rounding: Option<&Value>,
    context: Option<&Value>,
    operation: impl FnOnce(&mut Env) -> Number,
) -> PyResult {
    let context = context::chosen(vm, context)?;
    let rounding = match rounding {
        Some(rounding) => Some(context::rounding(vm, rounding)?),
        None => None,
    };
    context.compute(vm, |env| {
        env.rounding = rounding.unwrap_or(env.rounding);
        operation(env)
    })
}

#[pymethods(name = "Decimal", part = OTHER)]
impl Decimal {
    /// Rounds to an integer, without conditions for what is lost.
    #[method(sig = "(rounding=None, context=None)")]
    fn to_integral(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult {
        rounded(vm, rounding, context, |env| env.integral_value(&this.number))
    }

    /// Rounds to an integer, without conditions for what is lost.
    #[method(sig = "(rounding=None, context=None)")]
    fn to_integral_value(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult {
        rounded(vm, rounding, context, |env| env.integral_value(&this.number))
    }

    /// Rounds to an integer.
    #[method(sig = "(rounding=None, context=None)")]
    fn to_integral_exact(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult {
        rounded(vm, rounding, context, |env| env.integral_exact(&this.number))
    }

    /// The number rounded to the exponent of another one.
    #[method(sig = "(exp, rounding=None, context=None)")]
    fn quantize(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        exp: &Value,
        rounding: Option<&Value>,
        context: Option<&Value>,
    ) -> PyResult {
        let exp = required(vm, exp)?;
        rounded(vm, rounding, context, |env| env.quantize(&this.number, &exp))
    }

    /// `self * other + third`, rounded once.
    #[method(sig = "(other, third, context=None)")]
    fn fma(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        other: &Value,
        third: &Value,
        context: Option<&Value>,
    ) -> PyResult {
        let context = context::chosen(vm, context)?;
        let (other, third) = (required(vm, other)?, required(vm, third)?);
        context.compute(vm, |env| env.fma(&this.number, &other, &third))
    }

    /// Whether both numbers have the same exponent, or both are infinite, or both NaNs.
    #[method(sig = "(other, context=None)")]
    fn same_quantum(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        other: &Value,
        context: Option<&Value>,
    ) -> PyResult<bool> {
        context::chosen(vm, context)?;
        let other = required(vm, other)?;
        Ok(Env::same_quantum(&this.number, &other))
    }

    /// The class of the number, as text.
    #[method(sig = "(context=None)")]
    fn number_class(vm: &mut Vm, this: &Ref<Decimal>, context: Option<&Value>) -> PyResult<&'static str> {
        let context = context::chosen(vm, context)?;
        Ok(context.env().number_class(&this.number))
    }

    /// The number as text, with an exponent that is a multiple of three.
    #[method(sig = "(context=None)")]
    fn to_eng_string(vm: &mut Vm, this: &Ref<Decimal>, context: Option<&Value>) -> PyResult<String> {
        let context = context::chosen(vm, context)?;
        Ok(this.number.to_engineering_text(context.capitals()))
    }

    /// The exponent of the first digit; 0 for infinities and NaNs.
    #[method(sig = "()")]
    fn adjusted(this: &Ref<Decimal>) -> i64 {
        if this.number.is_finite() { this.number.adjusted() } else { 0 }
    }

    /// The number itself.
    #[method(sig = "()")]
    fn canonical(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    /// The number itself.
    #[method(sig = "()")]
    fn conjugate(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    /// 10, the base of the numbers.
    #[method(sig = "()")]
    fn radix(vm: &mut Vm, _this: &Ref<Decimal>) -> PyResult {
        Decimal::make(vm, Number::integer(10))
    }

    /// The number without its sign.
    #[method(sig = "()")]
    fn copy_abs(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        Decimal::make(vm, this.number.with_sign(false))
    }

    /// The number with the other sign.
    #[method(sig = "()")]
    fn copy_negate(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        Decimal::make(vm, this.number.negated())
    }

    /// The number as a named tuple of sign, digits and exponent.
    #[method(sig = "()")]
    fn as_tuple(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        to_tuple(vm, &this.number)
    }

    /// Two integers, the second one positive, in lowest terms, whose quotient is the number.
    #[method(sig = "()")]
    fn as_integer_ratio(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        integer_ratio(vm, &this.number)
    }

    /// The number that a float or an integer is, exactly.
    #[classmethod(sig = "(f, /)")]
    fn from_float(vm: &mut Vm, cls: &Ref<Class>, f: &Value) -> PyResult {
        let number = match (f.as_int(), f.as_float()) {
            (Some(int), _) => from_int(int),
            (None, Some(float)) => from_float(float),
            (None, None) => return Err(vm.type_error("argument must be int or float")),
        };
        Decimal::make_for(vm, cls, number)
    }
}

#[pymethods(name = "Decimal", part = PREDICATES)]
impl Decimal {
    /// Always true.
    #[method(sig = "()")]
    fn is_canonical(_this: &Ref<Decimal>) -> bool {
        true
    }

    /// Whether it is neither infinite nor a NaN.
    #[method(sig = "()")]
    fn is_finite(this: &Ref<Decimal>) -> bool {
        this.number.is_finite()
    }

    /// Whether it is infinite.
    #[method(sig = "()")]
    fn is_infinite(this: &Ref<Decimal>) -> bool {
        this.number.is_infinite()
    }

    /// Whether it is a NaN.
    #[method(sig = "()")]
    fn is_nan(this: &Ref<Decimal>) -> bool {
        this.number.is_nan()
    }

    /// Whether it is a quiet NaN.
    #[method(sig = "()")]
    fn is_qnan(this: &Ref<Decimal>) -> bool {
        this.number.kind == Kind::Quiet
    }

    /// Whether it is a signaling NaN.
    #[method(sig = "()")]
    fn is_snan(this: &Ref<Decimal>) -> bool {
        this.number.is_signaling()
    }

    /// Whether its sign is negative.
    #[method(sig = "()")]
    fn is_signed(this: &Ref<Decimal>) -> bool {
        this.number.negative
    }

    /// Whether it is a zero.
    #[method(sig = "()")]
    fn is_zero(this: &Ref<Decimal>) -> bool {
        this.number.is_zero()
    }

    /// Whether it is finite, not zero and not subnormal.
    #[method(sig = "(context=None)")]
    fn is_normal(vm: &mut Vm, this: &Ref<Decimal>, context: Option<&Value>) -> PyResult<bool> {
        let context = context::chosen(vm, context)?;
        Ok(context.env().is_normal(&this.number))
    }

    /// Whether it is finite, not zero and below the smallest normal number.
    #[method(sig = "(context=None)")]
    fn is_subnormal(vm: &mut Vm, this: &Ref<Decimal>, context: Option<&Value>) -> PyResult<bool> {
        let context = context::chosen(vm, context)?;
        Ok(context.env().is_subnormal(&this.number))
    }
}

#[pymethods(name = "Decimal", part = PROTOCOL)]
impl Decimal {
    #[method(sig = "")]
    fn __copy__(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    #[method(sig = "(memo, /)")]
    fn __deepcopy__(this: &Ref<Decimal>, _memo: &Value) -> Ref<Decimal> {
        this.clone()
    }

    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        let text = vm.str(this.as_value())?;
        Ok(Tuple::new([this.class().into(), Tuple::new([text.into()]).into()]).into())
    }

    #[method(sig = "(format_spec, override=<unrepresentable>, /)")]
    fn __format__(
        vm: &mut Vm,
        this: &Ref<Decimal>,
        format_spec: &Value,
        locale: Optional<Value>,
    ) -> PyResult {
        super::format::format(vm, &this.number, format_spec, locale.present())
    }

    #[method(sig = "(ndigits=<unrepresentable>, /)")]
    fn __round__(vm: &mut Vm, this: &Ref<Decimal>, ndigits: Optional<Value>) -> PyResult {
        let Some(digits) = ndigits.present() else {
            return to_integer(vm, &this.number, Rounding::HalfEven);
        };
        let Some(int) = digits.as_int() else {
            return Err(vm.type_error("optional arg must be an integer"));
        };
        let Some(places) = int.to_i64() else {
            return Err(vm.overflow_error("Python int too large to convert to C ssize_t"));
        };
        let exponent = places.checked_neg().unwrap_or(i64::MAX);
        let unit = Number { exponent, ..Number::integer(1) };
        let context = context::current(vm)?;
        context.compute(vm, |env| env.quantize(&this.number, &unit))
    }

    #[method(sig = "")]
    fn __ceil__(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        to_integer(vm, &this.number, Rounding::Ceiling)
    }

    #[method(sig = "")]
    fn __floor__(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        to_integer(vm, &this.number, Rounding::Floor)
    }

    #[method(sig = "")]
    fn __trunc__(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        to_integer(vm, &this.number, Rounding::Down)
    }

    #[method(sig = "")]
    fn __complex__(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult<Ref<Complex>> {
        let real = super::convert::to_float(vm, &this.number)?;
        Ok(Complex::new(real, 0.0))
    }

    #[method(sig = "")]
    fn __sizeof__(this: &Ref<Decimal>) -> usize {
        this.number.coefficient.size_bytes() + size_of::<Decimal>() + 16
    }

    #[getter]
    fn real(this: &Ref<Decimal>) -> Ref<Decimal> {
        this.clone()
    }

    #[getter]
    fn imag(vm: &mut Vm, _this: &Ref<Decimal>) -> PyResult {
        Decimal::make(vm, Number::zero(false, 0))
    }
}
