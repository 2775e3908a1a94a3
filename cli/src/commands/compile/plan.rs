//! Which files to compile, in compileall's order.

use super::cache_path::cache_path;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What a file is called and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Task {
    /// The source.
    pub(in crate::commands) path: PathBuf,
    /// The name that goes into the code, if it is not the path.
    pub(in crate::commands) shown_as: Option<PathBuf>,
    /// An earlier task writes the same `.pyc` files: this one is for when all those are done.
    pub(in crate::commands) repeated: bool,
}

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Step {
    /// A folder is listed, or cannot be.
    Listing { folder: PathBuf, readable: bool },
    /// The current folder, which the search path contains, is skipped.
    Skipped,
    /// A file is compiled.
    File(Task),
}

/// What the options say about which files, and under which names.
#[derive(Clone, Default)]
pub(in crate::commands) struct Choice {
    /// How deep to descend; `None` for all the way.
    pub(in crate::commands) levels: Option<i64>,
    pub(in crate::commands) exclude: Option<fancy_regex::Regex>,
    pub(in crate::commands) limit_links: Option<PathBuf>,
    pub(in crate::commands) destination: Option<OsString>,
    pub(in crate::commands) strip: Option<OsString>,
    pub(in crate::commands) prepend: Option<OsString>,
}

/// Finds the steps, and hands each on as soon as it is found.
pub(in crate::commands) struct Plan {
    choice: Choice,
    /// The `.pyc` files that the plan has, in folders without symbolic links.
    known: HashSet<PathBuf>,
    /// Folders as they were called, and what they are called without symbolic links.
    folders: HashMap<PathBuf, PathBuf>,
}

/// Python's recursion limit, at which compileall stops descending.
const MAX_LEVELS: i64 = 1000;

impl Plan {
    /// A plan without steps.
    pub(in crate::commands) fn new(choice: Choice) -> Plan {
        Plan { choice, known: HashSet::new(), folders: HashMap::new() }
    }

    /// Finds the steps for these paths, or for the folders in which modules are found if there are none.
    pub(in crate::commands) fn find(&mut self, paths: &[PathBuf], visit: &mut dyn FnMut(Step)) {
        if paths.is_empty() {
            self.add_search_path(visit);
        }
        for path in paths {
            self.add(path, visit);
        }
    }

    /// Adds a file, or all files of a folder.
    fn add(&mut self, path: &Path, visit: &mut dyn FnMut(Step)) {
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().as_bytes();
            let shown_as = match &self.choice.destination {
                Some(folder) => Some(path_of(join(folder.as_bytes(), name))),
                None => rename(path, self.choice.strip.as_deref(), self.choice.prepend.as_deref()),
            };
            self.add_file(path.to_owned(), shown_as, visit);
        } else {
            let levels = self.choice.levels.unwrap_or(MAX_LEVELS);
            self.add_folder(path, levels, visit);
        }
    }

    /// Adds the folders in which modules are found, without those below them.
    fn add_search_path(&mut self, visit: &mut dyn FnMut(Step)) {
        let path = std::env::var_os("PYTHONPATH").unwrap_or_default();
        for folder in std::env::split_paths(&path) {
            if folder.as_os_str().is_empty() || folder == Path::new(".") {
                visit(Step::Skipped);
            } else {
                self.add_folder(&folder, 0, visit);
            }
        }
    }

    fn add_folder(&mut self, folder: &Path, levels: i64, visit: &mut dyn FnMut(Step)) {
        let (strip, prepend) = match &self.choice.destination {
            Some(destination) => (Some(folder.as_os_str().to_owned()), Some(destination.clone())),
            None => (self.choice.strip.clone(), self.choice.prepend.clone()),
        };
        walk(folder, levels, &mut |step| match step {
            Step::File(task) => {
                let shown_as = rename(&task.path, strip.as_deref(), prepend.as_deref());
                self.add_file(task.path, shown_as, visit);
            }
            step => {
                if let Step::Listing { folder: below, .. } = &step
                    && below != folder
                {
                    self.add_real_folder(below);
                }
                visit(step);
            }
        });
    }

    /// Notes what a folder that is no symbolic link is called without any.
    fn add_real_folder(&mut self, folder: &Path) {
        if let (Some(around), Some(name)) = (folder.parent(), folder.file_name())
            && let Some(real) = self.folders.get(around).map(|around| around.join(name))
        {
            self.folders.entry(folder.to_owned()).or_insert(real);
        }
    }

    fn add_file(&mut self, path: PathBuf, shown_as: Option<PathBuf>, visit: &mut dyn FnMut(Step)) {
        let is_source = path.as_os_str().as_encoded_bytes().ends_with(b".py");
        if !is_source || self.is_excluded(&path) || self.leads_outside(&path) {
            return;
        }
        let repeated = !self.is_new(&path);
        visit(Step::File(Task { path, shown_as, repeated }));
    }

    /// Whether no earlier task writes to where this source's `.pyc` files go: a file can be named twice, and a folder be
    /// reached by two ways.
    fn is_new(&mut self, path: &Path) -> bool {
        let folder = path.parent().unwrap_or(Path::new(""));
        if !self.folders.contains_key(folder) {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let real = here.canonicalize().unwrap_or_else(|_| folder.to_owned());
            self.folders.insert(folder.to_owned(), real);
        }
        let target = cache_path(path, 0, None, Path::new(""));
        self.known.insert(self.folders[folder].join(target.file_name().unwrap_or_default()))
    }

    fn is_excluded(&self, path: &Path) -> bool {
        let text = path.to_string_lossy();
        self.choice.exclude.as_ref().is_some_and(|exclude| exclude.is_match(&text).unwrap_or(false))
    }

    fn leads_outside(&self, path: &Path) -> bool {
        let Some(limit) = self.choice.limit_links.as_ref().filter(|_| path.is_symlink()) else {
            return false;
        };
        match (limit.canonicalize(), path.canonicalize()) {
            (Ok(limit), Ok(path)) => path == limit || !path.starts_with(limit),
            _ => true,
        }
    }
}

