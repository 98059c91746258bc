/* SPDX-License-Identifier: MIT */
#include "fetch/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/timeout.h>

/*
 * A body that is not wanted is read so far, to keep the connection.  A piece has
 * room for a short body and not for much more: malloc() is quickest then.
 */
enum { CHUNK = 32 * 1024, SMALL = 1024, WORTH_READING = 64 * 1024 };

/* What only the origin that the user has named may know. */
static bool is_secret(const char *name)
{
    return strcasecmp(name, "Authorization") == 0 ||
           strcasecmp(name, "Cookie") == 0 ||
           strcasecmp(name, "Proxy-Authorization") == 0 ||
           strcasecmp(name, "Host") == 0;
}

/* What belongs to a body that a redirect has taken away. */
static bool is_of_body(const char *name)
{
    return strncasecmp(name, "Content-", 8) == 0;
}

static size_t add_headers(const struct attempt *attempt,
                          struct coil_http_header *out, size_t count,
                          const struct coil_http_header *headers, size_t more)
{
    const struct job *job = attempt->job;

    for (size_t i = 0; i < more; i++) {
        if ((job->was_elsewhere && is_secret(headers[i].name)) ||
            (job->is_get_now && is_of_body(headers[i].name)))
            continue;
        out[count++] = headers[i];
    }
    return count;
}

/*
 * The headers of the line come before those of the command line of the same name,
 * which are left out.
 */
static size_t add_common_headers(const struct attempt *attempt,
                                 struct coil_http_header *out, size_t count)
{
    const struct attempt_options *options = attempt->options;
    size_t own = count;

    for (size_t i = 0; i < options->header_count; i++)
        if (!coil_http_find_header(out, own, options->headers[i].name))
            count = add_headers(attempt, out, count, &options->headers[i], 1);
    if (options->authorization &&
        !coil_http_find_header(out, count, "Authorization")) {
        const struct coil_http_header header = { "Authorization",
                                                 options->authorization };

        count = add_headers(attempt, out, count, &header, 1);
    }
    return count;
}

/* `*out` is free()d.  Returns 0; -ENOMEM. */
static int make_headers(const struct attempt *attempt,
                        struct coil_http_header **out, size_t *count)
{
    const struct job_details *details = attempt->job->details;
    size_t own = details ? details->header_count : 0;
    size_t most =
        own + attempt->options->header_count + 2 + attempt->extra_count;

    *out = malloc(most * sizeof **out);
    if (!*out)
        return -ENOMEM;
    *count = 0;
    if (own > 0)
        *count = add_headers(attempt, *out, 0, details->headers, own);
    *count = add_common_headers(attempt, *out, *count);
    for (size_t i = 0; i < attempt->extra_count; i++)
        (*out)[(*count)++] = attempt->extra[i];
    if (attempt->options->codings)
        (*out)[(*count)++] =
            (struct coil_http_header){ "Accept-Encoding",
                                       attempt->options->codings };
    return 0;
}

const char *attempt_body(const struct attempt_options *options,
                         const struct job *job, size_t *size)
{
    const struct job_details *details = job->details;
    bool has_own = details && details->body;

    *size = has_own ? details->body_size : options->body_size;
    if (job->is_get_now)
        *size = 0;
    return job->is_get_now ? NULL : has_own ? details->body : options->body;
}

static int open_response(struct attempt *attempt)
{
    const struct attempt_options *options = attempt->options;
    struct coil_http_header *headers;
    struct coil_http_request request = {
        .url = attempt->job->url,
        .method = job_method(attempt->job),
        .keep_encoded = options->keep_encoded,
        .connect_limit = options->connect_limit,
        .first_byte_limit = options->first_byte_limit,
        .idle_limit = options->idle_limit,
        .max_redirects = COIL_HTTP_NO_REDIRECTS,
        /* When anything is sent again is for the schedule to decide. */
        .once = true,
        .watch = attempt->watch,
        .watch_arg = attempt->watch_arg,
        .report = &attempt->report,
    };
    int rc = make_headers(attempt, &headers, &request.header_count);

    if (rc < 0)
        return rc;
    request.headers = headers;
    request.body = attempt_body(options, attempt->job, &request.body_size);
    rc = coil_http_open(attempt->client, &request, &attempt->response);
    free(headers);
    return rc;
}

