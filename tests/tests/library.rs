//! The standard library inside the program: all of it imports, and what runs without any other library.

use pvm_tests::{clean, pvm, reference};
use std::path::Path;
use std::process::{Command, Output};

/// Runs pvm on its own, in this folder.
fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(pvm());
    clean(&mut command).current_dir(folder).args(args);
    command.output().unwrap_or_else(|error| panic!("pvm cannot be run: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a program that must succeed; its output.
fn output_of(code: &str) -> String {
    // Isolated: what lies in the folder for temporary files is none of the library.
    let output = run(&std::env::temp_dir(), &["-I", "-c", code]);
    assert!(output.status.success(), "{code}\n{}", text(&output.stderr));
    text(&output.stdout)
}

/// Imports everything and prints what fails: the module, and what it lacks.
const IMPORT_ALL: &str = r#"
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore")
# What runs a program when it is imported.
left_out = {"antigravity", "this", "idlelib.idle"}
modules = [m.name for m in pkgutil.walk_packages([sys._stdlib_dir], onerror=lambda name: None)]
for name in sorted(set(modules)):
    if name in left_out or name.split(".")[-1] == "__main__":
        continue
    try:
        importlib.import_module(name)
    except Exception as error:
        print(name, getattr(error, "name", None) or type(error).__name__, sep=": ")
"#;

/// The lines of ARCHITECTURE that list what does not import: "- `native`: `module`, `module`".
fn listed() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let page = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("no ARCHITECTURE.md: {error}"));
    let list = page.split("<!-- does not import -->").nth(1).expect("ARCHITECTURE.md marks the list");
    let mut found = Vec::new();
    for line in list.lines() {
        let Some((native, modules)) = line.strip_prefix("- ").and_then(|line| line.split_once(": ")) else {
            continue;
        };
        let native = native.split('`').nth(1).unwrap_or_default();
        found.extend(modules.split('`').skip(1).step_by(2).map(|module| format!("{module}: {native}")));
    }
    found.sort();
    found
}

#[test]
fn every_module_imports_but_those_that_are_listed() {
    if std::env::var_os("PVM_STDLIB").is_some_and(|folder| !folder.is_empty()) {
        eprintln!("SKIPPED: another library is inside the program");
        return;
    }
    let mut failures: Vec<String> = output_of(IMPORT_ALL).lines().map(str::to_owned).collect();
    failures.sort();
    assert_eq!(failures, listed());
}

#[test]
fn the_first_command_of_the_readme() {
    let Some(reference) = reference() else { return };
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    for args in
        [&["inventory.py"][..], &["inventory.py", "--json", "--order", "value"], &["inventory.py", "-h"]]
    {
        let wanted = clean(&mut Command::new(reference)).current_dir(&programs).args(args).output();
        let wanted = wanted.unwrap_or_else(|error| panic!("the reference cannot be run: {error}"));
        let got = run(&programs, args);
        assert_eq!(text(&wanted.stdout), text(&got.stdout), "stderr:\n{}", text(&got.stderr));
        assert_eq!(wanted.status.code(), got.status.code());
    }
}

#[test]
fn the_second_run_loads_what_the_first_has_compiled() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let write = |name: &str, source: &str| {
        std::fs::write(folder.path().join(name), source).unwrap_or_else(|error| panic!("{name}: {error}"));
    };
    write("main.py", "import helper\nprint(helper.answer())\n");
    write("helper.py", "def answer():\n    return 42\n");
    let first = run(folder.path(), &["-v", "main.py"]);
    let second = run(folder.path(), &["-v", "main.py"]);
    assert_eq!((text(&first.stdout), text(&second.stdout)), ("42\n".to_owned(), "42\n".to_owned()));
    let cached = folder.path().join("__pycache__/helper.cpython-312.pyc");
    assert!(
        text(&first.stderr).contains(&format!("# created '{}'", cached.display())),
        "{}",
        text(&first.stderr)
    );
    let matches = format!("# {} matches {}", cached.display(), folder.path().join("helper.py").display());
    assert!(text(&second.stderr).contains(&matches), "{}", text(&second.stderr));
    assert!(!text(&second.stderr).contains("# created"), "{}", text(&second.stderr));
}

