/* SPDX-License-Identifier: MIT */
/* explore_programs.c - each scenario (scenario.h) under many schedules */
#include "explore_programs.h"

#include "base/platform.h"
#include "reports.h"

#ifdef COIL_ASAN
enum { RUNS = 100 };
#else
enum { RUNS = 5000 };
#endif

static int strike(void *arg)
{
    uint64_t cancels = coil_test_choose(3);

    (void)arg;
    for (uint64_t i = 0; i < cancels; i++) {
        if (i > 0 && coil_yield() < 0)
            break; /* the victim has ended */
        coil_task_cancel(victim);
    }
    return 0;
}

static int play_once(void *arg)
{
    struct coil_task *striker;
    int rc;

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    coil_test_let_time_pass(0, 50 * COIL_MILLISECOND);
    ASSERT_EQ(playing->begin(), 0);
    ASSERT_EQ(coil_task_create(&victim, run_victim, NULL), 0);
    ASSERT_EQ(coil_task_create(&striker, strike, NULL), 0);
    rc = end_of_victim(false);
    ASSERT(rc == 0 || rc == -ECANCELED);
    coil_task_cancel(striker);
    ASSERT_LE(coil_task_await(striker), 0);
    coil_task_release(striker);
    playing->probe();
    end_helpers();
    playing->end();
    return 0;
}

static void say_which(void)
{
    fprintf(stderr, "%s: ", playing->name);
    coil_test_dump_schedule(STDERR_FILENO);
    fputc('\n', stderr);
}

void explore(const struct scenario *scenario)
{
    const char *text = getenv("COIL_RUNS");
    size_t live = coil_test_live_allocations();
    uint64_t runs;

    playing = scenario;
    test_on_failure = say_which;
    ASSERT_OK(coil_test_explore(play_once, NULL,
                                text ? strtoull(text, NULL, 10) : RUNS, &runs));
    ASSERT_EQ(coil_test_live_allocations(), live);
    printf("%s: %llu schedules\n", scenario->name, (unsigned long long)runs);
}
