//! Encodings, with all error modes, incremental decoding and custom handlers.

use pvm_vm::text::codecs::{
    Builtin, ByteOrder, DecodeHandler, Decoded, EncodeHandler, Failure, Problem, Replacement, charmap,
    escape, single, utf7, utf8, utf16,
};
use pvm_vm::text::{StrBuf, StrRef};

use crate::support::{Bytes, Cases, Random, Raw, Show};

const MODES: [&str; 9] = [
    "strict",
    "ignore",
    "replace",
    "surrogateescape",
    "surrogatepass",
    "backslashreplace",
    "xmlcharrefreplace",
    "namereplace",
    "odd",
];

/// A registered callback that goes on one character late and replaces by what may not be encodable.
const DEFINITIONS: &str = r#"
import codecs
def odd(error):
    if isinstance(error, UnicodeEncodeError):
        return ("é€"[error.start % 2] if error.start % 3 else "ok", error.end)
    return (f"<{error.reason}>", min(error.end + 1, len(error.object)))
codecs.register_error("odd", odd)
def decode(f, b, errors, *rest):
    if errors in ("xmlcharrefreplace", "namereplace"):
        try: return f(b, "strict", *rest)
        except UnicodeDecodeError: return None
    return f(b, errors, *rest)
def failure(f, *a):
    try: return f(*a)
    except UnicodeError as e: return (e.encoding, e.start, e.end, e.reason)
"#;

#[derive(Clone, Copy)]
enum Mode {
    Builtin(Builtin),
    Odd,
}

impl Mode {
    fn from_name(name: &str) -> Mode {
        Builtin::from_name(name).map_or(Mode::Odd, Mode::Builtin)
    }
}

impl DecodeHandler for Mode {
    type Error = Failure;
    fn malformed(&mut self, input: &[u8], problem: Problem<'_>) -> Result<(StrBuf, usize), Failure> {
        match self {
            Mode::Builtin(mode) => mode.malformed(input, problem),
            Mode::Odd => {
                let text = StrBuf::from(format!("<{}>", problem.reason));
                Ok((text, (problem.end + 1).min(input.len())))
            }
        }
    }
}

impl EncodeHandler for Mode {
    type Error = Failure;
    fn unencodable(
        &mut self,
        text: StrRef<'_>,
        problem: Problem<'_>,
    ) -> Result<(Replacement, usize), Failure> {
        match self {
            Mode::Builtin(mode) => mode.unencodable(text, problem),
            Mode::Odd => {
                let replacement = match problem.start {
                    start if start % 3 == 0 => "ok",
                    start if start % 2 == 0 => "é",
                    _ => "€",
                };
                Ok((Replacement::Text(StrBuf::from(replacement)), problem.end))
            }
        }
    }
    fn fail(&mut self, _: StrRef<'_>, problem: Problem<'_>) -> Failure {
        problem.into()
    }
}

fn answer<T: Show>(result: Result<T, Failure>) -> Raw {
    Raw(match result {
        Ok(value) => value.show(),
        Err(failure) => format!(
            "({}, {}, {}, {})",
            failure.encoding.show(),
            failure.start,
            failure.end,
            failure.reason.show()
        ),
    })
}

/// What decoding gives; `None` where a mode cannot decode.
fn decode_answer<T: Show>(mode: &str, result: Result<T, Failure>) -> Raw {
    match result {
        Err(_) if matches!(mode, "xmlcharrefreplace" | "namereplace") => Raw("None".to_owned()),
        result => answer(result),
    }
}

fn pair(decoded: Decoded) -> (StrBuf, usize) {
    (decoded.text, decoded.consumed)
}

/// Bytes that are nearly valid in an encoding.
fn damaged(random: &mut Random, encoded: Vec<u8>) -> Vec<u8> {
    let mut bytes = encoded;
    for _ in 0..random.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => drop(bytes.remove(at)),
            1 => {
                bytes[at] = *random
                    .pick(&[0x80, 0xBF, 0xC0, 0xE0, 0xED, 0xF0, 0xF4, 0xFF, 0x41, 0xD8, 0xDC, 0x2B, 0x2D])
            }
            2 => bytes.truncate(at),
            _ => bytes.insert(at, random.below(256) as u8),
        }
    }
    bytes
}

#[test]
fn encoding() {
    let mut random = Random::new(20);
    let mut cases = Cases::default();
    for _ in 0..3000 {
        let owned = random.text(8);
        let text = owned.as_ref();
        let shown = text.show();
        let name = *random.pick(&MODES);
        let mode = &mut Mode::from_name(name);
        let mut add = |encoding: &str, ours: Result<Vec<u8>, Failure>| {
            cases.add(format!("failure({shown}.encode, '{encoding}', '{name}')"), answer(ours.map(Bytes)));
        };
        add("utf-8", utf8::encode(text, mode));
        add("ascii", single::encode_ascii(text, mode));
        add("latin-1", single::encode_latin1(text, mode));
        add("utf-16", utf16::encode_utf16(text, ByteOrder::Marked, mode));
        add("utf-16-le", utf16::encode_utf16(text, ByteOrder::Little, mode));
        add("utf-16-be", utf16::encode_utf16(text, ByteOrder::Big, mode));
        add("utf-32", utf16::encode_utf32(text, ByteOrder::Marked, mode));
        add("utf-32-be", utf16::encode_utf32(text, ByteOrder::Big, mode));
        add("utf-7", Ok(utf7::encode(text)));
        add("unicode_escape", Ok(escape::encode_unicode_escape(text)));
        add("raw_unicode_escape", Ok(escape::encode_raw_unicode_escape(text)));
        let table = StrBuf::from("abc\u{fffe}é€?&#;x0123456789\\uUdabcdefok");
        let map = charmap::EncodingMap::new(table.as_ref());
        let ours = charmap::encode_with(text, |code| Ok(map.get(code).map(|byte| vec![byte])), mode);
        let table = table.show();
        cases.add(
            format!("failure(lambda *a: codecs.charmap_encode(*a)[0], {shown}, '{name}', codecs.charmap_build({table}))"),
            answer(ours.map(Bytes)),
        );
    }
    cases.check_with(DEFINITIONS);
}

