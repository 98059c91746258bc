/* SPDX-License-Identifier: MIT */
/*
 * Rules
 *   A record is added, and its journal line behind it, without a wait between them.
 *   `line` is made anew for each record, so it is never used across a wait.
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
#include "journal/journal_held.h"
#include "output/order.h"
#include "output/record.h"
#include "output/warc.h"
#include "run/world.h"

struct keeper {
    struct append *records;  /* a file; NULL: standard output, or none */
    struct coil_stream *out; /* standard output; NULL */
    struct text line;        /* the record that is made */
    struct text ready[2];    /* for standard output: what comes, what goes */
    int filling;             /* the index of what comes */
    struct order *order;     /* --ordered */
    struct record_options kinds; /* what a record has */
    struct coil_event changed;   /* there is something to write */
    struct coil_event written;   /* there is room for more */
    struct coil_lock writing;    /* one batch is written at a time */
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
    const struct options *o = run->options;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    int rc;

    run->keeper = keeper;
    if (!keeper)
        return -ENOMEM;
    coil_event_init(&keeper->changed);
    coil_event_init(&keeper->written);
    keeper->kinds = (struct record_options){
        .has_headers = o->has_headers,
        .has_body = o->has_bodies,
        .has_links = o->extracts_links,
    };
    rc = open_records(run);
    if (rc == 0 && o->jsonl && o->is_ordered)
        rc = order_new(&keeper->order, &(struct order_options){ 0 });
    return rc;
}

/* ---- writing down --------------------------------------------------------- */

static int add_record(struct keeper *keeper, const char *bytes, size_t size)
{
    struct text *ready = &keeper->ready[keeper->filling];

    if (keeper->records)
        return append_add(keeper->records, bytes, size);
    text_add_bytes(ready, bytes, size);
    return ready->has_failed ? -ENOMEM : 0;
}

/* What is noted of a URL, and in an order stands before its record. */
struct note {
    uint64_t number;
    uint64_t key;
    enum outcome_class class;
    int status;
    size_t size; /* of the record behind it */
};

/* The record and the line of the journal, without a wait between them. */
static int note_one(struct run *run, const struct note *note,
                    const char *record)
{
    int rc = 0;

    if (note->size > 0 && run->options->jsonl)
        rc = add_record(run->keeper, record, note->size);
    if (rc == 0 && run->journal)
        rc = journal_add(run->journal, note->number, note->key, note->class,
                         note->status);
    return rc;
}

/* What is first now comes out, and all that follows it. */
static int note_what_is_next(struct run *run)
{
    struct text ready;

    while (order_take(run->keeper->order, &ready)) {
        size_t at = 0;

        while (at < ready.size) {
            struct note note;
            int rc;

            memcpy(&note, ready.bytes + at, sizeof note);
            at += sizeof note;
            rc = note_one(run, &note, ready.bytes + at);
            if (rc < 0)
                return rc;
            at += note.size;
        }
    }
    return 0;
}

/*
 * A response that is in the archive is there for good, so a record that is kept back
 * is not to be lost: its URL would be fetched, and archived, once more.
 */
static int hold(struct run *run, const struct note *note, char *record)
{
    if (!run->warc || !run->journal ||
        note->number == order_next(run->keeper->order))
        return 0;
    return journal_add_held(
        run->journal, &(struct journal_held){
                          .number = note->number,
                          .key = note->key,
                          .class = note->class,
                          .status = note->status,
                          .record = { .bytes = record, .size = note->size } });
}

/* The keeper's line is the note, and the record behind it. */
static int note_in_order(struct run *run, uint64_t number)
{
    struct keeper *keeper = run->keeper;
    int rc =
        order_add(keeper->order, number, keeper->line.bytes, keeper->line.size);

    return rc < 0 ? rc : note_what_is_next(run);
}

static int note_outcome(struct run *run, const struct outcome *outcome)
{
    struct keeper *keeper = run->keeper;
    struct text *line = &keeper->line;
    size_t before = keeper->order ? sizeof(struct note) : 0;
    struct note note = {
        .number = outcome->job->number,
        .key = outcome->job->key,
        .class = outcome->class,
        .status = outcome->status,
    };
    int rc;

    text_clear(line);
    text_add_bytes(line, &note, before);
    if (run->options->jsonl)
        record_write(line, outcome, &keeper->kinds);
    if (line->has_failed)
        return -ENOMEM;
    note.size = line->size - before;
    if (!keeper->order)
        return note_one(run, &note, line->bytes);
    memcpy(line->bytes, &note, sizeof note);
    rc = hold(run, &note, line->bytes + sizeof note);
    return rc < 0 ? rc : note_in_order(run, note.number);
}

void keeper_note(struct run *run, const struct outcome *outcome)
{
    struct keeper *keeper = run->keeper;
    int rc;

    if (keeper->error < 0)
        return;
    rc = note_outcome(run, outcome);
    if (rc < 0)
        fail(run, "records", rc);
    coil_event_set(&keeper->changed);
}

/* As if it were over only now; the journal has all of it. */
static int take_up(struct run *run, const struct journal_held *held)
{
    struct keeper *keeper = run->keeper;
    struct text *line = &keeper->line;
    const struct note note = {
        .number = held->number,
        .key = held->key,
        .class = held->class,
        .status = held->status,
        .size = held->record.size + 1,
    };

    text_clear(line);
    text_add_bytes(line, &note, sizeof note);
    text_add_bytes(line, held->record.bytes, held->record.size);
    text_add_char(line, '\n');
    if (line->has_failed)
        return -ENOMEM;
    return keeper->order ? note_in_order(run, note.number)
                         : note_one(run, &note, line->bytes + sizeof note);
}

void keeper_pass(struct run *run, uint64_t number)
{
    struct keeper *keeper = run->keeper;
    const struct journal_held *held = journal_held_of(run->journal, number);
    int rc = 0;

    if (keeper->error < 0)
        return;
    if (held)
        rc = take_up(run, held);
    else if (keeper->order)
        rc = order_skip(keeper->order, number);
    if (rc == 0 && keeper->order)
        rc = note_what_is_next(run);
    if (rc < 0)
        fail(run, "records", rc);
    coil_event_set(&keeper->changed);
}

bool keeper_may_start(const struct run *run, uint64_t number)
{
    const struct order *order = run->keeper->order;

    return !order || order_may_start(order, number);
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
           keeper->ready[keeper->filling].size > MOST_READY) {
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
    struct text *ready = &keeper->ready[keeper->filling];
    int rc;

    if (keeper->records)
        return append_flush(keeper->records, end);
    if (!keeper->out || ready->size == 0)
        return 0;
    keeper->filling = 1 - keeper->filling;
    rc = coil_stream_write(keeper->out, ready->bytes, ready->size);
    if (rc == 0)
        rc = coil_stream_flush(keeper->out);
    text_clear(ready);
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
    order_free(keeper->order);
    text_fini(&keeper->line);
    text_fini(&keeper->ready[0]);
    text_fini(&keeper->ready[1]);
    free(keeper);
    run->keeper = NULL;
    run->journal = NULL;
    return rc;
}
