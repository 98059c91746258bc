/* SPDX-License-Identifier: MIT */
/* WRAPS: malloc calloc realloc strdup strndup */
/*
 * Each allocation of what keeps names, records, parts and files fails in its turn:
 * the caller is told, nothing is lost or leaked, and the same works afterwards.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/support/failing_memory.h"
#include "fetch/support/place_test.h"
#include "file_test.h"
#include "output/body_check.h"
#include "output/name.h"
#include "output/order.h"
#include "output/record.h"

/*
 * Make the call again and again, with the n-th allocation failing, until there is
 * no n-th.  It returns 0 or -ENOMEM.
 */
static void sweep(int (*call)(void *arg), void *arg)
{
    has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        int rc;

        has_failed = false;
        countdown = n;
        rc = call(arg);
        countdown = 0;
        ASSERT(rc == 0 || (rc == -ENOMEM && has_failed));
        ASSERT_LT(n, 200u);
    }
}

/* ---- what waits for nothing ---------------------------------------------------- */

static int make_name(void *arg)
{
    static char long_path[5000];
    struct job *job;
    struct text name = { 0 };
    int rc;

    (void)arg;
    strcpy(long_path, "http://h/");
    memset(long_path + 9, 'a', 4000);
    for (size_t i = 1000; i < 4000; i += 200)
        long_path[i] = '/';
    rc = job_new(&job, long_path, NULL);
    if (rc == 0)
        rc = name_make(&name, "{path}{url_hash}{number}", job, NULL);
    ASSERT(rc < 0 || name.size > 0);
    text_fini(&name);
    job_free(job);
    return rc;
}

static int keep_order(void *arg)
{
    struct order *order;
    struct text ready;
    int rc = order_new(&order, &(struct order_options){ 0 });

    (void)arg;
    if (rc == 0)
        rc = order_add(order, 200, "c", 1);
    if (rc == 0)
        rc = order_add(order, 2, "b", 1);
    if (rc == 0)
        rc = order_add(order, 1, "a", 1);
    if (rc == 0 && order_take(order, &ready)) {
        ASSERT_EQ(ready.bytes[0], 'a');
        /* What had no room is there with the next call. */
        if (ready.size == 1)
            ASSERT(has_failed && order_take(order, &ready));
        ASSERT_EQ(ready.bytes[ready.size - 1], 'b');
    }
    order_free(order);
    return rc;
}

static int write_record(void *arg)
{
    struct job *job;
    struct text text = { 0 };
    int rc = job_new(&job, "http://h/", NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    record_write(
        &text,
        &(struct outcome){
            .job = job, .class = OUTCOME_DNS, .error = -EIO, .reason = "why" },
        &(struct record_options){ 0 });
    rc = text.has_failed ? -ENOMEM : 0;
    text_fini(&text);
    job_free(job);
    return rc;
}

static int keep_part(void *arg)
{
    static const struct coil_http_header headers[] = {
        { "Last-Modified", "Mon" }, { "Date", "Tue" }, { "ETag", "\"a\"" }
    };
    struct text text = { 0 };
    struct part part;
    struct part read = { .total = -1 };
    int rc = part_from_response(&part, headers, *(size_t *)arg, 1, false);

    if (rc == 0)
        part_write(&text, &part, "u");
    if (rc == 0)
        rc = text.has_failed ? -ENOMEM
                             : part_read(&read, text.bytes, text.size, "u");
    ASSERT_EQ(part_has_validator(&read), rc == 0);
    part_fini(&part);
    part_fini(&read);
    text_fini(&text);
    return rc;
}

TEST(fetch_output_memory_of_what_does_not_wait)
{
    size_t two = 2;
    size_t three = 3;

    sweep(make_name, NULL);
    sweep(keep_order, NULL);
    sweep(write_record, NULL);
    sweep(keep_part, &two);
    sweep(keep_part, &three);
}

/* ---- files ----------------------------------------------------------------------- */

static const struct coil_http_header etag[] = { { "ETag", "\"a\"" } };

static int keep_file(void *arg)
{
    static char bytes[100000];
    const struct place_response response = {
        .status = 200, .headers = etag, .header_count = 1, .size = 100000
    };
    struct places *places = arg;
    struct job *job;
    struct place *place = NULL;
    enum part_verdict verdict;
    int rc = job_new(&job, "http://h/d/a", NULL);

    if (rc == 0)
        rc = place_open(&place, places, job, NULL);
    if (rc == 0)
        rc = place_response(place, &response, &verdict);
    if (rc == 0)
        rc = place_write(place, bytes, 10);
    if (rc == 0)
        rc = place_write(place, bytes, 100000);
    if (rc == 0)
        rc = place_commit(place);
    /* The directory's sync may be what failed. */
    ASSERT(rc < 0 || place_is_committed(place));
    if (place && place_abandon(place) == -ENOMEM)
        ASSERT(has_failed);
    job_free(job);
    return rc;
}

static int keep_files(void *arg)
{
    struct place_options options;
    struct places places;

    (void)arg;
    for (int way = 0; way < 4; way++) {
        begin_directory();
        options = options_here("{path}");
        options.has_no_sync = false;
        options.min_space = 1;
        options.overwrites = way & 1;
        options.continues = way & 2;
        places_init(&places, &options);
        sweep(keep_file, &places);
        ASSERT_EQ(keep_file(&places), 0);
        places_fini(&places);
        end_directory();
    }
    return 0;
}

TEST(fetch_output_memory_of_files)
{
    ASSERT_EQ(coil_test_run(keep_files, NULL, 0), 0);
}
