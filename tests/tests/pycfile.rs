//! `pvm-pycfile` against what the reference writes and prints.

use pvm_pycfile::{dis, header, marshal, verify};
use pvm_tests::{clean, files_below, reference, reference_library};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A part of the reference's library that is quick to compile and has some of everything.
const PARTS: [&str; 8] = [
    "asyncio",
    "collections",
    "email",
    "re",
    "json",
    "importlib",
    "test/test_patma.py",
    "test/test_type_params.py",
];

/// The `.pyc` files that the reference writes for `PARTS`, below `prefix`.
fn compile(prefix: &Path) -> Option<Vec<PathBuf>> {
    let library = reference_library()?;
    let status = clean(&mut Command::new(reference()?))
        .env("PYTHONPYCACHEPREFIX", prefix)
        // Keeps the modules that the compiler itself imports out of the folder.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "compileall", "-q", "-f"])
        .args(PARTS.map(|part| library.join(part)))
        .status()
        .expect("the reference runs");
    assert!(status.success());
    let files = files_below(prefix, "pyc");
    assert!(files.len() >= 100, "{} files", files.len());
    Some(files)
}

#[test]
fn code_read_and_written_is_the_same_and_verifies() {
    let prefix = tempfile::tempdir().expect("a temporary folder");
    for path in compile(prefix.path()).unwrap_or_default() {
        let data = std::fs::read(&path).expect("was just written");
        let stamp = header::Invalidation::parse(&data).expect("is of Python 3.12");
        assert_eq!(stamp.to_bytes(), data[..header::SIZE]);
        let code = marshal::load_code(&data[header::SIZE..]).expect("is marshal's");
        assert!(marshal::dump_code(&code).expect("is shallow") == data[header::SIZE..], "{}", path.display());
        assert_eq!(verify::verify(&code), Ok(()), "{}", path.display());
    }
}

const DISASSEMBLE: &str = r#"
import dis, io, marshal, re, sys
for path in sys.stdin.read().split("\n"):
    with open(path, "rb") as f:
        code = marshal.loads(f.read()[16:])
    for show_caches in (False, True):
        out = io.StringIO()
        dis.dis(code, file=out, show_caches=show_caches)
        text = re.sub(r"(<code object .*? at )0x[0-9a-f]+", r"\g<1>0x000000000000", out.getvalue())
        with open(f"{path}.{int(show_caches)}", "w", encoding="utf-8", errors="surrogatepass", newline="") as f:
            f.write(text)
"#;

/// The members of frozensets in their text, sorted: their order depends on the hash seed.
fn sort_sets(text: &str) -> String {
    let mut parts = text.split("frozenset({");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (members, rest) = part.split_once("})").unwrap_or((part, ""));
        let mut members: Vec<&str> = members.split(", ").collect();
        members.sort_unstable();
        out += "frozenset({";
        out += &members.join(", ");
        out += "})";
        out += rest;
    }
    out
}

#[test]
fn disassembly_is_the_references() {
    let prefix = tempfile::tempdir().expect("a temporary folder");
    let Some(files) = compile(prefix.path()) else { return };
    let list: Vec<&str> = files.iter().filter_map(|path| path.to_str()).collect();
    let list_file = prefix.path().join("list");
    std::fs::write(&list_file, list.join("\n")).expect("there is room");
    let status = clean(&mut Command::new(reference().expect("was found")))
        .args(["-I", "-c", DISASSEMBLE])
        .stdin(std::fs::File::open(&list_file).expect("was just written"))
        .status()
        .expect("the reference runs");
    assert!(status.success());
    for path in list {
        let data = std::fs::read(path).expect("was just written");
        let code = marshal::load_code(&data[header::SIZE..]).expect("is marshal's");
        for show_caches in [false, true] {
            let expected =
                std::fs::read_to_string(format!("{path}.{}", u8::from(show_caches))).expect("exists");
            let options = dis::Options { show_caches, ..dis::Options::default() };
            let found = dis::disassemble(&code, options);
            for (found, expected) in sort_sets(&found).lines().zip(sort_sets(&expected).lines()) {
                assert_eq!(found, expected, "{path}");
            }
            assert_eq!(found.lines().count(), expected.lines().count());
        }
    }
}

#[test]
fn source_hashes_are_the_references() {
    let Some(reference) = reference() else { return };
    let script =
        "import importlib.util as u\nfor n in range(40): print(u.source_hash(bytes(range(n))).hex())";
    let output = clean(&mut Command::new(reference)).args(["-I", "-c", script]).output().expect("it runs");
    for (n, line) in String::from_utf8_lossy(&output.stdout).lines().enumerate() {
        let source: Vec<u8> = (0..n as u8).collect();
        let hash: String = header::source_hash(&source).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, line);
    }
}

#[test]
fn damaged_files_never_panic() {
    let prefix = tempfile::tempdir().expect("a temporary folder");
    let files = compile(prefix.path()).unwrap_or_default();
    let files: Vec<Vec<u8>> = files
        .iter()
        .map(|path| std::fs::read(path).expect("was just written"))
        .filter(|data| data.len() < 20_000)
        .collect();
    // Xorshift: the same damage in every run.
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..if files.is_empty() { 0 } else { 2000 } {
        let mut data = files[random(files.len())][header::SIZE..].to_vec();
        for _ in 0..=random(3) {
            let at = random(data.len());
            data[at] ^= 1 << random(8);
        }
        if random(10) == 0 {
            data.truncate(random(data.len()));
        }
        if let Ok(code) = marshal::load_code(&data) {
            let _ = verify::verify(&code);
            let _ = marshal::dump_code(&code);
            let options = dis::Options { show_caches: true, show_positions: true, show_bytes: true };
            std::hint::black_box(dis::disassemble(&code, options));
        }
    }
}
