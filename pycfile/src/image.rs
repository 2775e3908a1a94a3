//! An image: many modules' code and sources in one block of bytes, made to be embedded in a program.
//!
//! Opening one reads its index alone; code stays marshalled and sources stay compressed until they are asked for.
//!
//! ```text
//! "PVMIMG" version:u16 | index length:u32 | index, in bincode | code and compressed sources
//! ```
//!
//! All numbers are little-endian. This module is the only one that knows of bincode.

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Read, Write};

const MAGIC: &[u8; 6] = b"PVMIMG";
const VERSION: u16 = 1;
const HEAD: usize = 12;

/// What the index may allocate when an image is opened.
const INDEX_LIMIT: usize = 64 << 20;

/// A range of bytes behind the index.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Part {
    start: u32,
    len: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry<'a> {
    name: &'a str,
    is_package: bool,
    code: Part,
    source: Part,
    source_len: u32,
}

/// Why bytes are no image, or a module of one cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// They do not begin as an image does.
    NotAnImage,
    /// Another version of pvm wrote it.
    Version(u16),
    /// The index or a part is cut off or damaged.
    Damaged(String),
    /// More than an image can hold.
    TooLarge,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::NotAnImage => f.write_str("not an image"),
            ImageError::Version(version) => write!(f, "image of version {version}, not {VERSION}"),
            ImageError::Damaged(why) => write!(f, "damaged image: {why}"),
            ImageError::TooLarge => f.write_str("an image holds at most 4 GiB"),
        }
    }
}

impl std::error::Error for ImageError {}

#[cold]
fn damaged(why: impl fmt::Display) -> ImageError {
    ImageError::Damaged(why.to_string())
}

/// An image that was opened.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// Sorted by name.
    entries: Vec<Entry<'a>>,
    parts: &'a [u8],
}

/// A module in an image.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    /// Its dotted name.
    pub name: &'a str,
    /// Whether it is a package.
    pub is_package: bool,
    /// Its marshalled code, without a header.
    pub code: &'a [u8],
    compressed: &'a [u8],
    source_len: u32,
}

impl<'a> Image<'a> {
    /// Opens an image.
    ///
    /// # Errors
    /// If the bytes are none, or the index is damaged. Damage further on shows when a module is read.
    pub fn open(data: &'a [u8]) -> Result<Image<'a>, ImageError> {
        let Some((head, rest)) = data.split_at_checked(HEAD).filter(|(head, _)| head.starts_with(MAGIC))
        else {
            return Err(ImageError::NotAnImage);
        };
        let version = u16::from_le_bytes([head[6], head[7]]);
        if version != VERSION {
            return Err(ImageError::Version(version));
        }
        let index_len = u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize;
        let (index, parts) =
            rest.split_at_checked(index_len).ok_or_else(|| damaged("the index is cut off"))?;
        let config = bincode::config::standard().with_limit::<INDEX_LIMIT>();
        let (entries, _): (Vec<Entry<'a>>, usize) =
            bincode::serde::borrow_decode_from_slice(index, config).map_err(damaged)?;
        if !entries.is_sorted_by(|a, b| a.name < b.name) {
            return Err(damaged("the index is not sorted"));
        }
        Ok(Image { entries, parts })
    }

    /// The module of this name.
    pub fn get(&self, name: &str) -> Option<Module<'a>> {
        let at = self.entries.binary_search_by(|entry| entry.name.cmp(name)).ok()?;
        self.module(&self.entries[at])
    }

    /// All modules, sorted by name.
    pub fn modules(&self) -> impl Iterator<Item = Module<'a>> + '_ {
        self.entries.iter().filter_map(|entry| self.module(entry))
    }

    /// How many modules there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn module(&self, entry: &Entry<'a>) -> Option<Module<'a>> {
        let part = |part: Part| self.parts.get(part.start as usize..)?.get(..part.len as usize);
        Some(Module {
            name: entry.name,
            is_package: entry.is_package,
            code: part(entry.code)?,
            compressed: part(entry.source)?,
            source_len: entry.source_len,
        })
    }
}

