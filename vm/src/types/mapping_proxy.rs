//! `types.MappingProxyType`: a read-only view of a mapping.

use crate::interp;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::generic_alias::GenericAlias;
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A read-only view.
pub struct MappingProxy {
    /// What is seen through it.
    pub mapping: Value,
}

crate::payload!(MappingProxy, "mappingproxy", |p, visit| visit(&p.mapping), |_p| ());

impl MappingProxy {
    /// A view of a mapping.
    pub fn new(mapping: Value) -> Ref<MappingProxy> {
        Ref::new(MappingProxy { mapping }, &interp::current().types().mapping_proxy)
    }
}

#[pymethods(name = "mappingproxy", doc = "Read-only proxy of a mapping.", flags = flag::MAPPING)]
impl MappingProxy {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[crate::native::Param] = &[crate::native::Param {
            name: "mapping",
            kind: crate::native::ParamKind::Positional,
            required: true,
        }];
        let (slots, _) = crate::native::bind::<1, 1, 1>(vm, "mappingproxy", PARAMS, args)?;
        let mapping = crate::native::present(vm, slots[0])?;
        let is_mapping = mapping.class().slots.getitem.get().is_some();
        if !is_mapping || mapping.holds::<List>() || mapping.holds::<Tuple>() {
            let found = mapping.class().name();
            return Err(vm.type_error(format!("mappingproxy() argument must be a mapping, not {found}")));
        }
        Ok(MappingProxy::new(mapping.clone()).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        let inner = vm.repr(&this.mapping)?;
        Ok(format!("mappingproxy({inner})").into())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        Ok(vm.str(&this.mapping)?.into())
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult<i64> {
        vm.check_native_stack("")?;
        vm.hash(&this.mapping)
    }

    #[slot(len)]
    fn len(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult<usize> {
        vm.check_native_stack("")?;
        vm.length(&this.mapping)
    }

    #[slot(getitem)]
    fn getitem(vm: &mut Vm, this: &Ref<MappingProxy>, key: &Value) -> PyResult {
        vm.check_native_stack("")?;
        vm.get_item(&this.mapping, key)
    }

    #[slot(contains)]
    fn contains(vm: &mut Vm, this: &Ref<MappingProxy>, key: &Value) -> PyResult<bool> {
        vm.check_native_stack("")?;
        vm.contains(&this.mapping, key)
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        vm.check_native_stack("")?;
        vm.iter(&this.mapping)
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        match a.downcast_ref::<MappingProxy>() {
            Some(proxy) => vm.compare(&proxy.mapping, b, op),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let open =
            |v: &Value| v.downcast_ref::<MappingProxy>().map_or_else(|| v.clone(), |p| p.mapping.clone());
        let (a, b) = (open(a), open(b));
        vm.binary(crate::protocol::numbers::BinaryOp::Or, &a, &b)
    }

    #[slot(inplace_or)]
    fn inplace_or(vm: &mut Vm, this: &Value, _other: &Value) -> PyResult {
        let class = this.class().name();
        Err(vm.type_error(format!("'|=' is not supported by {class}; use '|' instead")))
    }

    /// Return the value for key if key is in the mapping, else default.
    #[method(sig = "(key, default=None, /)")]
    fn get(vm: &mut Vm, this: &Ref<MappingProxy>, key: &Value, default: Value) -> PyResult {
        vm.call_method_str(&this.mapping, "get", &[key.clone(), default])
    }

    /// a set-like object providing a view on D's keys
    #[method(sig = "")]
    fn keys(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        vm.call_method_str(&this.mapping, "keys", &[])
    }

    /// an object providing a view on D's values
    #[method(sig = "")]
    fn values(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        vm.call_method_str(&this.mapping, "values", &[])
    }

    /// a set-like object providing a view on D's items
    #[method(sig = "")]
    fn items(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        vm.call_method_str(&this.mapping, "items", &[])
    }

    /// a shallow copy of D
    #[method(sig = "")]
    fn copy(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        if let Some(dict) = this.mapping.downcast_ref::<Dict>()
            && dict.class().is(&vm.types().dict)
        {
            return Ok(dict.copy().into());
        }
        vm.call_method_str(&this.mapping, "copy", &[])
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(cls: &Ref<Class>, item: Value) -> Value {
        GenericAlias::new(cls.into(), item).into()
    }

    /// D.__reversed__() -> reverse iterator
    #[method(name = "__reversed__", sig = "")]
    fn reversed(vm: &mut Vm, this: &Ref<MappingProxy>) -> PyResult {
        vm.call_method_str(&this.mapping, "__reversed__", &[])
    }
}
