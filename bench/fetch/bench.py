# SPDX-License-Identifier: MIT
"""coil-fetch beside others on a fleet of local hosts: bench.py BUILD [OUTPUT]

Measures, and writes the tables to OUTPUT/fetch.md and the picture to
OUTPUT/fetch.svg; scripts/run/bench-fetch says what can be set.
"""
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import clients    # noqa: E402
import ideal    # noqa: E402
import plot    # noqa: E402
from page import processor, table    # noqa: E402

PLACES = 256
OF_HOST = 4
TIMEOUT = 150


def setting(name, value):
    return type(value)(os.environ.get(name, value))


ROUNDS = setting("BENCH_ROUNDS", 3)
URLS = setting("BENCH_URLS", 100000)
MIDDLE = setting("BENCH_MIDDLE", 10000)
LINES = setting("BENCH_LINES", 10000000)
SMALL = setting("BENCH_SMALL", 500)
ONLY = setting("BENCH_ONLY", "faults kill kept tls http2 start").split()
CLIENTS = setting("BENCH_CLIENTS", "").split(",")


def say(*words):
    print(*words, file=sys.stderr, flush=True)


# ---- processes ----

class Fleet:
    """A server of its own for each run, so that each begins with nothing."""

    def __init__(self, build, work, *options):
        self.program = os.path.join(build, "bench", "fleet")
        self.options = [str(option) for option in options]
        self.log = os.path.join(work, "fleet.log")
        self.process = subprocess.Popen(
            [self.program, *self.options, "serve"], stdout=open(self.log, "w"),
            stderr=open(os.path.join(work, "fleet.err"), "w"))
        self.port = None
        while self.port is None:
            for line in open(self.log):
                if "listening on port" in line:
                    self.port = int(line.split()[-1])
            if self.process.poll() is not None:
                raise SystemExit("the fleet does not start: "
                                 + open(os.path.join(work, "fleet.err")).read())
            time.sleep(0.01)

    def list(self):
        out = subprocess.run([self.program, *self.options, "--port",
                              str(self.port), "list"], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def script(self):
        return subprocess.run([self.program, *self.options, "script"],
                              stdout=subprocess.PIPE, text=True, check=True).stdout

    def stop(self):
        self.process.terminate()
        self.process.wait()
        text = open(self.log).read()
        return json.loads(text[text.rindex("\n{\n"):])


class Run:
    """A client's run: seconds, processor time and memory of it and its children."""

    def __init__(self, argv, env, work, kill_when=None, limit=TIMEOUT):
        start = time.monotonic()
        self.process = subprocess.Popen(
            argv, env={**os.environ, "LC_ALL": "C", **env}, cwd=work,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(f"{work}/stderr", "w"), start_new_session=True)
        self.timed_out = False
        self.memory = 0
        # What wait4() says of memory begins with that of this process.
        watcher = threading.Thread(target=self.watch_memory)
        watcher.start()
        timer = threading.Timer(limit, self.give_up)
        timer.start()
        if kill_when:
            kill_when()
            self.kill()
        _, status, usage = os.wait4(self.process.pid, 0)
        timer.cancel()
        self.process.returncode = status    # nobody waits for it again
        self.seconds = time.monotonic() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        watcher.join()
        self.status = os.waitstatus_to_exitcode(status)
        if self.timed_out or kill_when:
            self.kill()     # what it has left behind

    def watch_memory(self):
        """The most that the first process has had, in MiB."""
        try:
            while True:
                with open(f"/proc/{self.process.pid}/status") as file:
                    peak = [line for line in file if line.startswith("VmHWM")]
                if not peak:
                    return      # it has ended
                self.memory = int(peak[0].split()[1]) / 1024
                time.sleep(0.02)
        except OSError:
            pass

    def give_up(self):
        self.timed_out = True
        self.kill()

    def kill(self):
        """The whole group, which nobody else is in."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Folder:
    """In memory where there is such a place: the disk is not what is measured."""

    def __enter__(self):
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.path = tempfile.mkdtemp(prefix="bench-fetch-", dir=where)
        return self.path

    def __exit__(self, *unused):
        shutil.rmtree(self.path, ignore_errors=True)


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def best_and_median(values, form="{:.1f}"):
    return f"{form.format(min(values))} ({form.format(median(values))})"


def size_of(client):
    """How many URLs the client gets: fewer if it takes long for each."""
    if client.small_only:
        return SMALL
    quick = isinstance(client, (clients.CoilFetch, clients.Curl))
    return URLS if quick else min(URLS, MIDDLE)


# ---- hosts that fail and limit ----

FAULTY = ["--hosts", 100, "--limit", OF_HOST, "--global", PLACES]
MOST_US = 30000


def run_faults(build, client, urls):
    with Folder() as work:
        fleet = Fleet(build, work, *FAULTY, "--urls", urls)
        argv, env = client.command(work, fleet.list(), PLACES, OF_HOST)
        run = Run(argv, env, work)
        report = fleet.stop()
    report.update(seconds=run.seconds, cpu=run.cpu, memory=run.memory,
                  status=run.status, timed_out=run.timed_out)
    say(f"  {client.name}: {run.seconds:.1f} s, {run.cpu / urls * 1e6:.1f} us/URL, "
        f"missing {report['missing']}, over {report['over_limit']}, in window "
        f"{report['in_window']}, inversions {report['inversions']}, status "
        f"{run.status}{' (gave up)' if run.timed_out else ''}")
    return report


def says_of_failures(build, client):
    """Whether the status tells of one 500 among six, and of six that are well."""
    statuses = []
    for failing in (False, True):
        with Folder() as work:
            fleet = Fleet(build, work, "--hosts", 1, "--urls", 6, "--faults", 0,
                          "--limited", 0)
            lines = fleet.list()
            if failing:
                lines[2][1] = f"http://127.1.0.1:{fleet.port}/status/500"
            client_retries, clients.RETRIES = clients.RETRIES, 1
            argv, env = client.command(work, lines, 4, 4)
            clients.RETRIES = client_retries
            statuses.append(Run(argv, env, work).status)
            fleet.stop()
    return statuses


def measure_faults(build, there):
    plans = {}
    for urls in sorted({size_of(client) for client, _ in there}):
        with Folder() as work:
            fleet = Fleet(build, work, *FAULTY, "--urls", urls)
            script = ideal.read_script(fleet.script(), MOST_US)
            fleet.stop()
        plans[urls] = (ideal.bound(script, PLACES, OF_HOST, 1),
                       ideal.simulate(script, PLACES, OF_HOST, 1))
        say(f"{urls} URLs: at least {plans[urls][0]:.2f} s, a schedule without cost "
            f"{plans[urls][1]:.2f} s")
    reports = {client.name: [] for client, _ in there}
    for turn in range(ROUNDS):
        say(f"faults, round {turn + 1}")
        for client, _ in there:
            if any(report["timed_out"] for report in reports[client.name]):
                continue
            urls = size_of(client)
            reports[client.name].append(run_faults(build, client, urls))
    rows = []
    results = []
    for client, _ in there:
        runs = reports[client.name]
        urls = size_of(client)
        good, failing = says_of_failures(build, client)
        worst = {key: max(run[key] for run in runs) for key in
                 ("over_limit", "in_window", "inversions", "missing")}
        ends_right = (good == 0 and failing != 0 and all(
            (run["status"] == 0) == (run["missing"] == 0) for run in runs))
        ratio = [run["seconds"] / plans[urls][1] for run in runs]
        cpu = [run["cpu"] / urls * 1e6 for run in runs]
        gave_up = any(run["timed_out"] for run in runs)
        results.append(dict(name=client.name, urls=urls, cpu=min(cpu),
                            ratio=min(ratio), gave_up=gave_up,
                            ends_right=ends_right, **worst))
        rows.append([
            client.name, f"{urls:,}",
            ("> " if gave_up else "") + best_and_median(ratio, "{:.2f}"),
            best_and_median(cpu),
            f"{max(run['memory'] for run in runs):.0f}",
            f"{worst['over_limit']:,}", f"{worst['in_window']:,}",
            f"{worst['inversions']:,}", f"{worst['missing']:,}",
            "right" if ends_right else "**wrong**"])
    text = table(["client", "URLs", "makespan / ideal", "CPU µs/URL", "RSS MiB",
                  "over the limit", "within Retry-After", "against priority",
                  "never fetched", "exit status"], rows)
    for urls, (least, schedule) in plans.items():
        text += (f"\nIdeal for {urls:,} URLs: {schedule:.2f} s "
                 f"(no schedule at all can need less than {least:.2f} s).\n")
    return text, results


# ---- kill -9 ----

KILL_URLS = 5000


def report_of(port):
    url = f"http://127.1.0.1:{port}/report"
    return json.load(urllib.request.urlopen(url, timeout=10))


def wait_for_requests(port, wanted, process):
    while process.poll() is None and report_of(port)["requests"] < wanted:
        time.sleep(0.005)


def measure_kill(build, there):
    """Killed in the middle, and begun again as well as the client can."""
    rows = []
    results = {}
    for client, _ in there:
        urls = 500 if client.small_only else KILL_URLS
        with Folder() as work:
            fleet = Fleet(build, work, "--hosts", 100, "--urls", urls, "--faults", 0,
                          "--limited", 0, "--limit", OF_HOST, "--global", PLACES,
                          "--size", "2000-900000")
            lines = fleet.list()
            sizes = {line.split("\t")[0]: int(line.split("\t")[4])
                     for line in fleet.script().splitlines()}
            argv, env = client.command(work, lines, PLACES, OF_HOST, keep=True)
            killed = Run.__new__(Run)
            Run.__init__(killed, argv, env, work, kill_when=lambda: wait_for_requests(
                fleet.port, urls * 2 // 5, killed.process))
            before = report_of(fleet.port)["fetched"]
            argv, env = client.command(work, lines, PLACES, OF_HOST, keep=True)
            run = Run(argv, env, work)
            report = fleet.stop()
            done = client.done(work)
        whole = sum(sizes.get(name) == size for name, size in done)
        broken = len({name for name, _ in done if name in sizes}) - whole
        results[client.name] = {"lost": urls - whole, "kill_urls": urls}
        say(f"  {client.name}: killed after {before}, then {whole} whole, "
            f"{broken} broken, {report['doubled']} twice, status {run.status}")
        rows.append([client.name, f"{urls:,}", f"{before:,}", f"{urls - whole:,}",
                     f"{broken:,}", f"{report['doubled']:,}", str(run.status)])
    return table(["client", "URLs", "fetched when killed", "missing in the end",
                  "half files under a final name", "fetched twice",
                  "exit status of the second run"], rows), results


# ---- what a URL costs ----

def pinned(argv):
    if shutil.which("taskset") and os.cpu_count() > 1:
        return ["taskset", "-c", str(os.cpu_count() - 1)] + argv
    return argv


def certificate(work):
    """One for the addresses of the fleet's first ten hosts."""
    names = ",".join(f"IP:127.1.0.{i}" for i in range(1, 11))
    run = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=fleet",
         "-addext", f"subjectAltName={names}", "-keyout", f"{work}/key.pem", "-out",
         f"{work}/ca.pem"], stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    return f"{work}/ca.pem", f"{work}/key.pem"


