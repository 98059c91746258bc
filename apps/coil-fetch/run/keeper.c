/* SPDX-License-Identifier: MIT */
/*
 * Rules
 *   After an error nothing more is noted: what the journal does not have is done
 *   again by the next run.
 */
#include "run/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/file_stream.h>
#include <coil/lock.h>
#include <coil/stream.h>

#include "common/append.h"
#include "job/job.h"
#include "journal/journal.h"
#include "output/warc.h"
#include "run/notes.h"
#include "run/world.h"

struct keeper {
    struct notes notes;
    struct append *records;    /* a file; NULL: standard output, or none */
    struct coil_stream *out;   /* standard output; NULL */
    struct text going;         /* what is written to it */
    struct coil_event changed; /* there is something to write */
    struct coil_event written; /* there is room for more */
    struct coil_lock writing;  /* one batch is written at a time */
    bool is_stopping;
    int error; /* the first one */
};

/* The files cannot be written: nothing more is noted. */
static void fail(struct run *run, const char *file, int error)
{
    struct keeper *keeper = run->keeper;

    if (keeper->error < 0)
        return;
    keeper->error = error;
    run_fail(run, file, error);
}

/* ---- opening -------------------------------------------------------------- */

static int complain(const char *path, int error)
{
    if (error == -EEXIST)
        fprintf(stderr,
                "coil-fetch: %s is there already; --resume goes on with it\n",
                path);
    else if (error == -EBUSY)
        fprintf(stderr, "coil-fetch: %s: another run uses it\n", path);
    else if (error == -EBADMSG)
        fprintf(stderr, "coil-fetch: %s is no journal of this program\n", path);
    else if (error == -ENOTSUP)
        fprintf(stderr, "coil-fetch: %s: a newer coil-fetch has written it\n",
                path);
    else
        fprintf(stderr, "coil-fetch: %s: %s\n", path, coil_strerror(error));
    return error;
}

static int open_journal(struct run *run, const struct journal_place *most)
{
    const struct options *o = run->options;
    int rc;

    if (!o->journal)
        return 0;
    rc = journal_open(&run->journal,
                      &(struct journal_options){ .path = o->journal,
                                                 .resumes = o->resumes,
                                                 .has_no_sync = o->has_no_sync,
                                                 .most = most });
    if (rc < 0)
        return complain(o->journal, rc);
    run->key = *journal_key(run->journal);
    return 0;
}

static int open_standard_output(struct keeper *keeper)
{
    int rc = coil_stream_standard(&keeper->out, STDOUT_FILENO);

    return rc < 0 ? complain("standard output", rc) : 0;
}

/* Those of a run before are kept if its journal says so. */
static int open_records(struct run *run)
{
    const struct options *o = run->options;
    struct keeper *keeper = run->keeper;
    struct stat status;
    int rc;

    if (!o->jsonl)
        return open_journal(run, NULL);
    if (strcmp(o->jsonl, "-") == 0) {
        rc = open_standard_output(keeper);
        return rc < 0 ? rc : open_journal(run, NULL);
    }
    rc = append_open(
        &keeper->records,
        &(struct append_options){
            .path = o->jsonl,
            .flags = O_CREAT | (o->resumes || o->overwrites ? 0 : O_EXCL),
            .is_locked = true,
            .has_no_sync = o->has_no_sync });
    if (rc == 0)
        rc = coil_file_stat(append_file(keeper->records), &status);
    if (rc < 0)
        return complain(o->jsonl, rc);
    rc = open_journal(
        run, &(struct journal_place){ .records = (uint64_t)status.st_size,
                                      .warc_file = UINT64_MAX,
                                      .warc = UINT64_MAX });
    if (rc < 0)
        return rc;
    rc = append_start(keeper->records,
                      run->journal ? journal_place(run->journal)->records : 0);
    return rc < 0 ? complain(o->jsonl, rc) : 0;
}

int keeper_open(struct run *run)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    int rc;

    run->keeper = keeper;
    if (!keeper)
        return -ENOMEM;
    coil_event_init(&keeper->changed);
    coil_event_init(&keeper->written);
    rc = open_records(run);
    keeper->notes.records = keeper->records;
    return rc < 0 ? rc : notes_init(&keeper->notes, run->options);
}

/* ---- what comes ----------------------------------------------------------- */

void keeper_note(struct run *run, const struct outcome *outcome)
{
    struct keeper *keeper = run->keeper;
    int rc;

    if (keeper->error < 0)
        return;
    rc = notes_add(&keeper->notes, run, outcome);
    if (rc < 0)
        fail(run, "records", rc);
    coil_event_set(&keeper->changed);
}

