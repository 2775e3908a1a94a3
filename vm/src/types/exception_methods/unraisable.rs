//! Exceptions that nobody can catch (`sys.unraisablehook`).

use crate::object::Value;
use crate::vm::{Raised, Vm};

/// Reports an exception that cannot be raised where it happened.
pub fn report(vm: &mut Vm, raised: Raised, message: Option<&str>, object: Option<&Value>) {
    let what = message.unwrap_or("Exception ignored in");
    let object = object.and_then(|o| vm.repr(o).ok()).map(|r| format!(": {r}")).unwrap_or_default();
    let text = vm.str(&raised.value()).map(|s| s.to_string()).unwrap_or_default();
    eprintln!("{what}{object}\n{}: {text}", raised.class().name());
}
