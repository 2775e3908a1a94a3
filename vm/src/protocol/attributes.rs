//! Attributes: generic lookup, and the entry points that respect a class's own.

use crate::object::{Class, Ref, Value, attributes};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

impl Value {
    /// The value's class.
    #[inline(always)]
    pub fn class(&self) -> &Ref<Class> {
        match self.header() {
            Some(header) => header.class(),
            None => self.immediate_class(),
        }
    }

    #[inline]
    fn immediate_class(&self) -> &'static Ref<Class> {
        let types = crate::interp::current().types();
        if self.is_small_int() {
            &types.int
        } else if self.is_tagged_float() {
            &types.float
        } else if self.as_bool().is_some() {
            &types.bool
        } else if self.is_none() {
            &types.none_type
        } else if self.is_not_implemented() {
            &types.not_implemented_type
        } else if self.is_unbound() {
            &types.unbound_type
        } else {
            &types.ellipsis
        }
    }
}

impl Vm {
    /// `object.name`. The name must be interned.
    #[inline]
    pub fn get_attr(&mut self, object: &Value, name: &Ref<Str>) -> PyResult {
        match object.class().slots.getattro.get() {
            Some(getattro) => {
                getattro(self, object, name).map_err(|raised| self.with_attribute(raised, object, name))
            }
            None => Err(self.no_attribute(object, name)),
        }
    }

    /// `object.name` for a name known here.
    pub fn get_attr_str(&mut self, object: &Value, name: &str) -> PyResult {
        let name = self.intern(name);
        self.get_attr(object, &name)
    }

    /// `object.name`, or `None` where that raises `AttributeError`. The name must be interned.
    pub fn lookup_attr(&mut self, object: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
        // The usual case without making an exception only to drop it.
        let generic: crate::object::slots::GetAttrFn = generic_get_attr;
        if object.class().slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic)) {
            // A property's function may raise it too.
            return match self.generic_lookup(object, name) {
                Err(raised) if raised.is(&self.types().exceptions.attribute_error) => Ok(None),
                other => other,
            };
        }
        let of_type: crate::object::slots::GetAttrFn = crate::types::type_object::type_getattro;
        if object.class().slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, of_type)) {
            return match crate::types::type_object::type_getattr_opt(self, object, name) {
                Err(raised) if raised.is(&self.types().exceptions.attribute_error) => Ok(None),
                other => other,
            };
        }
        let of_module: crate::object::slots::GetAttrFn = crate::types::module_methods::module_getattro;
        if object.class().slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, of_module)) {
            return match crate::types::module_methods::module_lookup(self, object, name) {
                Err(raised) if raised.is(&self.types().exceptions.attribute_error) => Ok(None),
                other => other,
            };
        }
        match self.get_attr(object, name) {
            Ok(value) => Ok(Some(value)),
            Err(raised) if raised.is(&self.types().exceptions.attribute_error) => Ok(None),
            Err(raised) => Err(raised),
        }
    }

    /// [`Vm::lookup_attr`] for a name known here.
    pub fn lookup_attr_str(&mut self, object: &Value, name: &str) -> PyResult<Option<Value>> {
        let name = self.intern(name);
        self.lookup_attr(object, &name)
    }

    /// `object.name = value`. The name must be interned.
    pub fn set_attr(&mut self, object: &Value, name: &Ref<Str>, value: Value) -> PyResult<()> {
        self.store_attr(object, name, Some(value))
    }

    /// [`Vm::set_attr`] for a name known here.
    pub fn set_attr_str(&mut self, object: &Value, name: &str, value: impl Into<Value>) -> PyResult<()> {
        let name = self.intern(name);
        self.store_attr(object, &name, Some(value.into()))
    }

    /// `del object.name`. The name must be interned.
    pub fn del_attr(&mut self, object: &Value, name: &Ref<Str>) -> PyResult<()> {
        self.store_attr(object, name, None)
    }

    fn store_attr(&mut self, object: &Value, name: &Ref<Str>, value: Option<Value>) -> PyResult<()> {
        match object.class().slots.setattro.get() {
            Some(setattro) => setattro(self, object, name, value),
            None => {
                let class = object.class().name();
                let access = if value.is_some() { "assign to" } else { "del" };
                Err(self.type_error(format!("'{class}' object has no attributes ({access} .{name})")))
            }
        }
    }

    /// A special method as the interpreter finds it: on the class, bound to the object. `None` where the class has none.
    pub fn lookup_special(&mut self, object: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
        let class = object.class().clone();
        let Some(found) = class.lookup(name) else { return Ok(None) };
        match found.class().slots.descr_get.get() {
            Some(get) => get(self, &found, Some(object), class.as_value()).map(Some),
            None => Ok(Some(found)),
        }
    }

    /// Generic attribute lookup; `None` where there is no such attribute.
    pub fn generic_lookup(&mut self, object: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
        let class = object.class().clone();
        let descriptor = class.lookup(name);
        if let Some(descriptor) = &descriptor {
            let slots = &descriptor.class().slots;
            if slots.descr_set.get().is_some()
                && let Some(get) = slots.descr_get.get()
            {
                return match get(self, descriptor, Some(object), class.as_value()) {
                    Ok(value) => Ok(Some(value)),
                    Err(raised) => Err(raised),
                };
            }
        }
        if let Some(value) = attributes::get(object, name) {
            return Ok(Some(value));
        }
        let Some(descriptor) = descriptor else { return Ok(None) };
        match descriptor.class().slots.descr_get.get() {
            Some(get) => get(self, &descriptor, Some(object), class.as_value()).map(Some),
            None => Ok(Some(descriptor)),
        }
    }

    /// A method to call on an object: the function and whether the object is still to be passed as first argument.
    pub fn get_method(&mut self, object: &Value, name: &Ref<Str>) -> PyResult<(Value, bool)> {
        let class = object.class();
        let generic: crate::object::slots::GetAttrFn = generic_get_attr;
        if class.slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic))
            && let Some(found) = class.lookup(name)
            && found.class().has(crate::object::class::flag::METHOD_DESCRIPTOR)
            && attributes::get(object, name).is_none()
        {
            return Ok((found, true));
        }
        Ok((self.get_attr(object, name)?, false))
    }
}

/// `object.__getattribute__`
pub fn generic_get_attr(vm: &mut Vm, object: &Value, name: &Ref<Str>) -> PyResult {
    match vm.generic_lookup(object, name)? {
        Some(value) => Ok(value),
        None => Err(vm.no_attribute(object, name)),
    }
}

/// `object.__setattr__` and `object.__delattr__`
pub fn generic_set_attr(vm: &mut Vm, object: &Value, name: &Ref<Str>, value: Option<Value>) -> PyResult<()> {
    let class = object.class().clone();
    let descriptor = class.lookup(name);
    if let Some(descriptor) = &descriptor
        && let Some(set) = descriptor.class().slots.descr_set.get()
    {
        return set(vm, descriptor, object, value);
    }
    let done = match value {
        Some(value) => attributes::set(object, name, value),
        None => attributes::delete(object, name),
    };
    if done {
        return Ok(());
    }
    if descriptor.is_some() && !class.has_dict() {
        let message = format!("'{}' object attribute '{name}' is read-only", class.name());
        return Err(vm.attribute_error(object, name, message));
    }
    Err(vm.no_attribute(object, name))
}
