/* SPDX-License-Identifier: MIT */
/* WRAPS: malloc_trim */
/*
 * Memory that many connections have needed is given back to the system.
 */
#include <coil/http_client.h>

#include "http_client_test.h"

enum { FEW = 100, MANY = 130 }; /* connections: 256 come or go */

static int trims;

int __wrap_malloc_trim(size_t pad);

int __wrap_malloc_trim(size_t pad)
{
    (void)pad;
    return ++trims;
}

/* What is given back when `count` connections have come and gone. */
static int trims_after(struct coil_http_client *client, size_t count)
{
    static const struct line line = { OK(2) "ok", CLOSE };
    struct line lines[MANY] = { { NULL, KEEP } };
    struct fake fake;

    for (size_t i = 0; i < count; i++)
        lines[i] = line;
    fake_start(&fake, lines, count);
    trims = 0;
    for (size_t i = 0; i < count; i++)
        coil_http_response_free(fetch(client, fake.url));
    fake_end(&fake);
    return trims;
}

STREAM_TEST(http_client_memory_is_given_back_after_many_connections)
{
    struct coil_http_client *client = new_client();

#ifndef __GLIBC__
    SKIP("this C library gives memory back by itself");
#endif
    ASSERT_EQ(trims_after(client, FEW), 0);
    ASSERT_EQ(trims_after(client, MANY), 1);
    ASSERT_EQ(trims_after(client, 20), 0);
    coil_http_client_free(client);
    /* They count on until there are enough, whoever ends. */
    client = new_client();
    ASSERT_EQ(trims_after(client, FEW), 0);
    coil_http_client_free(client);
    ASSERT_EQ(trims, 0);
}
