//! Methods of `complex`.

use crate::native::{Args, Param, ParamKind, bind};
use crate::number::{Complex as Number, ParseComplexError};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::text::format::{FormatSpec, Locale};
use crate::types::complex::Complex;
use crate::types::float_methods::number_to_float;
use crate::types::number_support::{ascii_number, float_operand, identity_hash};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

impl Complex {
    /// The number.
    pub fn number(&self) -> Number {
        Number::new(self.re, self.im)
    }
}

impl From<Number> for Value {
    fn from(z: Number) -> Value {
        Complex::new(z.re, z.im).into()
    }
}

/// An operand of complex arithmetic. `None` hands on.
fn operand(vm: &mut Vm, value: &Value) -> PyResult<Option<Number>> {
    if let Some(z) = value.downcast_ref::<Complex>() {
        return Ok(Some(z.number()));
    }
    Ok(float_operand(vm, value)?.map(Number::from))
}

macro_rules! operands {
    ($vm:ident, $a:ident, $b:ident) => {{
        let Some(x) = operand($vm, $a)? else { return Ok(Value::NOT_IMPLEMENTED) };
        let Some(y) = operand($vm, $b)? else { return Ok(Value::NOT_IMPLEMENTED) };
        (x, y)
    }};
}

const NEW_PARAMS: &[Param] = &[
    Param { name: "real", kind: ParamKind::Positional, required: false },
    Param { name: "imag", kind: ParamKind::Positional, required: false },
];

#[pymethods(
    name = "complex",
    doc = "Create a complex number from a real part and an optional imaginary part.\n\nThis is equivalent to (real + imag*1j) where imag defaults to 0.",
    flags = flag::BASE_TYPE
)]
impl Complex {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([real, imag], _extra) = bind::<2, 0, 2>(vm, "complex", NEW_PARAMS, args)?;
        if let (Some(value), None) = (real, imag)
            && value.class().is(&vm.types().complex)
            && cls.is(&vm.types().complex)
        {
            return Ok(value.clone());
        }
        let z = make(vm, real, imag)?;
        Ok(Ref::new(Complex { re: z.re, im: z.im }, cls).into())
    }

    #[slot(repr)]
    fn repr_slot(this: &Ref<Complex>) -> PyResult {
        Ok(this.number().repr().into())
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Value) -> PyResult<i64> {
        let hash = this.downcast_ref::<Complex>().and_then(|z| z.number().hash());
        Ok(hash.unwrap_or_else(|| identity_hash(this)))
    }

    #[slot(richcompare)]
    fn compare(_vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), CompareOp::Eq | CompareOp::Ne) = (a.downcast_ref::<Complex>(), op) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let equal = if let Some(y) = b.downcast_ref::<Complex>() {
            x.re == y.re && x.im == y.im
        } else if let Some(y) = b.as_float() {
            x.im == 0.0 && x.re == y
        } else if let Some(y) = b.as_int() {
            x.im == 0.0 && y.compare_f64(x.re) == Some(std::cmp::Ordering::Equal)
        } else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(add)]
    fn add(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        Ok((x + y).into())
    }

    #[slot(subtract)]
    fn subtract(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        Ok((x - y).into())
    }

    #[slot(multiply)]
    fn multiply(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        Ok((x * y).into())
    }

    #[slot(true_divide)]
    fn true_divide(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        vm.number(x.divide(y)).map(Into::into)
    }

    #[slot(power)]
    fn power(vm: &mut Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult {
        let (x, y) = operands!(vm, a, b);
        if !modulus.is_none() {
            return Err(vm.value_error("complex modulo"));
        }
        vm.number(x.pow(y)).map(Into::into)
    }

    #[slot(negative)]
    fn negative(this: &Ref<Complex>) -> PyResult {
        Ok((-this.number()).into())
    }

    #[slot(positive)]
    fn positive(vm: &mut Vm, this: &Ref<Complex>) -> PyResult {
        if this.class().is(&vm.types().complex) { Ok(this.into()) } else { Ok(this.number().into()) }
    }

    #[slot(absolute)]
    fn absolute(vm: &mut Vm, this: &Ref<Complex>) -> PyResult {
        vm.number(this.number().abs()).map(Value::float)
    }

    #[slot(bool)]
    fn bool(this: &Ref<Complex>) -> PyResult<bool> {
        Ok(this.re != 0.0 || this.im != 0.0)
    }

    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    #[method]
    fn conjugate(this: &Ref<Complex>) -> Value {
        this.number().conjugate().into()
    }

    /// Convert this value to exact type complex.
    #[method]
    fn __complex__(vm: &mut Vm, this: &Ref<Complex>) -> Value {
        if this.class().is(&vm.types().complex) { this.into() } else { this.number().into() }
    }

    #[method(sig = "()")]
    fn __getnewargs__(this: &Ref<Complex>) -> Value {
        Tuple::new([Value::float(this.re), Value::float(this.im)]).into()
    }

    /// Convert to a string according to format_spec.
    #[method(sig = "(format_spec, /)")]
    fn __format__(vm: &mut Vm, this: &Ref<Complex>, format_spec: &Ref<Str>) -> PyResult {
        if format_spec.is_empty() {
            return vm.str(this.as_value()).map(Into::into);
        }
        let type_name = this.class().name();
        let spec = vm.formatted(FormatSpec::parse_for_float(format_spec.as_ref(), &type_name))?;
        vm.check_memory(spec.width.unwrap_or(0))?;
        vm.formatted(spec.apply_to_complex(this.re, this.im, &Locale::default())).map(Into::into)
    }

    /// the real part of a complex number
    #[getter]
    fn real(this: &Ref<Complex>) -> f64 {
        this.re
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(this: &Ref<Complex>) -> f64 {
        this.im
    }
}

/// What `__complex__` says; `None` where there is none.
pub fn special_complex(vm: &mut Vm, value: &Value) -> PyResult<Option<Number>> {
    if let Some(z) = value.downcast_ref::<Complex>()
        && z.class().is(&vm.types().complex)
    {
        return Ok(Some(z.number()));
    }
    let names = vm.names();
    let Some(result) = vm.call_special(value, &names.dunder_complex, &[])? else { return Ok(None) };
    let Some(z) = result.downcast_ref::<Complex>() else {
        let found = result.class().name();
        return Err(vm.type_error(format!("__complex__ returned non-complex (type {found})")));
    };
    let number = z.number();
    if !z.class().is(&vm.types().complex) {
        let found = z.class().name();
        vm.warn_deprecated(&format!(
            "__complex__ returned non-complex (type {found}).  The ability to return an instance of a strict subclass of complex is deprecated, and may not be supported in a future version of Python."
        ))?;
    }
    Ok(Some(number))
}

/// Whether a value converts to a complex number without being a string.
fn is_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    value.holds::<Complex>() || slots.float.get().is_some() || slots.index.get().is_some()
}

