//! `resource`

use crate::named;
use crate::posix::calls::{certain, checked};
use crate::system::repeat;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::module::Module;
use pvm_vm::types::struct_sequence::StructSequence;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};

static STRUCT_RUSAGE: StructSequence = StructSequence {
    module: "resource",
    name: "struct_rusage",
    doc: "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    fields: &[
        "ru_utime",
        "ru_stime",
        "ru_maxrss",
        "ru_ixrss",
        "ru_idrss",
        "ru_isrss",
        "ru_minflt",
        "ru_majflt",
        "ru_nswap",
        "ru_inblock",
        "ru_oublock",
        "ru_msgsnd",
        "ru_msgrcv",
        "ru_nsignals",
        "ru_nvcsw",
        "ru_nivcsw",
    ],
    visible: 16,
    instantiable: true,
};

fn no_usage() -> libc::rusage {
    certain!(std::mem::zeroed())
}

fn usage(vm: &mut Vm, used: &libc::rusage) -> PyResult {
    let seconds = |t: &libc::timeval| Value::float(t.tv_sec as f64 + t.tv_usec as f64 * 1e-6);
    let counts = [
        used.ru_maxrss,
        used.ru_ixrss,
        used.ru_idrss,
        used.ru_isrss,
        used.ru_minflt,
        used.ru_majflt,
        used.ru_nswap,
        used.ru_inblock,
        used.ru_oublock,
        used.ru_msgsnd,
        used.ru_msgrcv,
        used.ru_nsignals,
        used.ru_nvcsw,
        used.ru_nivcsw,
    ];
    let mut values = vec![seconds(&used.ru_utime), seconds(&used.ru_stime)];
    values.extend(counts.iter().map(|count| Value::from(*count)));
    named::make(vm, &STRUCT_RUSAGE, values)
}

/// `wait4`
pub(crate) fn wait_with_usage(vm: &mut Vm, pid: i32, options: i32) -> PyResult {
    let (mut status, mut used) = (0, no_usage());
    let pid = repeat(vm, None, || checked!(libc::wait4(pid, &mut status, options, &mut used)))?;
    let used = usage(vm, &used)?;
    Ok(Tuple::new([Value::from(pid), Value::from(status), used]).into())
}

/// A limit, where the greatest one is -1.
fn limit(value: libc::rlim_t) -> Value {
    (value as i64).into()
}

/// The module.
#[pvm_vm_macros::pymodule(name = "resource")]
pub mod resource_module {
    use super::*;

    /// The resources that a process, its children or a thread have used.
    #[pyfunction]
    fn getrusage(vm: &mut Vm, who: i32) -> PyResult {
        let mut used = no_usage();
        match checked!(libc::getrusage(who, &mut used)) {
            Ok(_) => usage(vm, &used),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                Err(vm.value_error("invalid who parameter"))
            }
            Err(error) => Err(vm.os_error_from(&error, None)),
        }
    }

    /// The soft and the hard limit of a resource.
    #[pyfunction]
    fn getrlimit(vm: &mut Vm, resource: i32) -> PyResult {
        if !(0..16).contains(&resource) {
            return Err(vm.value_error("invalid resource specified"));
        }
        let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        repeat(vm, None, || checked!(libc::getrlimit(resource as _, &mut limits)))?;
        Ok(Tuple::new([limit(limits.rlim_cur), limit(limits.rlim_max)]).into())
    }

    /// Sets the soft and the hard limit of a resource.
    #[pyfunction]
    fn setrlimit(vm: &mut Vm, resource: i32, limits: &Value) -> PyResult<()> {
        if !(0..16).contains(&resource) {
            return Err(vm.value_error("invalid resource specified"));
        }
        let pair = vm.collect(limits)?;
        let [soft, hard] = pair.as_slice() else {
            return Err(vm.value_error("expected a tuple of 2 integers"));
        };
        let (soft, hard) = (vm.to_i128(soft)? as libc::rlim_t, vm.to_i128(hard)? as libc::rlim_t);
        let limits = libc::rlimit { rlim_cur: soft, rlim_max: hard };
        match checked!(libc::setrlimit(resource as _, &limits)) {
            Ok(_) => Ok(()),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                Err(vm.value_error("current limit exceeds maximum limit"))
            }
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => {
                Err(vm.value_error("not allowed to raise maximum limit"))
            }
            Err(error) => Err(vm.os_error_from(&error, None)),
        }
    }

    /// The size of a page of memory.
    #[pyfunction]
    fn getpagesize() -> i64 {
        certain!(libc::sysconf(libc::_SC_PAGESIZE))
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let class = named::class_of(vm, &STRUCT_RUSAGE)?;
        module.set("struct_rusage", &class);
        let os_error = vm.types().exceptions.os_error.clone();
        module.set("error", &os_error);
        module.set("RLIM_INFINITY", -1);
        macro_rules! numbers {
            ($($name:ident)*) => { $(module.set(stringify!($name), libc::$name as i64);)* };
        }
        numbers! {
            RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_NOFILE RLIMIT_AS RLIMIT_RSS
            RLIMIT_NPROC RLIMIT_MEMLOCK RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_RTTIME RLIMIT_SIGPENDING
            RUSAGE_SELF RUSAGE_CHILDREN RUSAGE_THREAD
        }
        module.set("RLIMIT_OFILE", libc::RLIMIT_NOFILE as i64);
        Ok(())
    }
}
