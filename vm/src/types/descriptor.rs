//! Descriptors of native classes: methods, class methods, computed attributes, slots of `__slots__`, and native
//! slots shown as methods.

use super::init::GetSet;
use super::slot_table::SlotDef;
use crate::interp;
use crate::native::{Args, FunctionDef, MethodKind};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::function::{MethodDescriptor, NativeFunction};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_object::{full_name, qualname_of};
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;

/// A native slot as the attribute of its class (`int.__add__`).
pub struct WrapperDescriptor {
    /// Which special method it is.
    pub def: &'static SlotDef,
    /// The class whose slot it calls.
    pub owner: Ref<Class>,
}

crate::payload!(WrapperDescriptor, "wrapper_descriptor", |w, visit| visit(w.owner.as_value()), |_w| ());

impl WrapperDescriptor {
    /// The descriptor of a class's own slot.
    pub fn new(def: &'static SlotDef, owner: &Ref<Class>) -> Ref<WrapperDescriptor> {
        let wrapper = WrapperDescriptor { def, owner: owner.clone() };
        Ref::new(wrapper, &interp::current().types().wrapper_descriptor)
    }

    fn call(&self, vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult {
        match self.def.wrapper {
            Some(wrapper) => wrapper(vm, self.def, &self.owner.slots, this, args),
            None => Err(super::slot_wrappers::missing(vm, self.def)),
        }
    }
}

/// A native slot bound to an object (`(1).__add__`).
pub struct MethodWrapper {
    /// The descriptor.
    pub descriptor: Ref<WrapperDescriptor>,
    /// The object.
    pub instance: Value,
}

crate::payload!(
    MethodWrapper,
    "method-wrapper",
    |w, visit| {
        visit(w.descriptor.as_value());
        visit(&w.instance);
    },
    |_w| ()
);

/// An attribute that lies in a slot: of `__slots__`, or of a native object.
pub struct MemberDescriptor {
    /// The attribute's name.
    pub name: Ref<Str>,
    /// The class that has it.
    pub owner: Ref<Class>,
    slot: u32,
    /// How a native class's attribute is read and set; attributes of `__slots__` have none.
    native: Option<&'static crate::native::GetSetDef>,
}

crate::payload!(MemberDescriptor, "member_descriptor", |m, visit| visit(m.owner.as_value()), |_m| ());

impl MemberDescriptor {
    /// The descriptor of a name in `__slots__`.
    pub fn slot(owner: &Ref<Class>, name: &Ref<Str>, slot: u32) -> Ref<MemberDescriptor> {
        let member = MemberDescriptor { name: name.clone(), owner: owner.clone(), slot, native: None };
        Ref::new(member, &interp::current().types().member_descriptor)
    }

    /// The descriptor of an attribute that a native class keeps in its own storage.
    pub fn native(owner: &Ref<Class>, def: &'static crate::native::GetSetDef) -> Ref<MemberDescriptor> {
        let name = interp::current().intern(def.name);
        let member = MemberDescriptor { name, owner: owner.clone(), slot: 0, native: Some(def) };
        Ref::new(member, &interp::current().types().member_descriptor)
    }

    /// Shows computed attributes of a native class as members: it declares as functions what CPython keeps in a structure.
    pub fn replace_getsets(owner: &Ref<Class>, names: &[&str]) {
        for name in names {
            let found = owner.attributes().get_name(name);
            if let Some(getset) = found.as_ref().and_then(|f| f.downcast_ref::<GetSet>()) {
                owner.attributes().set_name(name, MemberDescriptor::native(owner, getset.def));
            }
        }
    }

    /// Whether it shows an attribute of a native class.
    pub fn is_native(&self) -> bool {
        self.native.is_some()
    }

