//! `print` and `input`, over whatever `sys.stdout` and `sys.stdin` are.

use crate::object::{Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

fn stream(vm: &mut Vm, name: &Ref<Str>) -> PyResult<Value> {
    match vm.interp.sys.get().and_then(|s| s.get_str(name)) {
        Some(stream) => Ok(stream),
        None => Err(vm.runtime_error(format!("lost sys.{name}"))),
    }
}

fn separator(vm: &mut Vm, value: Option<Value>, name: &str, default: &str) -> PyResult<Ref<Str>> {
    match value {
        None => Ok(Str::from_str(default)),
        Some(value) => value.downcast::<Str>().map_err(|other| {
            let found = other.class().name();
            vm.type_error(format!("{name} must be None or a string, not {found}"))
        }),
    }
}

/// `print`
pub fn print(
    vm: &mut Vm,
    args: &[Value],
    sep: Option<Value>,
    end: Option<Value>,
    file: Option<Value>,
    flush: bool,
) -> PyResult<()> {
    let file = match file {
        Some(file) => file,
        None => {
            if vm.interp.sys.get().is_none() {
                // So early there are no streams yet.
                let texts = args.iter().map(|a| Ok(vm.str(a)?.to_string())).collect::<PyResult<Vec<_>>>()?;
                println!("{}", texts.join(" "));
                return Ok(());
            }
            let stdout = stream(vm, &vm.names().stdout)?;
            if stdout.is_none() {
                return Ok(());
            }
            stdout
        }
    };
    let sep = separator(vm, sep, "sep", " ")?;
    let end = separator(vm, end, "end", "\n")?;
    let write = vm.get_attr(&file, &vm.names().write)?;
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            vm.call(&write, &[(&sep).into()])?;
        }
        let text = vm.str(arg)?;
        vm.call(&write, &[text.into()])?;
    }
    vm.call(&write, &[end.into()])?;
    if flush {
        vm.call_method(&file, &vm.names().flush, &[])?;
    }
    Ok(())
}

/// `input`
pub fn input(vm: &mut Vm, prompt: Option<Value>) -> PyResult {
    let names = vm.names();
    let (stdin, stdout) = (stream(vm, &names.stdin)?, stream(vm, &names.stdout)?);
    if let Some(prompt) = prompt {
        let text = vm.str(&prompt)?;
        vm.call_method(&stdout, &names.write, &[text.into()])?;
    }
    if !stdout.is_none() {
        vm.call_method(&stdout, &names.flush, &[])?;
    }
    let line = vm.call_method(&stdin, &names.readline, &[])?;
    let Some(text) = line.downcast_ref::<Str>() else {
        let found = line.class().name();
        return Err(vm.type_error(format!("object.readline() returned non-string (type {found})")));
    };
    if text.is_empty() {
        return Err(vm.eof_error("EOF when reading a line"));
    }
    let view = text.as_ref();
    let end = if view.get(view.len() - 1) == Some(u32::from(b'\n')) { view.len() - 1 } else { view.len() };
    Ok(view.slice(0..end).into())
}
