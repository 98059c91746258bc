/* SPDX-License-Identifier: MIT */
/*
 * scan.h - the tasks of a process, again and again
 *
 * A snapshot reads everything once.  A scan keeps what it has read and reads
 * again only what may have changed: a pass looks at the loops, finds the tasks
 * that have been made since, and reads some of the others or all, many with one
 * call.  Nothing of it stops the process, so each task is told as it was at a
 * moment of its own.
 *
 * A task is recognised by its address and its id.  What lies at the address is a
 * task as long as it points to itself and to its loop.
 */
#ifndef COIL_INSPECT_SCAN_H
#define COIL_INSPECT_SCAN_H

#include "snapshot.h"

/* A kind of wait. */
struct scan_kind {
    struct scan_kind *next;
    uintptr_t address; /* of its description in the process */
    const char *name;
    bool has_holder;
    bool awaits_one;
    bool awaits_many; /* an array */
    bool of_waiter;
    uint32_t items, count, stride, pointer, future;
};

/* What tasks wait for. */
struct scan_object {
    struct scan_object *next;
    uintptr_t address;
    const struct scan_kind *kind;
    uint64_t holder; /* a task's id; 0: it has none */
    uint64_t pass;   /* the last one that met it */
    /* Of this pass: tasks that were read and wait for it. */
    size_t waiters;
    int64_t waited; /* the sum of how long they have */
    int64_t longest;
    struct scan_task *waiter; /* one of them */
    /* For whoever uses the scan. */
    void *user;
};

struct scan_task {
    struct scan_task *next;    /* of equal hash of the address */
    struct scan_task *next_id; /* of equal hash of the id */
    uintptr_t address;
    uint64_t id;
    const char *name; /* "Task-7" if it has no name */
    const char *site;
    size_t loop; /* an index */
    enum task_state state;
    bool is_cancelled;
    bool is_gone; /* it has ended; the memory is freed at the end of the pass */
    uintptr_t sp, fp, pc;
    uintptr_t parked;             /* its waiter */
    const struct scan_kind *kind; /* of its wait; NULL: it waits for nothing */
    struct scan_object *object;   /* NULL: of a wait for nothing by itself */
    int64_t since;
    uintptr_t owner;
    uintptr_t owner_parent; /* tasks, by their addresses */
    uintptr_t awaiter;
    uint32_t version; /* another number: something of the above has changed */
    /* For whoever uses the scan: what it has made of which version. */
    void *path;
    void *leaf;
    uint32_t leaf_version;
};

struct scan_loop {
    uintptr_t address;
    int tid;
    char thread_name[32];
    bool is_running;
    bool is_waiting;
    bool has_moved; /* since the pass before */
    bool is_new;
    size_t ready;
    size_t tasks; /* by its own count */
    unsigned turn;
    unsigned looks;
    size_t grants, fuel;
    /* Counted by the loop itself, where it does; times in nanoseconds. */
    bool has_stats;
    uint64_t running, waiting, longest;
    uintptr_t thread;
    uintptr_t current; /* the task that runs, or 0 */
    uintptr_t tail;
    uint64_t newest; /* no task up to this id is unknown */
    uint64_t pass;   /* the last one that met it */
    bool is_open;
};

struct scan;

/*
 * Begin.  NULL, after a line on stderr, with an exit status in `*status`: the
 * table lacks what is needed.
 */
struct scan *scan_open(struct target *target, int *status);
void scan_close(struct scan *scan);

/*
 * A pass begins: the loops, and tasks that are new.  False: the process has no
 * memory any more, or that of another program.
 */
bool scan_begin(struct scan *scan);

/*
 * Between passes: look at the loops that are known, and leave all else as it is.
 * False: as above.
 */
bool scan_look(struct scan *scan);

/*
 * Read up to `max` of the tasks, those next that were read longest ago.  How many
 * were looked at, those that have ended included; scan_seen() has those that
 * live.
 */
size_t scan_read(struct scan *scan, size_t max);

/* Whether the loop still does the step that it did when the pass began. */
bool scan_is_same_step(const struct scan *scan, const struct scan_loop *loop);

/* The tasks that this pass has read. */
size_t scan_seen(const struct scan *scan, struct scan_task ***tasks);

/* All that are known. */
size_t scan_tasks(const struct scan *scan, struct scan_task ***tasks);
size_t scan_loops(const struct scan *scan, struct scan_loop **loops);
size_t scan_objects(const struct scan *scan, struct scan_object ***buckets);

/* Of this address, or id; NULL. */
struct scan_task *scan_find(const struct scan *scan, uintptr_t address);
struct scan_task *scan_find_id(const struct scan *scan, uint64_t id);

/* The task that awaits this one, or whose group it is in; NULL. */
struct scan_task *scan_parent(const struct scan *scan,
                              const struct scan_task *task);

/* When the pass began, by the clock of the loops. */
int64_t scan_now(const struct scan *scan);

/* The number of this pass. */
uint64_t scan_pass(const struct scan *scan);

#endif
