//! `_operator`

mod getters;

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_operator",
    doc = "Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For example, operator.add(x, y)\nis equivalent to the expression x+y."
)]
pub mod operator_module {
    use super::getters;
    use crate::support::add_class;
    use pvm_vm::native::Args;
    use pvm_vm::object::slots::CompareOp;
    use pvm_vm::object::{Ref, Value};
    use pvm_vm::protocol::numbers::BinaryOp;
    use pvm_vm::types::module::Module;
    use pvm_vm::types::str::Str;
    use pvm_vm::{PyResult, Vm};

    /// Same as a + b.
    #[pyfunction(name = "add")]
    fn operator_add(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::Add, a, b)
    }

    /// Same as a += b.
    #[pyfunction(name = "iadd")]
    fn operator_iadd(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Add, a, b)
    }

    /// Same as a - b.
    #[pyfunction(name = "sub")]
    fn operator_sub(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::Subtract, a, b)
    }

    /// Same as a -= b.
    #[pyfunction(name = "isub")]
    fn operator_isub(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Subtract, a, b)
    }

    /// Same as a * b.
    #[pyfunction(name = "mul")]
    fn operator_mul(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::Multiply, a, b)
    }

    /// Same as a *= b.
    #[pyfunction(name = "imul")]
    fn operator_imul(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Multiply, a, b)
    }

    /// Same as a @ b.
    #[pyfunction(name = "matmul")]
    fn operator_matmul(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::MatrixMultiply, a, b)
    }

    /// Same as a @= b.
    #[pyfunction(name = "imatmul")]
    fn operator_imatmul(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::MatrixMultiply, a, b)
    }

    /// Same as a // b.
    #[pyfunction(name = "floordiv")]
    fn operator_floordiv(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::FloorDivide, a, b)
    }

    /// Same as a //= b.
    #[pyfunction(name = "ifloordiv")]
    fn operator_ifloordiv(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::FloorDivide, a, b)
    }

    /// Same as a / b.
    #[pyfunction(name = "truediv")]
    fn operator_truediv(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::TrueDivide, a, b)
    }

    /// Same as a /= b.
    #[pyfunction(name = "itruediv")]
    fn operator_itruediv(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::TrueDivide, a, b)
    }

    /// Same as a % b.
    #[pyfunction(name = "mod")]
    fn operator_mod(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::Remainder, a, b)
    }

    /// Same as a %= b.
    #[pyfunction(name = "imod")]
    fn operator_imod(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Remainder, a, b)
    }

    /// Same as a << b.
    #[pyfunction(name = "lshift")]
    fn operator_lshift(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::LeftShift, a, b)
    }

    /// Same as a <<= b.
    #[pyfunction(name = "ilshift")]
    fn operator_ilshift(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::LeftShift, a, b)
    }

    /// Same as a >> b.
    #[pyfunction(name = "rshift")]
    fn operator_rshift(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::RightShift, a, b)
    }

    /// Same as a >>= b.
    #[pyfunction(name = "irshift")]
    fn operator_irshift(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::RightShift, a, b)
    }

    /// Same as a & b.
    #[pyfunction(name = "and_")]
    fn operator_and_(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::And, a, b)
    }

    /// Same as a &= b.
    #[pyfunction(name = "iand")]
    fn operator_iand(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::And, a, b)
    }

    /// Same as a ^ b.
    #[pyfunction(name = "xor")]
    fn operator_xor(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::Xor, a, b)
    }

    /// Same as a ^= b.
    #[pyfunction(name = "ixor")]
    fn operator_ixor(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Xor, a, b)
    }

    /// Same as a | b.
    #[pyfunction(name = "or_")]
    fn operator_or_(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary(BinaryOp::Or, a, b)
    }

    /// Same as a |= b.
    #[pyfunction(name = "ior")]
    fn operator_ior(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Or, a, b)
    }

    /// Same as a < b.
    #[pyfunction(name = "lt")]
    fn operator_lt(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.compare(a, b, CompareOp::Lt)
    }

    /// Same as a <= b.
    #[pyfunction(name = "le")]
    fn operator_le(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.compare(a, b, CompareOp::Le)
    }

    /// Same as a == b.
    #[pyfunction(name = "eq")]
    fn operator_eq(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.compare(a, b, CompareOp::Eq)
    }

    /// Same as a != b.
    #[pyfunction(name = "ne")]
    fn operator_ne(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.compare(a, b, CompareOp::Ne)
    }

    /// Same as a > b.
    #[pyfunction(name = "gt")]
    fn operator_gt(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.compare(a, b, CompareOp::Gt)
    }

    /// Same as a >= b.
    #[pyfunction(name = "ge")]
    fn operator_ge(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.compare(a, b, CompareOp::Ge)
    }

    /// Same as -a.
    #[pyfunction(name = "neg")]
    fn operator_neg(vm: &mut Vm, a: &Value) -> PyResult {
        vm.negative(a)
    }

    /// Same as +a.
    #[pyfunction(name = "pos")]
    fn operator_pos(vm: &mut Vm, a: &Value) -> PyResult {
        vm.positive(a)
    }

    /// Same as ~a.
    #[pyfunction(name = "inv")]
    fn operator_inv(vm: &mut Vm, a: &Value) -> PyResult {
        vm.invert(a)
    }

    /// Same as ~a.
    #[pyfunction(name = "invert")]
    fn operator_invert(vm: &mut Vm, a: &Value) -> PyResult {
        vm.invert(a)
    }

    /// Same as a ** b.
    #[pyfunction]
    fn pow(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.power(a, b, &Value::NONE)
    }

    /// Same as a **= b.
    #[pyfunction]
    fn ipow(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.binary_inplace(BinaryOp::Power, a, b)
    }

    /// Same as abs(a).
    #[pyfunction]
    fn abs(vm: &mut Vm, a: &Value) -> PyResult {
        match a.class().slots.absolute.get() {
            Some(absolute) => absolute(vm, a),
            None => {
                let found = a.class().name();
                Err(vm.type_error(format!("bad operand type for abs(): '{found}'")))
            }
        }
    }

    /// Return True if a is true, False otherwise.
    #[pyfunction]
    fn truth(vm: &mut Vm, a: &Value) -> PyResult<bool> {
        vm.truth(a)
    }

    /// Same as not a.
    #[pyfunction]
    fn not_(vm: &mut Vm, a: &Value) -> PyResult<bool> {
        Ok(!vm.truth(a)?)
    }

    /// Same as a is b.
    #[pyfunction]
    fn is_(a: &Value, b: &Value) -> bool {
        a.is(b)
    }

    /// Same as a is not b.
    #[pyfunction]
    fn is_not(a: &Value, b: &Value) -> bool {
        !a.is(b)
    }

    /// Same as a.__index__()
    #[pyfunction]
    fn index(vm: &mut Vm, a: &Value) -> PyResult {
        vm.index(a)
    }

    fn check_sequence(vm: &mut Vm, a: &Value) -> PyResult<()> {
        if vm.is_sequence(a) {
            return Ok(());
        }
        let found = a.class().name();
        Err(vm.type_error(format!("'{found}' object can't be concatenated")))
    }

    /// Same as a + b, for a and b sequences.
    #[pyfunction]
    fn concat(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        check_sequence(vm, a)?;
        vm.binary(BinaryOp::Add, a, b)
    }

    /// Same as a += b, for a and b sequences.
    #[pyfunction]
    fn iconcat(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        check_sequence(vm, a)?;
        vm.binary_inplace(BinaryOp::Add, a, b)
    }

    /// Same as b in a (note reversed operands).
    #[pyfunction]
    fn contains(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<bool> {
        vm.contains(a, b)
    }

    /// Return the first index of b in a.
    #[pyfunction(name = "indexOf")]
    fn index_of(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<usize> {
        let iterator = iterator_of(vm, a)?;
        let mut index = 0;
        while let Some(item) = vm.next(&iterator)? {
            if vm.equals(&item, b)? {
                return Ok(index);
            }
            index += 1;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    fn iterator_of(vm: &mut Vm, a: &Value) -> PyResult {
        match vm.iter(a) {
            Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                let found = a.class().name();
                Err(vm.type_error(format!("argument of type '{found}' is not iterable")))
            }
            other => other,
        }
    }

    /// Return the number of items in a which are, or which equal, b.
    #[pyfunction(name = "countOf")]
    fn count_of(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<usize> {
        let iterator = iterator_of(vm, a)?;
        let mut count = 0;
        while let Some(item) = vm.next(&iterator)? {
            count += usize::from(vm.equals(&item, b)?);
        }
        Ok(count)
    }

    /// Same as a[b].
    #[pyfunction]
    fn getitem(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        vm.get_item(a, b)
    }

    /// Same as a[b] = c.
    #[pyfunction]
    fn setitem(vm: &mut Vm, a: &Value, b: &Value, c: Value) -> PyResult<()> {
        vm.set_item(a, b, c)
    }

    /// Same as del a[b].
    #[pyfunction]
    fn delitem(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<()> {
        vm.del_item(a, b)
    }

    /// Return an estimate of the number of items in obj.
    ///
    /// This is useful for presizing containers when building from an iterable.
    ///
    /// If the object supports len(), the result will be exact.
    /// Otherwise, it may over- or under-estimate by an arbitrary amount.
    /// The result will be an integer >= 0.
    #[pyfunction(sig = "(obj, default=0, /)")]
    fn length_hint(vm: &mut Vm, obj: &Value, #[default(Value::int(0))] default: Value) -> PyResult<usize> {
        if default.as_int().is_none() {
            let found = default.class().name();
            return Err(vm.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        let default = vm.to_index(&default)?;
        vm.length_hint(obj, usize::try_from(default).unwrap_or(0))
    }

    /// Same as obj(*args, **kwargs).
    #[pyfunction(sig = "(obj, /, *args, **kwargs)")]
    fn call(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let Some(function) = args.pos().first() else {
            return Err(vm.type_error("call expected at least 1 argument, got 0"));
        };
        vm.call_args(function, args.rest())
    }

    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    #[pyfunction]
    fn _compare_digest(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<bool> {
        let (x, y) = if let (Some(x), Some(y)) = (a.downcast_ref::<Str>(), b.downcast_ref::<Str>()) {
            match (x.as_ref().as_ascii(), y.as_ref().as_ascii()) {
                (Some(x), Some(y)) => (x.to_vec(), y.to_vec()),
                _ => {
                    return Err(vm.type_error("comparing strings with non-ASCII characters is not supported"));
                }
            }
        } else {
            use pvm_vm::types::number_support::bytes_like;
            match (bytes_like(vm, a)?, bytes_like(vm, b)?) {
                (Some(x), Some(y)) => (x, y),
                _ => {
                    let (left, right) = (a.class().name(), b.class().name());
                    return Err(vm.type_error(format!(
                        "unsupported operand types(s) or combination of types: '{left}' and '{right}'"
                    )));
                }
            }
        };
        let difference = x.iter().zip(&y).fold(0, |all, (p, q)| all | (p ^ q));
        Ok(x.len() == y.len() && std::hint::black_box(difference) == 0)
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<getters::ItemGetter>(vm, module, "itemgetter")?;
        add_class::<getters::AttrGetter>(vm, module, "attrgetter")?;
        add_class::<getters::MethodCaller>(vm, module, "methodcaller")?;
        Ok(())
    }
}
