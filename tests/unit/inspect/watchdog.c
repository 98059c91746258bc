/* SPDX-License-Identifier: MIT */
/*
 * A step that takes too long is reported while it runs: its task, its place,
 * and whether it computes or waits in a system call. The call is not disturbed.
 */
/* LABELS: threads */
#include "watchdog_shared_test.h"

/* ---- steps ---------------------------------------------------------------- */

/* The library's function that has called the task's function is left out. */
static void expect_no_own_frame(void)
{
    if (!knows_functions())
        return;
    expect_no_frame(" run at ");
    expect_no_frame(" run+0x");
}

TEST(watchdog_reports_a_step_that_computes)
{
    run_child_until_told(be_slow, 1);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: slowpoke, made at coil_loop_run_until_complete()"
                        ", has been running for ");
    ASSERT_STR_CONTAINS(the_child.text, " ms without waiting:\n");
    if (sees_all())
        expect_frame(" compute");
    expect_frame(" be_slow");
    expect_no_own_frame();
}

TEST(watchdog_reports_a_step_that_blocks_and_does_not_disturb_it)
{
    run_child_until_told(be_asleep, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: sleeper, made at ");
    if (sees_all())
        ASSERT_STR_CONTAINS(the_child.text, "\nundisturbed\n");
    if (has_backtraces())
        ASSERT_STR_CONTAINS(the_child.text, "nanosleep");
    expect_frame(" block");
    expect_frame(" be_asleep");
    expect_no_own_frame();
}

/* A descriptor that is readable after a while. */
static int open_slow_pipe(void)
{
    int fds[2];

    ASSERT_EQ(pipe(fds), 0);
    if (fork() == 0) {
        usleep(300000);
        _exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
    }
    return fds[0];
}

static int read_slowly(void *arg)
{
    char byte;

    (void)arg;
    ASSERT_EQ(read(open_slow_pipe(), &byte, 1), 1);
    return 0;
}

TEST(watchdog_reports_a_step_in_a_read)
{
    run_child_until_told(read_slowly, 1);
    ASSERT_STR_CONTAINS(the_child.text, "without waiting:\n");
    expect_frame(" read_slowly");
}

/*
 * Returned functions leave frames behind on the stack, below that of the
 * reader.
 */
static COIL_NOINLINE int leave_frames(size_t depth)
{
    volatile char *bytes = alloca(depth * 16 + 64);

    bytes[0] = (char)depth;
    return depth > 0 ? leave_frames(depth - 1) + bytes[0] : bytes[0];
}

/*
 * read() is not used, because sanitizers put a function of their own around it.
 */
static COIL_NOINLINE int read_above_old_frames(size_t size, int fd)
{
    volatile char *bytes = alloca(size);

    return syscall(SYS_read, fd, bytes, 1) == 1 ? bytes[0] : -EIO;
}

static int read_where_others_were(void *arg)
{
    int fd = open_slow_pipe();
    int rc = coil_yield();

    (void)arg;
    if (rc < 0)
        return rc;
    rc = leave_frames(12) > 0 ? 0 : -EIO;
    return rc < 0 ? rc : read_above_old_frames(1600, fd) - 'x';
}

TEST(watchdog_shows_no_frame_of_a_function_that_has_returned)
{
    run_child_until_told(read_where_others_were, 1);
    if (!sees_all())
        return;
    expect_frame(" read_above_old_frames");
    expect_frame(" read_where_others_were");
    expect_no_frame(" leave_frames");
}

/* A signal that asks would end a sleep. */
static int take_long(void *arg)
{
    coil_loop_set_slow_callback_duration(coil_loop_current(),
                                         20 * COIL_MILLISECOND);
    return sees_all() ? be_asleep(arg) : be_slow(arg);
}

/*
 * The age in the next report from `*at` on, in milliseconds, and the text
 * behind it.
 */
static double next_age(const char **at)
{
    static const char before[] = " has been running for ";
    double age;
    char *end;

    *at = strstr(*at, before);
    ASSERT_NOT_NULL(*at);
    age = strtod(*at + strlen(before), &end);
    *at = end;
    return strncmp(end, " s ", 3) == 0 ? 1000 * age : age;
}

/*
 * On a busy machine the first report is late, and the second may not come
 * within the step: then the step takes longer.
 */
TEST(watchdog_reports_a_step_again_after_ten_times_as_long)
{
    const char *at;
    double first;

    slow = COIL_SECOND;
    do {
        run_child(take_long);
        at = the_child.text;
        first = next_age(&at);
        slow *= 2;
    } while (!strstr(at, " has been running for "));
    ASSERT(first >= 20);
    ASSERT(next_age(&at) >= 10 * first);
}

/* How often files of the program are mapped. */
static int count_files_of(const char *path)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    int count = 0;

    ASSERT_NOT_NULL(maps);
    while (fgets(line, sizeof line, maps))
        count += strstr(line, path) != NULL;
    fclose(maps);
    return count;
}

/* Reading the program's information takes memory, which is given back. */
static void be_slow_often(void *arg)
{
    char path[4096] = "";
    int count = 0;

    (void)arg;
    ASSERT_GT(readlink("/proc/self/exe", path, sizeof path - 1), 0);
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(coil_run(be_slow, NULL), 0);
        if (i == 0)
            count = count_files_of(path);
    }
    ASSERT_EQ(count_files_of(path), count);
}

