//! `pwd` and `grp`: users and groups.

use crate::named;
use pvm_vm::object::Value;
use pvm_vm::types::list::List;
use pvm_vm::types::struct_sequence::StructSequence;
use pvm_vm::{PyResult, Vm};

static USER: StructSequence = StructSequence {
    module: "pwd",
    name: "struct_passwd",
    doc: "pwd.struct_passwd: Results from getpw*() routines.",
    fields: &["pw_name", "pw_passwd", "pw_uid", "pw_gid", "pw_gecos", "pw_dir", "pw_shell"],
    visible: 7,
    instantiable: true,
};

static GROUP: StructSequence = StructSequence {
    module: "grp",
    name: "struct_group",
    doc: "grp.struct_group: Results from getgr*() routines.",
    fields: &["gr_name", "gr_passwd", "gr_gid", "gr_mem"],
    visible: 4,
    instantiable: true,
};

/// Lines of an account file that have so many fields.
fn entries(path: &str, fields: usize) -> Vec<Vec<String>> {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .lines()
        .map(|line| line.split(':').map(str::to_owned).collect::<Vec<_>>())
        .filter(|parts| parts.len() >= fields)
        .collect()
}

fn number(text: &str) -> Value {
    text.parse::<u32>().unwrap_or(u32::MAX).into()
}

fn user(vm: &mut Vm, parts: &[String]) -> PyResult {
    let text = |i: usize| Value::from(parts.get(i).map_or("", String::as_str));
    let (uid, gid) = (number(&parts[2]), number(&parts[3]));
    named::make(vm, &USER, vec![text(0), text(1), uid, gid, text(4), text(5), text(6)])
}

fn group(vm: &mut Vm, parts: &[String]) -> PyResult {
    let members: Vec<Value> = parts[3].split(',').filter(|m| !m.is_empty()).map(Value::from).collect();
    let values = vec![
        parts[0].as_str().into(),
        parts[1].as_str().into(),
        number(&parts[2]),
        List::new(members).into(),
    ];
    named::make(vm, &GROUP, values)
}

fn id_argument(vm: &mut Vm, id: &Value, what: &str) -> PyResult<String> {
    if id.as_int().is_none() {
        let found = id.class().name();
        return Err(vm.type_error(format!("{what} should be integer, not {found}")));
    }
    Ok(match vm.to_i128(id)? {
        -1 => u32::MAX.to_string(),
        id => id.to_string(),
    })
}

/// `pwd`
#[pvm_vm_macros::pymodule(name = "pwd", doc = "This module provides access to the Unix password database.")]
pub mod pwd_module {
    use super::*;
    use pvm_vm::object::Ref;
    use pvm_vm::types::module::Module;

    fn find(vm: &mut Vm, field: usize, wanted: &str) -> PyResult<Option<Value>> {
        match entries("/etc/passwd", 7).into_iter().find(|parts| parts[field] == wanted) {
            Some(parts) => user(vm, &parts).map(Some),
            None => Ok(None),
        }
    }

    /// Return the password database entry for the given numeric user ID.
    #[pyfunction(sig = "(uidobj, /)")]
    fn getpwuid(vm: &mut Vm, uidobj: &Value) -> PyResult {
        let id = id_argument(vm, uidobj, "uid")?;
        match find(vm, 2, &id)? {
            Some(user) => Ok(user),
            None => {
                let key = format!("getpwuid(): uid not found: {id}");
                Err(vm.key_error(key.into()))
            }
        }
    }

    /// Return the password database entry for the given user name.
    #[pyfunction(sig = "(name, /)")]
    fn getpwnam(vm: &mut Vm, name: String) -> PyResult {
        match find(vm, 0, &name)? {
            Some(user) => Ok(user),
            None => {
                let key = format!("getpwnam(): name not found: '{name}'");
                Err(vm.key_error(key.into()))
            }
        }
    }

    /// Return a list of all available password database entries, in arbitrary order.
    #[pyfunction(sig = "()")]
    fn getpwall(vm: &mut Vm) -> PyResult {
        let mut all = Vec::new();
        for parts in entries("/etc/passwd", 7) {
            all.push(user(vm, &parts)?);
        }
        Ok(List::new(all).into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let class = named::class_of(vm, &USER)?;
        module.set("struct_passwd", class);
        Ok(())
    }
}

/// `grp`
#[pvm_vm_macros::pymodule(name = "grp", doc = "Access to the Unix group database.")]
pub mod grp_module {
    use super::*;
    use pvm_vm::object::Ref;
    use pvm_vm::types::module::Module;

    fn find(vm: &mut Vm, field: usize, wanted: &str) -> PyResult<Option<Value>> {
        match entries("/etc/group", 4).into_iter().find(|parts| parts[field] == wanted) {
            Some(parts) => group(vm, &parts).map(Some),
            None => Ok(None),
        }
    }

    /// Return the group database entry for the given numeric group ID.
    #[pyfunction(sig = "(id)")]
    fn getgrgid(vm: &mut Vm, id: &Value) -> PyResult {
        let id = id_argument(vm, id, "gid")?;
        match find(vm, 2, &id)? {
            Some(group) => Ok(group),
            None => {
                let key = format!("getgrgid(): gid not found: {id}");
                Err(vm.key_error(key.into()))
            }
        }
    }

    /// Return the group database entry for the given group name.
    #[pyfunction(sig = "(name)")]
    fn getgrnam(vm: &mut Vm, name: String) -> PyResult {
        match find(vm, 0, &name)? {
            Some(group) => Ok(group),
            None => {
                let key = format!("getgrnam(): name not found: '{name}'");
                Err(vm.key_error(key.into()))
            }
        }
    }

    /// Return a list of all available group entries, in arbitrary order.
    #[pyfunction(sig = "()")]
    fn getgrall(vm: &mut Vm) -> PyResult {
        let mut all = Vec::new();
        for parts in entries("/etc/group", 4) {
            all.push(group(vm, &parts)?);
        }
        Ok(List::new(all).into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let class = named::class_of(vm, &GROUP)?;
        module.set("struct_group", class);
        Ok(())
    }
}
