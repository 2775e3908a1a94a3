# threading, queue, concurrent.futures, locks, events, timers, thread-local data, sched, subprocesses and signals.
import concurrent.futures
import os
import queue
import sched
import signal
import subprocess
import sys
import threading
import time

results, lock = [], threading.Lock()


def work(n, *, scale=1):
    with lock:
        results.append(n * scale)


threads = [threading.Thread(target=work, args=(n,), kwargs={"scale": 10}, name=f"t{n}") for n in range(5)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(results), threads[0].name, threads[0].is_alive(), threads[0].daemon, threading.active_count(), threading.current_thread() is threading.main_thread())
counter = 0


def count():
    global counter
    for _ in range(2000):
        with lock:
            counter += 1


pool = [threading.Thread(target=count) for _ in range(4)]
[t.start() for t in pool], [t.join() for t in pool]
print(counter)
rlock = threading.RLock()
with rlock, rlock:
    print(rlock.acquire(blocking=False), lock.acquire(timeout=0.01), lock.acquire(False), lock.locked())
rlock.release(), lock.release()
for bad in (lock.release, rlock.release, lambda: threads[0].start(), lambda: threading.Thread().join(), lambda: threading.current_thread().join(), lambda: lock.acquire(timeout=-5), lambda: threading.Semaphore(-1), lambda: threading.Barrier(2).wait(0.01), lambda: threading.Condition().notify(), lambda: threading.Thread(group=1)):
    try:
        print(bad())
    except Exception as error:
        print(type(error).__name__, error)
event, local = threading.Event(), threading.local()
local.value = "main"


def waiting():
    print("waits", event.wait(5), hasattr(local, "value"))
    local.value = "thread"


t = threading.Thread(target=waiting)
t.start(), event.set(), t.join()
print(local.value, event.is_set(), event.clear(), event.wait(0.01))
condition, items = threading.Condition(), []


def consume():
    with condition:
        condition.wait_for(lambda: len(items) == 3, 5)
        print("consumed", items)


t = threading.Thread(target=consume)
t.start()
for n in range(3):
    with condition:
        items.append(n)
        condition.notify_all()
t.join()
semaphore, barrier = threading.BoundedSemaphore(2), threading.Barrier(3, action=lambda: print("barrier"))
print(semaphore.acquire(), semaphore.acquire(), semaphore.acquire(blocking=False))
others = [threading.Thread(target=barrier.wait) for _ in range(2)]
[t.start() for t in others], barrier.wait(), [t.join() for t in others]
q = queue.Queue(2)


def produce():
    for n in range(5):
        q.put(n)
    q.put(None)


t = threading.Thread(target=produce)
t.start()
print(list(iter(q.get, None)), q.empty(), q.qsize())
t.join()
for bad in (q.get_nowait, lambda: [q.put_nowait(n) for n in range(5)], lambda: queue.Queue().get(timeout=0.01), lambda: queue.Queue().task_done()):
    try:
        bad()
    except Exception as error:
        print(type(error).__name__, error)
heap, stack = queue.PriorityQueue(), queue.LifoQueue()
[(heap.put(n), stack.put(n)) for n in (3, 1, 2)]
print([heap.get() for _ in range(3)], [stack.get() for _ in range(3)])
with concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="pool") as executor:
    futures = {executor.submit(pow, n, 2): n for n in range(4)}
    failing = executor.submit(lambda: 1 / 0)
    print(sorted(f.result() for f in concurrent.futures.as_completed(futures)), list(executor.map(len, ["a", "bb"])), repr(failing.exception()), failing.done(), executor.submit(lambda: threading.current_thread().name.split("_")[0]).result())
done, pending = concurrent.futures.wait(futures)
print(len(done), len(pending), failing.cancel())
try:
    executor.submit(print)
except RuntimeError as error:
    print(error)
timer = threading.Timer(0.01, print, ["timer"])
timer.start(), timer.join()
cancelled = threading.Timer(5, print)
cancelled.start(), cancelled.cancel(), cancelled.join()
schedule = sched.scheduler(time.monotonic, time.sleep)
schedule.enter(0.02, 1, print, ("second",)), schedule.enter(0.01, 1, print, ("first",)), schedule.cancel(schedule.enter(9, 1, print))
schedule.run()


def handler(number, frame):
    print("signal", signal.Signals(number).name, frame.f_code.co_name)


previous = signal.signal(signal.SIGUSR1, handler)
os.kill(os.getpid(), signal.SIGUSR1)
print(previous, signal.getsignal(signal.SIGUSR1) is handler, signal.SIGUSR1, signal.strsignal(signal.SIGINT))
signal.signal(signal.SIGALRM, lambda *a: (_ for _ in ()).throw(TimeoutError("alarm")))
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    time.sleep(5)
except TimeoutError as error:
    print("interrupted by", error)
done = subprocess.run([sys.executable, "-c", "import sys; print(input()); print('e', file=sys.stderr); sys.exit(3)"], input="given\n", capture_output=True, text=True)
print(done.returncode, done.stdout, done.stderr, subprocess.check_output("echo shell; exit 0", shell=True))
for bad in (lambda: subprocess.run(["/nothing/here"]), lambda: subprocess.run("exit 4", shell=True, check=True), lambda: subprocess.run(["sleep", "5"], timeout=0.05), lambda: subprocess.run("kill -9 $$", shell=True, check=True)):
    try:
        bad()
    except Exception as error:
        print(type(error).__name__, str(error).replace("0.0499", "0.05")[:60].split(" after")[0])
with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
    print(process.communicate(b"piped"), process.returncode, process.poll())
read, write = os.pipe()
if (child := os.fork()) == 0:
    os.write(write, b"from child")
    os._exit(9)
print(os.read(read, 100), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
daemon = threading.Thread(target=time.sleep, args=(60,), daemon=True)
daemon.start()
print("ends with a daemon", threading.active_count())
