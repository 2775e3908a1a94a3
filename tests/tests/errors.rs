//! Errors and warnings of sources, from whichever stage finds them, against the reference: one script, run by both
//! interpreters, says what `compile` makes of recorded sources.
//!
//! A sample is checked by default; everything with `PVM_FULL=1`, and other mutations with another `PVM_SEED`.

use std::path::{Path, PathBuf};
use std::process::Command;

use pvm_tests::{clean, files_below, pvm, reference, reference_library};

const COLLECT: &str = include_str!("errors/collect.py");
const JUDGE: &str = include_str!("errors/judge.py");
const MUTATE: &str = include_str!("errors/mutate.py");

/// Modules of the reference's test package that compile many wrong sources.
const MODULES: [&str; 14] = [
    "test_global",
    "test_unpack_ex",
    "test_named_expressions",
    "test_future",
    "test_patma",
    "test_string_literals",
    "test_syntax",
    // From here on only where everything is checked: they take half a minute.
    "test_exceptions",
    "test_fstring",
    "test_grammar",
    "test_type_params",
    "test_eof",
    "test_source_encoding",
    "test_tokenize",
];

const QUICK_MODULES: usize = 7;

fn is_full() -> bool {
    std::env::var_os("PVM_FULL").is_some()
}

/// Runs a script by the reference, in a folder of its own.
fn run_reference(python: &Path, folder: &Path, script: &str, arguments: &[String]) -> String {
    let output = clean(&mut Command::new(python))
        .args(["-I", "-X", "utf8", "-W", "ignore", "-c", script])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the reference runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Compares the verdicts of both interpreters; at least `percent` of them must be the same.
fn compare(python: &Path, folder: &Path, records: &Path, action: &str, percent: f64) {
    let arguments = [records.display().to_string(), action.to_owned()];
    let expected = run_reference(python, folder, JUDGE, &arguments);
    let judge = folder.join("judge.py");
    std::fs::write(&judge, JUDGE).expect("the folder is writable");
    let library = reference_library().expect("it was found before");
    let home = library.ancestors().nth(2).unwrap_or(library);
    let output = clean(&mut Command::new(pvm()))
        .env("PYTHONHOME", home)
        .arg(&judge)
        .args(&arguments)
        .output()
        .expect("pvm runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(found.lines().count(), expected.lines().count());
    let differing: Vec<_> =
        expected.lines().zip(found.lines()).enumerate().filter(|(_, (e, f))| e != f).collect();
    let total = expected.lines().count();
    eprintln!("{action}: {} of {total} differ", differing.len());
    for (at, (expected, found)) in differing.iter().take(20) {
        eprintln!("source {at}\n  expected {expected}\n  found    {found}");
    }
    let same = 100.0 * (total - differing.len()) as f64 / total as f64;
    assert!(same >= percent, "{same:.2} % of {total} are the same");
}

#[test]
fn what_the_references_tests_compile_in_vain() {
    let Some(python) = reference() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = folder.path().join("records");
    let modules = &MODULES[..if is_full() { MODULES.len() } else { QUICK_MODULES }];
    let mut arguments = vec![records.display().to_string()];
    arguments.extend(modules.iter().map(|module| (*module).to_owned()));
    run_reference(python, folder.path(), COLLECT, &arguments);
    compare(python, folder.path(), &records, "always", 99.5);
    compare(python, folder.path(), &records, "error", 99.5);
}

/// Sources of which CPython warns, most of them before it comes to an error.
const WARNED: [&str; 48] = [
    r#""\S""#,
    "'\\S'\nx y\n",
    r#"x.y"\S""#,
    r#"x "\S""#,
    r#"print "\S""#,
    r#"("\S" x "\T")"#,
    r#"("\S""#,
    r#"f"\S{x y}""#,
    r#"f"\S{x}" y"#,
    r#"f"{x:\S{y z}}""#,
    r#"f"{x:\S}" y.z "\T""#,
    r#"f"{x.y "\S":\T}""#,
    r"f'\{x} {y z}'",
    r"f'a{x}\d{{\e' 1",
    r#"x.y"\S"f"{1 1}""#,
    r#"x.y f"\S""#,
    r#"x.y b"\S" "\T""#,
    r#"x.y u"\400" b"\S""#,
    r#"with x.y "\S": pass"#,
    r#"with x as y "\S": pass"#,
    r#"class C("\S" x): pass"#,
    r#"a = b.c "\S" = d"#,
    r#"[x.y "\S" for z in q]"#,
    "try:\n  x.y '\\S'\nexcept a, b: pass\n",
    "x = 'a' \\\n  '\\S'",
    "(\n'\\S'\n)",
    "'''\n\\S'''",
    "def f():\n  return '\\S'\n def g(): pass",
    r"0x1for x in y z '\S'",
    r"1if x else y.z '\S'",
    "x.y 1if z else 2",
    "'\\8' '\\9'\n'\\777'\n'\\S' = 3",
    "match x:\n case '\\S': pass\n case '\\T' y: pass",
    r"f(a='\S', '\T')",
    "x y\n1if x else y\n",
    "x = $ 1if y else 2",
    // Where warnings are errors, the tokenizer goes on behind the string.
    "'\\S'\n'\n",
    "x = (\n'\\S'\n",
    "'\\S'; (a\n b]\n",
    "'\\S'\nif x:\n    a\n  b\n",
    "'\\S'\nf'{x' \n",
    "'\\S'\n1if x else y\n'",
    "'\\S'\nf'{1if x else y}'\n1if x else y",
    "'\\S'\nf'{x}' 1if y else z",
    "x = f'''a\n {x} \\S\n'''",
    "x = (f'''a\n {x:\\S} \n''')\ny",
    "a\\\n+ f'\\S'\n",
    "x = '''\n''' f'''\n{x}\n\\S'''",
];

#[test]
fn warnings_before_errors() {
    compare_sources("t", WARNED.map(str::as_bytes), &[0], &["always", "error"]);
}

/// What may be typed at a prompt before all of it is there.
const UNFINISHED: [&str; 51] = [
    "'a",
    "'a\\",
    "'a\\\n",
    "'a\n",
    "x = 'a\\\nb",
    "x = 'a\\\nb\n",
    "'''a",
    "'''a\n",
    "f'a",
    "f'a\\",
    "f'a\\\n",
    "f'''a",
    "f'''a\n",
    "f'''a{x",
    "f'{x",
    "f'{",
    "f'''{x\n",
    "(",
    "(\n",
    "x = \\",
    "x = \\\n",
    "if x:",
    "if x:\n",
    "if x:\n  y",
    "x",
    "x y",
    "'a\\\\",
    "'a\\\\\n",
    "f'{\"a\\",
    "f'{\"a\\\n",
    "rb'a\\\n",
    "f'''a{x:",
    "f'''{'''a",
    "@x",
    "@x\n",
    "try: pass",
    "class A:\n  '''x",
    "def f(",
    "x = [1,",
    "lambda",
    "x +",
    "\\",
    "\\\n",
    "  ",
    "#",
    "",
    "if 1:\n  'a\\\n",
    "(1\n'a\\\n",
    "''' ''' 'a\\\n",
    "'a\\\n\n",
    "'a\\\n'b",
];

#[test]
fn incomplete_input_is_told_from_wrong() {
    // PyCF_ALLOW_INCOMPLETE_INPUT, by itself and with PyCF_DONT_IMPLY_DEDENT.
    compare_sources("t", UNFINISHED.map(str::as_bytes), &[0x4000, 0x4200], &["always"]);
}

/// Bytes that are not UTF-8, behind and before other errors, and encodings of all sorts.
const ODD_BYTES: [&[u8]; 60] = [
    b"x y\nb\xff = 1\n",
    b"x y\n'\xff'\n",
    b"'\xff'\nx y\n",
    b"print 'a\xff'\n",
    b"print 'a'\nx = 'a\xff'\n",
    b"if x:\n    a\n  b # \xff\n",
    b"if x:\n    a\n  b\xff\n",
    b"if x:\n\ta\n        b\xff # \xe2\x82\n",
    b"# coding: utf-8\nif x:\n    a\n  b\xe2\x82\xff # \xff\n",
    b"x = (1\n\xff",
    b"x = (y z\n 'a\xe2' \xff\n",
    b"x = '\xff\n",
    b"x # \xff \\ y\nx $ \xe2\x82\n",
    b"# coding: utf-8\nx = '\xe2\x82' y $ z\n",
    b"# coding: utf-8\n'\xe2\x82\xac' + '\xe2\x82' $ z\n",
    b"# coding: utf-8\nx = 1 y z # \xe2\x82\n",
    b"# coding: utf-8\ny; '''\n\xe2\x82'''; x y\n",
    b"x \xff $ \n",
    b"x \xff\xe2\x82  = 3 x y",
    b"caf\xe9 = caf\xc3\xa9 + \xe2\x82\xac\xff\n",
    b"\xe2\x82\xac\xff\n",
    b"1\xff\n",
    b"x\xff'a'\n",
    b"f'a\xff{x y}'\n",
    b"f'{x\xff}'\n",
    b"f'{x y}{\xff}'\n",
    b"f'{x!\xff}' f'{x:\xff}'\n",
    b"x y f'{x:\xff}' f'{\xff}'\n",
    b"f'''a\n\\N{x\xff}'''\n",
    b"b'\\xe' b'\xff'\n",
    b"'\\xe\xff'\n",
    b"rb'\xff' '\xff'\n",
    b"U'\xff' x\n",
    b"x = \\\xff\n",
    b"  x\n\xff",
    b"def f():\nx\n\xff",
    b"'\\S'\n'\xff\\S'\n",
    b"# \xff\n'\\S'\n1if x else y\n",
    b"with x as \xff: pass\n",
    b"def \xff(): pass\n",
    b"# coding: latin-1",
    b"# coding: latin-1\n'\xe9' x",
    b"\n# coding: latin-1\n'\xe9'",
    b"# coding: euc-jp\n'\xa4",
    b"# coding: shift_jis\n'\x81",
    b"# coding: gbk\r'\x81\r\n\r'\x80",
    b"# coding: utf-7\nx = '+AOk-' + y z",
    b"# coding: utf-7\nx = '+AOk' + y z\n",
    b"# coding: utf-7\nx = '+2AA-'\n",
    b"# coding: utf-16\nx = 1\n",
    b"# coding: utf-16-le \nx = 1\n",
    b"# coding: utf-32\nx = 1\n",
    b"# coding: cp037\nx = 1\n",
    b"# coding: unicode_escape\nx = '\\n'\n",
    b"# coding: unicode_escape\nx = '\\x'\n",
    b"# coding: raw_unicode_escape\nx = '\\u00e9' y z\n",
    b"# coding: punycode\nx = 1\n",
    b"# coding: idna\nx = 1\n",
    b"# coding: undefined\nx = 1\n",
    b"# coding: rot13\nx = 1\n",
];

#[test]
fn sources_in_other_encodings_than_they_say() {
    compare_sources("b", ODD_BYTES, &[0], &["always", "error"]);
}

/// Compares sources in each mode, with each of the flags of `compile()`, under each action of the warning filter: `kind` is
/// `t` for text and `b` for bytes.
fn compare_sources<'a>(
    kind: &str,
    sources: impl IntoIterator<Item = &'a [u8]> + Clone,
    flags: &[u32],
    actions: &[&str],
) {
    let Some(python) = reference() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("records");
    let mut records = Vec::new();
    for flags in flags {
        for source in sources.clone() {
            for mode in ["exec", "single", "eval"] {
                records.extend(format!("{kind} {mode} {flags} {}\n", source.len()).into_bytes());
                records.extend(source);
            }
        }
    }
    std::fs::write(&path, records).expect("the folder is writable");
    for action in actions {
        compare(python, folder.path(), &path, action, 100.0);
    }
}

/// Compares a number of damaged files of the library: `kind` says how they are damaged.
fn compare_damaged(kind: &str, counts: [&str; 2], percent: f64) {
    let (Some(python), Some(library)) = (reference(), reference_library()) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = folder.path().join("records");
    let is_own = |path: &PathBuf| !path.components().any(|part| part.as_os_str() == "site-packages");
    let files: Vec<PathBuf> = files_below(library, "py").into_iter().filter(is_own).collect();
    // Few files, and small ones, where there are few mutations: reading their tokens takes longest.
    let is_wanted = |(at, path): &(usize, &PathBuf)| {
        is_full() || at % 29 == 0 && path.metadata().is_ok_and(|metadata| metadata.len() < 30_000)
    };
    let count = counts[usize::from(is_full())].to_owned();
    let seed = std::env::var("PVM_SEED").unwrap_or_else(|_| "1".to_owned());
    let mut arguments = vec![records.display().to_string(), count, seed, kind.to_owned()];
    arguments.extend(files.iter().enumerate().filter(is_wanted).map(|(_, path)| path.display().to_string()));
    run_reference(python, folder.path(), MUTATE, &arguments);
    compare(python, folder.path(), &records, "always", percent);
}

#[test]
fn files_with_one_token_changed() {
    compare_damaged("token", ["400", "20000"], 99.0);
}

#[test]
fn files_damaged_otherwise() {
    compare_damaged("text", ["200", "5000"], 99.0);
}

#[test]
fn files_with_lines_and_characters_changed() {
    compare_damaged("line", ["200", "5000"], 99.0);
}

#[test]
fn files_with_bytes_changed() {
    compare_damaged("byte", ["200", "5000"], 99.0);
}
