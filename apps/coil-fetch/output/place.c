/* SPDX-License-Identifier: MIT */
/*
 * place.c - the loop's side: what is in memory, and what a thread is asked to do
 *
 * One thing at a time is done for a place, and is waited for (disk_queue.h).  So a
 * thread may use the place as it is.
 */
#include "output/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <coil/sleep.h>

#include "job/job.h"
#include "output/digest.h"
#include "output/disk_queue.h"
#include "output/name.h"
#include "output/place_disk.h"

/* ---- opening ---------------------------------------------------------------- */

/* Of the method, which a redirect does not change here, and of the URL. */
static int make_mark(struct place *place)
{
    const struct job *job = place->job;
    const char *method = job->details ? job->details->method : NULL;
    struct text text = { 0 };
    unsigned char sum[32];
    int rc;

    text_add(&text, method ? method : "");
    text_add_char(&text, ' ');
    text_add(&text, job->first_url);
    if (text.has_failed)
        return -ENOMEM;
    rc = digest_sha256(sum, text.bytes, text.size);
    text_fini(&text);
    if (rc == 0)
        digest_hex(place->mark, sum, PLACE_MARK / 2);
    return rc;
}

/* A part of the answer to another method is not asked for. */
static bool is_get(const struct job *job)
{
    const struct job_details *details = job->details;

    return !details ||
           (!details->body &&
            (!details->method || strcmp(details->method, "GET") == 0));
}

/* The path that the file is to have, as far as it is known without the disk. */
static int make_path(struct place *place, const char *type)
{
    const struct place_options *options = place->places->options;
    const char *directory = options->directory;
    size_t own = name_directory(options->template);
    bool is_absolute = own > 0 && options->template[0] == '/';
    struct text *path = &place->path;

    text_clear(path);
    if (directory && !is_absolute) {
        text_add(path, directory);
        if (path->size > 0 && path->bytes[path->size - 1] != '/')
            text_add_char(path, '/');
    }
    /* The line's own name replaces the whole template. */
    if (!place->job->details || !place->job->details->file)
        text_add_bytes(path, options->template, own);
    place->fixed = path->size;
    if (path->has_failed)
        return -ENOMEM;
    return name_make(path, options->template, place->job, type);
}

static int make_claimed_path(struct place *place, const char *claimed)
{
    text_add(&place->path, claimed);
    place->fixed = 0;
    place->is_claimed = true;
    return place->path.has_failed ? -ENOMEM : 0;
}

/* Look for a file that is there, or for a part. */
static int look(struct place *place)
{
    const struct place_options *options = place->places->options;
    int rc;

    if (!place->has_path || (!options->skips_existing && !place->continues))
        return 0;
    rc = disk_run(&place->places->disk, place_disk_look, place);
    if (rc < 0)
        return rc;
    if (place->is_there && options->skips_existing && !place->is_claimed) {
        place->has_file = true;
        return 1;
    }
    return 0;
}

static int fill(struct place *place, const char *claimed)
{
    int rc = make_mark(place);

    if (rc < 0)
        return rc;
    if (claimed)
        rc = make_claimed_path(place, claimed);
    else if (!name_needs_type(place->places->options->template))
        rc = make_path(place, NULL);
    else
        return 0;
    place->has_path = rc == 0;
    return rc;
}

int place_open(struct place **out, struct places *places, const struct job *job,
               const char *claimed)
{
    struct place *place;
    int rc = coil_checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    place = malloc(sizeof *place);
    if (!place)
        return -ENOMEM;
    *place = (struct place){ .places = places,
                             .job = job,
                             .fd = -1,
                             .part.total = -1,
                             .continues =
                                 places->options->continues && is_get(job) };
    rc = fill(place, claimed);
    if (rc == 0)
        rc = look(place);
    if (rc < 0)
        place_free(place);
    else
        *out = place;
    return rc;
}

void place_move(struct place *place, struct places *places)
{
    place->places = places;
}

/* ---- the request, and its response ------------------------------------------- */

size_t place_headers(const struct place *place,
                     struct coil_http_header headers[PLACE_HEADERS])
{
    const struct part *part = &place->part;

    if (!place->has_part)
        return 0;
    headers[0] = (struct coil_http_header){ "Range", place->range };
    headers[1] =
        (struct coil_http_header){ "If-Range",
                                   part->etag ? part->etag : part->modified };
    headers[2] = (struct coil_http_header){ "Accept-Encoding", "identity" };
    return PLACE_HEADERS;
}

static const char *type_of(const struct place_response *response)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, "Content-Type") == 0)
            return response->headers[i].value;
    return NULL;
}

/* Nothing is there any more. */
static int begin_anew(struct place *place)
{
    place->has_part = false;
    place->size = 0;
    part_fini(&place->part);
    if (place->fd < 0)
        return 0;
    return disk_run(&place->places->disk, place_disk_empty, place);
}

static int take_validator(struct place *place,
                          const struct place_response *response)
{
    if (!place->continues || response->status != 200)
        return 0;
    return part_from_response(&place->part, response->headers,
                              response->header_count, response->size,
                              response->is_decoded);
}

int place_response(struct place *place, const struct place_response *response,
                   enum part_verdict *verdict)
{
    int rc = coil_checkpoint();

