/* SPDX-License-Identifier: MIT */
/* The records: each is as the schema says, whatever it tells of. */
#include "output/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <coil/error.h>
#include <coil/url.h>

#include "fetch/support/schema.h"
#include "job/job.h"
#include "test.h"

static const struct record_options bare;

static struct job *new_job(const char *url)
{
    struct job *job;

    ASSERT_EQ(job_new(&job, url, NULL), 0);
    job->number = 3;
    return job;
}

/* The record, which is valid, as it would stand in a file. */
static void expect_line(const struct outcome *outcome,
                        const struct record_options *options, const char *line)
{
    struct text text = { 0 };

    record_write(&text, outcome, options);
    ASSERT(!text.has_failed);
    ASSERT_EQ(expect_records(text.bytes, text.size), 1u);
    ASSERT_STR_EQ(text.bytes, line);
    text_fini(&text);
}

static void expect_part(const struct outcome *outcome,
                        const struct record_options *options, const char *part)
{
    struct text text = { 0 };

    record_write(&text, outcome, options);
    ASSERT_EQ(expect_records(text.bytes, text.size), 1u);
    ASSERT_STR_CONTAINS(text.bytes, part);
    text_fini(&text);
}

static void follow(struct job *job, const char *text)
{
    char *url;

    ASSERT_EQ(coil_url_normalise(&url, text), 0);
    ASSERT_EQ(job_follow(job, url), 0);
}

TEST(fetch_record_has_all_there_is)
{
    static const struct coil_http_header headers[] = {
        { "Set-Cookie", "a" },
        { "Set-Cookie", "\xff\n" },
    };
    static const char *const links[] = { "http://h/1", "http://h/2" };
    struct job *job = new_job("http://h/a");
    struct outcome outcome = {
        .job = job,
        .class = OUTCOME_OK,
        .status = 200,
        .final_url = "http://h/b",
        .address = "127.0.0.1:8080",
        .version = COIL_HTTP_1_1,
        .report = { .began = 5000000,
                    .placed = 6000000,
                    .resolved = 6500000,
                    .connected = 8000000,
                    .secured = 8001000,
                    .sent = 8002999,
                    .first_byte = 20000000,
                    .done = 1020000000 },
        .done_at = 2005000000,
        .has_rate = true,
        .late = 1500000,
        .started_unix_us = 1582934400000001, /* 2020-02-29 */
        .headers = headers,
        .header_count = 2,
        .content_type = "text/plain",
        .body = "hi",
        .body_size = 2,
        .file = "out/a",
        .has_digest = true,
        .sha256 = { 0xab, 0xcd },
        .is_resumed = true,
        .links = links,
        .link_count = 2,
    };
    const struct record_options all = { true, true, true };

    job->priority = -5;
    job->attempts = 2;
    job->read_at = 1000;
    job->first_at = 4001000;
    follow(job, "http://h/b");
    expect_line(
        &outcome, &all,
        "{\"v\":1,\"n\":3,\"url\":\"http://h/a\",\"final_url\":\"http://h/b\","
        "\"name\":null,\"priority\":-5,\"method\":\"GET\",\"class\":\"ok\","
        "\"status\":200,\"error\":null,\"attempts\":2,"
        "\"redirects\":[\"http://h/a\"],\"ip\":\"127.0.0.1\",\"port\":8080,"
        "\"version\":\"1.1\",\"reused\":false,"
        "\"started\":\"2020-02-29T00:00:00.000001Z\",\"phases\":{"
        "\"queued\":4.000,\"late\":1.500,\"dns\":0.500,\"connect\":1.500,\"tls\":0.001,"
        "\"send\":0.001,\"first_byte\":11.997,\"body\":1000.000,"
        "\"total\":2000.000},\"bytes\":2,\"type\":\"text/plain\","
        "\"file\":\"out/a\",\"sha256\":\"abcd000000000000000000000000000000000"
        "000000000000000000000000000\",\"resumed\":true,\"unchanged\":false,"
        "\"headers\":[[\"Set-Cookie\",\"a\"],"
        "[\"Set-Cookie\",\"\xef\xbf\xbd\\n\"]],\"body\":\"hi\","
        "\"links\":[\"http://h/1\",\"http://h/2\"]}\n");
    job_free(job);
}

