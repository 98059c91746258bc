# SPDX-License-Identifier: MIT
"""Measures coil beside its peers: see scripts/run/bench-peers."""
import os
import platform
import re
import shlex
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import build    # noqa: E402
import plot    # noqa: E402
import rows    # noqa: E402
from page import processor, table    # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CPU = os.environ.get("BENCH_CPU", str((os.cpu_count() or 1) - 1))
MINUTES = float(os.environ.get("BENCH_MINUTES", "16"))
ENV = dict(os.environ, COIL_WATCHDOG="60000")
SLOWER = 1.15     # than the best probe: the run is repeated
REPEATS = 3       # at most, of a run of less than a second,
SHARE = 0.2       # and no longer than this share of the time in all
LIMIT = 120       # seconds of a run
WORK = sys.argv[2]
NEEDED_FOR_MANY = 12 << 20    # kilobytes for a row of a million tasks


class Failed(Exception):
    pass


class Lacking(Exception):
    pass


class Gate:
    """Runs programs between two probes of the processor's speed."""

    def __init__(self, command):
        self.command = command
        self.best = None
        self.runs = 0
        self.missed = 0
        self.repeating = 0    # seconds so far
        for _ in range(20):
            self.once(["true"], True)

    def once(self, command, is_pinned):
        process = subprocess.Popen(
            self.command + [CPU if is_pinned else "-1"] + command, env=ENV,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            universal_newlines=True, start_new_session=True)
        try:
            out, err = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Failed(f"it took more than {LIMIT} seconds")
        probe = re.search(r"^gate (\d+) (\d+)$", err, re.M)
        if "this peer has no server" in err:
            raise Lacking()
        if process.returncode != 0 or not probe:
            lines = [line for line in err.splitlines() if not line.startswith("gate ")]
            raise Failed(lines[-1] if lines else f"exit status {process.returncode}")
        probes = list(map(int, probe.groups()))
        self.best = min(probes + ([self.best] if self.best else []))
        return out, max(probes) <= SLOWER * self.best

    def run(self, command, is_pinned):
        """What it prints, in a run for which the processor was fast, if there was one."""
        self.runs += 1
        for repeat in range(1 + REPEATS):
            start = time.monotonic()
            out, was_fast = self.once(command, is_pinned)
            took = time.monotonic() - start
            self.repeating += took if repeat > 0 else 0
            if was_fast:
                return out
            if took > 1 or self.repeating > SHARE * MINUTES * 60:
                break
        self.missed += 1
        return out


class Program:
    def __init__(self, name, title, command, version=""):
        self.name = name
        self.title = title
        self.command = command
        self.version = version
        self.values = {}      # of each row, the runs
        self.lacks = set()    # rows
        self.failed = {}      # rows, with the reason

    def add(self, row, value):
        self.values.setdefault(row, []).append(value)

    def best(self, row):
        return min(self.values[row]) if row in self.values else None

    def median(self, row):
        return statistics.median(self.values[row]) if row in self.values else None

    def takes(self, row):
        """Whether the row is for such a program at all."""
        return not row.is_http


class Coil(Program):
    """coil or the floor: the programs of build/bench/bench."""

    def __init__(self, name, title, folder, suffix, version=""):
        super().__init__(name, title, [], version)
        self.folder = folder
        self.suffix = suffix

    def takes(self, row):
        return super().takes(row) or not self.suffix

    def measure(self, gate, row):
        program, figure, scale = row.coil
        if program == "http_rows":
            return measure_http(gate, row, self.name, os.path.join(self.folder, program))
        only = figure
        if self.suffix:
            figure = row.floor + self.suffix if row.floor else ""
            only = row.floor
            program = program if program in ("tcp_echo", "cross") else "floor"
        if not figure:
            return None
        is_echo = program == "tcp_echo"
        if is_echo:
            only = row.name
        elif row.is_cross:
            only = figure
        out = gate.run([os.path.join(self.folder, program), "1", only],
                       not is_echo and not row.is_cross)
        found = re.search(rf"^{figure}\s+\S+\s+\S+\s+best (\S+)$", out, re.M)
        return float(found.group(1)) * scale if found else None


