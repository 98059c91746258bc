# SPDX-License-Identifier: MIT
"""The rows of `make bench-peers`: what is measured, by which programs, and the targets."""
from collections import namedtuple

# coil: a program of build/bench/bench, the figure of it, and what its unit is in that
#   of the row.
# floor: the name of the floor's figure, "" for none.
# target: one of
#   ("peer", X)    the larger of X times the best peer and 1.3 times the floor
#   ("of", P, X)   the same with the peer P
#   ("floor", X)   X times the floor
#   ("limit", N)   N of the unit
#   ("echo", X)    X times the floor, and ahead of every peer
#   None


class Row(namedtuple("Row", "name title unit coil floor target")):
    @property
    def is_http(self):
        """Its peers are clients and servers of HTTP (http_row.py)."""
        return self.name.startswith("http_")

    @property
    def is_cross(self):
        """It is between two threads, which need two processors (cross.c)."""
        return self.name.startswith("cross_")

    @property
    def kind(self):
        """Which table it is in."""
        return "http" if self.is_http else "cross" if self.is_cross else ""


def row(name, title, coil, floor, target, unit="ns", scale=1):
    return Row(name, title, unit, (*coil.split(), scale), floor, target)


ROWS = [
    row("yield_2", "yield, 2 tasks", "switch yield_2_tasks", "yield_2_tasks",
        ("peer", 0.5)),
    row("yield_1000", "yield, 1000 tasks", "switch yield_1000_tasks", "yield_1000_tasks",
        ("peer", 0.8)),
    row("spawn", "spawn and await", "spawn spawn_await", "spawn_await", ("peer", 0.6)),
    row("alive_cold", "100,000 tasks at once, new stacks", "spawn alive_cold",
        "alive_cold", ("floor", 1.2)),
    row("alive_warm", "100,000 tasks at once, used stacks", "spawn alive_warm",
        "alive_warm", ("of", "newer_tokio", 0.7)),
    row("lock", "lock, nobody else about", "lock lock_uncontended", "lock_uncontended",
        ("peer", 0.3)),
    row("lock_contended", "lock, 100 tasks", "lock lock_contended", "lock_contended",
        ("peer", 0.2)),
    row("semaphore_contended", "semaphore of 3, 1000 tasks",
        "semaphore semaphore_contended", "semaphore_contended", ("peer", 0.4)),
    row("queue_ping_pong", "queue, there and back", "queue queue_ping_pong",
        "queue_ping_pong", ("peer", 0.4)),
    row("queue_buffered", "queue of 1000, an item", "queue queue_buffered",
        "queue_buffered", ("peer", 0.22)),
    row("queue_priority", "priority queue of 10,000, compared by a function",
        "queue queue_priority", "queue_priority", ("peer", 1.0)),
    row("queue_priority_key", "priority queue of 10,000, by a key",
        "queue queue_priority_key", "queue_priority", ("peer", 0.5)),
    row("event", "event, 10,000 waiters, each", "event event_wake_10k", "event_wake_10k",
        ("peer", 0.5)),
    row("timeout", "timeout around ready work", "timers timeout_begin_end",
        "timeout_begin_end", ("peer", 0.2)),
    row("timeout_yield", "timeout around one yield of 2 tasks", "timers timeout_yield",
        "", ("peer", 0.5)),
    row("timers", "timer armed and cancelled", "timers call_later_cancel",
        "call_later_cancel", None),
    row("sleepers", "100,000 sleepers, CPU of each", "timers sleepers_100k_cpu", "",
        None, scale=10),
    row("sleepers_1m", "1,000,000 sleepers, CPU of each", "timers sleepers_1m_cpu", "",
        ("of", "go", 1.0)),
    row("task_bytes", "bytes of a parked task, with page tables",
        "memory task_bytes_100k", "", ("limit", 4300), unit="B"),
    row("send_yield", "into a coroutine and back, by hand",
        "switch coroutine_send_yield", "coroutine_send_yield", ("of", "boost", 0.5)),
    row("echo_64", "TCP echo, 64 connections, CPU of a message", "tcp_echo echo_64_cpu",
        "echo_64_cpu", ("echo", 1.05), scale=1000),
    row("echo_1000", "TCP echo, 1000 connections, CPU of a message",
        "tcp_echo echo_1000_cpu", "echo_1000_cpu", ("echo", 1.05), scale=1000),
    row("cross_items", "channel of 64, a thread at each end, an item",
        "cross channel_64", "", ("peer", 1.0)),
    row("cross_batch", "the same, up to 64 at a time", "cross channel_64_batch", "",
        ("limit", 60)),
    row("cross_anywhere", "the same, one at a time, the threads where the runtime and "
        "the kernel put them", "cross channel_64_free", "", None),
    row("cross_ping_pong", "two channels, there and back, both threads asleep in between",
        "cross channel_ping_pong", "channel_ping_pong", ("limit", 2000)),
    row("http_3", "HTTP client, 3 requests at once, CPU of each", "http_rows http_3", "",
        ("of", "wrk", 1.0)),
    row("http_100", "HTTP client, 100 requests at once, CPU of each",
        "http_rows http_100", "", ("of", "wrk", 1.0)),
    row("http_1000", "HTTP client, 1000 requests at once, CPU of each",
        "http_rows http_1000", "", ("of", "wrk", 1.0)),
    row("http_server", "HTTP server, 64 connections, CPU of a request",
        "http_rows http_server", "", ("of", "nginx", 0.91)),
]
BY_NAME = {row.name: row for row in ROWS}
# A peer has one priority queue, which is measured once.
SAME = {"queue_priority_key": "queue_priority"}

