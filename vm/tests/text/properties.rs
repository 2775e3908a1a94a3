//! Unicode properties of every code point.

use std::fmt::Write;

use pvm_vm::text::StrBuf;
use pvm_vm::text::unicode::{self, Database, Form};

use crate::support::{Cases, Random, Show, reference, run_python};

/// Prints a line wherever the record of a code point differs from the one before.
const RUNS: &str = r#"
import _sre, sys, unicodedata
from unicodedata import *
old = ucd_3_2_0
dec, dig, num = decimal, digit, numeric
def record(c):
    s = chr(c)
    flags = "".join("01"[f()] for f in (s.isalpha, s.isalnum, s.isdecimal, s.isdigit, s.isnumeric, s.islower, s.isupper,
        s.istitle, s.isspace, s.isprintable, s.isidentifier, ("a" + s).isidentifier))
    maps = " ".join(m if len(m) > 1 else str(ord(m) - c) for m in (s.upper(), s.lower(), s.title(), s.casefold()))
    n = num(s, None)
    return (f"{flags} {maps} {_sre.unicode_tolower(c) - c} {category(s)} {bidirectional(s)} {combining(s)} {mirrored(s)} "
        f"{east_asian_width(s)} {dec(s, -1)} {dig(s, -1)} {-1 if n is None else n:.6f} {decomposition(s)}")
def old_record(c):
    s = chr(c)
    n = old.numeric(s, None)
    return (f"{old.category(s)} {old.bidirectional(s)} {old.combining(s)} {old.mirrored(s)} {old.east_asian_width(s)} "
        f"{old.decimal(s, -1)} {-1 if n is None else n:.6f} {old.decomposition(s)}")
for f in (record, old_record):
    last = None
    for c in range(0x110000):
        r = f(c)
        if r != last:
            print(hex(c), ascii(r)[1:-1])
            last = r
"#;

fn record(code: u32) -> String {
    let owned = StrBuf::from_code_point(code);
    let text = owned.as_ref();
    let continued = StrBuf::from_code_points([0x61, code]);
    let mut out = String::new();
    use pvm_vm::text::{case, classify};
    for flag in [
        classify::is_alpha(text),
        classify::is_alnum(text),
        classify::is_decimal(text),
        classify::is_digit(text),
        classify::is_numeric(text),
        classify::is_lower(text),
        classify::is_upper(text),
        classify::is_title(text),
        classify::is_space(text),
        classify::is_printable(text),
        classify::is_identifier(text),
        classify::is_identifier(continued.as_ref()),
    ] {
        out.push(if flag { '1' } else { '0' });
    }
    for mapped in [case::upper(text), case::lower(text), case::title(text), case::casefold(text)] {
        match mapped.as_ref().get(0) {
            Some(single) if mapped.len() == 1 => {
                let _ = write!(out, " {}", i64::from(single) - i64::from(code));
            }
            _ => {
                let _ = write!(out, " {mapped}");
            }
        }
    }
    let lower = i64::from(unicode::to_simple_lower(code)) - i64::from(code);
    let _ = write!(out, " {lower} {}", database_record(Database::Current, code, true));
    out
}

fn database_record(database: Database, code: u32, digits: bool) -> String {
    let data = database.record(code);
    let mut out = format!(
        "{} {} {} {} {} {}",
        data.category.as_str(),
        data.bidirectional,
        data.combining,
        u8::from(data.mirrored),
        data.east_asian_width,
        database.decimal(code).map_or(-1, i32::from)
    );
    if digits {
        let _ = write!(out, " {}", database.digit(code).map_or(-1, i32::from));
    }
    let _ = write!(out, " {:.6} ", database.numeric(code).unwrap_or(-1.0));
    if let Some(decomposition) = database.decomposition(code) {
        let mut parts = vec![decomposition.tag.as_str().to_owned()];
        parts.retain(|tag| !tag.is_empty());
        parts.extend(decomposition.code_points().map(|c| format!("{c:04X}")));
        out.push_str(&parts.join(" "));
    }
    out
}

#[test]
fn all_code_points() {
    let Some(python) = reference() else { return };
    let theirs = run_python(&python, RUNS, String::new());
    let mut theirs = theirs.lines();
    for of in [record as fn(u32) -> String, |code| database_record(Database::Old, code, false)] {
        let mut last = String::new();
        for code in 0..=0x10_FFFF {
            let ours = of(code);
            if ours != last {
                let shown = StrBuf::from(ours.as_str()).show();
                assert_eq!(theirs.next(), Some(&*format!("{code:#x} {}", &shown[1..shown.len() - 1])));
                last = ours;
            }
        }
    }
    assert_eq!(theirs.next(), None);
}