    *verdict = PART_ANEW;
    if (rc == 0 && !place->has_path) {
        rc = make_path(place, type_of(response));
        place->has_path = rc == 0;
    }
    if (rc < 0)
        return rc;
    if (place->has_part) {
        *verdict = response->is_decoded && response->status == 206
                       ? PART_AGAIN
                       : part_judge(&place->part, place->size, response->status,
                                    response->headers, response->header_count);
        place->is_resumed = *verdict == PART_REST || *verdict == PART_WHOLE;
    }
    if (place->is_resumed)
        return 0;
    rc = begin_anew(place);
    if (rc == 0 && *verdict == PART_ANEW)
        rc = take_validator(place, response);
    return rc;
}

/* ---- the body ----------------------------------------------------------------- */

int64_t place_size(const struct place *place)
{
    return place->size + (int64_t)place->pending.size;
}

bool place_is_resumed(const struct place *place)
{
    return place->is_resumed;
}

/* Bytes go to the file, behind those that are there. */
static int write_out(struct place *place, const char *bytes, size_t size)
{
    place->bytes = bytes;
    place->byte_count = size;
    return disk_run(&place->places->disk, place_disk_write, place);
}

static int flush(struct place *place)
{
    int64_t before = place->size;
    int rc;

    if (place->pending.size == 0)
        return 0;
    rc = write_out(place, place->pending.bytes, place->pending.size);
    if (place->size > before)
        text_clear(&place->pending);
    return rc;
}

int place_write(struct place *place, const void *bytes, size_t size)
{
    int rc = coil_checkpoint();

    if (rc == 0 && place->pending.size + size > PLACE_PENDING)
        rc = flush(place);
    if (rc < 0)
        return rc;
    if (size >= PLACE_PENDING)
        return write_out(place, bytes, size);
    text_add_bytes(&place->pending, bytes, size);
    if (!place->pending.has_failed)
        return 0;
    place->pending.has_failed = false;
    return -ENOMEM;
}

int place_replay(struct place *place,
                 void (*fn)(void *arg, const void *bytes, size_t size),
                 void *arg)
{
    char *buffer = malloc(PLACE_PENDING);
    int rc = coil_checkpoint();

    if (!buffer)
        return rc < 0 ? rc : -ENOMEM;
    place->replayed = 0;
    while (rc == 0 && place->replayed < place->size) {
        place->buffer = buffer;
        rc = disk_run(&place->places->disk, place_disk_read, place);
        if (rc == 0)
            fn(arg, buffer, place->byte_count);
    }
    free(buffer);
    return rc;
}

/* ---- the end ------------------------------------------------------------------- */

/* The final name is told to who wants to know it, and is free until then. */
static int claim(struct place *place)
{
    const struct place_options *options = place->places->options;
    int rc;

    while (!places_reserve(place->places, &place->reservation,
                           place->path.bytes)) {
        place->number++;
        rc = disk_run(&place->places->disk, place_disk_find, place);
        if (rc < 0)
            return rc;
    }
    return options->claim ? options->claim(options->claim_arg, place->job,
                                           place->path.bytes)
                          : 0;
}

/*
 * In two steps: the name is found, and given.  Others of this run find another one
 * in between, and if another process takes it, the next one is looked for.
 */
static int commit_claimed(struct place *place)
{
    int rc = disk_run(&place->places->disk, place_disk_prepare, place);

    while (rc == 0) {
        rc = claim(place);
        if (rc == 0)
            rc = disk_run(&place->places->disk, place_disk_rename, place);
        places_release(place->places, &place->reservation);
        if (rc != -EEXIST)
            break;
        place->number++;
        rc = disk_run(&place->places->disk, place_disk_find, place);
    }
    return rc;
}

int place_commit(struct place *place)
{
    const struct place_options *options = place->places->options;
    int rc;

    place->bytes = place->pending.bytes;
    place->byte_count = place->pending.size;
    if (options->claim || options->overwrites || place->is_claimed)
        rc = commit_claimed(place);
    else
        rc = disk_run(&place->places->disk, place_disk_commit, place);
    if (place->is_committed)
        place->has_file = true;
    return rc;
}

bool place_is_committed(const struct place *place)
{
    return place->is_committed;
}

const char *place_file(const struct place *place)
{
    return place->has_file ? place->path.bytes : NULL;
}

/* Whether something can be on the disk that is to be dropped, or kept. */
static bool has_something(const struct place *place)
{
    if (place->is_committed || place->has_file)
        return false;
    return place->fd >= 0 ||
           (place->has_path && place->places->options->resumes);
}

void place_spoil(struct place *place)
{
    part_fini(&place->part);
}

int place_abandon(struct place *place)
{
    int rc;

    if (place && has_something(place)) {
        place->bytes = place->pending.bytes;
        place->byte_count = place->pending.size;
        rc = disk_run_anyway(&place->places->disk, place_disk_drop, place);
    } else {
        rc = coil_checkpoint();
    }
    place_free(place);
    return rc;
}

void place_free(struct place *place)
{
    if (!place)
        return;
    if (place->fd >= 0)
        close(place->fd);
    text_fini(&place->path);
    text_fini(&place->temp);
    text_fini(&place->pending);
    part_fini(&place->part);
    free(place);
}
