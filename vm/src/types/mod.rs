//! The built-in types. Each has a module with its storage and, next to it, one with its methods.

pub mod bool_methods;
pub mod buffer;
pub mod bytearray;
pub mod bytes;
pub mod bytes_methods;
pub mod cell;
pub mod code;
pub mod code_methods;
pub mod complex;
pub mod complex_methods;
pub mod container_support;
pub mod descriptor;
pub mod dict;
pub mod dict_methods;
pub mod exception;
pub mod exception_methods;
mod fill_numbers;
pub(crate) mod fill_text;
pub mod float;
pub mod float_methods;
pub mod frame;
pub mod frame_methods;
pub mod function;
pub mod function_methods;
pub mod generator;
pub mod generator_methods;
pub mod generic_alias;
pub mod generic_alias_methods;
pub mod init;
pub mod int;
pub mod int_methods;
pub mod iterator_methods;
pub mod iterators;
pub mod list;
pub mod list_methods;
pub mod mapping_proxy;
pub mod memoryview;
pub mod memoryview_methods;
pub mod method_objects;
pub mod module;
pub mod module_methods;
pub mod names;
pub mod namespace;
pub mod number_support;
pub mod object_reduce;
pub mod object_type;
pub mod property;
pub mod range;
pub mod range_methods;
pub mod set;
pub mod set_methods;
pub mod singleton_methods;
pub mod slice;
pub mod slice_methods;
pub(crate) mod slot_functions;
pub(crate) mod slot_table;
pub(crate) mod slot_wrappers;
pub mod str;
pub mod str_codecs;
pub mod str_methods;
pub mod struct_sequence;
pub mod super_object;
pub mod traceback;
pub mod tuple;
pub mod tuple_methods;
pub mod type_object;
pub mod typing;
pub mod union_type;
pub mod weakref;
pub mod weakref_methods;

use crate::interp;
use crate::object::header::{self, META_GC, kind};
use crate::object::{Class, Object, Payload, Ref, class::flag};
use std::ptr::NonNull;
use std::rc::Rc;

/// Instances of `object` itself and of classes that add nothing native.
pub struct Plain;

crate::payload!(Plain, "object", |_plain, _visit| (), |_plain| ());

