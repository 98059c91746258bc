/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - programs with signals, with descriptors of their own, and
 * with a loop that is a guest: scenario.h, outside.h
 */
#include <fcntl.h>
#include <signal.h>

#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/reader.h>
#include <coil/semaphore.h>
#include <coil/signal.h>
#include <coil/thread.h>

#include "outside.h"
#include "scenarios/threads.h"

/* ---- signals ---- */

enum { SIGNALS = 3 };

static struct coil_signal_handler on_first, on_second;
static struct coil_semaphore signal_permits;
static int signals_seen;
static atomic_int signals_told;

/* The next signal is not raised before this one was seen, or they may merge. */
static void see_signal(void *arg)
{
    (void)arg;
    signals_seen++;
    coil_semaphore_release(&signal_permits);
    atomic_fetch_add(&signals_told, 1);
}

static void raise_signals(void *arg)
{
    (void)arg;
    for (int i = 0; i < SIGNALS; i++) {
        pass_stage_gate();
        kill(getpid(), i % 2 ? SIGUSR2 : SIGUSR1);
        while (atomic_load(&signals_told) <= i)
            sched_yield();
    }
}

static int begin_signals(void)
{
    int rc;

    signals_seen = 0;
    signals_told = 0;
    coil_semaphore_init(&signal_permits, 0);
    rc = coil_loop_add_signal_handler(stage, &on_first, SIGUSR1, see_signal,
                                      NULL);
    if (rc == 0)
        rc = coil_loop_add_signal_handler(stage, &on_second, SIGUSR2,
                                          see_signal, NULL);
    if (rc == 0)
        begin_outsider(raise_signals, NULL);
    return rc;
}

static void end_signals(void)
{
    end_outside();
    coil_loop_remove_signal_handler(stage, &on_first);
    coil_loop_remove_signal_handler(stage, &on_second);
}

/* What the program had arranged is there again. */
static void end_signals_restored(void)
{
    struct sigaction action;

    end_signals();
    ASSERT_EQ(sigaction(SIGUSR1, NULL, &action), 0);
    ASSERT(action.sa_handler == SIG_DFL);
}

static int wait_for_signals(void *arg)
{
    static const int both[] = { SIGUSR2, SIGUSR1 };
    int rc = coil_wait_signal(SIGUSR1);

    (void)arg;
    /* A signal that has come counts, though nobody has looked. */
    ASSERT(rc > 0 || !news_came_first);
    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, SIGUSR1);
    rc = coil_wait_signals(both, 2);
    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, SIGUSR2);
    return 0;
}

static void probe_signals(void)
{
    await_outsiders();
    ASSERT_EQ(signals_seen, SIGNALS);
}

static int signals_taken;

static int take_signals(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; i < SIGNALS && rc == 0; i++) {
        rc = coil_semaphore_acquire(&signal_permits);
        signals_taken += rc == 0;
    }
    return rc;
}

static int begin_taking(void)
{
    signals_taken = 0;
    return begin_signals();
}

static void probe_taking(void)
{
    probe_signals();
    ASSERT_EQ((size_t)signals_taken + coil_semaphore_value(&signal_permits),
              SIGNALS);
}

/* ---- descriptors ---- */

enum { BYTES = 3 };

static int ends[2];
static struct coil_fd_handler on_ready;
static struct coil_semaphore byte_permits;
static int bytes_moved;

static int open_pipe(void)
{
    bytes_moved = 0;
    coil_semaphore_init(&byte_permits, 0);
    on_ready = (struct coil_fd_handler){ .fd = -1 };
    ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    return 0;
}

static void close_pipe(void)
{
    end_outside();
    coil_loop_remove_reader(stage, &on_ready);
    coil_loop_remove_writer(stage, &on_ready);
    close(ends[0]);
    close(ends[1]);
}

static void write_bytes(void *arg)
{
    (void)arg;
    for (int i = 0; i < BYTES; i++) {
        pass_stage_gate();
        ASSERT_EQ(write(ends[1], "x", 1), 1);
    }
}

static int begin_bytes(void)
{
    int rc = open_pipe();

    begin_outsider(write_bytes, NULL);
    return rc;
}

static int read_bytes(void *arg)
{
    (void)arg;
    while (bytes_moved < BYTES) {
        char byte;
        int rc = coil_wait_fd(ends[0], COIL_READABLE);

        if (rc < 0)
            return rc;
        ASSERT_EQ(rc, COIL_READABLE);
        ASSERT_EQ(read(ends[0], &byte, 1), 1);
        bytes_moved++;
    }
    return 0;
}

