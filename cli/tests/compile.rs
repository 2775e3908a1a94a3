//! `pvm compile` against `python -m compileall`: the same files, output and exit status.

use pvm_tests::{clean, reference};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

/// What a run leaves behind.
#[derive(Debug, PartialEq)]
struct Trace {
    status: Option<i32>,
    stdout: String,
    stderr: String,
    /// Path to mode, number of names, and content.
    files: BTreeMap<PathBuf, (u32, u64, Vec<u8>)>,
}

/// Makes the same tree each time, modification times included.
fn plant(root: &Path) {
    let _ = fs::remove_dir_all(root);
    let write = |name: &str, text: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("has a folder")).expect("there is room");
        fs::write(&path, text).expect("there is room");
        let file = File::options().write(true).open(&path).expect("was just written");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000)).expect("is ours");
    };
    write("tree/a.py", b"import os\ndef f(x):\n    'doc'\n    assert x\n    return os.sep\n");
    write("tree/plain.py", b"x = 1\n");
    write("tree/pkg/__init__.py", b"");
    write("tree/pkg/b.py", b"class A:\n    x = lambda self: 1\n");
    write("tree/pkg/deep/c.py", b"print('c')\n");
    write("tree/bad_return.py", b"x = 1\n  \nif x:\n    return 5\n");
    write("tree/bad.py", b"x = 1\nx = (\n");
    write("tree/indent.py", b"x = 1\n  y = 2\n");
    write("tree/bytes.py", b"x = '\xff'\n");
    write("tree/null.py", b"x = '\0'\n");
    write("tree/warned.py", b"def f(x):\n    '\\d'\n    return x is 1\nassert (1, 'always')\n");
    write("tree/notes.txt", b"nothing\n");
    write("tree/folder.py/inside.py", b"y = 2\n");
    write("tree/tool", b"z = 2\n");
    write("tree/private.py", b"p = 2\n");
    write("tree/run.py", b"p = 2\n");
    write("outside.py", b"o = 2\n");
    write("list", b"tree/a.py\ntree/pkg\n");
    write("ragged", b"  tree/a.py \r\n\ntree/pkg\ntree/a.py\nabsent");
    fs::set_permissions(root.join("tree/private.py"), PermissionsExt::from_mode(0o400)).expect("is ours");
    fs::set_permissions(root.join("tree/run.py"), PermissionsExt::from_mode(0o755)).expect("is ours");
    symlink("pkg", root.join("tree/linked")).expect("is new");
    symlink("../outside.py", root.join("tree/link.py")).expect("is new");
    symlink("nowhere.py", root.join("tree/dangling.py")).expect("is new");
}

fn trace(root: &Path, command: &mut Command) -> Trace {
    let output = clean(command).current_dir(root).output().expect("it runs");
    let mut files = BTreeMap::new();
    for path in pvm_tests::files_below(root, "pyc") {
        let metadata = path.symlink_metadata().expect("was just found");
        let content = fs::read(&path).expect("was just found");
        let path = path.strip_prefix(root).expect("is below").to_owned();
        files.insert(path, (metadata.mode(), metadata.nlink(), content));
    }
    Trace {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        files,
    }
}

/// The text without what the temporary files' names end in.
fn without_temporary_names(text: &str) -> String {
    let mut parts = text.split(".pyc");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += ".pyc";
        out += part.trim_start_matches(|c: char| c == '.' || c == '-' || c.is_ascii_digit());
    }
    out
}

/// Runs both compilers with the same arguments over the same tree and compares what they leave.
fn compare(arguments: &[&str], environment: &[(&str, &str)]) {
    compare_after(arguments, environment, |_| {});
}

