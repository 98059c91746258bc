# SPDX-License-Identifier: MIT
"""Tasks of coil in gdb, of a live process and of a core.

    (gdb) source coil-gdb.py
    (gdb) coil tasks
    (gdb) coil bt TASK        an id, a name or an address
    (gdb) coil gcore FILE     a core of a live process

No debugging information of libcoil is needed: it carries a table of where its
fields lie (coil/introspection.h).  Nothing is called and nothing is written in
the process.
"""

import re
import struct
import time

import gdb
import gdb.unwinder

MAGIC = b"coilview"
VERSION = 5
LOOPS_MAX = 4096
TASKS_MAX = 1 << 22
NEEDS_MAX = 1 << 16


class Table:
    """The fields of this process's libcoil, and its memory."""

    def __init__(self):
        self.inferior = gdb.selected_inferior()
        try:
            at = int(gdb.parse_and_eval("(unsigned long)&coil_introspection"))
            head = self.read(at, 24)
        except gdb.error as error:
            raise gdb.GdbError("no coil in this process: %s" % error)
        magic, version, self.word, size, count = struct.unpack("=8sIIII", head)
        if magic != MAGIC or version != VERSION:
            raise gdb.GdbError("a libcoil of an unknown version")
        self.loops = self.pointer(at + 24)
        self.fields = {}
        at += 24 + self.word
        for entry in struct.iter_unpack("=%dsI" % (size - 4),
                                        self.read(at, size * count)):
            name = entry[0].split(b"\0")[0].decode()
            self.fields[name] = entry[1]

    def read(self, address, size):
        return bytes(self.inferior.read_memory(address, size))

    def number(self, address, size, signed=True):
        return int.from_bytes(self.read(address, size), "little",
                              signed=signed)

    def pointer(self, address):
        return self.number(address, self.word, signed=False)

    def text(self, address):
        if not address:
            return "?"
        try:
            value = gdb.Value(address).cast(
                gdb.lookup_type("char").pointer())
            return value.string(errors="replace", length=-1)
        except gdb.error:
            return "?"

    def at(self, address, field):
        return address + self.fields[field]

    def get(self, address, field):
        return self.pointer(self.at(address, field))


class Task:
    def __init__(self, table, address):
        t = table
        self.table = t
        self.address = address
        self.id = t.number(t.at(address, "task.id"), 8)
        size = t.fields["task.name_size"]
        name = t.read(t.at(address, "task.name"), size).split(b"\0")[0]
        self.name = name.decode(errors="replace") or "Task-%d" % self.id
        self.site = t.text(t.get(address, "task.site"))
        self.state = t.number(t.at(address, "task.state"), 1)
        self.is_cancelled = t.number(t.at(address, "task.interrupt"), 4) != 0
        self.sp = t.get(address, "task.sp")
        self.fp = t.get(address, "task.fp")
        self.pc = t.get(address, "task.pc")
        self.parent = 0
        owner = t.get(address, "task.owner")
        if owner:
            self.parent = t.get(owner, "owner.parent")
        self.read_wait()

    def is_in(self, state):
        return self.state == self.table.fields["state." + state]

    def read_wait(self):
        t = self.table
        self.reason = None
        self.object = self.since = self.holder = 0
        self.awaits_one = False
        self.awaits = []
        waiter = t.get(self.address, "task.parked")
        if not self.is_in("suspended") or not waiter:
            return
        if not t.get(waiter, "waiter.queue"):
            return
        self.object = t.get(waiter, "waiter.object")
        self.since = t.number(t.at(waiter, "waiter.since"), 8)
        reason = t.get(waiter, "waiter.reason")
        self.reason = t.text(t.get(reason, "reason.name"))
        if t.number(t.at(reason, "reason.is_selection"), 1):
            self.reason = " or ".join(self.selected(waiter)) or self.reason
        self.read_needs(Needs(t, reason, waiter, self.object))

    def selected(self, selection):
        """The names of the waits of which one ends a selection."""
        t = self.table
        members = t.get(selection, "selection.members")
        for i in range(min(t.get(selection, "selection.count"), 8)):
            member = t.number(members + 8 * i, 8)
            if member:
                yield t.text(t.get(t.get(member, "waiter.reason"), "reason.name"))

    def read_needs(self, needs):
        if needs.is_needed("holder"):
            self.holder = self.table.number(needs.items, 8)
        elif not needs.is_needed("none"):
            self.awaits_one = needs.is_needed("task")
            for future in needs.futures():
                self.await_future(future)

    def await_future(self, future):
        t = self.table
        if (not t.number(t.at(future, "future.done"), 1)
                and t.get(future, "future.ops")):
            self.awaits.append(future - t.fields["task.future"])


