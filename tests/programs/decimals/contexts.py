"""Contexts, signals, conversions and the errors of `decimal`."""

import contextvars
import numbers
import pickle
import threading
from decimal import *


def attempt(function, *args, **keywords):
    try:
        result = function(*args, **keywords)
    except Exception as error:
        print(type(error).__name__, error)
    else:
        print(repr(result))


context = Context()
settings = dict(
    prec=[0, 1, 10**18, -1, "x", 1.5, 2**70, MAX_PREC],
    Emax=[-1, 0, MAX_EMAX, MAX_EMAX + 1, "x"],
    Emin=[1, 0, MIN_EMIN, MIN_EMIN - 1],
    rounding=["x", None, 1, ROUND_UP],
    capitals=[0, 1, 2, "x"],
    clamp=[0, 1, 2, None],
    flags=[[], {}, None, DefaultContext.flags, {Overflow: 1}],
    traps=[[], {}, 3],
)
for name, values in settings.items():
    for value in values:
        attempt(setattr, context, name, value)
    attempt(delattr, context, name)
    attempt(getattr, context, name)
print(context)

attempt(Context, 1, 2, 3)
attempt(Context, prec=5, foo=1)
attempt(Context, prec=5, flags=[Overflow, Inexact])
attempt(Context, flags=[1])
attempt(Context, traps="x")
attempt(Context, *range(9))
attempt(Context, 5, prec=5)
attempt(lambda: Context(prec=3, traps=[Inexact]).divide(1, 3))

flags = context.flags
print(flags, context.traps, dict(flags), list(context.traps), len(flags))
print(flags == context.traps, flags != flags.copy(), type(flags).__mro__[0].__name__)
attempt(flags.__delitem__, Overflow)
attempt(flags.__getitem__, 5)
attempt(flags.__setitem__, 5, 1)
attempt(hash, flags)
attempt(len, type(flags)())
flags[Overflow] = True
print(flags[Overflow], context, flags.items())
attempt(flags.pop, Overflow)
attempt(flags.update, {Rounded: 1})
print(flags, context.__reduce__(), context.copy(), context.__copy__())
attempt(lambda: pickle.loads(pickle.dumps(context)))
print(context.Etiny(), context.Etop(), context.radix())

attempt(getcontext)
attempt(setcontext, 1)
attempt(localcontext, 1)
attempt(localcontext, prec=0)
attempt(localcontext, foo=1)
with localcontext(prec=4) as local:
    print(local, getcontext() is local, Decimal(1) / 3)
with localcontext(ExtendedContext) as local:
    print(local, Decimal(1) / 0, Decimal(0) / 0, local)
print(getcontext())
setcontext(DefaultContext)
print(getcontext() is DefaultContext)

EXPRESSIONS = [
    'Decimal("x")',
    'Decimal(1)/0',
    'Decimal(0)/0',
    'Decimal("1e999999")*10',
    'Decimal("sNaN")+1',
    'Decimal(1)//0',
    'Decimal(5)%0',
    'Decimal("1e50")//3',
    'Decimal(1).quantize(Decimal("1e-50"))',
    'Decimal(-1).sqrt()',
    'Decimal("1e9999999999999999999")',
    'Decimal(None)',
    'Decimal([1,2])',
    'Decimal(1,2)',
    'Decimal(1,context=3)',
    'Decimal(value=4)',
    'Decimal(1,2,3)',
    'Decimal(x=1)',
    'Decimal(1).exp(1)',
    'Decimal(1).exp(context=None)',
    'Decimal(1).quantize(1,"x")',
    'Decimal(1).quantize("x")',
    'Context().add(1,"x")',
    'Context().canonical(1)',
    'Context().is_canonical(3)',
    'Context().power(2,3,5)',
    'Context().power(a=2,b=3)',
    'pow(Decimal(2),3,5)',
    'int(Decimal("nan"))',
    'int(Decimal("inf"))',
    'float(Decimal("snan"))',
    'hash(Decimal("snan"))',
    'round(Decimal(1),"x")',
    'Decimal("1.5").__round__(None)',
    'format(Decimal(1),"q")',
    'Decimal(1).__format__(1)',
    'Decimal.from_float("x")',
    'Decimal("1_000.5_5")',
    'Context().create_decimal("1_0")',
    'Context().create_decimal(" 1")',
    'Decimal(" 1 ")',
    'Decimal("1 2")',
    'Decimal(True)',
    'Decimal((0,(1,2,3),-2))',
    'Decimal((0,(),"F"))',
    'Decimal((2,(1,),0))',
    'Decimal((0,"12",0))',
    'Decimal(1).as_tuple()',
    'Decimal("-inf").as_tuple()',
    'DecimalTuple(1,(2,),3)',
    'Decimal(3.1)',
    'Decimal(10**50)',
    'Decimal("1e400").as_integer_ratio() == (10**400,1)',
    'DefaultContext.prec',
    'Decimal(1).compare(Decimal("nan"))',
    'Decimal("NaN")==Decimal("NaN")',
    'Decimal("NaN")<1',
    'Decimal("1").__reduce__()',
    'Decimal(7).__divmod__(2)',
    'Decimal(1).__add__(1.5)',
    'Decimal("1E+3").__int__()',
    'Decimal(12).number_class()',
    'MIN_ETINY',
    'Decimal("-0")',
    '-Decimal(0)',
    'Decimal(1)==Decimal(1.0)',
    'Decimal("0.1")==0.1',
    'sorted([Decimal(3),1,2.5])',
    'max(Decimal(1),2)',
    'sum([Decimal("0.1")]*10)',
    'isinstance(Decimal(1),numbers.Number)',
    'Decimal.__module__',
    'type(Decimal(1).__class__)',
    'Decimal(5).__rsub__(7)',
    'Decimal(5).__rpow__(2)',
    'Decimal(2).__pow__(3,5)',
    'Decimal("1.1").__hash__()==hash(Decimal("1.10"))',
    'hash(Decimal("0.5"))==hash(0.5)',
    'hash(Decimal(10)**30)==hash(10**30)',
    'hash(Decimal("-inf"))',
    'Decimal(10).fma(2,3)',
    'Decimal(10).fma("x",3)',
    'Decimal(1).logical_and(1)',
    'Decimal(1).__complex__()',
    'f"{Decimal(12345.678):,.2f}"',
    '"%s %r %d"%(Decimal(5),Decimal(5),Decimal(5))',
    'Decimal("1e-7")',
    'Decimal("12345E+3").to_eng_string()',
    'Inexact.__mro__',
    'FloatOperation.__bases__',
    'Underflow.__bases__',
]
for expression in EXPRESSIONS:
    print(expression, end=" -> ")
    attempt(eval, expression)


class Number(Decimal):
    pass


number = Number("1.5")
print(type(number), type(number + 1), repr(number), type(Number.from_float(1.5)), type(Number(number)))
print(number.__reduce__())
number.x = 3
print(number.x)


class OtherContext(Context):
    pass


print(type(OtherContext().copy()), OtherContext(prec=3))


def show():
    print(getcontext())


def in_thread():
    thread = threading.Thread(target=show)
    thread.start()
    thread.join()


def change():
    getcontext().prec = 11


getcontext().prec = 7
in_thread()
contextvars.copy_context().run(change)
print(getcontext().prec)
DefaultContext.prec = 12
in_thread()