/* What did not come to anything is null, and is valid, too. */
TEST(fetch_record_of_nothing)
{
    struct job *job = new_job("http://h/");
    struct outcome outcome = { .job = job,
                               .class = OUTCOME_DNS,
                               .error = -ENOENT };

    expect_line(
        &outcome, &bare,
        "{\"v\":1,\"n\":3,\"url\":\"http://h/\",\"final_url\":null,"
        "\"name\":null,\"priority\":0,\"method\":\"GET\",\"class\":\"dns\","
        "\"status\":null,\"error\":\"No such file or directory\","
        "\"attempts\":0,\"redirects\":[],\"ip\":null,\"port\":null,"
        "\"version\":null,\"reused\":false,\"started\":null,\"phases\":{"
        "\"queued\":null,\"late\":null,\"dns\":null,\"connect\":null,\"tls\":null,"
        "\"send\":null,\"first_byte\":null,\"body\":null,\"total\":null},"
        "\"bytes\":0,\"type\":null,\"file\":null,\"sha256\":null,"
        "\"resumed\":false,\"unchanged\":false}\n");
    outcome.reason = "nobody knows \"h\"";
    expect_part(&outcome, &bare,
                "\"error\":\"No such file or directory: "
                "nobody knows \\\"h\\\"\"");
    outcome.error = 0;
    expect_part(&outcome, &bare, "\"error\":\"nobody knows \\\"h\\\"\"");
    job_free(job);
}

TEST(fetch_record_of_each_class_and_version)
{
    struct job *job = new_job("http://h/");

    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        struct outcome outcome = { .job = job,
                                   .class = (enum outcome_class) class };
        char part[64];

        snprintf(part, sizeof part, "\"class\":\"%s\"",
                 outcome_class_name(outcome.class));
        expect_part(&outcome, &bare, part);
    }
    expect_part(&(struct outcome){ .job = job, .version = COIL_HTTP_1_0 },
                &bare, "\"version\":\"1.0\"");
    expect_part(&(struct outcome){ .job = job, .version = COIL_HTTP_2 }, &bare,
                "\"version\":\"2\"");
    job_free(job);
}

TEST(fetch_record_of_addresses)
{
    struct job *job = new_job("http://h/");

    expect_part(&(struct outcome){ .job = job, .address = "[::1]:443" }, &bare,
                "\"ip\":\"::1\",\"port\":443,");
    expect_part(
        &(struct outcome){ .job = job, .address = "[fe80::1%eth0]:65535" },
        &bare, "\"ip\":\"fe80::1%eth0\",\"port\":65535,");
    expect_part(&(struct outcome){ .job = job, .address = "/run/a:b" }, &bare,
                "\"ip\":null,\"port\":null,");
    job_free(job);
}

TEST(fetch_record_of_a_body)
{
    const struct record_options with_body = { .has_body = true };
    struct job *job = new_job("http://h/");
    struct outcome outcome = { .job = job, .body = "a\0\xe2\x82\xac" };

    outcome.body_size = 5;
    expect_part(&outcome, &with_body, "\"body\":\"a\\u0000\xe2\x82\xac\"}");
    outcome.body_size = 4;
    expect_part(&outcome, &with_body, "\"body_base64\":\"YQDigg==\"}");
    outcome.body = "\xff";
    outcome.body_size = 1;
    expect_part(&outcome, &with_body, "\"body_base64\":\"/w==\"}");
    outcome.body = "\xff\xfe";
    outcome.body_size = 2;
    expect_part(&outcome, &with_body, "\"body_base64\":\"//4=\"}");
    outcome.body = "\xff\xfe\xfd";
    outcome.body_size = 3;
    expect_part(&outcome, &with_body, "\"body_base64\":\"//79\"}");
    outcome.body = "";
    outcome.body_size = 0;
    expect_part(&outcome, &with_body, "\"body\":\"\"}");
    outcome.body = NULL;
    expect_part(&outcome, &with_body, "\"unchanged\":false}");
    outcome.body = "x";
    expect_part(&outcome, &bare, "\"unchanged\":false}");
    job_free(job);
}

/* The calendar, against that of the C library. */
TEST(fetch_record_of_any_day)
{
    struct job *job = new_job("http://h/");
    struct outcome outcome = { .job = job };

    for (int64_t day = 1; day < 60000; day += 13) {
        time_t second = (time_t)(day * 86400 + day * 7919 % 86400);
        char part[64];

        strftime(part, sizeof part, "\"started\":\"%Y-%m-%dT%H:%M:%S.987654Z\"",
                 gmtime(&second));
        outcome.started_unix_us = (int64_t)second * 1000000 + 987654;
        if (day % 169 == 1) {
            expect_part(&outcome, &bare, part);
        } else {
            struct text text = { 0 };

            record_write(&text, &outcome, &bare);
            ASSERT_STR_CONTAINS(text.bytes, part);
            text_fini(&text);
        }
    }
    job_free(job);
}

