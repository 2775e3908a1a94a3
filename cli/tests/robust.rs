//! `pvm compile` leaves whole files and no others, whatever happens to it.

use pvm_tests::{clean, files_below, reference_library};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn start(prefix: &Path, library: &Path) -> Child {
    clean(&mut Command::new(env!("CARGO_BIN_EXE_pvm")))
        .args(["compile", "-q", "-f", "-j2"])
        .arg(library.join("asyncio"))
        .env("PYTHONPYCACHEPREFIX", prefix)
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs")
}

fn tree(prefix: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(prefix, "pyc").into_iter();
    let read = |path: PathBuf| {
        let data = fs::read(&path).expect("was just found");
        (path.strip_prefix(prefix).expect("is below").to_owned(), data)
    };
    files.map(read).collect()
}

#[test]
fn a_killed_run_leaves_whole_files() {
    let Some(library) = reference_library() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = folder.path().join("whole");
    assert!(start(&whole, library).wait().expect("it ends").success());
    let whole = tree(&whole);
    for round in 0..30 {
        let prefix = folder.path().join(format!("killed{round}"));
        let mut child = start(&prefix, library);
        std::thread::sleep(Duration::from_millis(round * 7));
        child.kill().expect("is ours");
        child.wait().expect("it ends");
        for (path, data) in tree(&prefix) {
            assert!(whole[&path] == data, "{}", path.display());
        }
    }
}

#[test]
fn two_runs_at_once_give_the_same_tree() {
    let Some(library) = reference_library() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let alone = folder.path().join("alone");
    assert!(start(&alone, library).wait().expect("it ends").success());
    for round in 0..5 {
        let prefix = folder.path().join(format!("shared{round}"));
        let mut both = [start(&prefix, library), start(&prefix, library)];
        assert!(both.iter_mut().all(|child| child.wait().expect("it ends").success()));
        assert!(tree(&prefix) == tree(&alone));
    }
}
