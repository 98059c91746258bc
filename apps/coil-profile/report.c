/* SPDX-License-Identifier: MIT */
#include "sampler.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "inspect/must.h"

enum { LINES_MAX = 10 };

double sampler_own_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

/* ---- by task -------------------------------------------------------------- */

struct line {
    const char *label;
    double us;
};

static int compare_lines(const void *a, const void *b)
{
    double x = ((const struct line *)a)->us;
    double y = ((const struct line *)b)->us;

    return (x < y) - (x > y);
}

struct lines {
    struct line *all;
    size_t count, capacity;
};

static void add_line(struct lines *lines, const char *label, double us)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (lines->all[i].label == label) {
            lines->all[i].us += us;
            return;
        }
    }
    lines->all = must_grow(lines->all, lines->count, &lines->capacity,
                           sizeof lines->all[0]);
    lines->all[lines->count++] = (struct line){ label, us };
}

/* A task's time is that of its frames, without that of tasks below it. */
static void add_tasks(struct lines *lines, const struct graph_node *node)
{
    double us = node->total;

    for (const struct graph_node *n = node->child; n; n = n->sibling) {
        if (n->kind == GRAPH_TASK)
            us -= n->total;
        if (n->kind == GRAPH_TASK || n->kind == GRAPH_LOOP)
            add_tasks(lines, n);
    }
    if (node->kind == GRAPH_TASK && us > 0)
        add_line(lines, node->label, us);
}

static void print_tasks(const struct graph *graph, FILE *to)
{
    struct lines lines = { 0 };

    add_tasks(&lines, &graph->root);
    if (lines.count > 0)
        qsort(lines.all, lines.count, sizeof lines.all[0], compare_lines);
    for (size_t i = 0; i < lines.count && i < LINES_MAX; i++)
        fprintf(to, "  %5.1f %%  %s\n",
                percent(lines.all[i].us, graph->root.total),
                lines.all[i].label);
    free(lines.all);
}

/* ---- by object ------------------------------------------------------------ */

static void print_holders(const struct waited *w, FILE *to)
{
    for (size_t i = 0; i < w->holder_count && i < 3; i++)
        fprintf(to, "           held by %s, %.0f %% of that time: %s\n",
                w->holders[i].name, percent(w->holders[i].us, w->us),
                w->holders[i].does);
}

static void print_waited(const struct sampler *s, FILE *to)
{
    size_t shown = 0;

    for (const struct waited *w = s->waited; w && shown < LINES_MAX;
         w = w->next, shown++) {
        if (w->us <= 0)
            return;
        if (shown == 0)
            fputs("waited for most:\n", to);
        fprintf(to, "  %s: %.1f s in all, %.1f tasks on average, %zu at most\n",
                w->label, w->us / 1e6, s->us > 0 ? w->us / s->us : 0, w->most);
        print_holders(w, to);
    }
}

/* The lock for which most has been waited. */
static void print_hottest(const struct sampler *s, FILE *to)
{
    const struct waited *w = s->waited;

    while (w && (!w->has_holder || w->us <= 0))
        w = w->next;
    if (!w)
        return;
    fprintf(to, "hottest: %s (0x%llx), waited for %.1f s in all", w->label,
            (unsigned long long)w->address, w->us / 1e6);
    if (w->holder_count > 0)
        fprintf(to, ", held by %s", w->holders[0].name);
    fputc('\n', to);
}

/* ---- all ------------------------------------------------------------------ */

static void print_source(const struct sampler *s, FILE *to)
{
    if (s->has_perf)
        fprintf(to, "  stacks: perf events%s%s",
                s->sees_kernel ? ", system calls included"
                               : ", without the time in system calls",
                s->lacks_perf ? ", not of all threads" : "");
    else if (s->lacks_perf)
        fputs("  stacks: perf events are refused; which task runs is known, "
              "and its stack only in a system call",
              to);
    else
        fputs("  stacks: no loop ran", to);
    if (!stacks_frames(s->stacks))
        fputs("; there is no libdw, so functions have no names", to);
    fputc('\n', to);
    if (s->lost > 0)
        fprintf(to, "  %llu samples were lost\n", (unsigned long long)s->lost);
}

void sampler_report(const struct sampler *s, FILE *to)
{
    double seconds = s->us / 1e6;
    double tasks = s->us > 0 ? s->task_us / s->us : 0;

    fprintf(to,
            "process %d: %.1f s, %llu samples at %g Hz, %zu loop%s, %zu "
            "task%s at most\n",
            (int)s->target->pid, seconds, (unsigned long long)s->ticks,
            s->options.hz, s->most_loops, s->most_loops == 1 ? "" : "s",
            s->most_tasks, s->most_tasks == 1 ? "" : "s");
    if (s->missed > 0)
        fprintf(to, "  %llu samples were late and left out\n",
                (unsigned long long)s->missed);
    if (s->stopped > 0)
        fputs("  the process was stopped for a part of that time\n", to);
    if (s->most_loops == 0)
        fputs("  no loop was open\n", to);
    if (s->options.run) {
        fprintf(to, "runs: %.1f ms\n", s->run.root.total / 1e3);
        print_source(s, to);
        print_tasks(&s->run, to);
    }
    if (s->options.wait) {
        fprintf(to,
                "waits: %.1f s of all tasks together; %.0f tasks on average, "
                "of which %.0f were read at each sample\n",
                s->wait.root.total / 1e6, tasks,
                s->ticks > 0 ? s->read / (double)s->ticks : 0);
        print_tasks(&s->wait, to);
        print_waited(s, to);
        print_hottest(s, to);
    }
    if (s->ticks > 0)
        fprintf(to,
                "cost: this program took %.1f %% of a processor, and %.2f s "
                "before it began\n",
                percent(sampler_own_seconds() - s->own, seconds), s->own);
}
