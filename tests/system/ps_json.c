/* SPDX-License-Identifier: MIT */
/*
 * coil-ps --json: it is as its schema says, and says what is so.
 */
/* LABELS: threads */
/* PROGRAMS: coil-ps */
#include <pthread.h>
#include <string.h>

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/run.h>
#include <coil/shared_lock.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/timeout.h>

#include "fetch/support/schema.h"
#include "inspecting.h"
#include "test.h"

static struct child child;
static volatile int zero;

/* ---- who is looked at ----------------------------------------------------- */

/* Two limits: one of 200 seconds, and within it one of 100. */
static int wait_with_limits(void *arg)
{
    struct coil_timeout outer;
    struct coil_timeout inner;
    int rc = coil_timeout_begin(&outer, 200 * COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_timeout_begin(&inner, 100 * COIL_SECOND);
    if (rc == 0) {
        rc = coil_sleep(1000 * COIL_SECOND);
        rc = coil_timeout_end(&inner, rc);
    }
    return coil_timeout_end(&outer, rc) + zero;
}

/* `*arg` tasks, so that the timers are linked, or in an array. */
static int wait_in_group(void *arg)
{
    static const char odd[] = "a \"\\\x01\xff\xc3\xa4";
    const struct coil_task_options options = { .name = odd };
    const int *count = arg;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc == 0)
        rc = coil_task_group_create_with(&group, NULL, wait_with_limits, NULL,
                                         &options);
    for (int i = 1; i < *count && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, wait_with_limits, NULL);
    if (rc == 0)
        rc = coil_sleep(1 * COIL_MILLISECOND);
    puts("ready");
    fflush(stdout);
    return coil_task_group_end(&group, rc);
}

static void run_group(void *arg)
{
    (void)!coil_run(wait_in_group, arg);
}

static struct coil_shared_lock shared = COIL_SHARED_LOCK_INIT;
static struct coil_event never;

static int want_shared(void *arg)
{
    return coil_shared_lock_acquire(arg) + zero;
}

static int start_wanter(void *arg)
{
    const struct coil_task_options options = { .name = "wanter" };
    struct coil_task *task;
    int rc = coil_task_create_with(&task, want_shared, &shared, &options);

    (void)arg;
    if (rc < 0)
        return rc;
    /* When this task runs again, that one has taken its first step. */
    rc = coil_yield();
    puts("ready");
    fflush(stdout);
    return rc < 0 ? rc : coil_task_await(task) + zero;
}

static void *run_wanter(void *arg)
{
    (void)!coil_run(start_wanter, arg);
    return NULL;
}

/* "keeper" has the lock that "wanter", of the loop of another thread, wants. */
static int keep_shared(void *arg)
{
    pthread_t thread;
    int rc = coil_shared_lock_acquire(&shared);

    (void)arg;
    if (rc < 0)
        return rc;
    coil_task_set_name(coil_current_task(), "keeper");
    ASSERT_EQ(pthread_create(&thread, NULL, run_wanter, NULL), 0);
    /* Nothing is ever to come, and that is no deadlock. */
    coil_loop_hold(coil_loop_current());
    return coil_event_wait(&never) + zero;
}

static void run_keeper(void *arg)
{
    (void)!coil_run(keep_shared, arg);
}

/* ---- asking --------------------------------------------------------------- */

/* The document, which is as the schema says; json_decref() it. */
static json_t *ask(const char *options)
{
    char why[512];
    json_error_t error;
    json_t *schema = json_load_file(PS_SCHEMA, 0, &error);
    json_t *document;

    if (!schema)
        FAIL("%s:%d: %s", PS_SCHEMA, error.line, error.text);
    ASSERT_EQ(inspect(&child, "coil-ps", "--json %s %d", options, child.pid),
              0);
    document = json_loads(inspect_text, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        FAIL("line %d: %s: %s", error.line, error.text, inspect_text);
    if (!schema_allows(schema, document, why, sizeof why))
        FAIL("%s: %s", why, inspect_text);
    json_decref(schema);
    return document;
}

/* The tasks of the only loop. */
static const json_t *tasks_of(const json_t *document)
{
    const json_t *loops = json_object_get(document, "loops");

    ASSERT_EQ(json_array_size(loops), 1);
    return json_object_get(json_array_get(loops, 0), "tasks");
}

static const json_t *find(const json_t *tasks, const char *name)
{
    size_t i;
    json_t *task;

    json_array_foreach(tasks, i, task)
    {
        if (strcmp(json_string_value(json_object_get(task, "name")), name) == 0)
            return task;
    }
    FAIL("there is no task %s", name);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

TEST(ps_json_tells_what_tasks_wait_for)
{
    json_t *document;
    const json_t *tasks;
    const json_t *holder;
    const json_t *wait;
    size_t group;

    child_start(&child, inspect_hot_lock, NULL);
    child_await(&child, "ready");
    document = ask("");
    tasks = tasks_of(document);
    ASSERT_EQ(json_array_size(tasks), INSPECT_WANTERS + 2);
    holder = find(tasks, "holder");
    ASSERT_STR_EQ(text_of(json_object_get(holder, "wait"), "reason"), "event");
    wait = json_object_get(find(tasks, "wanter-7"), "wait");
    ASSERT_STR_EQ(text_of(wait, "reason"), "lock");
    ASSERT_STR_EQ(text_of(json_object_get(wait, "holder"), "name"), "holder");
    ASSERT_EQ(json_integer_value(
                  json_object_get(json_object_get(wait, "holder"), "id")),
              json_integer_value(json_object_get(holder, "id")));
    group = json_array_size(json_object_get(
        json_array_get(json_object_get(find(tasks, "Task-1"), "scopes"), 0),
        "tasks"));
    ASSERT_EQ(group, INSPECT_WANTERS + 1);
    ASSERT_EQ(json_integer_value(json_object_get(holder, "parent")), 1);
    ASSERT_NULL(json_object_get(holder, "frames"));
    json_decref(document);
    document = ask("--frames");
    ASSERT_NOT_NULL(
        json_object_get(find(tasks_of(document), "holder"), "frames"));
    json_decref(document);
    inspect_kill(&child);
}

static void expect_limits(int count)
{
    json_t *document;
    size_t i;
    json_t *task;

    child_start(&child, run_group, &count);
    child_await(&child, "ready");
    document = ask("");
    ASSERT_EQ(json_array_size(tasks_of(document)), count + 1);
    json_array_foreach(tasks_of(document), i, task)
    {
        const json_t *scopes = json_object_get(task, "scopes");
        json_int_t left[2];

        if (i == 0)
            continue;
        ASSERT_EQ(json_array_size(scopes), 2);
        for (size_t k = 0; k < 2; k++) {
            const json_t *scope = json_array_get(scopes, k);

            ASSERT_STR_EQ(text_of(scope, "kind"), "timeout");
            left[k] = json_integer_value(json_object_get(scope, "left_ns"));
        }
        ASSERT(left[0] > 0 && left[0] <= 113 * COIL_SECOND);
        ASSERT(left[1] > 113 * COIL_SECOND && left[1] <= 226 * COIL_SECOND);
    }
    json_decref(document);
    inspect_kill(&child);
}

TEST(ps_json_has_the_deadlines_of_few_tasks)
{
    expect_limits(3);
}

TEST(ps_json_has_the_deadlines_of_many_tasks)
{
    expect_limits(300);
}

/* A name of any bytes is a string all the same. */
TEST(ps_json_of_an_odd_name)
{
    int count = 1;
    json_t *document;

    child_start(&child, run_group, &count);
    child_await(&child, "ready");
    document = ask("");
    find(tasks_of(document), "a \"\\\x01\xef\xbf\xbd\xc3\xa4");
    json_decref(document);
    inspect_kill(&child);
}

TEST(ps_json_tells_of_every_loop)
{
    json_t *document;

    child_start(&child, inspect_two_loops, NULL);
    child_await(&child, "ready");
    while (!strstr(strstr(child.text, "ready") + 1, "ready"))
        ASSERT(child_read(&child));
    document = ask("");
    ASSERT_EQ(json_array_size(json_object_get(document, "loops")), 2);
    json_decref(document);
    inspect_kill(&child);
}

/* The task that has a shared lock may be of any loop. */
TEST(ps_json_names_a_holder_of_another_loop)
{
    json_t *document;
    const json_t *holder = NULL;
    const json_t *loops;
    size_t i;
    size_t k;
    json_t *loop;
    json_t *task;

    child_start(&child, run_keeper, NULL);
    child_await(&child, "ready");
    document = ask("");
    loops = json_object_get(document, "loops");
    ASSERT_EQ(json_array_size(loops), 2);
    json_array_foreach(loops, i, loop)
    {
        json_array_foreach(json_object_get(loop, "tasks"), k, task)
        {
            if (strcmp(text_of(task, "name"), "wanter") == 0)
                holder =
                    json_object_get(json_object_get(task, "wait"), "holder");
        }
    }
    ASSERT_STR_EQ(text_of(holder, "name"), "keeper");
    ASSERT_STR_CONTAINS(text_of(holder, "site"), "coil_loop_run");
    json_decref(document);
    inspect_kill(&child);
}

TEST(ps_json_of_a_process_without_a_loop)
{
    json_t *document;

    child_start(&child, inspect_nothing, NULL);
    child_await(&child, "ready");
    document = ask("");
    ASSERT_EQ(json_array_size(json_object_get(document, "loops")), 0);
    json_decref(document);
    inspect_kill(&child);
}

TEST(ps_json_of_tasks_that_come_and_go)
{
    child_start(&child, inspect_churn, NULL);
    child_await(&child, "ready");
    for (int i = 0; i < 10; i++)
        json_decref(ask(i % 2 ? "--frames" : ""));
    inspect_kill(&child);
}
