//! Gives the built-in classes their methods: one line a type in [`fill_all`].

use crate::native::{GetSetDef, MethodKind, NativeType};
use crate::object::{Class, Payload, Ref, Value};
use crate::types::dict::Dict;
use crate::types::function::MethodDescriptor;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

/// Fills the classes of [`crate::types::Types`], bases before subclasses.
pub(crate) fn fill_all(vm: &mut Vm) -> PyResult<()> {
    super::fill_numbers::fill_numbers(vm)?;
    Ok(())
}

/// Fills a class from its type's declaration.
pub fn fill<T: NativeType>(vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    T::slots(&class.slots);
    class.set_flags(T::FLAGS, true);
    let attributes = class.attributes();
    if !T::DOC.is_empty() {
        attributes.set_name("__doc__", T::DOC);
    }
    if T::MODULE != "builtins" {
        attributes.set_name("__module__", T::MODULE);
    }
    for def in T::METHODS {
        let value: Value = match def.kind {
            MethodKind::Method => {
                let method = MethodDescriptor { def, owner: class.clone() };
                Ref::new(method, &vm.types().method_descriptor).into()
            }
            MethodKind::ClassMethod => {
                let method = MethodDescriptor { def, owner: class.clone() };
                Ref::new(method, &vm.types().classmethod_descriptor).into()
            }
            MethodKind::StaticMethod | MethodKind::Function => {
                crate::types::function::NativeFunction::new(def, class.into(), Value::NONE).into()
            }
        };
        attributes.set_name(def.name, value);
    }
    for def in T::GETSETS {
        let descriptor = GetSet { def, owner: class.clone() };
        attributes.set_name(def.name, Ref::new(descriptor, &vm.types().getset_descriptor));
    }
    T::extend(vm, class)?;
    for base in class.mro().iter().skip(1) {
        class.slots.inherit(&base.slots);
    }
    class.modified();
    Ok(())
}

/// The class of a native type outside [`crate::types::Types`], made when first asked for.
pub fn class_of<T: NativeType + Payload>(vm: &mut Vm) -> PyResult<Ref<Class>> {
    if let Some(class) = super::class_of::<T>() {
        return Ok(class);
    }
    let base = T::base(vm);
    let class = super::native_class::<T>(T::NAME, &base, &vm.types().type_);
    // Registered before it is filled: filling may ask for it.
    let key = T::layout() as *const crate::object::Layout as usize;
    vm.interp.native_classes.borrow_mut().insert(key, class.clone());
    let inherited =
        base.flags() & (crate::object::class::flag::HAS_ATTRIBUTES | crate::object::class::flag::HAS_DICT);
    class.set_flags(inherited, true);
    fill::<T>(vm, &class)?;
    Ok(class)
}

/// A computed attribute of a native class (`getset_descriptor`).
pub struct GetSet {
    /// Its declaration.
    pub def: &'static GetSetDef,
    /// The class that it was declared in.
    pub owner: Ref<Class>,
}

crate::payload!(GetSet, "getset_descriptor", |g, visit| visit(g.owner.as_value()), |_g| ());

/// A name in a class's dictionary, for `extend` functions.
pub fn set_class_attribute(class: &Ref<Class>, name: &str, value: impl Into<Value>) {
    let dict: &Ref<Dict> = class.attributes();
    dict.set_str(&crate::interp::current().intern(name), value.into());
}

/// The documentation string of a native class, if it has one.
pub fn doc_of(class: &Ref<Class>) -> Option<Ref<Str>> {
    class.attributes().get_name("__doc__")?.downcast::<Str>().ok()
}
