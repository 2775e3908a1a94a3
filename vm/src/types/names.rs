//! Interned strings and shared constants that the vm uses all the time.

use crate::interp;
use crate::object::Ref;
use crate::types::str::Str;
use crate::types::tuple::Tuple;

macro_rules! define_names {
    ($($field:ident = $text:literal,)*) => {
        /// Interned names, and the shared empty string and tuple.
        pub struct Names {
            /// `""`
            pub empty: Ref<Str>,
            /// `()`
            pub empty_tuple: Ref<Tuple>,
            $(#[doc = concat!("`", $text, "`")] pub $field: Ref<Str>,)*
        }

        impl Names {
            pub(crate) fn new() -> Names {
                let interp = interp::current();
                Names {
                    empty: interp.intern_ref(&Str::make_empty()),
                    empty_tuple: Tuple::make_empty(),
                    $($field: interp.intern($text),)*
                }
            }
        }
    };
}

define_names! {
    dunder_abs = "__abs__", dunder_abstractmethods = "__abstractmethods__", dunder_aenter = "__aenter__",
    dunder_aexit = "__aexit__", dunder_aiter = "__aiter__", dunder_all = "__all__", dunder_anext = "__anext__",
    dunder_annotations = "__annotations__", dunder_await = "__await__", dunder_bases = "__bases__",
    dunder_bool = "__bool__", dunder_build_class = "__build_class__", dunder_builtins = "__builtins__",
    dunder_bytes = "__bytes__", dunder_call = "__call__", dunder_cause = "__cause__", dunder_class = "__class__",
    dunder_class_getitem = "__class_getitem__", dunder_classcell = "__classcell__",
    dunder_classdictcell = "__classdictcell__", dunder_complex = "__complex__", dunder_contains = "__contains__",
    dunder_context = "__context__", dunder_del = "__del__", dunder_delattr = "__delattr__",
    dunder_delete = "__delete__", dunder_delitem = "__delitem__", dunder_dict = "__dict__", dunder_dir = "__dir__",
    dunder_doc = "__doc__", dunder_enter = "__enter__", dunder_eq = "__eq__", dunder_exit = "__exit__",
    dunder_file = "__file__", dunder_float = "__float__", dunder_format = "__format__", dunder_fspath = "__fspath__",
    dunder_ge = "__ge__", dunder_get = "__get__", dunder_getattr = "__getattr__",
    dunder_getattribute = "__getattribute__", dunder_getitem = "__getitem__", dunder_getstate = "__getstate__",
    dunder_gt = "__gt__", dunder_hash = "__hash__", dunder_import = "__import__", dunder_index = "__index__",
    dunder_init = "__init__", dunder_init_subclass = "__init_subclass__", dunder_instancecheck = "__instancecheck__",
    dunder_int = "__int__", dunder_invert = "__invert__", dunder_isabstractmethod = "__isabstractmethod__",
    dunder_iter = "__iter__", dunder_le = "__le__", dunder_len = "__len__", dunder_length_hint = "__length_hint__",
    dunder_loader = "__loader__", dunder_lt = "__lt__", dunder_main = "__main__", dunder_match_args = "__match_args__",
    dunder_missing = "__missing__", dunder_module = "__module__", dunder_mro_entries = "__mro_entries__",
    dunder_name = "__name__", dunder_ne = "__ne__", dunder_neg = "__neg__", dunder_new = "__new__",
    dunder_next = "__next__", dunder_notes = "__notes__", dunder_orig_bases = "__orig_bases__",
    dunder_orig_class = "__orig_class__", dunder_origin = "__origin__", dunder_package = "__package__",
    dunder_parameters = "__parameters__", dunder_path = "__path__", dunder_pos = "__pos__",
    dunder_prepare = "__prepare__", dunder_qualname = "__qualname__", dunder_reduce = "__reduce__",
    dunder_reduce_ex = "__reduce_ex__", dunder_repr = "__repr__", dunder_reversed = "__reversed__",
    dunder_round = "__round__", dunder_set = "__set__", dunder_set_name = "__set_name__",
    dunder_setattr = "__setattr__", dunder_setitem = "__setitem__", dunder_sizeof = "__sizeof__",
    dunder_slots = "__slots__", dunder_spec = "__spec__", dunder_str = "__str__",
    dunder_subclasscheck = "__subclasscheck__", dunder_subclasshook = "__subclasshook__",
    dunder_text_signature = "__text_signature__", dunder_traceback = "__traceback__", dunder_trunc = "__trunc__",
    dunder_type_params = "__type_params__", dunder_typing_subst = "__typing_subst__", dunder_weakref = "__weakref__",
    dunder_wrapped = "__wrapped__", underscore = "_", args = "args", close = "close", copy = "copy", displayhook = "displayhook",
    encoding = "encoding", errors = "errors", excepthook = "excepthook", fileno = "fileno", flush = "flush",
    get = "get", items = "items", keys = "keys", metaclass = "metaclass", modules = "modules", mro = "mro",
    name = "name", obj = "obj", path = "path", read = "read", readline = "readline", send = "send", stderr = "stderr", stdin = "stdin",
    stdout = "stdout", strict = "strict", throw = "throw", unraisablehook = "unraisablehook", utf_8 = "utf-8",
    value = "value", values = "values", write = "write", builtins = "builtins", sys = "sys", string = "<string>",
    warn = "warn", big = "big", little = "little", last = "last", join = "join", update = "update", index = "index",
    lambda = "<lambda>", module = "<module>", init_spec = "_initializing", main = "main", find_and_load = "_find_and_load",
}
