//! `_io`: files and streams.

mod base;
mod buffered;
pub mod early;
mod file;
mod memory;
mod newlines;
mod string;
mod text;
mod text_position;

use crate::system;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::types::weakref::WeakRef;
use pvm_vm::{PyResult, Vm};
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::CString;

pub use text::standard_stream;

/// `io.DEFAULT_BUFFER_SIZE`
pub const DEFAULT_BUFFER_SIZE: usize = 8192;

/// Makes the standard streams in the module `sys`, and `open` in `builtins`.
pub fn start_standard_streams(vm: &mut Vm) -> PyResult<()> {
    let Some(sys) = vm.interp.sys.get().cloned() else { return Ok(()) };
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let locale = variable("LC_ALL").or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG"));
    let is_plain = matches!(locale.as_deref(), None | Some("C" | "POSIX" | "C.UTF-8" | "C.utf8" | "UTF-8"));
    let mut errors =
        if is_plain || vm.interp.config.utf8_mode { "surrogateescape" } else { "strict" }.to_owned();
    if !vm.interp.config.ignore_environment
        && let Some(setting) = variable("PYTHONIOENCODING")
        && let Some((_, given)) = setting.split_once(':')
        && !given.is_empty()
    {
        errors = given.to_owned();
    }
    for (fd, name) in [(0, "stdin"), (1, "stdout"), (2, "stderr")] {
        let errors = if fd == 2 { None } else { Some(errors.as_str()) };
        let stream = standard_stream(vm, fd, fd != 0, None, errors)?;
        sys.set_name(name, stream.clone());
        sys.set_name(&format!("__{name}__"), stream);
    }
    let module = vm.import_module("_io")?;
    let open = vm.get_attr_str(&module, "open")?;
    if let Some(builtins) = vm.interp.builtins.get() {
        builtins.set_name("open", open);
    }
    Ok(())
}

/// Notes a stream that holds back what is written to it, so that the end of the program can flush it.
fn note_writer(vm: &mut Vm, stream: &Value) {
    let state = vm.interp.extension(State::default);
    let reference = WeakRef::new(stream, Value::NONE, &vm.types().weakref);
    let dead = {
        let mut writers = state.writers.borrow_mut();
        let mut dead = Vec::new();
        if writers.len() >= state.prune_at.get().max(64) {
            let (alive, gone) = writers.drain(..).partition(|w| w.get().is_some());
            *writers = alive;
            dead = gone;
            state.prune_at.set(writers.len() * 2);
        }
        writers.push(reference);
        dead
    };
    drop(dead);
}

/// Flushes the files that are still open when the program ends.
pub fn flush_open_files(vm: &mut Vm) {
    let state = vm.interp.extension(State::default);
    let writers = state.writers.take();
    // Text layers come after the buffers that they write to.
    for writer in writers.iter().rev() {
        let Some(stream) = writer.get() else { continue };
        if base::is_closed(vm, &stream).is_ok_and(|closed| !closed) {
            let _ = vm.call_method_str(&stream, "flush", &[]);
        }
    }
}

/// State of the module.
#[derive(Default)]
struct State {
    writers: RefCell<Vec<Ref<WeakRef>>>,
    prune_at: Cell<usize>,
    unsupported: OnceCell<Ref<Class>>,
}

/// `io.UnsupportedOperation`
fn unsupported_class(vm: &mut Vm) -> PyResult<Ref<Class>> {
    let state = vm.interp.extension(State::default);
    if let Some(class) = state.unsupported.get() {
        return Ok(class.clone());
    }
    let types = vm.types();
    let bases = Tuple::new([(&types.exceptions.os_error).into(), (&types.exceptions.value_error).into()]);
    let namespace = Dict::new();
    namespace.set_name("__module__", "io");
    let class =
        vm.call(types.type_.as_value(), &["UnsupportedOperation".into(), bases.into(), namespace.into()])?;
    match class.downcast::<Class>() {
        Ok(class) => Ok(state.unsupported.get_or_init(|| class).clone()),
        Err(_) => Err(vm.system_error("type() gave no class")),
    }
}