class Peer(Program):
    def __init__(self, *args, echo):
        super().__init__(*args)
        self.echo = echo

    def takes(self, row):
        if row.is_cross:
            return self.name in build.CROSS
        return super().takes(row) and self.name != "posix"

    def measure(self, gate, row):
        name = rows.SAME.get(row.name, row.name)
        if name != row.name:
            return None
        if name.startswith("echo_"):
            out = gate.run([self.echo, "beside", name[5:]] + self.command + ["serve"],
                           False)
            return float(out)
        out = gate.run(self.command + [name], not row.is_cross)
        found = re.search(rf"^{name}\s+(\S+)$", out, re.M)
        return float(found.group(1)) if found else None


class HttpPeer(Program):
    """A client or a server of HTTP."""

    def takes(self, row):
        return row.is_http and (
            self.name in build.HTTP_SERVERS) == (row.name == "http_server")

    def measure(self, gate, row):
        return measure_http(gate, row, self.name, *self.command)


def measure_http(gate, row, peer, program):
    out = gate.run([sys.executable, os.path.join(HERE, "http_row.py"), row.name, peer, CPU,
                    WORK, program], False)
    return float(out)


def memory_available():
    with open("/proc/meminfo") as info:
        found = re.search(r"MemAvailable:\s+(\d+)", info.read())
    return int(found.group(1)) if found else 0


def collect_peers(folder, echo):
    """The peers that there are, and why the others are missing."""
    chosen = os.environ.get("BENCH_PEERS", "").replace(",", " ").split()
    peers, missing = [], {}
    for name, title, make in build.PEERS:
        if chosen and name not in chosen:
            missing[title] = "it was not asked for"
            continue
        path = os.environ.get("PEER_" + name.upper())
        try:
            if path:
                command = shlex.split(path)
                version = f"{title} {build.output(*command, 'version')[:80]}".strip()
            elif make:
                print("building", title, file=sys.stderr)
                command, version = make(folder)
            else:
                raise build.Missing(f"Debian has none, and PEER_{name.upper()} is not set")
        except build.Missing as reason:
            print(f"{title} is left out: {reason}", file=sys.stderr)
            missing[title] = str(reason)
            continue
        if name in build.HTTP_CLIENTS + build.HTTP_SERVERS:
            peers.append(HttpPeer(name, title, command, version))
        else:
            peers.append(Peer(name, title, command, version, echo=echo))
    return peers, missing


def measure_one(gate, program, row):
    if (not program.takes(row) or row.name in program.lacks
            or row.name in program.failed):
        return
    try:
        value = program.measure(gate, row)
    except Lacking:
        value = None
    except (Failed, ValueError) as reason:
        print(f"{program.title}: {row.name}: {reason}", file=sys.stderr)
        program.failed[row.name] = str(reason)
        return
    if value is None:
        program.lacks.add(row.name)
    else:
        program.add(row.name, value)


def fit(rows_left, took, rounds_left, seconds):
    """The rows for which there is time: the longest are measured less often."""
    rows_left = list(rows_left)
    while rows_left and sum(took[row] for row in rows_left) * rounds_left > seconds:
        longest = max(rows_left, key=lambda row: took[row])
        rows_left.remove(longest)
        print(f"no time for {longest.name} in this round", file=sys.stderr)
    return rows_left


def measure_all(gate, coil, others, wanted):
    """Rounds of all rows; the programs take turns, and each round another is first."""
    start = time.monotonic()
    took = {}
    now_wanted = wanted
    for round_number in range(ROUNDS):
        programs = [coil] + others
        first = round_number % len(programs)
        for row in now_wanted:
            began = time.monotonic()
            for program in programs[first:] + programs[:first]:
                measure_one(gate, program, row)
            took[row] = time.monotonic() - began
        passed = time.monotonic() - start
        print(f"round {round_number + 1} of {ROUNDS}: {passed:.0f} s", file=sys.stderr)
        left = ROUNDS - round_number - 1
        now_wanted = fit(wanted, took, left, MINUTES * 60 - passed) if left else []
    longest = sorted(took, key=lambda row: -took[row])[:5]
    print("longest: " + ", ".join(f"{row.name} {took[row]:.0f} s" for row in longest),
          file=sys.stderr)


# ---- the table ----