class Needs:
    """Which tasks a waiting task needs, as its kind of wait describes it.

See struct coil_needs in src/sched/wait.h."""

    def __init__(self, table, reason, waiter, object):
        self.table = table
        self.reason = reason
        base = waiter if self.value("of_waiter") else object
        self.items = base + self.value("items")
        self.count = base + self.value("count")

    def value(self, field):
        t = self.table
        return t.number(t.at(self.reason, "needs." + field), 4)

    def is_needed(self, need):
        return self.value("need") == self.table.fields["need." + need]

    def is_kept_as(self, shape):
        return self.value("shape") == self.table.fields["shape." + shape]

    def futures(self):
        if self.is_kept_as("array"):
            found = self.pointed_to()
        elif self.is_kept_as("list"):
            found = self.listed()
        else:
            found = [self.items]
        return [at + self.value("future") for at in found]

    def pointed_to(self):
        t = self.table
        item = t.pointer(self.items)
        watched = self.value("watched")
        found = []
        for _ in range(min(t.pointer(self.count), NEEDS_MAX)):
            at = t.pointer(item + self.value("pointer"))
            if at and (not watched or t.number(item + watched, 1)):
                found.append(at)
            item += self.value("stride")
        return found

    def listed(self):
        """The first word of a list, and that of a link, is the next link."""
        t = self.table
        found = []
        link = t.pointer(self.items)
        while link and len(found) < NEEDS_MAX:
            if link - self.value("link") in found[:1]:
                break
            found.append(link - self.value("link"))
            link = t.pointer(link)
        return found


class Loop:
    def __init__(self, table, address):
        t = table
        self.address = address
        self.tid = t.number(t.at(address, "loop.tid"), 4)
        self.is_running = t.number(t.at(address, "loop.running"), 1) != 0
        self.looked = t.number(t.at(address, "loop.looked"), 8)
        self.tasks = []
        at = t.get(address, "loop.tasks")
        while at and len(self.tasks) < TASKS_MAX:
            task = at - t.fields["task.link"]
            self.tasks.append(Task(t, task))
            at = t.get(task, "task.link")
        self.awaiters = {}
        known = {task.address: task for task in self.tasks}
        for task in self.tasks:
            if task.parent in known:
                self.awaiters.setdefault(task.address, known[task.parent].name)
        for task in self.tasks:
            for other in task.awaits:
                self.awaiters.setdefault(other, task.name)


def all_loops(table):
    loops = []
    at = table.pointer(table.loops)
    while at and len(loops) < LOOPS_MAX:
        loops.append(Loop(table, at))
        at = table.get(at, "loop.next")
    return loops


def name_of(address):
    """The variable or function there, or the address."""
    text = gdb.execute("info symbol 0x%x" % address, to_string=True)
    if text.startswith("No symbol"):
        return "0x%x" % address
    name, _, inside = text.split(" in section")[0].partition(" + ")
    return name + ("+0x%x" % int(inside) if inside else "")


