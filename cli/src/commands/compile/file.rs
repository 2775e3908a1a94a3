//! Compiling one file.

use super::cache_path::cache_path;
use super::plan::Task;
use super::write::{mode_of, update_atomically, with_temporary_name, write_atomically};
use super::{Mode, Settings};
use crate::commands::pyc::seconds;
use crate::source::{self, SourceError};
use crate::{diagnostics, os_error};
use pvm_pycfile::Text;
use pvm_pycfile::header::{self, Invalidation};
use rustix::buffer::spare_capacity;
use rustix::io::retry_on_intr;
use std::borrow::Cow;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What became of a file.
#[derive(Debug, Default)]
pub(in crate::commands) struct Outcome {
    pub(in crate::commands) state: State,
    /// Bytes of source read.
    pub(in crate::commands) source_bytes: u64,
    /// The `.pyc` files that were written.
    pub(in crate::commands) written: Vec<PathBuf>,
    /// For standard error, in CPython's words.
    pub(in crate::commands) warnings: String,
}

/// How a file ended.
#[derive(Debug, Default)]
pub(in crate::commands) enum State {
    /// Nothing to do: it went away, or is no file.
    #[default]
    Nothing,
    /// All its `.pyc` files are up to date.
    Fresh,
    /// Its `.pyc` files were written.
    Compiled,
    /// The source is wrong. The text is what compileall prints, and the bytes are the source.
    Rejected(Box<SourceError>, String, Vec<u8>),
    /// The operating system refused. The text is what compileall prints.
    Failed(String),
}

/// A buffer that has grown larger is not kept for the next file.
const LARGEST_KEPT: usize = 4 << 20;

/// Memory that one file after the other uses. What it holds in between is of no consequence.
#[derive(Debug, Default)]
pub(in crate::commands) struct Buffers {
    source: Vec<u8>,
    pyc: Vec<u8>,
}

/// Compiles a file if any of its `.pyc` files is not up to date.
pub(in crate::commands) fn compile(task: &Task, settings: &Settings, buffers: &mut Buffers) -> Outcome {
    let mut outcome = Outcome::default();
    let Ok(metadata) = fs::metadata(&task.path) else { return outcome };
    if !metadata.is_file() {
        return outcome;
    }
    let targets: Vec<(u8, PathBuf)> =
        settings.levels.iter().map(|level| (*level, target(&task.path, *level, settings))).collect();
    let mut data = None;
    if !settings.force {
        let is_fresh = |target: &Path, data: &mut Option<Vec<u8>>| {
            is_fresh(&task.path, target, &metadata, settings.mode, data)
        };
        if targets.iter().all(|(_, target)| is_fresh(target, &mut data)) {
            outcome.state = State::Fresh;
            return outcome;
        }
    }
    outcome.state = match write_all(task, settings, &metadata, &targets, data, buffers, &mut outcome) {
        Ok(()) => State::Compiled,
        Err(state) => *state,
    };
    outcome
}

fn target(source: &Path, level: u8, settings: &Settings) -> PathBuf {
    if let Some(output) = &settings.output {
        return output.clone();
    }
    if settings.legacy {
        let mut path = source.as_os_str().to_owned();
        path.push("c");
        return PathBuf::from(path);
    }
    cache_path(source, level, settings.pycache_prefix.as_deref(), &settings.current_folder)
}

/// The first state of a source, for the header.
fn timestamp(metadata: &Metadata) -> Invalidation {
    let mtime = metadata.modified().map(seconds).unwrap_or_default() as u32;
    Invalidation::Timestamp { mtime, size: metadata.len() as u32 }
}

/// Whether a `.pyc` has the wanted mode and belongs to this state of the source.
fn is_fresh(
    source: &Path,
    target: &Path,
    metadata: &Metadata,
    mode: Mode,
    data: &mut Option<Vec<u8>>,
) -> bool {
    let mut start = [0; header::SIZE + 1];
    let read = fs::File::open(target).and_then(|mut file| file.read_exact(&mut start));
    let Ok(found) = read.map_err(drop).and_then(|()| Invalidation::parse(&start).map_err(drop)) else {
        return false;
    };
    let (hash, wanted) = match (found, mode) {
        (Invalidation::Timestamp { .. }, Mode::Timestamp) => return found == timestamp(metadata),
        (Invalidation::CheckedHash(hash), Mode::CheckedHash) => (hash, mode),
        (Invalidation::UncheckedHash(hash), Mode::UncheckedHash) => (hash, mode),
        _ => return false,
    };
    debug_assert_ne!(wanted, Mode::Timestamp);
    if data.is_none() {
        *data = fs::read(source).ok();
    }
    data.as_ref().is_some_and(|data| header::source_hash(data) == hash)
}

