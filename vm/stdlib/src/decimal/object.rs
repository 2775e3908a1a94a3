//! `Decimal`: what makes it, and its operators.

use super::State;
use super::arithmetic::{Env, Kind, Number, Rounding, compare_values, status};
use super::context::{self, Context};
use super::convert::{from_float, from_value_exact, operand, to_float, to_int, truncated};
use pvm_vm::native::Args;
use pvm_vm::number::float::HASH_INFINITY;
use pvm_vm::number::integer::HASH_MODULUS;
use pvm_vm::object::class::flag;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::StrRef;
use pvm_vm::types::complex::Complex;
use pvm_vm::types::object_type::identity_hash;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// A decimal number.
pub struct Decimal {
    /// The number.
    pub number: Number,
    /// Its hash; -1 where it is not known yet.
    hash: Cell<i64>,
}

pvm_vm::payload!(Decimal, "decimal.Decimal");

impl Decimal {
    fn payload(number: Number) -> Decimal {
        Decimal { number, hash: Cell::new(-1) }
    }

    /// An object of the class itself.
    pub fn make(vm: &mut Vm, number: Number) -> PyResult {
        let state = State::get(vm)?;
        Ok(Decimal::create(&state, number))
    }

    /// [`Decimal::make`], for a caller that has the module's state.
    #[inline]
    pub fn create(state: &State, number: Number) -> Value {
        Ref::new(Decimal::payload(number), &state.decimal).into()
    }

    /// An object of a class that may be derived: by calling it, as its `__new__` may be its own.
    pub fn make_for(vm: &mut Vm, class: &Ref<Class>, number: Number) -> PyResult {
        let made = Decimal::make(vm, number)?;
        if made.class().is(class) { Ok(made) } else { vm.call(class.as_value(), &[made]) }
    }
}

/// Applies an operation of two operands under the current context.
#[inline]
fn binary(
    vm: &mut Vm,
    a: &Value,
    b: &Value,
    operation: impl FnOnce(&mut Env, &Number, &Number) -> Number,
) -> PyResult {
    let (Some(x), Some(y)) = (operand(a), operand(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
    let state = State::get(vm)?;
    let context = context::current_of(vm, &state)?;
    context.compute_with(vm, &state, |env| operation(env, &x, &y))
}

#[inline]
fn unary(vm: &mut Vm, this: &Ref<Decimal>, operation: impl FnOnce(&mut Env, &Number) -> Number) -> PyResult {
    let state = State::get(vm)?;
    let context = context::current_of(vm, &state)?;
    context.compute_with(vm, &state, |env| operation(env, &this.number))
}

/// The operand of a comparison: floats and complex numbers count, too.
enum Other {
    Number(Number),
    /// The other one is a fraction: this number times its denominator, and its numerator.
    Scaled(Number, Number),
    Nothing,
}

fn comparable(
    vm: &mut Vm,
    this: &Ref<Decimal>,
    other: &Value,
    op: CompareOp,
    context: &Ref<Context>,
) -> PyResult<Other> {
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if let Some(number) = operand(other) {
        return Ok(Other::Number(number.clone()));
    }
    let float = match other.as_float() {
        Some(float) => Some(float),
        None => match other.downcast_ref::<Complex>() {
            Some(complex) if equality && complex.im == 0.0 => Some(complex.re),
            Some(_) => return Ok(Other::Nothing),
            None => None,
        },
    };
    if let Some(float) = float {
        if equality {
            // Equality is asked for by containers, too: it only leaves a flag.
            context.note(status::FLOAT_OPERATION);
        } else {
            context.check(vm, status::FLOAT_OPERATION)?;
        }
        return Ok(Other::Number(from_float(float)));
    }
    let state = State::get(vm)?;
    if !vm.is_instance(other, &state.rational)? {
        return Ok(Other::Nothing);
    }
    let (Some(denominator), Some(numerator)) =
        (integer_attribute(vm, other, "denominator")?, integer_attribute(vm, other, "numerator")?)
    else {
        return Ok(Other::Nothing);
    };
    let scaled = if this.number.is_special() {
        this.number.clone()
    } else {
        Env::widest().multiply(&this.number, &denominator)
    };
    Ok(Other::Scaled(scaled, numerator))
}

fn integer_attribute(vm: &mut Vm, value: &Value, name: &str) -> PyResult<Option<Number>> {
    let found = vm.get_attr_str(value, name)?;
    let int = found.as_int().map(super::convert::from_int);
    match int {
        Some(number) => Ok(Some(number)),
        None => {
            let class = found.class().name();
            Err(vm.type_error(format!("conversion from {class} to Decimal is not supported")))
        }
    }
}

/// `Decimal(value='0', context=None)`: a decimal floating-point number, from text, an integer, a float, another
/// decimal number, or a sequence of sign, digits and exponent. The conversion is exact.
#[pymethods(
    name = "Decimal",
    module = "decimal",
    flags = flag::BASE_TYPE,
    parts = [UNARY, BINARY, OTHER, PREDICATES, PROTOCOL]
)]
impl Decimal {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let [value, context] = match (args.pos(), args.names.is_empty()) {
            ([value], true) => [Some(value.clone()), None],
            _ => context::by_name(vm, &["value", "context"], args)?,
        };
        let context = context.filter(|context| !context.is_none());
        let context = context::chosen(vm, context.as_ref())?;
        let number = match value {
            None => Number::zero(false, 0),
            Some(value) => {
                let plain = value.holds::<Decimal>() && value.class().is(class) && !class.has(flag::HEAP);
                if plain {
                    return Ok(value);
                }
                from_value_exact(vm, &value, &context)?
            }
        };
        Ok(Ref::new(Decimal::payload(number), class).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        let capitals = context::current(vm)?.capitals();
        Ok(format!("Decimal('{}')", this.number.to_text(capitals)).into())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        let capitals = context::current(vm)?.capitals();
        Ok(StrRef::Ascii(&this.number.to_ascii(capitals)).into())
    }

