/* SPDX-License-Identifier: MIT */
/*
 * coil-ps --leaks: it tells the tasks that nothing can wake, and no others.
 */
/* LABELS: threads */
/* PROGRAMS: coil-ps */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <coil.h>

#include "base/platform.h"
#include "fetch/support/schema.h"
#include "inspecting.h"
#include "test.h"

#if defined(COIL_ASAN) || defined(COIL_TSAN)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* A sanitizer's blocks are none of glibc's: whole mappings would be read, for minutes. */
static void skip_if_sanitized(void)
{
    if (IS_SANITIZED)
        SKIP("coil-ps --leaks does not know the heap of a sanitizer");
}

/* Of 50 that are planted, at least 48 are found. */
enum { LIVE = 10000, PLANTED = 62, FOUND = PLANTED * 48 / 50 + 1 };

static struct child child;
static volatile int zero;

/* ---- who waits in vain ---------------------------------------------------- */

/* The only reference to what is waited for is that of the task itself. */
static int create(coil_fn fn, void *arg, const char *kind)
{
    static int count;
    char name[32];

    snprintf(name, sizeof name, "lost-%s-%d", kind, count++);
    return coil_task_create_with(NULL, fn, arg,
                                 &(struct coil_task_options){ .name = name });
}

static int wait_event(void *arg)
{
    return coil_event_wait(arg) + zero;
}

static int plant_event(void)
{
    return create(wait_event, calloc(1, sizeof(struct coil_event)), "event");
}

/* Blocks that refer to each other are not alive for that. */
struct ring {
    struct ring *next;
    struct coil_event event;
};

static int plant_ring(void)
{
    struct ring *one = calloc(1, sizeof *one);
    struct ring *other = calloc(1, sizeof *other);

    one->next = other;
    other->next = one;
    return create(wait_event, &one->event, "ring");
}

static int wait_own(void *arg)
{
    struct coil_event own = COIL_EVENT_INIT;

    (void)arg;
    return coil_event_wait(&own) + zero;
}

static int plant_own(void)
{
    return create(wait_own, NULL, "own");
}

static int plant_copy(void)
{
    const struct coil_event event = COIL_EVENT_INIT;

    return coil_task_create_with(
        NULL, wait_event, (void *)(uintptr_t)&event,
        &(struct coil_task_options){ .name = "lost-copy",
                                     .arg_size = sizeof event });
}

static int plant_small(void)
{
    return coil_task_create_with(
        NULL, wait_event, calloc(1, sizeof(struct coil_event)),
        &(struct coil_task_options){ .name = "lost-small",
                                     .small_stack = true });
}

static int plant_mapped(void)
{
    return create(wait_event, calloc(1, 4 << 20), "mapped");
}

static int take_and_end(void *arg)
{
    return coil_lock_acquire(arg);
}

static int wait_lock(void *arg)
{
    return coil_lock_acquire(arg) + zero;
}

static int plant_lock(void)
{
    struct coil_lock *lock = calloc(1, sizeof *lock);
    int rc = coil_task_create(NULL, take_and_end, lock);

    return rc < 0 ? rc : create(wait_lock, lock, "lock");
}

struct pair {
    struct coil_lock one, other;
};

static int take_one_then_other(void *arg)
{
    struct pair *pair = arg;
    int rc = coil_lock_acquire(&pair->one);

    if (rc == 0)
        rc = coil_yield();
    return rc < 0 ? rc : coil_lock_acquire(&pair->other) + zero;
}

static int take_other_then_one(void *arg)
{
    struct pair *pair = arg;
    int rc = coil_lock_acquire(&pair->other);

    if (rc == 0)
        rc = coil_yield();
    return rc < 0 ? rc : coil_lock_acquire(&pair->one) + zero;
}

static int plant_deadlock(void)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int rc = create(take_one_then_other, pair, "deadlock");

    return rc < 0 ? rc : create(take_other_then_one, pair, "deadlock");
}

static int wait_semaphore(void *arg)
{
    return coil_semaphore_acquire(arg) + zero;
}

static int plant_semaphore(void)
{
    struct coil_semaphore *semaphore = malloc(sizeof *semaphore);

    coil_semaphore_init(semaphore, 0);
    return create(wait_semaphore, semaphore, "semaphore");
}

static int get_item(void *arg)
{
    int item;

    return coil_queue_get(arg, &item) + zero;
}

static int put_items(void *arg)
{
    int rc = 0;

    for (int i = 0; i < 2 && rc == 0; i++)
        rc = coil_queue_put(arg, &i);
    return rc;
}

static int put_and_join(void *arg)
{
    int rc = coil_queue_put(arg, &(int){ 1 });

    return rc < 0 ? rc : coil_queue_join(arg) + zero;
}

