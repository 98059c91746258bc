# SPDX-License-Identifier: MIT
"""What coil does differently on purpose, where asyncio can be made to do the same."""
import asyncio


def is_cancelled(future):
    """Or, of a gather, has the cancellation of another as its error."""
    return future.cancelled() or isinstance(future.exception(),
                                            asyncio.CancelledError)


class Task(asyncio.Task):
    """DESIGN 2.2: a success that came before the cancellation is returned, and
    the request waits for the next suspending call, which reports it on entry."""
    started = False
    op = None            # the operation that it is at
    yielding = False
    pending = False      # a request that waits
    extra = 0            # requests that asyncio's own count does not know
    condition = None     # that it waits for
    condition_cancelled = False
    several = None       # says whether what it waits for is decided
    group = None         # that it belongs to
    ended_body = None    # the group whose tasks it may be waiting for
    gathers = False
    gather_cancelled = False
    passes_on = ()       # to whom a gather passes a cancellation on
    gathered = ()        # by a gather that ends with the first error
    queueing = None      # a queue, and "get" or "put"
    machine = None

    def cancel(self, msg=None):
        if self.done():
            return False
        future = self._fut_waiter
        if self.machine and not self.machine.spaced:
            if self.group is not None and not self.started:
                self.machine.exclude("HOP-7")
            if self.ended_body is not None and future is not None \
                    and future is self.ended_body._on_completed_fut:
                self.machine.exclude("HOP-7")
        if self.several is not None and future is not None \
                and not future.done():
            if self.several():
                # asyncio's callbacks have still to run (HOP-4).
                self.amend("CAN-4")
                self.extra += 1
                # A gather that is cancelled reports all requests as one.
                if not self.gather_cancelled:
                    self.pending = True
                return True
            self.gather_cancelled = self.gathers
            if sum(not f.done() for f in self.gathered) > 1:
                self.machine.exclude("G-5")
        cond = self.condition
        if cond is not None and future is not None and not future.done() \
                and future not in cond._waiters:
            # It waits for the lock again, and nothing stops that (CV-6).
            self.amend("CV-6")
            self.extra += 1
            if not self.condition_cancelled:
                self.pending = True
            return True
        if future is None:
            if self.started and not self.yielding:
                if self is not asyncio.current_task():
                    self.amend("CAN-4")
                self.extra += 1
                self.pending = True
                return True
        elif future.done() and not is_cancelled(future):
            self.amend("CAN-4")
            self.extra += 1
            self.pending = True
            return True
        elif cond is not None:
            self.condition_cancelled = True
        return super().cancel()

    def amend(self, row):
        self.machine.amended.add(row)
        self.machine.moments.add((row, self.op))

    def cancelling(self):
        return super().cancelling() + self.extra

    def uncancel(self):
        if self.extra:
            self.extra -= 1
        else:
            super().uncancel()
        left = self.cancelling()
        if left == 0:
            self.pending = False
        elif self.pending:
            # asyncio guesses by the count whose request is left.
            self.machine.exclude("CAN-10")
        return left

    def checkpoint(self):
        if self.pending:
            self.pending = False
            raise asyncio.CancelledError


class Ordered(list):
    """A set whose order is not that of addresses: of a group's tasks."""

    def add(self, x):
        self.append(x)

    def discard(self, x):
        if x in self:
            self.remove(x)


class Condition(asyncio.Condition):
    """CV-7: who is cancelled before it is notified makes no notification up."""
    real = False
    machine = None

    def notify(self, n=1):
        self.real = True
        try:
            super().notify(n)
        finally:
            self.real = False

    def _notify(self, n):
        if self.real:
            super()._notify(n)
        elif any(not w.done() for w in self._waiters):
            self.machine.amended.add("CV-7")

    async def wait(self):
        if not self.locked():
            raise RuntimeError("cannot wait on un-acquired lock")
        task = asyncio.current_task()
        task.checkpoint()
        task.condition = self
        task.condition_cancelled = False
        try:
            return await super().wait()
        finally:
            task.condition = None
            if task.condition_cancelled:
                task.pending = False