    #[slot(hash)]
    fn hash_slot(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult<i64> {
        if this.hash.get() == -1 {
            let hash = match this.number.kind {
                Kind::Signaling => {
                    return Err(vm.type_error("Cannot hash a signaling NaN value"));
                }
                // As for any object whose equality is its identity.
                Kind::Quiet => identity_hash(this.as_value()),
                Kind::Infinite if this.number.negative => -HASH_INFINITY,
                Kind::Infinite => HASH_INFINITY,
                Kind::Finite => hash_finite(&this.number),
            };
            this.hash.set(if hash == -1 { -2 } else { hash });
        }
        Ok(this.hash.get())
    }

    #[slot(richcompare)]
    fn compare_slot(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let Some(this) = a.downcast_ref::<Decimal>() else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(other) = b.downcast_ref::<Decimal>()
            && this.number.is_finite()
            && other.number.is_finite()
        {
            return Ok(Value::bool(op.holds(compare_values(&this.number, &other.number))));
        }
        let context = context::current(vm)?;
        let (left, right) = match comparable(vm, this, b, op, &context)? {
            Other::Number(number) => (this.number.clone(), number),
            Other::Scaled(scaled, numerator) => (scaled, numerator),
            Other::Nothing => return Ok(Value::NOT_IMPLEMENTED),
        };
        if left.is_nan() || right.is_nan() {
            let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
            if left.is_signaling() || right.is_signaling() || !equality {
                context.check(vm, status::INVALID_OPERATION)?;
            }
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        Ok(Value::bool(op.holds(compare_values(&left, &right))))
    }

    #[slot(add)]
    fn add(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        binary(vm, a, b, Env::add)
    }

    #[slot(subtract)]
    fn subtract(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        binary(vm, a, b, Env::subtract)
    }

    #[slot(multiply)]
    fn multiply(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        binary(vm, a, b, Env::multiply)
    }

    #[slot(true_divide)]
    fn true_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        binary(vm, a, b, Env::divide)
    }

    #[slot(floor_divide)]
    fn floor_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        binary(vm, a, b, Env::divide_integer)
    }

    #[slot(remainder)]
    fn remainder(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        binary(vm, a, b, Env::remainder)
    }