static void probe_bytes(void)
{
    char byte;

    ASSERT_EQ(read_bytes(NULL), 0);
    await_outsiders();
    ASSERT_EQ(read(ends[0], &byte, 1), -1);
}

static void read_byte(void *arg)
{
    char byte;

    (void)arg;
    ASSERT_EQ(read(ends[0], &byte, 1), 1);
    bytes_moved++;
    coil_semaphore_release(&byte_permits);
}

static int begin_reader(void)
{
    int rc = begin_bytes();

    return rc < 0 ? rc
                  : coil_loop_add_reader(stage, &on_ready, ends[0], read_byte,
                                         NULL);
}

static int take_bytes(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; i < BYTES && rc == 0; i++)
        rc = coil_semaphore_acquire(&byte_permits);
    return rc;
}

/* A reader that a failure has removed is added again. */
static void probe_reader(void)
{
    ASSERT_EQ(coil_loop_add_reader(stage, &on_ready, ends[0], read_byte, NULL),
              0);
    await_outsiders();
    while (bytes_moved < BYTES)
        ASSERT_EQ(coil_semaphore_acquire(&byte_permits), 0);
}

/* The pipe is full until somebody reads, who empties it at once. */
static void drain_pipe(void *arg)
{
    static char bytes[1 << 20];

    (void)arg;
    for (int i = 0; i < BYTES; i++) {
        pass_stage_gate();
        ASSERT(read(ends[0], bytes, sizeof bytes) > 0 || is_failing);
    }
}

static void fill_pipe(void)
{
    static const char bytes[4096];

    while (write(ends[1], bytes, sizeof bytes) > 0)
        continue;
}

static void refill_pipe(void *arg)
{
    (void)arg;
    fill_pipe();
    if (++bytes_moved >= BYTES)
        coil_loop_remove_writer(stage, &on_ready);
    coil_semaphore_release(&byte_permits);
}

static int begin_writer(void)
{
    int rc = open_pipe();

    fill_pipe();
    begin_outsider(drain_pipe, NULL);
    return rc < 0 ? rc
                  : coil_loop_add_writer(stage, &on_ready, ends[1], refill_pipe,
                                         NULL);
}

static void probe_writer(void)
{
    await_outsiders();
    if (is_failing)
        return;
    while (bytes_moved < BYTES)
        ASSERT_EQ(coil_semaphore_acquire(&byte_permits), 0);
    ASSERT_EQ(bytes_moved, BYTES);
}

/* ---- a guest ---- */

static int guest_work(void *arg)
{
    static atomic_int shared;
    int rc = coil_yield();

    (void)arg;
    if (rc == 0)
        rc = coil_to_thread(increment, &shared);
    return rc < 0 ? rc : coil_yield();
}

/* While the guest's task runs; a cancellation of the host's ends that. */
static int drive_guest(struct coil_task *task)
{
    int outcome = 0;

    while (!coil_task_is_done(task)) {
        int rc = 0;

        if (coil_loop_timeout(guest) > 0)
            rc = coil_wait_fd(coil_loop_fd(guest), COIL_READABLE);
        if (rc < 0 && outcome == 0) {
            outcome = rc;
            coil_task_cancel(task);
        }
        rc = coil_loop_run_once(guest, 0);
        ASSERT(rc == 0 || (is_failing && rc == -ENOMEM));
    }
    return outcome;
}

static int host_guest(void *arg)
{
    struct coil_task *task;
    int outcome;
    int rc = coil_loop_create_task(guest, &task, guest_work, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    outcome = drive_guest(task);
    rc = coil_task_result(task);
    coil_task_release(task);
    return outcome < 0 ? outcome : rc;
}

static int begin_guest(void)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .no_watchdog = true };

    return coil_loop_new(&guest, &options);
}

static void probe_guest(void)
{
    ASSERT_EQ(host_guest(NULL), 0);
}

/* ---- all of them ---- */

const struct scenario scenarios_kernel[] = {
    { "signal_wait", begin_signals, wait_for_signals, probe_signals,
      end_signals_restored },
    { "signal_handler", begin_taking, take_signals, probe_taking, end_signals },
    { "wait_fd", begin_bytes, read_bytes, probe_bytes, close_pipe },
    { "reader", begin_reader, take_bytes, probe_reader, close_pipe },
    { "writer", begin_writer, take_bytes, probe_writer, close_pipe },
    { "guest", begin_guest, host_guest, probe_guest, end_outside },
    { NULL },
};
