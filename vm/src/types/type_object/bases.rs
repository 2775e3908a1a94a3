//! Assignment to `__bases__` of a class and `__class__` of an instance: whether the layouts allow it, and what follows.

use super::creation::has_any_dict;
use super::mro::{best_base, resolution_order, solid_base};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::slot_functions;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use std::rc::Rc;

/// `cls.__bases__ = …`
pub fn set_bases(vm: &mut Vm, class: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
    let Some(value) = value else { return Ok(()) };
    let name = class.name();
    let Some(tuple) = value.downcast_ref::<Tuple>() else {
        let found = value.class().name();
        return Err(vm.type_error(format!("can only assign tuple to {name}.__bases__, not {found}")));
    };
    if tuple.is_empty() {
        return Err(vm.type_error(format!("can only assign non-empty tuple to {name}.__bases__, not ()")));
    }
    let mut bases: Vec<Ref<Class>> = Vec::with_capacity(tuple.len());
    for item in tuple.as_slice() {
        let Some(base) = item.downcast_ref::<Class>() else {
            let found = item.class().name();
            return Err(vm.type_error(format!("{name}.__bases__ must be tuple of classes, not '{found}'")));
        };
        // The orders may lag behind while a metaclass's `mro` runs; the chain of bases does not.
        let in_chain =
            std::iter::successors(Some(base.clone()), |base| base.base()).any(|base| base.is(class));
        if in_chain || base.is_subclass(class) {
            return Err(vm.type_error("a __bases__ item causes an inheritance cycle"));
        }
        bases.push(base.clone());
    }
    let new_base = best_base(vm, &bases)?;
    if let Some(old_base) = class.base() {
        check_compatible(vm, &old_base, &new_base, "__bases__")?;
    }
    let old = (class.base(), class.bases());
    let new: Rc<[Ref<Class>]> = Rc::from(bases.as_slice());
    class.set_bases(Some(new_base), new.clone());
    let renewed = renew_orders(vm, class);
    // A metaclass's `mro` may have set the bases meanwhile: then those hold.
    if !Rc::ptr_eq(&class.bases(), &new) {
        return renewed;
    }
    if let Err(raised) = renewed {
        class.set_bases(old.0, old.1);
        return Err(raised);
    }
    for base in old.1.iter() {
        base.remove_subclass(class);
    }
    for base in &bases {
        base.add_subclass(class);
    }
    class.modified();
    slot_functions::refill(class);
    Ok(())
}

/// Computes the orders of a class and all below it; all or nothing.
fn renew_orders(vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    // Each class with its new order and the one before.
    let mut done: Vec<(Ref<Class>, Rc<[Ref<Class>]>, Rc<[Ref<Class>]>)> = Vec::new();
    let mut work = vec![class.clone()];
    while let Some(class) = work.pop() {
        let old = class.mro();
        let order = match resolution_order(vm, &class) {
            Ok(order) => order,
            Err(raised) => {
                for (class, new, old) in done.into_iter().rev() {
                    if Rc::ptr_eq(&class.mro(), &new) {
                        class.set_mro(old);
                        class.modified();
                    }
                }
                return Err(raised);
            }
        };
        // Whoever got here while a metaclass's `mro` ran has renewed this class and those below it.
        if !Rc::ptr_eq(&class.mro(), &old) {
            continue;
        }
        class.set_mro(order.clone());
        class.modified();
        work.extend(class.subclasses().into_iter().rev());
        done.push((class, order, old));
    }
    Ok(())
}

/// Whether instances of one class can become instances of the other.
fn check_compatible(vm: &mut Vm, old: &Ref<Class>, new: &Ref<Class>, attribute: &str) -> PyResult<()> {
    if same_layout(old, new) {
        return Ok(());
    }
    Err(layout_differs(vm, old, new, attribute))
}

#[cold]
fn layout_differs(vm: &mut Vm, old: &Class, new: &Class, attribute: &str) -> Raised {
    let collected = |class: &Class| class.has(flag::HEAP) || class.layout().gc;
    let what = if collected(new) == collected(old) { "object layout" } else { "deallocator" };
    let (new, old) = (new.name(), old.name());
    vm.type_error(format!("{attribute} assignment: '{new}' {what} differs from '{old}'"))
}

fn same_layout(a: &Ref<Class>, b: &Ref<Class>) -> bool {
    if a.is(b) {
        return true;
    }
    std::ptr::eq(a.layout(), b.layout())
        && a.reserved_slots() == b.reserved_slots()
        && has_any_dict(a) == has_any_dict(b)
        && a.has(flag::HAS_WEAKREF) == b.has(flag::HAS_WEAKREF)
        && (solid_base(a).is(&solid_base(b)) || same_slots(a, b))
}

/// Whether two classes give the same names to the same `__slots__`.
fn same_slots(a: &Ref<Class>, b: &Ref<Class>) -> bool {
    let names = |class: &Ref<Class>| {
        let solid = solid_base(class);
        let mut names = Vec::new();
        for (key, value) in solid.attributes().items() {
            if let Some(member) = value.downcast_ref::<crate::types::descriptor::MemberDescriptor>() {
                names.push((member.slot_index(), key.bits()));
            }
        }
        names.sort_unstable();
        names
    };
    let base = |class: &Ref<Class>| solid_base(class).base().map(|base| solid_base(&base));
    let bases_agree = match (base(a), base(b)) {
        (Some(a), Some(b)) => a.is(&b),
        (None, None) => true,
        _ => false,
    };
    bases_agree && names(a) == names(b)
}

/// `instance.__class__ = …`
pub fn set_class(vm: &mut Vm, object: &Value, value: Option<Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("can't delete __class__ attribute"));
    };
    let Some(new) = value.downcast_ref::<Class>() else {
        let found = value.class().name();
        return Err(vm.type_error(format!("__class__ must be set to a class, not '{found}' object")));
    };
    let old = object.class().clone();
    let is_module = |class: &Ref<Class>| class.is_subclass(&vm.types().module);
    let mutable = old.has(flag::HEAP) && new.has(flag::HEAP);
    if !(mutable || is_module(new) && is_module(&old)) {
        return Err(
            vm.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses")
        );
    }
    check_compatible(vm, &old, new, "__class__")?;
    crate::object::attributes::change_class(object, new);
    Ok(())
}
