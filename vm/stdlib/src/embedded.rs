//! The standard library inside the program: an image that the build script has made.
//!
//! Its files have paths below a root that no file system has: the program's own path followed by `lib/python3.12`. The
//! module `_embedded` gives them to the importer (`lib/always/_embedded_importer.py`).

use pvm_pycfile::Text;
use pvm_pycfile::image::{File, Image};
use pvm_pycfile::stored::StoredCode;
use pvm_vm::host::{CompileMode, CompileRequest, FrozenModule, SourceForm};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::code::{Code, Source};
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;
use std::path::Path;
use std::sync::OnceLock;

static DATA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.image"));

fn image() -> &'static Image<'static> {
    static IMAGE: OnceLock<Image<'static>> = OnceLock::new();
    IMAGE.get_or_init(|| match Image::open(DATA) {
        Ok(image) => image,
        Err(error) => panic!("the build script has made a bad image: {error}"),
    })
}

/// What must be there before the importer is, and where it lies in the library.
const EARLY: &[(&str, &str)] = &[
    ("_frozen_importlib", "importlib/_bootstrap.py"),
    ("_frozen_importlib_external", "importlib/_bootstrap_external.py"),
    ("zipimport", "zipimport.py"),
    ("_embedded_importer", "_embedded_importer.py"),
];

/// A module that must be there before the importer is.
pub fn early_module(name: &str) -> Option<FrozenModule> {
    let (_, path) = EARLY.iter().find(|(known, _)| *known == name)?;
    Some(FrozenModule { is_package: false, original_name: path.trim_end_matches(".py").replace('/', ".") })
}

/// The code of such a module.
pub fn early_code(name: &str) -> Option<Source> {
    let (_, path) = EARLY.iter().find(|(known, _)| *known == name)?;
    let filename = format!("<frozen {}>", early_module(name)?.original_name);
    let code = StoredCode::open(image().get(path)?.code?);
    Some(Source::Stored(code, Text::from(filename.as_str())))
}

/// The names of those modules.
pub fn early_module_names() -> Vec<String> {
    EARLY.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The bytes of a file, by its path within the library.
pub fn data(path: &str) -> Option<Vec<u8>> {
    image().get(path)?.data().ok()
}

/// A module's file: the path that its dotted name has within the library, and whether it is a package.
fn find(path: &str) -> Option<(File<'static>, bool)> {
    let package = image().get(&format!("{path}/__init__.py")).map(|file| (file, true));
    package.or_else(|| image().get(&format!("{path}.py")).map(|file| (file, false)))
}

/// Makes imports look into zip files.
///
/// # Errors
/// What importing a native module raises.
pub fn install_zip_hook(vm: &mut Vm) -> PyResult<()> {
    let module = vm.import_module("_embedded")?;
    let hook = vm.get_attr_str(&module, "zip_hook")?;
    if let Some(hooks) = path_hooks(vm) {
        hooks.insert(0, hook);
    }
    Ok(())
}

fn path_hooks(vm: &Vm) -> Option<Ref<List>> {
    vm.sys_attribute("path_hooks")?.downcast::<List>().ok()
}

/// Whether a path leads to a file or into one, as if it were a folder.
fn leads_to_file(path: &Path) -> bool {
    let found = path.ancestors().find_map(|path| std::fs::metadata(path).ok());
    found.is_some_and(|metadata| metadata.is_file())
}

/// `_embedded`
#[pymodule(name = "_embedded", doc = "The standard library inside the program.")]
pub mod embedded_module {
    use super::*;

    /// Stands in for zipimport.zipimporter in sys.path_hooks until a path leads to a file.
    #[pyfunction(sig = "(path, /)")]
    fn zip_hook(vm: &mut Vm, path: &Value) -> PyResult {
        let place = crate::system::fspath(vm, path)
            .ok()
            .and_then(|path| path.downcast_ref::<Str>().map(|path| path.to_string()));
        if !place.is_some_and(|place| leads_to_file(Path::new(&place))) {
            let text = vm.repr(path)?;
            return Err(vm.import_error(format!("not a Zip file: {text}"), Value::NONE, path.clone()));
        }
        let module = vm.import_module("zipimport")?;
        let importer = vm.get_attr_str(&module, "zipimporter")?;
        let own = vm.import_module("_embedded")?;
        let own = vm.get_attr_str(&own, "zip_hook")?;
        if let Some(hooks) = path_hooks(vm)
            && let Some(index) = hooks.to_vec().iter().position(|hook| hook.is(&own))
        {
            drop(hooks.replace(index, importer.clone()));
        }
        vm.call(&importer, std::slice::from_ref(path))
    }

    /// Finds the file of a module by its path without a suffix: the file's path and whether it is a package, or None.
    #[pyfunction(sig = "(path, /)")]
    fn find(path: String) -> Value {
        match super::find(&path) {
            Some((file, is_package)) => Tuple::new([file.path.into(), Value::bool(is_package)]).into(),
            None => Value::NONE,
        }
    }

    /// The code of a module, with the file name that it is to bear.
    #[pyfunction(sig = "(path, filename, /)")]
    fn code(vm: &mut Vm, path: String, filename: String) -> PyResult {
        let Some(file) = image().get(&path) else { return Err(no_file(vm, &path)) };
        let optimize = vm.interp.config.optimize.min(2);
        if optimize == 0
            && let Some(code) = file.code
        {
            let source = Source::Stored(StoredCode::open(code), Text::from(filename.as_str()));
            return Ok(Code::new(vm, source)?.into());
        }
        // The image has the code of one level of optimisation only, and none of what is no Python 3.12.
        let source = file.data().map_err(|error| vm.system_error(error.to_string()))?;
        let request = CompileRequest {
            source: &source,
            form: SourceForm::Bytes,
            filename: &filename,
            mode: CompileMode::Exec,
            flags: 0,
            optimize,
            feature_version: -1,
        };
        Ok(pvm_vm::modules::evaluate::compile_source(vm, &request)?.into())
    }

    /// The bytes of a file.
    #[pyfunction(sig = "(path, /)")]
    fn data(vm: &mut Vm, path: String) -> PyResult {
        match super::data(&path) {
            Some(data) => Ok(Bytes::new(data).into()),
            None => Err(no_file(vm, &path)),
        }
    }

    /// Whether there is such a file.
    #[pyfunction(sig = "(path, /)")]
    fn is_file(path: String) -> bool {
        image().get(&path).is_some()
    }

    /// The names in a folder, sorted; none if there is no such folder. The library's own folder has the path "".
    #[pyfunction(sig = "(path, /)")]
    fn names(path: String) -> Value {
        let prefix = if path.is_empty() { path } else { path + "/" };
        let inside = image().below(&prefix).map(|file| &file.path[prefix.len()..]);
        let mut names: Vec<&str> = inside.map(|path| path.split('/').next().unwrap_or_default()).collect();
        names.sort_unstable();
        names.dedup();
        List::new(names.into_iter().map(Value::from).collect()).into()
    }

    fn no_file(vm: &mut Vm, path: &str) -> pvm_vm::Raised {
        let class = &vm.types().exceptions.file_not_found_error;
        vm.new_error_with(class, &[Value::int(2), "No such file or directory".into(), path.into()])
    }
}
