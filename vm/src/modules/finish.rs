//! The end of a program: modules are taken apart, so that finalisers run while there is something left to run them with.
//!
//! Source: CPython 3.12 `Python/pylifecycle.c` (`finalize_modules`), whose order of events it keeps.

use crate::object::{Ref, Value};
use crate::types::dict::Dict;
use crate::types::module::Module;
use crate::types::str::Str;
use crate::types::weakref::WeakRef;
use crate::vm::Vm;

/// Attributes of `sys` that keep a program's objects alive.
const SYS_FORGETS: [&str; 14] = [
    "path",
    "argv",
    "ps1",
    "ps2",
    "last_exc",
    "last_type",
    "last_value",
    "last_traceback",
    "path_hooks",
    "path_importer_cache",
    "meta_path",
    "__interactivehook__",
    "exc_info_hook",
    "unraisable_last",
];
/// Streams that go back to what they were at the start.
const STREAMS: [(&str, &str); 3] =
    [("stdin", "__stdin__"), ("stdout", "__stdout__"), ("stderr", "__stderr__")];

/// Lets go of all modules and of what their variables hold.
pub fn take_apart_modules(vm: &mut Vm) {
    forget_special(vm);
    let alive = remove_modules(vm);
    restore_builtins(vm);
    crate::gc::collect(vm, 2);
    // Those that something else still refers to, the latest first.
    for module in alive.iter().rev() {
        let Some(module) = module.get() else { continue };
        if let Some(module) = module.downcast_ref::<Module>()
            && !is_essential(vm, module)
        {
            clear_variables(&module.dict);
        }
    }
    crate::gc::collect(vm, 2);
}

/// Whether it is `sys` or `builtins`, without which no code can run.
fn is_essential(vm: &Vm, module: &Ref<Module>) -> bool {
    let is = |dict: Option<&Ref<Dict>>| dict.is_some_and(|dict| dict.is(&module.dict));
    is(vm.interp.sys.get()) || is(vm.interp.builtins.get())
}

fn forget_special(vm: &mut Vm) {
    let Some(builtins) = vm.interp.builtins.get().cloned() else { return };
    drop(builtins.replace_str(&vm.intern("_"), Value::NONE));
    let Some(sys) = vm.interp.sys.get().cloned() else { return };
    for name in SYS_FORGETS {
        if sys.get_name(name).is_some() {
            drop(sys.replace_str(&vm.intern(name), Value::NONE));
        }
    }
    for (name, original) in STREAMS {
        let original = sys.get_name(original).unwrap_or(Value::NONE);
        drop(sys.replace_str(&vm.intern(name), original));
    }
}

/// Takes the modules out of `sys.modules`; weak references to them.
fn remove_modules(vm: &mut Vm) -> Vec<Ref<WeakRef>> {
    let Some(modules) = vm.interp.modules.get().cloned() else { return Vec::new() };
    let mut alive = Vec::new();
    for (name, module) in modules.items() {
        if module.holds::<Module>() {
            alive.push(WeakRef::new(&module, Value::NONE, &vm.types().weakref));
        }
        if let Some(name) = name.downcast_ref::<Str>() {
            drop(modules.replace_str(name, Value::NONE));
        }
    }
    modules.clear();
    alive
}

/// Gives the built-in names their first meaning again.
fn restore_builtins(vm: &mut Vm) {
    let (Some(builtins), Some(first)) = (vm.interp.builtins.get(), vm.interp.first_builtins.get()) else {
        return;
    };
    let (builtins, first) = (builtins.clone(), first.clone());
    for (key, _) in builtins.items() {
        let Some(name) = key.downcast_ref::<Str>() else { continue };
        match first.get_str(name) {
            Some(value) => drop(builtins.replace_str(name, value)),
            None => drop(builtins.remove(vm, &key)),
        }
    }
}

/// Sets a module's variables to `None`: private names first, `__builtins__` never.
fn clear_variables(dict: &Ref<Dict>) {
    for private in [true, false] {
        for key in dict.keys() {
            let Some(name) = key.downcast_ref::<Str>() else { continue };
            let text = name.to_string();
            let is_private = text.starts_with('_') && !text.starts_with("__");
            // A finaliser may have taken the name away meanwhile.
            if text != "__builtins__"
                && is_private == private
                && dict.get_str(name).is_some_and(|v| !v.is_none())
            {
                drop(dict.replace_str(name, Value::NONE));
            }
        }
    }
}
