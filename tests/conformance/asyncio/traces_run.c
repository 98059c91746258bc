/* SPDX-License-Identifier: MIT */
/*
 * traces_run.c - a program's tasks, its blocks, and its log
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/testing.h>

#include "sched/wait.h"
#include "reports.h"
#include "test.h"
#include "traces.h"

#define TICK COIL_MILLISECOND

enum { PERIOD_ROUNDS = 60, DENSE_HORIZON = 100, CANCEL_ROUNDS = 12 };

/* ---- the trace ------------------------------------------------------------ */

static void append(struct trace_machine *machine, const char *text)
{
    size_t size = strlen(text);

    ASSERT_LT(machine->length + size + 2, TRACE_SIZE);
    if (machine->length > 0)
        machine->trace[machine->length++] = ' ';
    memcpy(machine->trace + machine->length, text, size + 1);
    machine->length += size;
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort the events of each time. */
static void forget_order(char *trace)
{
    static char text[TRACE_SIZE];
    char *words[TRACE_SIZE / 2];
    size_t count = 0;
    size_t first = 0;

    strcpy(text, trace);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    for (size_t i = 0; i <= count; i++) {
        if (i < count && words[i][0] != '@')
            continue;
        qsort(words + first, i - first, sizeof words[0], compare_words);
        first = i + 1;
    }
    trace[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        trace = stpcpy(trace, i ? " " : "");
        trace = stpcpy(trace, words[i]);
    }
}

int trace_now(const struct trace_machine *machine)
{
    return (int)((coil_now() - machine->begun) / TICK);
}

void trace_log(struct trace_machine *machine, const char *format, ...)
{
    char text[256];
    int now = trace_now(machine);
    va_list args;

    if (now != machine->logged_at) {
        machine->logged_at = now;
        snprintf(text, sizeof text, "@%d", now);
        append(machine, text);
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    append(machine, text);
}

/* At least 16 bytes of text. */
const char *trace_word(char *text, int rc)
{
    static const struct {
        int rc;
        const char *word;
    } words[] = {
        { -ECANCELED, "C" },    { -ETIMEDOUT, "T" }, { -EPIPE, "P" },
        { -EAGAIN, "A" },       { -EALREADY, "I" },  { -EPERM, "M" },
        { TRACE_NOTHING, "N" },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].rc == rc)
            return words[i].word;
    }
    if (rc >= 0)
        snprintf(text, 16, "%d", rc);
    else if (rc <= TRACE_FAILURE)
        snprintf(text, 16, "E%d", TRACE_FAILURE - rc);
    else
        snprintf(text, 16, "?%d", -rc);
    return text;
}

int trace_future_outcome(struct coil_future *future)
{
    void *value = NULL;
    int rc = coil_future_result(future, &value);

    return rc == 0 && value ? (int)(intptr_t)value : rc;
}

struct coil_future *trace_reference(struct trace_machine *machine, int ref)
{
    if (ref < 10)
        return &machine->futures[ref];
    if (ref - 10 >= machine->program->tasks || !machine->tasks[ref - 10])
        return NULL;
    return coil_task_future(machine->tasks[ref - 10]);
}

/* Spaced: a task's timer is due between its own turns and those of others. */
coil_time trace_delay(const struct trace_machine *machine, int k)
{
    if (k == -2)
        return 0;
    if (machine->program->spaced)
        return (k * machine->period + 1) * TICK;
    return k * TICK;
}

/* ---- tasks ---------------------------------------------------------------- */

/* Spaced: each task acts at times of its own. */
static int align(struct trace_context *context)
{
    const struct trace_machine *machine = context->machine;
    int now = trace_now(machine);
    int at = now - now % machine->period + 2 * context->task;

    if (!machine->program->spaced)
        return 0;
    if (context->owed) {
        context->owed = false;
        (void)!coil__checkpoint();
        return -ECANCELED;
    }
    if (at <= now)
        at += machine->period;
    return coil_sleep((at - now) * TICK);
}

int trace_run_body(struct trace_context *context, const struct trace_op *body)
{
    int rc = 0;

    for (const struct trace_op *op = body; op && rc == 0; op = op->next) {
        rc = align(context);
        if (rc < 0)
            trace_log(context->machine, "%d.%d=c", context->task, op->number);
        else
            rc = trace_step(context, op);
        if (context->returning)
            break;
    }
    return rc;
}

int trace_task(void *arg)
{
    struct trace_body *body = arg;
    struct trace_machine *machine = body->machine;
    struct trace_context context = { .machine = machine, .task = body->task };
    char text[16];
    int rc = trace_run_body(&context, machine->program->bodies[body->task]);

    if (rc == 0 && !context.returning)
        rc = align(&context);
    if (rc == 0 && context.returning)
        rc = context.value;
    trace_log(machine, "%d$%s", body->task, trace_word(text, rc));
    if (machine->in_group[body->task] && !machine->program->spaced)
        trace_hop(&context, 1);
    return rc;
}

/* ---- the program ---------------------------------------------------------- */

