//! What `--help` and its kin print.

/// The reference's version, which programs compare with.
const PYTHON_VERSION: &str = "3.12.1";

/// `-V`, and `-VV`.
pub(super) fn version(long: bool) -> String {
    if long {
        format!("Python {PYTHON_VERSION} (pvm {})\n", env!("CARGO_PKG_VERSION"))
    } else {
        format!("Python {PYTHON_VERSION}\n")
    }
}

fn usage_line(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
}

/// What follows a complaint.
pub(super) fn short_usage(program: &str) -> String {
    usage_line(program) + "Try `python -h' for more information.\n"
}

/// `-h`
pub(super) fn usage(program: &str) -> String {
    usage_line(program) + OPTIONS
}

const OPTIONS: &str = "\
Options, with the environment variables that do the same:
-b     : warn of str(bytes) and of comparing bytes with str; -bb: raise errors
-B     : write no .pyc files when importing (PYTHONDONTWRITEBYTECODE=x)
-c cmd : run this program text; ends the options
-d     : debug the parser (PYTHONDEBUG=x); has no effect
-E     : ignore PYTHON* variables
-h     : print this help; also -? and --help
-i     : enter the prompt after the program has ended (PYTHONINSPECT=x)
-I     : isolate from the user's environment; implies -E, -P and -s
-m mod : run a library module as the program; ends the options
-O     : drop assertions and code under __debug__ (PYTHONOPTIMIZE=x)
-OO    : drop docstrings as well
-P     : prepend no unsafe path to sys.path (PYTHONSAFEPATH)
-q     : print no version at the prompt
-s     : leave the user's site folder out of sys.path (PYTHONNOUSERSITE)
-S     : do not import site
-u     : do not buffer stdout and stderr (PYTHONUNBUFFERED=x)
-v     : trace imports; repeat for more (PYTHONVERBOSE=x)
-V     : print the version; -VV: with details of the build; also --version
-W arg : warning filter, action:message:category:module:lineno (PYTHONWARNINGS)
-x     : skip the source's first line
-X opt : an option of the implementation, see --help-xoptions
--check-hash-based-pycs always|default|never
       : when to compare hash-based .pyc files with their sources
--home DIR
       : use the Python 3.12 library of this prefix (PYTHONHOME)
--help-env, --help-xoptions, --help-all
       : print help on variables, on -X options, on everything
Arguments:
file   : the program: source, .pyc, or a folder or zip file with __main__
-      : read the program from stdin (default; a prompt where stdin is a terminal)
arg ...: what the program finds in sys.argv[1:]
";

/// `--help-env`
pub(super) fn environment() -> String {
    "\
Environment variables that change behavior:
PYTHONSTARTUP  : a file that runs before the prompt appears
PYTHONPATH     : folders, separated by ':', that come first in sys.path
PYTHONHOME     : the prefix of the library, PREFIX/lib/python3.12
PYTHONPYCACHEPREFIX : the root of a tree of .pyc files apart from the sources
PYTHONHASHSEED : 'random', or the seed of the hashes of str and bytes
PYTHONINTMAXSTRDIGITS : how many digits int and str convert, 0 for any number
PYTHONUTF8     : 1 for UTF-8 everywhere
PYTHONDEVMODE  : -X dev
These do what the option of the same meaning does (see -h):
PYTHONDEBUG, PYTHONDONTWRITEBYTECODE, PYTHONINSPECT, PYTHONNOUSERSITE,
PYTHONOPTIMIZE, PYTHONSAFEPATH, PYTHONUNBUFFERED, PYTHONVERBOSE,
PYTHONWARNINGS
"
    .to_owned()
}

/// `--help-xoptions`
pub(super) fn x_options() -> String {
    "\
The following implementation-specific options are available:
-X dev         : more checks at run time (PYTHONDEVMODE)
-X int_max_str_digits=N : how many digits int and str convert, 0 for any number
-X pycache_prefix=PATH : the root of a tree of .pyc files apart from the sources
-X utf8[=0|1]  : UTF-8 everywhere (PYTHONUTF8)
"
    .to_owned()
}
