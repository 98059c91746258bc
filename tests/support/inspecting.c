/* SPDX-License-Identifier: MIT */
#include "inspecting.h"

#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/run.h>
#include <coil/task.h>
#include <coil/task_group.h>

#include "program.h"

char inspect_text[1 << 20];

/* ---- calling -------------------------------------------------------------- */

const char *inspect_program(const char *name)
{
    char relative[64];

    snprintf(relative, sizeof relative, "apps/%s", name);
    return program_path(relative);
}

static FILE *begin(const char *program, const char *format, va_list arguments)
{
    char command[2 * PATH_MAX];
    FILE *pipe;
    int n =
        snprintf(command, sizeof command, "'%s' ", inspect_program(program));

    n += vsnprintf(command + n, sizeof command - (size_t)n, format, arguments);
    ASSERT_LT(n + 8, (int)sizeof command);
    strcpy(command + n, " 2>&1");
    pipe = popen(command, "r");
    ASSERT_NOT_NULL(pipe);
    return pipe;
}

FILE *inspect_begin(const char *program, const char *format, ...)
{
    va_list arguments;
    FILE *pipe;

    va_start(arguments, format);
    pipe = begin(program, format, arguments);
    va_end(arguments);
    return pipe;
}

int inspect_end(FILE *pipe)
{
    size_t length = fread(inspect_text, 1, sizeof inspect_text - 1, pipe);
    int status;

    inspect_text[length] = '\0';
    status = pclose(pipe);
    if (!WIFEXITED(status))
        FAIL("it ended with 0x%x: %s", (unsigned)status, inspect_text);
    return WEXITSTATUS(status);
}

void inspect_kill(struct child *child)
{
    kill(child->pid, SIGKILL);
    child_end(child);
}

int inspect(struct child *child, const char *program, const char *format, ...)
{
    va_list arguments;
    FILE *pipe;
    int status;

    va_start(arguments, format);
    pipe = begin(program, format, arguments);
    va_end(arguments);
    status = inspect_end(pipe);
    if (status == 4 && child) {
        inspect_kill(child);
        SKIP("this system lets nobody read another process");
    }
    return status;
}

/* ---- who is looked at ----------------------------------------------------- */

static struct coil_lock inspect_lock = COIL_LOCK_INIT;
static struct coil_event never;
static volatile int zero;
static volatile unsigned long sink;

static void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

static int add(struct coil_task_group *group, coil_fn fn, void *arg,
               const char *name)
{
    const struct coil_task_options options = { .name = name };

    return coil_task_group_create_with(group, NULL, fn, arg, &options);
}

static int add_many(struct coil_task_group *group, coil_fn fn, void *arg,
                    const char *name, int count)
{
    int rc = 0;

    for (int i = 0; i < count && rc == 0; i++) {
        char numbered[32];

        snprintf(numbered, sizeof numbered, "%s-%d", name, i);
        rc = add(group, fn, arg, numbered);
    }
    return rc;
}

static int hold(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : coil_event_wait(&never) + zero;
}

static int want(void *arg)
{
    return coil_lock_acquire(arg) + zero;
}

static int wait_for_lock(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = add(&group, hold, &inspect_lock, "holder");
    if (rc == 0)
        rc = add_many(&group, want, &inspect_lock, "wanter", INSPECT_WANTERS);
    /* When this task runs again, those have taken their first steps. */
    if (rc == 0)
        rc = coil_yield();
    if (rc == 0)
        rc = coil_yield();
    /* Nothing is ever to come, and that is no deadlock. */
    coil_loop_hold(coil_loop_current());
    say_ready();
    return coil_task_group_end(&group, rc);
}

void inspect_hot_lock(void *arg)
{
    (void)!coil_run(wait_for_lock, arg);
}

static __attribute__((noinline)) void inspect_compute(void)
{
    for (int i = 0; i < 1000; i++)
        sink += (unsigned long)i;
}

static int compute(void *arg)
{
    (void)arg;
    say_ready();
    for (;;)
        inspect_compute();
    return 0;
}

static int start_computing(void *arg)
{
    const struct coil_task_options options = { .name = "computer" };
    struct coil_task *task;
    int rc = coil_task_create_with(&task, compute, arg, &options);

    return rc < 0 ? rc : coil_task_await(task) + zero;
}

void inspect_computing(void *arg)
{
    setenv("COIL_WATCHDOG", "0", 1);
    (void)!coil_run(start_computing, arg);
}

static int rest(void *arg)
{
    (void)arg;
    return coil_event_wait(&never) + zero;
}

/* Each of two threads says that it is ready. */
static int wait_with_others(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc == 0)
        rc = add_many(&group, rest, NULL, arg, 3);
    if (rc == 0)
        rc = coil_yield();
    if (rc == 0)
        rc = coil_yield();
    say_ready();
    /* Nothing is ever to come, and that is no deadlock. */
    coil_loop_hold(coil_loop_current());
    return coil_task_group_end(&group, rc);
}

static void *run_there(void *arg)
{
    (void)!coil_run(wait_with_others, arg);
    return NULL;
}

void inspect_two_loops(void *arg)
{
    static char here[] = "here";
    static char there[] = "there";
    pthread_t thread;

    (void)arg;
    ASSERT_EQ(pthread_create(&thread, NULL, run_there, there), 0);
    (void)!coil_run(wait_with_others, here);
    pthread_join(thread, NULL);
}

static int briefly(void *arg)
{
    (void)arg;
    return coil_yield();
}

static int churn(void *arg)
{
    struct coil_task_group group;
    bool has_said = false;
    int rc = 0;

    (void)arg;
    for (;;) {
        rc = coil_task_group_begin(&group);
        if (rc == 0)
            rc = add_many(&group, briefly, NULL, "brief", 50);
        rc = coil_task_group_end(&group, rc);
        if (rc < 0)
            return rc;
        if (!has_said)
            say_ready();
        has_said = true;
    }
}

void inspect_churn(void *arg)
{
    (void)!coil_run(churn, arg);
}

void inspect_nothing(void *arg)
{
    (void)arg;
    say_ready();
    pause();
}
