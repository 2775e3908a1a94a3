//! `time`

use crate::named;
use crate::posix::calls::{certain, checked};
use crate::system::{fs_decode, fs_encode};
use pvm_vm::native::FromValue;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::int::Int;
use pvm_vm::types::module::Module;
use pvm_vm::types::namespace::SimpleNamespace;
use pvm_vm::types::str::Str;
use pvm_vm::types::struct_sequence::StructSequence;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use std::ffi::CStr;

static STRUCT_TIME: StructSequence = StructSequence {
    module: "time",
    name: "struct_time",
    doc: "The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and strftime().  May be considered as a\n sequence of 9 integers.\n\n Note that several fields' values are not the same as those defined by\n the C language standard for struct tm.  For example, the value of the\n field tm_year is the actual year, not year - 1900.  See individual\n fields' descriptions for details.",
    fields: &[
        "tm_year",
        "tm_mon",
        "tm_mday",
        "tm_hour",
        "tm_min",
        "tm_sec",
        "tm_wday",
        "tm_yday",
        "tm_isdst",
        "tm_zone",
        "tm_gmtoff",
    ],
    visible: 9,
    instantiable: true,
};

const SECOND: i128 = 1_000_000_000;

/// A clock's reading in nanoseconds.
fn clock(vm: &mut Vm, id: i32) -> PyResult<i128> {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    match checked!(libc::clock_gettime(id, &mut spec)) {
        Ok(_) => Ok(i128::from(spec.tv_sec) * SECOND + i128::from(spec.tv_nsec)),
        Err(error) => Err(vm.os_error_from(&error, None)),
    }
}

fn resolution(vm: &mut Vm, id: i32) -> PyResult<f64> {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    match checked!(libc::clock_getres(id, &mut spec)) {
        Ok(_) => Ok(spec.tv_sec as f64 + spec.tv_nsec as f64 * 1e-9),
        Err(error) => Err(vm.os_error_from(&error, None)),
    }
}

fn seconds(nanoseconds: i128) -> f64 {
    // As CPython: exact where whole, else one division.
    if nanoseconds % SECOND == 0 { (nanoseconds / SECOND) as f64 } else { nanoseconds as f64 / 1e9 }
}

/// A number of seconds in nanoseconds, rounded up or, for `down`, to the second below.
fn duration(vm: &mut Vm, value: &Value) -> PyResult<i128> {
    let out_of_range = "timestamp too large to convert to C _PyTime_t";
    if let Some(float) = value.as_float() {
        if float.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let nanoseconds = float * 1e9;
        let nanoseconds = if nanoseconds >= 0.0 { nanoseconds.ceil() } else { nanoseconds.floor() };
        if !(-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&nanoseconds) {
            return Err(vm.overflow_error(out_of_range));
        }
        return Ok(nanoseconds as i128);
    }
    let wide = vm.to_i128(value)?;
    match wide.checked_mul(SECOND).filter(|n| i64::try_from(*n).is_ok()) {
        Some(nanoseconds) => Ok(nanoseconds),
        None => Err(vm.overflow_error(out_of_range)),
    }
}

/// A `time_t`: the second below.
fn whole_seconds(vm: &mut Vm, value: Option<&Value>) -> PyResult<i64> {
    let Some(value) = value.filter(|v| !v.is_none()) else {
        return clock(vm, libc::CLOCK_REALTIME).map(|n| n.div_euclid(SECOND) as i64);
    };
    if let Some(float) = value.as_float() {
        if float.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let whole = float.floor();
        if !(-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&whole) {
            return Err(vm.overflow_error("timestamp out of range for platform time_t"));
        }
        return Ok(whole as i64);
    }
    let wide = vm.to_i128(value)?;
    match i64::try_from(wide) {
        Ok(whole) => Ok(whole),
        Err(_) => Err(vm.overflow_error("timestamp out of range for platform time_t")),
    }
}

fn empty_time() -> libc::tm {
    libc::tm {
        tm_sec: 0,
        tm_min: 0,
        tm_hour: 0,
        tm_mday: 0,
        tm_mon: 0,
        tm_year: 0,
        tm_wday: 0,
        tm_yday: 0,
        tm_isdst: 0,
        tm_gmtoff: 0,
        tm_zone: std::ptr::null(),
    }
}

