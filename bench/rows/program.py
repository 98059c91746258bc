# SPDX-License-Identifier: MIT
"""bench/rows.c and its like as programs: linked with a build, and counted."""
import os
import re
import subprocess
import sys

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENV = dict(os.environ, COIL_WATCHDOG="60000")
FEW, MANY = 20000, 60000


def private_libraries(build):
    """What libcoil.a needs besides, as coil.pc says it."""
    with open(build + "/coil.pc") as lines:
        for line in lines:
            if line.startswith("Libs.private:"):
                return line.split()[1:]
    return []


def link(sources, libraries, tree, build, to):
    """Sources of bench/, with the headers of `tree`."""
    subprocess.check_call(
        ["gcc", "-O2", "-I", tree + "/include", "-I", BENCH]
        + [BENCH + "/" + source for source in sources] + libraries
        + private_libraries(build) + ["-o", to, "-lm"])


def rows_of(program):
    run = subprocess.run([program], stdout=subprocess.PIPE,
                         universal_newlines=True)
    return run.stdout.split()


def preload(source, to):
    """A source of bench/ for programs that are linked already; what ENV becomes."""
    subprocess.check_call(["gcc", "-O2", "-shared", "-fPIC", BENCH + "/" + source,
                           "-o", to])
    return dict(ENV, LD_PRELOAD=to)


def instructions(program, times, *row, env=ENV):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         program, *row, str(times)],
        env=env, stderr=subprocess.PIPE, universal_newlines=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit("%s: valgrind failed\n%s" % (" ".join(row), run.stderr))
    return int(found.group(1))


def count(program, *row, few=FEW, many=MANY, env=ENV):
    """Of one: what making the loop and the tasks costs cancels out."""
    return ((instructions(program, many, *row, env=env)
             - instructions(program, few, *row, env=env)) / (many - few))
