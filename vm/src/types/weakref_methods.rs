//! Weak references and proxies.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::protocol::numbers::BinaryOp;
use crate::types::init::fill;
use crate::types::str::Str;
use crate::types::weakref::WeakRef;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// Fills the three classes.
pub fn fill_weakrefs(vm: &mut Vm) -> PyResult<()> {
    let types = vm.types();
    fill::<Reference>(vm, &types.weakref)?;
    fill::<Proxy>(vm, &types.weakproxy)?;
    fill::<CallableProxy>(vm, &types.weakcallableproxy)
}

fn check_target(vm: &mut Vm, target: &Value) -> PyResult<()> {
    if target.is_object() && target.class().has(flag::HAS_WEAKREF) {
        return Ok(());
    }
    let class = target.class().name();
    Err(vm.type_error(format!("cannot create weak reference to '{class}' object")))
}

/// A weak reference of `class`; one without a callback is shared.
fn shared(vm: &mut Vm, target: &Value, callback: Value, class: &Ref<Class>) -> Ref<WeakRef> {
    let types = vm.types();
    let shareable = callback.is_none()
        && [&types.weakref, &types.weakproxy, &types.weakcallableproxy].iter().any(|c| c.is(class));
    if shareable {
        let all = vm.interp.weak.references_to(target);
        let found = all.iter().find(|r| r.class().is(class) && r.callback.borrow().is_none());
        if let Some(found) = found {
            return found.clone();
        }
    }
    WeakRef::new(target, callback, class)
}

/// `weakref.proxy(object, callback)`
pub fn proxy(vm: &mut Vm, target: &Value, callback: Value) -> PyResult {
    check_target(vm, target)?;
    let types = vm.types();
    let class = if vm.is_callable(target) { &types.weakcallableproxy } else { &types.weakproxy };
    Ok(shared(vm, target, callback, class).into())
}

/// `weakref.ref`
pub struct Reference;

/// The object and the callback, from the arguments of `ref`.
fn reference_arguments(vm: &mut Vm, what: &str, args: Args<'_>) -> PyResult<(Value, Value)> {
    match args.pos() {
        [target] => Ok((target.clone(), Value::NONE)),
        [target, callback] => Ok((target.clone(), callback.clone())),
        other => {
            let (bound, count, plural) = if other.is_empty() { ("least", 1, "") } else { ("most", 2, "s") };
            let given = other.len();
            Err(vm.type_error(format!("{what} expected at {bound} {count} argument{plural}, got {given}")))
        }
    }
}