    /// Where instances have the value.
    pub fn slot_index(&self) -> u32 {
        self.slot
    }
}

/// Checks that a descriptor is used on an instance of its class.
fn check_instance(vm: &mut Vm, name: &str, owner: &Ref<Class>, object: &Value) -> PyResult<()> {
    if object.class().is(owner) || object.class().is_subclass(owner) {
        return Ok(());
    }
    let (owner, found) = (full_name(owner), object.class().name());
    Err(vm
        .type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{found}' object")))
}

fn qualified(owner: &Ref<Class>, name: &str) -> Value {
    match qualname_of(owner).downcast::<Str>() {
        Ok(owner) => format!("{}.{name}", owner.as_ref()).into(),
        Err(_) => name.into(),
    }
}

/// `__reduce__` of a descriptor: `getattr(owner, name)`.
fn reduce(vm: &mut Vm, owner: &Value, name: &str) -> PyResult<Value> {
    let builtins = vm.builtin("getattr")?;
    let args: Value = Tuple::new([owner.clone(), name.into()]).into();
    Ok(Tuple::new([builtins, args]).into())
}

/// A declaration's text as an attribute: `None` where there is none.
fn text_or_none(text: &'static str) -> Value {
    if text.is_empty() { Value::NONE } else { text.into() }
}

fn text_signature(def: &FunctionDef) -> Value {
    text_or_none(def.signature.text)
}

// --- method_descriptor ---

/// `method_descriptor`
pub struct MethodDescriptorType;

#[pymethods(name = "method_descriptor", payload = MethodDescriptor, flags = flag::METHOD_DESCRIPTOR | flag::NO_INSTANTIATION)]
impl MethodDescriptorType {
    #[slot(repr)]
    fn repr(this: &Ref<MethodDescriptor>) -> PyResult {
        Ok(format!("<method '{}' of '{}' objects>", this.def.name, full_name(&this.owner)).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<MethodDescriptor>, args: Args<'_>) -> PyResult {
        if let Some(object) = args.pos().first() {
            check_instance(vm, this.def.name, &this.owner, object)?;
        }
        (this.def.function)(vm, args)
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<MethodDescriptor>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let Some(instance) = instance else { return Ok(this.into()) };
        check_instance(vm, this.def.name, &this.owner, instance)?;
        Ok(NativeFunction::new(this.def, instance.clone(), Value::NONE).into())
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<MethodDescriptor>) -> &'static str {
        this.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<MethodDescriptor>) -> Value {
        qualified(&this.owner, this.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<MethodDescriptor>) -> Value {
        text_or_none(this.def.doc)
    }

    #[getter(name = "__objclass__")]
    fn objclass(this: &Ref<MethodDescriptor>) -> Ref<Class> {
        this.owner.clone()
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(this: &Ref<MethodDescriptor>) -> Value {
        text_signature(this.def)
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<MethodDescriptor>) -> PyResult<Value> {
        reduce(vm, this.owner.as_value(), this.def.name)
    }
}

// --- classmethod_descriptor ---

/// `classmethod_descriptor`
pub struct ClassMethodDescriptorType;

#[pymethods(name = "classmethod_descriptor", payload = MethodDescriptor, flags = flag::NO_INSTANTIATION)]
impl ClassMethodDescriptorType {
    #[slot(repr)]
    fn repr(this: &Ref<MethodDescriptor>) -> PyResult {
        Ok(format!("<method '{}' of '{}' objects>", this.def.name, full_name(&this.owner)).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<MethodDescriptor>, args: Args<'_>) -> PyResult {
        let owner = full_name(&this.owner);
        let name = this.def.name;
        let Some(first) = args.pos().first() else {
            return Err(vm.type_error(format!("descriptor '{name}' of '{owner}' object needs an argument")));
        };
        let bound = Self::get(vm, this, None, first)?;
        vm.call_args(&bound, args.rest())
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<MethodDescriptor>, instance: Option<&Value>, owner: &Value) -> PyResult {
        let (own, name) = (&this.owner, this.def.name);
        // Access through an instance that says nothing of the class uses the instance's.
        let class = match (owner.downcast_ref::<Class>(), instance) {
            (Some(class), _) => class.clone(),
            (None, Some(instance)) if owner.is_none() => instance.class().clone(),
            _ => {
                let (own, found) = (full_name(own), owner.class().name());
                let text =
                    format!("descriptor '{name}' for type '{own}' needs a type, not a '{found}' as arg 2");
                return Err(vm.type_error(text));
            }
        };
        if !class.is_subclass(own) {
            let (own, found) = (full_name(own), full_name(&class));
            return Err(vm.type_error(format!(
                "descriptor '{name}' requires a subtype of '{own}' but received '{found}'"
            )));
        }
        Ok(NativeFunction::new(this.def, class.into(), Value::NONE).into())
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<MethodDescriptor>) -> &'static str {
        this.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<MethodDescriptor>) -> Value {
        qualified(&this.owner, this.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<MethodDescriptor>) -> Value {
        text_or_none(this.def.doc)
    }

    #[getter(name = "__objclass__")]
    fn objclass(this: &Ref<MethodDescriptor>) -> Ref<Class> {
        this.owner.clone()
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(this: &Ref<MethodDescriptor>) -> Value {
        text_signature(this.def)
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<MethodDescriptor>) -> PyResult<Value> {
        reduce(vm, this.owner.as_value(), this.def.name)
    }
}

// --- getset_descriptor ---

fn not_writable(vm: &mut Vm, name: &str, owner: &Ref<Class>, object: &Value) -> Raised {
    let interned = vm.intern(name);
    let owner = full_name(owner);
    vm.attribute_error(object, &interned, format!("attribute '{name}' of '{owner}' objects is not writable"))
}

#[pymethods(name = "getset_descriptor", flags = flag::NO_INSTANTIATION)]
impl GetSet {
    #[slot(repr)]
    fn repr(this: &Ref<GetSet>) -> PyResult {
        Ok(format!("<attribute '{}' of '{}' objects>", this.def.name, full_name(&this.owner)).into())
    }

    #[slot(descr_get)]
    fn descr_get(vm: &mut Vm, this: &Ref<GetSet>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let Some(instance) = instance else { return Ok(this.into()) };
        check_instance(vm, this.def.name, &this.owner, instance)?;
        match this.def.get {
            Some(get) => get(vm, instance),
            None => {
                let name = vm.intern(this.def.name);
                let owner = full_name(&this.owner);
                let text = format!("attribute '{}' of '{owner}' objects is not readable", this.def.name);
                Err(vm.attribute_error(instance, &name, text))
            }
        }
    }

    #[slot(descr_set)]
    fn descr_set(vm: &mut Vm, this: &Ref<GetSet>, instance: &Value, value: Option<Value>) -> PyResult<()> {
        check_instance(vm, this.def.name, &this.owner, instance)?;
        match this.def.set {
            Some(set) => set(vm, instance, value),
            None => Err(not_writable(vm, this.def.name, &this.owner, instance)),
        }
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<GetSet>) -> &'static str {
        this.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<GetSet>) -> Value {
        qualified(&this.owner, this.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<GetSet>) -> Value {
        text_or_none(this.def.doc)
    }

    #[getter(name = "__objclass__")]
    fn objclass(this: &Ref<GetSet>) -> Ref<Class> {
        this.owner.clone()
    }
}

// --- member_descriptor ---

#[pymethods(name = "member_descriptor", flags = flag::NO_INSTANTIATION)]
impl MemberDescriptor {
    #[slot(repr)]
    fn repr(this: &Ref<MemberDescriptor>) -> PyResult {
        Ok(format!("<member '{}' of '{}' objects>", this.name.as_ref(), full_name(&this.owner)).into())
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<MemberDescriptor>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let Some(instance) = instance else { return Ok(this.into()) };
        check_instance(vm, &this.name.to_string(), &this.owner, instance)?;
        if let Some(native) = this.native {
            return match native.get {
                Some(get) => get(vm, instance),
                None => Err(vm.no_attribute(instance, &this.name)),
            };
        }
        match attributes::get_slot(instance, this.slot) {
            Some(value) => Ok(value),
            None => Err(vm.no_attribute(instance, &this.name)),
        }
    }

    #[slot(descr_set)]
    fn set(
        vm: &mut Vm,
        this: &Ref<MemberDescriptor>,
        instance: &Value,
        value: Option<Value>,
    ) -> PyResult<()> {
        check_instance(vm, &this.name.to_string(), &this.owner, instance)?;
        if let Some(native) = this.native {
            return match native.set {
                Some(set) => set(vm, instance, value),
                None => Err(vm.attribute_error(instance, &this.name, "readonly attribute")),
            };
        }
        let deleting = value.is_none();
        let old = attributes::replace_slot(instance, this.slot, value.unwrap_or(Value::UNBOUND));
        if deleting && old.is_unbound() {
            return Err(vm.no_attribute(instance, &this.name));
        }
        drop(old);
        Ok(())
    }

    #[getter(name = "__name__")]
    fn name_attribute(this: &Ref<MemberDescriptor>) -> Ref<Str> {
        this.name.clone()
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<MemberDescriptor>) -> Value {
        qualified(&this.owner, &this.name.to_string())
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<MemberDescriptor>) -> Value {
        this.native.map(|def| def.doc).filter(|doc| !doc.is_empty()).into()
    }

    #[getter(name = "__objclass__")]
    fn objclass(this: &Ref<MemberDescriptor>) -> Ref<Class> {
        this.owner.clone()
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<MemberDescriptor>) -> PyResult<Value> {
        reduce(vm, this.owner.as_value(), &this.name.to_string())
    }
}

// --- wrapper_descriptor ---

#[pymethods(name = "wrapper_descriptor", flags = flag::METHOD_DESCRIPTOR | flag::NO_INSTANTIATION)]
impl WrapperDescriptor {
    #[slot(repr)]
    fn repr(this: &Ref<WrapperDescriptor>) -> PyResult {
        Ok(format!("<slot wrapper '{}' of '{}' objects>", this.def.name, full_name(&this.owner)).into())
    }

    #[slot(call)]
    fn call_slot(vm: &mut Vm, this: &Ref<WrapperDescriptor>, args: Args<'_>) -> PyResult {
        let name = this.def.name;
        let Some(object) = args.pos().first() else {
            let owner = full_name(&this.owner);
            return Err(vm.type_error(format!("descriptor '{name}' of '{owner}' object needs an argument")));
        };
        if !object.class().is_subclass(&this.owner) {
            let (owner, found) = (full_name(&this.owner), object.class().name());
            return Err(vm.type_error(format!(
                "descriptor '{name}' requires a '{owner}' object but received a '{found}'"
            )));
        }
        this.call(vm, object, args.rest())
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<WrapperDescriptor>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let Some(instance) = instance else { return Ok(this.into()) };
        check_instance(vm, this.def.name, &this.owner, instance)?;
        let wrapper = MethodWrapper { descriptor: this.clone(), instance: instance.clone() };
        Ok(Ref::new(wrapper, &vm.types().method_wrapper).into())
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<WrapperDescriptor>) -> &'static str {
        this.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<WrapperDescriptor>) -> Value {
        qualified(&this.owner, this.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<WrapperDescriptor>) -> Value {
        text_or_none(this.def.doc)
    }

    #[getter(name = "__objclass__")]
    fn objclass(this: &Ref<WrapperDescriptor>) -> Ref<Class> {
        this.owner.clone()
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(this: &Ref<WrapperDescriptor>) -> Value {
        text_or_none(this.def.text)
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<WrapperDescriptor>) -> PyResult<Value> {
        reduce(vm, this.owner.as_value(), this.def.name)
    }
}

// --- method-wrapper ---

#[pymethods(name = "method-wrapper", flags = flag::NO_INSTANTIATION)]
impl MethodWrapper {
    #[slot(repr)]
    fn repr(this: &Ref<MethodWrapper>) -> PyResult {
        let class = this.instance.class().name();
        let name = this.descriptor.def.name;
        Ok(format!("<method-wrapper '{name}' of {class} object at {:#x}>", this.instance.identity()).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<MethodWrapper>, args: Args<'_>) -> PyResult {
        this.descriptor.call(vm, &this.instance, args)
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<MethodWrapper>) -> PyResult<i64> {
        let _ = vm;
        let hash =
            (this.instance.identity() >> 4) as i64 ^ (this.descriptor.as_value().identity() >> 4) as i64;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare(_vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<MethodWrapper>(), b.downcast_ref::<MethodWrapper>())
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let equal = x.descriptor.is(&y.descriptor) && x.instance.is(&y.instance);
        Ok(match op {
            CompareOp::Eq => Value::bool(equal),
            CompareOp::Ne => Value::bool(!equal),
            _ => Value::NOT_IMPLEMENTED,
        })
    }

    #[getter(name = "__self__")]
    fn instance(this: &Ref<MethodWrapper>) -> Value {
        this.instance.clone()
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<MethodWrapper>) -> &'static str {
        this.descriptor.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<MethodWrapper>) -> Value {
        qualified(&this.descriptor.owner, this.descriptor.def.name)
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<MethodWrapper>) -> Value {
        text_or_none(this.descriptor.def.doc)
    }

    #[getter(name = "__objclass__")]
    fn objclass(this: &Ref<MethodWrapper>) -> Ref<Class> {
        this.descriptor.owner.clone()
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(this: &Ref<MethodWrapper>) -> Value {
        text_or_none(this.descriptor.def.text)
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<MethodWrapper>) -> PyResult<Value> {
        reduce(vm, &this.instance, this.descriptor.def.name)
    }
}

// --- builtin_function_or_method ---

#[pymethods(name = "builtin_function_or_method", flags = flag::HAS_WEAKREF | flag::NO_INSTANTIATION)]
impl NativeFunction {
    /// Whether it is a native class's `__new__`.
    pub fn is_new(&self) -> bool {
        std::ptr::eq(self.def, &super::type_object::NEW)
    }

    /// `__self__` as Python code sees it: static methods have none.
    fn visible_self(&self) -> Value {
        if self.def.kind == MethodKind::StaticMethod { Value::NONE } else { self.instance.clone() }
    }

    #[slot(repr)]
    fn repr(this: &Ref<NativeFunction>) -> PyResult {
        let instance = this.visible_self();
        let name = this.def.name;
        if instance.is_none() || instance.holds::<super::module::Module>() {
            return Ok(format!("<built-in function {name}>").into());
        }
        let class = instance.class().name();
        Ok(format!("<built-in method {name} of {class} object at {:#x}>", instance.identity()).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<NativeFunction>, args: Args<'_>) -> PyResult {
        vm.call_native(this, args)
    }

    #[slot(hash)]
    fn hash(_vm: &mut Vm, this: &Ref<NativeFunction>) -> PyResult<i64> {
        let hash =
            (this.instance.identity() >> 4) as i64 ^ (std::ptr::from_ref(this.def) as usize >> 4) as i64;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare(_vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<NativeFunction>(), b.downcast_ref::<NativeFunction>())
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let equal = std::ptr::eq(x.def, y.def) && x.instance.is(&y.instance);
        Ok(match op {
            CompareOp::Eq => Value::bool(equal),
            CompareOp::Ne => Value::bool(!equal),
            _ => Value::NOT_IMPLEMENTED,
        })
    }

    #[getter(name = "__name__")]
    fn name(this: &Ref<NativeFunction>) -> &'static str {
        this.def.name
    }

    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<NativeFunction>) -> Value {
        let instance = this.visible_self();
        if instance.is_none() || instance.holds::<super::module::Module>() {
            return this.def.name.into();
        }
        match instance.downcast_ref::<Class>() {
            Some(class) => qualified(class, this.def.name),
            None => qualified(instance.class(), this.def.name),
        }
    }

    #[getter(name = "__doc__")]
    fn doc(this: &Ref<NativeFunction>) -> Value {
        text_or_none(this.def.doc)
    }

    #[getter(name = "__self__")]
    fn instance_attribute(this: &Ref<NativeFunction>) -> Value {
        this.visible_self()
    }

    #[getter(name = "__module__")]
    fn module_attribute(this: &Ref<NativeFunction>) -> Value {
        this.module.borrow().clone()
    }

    #[setter(name = "__module__")]
    fn set_module(this: &Ref<NativeFunction>, value: Option<Value>) -> PyResult<()> {
        let old = this.module.replace(value.unwrap_or(Value::NONE));
        drop(old);
        Ok(())
    }

    #[getter(name = "__text_signature__")]
    fn text_signature(this: &Ref<NativeFunction>) -> Value {
        text_signature(this.def)
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<NativeFunction>) -> PyResult<Value> {
        let instance = this.visible_self();
        if instance.is_none() || instance.holds::<super::module::Module>() {
            return Ok(this.def.name.into());
        }
        reduce(vm, &instance, this.def.name)
    }
}
