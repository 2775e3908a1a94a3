//! The benchmark programs of the package `pyperformance` under pvm and under the reference: same output, same exit status,
//! from source and from either compiler's `.pyc`.
//!
//! The programs come from PyPI: they lie where `PVM_BENCH_CACHE` says (default `~/.cache/pvm-bench`), or the reference's
//! `pip` puts them there. Where that fails (no network) the test says that it was skipped, unless `PVM_BENCH_CACHE` is set.
//! `tests/pyperformance/pyperf.py` stands in for the package that times them.

use pvm_tests::{clean, for_each_in_parallel, pvm, reference, reference_library};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PACKAGES: [&str; 3] = ["pyperformance==1.14.0", "tomli==2.0.1", "pyaes==1.6.1"];

/// The benchmark's folder without `bm_`, arguments. What takes long under a slow build is made smaller where the program lets us.
const PROGRAMS: &[&str] = &[
    "nbody --iterations 500",
    "fannkuch",
    "spectral_norm",
    "chaos --width 64 --height 64 --iterations 300",
    "float",
    "go",
    "hexiom --level 2",
    "deltablue",
    "richards",
    "raytrace --width 16 --height 16",
    "nqueens",
    "pidigits --digits 300",
    "pyflate",
    "crypto_pyaes",
    "scimark sor",
    "scimark lu",
    "scimark fft",
    "scimark sparse_mat_mult",
    "scimark monte_carlo",
    "mdp",
    "deepcopy",
    "generators",
    "comprehensions",
    "coroutines",
    "async_tree none",
    "json_dumps --cases EMPTY,NESTED,HUGE",
    "json_loads",
    "pickle --pure-python pickle",
    "pickle --pure-python unpickle",
    "logging format",
    "logging simple",
    "logging silent",
    "regex_compile",
    "regex_effbot",
    "telco",
    "meteor_contest",
    "tomli_loads",
];

/// What takes minutes under an unoptimised build: left out there, but with `PVM_FULL=1`.
const SLOW: [&str; 2] = ["mdp", "tomli_loads"];

fn is_full() -> bool {
    std::env::var_os("PVM_FULL").is_some()
}

/// Where the packages are; `None`, after saying why, where they cannot be had.
fn packages(reference: &Path) -> Option<PathBuf> {
    let asked = std::env::var_os("PVM_BENCH_CACHE").map(PathBuf::from);
    let folder = match &asked {
        Some(folder) => folder.clone(),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache/pvm-bench"),
    };
    if folder.join("pyperformance").is_dir() {
        return Some(folder);
    }
    let problem = match install(reference, &folder) {
        Ok(()) => return Some(folder),
        Err(problem) => problem,
    };
    assert!(asked.is_none(), "there are no packages in {}: {problem}", folder.display());
    eprintln!("SKIPPED: pyperformance is not there and cannot be fetched: {problem}");
    None
}

fn install(reference: &Path, folder: &Path) -> Result<(), String> {
    let above = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(above).map_err(|error| error.to_string())?;
    // What is half installed must not look like the packages.
    let fresh = tempfile::tempdir_in(above).map_err(|error| error.to_string())?;
    let output = clean(&mut Command::new(reference))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "--retries",
            "1",
        ])
        .arg("--target")
        .arg(fresh.path())
        .args(PACKAGES)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    std::fs::rename(fresh.keep(), folder).map_err(|error| error.to_string())
}

/// One interpreter, and what of the command line is the same for all programs.
struct Interpreter<'a> {
    program: PathBuf,
    home: Option<&'a Path>,
    path: std::ffi::OsString,
}

impl Interpreter<'_> {
    fn run(&self, folder: &Path, file: &str, args: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        clean(&mut command)
            .current_dir(folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0")
            .env("PYTHONPATH", &self.path)
            // Whole, as the name shows in the program's variables.
            .arg(folder.join(file))
            .args(args);
        if let Some(home) = self.home {
            command.env("PYTHONHOME", home);
        }
        command.output().unwrap_or_else(|error| panic!("{} cannot be run: {error}", self.program.display()))
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            std::fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

fn assert_same(program: &str, how: &str, wanted: &Output, got: &Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let errors = text(&got.stderr);
    assert_eq!(text(&wanted.stdout), text(&got.stdout), "{program} {how}: output; stderr:\n{errors}");
    assert_eq!(wanted.status.code(), got.status.code(), "{program} {how}: status; stderr:\n{errors}");
}

/// Compiles a program with both compilers and runs all there is.
fn check(line: &str, benchmarks: &Path, ours: &Interpreter<'_>, theirs: &Interpreter<'_>) {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let args: Vec<&str> = words.collect();
    // A copy, as the compiled programs must lie beside their data.
    let work = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let source = benchmarks.join(format!("bm_{name}"));
    let folder = work.path().join("program");
    copy_folder(&source, &folder).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let wanted = theirs.run(&folder, "run_benchmark.py", &args);
    let errors = String::from_utf8_lossy(&wanted.stderr);
    assert!(wanted.status.success() && !wanted.stdout.is_empty(), "{line} under the reference: {errors}");
    assert_same(line, "from source", &wanted, &ours.run(&folder, "run_benchmark.py", &args));

    let compiled = folder.join("run_benchmark.pyc");
    // One of the two, which one differs from program to program, unless all is asked for.
    let compilers = [(ours, &["compile"][..]), (theirs, &["-m", "compileall"][..])];
    let chosen = usize::from(line.len().is_multiple_of(2));
    let compilers = if is_full() { &compilers[..] } else { &compilers[chosen..=chosen] };
    for (compiler, arguments) in compilers {
        let mut command = Command::new(&compiler.program);
        let done = clean(&mut command).current_dir(&folder).args(*arguments).args([
            "-q",
            "-b",
            "-f",
            "run_benchmark.py",
        ]);
        assert!(done.status().is_ok_and(|status| status.success()), "{line} is compiled");
        let how = format!("compiled by {}", compiler.program.display());
        assert_same(line, &how, &wanted, &ours.run(&folder, "run_benchmark.pyc", &args));
        if arguments[0] == "compile" {
            let how = "compiled by pvm, under the reference";
            assert_same(line, how, &wanted, &theirs.run(&folder, "run_benchmark.pyc", &args));
        }
        std::fs::remove_file(&compiled).unwrap_or_else(|error| panic!("{}: {error}", compiled.display()));
    }
}

#[test]
fn benchmarks_compute_what_they_compute_under_the_reference() {
    let (Some(reference), Some(library)) = (reference(), reference_library()) else { return };
    let Some(packages) = packages(reference) else { return };
    let benchmarks = packages.join("pyperformance/data-files/benchmarks");
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("pyperformance");
    let path = std::env::join_paths([&stand_in, &packages]).unwrap_or_else(|error| panic!("{error}"));
    // …/lib/python3.12
    let home = library.parent().and_then(Path::parent);
    let ours = Interpreter { program: pvm(), home, path: path.clone() };
    let theirs = Interpreter { program: reference.to_owned(), home: None, path };
    let everything = is_full() || !cfg!(debug_assertions);
    let (left_out, chosen): (Vec<&str>, _) =
        PROGRAMS.iter().partition(|line| !everything && SLOW.contains(line));
    if !left_out.is_empty() {
        eprintln!("left out, as they are slow: {left_out:?}");
    }
    for_each_in_parallel(&chosen, |line| check(line, &benchmarks, &ours, &theirs));
}
