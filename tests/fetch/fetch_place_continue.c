/* SPDX-License-Identifier: MIT */
/* A part of a body is kept, and the rest is asked for. */
#include "output/place.h"

#include <stdlib.h>
#include <unistd.h>

#include "fetch/support/place_test.h"
#include "file_test.h"
#include "output/digest.h"

enum { WHOLE = 300000, HALF = 100000 };

static const struct coil_http_header etag[] = { { "ETag", "\"a\"" } };
static const struct place_response whole_response = {
    .status = 200, .headers = etag, .header_count = 1, .size = WHOLE
};

static struct place_options options_to_continue(void)
{
    struct place_options options = options_here("{path}");

    options.continues = true;
    return options;
}

static void write_bytes(struct place *place, size_t from, size_t to)
{
    unsigned char *bytes = malloc(to - from);

    fill_bytes(bytes, from, to - from);
    /* In pieces as a network has them. */
    for (size_t at = 0; at < to - from; at += 10000)
        ASSERT_EQ(place_write(place, bytes + at,
                              to - from - at < 10000 ? to - from - at : 10000),
                  0);
    free(bytes);
}

static void expect_whole(const char *name)
{
    unsigned char *bytes = malloc(WHOLE + 1);
    FILE *f = fopen(in_directory(name), "r");

    ASSERT_NOT_NULL(f);
    ASSERT_EQ(fread(bytes, 1, WHOLE + 1, f), (size_t)WHOLE);
    fclose(f);
    check_bytes(bytes, 0, WHOLE);
    free(bytes);
}

/* The first part of the body is there, and the connection breaks. */
static void leave_part(struct places *places, const struct job *job,
                       const struct place_response *response)
{
    enum part_verdict verdict;
    struct place *place;

    ASSERT_EQ(place_open(&place, places, job, NULL), 0);
    ASSERT_EQ(place_response(place, response, &verdict), 0);
    ASSERT_EQ(verdict, PART_ANEW);
    write_bytes(place, 0, HALF);
    ASSERT_EQ(place_abandon(place), 0);
}

static struct place *open_part(struct places *places, const struct job *job,
                               const char *range, const char *condition)
{
    struct coil_http_header headers[PLACE_HEADERS];
    struct place *place;
    size_t count;

    ASSERT_EQ(place_open(&place, places, job, NULL), 0);
    count = place_headers(place, headers);
    ASSERT_EQ(count, range ? PLACE_HEADERS : 0);
    if (range) {
        ASSERT_STR_EQ(headers[0].value, range);
        ASSERT_STR_EQ(headers[1].name, "If-Range");
        ASSERT_STR_EQ(headers[1].value, condition);
    }
    return place;
}

static enum part_verdict respond(struct place *place, int status,
                                 const char *range)
{
    const struct coil_http_header header = { "Content-Range", range };
    const struct place_response response = {
        .status = status, .headers = &header, .header_count = 1, .size = -1
    };
    enum part_verdict verdict;

    ASSERT_EQ(place_response(place, &response, &verdict), 0);
    return verdict;
}

static void add_to_digest(void *digest, const void *bytes, size_t size)
{
    digest_add(digest, bytes, size);
}

/* The digest of the whole begins with what is there. */
static void expect_digest_of_part(struct place *place)
{
    struct digest digest = { 0 };
    unsigned char sum[DIGEST_MAX_SIZE];
    unsigned char expected[32];
    unsigned char *bytes = make_bytes(HALF);

    ASSERT_EQ(digest_begin(&digest, CHECKSUM_SHA256), 0);
    ASSERT_EQ(place_replay(place, add_to_digest, &digest), 0);
    ASSERT_EQ(digest_end(&digest, sum), 32u);
    ASSERT_EQ(digest_sha256(expected, bytes, HALF), 0);
    ASSERT_MEM_EQ(sum, expected, 32);
    digest_fini(&digest);
    free(bytes);
}

FILE_TEST(fetch_place_continue_gets_the_rest)
{
    struct place_options options = options_to_continue();
    struct places places;
    struct job *job = job_for("http://h/d/a");
    struct place *place;

    places_init(&places, &options);
    leave_part(&places, job, &whole_response);
    ASSERT_EQ(count_files(".part"), 1u);
    ASSERT_EQ(count_files(".meta"), 1u);
    place = open_part(&places, job, "bytes=100000-", "\"a\"");
    ASSERT_EQ(respond(place, 206, "bytes 100000-299999/300000"), PART_REST);
    ASSERT(place_is_resumed(place));
    ASSERT_EQ(place_size(place), HALF);
    expect_digest_of_part(place);
    write_bytes(place, HALF, WHOLE);
    ASSERT_EQ(place_commit(place), 0);
    expect_whole("d/a");
    ASSERT_EQ(count_files(""), 1u);
    place_free(place);
    job_free(job);
    places_fini(&places);
}

/* It breaks again and again, and each time more is there. */
FILE_TEST(fetch_place_continue_of_many_parts)
{
    struct place_options options = options_to_continue();
    struct places places;
    struct job *job = job_for("http://h/a");
    char range[64];
    char content[64];

    places_init(&places, &options);
    leave_part(&places, job, &whole_response);
    for (size_t at = HALF; at < WHOLE; at += 40000) {
        struct place *place;

        snprintf(range, sizeof range, "bytes=%zu-", at);
        snprintf(content, sizeof content, "bytes %zu-299999/300000", at);
        place = open_part(&places, job, range, "\"a\"");
        ASSERT_EQ(respond(place, 206, content), PART_REST);
        write_bytes(place, at, at + 40000);
        ASSERT_EQ(place_abandon(place), 0);
    }
    /* All is there: nothing is missing but the name. */
    struct place *place = open_part(&places, job, "bytes=300000-", "\"a\"");

    ASSERT_EQ(respond(place, 416, "bytes */300000"), PART_WHOLE);
    ASSERT_EQ(place_commit(place), 0);
    expect_whole("a");
    ASSERT_EQ(count_files(""), 1u);
    place_free(place);
    job_free(job);
    places_fini(&places);
}

