//! `math`

use pvm_vm::number::math::ProductSum;
use pvm_vm::number::{Int as IntView, Integer};
use pvm_vm::object::Value;
use pvm_vm::protocol::numbers::BinaryOp;
use pvm_vm::{PyResult, Vm};

/// The arguments of `sumprod`, summed as far as each kind of arithmetic is exact.
struct SumOfProducts {
    total: Value,
    ints: Option<Integer>,
    ints_enabled: bool,
    floats: Option<ProductSum>,
    floats_enabled: bool,
}

impl SumOfProducts {
    fn add(&mut self, vm: &mut Vm, p: &Value, q: &Value) -> PyResult<()> {
        if self.ints_enabled {
            if let (Some(x), Some(y)) = (exact_int(vm, p), exact_int(vm, q)) {
                let product = x * y;
                let sum = self.ints.take().unwrap_or(Integer::ZERO);
                self.ints = Some(sum.as_int() + product.as_int());
                return Ok(());
            }
            self.flush_ints(vm)?;
        }
        if self.floats_enabled {
            if let Some((x, y)) = float_pair(vm, p, q)
                && let Some(sum) = self.floats.unwrap_or_default().add(x, y)
            {
                self.floats = Some(sum);
                return Ok(());
            }
            self.flush_floats(vm)?;
        }
        let product = vm.binary(BinaryOp::Multiply, p, q)?;
        self.total = vm.binary(BinaryOp::Add, &self.total, &product)?;
        Ok(())
    }

    fn flush_ints(&mut self, vm: &mut Vm) -> PyResult<()> {
        self.ints_enabled = false;
        if let Some(sum) = self.ints.take() {
            self.total = vm.binary(BinaryOp::Add, &self.total, &sum.into())?;
        }
        Ok(())
    }

    fn flush_floats(&mut self, vm: &mut Vm) -> PyResult<()> {
        self.floats_enabled = false;
        if let Some(sum) = self.floats.take() {
            self.total = vm.binary(BinaryOp::Add, &self.total, &Value::float(sum.finish()))?;
        }
        Ok(())
    }
}

fn exact_int<'a>(vm: &Vm, value: &'a Value) -> Option<IntView<'a>> {
    if value.is_small_int() || value.class().is(&vm.types().int) { value.as_int() } else { None }
}

/// Two floats, or a float and an integer that converts to one.
fn float_pair(vm: &Vm, p: &Value, q: &Value) -> Option<(f64, f64)> {
    let float = |v: &Value| if v.class().is(&vm.types().float) { v.as_float() } else { None };
    let int = |v: &Value| {
        let plain = v.is_small_int() || v.as_bool().is_some() || v.class().is(&vm.types().int);
        if plain { v.as_int().and_then(|i| i.to_f64().ok()) } else { None }
    };
    match (float(p), float(q)) {
        (Some(x), Some(y)) => Some((x, y)),
        (Some(x), None) => Some((x, int(q)?)),
        (None, Some(y)) => Some((int(p)?, y)),
        (None, None) => None,
    }
}

fn index(vm: &mut Vm, value: &Value) -> PyResult<Integer> {
    let index = vm.index(value)?;
    Ok(index.as_int().map_or(Integer::ZERO, IntView::to_owned))
}