fn compare_after(arguments: &[&str], environment: &[(&str, &str)], prepare: impl Fn(&Path)) {
    let Some(reference) = reference() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("root");
    let run = |command: &mut Command| {
        plant(&root);
        prepare(&root);
        clean(command).envs(environment.iter().copied());
        let list = File::open(root.join("list")).expect("was planted");
        let command = command.args(arguments).env("PYTHONUTF8", "1").stdin(list);
        // The environment was cleaned before; `trace` must not clean it again.
        let output = command.current_dir(&root).output().expect("it runs");
        let mut trace = trace(&root, &mut Command::new("true"));
        trace.status = output.status.code();
        trace.stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        trace.stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        trace
    };
    let mut compileall = Command::new(reference);
    let expected = run(compileall.args(["-B", "-m", "compileall"]));
    let found = run(Command::new(env!("CARGO_BIN_EXE_pvm")).arg("compile"));
    assert_eq!(
        without_temporary_names(&found.stdout),
        without_temporary_names(&expected.stdout),
        "{arguments:?}"
    );
    assert_eq!(found.status, expected.status, "{arguments:?}");
    assert_eq!(found.stderr, expected.stderr, "{arguments:?}");
    let names = |trace: &Trace| trace.files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected), "{arguments:?}");
    for (path, file) in &expected.files {
        assert!(found.files[path] == *file, "{arguments:?}: {}", path.display());
    }
}

#[test]
fn walks_and_reports_as_compileall() {
    compare(&["tree"], &[]);
    compare(&["-q", "tree"], &[]);
    compare(&["-qq", "tree"], &[]);
    compare(&["-l", "tree", "tree/pkg"], &[]);
    compare(&["-r", "1", "tree"], &[]);
    compare(&["-r0", "tree"], &[]);
    compare(&["tree/a.py", "tree/tool", "absent", "tree/pkg/b.py"], &[]);
    compare(&["-x", "pkg|bad", "tree"], &[]);
    compare(&["-i", "list"], &[]);
    compare(&["-q", "-i", "absent"], &[]);
    compare(&["-e", "tree", "-q", "tree"], &[]);
    compare(&["./tree/"], &[]);
}

#[test]
fn lists_names_and_patterns_are_read_as_compileall_reads_them() {
    compare(&["-i", "-"], &[]);
    compare(&["-i", "ragged", "tree/pkg/deep"], &[]);
    compare(&["-l", "-r", "1", "tree"], &[]);
    compare(&["-r", "-1", "tree"], &[]);
    compare(&["-x", r"/(?P<first>[bp])[^/]*\.py$|\d", "tree"], &[]);
    compare(&["-x", r"(?i)PKG/\Z|^tree/PKG", "tree"], &[]);
    compare(&["-e", "tree/pkg", "tree", "tree/link.py"], &[]);
    compare(&["-e", "", "tree/link.py"], &[]);
    compare(&["-e", ".", "tree"], &[]);
    compare(&["tree/linked"], &[]);
    compare(&["tree/pkg/", "tree//pkg", "tree/../tree/pkg/b.py"], &[]);
    compare(&[""], &[]);
    compare(&["tree/pkg"], &[("SOURCE_DATE_EPOCH", "")]);
}

#[test]
fn odd_names_are_shown_and_compiled() {
    use std::os::unix::ffi::OsStrExt;
    let plant_odd = |root: &Path| {
        for name in
            [b"quo'te.py".as_slice(), b"two\nlines.py", b"caf\xc3\xa9.py", b".py", b"a.b.py", b"\xff.py"]
        {
            let path = root.join("odd").join(std::ffi::OsStr::from_bytes(name));
            fs::create_dir_all(root.join("odd")).expect("there is room");
            fs::write(&path, "def f():\n    return 1\n").expect("there is room");
            let file = File::options().write(true).open(&path).expect("was just written");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000)).expect("is ours");
        }
    };
    compare_after(&["odd"], &[], plant_odd);
    compare_after(&["-b", "-q", "odd"], &[], plant_odd);
    compare_after(&["-q", "-s", "odd", "-p", "/x", "odd"], &[], plant_odd);
    compare_after(&["-q", "odd"], &[("PYTHONPYCACHEPREFIX", "/proc/self/cwd/cache")], plant_odd);
}

