//! Writes the tables of `src/text/unicode` from what the reference interpreter knows.
//!
//! `PVM_REFERENCE=python3.12 cargo run -p pvm-vm --example unicode_tables`
//!
//! Code points map to records through tables of two stages: the upper bits of the code point select a
//! block of 128 entries, equal blocks are stored once. Records, of which there are a few hundred,
//! become Rust source; the stages become little-endian binary files beside it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const CODE_POINTS: usize = 0x11_0000;
const BLOCK: usize = 128;

/// The runs of one section of the dump: first code point and fields.
type Runs<'a> = Vec<(usize, Vec<&'a str>)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let python = std::env::var("PVM_REFERENCE").unwrap_or_else(|_| "python3.12".to_owned());
    let dump = Command::new(python).args(["-c", include_str!("unicode_tables.py")]).output()?;
    if !dump.status.success() {
        return Err(String::from_utf8_lossy(&dump.stderr).into());
    }
    let dump = String::from_utf8(dump.stdout)?;
    let mut sections: HashMap<&str, Runs<'_>> = HashMap::new();
    for line in dump.lines() {
        let mut fields = line.split('\t');
        let (Some(section), Some(code)) = (fields.next(), fields.next()) else { continue };
        sections.entry(section).or_default().push((code.parse()?, fields.collect()));
    }

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/text/unicode");
    let mut source = String::from(
        "//! Records of the Unicode tables. Written by `examples/unicode_tables.rs`; do not edit.\n\n\
         use super::{Category, DataRecord, TypeRecord};\n\n",
    );
    let version = sections["version"][0].1[0];
    writeln!(source, "/// The version of Unicode.\npub const UNICODE_VERSION: &str = {version:?};\n")?;

    type_records(&sections["type"], &mut source, &folder)?;
    data_records("DATA", "data", &sections["data"], &mut source, &folder)?;
    data_records("OLD_DATA", "old_data", &sections["old"], &mut source, &folder)?;
    numeric(&sections, &mut source, &folder)?;
    decompositions(&sections, &folder)?;
    std::fs::write(folder.join("records.rs"), source)?;
    Ok(())
}

/// Numbers the distinct records and gives the number of each code point's record.
fn index_runs<'a, T: PartialEq + Clone>(
    runs: &'a [(usize, Vec<&'a str>)],
    parse: impl Fn(&'a [&'a str]) -> T,
) -> (Vec<T>, Vec<usize>) {
    let mut records: Vec<T> = Vec::new();
    let mut index = Vec::with_capacity(CODE_POINTS);
    for (i, (start, fields)) in runs.iter().enumerate() {
        let end = runs.get(i + 1).map_or(CODE_POINTS, |next| next.0);
        let record = parse(fields);
        let number = records.iter().position(|r| *r == record).unwrap_or(records.len());
        if number == records.len() {
            records.push(record);
        }
        index.extend(std::iter::repeat_n(number, end - start));
    }
    (records, index)
}

/// Writes the two stages; entries take one byte if all fit.
fn write_stages(folder: &Path, name: &str, index: &[usize], two_bytes: bool) -> std::io::Result<()> {
    let mut blocks: Vec<&[usize]> = Vec::new();
    let mut first = Vec::new();
    for block in index.chunks(BLOCK) {
        let number = blocks.iter().position(|b| *b == block).unwrap_or(blocks.len());
        if number == blocks.len() {
            blocks.push(block);
        }
        first.extend((number as u16).to_le_bytes());
    }
    let second: Vec<u8> = blocks
        .concat()
        .into_iter()
        .flat_map(|n| (n as u16).to_le_bytes().into_iter().take(if two_bytes { 2 } else { 1 }))
        .collect();
    std::fs::write(folder.join(format!("data/{name}_1.bin")), first)?;
    std::fs::write(folder.join(format!("data/{name}_2.bin")), second)
}

fn type_records(
    runs: &Runs<'_>,
    source: &mut String,
    folder: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let (records, index) = index_runs(runs, <[&str]>::to_vec);
    write_stages(folder, "type", &index, true)?;
    let mut expansions: Vec<String> = Vec::new();
    source.push_str("#[rustfmt::skip]\npub(super) static TYPES: &[TypeRecord] = &[\n");
    for record in &records {
        let [flags, decimal, digit, upper, lower, title, fold, simple_upper, simple_lower, simple_title] =
            record[..]
        else {
            return Err("unexpected fields".into());
        };
        // Mappings to several characters are numbered from the top of the range of differences.
        let mut mapping = |text: &str| {
            let Some(chars) = text.strip_suffix('.') else { return text.to_owned() };
            let number = expansions.iter().position(|e| e == chars).unwrap_or(expansions.len());
            if number == expansions.len() {
                expansions.push(chars.to_owned());
            }
            format!("{}", 0x20_0000 + number)
        };
        let [upper, lower, title, fold] = [upper, lower, title, fold].map(&mut mapping);
        writeln!(
            source,
            "    TypeRecord {{ flags: {flags}, decimal: {decimal}, digit: {digit}, full: [{upper}, {lower}, \
             {title}, {fold}], simple: [{simple_upper}, {simple_lower}, {simple_title}] }},"
        )?;
    }
    source.push_str("];\n\n#[rustfmt::skip]\npub(super) static EXPANSIONS: &[[u32; 3]] = &[\n");
    for expansion in expansions {
        let mut chars: Vec<String> = expansion.split('.').map(|c| format!("0x{c}")).collect();
        chars.resize(3, "0".to_owned());
        writeln!(source, "    [{}],", chars.join(", "))?;
    }
    source.push_str("];\n\n");
    Ok(())
}

