//! `pvm-lexer` and `pvm-parser` on whole bodies of source against the reference: tokens as `python -m tokenize -e` lists
//! them, trees as `python -m ast -a` prints them, and the errors of files that the reference rejects.
//!
//! By default every eighth file of the reference's library. `PVM_TEST_ALL=1` takes all of it, and `PVM_CORPUS` names other
//! folders, separated as those of `PATH` are: all their `.py` files are compared.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pvm_lexer::{Reading, decode, tokenize};
use pvm_parser::{DumpOptions, Mode, Options, dump, parse_source, string_repr};
use pvm_tests::{checksum, clean, files_below, reference, reference_library};

/// What the two modules print for many files, in one process: a line of three fields for each.
const REFERENCE: &str = "
import sys, io, ast, tokenize, contextlib, zlib
sys.setrecursionlimit(20000)
def checksum(text):
    data = text.encode('utf-8', 'surrogatepass')
    return f'{zlib.crc32(data)} {len(data)}'
def listing(path):
    out = io.StringIO()
    sys.argv = ['tokenize', '-e', path]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try: tokenize.main()
        except SystemExit: pass
    return checksum(out.getvalue())
def tree(path):
    with open(path, 'rb') as file: source = file.read()
    try: tree = ast.parse(source, path, type_comments=True)
    except SyntaxError as e:
        return f'{type(e).__name__}: {e.msg!r}', (e.lineno, e.offset, e.end_lineno, e.end_offset)
    except ValueError as e:
        return f'{type(e).__name__}: {str(e)!r}', None
    return 'valid', checksum(ast.dump(tree, include_attributes=True, indent=3))
for path in sys.stdin.read().splitlines():
    print(listing(path), *tree(path), sep='\\t')
";

fn sources() -> Vec<PathBuf> {
    if let Some(folders) = std::env::var_os("PVM_CORPUS") {
        return std::env::split_paths(&folders).flat_map(|folder| files_below(&folder, "py")).collect();
    }
    let step = if std::env::var_os("PVM_TEST_ALL").is_some() { 1 } else { 8 };
    reference_library()
        .map_or_else(Vec::new, |library| files_below(library, "py").into_iter().step_by(step).collect())
}

/// One line for each file.
fn of_reference(python: &Path, files: &[PathBuf]) -> Vec<String> {
    let mut child = clean(&mut Command::new(python))
        .args(["-I", "-X", "utf8", "-W", "ignore", "-c", REFERENCE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reference starts");
    let mut stdin = child.stdin.take().expect("there is a pipe");
    for file in files {
        writeln!(stdin, "{}", file.to_str().expect("paths are UTF-8"))
            .expect("the reference reads its input");
    }
    drop(stdin);
    let output = child.wait_with_output().expect("the reference ends");
    assert!(output.status.success(), "the script failed");
    let text = String::from_utf8(output.stdout).expect("its output is UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// The line that the reference should print for a file.
fn own(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("the file is there");
    let name = path.to_str().expect("paths are UTF-8");
    let listing = tokenize::listing(&bytes, name, true).unwrap_or_else(|error| match error.location {
        Some((line, column)) => format!("{name}:{line}:{column}: error: {error}\n"),
        None => format!("{name}: error: {error}\n"),
    });
    let mut line = checksum(&listing);
    let source = match decode(&bytes, Reading::Bytes) {
        Ok(source) => source,
        Err(error) => {
            let place = match error.location {
                None => "(None, None, None, None)".to_owned(),
                Some(at) if at.lineno == 0 => "(0, -1, None, None)".to_owned(),
                Some(at) => {
                    format!("({}, {}, {}, {})", at.lineno, at.offset, at.end_lineno, at.end_offset)
                }
            };
            _ = write!(line, "\tSyntaxError: {}\t{place}", string_repr(&error.to_string()));
            return line;
        }
    };
    let options = Options { type_comments: true, from_file: true, ..Options::default() };
    _ = match parse_source(&source, Mode::Module, &options) {
        Ok(parsed) => {
            let tree = dump(&parsed, DumpOptions { include_attributes: true, indent: Some(3) });
            write!(line, "\tvalid\t{}", checksum(&tree))
        }
        Err(error) => {
            let (class, message, at) = (error.class.name(), string_repr(&error.message), error.position);
            write!(
                line,
                "\t{class}: {message}\t({}, {}, {}, {})",
                at.lineno, at.offset, at.end_lineno, at.end_offset
            )
        }
    };
    line
}

#[test]
fn files_have_the_tokens_and_trees_of_the_reference() {
    let Some(python) = reference() else { return };
    let files = sources();
    let half = files.len().div_ceil(2).max(1);
    let expected: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> =
            files.chunks(half).map(|part| scope.spawn(move || of_reference(python, part))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("no panic")).collect()
    });
    assert_eq!(expected.len(), files.len());
    let (mut valid, mut tokens, mut trees, mut errors) = (0, 0, 0, 0);
    let mut differing = Vec::new();
    for (path, expected) in files.iter().zip(&expected) {
        let found = own(path);
        let (found_tokens, found_tree) = found.split_once('\t').expect("there are fields");
        let (expected_tokens, expected_tree) = expected.split_once('\t').expect("there are fields");
        let is_valid = expected_tree.starts_with("valid\t");
        valid += usize::from(is_valid);
        tokens += usize::from(found_tokens == expected_tokens);
        *(if is_valid { &mut trees } else { &mut errors }) += usize::from(found_tree == expected_tree);
        if found != *expected {
            differing.push(format!("{}\n  expected {expected}\n  found    {found}", path.display()));
        }
    }
    eprintln!("{} files: {tokens} have the same tokens", files.len());
    eprintln!("{valid} that the reference accepts: {trees} have the same tree");
    eprintln!("{} that it rejects: {errors} for the same reason at the same place", files.len() - valid);
    assert!(!files.is_empty(), "there are no files to compare");
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}
