/* SPDX-License-Identifier: MIT */
/*
 * tasks.h - what is known of each task at some record of the file
 */
#ifndef COIL_RECORD_TASKS_H
#define COIL_RECORD_TASKS_H

#include "event.h"

enum { TASK_NAME = 64, SPANS_MAX = 32 };

struct task {
    uint64_t id; /* 0: no task; the spans of callbacks */
    bool has_name;
    bool has_ended;
    char name[TASK_NAME]; /* "Task-7" */
    const char *site;
    /* The wait that goes on, if `reason`. */
    const char *reason;
    int64_t since;
    uint64_t object;
    uint64_t needs;
    int64_t descriptor;
    /* Spans that have begun. */
    unsigned span_count;
    const char *spans[SPANS_MAX];
    int64_t span_since[SPANS_MAX];
    /* Sums, for `top` and the picture. */
    uint64_t waits;
    int64_t waited;
    int64_t ran;
    uint64_t events;
    /* For the picture: its row, or -1; since when it is there, or -1. */
    int row;
    int64_t seen;
    bool is_told; /* its track is in the trace */
};

struct tasks {
    struct task **slots;
    size_t capacity;
    size_t count;
};

bool tasks_init(struct tasks *tasks);
void tasks_fini(struct tasks *tasks);

/* The task with this id, made if it is new; NULL: no memory. */
struct task *tasks_get(struct tasks *tasks, uint64_t id);

/*
 * Take note of the event, in which `task` is that of event->id.  To be called
 * after the caller has looked at what the task did before.  A wait that goes on
 * and is recorded once more stays as it is.
 */
void task_note(struct task *task, const struct file *file,
               const struct event *event);

/* Compare the ids of two tasks, for tasks_sorted(). */
int task_by_id(const void *a, const void *b);

/* All tasks, by the order of compare(), in an array to be freed; NULL: none. */
struct task **tasks_sorted(const struct tasks *tasks,
                           int (*compare)(const void *a, const void *b));

#endif
