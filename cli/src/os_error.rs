//! `std::io::Error` in Python's words.

use std::io;
use std::path::Path;

/// The Python exception class of an operating-system error.
pub fn class(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "FileNotFoundError",
        io::ErrorKind::PermissionDenied => "PermissionError",
        io::ErrorKind::AlreadyExists => "FileExistsError",
        io::ErrorKind::IsADirectory => "IsADirectoryError",
        io::ErrorKind::NotADirectory => "NotADirectoryError",
        io::ErrorKind::Interrupted => "InterruptedError",
        io::ErrorKind::BrokenPipe => "BrokenPipeError",
        io::ErrorKind::TimedOut => "TimeoutError",
        _ => "OSError",
    }
}

/// `str()` of the Python exception.
pub fn text(error: &io::Error, path: &Path) -> String {
    let path = pvm_pycfile::repr::str(&crate::source::path_text(path));
    let Some(number) = error.raw_os_error() else {
        return format!("{error}: {path}");
    };
    // Rust appends the number to what the operating system says.
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or_default();
    format!("[Errno {number}] {words}: {path}")
}