static struct coil_queue *make_queue(void)
{
    struct coil_queue *queue = malloc(sizeof *queue);

    coil_queue_init(queue, sizeof(int), 1);
    return queue;
}

static int plant_queues(void)
{
    int rc = create(get_item, make_queue(), "get");

    if (rc == 0)
        rc = create(put_items, make_queue(), "put");
    return rc < 0 ? rc : create(put_and_join, make_queue(), "join");
}

static int wait_condition(void *arg)
{
    int rc = coil_condition_acquire(arg);

    return rc < 0 ? rc : coil_condition_wait(arg) + zero;
}

static int plant_condition(void)
{
    struct coil_condition *condition = malloc(sizeof *condition);

    coil_condition_init(condition, NULL);
    return create(wait_condition, condition, "condition");
}

static int wait_barrier(void *arg)
{
    return coil_barrier_wait(arg) + zero;
}

static int plant_barrier(void)
{
    struct coil_barrier *barrier = malloc(sizeof *barrier);
    int rc = coil_barrier_init(barrier, 2);

    return rc < 0 ? rc : create(wait_barrier, barrier, "barrier");
}

static struct coil_future *make_future(void)
{
    struct coil_future *future = malloc(sizeof *future);

    coil_future_init(future);
    return future;
}

static int await_future(void *arg)
{
    return coil_future_await(arg, NULL) + zero;
}

static int shield_future(void *arg)
{
    return coil_shield(arg, NULL) + zero;
}

static int gather_futures(void *arg)
{
    struct coil_future *futures[] = { arg, make_future() };

    return coil_gather(futures, 2, 0) + zero;
}

static int plant_futures(void)
{
    int rc = create(await_future, make_future(), "future");

    if (rc == 0)
        rc = create(shield_future, make_future(), "shield");
    return rc < 0 ? rc : create(gather_futures, make_future(), "gather");
}

/* Tasks whose child waits in vain. */
static int make_child(struct coil_task **out)
{
    return coil_task_create_with(
        out, wait_own, NULL,
        &(struct coil_task_options){ .name = "lost-child" });
}

static int await_child(void *arg)
{
    struct coil_task *task;
    int rc = make_child(&task);

    (void)arg;
    return rc < 0 ? rc : coil_task_await(task) + zero;
}

static int gather_children(void *arg)
{
    struct coil_task *task;
    struct coil_future *future;
    int rc = make_child(&task);

    (void)arg;
    if (rc < 0)
        return rc;
    future = coil_task_future(task);
    return coil_gather(&future, 1, 0) + zero;
}

static int ask_for_next(void *arg)
{
    struct coil_as_completed it;
    struct coil_future *future;
    struct coil_task *task;
    int rc = make_child(&task);

    (void)arg;
    if (rc < 0)
        return rc;
    future = coil_task_future(task);
    rc = coil_as_completed_begin(&it, &future, 1, COIL_NEVER);
    return rc < 0 ? rc : coil_as_completed_next(&it, &future) + zero;
}

static int end_group(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_create_with(
        &group, NULL, wait_own, NULL,
        &(struct coil_task_options){ .name = "lost-member" });
    return coil_task_group_end(&group, rc);
}

static int plant_parents(void)
{
    int rc = create(await_child, NULL, "parent");

    if (rc == 0)
        rc = create(gather_children, NULL, "gatherer");
    if (rc == 0)
        rc = create(ask_for_next, NULL, "asker");
    return rc < 0 ? rc : create(end_group, NULL, "owner");
}

static int read_stream(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1) + zero;
}

/* Nobody has the other end. */
static int plant_stream(void)
{
    struct coil_stream *pair[2];
    int rc = coil_stream_pair(pair);

    return rc < 0 ? rc : create(read_stream, pair[0], "stream");
}

static int get_from_channel(void *arg)
{
    int item;

    return coil_channel_get(arg, &item) + zero;
}

static int plant_channel(void)
{
    struct coil_channel *channel = malloc(sizeof *channel);
    int rc = coil_channel_init(channel, sizeof(int), 1);

    return rc < 0 ? rc : create(get_from_channel, channel, "channel");
}

static int wait_shared_event(void *arg)
{
    return coil_shared_event_wait(arg) + zero;
}

static int wait_shared_semaphore(void *arg)
{
    return coil_shared_semaphore_acquire(arg) + zero;
}

static int take_shared_twice(void *arg)
{
    int rc = coil_shared_lock_acquire(arg);

    return rc < 0 ? rc : coil_shared_lock_acquire(arg) + zero;
}

