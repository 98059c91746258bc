/* SPDX-License-Identifier: MIT */
/*
 * reach_inside.h - what the parts of a look share
 */
#ifndef COIL_INSPECT_REACH_INSIDE_H
#define COIL_INSPECT_REACH_INSIDE_H

#include "areas.h"
#include "reach.h"
#include "slots.h"

/* Where the fields of structs are, found once. */
#define REACH_FIELDS(X)                                                        \
    X(loop_next, "loop.next")                                                  \
    X(loop_size, "loop.size")                                                  \
    X(loop_task_count, "loop.task_count")                                      \
    X(loop_tail, "loop.tasks_tail")                                            \
    X(loop_thread, "loop.thread")                                              \
    X(loop_grants, "loop.grants")                                              \
    X(loop_fuel, "loop.fuel")                                                  \
    X(loop_looks, "loop.looks")                                                \
    X(loop_links, "loop.timer_links")                                          \
    X(loop_noted, "loop.timers_noted")                                         \
    X(loop_handles, "loop.timer_handles")                                      \
    X(loop_entries, "loop.timer_entries")                                      \
    X(loop_timers, "loop.timer_count")                                         \
    X(entry_slot, "timer_entry.slot")                                          \
    X(entry_size, "timer_entry.size")                                          \
    X(handle_node, "handle.node")                                              \
    X(handle_noted, "handle.noted")                                            \
    X(node_child, "node.child")                                                \
    X(node_sibling, "node.sibling")                                            \
    X(thread_stacks, "thread.stacks")                                          \
    X(link_prev, "link.prev")                                                  \
    X(stack_low, "stack.low")                                                  \
    X(stack_top, "stack.top")                                                  \
    X(stack_pool, "stack.pool")                                                \
    X(task_link, "task.link")                                                  \
    X(task_owner, "task.owner")                                                \
    X(task_size, "task.size")                                                  \
    X(task_id, "task.id")                                                      \
    X(task_state, "task.state")                                                \
    X(task_parked, "task.parked")                                              \
    X(task_sp, "task.sp")                                                      \
    X(task_has_registers, "task.has_registers")                                \
    X(task_self, "task.task")                                                  \
    X(task_scheduler, "task.scheduler")                                        \
    X(task_stack, "task.stack")                                                \
    X(state_suspended, "state.suspended")                                      \
    X(state_running, "state.running")                                          \
    X(state_done, "state.done")                                                \
    X(owner_tasks, "owner.tasks")                                              \
    X(waiter_queue, "waiter.queue")                                            \
    X(waiter_reason, "waiter.reason")                                          \
    X(waiter_object, "waiter.object")                                          \
    X(waiter_since, "waiter.since")                                            \
    X(waiter_co, "waiter.co")                                                  \
    X(waiter_size, "waiter.size")                                              \
    X(reason_size, "reason.size")                                              \
    X(reason_reach, "reason.reach")                                            \
    X(needs_need, "needs.need")                                                \
    X(needs_shape, "needs.shape")                                              \
    X(needs_of_waiter, "needs.of_waiter")                                      \
    X(needs_items, "needs.items")                                              \
    X(needs_count, "needs.count")                                              \
    X(needs_stride, "needs.stride")                                            \
    X(needs_pointer, "needs.pointer")                                          \
    X(needs_future, "needs.future")                                            \
    X(need_none, "need.none")                                                  \
    X(shape_array, "shape.array")                                              \
    X(shape_list, "shape.list")                                                \
    X(stack_size, "stack.size")                                                \
    X(pool_classes, "pool.classes")

struct reach_fields {
#define DECLARE_FIELD(name, text) uint32_t name;
    REACH_FIELDS(DECLARE_FIELD)
#undef DECLARE_FIELD
};

/* A kind of wait. */
struct reach_kind {
    struct reach_kind *next;
    uintptr_t address;
    uint32_t reach; /* the size of the record; 0: it ends by itself */
    bool is_array, is_list, of_waiter;
    uint32_t items, count, stride, pointer, future;
};

struct reach_loop {
    uintptr_t address;
    size_t task_count, found;
    uintptr_t tail;
    uint64_t steps[4]; /* change with each step */
    unsigned char *bytes;
};

