//! Where the `.pyc` of a source goes (PEP 3147, PEP 488).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The cache tag of CPython 3.12, with which pvm shares the cache.
const TAG: &str = "cpython-312";

/// `importlib.util.cache_from_source`: below `prefix` if there is one, else in `__pycache__` beside the source.
pub(in crate::commands) fn cache_path(
    source: &Path,
    level: u8,
    prefix: Option<&Path>,
    current_folder: &Path,
) -> PathBuf {
    let name = source.file_name().unwrap_or_default().as_encoded_bytes();
    let stem = name.iter().rposition(|byte| *byte == b'.').map_or(name, |dot| &name[..dot]);
    // Splitting at an ASCII character leaves both parts whole.
    let mut file = OsString::from(String::from_utf8_lossy(stem).into_owned());
    if std::str::from_utf8(stem).is_err() {
        file = source.file_stem().unwrap_or_default().to_owned();
    }
    file.push(format!(".{TAG}"));
    if level > 0 {
        file.push(format!(".opt-{level}"));
    }
    file.push(".pyc");
    let folder = source.parent().unwrap_or(Path::new(""));
    match prefix {
        None => folder.join("__pycache__").join(file),
        Some(prefix) => {
            let folder = current_folder.join(folder);
            prefix.join(folder.strip_prefix("/").unwrap_or(&folder)).join(file)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_beside_the_source_or_below_the_prefix() {
        let at = |source: &str, level, prefix: Option<&str>| {
            cache_path(Path::new(source), level, prefix.map(Path::new), Path::new("/work"))
                .display()
                .to_string()
        };
        assert_eq!(at("a/b.py", 0, None), "a/__pycache__/b.cpython-312.pyc");
        assert_eq!(at("b.c.py", 2, None), "__pycache__/b.c.cpython-312.opt-2.pyc");
        assert_eq!(at("a/b.py", 0, Some("/cache")), "/cache/work/a/b.cpython-312.pyc");
        assert_eq!(at("/a/b.py", 1, Some("/cache")), "/cache/a/b.cpython-312.opt-1.pyc");
    }
}