COST = ["--faults", 0, "--limited", 0, "--latency", 0, "--size", 200,
        "--priorities", 1]


def measure_cost(build, there, kind, urls, least):
    """Small answers that come at once, over connections that stay."""
    cpu = {client.name: [] for client, _ in there}
    rate = {client.name: [] for client, _ in there}
    of = {}
    for turn in range(ROUNDS):
        say(f"{kind}, round {turn + 1}")
        for client, _ in there:
            if client.small_only or (kind == "http2" and not client.http2):
                continue
            count = urls if isinstance(client, (clients.CoilFetch, clients.Curl)) \
                else least
            of[client.name] = count
            with Folder() as work:
                options = ["--hosts", 10, "--urls", count, *COST]
                ca = None
                if kind != "kept":
                    ca, key = certificate(work)
                    options += ["--cert", ca, "--key", key]
                fleet = Fleet(build, work, *options)
                argv, env = client.command(work, fleet.list(), 60, 6, ca=ca,
                                           h2=kind == "http2")
                run = Run(pinned(argv), env, work)
                report = fleet.stop()
            cpu[client.name].append(run.cpu / count * 1e6)
            rate[client.name].append(count / run.seconds)
            say(f"  {client.name}: {run.cpu / count * 1e6:.1f} us, "
                f"{count / run.seconds:.0f}/s, missing {report['missing']}")
            if report["missing"]:
                say(open(f"{work}/stderr").read()[:500]
                    if os.path.exists(f"{work}/stderr") else "")
    rows = []
    mine = min(cpu["coil-fetch"]) if cpu.get("coil-fetch") else None
    for client, _ in there:
        values = cpu[client.name]
        if values:
            rows.append([client.name, f"{of[client.name]:,}", best_and_median(values),
                         f"{min(values) / mine:.2f}" if mine else "–",
                         f"{max(rate[client.name]):,.0f}"])
    return table(["client", "URLs", "CPU µs/URL", "/ coil-fetch", "URLs/s"], rows)


