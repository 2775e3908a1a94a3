//! Compiles the Python half of the standard library into the image that is embedded.
//!
//! The library is the folder that the environment variable `PVM_STDLIB` names, else that of the crate
//! `rustpython-pylib` with the modules of `lib/pylib` in the place of its own, those of `lib/appended` at the end of its
//! own, and [`EDITS`] made. The modules of `lib/always` are there in any case.

use pvm_compiler::Options;
use pvm_lexer::decode::Reading;
use pvm_parser::Mode;
use pvm_pycfile::image::{Builder, Packed};
use pvm_pycfile::{Text, marshal, stored};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, thread};

/// Folders at the top of a library that are no part of what is embedded.
const LEFT_OUT: &[&str] = &["site-packages", "lib-dynload", "test"];

/// What every program imports before its own code runs.
const AT_START: &[&str] = &[
    "importlib/_bootstrap.py",
    "importlib/_bootstrap_external.py",
    "_embedded_importer.py",
    "abc.py",
    "io.py",
    "site.py",
    "os.py",
    "stat.py",
    "_collections_abc.py",
    "posixpath.py",
    "genericpath.py",
];

/// What the crate's library needs to be Python 3.12's under pvm: file, passage, and what stands in its place.
const EDITS: &[(&str, &str, &str)] = &[
    // Made for an interpreter of another name.
    ("site.py", "joinuser(base, \"RustPython\")", "joinuser(base, \"Python\")"),
    ("site.py", "/lib/rustpython/", "/lib/python/"),
    ("site.py", "/lib/rustpython{", "/lib/python{"),
    ("site.py", "\"rustpython%d.%d\"", "\"python%d.%d\""),
    // One name on all platforms: it tells of this program.
    ("sysconfig.py", "f'_sysconfigdata_{sys.abiflags}_{sys.platform}_{multiarch}'", "'_sysconfigdata'"),
    // Type variables and Generic are the classes that type parameter lists use.
    ("typing.py", "\nclass TypeVar( ", TYPE_VARIABLES),
    ("typing.py", "\nclass ParamSpecArgs(", "\nclass _ParamSpecArgs("),
    ("typing.py", "\nclass ParamSpecKwargs(", "\nclass _ParamSpecKwargs("),
    ("typing.py", "\nclass ParamSpec(", "\nclass _ParamSpec("),
    ("typing.py", "\nclass Generic:\n", GENERIC),
    (
        "typing.py",
        "        super().__init_subclass__(*args, **kwargs)\n        tvars = []\n",
        "        super(Generic, cls).__init_subclass__(*args, **kwargs)\n        tvars = []\n",
    ),
    // Before the hashes moved into one native module.
    ("hashlib.py", "import _sha256", "import _sha2 as _sha256"),
    ("hashlib.py", "import _sha512", "import _sha2 as _sha512"),
    ("random.py", "from _sha512 import", "from _sha2 import"),
    // Without a native decoder of line ends.
    ("io.py", "# IncrementalNewlineDecoder,\n", "IncrementalNewlineDecoder,\n"),
    ("io.py", "    from _pyio import IncrementalNewlineDecoder\n", "    pass\n"),
];

const TYPE_VARIABLES: &str = "
from _typing import Generic, ParamSpec, ParamSpecArgs, ParamSpecKwargs, TypeAliasType, TypeVar, TypeVarTuple


