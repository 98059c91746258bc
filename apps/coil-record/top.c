/* SPDX-License-Identifier: MIT */
/*
 * top.c - sums: who ran and who waited, for what, and the longest steps
 *
 * Nobody measures steps.  The time between two looks at the clock counts for the
 * task that ran last, so what is said of running is about right for long steps
 * only.
 */
#include "show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "tasks.h"
#include "inspect/text.h"

enum { ROWS = 15, STEPS = 10, REASONS_MAX = 256 };

struct step {
    int64_t time;
    int64_t length;
    uint64_t id;
};

struct sum {
    const char *name; /* a reason or a site */
    uint64_t count;
    int64_t total;
    int64_t longest;
};

struct top {
    const struct file *file;
    struct tasks tasks;
    struct stalls stalls;
    struct step steps[STEPS]; /* the longest first */
    struct sum reasons[REASONS_MAX];
    size_t reason_count;
    int64_t first; /* times of the first and the last record */
    int64_t last;
    int64_t clock;
    int64_t waited; /* by the loop */
    bool waits;
};

static void note_step(struct top *top, const struct step *step)
{
    size_t at = STEPS;

    while (at > 0 && top->steps[at - 1].length < step->length)
        at--;
    if (at == STEPS)
        return;
    memmove(&top->steps[at + 1], &top->steps[at],
            (STEPS - 1 - at) * sizeof *step);
    top->steps[at] = *step;
}

static void note_time(struct top *top, const struct event *event)
{
    bool looked = event->detail == COIL_RECORD_CLOCK_LOOKED;
    struct step step = {
        .time = top->clock,
        .length = event->time - top->clock,
        .id = looked ? 0 : event->id,
    };
    const struct stall *stall =
        stalls_find(&top->stalls, top->clock, event->time);
    struct task *task;

    /* The watchdog has seen who it was. */
    if (stall && step.length >= stall->age)
        step.id = stall->task;
    if (top->waits) {
        top->waited += step.length;
    } else {
        note_step(top, &step);
        task = tasks_get(&top->tasks, step.id);
        if (task)
            task->ran += step.length;
    }
    top->waits = event->detail == COIL_RECORD_CLOCK_WAITS;
    top->clock = event->time;
}

static struct sum *sum_of(struct sum *sums, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(sums[i].name, name) == 0)
            return &sums[i];
    if (*count == REASONS_MAX)
        return &sums[REASONS_MAX - 1];
    sums[*count] = (struct sum){ .name = name };
    return &sums[(*count)++];
}

static void add(struct sum *sum, int64_t length)
{
    sum->count++;
    sum->total += length;
    if (length > sum->longest)
        sum->longest = length;
}

static void note_wait(struct top *top, const struct task *task, int64_t until)
{
    add(sum_of(top->reasons, &top->reason_count, task->reason),
        until - task->since);
}

/* Waits that go on count up to the end of the record. */
static void note_what_goes_on(struct top *top)
{
    for (size_t i = 0; i < top->tasks.capacity; i++) {
        struct task *task = top->tasks.slots[i];

        if (!task || !task->reason)
            continue;
        note_wait(top, task, top->last);
        task->waits++;
        task->waited += top->last - task->since;
    }
}

static int by_total(const void *a, const void *b)
{
    int64_t first = ((const struct sum *)a)->total;
    int64_t second = ((const struct sum *)b)->total;

    return first > second ? -1 : first < second;
}

static int by_time(const void *a, const void *b)
{
    const struct task *first = *(struct task *const *)a;
    const struct task *second = *(struct task *const *)b;

    if (first->ran != second->ran)
        return first->ran > second->ran ? -1 : 1;
    if (first->waited != second->waited)
        return first->waited > second->waited ? -1 : 1;
    return task_by_id(a, b);
}

static void print_loop(const struct top *top)
{
    char all[DURATION_MAX];
    char waited[DURATION_MAX];
    int64_t length = top->last - top->first;

    printf("\n%s recorded, of which the loop waited %s (%.1f %%); %zu tasks\n",
           text_duration(all, length), text_duration(waited, top->waited),
           length > 0 ? 100.0 * (double)top->waited / (double)length : 0.0,
           top->tasks.count);
}

/* `titles`: of the four columns. */
static void print_sums(const struct sum *sums, size_t count,
                       const char *const titles[4])
{
    char total[DURATION_MAX];
    char longest[DURATION_MAX];

    printf("\n%10s %14s %14s  %s\n", titles[0], titles[1], titles[2],
           titles[3]);
    for (size_t i = 0; i < count && i < ROWS; i++) {
        printf("%10" PRIu64 " %14s %14s  ", sums[i].count,
               text_duration(total, sums[i].total),
               text_duration(longest, sums[i].longest));
        text_put(stdout, sums[i].name);
        putchar('\n');
    }
}

