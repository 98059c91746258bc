# SPDX-License-Identifier: MIT
"""The rows of `make bench-peers` in Python, on asyncio's loop or on uvloop's.

    peer.py asyncio|uvloop ROW     prints "ROW NANOSECONDS" for each unit; nothing for
                                   a row that Python does not have
    peer.py asyncio|uvloop serve   an echo server, which prints its port
"""
import asyncio
import random
import socket
import sys
import time


async def yield_often(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def yields(count, times):
    start = time.perf_counter_ns()
    tasks = [asyncio.create_task(yield_often(times // count)) for _ in range(count)]
    for task in tasks:
        await task
    return (time.perf_counter_ns() - start) / times


async def yield_2():
    return await yields(2, 60000)


async def yield_1000():
    return await yields(1000, 60000)


async def nothing():
    pass


async def spawn():
    times = 10000
    start = time.perf_counter_ns()
    for _ in range(times):
        await asyncio.create_task(nothing())
    return (time.perf_counter_ns() - start) / times


async def alive():
    count = 100000
    event = asyncio.Event()
    start = time.perf_counter_ns()
    tasks = [asyncio.create_task(event.wait()) for _ in range(count)]
    await asyncio.sleep(0)
    event.set()
    for task in tasks:
        await task
    return (time.perf_counter_ns() - start) / count


async def lock():
    times = 200000
    a_lock = asyncio.Lock()
    start = time.perf_counter_ns()
    for _ in range(times):
        await a_lock.acquire()
        a_lock.release()
    return (time.perf_counter_ns() - start) / times


async def contended(make, count, each):
    guard = make()

    async def contend():
        for _ in range(each):
            await guard.acquire()
            await asyncio.sleep(0)
            guard.release()

    start = time.perf_counter_ns()
    tasks = [asyncio.create_task(contend()) for _ in range(count)]
    for task in tasks:
        await task
    return (time.perf_counter_ns() - start) / (count * each)


async def lock_contended():
    return await contended(asyncio.Lock, 100, 100)


async def semaphore_contended():
    return await contended(lambda: asyncio.Semaphore(3), 1000, 30)


async def queue_ping_pong():
    times = 10000
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def echo():
        for _ in range(times):
            await back.put(await there.get())

    start = time.perf_counter_ns()
    task = asyncio.create_task(echo())
    for i in range(times):
        await there.put(i)
        assert await back.get() == i
    await task
    return (time.perf_counter_ns() - start) / times


async def queue_buffered():
    times = 100000
    queue = asyncio.Queue(1000)

    async def produce():
        for i in range(times):
            await queue.put(i)

    start = time.perf_counter_ns()
    task = asyncio.create_task(produce())
    for i in range(times):
        assert await queue.get() == i
    await task
    return (time.perf_counter_ns() - start) / times


async def queue_priority():
    times = 50000
    queue = asyncio.PriorityQueue()
    keys = [random.getrandbits(64) for _ in range(times)]
    for _ in range(10000):
        await queue.put(random.getrandbits(64))
    start = time.perf_counter_ns()
    for key in keys:
        await queue.put(key)
        await queue.get()
    return (time.perf_counter_ns() - start) / times


async def event():
    waiters, rounds = 10000, 3
    events = [asyncio.Event(), asyncio.Event()]
    woken = 0
    ending = False

    async def wait_often():
        nonlocal woken
        i = 0
        while not ending:
            await events[i % 2].wait()
            woken += 1
            i += 1

    tasks = [asyncio.create_task(wait_often()) for _ in range(waiters)]
    await asyncio.sleep(0)
    start = time.perf_counter_ns()
    for i in range(rounds):
        events[i % 2].set()
        events[i % 2].clear()
        while woken < (i + 1) * waiters:
            await asyncio.sleep(0)
    each = (time.perf_counter_ns() - start) / (waiters * rounds)
    ending = True
    events[0].set()
    events[1].set()
    for task in tasks:
        await task
    return each


async def timers():
    times = 100000
    loop = asyncio.get_running_loop()
    start = time.perf_counter_ns()
    for _ in range(times):
        loop.call_later(1, nothing).cancel()
    return (time.perf_counter_ns() - start) / times


async def timeout():
    times = 20000
    start = time.perf_counter_ns()
    for _ in range(times):
        async with asyncio.timeout(1):
            pass
    return (time.perf_counter_ns() - start) / times


async def timeout_yield():
    times = 20000

    async def yield_in_scopes():
        for _ in range(times // 2):
            async with asyncio.timeout(1):
                await asyncio.sleep(0)

    start = time.perf_counter_ns()
    tasks = [asyncio.create_task(yield_in_scopes()) for _ in range(2)]
    for task in tasks:
        await task
    return (time.perf_counter_ns() - start) / times


async def sleepers():
    count = 100000
    start = time.process_time_ns()
    tasks = [asyncio.create_task(asyncio.sleep(random.random())) for _ in range(count)]
    for task in tasks:
        await task
    return (time.process_time_ns() - start) / count


def memory():
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return sum(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmPTE"))


async def task_bytes():
    count = 100000
    event = asyncio.Event()
    before = memory()
    tasks = [asyncio.create_task(event.wait()) for _ in range(count)]
    await asyncio.sleep(0)
    each = (memory() - before) / count
    event.set()
    for task in tasks:
        await task
    return each


async def send_yield():
    times = 1000000

    def bounce():
        while True:
            yield

    generator = bounce()
    next(generator)
    send = generator.send
    start = time.perf_counter_ns()
    for _ in range(times):
        send(None)
    return (time.perf_counter_ns() - start) / times


async def echo_streams(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve_streams():
    server = await asyncio.start_server(echo_streams, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def echo_sockets(connection):
    loop = asyncio.get_running_loop()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while data := await loop.sock_recv(connection, 4096):
            await loop.sock_sendall(connection, data)


async def serve_sockets():
    """A stream of asyncio reads into 256 KiB that are new each time, and is slower."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    tasks = set()
    while True:
        connection, _ = await loop.sock_accept(listener)
        connection.setblocking(False)
        tasks.add(asyncio.create_task(echo_sockets(connection)))


# Once to warm up, and once.
ROWS = dict(yield_2=yield_2, yield_1000=yield_1000, spawn=spawn, alive_warm=alive,
            lock=lock, lock_contended=lock_contended,
            semaphore_contended=semaphore_contended, queue_ping_pong=queue_ping_pong,
            queue_buffered=queue_buffered, queue_priority=queue_priority, event=event,
            timers=timers, timeout=timeout, timeout_yield=timeout_yield,
            sleepers=sleepers, send_yield=send_yield)
# Once only.
COLD = dict(alive_cold=alive, task_bytes=task_bytes)


async def measure(row):
    if row in ROWS:
        await ROWS[row]()
    print(f"{row} {await {**ROWS, **COLD}[row]():.2f}")


def main():
    loop, row = sys.argv[1:3]
    if loop == "uvloop":
        import uvloop
        uvloop.install()
    # A generator has nothing to do with a loop.
    if row == "serve":
        asyncio.run(serve_streams() if loop == "uvloop" else serve_sockets())
    elif row in COLD or row in ROWS and not (loop == "uvloop" and row == "send_yield"):
        asyncio.run(measure(row))


main()
