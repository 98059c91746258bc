/* SPDX-License-Identifier: MIT */
/*
 * take.h - from lines to requests, by what their source is
 *
 * A line stays the current one until what it says has been taken, so that each
 * step can be made again after a failure.  Two things wait behind a line: a
 * template, whose URLs are given out before the next line is read, and an entry, a
 * URL of which it is not known yet whether options follow.
 */
#ifndef COIL_FETCH_INPUT_TAKE_H
#define COIL_FETCH_INPUT_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/aria2.h"
#include "input/lines.h"
#include "input/plain.h"
#include "input/request.h"

/* What a source is, as far as is known. */
enum take_kind {
    UNKNOWN, /* no line was read yet */
    MIXED,   /* plain lines, or aria2's */
    PLAIN,
    HASTY, /* plain lines, since the next one was too long in coming */
    JSONL,
    ARIA2,
};

/* Zeroed, nothing waits, and there is no line. */
struct take {
    enum take_kind kind;
    struct lines lines; /* without a stream it is not open yet */
    struct line line;
    bool has_line;

    /* ---- what waits ---- */
    struct plain plain;
    struct aria2_entry entry;
    struct aria2_ignored ignored;

    /* ---- what has come of it ---- */
    struct request request;
    uint64_t at_line; /* of the request, or of the template */
};

/*
 * Take the current line.  Afterwards there may be a request, or a template, and
 * there may be no current line any more.  Returns 0; -ENOMEM: again.
 */
int take_line(struct take *take);

/*
 * The entry that waits has ended: a request, or a template, comes of it.  Returns 0;
 * -ENOMEM: again.
 */
int take_entry(struct take *take);

void take_fini(struct take *take);

#endif