fn local(vm: &mut Vm, when: i64) -> PyResult<libc::tm> {
    let mut tm = empty_time();
    if certain!(libc::localtime_r(&when, &mut tm)).is_null() {
        let error = std::io::Error::from_raw_os_error(libc::EOVERFLOW);
        return Err(vm.os_error_from(&error, None));
    }
    Ok(tm)
}

fn zone_name(vm: &mut Vm, tm: &libc::tm) -> Value {
    if tm.tm_zone.is_null() {
        return "".into();
    }
    // The C library keeps the names of zones for good.
    let name: &CStr = certain!(CStr::from_ptr(tm.tm_zone));
    fs_decode(vm, name.to_bytes())
}

fn struct_time(vm: &mut Vm, tm: &libc::tm, zone: Value, offset: i64) -> PyResult {
    let values = vec![
        (i64::from(tm.tm_year) + 1900).into(),
        (tm.tm_mon + 1).into(),
        tm.tm_mday.into(),
        tm.tm_hour.into(),
        tm.tm_min.into(),
        tm.tm_sec.into(),
        ((tm.tm_wday + 6) % 7).into(),
        (tm.tm_yday + 1).into(),
        tm.tm_isdst.into(),
        zone,
        offset.into(),
    ];
    named::make(vm, &STRUCT_TIME, values)
}

/// A tuple of nine numbers as the C library's structure.
fn broken_down(vm: &mut Vm, tuple: &Value, function: &str) -> PyResult<libc::tm> {
    let Some(items) = tuple.downcast_ref::<Tuple>() else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    let items = items.clone();
    let [year, month, day, hour, minute, second, weekday, yearday, dst] = items.as_slice() else {
        return Err(vm.type_error(format!("{function}(): illegal time tuple argument")));
    };
    let mut number = |value: &Value| i32::from_value(vm, value);
    let mut tm = empty_time();
    let full_year = number(year)?;
    tm.tm_mon = number(month)?.wrapping_sub(1);
    tm.tm_mday = number(day)?;
    tm.tm_hour = number(hour)?;
    tm.tm_min = number(minute)?;
    tm.tm_sec = number(second)?;
    tm.tm_wday = number(weekday)?.wrapping_add(1) % 7;
    tm.tm_yday = number(yearday)?.wrapping_sub(1);
    tm.tm_isdst = number(dst)?;
    let Some(year) = full_year.checked_sub(1900) else {
        return Err(vm.overflow_error("year out of range"));
    };
    tm.tm_year = year;
    // A struct_time knows its zone.
    if items.class().name().as_ref() == "struct_time" {
        let offset = vm.get_attr_str(items.as_value(), "tm_gmtoff")?;
        tm.tm_gmtoff = offset.as_small_int().unwrap_or(0);
    }
    Ok(tm)
}

/// Refuses what the C library's functions must not see.
fn check_time(vm: &mut Vm, tm: &mut libc::tm) -> PyResult<()> {
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    }
    let wrong = if !(0..=11).contains(&tm.tm_mon) {
        "month out of range"
    } else if !(0..=31).contains(&tm.tm_mday) {
        "day of month out of range"
    } else if !(0..=23).contains(&tm.tm_hour) {
        "hour out of range"
    } else if !(0..=59).contains(&tm.tm_min) {
        "minute out of range"
    } else if !(0..=61).contains(&tm.tm_sec) {
        "seconds out of range"
    } else if tm.tm_wday < 0 {
        "day of week out of range"
    } else if !(0..=365).contains(&tm.tm_yday) {
        "day of year out of range"
    } else {
        return Ok(());
    };
    Err(vm.value_error(wrong))
}

fn format_c_time(tm: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = DAYS.get(tm.tm_wday as usize).unwrap_or(&"???");
    let month = MONTHS.get(tm.tm_mon as usize).unwrap_or(&"???");
    let year = i64::from(tm.tm_year) + 1900;
    format!("{day} {month}{:3} {:02}:{:02}:{:02} {year}", tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec)
}