class _TypeVar( ";

/// What the classes of `_typing` need of the module `typing`.
const GENERIC: &str = "
def _generic_class_getitem(cls, params):
    given = params if isinstance(params, tuple) else (params,)
    variables = given if cls in (Generic, globals().get('Protocol')) else cls.__parameters__
    if any(isinstance(v, TypeVarTuple) for p in variables for v in (p, *getattr(p, '__parameters__', ()))):
        # Any number of arguments fits.
        kinds = (TypeVar, ParamSpec, TypeVarTuple)
        return _GenericAlias(cls, tuple(map(_type_convert, given)), _typevar_types=kinds, _paramspec_tvars=True)
    return _GenericMethods.__class_getitem__.__func__(cls, params)


def _generic_init_subclass(cls, *args, **kwargs):
    _GenericMethods.__init_subclass__.__func__(cls, *args, **kwargs)


class _GenericMethods:
";

/// Files of the library by their paths within it, with `/`.
type Files = BTreeMap<String, PathBuf>;

fn main() {
    println!("cargo::rerun-if-env-changed=PVM_STDLIB");
    println!("cargo::rerun-if-changed=build.rs");
    let own = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("lib");
    let mut files = Files::new();
    match env::var_os("PVM_STDLIB").filter(|folder| !folder.is_empty()) {
        Some(folder) => add_folder(&mut files, Path::new(&folder)),
        None => {
            add_folder(&mut files, Path::new(rustpython_pylib::LIB_PATH));
            add_folder(&mut files, &own.join("pylib"));
        }
    }
    add_folder(&mut files, &own.join("always"));
    assert!(
        files.contains_key("os.py"),
        "there is no standard library to embed: PVM_STDLIB names no folder of one"
    );
    println!("cargo::rerun-if-changed={}", own.join("appended").display());
    let image = image(&files, &own.join("appended"));
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("library.image");
    fs::write(&target, image).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
}

/// Adds all files of a folder; those of the same path that are there already are replaced.
fn add_folder(files: &mut Files, folder: &Path) {
    println!("cargo::rerun-if-changed={}", folder.display());
    walk(files, folder, "").unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
}

fn walk(files: &mut Files, folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        if fs::metadata(entry.path())?.is_dir() {
            let is_left_out = name == "__pycache__"
                || prefix.is_empty() && (LEFT_OUT.contains(&name.as_str()) || name.starts_with("config-"));
            if !is_left_out {
                walk(files, &entry.path(), &format!("{path}/"))?;
            }
        } else if !name.ends_with(".pyc") {
            files.insert(path, entry.path());
        }
    }
    Ok(())
}

/// Compiles the modules on all cores and puts everything together.
fn image(files: &Files, appended: &Path) -> Vec<u8> {
    let files: Vec<(&String, &PathBuf)> = files.iter().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((path, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut data = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            if file.starts_with(rustpython_pylib::LIB_PATH) {
                edit(path, &mut data);
                if let Ok(more) = fs::read(appended.join(path)) {
                    data.extend(more);
                }
            }
            let code = if path.ends_with(".py") { compile(path, &data) } else { None };
            done.push(Packed::new(path, code, &data).expect("compressing needs memory only"));
        }
        done
    };
    let mut builder = Builder::new();
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            for file in worker.join().expect("a worker has panicked") {
                builder.add(file);
            }
        }
    });
    builder.put_first(AT_START);
    builder.finish().expect("the library is smaller than 4 GiB")
}

/// Carries out what [`EDITS`] says of a file.
fn edit(path: &str, data: &mut Vec<u8>) {
    for (_, passage, replacement) in EDITS.iter().filter(|(edited, ..)| *edited == path) {
        let text = std::str::from_utf8(data).expect("only UTF-8 is edited");
        assert!(text.contains(passage), "{path} does not hold {passage:?}");
        *data = text.replace(passage, replacement).into_bytes();
    }
}

/// The code of a module, stored; `None` if it is not Python 3.12: some libraries hold samples of bad code.
fn compile(path: &str, data: &[u8]) -> Option<Vec<u8>> {
    let source = pvm_lexer::decode(data, Reading::Bytes).ok()?;
    let mut parsed = pvm_parser::parse(&source.text, Mode::Module, &pvm_parser::Options::default()).ok()?;
    let options = Options { optimize: 0, flags: 0, filename: Text::from(path), depth: parsed.depth() };
    let compiled =
        pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options).ok()?;
    let mut bytes = Vec::new();
    marshal::append_compiled(&mut bytes, &compiled.code, compiled.identifiers.as_slice()).ok()?;
    // Reading it back gives the strings the marks that code from a file has.
    let code = marshal::load_code(&bytes).ok()?;
    stored::store(&code)
}