TEST(watchdog_keeps_nothing_of_what_it_has_reported)
{
    slow = 200 * COIL_MILLISECOND;
    child_run(&the_child, be_slow_often, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

static int compute_rest(void *arg)
{
    (void)arg;
    compute(slow);
    return 0;
}

static int start_other(void *arg)
{
    const struct coil_task_options options = { .name = "other" };
    struct coil_task *task;
    int rc;

    (void)arg;
    rc = coil_task_create_with(&task, compute_rest, NULL, &options);
    if (rc < 0)
        return rc;
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

TEST(watchdog_names_the_task_and_where_it_was_made)
{
    run_child_until_told(start_other, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: other, made at "
                                        "tests/unit/inspect/watchdog.c:");
}

static void compute_in_callback(void *arg)
{
    compute(slow);
    coil_event_set(arg);
}

static int call_back(void *arg)
{
    (void)arg;
    return await_call(compute_in_callback);
}

TEST(watchdog_reports_callbacks_too)
{
    run_child_until_told(call_back, 1);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: a callback has been running for ");
    expect_frame(" compute_in_callback");
}

/* ---- when not ------------------------------------------------------------- */

static void run_in_pieces(void *arg)
{
    struct coil_loop *loop;

    (void)arg;
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    /* This machine may be busy. */
    coil_loop_set_slow_callback_duration(loop, 300 * COIL_MILLISECOND);
    ASSERT_EQ(coil_loop_slow_callback_duration(loop), 300 * COIL_MILLISECOND);
    ASSERT_EQ(coil_loop_run_until_complete(loop, work_in_pieces, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

TEST(watchdog_says_nothing_of_steps_that_are_short)
{
    child_run(&the_child, run_in_pieces, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    expect_silence();
}

enum { WORKERS = 24 };

static int yield_and_compute(void *arg)
{
    int rc = 0;

    /* Now the loop assumes that steps are short, and seldom looks outside. */
    for (int i = 0; rc == 0 && i < 3000; i++)
        rc = coil_yield();
    if (rc == 0)
        rc = coil_event_wait(arg);
    if (rc == 0)
        compute(50 * COIL_MILLISECOND);
    return rc;
}

static int compute_in_turn(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_task *tasks[WORKERS];
    int rc = 0;

    (void)arg;
    coil_loop_set_slow_callback_duration(coil_loop_current(),
                                         300 * COIL_MILLISECOND);
    for (int i = 0; i < WORKERS; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], yield_and_compute, &event), 0);
    for (int i = 0; rc == 0 && i < 3002; i++)
        rc = coil_yield();
    coil_event_set(&event);
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_await(tasks[i]);
    for (int i = 0; i < WORKERS; i++)
        coil_task_release(tasks[i]);
    return rc;
}

/* Many steps together take longer than the limit, and each takes less. */
TEST(watchdog_tells_steps_apart_between_which_nobody_looks_outside)
{
    run_child(compute_in_turn);
    expect_silence();
}

static void run_with_option(void *arg)
{
    const struct coil_loop_options options = { .no_watchdog = true };

    (void)arg;
    (void)!coil_run_with(be_slow, NULL, &options);
}

static void run_with_environment(void *arg)
{
    (void)arg;
    setenv("COIL_WATCHDOG", "0", 1);
    (void)!coil_run(be_slow, NULL);
}

static void run_with_longer_limit(void *arg)
{
    (void)arg;
    setenv("COIL_WATCHDOG", "3000", 1);
    (void)!coil_run(be_slow, NULL);
}

static int lift_limit(void *arg)
{
    coil_loop_set_slow_callback_duration(coil_loop_current(), 0);
    return be_slow(arg);
}

static void run_without_limit(void *arg)
{
    (void)arg;
    (void)!coil_run(lift_limit, NULL);
}

static coil_time limit_by_environment(const char *text)
{
    struct coil_loop *loop;
    coil_time limit;

    setenv("COIL_WATCHDOG", text, 1);
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    limit = coil_loop_slow_callback_duration(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    return limit;
}

TEST(watchdog_limit_in_the_environment_is_in_milliseconds)
{
    ASSERT_EQ(limit_by_environment("250"), 250 * COIL_MILLISECOND);
    ASSERT_EQ(limit_by_environment("0"), 0);
    /* A limit that is not a number changes nothing. */
    ASSERT_EQ(limit_by_environment("-5"), 100 * COIL_MILLISECOND);
    ASSERT_EQ(limit_by_environment("99999999999"), 100 * COIL_MILLISECOND);
}

static void pause_between_turns(void *arg)
{
    struct coil_loop *loop;

    (void)arg;
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    coil_loop_hold(loop);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
        usleep(400000);
    }
    coil_loop_release(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* A host may take its time. */
TEST(watchdog_is_silent_while_a_guest_does_not_run)
{
    child_run(&the_child, pause_between_turns, NULL);
    expect_silence();
}

TEST(watchdog_can_be_told_to_be_silent)
{
    child_run(&the_child, run_with_option, NULL);
    expect_silence();
    child_run(&the_child, run_with_environment, NULL);
    expect_silence();
    child_run(&the_child, run_with_longer_limit, NULL);
    expect_silence();
    child_run(&the_child, run_without_limit, NULL);
    expect_silence();
}
