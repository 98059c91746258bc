/* SPDX-License-Identifier: MIT */
/*
 * place.h - where one body goes: a file that has its final name only as a whole
 *
 *     rc = place_open(&place, places, job, NULL);          // before the request
 *     if (rc == 1) ...                                     // skipped
 *     count = place_headers(place, extra);                 // Range, If-Range
 *     ...
 *     rc = place_response(place, &response, &verdict);
 *     rc = place_write(place, bytes, size);                // of what comes
 *     rc = place_commit(place);
 *     puts(place_file(place));
 *     place_free(place);
 *
 * The body goes to a temporary file beside its place, `.NAME.MARK.part`, which is
 * synced and then renamed.  The mark is a hash of the URL: what a run that was
 * killed has left is taken over by the run that fetches this URL again.  A body
 * of less than 64 KiB lies in memory until it is committed.
 *
 * Names    No file is replaced: when there is one, the name gets ".1", ".2" …, in
 *          the order of the commits.  With `overwrites` a file that was there
 *          before the run is replaced, and one of this run is not.  With `claimed`
 *          that file is replaced if it was there before this process.
 * Errors   Those of the disk: -ENOSPC, -EDQUOT, -EIO, -EACCES …  After an error of
 *          place_write() or place_commit() nothing is lost: the same call may be
 *          made again, or the place abandoned.
 * Cancel   What has begun on the disk is waited for.  -ECANCELED of place_open()
 *          leaves nothing; of place_write() the bytes may be taken, see
 *          place_size(); of place_commit() the file may have its name, see
 *          place_is_committed().  Then only place_abandon() is of use.
 */
#ifndef COIL_FETCH_OUTPUT_PLACE_H
#define COIL_FETCH_OUTPUT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>
#include <coil/http.h>

#include "output/part.h"
#include "output/places.h"

struct place;

/*
 * A place for the job, which is kept until the place is freed.  `claimed` is what
 * an earlier run told to the callback `claim`, or NULL.
 *
 * Returns 0; 1: the file is there already, and `skips_existing`; -ENOMEM;
 * COIL_EHTTP_BAD_URL; -EINVAL (the template); an error of the disk; -ECANCELED.
 * `*out` is returned with 0 and 1: release it with place_abandon() or place_free().
 */
int place_open(struct place **out, struct places *places, const struct job *job,
               const char *claimed) COIL_SUSPENDS;

/*
 * What comes next is done on the loop of `places`, which are those of the place or have
 * joined them.  Nothing is under way for the place.
 */
void place_move(struct place *place, struct places *places);

/*
 * Headers for the request, if there is a part to be continued: how many, at most
 * PLACE_HEADERS.  They live as long as the place.
 */
enum { PLACE_HEADERS = 3 };
size_t place_headers(const struct place *place,
                     struct coil_http_header headers[PLACE_HEADERS]);

struct place_response {
    int status; /* 2xx, 412 or 416 */
    const struct coil_http_header *headers;
    size_t header_count;
    int64_t size;    /* Content-Length; -1: unknown */
    bool is_decoded; /* what place_write() gets was compressed */
};

/*
 * The head of the response is there: before the first place_write().  `*verdict` says
 * what follows:
 *   PART_ANEW   place_write() gets all of the body
 *   PART_REST   it gets the rest; a digest of the whole begins with place_replay()
 *   PART_WHOLE  there is no body to be written: place_commit()
 *   PART_AGAIN  the part is of no use, and is gone: make the request once more;
 *               place_headers() has none then
 * Returns 0; -ENOMEM; an error of the disk; -ECANCELED.
 */
int place_response(struct place *place, const struct place_response *response,
                   enum part_verdict *verdict) COIL_SUSPENDS;

/* Call fn() with all that is there, piece by piece.  Errors of the disk. */
int place_replay(struct place *place,
                 void (*fn)(void *arg, const void *bytes, size_t size),
                 void *arg) COIL_SUSPENDS;

/* Returns 0: all bytes are taken; or an error, and none is. */
int place_write(struct place *place, const void *bytes, size_t size)
    COIL_SUSPENDS;

/* Bytes of the body that are there, a part included. */
int64_t place_size(const struct place *place);

/*
 * Write what is missing, sync it, and give the file its final name.  Returns 0; an
 * error of the disk or of claim(); -ECANCELED.  An error of a committed place is
 * that of the directory's sync: the name may be lost with the power.
 */
int place_commit(struct place *place) COIL_SUSPENDS;

bool place_is_committed(const struct place *place);

/* Whether a part was continued. */
bool place_is_resumed(const struct place *place);

/* Where the body is, or the file that is skipped; NULL: nowhere. */
const char *place_file(const struct place *place);

/* What is there is wrong, as its checksum says: place_abandon() keeps no part. */
void place_spoil(struct place *place);

/*
 * Drop what is not committed, and free the place; NULL is allowed.  With
 * `continues` a part that can be continued stays.  Returns 0; -ECANCELED, and all
 * is done; -ENOMEM, -EAGAIN: the temporary file is still there.
 */
int place_abandon(struct place *place) COIL_SUSPENDS;

/*
 * Free it; a temporary file stays if it was neither committed nor abandoned.  Does
 * not suspend.  NULL is allowed.
 */
void place_free(struct place *place);

#endif
