//! `types.UnionType` (`int | str`, PEP 604).

use super::generic_alias_methods::{parameters_of, show_item, substitute};
use crate::interp;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::generic_alias::GenericAlias;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// A union of types.
pub struct UnionType {
    /// The alternatives, flat and without repetitions.
    pub args: Ref<Tuple>,
    parameters: RefCell<Option<Ref<Tuple>>>,
}

crate::payload!(
    UnionType,
    "types.UnionType",
    |u, visit| {
        visit(u.args.as_value());
        u.parameters.borrow().iter().for_each(|p| visit(p.as_value()));
    },
    |u| drop(u.parameters.take())
);

/// Whether `|` makes a union of it.
fn is_unionable(value: &Value) -> bool {
    value.is_none()
        || value.holds::<Class>()
        || value.holds::<GenericAlias>()
        || value.holds::<UnionType>()
        || value.class().name().as_ref() == "TypeAliasType"
}

fn same(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<bool> {
    if a.holds::<GenericAlias>() && b.holds::<GenericAlias>() { vm.equals(a, b) } else { Ok(a.is(b)) }
}

/// `a | b` of types.
pub fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
    if !is_unionable(a) || !is_unionable(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    union(vm, [a, b])
}

fn union<'a>(vm: &mut Vm, parts: impl IntoIterator<Item = &'a Value>) -> PyResult {
    let mut flat: Vec<Value> = Vec::new();
    for part in parts {
        let alternatives = match part.downcast_ref::<UnionType>() {
            Some(union) => union.args.as_slice().to_vec(),
            None if part.is_none() => vec![vm.types().none_type.as_value().clone()],
            None => vec![part.clone()],
        };
        'next: for alternative in alternatives {
            for other in &flat {
                if same(vm, other, &alternative)? {
                    continue 'next;
                }
            }
            flat.push(alternative);
        }
    }
    if let [only] = flat.as_slice() {
        return Ok(only.clone());
    }
    let union = UnionType { args: Tuple::new(flat), parameters: RefCell::new(None) };
    Ok(Ref::new(union, &vm.types().union_type).into())
}

impl UnionType {
    fn parameters(&self, vm: &mut Vm) -> PyResult<Ref<Tuple>> {
        if let Some(known) = &*self.parameters.borrow() {
            return Ok(known.clone());
        }
        let found = parameters_of(vm, self.args.as_slice())?;
        *self.parameters.borrow_mut() = Some(found.clone());
        Ok(found)
    }

    /// Each alternative, none of which may be a parametrised generic.
    fn plain_alternatives(&self, vm: &mut Vm, function: &str) -> PyResult<Vec<Value>> {
        let args = self.args.as_slice().to_vec();
        if args.iter().any(|arg| arg.holds::<GenericAlias>()) {
            return Err(vm.type_error(format!("{function}() argument 2 cannot be a parameterized generic")));
        }
        Ok(args)
    }

    fn as_set(&self, vm: &mut Vm) -> PyResult {
        let frozenset = vm.types().frozenset.as_value().clone();
        vm.call(&frozenset, &[self.args.clone().into()])
    }
}

#[pymethods(
    name = "UnionType",
    module = "types",
    doc = "Represent a PEP 604 union type\n\nE.g. for int | str",
    flags = flag::NO_INSTANTIATION
)]
impl UnionType {
    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<UnionType>) -> PyResult {
        let mut parts = Vec::new();
        for arg in this.args.as_slice() {
            let is_none_type = arg.is(vm.types().none_type.as_value());
            parts.push(if is_none_type { "None".to_string() } else { show_item(vm, arg)? });
        }
        Ok(parts.join(" | ").into())
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<UnionType>) -> PyResult<i64> {
        let set = this.as_set(vm)?;
        vm.hash(&set)
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<UnionType>(), b.downcast_ref::<UnionType>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (x, y) = (x.as_set(vm)?, y.as_set(vm)?);
        vm.compare(&x, &y, op)
    }

    #[slot(or)]
    fn or_slot(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        or(vm, a, b)
    }

    #[slot(getattro)]
    fn getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
        if name.equals(&vm.names().dunder_module) {
            let class = this.class().as_value().clone();
            return vm.get_attr(&class, name);
        }
        crate::protocol::attributes::generic_get_attr(vm, this, name)
    }

    #[slot(getitem)]
    fn getitem(vm: &mut Vm, this: &Ref<UnionType>, item: &Value) -> PyResult {
        let parameters = this.parameters(vm)?;
        let args = substitute(vm, this.as_value(), this.args.as_slice(), &parameters, item)?;
        let mut result: Option<Value> = None;
        for arg in args {
            result = Some(match result {
                None => arg,
                Some(so_far) => vm.binary(crate::protocol::numbers::BinaryOp::Or, &so_far, &arg)?,
            });
        }
        Ok(result.unwrap_or(Value::NONE))
    }

    #[getter(name = "__args__")]
    fn args_attribute(this: &Ref<UnionType>) -> Ref<Tuple> {
        this.args.clone()
    }

    #[getter(name = "__parameters__")]
    fn parameters_attribute(vm: &mut Vm, this: &Ref<UnionType>) -> PyResult<Ref<Tuple>> {
        this.parameters(vm)
    }

    #[method(name = "__instancecheck__", sig = "")]
    fn instancecheck(vm: &mut Vm, this: &Ref<UnionType>, object: &Value) -> PyResult<bool> {
        for class in this.plain_alternatives(vm, "isinstance")? {
            if class.holds::<Class>() && vm.is_instance(object, &class)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[method(name = "__subclasscheck__", sig = "")]
    fn subclasscheck(vm: &mut Vm, this: &Ref<UnionType>, class: &Value) -> PyResult<bool> {
        if !class.holds::<Class>() {
            return Err(vm.type_error("issubclass() arg 1 must be a class"));
        }
        for alternative in this.plain_alternatives(vm, "issubclass")? {
            if alternative.holds::<Class>() && vm.is_subclass(class, &alternative)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The union of a sequence of types, for `typing`.
pub fn of(vm: &mut Vm, types: &[Value]) -> PyResult {
    let _ = interp::current();
    union(vm, types)
}
