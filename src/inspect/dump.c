/* SPDX-License-Identifier: MIT */
#include "inspect/dump.h"

#include <errno.h>

#include <coil/error.h>

#include "trace/lines.h"
#include "sched/coroutine.h"
#include "inspect/dump_graph.h"
#include "inspect/dump_write.h"

static void run(struct coil_dump *dump, int fd)
{
    coil__dump_begin(dump, fd);
    if (dump->tasks) {
        coil__dump_arrange(dump);
        coil__dump_find_likes(dump);
        coil__dump_write(dump);
    }
    coil__dump_end(dump);
}

void coil__dump(struct coil_scheduler *scheduler, int fd,
                struct coil_task *running, const struct coil_frame *frames,
                size_t frame_count)
{
    struct coil_dump dump = {
        .scheduler = scheduler,
        .running = running,
        .frames = frames,
        .frame_count = frame_count,
    };

    run(&dump, fd);
}

void coil__dump_with_lines(struct coil_scheduler *scheduler, int fd,
                           const struct coil_circle *circle)
{
    struct coil_dump dump = { .scheduler = scheduler, .circle = circle };

    dump.lines = coil__lines_open();
    run(&dump, fd);
    coil__lines_close(dump.lines);
}

void coil__dump_from_signal(int fd, const void *ucontext)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_scheduler *s = coil__thread()->scheduler;
    struct coil_task *running;
    size_t count = 0;

    running = coil__dump_task_on(s, coil__signal_sp(ucontext));
    if (running)
        count = coil__dump_trim(
            frames, coil__backtrace_signal(
                        ucontext, coil__dump_range_of(running->co.stack),
                        frames, COIL__BACKTRACE_MAX));
    coil__dump(s, fd, running, frames, count);
}

COIL_NOINLINE void coil_dump_tasks(int fd)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_scheduler *s = coil__thread()->scheduler;
    struct coil_task *running;
    size_t count = 0;
    int saved = errno;

    if (!s)
        return;
    running = coil__dump_task_on(s, (uintptr_t)__builtin_frame_address(0));
    if (running)
        count = coil__dump_trim(
            frames, coil__backtrace_here(coil__dump_range_of(running->co.stack),
                                         frames, COIL__BACKTRACE_MAX));
    coil__dump(s, fd, running, frames, count);
    errno = saved;
}

/* ---- one task ------------------------------------------------------------- */

/* Frames of the library, if the running task asks for its own. */
enum { OWN_FRAMES = 2 };

static COIL_NOINLINE size_t frames_of(const struct coil_task *task,
                                      struct coil_frame *frames,
                                      bool *is_running)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    size_t count;

    *is_running = coil__thread()->scheduler == task->co.scheduler &&
                  coil__dump_task_on(task->co.scheduler, here) == task;
    if (!*is_running)
        return coil__dump_frames(task, frames, COIL__BACKTRACE_MAX);
    count = coil__backtrace_here(coil__dump_range_of(task->co.stack), frames,
                                 COIL__BACKTRACE_MAX);
    /* Leave out this function and its caller. */
    for (size_t i = OWN_FRAMES; i < count; i++)
        frames[i - OWN_FRAMES] = frames[i];
    return coil__dump_trim(frames, count > OWN_FRAMES ? count - OWN_FRAMES : 0);
}

static void write_end_of(struct coil_dump *dump, const struct coil_task *task)
{
    coil__dump_write_name(&dump->out, task);
    coil__write(&dump->out, ", made at ");
    coil__write(&dump->out, task->co.site ? task->co.site : "?");
    coil__write(&dump->out, ": has ended");
    if (task->future.status < 0) {
        coil__write(&dump->out, ": ");
        coil__write(&dump->out, coil_strerror(task->future.status));
    }
    coil__write(&dump->out, "\n");
}

COIL_NOINLINE void coil_task_print_stack(struct coil_task *task, int fd)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_dump dump = { .scheduler = task->co.scheduler };
    bool is_running;
    int saved = errno;

    if (!dump.scheduler) {
        coil__write_begin(&dump.out, fd);
        write_end_of(&dump, task);
        coil__write_end(&dump.out);
        errno = saved;
        return;
    }
    dump.frames = frames;
    dump.frame_count = frames_of(task, frames, &is_running);
    dump.running = is_running ? task : NULL;
    dump.lines = coil__lines_open();
    coil__dump_begin(&dump, fd);
    if (dump.tasks)
        coil__dump_write_task(&dump,
                              coil__dump_find(&dump, task->co.running.id), 0);
    coil__dump_end(&dump);
    coil__lines_close(dump.lines);
    errno = saved;
}

COIL_NOINLINE size_t coil_task_stack(const struct coil_task *task,
                                     void **addresses, size_t capacity)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    bool is_running;
    size_t count;

    if (!task->co.scheduler)
        return 0;
    count = frames_of(task, frames, &is_running);
    for (size_t i = 0; i < count && i < capacity; i++)
        addresses[i] = (void *)frames[i].pc;
    return count;
}
