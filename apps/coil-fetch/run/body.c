/* SPDX-License-Identifier: MIT */
#include "run/body.h"

#include <errno.h>
#include <string.h>

#include <coil/http_auth.h>
#include <coil/http_response.h>

#include "fetch/links.h"
#include "fetch/secrets.h"
#include "fetch/verdict.h"
#include "job/job.h"
#include "journal/journal.h"
#include "output/warc.h"
#include "run/world.h"
#include "show/stats.h"

/* ---- before the request --------------------------------------------------- */

static void add_extra(struct body *body, const char *name, const char *value)
{
    body->extra[body->extra_count++] =
        (struct coil_http_header){ .name = name, .value = value };
}

static int open_place(struct body *body)
{
    struct run *run = body->run;
    const char *claimed =
        run->journal ? journal_file_of(run->journal, body->job->number) : NULL;
    int rc = place_open(&body->place, &run->first.places, body->job, claimed);

    if (rc == 0)
        body->extra_count = place_headers(body->place, body->extra);
    return rc;
}

/* A GET that has nothing of its own, and of which no part is there. */
static bool may_ask_cache(const struct body *body)
{
    const struct job *job = body->job;

    return body->run->cache && body->extra_count == 0 && !job->details &&
           job->hops == 0 && !body->run->options->method &&
           !body->run->options->body;
}

static int ask_cache(struct body *body)
{
    const struct cache_line *line = &body->cached.line;
    int rc = cache_find(body->run->cache, body->job->url, &body->cached);

    body->is_cached = rc > 0;
    if (rc <= 0)
        return rc;
    if (*line->etag != '\0')
        add_extra(body, "If-None-Match", line->etag);
    if (*line->last_modified != '\0')
        add_extra(body, "If-Modified-Since", line->last_modified);
    return 0;
}

static int ask_netrc(struct body *body)
{
    int rc;

    if (!body->run->secrets || body->run->authorization)
        return 0;
    rc = secrets_find(body->run->secrets, body->job->url, &body->authorization);
    if (rc > 0)
        add_extra(body, "Authorization", body->authorization);
    return rc == -ENOMEM ? rc : 0;
}

int body_begin(struct body *body, struct run *run, struct job *job,
               struct stats_flight *flight)
{
    int rc = 0;

    *body = (struct body){
        .run = run, .job = job, .flight = flight, .class = OUTCOME_OK
    };
    if (run->has_places)
        rc = open_place(body);
    if (rc == 0 && may_ask_cache(body))
        rc = ask_cache(body);
    return rc == 0 ? ask_netrc(body) : rc;
}

/* ---- the response --------------------------------------------------------- */

static int begin_entry(struct body *body,
                       const struct coil_http_response *response)
{
    const struct attempt_options *common = &body->run->attempt;
    struct warc_capture capture = {
        .method = job_method(body->job),
        .url = body->job->url,
        .request_headers = common->headers,
        .request_header_count = common->header_count,
        .version = response->version,
        .status = response->status,
        .reason = *response->reason != '\0' ? response->reason : NULL,
        .headers = response->headers,
        .header_count = response->header_count,
        .address = *body->address != '\0' ? body->address : NULL,
        .unix_us = run_wall_clock(body->run, coil_now()),
    };
    capture.request_body =
        attempt_body(common, body->job, &capture.request_body_size);

    return warc_entry_begin(&body->entry, body->run->warc, &capture);
}

static int begin_place(struct body *body,
                       const struct coil_http_response *response)
{
    enum part_verdict verdict;
    int rc = place_response(
        body->place,
        &(struct place_response){
            .status = response->status,
            .headers = response->headers,
            .header_count = response->header_count,
            .size = response->content_length,
            .is_decoded =
                body->run->is_decoding &&
                coil_http_response_header(response, "Content-Encoding") != NULL,
        },
        &verdict);

    if (rc < 0)
        return rc;
    body->is_whole = verdict == PART_WHOLE;
    body->is_again = verdict == PART_AGAIN;
    return 0;
}

