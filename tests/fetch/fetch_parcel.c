/* SPDX-License-Identifier: MIT */
/* A job as bytes in a queue: what comes out is what went in, or is refused. */
#include "queue/parcel.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/url.h>

#include "input/json_line.h"
#include "input/request.h"
#include "job/job.h"
#include "test.h"

/* A job as a line of input makes it. */
static struct job *job_of(const char *line)
{
    struct request request = { 0 };
    struct job *job;

    ASSERT_EQ(json_line(&request, line, strlen(line)), 0);
    ASSERT_NULL(request.reason);
    job = request.job;
    request.job = NULL;
    request_fini(&request);
    return job;
}

static char *pack(const struct job *job)
{
    struct text text = { 0 };

    ASSERT_EQ(parcel_pack(&text, job), 0);
    return text_take(&text);
}

static int unpack(struct job **job, const char *bytes, const char *reason)
{
    struct text why = { 0 };
    int rc = parcel_unpack(job, bytes, strlen(bytes), &why);

    if (rc == -EINVAL) {
        ASSERT_NULL(*job);
        ASSERT_NOT_NULL(strstr(why.bytes, reason));
    }
    text_fini(&why);
    return rc;
}

static struct job *pass_on(struct job *job)
{
    char *bytes = pack(job);
    struct job *other;

    job_free(job);
    ASSERT_EQ(unpack(&other, bytes, ""), 0);
    free(bytes);
    return other;
}

TEST(fetch_parcel_of_a_url_alone)
{
    struct job *job = job_of("{\"url\":\"HTTP://h:80/a b?c#d\"}");

    job->number = 12;
    job = pass_on(job);
    ASSERT_STR_EQ(job->first_url, "http://h/a%20b?c");
    ASSERT_STR_EQ(job->url, job->first_url);
    ASSERT_EQ(job->number, 12u);
    ASSERT_EQ(job->priority, 0);
    ASSERT_NULL(job->details);
    job_free(job);
}

TEST(fetch_parcel_has_all_that_a_line_says)
{
    struct job *job = job_of(
        "{\"url\":\"http://u:p@h/\",\"priority\":-70000,\"method\":\"PUT\","
        "\"headers\":[[\"A\",\"b\"],[\"a\",\"\\u00fc \\\"\"]],"
        "\"body\":\"x\\u0000y\",\"name\":\"n\\u0001\",\"file\":\"f/g\","
        "\"checksum\":\"md5=000102030405060708090a0b0c0d0eff\","
        "\"type\":\"image/\",\"size\":7}");
    const struct job_details *d;

    job = pass_on(pass_on(job));
    d = job->details;
    ASSERT_STR_EQ(job->first_url, "http://h/");
    ASSERT_EQ(job->priority, -70000);
    ASSERT_STR_EQ(d->method, "PUT");
    ASSERT_EQ(d->header_count, 3u);
    ASSERT_STR_EQ(d->headers[0].name, "A");
    ASSERT_STR_EQ(d->headers[1].value, "\xc3\xbc \"");
    ASSERT_STR_EQ(d->headers[2].value, "Basic dTpw");
    ASSERT_EQ(d->body_size, 3u);
    ASSERT_EQ(memcmp(d->body, "x\0y", 4), 0);
    ASSERT_STR_EQ(d->name, "n\x01");
    ASSERT_STR_EQ(d->file, "f/g");
    ASSERT_EQ(d->checksum_kind, CHECKSUM_MD5);
    ASSERT_EQ(d->checksum[15], 0xff);
    ASSERT_STR_EQ(d->expected_type, "image/");
    ASSERT_EQ(d->expected_size, 7);
    job_free(job);
}

static void lead_to(struct job *job, const char *text)
{
    char *url;

    ASSERT_EQ(coil_url_normalise(&url, text), 0);
    ASSERT_EQ(job_follow(job, url), 0);
}

TEST(fetch_parcel_knows_the_way_of_redirects)
{
    struct job *job = job_of("{\"url\":\"http://h/a\",\"method\":\"POST\"}");

    lead_to(job, "http://h/b");
    lead_to(job, "http://i/c");
    job->is_get_now = true;
    job->was_elsewhere = true;
    job->attempts = 5;
    job = pass_on(pass_on(job));
    ASSERT_STR_EQ(job->first_url, "http://h/a");
    ASSERT_STR_EQ(job->url, "http://i/c");
    ASSERT_EQ(job->hops, 2u);
    ASSERT_STR_EQ(job->redirects[0], "http://h/a");
    ASSERT_STR_EQ(job->redirects[1], "http://h/b");
    ASSERT(job->is_get_now && job->was_elsewhere);
    ASSERT_EQ(job->attempts, 5u);
    ASSERT_STR_EQ(job_method(job), "GET");
    job_free(job);
}