void keeper_pass(struct run *run, uint64_t number)
{
    struct keeper *keeper = run->keeper;
    int rc;

    if (keeper->error < 0)
        return;
    rc = notes_pass(&keeper->notes, run, number);
    if (rc < 0)
        fail(run, "records", rc);
    coil_event_set(&keeper->changed);
}

bool keeper_may_start(const struct run *run, uint64_t number)
{
    return notes_may_start(&run->keeper->notes, number);
}

/* Records that wait for a reader of standard output. */
enum { MOST_READY = 4 * 1024 * 1024 };

int keeper_room(struct run *run)
{
    struct keeper *keeper = run->keeper;
    int rc = 0;

    if (keeper->records)
        rc = append_room(keeper->records);
    while (rc == 0 && keeper->error == 0 &&
           keeper->notes.ready.size > MOST_READY) {
        coil_event_clear(&keeper->written);
        rc = coil_event_wait(&keeper->written);
    }
    if (rc < 0 && rc != -ECANCELED)
        fail(run, run->options->jsonl, rc);
    return rc < 0 ? rc : keeper->error;
}

/* ---- writing -------------------------------------------------------------- */

static int flush_records(struct keeper *keeper, uint64_t end)
{
    const struct text ready = keeper->notes.ready;
    int rc;

    if (keeper->records)
        return append_flush(keeper->records, end);
    if (!keeper->out || ready.size == 0)
        return 0;
    keeper->notes.ready = keeper->going;
    keeper->going = ready;
    rc = coil_stream_write(keeper->out, ready.bytes, ready.size);
    if (rc == 0)
        rc = coil_stream_flush(keeper->out);
    text_clear(&keeper->going);
    coil_event_set(&keeper->written);
    return rc;
}

/* All that has come until now; `writing` is held. */
static int write_batch(struct run *run)
{
    struct keeper *keeper = run->keeper;
    struct journal_place place = { 0 };
    int rc = 0;

    if (keeper->records)
        place.records = append_end(keeper->records);
    if (run->warc) {
        const struct warc_place warc = warc_place_of(run->warc);

        place.warc_file = warc.file;
        place.warc = warc.offset;
    }
    if (run->journal)
        rc = journal_seal(run->journal, &place);
    if (rc == 0)
        rc = flush_records(keeper, place.records);
    if (rc < 0 && rc != -ECANCELED)
        fail(run, run->options->jsonl ? run->options->jsonl : "journal", rc);
    if (rc == 0 && run->warc) {
        rc = warc_flush(run->warc);
        if (rc < 0 && rc != -ECANCELED)
            fail(run, run->options->warc, rc);
    }
    if (rc == 0 && run->journal) {
        rc = journal_flush(run->journal);
        if (rc < 0 && rc != -ECANCELED)
            fail(run, run->options->journal, rc);
    }
    return rc;
}

static int flush(struct run *run)
{
    int rc = coil_lock_acquire(&run->keeper->writing);

    if (rc < 0)
        return rc;
    rc = write_batch(run);
    coil_lock_release(&run->keeper->writing);
    return rc;
}

int keeper_note_file(struct run *run, const struct job *job, const char *path)
{
    int rc;

    if (!run->journal || run->keeper->error < 0)
        return run->keeper->error;
    rc = journal_add_file(run->journal, job->number, path);
    return rc < 0 ? rc : flush(run);
}

int keeper_flush(struct run *run)
{
    int rc = flush(run);

    return rc < 0 ? rc : run->keeper->error;
}

int keeper_run(void *arg)
{
    struct run *run = arg;
    struct keeper *keeper = run->keeper;

    while (!keeper->is_stopping && keeper->error == 0) {
        int rc = coil_event_wait(&keeper->changed);

        if (rc < 0)
            return rc;
        coil_event_clear(&keeper->changed);
        rc = flush(run);
        if (rc == -ECANCELED)
            return rc;
    }
    return 0;
}

void keeper_stop(struct run *run)
{
    run->keeper->is_stopping = true;
    coil_event_set(&run->keeper->changed);
}

/* A run that is cancelled writes what it has, all the same. */
int keeper_close(struct run *run)
{
    struct keeper *keeper = run->keeper;
    int rc;

    if (!keeper)
        return 0;
    rc = keeper->error == 0 ? flush(run) : 0;
    if (keeper->records) {
        rc = append_close(keeper->records);
        if (rc < 0)
            fail(run, run->options->jsonl, rc);
    }
    if (keeper->out)
        coil_stream_abort(keeper->out);
    rc = journal_close(run->journal);
    if (rc < 0)
        fail(run, run->options->journal, rc);
    rc = keeper->error;
    notes_fini(&keeper->notes);
    text_fini(&keeper->going);
    free(keeper);
    run->keeper = NULL;
    run->journal = NULL;
    return rc;
}
