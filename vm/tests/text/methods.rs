//! Methods of `str` and `bytes`.

use pvm_vm::text::split::{Side, Span};
use pvm_vm::text::{HashKey, StrBuf, StrRef, bytes, case, clamp_range, classify, edit, hash, repr, split};

use crate::support::{Bytes, Cases, Random, Raw, Show};

fn parts(text: StrRef<'_>, spans: Vec<Span>) -> Vec<StrBuf> {
    spans.into_iter().map(|span| text.slice(span)).collect()
}

fn byte_parts(bytes: &[u8], spans: Vec<Span>) -> Vec<Bytes> {
    spans.into_iter().map(|span| Bytes(bytes[span].to_vec())).collect()
}

#[test]
fn case_and_classes() {
    let mut random = Random::new(1);
    let mut cases = Cases::default();
    for _ in 0..4000 {
        let owned = random.text(8);
        let text = owned.as_ref();
        let shown = text.show();
        cases.add(format!("{shown}.upper()"), case::upper(text));
        cases.add(format!("{shown}.lower()"), case::lower(text));
        cases.add(format!("{shown}.title()"), case::title(text));
        cases.add(format!("{shown}.capitalize()"), case::capitalize(text));
        cases.add(format!("{shown}.swapcase()"), case::swapcase(text));
        cases.add(format!("{shown}.casefold()"), case::casefold(text));
        let t = text;
        let classes = [
            ("alnum", classify::is_alnum(t)),
            ("alpha", classify::is_alpha(t)),
            ("ascii", classify::is_ascii(t)),
            ("decimal", classify::is_decimal(t)),
            ("digit", classify::is_digit(t)),
            ("identifier", classify::is_identifier(t)),
            ("lower", classify::is_lower(t)),
            ("numeric", classify::is_numeric(t)),
            ("printable", classify::is_printable(t)),
            ("space", classify::is_space(t)),
            ("title", classify::is_title(t)),
            ("upper", classify::is_upper(t)),
        ];
        let names: Vec<&str> = classes.iter().map(|(name, _)| *name).collect();
        cases.add(
            format!("[getattr({shown}, 'is' + name)() for name in {names:?}]"),
            classes.map(|(_, answer)| answer).to_vec(),
        );
        cases.add(format!("repr({shown})"), repr::repr(text));
        cases.add(format!("repr(ascii({shown}))"), repr::repr(StrRef::Ascii(&repr::ascii(text))));
    }
    cases.check();
}

#[test]
fn searching_and_splitting() {
    let mut random = Random::new(2);
    let mut cases = Cases::default();
    for _ in 0..4000 {
        let owned = random.text(30);
        let text = owned.as_ref();
        let shown = text.show();
        let needle = match random.below(3) {
            0 => random.text(3),
            _ => {
                let start = random.below(text.len() + 1);
                text.slice(start..start + random.below(4))
            }
        };
        let (n, needle) = (needle.as_ref().show(), needle.as_ref());
        let index = |found: Option<usize>| found.map_or(-1, |i| i as i64);
        cases.add(format!("{shown}.find({n})"), index(text.find(needle)));
        cases.add(format!("{shown}.rfind({n})"), index(text.rfind(needle)));
        cases.add(format!("{shown}.count({n})"), text.count(needle));
        let (start, end) = (random.below(70) as i64 - 35, random.below(70) as i64 - 35);
        let range = clamp_range(Some(start), Some(end), text.len());
        let found = range.and_then(|r| Some(r.start + text.view(r).find(needle)?));
        cases.add(format!("{shown}.find({n}, {start}, {end})"), index(found));
        cases.add(format!("{shown}.startswith({n})"), text.starts_with(needle));
        cases.add(format!("{shown}.endswith({n})"), text.ends_with(needle));
        cases.add(format!("{shown} < {n}"), text < needle);
        cases.add(format!("{shown} == {n}"), text == needle);
        cases.add(format!("{shown} + {n}"), text.concat(needle));
        cases.add(format!("{n} * 3"), needle.repeat(3));
        cases.add(format!("{shown}[:{}]", text.len() / 2), text.slice(0..text.len() / 2));
        cases.add(format!("{shown}[1::2]"), text.step_slice(1, 2, text.len() / 2));
        cases.add(format!("{shown}[::-1]"), text.step_slice(text.len().saturating_sub(1), -1, text.len()));
        let max = random.below(4);
        let limit = (max > 0).then_some(max - 1.min(max));
        let m = limit.map_or(-1, |m| m as i64);
        cases.add(format!("{shown}.split(None, {m})"), parts(text, split::split_space(text, limit)));
        cases.add(format!("{shown}.rsplit(None, {m})"), parts(text, split::rsplit_space(text, limit)));
        if !needle.is_empty() {
            cases.add(format!("{shown}.split({n}, {m})"), parts(text, split::split(text, needle, limit)));
            cases.add(format!("{shown}.rsplit({n}, {m})"), parts(text, split::rsplit(text, needle, limit)));
        }
        for keep in [false, true] {
            let ours = parts(text, split::split_lines(text, keep));
            cases.add(format!("{shown}.splitlines({})", keep.show()), ours);
        }
        for (name, side) in [("strip", Side::Both), ("lstrip", Side::Left), ("rstrip", Side::Right)] {
            cases.add(format!("{shown}.{name}()"), text.slice(split::strip(text, None, side)));
            cases.add(format!("{shown}.{name}({n})"), text.slice(split::strip(text, Some(needle), side)));
        }
        let new = random.text(3);
        let ours = edit::replace(text, needle, new.as_ref(), limit).unwrap_or(text.to_buf());
        cases.add(format!("{shown}.replace({n}, {}, {m})", new.show()), ours);
        let words = split::split_space(text, None);
        let joined = edit::join(needle, words.iter().map(|w| text.view(w.clone())));
        cases.add(format!("{n}.join({shown}.split())"), joined);
        let width = random.below(60);
        let fill = new.as_ref().get(0).unwrap_or(0x20);
        let f = StrBuf::from_code_point(fill).show();
        cases.add(format!("{shown}.center({width}, {f})"), edit::center(text, width, fill));
        cases.add(format!("{shown}.ljust({width}, {f})"), edit::ljust(text, width, fill));
        cases.add(format!("{shown}.rjust({width}, {f})"), edit::rjust(text, width, fill));
        cases.add(format!("{shown}.zfill({width})"), edit::zfill(text, width));
        let tab = random.below(9);
        cases.add(format!("{shown}.expandtabs({tab})"), edit::expand_tabs(text, tab, 10_000));
    }
    cases.check();
}