def text(value):
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(a, b):
    return f"{a / b:.2f}" if a and b else "–"


def best_peer(peers, row):
    """(figure, title) of the best peer, or (None, "")."""
    name = rows.SAME.get(row.name, row.name)
    figures = [(peer.best(name), peer.title) for peer in peers if peer.best(name)]
    return min(figures, default=(None, ""))


def target_of(row, peers, floor):
    """(what it says, the figure or None)."""
    if not row.target:
        return "", None
    kind, *args = row.target
    best = best_peer(peers, row)[0]
    least = floor.best(row.name)
    if kind == "peer":
        x = args[0]
        figures = [x * best if best else None, 1.3 * least if least else None]
        known = [figure for figure in figures if figure]
        return f"{x} × best peer or 1.3 × floor", max(known) if best else None
    if kind == "of":
        name, x = args
        title = [title for peer, title, _ in build.PEERS if peer == name][0]
        figure = [peer.best(row.name) for peer in peers
                  if peer.name == name and peer.best(row.name)]
        says = f"{x} × {title}" if x != 1 else f"ahead of {title}"
        if not least:
            return says, x * figure[0] if figure else None
        return (says + " or 1.3 × floor",
                max(x * figure[0], 1.3 * least) if figure else None)
    if kind == "floor":
        return f"{args[0]} × floor", args[0] * least if least else None
    if kind == "limit":
        return f"{args[0]:,} {row.unit}", args[0]
    figures = [figure for figure in (args[0] * least if least else None, best) if figure]
    return f"{args[0]} × floor, ahead of all", min(figures) if figures else None


def cell(program, row):
    name = rows.SAME.get(row.name, row.name) if isinstance(program, Peer) else row.name
    if name in program.failed:
        return "failed"
    return text(program.best(name))


def command_line():
    names = ["BENCH_ONLY", "BENCH_PEERS", "BENCH_ROUNDS", "BENCH_MINUTES", "BENCH_CPU"]
    given = [f"{name}={shlex.quote(os.environ[name])}" for name in names
             if os.environ.get(name)]
    peers = ["PEER_" + name.upper() for name, _, _ in build.PEERS]
    given += [f"{name}=…" for name in peers if os.environ.get(name)]
    return " ".join(given + ["make bench-peers"])


def those_of(group, peers):
    return [peer for peer in peers if any(peer.takes(row) for row in group)]


def figures(coil, floor, peers, wanted, notes, met):
    """A table; adds to the notes, and to `met` which targets are met."""
    has_floor = not wanted[0].is_http
    lines = []
    for row in wanted:
        mine, least = coil.best(row.name), floor.best(row.name)
        best, who = best_peer(peers, row)
        says, figure = target_of(row, peers, floor)
        met[row.name] = mine <= figure if figure and mine else None
        verdict = {True: "yes", False: "**no**", None: "–" if not says else "?"}
        lines.append([row.title, cell(coil, row)] + [cell(peer, row) for peer in peers]
                     + [text(least)] * has_floor
                     + [f"{ratio(mine, best)} {who}" if mine and best else "–"]
                     + [ratio(mine, least)] * has_floor
                     + [(f"{says}: {text(figure)}" if figure else says),
                        verdict[met[row.name]]])
        for program in [coil, floor] + peers:
            if row.name in program.failed:
                notes.append(f"{program.title}, {row.title}: failed "
                             f"({program.failed[row.name]}).")
        runs = len(coil.values.get(row.name, []))
        if runs < ROUNDS:
            notes.append(f"{row.title}: {runs} runs only, for want of time.")
    return table(
        ["row", "coil"] + [peer.title for peer in peers] + ["floor"] * has_floor
        + ["of the best peer"] + ["of the floor"] * has_floor + ["target", "met"], lines)


def medians(coil, floor, peers, wanted):
    programs = [coil] + peers + [floor] * (not wanted[0].is_http)
    return table(
        ["row"] + [program.title for program in programs],
        [[row.title] + [text(program.median(
            rows.SAME.get(row.name, row.name) if isinstance(program, Peer)
            else row.name)) for program in programs]
         for row in wanted])