#[pymethods(
    name = "ReferenceType",
    module = "weakref",
    payload = WeakRef,
    flags = flag::BASE_TYPE,
    extend = extend_reference
)]
impl Reference {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let (target, callback) = reference_arguments(vm, "__new__", args)?;
        check_target(vm, &target)?;
        Ok(shared(vm, &target, callback, class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<WeakRef>, args: Args<'_>) -> PyResult<()> {
        let _ = this;
        if !args.names.is_empty() {
            return Err(vm.type_error("ref() takes no keyword arguments"));
        }
        reference_arguments(vm, "__init__", args).map(drop)
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<WeakRef>, args: Args<'_>) -> PyResult {
        if !args.names.is_empty() {
            return Err(vm.type_error("weakref.ReferenceType() takes no keyword arguments"));
        }
        if !args.values.is_empty() {
            let given = args.values.len();
            return Err(
                vm.type_error(format!("__call__() takes exactly 0 positional arguments ({given} given)"))
            );
        }
        Ok(this.get().unwrap_or(Value::NONE))
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<WeakRef>) -> PyResult {
        let own = this.as_value().identity();
        let Some(target) = this.get() else { return Ok(format!("<weakref at {own:#x}; dead>").into()) };
        let name = vm.lookup_attr(&target, &vm.names().dunder_name)?;
        let (class, at) = (target.class().name(), target.identity());
        let name = match name.as_ref().and_then(|n| n.downcast_ref::<Str>()) {
            Some(name) => format!(" ({})", name.as_ref()),
            None => String::new(),
        };
        Ok(format!("<weakref at {own:#x}; to '{class}' at {at:#x}{name}>").into())
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<WeakRef>) -> PyResult<i64> {
        if this.hash.get() != -1 {
            return Ok(this.hash.get());
        }
        let Some(target) = this.get() else { return Err(vm.type_error("weak object has gone away")) };
        let hash = vm.hash(&target)?;
        this.hash.set(hash);
        Ok(hash)
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<WeakRef>(), b.downcast_ref::<WeakRef>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let reference = &vm.types().weakref;
        let both = a.class().is_subclass(reference) && b.class().is_subclass(reference);
        if !both || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        match (x.get(), y.get()) {
            (Some(x), Some(y)) => vm.compare(&x, &y, op),
            _ => Ok(Value::bool(a.is(b) == (op == CompareOp::Eq))),
        }
    }

    #[getter(name = "__callback__")]
    fn callback(this: &Ref<WeakRef>) -> Value {
        if this.get().is_none() { Value::NONE } else { this.callback.borrow().clone() }
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(cls: &Ref<Class>, item: &Value) -> Value {
        crate::types::generic_alias::GenericAlias::new(cls.into(), item.clone()).into()
    }
}

fn extend_reference(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    crate::types::descriptor::MemberDescriptor::replace_getsets(class, &["__callback__"]);
    Ok(())
}

/// `weakref.ProxyType`
pub struct Proxy;
/// `weakref.CallableProxyType`
pub struct CallableProxy;

/// What a proxy stands for; anything else stands for itself.
fn target(vm: &mut Vm, value: &Value) -> PyResult {
    let types = vm.types();
    let class = value.class();
    if !class.is(&types.weakproxy) && !class.is(&types.weakcallableproxy) {
        return Ok(value.clone());
    }
    match value.downcast_ref::<WeakRef>().and_then(|proxy| proxy.get()) {
        Some(target) => Ok(target),
        None => Err(vm.reference_error("weakly-referenced object no longer exists")),
    }
}

macro_rules! proxy_operators {
    ($slots:expr; $($slot:ident $inplace:ident $op:ident,)*) => {$({
        fn forward(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
            let (a, b) = (target(vm, a)?, target(vm, b)?);
            vm.binary(BinaryOp::$op, &a, &b)
        }
        fn forward_inplace(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
            let (a, b) = (target(vm, a)?, target(vm, b)?);
            vm.binary_inplace(BinaryOp::$op, &a, &b)
        }
        $slots.$slot.set(Some(forward));
        $slots.$inplace.set(Some(forward_inplace));
    })*};
}

fn forward_special(vm: &mut Vm, this: &Value, name: &str) -> PyResult {
    let target = target(vm, this)?;
    let name_object = vm.intern(name);
    match vm.call_special(&target, &name_object, &[])? {
        Some(value) => Ok(value),
        None => Err(vm.no_attribute(&target, &name_object)),
    }
}

/// Fills the slots that both kinds of proxy have.
fn fill_proxy(class: &Ref<Class>) {
    let slots = &class.slots;
    proxy_operators! {
        slots;
        add inplace_add Add,
        subtract inplace_subtract Subtract,
        multiply inplace_multiply Multiply,
        remainder inplace_remainder Remainder,
        lshift inplace_lshift LeftShift,
        rshift inplace_rshift RightShift,
        and inplace_and And,
        xor inplace_xor Xor,
        or inplace_or Or,
        floor_divide inplace_floor_divide FloorDivide,
        true_divide inplace_true_divide TrueDivide,
        matrix_multiply inplace_matrix_multiply MatrixMultiply,
    }
    slots.divmod.set(Some(|vm, a, b| {
        let (a, b) = (target(vm, a)?, target(vm, b)?);
        let divmod = vm.builtin("divmod")?;
        vm.call(&divmod, &[a, b])
    }));
    slots.power.set(Some(|vm, a, b, c| {
        let (a, b, c) = (target(vm, a)?, target(vm, b)?, target(vm, c)?);
        vm.power(&a, &b, &c)
    }));
    slots.inplace_power.set(Some(|vm, a, b, _| {
        let (a, b) = (target(vm, a)?, target(vm, b)?);
        vm.binary_inplace(BinaryOp::Power, &a, &b)
    }));
    slots.negative.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.negative(&target)
    }));
    slots.positive.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.positive(&target)
    }));
    slots.invert.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.invert(&target)
    }));
    slots.absolute.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.unary(target.class().slots.absolute.get(), "abs()", &target)
    }));
    slots.int.set(Some(|vm, this| forward_special(vm, this, "__int__")));
    slots.float.set(Some(|vm, this| forward_special(vm, this, "__float__")));
    slots.index.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.index(&target)
    }));
    slots.bool.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.truth(&target)
    }));
    slots.repr.set(Some(|vm, this| {
        let target = target(vm, this)?;
        let (own, class) = (this.identity(), target.class().name());
        Ok(format!("<weakproxy at {own:#x} to {class} at {:#x}>", target.identity()).into())
    }));
    slots.str.set(Some(|vm, this| {
        let target = target(vm, this)?;
        Ok(vm.str(&target)?.into())
    }));
    slots.getattro.set(Some(|vm, this, name| {
        let target = target(vm, this)?;
        vm.get_attr(&target, name)
    }));
    slots.setattro.set(Some(|vm, this, name, value| {
        let target = target(vm, this)?;
        match value {
            Some(value) => vm.set_attr(&target, name, value),
            None => vm.del_attr(&target, name),
        }
    }));
    slots.richcompare.set(Some(|vm, a, b, op| {
        let (a, b) = (target(vm, a)?, target(vm, b)?);
        vm.compare(&a, &b, op)
    }));
    slots.iter.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.iter(&target)
    }));
    slots.next.set(Some(|vm, this| {
        let target = target(vm, this)?;
        if target.class().slots.next.get().is_none() {
            let class = target.class().name();
            return Err(vm.type_error(format!("Weakref proxy referenced a non-iterator '{class}' object")));
        }
        vm.next(&target)
    }));
    slots.len.set(Some(|vm, this| {
        let target = target(vm, this)?;
        vm.length(&target)
    }));
    slots.getitem.set(Some(|vm, this, key| {
        let target = target(vm, this)?;
        vm.get_item(&target, key)
    }));
    slots.setitem.set(Some(|vm, this, key, value| {
        let target = target(vm, this)?;
        match value {
            Some(value) => vm.set_item(&target, key, value),
            None => vm.del_item(&target, key),
        }
    }));
    slots.contains.set(Some(|vm, this, item| {
        let target = target(vm, this)?;
        vm.contains(&target, item)
    }));
}

