//! `_pickle`: objects as bytes, and back.

mod buffer;
mod global;
mod input;
mod load;
mod memo;
mod opcode;
mod output;
mod pickler;
mod reduce;
mod save;
mod unpickler;

use buffer::PickleBuffer;
use pickler::Pickler;
use pvm_vm::native::Args;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Raised, Vm};
use std::cell::OnceCell;
use std::rc::Rc;
use unpickler::Unpickler;

/// What the module keeps for an interpreter.
struct State {
    pickling_error: Ref<Class>,
    unpickling_error: Ref<Class>,
    pickle_error: Ref<Class>,
    /// `copyreg`: reducing functions by class; codes by names and names by codes; objects by codes.
    dispatch_table: Ref<Dict>,
    extension_registry: Ref<Dict>,
    inverted_registry: Ref<Dict>,
    extension_cache: Ref<Dict>,
    /// `_compat_pickle`: the names of Python 2 and 3, both ways.
    name_mapping: Ref<Dict>,
    import_mapping: Ref<Dict>,
    reverse_name_mapping: Ref<Dict>,
    reverse_import_mapping: Ref<Dict>,
}

/// The state, once it is there.
struct Handle(Rc<OnceCell<State>>);

impl std::ops::Deref for Handle {
    type Target = State;
    fn deref(&self) -> &State {
        match self.0.get() {
            Some(state) => state,
            None => unreachable!("a handle is made with the state in place"),
        }
    }
}

impl State {
    fn get(vm: &mut Vm) -> PyResult<Handle> {
        let slot = vm.interp.extension(OnceCell::<State>::new);
        if slot.get().is_none() {
            let state = State::make(vm)?;
            slot.get_or_init(|| state);
        }
        Ok(Handle(slot))
    }

    fn make(vm: &mut Vm) -> PyResult<State> {
        let copyreg = vm.import_module("copyreg")?;
        let compat = vm.import_module("_compat_pickle")?;
        let exception = vm.types().exceptions.exception.clone();
        let pickle_error = error_class(vm, "PickleError", &exception)?;
        let mut table = |module: &Value, name: &str| -> PyResult<Ref<Dict>> {
            let found = vm.get_attr_str(module, name)?;
            match found.downcast::<Dict>() {
                Ok(dict) => Ok(dict),
                Err(found) => {
                    let class = found.class().name();
                    Err(vm.runtime_error(format!("{name} should be a dict, not {class}")))
                }
            }
        };
        let (dispatch_table, extension_registry) =
            (table(&copyreg, "dispatch_table")?, table(&copyreg, "_extension_registry")?);
        let (inverted_registry, extension_cache) =
            (table(&copyreg, "_inverted_registry")?, table(&copyreg, "_extension_cache")?);
        let (name_mapping, import_mapping) =
            (table(&compat, "NAME_MAPPING")?, table(&compat, "IMPORT_MAPPING")?);
        let (reverse_name_mapping, reverse_import_mapping) =
            (table(&compat, "REVERSE_NAME_MAPPING")?, table(&compat, "REVERSE_IMPORT_MAPPING")?);
        Ok(State {
            pickling_error: error_class(vm, "PicklingError", &pickle_error)?,
            unpickling_error: error_class(vm, "UnpicklingError", &pickle_error)?,
            pickle_error,
            dispatch_table,
            extension_registry,
            inverted_registry,
            extension_cache,
            name_mapping,
            import_mapping,
            reverse_name_mapping,
            reverse_import_mapping,
        })
    }
}

fn error_class(vm: &mut Vm, name: &str, base: &Ref<Class>) -> PyResult<Ref<Class>> {
    let class = crate::new_exception(vm, "_pickle", name, base);
    class.downcast::<Class>().map_err(|_| vm.runtime_error("an exception is no class"))
}

/// A `PicklingError`.
#[cold]
fn pickling_error(vm: &mut Vm, message: impl AsRef<str>) -> Raised {
    match State::get(vm) {
        Ok(state) => vm.new_error(&state.pickling_error, message),
        Err(raised) => raised,
    }
}

/// An `UnpicklingError`.
#[cold]
fn unpickling_error(vm: &mut Vm, message: impl AsRef<str>) -> Raised {
    match State::get(vm) {
        Ok(state) => vm.new_error(&state.unpickling_error, message),
        Err(raised) => raised,
    }
}