static int plant_shared(void)
{
    struct coil_shared_event *event = malloc(sizeof *event);
    struct coil_shared_semaphore *semaphore = malloc(sizeof *semaphore);
    struct coil_shared_lock *lock = malloc(sizeof *lock);
    int rc;

    coil_shared_event_init(event);
    coil_shared_semaphore_init(semaphore, 0);
    coil_shared_lock_init(lock);
    rc = create(wait_shared_event, event, "shared-event");
    if (rc == 0)
        rc = create(wait_shared_semaphore, semaphore, "shared-semaphore");
    return rc < 0 ? rc : create(take_shared_twice, lock, "shared-lock");
}

/* Stacks of functions that have returned lead nowhere. */
static int COIL_NOINLINE plant_all(void)
{
    static int (*const kinds[])(void) = {
        plant_event,   plant_ring,    plant_own,       plant_copy,
        plant_small,   plant_mapped,  plant_lock,      plant_deadlock,
        plant_queues,  plant_barrier, plant_semaphore, plant_condition,
        plant_futures, plant_parents, plant_stream,    plant_channel,
        plant_shared,
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && rc == 0; i++)
        rc = kinds[i]();
    return rc;
}

/* ---- who waits for what comes, or may come -------------------------------- */

static struct coil_event event = COIL_EVENT_INIT;
static struct coil_event *on_heap;

static int sleep_long(void *arg)
{
    (void)arg;
    return coil_sleep(100000 * COIL_SECOND) + zero;
}

/* Nobody has the event, and yet this ends. */
static int wait_with_limit(void *arg)
{
    struct coil_event own = COIL_EVENT_INIT;
    struct coil_timeout timeout;
    int rc = coil_timeout_begin(&timeout, 100000 * COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_event_wait(&own);
    return coil_timeout_end(&timeout, rc) + zero;
}

static int wait_heap(void *arg)
{
    (void)arg;
    return coil_event_wait(on_heap) + zero;
}

/* The variable of one that sleeps; "live" by name of whoever has that. */
static int lend(void *arg)
{
    struct coil_event own = COIL_EVENT_INIT;
    int rc = coil_task_create(NULL, wait_event, &own);

    (void)arg;
    return rc < 0 ? rc : coil_sleep(100000 * COIL_SECOND) + zero;
}

/* Many that live, by turns of every kind. */
static int add_live(int count)
{
    static const coil_fn kinds[] = { sleep_long, wait_event, wait_with_limit,
                                     wait_heap, lend };
    int rc = 0;

    on_heap = calloc(1, sizeof *on_heap);
    for (int i = 0; i < count && rc == 0; i++)
        rc = coil_task_create(NULL, kinds[i % 5], &event);
    return rc;
}

static int settle(void)
{
    int rc = coil_sleep(20 * COIL_MILLISECOND);

    puts("ready");
    fflush(stdout);
    return rc < 0 ? rc : coil_sleep(100000 * COIL_SECOND);
}

static int plant(void *arg)
{
    int rc = add_live(LIVE / 6 * 5);

    (void)arg;
    for (int i = 0; i < 2 && rc == 0; i++)
        rc = plant_all();
    return rc < 0 ? rc : settle();
}

static int live(void *arg)
{
    int rc = add_live(50);

    (void)arg;
    return rc < 0 ? rc : settle();
}

static void run_live(void *arg)
{
    (void)!coil_run(live, arg);
}

/*
 * What docs/debugging.md shows.  A small block may be one that was in use before,
 * and to which something still points.
 */
struct request {
    struct coil_event reply;
    char text[6000];
};

static int wait_for_reply(void *arg)
{
    return coil_event_wait(arg) + zero;
}

static int report(void *arg)
{
    struct coil_task *request;
    int rc = coil_task_create_with(
        &request, wait_for_reply, calloc(1, sizeof(struct request)),
        &(struct coil_task_options){ .name = "request" });

    (void)arg;
    return rc < 0 ? rc : coil_task_await(request) + zero;
}

static int show(void *arg)
{
    int rc = coil_task_create_with(
        NULL, report, NULL, &(struct coil_task_options){ .name = "report" });

    (void)arg;
    return rc < 0 ? rc : settle();
}

static void run_shown(void *arg)
{
    (void)!coil_run(show, arg);
}

static void run_planted(void *arg)
{
    (void)!coil_run(plant, arg);
}

/* ---- asking --------------------------------------------------------------- */

static void look_at(void (*body)(void *arg), const char *options)
{
    child_start(&child, body, NULL);
    child_await(&child, "ready");
    ASSERT_EQ(inspect(&child, "coil-ps", "--leaks %s %d", options, child.pid),
              0);
}

/* The tasks in the table, and those among them whose names begin with `name`. */
static int count_rows(const char *name, int *named)
{
    int count = 0;

    *named = 0;
    for (const char *at = inspect_text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, "  ", 2) != 0 || at[2] < '0' || at[2] > '9')
            continue;
        count++;
        at += 2 + strspn(at + 2, "0123456789 ");
        *named += strncmp(at, name, strlen(name)) == 0;
    }
    return count;
}