# ---- what a URL costs, whatever else the machine does ----

COUNTED = 4000


def instructions_in(work):
    """Of user space, as callgrind counts them."""
    for line in open(f"{work}/counts"):
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise SystemExit("callgrind has counted nothing")


def calls_in(work):
    """Those for sockets, as strace counts them: how often is waited depends on the
    machine."""
    for line in open(f"{work}/counts"):
        if line.split()[-1:] == ["total"]:
            return int(line.split()[3])
    raise SystemExit("strace has counted nothing")


COUNTERS = (
    ("valgrind", ["-q", "--tool=callgrind", "--callgrind-out-file=counts"],
     instructions_in),
    ("strace", ["-f", "-c", "-e", "trace=network", "-o", "counts"], calls_in),
)


def count_of(build, client, counter, urls):
    program, options, read = counter
    with Folder() as work:
        fleet = Fleet(build, work, "--hosts", 10, "--urls", urls, *COST)
        argv, env = client.command(work, fleet.list(), 60, 6)
        Run([program, *options, *argv], env, work)
        fleet.stop()
        return read(work)


def measure_counts(build, there):
    """So many URLs, and twice as many: the difference has no start in it."""
    rows = []
    for client, _ in there:
        if not isinstance(client, (clients.CoilFetch, clients.Curl)):
            continue
        row = [client.name]
        for counter in COUNTERS:
            if not shutil.which(counter[0]):
                row.append("–")
                continue
            once, twice = (count_of(build, client, counter, n * COUNTED)
                           for n in (1, 2))
            row.append(f"{(twice - once) / COUNTED:,.1f}")
        say("  " + ", ".join(row))
        rows.append(row)
    return table(["client", "instructions/URL", "calls for sockets/URL"], rows)


