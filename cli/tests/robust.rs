//! `pvm compile` leaves whole files and no others, whatever happens to it.
//!
//! A few rounds by default; with `PVM_FULL=1` as many as the project promises.

use pvm_tests::{clean, files_below, reference_library};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Some 250 files of the library.
const PACKAGES: [&str; 4] = ["asyncio", "email", "lib2to3", "encodings"];

fn is_full() -> bool {
    std::env::var_os("PVM_FULL").is_some()
}

fn start(prefix: &Path, library: &Path, shown_below: &str) -> Child {
    clean(&mut Command::new(env!("CARGO_BIN_EXE_pvm")))
        .args(["compile", "-q", "-f", "-j2", "-p", shown_below])
        .args(PACKAGES.map(|package| library.join(package)))
        .env("PYTHONPYCACHEPREFIX", prefix)
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs")
}

/// Whether every source compiled.
fn succeeds(mut child: Child) -> bool {
    child.wait().expect("it ends").success()
}

fn tree(prefix: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(prefix, "pyc").into_iter();
    let read = |path: PathBuf| {
        let data = fs::read(&path).expect("was just found");
        (path.strip_prefix(prefix).expect("is below").to_owned(), data)
    };
    files.map(read).collect()
}

/// How many files of any name there are.
fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("is there").map(|entry| entry.expect("is there"));
    entries.map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

#[test]
fn a_killed_run_leaves_whole_files() {
    let Some(library) = reference_library() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let begin = Instant::now();
    // Two kinds of code, so that a run finds files that are not right already.
    let whole = ["/one", "/two"].map(|shown_below| {
        let prefix = folder.path().join(&shown_below[1..]);
        assert!(succeeds(start(&prefix, library, shown_below)));
        tree(&prefix)
    });
    let duration = begin.elapsed() / 2;
    let again = folder.path().join("again");
    let mut cut_short = 0;
    for round in 0..if is_full() { 500 } else { 20 } {
        // Every other run writes where others have been killed.
        let is_first = round % 2 == 0;
        let prefix = if is_first { folder.path().join(format!("killed{round}")) } else { again.clone() };
        let mut child = start(&prefix, library, if round % 4 < 2 { "/one" } else { "/two" });
        // Multiples of (nearly) the golden ratio, without their integers, are spread evenly.
        std::thread::sleep(duration.mul_f64((f64::from(round) * 0.618).fract()));
        child.kill().expect("is ours");
        child.wait().expect("it ends");
        let left = tree(&prefix);
        for (path, data) in &left {
            assert!(whole.iter().any(|whole| whole[path] == *data), "{}", path.display());
        }
        if is_first {
            cut_short += usize::from(!left.is_empty() && left.len() < whole[0].len());
            // There is nothing to remove where it was killed at once.
            let _ = fs::remove_dir_all(&prefix);
        }
    }
    // What killed runs left behind is in no one's way.
    assert!(succeeds(start(&again, library, "/one")));
    assert!(tree(&again) == whole[0]);
    eprintln!("{cut_short} runs were killed between the first file and the last");
    assert!(cut_short > 0 || !is_full());
}

#[test]
fn two_runs_at_once_give_the_same_tree() {
    let Some(library) = reference_library() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let alone = folder.path().join("alone");
    assert!(succeeds(start(&alone, library, "/one")));
    let alone = tree(&alone);
    for round in 0..if is_full() { 50 } else { 5 } {
        let prefix = folder.path().join(format!("shared{round}"));
        let first = start(&prefix, library, "/one");
        // The second begins together with the first, or somewhat later.
        std::thread::sleep(Duration::from_millis(round % 5 * 3));
        let second = start(&prefix, library, "/one");
        assert!(succeeds(first) && succeeds(second));
        assert!(tree(&prefix) == alone);
        assert_eq!(count_files(&prefix), alone.len(), "no temporary files are left");
    }
}
