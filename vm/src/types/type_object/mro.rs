//! What follows from a class's bases: its metaclass, the base whose layout it extends, and the order in which
//! attributes are looked up (C3).

use crate::object::class::flag;
use crate::object::{Class, Payload, Ref, Value};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use std::rc::Rc;

/// The most derived metaclass of `metaclass` and those of the bases.
pub fn calculate_metaclass(vm: &mut Vm, metaclass: &Ref<Class>, bases: &[Value]) -> PyResult<Ref<Class>> {
    let mut winner = metaclass.clone();
    for base in bases {
        let candidate = base.class();
        if winner.is_subclass(candidate) {
            continue;
        }
        if candidate.is_subclass(&winner) {
            winner = candidate.clone();
            continue;
        }
        return Err(vm.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// The class at or above `class` that last added something native or `__slots__` to instances.
pub fn solid_base(class: &Ref<Class>) -> Ref<Class> {
    let mut current = class.clone();
    while let Some(base) = current.base() {
        if adds_layout(&current, &base) {
            return current;
        }
        current = base;
    }
    current
}

fn adds_layout(class: &Class, base: &Class) -> bool {
    !std::ptr::eq(class.layout(), base.layout()) || class.reserved_slots() != base.reserved_slots()
}

/// The base whose layout instances extend.
pub fn best_base(vm: &mut Vm, bases: &[Ref<Class>]) -> PyResult<Ref<Class>> {
    let mut winner: Option<(Ref<Class>, Ref<Class>)> = None;
    for base in bases {
        if !base.has(flag::BASE_TYPE) {
            let name = super::full_name(base);
            return Err(vm.type_error(format!("type '{name}' is not an acceptable base type")));
        }
        let candidate = solid_base(base);
        winner = match winner {
            None => Some((candidate, base.clone())),
            Some((solid, _)) if !solid.is_subclass(&candidate) && candidate.is_subclass(&solid) => {
                Some((candidate, base.clone()))
            }
            Some((solid, base)) if solid.is_subclass(&candidate) => Some((solid, base)),
            Some(_) => return Err(vm.type_error("multiple bases have instance lay-out conflict")),
        };
    }
    match winner {
        Some((_, base)) => Ok(base),
        None => Ok(vm.types().object.clone()),
    }
}

/// The method resolution order by C3, the class itself first.
pub fn linearize(vm: &mut Vm, class: &Ref<Class>, bases: &[Ref<Class>]) -> PyResult<Vec<Ref<Class>>> {
    for (i, base) in bases.iter().enumerate() {
        if bases[..i].iter().any(|other| other.is(base)) {
            let name = base.name();
            return Err(vm.type_error(format!("duplicate base class {name}")));
        }
    }
    let mut order = vec![class.clone()];
    if let [base] = bases {
        order.extend(base.mro().iter().cloned());
        return Ok(order);
    }
    let mut lists: Vec<Rc<[Ref<Class>]>> = bases.iter().map(|base| base.mro()).collect();
    lists.push(Rc::from(bases));
    let mut at = vec![0; lists.len()];
    loop {
        let heads = || lists.iter().zip(&at).filter_map(|(list, at)| list.get(*at));
        if heads().next().is_none() {
            return Ok(order);
        }
        let in_a_tail = |candidate: &Ref<Class>| {
            lists.iter().zip(&at).any(|(list, at)| list.iter().skip(at + 1).any(|other| other.is(candidate)))
        };
        let Some(next) = heads().find(|candidate| !in_a_tail(candidate)).cloned() else {
            let mut names: Vec<String> = Vec::new();
            for head in heads() {
                let name = head.name().to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            return Err(vm.type_error(format!(
                "Cannot create a consistent method resolution\norder (MRO) for bases {}",
                names.join(", ")
            )));
        };
        for (list, at) in lists.iter().zip(&mut at) {
            if list.get(*at).is_some_and(|head| head.is(&next)) {
                *at += 1;
            }
        }
        order.push(next);
    }
}

/// The order that a class gets: from its metaclass's `mro` method where that is not `type`'s own.
pub fn resolution_order(vm: &mut Vm, class: &Ref<Class>) -> PyResult<Rc<[Ref<Class>]>> {
    let type_class = vm.types().type_.clone();
    if class.class().is(&type_class) {
        return Ok(Rc::from(linearize(vm, class, &class.bases())?));
    }
    let name = vm.names().mro.clone();
    let own = type_class.lookup(&name);
    let found = class.class().lookup(&name);
    if own.as_ref().zip(found.as_ref()).is_some_and(|(a, b)| a.is(b)) {
        return Ok(Rc::from(linearize(vm, class, &class.bases())?));
    }
    let result = vm.call_method(class.as_value(), &name, &[])?;
    let items = vm.collect(&result)?;
    let solid = solid_base(class);
    let mut order = Vec::with_capacity(items.len());
    for item in items {
        let Some(base) = item.downcast_ref::<Class>() else {
            let found = item.class().name();
            return Err(vm.type_error(format!("mro() returned a non-class ('{found}')")));
        };
        if !solid.is_subclass(&solid_base(base)) {
            let name = base.name();
            return Err(vm.type_error(format!("mro() returned base with unsuitable layout ('{name}')")));
        }
        order.push(base.clone());
    }
    if order.is_empty() {
        return Err(vm.type_error("type MRO must not be empty"));
    }
    Ok(Rc::from(order))
}

/// Whether a base's instances have items of variable number behind them, so that nothing can be added.
pub fn is_variable_size(class: &Class) -> bool {
    let layout = class.layout();
    layout.is(Tuple::layout())
        || layout.is(crate::types::int::Int::layout())
        || layout.is(crate::types::bytes::Bytes::layout())
        || layout.is(<Class as Payload>::layout())
}