fn make(vm: &mut Vm, real: Option<&Value>, imag: Option<&Value>) -> PyResult<Number> {
    if let Some(text) = real.and_then(|r| r.downcast_ref::<Str>()) {
        if imag.is_some() {
            return Err(vm.type_error("complex() can't take second arg if first is a string"));
        }
        return match Number::parse(&ascii_number(text.as_ref())) {
            Ok(z) => Ok(z),
            Err(ParseComplexError::Malformed) => Err(vm.value_error("complex() arg is a malformed string")),
            Err(ParseComplexError::Underscore) => {
                let shown = vm.repr(text.as_value())?;
                Err(vm.value_error(format!("could not convert string to complex: {shown}")))
            }
        };
    }
    if imag.is_some_and(|i| i.holds::<Str>()) {
        return Err(vm.type_error("complex() second arg can't be a string"));
    }
    let (mut z, mut real_is_complex) = (Number::default(), false);
    if let Some(value) = real {
        if let Some(special) = special_complex(vm, value)? {
            (z, real_is_complex) = (special, true);
        } else if let Some(given) = value.downcast_ref::<Complex>() {
            (z, real_is_complex) = (given.number(), true);
        } else if !is_number(value) {
            let found = value.class().name();
            return Err(vm.type_error(format!(
                "complex() first argument must be a string or a number, not '{found}'"
            )));
        }
    }
    if let Some(value) = imag
        && !is_number(value)
    {
        let found = value.class().name();
        return Err(vm.type_error(format!("complex() second argument must be a number, not '{found}'")));
    }
    if let Some(value) = real
        && !real_is_complex
    {
        z = Number::new(number_to_float(vm, value)?.unwrap_or(0.0), 0.0);
    }
    let Some(value) = imag else { return Ok(z) };
    let second = match value.downcast_ref::<Complex>() {
        Some(w) => {
            let w = w.number();
            z.re -= w.im;
            w.re
        }
        None => number_to_float(vm, value)?.unwrap_or(0.0),
    };
    Ok(Number::new(z.re, if real_is_complex { second + z.im } else { second }))
}
