//! CPython's own command line: options, and the environment variables that go with them.
//!
//! Source: CPython 3.12 `Python/getopt.c`, `Python/initconfig.c`.

mod environment;
mod help;

use pvm_vm::config::Config;
use std::ffi::OsString;
use std::process::ExitCode;

/// What is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `-c`
    Command(String),
    /// `-m`
    Module(String),
    /// A script, a `.pyc`, or a folder or zip file with `__main__`.
    File(String),
    /// Standard input; a prompt where that is a terminal.
    Stdin,
}

/// A program to run, and how.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The interpreter's settings.
    pub config: Config,
    /// The program.
    pub target: Target,
    /// `-x`: the first line of the source is no Python.
    pub skip_first_line: bool,
    /// `PYTHONSTARTUP`: what the prompt runs first.
    pub startup_file: Option<String>,
}

/// What the arguments ask for.
#[derive(Clone, Debug)]
pub enum Request {
    /// Run something.
    Run(Box<Invocation>),
    /// Print this to standard output and end in success.
    Print(String),
    /// Print this to standard error and end with this status.
    Fail(String, u8),
}

/// Runs what the arguments ask for.
pub fn main(args: &[OsString]) -> ExitCode {
    let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    match parse(&args, &|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())) {
        Request::Print(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Request::Fail(text, status) => {
            eprint!("{text}");
            ExitCode::from(status)
        }
        Request::Run(invocation) => crate::run::run(*invocation),
    }
}

/// The options that take an argument, which may be attached.
const WITH_ARGUMENT: &str = "cmWX";

/// What the options say before the environment is consulted.
#[derive(Default)]
struct Seen {
    help: Option<String>,
    version: u8,
    warn_options: Vec<String>,
    target: Option<Target>,
    skip_first_line: bool,
}

/// Parses arguments, the program's own name first, with `variable` as the environment.
pub fn parse(args: &[String], variable: &dyn Fn(&str) -> Option<String>) -> Request {
    let program = args.first().cloned().unwrap_or_else(|| "pvm".to_owned());
    let mut config = Config { orig_argv: args.to_vec(), executable: program.clone(), ..Config::default() };
    let mut seen = Seen::default();
    let rest = match options(args.get(1..).unwrap_or_default(), &mut config, &mut seen, &program) {
        Ok(rest) => rest,
        Err(message) => return Request::Fail(format!("{message}\n{}", help::short_usage(&program)), 2),
    };
    if let Some(help) = seen.help {
        return Request::Print(help);
    }
    if seen.version > 0 {
        return Request::Print(help::version(seen.version > 1));
    }
    let startup_file = match environment::apply(&mut config, variable) {
        Ok(startup_file) => startup_file,
        Err(message) => return Request::Fail(message, 1),
    };
    config.warn_options.extend(seen.warn_options);
    match config.bytes_warning {
        0 => {}
        1 => config.warn_options.push("default::BytesWarning".to_owned()),
        _ => config.warn_options.push("error::BytesWarning".to_owned()),
    }
    let target = match seen.target {
        Some(target) => {
            let name = if matches!(target, Target::Command(_)) { "-c" } else { "-m" };
            config.argv = vec![name.to_owned()];
            config.argv.extend_from_slice(rest);
            target
        }
        None => match rest.first() {
            None => Target::Stdin,
            Some(file) => {
                config.argv = rest.to_vec();
                if file == "-" { Target::Stdin } else { Target::File(file.clone()) }
            }
        },
    };
    config.install_signal_handlers = true;
    let skip_first_line = seen.skip_first_line;
    Request::Run(Box::new(Invocation { config, target, skip_first_line, startup_file }))
}