/// Sorts arguments by the names of parameters. The first `positional` may be given by position, and the first
/// `required` must be given; `position_only` of them have no name.
fn by_name<const N: usize>(
    vm: &mut Vm,
    function: &str,
    names: &[&str; N],
    (position_only, required, positional): (usize, usize, usize),
    args: Args<'_>,
) -> PyResult<[Option<Value>; N]> {
    let given = args.pos().len();
    if given > positional {
        return Err(vm.type_error(format!(
            "{function}() takes at most {positional} positional arguments ({given} given)"
        )));
    }
    let mut found: [Option<Value>; N] = std::array::from_fn(|i| args.pos().get(i).cloned());
    for (key, value) in args.keywords() {
        let key = vm.str(key)?.to_string();
        match names.iter().position(|name| **name == key).filter(|index| *index >= position_only) {
            Some(index) if found[index].is_some() => {
                let position = index + 1;
                return Err(vm.type_error(format!(
                    "argument for {function}() given by name ('{key}') and position ({position})"
                )));
            }
            Some(index) => found[index] = Some(value.clone()),
            None => {
                return Err(vm.type_error(format!("'{key}' is an invalid keyword argument for {function}()")));
            }
        }
    }
    if let Some(missing) = (0..required).find(|index| found[*index].is_none()) {
        let (name, position) = (names[missing], missing + 1);
        return Err(vm.type_error(if position_only > missing {
            format!("{function}() takes at least {required} positional argument ({given} given)")
        } else {
            format!("{function}() missing required argument '{name}' (pos {position})")
        }));
    }
    Ok(found)
}

/// An optional truth value.
fn flag_argument(vm: &mut Vm, value: Option<&Value>, default: bool) -> PyResult<bool> {
    value.map_or(Ok(default), |value| vm.truth(value))
}

/// An optional `str`.
fn text_argument(vm: &mut Vm, value: Option<&Value>, default: &str) -> PyResult<Ref<Str>> {
    match value {
        None => Ok(Str::from_str(default)),
        Some(value) => match value.downcast_ref::<Str>() {
            Some(text) => Ok(text.clone()),
            None => {
                let class = value.class().name();
                Err(vm.type_error(format!("argument must be str, not {class}")))
            }
        },
    }
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_pickle", doc = "Pickles, natively.")]
pub mod pickle_module {
    use super::*;

    /// Writes a pickle of an object to a file.
    #[pyfunction(sig = "")]
    fn dump(vm: &mut Vm, args: Args<'_>) -> PyResult<()> {
        let names = ["obj", "file", "protocol", "fix_imports", "buffer_callback"];
        let [object, file, rest @ ..] = by_name(vm, "dump", &names, (0, 2, 3), args)?;
        let (object, file) = (object.unwrap_or(Value::NONE), file.unwrap_or(Value::NONE));
        let write = pickler::write_of(vm, &file)?;
        let pickler = Pickler::with_settings(vm, Some(write), &rest)?;
        pickler::dump(vm, &pickler, &object)?;
        Ok(())
    }

    /// A pickle of an object, as bytes.
    #[pyfunction(sig = "")]
    fn dumps(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let names = ["obj", "protocol", "fix_imports", "buffer_callback"];
        let [object, rest @ ..] = by_name(vm, "dumps", &names, (0, 1, 2), args)?;
        let pickler = Pickler::with_settings(vm, None, &rest)?;
        let bytes = pickler::dump(vm, &pickler, &object.unwrap_or(Value::NONE))?;
        Ok(bytes.into())
    }

    /// The object that a pickle in a file shows.
    #[pyfunction(sig = "")]
    fn load(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let names = ["file", "fix_imports", "encoding", "errors", "buffers"];
        let [file, rest @ ..] = by_name(vm, "load", &names, (1, 1, 1), args)?;
        let unpickler = Unpickler::with_settings(vm, &rest)?;
        let input = input::Input::from_file(vm, &file.unwrap_or(Value::NONE))?;
        unpickler::load(vm, &unpickler, input)
    }

    /// The object that a pickle in bytes shows.
    #[pyfunction(sig = "")]
    fn loads(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let names = ["data", "fix_imports", "encoding", "errors", "buffers"];
        let [data, rest @ ..] = by_name(vm, "loads", &names, (1, 1, 1), args)?;
        let unpickler = Unpickler::with_settings(vm, &rest)?;
        let bytes = vm.bytes_of(&data.unwrap_or(Value::NONE))?;
        unpickler::load(vm, &unpickler, input::Input::from_bytes(bytes))
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        crate::support::add_class::<PickleBuffer>(vm, module, "PickleBuffer")?;
        crate::support::add_class::<Pickler>(vm, module, "Pickler")?;
        crate::support::add_class::<Unpickler>(vm, module, "Unpickler")?;
        let state = State::get(vm)?;
        module.set("PickleError", state.pickle_error.as_value().clone());
        module.set("PicklingError", state.pickling_error.as_value().clone());
        module.set("UnpicklingError", state.unpickling_error.as_value().clone());
        Ok(())
    }
}
