/* SPDX-License-Identifier: MIT */
/*
 * input_feed.h - for the tests of coil-fetch's input: a list as a text, and what it
 * gives as a text
 *
 *     feed.format = INPUT_AUTO;
 *     GIVES("5\thttp://h\n", "1: 5 http://h/\n");
 *
 * The list comes through a stream, in the simulator.
 */
#ifndef COIL_TESTS_FETCH_INPUT_FEED_H
#define COIL_TESTS_FETCH_INPUT_FEED_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/stream.h>
#include <coil/stream_pair.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "actors.h"
#include "common/text.h"
#include "input/input.h"
#include "job/job.h"
#include "test.h"

struct feed {
    enum input_format format;
    bool has_no_templates;
    size_t piece;    /* so many bytes at once; 0: all */
    coil_time pause; /* between the pieces */
    const char *list;
    size_t size;
    struct text given;
    uint64_t seed;
};

static struct feed feed;

static void describe_details(struct text *out,
                             const struct job_details *details)
{
    static const char *const kinds[] = { "",       "md5",    "sha1",  "sha224",
                                         "sha256", "sha384", "sha512" };

    if (details->name)
        text_add_format(out, " name=%s", details->name);
    if (details->file)
        text_add_format(out, " file=%s", details->file);
    for (size_t i = 0; i < details->header_count; i++)
        text_add_format(out, " [%s: %s]", details->headers[i].name,
                        details->headers[i].value);
    if (details->body) {
        text_add(out, " body=");
        text_printable(out, details->body, details->body_size);
    }
    if (details->checksum_kind != CHECKSUM_NONE)
        text_add_format(out, " %s=%02x..", kinds[details->checksum_kind],
                        details->checksum[0]);
    if (details->expected_type)
        text_add_format(out, " type=%s", details->expected_type);
    if (details->expected_size >= 0)
        text_add_format(out, " size=%lld", (long long)details->expected_size);
}

/* "LINE: [PRIORITY] [METHOD] URL …", or "LINE: ! REASON <TEXT>". */
static void describe(struct text *out, const struct input_item *item)
{
    const struct job *job = item->job;

    text_add_format(out, "%llu:", (unsigned long long)item->line);
    if (item->reason) {
        text_add_format(out, " ! %s <", item->reason);
        text_printable(out, job->first_url, strnlen(job->first_url, 60));
        text_add(out, ">\n");
        return;
    }
    if (job->priority != 0)
        text_add_format(out, " %lld", (long long)job->priority);
    if (strcmp(job_method(job), "GET") != 0)
        text_add_format(out, " %s", job_method(job));
    text_add_format(out, " %s", job->url);
    if (job->details)
        describe_details(out, job->details);
    text_add(out, "\n");
}

__attribute__((unused)) static int write_feed(void *stream)
{
    size_t piece = feed.piece > 0 ? feed.piece : feed.size;
    int rc = 0;

    for (size_t at = 0; rc == 0 && at < feed.size; at += piece) {
        size_t size = feed.size - at < piece ? feed.size - at : piece;

        rc = coil_stream_write(stream, feed.list + at, size);
        if (rc == 0)
            rc = coil_stream_drain(stream);
        if (rc == 0 && feed.pause > 0)
            rc = coil_sleep(feed.pause);
    }
    if (rc == 0)
        rc = coil_stream_close(stream);
    return rc;
}

__attribute__((unused)) static int read_feed(void *arg)
{
    const struct input_source source = { "-", true };
    struct input_options options = { .sources = &source,
                                     .count = 1,
                                     .format = feed.format,
                                     .has_no_templates =
                                         feed.has_no_templates };
    struct coil_stream *pair[2];
    struct input_item item;
    struct coil_task *writer;
    struct input *in;
    uint64_t number = 0;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    writer = start(write_feed, pair[1]);
    options.standard_input = pair[0];
    ASSERT_EQ(input_open(&in, &options), 0);
    while ((rc = input_next(in, &item)) > 0) {
        ASSERT_EQ(item.job->number, ++number);
        ASSERT_STR_EQ(item.source, "-");
        describe(&feed.given, &item);
        job_free(item.job);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(input_next(in, &item), 0);
    input_close(in);
    ASSERT_EQ(end_of(writer), 0);
    return 0;
}

/* What the list gives; valid until the next time. */
__attribute__((unused)) static const char *given(const char *list, size_t size)
{
    feed.list = list;
    feed.size = size;
    text_clear(&feed.given);
    text_add(&feed.given, "");
    ASSERT_EQ(coil_test_run(read_feed, NULL, feed.seed), 0);
    ASSERT(!feed.given.has_failed);
    return feed.given.bytes;
}

#define GIVES(list, expected)                                                  \
    ASSERT_STR_EQ(given(list, sizeof(list) - 1), expected)

/* Its memory. */
__attribute__((unused)) static void end_feed(void)
{
    text_fini(&feed.given);
    feed = (struct feed){ 0 };
}

#endif
