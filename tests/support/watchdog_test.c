/* SPDX-License-Identifier: MIT */
/* watchdog_test.c - steps that take too long, and the reports about them */
#include "watchdog_test.h"

/* See test.h. */
bool test_reports_slow_steps = true;

coil_time slow = 400 * COIL_MILLISECOND;

coil_time now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (coil_time)time.tv_sec * COIL_SECOND + time.tv_nsec;
}

COIL_NOINLINE int compute(coil_time duration)
{
    coil_time end = now() + duration;

    while (now() < end)
        continue;
    return zero;
}

COIL_NOINLINE int block(coil_time duration)
{
    coil_time begin = now();

    /* It is not read again when it is interrupted. */
    usleep((useconds_t)(duration / COIL_MICROSECOND));
    printf("%s\n", now() - begin >= duration ? "undisturbed" : "DISTURBED");
    return zero;
}

int be_slow(void *arg)
{
    int rc;

    (void)arg;
    coil_task_set_name(coil_current_task(), "slowpoke");
    rc = coil_yield();
    compute(slow);
    return rc;
}

int be_asleep(void *arg)
{
    int rc;

    (void)arg;
    coil_task_set_name(coil_current_task(), "sleeper");
    rc = coil_yield();
    block(slow);
    return rc;
}

int await_call(coil_callback_fn fn)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_handle handle = { 0 };

    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle, fn, &event), 0);
    return coil_event_wait(&event);
}

void run_task_of_child(void *arg)
{
    coil_fn *fn = arg;
    int rc = coil_run(*fn, NULL);

    fflush(stdout);
    if (rc < 0)
        exit(9);
}

void run_child(coil_fn fn)
{
    child_run(&the_child, run_task_of_child, &fn);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

static int count_reports(void)
{
    const char *at = the_child.text;
    int count = 0;

    while ((at = strstr(at, " has been running for "))) {
        at++;
        count++;
    }
    return count;
}

void run_until_told(void (*body)(void *arg), void *arg, int reports)
{
    do {
        sandbox_run(&the_child, body, arg);
        slow *= 2;
    } while (count_reports() < reports && slow < 10 * COIL_SECOND);
}

void run_child_until_told(coil_fn fn, int reports)
{
    run_until_told(run_task_of_child, &fn, reports);
}

bool is_emulated(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload");
}

bool sees_all(void)
{
#if defined(__x86_64__)
    return !is_emulated();
#else
    return false;
#endif
}

void expect_frame(const char *function)
{
    if (has_backtraces() && !SIGNALS_ARE_LATE)
        ASSERT_STR_CONTAINS(the_child.text, function);
}

void expect_no_frame(const char *function)
{
    if (strstr(the_child.text, function))
        FAIL("it wrote\n%s", the_child.text);
}

void expect_silence(void)
{
    expect_no_frame("without waiting");
}
