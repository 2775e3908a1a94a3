//! `pvm-parser` against the reference: trees, unparsed trees, and for wrong programs the exception's class, message and
//! place.

use std::io::Write;
use std::process::{Command, Stdio};

use pvm_parser::{DumpOptions, Mode, Options, dump, parse, unparse};
use pvm_tests::{checksum, clean, files_below, reference, reference_library};

#[path = "parser/snippets.rs"]
mod snippets;

/// Runs a script with the reference; its output. None where there is no reference.
fn run(script: &str, input: &[u8]) -> Option<String> {
    let mut child = clean(&mut Command::new(reference()?))
        .args(["-I", "-X", "utf8", "-W", "ignore", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the reference starts");
    let mut stdin = child.stdin.take().expect("there is a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the reference ends");
    writer.join().expect("no panic").expect("the reference reads its input");
    assert!(output.status.success(), "the script failed");
    Some(String::from_utf8(output.stdout).expect("its output is UTF-8"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every n-th file of the library that is UTF-8, or all with `PVM_TEST_ALL` set.
fn library_sources(step: usize) -> Vec<String> {
    let Some(library) = reference_library() else { return Vec::new() };
    let step = if std::env::var_os("PVM_TEST_ALL").is_some() { 1 } else { step };
    let mut paths: Vec<_> = files_below(library, "py").into_iter().step_by(step).collect();
    for name in
        ["grammar", "fstring", "patma", "type_params", "string_literals", "unparse", "positional_only_arg"]
    {
        paths.push(library.join(format!("test/test_{name}.py")));
    }
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Prints for each source, in hexadecimal, one line: what an expression makes of it, or `-` if it is wrong.
fn per_source(expression: &str, sources: &[String]) -> Option<Vec<String>> {
    let script = format!(
        "import sys, ast, zlib
sys.setrecursionlimit(20000)
for line in sys.stdin:
    source = bytes.fromhex(line)
    try: text = {expression}
    except (SyntaxError, ValueError): print('-')
    else: print(zlib.crc32(text.encode('utf-8', 'surrogatepass')), len(text.encode('utf-8', 'surrogatepass')))
"
    );
    let input: String = sources.iter().map(|source| hex(source.as_bytes()) + "\n").collect();
    Some(run(&script, input.as_bytes())?.lines().map(str::to_owned).collect())
}

fn compare(expression: &str, sources: &[String], ours: impl Fn(&str) -> Option<String>) {
    let Some(expected) = per_source(expression, sources) else { return };
    let mut wrong = Vec::new();
    for (source, expected) in sources.iter().zip(&expected) {
        let found = ours(source).map_or_else(|| "-".to_owned(), |text| checksum(&text));
        if found != *expected {
            wrong.push(source.chars().take(300).collect::<String>());
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ, the first begins: {}", wrong.len(), sources.len(), wrong[0]);
}

#[test]
fn trees_unparse_as_by_ast_unparse() {
    compare("ast.unparse(ast.parse(source))", &library_sources(15), |source| {
        parse(source, Mode::Module, &Options::default()).ok().map(|parsed| unparse(&parsed))
    });
}

#[test]
fn unparsed_trees_parse_to_the_same_tree() {
    for source in library_sources(6) {
        let Ok(parsed) = parse(&source, Mode::Module, &Options::default()) else { continue };
        let text = unparse(&parsed);
        let again = parse(&text, Mode::Module, &Options::default()).expect("what is unparsed is valid");
        let (first, second) = (dump(&parsed, DumpOptions::default()), dump(&again, DumpOptions::default()));
        // CPython's own `unparse` does not keep the empty texts that its tokenizer leaves in format specifications.
        let without_empty =
            |tree: &str| tree.replace(", Constant(value='')", "").replace("Constant(value=''), ", "");
        assert!(without_empty(&first) == without_empty(&second), "{}", &source[..source.len().min(300)]);
    }
}

const ERRORS: &str = "
import sys
for line in sys.stdin:
    mode, source = line.split()
    flags, mode = (0x1400, 'exec') if mode == 'typed' else (0x400, mode)
    try: compile(bytes.fromhex(source).decode(), '<test>', mode, flags, True)
    except SyntaxError as e:
        place = [0 if x is None else x for x in (e.lineno, e.offset, e.end_lineno, e.end_offset)]
        print(type(e).__name__, repr(e.msg), *place, sep='\\t')
    except Exception as e: print(type(e).__name__)
    else: print('valid')
";

/// Compares the errors of sources, each with the name of its mode: `typed` is `exec` with type comments.
fn compare_errors(sources: &[(&str, String)]) {
    let input: String =
        sources.iter().map(|(mode, source)| format!("{mode} {}\n", hex(source.as_bytes()))).collect();
    let Some(expected) = run(ERRORS, input.as_bytes()) else { return };
    let mut wrong = Vec::new();
    for ((mode, source), expected) in sources.iter().zip(expected.lines()) {
        let parsed_mode = match *mode {
            "eval" => Mode::Expression,
            "single" => Mode::Interactive,
            _ => Mode::Module,
        };
        let options = Options { type_comments: *mode == "typed", ..Options::default() };
        let found = match parse(source, parsed_mode, &options) {
            Ok(_) => "valid".to_owned(),
            Err(error) => {
                let place = &error.position;
                let message = pvm_parser::string_repr(&error.message);
                format!(
                    "{}\t{message}\t{}\t{}\t{}\t{}",
                    error.class.name(),
                    place.lineno,
                    place.offset,
                    place.end_lineno,
                    place.end_offset
                )
            }
        };
        if found != expected {
            let source: String = source.chars().take(400).collect();
            wrong.push(format!("{mode} {source:?}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), sources.len(), wrong.join("\n"));
}

#[test]
fn wrong_snippets_give_the_same_errors() {
    let mut sources = Vec::new();
    for snippet in snippets::SNIPPETS {
        for mode in ["exec", "eval", "single"] {
            sources.push((mode, (*snippet).to_owned()));
            sources.push((mode, format!("{snippet}\n")));
        }
    }
    compare_errors(&sources);
}

const TYPE_COMMENTS: [&str; 22] = [
    "# type: ignore\nx",
    "x # type: ignore\n",
    "x\n# type: ignore[a]\n",
    "(\n# type: ignore\n)",
    "(x # c\n# type: ignore\n,)",
    "(x # type: ignore\n)",
    "(\\\n# type: ignore\n 1)",
    "(\n\\\n # type: ignore\n)",
    "(\n # type: ignore # c\n)",
    "('''\n''' # type: ignore\n)",
    "f'''{\n# type: ignore\nx}'''",
    "if x:\n  y\n  # type: ignore\n  z",
    "x = 1 + \\\n# type: ignore\n",
    "(\n # type: int\n)",
    "def f(\n    *, # type: int\n    a, # type: int\n):\n    pass\n",
    "x = 1 # type: int\n",
    "x\n  # type: int\ny",
    "for x in y: # type: int\n  pass",
    "def f():\n  # type: () -> int\n  pass",
    "def f(): # type: () -> int\n  # type: () -> int\n  pass",
    "with x as y: # type: int\n  pass",
    "x + # type: int\n",
];

#[test]
fn type_comments_are_read_where_they_are_asked_for() {
    let sources = TYPE_COMMENTS.map(str::to_owned);
    compare_errors(&sources.clone().map(|source| ("typed", source)));
    let options = Options { type_comments: true, ..Options::default() };
    compare("ast.dump(ast.parse(source, type_comments=True))", &sources, |source| {
        parse(source, Mode::Module, &options).ok().map(|parsed| dump(&parsed, DumpOptions::default()))
    });
}

/// Leaves out, doubles or swaps single tokens of library files.
#[test]
fn mutated_files_give_the_same_errors() {
    let mut sources = Vec::new();
    let mut state = 12_345_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for source in library_sources(25).into_iter().filter(|source| source.len() < 40_000) {
        let mut lexer = pvm_lexer::Lexer::new(&source);
        let mut spans = Vec::new();
        while let Ok(token) = lexer.next_token() {
            if token.kind == pvm_lexer::TokenKind::EndOfFile {
                break;
            }
            if token.span.start < token.span.end && token.kind != pvm_lexer::TokenKind::Comment {
                spans.push(token.span.start as usize..token.span.end as usize);
            }
        }
        for kind in 0..3 {
            if spans.len() < 10 {
                break;
            }
            let at = random(spans.len() - 1);
            let (first, second) = (spans[at].clone(), spans[at + 1].clone());
            let other = spans[random(spans.len())].clone();
            let mutated = match kind {
                0 => [&source[..first.start], &source[first.end..]].concat(),
                1 => [&source[..first.start], &source[other], " ", &source[first.start..]].concat(),
                _ => [
                    &source[..first.start],
                    &source[second.clone()],
                    &source[first.end..second.start],
                    &source[first],
                    &source[second.end..],
                ]
                .concat(),
            };
            sources.push(("exec", mutated));
        }
    }
    compare_errors(&sources);
}
