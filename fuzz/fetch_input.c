/* SPDX-License-Identifier: MIT */
/*
 * fetch_input.c - lists of URLs, as people and programs make them
 *
 * The first byte says what the list is, and the others are the list.  However it
 * is cut, it gives the same.  What it gives can be fetched, or has a reason.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/stream.h>
#include <coil/stream_pair.h>
#include <coil/task.h>
#include <coil/url.h>

#include "fuzz.h"
#include "input/input.h"
#include "job/job.h"

/* A template may mean any number of URLs. */
enum { ITEMS = 100 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_job(const struct job *job)
{
    const struct job_details *details = job->details;
    struct coil_url url;

    require(coil_url_parse(&url, job->url) == 0);
    require(strncmp(job->url, "http://", 7) == 0 ||
            strncmp(job->url, "https://", 8) == 0);
    require(url.host.size > 0 && !url.user.at && !url.fragment.at);
    require(coil_http_is_token(job_method(job)));
    for (size_t i = 0; details && i < details->header_count; i++)
        require(coil_http_is_token(details->headers[i].name) &&
                coil_http_is_value(details->headers[i].value));
}

static void note(struct fuzz_trace *trace, const struct input_item *item)
{
    const struct job *job = item->job;

    fuzz_note(trace, "%llu %lld %s %s %s\n", (unsigned long long)item->line,
              (long long)job->priority, job_method(job), job->first_url,
              item->reason ? item->reason : "");
    if (job->details && job->details->body)
        fuzz_note_bytes(trace, job->details->body, job->details->body_size);
    if (job->details && job->details->file)
        fuzz_note(trace, "file %s\n", job->details->file);
}

static int read_list(const struct fuzz_input *data, struct fuzz_trace *trace)
{
    static const struct input_source source = { "-", true };
    struct coil_stream *pair[2];
    struct input_item item;
    struct input *in;
    int rc = coil_stream_pair(pair);

    require(rc == 0);
    require(coil_stream_write(pair[1], data->data + 1, data->size - 1) == 0);
    coil_stream_abort(pair[1]);
    rc = input_open(&in, &(struct input_options){
                             .sources = &source,
                             .count = 1,
                             .format = (enum input_format)(data->data[0] & 3),
                             .has_no_templates = data->data[0] & 4,
                             .standard_input = pair[0] });
    require(rc == 0);
    for (int i = 0; i < ITEMS; i++) {
        rc = input_next(in, &item);
        if (rc <= 0)
            break;
        if (!item.reason)
            check_job(item.job);
        note(trace, &item);
        job_free(item.job);
    }
    require(rc >= 0);
    input_close(in);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = { data, size };

    if (size > 0 && size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, read_list);
    return 0;
}
