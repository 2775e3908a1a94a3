//! Exceptions that nobody can catch (`sys.unraisablehook`).

use crate::display::{class_name, traceback_text};
use crate::object::Value;
use crate::text::StrBuilder;
use crate::types::traceback::Traceback;
use crate::vm::{Raised, Vm};

/// Reports an exception that cannot be raised where it happened, through `sys.unraisablehook` where that is not the
/// built-in one.
pub fn report(vm: &mut Vm, raised: Raised, message: Option<&str>, object: Option<&Value>) {
    let missing = raised.0.traceback.borrow().is_none();
    if missing && let Some(frame) = vm.frame_object(0) {
        let lasti = vm.frame_lasti(&frame);
        let level = Traceback::new(frame, lasti, -1, None);
        let old = raised.0.traceback.replace(Some(level));
        drop(old);
    }
    let hook = vm.sys_attribute("unraisablehook").filter(|hook| !hook.is_none());
    let original = vm.sys_attribute("__unraisablehook__");
    if let Some(hook) = hook
        && original.is_some_and(|original| !original.is(&hook))
    {
        match hook_arguments(vm, &raised, message, object) {
            Ok(arguments) => match vm.call(&hook, &[arguments]) {
                Ok(_) => return,
                Err(second) => {
                    let what = "Exception ignored in sys.unraisablehook";
                    print(vm, &second, Some(what), Some(&hook));
                    return;
                }
            },
            Err(second) => {
                let what = "Exception ignored on building sys.unraisablehook arguments";
                print(vm, &second, Some(what), None);
            }
        }
    }
    print(vm, &raised, message, object);
}

/// The built-in hook.
pub fn print(vm: &mut Vm, raised: &Raised, message: Option<&str>, object: Option<&Value>) {
    let mut out = StrBuilder::new();
    match object.filter(|o| !o.is_none()) {
        Some(object) => {
            out.push_utf8(message.unwrap_or("Exception ignored in"));
            out.push_utf8(": ");
            match vm.repr(object) {
                Ok(text) => out.push_str(text.as_ref()),
                Err(_) => out.push_utf8("<object repr() failed>"),
            }
            out.push('\n'.into());
        }
        None => {
            if let Some(message) = message {
                out.push_utf8(message);
                out.push_utf8(":\n");
            }
        }
    }
    let traceback = raised.0.traceback.borrow().clone();
    if let Some(traceback) = traceback {
        out.push_str(traceback_text(vm, &traceback).as_ref());
    }
    let class: Value = raised.class().into();
    out.push_str(class_name(vm, &class, &["builtins", "__main__"]).as_ref());
    out.push_utf8(": ");
    match vm.str(&raised.value()) {
        Ok(text) => out.push_str(text.as_ref()),
        Err(_) => out.push_utf8("<exception str() failed>"),
    }
    out.push('\n'.into());
    vm.write_stderr_text(out.finish());
}

/// The hook's argument: `sys.UnraisableHookArgs`.
fn hook_arguments(
    vm: &mut Vm,
    raised: &Raised,
    message: Option<&str>,
    object: Option<&Value>,
) -> crate::vm::PyResult {
    let class: Value = raised.class().into();
    let traceback: Value = raised.0.traceback.borrow().clone().into();
    let fields = [class, raised.value(), traceback, message.into(), object.into()];
    if let Some(arguments) = vm.sys_attribute("UnraisableHookArgs") {
        let fields: Value = crate::types::tuple::Tuple::new(fields).into();
        return vm.call(&arguments, &[fields]);
    }
    Err(vm.runtime_error("lost sys.UnraisableHookArgs"))
}

/// `sys.unraisablehook(unraisable)` with its argument's attributes.
pub fn default_hook(vm: &mut Vm, arguments: &Value) -> crate::vm::PyResult<()> {
    let value = vm.get_attr_str(arguments, "exc_value")?;
    let message = vm.get_attr_str(arguments, "err_msg")?;
    let object = vm.get_attr_str(arguments, "object")?;
    let message = if message.is_none() { None } else { Some(vm.str(&message)?.to_string()) };
    if let Ok(exception) = value.downcast::<crate::types::exception::Exception>() {
        print(vm, &Raised(exception), message.as_deref(), Some(&object));
    }
    Ok(())
}
