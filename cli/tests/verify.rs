//! `pvm verify` and `pvm pyc` on honest, stale and tampered files.

use pvm_pycfile::{CodeObject, Constant, Text, header, marshal};
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

/// How many files [`finds_every_tampered_file`] changes, each in another place.
const TAMPERED: usize = 1000;

/// Numbers without a pattern, the same in each run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Changes a constant, a name, an instruction or an entry of the line table of one of the functions of a module.
/// `false` if the function that the numbers name has nothing of the kind.
fn tamper(code: &mut CodeObject, kind: usize, numbers: &mut Numbers) -> bool {
    let nested: Vec<usize> =
        (0..code.consts.len()).filter(|&index| matches!(code.consts[index], Constant::Code(_))).collect();
    if !nested.is_empty() && numbers.below(4) != 0 {
        let Constant::Code(inner) = &mut code.consts[nested[numbers.below(nested.len())]] else {
            return false;
        };
        return tamper(Arc::make_mut(inner), kind, numbers);
    }
    let flip = |bytes: &mut Arc<[u8]>, numbers: &mut Numbers| {
        let at = numbers.below(bytes.len());
        Arc::make_mut(bytes)[at] ^= 1 << numbers.below(8);
    };
    match kind {
        0 => {
            let others: Vec<usize> = (0..code.consts.len()).filter(|index| !nested.contains(index)).collect();
            if others.is_empty() {
                return false;
            }
            let constant = &mut code.consts[others[numbers.below(others.len())]];
            *constant = match &*constant {
                Constant::None => Constant::Ellipsis,
                Constant::Bool(value) => Constant::Bool(!value),
                Constant::Int(value) => Constant::Int(value ^ 1),
                Constant::Float(value) => Constant::Float(-value),
                Constant::Str(text) => Constant::Str(Text::from(format!("{text}.").as_str())),
                Constant::Tuple(items) => Constant::FrozenSet(items.clone()),
                _ => Constant::None,
            };
        }
        1 => {
            let names = if code.names.is_empty() { &mut code.localsplusnames } else { &mut code.names };
            if names.is_empty() {
                return false;
            }
            let at = numbers.below(names.len());
            let mut texts: Vec<Text> = names.iter().cloned().collect();
            texts[at] = Text::from(format!("{}_", names[at]).as_str());
            *names = texts.into();
        }
        2 => flip(&mut code.code, numbers),
        _ => flip(&mut code.linetable, numbers),
    }
    true
}

#[test]
fn finds_every_tampered_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/programs");
    let sources = pvm_tests::files_below(&programs, "py");
    for index in 0..TAMPERED {
        fs::copy(&sources[index % sources.len()], root.join(format!("t{index}.py"))).expect("there is room");
    }
    assert_eq!(pvm(&["compile", "-q", "."], root).0, Some(0));
    let (status, honest) = states(root, &["."]);
    assert_eq!((status, honest.len()), (Some(0), TAMPERED), "all are honest");

    let mut numbers = Numbers(2024);
    for index in 0..TAMPERED {
        let path = root.join(format!("__pycache__/t{index}.cpython-312.pyc"));
        let mut data = fs::read(&path).expect("was written");
        let mut module = Arc::unwrap_or_clone(marshal::load_code(&data[header::SIZE..]).expect("is whole"));
        while !tamper(&mut module, index % 4, &mut numbers) {}
        data.truncate(header::SIZE);
        data.extend(marshal::dump_code(&module).expect("is shallow"));
        fs::write(path, data).expect("there is room");
    }
    let (status, found) = states(root, &["."]);
    assert_eq!((status, found.len()), (Some(1), TAMPERED));
    for (name, file) in &found {
        assert_eq!(file["state"], "tampered", "{name}");
        assert!(file["difference"]["function"].is_string(), "{name}: {file}");
    }
}