#[test]
fn sources_named_twice_are_compiled_in_order() {
    compare(&["tree/bad.py", "tree/a.py", "tree/bad.py", "tree/a.py"], &[]);
    compare(&["-f", "tree/a.py", "./tree/a.py"], &[]);
    compare(&["-f", "-q", "tree/linked", "tree/pkg", "tree/linked"], &[]);
    compare(&["-f", "-q", "tree/pkg", "tree/linked/b.py"], &[]);
    compare(&["-d", "x", "tree/pkg", "tree"], &[]);
}

#[test]
fn times_before_1970_and_after_2106_are_written_alike() {
    for seconds in [-1.0, -1.5, -0.5, 4_294_967_296.5, 4_294_967_295.0, 1e10] {
        compare_after(&["tree/pkg"], &[], |root| {
            let file = File::options().write(true).open(root.join("tree/pkg/b.py")).expect("was planted");
            let time = if seconds < 0.0 {
                UNIX_EPOCH - Duration::from_secs_f64(-seconds)
            } else {
                UNIX_EPOCH + Duration::from_secs_f64(seconds)
            };
            file.set_modified(time).expect("is ours");
        });
    }
}

#[test]
fn writes_where_and_what_compileall_writes() {
    compare(&["-q", "-b", "tree"], &[]);
    compare(&["-q", "-d", "/dest", "tree", "tree/pkg/b.py"], &[]);
    compare(&["-q", "-s", "tree", "tree"], &[]);
    compare(&["-q", "-s", "tree/pkg", "-p", "/usr/lib", "tree"], &[]);
    compare(&["-q", "-p", "/usr", "tree"], &[]);
    compare(&["-q", "-o0", "-o1", "-o2", "tree"], &[]);
    compare(&["-q", "-o0", "-o", "2", "--hardlink-dupes", "tree"], &[]);
    compare(&["-q", "-o0", "-o1", "-o2", "--hardlink-dupes", "tree"], &[]);
    compare(&["-q", "tree/pkg"], &[("PYTHONOPTIMIZE", "2")]);
    compare(&["-q", "tree/pkg"], &[("PYTHONOPTIMIZE", "yes")]);
    compare(&["-q", "-o1", "tree"], &[]);
    compare(&["-q", "-o2", "-o2", "tree"], &[]);
    compare(&["-q", "-b", "-o2", "-o1", "tree/pkg"], &[]);
    compare(&["-q", "-b", "-s", "/nowhere", "tree"], &[]);
    compare(&["-q", "-d", "", "tree"], &[]);
    compare(&["-q", "-d", "rel/", "tree/pkg/"], &[]);
    compare(&["-q", "-s", "tree/", "-p", "", "tree"], &[]);
    compare(&["-q", "-s", "pkg", "tree/pkg/deep/c.py", "./tree/pkg/b.py"], &[]);
    compare(&["-q", "--invalidation-mode", "checked-hash", "-o0", "-o1", "--hardlink-dupes", "tree"], &[]);
    compare(&["-q", "-b", "tree"], &[("PYTHONPYCACHEPREFIX", "cache")]);
    compare(&["-q", "tree"], &[("SOURCE_DATE_EPOCH", "1"), ("PYTHONPYCACHEPREFIX", "cache")]);
    compare(&["-q", "tree"], &[("PYTHONPYCACHEPREFIX", "cache")]);
    compare(&["-q", "tree"], &[("SOURCE_DATE_EPOCH", "1")]);
    compare(&["-q", "--invalidation-mode", "unchecked-hash", "tree"], &[]);
    compare(&["-q", "--invalidation-mode", "checked-hash", "tree"], &[]);
    compare(&["-q", "--invalidation-mode=timestamp", "tree"], &[("SOURCE_DATE_EPOCH", "1")]);
}

#[test]
fn what_is_not_a_regular_file_is_not_replaced() {
    compare_after(&["-q", "tree/pkg"], &[], |root| {
        let cache = root.join("tree/pkg/__pycache__");
        fs::create_dir(&cache).expect("is new");
        symlink("../deep/c.py", cache.join("b.cpython-312.pyc")).expect("is new");
    });
    compare_after(&["tree/pkg"], &[], |root| {
        fs::create_dir_all(root.join("tree/pkg/__pycache__/b.cpython-312.pyc")).expect("is new");
    });
    // A cache that cannot be written.
    compare_after(&["tree/pkg"], &[], |root| {
        fs::write(root.join("tree/pkg/__pycache__"), "").expect("is new");
    });
}

