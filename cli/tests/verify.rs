//! `pvm verify` and `pvm pyc` on honest, stale and tampered files.

use pvm_pycfile::{Constant, header, marshal};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const SOURCE: &str =
    "import os\n\ndef allowed(user):\n    return user in {'root', 'admin'} and os.name == 'posix'\n";

fn pvm(arguments: &[&str], folder: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pvm"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("is text"))
}

/// The states of files by name.
fn states(folder: &Path, arguments: &[&str]) -> (Option<i32>, BTreeMap<String, Value>) {
    let (status, out) = pvm(&[&["verify", "--format", "json"], arguments].concat(), folder);
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("is JSON"));
    let named = lines
        .filter_map(|line| Some((Path::new(line["file"].as_str()?).file_stem()?.to_str()?.to_owned(), line)));
    (status, named.collect())
}

#[test]
fn tells_what_is_wrong_with_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    for name in ["good", "unchecked", "stale", "orphan", "tampered", "foreign", "damaged", "optimised"] {
        fs::write(root.join(format!("{name}.py")), SOURCE).expect("there is room");
    }
    assert_eq!(pvm(&["compile", "-q", "."], root).0, Some(0));
    assert_eq!(pvm(&["compile", "-q", "-o2", "optimised.py"], root).0, Some(0));
    let mode = ["compile", "-q", "--invalidation-mode", "unchecked-hash", "unchecked.py"];
    assert_eq!(pvm(&mode, root).0, Some(0));
    assert_eq!(states(root, &["."]).0, Some(0), "all are honest");

    let cache = |name: &str| root.join(format!("__pycache__/{name}.cpython-312.pyc"));
    fs::write(root.join("stale.py"), SOURCE.replace("root", "toor!")).expect("there is room");
    fs::remove_file(root.join("orphan.py")).expect("is there");
    let edit = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = fs::read(cache(name)).expect("is there");
        change(&mut data);
        fs::write(cache(name), data).expect("there is room");
    };
    edit("foreign", &|data| data[..2].copy_from_slice(&3495u16.to_le_bytes()));
    edit("damaged", &|data| data.truncate(100));
    edit("tampered", &|data| {
        let mut module = Arc::unwrap_or_clone(marshal::load_code(&data[header::SIZE..]).expect("is whole"));
        for constant in &mut module.consts {
            if let Constant::Code(function) = constant {
                let function = Arc::make_mut(function);
                function.consts.reverse();
            }
        }
        data.truncate(header::SIZE);
        data.extend(marshal::dump_code(&module).expect("is shallow"));
    });
    let (status, found) = states(root, &["."]);
    assert_eq!(status, Some(1));
    for (name, state) in [
        ("good", "ok"),
        ("unchecked", "unchecked"),
        ("stale", "stale"),
        ("orphan", "orphaned"),
        ("tampered", "tampered"),
        ("foreign", "foreign"),
        ("damaged", "damaged"),
    ] {
        assert_eq!(found[&format!("{name}.cpython-312")]["state"], state, "{name}");
    }
    let difference = &found["tampered.cpython-312"]["difference"];
    assert_eq!(difference["function"], "allowed");
    assert_eq!(difference["line"], 4);
    let allow = ["--allow", "stale,orphaned,tampered,foreign,damaged", "."];
    assert_eq!(states(root, &allow).0, Some(0));
    assert_eq!(states(root, &["--deny-unchecked", "unchecked.py"]).0, Some(1));
    let (_, report) = pvm(&["pyc", "__pycache__/stale.cpython-312.pyc"], root);
    assert!(report.contains("version: Python 3.12") && report.contains("state: stale"), "{report}");
}

#[test]
fn follows_the_cache_prefix() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    fs::create_dir(root.join("pkg")).expect("is new");
    fs::write(root.join("pkg/a.b.py"), SOURCE).expect("there is room");
    fs::write(root.join("pkg/c.py"), SOURCE).expect("there is room");
    assert_eq!(pvm(&["compile", "-q", "--cache-prefix", "cache", "pkg"], root).0, Some(0));
    fs::write(root.join("pkg/c.py"), SOURCE.replace("root", "toor!")).expect("there is room");
    for path in ["pkg", "cache"] {
        let (status, found) = states(root, &["--cache-prefix", "cache", path]);
        assert_eq!(status, Some(1), "{path}");
        assert_eq!(found["a.b.cpython-312"]["state"], "ok", "{path}");
        assert_eq!(found["c.cpython-312"]["state"], "stale", "{path}");
    }
    let (status, found) = states(root, &["--cache-prefix", "cache", "pkg/a.b.py"]);
    assert_eq!((status, found.len()), (Some(0), 1));
}

#[test]
fn looks_into_archives() {
    use std::io::Write;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    fs::create_dir(root.join("pkg")).expect("is new");
    fs::write(root.join("pkg/a.py"), SOURCE).expect("there is room");
    assert_eq!(pvm(&["compile", "-q", "pkg"], root).0, Some(0));
    let honest = fs::read(root.join("pkg/__pycache__/a.cpython-312.pyc")).expect("was written");
    let mut wrong = honest.clone();
    let name = wrong.windows(5).position(|window| window == b"admin").expect("is a constant");
    wrong[name] = b'e';
    for (archive, pyc, expected) in [("good.whl", &honest, "ok"), ("bad.whl", &wrong, "tampered")] {
        let mut zip = zip::ZipWriter::new(fs::File::create(root.join(archive)).expect("there is room"));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("pkg/a.py", options).expect("there is room");
        zip.write_all(SOURCE.as_bytes()).expect("there is room");
        zip.start_file("pkg/__pycache__/a.cpython-312.pyc", options).expect("there is room");
        zip.write_all(pyc).expect("there is room");
        zip.finish().expect("there is room");
        let (_, found) = states(root, &[archive]);
        assert_eq!(found["a.cpython-312"]["state"], expected);
    }
}