#[pymethods(
    name = "ProxyType",
    module = "weakref",
    payload = WeakRef,
    flags = flag::NO_INSTANTIATION,
    extend = extend_proxy
)]
impl Proxy {
    #[method(name = "__bytes__", sig = "")]
    fn bytes(vm: &mut Vm, this: &Value) -> PyResult {
        forward_special(vm, this, "__bytes__")
    }

    #[method(name = "__reversed__", sig = "")]
    fn reversed(vm: &mut Vm, this: &Value) -> PyResult {
        forward_special(vm, this, "__reversed__")
    }
}

#[pymethods(
    name = "CallableProxyType",
    module = "weakref",
    payload = WeakRef,
    flags = flag::NO_INSTANTIATION,
    extend = extend_proxy
)]
impl CallableProxy {
    #[slot(call)]
    fn call(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult {
        let target = target(vm, this)?;
        vm.call_args(&target, args)
    }

    #[method(name = "__bytes__", sig = "")]
    fn bytes(vm: &mut Vm, this: &Value) -> PyResult {
        forward_special(vm, this, "__bytes__")
    }

    #[method(name = "__reversed__", sig = "")]
    fn reversed(vm: &mut Vm, this: &Value) -> PyResult {
        forward_special(vm, this, "__reversed__")
    }
}

fn extend_proxy(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    fill_proxy(class);
    Ok(())
}
