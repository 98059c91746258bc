/* SPDX-License-Identifier: MIT */
/*
 * Moments of a talk with a program that come seldom from outside.
 */
#include "process/talk.h"

#include <sys/wait.h>

#include "process_test.h"

static void await_zombie(const struct coil_process *p)
{
    siginfo_t info;

    ASSERT_EQ(
        waitid(P_PID, (id_t)coil_process_pid(p), &info, WEXITED | WNOWAIT), 0);
}

/* The program has ended, and the loop has not yet looked at its pipes. */
KERNEL_TEST(talk_reads_the_rest)
{
    struct coil_process *p =
        begin_shell("echo out; echo err >&2", &listening_options);
    struct coil_process_output got;
    struct coil__talk talk;

    ASSERT_EQ(coil__talk_begin(&talk, p), 0);
    await_zombie(p);
    coil__talk_read_rest(&talk);
    coil__talk_end(&talk);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, &got), 0);
    ASSERT_STR_EQ(got.out, "out\n");
    ASSERT_STR_EQ(got.err, "err\n");
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_close(p), 0);
}

static int communicate(void *process)
{
    return coil_process_communicate(process, NULL, 0, NULL);
}

/*
 * The request comes when all of the output has been read, but the task has not
 * heard of that yet.
 */
KERNEL_TEST(talk_is_cancelled_before_it_waits_for_the_end)
{
    struct coil_process *p =
        begin_shell("exec >&- 2>&-; exec sleep 1000", &talking_options);
    struct coil_task *task = start_waiting(communicate, p);
    const struct coil__talk *talk = p->talk;

    ASSERT_NOT_NULL(talk);
    while (!talk->hearings[0].is_over || !talk->hearings[1].is_over)
        turn();
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
}
