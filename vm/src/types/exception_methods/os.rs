//! `OSError` and the choice of its subclass by error number.

use super::base::{base_init, base_str, own_dict};
use super::{add_members, member, no_keywords};
use crate::native::{Args, GetSetDef};
use crate::object::slots::{InitFn, NewFn};
use crate::object::{Class, Ref, Value};
use crate::types::exception::{Exception, Exceptions, field};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// `OSError`
pub struct OsError;

static MEMBERS: [GetSetDef; 4] = [
    member::<{ field::ERRNO }>("errno", "POSIX exception code"),
    member::<{ field::STRERROR }>("strerror", "exception strerror"),
    member::<{ field::FILENAME }>("filename", "exception filename"),
    member::<{ field::FILENAME2 }>("filename2", "second exception filename"),
];

/// The class for an error number.
fn class_for(errno: i64, exceptions: &'static Exceptions) -> Option<&'static Ref<Class>> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const NUMBERS: [i64; 9] = [11, 114, 115, 108, 103, 111, 104, 110, 11];
    #[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
    const NUMBERS: [i64; 9] = [35, 37, 36, 58, 53, 61, 54, 60, 35];
    #[cfg(windows)]
    const NUMBERS: [i64; 9] = [11, 103, 112, 10058, 106, 107, 108, 138, 140];
    let [again, already, in_progress, shutdown, aborted, refused, reset, timed_out, would_block] = NUMBERS;
    Some(match errno {
        1 | 13 => &exceptions.permission_error,
        2 => &exceptions.file_not_found_error,
        3 => &exceptions.process_lookup_error,
        4 => &exceptions.interrupted_error,
        10 => &exceptions.child_process_error,
        17 => &exceptions.file_exists_error,
        20 => &exceptions.not_a_directory_error,
        21 => &exceptions.is_a_directory_error,
        32 => &exceptions.broken_pipe_error,
        n if n == again || n == already || n == in_progress || n == would_block => {
            &exceptions.blocking_io_error
        }
        n if n == shutdown => &exceptions.broken_pipe_error,
        n if n == aborted => &exceptions.connection_aborted_error,
        n if n == refused => &exceptions.connection_refused_error,
        n if n == reset => &exceptions.connection_reset_error,
        n if n == timed_out => &exceptions.timeout_error,
        _ => return None,
    })
}

/// Whether `__init__` does the work: in subclasses that override `__init__` but not `__new__`, so that what the
/// arguments mean is theirs to say.
fn init_does_the_work(class: &Class) -> bool {
    let (init, new): (InitFn, NewFn) = (os_init, os_new);
    let own_init = class.slots.init.get().is_none_or(|f| !std::ptr::fn_addr_eq(f, init));
    let our_new = class.slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, new));
    own_init && our_new
}

fn os_new(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
    if init_does_the_work(class) {
        let empty = vm.names().empty_tuple.clone();
        return Ok(Ref::new(Exception::payload(empty), class).into());
    }
    no_keywords(vm, &class.name(), args)?;
    let args = args.pos();
    let mut class = class.clone();
    if (2..=5).contains(&args.len())
        && class.is(&vm.types().exceptions.os_error)
        && let Some(errno) = args[0].as_int().and_then(|i| i.to_i64())
        && let Some(special) = class_for(errno, &vm.types().exceptions)
    {
        class = special.clone();
    }
    let exception = Ref::new(Exception::payload(Tuple::new(args.iter().cloned())), &class);
    set_up(vm, &exception, args)?;
    Ok(exception.into())
}

