//! `Context`: the operations as methods, which take integers for numbers.

use super::arithmetic::{Choice, Env, Number};
use super::context::Context;
use super::convert::{from_float, from_int, from_value_rounded, required};
use super::object::{Decimal, divmod};
use pvm_vm::native::Optional;
use pvm_vm::object::{Ref, Value};
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {
        #[pymethods(name = "Context", part = UNARY)]
        impl Context {
            $(
                $(#[$doc])*
                #[method(sig = "(x, /)")]
                fn $name(vm: &mut Vm, this: &Ref<Context>, x: &Value) -> PyResult {
                    let operation: fn(&mut Env, &Number) -> Number = $operation;
                    let x = required(vm, x)?;
                    this.compute(vm, |env| operation(env, &x))
                }
            )*
        }
    };
}

unary_methods! {
    /// The magnitude, rounded.
    abs = Env::abs;
    /// e to the power of x, correctly rounded.
    exp = Env::exp;
    /// The natural logarithm, correctly rounded.
    ln = Env::ln;
    /// The logarithm to the base 10, correctly rounded.
    log10 = Env::log10;
    /// The exponent of the first digit.
    logb = Env::logb;
    /// `-x`, rounded.
    minus = Env::minus;
    /// The largest number of the context that is less.
    next_minus = Env::next_minus;
    /// The smallest number of the context that is greater.
    next_plus = Env::next_plus;
    /// The number without zeros at its end.
    normalize = Env::normalize;
    /// `+x`, rounded.
    plus = Env::plus;
    /// Rounds to an integer, without conditions for what is lost.
    to_integral = Env::integral_value;
    /// Rounds to an integer.
    to_integral_exact = Env::integral_exact;
    /// Rounds to an integer, without conditions for what is lost.
    to_integral_value = Env::integral_value;
    /// The square root, correctly rounded.
    sqrt = Env::square_root;
    /// The digits 0 and 1 of the number inverted, as many as the precision has.
    logical_invert = Env::logical_invert;
    /// The number without its sign.
    copy_abs = |_, x| x.with_sign(false);
    /// The number, not rounded.
    copy_decimal = |_, x| x.clone();
    /// The number with the other sign, not rounded.
    copy_negate = |_, x| x.negated();
}

macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident = $operation:expr;)*) => {
        #[pymethods(name = "Context", part = BINARY)]
        impl Context {
            $(
                $(#[$doc])*
                #[method(sig = "(x, y, /)")]
                fn $name(vm: &mut Vm, this: &Ref<Context>, x: &Value, y: &Value) -> PyResult {
                    let operation: fn(&mut Env, &Number, &Number) -> Number = $operation;
                    let (x, y) = (required(vm, x)?, required(vm, y)?);
                    this.compute(vm, |env| operation(env, &x, &y))
                }
            )*
        }
    };
}

binary_methods! {
    /// `x + y`
    add = Env::add;
    /// -1, 0 or 1; a NaN where one of the numbers is one.
    compare = Env::compare;
    /// -1, 0 or 1; every NaN signals.
    compare_signal = Env::compare_signal;
    /// -1, 0 or 1 in an order in which all representations differ.
    compare_total = Env::compare_total;
    /// -1, 0 or 1 in the total order of the magnitudes.
    compare_total_mag = Env::compare_total_magnitudes;
    /// x with the sign of y.
    copy_sign = |_, x, y| x.with_sign(y.negative);
    /// `x / y`
    divide = Env::divide;
    /// The integer part of `x / y`.
    divide_int = Env::divide_integer;
    /// The digits 0 and 1 of both numbers joined by "and".
    logical_and = |env, x, y| env.logical(x, y, |a, b| a & b);
    /// The digits 0 and 1 of both numbers joined by "or".
    logical_or = |env, x, y| env.logical(x, y, |a, b| a | b);
    /// The digits 0 and 1 of both numbers joined by "exclusive or".
    logical_xor = |env, x, y| env.logical(x, y, |a, b| a ^ b);
    /// The larger number.
    max = |env, x, y| env.choose(x, y, Choice::Max);
    /// The number of the larger magnitude.
    max_mag = |env, x, y| env.choose_magnitude(x, y, Choice::Max);
    /// The smaller number.
    min = |env, x, y| env.choose(x, y, Choice::Min);
    /// The number of the smaller magnitude.
    min_mag = |env, x, y| env.choose_magnitude(x, y, Choice::Min);
    /// `x * y`
    multiply = Env::multiply;
    /// The neighbour of x in the direction of y.
    next_toward = Env::next_toward;
    /// x rounded to the exponent of y.
    quantize = Env::quantize;
    /// What the integer part of `x / y` leaves, with the sign of x.
    remainder = Env::remainder;
    /// What is left after the nearest multiple of y is taken off x.
    remainder_near = Env::remainder_near;
    /// The digits of x rotated by y, to the left where that is positive.
    rotate = Env::rotate;
    /// x with its exponent moved by y.
    scaleb = Env::scale_by;
    /// The digits of x shifted by y, to the left where that is positive.
    shift = Env::shift;
    /// `x - y`
    subtract = Env::subtract;
}

#[pymethods(name = "Context", part = OTHER)]
impl Context {
    /// `divmod(x, y)`
    #[method(name = "divmod", sig = "(x, y, /)")]
    fn divmod_method(vm: &mut Vm, this: &Ref<Context>, x: &Value, y: &Value) -> PyResult {
        let (x, y) = (required(vm, x)?, required(vm, y)?);
        divmod(vm, this, &x, &y)
    }

    /// `x * y + z`, rounded once.
    #[method(sig = "(x, y, z, /)")]
    fn fma(vm: &mut Vm, this: &Ref<Context>, x: &Value, y: &Value, z: &Value) -> PyResult {
        let (x, y, z) = (required(vm, x)?, required(vm, y)?, required(vm, z)?);
        this.compute(vm, |env| env.fma(&x, &y, &z))
    }

