//! `locals()` and `f_locals`.

use crate::object::{Ref, Value};
use crate::types::cell::Cell;
use crate::types::dict::Dict;
use crate::types::frame::FrameObject;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::code::{code_flags, local_kind};

/// The variables of an activation as a mapping: its name space, or a dictionary that is brought up to date.
pub fn locals(vm: &mut Vm, frame: &Ref<FrameObject>) -> PyResult {
    let code = frame.code.clone();
    let optimized = code.has_flag(code_flags::OPTIMIZED);
    let name_space = vm.frame_name_space(frame);
    if let (false, Some(name_space)) = (optimized, &name_space) {
        return Ok(name_space.clone());
    }
    let dict = match frame.locals.borrow().as_ref().and_then(|l| l.downcast_ref::<Dict>().cloned()) {
        Some(dict) => dict,
        None => Dict::new(),
    };
    let values = vm.frame_variables(frame);
    for ((name, kind), value) in
        code.localsplusnames.iter().zip(code.object.localspluskinds.iter()).zip(values)
    {
        if kind & local_kind::HIDDEN != 0 || (kind & local_kind::FREE != 0 && !optimized) {
            continue;
        }
        let value = match value.downcast_ref::<Cell>() {
            Some(cell) if kind & (local_kind::CELL | local_kind::FREE) != 0 => cell.get(),
            _ => value,
        };
        if value.is_unbound() {
            drop(dict.remove_str(name));
        } else {
            dict.set_str(name, value);
        }
    }
    let old = frame.locals.replace(Some((&dict).into()));
    drop(old);
    Ok(Value::from(dict))
}
