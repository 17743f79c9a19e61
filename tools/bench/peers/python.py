#!@PYTHON@
"""The peers joblib (backend threading) and concurrent.futures (ThreadPoolExecutor).

One program under two names, yoke-peer-joblib and yoke-peer-futures, each put together by the
build where its module is found.  Takes orders and answers as told in peer.h, does the work of
tasks.c and checks it likewise; imports and the making of the pool are not timed."""
import itertools
import json
import os
import random
import sys
import tempfile
import time
import zlib

NAME = "joblib" if "joblib" in os.path.basename(sys.argv[0]) else "futures"
SIXTEEN = [0.1, 0.2, 0.1, 0.5, 0.7, 0.9, 0.5, 0.4, 1.5, 1.3, 1.0, 0.3, 0.7, 0.6, 0.3, 0.8]
MOST_S = 0.15       # of spawn and submit_wait, for one sample
LEAST_TASKS, MAX_SAMPLES = 100, 64


class Wrong(Exception):
    """A run that did not do what it should."""


class Unsupported(Exception):
    """What the module cannot do."""


# ---- the two modules ----

class Joblib:
    """all: a call for each argument; each: one after the other, each waited for."""

    def __init__(self, threads):
        import joblib
        self.delayed = joblib.delayed
        self.parallel = joblib.Parallel(n_jobs=threads, backend="threading")

    def __enter__(self):
        self.parallel.__enter__()
        return self

    def __exit__(self, *why):
        self.parallel.__exit__(*why)

    def all(self, call, arguments):
        self.parallel(self.delayed(call)(a) for a in arguments)

    def each(self, call, arguments):
        raise Unsupported("has no futures")


class Futures:
    """The same with an executor."""

    def __init__(self, threads):
        import concurrent.futures
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=threads)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.pool.shutdown()

    def all(self, call, arguments):
        for future in [self.pool.submit(call, a) for a in arguments]:
            future.result()

    def each(self, call, arguments):
        for a in arguments:
            self.pool.submit(call, a).result()


# ---- the work ----

class Sleeps:
    """Calls that sleep; each counts its own runs, and so do those of files."""
    cold, a_task, each = True, False, False

    def __init__(self, seconds):
        self.seconds, self.runs = seconds, [0] * len(seconds)

    def arguments(self, n):
        return range(n)

    def prepare(self):
        pass

    def call(self, k):
        time.sleep(self.seconds[k])
        self.runs[k] += 1

    def check(self, runs):
        for k, n in enumerate(self.runs):
            if n != runs:
                raise Wrong(f"call {k} ran {n} times in {runs} runs")


class Files(Sleeps):
    """Files that are there (see PEER_FILES in peer.h), or its own."""

    def __init__(self, n, seed, cold):
        super().__init__([0] * n)
        self.cold, self.found, self.own = cold, [0] * n, None
        self.folder = os.environ.get("YOKE_BENCH_FILES")
        if not self.folder:
            self.own = tempfile.TemporaryDirectory(prefix="yoke-bench-")
            self.folder = self.own.name
            self.write(n, random.Random(seed))
        self.sums = [self.sum(k) for k in range(n)]
        if cold:
            os.sync()

    def write(self, n, chance):
        for k in range(n):
            with open(self.path(k), "wb") as f:
                f.write(chance.randbytes(chance.randrange(1024, 8193, 8)))

    def sum(self, k):
        with open(self.path(k), "rb") as f:
            return zlib.crc32(f.read())

    def prepare(self):
        for k in range(len(self.runs) if self.cold else 0):
            with open(self.path(k), "rb") as f:
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def path(self, k):
        return os.path.join(self.folder, str(k))

    def call(self, k):
        self.found[k] = self.sum(k)
        self.runs[k] += 1

    def check(self, runs):
        super().check(runs)
        if self.found != self.sums:
            raise Wrong("a file was read with another sum")


class Empty:
    """Calls that only count."""
    cold, a_task = False, True

    def __init__(self, each):
        self.each, self.counter = each, itertools.count()

    def arguments(self, n):
        return itertools.repeat(None, n)

    def prepare(self):
        pass

    def call(self, _):
        next(self.counter)

    def check(self, runs):
        n = next(self.counter)
        self.counter = itertools.count(n)
        if n != runs:
            raise Wrong(f"{n} tasks ran, {runs} were submitted")


def make_work(workload, n, seed):
    if workload == "sleep16":
        return Sleeps([SIXTEEN[k % 16] for k in range(n)])
    if workload == "grid300":
        return Sleeps([0.1] * n)
    if workload in ("files", "files_cold"):
        return Files(n, seed, workload == "files_cold")
    if workload in ("spawn", "submit_wait"):
        return Empty(workload == "submit_wait")
    return None


# ---- timing ----

class Timer:
    def __init__(self, work, runtime, n):
        self.work, self.n, self.runs = work, n, 0
        self.run = runtime.each if work.each else runtime.all

    def sample(self, n):
        self.work.prepare()
        begin = time.perf_counter()
        self.run(self.work.call, self.work.arguments(n))
        took = time.perf_counter() - begin
        self.runs += n if self.work.a_task else 1
        self.work.check(self.runs)
        return took / n if self.work.a_task else took

    def warm_up(self):
        first = min(self.n, max(self.n // 100, LEAST_TASKS)) if self.work.a_task else self.n
        took = self.sample(first)
        if self.work.a_task:
            self.n = max(min(self.n, int(MOST_S / took)), 1)


def measure(work, n, threads, samples):
    with {"joblib": Joblib, "futures": Futures}[NAME](threads) as runtime:
        timer = Timer(work, runtime, n)
        if not work.cold:
            timer.warm_up()
        return [timer.sample(timer.n) for _ in range(samples)]


def answer(status, **more):
    print(json.dumps({"peer": NAME, "status": status, **more}))


def main(arguments):
    numbers = [int(a) for a in arguments[1:] if a.isdecimal()]
    if len(arguments) != 5 or len(numbers) != 4 or not 0 < numbers[2] <= MAX_SAMPLES:
        print("usage: PROGRAM WORKLOAD CALLS THREADS SAMPLES SEED", file=sys.stderr)
        return 2
    n, threads, samples, seed = numbers
    work = make_work(arguments[0], n, seed)
    if work is None:
        answer("unsupported", reason="its tasks cannot wait for tasks" if arguments[0] == "fib"
               else "is asked for tasks alone")
        return 0
    try:
        answer("ok", samples_s=measure(work, n, threads, samples))
    except Wrong as e:
        answer("wrong", reason=str(e))
    except Unsupported as e:
        answer("unsupported", reason=str(e))
    except (OSError, RuntimeError, ImportError) as e:
        answer("failed", reason=str(e)[:120] or type(e).__name__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
