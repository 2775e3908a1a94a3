

# What Python 3.11 and 3.12 have added.

__all__ += [
    "LiteralString", "Never", "NotRequired", "Required", "Self", "TypeAliasType", "TypeVarTuple", "Unpack",
    "assert_never", "assert_type", "clear_overloads", "dataclass_transform", "get_overloads", "override",
    "reveal_type",
]

def _typevar_subst(self, arg):
    return _type_check(arg, "Parameters to generic types must be types.", is_argument=True)


def _paramspec_subst(self, arg):
    if isinstance(arg, (list, tuple)):
        return tuple(_type_convert(item) for item in arg)
    return arg


def _paramspec_prepare_subst(self, alias, args):
    parameters = alias.__parameters__
    at = parameters.index(self)
    if at >= len(args):
        raise TypeError(f"Too few arguments for {alias}")
    if len(parameters) == 1 and not _is_param_expr(args[0]):
        return (args,)
    if isinstance(args[at], list):
        return (*args[:at], tuple(args[at]), *args[at + 1:])
    return args


def _typevartuple_prepare_subst(self, alias, args):
    parameters = alias.__parameters__
    at = parameters.index(self)
    after = len(parameters) - at - 1
    if at + after > len(args):
        raise TypeError(f"Too few arguments for {alias}; actual {len(args)}, expected at least {at + after}")
    end = len(args) - after
    return (*args[:at], tuple(args[at:end]), *args[end:])


def _make_union(left, right):
    return Union[left, right]


def _plain_form(name, doc):
    def form(self, parameters):
        raise TypeError(f"{self} is not subscriptable")

    form.__name__ = form.__qualname__ = name
    form.__doc__ = doc
    return _SpecialForm(form)


def _form_of_one(name, doc):
    def form(self, parameters):
        item = _type_check(parameters, f"{self._name} accepts only a single type.")
        return _GenericAlias(self, (item,))

    form.__name__ = form.__qualname__ = name
    form.__doc__ = doc
    return _SpecialForm(form)


Self = _plain_form("Self", "The class that encloses the annotation.")
Never = _plain_form("Never", "A type without values.")
LiteralString = _plain_form("LiteralString", "Any string that is written in the source.")
Required = _form_of_one("Required", "Marks a key of a TypedDict that must be there.")
NotRequired = _form_of_one("NotRequired", "Marks a key of a TypedDict that may be missing.")


@_SpecialForm
def Unpack(self, parameters):
    """Spreads a TypeVarTuple, or a TypedDict for keyword arguments."""
    if not isinstance(parameters, TypeVarTuple):
        parameters = _type_check(parameters, "Unpack accepts only a single type.")
    return _GenericAlias(self, (parameters,), _typevar_types=(TypeVar, TypeVarTuple))


_overloads = collections.defaultdict(functools.partial(collections.defaultdict, dict))


def overload(func):
    """Marks one of several signatures of a function, which get_overloads() returns."""
    inner = getattr(func, "__func__", func)
    try:
        _overloads[inner.__module__][inner.__qualname__][inner.__code__.co_firstlineno] = func
    except AttributeError:
        # Something other than a function, which get_overloads() does not know.
        pass
    return _overload_dummy


def get_overloads(func):
    """Returns the signatures of a function that overload() has marked, in the order of their lines."""
    inner = getattr(func, "__func__", func)
    functions = _overloads.get(inner.__module__, {})
    return list(functions.get(inner.__qualname__, {}).values())


def clear_overloads():
    """Forgets all that overload() has marked."""
    _overloads.clear()


def override(method, /):
    """Says that a method replaces one of a base class."""
    try:
        method.__override__ = True
    except (AttributeError, TypeError):
        pass
    return method


def assert_never(arg, /):
    """For a type checker: this line is not reached."""
    shown = repr(arg)
    if len(shown) > 100:
        shown = shown[:100] + "..."
    raise AssertionError(f"Expected code to be unreachable, but got: {shown}")


def assert_type(val, typ, /):
    """For a type checker: the value is of this type. Returns the value."""
    return val


def reveal_type(obj, /):
    """Prints the type of a value, which is returned."""
    print(f"Runtime type is {type(obj).__name__!r}", file=sys.stderr)
    return obj


def dataclass_transform(
    *, eq_default=True, order_default=False, kw_only_default=False, frozen_default=False, field_specifiers=(), **kwargs
):
    """Marks a function, class or metaclass that makes classes as dataclass() does."""

    def decorator(cls_or_fn):
        cls_or_fn.__dataclass_transform__ = {
            "eq_default": eq_default,
            "order_default": order_default,
            "kw_only_default": kw_only_default,
            "frozen_default": frozen_default,
            "field_specifiers": field_specifiers,
            "kwargs": kwargs,
        }
        return cls_or_fn

    return decorator