fn data_records(
    array: &str,
    name: &str,
    runs: &Runs<'_>,
    source: &mut String,
    folder: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let (records, index) = index_runs(runs, <[&str]>::to_vec);
    write_stages(folder, name, &index, records.len() > 256)?;
    writeln!(source, "#[rustfmt::skip]\npub(super) static {array}: &[DataRecord] = &[")?;
    for record in &records {
        let [category, bidirectional, combining, mirrored, width] = record[..] else {
            return Err("unexpected fields".into());
        };
        writeln!(
            source,
            "    DataRecord {{ category: Category::{category}, bidirectional: {bidirectional:?}, combining: {combining}, \
             mirrored: {}, east_asian_width: {width:?} }},",
            mirrored == "1"
        )?;
    }
    source.push_str("];\n\n");
    Ok(())
}

fn numeric(
    sections: &HashMap<&str, Runs<'_>>,
    source: &mut String,
    folder: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let (values, index) = index_runs(&sections["numeric"], |fields| fields[0]);
    write_stages(folder, "numeric", &index, false)?;
    source.push_str("#[rustfmt::skip]\npub(super) static NUMERIC: &[Option<f64>] = &[\n");
    for value in &values {
        if *value == "None" {
            source.push_str("    None,\n");
        } else {
            writeln!(source, "    Some({:?}),", value.parse::<f64>()?)?;
        }
    }
    source.push_str("];\n\n");
    let (old_values, old_index) = index_runs(&sections["oldnumeric"], |fields| fields[0]);
    let (old_data, old_data_index) = index_runs(&sections["old"], |fields| fields[0]);
    source.push_str(
        "/// Characters assigned in Unicode 3.2 whose numeric value was another one.\n\
         #[rustfmt::skip]\npub(super) static OLD_NUMERIC: &[(u32, Option<f64>)] = &[\n",
    );
    for code in 0..CODE_POINTS {
        let old = old_values[old_index[code]];
        if old_data[old_data_index[code]] != "Cn" && old != values[index[code]] {
            let old = if old == "None" { old.to_owned() } else { format!("Some({:?})", old.parse::<f64>()?) };
            writeln!(source, "    ({code:#x}, {old}),")?;
        }
    }
    source.push_str("];\n");
    Ok(())
}

/// `decompositions.bin`: code point (3 bytes), tag, offset (2), length, sorted by code point.
/// `decomposed.bin`: the characters, 3 bytes each. `compositions.bin`: first, second, composed, 3 bytes each.
fn decompositions(
    sections: &HashMap<&str, Runs<'_>>,
    folder: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    const TAGS: [&str; 17] = [
        "",
        "<circle>",
        "<compat>",
        "<final>",
        "<font>",
        "<fraction>",
        "<initial>",
        "<isolated>",
        "<medial>",
        "<narrow>",
        "<noBreak>",
        "<small>",
        "<square>",
        "<sub>",
        "<super>",
        "<vertical>",
        "<wide>",
    ];
    let three = |code: usize| (code as u32).to_le_bytes().into_iter().take(3);
    let (mut entries, mut chars) = (Vec::new(), Vec::new());
    for (code, fields) in &sections["decomposition"] {
        let mut parts: Vec<&str> = fields[0].split(' ').collect();
        let tag = if parts[0].starts_with('<') { parts.remove(0) } else { "" };
        let tag = TAGS.iter().position(|t| *t == tag).ok_or("unknown tag")?;
        entries.extend(three(*code));
        entries.push(tag as u8);
        entries.extend(((chars.len() / 3) as u16).to_le_bytes());
        entries.push(parts.len() as u8);
        for part in parts {
            chars.extend(three(usize::from_str_radix(part, 16)?));
        }
    }
    std::fs::write(folder.join("data/decompositions.bin"), entries)?;
    std::fs::write(folder.join("data/decomposed.bin"), chars)?;
    let mut pairs: Vec<[usize; 3]> = Vec::new();
    for (code, fields) in &sections["composition"] {
        pairs.push([fields[0].parse()?, fields[1].parse()?, *code]);
    }
    pairs.sort_unstable();
    let bytes: Vec<u8> = pairs.into_iter().flatten().flat_map(three).collect();
    std::fs::write(folder.join("data/compositions.bin"), bytes)?;
    Ok(())
}
