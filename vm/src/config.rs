//! Start-up settings, as the command line and the environment give them.

/// Settings of one interpreter (`sys.flags`, paths). The defaults are those of `python3` without arguments.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sys.argv`
    pub argv: Vec<String>,
    /// `sys.orig_argv`
    pub orig_argv: Vec<String>,
    /// `sys.executable`
    pub executable: String,
    /// `PYTHONHOME` or `--home`: the prefix of a real CPython 3.12 library, instead of the embedded one.
    pub home: Option<String>,
    /// `PYTHONPATH`, split.
    pub python_path: Vec<String>,
    /// `-O` (1), `-OO` (2)
    pub optimize: u8,
    /// `-B`: do not write `.pyc` files.
    pub dont_write_bytecode: bool,
    /// `PYTHONPYCACHEPREFIX`
    pub pycache_prefix: Option<String>,
    /// `-i`
    pub inspect: bool,
    /// At a prompt.
    pub interactive: bool,
    /// `-I`
    pub isolated: bool,
    /// `-E`
    pub ignore_environment: bool,
    /// `-s`
    pub no_user_site: bool,
    /// `-S`
    pub no_site: bool,
    /// `-P`
    pub safe_path: bool,
    /// `-q`
    pub quiet: bool,
    /// `-u`
    pub unbuffered: bool,
    /// `-v`, counted
    pub verbose: u8,
    /// `-b`, counted
    pub bytes_warning: u8,
    /// `-d`
    pub debug: bool,
    /// `-X dev`
    pub dev_mode: bool,
    /// `-X utf8`
    pub utf8_mode: bool,
    /// `-X int_max_str_digits`
    pub int_max_str_digits: usize,
    /// `-W` options and `PYTHONWARNINGS`, in order.
    pub warn_options: Vec<String>,
    /// `-X` options: name and value.
    pub x_options: Vec<(String, Option<String>)>,
    /// `--check-hash-based-pycs`
    pub check_hash_pycs: String,
    /// `PYTHONHASHSEED`: `None` for random, `Some(0)` for none.
    pub hash_seed: Option<u32>,
    /// Handle SIGINT, SIGPIPE (as the command-line program does).
    pub install_signal_handlers: bool,
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
            interactive: false,
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
            int_max_str_digits: 4300,
            warn_options: Vec::new(),
            x_options: Vec::new(),
            check_hash_pycs: "default".to_owned(),
            hash_seed: None,
            install_signal_handlers: false,
        }
    }
}