TEST(ps_leaks_finds_what_was_planted)
{
    int planted;
    int told;

    skip_if_sanitized();
    look_at(run_planted, "");
    inspect_kill(&child);
    told = count_rows("lost-", &planted);
    /* Nothing else is told. */
    ASSERT_EQ(told, planted);
    if (planted < FOUND)
        FAIL("%d of %d: %s", planted, PLANTED, inspect_text);
}

/* ---- no false alarm ------------------------------------------------------- */

TEST(ps_leaks_does_not_tell_who_lives)
{
    static void (*const bodies[])(void *arg) = {
        run_live,      inspect_hot_lock,  inspect_two_loops,
        inspect_churn, inspect_computing, inspect_nothing,
    };

    skip_if_sanitized();
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        look_at(bodies[i], "");
        inspect_kill(&child);
        ASSERT_STR_CONTAINS(inspect_text, "no task is leaked, of ");
    }
}

/* ---- for programs, and as it is documented -------------------------------- */

static json_t *load_json(const char *text, const char *path)
{
    json_error_t error;
    json_t *json = text ? json_loads(text, JSON_REJECT_DUPLICATES, &error)
                        : json_load_file(path, 0, &error);

    if (!json)
        FAIL("%d: %s", error.line, error.text);
    return json;
}

TEST(ps_leaks_json_is_as_its_schema)
{
    json_t *schema;
    json_t *document;
    const json_t *leaks;
    const json_t *tasks;
    char why[512];

    skip_if_sanitized();
    schema = load_json(NULL, PS_SCHEMA);
    look_at(run_shown, "--json");
    inspect_kill(&child);
    document = load_json(inspect_text, NULL);
    if (!schema_allows(schema, document, why, sizeof why))
        FAIL("%s: %s", why, inspect_text);
    leaks = json_object_get(document, "leaks");
    ASSERT_EQ(json_integer_value(json_object_get(leaks, "tasks")), 3);
    ASSERT_EQ(json_integer_value(json_object_get(leaks, "leaked")), 2);
    tasks = json_object_get(
        json_array_get(json_object_get(document, "loops"), 0), "tasks");
    ASSERT_EQ(json_array_size(tasks), 2);
    json_decref(document);
    json_decref(schema);
}

/* Numbers become 0, and columns have one space between. */
static void fold(char *text)
{
    char *to = text;

    for (const char *at = text; *at; at++) {
        size_t hex = strncmp(at, "0x", 2) == 0
                         ? 2 + strspn(at + 2, "0123456789abcdef")
                         : strspn(at, "0123456789.");

        if (strncmp(at, "../", 3) == 0) {
            at += 2;
        } else if (strncmp(at, "ms ", 3) == 0) {
            continue;
        } else if (hex > 0 && *at != '.') {
            *to++ = '0';
            at += hex - 1;
        } else if (*at != ' ' || (to > text && to[-1] != ' ')) {
            *to++ = *at;
        }
    }
    *to = '\0';
}

TEST(ps_leaks_prints_what_is_documented)
{
    static char document[1 << 17];
    FILE *file;
    char *shown;
    char *table;

    skip_if_sanitized();
    file = fopen(PS_DEBUGGING, "re");
    ASSERT_NOT_NULL(file);
    document[fread(document, 1, sizeof document - 1, file)] = '\0';
    fclose(file);
    look_at(run_shown, "");
    inspect_kill(&child);
    if (!strstr(inspect_text, "event_wait <"))
        SKIP("there is no libdw");
    shown = strstr(document, "$ coil-ps --leaks ");
    ASSERT_NOT_NULL(shown);
    shown = strchr(shown, '\n') + 1;
    ASSERT_NOT_NULL(strstr(shown, "```"));
    *strstr(shown, "```") = '\0';
    table = inspect_text;
    fold(shown);
    fold(table);
    ASSERT_STR_EQ(table, shown);
}

/* ---- a process that ends meanwhile ---------------------------------------- */

TEST(ps_leaks_of_a_process_that_ends)
{
    skip_if_sanitized();
    for (int i = 0; i < 10; i++) {
        FILE *pipe;
        int status;

        child_start(&child, i % 2 ? run_live : inspect_churn, NULL);
        child_await(&child, "ready");
        pipe = inspect_begin("coil-ps", "--leaks %d", child.pid);
        for (int n = 0; n < i * 100; n++)
            sched_yield();
        kill(child.pid, SIGKILL);
        status = inspect_end(pipe);
        child_end(&child);
        if (status != 0 && status != 3 && status != 4 && status != 5)
            FAIL("%d: %s", status, inspect_text);
        ASSERT_NULL(strstr(inspect_text, "can never wake"));
    }
}