static void print_task(const struct task *task)
{
    char ran[DURATION_MAX];
    char waited[DURATION_MAX];

    printf("%14s %10" PRIu64 " %14s  ", text_duration(ran, task->ran),
           task->waits, text_duration(waited, task->waited));
    text_put(stdout, task->name);
    fputs("  ", stdout);
    text_put(stdout, task->site);
    if (task->reason) {
        fputs("  waits: ", stdout);
        text_put(stdout, task->reason);
    }
    putchar('\n');
}

static bool print_tasks(const struct top *top)
{
    struct task **all = tasks_sorted(&top->tasks, by_time);

    if (!all)
        return false;
    printf("\n%14s %10s %14s  %s\n", "RAN (ABOUT)", "WAITS", "WAITED",
           "TASK, MADE AT");
    for (size_t i = 0, n = 0; all[i] && n < ROWS; i++) {
        if (all[i]->id == 0)
            continue;
        print_task(all[i]);
        n++;
    }
    free(all);
    return true;
}

/* The tasks of one site together. */
static bool print_sites(const struct top *top)
{
    static const char *const titles[] = {
        "TASKS",
        "WAITED",
        "LONGEST",
        "MADE AT",
    };
    struct sum *sums = calloc(REASONS_MAX, sizeof *sums);
    size_t count = 0;

    if (!sums)
        return false;
    for (size_t i = 0; i < top->tasks.capacity; i++) {
        const struct task *task = top->tasks.slots[i];

        if (task && task->id > 0)
            add(sum_of(sums, &count, task->site), task->waited);
    }
    qsort(sums, count, sizeof *sums, by_total);
    print_sums(sums, count, titles);
    free(sums);
    return true;
}

static void print_steps(struct top *top)
{
    char length[DURATION_MAX];

    printf("\n%14s %14s  %s\n", "AT, s", "LONGEST STEPS", "THE LAST WAS OF");
    for (size_t i = 0; i < STEPS && top->steps[i].length > 0; i++) {
        const struct step *step = &top->steps[i];
        const struct task *task = tasks_get(&top->tasks, step->id);

        printf("%14.6f %14s  ",
               (double)(step->time - top->file->head.began) / 1e9,
               text_duration(length, step->length));
        text_put(stdout, task && step->id > 0 ? task->name : "?");
        if (task && step->id > 0) {
            fputs("  ", stdout);
            text_put(stdout, task->site);
        }
        putchar('\n');
    }
}

static void print_stalls(const struct top *top)
{
    for (size_t i = 0; i < top->stalls.count; i++) {
        const struct stall *stall = &top->stalls.all[i];

        printf("\nstall at %.6f s:\n",
               (double)(stall->time - top->file->head.began) / 1e9);
        text_put_lines(stdout, stall->text, 4);
    }
}

static bool read_events(struct top *top)
{
    struct reader reader;
    struct event event;

    reader_begin(&reader, top->file);
    while (reader_next(&reader, &event)) {
        struct task *task = tasks_get(&top->tasks, event.id);

        if (top->first == 0)
            top->first = top->clock = event.time;
        top->last = event.time;
        if (event.type == COIL_RECORD_TIME) {
            note_time(top, &event);
            continue;
        }
        if (!task)
            return false;
        if (event.type == COIL_RECORD_WOKEN && task->reason)
            note_wait(top, task, event.time);
        task_note(task, top->file, &event);
    }
    return true;
}

bool show_top(const struct file *file)
{
    static const char *const titles[] = { "WAITS", "TOTAL", "LONGEST", "FOR" };
    struct top *top = calloc(1, sizeof *top);
    bool done;

    if (!top)
        return false;
    top->file = file;
    done = tasks_init(&top->tasks);
    done = stalls_read(&top->stalls, file) && done && read_events(top);
    if (done) {
        note_what_goes_on(top);
        qsort(top->reasons, top->reason_count, sizeof *top->reasons, by_total);
        show_head(file, stdout);
        print_loop(top);
        print_sums(top->reasons, top->reason_count, titles);
        done = print_tasks(top) && print_sites(top);
        print_steps(top);
        print_stalls(top);
    }
    tasks_fini(&top->tasks);
    stalls_free(&top->stalls);
    free(top);
    return done;
}