struct reach_task {
    uintptr_t address;
    uintptr_t top;    /* of its stack */
    uintptr_t sp;     /* below, nothing is in use */
    uintptr_t parked; /* the record of its wait, … */
    uintptr_t record_end;
    const struct reach_kind *kind; /* NULL: it goes on by itself */
    uintptr_t object;
    uintptr_t owner;
    uintptr_t previous; /* in the list of its loop */
    uint64_t id;
    int64_t since;
    size_t loop;
    size_t words, word_count; /* addresses on its stack */
    bool is_alive;
    bool is_met; /* something alive can reach its variables */
    bool is_held;
};

/* Somebody who joins if what has the key does. */
struct reach_need {
    uintptr_t key;
    size_t task;
    long next;
};

/* A thread of the process, and where it is in the kernel. */
struct reach_thread {
    int tid;
    uintptr_t sp; /* 0: it runs */
    char where[200];
};

/* A page, and what it is a part of. */
struct reach_page {
    uintptr_t number;
    enum { PAGE_UNKNOWN, PAGE_OF_NOTHING, PAGE_OF_AREA, PAGE_OF_SLOT } of;
    struct area *area;
};

enum { REACH_PAGES = 1 << 14, REACH_SEEN = 1 << 16 };

struct reach {
    struct target *target;
    struct reach_fields at;
    struct areas areas;
    struct slots slots;
    struct reach_kind *kinds;
    struct reach_loop *loops;
    size_t loop_count, loop_capacity;
    struct reach_task *tasks;
    size_t task_count, task_capacity;
    size_t depth; /* as many bytes as were in use on the stacks read last */
    /* Of tasks, and those that are met in any case. */
    uintptr_t *words;
    size_t word_count, word_capacity;
    /* Blocks that are met, and tasks that join: they are still to be scanned. */
    struct reach_work {
        struct slot *slot; /* of a coroutine; NULL: not a stack as a whole */
        struct area *area; /* NULL: a task */
        size_t index;      /* the block, or the task */
    } * work;
    size_t work_count, work_capacity;
    struct reach_need *needs;
    size_t need_count, need_capacity;
    long *buckets;
    size_t bucket_count; /* a power of two */
    struct reach_page pages[REACH_PAGES];
    uintptr_t seen[REACH_SEEN];
    uintptr_t lowest, highest; /* of all that can be written */
    struct reach_thread *threads;
    size_t thread_count, thread_capacity;
    bool has_unknown_stack; /* a thread's stack may be anywhere */
    bool is_unstable;
    bool in_static; /* static data is scanned, malloc's own among it */
};

/* What the page of an address is a part of. */
static inline const struct reach_page *reach_page(struct reach *r,
                                                  uintptr_t address);
const struct reach_page *reach_find_page(struct reach *r, uintptr_t address);

static inline const struct reach_page *reach_page(struct reach *r,
                                                  uintptr_t address)
{
    const struct reach_page *page =
        &r->pages[address >> 12 & (REACH_PAGES - 1)];

    return page->number == address >> 12 && page->of != PAGE_UNKNOWN
               ? page
               : reach_find_page(r, address);
}

/* Whether the word leads to memory whose use is not known before. */
static inline bool reach_leads_on(struct reach *r, uintptr_t word)
{
    const struct reach_page *page;

    if (word < r->lowest || word >= r->highest)
        return false;
    page = reach_page(r, word);
    return page->of == PAGE_OF_SLOT ||
           (page->of == PAGE_OF_AREA && page->area->kind != AREA_STATIC &&
            page->area->kind != AREA_STACK);
}

/* reach_tasks.c: the loops, and all tasks.  False: there is no memory. */
bool reach_read_loops(struct reach *r);
void reach_read_tasks(struct reach *r);
/* Whether no loop has made a step since. */
bool reach_is_same_step(struct reach *r);

/* reach_task.c: take a task from the bytes at the top of its stack. */
bool reach_take_task(struct reach *r, struct slot *slot,
                     const unsigned char *bytes, uintptr_t from);
const struct reach_kind *reach_find_kind(struct reach *r, uintptr_t address);

/* reach_roots.c */
void reach_find_threads(struct reach *r);
bool reach_threads_are_same(struct reach *r);
void reach_scan_roots(struct reach *r);
void reach_scan_timers(struct reach *r);

/* reach_mark.c */
void reach_visit(struct reach *r, uintptr_t word);
void reach_visit_bytes(struct reach *r, const void *bytes, size_t size);
void reach_start(struct reach *r, size_t task); /* it is alive in any case */
void reach_join(struct reach *r, size_t task);
void reach_need_all(struct reach *r);
void reach_mark(struct reach *r);
void reach_scan_area(struct reach *r, const struct area *area, uintptr_t from);

#endif