static void replay(void *arg, const void *bytes, size_t size)
{
    body_check_add(arg, bytes, size);
}

static int begin_check(struct body *body)
{
    const struct job_details *details = body->job->details;
    bool wants_sha256 = body->run->options->has_digest;
    int rc;

    if (!wants_sha256 && !details)
        return 0;
    rc = body_check_begin(&body->check, details, wants_sha256);
    if (rc == 0 && body->place && place_size(body->place) > 0)
        rc = place_replay(body->place, replay, &body->check);
    return rc;
}

/* One struct links serves one page after another. */
static int begin_links(struct body *body,
                       const struct coil_http_response *response)
{
    struct run *run = body->run;
    int rc;

    body->links = atomic_exchange(&run->idle_links, NULL);
    rc = body->links ? 0 : links_new(&body->links);
    if (rc == 0)
        rc = links_begin(body->links, body->job->url,
                         coil_http_response_header(response, "Content-Type"));
    for (size_t i = 0; rc == 0 && i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, "Link") == 0)
            rc = links_take_header(body->links, response->headers[i].value);
    return rc;
}

/* Whether a response is what the user wants, and its body goes somewhere. */
static bool is_wanted(const struct body *body,
                      const struct coil_http_response *response)
{
    int status = response->status;

    if (verdict_redirects(response))
        return false;
    if (body->place && body->extra_count > 0 &&
        (status == 412 || status == 416))
        return true;
    return (status >= 200 && status < 300) ||
           status_set_has(&body->run->accepted, status);
}

static int begin_wanted(struct body *body,
                        const struct coil_http_response *response)
{
    const struct options *o = body->run->options;
    int rc;

    body->class = body_check_head(
        body->job->details, coil_http_response_header(response, "Content-Type"),
        body->extra_count > 0 ? -1 : response->content_length, &body->why);
    if (body->class != OUTCOME_OK)
        return COIL_FETCH_ENOUGH;
    rc = body->place ? begin_place(body, response) : 0;
    if (rc == 0 && body->is_again)
        return COIL_FETCH_ENOUGH;
    if (rc == 0)
        rc = begin_check(body);
    if (rc == 0 && body->is_whole)
        return COIL_FETCH_ENOUGH;
    if (rc == 0 && o->extracts_links)
        rc = begin_links(body, response);
    body->is_wanted = true;
    body->is_kept = o->has_bodies;
    return rc;
}

static int begin(void *arg, const struct coil_http_response *response)
{
    struct body *body = arg;
    int rc = 0;

    if (body->run->warc)
        rc = begin_entry(body, response);
    if (rc < 0)
        return rc;
    if (is_wanted(body, response)) {
        rc = begin_wanted(body, response);
        return rc == COIL_FETCH_ENOUGH && body->entry ? 0 : rc;
    }
    body->is_unchanged = response->status == 304 && body->is_cached;
    body->is_kept = body->run->options->has_bodies;
    return body->entry || body->is_kept ? 0 : COIL_FETCH_ENOUGH;
}

static int keep(struct body *body, const void *bytes, size_t size)
{
    text_add_bytes(&body->kept, bytes, size);
    return body->kept.has_failed ? -ENOMEM : 0;
}

static int write_some(void *arg, const void *bytes, size_t size)
{
    struct body *body = arg;
    int rc = 0;

    if (body->is_away)
        stats_note_bytes(body->flight, size);
    else
        stats_receive(body->run->stats, body->flight, size, coil_now());
    if (body->entry)
        rc = warc_entry_add(body->entry, bytes, size);
    if (rc == 0 && body->is_kept)
        rc = keep(body, bytes, size);
    if (rc < 0 || !body->is_wanted)
        return rc;
    body_check_add(&body->check, bytes, size);
    if (body->links)
        rc = links_feed(body->links, bytes, size);
    return rc == 0 && body->place ? place_write(body->place, bytes, size) : rc;
}

