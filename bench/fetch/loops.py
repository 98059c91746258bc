# SPDX-License-Identifier: MIT
"""coil-fetch on one loop, on two, and as two processes: loops.py BUILD [TURNS]

A server over TLS (bench/https.c) is asked for short bodies and for long ones, whose
digests are made.  In each turn all three are measured, one after the other.  Printed
are the medians of the turns: processor time of coil-fetch for a request, requests a
second, and these by two loops beside those by two processes.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
TURNS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
FETCH = os.path.join(BUILD, "apps", "coil-fetch")
SERVER = os.path.join(BUILD, "bench", "https")

KINDS = {
    "short bodies": ("/get", 20000, ["--discard"]),
    "1 MiB, SHA-256": ("/big", 1500, ["--discard", "--sha256"]),
}
HOW = ("one loop", "two loops", "two processes")


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
         folder + "/key.pem", "-out", folder + "/cert.pem", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)


def begin(folder, urls, more):
    """A process that fetches these URLs."""
    handle, path = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w") as file:
        file.writelines(url + "\n" for url in urls)
    return subprocess.Popen(
        [FETCH, "-s", "-S", "--http1.1", "-c", "64", "--per-host", "64", "--cacert",
         folder + "/cert.pem", "-i", path] + more, stdin=subprocess.DEVNULL,
        env=dict(os.environ, COIL_WATCHDOG="0"))


def measure(folder, urls, more, how):
    """Microseconds of processor time for a request, and requests a second."""
    cpu = 0
    began = time.monotonic()
    if how == "two processes":
        half = ["-c", "32", "--per-host", "32"]
        clients = [begin(folder, urls[0::2], more + half),
                   begin(folder, urls[1::2], more + half)]
    else:
        loops = "2" if how == "two loops" else "1"
        clients = [begin(folder, urls, more + ["--loops", loops])]
    for client in clients:
        _, status, usage = os.wait4(client.pid, 0)
        if status != 0:
            sys.exit(f"coil-fetch has failed: {status}")
        cpu += usage.ru_utime + usage.ru_stime
    took = time.monotonic() - began
    return cpu / len(urls) * 1e6, len(urls) / took


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder)
        server = subprocess.Popen(
            [SERVER, "server", folder + "/cert.pem", folder + "/key.pem"],
            stdout=subprocess.PIPE, text=True)
        port = server.stdout.readline().split()[-1].rsplit(":", 1)[-1]
        try:
            for kind, (path, count, more) in KINDS.items():
                urls = [f"https://127.0.0.1:{port}{path}?{i}" for i in range(count)]
                seen = {how: [] for how in HOW}
                for _ in range(TURNS):
                    for how in HOW:
                        seen[how].append(measure(folder, urls, more, how))
                report(kind, seen)
        finally:
            server.terminate()
            server.wait()


def report(kind, seen):
    print(kind)
    for how in HOW:
        cpu = statistics.median(turn[0] for turn in seen[how])
        rate = statistics.median(turn[1] for turn in seen[how])
        print(f"  {how:14} {cpu:9.1f} µs of processor time {rate:9.0f} a second")
    for i, name in ((0, "processor time"), (1, "rate")):
        ratios = {
            other: statistics.median(
                a[i] / b[i] for a, b in zip(seen["two loops"], seen[other]))
            for other in ("one loop", "two processes")
        }
        print(f"  {name}: two loops to one {ratios['one loop']:.2f}, to two processes "
              f"{ratios['two processes']:.2f}")
    sys.stdout.flush()


main()