/// Visits the files of a folder and of those below it, sorted by name within each, files before what is listed later.
/// Symbolic links to folders are not followed.
pub(in crate::commands) fn walk(folder: &Path, levels: i64, visit: &mut dyn FnMut(Step)) {
    // What is left to visit: files, and folders with the levels below them.
    enum Left {
        File(PathBuf),
        Folder(PathBuf, i64),
    }
    let mut stack = vec![Left::Folder(folder.to_owned(), levels)];
    while let Some(left) = stack.pop() {
        let (folder, levels) = match left {
            Left::File(path) => {
                visit(Step::File(Task { path, shown_as: None, repeated: false }));
                continue;
            }
            Left::Folder(folder, levels) => (folder, levels),
        };
        let listed = list(&folder);
        visit(Step::Listing { folder: folder.clone(), readable: listed.is_ok() });
        let mut entries = listed.unwrap_or_default();
        entries.sort_by(|(a, _), (b, _)| b.as_encoded_bytes().cmp(a.as_encoded_bytes()));
        for (name, kind) in entries {
            if name == "__pycache__" {
                continue;
            }
            let path = folder.join(&name);
            let is_link = kind.is_none_or(|kind| kind.is_symlink());
            let is_folder = if is_link { path.is_dir() } else { kind.is_some_and(|kind| kind.is_dir()) };
            if !is_folder {
                if name.as_encoded_bytes().ends_with(b".py") {
                    stack.push(Left::File(path));
                }
            } else if levels > 0 && !(is_link && path.is_symlink()) {
                stack.push(Left::Folder(path, levels - 1));
            }
        }
    }
}

/// The names in a folder, and what they are where the file system says it at once.
fn list(folder: &Path) -> io::Result<Vec<(OsString, Option<fs::FileType>)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        entries.push((entry.file_name(), entry.file_type().ok()));
    }
    Ok(entries)
}

/// The paths listed in a file, one a line.
pub(in crate::commands) fn read_list(list: &Path) -> io::Result<Vec<PathBuf>> {
    let lines: Vec<String> = if list.as_os_str() == "-" {
        io::stdin().lock().lines().collect::<io::Result<_>>()?
    } else {
        fs::read_to_string(list)?.lines().map(str::to_owned).collect()
    };
    Ok(lines.iter().map(|line| PathBuf::from(line.trim())).collect())
}

fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// `os.path.join` of two parts.
fn join(first: &[u8], second: &[u8]) -> Vec<u8> {
    let is_joined = first.is_empty() || first.ends_with(b"/");
    match second {
        [b'/', ..] => second.to_owned(),
        _ if is_joined => [first, second].concat(),
        _ => [first, b"/", second].concat(),
    }
}

/// What compileall makes of a path by `-s` and `-p`; `None` if neither is given.
fn rename(path: &Path, strip: Option<&OsStr>, prepend: Option<&OsStr>) -> Option<PathBuf> {
    let full = path.as_os_str().as_bytes();
    let is_separator = |byte: &u8| *byte == b'/';
    let stripped = strip.map(|strip| {
        let parts: Vec<&[u8]> = full.split(is_separator).collect();
        let mut left = parts.clone();
        for (strip, part) in strip.as_bytes().split(is_separator).zip(&parts) {
            if strip == *part
                && let Some(at) = left.iter().position(|left| left == part)
            {
                left.remove(at);
            }
        }
        left.iter().fold(Vec::new(), |path, part| join(&path, part))
    });
    match (stripped, prepend) {
        (stripped, None) => stripped.map(path_of),
        (Some(stripped), Some(prepend)) => Some(path_of(join(prepend.as_bytes(), &stripped))),
        (None, Some(prepend)) => Some(path_of(join(prepend.as_bytes(), full))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_renamed_as_compileall_does() {
        let renamed = |strip: Option<&str>, prepend: Option<&str>| {
            let path = Path::new("/build/root/usr/lib/a.py");
            let renamed = rename(path, strip.map(OsStr::new), prepend.map(OsStr::new))?;
            renamed.into_os_string().into_string().ok()
        };
        assert_eq!(renamed(None, None), None);
        assert_eq!(renamed(Some("/build/root"), None).as_deref(), Some("usr/lib/a.py"));
        assert_eq!(renamed(Some("/build/root"), Some("/")).as_deref(), Some("/usr/lib/a.py"));
        assert_eq!(renamed(None, Some("/x")).as_deref(), Some("/build/root/usr/lib/a.py"));
    }
}
