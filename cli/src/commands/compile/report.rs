//! Showing what happened.

use super::file::{Outcome, State};
use super::plan::Step;
use super::{Args, Format};
use crate::{diagnostics, source};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pvm_pycfile::repr;
use serde_json::json;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

/// Prints results and counts them.
pub(super) struct Reporter<'a> {
    quiet: u8,
    format: Format,
    out: Box<dyn Write + 'a>,
    /// Warnings and totals go to the same place as results, not to standard error.
    all_in_one: bool,
    draws: bool,
    bar: Option<ProgressBar>,
    begin: Instant,
    wants_totals: bool,
    files: u64,
    compiled: u64,
    fresh: u64,
    failed: u64,
    bytes: u64,
}

impl<'a> Reporter<'a> {
    /// Reports to `collected` alone, if it is given, else to standard output and standard error.
    pub(super) fn new(args: &Args, collected: Option<&'a mut Vec<u8>>) -> Reporter<'a> {
        let Some(collected) = collected else {
            return Reporter::to_terminal(args);
        };
        Reporter { all_in_one: true, ..Reporter::plain(args, Box::new(collected)) }
    }

    fn plain(args: &Args, out: Box<dyn Write + 'a>) -> Reporter<'a> {
        Reporter {
            quiet: args.quiet,
            format: args.format,
            out,
            all_in_one: false,
            draws: false,
            bar: None,
            begin: Instant::now(),
            wants_totals: args.summary,
            files: 0,
            compiled: 0,
            fresh: 0,
            failed: 0,
            bytes: 0,
        }
    }

    fn to_terminal(args: &Args) -> Reporter<'a> {
        let on_terminal = io::stderr().is_terminal() && args.format == Format::Text && args.quiet < 2;
        // A bar makes sense where lines do not scroll past it.
        let bar = (on_terminal && (args.quiet == 1 || !io::stdout().is_terminal())).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Reporter {
            draws: io::stdout().is_terminal(),
            bar,
            wants_totals: args.summary || on_terminal,
            ..Reporter::plain(args, Box::new(BufWriter::new(io::stdout())))
        }
    }

    /// Says how many steps there are.
    pub(super) fn expect(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(steps as u64);
        }
    }

    /// Shows the result of a step.
    pub(super) fn show(&mut self, step: &Step, outcome: &Outcome) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        let Step::File(task) = step else {
            return self.show_folder(step);
        };
        self.files += 1;
        self.bytes += outcome.source_bytes;
        match &outcome.state {
            State::Nothing => {}
            State::Fresh => self.fresh += 1,
            State::Compiled => self.compiled += 1,
            State::Rejected(..) | State::Failed(_) => self.failed += 1,
        }
        if !outcome.warnings.is_empty() {
            self.above_bar(&outcome.warnings.clone());
        }
        match self.format {
            Format::Text => self.show_text(&task.path, &outcome.state),
            Format::Json => self.show_json(&task.path, outcome),
        }
    }

    fn print(&mut self, text: &str) {
        // There is no one left to tell if standard output is gone.
        let _ = self.out.write_all(text.as_bytes());
    }

    fn above_bar(&mut self, text: &str) {
        if self.all_in_one {
            return self.print(text);
        }
        let _ = self.out.flush();
        match &self.bar {
            Some(bar) => bar.suspend(|| eprint!("{text}")),
            None => eprint!("{text}"),
        }
    }

    fn show_folder(&mut self, step: &Step) {
        if self.format == Format::Json {
            return;
        }
        match step {
            Step::Listing { folder, readable } => {
                let name = path_repr(folder);
                if self.quiet == 0 {
                    self.print(&format!("Listing {name}...\n"));
                }
                if !readable && self.quiet < 2 {
                    self.print(&format!("Can't list {name}\n"));
                }
            }
            Step::Skipped if self.quiet < 2 => self.print("Skipping current directory\n"),
            Step::Skipped | Step::File(_) => {}
        }
    }

    fn show_text(&mut self, path: &Path, state: &State) {
        let (text, drawn) = match state {
            State::Nothing | State::Fresh => return,
            State::Compiled => {
                if self.quiet == 0 {
                    self.print(&format!("Compiling {}...\n", path_repr(path)));
                }
                return;
            }
            State::Rejected(error, text, data) if self.draws => {
                (text.as_str(), Some(diagnostics::draw(error, data, true)))
            }
            State::Rejected(_, text, _) | State::Failed(text) => (text.as_str(), None),
        };
        match self.quiet {
            0 => self.print(&format!("Compiling {}...\n*** ", path_repr(path))),
            1 => self.print(&format!("*** Error compiling {}...\n", path_repr(path))),
            _ => return,
        }
        self.print(drawn.as_deref().unwrap_or(text));
        self.print("\n");
    }

    fn show_json(&mut self, path: &Path, outcome: &Outcome) {
        let status = match &outcome.state {
            State::Nothing => return,
            State::Fresh => "fresh",
            State::Compiled => "compiled",
            State::Rejected(..) => "rejected",
            State::Failed(_) => "failed",
        };
        let mut value = json!({
            "file": path.to_string_lossy(),
            "status": status,
            "written": outcome.written.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
        });
        match &outcome.state {
            State::Rejected(error, _, data) => value["error"] = diagnostics::error_json(error, data),
            State::Failed(text) => value["error"] = json!({ "message": text }),
            _ => {}
        }
        self.print(&format!("{value}\n"));
    }

    /// Shows the totals; compileall's exit status.
    pub(super) fn finish(mut self) -> u8 {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let seconds = self.begin.elapsed().as_secs_f64();
        let rate = self.bytes as f64 / 1e6 / seconds.max(1e-9);
        let Reporter { files, compiled, fresh, failed, .. } = self;
        if self.format == Format::Json {
            let totals = json!({ "summary": {
                "files": files, "compiled": compiled, "fresh": fresh, "failed": failed,
                "source_bytes": self.bytes, "seconds": seconds,
            } });
            self.print(&format!("{totals}\n"));
        }
        if self.wants_totals {
            self.above_bar(&format!(
                "{files} files: {compiled} compiled, {fresh} fresh, {failed} failed; {seconds:.2} s, {rate:.1} MB/s\n"
            ));
        }
        // There is no one left to tell if standard output is gone.
        let _ = self.out.flush();
        u8::from(failed > 0)
    }
}

fn path_repr(path: &Path) -> String {
    repr::str(&source::path_text(path))
}
