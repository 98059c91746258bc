/* SPDX-License-Identifier: MIT */
/*
 * coil-ps and coil-pstree: what they print about another process, a child of
 * this one.
 */
/* LABELS: threads */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil/as_completed.h>
#include <coil/combinators.h>
#include <coil/event.h>
#include <coil/introspection.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/select.h>
#include <coil/sleep.h>
#include <coil/staggered_race.h>
#include <coil/task.h>
#include <coil/task_group.h>

#include "inspecting.h"
#include "names.h"
#include "test.h"
#include "trace/backtrace.h"

static struct child child;

static struct coil_lock first = COIL_LOCK_INIT;
static struct coil_lock second = COIL_LOCK_INIT;

/* ---- who is looked at ----------------------------------------------------- */

struct locks {
    struct coil_lock *mine;
    struct coil_lock *other;
};

static int take_both(void *arg)
{
    const struct locks *locks = arg;
    int rc = coil_lock_acquire(locks->mine);

    if (rc < 0)
        return rc;
    rc = coil_sleep(1 * COIL_MILLISECOND);
    if (rc < 0)
        return rc;
    return coil_lock_acquire(locks->other) + zero;
}

static int rest(void *arg)
{
    (void)arg;
    return coil_sleep(1000 * COIL_SECOND) + zero;
}

static int gather(void *arg)
{
    struct coil_future *futures[2];
    struct coil_task *tasks[2];
    int rc = 0;

    (void)arg;
    for (int i = 0; i < 2 && rc == 0; i++) {
        rc = coil_task_create_with(
            &tasks[i], rest, NULL,
            &(struct coil_task_options){ .name = i ? "g1" : "g0" });
        futures[i] = coil_task_future(tasks[i]);
    }
    return rc < 0 ? rc : coil_gather(futures, 2, 0) + zero;
}

static int ask_for_next(void *arg)
{
    const struct coil_task_options options = { .name = "n0" };
    struct coil_as_completed it;
    struct coil_future *future;
    struct coil_task *task;
    int rc = coil_task_create_with(&task, rest, NULL, &options);

    (void)arg;
    if (rc < 0)
        return rc;
    future = coil_task_future(task);
    rc = coil_as_completed_begin(&it, &future, 1, COIL_NEVER);
    if (rc < 0)
        return rc;
    rc = coil_as_completed_next(&it, &future);
    coil_as_completed_end(&it);
    coil_task_release(task);
    return rc + zero;
}

static int name_and_rest(void *arg)
{
    coil_task_set_name(coil_current_task(), arg);
    return rest(NULL) + zero;
}

static int race(void *arg)
{
    static char name[] = "r0";
    struct coil_racer racers[] = { { .fn = name_and_rest, .arg = name } };

    (void)arg;
    return coil_staggered_race(racers, 1, COIL_SECOND) + zero;
}

static int await(void *arg)
{
    return coil_task_await(arg) + zero;
}

static int add(struct coil_task_group *group, struct coil_task **out,
               coil_fn fn, void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };

    return coil_task_group_create_with(group, out, fn, arg, &options);
}

static int wait_for_all(void *arg)
{
    static struct locks ab = { &first, &second };
    static struct locks ba = { &second, &first };
    struct coil_task_group group;
    struct coil_task *a;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = add(&group, &a, take_both, &ab, "a");
    if (rc == 0)
        rc = add(&group, NULL, take_both, &ba, "b");
    if (rc == 0)
        rc = add(&group, NULL, await, a, "c");
    if (rc == 0)
        rc = add(&group, NULL, gather, NULL, "d");
    if (rc == 0)
        rc = add(&group, NULL, ask_for_next, NULL, "e");
    if (rc == 0)
        rc = add(&group, NULL, race, NULL, "f");
    for (int i = 0; i < 5 && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, rest, NULL);
    if (rc == 0)
        rc = coil_sleep(20 * COIL_MILLISECOND);
    puts("ready");
    fflush(stdout);
    return coil_task_group_end(&group, rc);
}

static void run_waiting(void *arg)
{
    (void)arg;
    (void)!coil_run(wait_for_all, NULL);
}