/// Reads the options; what follows them.
fn options<'a>(
    args: &'a [String],
    config: &mut Config,
    seen: &mut Seen,
    program: &str,
) -> Result<&'a [String], String> {
    let mut rest = args;
    while let Some((arg, after)) = rest.split_first() {
        let Some(letters) = arg.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            break;
        };
        rest = after;
        match letters {
            "-" => break,
            "-help" => seen.help = Some(help::usage(program)),
            "-version" => seen.version += 1,
            "-help-env" => seen.help = Some(help::environment()),
            "-help-xoptions" => seen.help = Some(help::x_options()),
            "-help-all" => {
                seen.help =
                    Some(help::usage(program) + "\n" + &help::environment() + "\n" + &help::x_options());
            }
            "-check-hash-based-pycs" => {
                let value = take(&mut rest, "--check-hash-based-pycs options")?;
                if !matches!(value.as_str(), "default" | "always" | "never") {
                    return Err(
                        "--check-hash-based-pycs must be one of 'default', 'always', or 'never'".to_owned()
                    );
                }
                config.check_hash_pycs = value;
            }
            "-home" => config.home = Some(take(&mut rest, "--home option")?),
            _ if letters.starts_with('-') => return Err(format!("unknown option {arg}")),
            _ => {
                let mut chars = letters.chars();
                while let Some(letter) = chars.next() {
                    if WITH_ARGUMENT.contains(letter) {
                        let attached = chars.as_str();
                        let value = if attached.is_empty() {
                            take(&mut rest, &format!("-{letter} option"))?
                        } else {
                            attached.to_owned()
                        };
                        match letter {
                            'c' => seen.target = Some(Target::Command(value + "\n")),
                            'm' => seen.target = Some(Target::Module(value)),
                            'W' => seen.warn_options.push(value),
                            _ => config.x_options.push(x_option(&value)),
                        }
                        if seen.target.is_some() {
                            return Ok(rest);
                        }
                        break;
                    }
                    letter_option(letter, config, seen, program)?;
                }
            }
        }
    }
    Ok(rest)
}

fn take(rest: &mut &[String], what: &str) -> Result<String, String> {
    let (value, after) = rest.split_first().ok_or_else(|| format!("Argument expected for the {what}"))?;
    *rest = after;
    Ok(value.clone())
}

fn x_option(value: &str) -> (String, Option<String>) {
    match value.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (value.to_owned(), None),
    }
}

fn letter_option(letter: char, config: &mut Config, seen: &mut Seen, program: &str) -> Result<(), String> {
    match letter {
        'b' => config.bytes_warning = config.bytes_warning.saturating_add(1),
        'B' => config.dont_write_bytecode = true,
        'd' => config.debug = true,
        'E' => config.ignore_environment = true,
        'h' | '?' => seen.help = Some(help::usage(program)),
        'i' => config.inspect = true,
        'I' => {
            config.isolated = true;
            config.ignore_environment = true;
            config.no_user_site = true;
            config.safe_path = true;
        }
        'O' => config.optimize = config.optimize.saturating_add(1),
        'P' => config.safe_path = true,
        'q' => config.quiet = true,
        // Hashes are random anyway.
        'R' | 't' => {}
        's' => config.no_user_site = true,
        'S' => config.no_site = true,
        'u' => config.unbuffered = true,
        'v' => config.verbose = config.verbose.saturating_add(1),
        'V' => seen.version = seen.version.saturating_add(1),
        'x' => seen.skip_first_line = true,
        'J' => return Err("-J is reserved for Jython".to_owned()),
        _ => return Err(format!("Unknown option: -{letter}")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Request {
        let args: Vec<String> = std::iter::once(&"python").chain(args).map(|arg| (*arg).to_owned()).collect();
        parse(&args, &|_| None)
    }

    #[test]
    fn letters_combine_and_take_attached_arguments() {
        let Request::Run(invocation) = parsed(&["-OOBsWerror", "-Xdev", "-cpass", "-V"]) else {
            panic!("should run");
        };
        let Invocation { config, target, .. } = *invocation;
        assert_eq!(target, Target::Command("pass\n".to_owned()));
        assert_eq!((config.optimize, config.dont_write_bytecode, config.no_user_site), (2, true, true));
        assert_eq!(config.warn_options, ["default", "error"]);
        assert_eq!(config.argv, ["-c", "-V"]);
        assert!(config.dev_mode);
    }

    #[test]
    fn mistakes_are_told_with_status_2() {
        for (args, message) in [
            (&["-z"][..], "Unknown option: -z\n"),
            (&["--foo"], "unknown option --foo\n"),
            (&["-c"], "Argument expected for the -c option\n"),
        ] {
            let Request::Fail(text, 2) = parsed(args) else { panic!("should fail") };
            assert!(text.starts_with(message), "{text}");
        }
    }
}