#[test]
fn decoding() {
    let mut random = Random::new(21);
    let mut cases = Cases::default();
    let keep = &mut Builtin::SurrogatePass;
    for _ in 0..4000 {
        let owned = random.text(6);
        let text = owned.as_ref();
        let name = *random.pick(&MODES);
        let mode = &mut Mode::from_name(name);
        let is_final = random.below(2) == 0;
        let last = is_final.show();
        let mut add = |codec: &str, bytes: &[u8], ours: Result<(StrBuf, usize), Failure>| {
            let b = Bytes(bytes.to_vec()).show();
            cases.add(
                format!("failure(decode, codecs.{codec}_decode, {b}, '{name}', {last})"),
                decode_answer(name, ours),
            );
        };
        let bytes = damaged(&mut random, utf8::encode(text, keep).expect("all"));
        add("utf_8", &bytes, utf8::decode(&bytes, is_final, mode).map(pair));
        let bytes = random.bytes(8);
        add("utf_8", &bytes, utf8::decode(&bytes, is_final, mode).map(pair));
        for (order, suffix) in [(ByteOrder::Marked, ""), (ByteOrder::Little, "_le"), (ByteOrder::Big, "_be")]
        {
            let bytes = damaged(&mut random, utf16::encode_utf16(text, order, keep).expect("all"));
            let ours = utf16::decode_utf16(&bytes, order, is_final, mode);
            add(&format!("utf_16{suffix}"), &bytes, ours.map(|(decoded, _)| pair(decoded)));
            let bytes = damaged(&mut random, utf16::encode_utf32(text, order, keep).expect("all"));
            let ours = utf16::decode_utf32(&bytes, order, is_final, mode);
            add(&format!("utf_32{suffix}"), &bytes, ours.map(|(decoded, _)| pair(decoded)));
        }
        let bytes = damaged(&mut random, utf7::encode(text));
        add("utf_7", &bytes, utf7::decode(&bytes, is_final, mode).map(pair));
        let bytes = damaged(&mut random, escape::encode_unicode_escape(text));
        let ours = escape::decode_unicode_escape(&bytes, is_final, mode);
        add("unicode_escape", &bytes, ours.map(|unescaped| pair(unescaped.decoded)));
        let mut bytes = damaged(&mut random, escape::encode_raw_unicode_escape(text));
        let ours = escape::decode_raw_unicode_escape(&bytes, is_final, mode);
        add("raw_unicode_escape", &bytes, ours.map(pair));
        bytes.extend(*random.pick::<&[u8]>(&[
            b"\\N{DIGIT ONE}",
            b"\\N{foo}",
            b"\\N{",
            b"\\N",
            b"\\N{}",
            b"\\777",
            b"\\08",
            b"\\x1",
            b"\\U00110000",
            b"\\xg0",
            b"\\",
            b"\\\n",
            b"\\d",
            b"\\N{latin small letter a with acute}",
            b"\\N{NULL}",
        ]));
        let ours = escape::decode_unicode_escape(&bytes, is_final, mode);
        add("unicode_escape", &bytes, ours.map(|unescaped| pair(unescaped.decoded)));
        let b = Bytes(bytes.clone()).show();
        let ours = single::decode_ascii(&bytes, mode).map(|text| (text, bytes.len()));
        cases.add(format!("failure(decode, codecs.ascii_decode, {b}, '{name}')"), decode_answer(name, ours));
        let table = "abc\u{fffe}é€?";
        let ours = charmap::decode_table(&bytes, StrBuf::from(table).as_ref(), mode);
        let ours = ours.map(|text| (text, bytes.len()));
        cases.add(
            format!("failure(decode, codecs.charmap_decode, {b}, '{name}', {})", table.show()),
            decode_answer(name, ours),
        );
        for (errors, name) in [
            (escape::BytesErrors::Strict, "strict"),
            (escape::BytesErrors::Replace, "replace"),
            (escape::BytesErrors::Ignore, "ignore"),
        ] {
            let ours = escape::decode_bytes_escape(&bytes, errors);
            let ours = match ours {
                Ok((out, _)) => (Bytes(out), bytes.len()).show(),
                Err(error) => format!("ValueError: {}", error.message.show()),
            };
            cases.add(format!("codecs.escape_decode({b}, '{name}')"), Raw(ours));
        }
        let ours = (Bytes(escape::encode_bytes_escape(&bytes)), bytes.len());
        cases.add(format!("codecs.escape_encode({b})"), ours);
    }
    cases.check_with(DEFINITIONS);
}