macro_rules! define_types {
    (($object:ident) $($field:ident $name:literal $payload:ty : $base:ident $flags:expr;)*) => {
        /// The built-in classes.
        pub struct Types {
            /// `object`
            pub $object: Ref<Class>,
            /// `type`
            pub type_: Ref<Class>,
            /// `dict`
            pub dict: Ref<Class>,
            /// The exception classes.
            pub exceptions: exception::Exceptions,
            $(#[doc = concat!("`", $name, "`")] pub $field: Ref<Class>,)*
        }

        impl Types {
            /// Makes the classes, without methods.
            pub(crate) fn new() -> Types {
                let ($object, type_, dict) = bootstrap();
                $(
                    let $field = native_class::<$payload>($name, &$base, &type_);
                    $field.set_flags($flags, true);
                )*
                let exceptions = exception::Exceptions::new(&$object, &type_);
                let types = Types { $object, type_, dict, exceptions, $($field,)* };
                types.set_kinds();
                types
            }
        }
    };
}

use flag::{BASE_TYPE, HAS_WEAKREF, MATCH_SELF, METHOD_DESCRIPTOR, NO_INSTANTIATION, SEQUENCE};

macro_rules! exact {
    ($($field:ident $payload:ty => $kind:ident,)*) => {
        $(impl header::Exact for $payload {
            const KIND: u8 = kind::$kind;
        })*

        impl Types {
            /// Before there are instances, `dict`'s apart, which `bootstrap` has seen to.
            fn set_kinds(&self) {
                $(self.$field.set_kind(kind::$kind);)*
            }
        }
    };
}

exact! {
    list list::List => LIST,
    tuple tuple::Tuple => TUPLE,
    dict dict::Dict => DICT,
    str str::Str => STR,
    set set::Set => SET,
    range_iterator range::RangeIterator => RANGE_ITERATOR,
    list_iterator list::ListIterator => LIST_ITERATOR,
    tuple_iterator tuple::TupleIterator => TUPLE_ITERATOR,
    module module::Module => MODULE,
}

define_types! {
    (object)
    int "int" int::Int: object BASE_TYPE | MATCH_SELF;
    bool "bool" int::Int: int MATCH_SELF;
    float "float" float::Float: object BASE_TYPE | MATCH_SELF;
    complex "complex" complex::Complex: object BASE_TYPE;
    str "str" str::Str: object BASE_TYPE | MATCH_SELF;
    bytes "bytes" bytes::Bytes: object BASE_TYPE | MATCH_SELF;
    bytearray "bytearray" bytearray::ByteArray: object BASE_TYPE | MATCH_SELF;
    memoryview "memoryview" memoryview::MemoryView: object HAS_WEAKREF | SEQUENCE;
    memory_iterator "memory_iterator" memoryview_methods::MemoryIterator: object NO_INSTANTIATION;
    bytes_iterator "bytes_iterator" bytes_methods::BytesIterator: object NO_INSTANTIATION;
    bytearray_iterator "bytearray_iterator" bytes_methods::BytesIterator: object NO_INSTANTIATION;
    str_iterator "str_iterator" str_methods::StrIterator: object NO_INSTANTIATION;
    str_ascii_iterator "str_ascii_iterator" str_methods::StrIterator: object NO_INSTANTIATION;
    tuple "tuple" tuple::Tuple: object BASE_TYPE | MATCH_SELF | SEQUENCE;
    list "list" list::List: object BASE_TYPE | MATCH_SELF | SEQUENCE;
    set "set" set::Set: object BASE_TYPE | MATCH_SELF | HAS_WEAKREF;
    frozenset "frozenset" set::Set: object BASE_TYPE | MATCH_SELF | HAS_WEAKREF;
    range "range" range::Range: object SEQUENCE;
    range_iterator "range_iterator" range::RangeIterator: object NO_INSTANTIATION;
    list_iterator "list_iterator" list::ListIterator: object NO_INSTANTIATION;
    tuple_iterator "tuple_iterator" tuple::TupleIterator: object NO_INSTANTIATION;
    slice "slice" slice::Slice: object 0;
    dict_keys "dict_keys" dict_methods::views::DictView: object NO_INSTANTIATION;
    dict_values "dict_values" dict_methods::views::DictView: object NO_INSTANTIATION;
    dict_items "dict_items" dict_methods::views::DictView: object NO_INSTANTIATION;
    dict_keyiterator "dict_keyiterator" dict_methods::iterators::DictIterator: object NO_INSTANTIATION;
    dict_valueiterator "dict_valueiterator" dict_methods::iterators::DictIterator: object NO_INSTANTIATION;
    dict_itemiterator "dict_itemiterator" dict_methods::iterators::DictIterator: object NO_INSTANTIATION;
    dict_reversekeyiterator "dict_reversekeyiterator" dict_methods::iterators::DictIterator: object NO_INSTANTIATION;
    dict_reversevalueiterator "dict_reversevalueiterator" dict_methods::iterators::DictIterator: object NO_INSTANTIATION;
    dict_reverseitemiterator "dict_reverseitemiterator" dict_methods::iterators::DictIterator: object NO_INSTANTIATION;
    set_iterator "set_iterator" set_methods::SetIterator: object NO_INSTANTIATION;
    longrange_iterator "longrange_iterator" range_methods::LongRangeIterator: object NO_INSTANTIATION;
    enumerate "enumerate" iterator_methods::enumerate::Enumerate: object BASE_TYPE;
    zip "zip" iterator_methods::zip::Zip: object BASE_TYPE;
    map "map" iterator_methods::map_filter::Map: object BASE_TYPE;
    filter "filter" iterator_methods::map_filter::Filter: object BASE_TYPE;
    reversed "reversed" iterator_methods::reversed::Reversed: object BASE_TYPE;
    type_var "TypeVar" typing::TypeVar: object flag::HAS_DICT | flag::HAS_ATTRIBUTES | HAS_WEAKREF;
    param_spec "ParamSpec" typing::ParamSpec: object flag::HAS_DICT | flag::HAS_ATTRIBUTES | HAS_WEAKREF;
    param_spec_args "ParamSpecArgs" typing::ParamSpecAttribute: object HAS_WEAKREF;
    param_spec_kwargs "ParamSpecKwargs" typing::ParamSpecAttribute: object HAS_WEAKREF;
    type_var_tuple "TypeVarTuple" typing::TypeVarTuple: object flag::HAS_DICT | flag::HAS_ATTRIBUTES | HAS_WEAKREF;
    type_alias "TypeAliasType" typing::TypeAlias: object HAS_WEAKREF;
    generic "Generic" Plain: object BASE_TYPE;
    none_type "NoneType" Plain: object 0;
    ellipsis "ellipsis" Plain: object 0;
    not_implemented_type "NotImplementedType" Plain: object 0;
    unbound_type "<unbound>" Plain: object NO_INSTANTIATION;
    function "function" function::Function: object METHOD_DESCRIPTOR | HAS_WEAKREF;
    method "method" function::BoundMethod: object HAS_WEAKREF;
    native_function "builtin_function_or_method" function::NativeFunction: object HAS_WEAKREF | NO_INSTANTIATION;
    method_descriptor "method_descriptor" function::MethodDescriptor: object METHOD_DESCRIPTOR | NO_INSTANTIATION;
    classmethod_descriptor "classmethod_descriptor" function::MethodDescriptor: object NO_INSTANTIATION;
    getset_descriptor "getset_descriptor" init::GetSet: object NO_INSTANTIATION;
    wrapper_descriptor "wrapper_descriptor" descriptor::WrapperDescriptor: object METHOD_DESCRIPTOR | NO_INSTANTIATION;
    method_wrapper "method-wrapper" descriptor::MethodWrapper: object NO_INSTANTIATION;
    member_descriptor "member_descriptor" descriptor::MemberDescriptor: object NO_INSTANTIATION;
    classmethod "classmethod" method_objects::ClassMethod: object BASE_TYPE;
    staticmethod "staticmethod" method_objects::StaticMethod: object BASE_TYPE;
    property "property" property::Property: object BASE_TYPE;
    super_ "super" super_object::Super: object BASE_TYPE;
    mapping_proxy "mappingproxy" mapping_proxy::MappingProxy: object flag::MAPPING;
    simple_namespace "SimpleNamespace" namespace::SimpleNamespace: object BASE_TYPE;
    generic_alias_iterator "generic_alias_iterator" generic_alias_methods::GenericAliasIterator: object NO_INSTANTIATION;
    union_type "UnionType" union_type::UnionType: object NO_INSTANTIATION;
    module "module" module::Module: object BASE_TYPE | HAS_WEAKREF;
    code "code" code::Code: object HAS_WEAKREF;
    frame "frame" frame::FrameObject: object NO_INSTANTIATION;
    traceback "traceback" traceback::Traceback: object 0;
    cell "cell" cell::Cell: object 0;
    generator "generator" generator::Generator: object HAS_WEAKREF | NO_INSTANTIATION;
    coroutine "coroutine" generator::Generator: object HAS_WEAKREF | NO_INSTANTIATION;
    async_generator "async_generator" generator::Generator: object HAS_WEAKREF | NO_INSTANTIATION;
    weakref "ReferenceType" weakref::WeakRef: object BASE_TYPE;
    weakproxy "ProxyType" weakref::WeakRef: object NO_INSTANTIATION;
    sequence_iterator "iterator" iterators::SequenceIterator: object NO_INSTANTIATION;
    callable_iterator "callable_iterator" iterators::CallableIterator: object NO_INSTANTIATION;
    generic_alias "GenericAlias" generic_alias::GenericAlias: object BASE_TYPE | HAS_WEAKREF;
    weakcallableproxy "CallableProxyType" weakref::WeakRef: object NO_INSTANTIATION;
}

/// `object`, `type` and `dict`, which need each other: memory first, contents second.
fn bootstrap() -> (Ref<Class>, Ref<Class>, Ref<Class>) {
    let size = size_of::<Object<Class>>();
    let block = |class: Option<NonNull<Object<Class>>>| {
        let class = class.unwrap_or(NonNull::dangling());
        header::allocate_parts(class, true, 0, size, 0, |_| ()).cast::<Object<Class>>()
    };
    let type_pointer = block(None);
    let object_pointer = block(Some(type_pointer));
    let dict_pointer = block(Some(type_pointer));
    // SAFETY: the blocks are large enough for a class each; every header ends up with a counted reference to
    // its class, every payload is written before the first reference to it is used, and dictionaries are
    // written before the classes that hold them.
    unsafe {
        header::set_first_class(type_pointer.cast(), type_pointer);
        for pointer in [type_pointer, object_pointer, dict_pointer] {
            let attributes = raw_dict(dict_pointer);
            let (name, layout, flags) = if pointer == type_pointer {
                ("type", <Class as Payload>::layout(), BASE_TYPE | flag::METACLASS | HAS_WEAKREF)
            } else if pointer == object_pointer {
                ("object", Plain::layout(), BASE_TYPE)
            } else {
                ("dict", dict::Dict::layout(), BASE_TYPE | MATCH_SELF | flag::MAPPING)
            };
            (&raw mut (*pointer.as_ptr()).payload).write(Class::new(name, layout, flags, attributes));
        }
        // The two headers below hold references to `type` that nothing has counted yet.
        (*type_pointer.as_ptr()).header.increment();
        (*type_pointer.as_ptr()).header.increment();
        for pointer in [type_pointer, object_pointer, dict_pointer] {
            header::finish(pointer.cast());
        }
        let object: Ref<Class> = Ref::from_pointer(object_pointer);
        let type_ = Ref::from_pointer(type_pointer);
        let dict = Ref::from_pointer(dict_pointer);
        dict.set_kind(kind::DICT);
        object.set_mro(Rc::new([object.clone()]));
        for class in [&type_, &dict] {
            class.set_bases(Some(object.clone()), Rc::new([object.clone()]));
            class.set_mro(Rc::new([(*class).clone(), object.clone()]));
            object.add_subclass(class);
        }
        (object, type_, dict)
    }
}

/// A dictionary before its class exists.
///
/// # Safety
/// `class` must become a valid class before the dictionary is used.
unsafe fn raw_dict(class: NonNull<Object<Class>>) -> Ref<dict::Dict> {
    let meta = header::instance_meta(kind::DICT, false);
    let header = header::allocate_parts(class, true, meta, size_of::<Object<dict::Dict>>(), 0, |_| ());
    let pointer = header.cast::<Object<dict::Dict>>();
    // SAFETY: the block is large enough; the class's count is raised for this header's reference. The class's
    // header is initialised, though its payload is not.
    unsafe {
        (*class.as_ptr()).header.increment();
        (&raw mut (*pointer.as_ptr()).payload).write(dict::Dict::payload());
        header::finish(header);
        debug_assert!(header.as_ref().has(META_GC));
        Ref::from_pointer(pointer)
    }
}

/// A native class without methods yet.
pub(crate) fn native_class<T: Payload>(name: &str, base: &Ref<Class>, type_: &Ref<Class>) -> Ref<Class> {
    // `dict` exists before the table of types does, so its class is passed by the table's makers through `base`'s.
    let attributes = dict::Dict::payload();
    let attributes = Ref::new(attributes, base.attributes().class());
    let class = Ref::new(Class::new(name, T::layout(), 0, attributes), type_);
    class.set_bases(Some(base.clone()), Rc::new([base.clone()]));
    let mut mro = vec![class.clone()];
    mro.extend(base.mro().iter().cloned());
    class.set_mro(Rc::from(mro));
    base.add_subclass(&class);
    class
}

/// The class of a native type that is not in [`Types`], if it was registered.
pub fn class_of<T: Payload>() -> Option<Ref<Class>> {
    let key = T::layout() as *const crate::object::Layout as usize;
    interp::current().native_classes.borrow().get(&key).cloned()
}