#[test]
fn up_to_date_files_are_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("root");
    plant(&root);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pvm"));
        trace(&root, command.arg("compile").args(["--format", "json", "tree/pkg"]).args(arguments))
    };
    let states = |trace: &Trace| {
        let count = |state: &str| trace.stdout.matches(&format!("\"status\":\"{state}\"")).count();
        (count("compiled"), count("fresh"))
    };
    assert_eq!(states(&run(&[])), (3, 0));
    assert_eq!(states(&run(&[])), (0, 3));
    assert_eq!(states(&run(&["-f"])), (3, 0));
    // The mode is compared first, then the source.
    assert_eq!(states(&run(&["--invalidation-mode", "checked-hash"])), (3, 0));
    assert_eq!(states(&run(&["--invalidation-mode", "checked-hash"])), (0, 3));
    fs::write(root.join("tree/pkg/b.py"), "x = 2").expect("there is room");
    assert_eq!(states(&run(&["--invalidation-mode", "checked-hash"])), (1, 2));
    assert_eq!(states(&run(&[])), (3, 0));
    let cache = root.join("tree/pkg/__pycache__/b.cpython-312.pyc");
    fs::write(&cache, &fs::read(&cache).expect("exists")[..12]).expect("there is room");
    assert_eq!(states(&run(&[])), (1, 2));
}

/// With `-f` too: nothing but the time of a file changes if it is what would be written already.
#[test]
fn files_that_are_right_already_are_given_the_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    plant(folder.path());
    let path = folder.path().join("tree/__pycache__/a.cpython-312.pyc");
    let long_ago = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    let state = |path: &Path| {
        let metadata = path.symlink_metadata().expect("it was written");
        (metadata.ino(), metadata.modified().expect("this system has times"), metadata.mode())
    };
    // Compiles after a change, and tells whether the file is the same one.
    let is_kept_after = |change: &dyn Fn()| {
        let before = state(&path);
        change();
        let file = File::open(&path).expect("it was written");
        file.set_modified(long_ago).expect("is ours");
        let mut pvm = Command::new(env!("CARGO_BIN_EXE_pvm"));
        let output = clean(pvm.args(["compile", "-qf", "tree/a.py"])).current_dir(folder.path()).output();
        assert!(output.expect("it runs").status.success());
        let after = state(&path);
        assert!(after.1 > long_ago);
        assert_eq!(after.2, before.2);
        after.0 == before.0
    };
    let mut pvm = Command::new(env!("CARGO_BIN_EXE_pvm"));
    let first = clean(pvm.args(["compile", "-q", "tree/a.py"])).current_dir(folder.path()).status();
    assert!(first.expect("it runs").success());
    let good = fs::read(&path).expect("it was written");
    assert!(is_kept_after(&|| ()));
    let mut wrong = good.clone();
    wrong[20] ^= 1;
    assert!(!is_kept_after(&|| fs::write(&path, &wrong).expect("there is room")));
    assert!(!is_kept_after(&|| fs::write(&path, &good[..30]).expect("there is room")));
    let open_up = || fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).expect("is ours");
    assert!(!is_kept_after(&open_up));
    let other_name = folder.path().join("other");
    assert!(!is_kept_after(&|| fs::hard_link(&path, &other_name).expect("there is room")));
    assert_eq!(fs::read(&path).expect("it was written"), good);
}

#[test]
fn mistakes_in_arguments_end_in_2() {
    for arguments in
        [&["--invalidation-mode", "never", "x"][..], &["-d", "x", "-s", "y", "z"], &["--nonsense"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_pvm")).arg("compile").args(arguments).output();
        assert_eq!(output.expect("it runs").status.code(), Some(2), "{arguments:?}");
    }
}