#[test]
fn bytes_methods() {
    let mut random = Random::new(3);
    let mut cases = Cases::default();
    for _ in 0..4000 {
        let owned = random.bytes(25);
        let b = &owned[..];
        let shown = Bytes(b.to_vec()).show();
        let needle = match random.below(3) {
            0 => random.bytes(3),
            _ => {
                let start = random.below(b.len() + 1);
                b[start..(start + random.below(4)).min(b.len())].to_vec()
            }
        };
        let n = Bytes(needle.clone()).show();
        let index = |found: Option<usize>| found.map_or(-1, |i| i as i64);
        cases.add(format!("{shown}.find({n})"), index(bytes::find(b, &needle)));
        cases.add(format!("{shown}.rfind({n})"), index(bytes::rfind(b, &needle)));
        cases.add(format!("{shown}.count({n})"), bytes::count(b, &needle, usize::MAX));
        cases.add(format!("{shown}.title()"), Bytes(bytes::title(b)));
        cases.add(format!("{shown}.capitalize()"), Bytes(bytes::capitalize(b)));
        cases.add(format!("{shown}.swapcase()"), Bytes(bytes::swapcase(b)));
        let classes = [
            ("alnum", bytes::is_alnum(b)),
            ("alpha", bytes::is_alpha(b)),
            ("ascii", b.is_ascii()),
            ("digit", bytes::is_digit(b)),
            ("lower", bytes::is_lower(b)),
            ("space", bytes::is_space(b)),
            ("title", bytes::is_title(b)),
            ("upper", bytes::is_upper(b)),
        ];
        let names: Vec<&str> = classes.iter().map(|(name, _)| *name).collect();
        cases.add(
            format!("[getattr({shown}, 'is' + name)() for name in {names:?}]"),
            classes.map(|(_, answer)| answer).to_vec(),
        );
        let max = random.below(4);
        let limit = (max > 0).then_some(max - 1.min(max));
        let m = limit.map_or(-1, |m| m as i64);
        cases.add(format!("{shown}.split(None, {m})"), byte_parts(b, bytes::split_space(b, limit)));
        cases.add(format!("{shown}.rsplit(None, {m})"), byte_parts(b, bytes::rsplit_space(b, limit)));
        if !needle.is_empty() {
            cases.add(format!("{shown}.split({n}, {m})"), byte_parts(b, bytes::split(b, &needle, limit)));
            cases.add(format!("{shown}.rsplit({n}, {m})"), byte_parts(b, bytes::rsplit(b, &needle, limit)));
        }
        cases.add(format!("{shown}.splitlines()"), byte_parts(b, bytes::split_lines(b, false)));
        cases.add(format!("{shown}.splitlines(True)"), byte_parts(b, bytes::split_lines(b, true)));
        for (name, side) in [("strip", Side::Both), ("lstrip", Side::Left), ("rstrip", Side::Right)] {
            cases.add(format!("{shown}.{name}()"), Bytes(b[bytes::strip(b, None, side)].to_vec()));
            cases
                .add(format!("{shown}.{name}({n})"), Bytes(b[bytes::strip(b, Some(&needle), side)].to_vec()));
        }
        let new = random.bytes(3);
        let ours = bytes::replace(b, &needle, &new, limit).unwrap_or(b.to_vec());
        cases.add(format!("{shown}.replace({n}, {}, {m})", Bytes(new.clone()).show()), Bytes(ours));
        let width = random.below(40);
        cases.add(format!("{shown}.zfill({width})"), Bytes(bytes::zfill(b, width)));
        let (left, right) = edit::center_margins(b.len(), width);
        cases.add(format!("{shown}.center({width}, b'*')"), Bytes(bytes::pad(b, left, right, b'*')));
        let tab = random.below(9);
        cases.add(format!("{shown}.expandtabs({tab})"), bytes::expand_tabs(b, tab, 10_000).map(Bytes));
        let group = random.below(9) as i64 - 4;
        let hex = String::from_utf8(bytes::hex(b, Some(b':'), group)).expect("ASCII");
        cases.add(format!("{shown}.hex(':', {group})"), hex);
        cases.add(format!("{shown}.translate(None, {n})"), Bytes(bytes::translate(b, None, &needle)));
        cases.add(format!("repr({shown})"), String::from_utf8(repr::repr_bytes(b)).expect("ASCII"));
        let mut hexed = random.text(4).as_ref().concat(StrRef::Ascii(&bytes::hex(b, Some(b' '), group)));
        if random.below(2) == 0 {
            hexed = StrBuf::Ascii(bytes::hex(b, Some(b' '), group));
        }
        let ours = match bytes::from_hex(hexed.as_ref()) {
            Ok(bytes) => Bytes(bytes).show(),
            Err(at) => {
                format!("ValueError: 'non-hexadecimal number found in fromhex() arg at position {at}'")
            }
        };
        cases.add(format!("bytes.fromhex({})", hexed.show()), Raw(ours));
    }
    cases.check();
}

