# SPDX-License-Identifier: MIT
"""asyncio's loop on a clock that jumps; two timers of one deadline fire in the
order in which they were armed."""
import asyncio
import heapq
import selectors
from asyncio import events


class Timer(events.TimerHandle):
    __slots__ = ("seq",)

    def __lt__(self, other):
        return (self._when, self.seq) < (other._when, other.seq)


class Selector(selectors.BaseSelector):
    loop = None

    def register(self, fileobj, events_, data=None):
        return selectors.SelectorKey(fileobj, 0, events_, data)

    def unregister(self, fileobj):
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_map(self):
        return {}

    def get_key(self, fileobj):
        raise KeyError(fileobj)

    def close(self):
        pass

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("nothing to do")
        if timeout > 0:
            self.loop.now = self.loop._scheduled[0]._when
        return []


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = 0
        self.seq = 0
        selector = Selector()
        selector.loop = self
        super().__init__(selector)
        self._clock_resolution = 1e-6

    def _make_self_pipe(self):
        self._ssock = self._csock = None

    def _close_self_pipe(self):
        pass

    def time(self):
        return self.now

    def call_at(self, when, callback, *args, context=None):
        timer = Timer(when, callback, args, self, context)
        self.seq += 1
        timer.seq = self.seq
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer
