/* SPDX-License-Identifier: MIT */
/*
 * A pair of streams in memory: what test_stream_read and test_stream_write do not
 * ask, as they run over such a pair as well.
 */
#include "simulated.h"
#include "stream_test.h"

/* What is on its way between the two, at most. */
enum { PIPE = 64 * 1024 };

static struct coil_stream *pair[2];

static int make_pair(void *unused)
{
    (void)unused;
    return coil_stream_pair(pair);
}

STREAM_TEST(stream_pair_passes_more_than_is_on_its_way_at_once)
{
    unsigned char *bytes = make_bytes((size_t)3 * PIPE);
    struct coil_task *reader;

    ASSERT_EQ(make_pair(NULL), 0);
    ASSERT_EQ(coil_stream_write(pair[0], bytes, (size_t)3 * PIPE), 0);
    ASSERT_EQ(coil_stream_unsent(pair[0]), 2 * PIPE);
    reader = start(read_to_end, pair[1]);
    ASSERT_EQ(coil_stream_close(pair[0]), 0);
    ASSERT_EQ(end_of(reader), 3 * PIPE);
    coil_stream_abort(pair[1]);
    free(bytes);
}

STREAM_TEST(stream_pair_both_ways_at_once)
{
    unsigned char *bytes = make_bytes((size_t)2 * PIPE);
    struct coil_task *readers[2];

    ASSERT_EQ(make_pair(NULL), 0);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_stream_write(pair[i], bytes, (size_t)2 * PIPE), 0);
        readers[i] = start(read_to_end, pair[i]);
    }
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_stream_shutdown(pair[i]), 0);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(end_of(readers[i]), 2 * PIPE);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_stream_close(pair[i]), 0);
    free(bytes);
}

STREAM_TEST(stream_pair_has_no_addresses)
{
    struct coil_address address;

    ASSERT_EQ(make_pair(NULL), 0);
    coil_stream_local_address(pair[0], &address);
    ASSERT_EQ(address.length, 0);
    coil_stream_peer_address(pair[0], &address);
    ASSERT_EQ(address.length, 0);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

STREAM_TEST(stream_pair_what_is_on_its_way_is_read_after_the_end)
{
    char text[8] = "";
    ptrdiff_t n;

    ASSERT_EQ(make_pair(NULL), 0);
    send_text(pair[0], "last");
    coil_stream_abort(pair[0]);
    ASSERT_EQ(coil_stream_read_exactly(pair[1], text, 4, NULL), 0);
    ASSERT_STR_EQ(text, "last");
    n = coil_stream_read(pair[1], text, sizeof text);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(coil_stream_write(pair[1], "x", 1), -EPIPE);
    ASSERT_EQ(coil_stream_write(pair[1], "x", 1), -EPIPE);
    coil_stream_abort(pair[1]);
}

STREAM_TEST(stream_pair_shut_down_when_the_other_has_gone)
{
    ASSERT_EQ(make_pair(NULL), 0);
    coil_stream_abort(pair[0]);
    ASSERT_EQ(coil_stream_shutdown(pair[1]), -EPIPE);
    coil_stream_abort(pair[1]);
}

STREAM_TEST(stream_pair_closed_under_a_writer_that_waits)
{
    unsigned char *bytes = make_bytes((size_t)4 * PIPE);

    ASSERT_EQ(make_pair(NULL), 0);
    ASSERT_EQ(coil_stream_write(pair[0], bytes, (size_t)4 * PIPE), 0);
    coil_stream_abort(pair[1]);
    ASSERT_EQ(coil_stream_drain(pair[0]), -EPIPE);
    ASSERT_EQ(coil_stream_close(pair[0]), -EPIPE);
    free(bytes);
}

/* ---- without a loop of coil's --------------------------------------------- */

static int talk(void *unused)
{
    char text[6] = "";
    int rc;

    (void)unused;
    rc = coil_stream_write(pair[0], "hello", 5);
    if (rc < 0)
        return rc;
    rc = coil_stream_read_exactly(pair[1], text, 5, NULL);
    ASSERT_STR_EQ(text, "hello");
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    return rc;
}

TEST(stream_pair_needs_no_loop)
{
    ASSERT_EQ(make_pair(NULL), 0);
    ASSERT_EQ(run_without_clock(talk, NULL), 0);
}

/* ---- without memory ------------------------------------------------------- */

TEST(stream_pair_needs_memory_for_both)
{
    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_stream_pair(pair), -ENOMEM);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(coil_test_live_allocations(), 0);
    }
    ASSERT_EQ(coil_stream_pair(pair), 0);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

STREAM_TEST(stream_pair_write_without_memory_may_be_repeated)
{
    char text[6] = "";

    ASSERT_EQ(make_pair(NULL), 0);
    /* First the writer's copy, then what is on its way. */
    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_stream_write(pair[0], "hello", 5), -ENOMEM);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(coil_stream_unsent(pair[0]), 0);
    }
    ASSERT_EQ(coil_stream_write(pair[0], "hello", 5), 0);
    ASSERT_EQ(coil_stream_read_exactly(pair[1], text, 5, NULL), 0);
    ASSERT_STR_EQ(text, "hello");
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}
