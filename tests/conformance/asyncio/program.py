# SPDX-License-Identifier: MIT
"""The little language: README.md."""

class Excluded(BaseException):
    """What happened is excluded from the comparison: Machine.exclude()."""


class Failure(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Op:
    __slots__ = ("name", "args", "body", "n", "child")

    def __init__(self, name, args, body=None):
        self.name, self.args, self.body = name, args, body
        self.n = self.child = None

    def text(self):
        t = ",".join([self.name] + [str(a) for a in self.args])
        if self.body is not None:
            t += " { " + "".join(o.text() + " " for o in self.body) + "}"
        return t


class Program:
    """mode: "d" or "s"; sizes: semaphore, bounded semaphore, parties;
    queues: two of kind and limit; tasks: lists of Op."""

    def __init__(self, mode, sizes, queues, tasks):
        self.mode, self.sizes, self.queues = mode, sizes, queues
        self.tasks = tasks
        self.number()

    def number(self):
        """Tasks by their place: those of the program, then those they make."""
        self.bodies = list(self.tasks)

        def walk(body, counter):
            for op in body:
                op.n = counter[0]
                counter[0] += 1
                if op.name == "sp":
                    op.child = len(self.bodies)
                    self.bodies.append(op.body)
                elif op.body is not None:
                    walk(op.body, counter)

        i = 0
        while i < len(self.bodies):
            walk(self.bodies[i], [0])
            i += 1

    def text(self):
        head = "P %s %d %d %d %s%d %s%d" % (
            self.mode, *self.sizes, *self.queues[0], *self.queues[1])
        return head + "".join(
            " |" + "".join(" " + op.text() for op in t) for t in self.tasks)


def parse(line):
    words = line.split()
    mode = words[1]
    sizes = [int(w) for w in words[2:5]]
    queues = [(w[0], int(w[1:])) for w in words[5:7]]
    tasks = []
    stack = []
    for w in words[7:]:
        if w == "|":
            tasks.append([])
            stack = [tasks[-1]]
        elif w == "{":
            op = stack[-1][-1]
            op.body = []
            stack.append(op.body)
        elif w == "}":
            stack.pop()
        else:
            name, *args = w.split(",")
            stack[-1].append(Op(name, [int(a) for a in args]))
    return Program(mode, sizes, queues, tasks)