    #[slot(divmod)]
    fn divmod(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (Some(x), Some(y)) = (operand(a), operand(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
        let context = context::current(vm)?;
        divmod(vm, &context, &x, &y)
    }

    #[slot(power)]
    fn power(vm: &mut Vm, base: &Value, exponent: &Value, modulus: &Value) -> PyResult {
        let (Some(x), Some(y)) = (operand(base), operand(exponent)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let context = context::current(vm)?;
        if modulus.is_none() {
            return context.compute(vm, |env| env.power(&x, &y));
        }
        let Some(z) = operand(modulus) else { return Ok(Value::NOT_IMPLEMENTED) };
        context.compute(vm, |env| env.power_modulo(&x, &y, &z))
    }

    #[slot(negative)]
    fn negative(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        unary(vm, this, Env::minus)
    }

    #[slot(positive)]
    fn positive(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        unary(vm, this, Env::plus)
    }

    #[slot(absolute)]
    fn absolute(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        unary(vm, this, Env::abs)
    }

    #[slot(bool)]
    fn bool(_vm: &mut Vm, this: &Ref<Decimal>) -> PyResult<bool> {
        Ok(!this.number.is_zero())
    }

    #[slot(int)]
    fn int(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        to_integer(vm, &this.number, Rounding::Down)
    }

    #[slot(float)]
    fn float(vm: &mut Vm, this: &Ref<Decimal>) -> PyResult {
        Ok(Value::float(to_float(vm, &this.number)?))
    }
}

/// `divmod` under a context, as a tuple.
pub fn divmod(vm: &mut Vm, context: &Ref<Context>, a: &Number, b: &Number) -> PyResult {
    let mut env = context.env();
    let (quotient, remainder) = env.divmod(a, b);
    context.check(vm, env.status)?;
    let (quotient, remainder) = (Decimal::make(vm, quotient)?, Decimal::make(vm, remainder)?);
    Ok(Tuple::new([quotient, remainder]).into())
}

/// Rounds to an `int`.
pub fn to_integer(vm: &mut Vm, number: &Number, rounding: Rounding) -> PyResult {
    match number.kind {
        Kind::Finite => {}
        Kind::Infinite => return Err(vm.overflow_error("cannot convert Infinity to integer")),
        _ => return Err(vm.value_error("cannot convert NaN to integer")),
    }
    let mut env = Env { rounding, ..Env::widest() };
    let whole = env.integral_value(number);
    truncated(vm, &whole)
}

/// The hash that all equal numbers share: the value modulo a Mersenne prime.
fn hash_finite(number: &Number) -> i64 {
    let prime = u128::from(HASH_MODULUS);
    let power = |mut base: u128, mut exponent: u64| {
        let mut result = 1;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base % prime;
            }
            base = base * base % prime;
            exponent >>= 1;
        }
        result
    };
    // The inverse of 10 is 10^(prime - 2), and exponents count modulo prime - 1.
    let base = if number.exponent >= 0 { 10 } else { power(10, HASH_MODULUS - 2) };
    let scale = power(base, number.exponent.unsigned_abs() % (HASH_MODULUS - 1));
    let residue = u128::from(number.coefficient.modulo(HASH_MODULUS)) * scale % prime;
    let hash = residue as i64;
    if number.negative { -hash } else { hash }
}

/// `as_integer_ratio`
pub fn integer_ratio(vm: &mut Vm, number: &Number) -> PyResult {
    match number.kind {
        Kind::Finite => {}
        Kind::Infinite => return Err(vm.overflow_error("cannot convert Infinity to integer ratio")),
        _ => return Err(vm.value_error("cannot convert NaN to integer ratio")),
    }
    if number.is_zero() {
        return Ok(Tuple::new([Value::int(0), Value::int(1)]).into());
    }
    let one = Number::integer(1);
    if number.exponent >= 0 {
        let (numerator, denominator) = (truncated(vm, number)?, truncated(vm, &one)?);
        return Ok(Tuple::new([numerator, denominator]).into());
    }
    let unit = Number { exponent: -number.exponent, ..one };
    let numerator = to_int(vm, number.negative, &number.coefficient)?;
    let denominator = truncated(vm, &unit)?;
    let (Some(n), Some(d)) = (numerator.as_int(), denominator.as_int()) else {
        return Err(vm.runtime_error("internal error in _decimal"));
    };
    let divisor = n.gcd(d);
    let quotient = |vm: &mut Vm, value: pvm_vm::number::Int<'_>| match value.floor_div(divisor.as_int()) {
        Ok(quotient) => Ok(Value::from(quotient)),
        Err(error) => Err(vm.number_error(error)),
    };
    let (numerator, denominator) = (quotient(vm, n)?, quotient(vm, d)?);
    Ok(Tuple::new([numerator, denominator]).into())
}

/// `as_tuple`
pub fn to_tuple(vm: &mut Vm, number: &Number) -> PyResult {
    let exponent: Value = match number.kind {
        Kind::Finite => number.exponent.into(),
        Kind::Infinite => "F".into(),
        Kind::Quiet => "n".into(),
        Kind::Signaling => "N".into(),
    };
    let digits: Vec<Value> = if number.is_nan() && number.coefficient.is_zero() {
        Vec::new()
    } else {
        number.coefficient.to_digits().iter().map(|digit| Value::int(i64::from(digit - b'0'))).collect()
    };
    let state = State::get(vm)?;
    let sign = Value::int(i64::from(number.negative));
    vm.call(&state.tuple, &[sign, Tuple::new(digits).into(), exponent])
}