/// `timezone`, `altzone`, `daylight`, `tzname`.
fn set_zone(vm: &mut Vm, module: &pvm_vm::types::dict::Dict) -> PyResult<()> {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let now = clock(vm, libc::CLOCK_REALTIME)?.div_euclid(SECOND) as i64;
    let start = now.div_euclid(YEAR) * YEAR;
    let (january, july) = (local(vm, start)?, local(vm, start + YEAR / 2)?);
    let (january_name, july_name) = (zone_name(vm, &january), zone_name(vm, &july));
    let (january, july) = (-january.tm_gmtoff, -july.tm_gmtoff);
    module.set_name("daylight", i64::from(january != july));
    let (standard, summer, names) = if january < july {
        (july, january, [july_name, january_name])
    } else {
        (january, july, [january_name, july_name])
    };
    module.set_name("timezone", standard);
    module.set_name("altzone", summer);
    module.set_name("tzname", Tuple::new(names));
    Ok(())
}

/// Sleeps until the monotonic clock shows `deadline`, in nanoseconds.
fn sleep_until(vm: &mut Vm, deadline: i128) -> PyResult<()> {
    loop {
        let left = deadline - clock(vm, libc::CLOCK_MONOTONIC)?;
        if left <= 0 {
            return Ok(());
        }
        let spec = libc::timespec { tv_sec: (left / SECOND) as i64, tv_nsec: (left % SECOND) as i64 };
        let result = vm.without_lock(|| checked!(libc::nanosleep(&spec, std::ptr::null_mut())));
        match result {
            Ok(_) => return Ok(()),
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => vm.check_signals()?,
            Err(error) => return Err(vm.os_error_from(&error, None)),
        }
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "time",
    doc = "This module provides various functions to manipulate time values.\n\nThere are two standard representations of time.  One is the number\nof seconds since the Epoch, in UTC (a.k.a. GMT).  It may be an integer\nor a floating point number (to represent fractions of seconds).\nThe epoch is the point where the time starts, the return value of time.gmtime(0).\nIt is January 1, 1970, 00:00:00 (UTC) on all platforms.\n\nThe other representation is a tuple of 9 integers giving local time."
)]
pub mod time_module {
    use super::*;

