# SPDX-License-Identifier: MIT
"""The operations of the language, with asyncio."""
import asyncio
import contextlib
import contextvars

from amended import Ordered
from program import Failure

local = contextvars.ContextVar("local", default=0)


def outcome(future):
    """What a future came to, in the words of a trace."""
    if not future.done():
        return "A"
    if future.cancelled():
        return "C"
    error = future.exception()
    if error is None:
        return future.result()
    return word(error)


def word(error):
    if isinstance(error, Failure):
        return "E%d" % error.code
    if isinstance(error, asyncio.CancelledError):
        return "C"
    if isinstance(error, TimeoutError):
        return "T"
    if isinstance(error, (asyncio.QueueShutDown, asyncio.BrokenBarrierError)):
        return "P"
    if isinstance(error, (asyncio.QueueEmpty, asyncio.QueueFull)):
        return "A"
    if isinstance(error, asyncio.InvalidStateError):
        return "I"
    if isinstance(error, (RuntimeError, ValueError)):
        return "M"
    raise error


class Context:
    """A task of the program, or a callback, while it runs."""

    def __init__(self, machine, i, task):
        self.m, self.i, self.task = machine, i, task
        self.groups = []
        self.timeouts = []
        self.handle = None
        self.returned = None

    async def align(self):
        m = self.m
        if m.spaced:
            now = m.loop.now
            slot = 2 * self.i
            at = now - now % m.period + slot
            if at <= now:
                at += m.period
            self.task.checkpoint()
            await asyncio.sleep(at - now)

    async def run(self, body):
        for op in body:
            try:
                await self.align()
            except asyncio.CancelledError:
                self.m.log("%d.%d=c" % (self.i, op.n))
                raise
            await self.step(op)
            if self.returned is not None:
                break

    async def step(self, op):
        log = "%d.%d=" % (self.i, op.n)
        if self.task is not None:
            self.task.op = op.name
        plain = getattr(self, "do_" + op.name, None)
        try:
            if plain is not None:
                result = plain(op, *op.args)
            else:
                result = await getattr(self, "co_" + op.name)(op, *op.args)
        except asyncio.CancelledError:
            self.returned = None
            self.m.log(log + "C")
            raise
        except Failure as e:
            self.returned = None
            self.m.log(log + word(e))
            if op.name in ("er", "to", "tr", "gr"):
                raise
            return
        except Exception as e:
            self.returned = None
            self.m.log(log + word(e))
            return
        if op.name == "rt" or self.returned is None:
            self.m.log(log + str(int(result) if not isinstance(result, str)
                                 else result))

    # ---- blocks

    async def co_to(self, op, k):
        self.m.log("%d.%d{" % (self.i, op.n))
        pending = self.task.pending
        async with asyncio.timeout(self.m.delay(k)) as t:
            self.timeouts.append(t)
            try:
                await self.run(op.body)
            finally:
                self.timeouts.pop()
                if pending and t.expired():
                    self.m.exclude("CAN-10")
        return "x" if t.expired() else "0"

    def do_rs(self, op, k):
        if not self.timeouts:
            return "N"
        when = None if k == -1 else self.m.loop.now + self.m.delay(k)
        self.timeouts[-1].reschedule(when)
        return 0

    async def co_gr(self, op, again):
        self.m.log("%d.%d{" % (self.i, op.n))
        level = self.task.cancelling()
        try:
            async with asyncio.TaskGroup() as g:
                g._tasks = Ordered()
                self.groups.append(g)
                try:
                    await self.run(op.body)
                except Failure:
                    if self.task.pending:
                        self.m.exclude("TG-6")
                    raise
                finally:
                    self.groups.pop()
                    self.task.ended_body = g
                # The end of a group reports it to coil's task on entry.
                if any(not t.expired() and t.when() is not None
                       and t.when() <= self.m.loop.now
                       for t in self.timeouts):
                    self.m.exclude("TO-2")
                self.task.checkpoint()
        except BaseExceptionGroup as e:
            if level:
                self.m.exclude("CAN-10")
            self.returned = None
            codes = sorted(x.code for x in e.exceptions)
            if again:
                raise Failure(codes[0])
            return "G" + ",".join(map(str, codes))
        finally:
            self.task.ended_body = None
        return 0

    def do_sp(self, op, flags):
        m = self.m
        coro = m.task(op.child, op.body)
        group = self.groups[-1] if flags & 1 and self.groups else None
        if group is not None and flags & 2 and not m.spaced:
            m.exclude("EAG-3")
        m.eager = bool(flags & 2)
        m.group = group
        m.child = op.child
        try:
            (group or m.loop).create_task(coro)
        finally:
            m.eager = False
            m.group = None
            m.child = None
            if m.tasks[op.child] is None:
                coro.close()
        return 0

    async def co_tr(self, op):
        try:
            await self.run(op.body)
        except asyncio.CancelledError:
            return "C"
        except Failure as e:
            return word(e)
        return 0

    def do_so(self, op, k):
        if k == 0:
            self.handle = self.m.loop.call_soon(self.call, op)
        else:
            self.handle = self.m.loop.call_later(self.m.delay(k), self.call, op)
        return 0

    def call(self, op):
        self.m.log("%d.%d()" % (self.i, op.n))
        callback = Context(self.m, self.i, None)
        for inner in op.body:
            coro = callback.step(inner)
            try:
                coro.send(None)
            except StopIteration:
                continue
            self.m.exclude("a callback waits")

    def do_hc(self, op):
        if self.handle is None:
            return "N"
        self.handle.cancel()
        return 0

    def do_rt(self, op, value):
        self.returned = value
        return value

    def do_er(self, op, code):
        raise Failure(code)

    # ---- time

    async def co_sl(self, op, k):
        self.task.checkpoint()
        await asyncio.sleep(k * self.m.period if self.m.spaced else k)
        return 0

    async def co_y(self, op):
        self.task.checkpoint()
        self.task.yielding = True
        try:
            await asyncio.sleep(0)
        finally:
            self.task.yielding = False
        return 0

    # ---- values of a task's own

    def do_ls(self, op, value):
        local.set(value)
        return 0

    def do_lg(self, op):
        return local.get()

    # ---- locks and semaphores

    def granted(self, waiters):
        """Somebody has been woken and has not run yet."""
        return waiters and any(w.done() and not w.cancelled() for w in waiters)

    def check_conditions(self, lock):
        """Who is notified or cancelled queues for the lock, and asyncio lets
        others have it first."""
        for c in self.m.conditions:
            if c._lock is lock and any(w.done() for w in c._waiters):
                self.m.exclude("CV-3")

    def check_release(self, lock):
        """asyncio wakes nobody while the first has been cancelled and has still
        to go; the next is woken when it does."""
        self.check_lock(lock)
        if lock._waiters and lock._waiters[0].done():
            self.m.exclude("LK-4")

    def check_lock(self, lock):
        if self.granted(lock._waiters):
            self.m.exclude("LK-2")
        self.check_conditions(lock)

    async def co_la(self, op, i):
        self.task.checkpoint()
        lock = self.m.locks[i]
        self.check_conditions(lock)
        await lock.acquire()
        return 0

    def do_lr(self, op, i):
        lock = self.m.locks[i]
        self.check_release(lock)
        lock.release()
        return 0

    def do_lk(self, op, i):
        self.check_lock(self.m.locks[i])
        return self.m.locks[i].locked()

    def check_semaphore(self, s):
        if s._value > 0 and self.granted(s._waiters):
            self.m.exclude("SM-2")

    async def co_sa(self, op):
        self.task.checkpoint()
        self.check_semaphore(self.m.semaphore)
        await self.m.semaphore.acquire()
        return 0

    def do_sr(self, op):
        self.m.semaphore.release()
        return 0

    def do_sk(self, op):
        self.check_semaphore(self.m.semaphore)
        return self.m.semaphore.locked()

    async def co_ba(self, op):
        self.task.checkpoint()
        self.check_semaphore(self.m.bounded)
        await self.m.bounded.acquire()
        return 0

    def do_br(self, op):
        self.m.bounded.release()
        return 0

    # ---- events

    def do_es(self, op, i):
        self.m.events[i].set()
        return 0

    def do_ec(self, op, i):
        self.m.events[i].clear()
        return 0

    async def co_ew(self, op, i):
        self.task.checkpoint()
        await self.m.events[i].wait()
        return 0

    def do_ei(self, op, i):
        return self.m.events[i].is_set()

    # ---- conditions

    async def co_ca(self, op, i):
        self.task.checkpoint()
        c = self.m.conditions[i]
        self.check_conditions(c._lock)
        await c.acquire()
        return 0

    def do_cr(self, op, i):
        c = self.m.conditions[i]
        self.check_release(c._lock)
        c.release()
        return 0

    def check_condition(self, c):
        """More than one notified, whom asyncio wakes all at once and coil one
        by one with the lock."""
        if sum(w.done() and not w.cancelled() for w in c._waiters) > 1 \
                and not self.m.spaced:
            self.m.exclude("CV-3")

    async def co_cw(self, op, i):
        c = self.m.conditions[i]
        self.check_release(c._lock)
        await c.wait()
        return 0

    async def co_cf(self, op, i, k):
        self.task.checkpoint()
        c = self.m.conditions[i]
        self.check_release(c._lock)
        await c.wait_for(lambda: self.m.value >= k)
        return 0

    def do_cn(self, op, i, n):
        c = self.m.conditions[i]
        if not c.locked():
            self.check_lock(c._lock)
        c.notify(n)
        self.check_condition(c)
        return 0

    def do_cN(self, op, i):
        c = self.m.conditions[i]
        if not c.locked():
            self.check_lock(c._lock)
        c.notify_all()
        self.check_condition(c)
        return 0

    def do_v(self, op):
        self.m.value += 1
        return self.m.value

    # ---- queues

    def check_queue(self, q, kind):
        """Whether a woken one that has not run yet makes a difference (Q-9)."""
        getters = self.m.in_flight(q, "get")
        putters = self.m.in_flight(q, "put")
        if not getters and not putters:
            return
        if kind == "put":
            if putters or type(q) is not asyncio.Queue:
                self.m.exclude("Q-9")
            if q.full():
                self.m.exclude("Q-9")
        else:
            self.m.exclude("Q-9")

    async def co_qp(self, op, i, v):
        self.task.checkpoint()
        q = self.m.queues[i]
        self.check_queue(q, "put")
        with self.m.queueing(q, "put"):
            await q.put(v)
        return 0

    async def co_qg(self, op, i):
        self.task.checkpoint()
        q = self.m.queues[i]
        self.check_queue(q, "get")
        with self.m.queueing(q, "get"):
            return await q.get()

    def do_qP(self, op, i, v):
        q = self.m.queues[i]
        self.check_queue(q, "put")
        q.put_nowait(v)
        return 0

    def do_qG(self, op, i):
        q = self.m.queues[i]
        self.check_queue(q, "get")
        return q.get_nowait()

    def do_qd(self, op, i):
        q = self.m.queues[i]
        if self.m.in_flight(q, "put"):
            self.m.exclude("Q-9")
        q.task_done()
        return 0

    async def co_qj(self, op, i):
        self.task.checkpoint()
        q = self.m.queues[i]
        if self.m.in_flight(q, "put"):
            self.m.exclude("Q-9")
        await q.join()
        return 0

    def do_qx(self, op, i, immediate):
        q = self.m.queues[i]
        if self.m.in_flight(q, "put") or self.m.in_flight(q, "get"):
            self.m.exclude("Q-9")
        q.shutdown(bool(immediate))
        return 0

    def do_qs(self, op, i):
        q = self.m.queues[i]
        self.check_queue(q, "size")
        return q.qsize()

    # ---- barrier

    def check_barrier(self):
        b = self.m.barrier
        if b._state.value in ("draining", "resetting"):
            self.m.exclude("BR-2")
        if any(w.done() for w in b._cond._waiters) or b._cond.locked():
            self.m.exclude("BR-2")

    async def co_rw(self, op):
        self.task.checkpoint()
        self.check_barrier()
        try:
            n = await self.m.barrier.wait()
        except asyncio.CancelledError:
            self.m.barrier_left = True
            raise
        return "w" if self.m.barrier_left else n

    def do_rk(self, op):
        self.check_barrier()
        return self.m.barrier.n_waiting

    async def co_rr(self, op):
        self.check_barrier()
        await self.m.barrier.reset()
        return 0

    async def co_ra(self, op):
        self.check_barrier()
        await self.m.barrier.abort()
        return 0

    # ---- futures and tasks

    def do_fs(self, op, f, v):
        self.m.futures[f].set_result(v)
        return 0

    def do_fe(self, op, f, e):
        self.m.futures[f].set_exception(Failure(e))
        return 0

    def do_fc(self, op, f):
        return self.m.futures[f].cancel()

    def do_fr(self, op, ref):
        future = self.m.reference(ref)
        return "N" if future is None else outcome(future)

    def awaited(self, ref):
        """A ring of tasks, each of which awaits the next, is not for asyncio to
        cancel: only those with a greater number are awaited."""
        return self.m.reference(ref) if ref < 10 or ref - 10 > self.i else None

    async def co_aw(self, op, ref):
        future = self.awaited(ref)
        if future is None:
            return "N"
        self.task.checkpoint()
        self.check_line(future)
        return await future

    def check_line(self, future):
        """coil puts those who await before those who wait for several (HOP-4),
        and hears of the end of a group's task later here (HOP-7)."""
        if not self.m.spaced and getattr(future, "group", None) is not None:
            self.m.exclude("HOP-7")
        if (future, False) in self.m.watched:
            self.m.leave_order("HOP-4")

    async def co_sh(self, op, ref):
        future = self.awaited(ref)
        if future is None:
            return "N"
        self.task.checkpoint()

        def is_decided():
            if future.cancelled():
                self.m.exclude("CAN-4")  # the two are one for coil
            return future.done()

        with self.waiting([future], "shield", is_decided):
            return await asyncio.shield(future)

    def do_cb(self, op, ref):
        future = self.m.reference(ref)
        if future is None:
            return "N"
        self.check_line(future)
        self.m.callback = lambda f: self.m.log("%d.%d()" % (self.i, op.n))
        future.add_done_callback(self.m.callback)
        return 0

    def do_cx(self, op, ref):
        future = self.m.reference(ref)
        if future is None or self.m.callback is None:
            return "N"
        if future.done():
            # coil takes back a call that is due as well.
            self.m.exclude("FUT-5")
        return future.remove_done_callback(self.m.callback)

    def do_ct(self, op, t):
        task = self.m.reference(10 + t)
        return "N" if task is None else task.cancel()

    def do_un(self, op):
        if any(t.expired() for t in self.timeouts) or any(
                g._parent_cancel_requested for g in self.groups):
            self.m.exclude("CAN-10")  # it would take theirs back
        return self.task.uncancel()

    def do_cg(self, op, t):
        task = self.m.reference(10 + t)
        if task is None:
            return "N"
        if not self.m.spaced and task.group is not None and task.done():
            self.m.exclude("HOP-7")
        if task.ended_body is not None \
                and task.ended_body._parent_cancel_requested:
            # Also of who waits for a group's end; coil makes no request there.
            self.m.exclude("CAN-10")
        return task.cancelling()

    # ---- several at once

    def several(self, refs):
        futures = []
        for ref in refs:
            future = self.awaited(ref)
            if future is not None and future not in futures:
                futures.append(future)
        return futures

    @contextlib.contextmanager
    def waiting(self, futures, kind, is_decided, gathered=()):
        """For several; a shield, which coil puts in line with those who await,
        and the others are not to meet (HOP-4)."""
        mine = [(f, kind == "shield") for f in futures]
        if not self.m.spaced and any(getattr(f, "group", None) is not None
                                     for f in futures):
            self.m.exclude("HOP-7")
        if any(f is g and shield != (kind == "shield") for f in futures
               for g, shield in self.m.watched):
            self.m.leave_order("HOP-4")
        self.m.watched += mine
        self.task.several = is_decided
        self.task.gathers = kind == "gather"
        self.task.gather_cancelled = False
        self.task.gathered = gathered
        self.task.passes_on = futures if kind == "gather" else ()
        try:
            yield
        finally:
            for one in mine:
                self.m.watched.remove(one)
            self.task.several = None
            self.task.gathered = ()
            self.task.passes_on = ()

    async def co_ga(self, op, errors, *refs):
        futures = self.several(refs)
        if not futures:
            return "N"
        self.task.checkpoint()
        def is_decided():
            done = [f for f in futures if f.done()]
            if not errors and any(f.cancelled() for f in done):
                self.m.exclude("CAN-4")  # the two are one for coil
            return len(done) == len(futures) or (not errors and any(
                f.cancelled() or f.exception() for f in done))

        with self.waiting(futures, "gather", is_decided,
                          () if errors else futures):
            try:
                results = await asyncio.gather(*futures,
                                               return_exceptions=bool(errors))
            except Failure:
                if self.task.gather_cancelled:
                    self.m.exclude("G-5")  # coil is cancelled all the same
                raise
        return "/".join(str(word(r) if isinstance(r, BaseException) else r)
                        for r in results)

    async def co_wt(self, op, mode, k, *refs):
        futures = self.several(refs)
        if not futures:
            return "N"
        self.task.checkpoint()
        modes = [asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED,
                 asyncio.FIRST_EXCEPTION]

        def is_decided():
            done = [f for f in futures if f.done()]
            return len(done) == len(futures) or (mode == 1 and done) or (
                mode == 2 and any(not f.cancelled() and f.exception()
                                  for f in done))

        begun = self.m.loop.now
        with self.waiting(futures, "many", is_decided):
            done, _ = await asyncio.wait(
                futures, timeout=None if k < 0 else self.m.delay(k),
                return_when=modes[mode])
        if k >= 0 and self.m.loop.now - begun >= self.m.delay(k) \
                and is_decided():
            # Its callbacks, or its limit, whichever came first.
            self.m.leave_order("HOP-4")
        return "".join(str(int(f in done)) for f in futures)

    async def co_wf(self, op, k, ref):
        future = self.awaited(ref)
        if future is None:
            return "N"
        self.task.checkpoint()
        self.check_line(future)
        if k == 0:
            # Cancelled meanwhile, asyncio does not wait for the future's end.
            with self.waiting([future], "shield",
                              lambda: self.m.exclude("WF-2")):
                return await asyncio.wait_for(future, 0)
        return await asyncio.wait_for(
            future, None if k < 0 else self.m.delay(k))

    async def co_ac(self, op, k, *refs):
        futures = self.several(refs)
        if not futures:
            return "N"
        self.task.checkpoint()
        if sum(f.done() for f in futures) > 1:
            self.m.exclude("AC-1")  # in the order of a set
        limit = None if k < 0 else self.m.delay(k)
        told = []
        with self.waiting(futures, "many",
                          lambda: any(f.done() and f not in told
                                      for f in futures)):
            each = asyncio.as_completed(futures, timeout=limit)
            try:
                async for f in each:
                    self.m.log("%d.%d:%d" % (self.i, op.n, futures.index(f)))
                    told.append(f)
                    self.task.checkpoint()
                    if any(g.done() and g not in told and
                           g not in each._done._queue for g in futures):
                        # Done, but its callback comes later.
                        self.m.leave_order("HOP-4")
            except TimeoutError:
                if any(f.done() and f not in told for f in futures):
                    # Done before the limit, but its callback came later.
                    self.m.exclude("HOP-4")
                raise
        return 0
