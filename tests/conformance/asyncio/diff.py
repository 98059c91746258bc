# SPDX-License-Identifier: MIT
"""Random programs, run by asyncio and by coil: diff.py TEST_PROGRAM N [SEED]"""
import collections
import os
import subprocess
import sys
import tempfile

import machine
from generate import generate

BATCH = 2000


def replay(binary, records):
    """Run what has been recorded; returns those that differ: the text of the
    program, and coil's trace."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
        for text, trace in records:
            f.write("%s\n= %s\n" % (text, trace))
        f.flush()
        env = dict(os.environ, COIL_TRACES=f.name, COIL_TEST_TIMEOUT="0")
        result = subprocess.run([binary, "asyncio_traces_are_those_of_coil"],
                                env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    found = {}
    lines = result.stdout.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("~ "):
            found[lines[i - 2]] = line[2:]
    if " programs, " not in result.stdout:
        # It did not come to the end: the first that it has not told of.
        return found, result.stderr
    return found, None


def replay_each(binary, records):
    """The same, finding the one that ends the program."""
    found, crash = replay(binary, records)
    if crash is None:
        return found
    if len(records) == 1:
        return {records[0][0]: "crash " + crash[-600:]}
    half = len(records) // 2
    return {**replay_each(binary, records[:half]),
            **replay_each(binary, records[half:])}


def smaller(text):
    """Programs with something left out."""
    count = 0
    while True:
        program = machine.parse(text)
        places = []

        def walk(body):
            for i, op in enumerate(body):
                places.append((body, i, False))
                if op.body is not None:
                    places.append((body, i, True))
                    walk(op.body)

        for task in program.tasks:
            walk(task)
        if count >= len(places):
            break
        body, i, unwrap = places[count]
        count += 1
        if unwrap:
            if body[i].name == "sp":
                continue
            body[i:i + 1] = body[i].body
        else:
            del body[i]
        program.number()
        yield program.text()
    program = machine.parse(text)
    if len(program.tasks) > 1 and not program.tasks[-1]:
        program.tasks.pop()
        program.number()
        yield program.text()


def record(text):
    program = machine.parse(text)
    try:
        trace, _ = machine.run(program)
    except (RecursionError, IndexError, AttributeError, RuntimeError):
        return None
    return None if trace is None else (program.text(), trace)


def shrink(binary, text, actual):
    while True:
        records = [r for r in map(record, dict.fromkeys(smaller(text))) if r]
        found = {}
        for text2, trace2 in records:
            found = replay_each(binary, [(text2, trace2)])
            if found:
                break
        if not found:
            return text, actual
        text, actual = next(iter(found.items()))


def main():
    binary, n = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    mode = sys.argv[4] if len(sys.argv) > 4 else None
    excluded = collections.Counter()
    amended = collections.Counter()
    compared = different = 0
    for first in range(seed, seed + n, BATCH):
        records = []
        for s in range(first, min(first + BATCH, seed + n)):
            program = generate(s, mode)
            trace, what = machine.run(program)
            if trace is None:
                excluded[what] += 1
                continue
            amended[" ".join(sorted(what)) or "as asyncio is"] += 1
            records.append((program.text(), trace))
        compared += len(records)
        found = replay_each(binary, records)
        different += len(found)
        for text, actual in list(found.items())[:3]:
            text, actual = shrink(binary, text, actual)
            print("%s\n= %s\n~ %s\n" % (text, record(text)[1], actual),
                  flush=True)
        if different >= int(os.environ.get("COIL_MOST", "10")):
            break
    print("%d programs compared, %d different" % (compared, different))
    print("excluded:", dict(excluded.most_common()))
    print("compared:", dict(amended.most_common()))
    return different > 0


if __name__ == "__main__":
    sys.exit(main())
