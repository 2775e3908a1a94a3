//! Lines of source files.

use crate::object::Value;
use crate::text::{StrBuf, StrBuilder};
use crate::types::list::List;
use crate::types::str::Str;
use crate::vm::Vm;

/// A line of a source file, counted from 1, without its end.
pub fn source_line(vm: &mut Vm, filename: &str, line: i64) -> Option<String> {
    let text = line_of(vm, filename, line)?;
    Some(text.as_ref().to_string_lossy().into_owned())
}

/// [`source_line`] as text.
pub(super) fn line_of(vm: &mut Vm, filename: &str, line: i64) -> Option<StrBuf> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    if filename.starts_with('<') && filename.ends_with('>') {
        return None;
    }
    let embedded = vm.interp.host.get()?.embedded_source(filename);
    let bytes = match embedded.or_else(|| std::fs::read(filename).ok()) {
        Some(bytes) => bytes,
        None => find_file(vm, filename)?,
    };
    let encoding = declared_encoding(&bytes);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    nth_line(bytes, line).map(|line| decode(line, &encoding))
}

/// A file that is not where its code says may still be somewhere on `sys.path`.
fn find_file(vm: &mut Vm, filename: &str) -> Option<Vec<u8>> {
    let tail = filename.rsplit(['/', std::path::MAIN_SEPARATOR]).next()?;
    let path = vm.sys_attribute("path")?;
    let entries: Vec<Value> = path.downcast_ref::<List>()?.to_vec();
    entries.iter().find_map(|entry| {
        let entry = entry.downcast_ref::<Str>()?.to_string();
        std::fs::read(std::path::Path::new(&entry).join(tail)).ok()
    })
}

/// A line by its index; lines end as Python's universal newlines do.
fn nth_line(bytes: &[u8], index: usize) -> Option<&[u8]> {
    let mut rest = bytes;
    let mut at = 0;
    loop {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
        if at == index {
            return Some(&rest[..end]);
        }
        let ends_in_two = rest[end..].starts_with(b"\r\n");
        rest = rest.get(end + 1 + usize::from(ends_in_two)..).unwrap_or(&[]);
        at += 1;
    }
}

/// The encoding that one of the first two lines declares, in lower case.
fn declared_encoding(bytes: &[u8]) -> String {
    for index in 0..2 {
        let Some(line) = nth_line(bytes, index) else { break };
        let comment = line.trim_ascii_start();
        if !comment.starts_with(b"#") {
            if comment.is_empty() {
                continue;
            }
            break;
        }
        let Some(at) = memchr::memmem::find(comment, b"coding") else { continue };
        let rest = &comment[at + 6..];
        if !matches!(rest.first(), Some(b':' | b'=')) {
            continue;
        }
        let name = rest[1..].trim_ascii_start();
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let end = name.iter().position(|b| !is_part(b)).unwrap_or(name.len());
        return String::from_utf8_lossy(&name[..end]).to_lowercase().replace('_', "-");
    }
    "utf-8".to_owned()
}

fn decode(line: &[u8], encoding: &str) -> StrBuf {
    let latin = encoding.starts_with("latin-1") || encoding.starts_with("iso-8859-1");
    if !latin && let Some(text) = StrBuf::from_utf8(line) {
        return text;
    }
    if latin {
        return StrBuf::from_latin1(line.to_vec());
    }
    let mut out = StrBuilder::new();
    out.push_utf8(&String::from_utf8_lossy(line));
    out.finish()
}
