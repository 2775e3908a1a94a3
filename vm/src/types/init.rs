//! Gives the built-in classes their methods: one line a type in [`fill_all`].

use crate::native::{GetSetDef, MethodKind, NativeType};
use crate::object::{Class, Payload, Ref, Value};
use crate::types::dict::Dict;
use crate::types::function::MethodDescriptor;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

/// Fills the classes of [`crate::types::Types`], bases before subclasses.
pub(crate) fn fill_all(vm: &mut Vm) -> PyResult<()> {
    let types = vm.types();
    fill::<super::object_type::ObjectType>(vm, &types.object)?;
    fill::<Class>(vm, &types.type_)?;
    fill::<super::descriptor::MethodDescriptorType>(vm, &types.method_descriptor)?;
    fill::<super::descriptor::ClassMethodDescriptorType>(vm, &types.classmethod_descriptor)?;
    fill::<GetSet>(vm, &types.getset_descriptor)?;
    fill::<super::descriptor::MemberDescriptor>(vm, &types.member_descriptor)?;
    fill::<super::descriptor::WrapperDescriptor>(vm, &types.wrapper_descriptor)?;
    fill::<super::descriptor::MethodWrapper>(vm, &types.method_wrapper)?;
    fill::<super::function::NativeFunction>(vm, &types.native_function)?;
    fill::<super::function::Function>(vm, &types.function)?;
    fill::<super::code::Code>(vm, &types.code)?;
    fill::<super::cell::Cell>(vm, &types.cell)?;
    fill::<super::module::Module>(vm, &types.module)?;
    fill::<super::function::BoundMethod>(vm, &types.method)?;
    fill::<super::method_objects::ClassMethod>(vm, &types.classmethod)?;
    fill::<super::method_objects::StaticMethod>(vm, &types.staticmethod)?;
    fill::<super::property::Property>(vm, &types.property)?;
    fill::<super::super_object::Super>(vm, &types.super_)?;
    fill::<super::mapping_proxy::MappingProxy>(vm, &types.mapping_proxy)?;
    fill::<super::namespace::SimpleNamespace>(vm, &types.simple_namespace)?;
    fill::<super::generic_alias::GenericAlias>(vm, &types.generic_alias)?;
    fill::<super::generic_alias_methods::GenericAliasIterator>(vm, &types.generic_alias_iterator)?;
    fill::<super::union_type::UnionType>(vm, &types.union_type)?;
    super::fill_numbers::fill_numbers(vm)?;
    super::exception_methods::fill_exceptions(vm)?;
    super::generator_methods::fill_generators(vm)?;
    fill::<super::frame::FrameObject>(vm, &types.frame)?;
    fill::<super::traceback::Traceback>(vm, &types.traceback)?;
    super::weakref_methods::fill_weakrefs(vm)?;
    super::fill_text::fill_text(vm)?;
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
                let function = crate::types::function::NativeFunction::new(def, class.into(), Value::NONE);
                super::method_objects::StaticMethod::new(function.into()).into()
            }
        };
        attributes.set_name(def.name, value);
    }
    for def in T::GETSETS {
        let descriptor = GetSet { def, owner: class.clone() };
        attributes.set_name(def.name, Ref::new(descriptor, &vm.types().getset_descriptor));
    }
    T::extend(vm, class)?;
    finish(class);
    Ok(())
}

/// Completes a native class whose own slots and attributes are there: shows the slots as methods, and takes over what
/// the bases have.
pub fn finish(class: &Ref<Class>) {
    let attributes = class.attributes();
    let names = crate::interp::current().names();
    let slots = &class.slots;
    for def in super::slot_functions::own_rows(class) {
        if attributes.get_str(def.dunder.name()).is_none() {
            attributes
                .set_str(def.dunder.name(), super::descriptor::WrapperDescriptor::new(def, class).into());
        }
    }
    let has_own_new = slots.new.get().is_some();
    let object = &crate::interp::current().types().object;
    if has_own_new && attributes.get_str(&names.dunder_new).is_none() {
        super::type_object::creation::add_native_new(class);
    }
    if attributes.get_str(&names.dunder_doc).is_none() {
        attributes.set_str(&names.dunder_doc, Value::NONE);
    }
    // Instances that compare by value cannot be hashed unless the type says how.
    if slots.richcompare.get().is_some() && slots.hash.get().is_none() {
        if attributes.get_str(&names.dunder_hash).is_none() {
            attributes.set_str(&names.dunder_hash, Value::NONE);
        }
        slots.hash.set(Some(super::slot_functions::not_hashable));
    }
    for base in class.mro().iter().skip(1) {
        slots.inherit(&base.slots);
    }
    // Nothing says how instances of a type directly below `object` are made.
    if !has_own_new && class.base().is_some_and(|base| base.is(object)) {
        class.set_flags(crate::object::class::flag::NO_INSTANTIATION, true);
        slots.new.set(None);
    }
    class.modified();
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

impl GetSet {
    /// The descriptor of a computed attribute of a class.
    pub fn new(owner: &Ref<Class>, def: &'static GetSetDef) -> Ref<GetSet> {
        Ref::new(GetSet { def, owner: owner.clone() }, &crate::interp::current().types().getset_descriptor)
    }
}

crate::payload!(GetSet, "getset_descriptor", |g, visit| visit(g.owner.as_value()), |_g| ());

/// A name in a class's dictionary, for `extend` functions.
pub fn set_class_attribute(class: &Ref<Class>, name: &str, value: impl Into<Value>) {
    let dict: &Ref<Dict> = class.attributes();
    let old = dict.replace_str(&crate::interp::current().intern(name), value.into());
    class.modified();
    drop(old);
}

/// The documentation string of a native class, if it has one.
pub fn doc_of(class: &Ref<Class>) -> Option<Ref<Str>> {
    class.attributes().get_name("__doc__")?.downcast::<Str>().ok()
}

/// The class of a native type without methods, made when first asked for: `setup` fills its slots.
pub fn class_of_with<T: Payload>(vm: &mut Vm, name: &str, setup: impl FnOnce(&Ref<Class>)) -> Ref<Class> {
    if let Some(class) = super::class_of::<T>() {
        return class;
    }
    let class = super::native_class::<T>(name, &vm.types().object, &vm.types().type_);
    let key = T::layout() as *const crate::object::Layout as usize;
    vm.interp.native_classes.borrow_mut().insert(key, class.clone());
    setup(&class);
    finish(&class);
    class.modified();
    class
}
