/* SPDX-License-Identifier: MIT */
/* overflow_test.c - what the programs overflow and overflow_signal share */
#include "overflow_test.h"

/* ---- going too far -------------------------------------------------------- */

static COIL_NOINLINE int descend(int depth)
{
    volatile char frame[256];

    frame[depth & 255] = (char)depth;
    if (depth == INT32_MAX)
        return 0;
    return descend(depth + 1) + frame[depth & 255];
}

int overflow(void *arg)
{
    (void)arg;
    return descend(0);
}

int yield(void *arg)
{
    (void)arg;
    return coil_yield();
}

int start_task(void *arg)
{
    const struct plan *plan = arg;
    struct coil_task *others[3];
    struct coil_task *task;

    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create(&others[i], yield, NULL), 0);
    ASSERT_EQ(coil_task_create_with(&task, plan->fn, NULL, &plan->task), 0);
    ASSERT_EQ(coil_task_await(task), 0);
    return 0;
}

void run_plan(void *arg)
{
    struct plan *plan = arg;

    (void)!coil_run_with(start_task, plan, &plan->loop);
}

bool has_sigsegv(void)
{
    struct sigaction action;

    sigaction(SIGSEGV, NULL, &action);
    return !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL;
}

void skip_if_taken(void)
{
    if (!has_sigsegv())
        SKIP("SIGSEGV belongs to the sanitizer");
}

void expect_no_report(void)
{
    if (strstr(the_child.text, "coil"))
        FAIL("it wrote\n%s", the_child.text);
}
