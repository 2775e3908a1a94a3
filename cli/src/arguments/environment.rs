//! The environment variables and `-X` options that have the effect of other options.

use pvm_vm::config::Config;

/// Adds to the settings what the environment asks for; what `PYTHONSTARTUP` says. An error is the text to end with.
pub(super) fn apply(
    config: &mut Config,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, String> {
    let ignored = config.ignore_environment;
    let get = |name: &str| if ignored { None } else { variable(name).filter(|value| !value.is_empty()) };
    // A variable that counts: its number, or 1 if it has none.
    let level = |name: &str| get(name).map_or(0, |value| value.parse::<u8>().unwrap_or(1));
    let is_set = |name: &str| get(name).is_some();
    config.optimize = config.optimize.max(level("PYTHONOPTIMIZE")).min(2);
    config.verbose = config.verbose.max(level("PYTHONVERBOSE"));
    config.debug |= is_set("PYTHONDEBUG");
    config.dont_write_bytecode |= is_set("PYTHONDONTWRITEBYTECODE");
    config.inspect |= is_set("PYTHONINSPECT");
    config.no_user_site |= is_set("PYTHONNOUSERSITE");
    config.safe_path |= is_set("PYTHONSAFEPATH");
    config.unbuffered |= is_set("PYTHONUNBUFFERED");
    config.dev_mode |= is_set("PYTHONDEVMODE") || has_x(config, "dev");
    config.utf8_mode = match x_value(config, "utf8") {
        Some(None) => true,
        Some(Some(value)) => value == "1",
        None => get("PYTHONUTF8").is_some_and(|value| value == "1"),
    };
    config.pycache_prefix = match x_value(config, "pycache_prefix") {
        Some(value) => value.filter(|value| !value.is_empty()),
        None => get("PYTHONPYCACHEPREFIX"),
    };
    config.home = config.home.take().or_else(|| get("PYTHONHOME"));
    config.python_path =
        get("PYTHONPATH").map(|paths| paths.split(':').map(str::to_owned).collect()).unwrap_or_default();
    if config.dev_mode {
        config.warn_options.push("default".to_owned());
    }
    if let Some(warnings) = get("PYTHONWARNINGS") {
        config.warn_options.extend(warnings.split(',').map(str::to_owned));
    }
    config.hash_seed = match get("PYTHONHASHSEED").as_deref() {
        None | Some("random") => None,
        Some(seed) => Some(seed.parse().map_err(|_| {
            fatal(
                "config_init_hash_seed",
                "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]",
            )
        })?),
    };
    let (source, digits) = match x_value(config, "int_max_str_digits") {
        Some(value) => ("-X int_max_str_digits", Some(value.unwrap_or_default())),
        None => ("PYTHONINTMAXSTRDIGITS", get("PYTHONINTMAXSTRDIGITS")),
    };
    if let Some(digits) = digits {
        let limit = digits.parse().ok().filter(|limit| *limit == 0 || *limit >= 640);
        config.int_max_str_digits = limit.ok_or_else(|| {
            let message = format!("{source}: invalid limit; must be >= 640 or 0 for unlimited.");
            fatal("config_init_int_max_str_digits", &message)
        })?;
    }
    Ok(get("PYTHONSTARTUP"))
}

fn x_value(config: &Config, name: &str) -> Option<Option<String>> {
    config.x_options.iter().rfind(|(found, _)| found == name).map(|(_, value)| value.clone())
}

fn has_x(config: &Config, name: &str) -> bool {
    x_value(config, name).is_some()
}

fn fatal(function: &str, message: &str) -> String {
    format!("Fatal Python error: {function}: {message}\nPython runtime state: preinitialized\n\n")
}
