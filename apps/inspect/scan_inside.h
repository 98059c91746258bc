/* SPDX-License-Identifier: MIT */
/*
 * scan_inside.h - what the parts of a scan share
 */
#ifndef COIL_INSPECT_SCAN_INSIDE_H
#define COIL_INSPECT_SCAN_INSIDE_H

#include "bulk.h"
#include "scan.h"

/* Where the fields of structs are, found once. */
#define SCAN_FIELDS(X)                                                         \
    X(loop_next, "loop.next")                                                  \
    X(loop_grants, "loop.grants")                                              \
    X(loop_running, "loop.running")                                            \
    X(loop_task_count, "loop.task_count")                                      \
    X(loop_fuel, "loop.fuel")                                                  \
    X(loop_tail, "loop.tasks_tail")                                            \
    X(loop_looks, "loop.looks")                                                \
    X(loop_tid, "loop.tid")                                                    \
    X(loop_size, "loop.size")                                                  \
    X(loop_ready, "loop.ready_count")                                          \
    X(loop_turn, "loop.turn")                                                  \
    X(loop_thread, "loop.thread")                                              \
    X(link_prev, "link.prev")                                                  \
    X(thread_current, "thread.current")                                        \
    X(task_link, "task.link")                                                  \
    X(task_owner, "task.owner")                                                \
    X(task_site, "task.site")                                                  \
    X(task_name, "task.name")                                                  \
    X(task_name_size, "task.name_size")                                        \
    X(task_size, "task.size")                                                  \
    X(task_future, "task.future")                                              \
    X(task_id, "task.id")                                                      \
    X(task_interrupt, "task.interrupt")                                        \
    X(task_state, "task.state")                                                \
    X(task_parked, "task.parked")                                              \
    X(task_sp, "task.sp")                                                      \
    X(task_fp, "task.fp")                                                      \
    X(task_pc, "task.pc")                                                      \
    X(task_has_registers, "task.has_registers")                                \
    X(task_self, "task.task")                                                  \
    X(task_scheduler, "task.scheduler")                                        \
    X(state_new, "state.new")                                                  \
    X(state_running, "state.running")                                          \
    X(state_done, "state.done")                                                \
    X(owner_parent, "owner.parent")                                            \
    X(waiter_queue, "waiter.queue")                                            \
    X(waiter_reason, "waiter.reason")                                          \
    X(waiter_object, "waiter.object")                                          \
    X(waiter_since, "waiter.since")                                            \
    X(waiter_co, "waiter.co")                                                  \
    X(waiter_size, "waiter.size")                                              \
    X(reason_name, "reason.name")                                              \
    X(reason_size, "reason.size")                                              \
    X(needs_need, "needs.need")                                                \
    X(needs_shape, "needs.shape")                                              \
    X(needs_of_waiter, "needs.of_waiter")                                      \
    X(needs_items, "needs.items")                                              \
    X(needs_count, "needs.count")                                              \
    X(needs_stride, "needs.stride")                                            \
    X(needs_pointer, "needs.pointer")                                          \
    X(needs_future, "needs.future")                                            \
    X(need_none, "need.none")                                                  \
    X(need_holder, "need.holder")                                              \
    X(need_task, "need.task")                                                  \
    X(shape_one, "shape.one")                                                  \
    X(shape_array, "shape.array")

struct scan_fields {
#define DECLARE_FIELD(name, text) uint32_t name;
    SCAN_FIELDS(DECLARE_FIELD)
#undef DECLARE_FIELD
};

/* What newer loops count.  0: the table has no such field. */
struct scan_stats {
    uint32_t running, waiting, longest, since;
    bool is_there;
};

struct scan {
    struct scan_stats stats;
    struct target *target;
    struct scan_fields at;
    size_t hot; /* so much of a task's struct changes, or says which it is */
    uint64_t pass;
    int64_t now;

    struct scan_loop *loops;
    size_t loop_count, loop_capacity;

    /* In the order in which they were found. */
    struct scan_task **tasks;
    size_t task_count, task_capacity;
    size_t cursor; /* where the next are read */
    struct scan_task **seen;
    size_t seen_count, seen_capacity;
    struct scan_task **by_address;
    struct scan_task **by_id;
    size_t buckets; /* of both; a power of two */

    struct scan_kind *kinds;
    struct scan_object **objects;
    size_t object_buckets, object_count;

    /* Called with each task that is forgotten; NULL: nothing is to be done. */
    void (*forget)(struct scan_task *task);

    unsigned char *bytes; /* what was read of a batch */
    struct bulk_piece *pieces;
};

static inline size_t scan_hash(uint64_t key, size_t buckets)
{
    key *= 0x9e3779b97f4a7c15u;
    return (size_t)(key >> 32) & (buckets - 1);
}

/* Field at `offset` of a struct of `size` bytes; 0 if it does not lie in it. */
uint64_t scan_word(const unsigned char *bytes, size_t size, uint32_t offset);
uint32_t scan_number(const unsigned char *bytes, size_t size, uint32_t offset);

/* scan_loops.c: false as scan_begin(). */
bool scan_read_loops(struct scan *scan);

/* scan_tasks.c: the tables. */
void scan_add(struct scan *scan, struct scan_task *task);
void scan_remove_gone(struct scan *scan);

/* scan_task.c: what the bytes of a task say. */
bool scan_take_task(struct scan *scan, struct scan_task *task,
                    const unsigned char *bytes);
void scan_take_wait(struct scan *scan, struct scan_task *task,
                    const unsigned char *waiter);
struct scan_task *scan_new_task(struct scan *scan, size_t loop,
                                uintptr_t address, const unsigned char *bytes);
void scan_read_holders(struct scan *scan);

#endif
