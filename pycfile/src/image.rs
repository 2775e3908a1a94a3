//! An image: a folder of Python modules and other files with their code in one block of bytes, made to be embedded in a
//! program.
//!
//! Opening one reads its index alone; code is stored so that it is read in place (see [`crate::stored`]), and
//! files stay compressed until they are asked for.
//!
//! ```text
//! "PVMIMG" version:u16 | index length:u32 | index, in bincode | code | compressed files
//! ```
//!
//! All numbers are little-endian. This module is the only one that knows of bincode.

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};

const MAGIC: &[u8; 6] = b"PVMIMG";
const VERSION: u16 = 3;
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
    path: &'a str,
    code: Option<Part>,
    data: Part,
    data_len: u32,
}

/// Why bytes are no image, or a file of one cannot be read.
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
    /// Sorted by path.
    entries: Vec<Entry<'a>>,
    parts: &'a [u8],
}

/// A file in an image.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its path within the image, with `/`.
    pub path: &'a str,
    /// Its stored code, if it is a module.
    pub code: Option<&'a [u8]>,
    compressed: &'a [u8],
    len: u32,
}

impl<'a> Image<'a> {
    /// Opens an image.
    ///
    /// # Errors
    /// If the bytes are none, or the index is damaged. Damage further on shows when a file is read.
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
        if !entries.is_sorted_by(|a, b| a.path < b.path) {
            return Err(damaged("the index is not sorted"));
        }
        Ok(Image { entries, parts })
    }

    /// The file of this path.
    pub fn get(&self, path: &str) -> Option<File<'a>> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        self.file(&self.entries[at])
    }

    /// The files whose paths begin so, sorted by path.
    pub fn below(&self, prefix: &str) -> impl Iterator<Item = File<'a>> + '_ {
        let start = self.entries.partition_point(|entry| entry.path < prefix);
        let len = self.entries[start..].partition_point(|entry| entry.path.starts_with(prefix));
        self.entries[start..start + len].iter().filter_map(|entry| self.file(entry))
    }

    fn file(&self, entry: &Entry<'a>) -> Option<File<'a>> {
        let part = |part: Part| self.parts.get(part.start as usize..)?.get(..part.len as usize);
        let code = match entry.code {
            Some(code) => Some(part(code)?),
            None => None,
        };
        Some(File { path: entry.path, code, compressed: part(entry.data)?, len: entry.data_len })
    }
}

impl File<'_> {
    /// The bytes of the file: a module's source.
    ///
    /// # Errors
    /// If they are damaged.
    pub fn data(&self) -> Result<Vec<u8>, ImageError> {
        let mut data = Vec::with_capacity((self.len as usize).min(self.compressed.len() * 64));
        let mut limited = DeflateDecoder::new(self.compressed).take(u64::from(self.len) + 1);
        limited.read_to_end(&mut data).map_err(damaged)?;
        if data.len() != self.len as usize {
            return Err(damaged("a file's length is wrong"));
        }
        Ok(data)
    }
}

/// A file that is ready to go into an image.
#[derive(Clone, Debug)]
pub struct Packed {
    path: String,
    code: Option<Vec<u8>>,
    compressed: Vec<u8>,
    len: usize,
}

impl Packed {
    /// Packs a file, with its stored code if it is a module. The time that this takes can be spent on many threads.
    ///
    /// # Errors
    /// If the bytes cannot be compressed.
    pub fn new(path: &str, code: Option<Vec<u8>>, data: &[u8]) -> Result<Packed, ImageError> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let compressed = encoder.write_all(data).and_then(|()| encoder.finish()).map_err(damaged)?;
        Ok(Packed { path: path.to_owned(), code, compressed, len: data.len() })
    }
}

/// Puts an image together.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    files: BTreeMap<String, Packed>,
    first: Vec<String>,
}

impl Builder {
    /// An image without files.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Adds a file; of two of the same path the later one counts.
    pub fn add(&mut self, file: Packed) {
        self.files.insert(file.path.clone(), file);
    }

    /// Names the modules that are used together by every program: their code lies together, so that it takes few pages
    /// of memory.
    pub fn put_first(&mut self, paths: &[&str]) {
        self.first = paths.iter().map(|path| (*path).to_owned()).collect();
    }

    /// The bytes of the image.
    ///
    /// # Errors
    /// If it is too large.
    pub fn finish(&self) -> Result<Vec<u8>, ImageError> {
        let mut parts = Vec::new();
        let mut codes = BTreeMap::new();
        let first = self.first.iter().filter_map(|path| self.files.get_key_value(path));
        for (path, file) in first.chain(&self.files) {
            if let Some(code) = &file.code
                && !codes.contains_key(path)
            {
                codes.insert(path, append(&mut parts, code)?);
            }
        }
        let mut entries = Vec::with_capacity(self.files.len());
        for (path, file) in &self.files {
            let data = append(&mut parts, &file.compressed)?;
            entries.push(Entry { path, code: codes.get(path).copied(), data, data_len: small(file.len)? });
        }
        let index = bincode::serde::encode_to_vec(&entries, bincode::config::standard()).map_err(damaged)?;
        let mut out = Vec::with_capacity(HEAD + index.len() + parts.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&small(index.len())?.to_le_bytes());
        out.extend_from_slice(&index);
        out.extend_from_slice(&parts);
        Ok(out)
    }
}

fn append(parts: &mut Vec<u8>, bytes: &[u8]) -> Result<Part, ImageError> {
    let part = Part { start: small(parts.len())?, len: small(bytes.len())? };
    parts.extend_from_slice(bytes);
    Ok(part)
}

fn small(len: usize) -> Result<u32, ImageError> {
    u32::try_from(len).map_err(|_| ImageError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        let mut builder = Builder::new();
        let source = b"source of a ".repeat(100);
        builder.add(Packed::new("b/data", None, b"what is in b").expect("is small"));
        builder.add(Packed::new("a.py", Some(b"code of a".to_vec()), &source).expect("is small"));
        builder.finish().expect("is small")
    }

    #[test]
    fn files_come_back() {
        let data = image();
        let image = Image::open(&data).expect("was just made");
        let paths = |prefix: &str| image.below(prefix).map(|file| file.path).collect::<Vec<_>>();
        assert_eq!(paths(""), ["a.py", "b/data"]);
        assert_eq!(paths("b/"), ["b/data"]);
        let a = image.get("a.py").expect("was added");
        assert_eq!(a.code, Some(&b"code of a"[..]));
        assert_eq!(a.data().expect("is whole"), b"source of a ".repeat(100));
        assert!(image.get("b/data").expect("was added").code.is_none());
        assert!(image.get("c").is_none());
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let data = image();
        let read_all = |data: &[u8]| {
            if let Ok(image) = Image::open(data) {
                image.below("").for_each(|file| drop(file.data()));
            }
        };
        for at in 0..data.len() {
            for bit in 0..8 {
                let mut damaged = data.clone();
                damaged[at] ^= 1 << bit;
                read_all(&damaged);
            }
            read_all(&data[..at]);
        }
    }
}
