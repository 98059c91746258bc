/* SPDX-License-Identifier: MIT */
/* Equal requests have equal keys, and others have others. */
#include "job/key.h"

#include <stdlib.h>

#include "job/job.h"
#include "test.h"

static const struct hash_key secret = { 3, 4 };

/* What a request is made of; headers by pairs, up to NULL. */
struct sample {
    const char *url;
    const char *method;
    const char *headers[5];
    const char *body;
    size_t body_size;
    bool has_details;
};

static uint64_t key_of(const struct sample *s)
{
    struct coil_http_header headers[2];
    struct job_details details = { .method = (char *)s->method,
                                   .body = (char *)s->body,
                                   .body_size = s->body_size,
                                   .headers = headers };
    struct job *job;
    uint64_t key;

    while (s->headers[2 * details.header_count]) {
        size_t n = details.header_count++;

        headers[n].name = s->headers[2 * n];
        headers[n].value = s->headers[2 * n + 1];
    }
    ASSERT_EQ(job_new(&job, s->url, NULL), 0);
    if (s->has_details || s->method || s->body || details.header_count > 0)
        job->details = &details;
    key = job_key(&secret, job);
    job->details = NULL;
    job_free(job);
    return key;
}

#define LONG                                                                   \
    "X-A-Name-That-Is-Longer-Than-Sixty-Four-Characters-So-That-It-Has-Two-"   \
    "Pieces"
#define SMALL                                                                  \
    "x-a-name-that-is-longer-than-sixty-four-characters-so-that-it-has-two-"   \
    "pieces"

#define PIECE "x-a-name-of-sixty-four-characters-is-all-of-one-piece-----------"

TEST(fetch_job_key_equal_requests)
{
    static const struct sample pairs[][2] = {
        { { .url = "http://h/" }, { .url = "http://h/" } },
        { { .url = "http://h/" }, { .url = "http://h/", .has_details = true } },
        { { .url = "http://h/" }, { .url = "http://h/", .method = "GET" } },
        { { .url = "http://h/", .body = "b", .body_size = 1 },
          { .url = "http://h/",
            .body = "b",
            .body_size = 1,
            .method = "POST" } },
        { { .url = "http://h/", .headers = { "Accept", "A" } },
          { .url = "http://h/", .headers = { "ACCEPT", "A" } } },
        { { .url = "http://h/", .headers = { LONG, "A" } },
          { .url = "http://h/", .headers = { SMALL, "A" } } },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ASSERT(key_of(&pairs[i][0]) == key_of(&pairs[i][1]));
}

TEST(fetch_job_key_other_requests)
{
    static const struct sample others[] = {
        { .url = "http://h/" },
        { .url = "http://h/a" },
        { .url = "https://h/" },
        { .url = "http://h/", .method = "get" },
        { .url = "http://h/", .method = "HEAD" },
        { .url = "http://h/", .method = "POST" },
        { .url = "http://h/", .body = "" },
        { .url = "http://h/", .body = "b", .body_size = 1 },
        { .url = "http://h/", .body = "b\0", .body_size = 2 },
        { .url = "http://h/", .body = "b", .body_size = 1, .method = "PUT" },
        { .url = "http://h/", .headers = { "a", "bc" } },
        { .url = "http://h/", .headers = { "ab", "c" } },
        { .url = "http://h/", .headers = { "a", "BC" } },
        { .url = "http://h/", .headers = { "a", "" } },
        { .url = "http://h/", .headers = { "a", "", "bc", "" } },
        { .url = "http://h/", .headers = { "a", "b", "c", "d" } },
        { .url = "http://h/", .headers = { "c", "d", "a", "b" } },
        { .url = "http://h/a", .headers = { "a", "bc" } },
        { .url = "http://h/", .headers = { "a", "bc" }, .body = "" },
        { .url = "http://h/", .headers = { LONG, "A" } },
        { .url = "http://h/", .method = "POST", .headers = { PIECE "a", "b" } },
        { .url = "http://h/",
          .method = "POST",
          .headers = { PIECE, "a" },
          .body = "b",
          .body_size = 1 },
    };
    enum { COUNT = sizeof others / sizeof others[0] };
    uint64_t keys[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        keys[i] = key_of(&others[i]);
        for (size_t k = 0; k < i; k++)
            if (keys[i] == keys[k])
                FAIL("numbers %zu and %zu have one key", k, i);
    }
}

TEST(fetch_job_key_is_of_the_hash_key)
{
    static const struct hash_key other = { 4, 3 };
    struct job *job;

    ASSERT_EQ(job_new(&job, "http://h/", NULL), 0);
    ASSERT(job_key(&secret, job) != job_key(&other, job));
    job_free(job);
}
