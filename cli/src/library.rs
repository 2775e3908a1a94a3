//! The Python half of the standard library: the one inside the program, or that of a real CPython 3.12.

use pvm_pycfile::header::{self, Invalidation};
use pvm_pycfile::{CodeObject, Text, marshal};
use pvm_vm::config::Config;
use pvm_vm::host::FrozenModule;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::commands;
use crate::source;

/// Where the library is.
#[derive(Clone, Debug)]
pub enum Library {
    /// The folder `lib/python3.12` below the prefix that `--home` or `PYTHONHOME` names.
    Folder(PathBuf),
    /// Inside the program.
    Embedded {
        /// What its files' paths begin with.
        root: String,
    },
}

impl Library {
    /// The library that the settings choose.
    ///
    /// # Errors
    /// If the prefix has none; the text says so.
    pub fn choose(config: &Config) -> Result<Library, String> {
        match &config.home {
            Some(home) => {
                let folder = Path::new(home).join("lib").join("python3.12");
                if folder.join("os.py").is_file() {
                    Ok(Library::Folder(folder))
                } else {
                    Err(format!("there is no standard library of Python 3.12 under {home}"))
                }
            }
            None => {
                let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/pvm"));
                Ok(Library::Embedded { root: format!("{}/lib/python3.12", program.to_string_lossy()) })
            }
        }
    }
}

/// A module that CPython has frozen, its file, and whether it is a package.
type Frozen = (&'static str, &'static str, bool);

/// What imports need before they work.
const BOOTSTRAP: &[Frozen] = &[
    ("_frozen_importlib", "importlib/_bootstrap.py", false),
    ("_frozen_importlib_external", "importlib/_bootstrap_external.py", false),
    ("zipimport", "zipimport.py", false),
];

/// What CPython starts with; `-X frozen_modules=off` leaves these to the path.
const STARTUP: &[Frozen] = &[
    ("__hello__", "__hello__.py", false),
    ("__phello__", "__phello__/__init__.py", true),
    ("__phello__.spam", "__phello__/spam.py", false),
    ("_collections_abc", "_collections_abc.py", false),
    ("_sitebuiltins", "_sitebuiltins.py", false),
    ("abc", "abc.py", false),
    ("codecs", "codecs.py", false),
    ("genericpath", "genericpath.py", false),
    ("importlib.machinery", "importlib/machinery.py", false),
    ("importlib.util", "importlib/util.py", false),
    ("io", "io.py", false),
    ("ntpath", "ntpath.py", false),
    ("os", "os.py", false),
    ("posixpath", "posixpath.py", false),
    ("runpy", "runpy.py", false),
    ("site", "site.py", false),
    ("stat", "stat.py", false),
];

fn frozen(config: &Config, name: &str) -> Option<&'static Frozen> {
    let find = |table: &'static [Frozen]| table.iter().find(|(known, ..)| *known == name);
    find(BOOTSTRAP).or_else(|| if starts_frozen(config) { find(STARTUP) } else { None })
}

fn starts_frozen(config: &Config) -> bool {
    let asked = config.x_options.iter().rfind(|(name, _)| name == "frozen_modules");
    asked.is_none_or(|(_, value)| value.as_deref() != Some("off"))
}

/// A module of a real library that CPython has frozen.
pub fn frozen_module(config: &Config, name: &str) -> Option<FrozenModule> {
    let (_, path, is_package) = frozen(config, name)?;
    let dotted = path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    Some(FrozenModule { is_package: *is_package, original_name: dotted })
}

/// The names of all those modules.
pub fn frozen_module_names(config: &Config) -> Vec<String> {
    let startup = if starts_frozen(config) { STARTUP } else { &[] };
    BOOTSTRAP.iter().chain(startup).map(|(name, ..)| (*name).to_owned()).collect()
}

/// The code of such a module: from its cached file, which is written if it is not there.
pub fn frozen_code(config: &Config, folder: &Path, name: &str) -> Option<Arc<CodeObject>> {
    let (_, path, _) = frozen(config, name)?;
    let module = frozen_module(config, name)?;
    let filename = Text::from(format!("<frozen {}>", module.original_name).as_str());
    let path = folder.join(path);
    let optimize = config.optimize.min(2);
    let prefix = config.pycache_prefix.as_deref().map(Path::new);
    let cached = commands::cache_path(&path, optimize, prefix);
    let metadata = std::fs::metadata(&path).ok()?;
    let stamp = Invalidation::Timestamp { mtime: metadata.mtime() as u32, size: metadata.size() as u32 };
    if let Ok(data) = std::fs::read(&cached)
        && is_fresh(&data, stamp, &path)
        && let Ok(code) = marshal::load_code_as(&data[header::SIZE..], &filename)
    {
        return Some(code);
    }
    let mut data = stamp.to_bytes().to_vec();
    let source = std::fs::read(&path).ok()?;
    let (_, marshalled) =
        source::compile_into(&mut data, &source, &source::path_text(&path), optimize).ok()?;
    marshalled.ok()?;
    if !config.dont_write_bytecode {
        // Where it cannot be written, it is compiled again the next time.
        let _ = commands::write_cached(&cached, &data, &metadata);
    }
    marshal::load_code_as(data.get(header::SIZE..)?, &filename).ok()
}

/// Whether a cached file belongs to the source as it is now.
fn is_fresh(data: &[u8], stamp: Invalidation, source: &Path) -> bool {
    match Invalidation::parse(data) {
        Ok(Invalidation::UncheckedHash(_)) => true,
        Ok(Invalidation::CheckedHash(hash)) => {
            std::fs::read(source).is_ok_and(|source| header::source_hash(&source) == hash)
        }
        Ok(found) => found == stamp,
        Err(_) => false,
    }
}