def results(coil, floor, peers, missing, wanted, gate, seconds):
    """The page, and for each target whether it is met."""
    here = os.path.dirname(os.path.dirname(HERE))
    commit = build.output("git", "-C", here, "describe", "--always", "--dirty")
    out = ["# coil beside its peers", "", f"    {command_line()}", "",
           f"wrote this page and `results.svg` on {time.strftime('%Y-%m-%d')}, in "
           f"{seconds / 60:.0f} minutes. Best of {ROUNDS} runs; nanoseconds of one unit "
           "unless the row says otherwise; less is better. `bench/README.md` says what "
           "the units are and how they are measured.", "",
           f"{processor()}, {os.cpu_count()} processors, {platform.system()} "
           f"{platform.release()}, {build.output(build.CC, '--version').splitlines()[0]}."
           f" coil {commit}" + "".join(f"; {peer.version}" for peer in peers
                                       if peer.version) + ".", ""]
    if gate.missed:
        much = gate.missed > gate.runs / 10
        out += [f"{'**' * much}In {gate.missed} of {gate.runs} runs the machine was not "
                f"quiet{'**' * much}: the probe of its clock was more than "
                f"{round(SLOWER * 100 - 100)} % slower than its best."
                + " These figures are good for their order of magnitude only." * much, ""]
    notes, met = [], {}
    groups = [group for group in
              ([row for row in wanted if row.kind == kind]
               for kind in ("", "cross", "http")) if group]
    for group in groups:
        out.append(figures(coil, floor, those_of(group, peers), group, notes, met))
    known = [name for name in met if met[name] is not None]
    out += [f"{sum(met[name] for name in known)} of {len(known)} targets are met.", ""]
    out += ["![coil beside its peers](results.svg)", "", "## Medians", ""]
    for group in groups:
        out.append(medians(coil, floor, those_of(group, peers), group))
    out += ["## What is not the same on both sides", ""]
    out += ["* " + note for note in notes + rows.NOTES] + [""]
    if missing:
        out += ["## Peers that were not measured", ""]
        out += [f"* {title}: {reason}." for title, reason in missing.items()] + [""]
        titles = [title for title in missing if title in rows.OTHERS]
        if titles:
            titles = [rows.OTHERS_COIL] + titles
            out += [f"Figures of another run, {rows.OTHERS_FROM}:", ""]
            out.append(table(
                ["row"] + titles,
                [[row.title] + [text(rows.OTHERS[title].get(row.name))
                                for title in titles] for row in wanted
                 if row.name in rows.OTHERS[rows.OTHERS_COIL]]))
    return "\n".join(out).rstrip() + "\n"


def main():
    folder, work, to = sys.argv[1:4]
    os.makedirs(work, exist_ok=True)
    os.makedirs(to, exist_ok=True)
    for name in os.listdir(work):
        if name.endswith(".log"):
            os.remove(os.path.join(work, name))
    names = os.environ.get("BENCH_ONLY", "").replace(",", " ").split()
    for name in names:
        if name not in rows.BY_NAME:
            sys.exit(f"there is no row {name}; rows: {' '.join(rows.BY_NAME)}")
    start = time.monotonic()
    wanted = [row for row in rows.ROWS if not names or row.name in names]
    if "queue_priority_key" in names and "queue_priority" not in names:
        wanted.insert(0, rows.BY_NAME["queue_priority"])
    if memory_available() < NEEDED_FOR_MANY:
        print("too little memory for a million tasks: those rows are left out",
              file=sys.stderr)
        wanted = [row for row in wanted if not row.name.endswith("_1m")]
    programs = os.path.join(folder, "bench")
    peers, missing = collect_peers(work, os.path.join(programs, "tcp_echo"))
    coil = Coil("coil", "coil", programs, "")
    floor = Coil("floor", "floor", programs, "_floor")
    gate = Gate(build.gate(work))
    others = [floor] + peers
    measure_all(gate, coil, others, wanted)
    page = results(coil, floor, peers, missing, wanted, gate,
                   time.monotonic() - start)
    with open(os.path.join(to, "RESULTS.md"), "w") as out:
        out.write(page)
    with open(os.path.join(to, "results.svg"), "w") as out:
        out.write(plot.draw(coil, floor, peers, wanted, rows.SAME))
    print(page)


main()
