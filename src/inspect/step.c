/* SPDX-License-Identifier: MIT */
#include "inspect/step.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"
#include "trace/lines.h"
#include "sched/coroutine.h"
#include "task/task_life.h"
#include "sched/thread.h"
#include "inspect/blocking.h"
#include "inspect/dump_write.h"

enum { COPIED_MAX = 64 << 10 };

static void note_task(struct coil_step_report *report,
                      const struct coil_task *task)
{
    report->is_task = true;
    report->has_name = task->name[0];
    memcpy(report->name, task->name, sizeof report->name - 1);
    report->id = task->co.running.id;
    report->site = task->co.site;
}

/* ---- by itself ------------------------------------------------------------ */

void coil__step_look_here(struct coil_step_report *report,
                          const struct coil_watched *watched,
                          const void *ucontext)
{
    uintptr_t sp = coil__signal_sp(ucontext);
    struct coil_coroutine *co = coil__thread()->current;
    struct coil_stack_range range = { sp, atomic_load(&watched->base) };

    if (co && (sp == 0 || (sp >= (uintptr_t)co->stack->low &&
                           sp < (uintptr_t)co->stack->top))) {
        range.low = (uintptr_t)co->stack->low;
        range.top = (uintptr_t)co->stack->top;
        report->is_coroutine = !co->task;
        if (co->task)
            note_task(report, co->task);
    }
    report->frame_count = coil__backtrace_signal(
        ucontext, range, report->frames, COIL__BACKTRACE_MAX);
}

/* ---- from outside --------------------------------------------------------- */

/* Copy memory of this process that may disappear at any time. */
static bool copy(void *to, const void *from, size_t size)
{
    const struct iovec here = { to, size };
    const struct iovec there = { (void *)(uintptr_t)from, size };

    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)size;
}

/* Read what /proc says of the thread's system call: "running", or numbers. */
static bool read_call(int tid, char *text, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", tid);
    return coil__file_peek(path, text, size);
}

/* `text` is "230 0x0 … sp pc": a system call with its six arguments. */
static bool find_registers(const char *text, uintptr_t *sp, uintptr_t *pc)
{
    return sscanf(text, "%*u %*x %*x %*x %*x %*x %*x %" SCNxPTR " %" SCNxPTR,
                  sp, pc) == 2;
}

/* Find out who runs, and the range of the stack in use. */
static bool find_stack(struct coil_step_report *report,
                       const struct coil_watched *watched, uintptr_t sp,
                       struct coil_stack_range *range)
{
    struct coil_thread *thread = atomic_load(&watched->thread);
    struct coil_coroutine *current;
    struct coil_coroutine co;
    struct coil_stack stack;
    struct coil_task task;

    *range = (struct coil_stack_range){ sp, atomic_load(&watched->base) };
    if (!copy(&current, &thread->current, sizeof current))
        return false;
    if (!current)
        return sp < range->top;
    if (!copy(&co, current, sizeof co) ||
        !copy(&stack, co.stack, sizeof stack) || sp < (uintptr_t)stack.low ||
        sp >= (uintptr_t)stack.top)
        return false;
    range->top = (uintptr_t)stack.top;
    report->is_coroutine = !co.task;
    if (co.task && copy(&task, co.task, sizeof task))
        note_task(report, &task);
    return true;
}

bool coil__step_look_outside(struct coil_step_report *report,
                             const struct coil_watched *watched,
                             bool *is_blocked)
{
    static uintptr_t bytes[COPIED_MAX / sizeof(uintptr_t)];
    int tid = atomic_load(&watched->tid);
    struct coil_stack_range range;
    char before[256];
    char after[256];
    uintptr_t sp;
    uintptr_t pc;

    *is_blocked = false;
    if (!read_call(tid, before, sizeof before) ||
        !find_registers(before, &sp, &pc))
        return false;
    *is_blocked = true;
    if (!find_stack(report, watched, sp, &range))
        return false;
    if (range.top - sp > sizeof bytes)
        range.top = sp + sizeof bytes;
    if (!copy(bytes, (const void *)sp, range.top - sp))
        return false;
    report->frame_count = coil__backtrace_blocked(
        sp, pc, bytes, range, report->frames, COIL__BACKTRACE_MAX);
    return read_call(tid, after, sizeof after) && strcmp(before, after) == 0;
}