    /// `a ** b`, or `a ** b % modulo` of integers.
    #[method(sig = "(a, b, modulo=None)")]
    fn power(vm: &mut Vm, this: &Ref<Context>, a: &Value, b: &Value, modulo: Option<&Value>) -> PyResult {
        let (a, b) = (required(vm, a)?, required(vm, b)?);
        match modulo {
            Some(modulo) => {
                let modulo = required(vm, modulo)?;
                this.compute(vm, |env| env.power_modulo(&a, &b, &modulo))
            }
            None => this.compute(vm, |env| env.power(&a, &b)),
        }
    }

    /// Whether both numbers have the same exponent, or both are infinite, or both NaNs.
    #[method(sig = "(x, y, /)")]
    fn same_quantum(vm: &mut Vm, _this: &Ref<Context>, x: &Value, y: &Value) -> PyResult<bool> {
        let (x, y) = (required(vm, x)?, required(vm, y)?);
        Ok(Env::same_quantum(&x, &y))
    }

    /// 10, the base of the numbers.
    #[method(sig = "()")]
    fn radix(vm: &mut Vm, _this: &Ref<Context>) -> PyResult {
        Decimal::make(vm, Number::integer(10))
    }

    /// The number itself.
    #[method(sig = "(x, /)")]
    fn canonical(vm: &mut Vm, _this: &Ref<Context>, x: &Value) -> PyResult {
        decimal(vm, x)?;
        Ok(x.clone())
    }

    /// The class of the number, as text.
    #[method(sig = "(x, /)")]
    fn number_class(vm: &mut Vm, this: &Ref<Context>, x: &Value) -> PyResult<&'static str> {
        let x = required(vm, x)?;
        Ok(this.env().number_class(&x))
    }

    /// The number as text.
    #[method(sig = "(x, /)")]
    fn to_sci_string(vm: &mut Vm, this: &Ref<Context>, x: &Value) -> PyResult<String> {
        let x = required(vm, x)?;
        Ok(x.to_text(this.capitals()))
    }

    /// The number as text, with an exponent that is a multiple of three.
    #[method(sig = "(x, /)")]
    fn to_eng_string(vm: &mut Vm, this: &Ref<Context>, x: &Value) -> PyResult<String> {
        let x = required(vm, x)?;
        Ok(x.to_engineering_text(this.capitals()))
    }

    /// A number from whatever `Decimal` takes, rounded to the context. Text may have no blanks or underscores.
    #[method(sig = "(num='0', /)")]
    fn create_decimal(vm: &mut Vm, this: &Ref<Context>, num: Optional<Value>) -> PyResult {
        match num {
            Optional::Present(value) => from_value_rounded(vm, &value, this),
            Optional::Missing => this.compute(vm, |env| env.finalize(Number::zero(false, 0))),
        }
    }

    /// A number from a float or an integer, rounded to the context.
    #[method(sig = "(f, /)")]
    fn create_decimal_from_float(vm: &mut Vm, this: &Ref<Context>, f: &Value) -> PyResult {
        let number = match (f.as_int(), f.as_float()) {
            (Some(int), _) => from_int(int),
            (None, Some(float)) => from_float(float),
            (None, None) => return Err(vm.type_error("argument must be int or float")),
        };
        this.compute(vm, |env| env.finalize(number))
    }

    /// The number rounded to the context.
    #[method(sig = "(x, /)")]
    fn _apply(vm: &mut Vm, this: &Ref<Context>, x: &Value) -> PyResult {
        let x = required(vm, x)?;
        this.compute(vm, |env| env.finalize(x.clone()))
    }
}

/// An argument that must be a `Decimal` already.
fn decimal<'a>(vm: &mut Vm, value: &'a Value) -> PyResult<&'a Ref<Decimal>> {
    match value.downcast_ref::<Decimal>() {
        Some(decimal) => Ok(decimal),
        None => Err(vm.type_error("argument must be a Decimal")),
    }
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident = $test:expr;)*) => {
        #[pymethods(name = "Context", part = PREDICATES)]
        impl Context {
            $(
                $(#[$doc])*
                #[method(sig = "(x, /)")]
                fn $name(vm: &mut Vm, this: &Ref<Context>, x: &Value) -> PyResult<bool> {
                    let test: fn(&Env, &Number) -> bool = $test;
                    let x = required(vm, x)?;
                    Ok(test(&this.env(), &x))
                }
            )*
        }
    };
}

predicates! {
    /// Whether it is finite.
    is_finite = |_, x| x.is_finite();
    /// Whether it is infinite.
    is_infinite = |_, x| x.is_infinite();
    /// Whether it is a NaN.
    is_nan = |_, x| x.is_nan();
    /// Whether it is a quiet NaN.
    is_qnan = |_, x| x.is_nan() && !x.is_signaling();
    /// Whether it is a signaling NaN.
    is_snan = |_, x| x.is_signaling();
    /// Whether its sign is negative.
    is_signed = |_, x| x.negative;
    /// Whether it is a zero.
    is_zero = |_, x| x.is_zero();
    /// Whether it is finite, not zero and not subnormal.
    is_normal = Env::is_normal;
    /// Whether it is finite, not zero and below the smallest normal number.
    is_subnormal = Env::is_subnormal;
}

#[pymethods(name = "Context", part = CANONICAL)]
impl Context {
    /// Whether the number is canonical, which all are.
    #[method(sig = "(x, /)")]
    fn is_canonical(vm: &mut Vm, _this: &Ref<Context>, x: &Value) -> PyResult<bool> {
        decimal(vm, x)?;
        Ok(true)
    }
}
