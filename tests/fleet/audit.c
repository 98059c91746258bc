/* SPDX-License-Identifier: MIT */
/*
 * audit.c - what the log proves
 *
 * A run is one body: it begins by `b`, and lasts until `e` or `s`, or until its worker
 * was killed.  The moment of a kill is noted before it, so a run was not shorter.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fleet.h"

struct run {
    uint64_t job;
    uint64_t fence;
    unsigned worker;
    unsigned group;
    int64_t begin;
    int64_t end;  /* 0: it did not come to an end */
    int64_t done; /* 0: that was not acknowledged */
    bool is_whole;
};

struct audit {
    const struct fleet *fleet;
    struct fleet_sums *sums;
    struct fleet_line *lines;
    size_t count;
    struct run *runs;
    size_t run_count;
    unsigned char *is_put; /* of each job */
    unsigned char *ends;   /* … */
    uint64_t jobs;
};

/* ---- reading ---- */

static void read_lines(struct audit *audit)
{
    struct fleet_line line;
    unsigned long long job, fence;
    long long time;
    size_t room = 0;
    FILE *file;

    lseek(audit->fleet->log_fd, 0, SEEK_SET);
    file = fdopen(dup(audit->fleet->log_fd), "r");
    while (file && fscanf(file, "%c %llu %llu %u %lld %u\n", &line.kind, &job,
                          &fence, &line.delivery, &time, &line.worker) == 6) {
        line.job = job;
        line.fence = fence;
        line.time = time;
        if (audit->count == room) {
            room = room ? 2 * room : 4096;
            audit->lines = realloc(audit->lines, room * sizeof line);
        }
        audit->lines[audit->count++] = line;
    }
    if (!file || !feof(file))
        fleet_fail("the log cannot be read");
    fclose(file);
}

/* By job and fence, `b` before all others: they are in the order of the log. */
static int by_run(const void *a, const void *b)
{
    const struct fleet_line *p = a, *q = b;

    if (p->job != q->job)
        return p->job < q->job ? -1 : 1;
    if (p->fence != q->fence)
        return p->fence < q->fence ? -1 : 1;
    return p->time < q->time ? -1 : p->time > q->time;
}

static void take_line(struct audit *audit, const struct fleet_line *line)
{
    struct run *run =
        audit->run_count ? &audit->runs[audit->run_count - 1] : NULL;

    switch (line->kind) {
    case FLEET_PUT:
        audit->is_put[line->job] = 1;
        return;
    case FLEET_PUT_AGAIN:
        audit->sums->put_twice += line->delivery;
        return;
    case FLEET_DEAD:
        audit->ends[line->job] = 1;
        return;
    case FLEET_KILL:
        return;
    case FLEET_BEGIN:
        audit->runs[audit->run_count++] =
            (struct run){ .job = line->job,
                          .fence = line->fence,
                          .worker = line->worker,
                          .group = (unsigned)(line->job % audit->fleet->groups),
                          .begin = line->time };
        return;
    default:
        break;
    }
    if (!run || run->job != line->job || run->fence != line->fence ||
        run->worker != line->worker)
        fleet_fail("job %llu: %c without a beginning",
                   (unsigned long long)line->job, line->kind);
    if (line->kind == FLEET_END || line->kind == FLEET_STOPPED) {
        run->end = line->time;
        run->is_whole = line->kind == FLEET_END;
    } else if (line->kind == FLEET_DONE) {
        run->done = line->time;
    } else if (line->kind == FLEET_UNCLEAR) {
        audit->sums->unclear++;
    }
}

/* Who did not come to an end was killed. */
static void end_killed(struct audit *audit)
{
    int64_t *kill = NULL;
    unsigned workers = 0;

    for (size_t i = 0; i < audit->count; i++)
        if (audit->lines[i].worker >= workers)
            workers = audit->lines[i].worker + 1;
    kill = calloc(workers, sizeof *kill);
    for (size_t i = 0; i < audit->count; i++)
        if (audit->lines[i].kind == FLEET_KILL)
            kill[audit->lines[i].worker] = audit->lines[i].time;
    for (size_t i = 0; i < audit->run_count; i++) {
        struct run *run = &audit->runs[i];

        if (run->end == 0)
            run->end = kill[run->worker];
        if (run->end == 0)
            fleet_fail("job %llu has no end", (unsigned long long)run->job);
    }
    free(kill);
}

