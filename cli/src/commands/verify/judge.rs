//! Judging one `.pyc`.

use super::Tree;
use crate::commands::pyc::freshness;
use crate::source;
use clap::ValueEnum;
use pvm_pycfile::difference::{Difference, first_difference};
use pvm_pycfile::header::{self, HeaderError, Invalidation};
use pvm_pycfile::{CodeObject, marshal, verify};
use std::fs;
use std::path::Path;

/// What is the matter with a `.pyc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum State {
    /// It holds its source's code, and says so.
    Ok,
    /// It holds its source's code, but Python would not notice if it did not.
    Unchecked,
    /// The source has changed since; Python would compile it anew.
    Stale,
    /// Another version of Python wrote it.
    Foreign,
    /// There is no source.
    Orphaned,
    /// It claims to belong to its source, but holds other code.
    Tampered,
    /// It cannot be read, or its code is invalid.
    Damaged,
    /// Its source cannot be compiled.
    Rejected,
}

impl State {
    pub(in crate::commands) fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Unchecked => "unchecked",
            State::Stale => "stale",
            State::Foreign => "foreign",
            State::Orphaned => "orphaned",
            State::Tampered => "tampered",
            State::Damaged => "damaged",
            State::Rejected => "rejected",
        }
    }
}

/// A state and why.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Verdict {
    pub(in crate::commands) state: State,
    pub(in crate::commands) reason: String,
    pub(in crate::commands) difference: Option<Difference>,
}

impl Verdict {
    pub(super) fn new(state: State, reason: impl Into<String>) -> Verdict {
        Verdict { state, reason: reason.into(), difference: None }
    }
}

/// Judges a file by the source that Python would find for it.
pub(super) fn file(path: &Path, tree: &Tree) -> Verdict {
    let data = match fs::read(path) {
        Ok(data) => data,
        Err(error) => return Verdict::new(State::Damaged, error.to_string()),
    };
    let source_path = tree.source_of(path);
    let source = source_path.as_ref().and_then(|source| fs::read(source).ok());
    judge(&data, source.as_deref(), &path.to_string_lossy(), |header| {
        source_path.as_ref().map_or("orphaned", |source| freshness(header, source)) == "fresh"
    })
}

/// Judges a member of an archive by the source in the same archive. An archive does not keep modification times to
/// the second, so that of a timestamp only the size counts.
pub(super) fn member(data: &[u8], source: Option<&[u8]>, name: &str) -> Verdict {
    judge(data, source, name, |header| match (header, source) {
        (Invalidation::Timestamp { size, .. }, Some(source)) => source.len() as u32 == size,
        (Invalidation::CheckedHash(hash) | Invalidation::UncheckedHash(hash), Some(source)) => {
            header::source_hash(source) == hash
        }
        (_, None) => false,
    })
}

fn judge(
    data: &[u8],
    source: Option<&[u8]>,
    name: &str,
    is_fresh: impl FnOnce(Invalidation) -> bool,
) -> Verdict {
    let stamp = match Invalidation::parse(data) {
        Ok(stamp) => stamp,
        Err(error @ HeaderError::Magic(magic)) if header::python_version(magic).is_some() => {
            return Verdict::new(State::Foreign, error.to_string());
        }
        Err(error) => return Verdict::new(State::Damaged, error.to_string()),
    };
    let found = match marshal::load_code(&data[header::SIZE..]) {
        Ok(found) => found,
        Err(error) => return Verdict::new(State::Damaged, error.to_string()),
    };
    let valid = verify::verify(&found);
    let Some(source) = source else {
        return match valid {
            Ok(()) => Verdict::new(State::Orphaned, "its source is missing"),
            Err(error) => Verdict::new(State::Damaged, error.to_string()),
        };
    };
    let fresh = is_fresh(stamp);
    let compiled = match compile_like(&found, source, name, &data[header::SIZE..]) {
        Ok(compiled) => compiled,
        Err(reason) => return Verdict::new(State::Rejected, reason),
    };
    let unchecked = matches!(stamp, Invalidation::UncheckedHash(_));
    match compiled {
        None if !fresh && unchecked => {
            Verdict::new(State::Stale, "right code, but the hash is not that of the source")
        }
        None if !fresh => Verdict::new(State::Stale, "right code, but the source is newer"),
        None if unchecked => Verdict::new(State::Unchecked, "right code, but never compared when imported"),
        None => Verdict::new(State::Ok, ""),
        // Python would not notice: whatever the header says, this code would run.
        Some(difference) if fresh || unchecked => {
            Verdict { state: State::Tampered, reason: difference.to_string(), difference: Some(difference) }
        }
        Some(difference) => Verdict {
            state: State::Stale,
            reason: format!("the source has changed: {difference}"),
            difference: Some(difference),
        },
    }
}

/// Compiles a source as the given code was, and compares.
fn compile_like(
    found: &CodeObject,
    source: &[u8],
    name: &str,
    bytes: &[u8],
) -> Result<Option<Difference>, String> {
    let levels: &[u8] = if name.ends_with(".opt-1.pyc") {
        &[1]
    } else if name.ends_with(".opt-2.pyc") {
        &[2]
    } else if name.contains(".cpython-") {
        &[0]
    } else {
        // Beside its source, a file does not say its level.
        &[0, 1, 2]
    };
    let mut first = None;
    for level in levels {
        let output = source::compile(source, &found.filename, *level).map_err(|error| error.summary())?;
        let same = output.marshal().is_ok_and(|dumped| dumped == bytes);
        if same {
            return Ok(None);
        }
        // Equal code can be stored differently; what it does is the same.
        match first_difference(found, &output.code) {
            None => return Ok(None),
            Some(difference) => first = first.or(Some(difference)),
        }
    }
    Ok(first)
}