fn os_init(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult<()> {
    if !init_does_the_work(this.class()) {
        return Ok(());
    }
    base_init(vm, this, args)?;
    match this.downcast_ref::<Exception>() {
        Some(exception) => set_up(vm, exception, args.pos()),
        None => Ok(()),
    }
}

fn set_up(vm: &mut Vm, this: &Ref<Exception>, args: &[Value]) -> PyResult<()> {
    let (errno, strerror, filename, filename2) = match args {
        [errno, strerror] => (errno, strerror, None, None),
        [errno, strerror, filename] => (errno, strerror, Some(filename), None),
        // The fourth is Windows' own error number, which other systems ignore.
        [errno, strerror, filename, _] => (errno, strerror, Some(filename), None),
        [errno, strerror, filename, _, filename2] => (errno, strerror, Some(filename), Some(filename2)),
        _ => return Ok(()),
    };
    this.set(field::ERRNO, errno.clone());
    this.set(field::STRERROR, strerror.clone());
    if let Some(filename) = filename.filter(|f| !f.is_none()) {
        let class = filename.class();
        let is_number = class.slots.index.get().is_some()
            || class.slots.int.get().is_some()
            || class.slots.float.get().is_some();
        if this.class().is(&vm.types().exceptions.blocking_io_error) && is_number {
            let written = vm.index(filename)?;
            this.set(field::CHARACTERS_WRITTEN, written);
            // The count stays among the arguments.
            return Ok(());
        }
        this.set(field::FILENAME, filename.clone());
        if let Some(filename2) = filename2.filter(|f| !f.is_none()) {
            this.set(field::FILENAME2, filename2.clone());
        }
        let old = this.args.replace(Tuple::new([errno.clone(), strerror.clone()]));
        drop(old);
    }
    Ok(())
}

#[pymethods(
    name = "OSError",
    payload = Exception,
    doc = "Base class for I/O related errors.",
    extend = extend
)]
impl OsError {
    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        let (errno, strerror) = (this.get(field::ERRNO), this.get(field::STRERROR));
        let mut text = crate::text::StrBuilder::new();
        let filename = this.get(field::FILENAME);
        if filename.is_none() && (errno.is_none() || strerror.is_none()) {
            return base_str(vm, this.as_value());
        }
        text.push_utf8("[Errno ");
        text.push_str(vm.str(&errno.unwrap_or(Value::NONE))?.as_ref());
        text.push_utf8("] ");
        text.push_str(vm.str(&strerror.unwrap_or(Value::NONE))?.as_ref());
        if let Some(filename) = filename {
            text.push_utf8(": ");
            text.push_str(vm.repr(&filename)?.as_ref());
            if let Some(filename2) = this.get(field::FILENAME2) {
                text.push_utf8(" -> ");
                text.push_str(vm.repr(&filename2)?.as_ref());
            }
        }
        Ok(text.finish().into())
    }

    #[method(name = "__reduce__", sig = "", doc = "")]
    fn reduce(this: &Ref<Exception>) -> Value {
        let mut args = this.args.borrow().clone();
        if let [errno, strerror] = args.clone().as_slice()
            && let Some(filename) = this.get(field::FILENAME)
        {
            let mut all = vec![errno.clone(), strerror.clone(), filename];
            if let Some(filename2) = this.get(field::FILENAME2) {
                all.push(Value::NONE);
                all.push(filename2);
            }
            args = Tuple::new(all);
        }
        let mut parts: Vec<Value> = vec![this.class().into(), args.into()];
        if let Some(dict) = own_dict(this.as_value()) {
            parts.push(dict.into());
        }
        Tuple::new(parts).into()
    }

    #[getter(doc = "")]
    fn characters_written(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        match this.get(field::CHARACTERS_WRITTEN) {
            Some(count) => Ok(count),
            None => Err(vm.new_error(&vm.types().exceptions.attribute_error, "characters_written")),
        }
    }

    #[setter]
    fn set_characters_written(vm: &mut Vm, this: &Ref<Exception>, value: Option<Value>) -> PyResult<()> {
        match value {
            Some(value) => {
                let count = vm.to_index(&value)?;
                this.set(field::CHARACTERS_WRITTEN, count.into());
            }
            None => {
                OsError::characters_written(vm, this)?;
                this.set(field::CHARACTERS_WRITTEN, Value::UNBOUND);
            }
        }
        Ok(())
    }
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.new.set(Some(os_new));
    class.slots.init.set(Some(os_init));
    add_members(class, &MEMBERS);
    Ok(())
}