#[test]
fn wide_search_is_linear_and_right() {
    // Both the plain scan and the fall-back, against the byte searcher.
    let mut random = Random::new(4);
    for round in 0..3000 {
        let len = 200 + round % 100;
        let narrow: Vec<u8> = (0..len).map(|_| if random.below(20) == 0 { b'b' } else { b'a' }).collect();
        let n = 1 + random.below(40);
        let start = random.below(len - n);
        let mut needle = narrow[start..start + n].to_vec();
        if random.below(2) == 0 {
            needle.push(b'b');
        }
        let wide: Vec<u16> = narrow.iter().map(|b| u16::from(*b)).collect();
        let hay = StrRef::Ucs2(&wide);
        let needle = StrRef::Ascii(&needle);
        let narrow = StrRef::Ascii(&narrow);
        assert_eq!(hay.find(needle), narrow.find(needle));
        assert_eq!(hay.rfind(needle), narrow.rfind(needle));
        assert_eq!(hay.count(needle), narrow.count(needle));
    }
    let hay = vec![0x3B1u16; 200_000];
    let mut needle = vec![0x3B1u16; 100_000];
    needle[0] = 0x3B2;
    assert_eq!(StrRef::Ucs2(&hay).rfind(StrRef::Ucs2(&needle)), None);
    needle.reverse();
    assert_eq!(StrRef::Ucs2(&hay).find(StrRef::Ucs2(&needle)), None);
}

#[test]
fn hashes() {
    let Some(python) = crate::support::reference() else { return };
    let mut random = Random::new(5);
    for seed in ["0", "1", "4294967295"] {
        let key = HashKey::from_seed(seed.parse().expect("number"));
        let texts: Vec<StrBuf> = (0..500).map(|_| random.text(20)).collect();
        let input: String = texts.iter().map(|t| format!("{}\n", t.show())).collect();
        let program = format!(
            "import os, sys\nif os.environ.get('PYTHONHASHSEED') != '{seed}':\n os.environ['PYTHONHASHSEED'] = '{seed}'\n \
             os.execv(sys.executable, [sys.executable, '-c', sys.orig_argv[-1]])\n\
             for line in sys.stdin: s = eval(line); print(hash(s), hash(s.encode('utf-8', 'surrogatepass')))"
        );
        let output = crate::support::run_python(&python, &program, input);
        for (line, text) in output.lines().zip(&texts) {
            let text = text.as_ref();
            let ours = [hash::hash_str(key, text), hash::hash_bytes(key, &text.to_wtf8())];
            assert_eq!(line, format!("{} {}", ours[0], ours[1]), "{text:?}");
        }
        assert_eq!(output.lines().count(), texts.len());
    }
}