# ---- the first packet ----

def measure_start(build, there):
    """From the start of the program until its first connection is there.  coil-fetch
    is measured as it is installed: from a build tree the loader searches more."""
    with Folder() as prefix:
        subprocess.run(["cmake", "--install", build, "--prefix", prefix],
                       check=True, stdout=subprocess.DEVNULL)
        for client, _ in there:
            if isinstance(client, clients.CoilFetch):
                client.program = f"{prefix}/bin/coil-fetch"
        return measure_starts(there)


def measure_starts(there):
    rows = []
    for client, _ in there:
        values = []
        for _ in range(ROUNDS * 5):
            with Folder() as work:
                listener = socket.create_server(("127.1.0.1", 0))
                port = listener.getsockname()[1]
                argv, env = client.command(
                    work, [("0", f"http://127.1.0.1:{port}/u/0")], 4, 4)
                start = time.monotonic()
                process = subprocess.Popen(
                    argv, env={**os.environ, **env}, cwd=work,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    stdin=subprocess.DEVNULL, start_new_session=True)
                listener.settimeout(20)
                try:
                    connection, _ = listener.accept()
                    values.append((time.monotonic() - start) * 1e3)
                    connection.close()
                except socket.timeout:
                    say(f"  {client.name}: no connection")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                listener.close()
        if values:
            say(f"  {client.name}: {min(values):.2f} ms")
            rows.append([client.name, best_and_median(values, "{:.2f}")])
    return table(["client", "ms"], rows)


