/* SPDX-License-Identifier: MIT */
/*
 * introspection.c - where other processes find the loops and tasks of this one
 *
 * This costs only its bytes: other processes read them.
 */
#include <coil/introspection.h>

#include <stddef.h>

#include <coil/as_completed.h>
#include <coil/lock.h>

#include "scope/combinators.h"
#include "task/future.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "scope/staggered_race.h"
#include "task/task.h"
#include "sched/wait.h"

#define AT(what, type, field)                                                  \
    {                                                                          \
        what, offsetof(type, field)                                            \
    }
#define TASK(field) AT("task." #field, struct coil_task, field)
#define CO(field) AT("task." #field, struct coil_task, co.field)
#define LOOP(field) AT("loop." #field, struct coil_loop, field)
#define SCHEDULER(field) AT("loop." #field, struct coil_loop, scheduler.field)
#define RECORD(field)                                                          \
    AT("record." #field, struct coil_as_completed_record, callback.field)
#define WAITER(field) AT("waiter." #field, struct coil_waiter, field)

/* Whether a suspended context keeps the sp, fp and pc of its frame. */
#if defined(COIL_CONTEXT_X86_64)
#define HAS_REGISTERS 1
#else
#define HAS_REGISTERS 0
#endif

#define FIELDS                                                                 \
    /* Steps change one of these; `looks` is odd while the loop waits. */      \
    LOOP(next), LOOP(grants), SCHEDULER(turn_left), SCHEDULER(running),        \
        SCHEDULER(task_count), SCHEDULER(fuel), SCHEDULER(looked),             \
        AT("loop.tasks", struct coil_loop, scheduler.tasks.head),              \
        AT("loop.tasks_tail", struct coil_loop, scheduler.tasks.tail),         \
        AT("loop.head", struct coil_loop, scheduler.ready.head),               \
        AT("loop.looks", struct coil_loop, watched.looks),                     \
        AT("loop.tid", struct coil_loop, watched.tid),                         \
        { "loop.size", sizeof(struct coil_loop) },                             \
                                                                               \
        TASK(link), TASK(owner), CO(site), TASK(name),                         \
        { "task.name_size", COIL_TASK_NAME },                                  \
        { "task.size", sizeof(struct coil_task) }, TASK(future), CO(id),       \
        CO(state), CO(interrupt), CO(parked), CO(fn), CO(stack),               \
        AT("task.sp", struct coil_task, co.context.at.sp),                     \
        AT("task.fp", struct coil_task, co.context.at.fp),                     \
        AT("task.pc", struct coil_task, co.context.at.pc),                     \
        { "task.has_registers", HAS_REGISTERS },                               \
        { "state.new", COIL_COROUTINE_NEW },                                   \
        { "state.suspended", COIL_COROUTINE_SUSPENDED },                       \
        { "state.running", COIL_COROUTINE_RUNNING },                           \
        { "state.done", COIL_COROUTINE_DONE },                                 \
                                                                               \
        AT("stack.low", struct coil_stack, low),                               \
        AT("stack.top", struct coil_stack, top),                               \
        AT("future.ops", struct coil_future, ops),                             \
                                                                               \
        WAITER(queue), WAITER(reason), WAITER(object), WAITER(since),          \
        { "waiter.size", sizeof(struct coil_waiter) },                         \
        AT("reason.name", struct coil_wait_reason, name),                      \
        AT("owner.parent", struct coil_task_owner, parent),                    \
        AT("lock.holder", struct coil_lock, holder),                           \
                                                                               \
        AT("future.done", struct coil_future, done),                           \
        AT("completed.records", struct coil_as_completed, records),            \
        AT("completed.count", struct coil_as_completed, count), RECORD(state), \
        RECORD(future),                                                        \
        { "record.size", sizeof(struct coil_as_completed_record) },            \
        AT("race.waiter", struct coil_race, waiter),                           \
        AT("race.racers", struct coil_race, racers),                           \
        AT("race.next", struct coil_race, next),                               \
        AT("racer.task", struct coil_racer, task),                             \
    {                                                                          \
        "racer.size", sizeof(struct coil_racer)                                \
    }

enum {
    FIELD_SIZE = sizeof(struct coil_introspection_field),
    FIELD_COUNT =
        sizeof((const struct coil_introspection_field[]){ FIELDS }) / FIELD_SIZE
};

_Static_assert((int)FIELD_COUNT <= COIL_INTROSPECTION_FIELDS_MAX,
               "the table of fields is full");

__attribute__((used, section(COIL_INTROSPECTION_SECTION)))
const struct coil_introspection coil_introspection = {
    .magic = { 'c', 'o', 'i', 'l', 'v', 'i', 'e', 'w' },
    .version = COIL_INTROSPECTION_VERSION,
    .pointer_size = sizeof(void *),
    .field_size = FIELD_SIZE,
    .field_count = FIELD_COUNT,
    .loops = &coil__loops,
    .futures_count = &coil__futures_count,
    .fields = { FIELDS },
};