impl Module<'_> {
    /// The bytes of the source file.
    ///
    /// # Errors
    /// If they are damaged.
    pub fn source(&self) -> Result<Vec<u8>, ImageError> {
        let mut source = Vec::with_capacity((self.source_len as usize).min(self.compressed.len() * 64));
        let limited = DeflateDecoder::new(self.compressed).take(u64::from(self.source_len) + 1);
        { limited }.read_to_end(&mut source).map_err(damaged)?;
        if source.len() != self.source_len as usize {
            return Err(damaged("a source's length is wrong"));
        }
        Ok(source)
    }
}

/// Puts an image together.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    entries: Vec<(String, bool, Part, Part, u32)>,
    parts: Vec<u8>,
}

impl Builder {
    /// An image without modules.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Adds a module; of two of the same name the later one counts.
    ///
    /// # Errors
    /// If the image gets too large.
    pub fn add(
        &mut self,
        name: &str,
        is_package: bool,
        code: &[u8],
        source: &[u8],
    ) -> Result<(), ImageError> {
        let compressed = compress(source).map_err(damaged)?;
        let code = self.part(code)?;
        let compressed = self.part(&compressed)?;
        let source_len = u32::try_from(source.len()).map_err(|_| ImageError::TooLarge)?;
        self.entries.retain(|(known, ..)| known != name);
        self.entries.push((name.to_owned(), is_package, code, compressed, source_len));
        Ok(())
    }

    fn part(&mut self, bytes: &[u8]) -> Result<Part, ImageError> {
        let start = u32::try_from(self.parts.len()).map_err(|_| ImageError::TooLarge)?;
        let len = u32::try_from(bytes.len()).map_err(|_| ImageError::TooLarge)?;
        self.parts.extend_from_slice(bytes);
        Ok(Part { start, len })
    }

    /// The bytes of the image.
    ///
    /// # Errors
    /// If it is too large.
    pub fn finish(mut self) -> Result<Vec<u8>, ImageError> {
        self.entries.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let entries: Vec<Entry<'_>> = self
            .entries
            .iter()
            .map(|(name, is_package, code, source, source_len)| Entry {
                name,
                is_package: *is_package,
                code: *code,
                source: *source,
                source_len: *source_len,
            })
            .collect();
        let index = bincode::serde::encode_to_vec(&entries, bincode::config::standard()).map_err(damaged)?;
        let index_len = u32::try_from(index.len()).map_err(|_| ImageError::TooLarge)?;
        let mut out = Vec::with_capacity(HEAD + index.len() + self.parts.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&index_len.to_le_bytes());
        out.extend_from_slice(&index);
        out.extend_from_slice(&self.parts);
        Ok(out)
    }
}

fn compress(source: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(source)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        let mut builder = Builder::new();
        builder.add("b", false, b"code of b", b"source of b").expect("is small");
        builder.add("a", true, b"code of a", &b"source of a ".repeat(100)).expect("is small");
        builder.finish().expect("is small")
    }

    #[test]
    fn modules_come_back() {
        let data = image();
        let image = Image::open(&data).expect("was just made");
        let names: Vec<&str> = image.modules().map(|module| module.name).collect();
        assert_eq!(names, ["a", "b"]);
        let a = image.get("a").expect("was added");
        assert!(a.is_package);
        assert_eq!(a.code, b"code of a");
        assert_eq!(a.source().expect("is whole"), b"source of a ".repeat(100));
        assert!(image.get("c").is_none());
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let data = image();
        for at in 0..data.len() {
            for bit in 0..8 {
                let mut damaged = data.clone();
                damaged[at] ^= 1 << bit;
                if let Ok(image) = Image::open(&damaged) {
                    for module in image.modules() {
                        let _ = module.source();
                    }
                }
            }
            if let Ok(image) = Image::open(&data[..at]) {
                image.modules().for_each(|module| drop(module.source()));
            }
        }
    }
}
