//! Start-up settings, as the command line and the environment give them.

/// Settings of one interpreter (`sys.flags`, paths). The defaults are those of `python3` without arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as in sys.flags, or as the option or variable that sets it")]
pub struct Config {
    pub argv: Vec<String>,
    pub orig_argv: Vec<String>,
    pub executable: String,
    /// `PYTHONHOME` or `--home`: the prefix of a real CPython 3.12 library, instead of the embedded one.
    pub home: Option<String>,
    /// `PYTHONPATH`, split.
    pub python_path: Vec<String>,
    pub optimize: u8,
    pub dont_write_bytecode: bool,
    pub pycache_prefix: Option<String>,
    pub inspect: bool,
    pub isolated: bool,
    pub ignore_environment: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub safe_path: bool,
    pub quiet: bool,
    pub unbuffered: bool,
    pub verbose: u8,
    pub bytes_warning: u8,
    pub debug: bool,
    pub dev_mode: bool,
    pub utf8_mode: bool,
    /// `-x`: the first line of the script is no Python.
    pub skip_first_line: bool,
    pub int_max_str_digits: usize,
    /// `PYTHONWARNINGS`, then `-W`, in order.
    pub warn_options: Vec<String>,
    /// `-X` options: name and value.
    pub x_options: Vec<(String, Option<String>)>,
    pub check_hash_pycs: String,
    /// `PYTHONHASHSEED`: `None` for random, `Some(0)` for none.
    pub hash_seed: Option<u32>,
    /// `PYTHONSTARTUP`: what the prompt runs first.
    pub startup_file: Option<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            argv: vec![String::new()],
            orig_argv: Vec::new(),
            executable: String::new(),
            home: None,
            python_path: Vec::new(),
            optimize: 0,
            dont_write_bytecode: false,
            pycache_prefix: None,
            inspect: false,
            isolated: false,
            ignore_environment: false,
            no_user_site: false,
            no_site: false,
            safe_path: false,
            quiet: false,
            unbuffered: false,
            verbose: 0,
            bytes_warning: 0,
            debug: false,
            dev_mode: false,
            utf8_mode: false,
            skip_first_line: false,
            int_max_str_digits: 4300,
            warn_options: Vec::new(),
            x_options: Vec::new(),
            check_hash_pycs: "default".to_owned(),
            hash_seed: None,
            startup_file: None,
        }
    }
}

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