/* ---- counting ------------------------------------------------------------- */

/* The end of a long place says more than its beginning. */
static void copy_end(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    snprintf(to, size, "%s", length < size ? from : from + length - size + 1);
}

void coil__step_note(const struct coil_step_report *report,
                     struct coil_loop_slow_step *step)
{
    if (!report->is_task)
        return;
    step->task = report->id;
    if (report->has_name)
        copy_end(step->name, report->name, sizeof step->name);
    if (report->site)
        copy_end(step->site, report->site, sizeof step->site);
}

/* ---- telling -------------------------------------------------------------- */

static void write_who(struct coil_writer *out,
                      const struct coil_step_report *report)
{
    if (!report->is_task) {
        coil__write(out, report->is_coroutine ? "a coroutine" : "a callback");
        return;
    }
    if (report->has_name) {
        coil__write(out, report->name);
    } else {
        coil__write(out, "Task-");
        coil__write_number(out, report->id);
    }
    coil__write(out, ", made at ");
    coil__write(out, report->site ? report->site : "?");
    coil__write(out, ",");
}

/*
 * Say what to do about the step.  Of the functions that block, the outermost is
 * the one that the program has called.
 */
static void write_cure(struct coil_dump *dump, const struct coil_frame *frames,
                       size_t count)
{
    struct coil_symbol symbol;
    const char *cure;

    while (count-- > 0) {
        if (!coil__symbols_find(&dump->symbols, frames[count].pc, &symbol) ||
            !symbol.name)
            continue;
        cure = coil__blocking_cure(symbol.name);
        if (!cure)
            continue;
        coil__write(&dump->out,
                    "  all other tasks wait meanwhile: instead of ");
        coil__write(&dump->out, symbol.name);
        coil__write(&dump->out, "(), ");
        coil__write(&dump->out, cure);
        coil__write(&dump->out, "\n");
        return;
    }
    coil__write(&dump->out,
                "  all other tasks wait meanwhile: let a thread do this, by "
                "coil_to_thread(), or call coil_yield() now and then\n");
}

static void write_report(struct coil_dump *dump,
                         const struct coil_step_report *report, coil_time age)
{
    size_t count = report->frame_count;

    if (count > 0 && report->frames[count - 1].function == coil__task_entry())
        count--;
    dump->lines = coil__lines_open();
    coil__write(&dump->out, "coil: ");
    write_who(&dump->out, report);
    coil__write(&dump->out, " has been running for ");
    coil__write_duration(&dump->out, age);
    coil__write(&dump->out, " without waiting:\n");
    coil__dump_write_frames(dump, 4, report->frames, count);
    write_cure(dump, report->frames, count);
    coil__write_end(&dump->out);
    coil__symbols_fini(&dump->symbols);
    coil__lines_close(dump->lines);
}

void coil__step_write(const struct coil_step_report *report, coil_time age,
                      bool (*is_ready)(void *arg), void *arg)
{
    struct coil_dump dump = { .lines = NULL };

    coil__write_begin(&dump.out, STDERR_FILENO);
    dump.out.is_ready = is_ready;
    dump.out.arg = arg;
    write_report(&dump, report, age);
}

/* A text that is written. */
struct page {
    char *text;
    size_t size;
    size_t length;
};

static void put(void *arg, const char *text, size_t length)
{
    struct page *page = arg;
    size_t room = page->size - page->length;

    memcpy(page->text + page->length, text, length < room ? length : room);
    page->length += length < room ? length : room;
}

size_t coil__step_text(const struct coil_step_report *report, coil_time age,
                       char *text, size_t size)
{
    struct page page = { text, size, 0 };
    struct coil_dump dump = { .lines = NULL };

    coil__write_begin(&dump.out, -1);
    dump.out.put = put;
    dump.out.arg = &page;
    write_report(&dump, report, age);
    return page.length;
}
