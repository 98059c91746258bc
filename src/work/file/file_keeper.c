/* SPDX-License-Identifier: MIT */
/*
 * file_keeper.c - one frame for all who wait
 *
 * Whoever waits and finds no frame under way takes all that is noted and has a thread
 * write it.  The others wait for that; what they have noted meanwhile is the next
 * frame.  When the file has become long, the thread writes a new one of all that there
 * is instead, and whoever has noted something meanwhile waits for that.
 */
#include "work/file/file_keeper.h"

#include <errno.h>

#include <coil/cancel.h>
#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "base/mutex.h"
#include "work/file/in_thread.h"
#include "work/file/snapshot.h"

struct file_keeper {
    struct coil__work_keeper base;
    struct coil__file_world *world;
};

static struct coil__file_world *world_of(struct coil__work_keeper *base)
{
    return coil__container_of(base, struct file_keeper, base)->world;
}

/* ---- steps ---------------------------------------------------------------- */

static int reserve(struct coil__work_keeper *base, size_t changes, size_t bytes)
{
    return coil__journal_reserve(&world_of(base)->journal, changes, bytes);
}

static uint64_t position(struct coil__work_keeper *base)
{
    return world_of(base)->journal.position;
}

/* ---- a frame, or a new file ----------------------------------------------- */

struct flush {
    struct coil__file_world *world;
    struct coil_buffer whole; /* a new file; empty: none */
    uint64_t frames;          /* of it */
    bool is_rewritten;
};

/* The world is locked, and no frame is under way. */
static void begin_flush(struct coil__file_world *world, struct flush *flush)
{
    struct coil__journal *journal = &world->journal;

    *flush = (struct flush){ .world = world };
    world->is_flushing = true;
    coil_shared_event_clear(&world->flushed);
    (void)coil__journal_take(journal);
    if (!coil__journal_is_long(journal))
        return;
    if (coil__snapshot(journal, &world->base.ledger, &flush->whole,
                       &flush->frames) < 0)
        coil__buffer_fini(&flush->whole);
    journal->rewrite_at = 2 * journal->disk.size;
}

/* In a thread. */
static int write_flush(void *arg)
{
    struct flush *flush = arg;
    struct coil__journal *journal = &flush->world->journal;
    bool is_old = true;
    int rc;

    if (flush->whole.size > 0) {
        rc = coil__disk_replace(&journal->disk, flush->whole.data,
                                flush->whole.size, journal->syncs, &is_old);
        flush->is_rewritten = rc == 0;
        if (!is_old)
            return rc;
    }
    return coil__journal_write(journal);
}

static void end_flush(struct flush *flush, int rc)
{
    struct coil__file_world *world = flush->world;
    struct coil__journal *journal = &world->journal;

    coil__buffer_fini(&flush->whole);
    coil__mutex_lock(&world->base.mutex);
    coil__journal_note_result(journal, rc);
    if (flush->is_rewritten) {
        journal->frames = flush->frames;
        journal->rewrite_at = 2 * journal->disk.size;
    }
    world->is_flushing = false;
    coil_shared_event_set(&world->flushed);
    coil__mutex_unlock(&world->base.mutex);
}

/* ---- who waits ------------------------------------------------------------ */

enum turn { KEPT, BROKEN, WAITS, WRITES };

static enum turn see(struct coil__file_world *world, uint64_t position,
                     struct flush *flush)
{
    const struct coil__journal *journal = &world->journal;
    enum turn turn = WAITS;

    coil__mutex_lock(&world->base.mutex);
    if (journal->kept_position >= position) {
        turn = KEPT;
    } else if (journal->error < 0) {
        turn = BROKEN;
    } else if (!world->is_flushing) {
        turn = WRITES;
        begin_flush(world, flush);
    }
    coil__mutex_unlock(&world->base.mutex);
    return turn;
}

/* Until the frame that is under way is not any more. */
static int await(struct coil__file_world *world)
{
    int rc = coil_shared_event_wait(&world->flushed);

    /* There is no memory to be told by another loop. */
    return rc < 0 && rc != -ECANCELED ? coil_sleep(COIL_MILLISECOND) : rc;
}

static int await_kept(struct coil__file_world *world, uint64_t position,
                      bool is_patient)
{
    struct flush flush;
    int rc = 0;

    for (;;) {
        switch (see(world, position, &flush)) {
        case KEPT:
            return 0;
        case BROKEN:
            return world->journal.error;
        case WRITES:
            rc = coil__in_thread(write_flush, &flush);
            end_flush(&flush, rc);
            break;
        case WAITS:
            if (rc < 0 && !is_patient)
                return COIL_EUNKNOWN;
            rc = await(world);
            break;
        }
    }
}

static int commit(struct coil__work_keeper *base, uint64_t position,
                  bool is_patient)
{
    struct coil_cancel_mark mark;
    int rc;

    coil_cancel_mark(&mark);
    rc = await_kept(world_of(base), position, is_patient);
    coil_cancel_put_back(&mark);
    return rc;
}

/* ---- the whole ------------------------------------------------------------ */

static void close_keeper(struct coil__work_keeper *base)
{
    struct file_keeper *keeper =
        coil__container_of(base, struct file_keeper, base);
    struct coil__file_world *world = keeper->world;
    uint64_t last;

    coil__mutex_lock(&world->base.mutex);
    last = world->journal.position;
    coil__mutex_unlock(&world->base.mutex);
    (void)!commit(base, last, true);
    coil__file_world_leave(world);
    coil__free(keeper);
}

static const struct coil__work_keeper_ops ops = {
    .reserve = reserve,
    .position = position,
    .commit = commit,
    .close = close_keeper,
};

struct coil__work_keeper *coil__file_keeper_new(struct coil__file_world *world)
{
    struct file_keeper *keeper = coil__alloc(sizeof *keeper);

    if (!keeper)
        return NULL;
    keeper->base.ops = &ops;
    keeper->world = world;
    return &keeper->base;
}