#[test]
fn modules_have_files_and_sources() {
    let output = output_of(
        "import inspect, json, linecache, os, pkgutil, sys\n\
         print(json.__file__ == os.path.join(sys._stdlib_dir, 'json', '__init__.py'), json.__spec__.origin == json.__file__)\n\
         print(inspect.getsource(json.loads).splitlines()[0])\n\
         print(len(inspect.getsource(os)) > 30_000, linecache.getline(os.__file__, 1)[:4])\n\
         print(sorted(m.name for m in pkgutil.iter_modules(json.__path__)))\n\
         print(pkgutil.get_data('json', 'tool.py')[:2])\n",
    );
    assert_eq!(
        output,
        "True True\n\
         def loads(s, *, cls=None, object_hook=None, parse_float=None,\n\
         True r\"\"\"\n\
         ['decoder', 'encoder', 'scanner', 'tool']\n\
         b'r\"'\n"
    );
}

#[test]
fn resources_are_files_of_packages() {
    let output = output_of(
        "import importlib.metadata, importlib.resources as resources\n\
         scripts = resources.files('venv').joinpath('scripts')\n\
         print(sorted(folder.name for folder in scripts.iterdir()))\n\
         print(scripts.joinpath('common', 'activate').is_file(), (scripts / 'nowhere').is_file())\n\
         print('deactivate' in scripts.joinpath('common/activate').read_text())\n\
         with resources.as_file(scripts / 'common' / 'activate') as path: print(path.is_file())\n\
         print(list(importlib.metadata.distributions(path=['/nowhere'])))\n",
    );
    assert_eq!(output, "['common', 'nt', 'posix']\nTrue False\nTrue\nTrue\n[]\n");
}

#[test]
fn tracebacks_show_lines_of_the_library() {
    let output = run(&std::env::temp_dir(), &["-c", "import json; json.loads('{')"]);
    let errors = text(&output.stderr);
    assert!(errors.contains("/lib/python3.12/json/decoder.py\", line "), "{errors}");
    assert!(errors.contains("\n    obj, end = self.raw_decode(s, idx=_w(s, 0).end())\n"), "{errors}");
}

#[test]
fn optimised_code_comes_from_the_sources() {
    let code = "import json; print(json.loads.__doc__ is None)";
    for (level, wanted) in [("-O", "False\n"), ("-OO", "True\n")] {
        let output = run(&std::env::temp_dir(), &[level, "-c", code]);
        assert_eq!(text(&output.stdout), wanted, "{}", text(&output.stderr));
    }
}

#[test]
fn virtual_environments_have_their_own_prefix() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let made = run(folder.path(), &["-m", "venv", "--without-pip", "env"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let python = folder.path().join("env/bin/python");
    let script = "import sys, json; print(sys.prefix, sys.prefix != sys.base_prefix)";
    let output = clean(&mut Command::new(&python)).args(["-c", script]).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let prefix = folder.path().join("env");
    assert_eq!(text(&output.stdout), format!("{} True\n", prefix.display()), "{}", text(&output.stderr));
}

#[test]
fn modules_run_as_programs() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    std::fs::write(folder.path().join("a.json"), "{\"a\": [1, 2]}").unwrap_or_else(|error| panic!("{error}"));
    let output = run(folder.path(), &["-I", "-m", "json.tool", "--compact", "a.json"]);
    assert_eq!(text(&output.stdout), "{\"a\":[1,2]}\n", "{}", text(&output.stderr));
    let output = run(folder.path(), &["-S", "-c", "import sys; print('site' in sys.modules)"]);
    assert_eq!(text(&output.stdout), "False\n", "{}", text(&output.stderr));
}