/* Returns as coil_http_read(), when --limit-rate lets that come. */
static ptrdiff_t read_some(struct attempt *attempt, void *buffer, size_t size)
{
    ptrdiff_t n = coil_http_read(attempt->response, buffer, size);
    int rc = 0;

    if (n > 0 && attempt->pace)
        rc = attempt->pace(attempt->pace_arg, (size_t)n);
    return rc < 0 ? rc : n;
}

/* So that the connection can be used again, if there is little of it. */
static int read_the_rest(struct attempt *attempt, void *buffer, size_t size)
{
    ptrdiff_t n = 1;

    for (size_t got = 0; n > 0 && got < WORTH_READING; got += (size_t)n) {
        n = read_some(attempt, buffer, size);
        if (n < 0)
            return n == -ECANCELED ? (int)n : 0;
        attempt->body_size += n;
    }
    return 0;
}

static int pass_on(struct attempt *attempt, const void *bytes, size_t size)
{
    const struct attempt_options *options = attempt->options;
    int rc;

    attempt->body_size += (int64_t)size;
    if (options->max_size > 0 && attempt->body_size > options->max_size) {
        attempt->is_too_large = true;
        return COIL_FETCH_ENOUGH;
    }
    rc = attempt->sink.write(attempt->sink.arg, bytes, size);
    if (rc < 0 && rc != -ECANCELED) {
        attempt->sink_error = rc;
        return COIL_FETCH_ENOUGH;
    }
    return rc;
}

static int read_all(struct attempt *attempt, void *buffer, size_t size)
{
    for (;;) {
        ptrdiff_t n = read_some(attempt, buffer, size);
        int rc;

        if (n <= 0)
            return (int)n;
        rc = pass_on(attempt, buffer, (size_t)n);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
}

/* The length that was announced may be too much already. */
static bool is_too_long(const struct attempt *attempt)
{
    return attempt->options->max_size > 0 &&
           attempt->response->content_length > attempt->options->max_size;
}

/* How much of the body is read at a time. */
static size_t piece_of(const struct attempt *attempt)
{
    const struct coil_http_response *response = attempt->response;
    size_t most = attempt->options->piece;
    int64_t length = response->content_length;
    size_t size = CHUNK;

    if (length >= 0 && length < CHUNK &&
        !coil_http_response_header(response, "Content-Encoding"))
        size = length < SMALL ? SMALL : (size_t)length;
    return most > 0 && size > most ? most : size;
}

static int read_body(struct attempt *attempt)
{
    size_t size = piece_of(attempt);
    void *buffer;
    int rc = attempt->sink.begin(attempt->sink.arg, attempt->response);

    if (rc < 0) {
        if (rc != -ECANCELED)
            attempt->sink_error = rc;
        return rc == -ECANCELED ? rc : 0;
    }
    if (rc == 0 && is_too_long(attempt)) {
        attempt->is_too_large = true;
        return 0;
    }
    buffer = malloc(size);
    if (!buffer)
        return -ENOMEM;
    rc = rc == COIL_FETCH_ENOUGH ? read_the_rest(attempt, buffer, size)
                                 : read_all(attempt, buffer, size);
    free(buffer);
    return rc;
}

int attempt_make(struct attempt *attempt)
{
    coil_time limit = attempt->options->limit;
    struct coil_timeout timeout;
    int rc;

    rc = coil_timeout_begin(&timeout, limit > 0 ? limit : COIL_NEVER);
    if (rc < 0)
        return rc;
    rc = open_response(attempt);
    if (rc == 0)
        rc = read_body(attempt);
    if (attempt->response)
        coil_http_response_close(attempt->response);
    rc = coil_timeout_end(&timeout, rc);
    attempt->done_at = coil_now();
    if (rc == -ECANCELED)
        return rc;
    attempt->error = rc;
    return 0;
}

void attempt_fini(struct attempt *attempt)
{
    coil_http_response_free(attempt->response);
    attempt->response = NULL;
}