/* A phase is never negative, and moments that did not come make no numbers. */
TEST(fetch_record_of_odd_moments)
{
    struct job *job = new_job("http://h/");
    struct outcome outcome = { .job = job };
    struct coil_http_report *r = &outcome.report;

    *r = (struct coil_http_report){ .is_reused = true,
                                    .began = 1000,
                                    .placed = 2000,
                                    .connected = 3000,
                                    .first_byte = 5000000,
                                    .sent = 6000000 };
    outcome.done_at = 7000000;
    /* The answer came before all was sent; the connection was there. */
    expect_part(&outcome, &bare,
                "\"dns\":null,\"connect\":null,\"tls\":null,\"send\":5.997,"
                "\"first_byte\":0.000,\"body\":2.000,\"total\":6.999}");
    r->began = COIL_SECOND * 3600 * 24 * 365;
    outcome.done_at = 2 * r->began;
    expect_part(&outcome, &bare, "\"total\":31536000000.000}");
    job_free(job);
}

/* Whatever others say, a record is one line of valid JSON. */
TEST(fetch_record_of_hostile_words)
{
    static const char bytes[] = "\"\\/\n\x01\x7f\xc2\x9b\xe2\x80\xa8\xff{}a<";
    const struct record_options all = { true, true, true };
    unsigned random = 7;

    for (int i = 0; i < 300; i++) {
        char words[24] = "";
        struct job_details *details = calloc(1, sizeof *details);
        struct coil_http_header header = { words, words };
        const char *links[] = { words };
        struct outcome outcome = {
            .class = OUTCOME_PROTOCOL,
            .error = COIL_EHTTP_MALFORMED,
            .reason = words,
            .final_url = words,
            .content_type = words,
            .file = words,
            .body = words,
            .body_size = sizeof words,
            .headers = &header,
            .header_count = 1,
            .links = links,
            .link_count = 1,
        };
        struct text text = { 0 };
        struct job *job;

        for (size_t k = 0; k < sizeof words - 1; k++) {
            random = random * 1103515245 + 12345;
            words[k] = bytes[random / 65536 % (sizeof bytes - 1)];
        }
        details->name = strdup(words);
        details->method = strdup("POST");
        ASSERT_EQ(job_new(&job, words, details), 0);
        job->number = 1;
        outcome.job = job;
        record_write(&text, &outcome, &all);
        ASSERT_EQ(expect_records(text.bytes, text.size), 1u);
        ASSERT_NULL(memchr(text.bytes, '\x7f', text.size));
        ASSERT_NULL(memchr(text.bytes, '\x01', text.size));
        text_fini(&text);
        job_free(job);
    }
}

/* The validator refuses what is wrong: each keyword of the schema once. */
TEST(fetch_record_that_is_wrong_is_refused)
{
    static const struct wrong {
        const char *name;
        const char *value; /* NULL: it is missing */
        const char *why;
    } wrongs[] = {
        { "v", "2", "/v: const" },
        { "n", "0", "/n: minimum" },
        { "n", "1.5", "/n: type" },
        { "url", NULL, ": required" },
        { "method", "\"\"", "/method: minLength" },
        { "class", "\"good\"", "/class: enum" },
        { "port", "65536", "/port: maximum" },
        { "status", "\"200\"", "/status: type" },
        { "started", "\"2020-02-29\"", "/started: pattern" },
        { "redirects", "[1]", "/redirects/0: type" },
        { "phases", "{}", "/phases: required" },
        { "headers", "[[\"a\"]]", "/headers/0: minItems" },
        { "headers", "[[\"a\",\"b\",\"c\"]]", "/headers/0: maxItems" },
        { "body_base64", "\"x y\"", "/body_base64: pattern" },
        { "body", "1", "/body: type" },
        { "more", "1", ": more" },
    };
    json_t *schema = schema_of_records();
    struct job *job = new_job("http://h/");
    struct outcome outcome = { .job = job };
    struct text text = { 0 };
    char why[256];
    json_t *both;

    record_write(&text, &outcome, &bare);
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *wrong = &wrongs[i];
        json_t *record = json_loads(text.bytes, 0, NULL);

        ASSERT(schema_allows(schema, record, why, sizeof why));
        if (wrong->value)
            json_object_set_new(
                record, wrong->name,
                json_loads(wrong->value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(record, wrong->name);
        ASSERT(!schema_allows(schema, record, why, sizeof why));
        ASSERT_STR_EQ(why, wrong->why);
        json_decref(record);
    }
    both = json_loads(text.bytes, 0, NULL);

    json_object_set_new(both, "body", json_string(""));
    json_object_set_new(both, "body_base64", json_string(""));
    ASSERT(!schema_allows(schema, both, why, sizeof why));
    ASSERT_STR_EQ(why, ": not");
    json_decref(both);
    json_decref(schema);
    text_fini(&text);
    job_free(job);
}
