/* SPDX-License-Identifier: MIT */
/*
 * fleet_put.c - from the input to the queue
 *
 * The reader leaves parcels in a list, and a task puts all that have come together
 * since its last call of the engine.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "job/job.h"
#include "queue/parcel.h"
#include "run/finish.h"
#include "run/fleet.h"
#include "run/fleet_inside.h"
#include "run/place.h"
#include "run/world.h"

/* At once, and in the list. */
enum {
    MOST_AT_ONCE = 256,
    MOST_BYTES_AT_ONCE = 1024 * 1024,
    MOST_WAITING = 4096,
    MOST_BYTES = 16 * 1024 * 1024
};

/* What a queue takes, as coil/work.h has it. */
enum { MOST_OF_ID = 65535, MOST_OF_GROUP = 1024 };

struct parcel {
    struct parcel *next;
    int16_t priority;
    struct text id;
    struct text group;
    struct text body;
};

static void parcel_free(struct parcel *parcel)
{
    text_fini(&parcel->id);
    text_fini(&parcel->group);
    text_fini(&parcel->body);
    free(parcel);
}

static size_t size_of(const struct parcel *parcel)
{
    return sizeof *parcel + parcel->id.size + parcel->body.size;
}

static int16_t clamp(int64_t priority)
{
    return (int16_t)(priority < INT16_MIN   ? INT16_MIN
                     : priority > INT16_MAX ? INT16_MAX
                                            : priority);
}

/* ---- making --------------------------------------------------------------- */

static int fill(struct parcel *parcel, struct run *run, struct job *job)
{
    int rc = place_name(run, job);

    if (rc == 0)
        rc = parcel_name(&parcel->id, job);
    if (rc == 0)
        rc = parcel_pack(&parcel->body, job);
    if (rc < 0)
        return rc;
    text_add_bytes(&parcel->group, run->group.bytes, run->group.size);
    parcel->priority = clamp(job->priority);
    if (parcel->id.size > MOST_OF_ID || parcel->group.size > MOST_OF_GROUP)
        return -E2BIG;
    return parcel->group.has_failed ? -ENOMEM : 0;
}

/* Returns 0; -ENOMEM; -EILSEQ and -E2BIG: it is not for a queue. */
static int make(struct parcel **out, struct run *run, struct job *job)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);
    int rc = parcel ? fill(parcel, run, job) : -ENOMEM;

    *out = parcel;
    if (rc < 0 && parcel)
        parcel_free(parcel);
    return rc;
}

static void refuse(struct run *run, struct job *job, int error)
{
    if (error == -EILSEQ)
        finish_without(run, job, OUTCOME_BAD_INPUT,
                       "it has bytes that are not UTF-8, which a queue does "
                       "not take");
    else if (error == -E2BIG)
        finish_without(run, job, OUTCOME_BAD_INPUT,
                       "it is longer than a queue takes");
    else
        finish_without(run, job, OUTCOME_INTERNAL, "no memory");
}

void fleet_put(struct run *run, struct job *job)
{
    struct fleet *fleet = run->fleet;
    struct parcel *parcel;
    int rc = make(&parcel, run, job);

    if (rc < 0) {
        refuse(run, job, rc);
        return;
    }
    job_free(job);
    *fleet->last = parcel;
    fleet->last = &parcel->next;
    fleet->waiting++;
    fleet->bytes += size_of(parcel);
    coil_event_set(&fleet->to_put);
}

bool fleet_is_full(const struct run *run)
{
    const struct fleet *fleet = run->fleet;

    return fleet->waiting >= MOST_WAITING || fleet->bytes >= MOST_BYTES;
}

void fleet_end_input(struct run *run)
{
    run->fleet->is_all_read = true;
    coil_event_set(&run->fleet->to_put);
}

/* ---- putting -------------------------------------------------------------- */

static struct coil_work_item item_of(const struct run *run,
                                     const struct parcel *parcel)
{
    return (struct coil_work_item){
        .id = run->options->keeps_duplicates ? NULL : parcel->id.bytes,
        .group = parcel->group.bytes,
        .priority = parcel->priority,
        .body = parcel->body.bytes,
        .size = parcel->body.size,
    };
}

/* The first of the list, which stay there. */
static size_t collect(const struct run *run, struct coil_work_item *items)
{
    size_t bytes = 0;
    size_t n = 0;

    for (const struct parcel *parcel = run->fleet->first;
         parcel && n < MOST_AT_ONCE && bytes < MOST_BYTES_AT_ONCE;
         parcel = parcel->next) {
        items[n++] = item_of(run, parcel);
        bytes += size_of(parcel);
    }
    return n;
}

static void drop_first(struct fleet *fleet)
{
    struct parcel *parcel = fleet->first;

    fleet->first = parcel->next;
    if (!fleet->first)
        fleet->last = &fleet->first;
    fleet->waiting--;
    fleet->bytes -= size_of(parcel);
    parcel_free(parcel);
}

void fleet_drop_unput(struct fleet *fleet)
{
    while (fleet->first)
        drop_first(fleet);
}

/* Returns 0, also if the engine refuses: then they stay. */
static int put_some(struct run *run)
{
    struct fleet *fleet = run->fleet;
    struct coil_work_item *items = calloc(MOST_AT_ONCE, sizeof *items);
    size_t n = items ? collect(run, items) : 0;
    int rc = items ? coil_work_put_many(fleet->work, items, n) : -ENOMEM;

    free(items);
    if (rc == -ECANCELED || rc == COIL_EUNKNOWN)
        return rc;
    if (rc < 0) {
        fleet_note_trouble(run, rc);
        return 0;
    }
    fleet_note_success(run);
    fleet->put += (uint64_t)rc;
    fleet->known += n - (size_t)rc;
    while (n-- > 0)
        drop_first(fleet);
    coil_event_set(&run->room);
    return 0;
}

static void say_what_was_put(struct run *run)
{
    const struct fleet *fleet = run->fleet;

    if (fleet->put + fleet->known == 0)
        return;
    run_say(run,
            "%llu URLs were put into the queue, and %llu were in it before",
            (unsigned long long)fleet->put, (unsigned long long)fleet->known);
}

int fleet_run_putter(void *arg)
{
    struct run *run = arg;
    struct fleet *fleet = run->fleet;
    int rc = 0;

    while (rc == 0 && run->stop == STOP_NOT &&
           (fleet->first || !fleet->is_all_read)) {
        if (!fleet->first) {
            coil_event_clear(&fleet->to_put);
            rc = coil_event_wait(&fleet->to_put);
            continue;
        }
        rc = fleet_await_engine(run);
        if (rc == 0 && run->stop == STOP_NOT)
            rc = put_some(run);
    }
    if (rc == 0 && run->stop == STOP_NOT)
        say_what_was_put(run);
    fleet->is_all_put = true;
    coil_event_set(&fleet->changed);
    return rc == COIL_EUNKNOWN ? coil_checkpoint() : rc;
}

int fleet_put_redirected(struct run *run, struct job *job, const char *id,
                         int16_t priority)
{
    struct parcel *parcel;
    struct coil_work_item item;
    struct text name = { 0 };
    int rc = make(&parcel, run, job);

    if (rc < 0)
        return rc;
    /* Without names that are given, each job has one of its own. */
    text_add_format(&name, "%s redirect %u", id, job->hops);
    item = item_of(run, parcel);
    item.id = name.bytes;
    item.priority = priority;
    rc = name.has_failed ? -ENOMEM : coil_work_put(run->fleet->work, &item);
    text_fini(&name);
    parcel_free(parcel);
    return rc < 0 ? rc : 0;
}