static char *name_of(const char *line)
{
    struct job *job = job_of(line);
    struct text text = { 0 };

    ASSERT_EQ(parcel_name(&text, job), 0);
    job_free(job);
    return text_take(&text);
}

static void expect_same(const char *a, const char *b, bool are_same)
{
    char *name_a = name_of(a);
    char *name_b = name_of(b);

    ASSERT_EQ(strcmp(name_a, name_b) == 0, are_same);
    free(name_a);
    free(name_b);
}

TEST(fetch_parcel_names_equal_requests_alike)
{
    char *name = name_of("{\"url\":\"http://h/a\"}");

    ASSERT_STR_EQ(name, "http://h/a");
    free(name);
    expect_same("{\"url\":\"http://h/a\",\"priority\":3,\"file\":\"f\"}",
                "{\"url\":\"h:80/a#x\"}", true);
    expect_same("{\"url\":\"http://h/a\",\"headers\":{\"A\":\"b\"}}",
                "{\"url\":\"http://h/a\",\"headers\":{\"a\":\"b\"}}", true);
    expect_same("{\"url\":\"http://h/a\",\"headers\":{\"A\":\"b\"}}",
                "{\"url\":\"http://h/a\"}", false);
    expect_same("{\"url\":\"http://h/a\",\"body\":\"b\"}",
                "{\"url\":\"http://h/a\",\"body\":\"c\"}", false);
}

/* Another machine, and another version, must know it. */
TEST(fetch_parcel_name_does_not_change)
{
    char *name;

    if (htole32(1) != 1 || sizeof(size_t) != 8)
        SKIP("the machines of a queue are of 64 bits, and little-endian");
    name =
        name_of("{\"url\":\"http://h/a\",\"method\":\"PUT\",\"body\":\"b\"}");

    ASSERT_STR_EQ(name, "http://h/a 76ea72437cdf97ec");
    free(name);
}

TEST(fetch_parcel_refuses_what_json_cannot_have)
{
    struct job *job = job_of("{\"url\":\"http://h/a\",\"file\":\"f\"}");
    struct text text = { 0 };

    job->details->file[0] = '\xff';
    ASSERT_EQ(parcel_pack(&text, job), -EILSEQ);
    text_fini(&text);
    job_free(job);
}

TEST(fetch_parcel_of_a_stranger_is_refused)
{
    static const struct {
        const char *bytes;
        const char *reason;
    } strange[] = {
        { "", "no job of coil-fetch" },
        { "fetch this", "no job of coil-fetch" },
        { "[]", "no job of coil-fetch" },
        { "{\"request\":{\"url\":\"http://h/\"}}", "no job of coil-fetch" },
        { "{\"v\":1}", "no job of coil-fetch" },
        { "{\"v\":2,\"request\":{\"url\":\"http://h/\"}}", "newer" },
        { "{\"v\":1,\"request\":{}}", "has no \"url\"" },
        { "{\"v\":1,\"request\":{\"url\":\"ftp://h/\"}}", "" },
        { "{\"v\":1,\"request\":{\"url\":\"http://h/\",\"range\":1}}",
          "not known" },
        { "{\"v\":1,\"request\":{\"url\":\"http://h/\"},\"at\":{\"to\":[1]}}",
          "redirect" },
    };
    char deep[400] = "";
    struct job *job;

    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        ASSERT_EQ(unpack(&job, strange[i].bytes, strange[i].reason), -EINVAL);
    memset(deep, '[', sizeof deep - 1);
    ASSERT_EQ(unpack(&job, deep, "too deep"), -EINVAL);
    /* What a later version may add beside the request means nothing. */
    ASSERT_EQ(unpack(&job,
                     "{\"v\":1,\"by\":\"x\",\"at\":{\"new\":1},"
                     "\"request\":{\"url\":\"http://h/\"}}",
                     ""),
              0);
    job_free(job);
}
