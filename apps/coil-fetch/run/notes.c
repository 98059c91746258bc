/* SPDX-License-Identifier: MIT */
/*
 * Rules
 *   A record is added, and its journal line behind it, without a wait between them.
 *   `line` is made anew for each record, so it is never used across a wait.
 */
#include "run/notes.h"

#include <errno.h>
#include <string.h>

#include "common/append.h"
#include "job/job.h"
#include "journal/journal.h"
#include "journal/journal_held.h"
#include "output/order.h"
#include "run/world.h"

int notes_init(struct notes *notes, const struct options *options)
{
    notes->kinds = (struct record_options){
        .has_headers = options->has_headers,
        .has_body = options->has_bodies,
        .has_links = options->extracts_links,
    };
    if (!options->jsonl || !options->is_ordered)
        return 0;
    return order_new(&notes->order, &(struct order_options){ 0 });
}

void notes_fini(struct notes *notes)
{
    order_free(notes->order);
    text_fini(&notes->line);
    text_fini(&notes->ready);
}

static int add_record(struct notes *notes, const char *bytes, size_t size)
{
    if (notes->records)
        return append_add(notes->records, bytes, size);
    text_add_bytes(&notes->ready, bytes, size);
    return notes->ready.has_failed ? -ENOMEM : 0;
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
static int note_one(struct notes *notes, struct run *run,
                    const struct note *note, const char *record)
{
    int rc = 0;

    if (note->size > 0 && run->options->jsonl)
        rc = add_record(notes, record, note->size);
    if (rc == 0 && run->journal)
        rc = journal_add(run->journal, note->number, note->key, note->class,
                         note->status);
    return rc;
}

/* What is first now comes out, and all that follows it. */
static int note_what_is_next(struct notes *notes, struct run *run)
{
    struct text ready;

    while (order_take(notes->order, &ready)) {
        size_t at = 0;

        while (at < ready.size) {
            struct note note;
            int rc;

            memcpy(&note, ready.bytes + at, sizeof note);
            at += sizeof note;
            rc = note_one(notes, run, &note, ready.bytes + at);
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
static int hold(struct notes *notes, struct run *run, const struct note *note,
                char *record)
{
    if (!run->warc || !run->journal || note->number == order_next(notes->order))
        return 0;
    return journal_add_held(
        run->journal, &(struct journal_held){
                          .number = note->number,
                          .key = note->key,
                          .class = note->class,
                          .status = note->status,
                          .record = { .bytes = record, .size = note->size } });
}

/* `line` is the note, and the record behind it. */
static int note_in_order(struct notes *notes, struct run *run, uint64_t number)
{
    int rc =
        order_add(notes->order, number, notes->line.bytes, notes->line.size);

    return rc < 0 ? rc : note_what_is_next(notes, run);
}

int notes_add(struct notes *notes, struct run *run,
              const struct outcome *outcome)
{
    struct text *line = &notes->line;
    size_t before = notes->order ? sizeof(struct note) : 0;
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
        record_write(line, outcome, &notes->kinds);
    if (line->has_failed)
        return -ENOMEM;
    note.size = line->size - before;
    if (!notes->order)
        return note_one(notes, run, &note, line->bytes);
    memcpy(line->bytes, &note, sizeof note);
    rc = hold(notes, run, &note, line->bytes + sizeof note);
    return rc < 0 ? rc : note_in_order(notes, run, note.number);
}

/* As if it were over only now; the journal has all of it. */
static int take_up(struct notes *notes, struct run *run,
                   const struct journal_held *held)
{
    struct text *line = &notes->line;
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
    return notes->order
               ? note_in_order(notes, run, note.number)
               : note_one(notes, run, &note, line->bytes + sizeof note);
}

int notes_pass(struct notes *notes, struct run *run, uint64_t number)
{
    const struct journal_held *held = journal_held_of(run->journal, number);
    int rc = 0;

    if (held)
        rc = take_up(notes, run, held);
    else if (notes->order)
        rc = order_skip(notes->order, number);
    if (rc == 0 && notes->order)
        rc = note_what_is_next(notes, run);
    return rc;
}

bool notes_may_start(const struct notes *notes, uint64_t number)
{
    return !notes->order || order_may_start(notes->order, number);
}