fn write_all(
    task: &Task,
    settings: &Settings,
    metadata: &Metadata,
    targets: &[(u8, PathBuf)],
    data: Option<Vec<u8>>,
    buffers: &mut Buffers,
    outcome: &mut Outcome,
) -> Result<(), Box<State>> {
    let fail = |error: io::Error, path: &Path| {
        let text = format!("{}: {}", os_error::class(&error), os_error::text(&error, path));
        Box::new(State::Failed(text))
    };
    let there = targets.iter().map(|(_, target)| is_there(target)).collect::<Result<Vec<_>, _>>()?;
    let data = match data {
        Some(data) => data,
        None => {
            let mut data = std::mem::take(&mut buffers.source);
            read_into(&mut data, &task.path, metadata).map_err(|error| fail(error, &task.path))?;
            data
        }
    };
    outcome.source_bytes = data.len() as u64;
    let filename = shown_name(task, settings);
    let stamp = match settings.mode {
        Mode::Timestamp => {
            let size = data.len() as u32;
            match timestamp(metadata) {
                // The size that was read is the one that the code is for.
                Invalidation::Timestamp { mtime, .. } => Invalidation::Timestamp { mtime, size },
                other => other,
            }
        }
        Mode::CheckedHash => Invalidation::CheckedHash(header::source_hash(&data)),
        Mode::UncheckedHash => Invalidation::UncheckedHash(header::source_hash(&data)),
    };
    let mut previous: Option<(Vec<u8>, &Path)> = None;
    for ((level, target), is_there) in targets.iter().zip(there) {
        let mut pyc = std::mem::take(&mut buffers.pyc);
        pyc.clear();
        // Few are longer.
        pyc.reserve(2 * data.len() + 1024);
        pyc.extend_from_slice(&stamp.to_bytes());
        let result = source::compile_into(&mut pyc, &data, &filename, *level);
        let warnings = match &result {
            Ok((warnings, _)) => warnings,
            Err(error) => &error.warnings,
        };
        let (shown, as_error) = settings.warnings.apply(warnings, &filename);
        if !shown.is_empty() {
            let name = filename.to_string_lossy();
            let named = text_of(&name, task, &data);
            outcome
                .warnings
                .extend(shown.iter().map(|warning| diagnostics::warning_text(warning, &name, &named)));
        }
        match as_error.map_or(result, Err) {
            Ok((_, Ok(()))) => {}
            Ok((_, Err(error))) => return Err(Box::new(State::Failed(format!("ValueError: {error}")))),
            Err(error) => {
                let text = error_text(&error);
                return Err(Box::new(State::Rejected(error, text, data)));
            }
        }
        let same = previous.as_ref().filter(|(bytes, _)| *bytes == pyc);
        match same {
            Some((_, first)) => link(first, target).map_err(|error| fail(error, target))?,
            None if is_there => update_atomically(target, &pyc, mode_of(metadata), settings.umask)
                .map_err(|error| fail(error, target))?,
            None => write_atomically(target, &pyc, mode_of(metadata)).map_err(|error| fail(error, target))?,
        }
        outcome.written.push(target.clone());
        if settings.hardlink_dupes {
            previous = Some((pyc, target));
        } else if pyc.capacity() <= LARGEST_KEPT {
            buffers.pyc = pyc;
        }
    }
    if data.capacity() <= LARGEST_KEPT {
        buffers.source = data;
    }
    Ok(())
}

/// Reads a file in place of what the buffer holds: with one call to the system, if it is as long as its metadata say.
fn read_into(buffer: &mut Vec<u8>, path: &Path, metadata: &Metadata) -> io::Result<()> {
    buffer.clear();
    let len = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let file = fs::File::open(path)?;
    loop {
        // Room for one byte more than there should be: where it is left over, the file has ended.
        let missing = len.saturating_sub(buffer.len()).saturating_add(1);
        buffer.try_reserve(missing).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let read = retry_on_intr(|| rustix::io::read(&file, spare_capacity(buffer)))?;
        let is_full = buffer.len() == buffer.capacity();
        if read == 0 || buffer.len() == len && !is_full {
            return Ok(());
        }
    }
}

/// Makes `target` another name of `first`.
fn link(first: &Path, target: &Path) -> io::Result<()> {
    let ((), temporary) = with_temporary_name(target, |temporary| fs::hard_link(first, temporary))?;
    let renamed = fs::rename(&temporary, target);
    // Renaming to another name of the same file does nothing, and leaves both.
    let _ = fs::remove_file(&temporary);
    renamed
}

/// Whether there is a file to replace. CPython replaces neither links nor what is no file.
fn is_there(target: &Path) -> Result<bool, Box<State>> {
    let Ok(metadata) = fs::symlink_metadata(target) else { return Ok(false) };
    let what = if metadata.is_symlink() {
        "is a symlink and will be changed into a regular file if import writes a byte-compiled file to it"
    } else if !metadata.is_file() {
        "is a non-regular file and will be changed into a regular one if import writes a byte-compiled file to it"
    } else {
        return Ok(true);
    };
    Err(Box::new(State::Failed(format!("FileExistsError: {} {what}", target.display()))))
}

/// The name that goes into the code.
fn shown_name(task: &Task, settings: &Settings) -> Text {
    let name = source::path_text(task.shown_as.as_ref().unwrap_or(&task.path));
    let Some(text) = name.as_str() else { return name };
    let mapped = settings
        .prefix_map
        .iter()
        .rev()
        .find_map(|(old, new)| text.strip_prefix(old.as_str()).map(|rest| format!("{new}{rest}")));
    mapped.map_or_else(|| name.clone(), |mapped| Text::from(mapped.as_str()))
}

/// What the file holds that the code is said to come from: Python looks there for the lines that it shows.
fn text_of<'a>(name: &str, task: &Task, data: &'a [u8]) -> Cow<'a, [u8]> {
    if Path::new(name) == task.path {
        return Cow::Borrowed(data);
    }
    Cow::Owned(fs::read(name).unwrap_or_default())
}

/// What `py_compile` says of an error.
fn error_text(error: &SourceError) -> String {
    if error.class == "SyntaxError" {
        diagnostics::python_text(error)
    } else {
        format!("Sorry: {}: {}", error.class, error.summary())
    }
}