/* ---- looking ---- */

static int by_begin(const struct run *p, const struct run *q)
{
    return p->begin < q->begin ? -1 : p->begin > q->begin;
}

static int by_job(const void *a, const void *b)
{
    const struct run *p = a, *q = b;

    if (p->job != q->job)
        return p->job < q->job ? -1 : 1;
    return by_begin(p, q);
}

static int by_group(const void *a, const void *b)
{
    const struct run *p = a, *q = b;

    if (p->group != q->group)
        return p->group < q->group ? -1 : 1;
    return by_begin(p, q);
}

static void say(const char *what, const struct run *before,
                const struct run *run)
{
    fprintf(stderr,
            "%s: job %llu fence %llu worker %u until %lld, then job %llu fence "
            "%llu worker %u from %lld\n",
            what, (unsigned long long)before->job,
            (unsigned long long)before->fence, before->worker,
            (long long)before->end, (unsigned long long)run->job,
            (unsigned long long)run->fence, run->worker, (long long)run->begin);
}

static void look_at_jobs(struct audit *audit)
{
    struct fleet_sums *sums = audit->sums;

    qsort(audit->runs, audit->run_count, sizeof *audit->runs, by_job);
    for (size_t i = 0; i < audit->run_count; i++) {
        struct run *run = &audit->runs[i];
        struct run *before = i > 0 && run[-1].job == run->job ? run - 1 : NULL;

        if (before &&
            (run->begin < before->end || run->fence <= before->fence)) {
            sums->two_holders++;
            say("two holders", before, run);
        }
        if (before && before->done) {
            sums->came_back++;
            say("done, and back", before, run);
        }
        if (run->is_whole && audit->ends[run->job])
            sums->doubles++;
        audit->ends[run->job] |= run->is_whole;
    }
}

static void look_at_groups(struct audit *audit)
{
    const struct run *last = NULL;

    qsort(audit->runs, audit->run_count, sizeof *audit->runs, by_group);
    for (size_t i = 0; i < audit->run_count; i++) {
        const struct run *run = &audit->runs[i];

        if (last && last->group == run->group &&
            run->begin < last->end + audit->fleet->group_delay) {
            audit->sums->broken_limits++;
            say("broken limit", last, run);
        }
        if (!last || last->group != run->group || run->end > last->end)
            last = run;
    }
}

/* The dead have come to their end as well, so they are marked last. */
static void look_at_ends(struct audit *audit)
{
    for (size_t i = 0; i < audit->count; i++)
        if (audit->lines[i].kind == FLEET_DEAD)
            audit->ends[audit->lines[i].job] = 1;
    for (uint64_t i = 0; i < audit->jobs; i++) {
        audit->sums->jobs += audit->is_put[i];
        if (audit->is_put[i] && !audit->ends[i]) {
            audit->sums->lost++;
            fprintf(stderr, "lost: job %llu\n", (unsigned long long)i);
        }
    }
}

void fleet_audit(const struct fleet *fleet, struct fleet_sums *sums)
{
    struct audit audit = { .fleet = fleet, .sums = sums };

    *sums = (struct fleet_sums){ .jobs = 0 };
    audit.jobs = fleet->shared->next_job;
    read_lines(&audit);
    audit.runs = calloc(audit.count + 1, sizeof *audit.runs);
    audit.is_put = calloc(audit.jobs + 1, 1);
    audit.ends = calloc(audit.jobs + 1, 1);
    qsort(audit.lines, audit.count, sizeof *audit.lines, by_run);
    for (size_t i = 0; i < audit.count; i++)
        if (audit.lines[i].kind != FLEET_DEAD)
            take_line(&audit, &audit.lines[i]);
    sums->runs = audit.run_count;
    end_killed(&audit);
    look_at_jobs(&audit);
    look_at_groups(&audit);
    look_at_ends(&audit);
    free(audit.lines);
    free(audit.runs);
    free(audit.is_put);
    free(audit.ends);
}