# Figures of peers that Debian does not have, by another run: 2026-11-28, an AMD EPYC
# (Zen 4), two virtual processors, Linux 6.18, beside coil of that day.
OTHERS_FROM = ("2026-11-28, an AMD EPYC (Zen 4) with two virtual processors, Linux 6.18: "
               "libdill 32d0e8b without guards, neco 9e8e19e, Photon 4dd45701, "
               "tokio 1.53.1")
OTHERS_COIL = "coil of that day"
OTHERS = {
    OTHERS_COIL: dict(
        yield_2=8.3, yield_1000=15.2, spawn=51.8, alive_cold=3874, alive_warm=697,
        lock=3.07, lock_contended=31.5, semaphore_contended=76.7, queue_ping_pong=44.0,
        queue_buffered=8.8, queue_priority=123, event=50.7, timeout=39.5, sleepers=10900,
        sleepers_1m=8800, task_bytes=4657, send_yield=23.9, echo_64=6350, echo_1000=8720),
    "libdill": dict(
        yield_2=12.4, yield_1000=32.4, spawn=47.3, alive_cold=10610, alive_warm=3358,
        queue_ping_pong=73.2, event=49.4, sleepers=16700, sleepers_1m=6300,
        task_bytes=5700, echo_64=6430, echo_1000=7970),
    "neco": dict(
        yield_2=45, yield_1000=22.8, spawn=61.7, alive_cold=20080, alive_warm=17770,
        lock=8.6, lock_contended=270, semaphore_contended=239, queue_ping_pong=149,
        queue_buffered=74.6, event=1244, task_bytes=5010, echo_64=7210, echo_1000=9010),
    "Photon": dict(
        yield_2=25.6, yield_1000=14.9, spawn=169, alive_cold=8064, alive_warm=706,
        lock=6.8, lock_contended=155, semaphore_contended=227, queue_ping_pong=196,
        queue_buffered=41.3, event=65.6, sleepers=13300, sleepers_1m=19900,
        task_bytes=8664, echo_64=5810, echo_1000=7610),
    "newer tokio": dict(
        yield_2=23.7, yield_1000=25.7, spawn=357, alive_cold=650, alive_warm=648,
        lock=19.5, lock_contended=97.6, semaphore_contended=102, queue_ping_pong=131,
        queue_buffered=36.6, queue_priority=71.7, event=97.9, timeout=28.8,
        sleepers=2000, sleepers_1m=1650, task_bytes=457, echo_64=6610, echo_1000=8060),
}

NOTES = [
    "Tasks of coil, Boost and GNU Pth have a stack of fixed size; those of tokio and "
    "Python are objects on the heap, and Go's stacks begin with 2 KiB and grow. What that "
    "means is in the row of bytes. Stacks of Boost and Pth have 64 KiB and no guard.",
    "Go has one processor (GOMAXPROCS), tokio its runtime of one thread, but their locks "
    "and counts, and those of Boost, still work between threads. Coil's primitives belong "
    "to one loop.",
    "Locks of coil, tokio, Python and Boost are handed over in order. Go's mutex is taken "
    "by whoever comes first.",
    "A yield in tokio wakes itself: tokio's own yield looks for events of sockets as well, "
    "and takes longer. Its timers are armed while an earlier one is; else each arming is a "
    "system call.",
    "A semaphore in Go is a channel of three places. Go and Rust have no priority queue to "
    "wait for: it is the heap of their libraries (container/heap, BinaryHeap), under a "
    "mutex, with a notification. An event in Go is a channel that is closed, in Boost a "
    "condition variable; a ping-pong in Boost has channels of two places, the least there "
    "is, and a buffered queue 1024.",
    "A timeout in Go is a context, which tells who asks and interrupts nothing. Around "
    "ready work neither tokio nor coil arms a timer.",
    "Timers of libuv and libev count from the time at which the loop last woke, and do not "
    "read the clock; those of coil, Go, tokio and Python do. Their floor is a reading of "
    "the clock and a list.",
    "A coroutine by hand is a generator in Python, and a context of Boost.Context and of "
    "Pth (pth_uctx) elsewhere. Pth saves the signal mask at each switch, by a system call, "
    "and asks the kernel for events at each turn.",
    "Bytes of a parked task are of 100,000 tasks, 10,000 in Pth. Boost takes part in the "
    "100,000 sleepers only: a million would need ten gigabytes. Python would need minutes.",
    "Echo servers use what is customary: streams in coil and uvloop, goroutines and tasks "
    "in Go and tokio, callbacks in libuv and libev; asyncio sockets and tasks, which are "
    "faster than its streams. The client keeps the other processor "
    "busy, which may be half of the same core.",
    "Between two threads, coil has two loops, Go two goroutines that are locked to threads "
    "(LockOSThread, GOMAXPROCS 2), tokio two runtimes of one thread, and POSIX threads a "
    "ring, a mutex and two condition variables; each thread is kept on a processor of its "
    "own. Where the runtime puts both ends, Go and tokio (a runtime of two workers) may "
    "put them into one thread. Neither has a call for several items.",
    "Clients of HTTP ask one nginx, which answers 203 bytes; servers are asked by wrk. wrk "
    "takes little of an answer apart, and its figure has its connections in it; libcurl is "
    "its multi interface, driven by epoll. nginx answers by `return`, Node by its module "
    "http. Time is that of all threads of a process.",
    "All is compiled with -O2 (Rust: opt-level 2), coil as the static library.",
]
