# SPDX-License-Identifier: MIT
"""Record programs and their traces: record.py CANDIDATES BYTES [SEED]

Of so many random programs, those are kept that show the most of what no other
one shows: which results follow each other, of which operations, in one task or
in two, at one time or not.
"""
import heapq
import re
import sys

import machine
from generate import generate

EVENT = re.compile(r"(\d+)\.(\d+)(\{|\(\)|:|=)(.*)|(\d+)\$(.*)")


def names(program):
    out = {}

    def walk(task, body):
        for op in body:
            out[task, op.n] = op.name
            if op.body is not None and op.name != "sp":
                walk(task, op.body)

    for task, body in enumerate(program.bodies):
        walk(task, body)
    return out


def features(program, trace):
    """What a trace shows: events, pairs and triples of them."""
    name = names(program)
    before = []
    # What amended.py has had to do with, next to what else there was.
    out = {moment + (other,) for moment in program.moments
           for other in name.values()}
    same_time = False
    for word in trace.split():
        if word.startswith("@"):
            same_time = False
            continue
        m = EVENT.fullmatch(word)
        if m is None:
            continue
        task, op, what, result, ended, how = m.groups()
        if ended is not None:
            task, event = ended, "$" + kind(how)
        else:
            event = name[int(task), int(op)] + what[0] + kind(result)
        out.add((program.mode, event))
        if before:
            last = before[-1]
            out.add((program.mode, last[1], event, last[0] == task, same_time))
            if len(before) > 1 and same_time:
                first = before[-2]
                out.add((first[1], last[1], event, first[0] == task,
                         last[0] == task))
        before = before[-1:] + [(task, event)]
        same_time = True
    return out


def kind(result):
    """A result without its number."""
    return "n" if result[:1].isdigit() and result != "0" else result[:1]


def main():
    count, size = int(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pool = []
    for s in range(seed, seed + count):
        program = generate(s)
        trace, _ = machine.run(program)
        if trace is not None:
            text = "%s\n= %s\n" % (program.text(), trace)
            pool.append((text, features(program, trace)))
    seen = set()
    kept = []
    heap = [(-len(f) / len(text), i) for i, (text, f) in enumerate(pool)]
    heapq.heapify(heap)
    # What a program adds only becomes less, so the best is found lazily.
    while heap and size > 0:
        _, i = heapq.heappop(heap)
        text, shown = pool[i]
        new = len(shown - seen)
        if heap and -new / len(text) > heap[0][0]:
            if new:
                heapq.heappush(heap, (-new / len(text), i))
            continue
        if not new:
            break
        seen |= shown
        kept.append(i)
        size -= len(text)
    print("# CPython %s, machine.py; see README.md" % sys.version.split()[0])
    for i in sorted(kept):
        sys.stdout.write(pool[i][0])
    print("%d programs of %d, %d things shown" %
          (len(kept), len(pool), len(seen)), file=sys.stderr)


if __name__ == "__main__":
    main()
