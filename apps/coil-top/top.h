/* SPDX-License-Identifier: MIT */
/*
 * top.h - what coil-top knows of a process, and what it shows
 */
#ifndef COIL_TOP_TOP_H
#define COIL_TOP_TOP_H

#include <stdio.h>

#include "connections.h"
#include "inspect/scan.h"
#include "inspect/stacks.h"

enum view {
    VIEW_GROUPS,  /* tasks by name and site */
    VIEW_TASKS,   /* each task; of one group or of one object, perhaps */
    VIEW_OBJECTS, /* what tasks wait for */
    VIEW_CONNECTIONS,
    VIEW_TASK, /* one task and its stack */
};

enum sort { SORT_COUNT, SORT_TIME, SORT_SITE, SORT_STATE, SORTS };

/* As the option and the tables call them. */
extern const char *const top_sorts[SORTS];

/* A loop, from one refresh to the next. */
struct watch {
    /* At the last refresh. */
    unsigned turn, looks;
    uint64_t running, waiting;
    /* Since then: how often it was looked at, and how often it waited. */
    unsigned ticks, polls;
    double step;    /* seconds for which it has been in one step, so far */
    double longest; /* the longest such, ever */
    /* What is shown. */
    double turns_rate, looks_rate, polling;
};

struct row {
    double count;
    int64_t time; /* nanoseconds */
    const char *label;
    const char *state;
    uint64_t id;       /* of a task */
    uintptr_t address; /* of an object */
    char text[320];
};

/* What is shown of the process. */
struct place {
    enum view view;
    const char *group; /* only tasks of this label; NULL: of any */
    uintptr_t object;  /* only tasks that wait for it; 0: for anything */
    uint64_t task;
    size_t selected, first;
};

enum { PLACES_MAX = 8, FILTER_MAX = 64 };

struct top {
    struct target *target;
    struct scan *scan;
    struct stacks *stacks;
    struct watch *watches;
    size_t watch_count, watch_capacity;
    int64_t refreshed; /* 0: not yet */
    struct connections connections;
    struct row *rows;
    size_t row_count, row_capacity;

    struct place places[PLACES_MAX]; /* the last one is shown */
    size_t depth;
    enum sort sort;
    char filter[FILTER_MAX];
    bool is_typing; /* the filter */
    bool is_paused;
    bool shows_help;
};

static inline struct place *top_place(struct top *top)
{
    return &top->places[top->depth];
}

/* watch.c: look at the loops.  False: the process has no memory any more. */
bool top_tick(struct top *top, double seconds);
/* All tasks, and what follows from two refreshes. */
bool top_refresh(struct top *top);

/* rows.c: collect, filter and sort what place->view shows. */
void top_collect(struct top *top, const struct place *place);
void top_describe_wait(struct top *top, const struct scan_task *task, char *to,
                       size_t size);

/* view.c: write it, for so many rows of the screen; or all tables. */
void top_print(struct top *top, FILE *to, int rows);
void top_print_all(struct top *top, FILE *to);

/* keys.c: do what a key asks for.  False: the program is to end. */
bool top_key(struct top *top, int key, int rows);

#endif