static int spin(void *arg)
{
    struct coil_task *task;
    int rc = 0;

    (void)arg;
    puts("ready");
    fflush(stdout);
    while (rc == 0) {
        rc = coil_task_create(&task, rest, NULL);
        if (rc == 0)
            rc = coil_sleep(0);
        coil_task_cancel(task);
        if (rc == 0)
            rc = coil_sleep(0);
        coil_task_release(task);
    }
    return rc;
}

static void run_spinning(void *arg)
{
    (void)arg;
    (void)!coil_run(spin, NULL);
}

static void run_without_loop(void *arg)
{
    (void)arg;
    puts("ready");
    fflush(stdout);
    pause();
}

/* ---- asking --------------------------------------------------------------- */

/* It says that it is ready a little before its main task waits. */
static void await_waiting(void)
{
    while (inspect(NULL, "coil-ps", "%d", child.pid) != 4 &&
           !strstr(inspect_text, ": waiting, "))
        sched_yield();
}

static void look(const char *program, int status)
{
    int said = inspect(NULL, program, "%d", child.pid);
    kill(child.pid, SIGKILL);
    child_end(&child);
    if (said == 4 && status != 4)
        SKIP("this system lets nobody read another process");
    if (said != status)
        FAIL("%s exits with %d: %s", program, said, inspect_text);
}

static void begin(void (*body)(void *arg))
{
    child_start(&child, body, NULL);
    child_await(&child, "ready");
}

static void look_at(void (*body)(void *arg), const char *program, int status)
{
    begin(body);
    look(program, status);
}

static void look_at_waiting(void (*body)(void *arg), const char *program)
{
    begin(body);
    await_waiting();
    look(program, 0);
}

static bool has_frames(void)
{
    struct coil_frame frame;
    struct coil_stack_range range = {
        (uintptr_t)__builtin_frame_address(0) - 65536, UINTPTR_MAX
    };

    return coil__backtrace_here(range, &frame, 1) > 0 &&
           strstr(inspect_text, "#0 ") != NULL;
}

TEST(ps_says_what_each_task_waits_for)
{
    look_at_waiting(run_waiting, "coil-ps");
    ASSERT_STR_CONTAINS(inspect_text, ": waiting, 16 tasks\n");
    ASSERT_STR_CONTAINS(inspect_text, "  waits for task group ");
    ASSERT_STR_CONTAINS(inspect_text, ", held by b ");
    ASSERT_STR_CONTAINS(inspect_text, ", held by a ");
    ASSERT_STR_CONTAINS(inspect_text, "  waits for task a ");
    ASSERT_STR_CONTAINS(inspect_text, "  waits for futures ");
    ASSERT_STR_CONTAINS(inspect_text, "  waits for sleep ");
    ASSERT_STR_CONTAINS(inspect_text, "tests/system/ps.c:");
}

TEST(pstree_says_who_awaits_whom)
{
    const char *d;

    look_at_waiting(run_waiting, "coil-pstree");
    ASSERT_STR_CONTAINS(inspect_text,
                        "\n  Task-1, made at coil_loop_run_until");
    ASSERT_STR_CONTAINS(inspect_text, "\n    a, made at tests/system/ps.c:");
    ASSERT_STR_CONTAINS(inspect_text, "\n    c, made at tests/system/ps.c:");
    ASSERT_STR_CONTAINS(inspect_text, ": waits for task a, for ");
    ASSERT_STR_CONTAINS(inspect_text, "\n    ... and 4 more like this\n");
    d = strstr(inspect_text, "\n    d, made at ");
    ASSERT_NOT_NULL(d);
    ASSERT_NOT_NULL(strstr(d, "\n      g0, made at "));
    ASSERT_NOT_NULL(strstr(d, "\n      g1, made at "));
    ASSERT_STR_CONTAINS(inspect_text, "\n    e, made at ");
    ASSERT_STR_CONTAINS(inspect_text, "\n      n0, made at ");
    ASSERT_STR_CONTAINS(inspect_text, "\n    f, made at ");
    ASSERT_STR_CONTAINS(inspect_text, "\n      r0, made at ");
    if (!has_frames())
        return;
    if (NAMES_ARE_KEPT)
        ASSERT_STR_CONTAINS(inspect_text, "lock_acquire");
    ASSERT_STR_CONTAINS(inspect_text, "take_both at ");
}

