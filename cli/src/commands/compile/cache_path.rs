//! Where the `.pyc` of a source goes (PEP 3147, PEP 488).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
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
    let stem = match name.iter().rposition(|byte| *byte == b'.') {
        None => name,
        // What has nothing before the dot is called by what is behind it.
        Some(0) => &name[1..],
        Some(dot) => &name[..dot],
    };
    let mut file = OsStr::from_bytes(stem).to_owned();
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

/// The root that `PYTHONPYCACHEPREFIX` names for a tree of `.pyc` files apart from the sources.
pub(in crate::commands) fn prefix_from_environment() -> Option<PathBuf> {
    std::env::var_os("PYTHONPYCACHEPREFIX").filter(|prefix| !prefix.is_empty()).map(PathBuf::from)
}

/// The source that a `.pyc` at this path is for: the inverse of [`cache_path`], and `NAME.py` for a `NAME.pyc`
/// beside it.
///
/// `importlib.util.source_from_cache` refuses module names with dots, which `compileall` writes; they are understood here.
pub(in crate::commands) fn source_path(
    cache: &Path,
    prefix: Option<&Path>,
    current_folder: &Path,
) -> Option<PathBuf> {
    let name = cache.file_name()?.to_str()?;
    let folder = cache.parent()?;
    let below_prefix = prefix.and_then(|prefix| {
        let folder = current_folder.join(folder);
        Some(Path::new("/").join(folder.strip_prefix(current_folder.join(prefix)).ok()?))
    });
    let source_folder = match below_prefix {
        Some(folder) => folder,
        None if folder.file_name().is_some_and(|name| name == "__pycache__") => folder.parent()?.to_owned(),
        None => {
            return name.strip_suffix('c').filter(|name| name.ends_with(".py")).map(|name| folder.join(name));
        }
    };
    let tagged = name.strip_suffix(".pyc")?;
    let tagged = tagged.rsplit_once(".opt-").map_or(tagged, |(tagged, _)| tagged);
    let (module, _tag) = tagged.rsplit_once('.')?;
    Some(source_folder.join(format!("{module}.py")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_back_to_the_source() {
        let back = |cache: &str, prefix: Option<&str>| {
            source_path(Path::new(cache), prefix.map(Path::new), Path::new("/work"))
                .map(|path| path.display().to_string())
        };
        assert_eq!(back("a/__pycache__/b.cpython-312.pyc", None).as_deref(), Some("a/b.py"));
        assert_eq!(back("__pycache__/b.c.cpython-312.opt-2.pyc", None).as_deref(), Some("b.c.py"));
        assert_eq!(back("/cache/work/a/b.cpython-312.pyc", Some("/cache")).as_deref(), Some("/work/a/b.py"));
        assert_eq!(back("cache/a/b.cpython-312.opt-1.pyc", Some("cache")).as_deref(), Some("/a/b.py"));
        assert_eq!(back("a/b.pyc", Some("/cache")).as_deref(), Some("a/b.py"));
        assert_eq!(back("a/b", None), None);
    }

    #[test]
    fn goes_beside_the_source_or_below_the_prefix() {
        let at = |source: &str, level, prefix: Option<&str>| {
            cache_path(Path::new(source), level, prefix.map(Path::new), Path::new("/work"))
                .display()
                .to_string()
        };
        assert_eq!(at("a/b.py", 0, None), "a/__pycache__/b.cpython-312.pyc");
        assert_eq!(at("a/.py", 0, None), "a/__pycache__/py.cpython-312.pyc");
        assert_eq!(at("b.c.py", 2, None), "__pycache__/b.c.cpython-312.opt-2.pyc");
        assert_eq!(at("a/b.py", 0, Some("/cache")), "/cache/work/a/b.cpython-312.pyc");
        assert_eq!(at("/a/b.py", 1, Some("/cache")), "/cache/a/b.cpython-312.opt-1.pyc");
    }
}