fn coordinates(vm: &mut Vm, point: &Value) -> PyResult<Vec<f64>> {
    let items = vm.to_tuple(point)?;
    items.as_slice().iter().map(|item| vm.to_f64(item)).collect()
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "math",
    doc = "This module provides access to the mathematical functions\ndefined by the C standard."
)]
pub mod math_module {
    use super::*;
    use pvm_vm::native::Optional;
    use pvm_vm::number::math::{self, ExactSum, Logarithm};
    use pvm_vm::number::{float, integer};
    use pvm_vm::object::Ref;
    use pvm_vm::types::module::Module;
    use pvm_vm::types::tuple::Tuple;

    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    #[pyfunction]
    fn acos(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::acos(x))
    }

    /// Return the inverse hyperbolic cosine of x.
    #[pyfunction]
    fn acosh(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::acosh(x))
    }

    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction]
    fn asin(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::asin(x))
    }

    /// Return the inverse hyperbolic sine of x.
    #[pyfunction]
    fn asinh(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::asinh(x))
    }

    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction]
    fn atan(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::atan(x))
    }

    /// Return the inverse hyperbolic tangent of x.
    #[pyfunction]
    fn atanh(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::atanh(x))
    }

    /// Return the cube root of x.
    #[pyfunction]
    fn cbrt(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::cbrt(x))
    }

    /// Return the cosine of x (measured in radians).
    #[pyfunction]
    fn cos(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::cos(x))
    }

    /// Return the hyperbolic cosine of x.
    #[pyfunction]
    fn cosh(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::cosh(x))
    }

    /// Return e raised to the power of x.
    #[pyfunction]
    fn exp(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::exp(x))
    }

    /// Return 2 raised to the power of x.
    #[pyfunction]
    fn exp2(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::exp2(x))
    }

    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x.
    #[pyfunction]
    fn expm1(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::expm1(x))
    }

    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    #[pyfunction]
    fn log1p(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::log1p(x))
    }

    /// Return the sine of x (measured in radians).
    #[pyfunction]
    fn sin(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::sin(x))
    }

    /// Return the hyperbolic sine of x.
    #[pyfunction]
    fn sinh(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::sinh(x))
    }

    /// Return the square root of x.
    #[pyfunction]
    fn sqrt(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::sqrt(x))
    }

    /// Return the tangent of x (measured in radians).
    #[pyfunction]
    fn tan(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::tan(x))
    }

    /// Return the hyperbolic tangent of x.
    #[pyfunction]
    fn tanh(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::tanh(x))
    }

    /// Gamma function at x.
    #[pyfunction]
    fn gamma(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::gamma(x))
    }

    /// Natural logarithm of absolute value of Gamma function at x.
    #[pyfunction]
    fn lgamma(vm: &mut Vm, x: f64) -> PyResult<f64> {
        vm.number(math::lgamma(x))
    }

    /// Error function at x.
    #[pyfunction]
    fn erf(x: f64) -> f64 {
        math::erf(x)
    }

    /// Complementary error function at x.
    #[pyfunction]
    fn erfc(x: f64) -> f64 {
        math::erfc(x)
    }

    /// Convert angle x from radians to degrees.
    #[pyfunction]
    fn degrees(x: f64) -> f64 {
        math::degrees(x)
    }

    /// Convert angle x from degrees to radians.
    #[pyfunction]
    fn radians(x: f64) -> f64 {
        math::radians(x)
    }

    /// Return the value of the least significant bit of the float x.
    #[pyfunction]
    fn ulp(x: f64) -> f64 {
        math::ulp(x)
    }

    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    #[pyfunction]
    fn atan2(vm: &mut Vm, y: f64, x: f64) -> PyResult<f64> {
        vm.number(math::atan2(y, x))
    }

    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    #[pyfunction]
    fn fmod(vm: &mut Vm, x: f64, y: f64) -> PyResult<f64> {
        vm.number(math::fmod(x, y))
    }

    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    #[pyfunction]
    fn remainder(vm: &mut Vm, x: f64, y: f64) -> PyResult<f64> {
        vm.number(math::remainder(x, y))
    }

    /// Return x**y (x to the power of y).
    #[pyfunction]
    fn pow(vm: &mut Vm, x: f64, y: f64) -> PyResult<f64> {
        vm.number(math::pow(x, y))
    }

    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0)
    /// returns -1.0.
    #[pyfunction]
    fn copysign(x: f64, y: f64) -> f64 {
        x.copysign(y)
    }

    /// Return the absolute value of the float x.
    #[pyfunction]
    fn fabs(x: f64) -> f64 {
        x.abs()
    }

    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    #[pyfunction]
    fn ceil(vm: &mut Vm, x: &Value) -> PyResult {
        if !x.class().is(&vm.types().float) {
            let name = vm.intern("__ceil__");
            if let Some(result) = vm.call_special(x, &name, &[])? {
                return Ok(result);
            }
        }
        let x = vm.to_f64(x)?;
        vm.number(float::ceil(x)).map(Into::into)
    }

    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    #[pyfunction]
    fn floor(vm: &mut Vm, x: &Value) -> PyResult {
        if !x.class().is(&vm.types().float) {
            let name = vm.intern("__floor__");
            if let Some(result) = vm.call_special(x, &name, &[])? {
                return Ok(result);
            }
        }
        let x = vm.to_f64(x)?;
        vm.number(float::floor(x)).map(Into::into)
    }

    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    #[pyfunction]
    fn trunc(vm: &mut Vm, x: &Value) -> PyResult {
        let name = vm.names().dunder_trunc.clone();
        match vm.call_special(x, &name, &[])? {
            Some(result) => Ok(result),
            None => {
                let found = x.class().name();
                Err(vm.type_error(format!("type {found} doesn't define __trunc__ method")))
            }
        }
    }

    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// Also called the binomial coefficient because it is equivalent
    /// to the coefficient of k-th term in polynomial expansion of the
    /// expression (1 + x)**n.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction]
    fn comb(vm: &mut Vm, n: &Value, k: &Value) -> PyResult {
        let (n, k) = (index(vm, n)?, index(vm, k)?);
        vm.number(integer::comb(n.as_int(), k.as_int())).map(Into::into)
    }

    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    #[pyfunction(sig = "(n, k=None, /)")]
    fn perm(vm: &mut Vm, n: &Value, k: Option<&Value>) -> PyResult {
        let n = index(vm, n)?;
        let Some(k) = k else { return vm.number(integer::factorial(n.as_int())).map(Into::into) };
        let k = index(vm, k)?;
        vm.number(integer::perm(n.as_int(), k.as_int())).map(Into::into)
    }

    /// Find n!.
    ///
    /// Raise a ValueError if x is negative or non-integral.
    #[pyfunction]
    fn factorial(vm: &mut Vm, n: &Value) -> PyResult {
        let n = index(vm, n)?;
        vm.number(integer::factorial(n.as_int())).map(Into::into)
    }

    /// Greatest Common Divisor.
    #[pyfunction(sig = "(*integers)")]
    fn gcd(vm: &mut Vm, integers: &[Value]) -> PyResult {
        let mut result = Integer::ZERO;
        for value in integers {
            let next = index(vm, value)?;
            result = result.as_int().gcd(next.as_int());
        }
        Ok(result.into())
    }

    /// Least Common Multiple.
    #[pyfunction(sig = "(*integers)")]
    fn lcm(vm: &mut Vm, integers: &[Value]) -> PyResult {
        let mut result = Integer::ONE;
        for value in integers {
            let next = index(vm, value)?;
            result = vm.number(result.as_int().lcm(next.as_int()))?;
        }
        Ok(result.into())
    }

    /// Return the integer part of the square root of the input.
    #[pyfunction]
    fn isqrt(vm: &mut Vm, n: &Value) -> PyResult {
        let n = index(vm, n)?;
        vm.number(n.as_int().isqrt()).map(Into::into)
    }

    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// m is a float and e is an int, such that x = m * 2.**e.
    /// If x is 0, m and e are both 0.  Else 0.5 <= abs(m) < 1.0.
    #[pyfunction]
    fn frexp(x: f64) -> Value {
        let (mantissa, exponent) = math::mantissa_exponent(x);
        Tuple::new([Value::float(mantissa), exponent.into()]).into()
    }

    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    #[pyfunction]
    fn ldexp(vm: &mut Vm, x: f64, i: &Value) -> PyResult<f64> {
        let Some(exponent) = i.as_int() else {
            return Err(vm.type_error("Expected an int as second argument to ldexp."));
        };
        vm.number(math::ldexp(x, exponent))
    }

    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    #[pyfunction]
    fn modf(x: f64) -> Value {
        let (fraction, whole) = math::modf(x);
        Tuple::new([Value::float(fraction), Value::float(whole)]).into()
    }

    /// Return an accurate floating-point sum of values in the iterable seq.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    #[pyfunction]
    fn fsum(vm: &mut Vm, seq: &Value) -> PyResult<f64> {
        let mut sum = ExactSum::default();
        vm.for_each(seq, |vm, item| {
            let value = vm.to_f64(&item)?;
            vm.number(sum.add(value))
        })?;
        vm.number(sum.finish())
    }

    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    ///
    /// For a two dimensional point (x, y), gives the hypotenuse
    /// using the Pythagorean theorem:  sqrt(x*x + y*y).
    ///
    /// For example, the hypotenuse of a 3/4/5 right triangle is:
    ///
    ///     >>> hypot(3.0, 4.0)
    ///     5.0
    #[pyfunction(sig = "(*coordinates)")]
    fn hypot(vm: &mut Vm, coordinates: &[Value]) -> PyResult<f64> {
        let mut point = coordinates.iter().map(|c| vm.to_f64(c)).collect::<PyResult<Vec<f64>>>()?;
        Ok(math::hypot(&mut point))
    }

    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))
    #[pyfunction]
    fn dist(vm: &mut Vm, p: &Value, q: &Value) -> PyResult<f64> {
        let mut p = coordinates(vm, p)?;
        let q = coordinates(vm, q)?;
        vm.number(math::dist(&mut p, &q))
    }

    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    ///
    /// When the iterable is empty, return the start value.  This function is
    /// intended specifically for use with numeric values and may reject
    /// non-numeric types.
    #[pyfunction(sig = "(iterable, /, *, start=1)")]
    fn prod(vm: &mut Vm, iterable: &Value, start: Value) -> PyResult {
        let mut result = start;
        vm.for_each(iterable, |vm, item| {
            result = vm.binary(BinaryOp::Multiply, &result, &item)?;
            Ok(())
        })?;
        Ok(result)
    }

    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///
    ///     sum(itertools.starmap(operator.mul, zip(p, q, strict=True)))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    #[pyfunction]
    fn sumprod(vm: &mut Vm, p: &Value, q: &Value) -> PyResult {
        let (p, q) = (vm.iter(p)?, vm.iter(q)?);
        let mut sum = SumOfProducts {
            total: Value::int(0),
            ints: None,
            ints_enabled: true,
            floats: None,
            floats_enabled: true,
        };
        loop {
            let (x, y) = (vm.next(&p)?, vm.next(&q)?);
            match (x, y) {
                (Some(x), Some(y)) => sum.add(vm, &x, &y)?,
                (None, None) => break,
                _ => return Err(vm.value_error("Inputs are not the same length")),
            }
        }
        sum.flush_ints(vm)?;
        sum.flush_floats(vm)?;
        Ok(sum.total)
    }

    /// Determine whether two floating-point numbers are close in value.
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
    /// For the values to be considered close, the difference between them
    /// must be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That
    /// is, NaN is not close to anything, even itself.  inf and -inf are
    /// only close to themselves.
    #[pyfunction(sig = "(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(vm: &mut Vm, a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        vm.number(math::isclose(a, b, rel_tol, abs_tol))
    }

    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    #[pyfunction]
    fn isfinite(x: f64) -> bool {
        x.is_finite()
    }

    /// Return True if x is a positive or negative infinity, and False otherwise.
    #[pyfunction]
    fn isinf(x: f64) -> bool {
        x.is_infinite()
    }

    /// Return True if x is a NaN (not a number), and False otherwise.
    #[pyfunction]
    fn isnan(x: f64) -> bool {
        x.is_nan()
    }

    fn logarithm(vm: &mut Vm, which: Logarithm, x: &Value) -> PyResult<f64> {
        if let Some(int) = x.as_int() {
            return vm.number(which.of_int(int));
        }
        let x = vm.to_f64(x)?;
        vm.number(which.of_float(x))
    }

    /// log(x, [base=math.e])
    /// Return the logarithm of x to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    #[pyfunction(sig = "(x, base=<unrepresentable>, /)")]
    fn log(vm: &mut Vm, x: &Value, base: Optional<&Value>) -> PyResult<f64> {
        let number = logarithm(vm, Logarithm::Natural, x)?;
        let Some(base) = base.present() else { return Ok(number) };
        let base = logarithm(vm, Logarithm::Natural, base)?;
        vm.number(math::log_ratio(number, base))
    }

    /// Return the base 2 logarithm of x.
    #[pyfunction]
    fn log2(vm: &mut Vm, x: &Value) -> PyResult<f64> {
        logarithm(vm, Logarithm::Binary, x)
    }

    /// Return the base 10 logarithm of x.
    #[pyfunction]
    fn log10(vm: &mut Vm, x: &Value) -> PyResult<f64> {
        logarithm(vm, Logarithm::Decimal, x)
    }

    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    ///
    /// Raises a TypeError, if x or y is not a double, or if steps is not an integer.
    /// Raises ValueError if steps is negative.
    #[pyfunction(sig = "(x, y, /, *, steps=None)")]
    fn nextafter(vm: &mut Vm, x: f64, y: f64, steps: Option<&Value>) -> PyResult<f64> {
        let Some(steps) = steps else { return Ok(math::nextafter(x, y, 1)) };
        let steps = index(vm, steps)?;
        if steps.as_int().is_negative() {
            return Err(vm.value_error("steps must be a non-negative integer"));
        }
        Ok(math::nextafter(x, y, steps.as_int().to_u64().unwrap_or(u64::MAX)))
    }

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("pi", std::f64::consts::PI);
        module.set("e", std::f64::consts::E);
        module.set("tau", std::f64::consts::TAU);
        module.set("inf", f64::INFINITY);
        module.set("nan", f64::NAN);
        Ok(())
    }
}