/* The file is mapped below the program, as under TSan. */
static void run_with_a_deleted_file(void *arg)
{
    FILE *file = tmpfile();
    void *low = (void *)(uintptr_t)0x20000000;

    if (!file || ftruncate(fileno(file), 4096) < 0 ||
        mmap(low, 4096, PROT_READ, MAP_SHARED, fileno(file), 0) == MAP_FAILED)
        _exit(1);
    run_waiting(arg);
}

TEST(ps_of_a_process_that_has_mapped_a_deleted_file)
{
    look_at_waiting(run_with_a_deleted_file, "coil-ps");
    ASSERT_STR_CONTAINS(inspect_text, ": waiting, 16 tasks\n");
}

static int select_one(void *arg)
{
    static struct coil_queue queue;
    struct coil_event event = COIL_EVENT_INIT;
    void *item;
    struct coil_select_case cases[] = {
        { .kind = NULL },
        coil_queue_get_case(&queue, &item),
        coil_event_wait_case(&event),
        coil_sleep_case(1000 * COIL_SECOND),
    };

    (void)arg;
    coil_queue_init(&queue, sizeof item, 0);
    puts("ready");
    fflush(stdout);
    return coil_select(cases, 4) + zero;
}

static void run_selecting(void *arg)
{
    _exit(coil_run(select_one, arg) < 0);
}

TEST(ps_says_each_thing_that_a_task_selects_from)
{
    look_at_waiting(run_selecting, "coil-ps");
    ASSERT_STR_CONTAINS(inspect_text,
                        "  waits for queue get or event or sleep ");
}

TEST(ps_of_a_loop_that_never_rests)
{
    for (int i = 0; i < 5; i++) {
        look_at(run_spinning, i % 2 ? "coil-pstree" : "coil-ps", 0);
        ASSERT_STR_CONTAINS(inspect_text, "loop 0x");
        ASSERT_STR_CONTAINS(inspect_text, "Task-1");
    }
}

TEST(ps_of_a_process_without_a_loop)
{
    look_at(run_without_loop, "coil-ps", 0);
    ASSERT_STR_EQ(inspect_text, "no loop is open\n");
}

TEST(ps_refuses_what_is_no_process)
{
    ASSERT_EQ(inspect(NULL, "coil-ps", "99999999"), 3);
    ASSERT_STR_CONTAINS(inspect_text, "there is none\n");
    ASSERT_EQ(inspect(NULL, "coil-ps", "-1"), 2);
}

static void run_sleep(void *arg)
{
    (void)arg;
    puts("ready");
    fflush(stdout);
    execl("/bin/sleep", "sleep", "20", (char *)NULL);
}

TEST(ps_refuses_what_does_not_use_coil)
{
    int said = 0;

    child_start(&child, run_sleep, NULL);
    child_await(&child, "ready");
    /* The child may not have become the other program yet. */
    for (int i = 0; i < 200 && said == 0; i++) {
        said = inspect(NULL, "coil-ps", "%d", child.pid);
        usleep(10000);
    }
    kill(child.pid, SIGKILL);
    child_end(&child);
    if (said == 4)
        SKIP("this system lets nobody read another process");
    ASSERT_EQ(said, 5);
    ASSERT_STR_CONTAINS(inspect_text, "it does not use coil\n");
}

static void run_other_version(void *arg)
{
    uintptr_t at = (uintptr_t)&coil_introspection.version;
    uintptr_t page = at & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1);

    ASSERT_EQ(mprotect((void *)page, at - page + 4, PROT_READ | PROT_WRITE), 0);
    *(volatile uint32_t *)at = COIL_INTROSPECTION_VERSION + 1;
    run_without_loop(arg);
}

TEST(ps_refuses_another_version)
{
    look_at(run_other_version, "coil-ps", 6);
    ASSERT_STR_CONTAINS(inspect_text,
                        "of a version that this program does not know");
}

TEST(the_table_is_the_one_readers_expect)
{
    const struct coil_introspection *t = &coil_introspection;

    ASSERT_EQ(memcmp(t->magic, COIL_INTROSPECTION_MAGIC, sizeof t->magic), 0);
    ASSERT_EQ(t->version, COIL_INTROSPECTION_VERSION);
    ASSERT_LE(t->field_count, COIL_INTROSPECTION_FIELDS_MAX);
    for (uint32_t i = 0; i < t->field_count; i++)
        ASSERT_NOT_NULL(
            memchr(t->fields[i].name, '\0', sizeof t->fields[i].name));
}
