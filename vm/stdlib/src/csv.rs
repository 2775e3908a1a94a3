//! `_csv`: reading and writing of tables as text.

mod dialect;
mod reader;
mod writer;

pub use dialect::Dialect;
pub use reader::Reader;
pub use writer::Writer;

use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::vm::{Raised, Vm};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The module's state.
struct State {
    error: Value,
    dialects: Ref<Dict>,
    field_limit: Cell<i64>,
}

fn state(vm: &mut Vm) -> Rc<State> {
    let slot = vm.interp.extension(RefCell::<Option<Rc<State>>>::default);
    if let Some(found) = slot.borrow().clone() {
        return found;
    }
    let exception = vm.types().exceptions.exception.clone();
    let error = crate::new_exception(vm, "_csv", "Error", &exception);
    let made = Rc::new(State { error, dialects: Dict::new(), field_limit: Cell::new(128 * 1024) });
    *slot.borrow_mut() = Some(made.clone());
    made
}

#[cold]
fn error(vm: &mut Vm, message: impl AsRef<str>) -> Raised {
    let class = state(vm).error.clone();
    crate::raise(vm, &class, message.as_ref())
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_csv", doc = "CSV parsing and writing.\n")]
pub mod csv_module {
    use super::*;
    use pvm_vm::native::{Args, Optional};
    use pvm_vm::types::list::List;
    use pvm_vm::types::module::Module;
    use pvm_vm::types::str::Str;
    use pvm_vm::vm::PyResult;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let state = state(vm);
        module.set("Error", state.error.clone());
        module.set("_dialects", &state.dialects);
        module.set("__version__", "1.0");
        for (name, value) in [
            ("QUOTE_MINIMAL", 0i64),
            ("QUOTE_ALL", 1),
            ("QUOTE_NONNUMERIC", 2),
            ("QUOTE_NONE", 3),
            ("QUOTE_STRINGS", 4),
            ("QUOTE_NOTNULL", 5),
        ] {
            module.set(name, value);
        }
        crate::support::add_class::<Dialect>(vm, module, "Dialect")?;
        crate::support::add_class::<Reader>(vm, module, "Reader")?;
        crate::support::add_class::<Writer>(vm, module, "Writer")?;
        Ok(())
    }

    /// A reader of the rows that lines of text hold.
    #[pyfunction(sig = "")]
    fn reader(vm: &mut Vm, args: Args<'_>) -> PyResult {
        Reader::make(vm, args)
    }

    /// A writer of rows to a file.
    #[pyfunction(sig = "")]
    fn writer(vm: &mut Vm, args: Args<'_>) -> PyResult {
        Writer::make(vm, args)
    }

    /// Gives a dialect a name.
    #[pyfunction(sig = "")]
    fn register_dialect(vm: &mut Vm, args: Args<'_>) -> PyResult<()> {
        let (name, dialect) = match args.pos() {
            [name] => (name, None),
            [name, dialect] => (name, Some(dialect)),
            other => {
                let given = other.len();
                return Err(vm.type_error(format!(
                    "register_dialect expected {} argument{}, got {given}",
                    if given == 0 { "at least 1" } else { "at most 2" },
                    if given == 0 { "" } else { "s" }
                )));
            }
        };
        if !name.holds::<Str>() {
            return Err(vm.type_error("dialect name must be a string"));
        }
        let made = Dialect::from_arguments(vm, dialect, args)?;
        state(vm).dialects.set(vm, name.clone(), made.into())
    }

    /// Removes the name of a dialect.
    #[pyfunction(sig = "(name)")]
    fn unregister_dialect(vm: &mut Vm, name: &Value) -> PyResult<()> {
        let old = state(vm).dialects.remove(vm, name)?;
        if old.is_none() {
            return Err(error(vm, "unknown dialect"));
        }
        Ok(())
    }

    /// The dialect of a name.
    #[pyfunction(sig = "(name)")]
    fn get_dialect(vm: &mut Vm, name: &Value) -> PyResult {
        match state(vm).dialects.get(vm, name)? {
            Some(dialect) => Ok(dialect),
            None => Err(error(vm, "unknown dialect")),
        }
    }

    /// The names of all dialects.
    #[pyfunction(sig = "()")]
    fn list_dialects(vm: &mut Vm) -> Value {
        List::new(state(vm).dialects.keys()).into()
    }

    /// How long a field may be; sets it if told.
    #[pyfunction(sig = "(new_limit=<unrepresentable>)")]
    fn field_size_limit(vm: &mut Vm, new_limit: Optional<&Value>) -> PyResult<i64> {
        let state = state(vm);
        let old = state.field_limit.get();
        if let Some(limit) = new_limit.present() {
            let Some(int) = limit.as_int() else { return Err(vm.type_error("limit must be an integer")) };
            match int.to_i64() {
                Some(limit) => state.field_limit.set(limit),
                None => return Err(vm.overflow_error("Python int too large to convert to C long")),
            }
        }
        Ok(old)
    }
}
