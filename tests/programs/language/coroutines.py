# Coroutines and asynchronous generators, by hand and under asyncio.
import asyncio
import contextvars
import inspect
import types


class Step:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return got * 2


async def adds():
    return await Step(1) + await Step(2)


c = adds()
print(c.send(None), c.send(10), inspect.getcoroutinestate(c), c.cr_await is not None)
try:
    c.send(20)
except StopIteration as stop:
    print(stop.value)
for bad in (lambda: c.send(None), lambda: adds().send(1)):
    try:
        bad()
    except Exception as error:
        print(type(error).__name__, error)


@types.coroutine
def legacy():
    return (yield "legacy")


async def uses_legacy():
    return await legacy()


c = uses_legacy()
print(c.send(None))
c.close()


async def counting(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                print("sent", got)
            await asyncio.sleep(0)
    finally:
        print("closing")


async def managers():
    class Manager:
        async def __aenter__(self):
            print("enter")
            return 5

        async def __aexit__(self, kind, value, traceback):
            print("exit", kind and kind.__name__)
            return kind is KeyError

    async with Manager() as a, Manager() as b:
        print(a, b)
        raise KeyError("swallowed")
    print([x async for x in counting(3)], {x: y async for x in counting(2) for y in [x + 1]})
    g = counting(5)
    print(await anext(g), await g.asend("hello"), await anext(g, None))
    await g.aclose()
    print(await anext(g, "default"))
    async for x in counting(4):
        if x == 1:
            continue
        if x == 2:
            break
    else:
        print("not reached")
    return "managed"


print(asyncio.run(managers()))
variable = contextvars.ContextVar("variable", default="unset")


async def worker(name, queue, results):
    variable.set(name)
    while True:
        item = await queue.get()
        if item is None:
            queue.task_done()
            return variable.get()
        await asyncio.sleep(0)
        results.append((name, item))
        queue.task_done()


async def pool():
    queue, results = asyncio.Queue(), []
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker(f"w{i}", queue, results), name=f"t{i}") for i in range(2)]
        for item in [1, 2, 3, 4, None, None]:
            queue.put_nowait(item)
    print([task.result() for task in tasks], sorted(item for _, item in results), variable.get())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(10))
            group.create_task(fails("one"))
            group.create_task(fails("two"))
    except* ValueError as errors:
        print([str(error) for error in errors.exceptions])
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(10)
    except TimeoutError as error:
        print("timeout", repr(error))
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel("reason")
    try:
        await task
    except asyncio.CancelledError as error:
        print("cancelled", error.args, task.cancelled())
    done = await asyncio.gather(fails("x"), asyncio.sleep(0, "y"), return_exceptions=True)
    print(done)
    lock, order = asyncio.Lock(), []

    async def locked(n):
        async with lock:
            order.append(n)
            await asyncio.sleep(0)
            order.append(n)

    await asyncio.gather(*map(locked, range(3)))
    print(order)


async def fails(text):
    await asyncio.sleep(0)
    raise ValueError(text)


asyncio.run(pool())