#[test]
fn normalization() {
    const FORMS: [(&str, Form); 4] =
        [("NFC", Form::Nfc), ("NFD", Form::Nfd), ("NFKC", Form::Nfkc), ("NFKD", Form::Nfkd)];
    let mut random = Random::new(6);
    let mut cases = Cases::default();
    // Everything that decomposes or combines, alone and in random company.
    let interesting: Vec<u32> = (0..0x11_0000)
        .filter(|c| {
            Database::Current.decomposition(*c).is_some() || Database::Current.record(*c).combining != 0
        })
        .chain(0x1100..0x1200)
        .chain([0xAC00, 0xAC01, 0xD7A3, 0x61, 0x41, 0x6F, 0x20])
        .collect();
    let singles = interesting.iter().map(|c| vec![*c]);
    let random_texts = (0..4000).map(|_| {
        let len = 1 + random.below(6);
        (0..len).map(|_| *random.pick(&interesting)).collect()
    });
    for codes in singles.chain(random_texts).collect::<Vec<Vec<u32>>>() {
        let owned = StrBuf::from_code_points(codes);
        let text = owned.as_ref();
        let normal = |database: Database, form| database.normalize(form, text).unwrap_or(text.to_buf());
        let ours = FORMS.map(|(_, form)| normal(Database::Current, form)).to_vec();
        let names = FORMS.map(|(name, _)| name);
        cases.add(format!("[unicodedata.normalize(f, {}) for f in {names:?}]", text.show()), ours);
        let old = [normal(Database::Old, Form::Nfd), normal(Database::Old, Form::Nfkd)].to_vec();
        let expression = "unicodedata.ucd_3_2_0.normalize(f, ";
        cases.add(format!("[{expression}{}) for f in ['NFD', 'NFKD']]", text.show()), old);
    }
    cases.check();
}

const NAMES: &str = r#"
import sys, unicodedata
for c in range(0x110000):
    name = unicodedata.name(chr(c), None)
    if name is not None and not name.startswith(("CJK UNIFIED", "HANGUL SYLLABLE")) or c % 97 == 0:
        print(f"{c:x};{name}")
"#;

#[test]
fn names() {
    let Some(python) = reference() else { return };
    let theirs = run_python(&python, NAMES, String::new());
    let mut theirs = theirs.lines();
    for code in 0..=0x10_FFFF {
        let name = unicode::name(code);
        let ideograph = |name: &str| name.starts_with("CJK UNIFIED") || name.starts_with("HANGUL SYLLABLE");
        if name.as_deref().is_some_and(|name| !ideograph(name)) || code % 97 == 0 {
            let shown = name.as_deref().unwrap_or("None");
            assert_eq!(theirs.next(), Some(&*format!("{code:x};{shown}")));
            if let Some(name) = name {
                assert_eq!(unicode::lookup(&name), Some(code), "{name}");
                let lower = unicode::lookup(&name.to_lowercase());
                assert_eq!(lower, Some(code).filter(|_| !ideograph(&name)), "{name}");
            }
        }
    }
    assert_eq!(theirs.next(), None);
    let mut cases = Cases::default();
    for name in [
        "LATIN SMALL LETTER GHA",
        "LATINSMALLLETTERA",
        "latin_small_letter_a",
        "LF",
        "NEW LINE",
        "NEWLINE",
        "BELL",
        "DIGIT-ONE",
        "CJK UNIFIED IDEOGRAPH-4E00",
        "cjk unified ideograph-4e00",
        "CJK UNIFIED IDEOGRAPH-04E00",
        "HANGUL SYLLABLE GAG",
        "hangul syllable gag",
        "CJK UNIFIED IDEOGRAPH-2EBF0",
        "",
        " ",
        "ZWNBSP",
        "VS17",
        "VS256",
        "SPACE ",
        "UNICODE 1 1",
    ] {
        let ours = unicode::lookup(name).map(StrBuf::from_code_point);
        cases.add(format!("named({name:?})"), ours);
    }
    cases.check_with(
        "def named(name):\n    try: return ('\\\\N{' + name + '}').encode().decode('unicode_escape')\n    \
         except UnicodeDecodeError: return None\n",
    );
}
