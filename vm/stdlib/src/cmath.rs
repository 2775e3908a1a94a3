//! `cmath`

use pvm_vm::native::FromValue;
use pvm_vm::number::Complex;
use pvm_vm::object::Value;
use pvm_vm::types::complex_methods::special_complex;
use pvm_vm::{PyResult, Vm};

/// A complex argument.
struct Argument(Complex);

impl FromValue for Argument {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<Argument> {
        if let Some(z) = value.downcast_ref::<pvm_vm::types::complex::Complex>() {
            return Ok(Argument(z.number()));
        }
        if let Some(z) = special_complex(vm, value)? {
            return Ok(Argument(z));
        }
        vm.to_f64(value).map(|re| Argument(Complex::new(re, 0.0)))
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "cmath",
    doc = "This module provides access to mathematical functions for complex\nnumbers."
)]
pub mod cmath_module {
    use super::*;
    use pvm_vm::native::Optional;
    use pvm_vm::number::cmath;
    use pvm_vm::object::Ref;
    use pvm_vm::types::module::Module;
    use pvm_vm::types::tuple::Tuple;

    /// Return the arc cosine of z.
    #[pyfunction]
    fn acos(z: Argument) -> Value {
        cmath::acos(z.0).into()
    }

    /// Return the inverse hyperbolic cosine of z.
    #[pyfunction]
    fn acosh(z: Argument) -> Value {
        cmath::acosh(z.0).into()
    }

    /// Return the arc sine of z.
    #[pyfunction]
    fn asin(z: Argument) -> Value {
        cmath::asin(z.0).into()
    }

    /// Return the inverse hyperbolic sine of z.
    #[pyfunction]
    fn asinh(z: Argument) -> Value {
        cmath::asinh(z.0).into()
    }

    /// Return the square root of z.
    #[pyfunction]
    fn sqrt(z: Argument) -> Value {
        cmath::sqrt(z.0).into()
    }

    /// Return the arc tangent of z.
    #[pyfunction]
    fn atan(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::atan(z.0)).map(Into::into)
    }

    /// Return the inverse hyperbolic tangent of z.
    #[pyfunction]
    fn atanh(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::atanh(z.0)).map(Into::into)
    }

    /// Return the cosine of z.
    #[pyfunction]
    fn cos(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::cos(z.0)).map(Into::into)
    }

    /// Return the hyperbolic cosine of z.
    #[pyfunction]
    fn cosh(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::cosh(z.0)).map(Into::into)
    }

    /// Return the exponential value e**z.
    #[pyfunction]
    fn exp(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::exp(z.0)).map(Into::into)
    }

    /// Return the sine of z.
    #[pyfunction]
    fn sin(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::sin(z.0)).map(Into::into)
    }

    /// Return the hyperbolic sine of z.
    #[pyfunction]
    fn sinh(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::sinh(z.0)).map(Into::into)
    }

    /// Return the tangent of z.
    #[pyfunction]
    fn tan(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::tan(z.0)).map(Into::into)
    }

    /// Return the hyperbolic tangent of z.
    #[pyfunction]
    fn tanh(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::tanh(z.0)).map(Into::into)
    }

    /// Return the base-10 logarithm of z.
    #[pyfunction]
    fn log10(vm: &mut Vm, z: Argument) -> PyResult {
        vm.number(cmath::log10(z.0)).map(Into::into)
    }

    /// log(z[, base]) -> the logarithm of z to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of z.
    #[pyfunction(sig = "(z, base=<unrepresentable>, /)")]
    fn log(vm: &mut Vm, z: Argument, base: Optional<Argument>) -> PyResult {
        let result = match base.present() {
            Some(base) => cmath::log_base(z.0, base.0),
            None => cmath::log(z.0),
        };
        vm.number(result).map(Into::into)
    }

    /// Return argument, also known as the phase angle, of a complex.
    #[pyfunction]
    fn phase(z: Argument) -> f64 {
        cmath::phase(z.0)
    }

    /// Convert a complex from rectangular coordinates to polar coordinates.
    ///
    /// r is the distance from 0 and phi the phase angle.
    #[pyfunction]
    fn polar(vm: &mut Vm, z: Argument) -> PyResult {
        let (length, angle) = vm.number(cmath::polar(z.0))?;
        Ok(Tuple::new([Value::float(length), Value::float(angle)]).into())
    }

    /// Convert from polar coordinates to rectangular coordinates.
    #[pyfunction]
    fn rect(vm: &mut Vm, r: f64, phi: f64) -> PyResult {
        vm.number(cmath::rect(r, phi)).map(Into::into)
    }

    /// Return True if both the real and imaginary parts of z are finite, else False.
    #[pyfunction]
    fn isfinite(z: Argument) -> bool {
        z.0.is_finite()
    }

    /// Checks if the real or imaginary part of z is infinite.
    #[pyfunction]
    fn isinf(z: Argument) -> bool {
        z.0.re.is_infinite() || z.0.im.is_infinite()
    }

    /// Checks if the real or imaginary part of z not a number (NaN).
    #[pyfunction]
    fn isnan(z: Argument) -> bool {
        z.0.re.is_nan() || z.0.im.is_nan()
    }

    /// Determine whether two complex numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them must be
    /// smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard. That is, NaN is
    /// not close to anything, even itself. inf and -inf are only close to themselves.
    #[pyfunction(sig = "(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(vm: &mut Vm, a: Argument, b: Argument, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        vm.number(cmath::isclose(a.0, b.0, rel_tol, abs_tol))
    }

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("pi", std::f64::consts::PI);
        module.set("e", std::f64::consts::E);
        module.set("tau", std::f64::consts::TAU);
        module.set("inf", f64::INFINITY);
        module.set("nan", f64::NAN);
        module.set("infj", Value::from(Complex::new(0.0, f64::INFINITY)));
        module.set("nanj", Value::from(Complex::new(0.0, f64::NAN)));
        Ok(())
    }
}
