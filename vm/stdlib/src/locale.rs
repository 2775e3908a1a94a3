//! `_locale`

use crate::posix::calls::certain;
use crate::system::{fs_decode, fs_encode};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Vm};
use std::ffi::{CStr, CString};

fn text(vm: &mut Vm, pointer: *const libc::c_char) -> Value {
    if pointer.is_null() {
        return Value::NONE;
    }
    // The library's own memory, valid until the next question; the interpreter's lock is held meanwhile.
    let bytes = certain!(CStr::from_ptr(pointer)).to_bytes().to_vec();
    fs_decode(vm, &bytes)
}

fn c_string(vm: &mut Vm, text: &Ref<Str>) -> PyResult<CString> {
    let bytes = fs_encode(vm, text)?;
    CString::new(bytes).map_err(|_| vm.value_error("embedded null character"))
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_locale", doc = "Support for POSIX locales.")]
pub mod locale_module {
    use super::*;

    /// Activates/queries locale processing.
    #[pyfunction(sig = "(category, locale=None, /)")]
    fn setlocale(vm: &mut Vm, category: i32, locale: Option<&Ref<Str>>) -> PyResult {
        let name = match locale {
            Some(locale) => Some(c_string(vm, locale)?),
            None => None,
        };
        let pointer = name.as_ref().map_or(std::ptr::null(), |n| n.as_ptr());
        let result = certain!(libc::setlocale(category, pointer));
        if result.is_null() {
            let module = vm.import_module("_locale")?;
            let class = vm.get_attr_str(&module, "Error")?;
            let message = if locale.is_some() { "unsupported locale setting" } else { "locale query failed" };
            return Err(crate::raise(vm, &class, message));
        }
        Ok(text(vm, result))
    }

    /// Returns numeric and monetary locale-specific parameters.
    #[pyfunction]
    fn localeconv(vm: &mut Vm) -> PyResult {
        let result = Dict::new();
        let Some(lconv) = certain!(libc::localeconv().as_ref()) else { return Ok(result.into()) };
        for (name, pointer) in [
            ("decimal_point", lconv.decimal_point),
            ("thousands_sep", lconv.thousands_sep),
            ("int_curr_symbol", lconv.int_curr_symbol),
            ("currency_symbol", lconv.currency_symbol),
            ("mon_decimal_point", lconv.mon_decimal_point),
            ("mon_thousands_sep", lconv.mon_thousands_sep),
            ("positive_sign", lconv.positive_sign),
            ("negative_sign", lconv.negative_sign),
        ] {
            let value = text(vm, pointer);
            result.set_name(name, value);
        }
        for (name, pointer) in [("grouping", lconv.grouping), ("mon_grouping", lconv.mon_grouping)] {
            let bytes = certain!(CStr::from_ptr(pointer)).to_bytes();
            let mut groups: Vec<Value> = bytes.iter().map(|b| Value::from(*b)).collect();
            if !groups.is_empty() && bytes.last() != Some(&127) {
                groups.push(0.into());
            }
            result.set_name(name, List::new(groups));
        }
        for (name, value) in [
            ("int_frac_digits", lconv.int_frac_digits),
            ("frac_digits", lconv.frac_digits),
            ("p_cs_precedes", lconv.p_cs_precedes),
            ("p_sep_by_space", lconv.p_sep_by_space),
            ("n_cs_precedes", lconv.n_cs_precedes),
            ("n_sep_by_space", lconv.n_sep_by_space),
            ("p_sign_posn", lconv.p_sign_posn),
            ("n_sign_posn", lconv.n_sign_posn),
        ] {
            result.set_name(name, i64::from(value));
        }
        Ok(result.into())
    }

    /// Compares two strings according to the locale.
    #[pyfunction(sig = "(os1, os2, /)")]
    fn strcoll(vm: &mut Vm, os1: &Ref<Str>, os2: &Ref<Str>) -> PyResult<i32> {
        let (a, b) = (c_string(vm, os1)?, c_string(vm, os2)?);
        Ok(certain!(libc::strcoll(a.as_ptr(), b.as_ptr())))
    }

    /// Return a string that can be used as a key for locale-aware comparisons.
    #[pyfunction(sig = "(string, /)")]
    fn strxfrm(vm: &mut Vm, string: &Ref<Str>) -> PyResult {
        let source = c_string(vm, string)?;
        let needed = certain!(libc::strxfrm(std::ptr::null_mut(), source.as_ptr(), 0));
        let mut buffer = vec![0u8; needed.saturating_add(1)];
        certain!(libc::strxfrm(buffer.as_mut_ptr().cast(), source.as_ptr(), buffer.len()));
        buffer.truncate(needed);
        Ok(fs_decode(vm, &buffer))
    }

    /// Return the value for the locale information associated with key.
    #[pyfunction(sig = "(key, /)")]
    fn nl_langinfo(vm: &mut Vm, key: i32) -> PyResult {
        if key == libc::CODESET {
            return Ok("UTF-8".into());
        }
        let result = certain!(libc::nl_langinfo(key));
        Ok(text(vm, result))
    }

    /// Get the current locale encoding.
    #[pyfunction]
    fn getencoding() -> &'static str {
        "UTF-8"
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        macro_rules! numbers {
            ($($name:ident)*) => { $(module.set(stringify!($name), libc::$name as i64);)* };
        }
        numbers! {
            LC_CTYPE LC_TIME LC_COLLATE LC_MONETARY LC_MESSAGES LC_NUMERIC LC_ALL CODESET RADIXCHAR THOUSEP D_T_FMT
            D_FMT T_FMT T_FMT_AMPM AM_STR PM_STR YESEXPR NOEXPR CRNCYSTR ERA ERA_D_T_FMT ERA_D_FMT ERA_T_FMT
            ALT_DIGITS DAY_1 DAY_2 DAY_3 DAY_4 DAY_5 DAY_6 DAY_7 ABDAY_1 ABDAY_2 ABDAY_3 ABDAY_4 ABDAY_5 ABDAY_6
            ABDAY_7 MON_1 MON_2 MON_3 MON_4 MON_5 MON_6 MON_7 MON_8 MON_9 MON_10 MON_11 MON_12 ABMON_1 ABMON_2
            ABMON_3 ABMON_4 ABMON_5 ABMON_6 ABMON_7 ABMON_8 ABMON_9 ABMON_10 ABMON_11 ABMON_12
        }
        module.set("CHAR_MAX", 127);
        let exception = vm.types().exceptions.exception.clone();
        module.set("Error", crate::new_exception(vm, "locale", "Error", &exception));
        Ok(())
    }
}
