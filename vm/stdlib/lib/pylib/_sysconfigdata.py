"""How the program was built, as far as Python programs ask for it."""

import sys as _sys

_multiarch = getattr(_sys.implementation, "_multiarch", "")
_soabi = f"{_sys.implementation.cache_tag}-{_multiarch}" if _multiarch else _sys.implementation.cache_tag

build_time_vars = {
    "ABIFLAGS": "",
    "EXT_SUFFIX": f".{_soabi}.so",
    "LIBDIR": f"{_sys.base_exec_prefix}/lib",
    "MULTIARCH": _multiarch,
    "Py_DEBUG": 0,
    "Py_ENABLE_SHARED": 0,
    "SHLIB_SUFFIX": ".so",
    "SOABI": _soabi,
    "VERSION": "%d.%d" % _sys.version_info[:2],
    "WITH_PYMALLOC": 0,
}
