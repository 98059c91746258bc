# SPDX-License-Identifier: MIT
"""Random programs of the little language."""
import random

from program import Op, Program, parse


MOST_TASKS = 12


class Generator:
    """One program.  A few families of operations are chosen for each, so that
    its tasks have to do with each other."""

    FAMILIES = ["lock", "sem", "bounded", "event", "cond", "queue", "barrier",
                "future", "await", "cancel", "timeout", "group", "call", "several",
                "uncancel", "eager", "spawn", "local"]

    def __init__(self, seed, mode=None):
        r = self.r = random.Random(seed)
        self.mode = mode or r.choice("sd")
        self.names = set(r.sample(self.FAMILIES, r.choice([1, 2, 2, 3, 3, 4, 5])))
        self.is_race = r.random() < 0.2
        if self.is_race:
            self.mode = mode or "d"
        self.left = r.randint(6, 34)  # operations
        self.tasks = self.first = r.choice([2, 2, 3, 3, 4, 5])
        self.max_tasks = self.tasks + r.choice([0, 1, 2, 3])
        # One object of each kind is met more often than two.
        self.kinds = r.choice([1, 1, 2])
        # All within few turns, or spread over time.
        self.delays = r.choice([[1], [1, 1, 2], [1, 1, 2, 2, 3, 4, 6]])
        self.yields = r.choice([0.1, 0.4, 0.8])

    def program(self):
        r = self.r
        sizes = [r.choice([0, 1, 1, 2, 3]), r.choice([1, 1, 2]),
                 r.choice([1, 2, 2, 2, 3, 3, 4])]
        queues = [(r.choice("fffflp"), r.choice([0, 1, 1, 2, 3]))
                  for _ in range(2)]
        if self.is_race:
            sizes = [1, 1, r.choice([2, 3])]
            queues = [("f", r.choice([0, 1, 2])), ("f", 1)]
            return Program("u" if self.mode == "s" else "d", sizes, queues,
                           self.race())
        share = max(2, self.left // self.tasks)
        tasks = [self.body(i, r.randint(1, share + 2), 0)
                 for i in range(self.first)]
        mode = "u" if self.mode == "s" and "group" in self.names else self.mode
        return Program(mode, sizes, queues, tasks)

    def body(self, task, length, depth):
        out = []
        while length > 0:
            length -= 1
            out += self.op(task, depth)
        return out

    def one(self):
        return self.r.randrange(self.kinds)

    def ref(self, task):
        """What `task` may await: a future, or a task behind it."""
        choices = []
        if "future" in self.names:
            choices += range(2)
        if "await" in self.names or "future" not in self.names:
            # Those within a task have greater numbers than those around it.
            choices += [10 + i for i in range(task + 1, self.max_tasks)]
        return self.r.choice(choices or [0])

    def delay(self):
        return self.r.choice(self.delays)

    def op(self, task, depth):
        r = self.r
        family = r.choice(sorted(self.names) + ["time"])
        return getattr(self, "make_" + family)(task, depth)

    def time(self):
        r = self.r
        if r.random() < self.yields:
            return [Op("y", [])]
        return [Op("sl", [self.delay()])]

    def make_time(self, task, depth):
        if self.r.random() < 0.08:
            return [Op("rt", [self.r.randint(1, 9)])]
        return self.time()

    def section(self, task, depth, enter, leave):
        """Enter, do something, leave; or one half of it."""
        r = self.r
        if r.random() < 0.2:
            return [r.choice([enter, leave])]
        inner = self.body(task, r.randint(0, 2), depth + 1) if depth < 3 else []
        if r.random() < 0.5:
            inner += self.time()
        return [enter] + inner + [leave]

    def make_lock(self, task, depth):
        i = self.one()
        if self.r.random() < 0.1:
            return [Op("lk", [i])]
        return self.section(task, depth, Op("la", [i]), Op("lr", [i]))

    def make_sem(self, task, depth):
        if self.r.random() < 0.1:
            return [Op("sk", [])]
        return self.section(task, depth, Op("sa", []), Op("sr", []))

    def make_bounded(self, task, depth):
        return self.section(task, depth, Op("ba", []), Op("br", []))

    def make_event(self, task, depth):
        r = self.r
        i = self.one()
        return [Op(r.choice(["es", "es", "ec", "ew", "ew", "ew", "ei"]), [i])]

    def make_cond(self, task, depth):
        r = self.r
        i = self.one()
        inner = r.choice([
            [Op("cw", [i])], [Op("cw", [i])], [Op("cf", [i, r.randint(1, 3)])],
            [Op("cn", [i, r.randint(1, 2)])], [Op("cN", [i])],
            [Op("v", []), Op("cn", [i, 1])], [Op("v", []), Op("cN", [i])],
            self.time()])
        if r.random() < 0.1:
            return inner
        if r.random() < 0.15:
            return [Op("ca", [i])] + inner
        if r.random() < 0.3:
            inner = inner + self.time()
        return [Op("ca", [i])] + inner + [Op("cr", [i])]

    def make_queue(self, task, depth):
        r = self.r
        i = self.one()
        n = r.random()
        if n < 0.3:
            return [Op("qp", [i, r.randint(1, 9)])]
        if n < 0.65:
            out = [Op("qg", [i])]
            return out + [Op("qd", [i])] if r.random() < 0.5 else out
        if n < 0.75:
            return [Op("qP", [i, r.randint(1, 9)])]
        if n < 0.82:
            return [Op("qG", [i])]
        if n < 0.86:
            return [Op("qd", [i])]
        if n < 0.92:
            return [Op("qj", [i])]
        if n < 0.95:
            return [Op("qs", [i])]
        return [Op("qx", [i, r.randint(0, 1)])]

    def make_barrier(self, task, depth):
        r = self.r
        return [Op(r.choice(["rw"] * 8 + ["rr", "ra", "rk"]), [])]

    def make_future(self, task, depth):
        r = self.r
        f = r.randrange(2)
        return [r.choice([
            Op("fs", [f, r.randint(1, 9)]), Op("fs", [f, r.randint(1, 9)]),
            Op("fe", [f, r.randint(1, 5)]), Op("fc", [f]),
            Op("aw", [f]), Op("aw", [f]), Op("fr", [f]), Op("cb", [f]),
            Op("cb", [f]), Op("cx", [f]), Op("sh", [f])])]

    def make_await(self, task, depth):
        r = self.r
        ref = self.ref(task)
        name = r.choice(["aw", "aw", "sh", "fr", "cb"])
        if name in ("aw", "sh") and ref == 10 + task:
            name = "fr"
        return [Op(name, [ref])]

    def make_cancel(self, task, depth):
        r = self.r
        n = r.random()
        if n < 0.6:
            # Behind what may have woken it, half the time.
            before = self.wake() if r.random() < 0.5 else []
            return before + [Op("ct", [r.randrange(self.max_tasks)])]
        if n < 0.9 and depth < 3:
            return [Op("tr", [], self.body(task, r.randint(1, 3), depth + 1))]
        return [Op("er", [r.randint(1, 5)])]

    def wake(self):
        """One thing that wakes somebody, of the families of this program."""
        r = self.r
        i = self.one()
        ops = {"lock": Op("lr", [i]), "sem": Op("sr", []),
               "bounded": Op("br", []), "event": Op("es", [i]),
               "queue": Op("qP", [i, r.randint(1, 9)]),
               "cond": Op("cn", [i, 1]),
               "future": Op("fs", [r.randrange(2), r.randint(1, 9)])}
        names = sorted(self.names & set(ops))
        return [ops[r.choice(names)]] if names else []

    def turns(self, most):
        """Some turns, all at one time."""
        return [Op("y", []) for _ in range(self.r.randint(0, most))]

    def races(self):
        """How one waits, and how another wakes."""
        r = self.r
        release = {"la": "lr", "sa": "sr", "ba": "br"}
        name = r.choice(["la", "sa", "ba", "ew", "qg", "qp", "qj", "cw", "rw",
                         "future", "task", "sl", "gr"])
        if name in release:
            args = [0] if name == "la" else []
            return [Op(name, args)], [Op(release[name], args)]
        if name == "cw":
            return ([Op("ca", [0]), Op("cw", [0])],
                    [Op("ca", [0]), r.choice([Op("cN", [0]), Op("cn", [0, 1])]),
                     Op("cr", [0])])
        if name == "future":
            return ([r.choice([
                Op("aw", [0]), Op("sh", [0]), Op("wf", [1, 0]),
                Op("ga", [r.randint(0, 1), 0]), Op("ga", [1, 0, 1]),
                Op("wt", [r.randint(0, 2), r.choice([-1, 1]), 0, 1]),
                Op("ac", [r.choice([-1, 1]), 0, 1])])],
                [r.choice([Op("fs", [0, 3]), Op("fe", [0, 3]), Op("fc", [0])])])
        if name == "task":
            return ([Op(r.choice(["aw", "sh"]), [10 + self.first - 1])],
                    [Op("ct", [self.first - 1])])
        if name == "gr":
            return ([Op("gr", [r.randint(0, 1)],
                        self.turns(1) + self.make_spawn(0, 2, 1) +
                        [r.choice([Op("sl", [1]), Op("ew", [0])])])],
                    [Op("es", [0])])
        return {"ew": ([Op("ew", [0])], [Op("es", [0])]),
                "qg": ([Op("qg", [0])], [Op("qP", [0, r.randint(1, 9)])]),
                "qp": ([Op("qp", [0, r.randint(1, 9)])], [Op("qG", [0])]),
                "qj": ([Op("qj", [0])],
                       [r.choice([Op("qd", [0]), Op("qd", [0]),
                                  Op("qx", [0, 1])])]),
                "rw": ([Op("rw", [])], [Op("rw", [])]),
                "sl": ([Op("sl", [1])], [Op("y", [])])}[name]

    def race(self):
        """A program in which some wait, and are woken and cancelled in one turn
        or in turns next to each other."""
        r = self.r
        self.max_tasks = self.first + r.randint(0, 3)
        wait, wake = self.races()
        # Who wakes the others holds what they wait for.
        first = wait[:1] if wait[0].name in ("la", "sa", "ba") else []
        if wait[0].name == "qp":
            first = [Op("qP", [0, 1]), Op("qP", [0, 2])]
        if wait[0].name == "qj":
            first = [Op("qP", [0, 1])]
        body = first + [Op("y", [])] * r.randint(1, 3)
        for _ in range(r.randint(1, 3)):
            body += r.choice([wake, [Op("ct", [r.randrange(1, self.first)])],
                              self.turns(1)])
        body += wake + [Op("ct", [r.randrange(1, self.first)])]
        tasks = [body + self.body(0, r.randint(0, 2), 2)]
        while len(tasks) < self.first:
            inner = list(wait)
            if wait[0].name == "ca":
                inner.append(Op("cr", [0]))
            elif wait[0].name in ("la", "sa", "ba") and r.random() < 0.7:
                inner += self.turns(1) + wake
            how = r.random()
            if how < 0.25:
                inner = [Op("tr", [], inner)]
            elif how < 0.4:
                inner = [Op("to", [1], inner)]
            tasks.append(self.turns(1) + inner +
                         self.body(len(tasks), r.randint(0, 2), 2))
        if wait[0].name in ("la", "sa", "ba"):
            return tasks
        r.shuffle(tasks)
        return tasks

    def make_uncancel(self, task, depth):
        r = self.r
        if r.random() < 0.5:
            return [Op("un", [])]
        return [Op("cg", [r.randrange(self.max_tasks)])]

    def make_timeout(self, task, depth):
        r = self.r
        n = r.random()
        if depth >= 3 or n < 0.2:
            return [Op("rs", [r.choice([-1, 1, 2, 3] + self.at_once())])]
        return [Op("to", [r.choice([self.delay()] * 6 + self.at_once())],
                   self.body(task, r.randint(1, 3), depth + 1))]

    def at_once(self):
        """No time at all.  In which turn that is over is not to be seen."""
        return [-2] if self.mode == "s" else []

    def make_eager(self, task, depth):
        return self.make_spawn(task, depth, 2)

    def make_local(self, task, depth):
        r = self.r
        if r.random() < 0.3 and "spawn" in self.names:
            return self.make_spawn(task, depth)
        return [Op("ls", [r.randint(1, 9)]) if r.random() < 0.4
                else Op("lg", [])]

    def make_spawn(self, task, depth, flags=0):
        r = self.r
        if self.tasks >= self.max_tasks or depth >= 3:
            return self.time()
        child = self.tasks
        self.tasks += 1
        # Deep ones make no more: numbers grow from the outside in.
        body = self.body(child, r.randint(1, 3), 3)
        if r.random() < 0.2:
            body.append(Op("er", [r.randint(1, 5)]))
        return [Op("sp", [flags], body)]

    def make_group(self, task, depth):
        r = self.r
        if depth >= 3:
            return self.time()
        body = []
        for _ in range(r.randint(1, 3)):
            flags = 1
            if "eager" in self.names and self.mode == "s" and r.random() < 0.3:
                flags = 3
            body += self.make_spawn(task, min(depth, 2), flags)
            if r.random() < 0.3:
                body += self.op(task, depth + 1)
        if r.random() < 0.15:
            body.append(Op("er", [r.randint(1, 5)]))
        return [Op("gr", [r.random() < 0.3 and 1 or 0], body)]

    def make_call(self, task, depth):
        r = self.r
        if r.random() < 0.1:
            return [Op("hc", [])]
        inner = []
        for _ in range(r.randint(1, 2)):
            if depth < 4 and r.random() < 0.15:
                inner += self.make_call(task, 4)
            elif r.random() < 0.15:
                inner += self.make_spawn(task, 2)
            else:
                inner += self.op(task, 3)
        inner = [op for op in inner if op.name in IN_CALLS and
                 not (op.name == "sp" and op.args[0])]
        return [Op("so", [r.choice([0, 1, 2])], inner)]

    def make_several(self, task, depth):
        r = self.r
        refs = [self.ref(task) for _ in range(r.randint(1, 4))]
        refs = [x for x in dict.fromkeys(refs)]
        n = r.random()
        limit = r.choice([-1, -1, 1, 2, 4])
        if n < 0.3:
            return [Op("ga", [r.randint(0, 1)] + refs)]
        if n < 0.6:
            return [Op("wt", [r.randint(0, 2), limit] + refs)]
        if n < 0.8:
            return [Op("wf", [r.choice([-1, 0, 1, 2, 3]), refs[0]])]
        return [Op("ac", [limit] + refs)]


IN_CALLS = {"lr", "lk", "sr", "sk", "br", "es", "ec", "ei", "cr", "cn", "cN", "v",
            "qP", "qG", "qd", "qx", "qs", "fs", "fe", "fc", "fr", "cb", "ct",
            "cg", "cx", "ls", "lg", "rk", "rr", "ra", "so", "sp"}


def generate(seed, mode=None):
    # An operation may stand at two places in what is made, not in what is run.
    program = parse(Generator(seed, mode).program().text())
    if len(program.bodies) > MOST_TASKS:
        return generate("%s+" % seed, mode)
    return program
