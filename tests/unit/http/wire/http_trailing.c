/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a body in chunks, taken apart: without memory, too.
 */
#include <stdio.h>

#include <coil/error.h>
#include <coil/http.h>
#include <coil/testing.h>

#include "http/wire/chunked.h"
#include "http/wire/scan.h"
#include "http/wire/trailers.h"
#include "test.h"

/* Read the lines behind the last chunk.  Returns as coil__http_chunked_skip(). */
static int collect(struct coil__http_trailers *t, bool is_lenient,
                   const char *text)
{
    struct coil__http_chunked chunked = { .may_fold = true,
                                          .is_lenient = is_lenient,
                                          .trailers = &t->text };
    size_t used;

    *t = (struct coil__http_trailers){ .count = 0 };
    return coil__http_chunked_skip(&chunked, text, strlen(text), &used);
}

static int parse_without_memory(bool is_lenient, const char *text, size_t n)
{
    struct coil__http_trailers t;
    int rc;

    coil_test_fail_allocation(n, false);
    rc = collect(&t, is_lenient, text);
    if (rc >= 0)
        rc = coil__http_trailers_parse(&t, is_lenient, 10);
    coil_test_fail_allocation(0, false);
    if (rc == 0)
        ASSERT_EQ(t.count, 1);
    coil__http_trailers_fini(&t);
    return rc;
}

/* Lines of every length, so that each buffer has to grow somewhere. */
TEST(http_trailing_without_memory)
{
    static const char *const ends[] = { "", "\r\n", "\r\n\r\n" };

    for (size_t length = 0; length < 600; length++) {
        char text[700];

        snprintf(text, sizeof text, "0\r\nA:%0*d%s", (int)length + 1, 0,
                 ends[length % 3]);
        for (size_t n = 1; n < 10; n++) {
            int rc = parse_without_memory(true, text, n);

            ASSERT(rc == 0 || rc == -ENOMEM);
            if (length % 3 == 2) {
                rc = parse_without_memory(false, text, n);
                ASSERT(rc == 0 || rc == -ENOMEM);
            }
        }
        ASSERT_EQ(parse_without_memory(true, text, 0), 0);
    }
}

TEST(http_trailing_that_nobody_wants_are_skipped)
{
    struct coil__http_chunked chunked = { .may_fold = true };
    static const char text[] = "0\r\nA: b\r\n\r\n";
    size_t used;

    ASSERT_EQ(coil__http_chunked_skip(&chunked, text, strlen(text), &used), 1);
    ASSERT_EQ(used, strlen(text));
}

/* ---- NUL, which no text of the other tests has ------------------------- */

TEST(http_trailing_and_heads_have_no_nul)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n";
    static const char *const trailers[] = { "0\r\nA: b", "0\r\nA", "0\r\n",
                                            "0;a", "0" };
    struct coil__http_scan scan = { 0 };
    size_t used;

    ASSERT_EQ(coil__http_scan(&scan, COIL__HTTP_LENIENT, 4096, 64, head,
                              sizeof head - 1, &used),
              COIL_EHTTP_MALFORMED);
    for (size_t i = 0; i < sizeof trailers / sizeof *trailers; i++) {
        struct coil__http_chunked chunked = { .may_fold = true,
                                              .is_lenient = true };

        /* The NUL behind the text is a part of it. */
        ASSERT_EQ(coil__http_chunked_skip(&chunked, trailers[i],
                                          strlen(trailers[i]) + 1, &used),
                  COIL_EHTTP_MALFORMED);
    }
}
