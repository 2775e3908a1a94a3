//! The standard library of a real CPython 3.12, for `--home` and `PYTHONHOME`.

use std::path::{Path, PathBuf};

/// Where the Python half of the library lies under a prefix, if it is there.
pub fn folder(home: &str) -> Option<PathBuf> {
    let folder = Path::new(home).join("lib").join("python3.12");
    folder.join("os.py").is_file().then_some(folder)
}

/// The source of a module that must be there before imports work, and the name of its file in tracebacks.
pub fn early_source(home: &str, name: &str) -> Option<(Vec<u8>, String)> {
    let path = match name {
        "_frozen_importlib" | "importlib._bootstrap" => "importlib/_bootstrap.py",
        "_frozen_importlib_external" | "importlib._bootstrap_external" => "importlib/_bootstrap_external.py",
        "zipimport" => "zipimport.py",
        _ => return None,
    };
    let data = std::fs::read(folder(home)?.join(path)).ok()?;
    let name = path.trim_end_matches(".py").replace('/', ".");
    Some((data, format!("<frozen {name}>")))
}