def holder_of(task, tasks):
    """Of any loop, as a shared lock may be."""
    names = [t.name for t in tasks if t.id == task.holder]
    if names:
        return names[0]
    for loop in all_loops(task.table):
        for other in loop.tasks:
            if other.id == task.holder:
                return "%s of loop 0x%x" % (other.name, loop.address)
    return "Task-%d, which has ended" % task.holder


def state_of(task, tasks):
    if task.is_in("running"):
        text = "running"
    elif task.is_in("new"):
        text = "ready to run"
        entry = task.table.get(task.address, "task.fn")
        text += " " + name_of(entry)
    elif task.reason is None:
        text = "ready to run"
    else:
        text = "waits for " + task.reason
        names = [t.name for t in tasks if t.address in task.awaits]
        if task.awaits_one and names:
            text += " " + names[0]
        elif task.object:
            text += " " + name_of(task.object)
        if task.holder:
            text += ", held by " + holder_of(task, tasks)
    return text + (", cancelled" if task.is_cancelled else "")


def seconds(nanoseconds):
    if nanoseconds >= 10 ** 9:
        return "%.2f s" % (nanoseconds / 1e9)
    return "%.1f ms" % (nanoseconds / 1e6)


def now():
    """The clock of a live process; None: of a core, it is not known."""
    connection = gdb.selected_inferior().connection
    if connection is not None and connection.type == "native":
        return time.monotonic_ns()
    return None


class Coil(gdb.Command):
    """Tasks of coil: coil tasks, coil bt TASK."""

    def __init__(self):
        super().__init__("coil", gdb.COMMAND_STACK, gdb.COMPLETE_NONE, True)


class CoilTasks(gdb.Command):
    """All tasks: what each waits for, for how long, and who awaits it.

In a core time ends when the loop last looked at the clock: ">1.20 s"."""

    def __init__(self):
        super().__init__("coil tasks", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        loops = all_loops(Table())
        for loop in loops:
            print("loop 0x%x of thread %d: %s, %d task%s" % (
                loop.address, loop.tid,
                "running" if loop.is_running else "not running",
                len(loop.tasks), "" if len(loop.tasks) == 1 else "s"))
            self.show(loop)
        if not loops:
            print("no loop is open")

    def show(self, loop):
        rows = [("ID", "NAME", "STATE", "FOR", "AWAITED BY", "MADE AT")]
        for task in loop.tasks:
            waited = ""
            at = now()
            if task.reason is None or task.since <= 0:
                pass
            elif at is not None and at >= task.since:
                waited = seconds(at - task.since)
            elif loop.looked > task.since + 10 ** 6:
                waited = ">" + seconds(loop.looked - task.since)
            rows.append((str(task.id), task.name,
                         state_of(task, loop.tasks), waited,
                         loop.awaiters.get(task.address, "-"), task.site))
        widths = [min(48, max(len(row[i]) for row in rows)) for i in range(6)]
        if len(rows) == 1:
            return
        for row in rows:
            cells = [c.ljust(w) for c, w in zip(row, widths)]
            print(("  " + "  ".join(cells)).rstrip())


class TaskUnwinder(gdb.unwinder.Unwinder):
    """While it has a task, that is what called the innermost frame."""

    def __init__(self):
        super().__init__("coil-task")
        self.task = None

    def __call__(self, pending):
        task = self.task
        if not task:
            return None
        # The frames of the task itself are gdb's own business.
        self.task = None
        sp = gdb.Value(task.sp)
        pc = gdb.Value(task.pc)
        # Below the task's frames, so that they seem to have called it.
        info = pending.create_unwind_info(FrameId(gdb.Value(task.sp - 16), pc))
        info.add_saved_register("rsp", sp)
        info.add_saved_register("rbp", gdb.Value(task.fp))
        info.add_saved_register("rip", pc)
        return info


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


unwinder = TaskUnwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)


