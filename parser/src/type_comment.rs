//! Comments that PEP 484 gives a meaning: `# type: …` and `# type: ignore…`.

/// A comment with a meaning, and where in it that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeComment {
    /// A type, from this offset of the comment on.
    Type(usize),
    /// `ignore`, with a tag from this offset of the comment on.
    Ignore(usize),
}

/// What a comment, `#` included, means.
pub(crate) fn type_comment(comment: &str) -> Option<TypeComment> {
    let blanks = [' ', '\t'];
    let rest = comment.strip_prefix('#')?.trim_start_matches(blanks);
    let text = rest.strip_prefix("type:")?.trim_start_matches(blanks);
    let start = comment.len() - text.len();
    match text.strip_prefix("ignore") {
        Some(tag) if !tag.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphanumeric()) => {
            Some(TypeComment::Ignore(comment.len() - tag.len()))
        }
        _ => Some(TypeComment::Type(start)),
    }
}

/// Whether nothing but blanks stands before an offset on its line, and on those that backslashes join to it.
pub(crate) fn is_alone_on_line(source: &str, offset: u32) -> bool {
    let mut before = &source[..offset as usize];
    loop {
        before = before.trim_end_matches([' ', '\t', '\u{c}']);
        match before.strip_suffix("\\\n") {
            Some(joined) => before = joined,
            None => return before.is_empty() || before.ends_with('\n'),
        }
    }
}
