//! `pvm-lexer` against the reference: what syntax errors say and where, what its codecs and
//! its Unicode tables have.

use std::io::Write;
use std::process::{Command, Stdio};

use pvm_lexer::{Columns, Lexer, Reading, Source, TokenKind, decode, identifier_name, unicode};
use pvm_parser::{Mode, Options, parse_source};
use pvm_tests::{clean, reference};

#[path = "lexer/snippets.rs"]
mod snippets;

/// Runs a script with the reference; its output. None where there is no reference.
fn run(script: &str, input: &[u8]) -> Option<String> {
    let mut child = clean(&mut Command::new(reference()?))
        .args(["-I", "-X", "utf8", "-c", script])
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

/// One line for each source: class, message and position of its syntax error, then its warnings.
const ERRORS: &str = "
import sys, warnings
for line in sys.stdin.read().splitlines():
    source = bytes.fromhex(line[1:])
    if line[0] == 't': source = source.decode()
    error = 'none'
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try: compile(source, '<s>', 'exec', 0x400)
        except SyntaxError as e:
            error = f'{type(e).__name__}: {e.msg} ({e.lineno}, {e.offset}, {e.end_lineno}, {e.end_offset})'
    print(error, *(f'{w.message}@{w.lineno}' for w in caught), sep='\\t')
";

/// Whether the reference's tokenizer, rather than its parser, makes this message.
fn is_lexical(message: &str) -> bool {
    const WORDS: [&str; 17] = [
        "unterminated ",
        "f-string: expecting '}' (",
        "f-string: single '}'",
        "unmatched '",
        "nested too deeply",
        "too many nested",
        " literal (",
        "invalid digit",
        "leading zeros",
        "invalid character '",
        "non-printable",
        "line continuation",
        "unexpected EOF",
        "was never closed",
        "closing parenthesis",
        "unindent does not match",
        "inconsistent use of tabs",
    ];
    message.contains("too many levels") || WORDS.iter().any(|words| message.contains(words))
}

/// What the reference's line would be, if errors in tokens were all errors.
fn own_error(source: &Source<'_>) -> (String, Vec<String>) {
    let mut lexer = Lexer::new(&source.text);
    let error = loop {
        match lexer.next_token() {
            Ok(token) if token.kind == TokenKind::EndOfFile => break "none".to_owned(),
            Ok(_) => {}
            Err(error) => {
                let at = error.location(&source.text, source.columns);
                break format!(
                    "{}: {error} ({}, {}, {}, {})",
                    error.kind.class().name(),
                    at.lineno,
                    at.offset,
                    at.end_lineno,
                    at.end_offset
                );
            }
        }
    };
    let line = |start: u32| 1 + source.text[..start as usize].matches('\n').count();
    let warnings = lexer.warnings().iter().map(|w| format!("{}@{}", w.kind, line(w.span.start))).collect();
    (error, warnings)
}

#[test]
fn errors_have_the_words_and_places_of_the_reference() {
    let mut lines = String::new();
    for snippet in snippets::SNIPPETS {
        lines += &format!("t{0}\nb{0}\n", hex(snippet.as_bytes()));
    }
    let Some(output) = run(ERRORS, lines.as_bytes()) else { return };
    let sources = snippets::SNIPPETS
        .iter()
        .flat_map(|snippet| [Source::from_text(snippet), decode(snippet.as_bytes(), Reading::Bytes)]);
    let mut compared = 0;
    for (source, expected) in sources.zip(output.lines()) {
        let source = source.expect("the snippets decode");
        let mut expected = expected.split('\t');
        let error = expected.next().expect("a line has an error");
        let (own, own_warnings) = own_error(&source);
        if is_lexical(error) {
            assert_eq!(own, error, "{:?}", source.text);
            compared += 1;
        } else if error == "none" {
            assert_eq!(own, "none", "{:?}", source.text);
            let warnings: Vec<_> = expected.collect();
            assert_eq!(own_warnings, warnings, "{:?}", source.text);
        }
    }
    assert!(compared > 200, "only {compared} errors were compared");
}

const CHARACTERS: &str = "
import sys, unicodedata
print(''.join(str(c.isidentifier() + 2 * ('a' + c).isidentifier() + 4 * c.isprintable()) if not 0xd800 <= i < 0xe000
              else '0' for i in range(0x110000) for c in [chr(i)]))
for i in range(0x110000):
    if ('a' + chr(i)).isidentifier() and unicodedata.normalize('NFKC', 'a' + chr(i)) != 'a' + chr(i):
        print('a' + chr(i), unicodedata.normalize('NFKC', 'a' + chr(i)))
";

#[test]
fn characters_are_what_they_are_in_the_reference() {
    let Some(output) = run(CHARACTERS, b"") else { return };
    let mut lines = output.split('\n');
    let properties = lines.next().expect("there is a line of properties");
    for (code, property) in (0..).zip(properties.bytes()) {
        let Some(c) = char::from_u32(code) else { continue };
        let own = u8::from(unicode::is_identifier_start(c))
            + 2 * u8::from(unicode::is_identifier_continue(c))
            + 4 * u8::from(unicode::is_printable(c));
        assert_eq!(own, property - b'0', "{c:?}");
    }
    let mut normalized = 0;
    for line in lines.filter(|line| !line.is_empty()) {
        let (text, normal) = line.split_once(' ').expect("two names");
        assert_eq!(identifier_name(text), normal);
        normalized += 1;
    }
    assert!(normalized > 1000);
}

/// All characters of one or two bytes, and a mix of longer ones, in each codec: `codec hex text`.
const CODECS: &str = "
import random
random.seed(1)
codecs = sorted('big5 big5hkscs cp932 cp949 cp950 euc_jp euc_kr gb18030 gb2312 gbk shift_jis'.split())
single = '''cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp437 cp850 cp866 iso8859-2 iso8859-5
    iso8859-15 koi8-r koi8-u mac_roman latin-1 ascii tis-620 hp-roman8 ptcp154 kz1048'''.split()
def show(codec, data):
    prefix = f'# coding: {codec}\\n'.encode()
    try: text = (prefix + data).decode(codec)[len(prefix):].encode().hex()
    except UnicodeDecodeError as e: text = str(e)
    print(codec, data.hex(), text)
for codec in codecs:
    for a in range(128, 256):
        whole = b''
        for b in (*range(32, 256),):
            try: bytes([a, b]).decode(codec)
            except UnicodeDecodeError: continue
            whole += bytes([a, b])
        if whole: show(codec, whole)
        for b in (0x20, 0x40, 0x7f, 0x80, 0xa0, 0xa1, 0xff): show(codec, bytes([a, b]))
    for _ in range(500):
        lead = lambda: random.choice([random.randrange(128, 256), 0x8f, 0x30])
        show(codec, bytes(lead() for _ in range(random.randint(2, 5))) + b' ')
for codec in single:
    for a in range(128, 256): show(codec, bytes([a]))
";

#[test]
fn codecs_have_the_characters_of_the_reference() {
    let Some(output) = run(CODECS, b"") else { return };
    let mut compared = 0;
    for line in output.lines() {
        let mut fields = line.splitn(3, ' ');
        let mut field = || fields.next().expect("three fields");
        let (codec, data, expected) = (field(), field(), field());
        let mut source = format!("# coding: {codec}\n").into_bytes();
        let prefix = source.len();
        source.extend(data.as_bytes().chunks(2).map(|digits| {
            u8::from_str_radix(std::str::from_utf8(digits).expect("ASCII"), 16).expect("hexadecimal")
        }));
        let own = match decode(&source, Reading::Fragment) {
            Ok(decoded) => hex(&decoded.text.as_bytes()[prefix..]),
            Err(error) => error.to_string(),
        };
        // Korean syllables that are spelled out in eight bytes: the one case where the words differ.
        if codec == "euc_kr" && expected.contains("incomplete") {
            continue;
        }
        assert_eq!(own, expected, "{codec} {data}");
        compared += 1;
    }
    assert!(compared > 10_000);
}

#[test]
fn sources_that_cannot_be_decoded_fail_as_in_the_reference() {
    let mut lines = String::new();
    for source in snippets::UNDECODABLE {
        lines += &format!("b{}\n", hex(source));
    }
    let Some(output) = run(ERRORS, lines.as_bytes()) else { return };
    for (source, expected) in snippets::UNDECODABLE.iter().zip(output.lines()) {
        let own = match decode(source, Reading::Bytes) {
            Ok(source) => match parse_source(&source, Mode::Module, &Options::default()) {
                Ok(_) => "none".to_owned(),
                Err(error) => {
                    let (class, at) = (error.class.name(), &error.position);
                    let place = (at.lineno, at.offset, at.end_lineno, at.end_offset);
                    format!("{class}: {error} {place:?}")
                }
            },
            Err(error) => match error.location {
                None => format!("SyntaxError: {error} (None, None, None, None)"),
                Some(at) if at.lineno == 0 => format!("SyntaxError: {error} (0, -1, None, None)"),
                Some(at) => format!(
                    "SyntaxError: {error} ({}, {}, {}, {})",
                    at.lineno, at.offset, at.end_lineno, at.end_offset
                ),
            },
        };
        assert_eq!(own, expected.trim_end(), "{}", String::from_utf8_lossy(source));
    }
}

#[test]
fn columns_are_code_points_where_the_encoding_is_known() {
    for (source, columns) in [
        ("x\n", Columns::Bytes),
        ("# coding: utf-8\nx\n", Columns::CodePoints),
        ("\u{feff}x\n", Columns::CodePoints),
    ] {
        assert_eq!(decode(source.as_bytes(), Reading::Bytes).map(|source| source.columns), Ok(columns));
    }
}