class CoilBt(gdb.Command):
    """Backtrace of a task that waits: coil bt TASK [options of bt].

TASK is an id, a name or an address (0x...)."""

    def __init__(self):
        super().__init__("coil bt", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        words = arg.split(None, 1)
        if not words:
            raise gdb.GdbError("coil bt TASK: an id, a name or an address")
        table = Table()
        loop, task = self.find(table, words[0])
        print("%s, made at %s: %s" % (task.name, task.site,
                                      state_of(task, loop.tasks)))
        options = words[1] if len(words) > 1 else ""
        if task.is_in("running"):
            self.select_thread(loop)
            gdb.execute("bt " + options)
        elif task.is_in("new"):
            print("it has not run yet")
        elif not table.fields["task.has_registers"]:
            raise gdb.GdbError("coil's switch of this processor is not known")
        else:
            self.show(task, options)

    @staticmethod
    def find(table, wanted):
        found = []
        for loop in all_loops(table):
            for task in loop.tasks:
                if wanted in (str(task.id), task.name, hex(task.address)):
                    found.append((loop, task))
        if not found:
            raise gdb.GdbError("there is no task %s" % wanted)
        # An id before a name that looks like one.
        found.sort(key=lambda pair: str(pair[1].id) != wanted)
        if len(found) > 1 and str(found[0][1].id) != wanted:
            print("%d tasks have that name; this is the first" % len(found))
        return found[0]

    @staticmethod
    def select_thread(loop):
        for thread in gdb.selected_inferior().threads():
            if loop.tid in thread.ptid:
                thread.switch()

    @staticmethod
    def show(task, options):
        """gdb's own bt, without the frame that the task's seem to call."""
        gdb.invalidate_cached_frames()
        unwinder.task = task
        inner = 1
        try:
            frame = gdb.newest_frame()
            while frame and frame.type() == gdb.INLINE_FRAME:
                frame = frame.older()
                inner += 1
            text = gdb.execute("bt " + options, to_string=True)
        finally:
            unwinder.task = None
            gdb.invalidate_cached_frames()
        hidden = False
        for line in text.splitlines():
            number = re.match(r"#(\d+) ( ?)", line)
            if number:
                hidden = int(number.group(1)) < inner
                if not hidden:
                    line = "#%-3d%s" % (int(number.group(1)) - inner,
                                        line[number.end():].lstrip())
            if not hidden:
                print(line)


class CoilGcore(gdb.Command):
    """Write a core of a live process: coil gcore FILE.

Guards of stacks cannot be read, and gdb's own gcore leaves out the stacks around
one.  A core that the kernel writes has them."""

    PAGE = 4096

    def __init__(self):
        super().__init__("coil gcore", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, arg, from_tty):
        words = gdb.string_to_argv(arg)
        pid = gdb.selected_inferior().pid
        if len(words) != 1 or now() is None or pid == 0:
            raise gdb.GdbError("coil gcore FILE, of a live process")
        gdb.execute("gcore " + words[0], to_string=True)
        with open(words[0], "r+b") as core, \
                open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
            self.fill(core, memory)
        print("Saved corefile %s" % words[0])

    def fill(self, core, memory):
        header = core.read(64)
        if header[:5] != b"\x7fELF\x02":
            raise gdb.GdbError("gcore wrote no core of 64 bits")
        start, = struct.unpack_from("=Q", header, 32)
        size, count = struct.unpack_from("=HH", header, 54)
        core.seek(start)
        parts = [struct.unpack_from("=IIQQQQ", core.read(size))
                 for i in range(count)]
        for kind, flags, offset, address, _, length in parts:
            # PT_LOAD, which the process can write
            if kind == 1 and flags & 2:
                for at in range(0, length, self.PAGE):
                    self.copy(core, offset + at, memory, address + at)

    def copy(self, core, offset, memory, address):
        try:
            memory.seek(address)
            page = memory.read(self.PAGE)
        except OSError:
            return
        # What is zero in a new file takes no room.
        if page.count(0) < len(page):
            core.seek(offset)
            core.write(page)


Coil()
CoilTasks()
CoilBt()
CoilGcore()
