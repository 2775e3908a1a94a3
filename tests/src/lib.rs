//! Everything that crosses the stages of pvm.
//!
//! What tests share: the reference interpreter, and children with a clean environment.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// CPython 3.12's executable: `PVM_REFERENCE`, else `python3.12` on `PATH`, else pyenv's 3.12.1. `None`, after saying
/// so, where there is none: the test is to be skipped.
///
/// # Panics
/// Where there is none though `PVM_REFERENCE_REQUIRED` is set, as CI sets it.
pub fn reference() -> Option<&'static Path> {
    static REFERENCE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = REFERENCE.get_or_init(find_reference).as_deref();
    if found.is_none() {
        assert!(std::env::var_os("PVM_REFERENCE_REQUIRED").is_none(), "the reference interpreter is missing");
        eprintln!("SKIPPED: no CPython 3.12 found; set PVM_REFERENCE to its executable");
    }
    found
}

fn find_reference() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("PVM_REFERENCE") {
        return Some(path.into());
    }
    let is_reference = |path: &Path| {
        let script = "import sys; print(sys.implementation.name, *sys.version_info[:2])";
        let output = clean(&mut Command::new(path)).args(["-I", "-c", script]).output();
        output.is_ok_and(|output| output.stdout == b"cpython 3 12\n")
    };
    let on_path = PathBuf::from("python3.12");
    if is_reference(&on_path) {
        return Some(on_path);
    }
    let prefix = Command::new("pyenv").args(["prefix", "3.12.1"]).output().ok()?;
    let of_pyenv = PathBuf::from(String::from_utf8(prefix.stdout).ok()?.trim()).join("bin/python3.12");
    is_reference(&of_pyenv).then_some(of_pyenv)
}

/// Removes from a child's environment what changes an interpreter's behaviour.
pub fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") || name == "SOURCE_DATE_EPOCH" {
            command.env_remove(name);
        }
    }
    command
}

/// The reference's standard library.
pub fn reference_library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let reference = reference()?;
    let library = LIBRARY.get_or_init(|| {
        let script = "import os; print(os.path.dirname(os.__file__))";
        let output = clean(&mut Command::new(reference)).args(["-I", "-c", script]).output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    });
    library.as_deref()
}

/// All files below a folder with this extension, sorted.
pub fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Calls `check` with each item, on as many threads as there are processors.
pub fn for_each_in_parallel<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(item);
                }
            });
        }
    });
}

/// The CRC-32 of a text (`zlib.crc32`) and its length in bytes.
pub fn checksum(text: &str) -> String {
    let table: Vec<u32> = (0..256u32)
        .map(|byte| (0..8).fold(byte, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }))
        .collect();
    let crc =
        !text.bytes().fold(!0, |crc, byte| table[((crc ^ u32::from(byte)) & 0xFF) as usize] ^ (crc >> 8));
    format!("{crc} {}", text.len())
}

/// The program `pvm`, which `cargo test --workspace` builds beside the tests.
///
/// # Panics
/// Where it was not built.
pub fn pvm() -> PathBuf {
    let tests = std::env::current_exe().unwrap_or_default();
    // target/PROFILE/deps/TEST
    let program = tests.parent().and_then(Path::parent).map(|folder| folder.join("pvm")).unwrap_or_default();
    assert!(program.is_file(), "{} is not there: build it with `cargo build -p pvm`", program.display());
    program
}