    /// Return the current time in seconds since the Epoch.
    #[pyfunction]
    fn time(vm: &mut Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_REALTIME).map(seconds)
    }

    /// Return the current time in nanoseconds since the Epoch.
    #[pyfunction]
    fn time_ns(vm: &mut Vm) -> PyResult {
        clock(vm, libc::CLOCK_REALTIME).map(Int::from_i128)
    }

    /// Performance counter for benchmarking.
    #[pyfunction]
    fn perf_counter(vm: &mut Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_MONOTONIC).map(seconds)
    }

    /// Performance counter for benchmarking as nanoseconds.
    #[pyfunction]
    fn perf_counter_ns(vm: &mut Vm) -> PyResult {
        clock(vm, libc::CLOCK_MONOTONIC).map(Int::from_i128)
    }

    /// Monotonic clock, cannot go backward.
    #[pyfunction]
    fn monotonic(vm: &mut Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_MONOTONIC).map(seconds)
    }

    /// Monotonic clock, cannot go backward, as nanoseconds.
    #[pyfunction]
    fn monotonic_ns(vm: &mut Vm) -> PyResult {
        clock(vm, libc::CLOCK_MONOTONIC).map(Int::from_i128)
    }

    /// Process time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction]
    fn process_time(vm: &mut Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_PROCESS_CPUTIME_ID).map(seconds)
    }

    /// Process time for profiling as nanoseconds: sum of the kernel and user-space CPU time.
    #[pyfunction]
    fn process_time_ns(vm: &mut Vm) -> PyResult {
        clock(vm, libc::CLOCK_PROCESS_CPUTIME_ID).map(Int::from_i128)
    }

    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction]
    fn thread_time(vm: &mut Vm) -> PyResult<f64> {
        clock(vm, libc::CLOCK_THREAD_CPUTIME_ID).map(seconds)
    }

    /// Thread time for profiling as nanoseconds: sum of the kernel and user-space CPU time.
    #[pyfunction]
    fn thread_time_ns(vm: &mut Vm) -> PyResult {
        clock(vm, libc::CLOCK_THREAD_CPUTIME_ID).map(Int::from_i128)
    }

    /// Return the time of the specified clock clk_id as a float.
    #[pyfunction]
    fn clock_gettime(vm: &mut Vm, clk_id: i32) -> PyResult<f64> {
        clock(vm, clk_id).map(seconds)
    }

    /// Return the time of the specified clock clk_id as nanoseconds (int).
    #[pyfunction]
    fn clock_gettime_ns(vm: &mut Vm, clk_id: i32) -> PyResult {
        clock(vm, clk_id).map(Int::from_i128)
    }

    /// Return the resolution (precision) of the specified clock clk_id.
    #[pyfunction]
    fn clock_getres(vm: &mut Vm, clk_id: i32) -> PyResult<f64> {
        resolution(vm, clk_id)
    }

    /// Delay execution for a given number of seconds.  The argument may be
    /// a floating point number for subsecond precision.
    #[pyfunction]
    fn sleep(vm: &mut Vm, seconds: &Value) -> PyResult<()> {
        let length = duration(vm, seconds)?;
        if length < 0 {
            return Err(vm.value_error("sleep length must be non-negative"));
        }
        if length == 0 {
            vm.without_lock(std::thread::yield_now);
            return vm.check_signals();
        }
        let deadline = clock(vm, libc::CLOCK_MONOTONIC)? + length;
        sleep_until(vm, deadline)
    }

    /// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a. GMT).
    #[pyfunction]
    fn gmtime(vm: &mut Vm, seconds: Option<&Value>) -> PyResult {
        let when = whole_seconds(vm, seconds)?;
        let mut tm = empty_time();
        if certain!(libc::gmtime_r(&when, &mut tm)).is_null() {
            let error = std::io::Error::from_raw_os_error(libc::EOVERFLOW);
            return Err(vm.os_error_from(&error, None));
        }
        struct_time(vm, &tm, "UTC".into(), 0)
    }

    /// Convert seconds since the Epoch to a time tuple expressing local time.
    #[pyfunction]
    fn localtime(vm: &mut Vm, seconds: Option<&Value>) -> PyResult {
        let when = whole_seconds(vm, seconds)?;
        let tm = local(vm, when)?;
        let zone = zone_name(vm, &tm);
        struct_time(vm, &tm, zone, tm.tm_gmtoff)
    }

    /// Convert a time tuple in local time to seconds since the Epoch.
    #[pyfunction]
    fn mktime(vm: &mut Vm, tuple: &Value) -> PyResult<f64> {
        let mut tm = broken_down(vm, tuple, "mktime")?;
        tm.tm_wday = -1;
        let when = certain!(libc::mktime(&mut tm));
        if when == -1 && tm.tm_wday == -1 {
            return Err(vm.overflow_error("mktime argument out of range"));
        }
        Ok(when as f64)
    }

    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    #[pyfunction]
    fn asctime(vm: &mut Vm, tuple: Option<&Value>) -> PyResult<String> {
        let tm = match tuple {
            Some(tuple) => {
                let mut tm = broken_down(vm, tuple, "asctime")?;
                check_time(vm, &mut tm)?;
                tm
            }
            None => {
                let now = whole_seconds(vm, None)?;
                local(vm, now)?
            }
        };
        Ok(format_c_time(&tm))
    }

    /// Convert a time in seconds since the Epoch to a string in local time.
    #[pyfunction]
    fn ctime(vm: &mut Vm, seconds: Option<&Value>) -> PyResult<String> {
        let when = whole_seconds(vm, seconds)?;
        let tm = local(vm, when)?;
        Ok(format_c_time(&tm))
    }

    /// Convert a time tuple to a string according to a format specification.
    #[pyfunction]
    fn strftime(vm: &mut Vm, format: &Ref<Str>, tuple: Option<&Value>) -> PyResult {
        let mut tm = match tuple {
            Some(tuple) => broken_down(vm, tuple, "strftime")?,
            None => {
                let now = whole_seconds(vm, None)?;
                local(vm, now)?
            }
        };
        let zone = match tuple {
            Some(tuple) if tuple.class().name().as_ref() == "struct_time" => {
                let zone = vm.get_attr_str(tuple, "tm_zone")?;
                zone.downcast_ref::<Str>().and_then(|z| std::ffi::CString::new(z.to_string()).ok())
            }
            _ => None,
        };
        check_time(vm, &mut tm)?;
        tm.tm_isdst = tm.tm_isdst.clamp(-1, 1);
        match &zone {
            Some(zone) => tm.tm_zone = zone.as_ptr(),
            None if tuple.is_some() => {
                // The zone of a plain tuple is the local one.
                let mut copy = tm;
                certain!(libc::mktime(&mut copy));
                tm.tm_zone = copy.tm_zone;
                tm.tm_gmtoff = copy.tm_gmtoff;
            }
            None => {}
        }
        let mut encoded = fs_encode(vm, format)?;
        if encoded.is_empty() {
            return Ok("".into());
        }
        if encoded.contains(&0) {
            return Err(vm.value_error("embedded null character"));
        }
        let format_len = encoded.len();
        encoded.push(0);
        let mut size = 1024;
        loop {
            let mut buffer = vec![0u8; size];
            let got =
                certain!(libc::strftime(buffer.as_mut_ptr().cast(), size, encoded.as_ptr().cast(), &tm));
            if got > 0 || size >= 256 * format_len {
                buffer.truncate(got);
                return Ok(fs_decode(vm, &buffer));
            }
            size *= 2;
        }
    }

    /// Parse a string to a time tuple according to a format specification.
    #[pyfunction]
    fn strptime(vm: &mut Vm, string: &Value, format: Option<&Value>) -> PyResult {
        let parser = vm.import_module("_strptime")?;
        let mut args = vec![string.clone()];
        args.extend(format.cloned());
        vm.call_method_str(&parser, "_strptime_time", &args)
    }

    /// Initialize, or reinitialize, the local timezone to the value stored in os.environ['TZ'].
    #[pyfunction]
    fn tzset(vm: &mut Vm) -> PyResult<()> {
        read_zone();
        let module = vm.import_module("time")?;
        match module.downcast_ref::<Module>() {
            Some(module) => set_zone(vm, &module.dict),
            None => Ok(()),
        }
    }

    /// Get information of the specified clock.
    #[pyfunction]
    fn get_clock_info(vm: &mut Vm, name: &Ref<Str>) -> PyResult {
        let name = name.to_string();
        let (id, function, monotonic, adjustable) = match name.as_str() {
            "time" => (libc::CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, true),
            "monotonic" | "perf_counter" => {
                (libc::CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false)
            }
            "process_time" => {
                (libc::CLOCK_PROCESS_CPUTIME_ID, "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false)
            }
            "thread_time" => {
                (libc::CLOCK_THREAD_CPUTIME_ID, "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false)
            }
            _ => return Err(vm.value_error("unknown clock")),
        };
        let resolution = resolution(vm, id)?;
        let info = SimpleNamespace::new([
            ("implementation", function.into()),
            ("monotonic", Value::bool(monotonic)),
            ("adjustable", Value::bool(adjustable)),
            ("resolution", Value::float(resolution)),
        ]);
        Ok(info.into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        read_zone();
        set_zone(vm, &module.dict)?;
        let class = named::class_of(vm, &STRUCT_TIME)?;
        module.set("struct_time", &class);
        module.set("_STRUCT_TM_ITEMS", 11);
        for (name, id) in [
            ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
            ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
            ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
            ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
            ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
            ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
            ("CLOCK_TAI", libc::CLOCK_TAI),
        ] {
            module.set(name, id);
        }
        Ok(())
    }
}

/// Has the C library read `TZ`.
fn read_zone() {
    unsafe extern "C" {
        safe fn tzset();
    }
    tzset();
}