/* The body has changed: it begins again. */
FILE_TEST(fetch_place_continue_begins_again)
{
    static const struct {
        int status;
        const char *range;
        enum part_verdict verdict;
    } answers[] = {
        { 200, "", PART_ANEW },
        { 206, "bytes 0-299999/300000", PART_AGAIN },
        { 412, "", PART_AGAIN },
        { 416, "bytes */50", PART_AGAIN },
    };
    struct place_options options = options_to_continue();
    struct places places;
    struct job *job = job_for("http://h/a");

    places_init(&places, &options);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct coil_http_header headers[PLACE_HEADERS];
        struct place *place;

        leave_part(&places, job, &whole_response);
        place = open_part(&places, job, "bytes=100000-", "\"a\"");
        ASSERT_EQ(respond(place, answers[i].status, answers[i].range),
                  answers[i].verdict);
        ASSERT_EQ(place_headers(place, headers), 0u);
        if (answers[i].verdict == PART_AGAIN)
            ASSERT_EQ(respond(place, 200, ""), PART_ANEW);
        ASSERT(!place_is_resumed(place));
        write_bytes(place, 0, WHOLE);
        ASSERT_EQ(place_commit(place), 0);
        expect_whole("a");
        ASSERT_EQ(count_files(""), 1u);
        place_free(place);
        ASSERT_EQ(unlink(in_directory("a")), 0);
    }
    job_free(job);
    places_fini(&places);
}

/* Without a validator, nobody knows whether the rest would fit: no part is kept. */
FILE_TEST(fetch_place_continue_needs_a_validator)
{
    struct place_options options = options_to_continue();
    struct place_response response = whole_response;
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;

    places_init(&places, &options);
    leave_part(&places, job, &plain_response);
    ASSERT_EQ(count_files(""), 0u);
    response.is_decoded = true;
    leave_part(&places, job, &response);
    ASSERT_EQ(count_files(""), 0u);
    /* A part without what is to be known of it is begun anew. */
    leave_part(&places, job, &whole_response);
    ASSERT_EQ(count_files(".meta"), 1u);
    place = open_part(&places, job, "bytes=100000-", "\"a\"");
    place_free(place);
    char command[5000];

    snprintf(command, sizeof command, "rm %s/.*.meta", in_directory(""));
    ASSERT_EQ(system(command), 0);
    place = open_part(&places, job, NULL, NULL);
    ASSERT_EQ(respond(place, 200, ""), PART_ANEW);
    write_bytes(place, 0, WHOLE);
    ASSERT_EQ(place_commit(place), 0);
    expect_whole("a");
    ASSERT_EQ(count_files(""), 1u);
    place_free(place);
    job_free(job);
    places_fini(&places);
}

/* A whole body with a wrong checksum is not continued for ever. */
FILE_TEST(fetch_place_continue_keeps_nothing_that_is_spoilt)
{
    struct place_options options = options_to_continue();
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;

    places_init(&places, &options);
    leave_part(&places, job, &whole_response);
    place = open_part(&places, job, "bytes=100000-", "\"a\"");
    ASSERT_EQ(respond(place, 206, "bytes 100000-299999/300000"), PART_REST);
    write_bytes(place, HALF, WHOLE);
    place_spoil(place);
    ASSERT_EQ(place_abandon(place), 0);
    ASSERT_EQ(count_files(""), 0u);
    job_free(job);
    places_fini(&places);
}

/* A part belongs to its URL, whatever the names are. */
FILE_TEST(fetch_place_continue_of_another_url_is_another_part)
{
    struct place_options options = options_to_continue();
    struct places places;
    struct job *a = job_for("http://h/1/a");
    struct job *b = job_for("http://h/2/a");
    struct job_details *details = calloc(1, sizeof *details);
    struct job *post;

    options.template = "{file}";
    details->method = strdup("POST");
    ASSERT_EQ(job_new(&post, "http://h/1/a", details), 0);
    places_init(&places, &options);
    leave_part(&places, a, &whole_response);
    place_free(open_part(&places, b, NULL, NULL));
    place_free(open_part(&places, post, NULL, NULL));
    place_free(open_part(&places, a, "bytes=100000-", "\"a\""));
    /* While one continues it, another one begins anew. */
    struct place *first = open_part(&places, a, "bytes=100000-", "\"a\"");

    leave_part(&places, a, &whole_response);
    ASSERT_EQ(respond(first, 206, "bytes 100000-299999/300000"), PART_REST);
    write_bytes(first, HALF, WHOLE);
    ASSERT_EQ(place_commit(first), 0);
    expect_whole("a");
    place_free(first);
    job_free(a);
    job_free(b);
    job_free(post);
    places_fini(&places);
}

FILE_TEST(fetch_place_continue_skips_what_is_whole)
{
    struct place_options options = options_to_continue();
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;

    options.skips_existing = true;
    places_init(&places, &options);
    leave_part(&places, job, &whole_response);
    place_free(open_part(&places, job, "bytes=100000-", "\"a\""));
    put_file("a", "whole");
    ASSERT_EQ(place_open(&place, &places, job, NULL), 1);
    ASSERT_EQ(place_abandon(place), 0);
    expect_file("a", "whole");
    job_free(job);
    places_fini(&places);
}