# ---- very many lines ----

def measure_lines(build, there):
    """Time and memory for LINES URLs: planned, fetched, and found to be done."""
    client = there[0][0]
    rows = []
    with Folder() as work:
        options = ["--hosts", 10, "--urls", LINES, *COST]
        fleet = Fleet(build, work, *options)
        with open(f"{work}/urls", "w") as file:
            subprocess.run([fleet.program, *fleet.options, "--port", str(fleet.port),
                            "list"], stdout=file, check=True)
        base = [client.program, "-s", "-i", f"{work}/urls", "-c", "60"]
        fetch = base + ["--discard", "--journal", f"{work}/journal"]
        for title, argv in (
                ("--dry-run", base + ["--dry-run"]),
                ("--dry-run --no-dedupe", base + ["--dry-run", "--no-dedupe"]),
                ("--discard --journal", fetch),
                ("the same with --resume, all is done", fetch + ["--resume"])):
            before = report_of(fleet.port)["requests"]
            run = Run(argv, {}, work, limit=3600)
            requests = report_of(fleet.port)["requests"] - before
            journal = 0
            if os.path.exists(f"{work}/journal"):
                journal = os.path.getsize(f"{work}/journal")
            say(f"  {title}: {run.seconds:.1f} s, {run.cpu:.1f} s of processor, "
                f"{run.memory:.0f} MiB, {requests} requests, journal {journal}, "
                f"status {run.status}")
            rows.append([title, f"{run.seconds:.1f}", f"{run.cpu / LINES * 1e6:.2f}",
                         f"{run.memory:.0f}", f"{requests:,}",
                         f"{journal / 1e6:.0f}" if journal else "–",
                         str(run.status)])
        fleet.stop()
    return table([f"{LINES:,} lines", "s", "CPU µs/URL", "RSS MiB", "requests",
                  "journal, MB", "exit status"], rows)


# ---- all of it ----

TITLES = {
    "faults": "Hosts that fail and limit",
    "kill": "Killed in the middle, and begun again",
    "kept": "What a URL costs: HTTP/1.1, connections kept",
    "tls": "What a URL costs: HTTP/1.1 over TLS",
    "http2": "What a URL costs: HTTP/2 over TLS",
    "counts": "What a URL costs, counted: HTTP/1.1, connections kept",
    "start": "From the start to the first connection",
    "lines": "Very many lines",
}


def main():
    build = os.path.abspath(sys.argv[1])
    output = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else ".")
    there = [(client, version) for client, version in clients.installed(build)
             if CLIENTS == [""] or any(client.name.startswith(name)
                                       for name in CLIENTS)]
    begun = time.monotonic()
    text = [f"{os.cpu_count()} processors ({processor()}), Linux "
            f"{platform.release()}; " + "; ".join(version for _, version in there)
            + f". Best of {ROUNDS} rounds, the median in brackets; of what is broken, "
            "the worst round.\n"]
    results = []
    lost = {}
    for what in ONLY:
        if what == "faults":
            part, results = measure_faults(build, there)
        elif what == "kill":
            part, lost = measure_kill(build, there)
        elif what == "counts":
            part = measure_counts(build, there)
        elif what == "start":
            part = measure_start(build, there)
        elif what == "lines":
            part = measure_lines(build, there)
        elif what == "kept":
            part = measure_cost(build, there, what, URLS, URLS // 5)
        else:
            part = measure_cost(build, there, what, URLS // 5, URLS // 10)
        text.append(f"## {TITLES[what]}\n\n{part}")
        print(text[-1], flush=True)
    say(f"all of it took {time.monotonic() - begun:.0f} s")
    os.makedirs(output, exist_ok=True)
    with open(f"{output}/fetch.md", "w") as file:
        file.write("\n".join(text))
    if results:
        for result in results:
            result.update(lost.get(result["name"], {"lost": 0}))
        with open(f"{output}/fetch.svg", "w") as file:
            file.write(plot.draw(results))


if __name__ == "__main__":
    main()
