//! Encodings of East Asia: those of the web, with Python's differences.

use super::CodecError;

mod table;

use table::Differences;

/// Decodes with a codec of this name, if there is one.
pub(super) fn decode(bytes: &[u8], codec: &str) -> Option<Result<String, CodecError>> {
    let found = table::CODECS.binary_search_by_key(&codec, |differences| differences.codec).ok()?;
    Some(decode_with(bytes, &table::CODECS[found]))
}

fn decode_with(bytes: &[u8], codec: &Differences) -> Result<String, CodecError> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            text.push(char::from(bytes[at]));
            at += 1;
            continue;
        }
        match codec
            .lengths()
            .iter()
            .find_map(|&length| codec.sequence(bytes.get(at..at + length)?).map(|found| (length, found)))
        {
            Some((length, Found::Other(c))) => {
                text.push(c);
                at += length;
            }
            Some((length, Found::Same)) => {
                let sequence = &bytes[at..at + length];
                let decoded = codec.encoding.decode_without_bom_handling_and_without_replacement(sequence);
                text.push_str(&decoded.unwrap_or_default());
                at += length;
            }
            Some((_, Found::Lacking)) | None => {
                return Err(codec.malformed(bytes, at));
            }
        }
    }
    Ok(text)
}

/// What a sequence of bytes is.
enum Found {
    /// What it is on the web.
    Same,
    /// Another character.
    Other(char),
    /// Something on the web, nothing in Python.
    Lacking,
}

impl Differences {
    /// How many bytes a character beyond ASCII can have, but not in which case.
    fn lengths(&self) -> &'static [usize] {
        match self.codec {
            "euc_jp" => &[1, 2, 3],
            "gb18030" => &[1, 2, 4],
            _ => &[1, 2],
        }
    }

    /// The error about the sequence at an offset.
    fn malformed(&self, bytes: &[u8], at: usize) -> CodecError {
        let rest = &bytes[at..];
        let wanted = match (self.codec, rest) {
            ("euc_jp", [0x8F, ..]) => 3,
            ("gb18030", [_, b'0'..=b'9', ..]) => 4,
            ("shift_jis", [0x80 | 0xA0 | 0xFD.., ..]) => 1,
            _ => 2,
        };
        let name = self.codec;
        CodecError::Malformed(if rest.len() >= wanted {
            format!(
                "'{name}' codec can't decode byte 0x{:02x} in position {at}: illegal multibyte sequence",
                rest[0]
            )
        } else if rest.len() == 1 {
            format!(
                "'{name}' codec can't decode byte 0x{:02x} in position {at}: incomplete multibyte sequence",
                rest[0]
            )
        } else {
            let last = bytes.len() - 1;
            format!(
                "'{name}' codec can't decode bytes in position {at}-{last}: incomplete multibyte sequence"
            )
        })
    }

    /// What a whole sequence is; none if it is no sequence of this encoding.
    fn sequence(&self, bytes: &[u8]) -> Option<Found> {
        let number = bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
        if let Ok(found) = self.others.binary_search_by_key(&number, |&(sequence, _)| sequence) {
            return Some(Found::Other(self.others[found].1));
        }
        let after = self.lacks.partition_point(|&(first, _)| first <= number);
        if after > 0 && number <= self.lacks[after - 1].1 {
            return Some(Found::Lacking);
        }
        self.encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|_| Found::Same)
    }
}