static int compare_items(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void init_queue(struct coil_queue *queue, char kind, int max)
{
    if (kind == 'p')
        coil_queue_init_priority(queue, sizeof(int), (size_t)max,
                                 compare_items);
    else if (kind == 'l')
        coil_queue_init_lifo(queue, sizeof(int), (size_t)max);
    else
        coil_queue_init(queue, sizeof(int), (size_t)max);
}

static void init_objects(struct trace_machine *machine)
{
    const struct trace_program *program = machine->program;

    for (int i = 0; i < TRACE_TASKS; i++)
        machine->bodies[i] = (struct trace_body){ machine, i };
    coil_semaphore_init(&machine->semaphore, (size_t)program->permits);
    coil_bounded_semaphore_init(&machine->bounded, (size_t)program->bound);
    coil_condition_init(&machine->conditions[0], NULL);
    coil_condition_init(&machine->conditions[1], &machine->locks[1]);
    for (int i = 0; i < 2; i++)
        init_queue(&machine->queues[i], program->queue_kind[i],
                   program->queue_max[i]);
    ASSERT_OK(coil_barrier_init(&machine->barrier, (size_t)program->parties));
}

static bool list_tasks_left(struct trace_machine *machine, bool *left)
{
    char text[64] = "!";
    size_t length = 1;

    for (int i = 0; i < machine->program->tasks; i++) {
        left[i] = machine->tasks[i] && !coil_task_is_done(machine->tasks[i]);
        if (left[i])
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       length > 1 ? ",%d" : "%d", i);
    }
    if (length > 1)
        trace_log(machine, "%s", text);
    return length > 1;
}

/*
 * Tasks that still wait then are cancelled one by one; a task that waits for a
 * condition needs the lock to end.
 */
static void cancel_those_left(struct trace_machine *machine)
{
    struct coil_lock *const locks[] = { &machine->locks[0], &machine->locks[1],
                                        &machine->conditions[0].own_lock };
    bool left[TRACE_TASKS];

    for (int n = 0; n < CANCEL_ROUNDS && list_tasks_left(machine, left); n++) {
        for (int i = 0; i < machine->program->tasks; i++) {
            if (!left[i])
                continue;
            trace_log(machine, "x%d=%d", i,
                      coil_task_cancel(machine->tasks[i]));
            ASSERT_OK(coil_sleep(machine->period * TICK));
        }
        for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++) {
            if (coil_lock_is_locked(locks[i])) {
                coil_lock_release(locks[i]);
                ASSERT_OK(coil_sleep(machine->period * TICK));
            }
        }
    }
}

static void log_objects(struct trace_machine *m)
{
    char text[128] = "F";
    size_t length = 1;
    char word[16];

    trace_log(m, "L%d%d%d", coil_lock_is_locked(&m->locks[0]),
              coil_lock_is_locked(&m->locks[1]),
              coil_condition_is_locked(&m->conditions[0]));
    trace_log(m, "S%zu,%zu", coil_semaphore_value(&m->semaphore),
              coil_bounded_semaphore_value(&m->bounded));
    trace_log(m, "Q%zu,%zu", coil_queue_size(&m->queues[0]),
              coil_queue_size(&m->queues[1]));
    trace_log(m, "B%d", coil_barrier_is_broken(&m->barrier));
    for (int i = 0; i < TRACE_FUTURES; i++)
        length += (size_t)snprintf(
            text + length, sizeof text - length, i ? ",%s" : "%s",
            trace_word(word, trace_future_outcome(&m->futures[i])));
    trace_log(m, "%s", text);
}

static int conduct(void *arg)
{
    struct trace_machine *machine = arg;
    const struct trace_program *program = machine->program;
    int horizon =
        program->spaced ? PERIOD_ROUNDS * machine->period - 2 : DENSE_HORIZON;

    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    machine->begun = coil_now();
    init_objects(machine);
    for (int i = 0; i < program->first_tasks; i++)
        ASSERT_OK(coil_task_create(&machine->tasks[i], trace_task,
                                   &machine->bodies[i]));
    ASSERT_OK(coil_sleep(horizon * TICK));
    cancel_those_left(machine);
    log_objects(machine);
    for (int i = 0; i < machine->callback_count; i++)
        coil_future_remove_done_callback(machine->called_back[i],
                                         &machine->callbacks[i]);
    for (int i = 0; i < program->tasks; i++)
        coil_task_release(machine->tasks[i]);
    for (int i = 0; i < machine->call_count; i++)
        coil_handle_cancel(&machine->calls[i].handle);
    for (int i = 0; i < 2; i++)
        coil_queue_fini(&machine->queues[i]);
    return 0;
}

void trace_run(const struct trace_program *program, char *trace)
{
    struct trace_machine machine = {
        .program = program,
        .trace = trace,
        .logged_at = -1,
        .period = 2 * (program->tasks + 1),
    };

    trace[0] = '\0';
    ASSERT_OK(coil_test_run(conduct, &machine, 0));
    ASSERT_NULL(coil_local_get(&trace_local));
    if (program->unordered)
        forget_order(trace);
}