/// A path (`str` or `bytes`) as the system takes it.
fn path_bytes(vm: &mut Vm, path: &Value) -> PyResult<CString> {
    let bytes = if let Some(text) = path.downcast_ref::<Str>() {
        system::fs_encode(vm, text)?
    } else if let Some(bytes) = path.downcast_ref::<Bytes>() {
        bytes.as_slice().to_vec()
    } else {
        let class = path.class().name();
        return Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {class}")));
    };
    CString::new(bytes).map_err(|_| vm.value_error("embedded null byte"))
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_io",
    doc = "The io module provides the Python interfaces to stream handling. The\nbuiltin open function is defined in this module."
)]
pub mod io_module {
    use super::*;
    use crate::support::add_class;
    use pvm_vm::types::init::class_of;
    use pvm_vm::types::module::Module;

    /// Open file and return a stream.  Raise OSError upon failure.
    #[pyfunction(
        sig = "(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "Python's own")]
    fn open(
        vm: &mut Vm,
        file: &Value,
        mode: String,
        buffering: i64,
        encoding: Option<Value>,
        errors: Option<Value>,
        newline: Option<Value>,
        closefd: bool,
        opener: Option<Value>,
    ) -> PyResult {
        let path = if file.as_int().is_some() { file.clone() } else { system::fspath(vm, file)? };
        let [mut reading, mut writing, mut creating, mut appending, mut updating, mut text, mut binary] =
            [false; 7];
        for (i, c) in mode.char_indices() {
            let place = match c {
                'r' => &mut reading,
                'w' => &mut writing,
                'x' => &mut creating,
                'a' => &mut appending,
                '+' => &mut updating,
                't' => &mut text,
                'b' => &mut binary,
                _ => return Err(vm.value_error(format!("invalid mode: '{mode}'"))),
            };
            *place = true;
            if mode[i + c.len_utf8()..].contains(c) {
                return Err(vm.value_error(format!("invalid mode: '{mode}'")));
            }
        }
        if text && binary {
            return Err(vm.value_error("can't have text and binary mode at once"));
        }
        if [reading, writing, creating, appending].iter().filter(|b| **b).count() != 1 {
            return Err(vm.value_error("must have exactly one of create/read/write/append mode"));
        }
        if binary && encoding.is_some() {
            return Err(vm.value_error("binary mode doesn't take an encoding argument"));
        }
        if binary && errors.is_some() {
            return Err(vm.value_error("binary mode doesn't take an errors argument"));
        }
        if binary && newline.is_some() {
            return Err(vm.value_error("binary mode doesn't take a newline argument"));
        }
        if binary && buffering == 1 {
            let category = vm.types().exceptions.runtime_warning.clone();
            vm.warn(
                &category,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
                1,
            )?;
        }
        let raw_mode: String =
            [(creating, 'x'), (reading, 'r'), (writing, 'w'), (appending, 'a'), (updating, '+')]
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, c)| *c)
                .collect();
        let file_class = class_of::<file::FileIo>(vm)?;
        let raw = vm.call(
            file_class.as_value(),
            &[path, raw_mode.into(), closefd.into(), opener.unwrap_or(Value::NONE)],
        )?;
        let result = wrap(
            vm,
            &raw,
            &mode,
            buffering,
            [encoding, errors, newline],
            [updating, reading, creating || writing || appending, binary],
        );
        match result {
            Ok(stream) => Ok(stream),
            Err((opened, raised)) => {
                let _ = vm.call_method_str(&opened, "close", &[]);
                Err(raised)
            }
        }
    }

    fn wrap(
        vm: &mut Vm,
        raw: &Value,
        mode: &str,
        buffering: i64,
        text: [Option<Value>; 3],
        [updating, reading, writing, binary]: [bool; 4],
    ) -> Result<Value, (Value, pvm_vm::Raised)> {
        let fail = |raised| (raw.clone(), raised);
        let mut buffering = buffering;
        let is_terminal = if buffering < 0 {
            let answer = vm.call_method_str(raw, "isatty", &[]).map_err(fail)?;
            vm.truth(&answer).map_err(fail)?
        } else {
            false
        };
        let mut line_buffering = false;
        if buffering == 1 && !binary || is_terminal {
            buffering = -1;
            line_buffering = true;
        }
        if buffering < 0 || buffering == 1 {
            buffering = DEFAULT_BUFFER_SIZE as i64;
        }
        if buffering == 0 {
            if !binary {
                return Err(fail(vm.value_error("can't have unbuffered text I/O")));
            }
            return Ok(raw.clone());
        }
        let class = if updating {
            class_of::<buffered::BufferedRandom>(vm)
        } else if writing {
            class_of::<buffered::BufferedWriter>(vm)
        } else {
            let _ = reading;
            class_of::<buffered::BufferedReader>(vm)
        }
        .map_err(fail)?;
        let buffer = vm.call(class.as_value(), &[raw.clone(), buffering.into()]).map_err(fail)?;
        if binary {
            return Ok(buffer);
        }
        let fail = |raised| (buffer.clone(), raised);
        let wrapper = class_of::<text::TextIoWrapper>(vm).map_err(fail)?;
        let [encoding, errors, newline] = text.map(|v| v.unwrap_or(Value::NONE));
        let wrapper = vm
            .call(wrapper.as_value(), &[buffer.clone(), encoding, errors, newline, line_buffering.into()])
            .map_err(fail)?;
        let mode_name = vm.set_attr_str(&wrapper, "mode", mode);
        mode_name.map_err(|raised| (wrapper.clone(), raised))?;
        Ok(wrapper)
    }

    /// Opens the provided file with the intent to import the contents.
    #[pyfunction(sig = "(path)")]
    fn open_code(vm: &mut Vm, path: &Value) -> PyResult {
        if !path.holds::<Str>() {
            let found = path.class().name();
            return Err(vm.type_error(format!("open_code() argument 'path' must be str, not {found}")));
        }
        open(vm, path, "rb".to_owned(), -1, None, None, None, true, None)
    }

    /// A helper function to choose the text encoding.
    #[pyfunction(sig = "(encoding, stacklevel=2, /)")]
    fn text_encoding(_vm: &mut Vm, encoding: &Value, _stacklevel: Option<Value>) -> Value {
        if encoding.is_none() { "locale".into() } else { encoding.clone() }
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("DEFAULT_BUFFER_SIZE", DEFAULT_BUFFER_SIZE);
        module.set("BlockingIOError", &vm.types().exceptions.blocking_io_error);
        let unsupported = unsupported_class(vm)?;
        module.set("UnsupportedOperation", unsupported);
        add_class::<base::IoBase>(vm, module, "_IOBase")?;
        add_class::<base::RawBase>(vm, module, "_RawIOBase")?;
        add_class::<base::BufferedBase>(vm, module, "_BufferedIOBase")?;
        add_class::<base::TextBase>(vm, module, "_TextIOBase")?;
        add_class::<file::FileIo>(vm, module, "FileIO")?;
        add_class::<memory::BytesIo>(vm, module, "BytesIO")?;
        add_class::<string::StringIo>(vm, module, "StringIO")?;
        add_class::<buffered::BufferedReader>(vm, module, "BufferedReader")?;
        add_class::<buffered::BufferedWriter>(vm, module, "BufferedWriter")?;
        add_class::<buffered::BufferedRandom>(vm, module, "BufferedRandom")?;
        add_class::<buffered::BufferedPair>(vm, module, "BufferedRWPair")?;
        add_class::<newlines::NewlineDecoder>(vm, module, "IncrementalNewlineDecoder")?;
        add_class::<text::TextIoWrapper>(vm, module, "TextIOWrapper")?;
        Ok(())
    }
}
