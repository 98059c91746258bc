/* SPDX-License-Identifier: MIT */
#include "sampler.h"

#include <stdlib.h>

#include "inspect/must.h"

void sampler_fini(struct sampler *s)
{
    sampler_close_running(s);
    graph_fini(&s->run);
    graph_fini(&s->wait);
    while (s->waited) {
        struct waited *w = s->waited;

        s->waited = w->next;
        free(w);
    }
    free(s->bytes);
    free(s->pieces);
    free(s->changed);
}

bool sampler_tick(struct sampler *s, double us)
{
    struct scan_loop *loops;
    size_t open = 0;
    size_t count;

    if (!scan_begin(s->scan))
        return false;
    count = scan_loops(s->scan, &loops);
    for (size_t i = 0; i < count; i++)
        open += loops[i].is_open;
    if (open > s->most_loops)
        s->most_loops = open;
    count = scan_tasks(s->scan, &(struct scan_task **){ NULL });
    if (count > s->most_tasks)
        s->most_tasks = count;
    s->ticks++;
    s->us += us;
    if (s->options.run)
        sampler_tick_running(s, us);
    if (s->options.wait)
        sampler_tick_waiting(s, us);
    return true;
}

bool sampler_prepare(struct sampler *s)
{
    if (!sampler_tick(s, 0))
        return false;
    s->ticks = 0;
    s->read = 0;
    s->stopped = 0;
    sampler_forget_running(s);
    s->own = sampler_own_seconds();
    return true;
}

static int compare_waited(const void *a, const void *b)
{
    double x = (*(struct waited *const *)a)->us;
    double y = (*(struct waited *const *)b)->us;

    return (x < y) - (x > y);
}

static int compare_held(const void *a, const void *b)
{
    double x = ((const struct held *)a)->us;
    double y = ((const struct held *)b)->us;

    return (x < y) - (x > y);
}

void sampler_finish(struct sampler *s)
{
    struct waited **all;
    size_t count = 0;

    for (struct waited *w = s->waited; w; w = w->next)
        count++;
    all = must_calloc(count + 1, sizeof all[0]);
    count = 0;
    for (struct waited *w = s->waited; w; w = w->next) {
        all[count++] = w;
        qsort(w->holders, w->holder_count, sizeof w->holders[0], compare_held);
    }
    qsort(all, count, sizeof all[0], compare_waited);
    for (size_t i = 0; i < count; i++)
        all[i]->next = all[i + 1];
    s->waited = all[0];
    free(all);
    graph_finish(&s->run);
    graph_finish(&s->wait);
}
