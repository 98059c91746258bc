# SPDX-License-Identifier: MIT
"""A program, run by CPython's asyncio on a virtual clock.

All is asyncio's own, but for what amended.py says.  What cannot be amended raises
Excluded, which names the row of docs/conformance.md.
"""
import asyncio
import contextlib
import sys

from amended import Condition, Task
from clock import Loop
from operations import Context, outcome
from program import Excluded, Failure, parse  # parse is for others

FUTURES = 4
PERIOD_ROUNDS = 60  # spaced: rounds before what still waits is cancelled
DENSE_HORIZON = 100

# Of the tasks of programs that have been excluded.
sys.unraisablehook = lambda what: None


class Machine:
    def __init__(self, program):
        self.program = program
        self.amended = set()
        self.moments = set()  # and of which operation
        self.trace = []
        self.logged_at = None
        self.excluded = None
        self.spaced = program.mode in "su"
        self.period = 2 * (len(program.bodies) + 1)

    def exclude(self, why):
        """asyncio may swallow the exception, so this is kept."""
        if self.excluded is None:
            self.excluded = why
        raise Excluded(why)

    def leave_order(self, why):
        """Where turns do not decide what happens, only its order is excluded."""
        if not self.spaced:
            self.exclude(why)
        self.program.mode = "u"

    def log(self, text):
        now = self.loop.now
        if now != self.logged_at:
            self.logged_at = now
            self.trace.append("@%d" % now)
        self.trace.append(text)

    def delay(self, k):
        """Spaced: a timer of a task is due between its turns and others'."""
        if k == -2:
            return 0
        return k * self.period + 1 if self.spaced else k

    def run(self):
        asyncio.set_event_loop(None)
        self.loop = Loop()
        self.loop.set_exception_handler(lambda loop, context: None)
        self.loop.set_task_factory(self.make_task)
        try:
            self.loop.run_until_complete(self.main())
        except Excluded:
            pass
        finally:
            self.loop._ready.clear()
            self.loop._scheduled.clear()
            self.loop.close()
        return " ".join(self.trace)

    def make_task(self, loop, coro, **kwargs):
        kwargs.pop("eager_start", None)
        task = Task.__new__(Task)
        task.machine = self
        eager, self.eager = self.eager, False
        child, self.child = self.child, None
        task.group = self.group
        if child is not None:
            self.tasks[child] = task
        task.__init__(coro, loop=loop, eager_start=eager, **kwargs)
        return task

    eager = False
    group = None
    child = None  # whose task is made

    def make_objects(self):
        p = self.program
        self.tasks = [None] * len(p.bodies)
        self.locks = [asyncio.Lock(), asyncio.Lock()]
        self.semaphore = asyncio.Semaphore(p.sizes[0])
        self.bounded = asyncio.BoundedSemaphore(p.sizes[1])
        self.barrier = asyncio.Barrier(p.sizes[2])
        self.barrier_left = False
        self.events = [asyncio.Event(), asyncio.Event()]
        self.conditions = [Condition(), Condition(self.locks[1])]
        self.barrier._cond = Condition()
        for c in self.conditions + [self.barrier._cond]:
            c.machine = self
        kinds = {"f": asyncio.Queue, "l": asyncio.LifoQueue,
                 "p": asyncio.PriorityQueue}
        self.queues = [kinds[k](n) for k, n in p.queues]
        self.futures = [self.loop.create_future() for _ in range(FUTURES)]
        self.watched = []  # futures, and whether by a shield
        self.value = 0
        self.callback = None  # the last one that was registered

    async def main(self):
        self.make_objects()
        asyncio.current_task().started = True
        for i, body in enumerate(self.program.tasks):
            self.child = i
            self.loop.create_task(self.task(i, body))
        await asyncio.sleep(PERIOD_ROUNDS * self.period - 2 if self.spaced
                            else DENSE_HORIZON)
        for _ in range(12):
            left = [i for i, t in enumerate(self.tasks)
                    if t is not None and not t.done()]
            if not left:
                break
            self.log("!" + ",".join(str(i) for i in left))
            for i in left:
                self.log("x%d=%d" % (i, self.tasks[i].cancel()))
                await asyncio.sleep(self.period)
            # Who waited for a condition needs its lock to end.
            for lock in self.locks + [self.conditions[0]]:
                if lock.locked():
                    lock.release()
                    await asyncio.sleep(self.period)
        else:
            self.exclude("does not end")
        self.log("L%d%d%d" % (self.locks[0].locked(), self.locks[1].locked(),
                              self.conditions[0].locked()))
        self.log("S%d,%d" % (self.semaphore._value, self.bounded._value))
        self.log("Q%d,%d" % (self.queues[0].qsize(), self.queues[1].qsize()))
        self.log("B%d" % self.barrier.broken)
        self.log("F" + ",".join(str(outcome(f)) for f in self.futures))

    async def task(self, i, body):
        me = asyncio.current_task()
        me.started = True
        ctx = Context(self, i, me)
        try:
            await ctx.run(body)
            if ctx.returned is None:
                await ctx.align()
            result = ctx.returned or 0
            if me.pending:
                self.check_untold(me)
            self.log("%d$%d" % (i, result))
            return result
        except Failure as e:
            if me.pending:
                self.check_untold(me)
            self.log("%d$E%d" % (i, e.code))
            raise
        except asyncio.CancelledError:
            self.log("%d$C" % i)
            raise

    def check_untold(self, task):
        """It ends with a request that it was not told of (CAN-5): which goes back
        to who passed it on."""
        for other in self.tasks:
            if other is not None and (other._fut_waiter is task
                                      or task in other.passes_on):
                self.exclude("CAN-5")

    def reference(self, ref):
        if ref < 10:
            return self.futures[ref]
        if ref - 10 >= len(self.tasks):
            return None
        task = self.tasks[ref - 10]
        if task is not None and task.group is not None and not self.spaced \
                and task.done() and task in task.group._tasks:
            self.exclude("HOP-7")  # the group has not heard of it yet
        return task

    def in_flight(self, queue, kind):
        """Who has been woken by a queue and has not run yet."""
        return any(t is not None and t.queueing == (queue, kind)
                   and t._fut_waiter is not None and t._fut_waiter.done()
                   and not t._fut_waiter.cancelled() for t in self.tasks)

    @contextlib.contextmanager
    def queueing(self, queue, kind):
        task = asyncio.current_task()
        task.queueing = (queue, kind)
        try:
            yield
        finally:
            task.queueing = None


def run(program):
    """The trace, or None, and why not, or what has been amended."""
    machine = Machine(program)
    trace = machine.run()
    if machine.excluded is not None:
        return None, machine.excluded
    if program.mode == "u":
        trace = unordered(trace)
    program.moments = machine.moments
    return trace, machine.amended


def unordered(trace):
    """The same, without the order of what happens at one time."""
    out = []
    for part in trace.split("@")[1:]:
        time, *events_ = part.split()
        out += ["@" + time] + sorted(events_)
    return " ".join(out)