struct attempt_sink body_sink(struct body *body)
{
    return (struct attempt_sink){ .begin = begin,
                                  .write = write_some,
                                  .arg = body };
}

enum outcome_class body_judge(struct body *body, const struct attempt *attempt,
                              enum outcome_class class)
{
    bool is_over = attempt->error == 0 && attempt->sink_error == 0 &&
                   !attempt->is_too_large;

    if (!is_over)
        return class;
    if (body->is_unchanged)
        return OUTCOME_OK;
    if (body->class != OUTCOME_OK || (class != OUTCOME_OK && !body->is_whole))
        return body->class != OUTCOME_OK ? body->class : class;
    if (body->is_wanted || body->is_whole)
        body->class = body_check_end(&body->check, &body->has_sha256,
                                     body->sha256, &body->why);
    if (body->class == OUTCOME_CHECKSUM && body->place)
        place_spoil(body->place);
    return body->class;
}

/* ---- the end -------------------------------------------------------------- */

static void tell_links(struct body *body, struct outcome *outcome)
{
    if (body->links && links_finish(body->links) == 0)
        outcome->links = links_list(body->links, &outcome->link_count);
}

static int commit_file(struct body *body, struct outcome *outcome)
{
    int rc = place_commit(body->place);

    if (rc < 0)
        return rc;
    outcome->file = place_file(body->place);
    outcome->is_resumed = place_is_resumed(body->place);
    outcome->body_size = place_size(body->place);
    return 0;
}

/* What is remembered for the next run; nothing depends on it. */
static int remember(struct body *body, const struct outcome *outcome)
{
    int rc;

    if (!body->run->cache || outcome->status != 200 || body->job->details ||
        body->job->hops > 0)
        return 0;
    rc = cache_store(body->run->cache, body->job->url, outcome->headers,
                     outcome->header_count, outcome->file);
    return rc == -ECANCELED ? rc : 0;
}

int body_commit(struct body *body, struct outcome *outcome)
{
    bool is_good = outcome->class == OUTCOME_OK;
    int rc = 0;

    memcpy(outcome->address, body->address, sizeof outcome->address);
    if (is_good && body->place && (body->is_wanted || body->is_whole))
        rc = commit_file(body, outcome);
    if (rc == 0 && is_good && body->is_wanted)
        rc = remember(body, outcome);
    if (body->is_unchanged) {
        outcome->is_unchanged = true;
        outcome->file =
            *body->cached.line.file != '\0' ? body->cached.line.file : NULL;
    }
    if (body->why.size > 0)
        outcome->reason = body->why.bytes;
    if (body->is_kept)
        outcome->body = body->kept.bytes ? body->kept.bytes : "";
    if (is_good && body->has_sha256) {
        outcome->has_digest = true;
        memcpy(outcome->sha256, body->sha256, sizeof outcome->sha256);
    }
    if (is_good)
        tell_links(body, outcome);
    return rc;
}

int body_archive(struct body *body, const struct attempt *attempt)
{
    struct warc_entry *entry = body->entry;
    const char *cut = NULL;

    if (!entry)
        return 0;
    if (attempt->is_too_large)
        cut = "length";
    else if (verdict_is_timeout(attempt->error))
        cut = "time";
    else if (attempt->error < 0)
        cut = "disconnect";
    else if (attempt->sink_error < 0)
        cut = "unspecified";
    body->entry = NULL;
    return warc_entry_end(entry, cut);
}

int body_end(struct body *body)
{
    int rc = body->place ? place_abandon(body->place) : 0;

    warc_entry_abandon(body->entry);
    if (body->links)
        links_free(atomic_exchange(&body->run->idle_links, body->links));
    if (body->is_cached)
        cache_entry_fini(&body->cached);
    coil_http_auth_free_text(body->authorization);
    body_check_fini(&body->check);
    text_fini(&body->kept);
    text_fini(&body->why);
    return rc == -ECANCELED ? rc : 0;
}
