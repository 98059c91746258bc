/* SPDX-License-Identifier: MIT */
/*
 * introspection.c - where other processes find the loops and tasks of this one
 *
 * This costs only its bytes: other processes read them.
 */
#include <coil/introspection.h>

#include <stddef.h>

#include <coil/timeout.h>

#include "context/stack_pool.h"
#include "task/future.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/task.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define AT(what, type, field)                                                  \
    {                                                                          \
        what, offsetof(type, field)                                            \
    }
#define TASK(field) AT("task." #field, struct coil_task, field)
#define CO(field) AT("task." #field, struct coil_task, co.field)
#define RUNNING(field) AT("task." #field, struct coil_task, co.running.field)
#define LOOP(field) AT("loop." #field, struct coil_loop, field)
#define SCHEDULER(field) AT("loop." #field, struct coil_loop, scheduler.field)
#define NEEDS(field) AT("needs." #field, struct coil_wait_reason, needs.field)
#define STATS(field) AT("stats." #field, struct coil_loop, counts.field)
#define SLOW(field) AT("slow." #field, struct coil_loop, counts.slow.field)
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
        { "task.size", sizeof(struct coil_task) }, TASK(future), RUNNING(id),  \
        RUNNING(interrupt), CO(state), CO(parked), CO(fn), CO(stack),          \
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
        AT("future.done", struct coil_future, done),                           \
                                                                               \
        /* What a kind of wait says of the tasks that it needs. */             \
        NEEDS(need), NEEDS(shape), NEEDS(of_waiter), NEEDS(items),             \
        NEEDS(count), NEEDS(stride), NEEDS(pointer), NEEDS(watched),           \
        NEEDS(link), NEEDS(future), NEEDS(any),                                \
        { "reason.size", sizeof(struct coil_wait_reason) },                    \
        { "need.none", COIL_NEED_NONE }, { "need.holder", COIL_NEED_HOLDER },  \
        { "need.task", COIL_NEED_TASK }, { "need.all", COIL_NEED_ALL },        \
        { "need.any", COIL_NEED_ANY }, { "shape.one", COIL_NEEDS_ONE },        \
        { "shape.array", COIL_NEEDS_ARRAY },                                   \
        { "shape.list", COIL_NEEDS_LIST },                                     \
                                                                               \
        /* coil/loop_stats.h, all 64 bits but for phase and sequences. */      \
        STATS(sequence), STATS(phase), STATS(since), STATS(running),           \
        STATS(waiting), STATS(looks), STATS(turns), STATS(budget_ends),        \
        STATS(tasks_ended), STATS(tasks_cancelled), STATS(tasks_failed),       \
        STATS(timers_fired), STATS(thread_calls), STATS(tasks),                \
        STATS(tasks_kept), STATS(ready), STATS(ready_most), STATS(timers),     \
        STATS(operations), STATS(stacks_in_use), STATS(stacks_idle),           \
        STATS(longest), STATS(longest_at), STATS(stretches),                   \
        { "stats.stretch_count", COIL_LOOP_STRETCHES + 1 }, LOOP(number),      \
        SLOW(sequence), SLOW(steps), SLOW(duration), SLOW(task), SLOW(name),   \
        SLOW(site)

/* What coil-profile and coil-top look at, and tables before them lack. */
#define MORE_FIELDS                                                            \
    CO(task), CO(scheduler), WAITER(co), SCHEDULER(ready_count),               \
        SCHEDULER(turn), AT("loop.thread", struct coil_loop, watched.thread),  \
        AT("link.prev", struct coil_link, prev),                               \
        AT("thread.current", struct coil_thread, current),                     \
                                                                               \
        /* Armed and noted timers, and which of them end a scope. */           \
        AT("loop.timer_links", struct coil_loop, timers.links),                \
        AT("loop.timers_noted", struct coil_loop, timers.noted.head),          \
        AT("loop.timer_handles", struct coil_loop, timers.heap.handles),       \
        AT("loop.timer_entries", struct coil_loop, timers.heap.entries),       \
        AT("loop.timer_count", struct coil_loop, timers.heap.count),           \
        AT("timer_entry.slot", struct coil_timer_entry, slot),                 \
        { "timer_entry.size", sizeof(struct coil_timer_entry) },               \
        AT("handle.node", struct coil_handle, node),                           \
        AT("handle.noted", struct coil_handle, noted),                         \
        AT("handle.when", struct coil_handle, when),                           \
        AT("handle.arg", struct coil_handle, call.arg),                        \
        { "handle.size", sizeof(struct coil_handle) },                         \
        AT("node.child", struct coil_heap_node, child),                        \
        AT("node.sibling", struct coil_heap_node, sibling),                    \
        AT("timeout.timer", struct coil_timeout, timer),                       \
    {                                                                          \
        "timeout.task", offsetof(struct coil_timeout, task)                    \
    }

/* What is newer: selections; and where all stacks lie, for coil-ps --leaks. */
#define NEWER_FIELDS                                                           \
    AT("reason.reach", struct coil_wait_reason, reach),                        \
        AT("reason.is_selection", struct coil_wait_reason, is_selection),      \
        AT("selection.members", struct coil_selection, members),               \
        AT("selection.count", struct coil_selection, count),                   \
        AT("owner.tasks", struct coil_task_owner, tasks),                      \
        AT("thread.stacks", struct coil_thread, stacks),                       \
        AT("pool.classes", struct coil_stack_pool, classes),                   \
        AT("pool.small", struct coil_stack_pool, small),                       \
        { "pool.class_count", COIL_STACK_CLASSES },                            \
        { "pool.small_count", COIL_SMALL_CLASSES },                            \
        { "class.size", sizeof(struct coil_stack_class) },                     \
        AT("class.slabs", struct coil_stack_class, slabs),                     \
        AT("slab.next", struct coil_stack_slab, next),                         \
        AT("slab.carved", struct coil_stack_slab, carved),                     \
        AT("slab.stacks", struct coil_stack_slab, stacks),                     \
        { "small_class.size", sizeof(struct coil_small_class) },               \
        AT("small_class.full", struct coil_small_class, full),                 \
        AT("small_class.open", struct coil_small_class, open),                 \
        AT("small_class.idle", struct coil_small_class, idle),                 \
        AT("small_slab.link", struct coil_small_slab, link),                   \
        AT("small_slab.carved", struct coil_small_slab, carved),               \
        AT("small_slab.stacks", struct coil_small_slab, stacks),               \
        AT("stack.pool", struct coil_stack, pool),                             \
        AT("stack.guard", struct coil_stack, guard),                           \
    {                                                                          \
        "stack.size", sizeof(struct coil_stack)                                \
    }

#define ALL_FIELDS FIELDS, MORE_FIELDS, NEWER_FIELDS

enum {
    FIELD_SIZE = sizeof(struct coil_introspection_field),
    FIELD_COUNT =
        sizeof((const struct coil_introspection_field[]){ ALL_FIELDS }) /
        FIELD_SIZE
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
    .fields = { ALL_FIELDS },
};
