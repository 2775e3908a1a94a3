//! `types.SimpleNamespace`.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A `types.SimpleNamespace`: it has attributes and nothing else.
pub struct SimpleNamespace;

crate::payload!(SimpleNamespace, "types.SimpleNamespace", |_n, _visit| (), |_n| ());

impl SimpleNamespace {
    /// A name space with these attributes.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, Value)>) -> Ref<SimpleNamespace> {
        let interp = crate::interp::current();
        let namespace = Ref::new(SimpleNamespace, &interp.types().simple_namespace);
        for (name, value) in values {
            attributes::set(namespace.as_value(), &interp.intern(name), value);
        }
        namespace
    }
}

#[pymethods(
    name = "SimpleNamespace",
    module = "types",
    doc = "A simple attribute-based namespace.\n\nSimpleNamespace(**kwargs)",
    flags = flag::BASE_TYPE | flag::HAS_ATTRIBUTES | flag::HAS_DICT
)]
impl SimpleNamespace {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(SimpleNamespace, class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult<()> {
        if !args.pos().is_empty() {
            return Err(vm.type_error("no positional arguments expected"));
        }
        for (name, value) in args.keywords() {
            if let Some(name) = name.downcast_ref::<Str>() {
                let name = vm.interp.intern_ref(name);
                attributes::set(this, &name, value.clone());
            }
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Value) -> PyResult {
        let own = this.class().is(&vm.types().simple_namespace);
        let name = if own { "namespace".to_string() } else { this.class().name().to_string() };
        let inner = vm.repr_guard(this, |vm| {
            let mut parts = Vec::new();
            for (key, value) in attributes::snapshot(this).unwrap_or_default() {
                let Some(key) = key.downcast_ref::<Str>() else { continue };
                if key.is_empty() {
                    continue;
                }
                let value = vm.repr(&value)?;
                parts.push(format!("{key}={value}"));
            }
            Ok(parts.join(", "))
        })?;
        Ok(match inner {
            Some(inner) => format!("{name}({inner})"),
            None => format!("{name}(...)"),
        }
        .into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        if !a.holds::<SimpleNamespace>() || !b.holds::<SimpleNamespace>() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (a, b): (Value, Value) = (attributes::dict(a).into(), attributes::dict(b).into());
        vm.compare(&a, &b, op)
    }

    /// Return state information for pickling
    #[method(name = "__reduce__", sig = "")]
    fn reduce(this: &Value) -> Value {
        let class = this.class().as_value().clone();
        let empty: Value = crate::interp::current().names().empty_tuple.clone().into();
        Tuple::new([class, empty, attributes::dict(this).into()]).into()
    }

    #[getter(name = "__dict__")]
    fn dict(this: &Value) -> Option<Ref<Dict>> {
        attributes::dict(this)
    }
}
