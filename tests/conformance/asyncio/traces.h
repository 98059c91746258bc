/* SPDX-License-Identifier: MIT */
/*
 * traces.h - programs of the small language of tests/conformance/asyncio/README.md
 *
 * A program is a line of text; its trace, also text, says what it does step by
 * step.
 * tests/conformance/asyncio/machine.py runs it with asyncio, this with coil.
 */
#ifndef COIL_TESTS_TRACES_H
#define COIL_TESTS_TRACES_H

#include <stdbool.h>
#include <stddef.h>

#include <coil.h>

enum {
    TRACE_TASKS = 16,
    TRACE_OPS = 256,
    TRACE_ARGS = 8,
    TRACE_FUTURES = 4,
    TRACE_SIZE = 16 * 1024,
};

/* One operation: its name, its arguments, and the operations within a block. */
struct trace_op {
    char name[3];
    int args[TRACE_ARGS];
    int arg_count;
    int number; /* within its task */
    int child;  /* sp: which task it makes */
    struct trace_op *body;
    struct trace_op *next;
};

struct trace_program {
    bool spaced;    /* each task acts at times of its own */
    bool unordered; /* the order at one time is open */
    int permits;
    int bound;
    int parties;
    char queue_kind[2];
    int queue_max[2];
    struct trace_op *bodies[TRACE_TASKS]; /* of the tasks */
    int first_tasks;                      /* created at the beginning */
    int tasks;                            /* in all */
    struct trace_op ops[TRACE_OPS];
    int op_count;
};

/* Read `line`; returns NULL, or the fault. */
const char *trace_parse(struct trace_program *program, const char *line);

/*
 * Run it on the simulator and write its trace to `trace`, at most TRACE_SIZE
 * bytes with the NUL.
 */
void trace_run(const struct trace_program *program, char *trace);

/* ---- between the files traces_*.c --------------------------------------- */

struct trace_machine;

/* The argument of a task. */
struct trace_body {
    struct trace_machine *machine;
    int task;
};

/* The call of an op `so`. */
struct trace_call {
    struct coil_handle handle;
    struct trace_machine *machine;
    const struct trace_op *op;
    int task;
};

struct trace_machine {
    const struct trace_program *program;
    char *trace;
    size_t length;
    long logged_at;
    coil_time begun;
    int period;

    struct trace_body bodies[TRACE_TASKS];
    struct coil_task *tasks[TRACE_TASKS];
    bool in_group[TRACE_TASKS];
    struct coil_lock locks[2];
    struct coil_semaphore semaphore;
    struct coil_bounded_semaphore bounded;
    struct coil_event events[2];
    struct coil_condition conditions[2];
    struct coil_queue queues[2];
    struct coil_barrier barrier;
    bool barrier_left; /* by a cancelled task: its numbers do not count now */
    struct coil_future futures[TRACE_FUTURES];
    struct coil_future_callback callbacks[TRACE_OPS];
    struct coil_future *called_back[TRACE_OPS]; /* of which future each is */
    struct trace_call calls[TRACE_OPS];
    int call_count;
    int callback_count;
    int value;
};

/* A task of the program, or a callback, while it runs. */
struct trace_context {
    struct trace_machine *machine;
    int task;
    struct coil_task_group *groups[TRACE_OPS];
    int group_count;
    struct coil_timeout *timeouts[TRACE_OPS];
    int timeout_count;
    struct coil_handle *handle; /* of the last `so` */
    bool returning;
    bool owed; /* a cancellation that the next suspending call reports */
    int value;
};

/* Results that are not codes of coil's. */
enum {
    TRACE_FAILURE = -1000, /* and below: of the program itself */
    TRACE_NOTHING = -2000, /* the object does not exist */
    TRACE_LOGGED = -2001,
};

enum trace_kind {
    TRACE_PLAIN,    /* never ends its block */
    TRACE_SUSPENDS, /* ends its block when cancelled */
    TRACE_BLOCK,    /* its result ends the block; logs by itself */
};

struct trace_operation {
    const char *name;
    enum trace_kind kind;
    int (*fn)(struct trace_context *, const struct trace_op *);
};

/* A list ends with an operation without a name. */
extern const struct trace_operation trace_block_operations[];
extern const struct trace_operation trace_object_operations[];
extern const struct trace_operation trace_future_operations[];

/* The value that each task has. */
extern const struct coil_local trace_local;

void trace_log(struct trace_machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void trace_log_op(struct trace_context *context, const struct trace_op *op,
                  const char *text);
void trace_log_result(struct trace_context *context, const struct trace_op *op,
                      int rc);
const char *trace_word(char *text, int rc);
int trace_future_outcome(struct coil_future *future);
struct coil_future *trace_reference(struct trace_machine *machine, int ref);
size_t trace_collect(struct trace_context *context, const struct trace_op *op,
                     int first, struct coil_future **futures);
coil_time trace_delay(const struct trace_machine *machine, int k);
int trace_now(const struct trace_machine *machine);

/* Run a task's body: 0, -ECANCELED, or a failure of the program. */
int trace_task(void *arg);
int trace_run_body(struct trace_context *context, const struct trace_op *body);

/*
 * asyncio has a callback between an event and the task that waits for it, and
 * coil has not: `hops` more turns (HOP-4, HOP-5, HOP-7). A cancellation during
 * these turns comes after the success, and waits for the next suspending call.
 */
void trace_hop(struct trace_context *context, int hops);

/*
 * Run an operation and log its result. Returns the result that ends its block,
 * or 0.
 */
int trace_step(struct trace_context *context, const struct trace_op *op);

#endif
