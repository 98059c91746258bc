/* SPDX-License-Identifier: MIT */
#include "input/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/time.h>
#include <coil/timeout.h>

#include "input/source.h"
#include "input/take.h"
#include "job/job.h"

/* So many items without letting others run. */
enum { PATIENCE = 256 };

/* How long a pipe may take for the next line. */
#define LOOK_AHEAD (50 * COIL_MILLISECOND)

struct input {
    struct input_options options;
    size_t next; /* source */
    uint64_t count;
    unsigned steps;
    const char *failed;
    bool has_standard_input; /* it was given, and may be read already */

    /* ---- the source that is read ---- */
    const struct input_source *now; /* NULL: none */
    const char *name;               /* NULL: an argument */
    struct source source;
    struct take take;
};

int input_open(struct input **out, const struct input_options *options)
{
    struct input *in = malloc(sizeof *in);

    if (!in)
        return -ENOMEM;
    *in = (struct input){ .options = *options, .source = SOURCE_NONE };
    in->take.plain.has_no_templates = options->has_no_templates;
    in->take.request.query = options->query;
    in->has_standard_input = options->standard_input;
    *out = in;
    return 0;
}

/* ---- sources ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t length = strlen(end);

    return size >= length && strcasecmp(text + size - length, end) == 0;
}

static enum take_kind kind_of(const struct input *in)
{
    switch (in->options.format) {
    case INPUT_LINES:
        return PLAIN;
    case INPUT_JSONL:
        return JSONL;
    case INPUT_ARIA2:
        return ARIA2;
    default:
        return ends_with(in->now->text, ".jsonl") ||
                       ends_with(in->now->text, ".ndjson")
                   ? JSONL
                   : UNKNOWN;
    }
}

static bool is_argument(const struct input_source *source)
{
    return !source->is_file && strcmp(source->text, "-") != 0;
}

static void end_source(struct input *in)
{
    lines_end(&in->take.lines);
    source_fini(&in->source);
    in->take.has_line = false;
    in->now = NULL;
}

/* What "-" is; NULL: it was read to its end before. */
static struct coil_stream *take_standard_input(struct input *in)
{
    struct coil_stream *stream = in->options.standard_input;

    in->options.standard_input = NULL;
    in->source.is_slow = true;
    return stream;
}

static int open_source(struct input *in)
{
    struct coil_stream *stream;
    int rc = 0;

    if (in->has_standard_input && strcmp(in->now->text, "-") == 0)
        stream = take_standard_input(in);
    else
        rc = source_open(&in->source, in->now->text, &stream);
    if (rc < 0)
        return rc;
    if (!stream) {
        end_source(in);
        return 0;
    }
    lines_begin(&in->take.lines, stream);
    in->take.kind = kind_of(in);
    return 0;
}

static int take_argument(struct input *in)
{
    const char *text = in->now->text;
    size_t size = strlen(text);
    int rc;

    for (; size > 0 && is_blank(*text); size--)
        text++;
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    in->take.at_line = 0;
    rc = plain_take(&in->take.plain, &in->take.request, text, size);
    if (rc == 0)
        end_source(in);
    return rc;
}

/*
 * The next line.  When an entry waits, and its source is perhaps no list of
 * aria2's, that is decided soon.
 */
static int read_line(struct input *in)
{
    struct coil_timeout limit;
    int rc;

    if (!in->take.entry.is_there || in->take.kind != MIXED ||
        !in->source.is_slow)
        return lines_next(&in->take.lines, &in->take.line);
    rc = coil_timeout_begin(&limit, LOOK_AHEAD);
    if (rc < 0)
        return rc;
    rc = lines_next(&in->take.lines, &in->take.line);
    rc = coil_timeout_end(&limit, rc);
    if (rc == -ETIMEDOUT && coil_timeout_expired(&limit)) {
        in->take.kind = HASTY;
        rc = 0;
    }
    return rc;
}

/* Go on with the source, as far as a request comes of it, or it ends. */
static int read_on(struct input *in)
{
    int rc;

    if (is_argument(in->now))
        return take_argument(in);
    if (!in->take.lines.stream)
        return open_source(in);
    if (in->take.kind == HASTY && in->take.entry.is_there)
        return take_entry(&in->take);
    if (in->take.has_line)
        return take_line(&in->take);
    rc = read_line(in);
    in->take.has_line = rc > 0;
    /* A source that has become hasty with an entry goes on. */
    if (rc == 0 && !(in->take.kind == HASTY && in->take.entry.is_there))
        end_source(in);
    return rc < 0 ? rc : 0;
}

/* ---- items ---- */

static int step(struct input *in)
{
    if (plain_has_more(&in->take.plain))
        return plain_next(&in->take.plain, &in->take.request);
    if (in->now)
        return read_on(in);
    if (in->take.entry.is_there)
        return take_entry(&in->take);
    in->now = &in->options.sources[in->next++];
    in->name = is_argument(in->now) ? NULL : in->now->text;
    return 0;
}

static bool is_over(const struct input *in)
{
    return !in->now && in->next == in->options.count &&
           !in->take.entry.is_there && !plain_has_more(&in->take.plain);
}

static int fail(struct input *in, int rc)
{
    if (rc == -ECANCELED || rc == -ENOMEM || !in->now)
        return rc;
    in->failed = in->now->text;
    end_source(in);
    return rc;
}

static void give(struct input *in, struct input_item *item)
{
    struct request *request = &in->take.request;

    request->job->number = ++in->count;
    request->job->read_at = coil_now();
    *item = (struct input_item){ request->job, request->reason, in->name,
                                 in->take.at_line };
    request->job = NULL;
}

int input_next(struct input *in, struct input_item *item)
{
    int rc = ++in->steps % PATIENCE == 0 ? coil_yield() : coil_checkpoint();

    while (rc == 0 && !in->take.request.job) {
        if (is_over(in))
            return 0;
        rc = step(in);
    }
    if (rc < 0)
        return fail(in, rc);
    give(in, item);
    return 1;
}

bool input_may_wait(const struct input *in)
{
    return in->now && in->source.is_slow;
}

const char *input_failed_source(const struct input *in)
{
    return in->failed;
}

uint64_t input_ignored_options(const struct input *in, const char **example)
{
    if (example)
        *example = in->take.ignored.example;
    return in->take.ignored.count;
}

void input_close(struct input *in)
{
    if (!in)
        return;
    end_source(in);
    coil_stream_abort(in->options.standard_input);
    take_fini(&in->take);
    free(in);
}
