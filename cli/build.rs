//! Has the program linked so that a start takes little memory.
//!
//! - The functions that a start runs are laid out next to each other, as `start-order.txt` lists them. The system maps a
//!   program's file in pieces: without this nearly all of the code lies in memory after a start that runs a sixth of it.
//!   The list comes from `start-order.py`.
//! - The program has a fixed address, as Debian's Python has: the tables of native functions are full of addresses, and to
//!   adjust those takes a megabyte of memory and a million instructions.
//!
//! Where the linker cannot do this, the program only takes more memory.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=start-order.txt");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let list = Path::new(&variable("CARGO_MANIFEST_DIR")).join("start-order.txt");
    let is_listed = variable("TARGET") == "x86_64-unknown-linux-gnu" && variable("PROFILE") == "release";
    let order = format!("--symbol-ordering-file={}", list.display());
    let arguments = ["-no-pie", "-Xlinker", "--no-warn-symbol-ordering", "-Xlinker", &order];
    if is_listed && linker_takes(&arguments) {
        for argument in arguments {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}

/// Whether an empty program can be linked with these arguments.
fn linker_takes(arguments: &[&str]) -> bool {
    let (Some(rustc), Some(folder)) = (env::var_os("RUSTC"), env::var_os("OUT_DIR")) else { return false };
    let source = Path::new(&folder).join("empty.rs");
    if std::fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut command = Command::new(rustc);
    command.arg(&source).arg("--out-dir").arg(&folder);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        command.arg("-C").arg(format!("linker={}", linker.to_string_lossy()));
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    command.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    for argument in arguments {
        command.arg("-C").arg(format!("link-arg={argument}"));
    }
    command.output().is_ok_and(|output| output.status.success())
}
