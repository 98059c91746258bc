/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <string.h>

#include "test.h"

enum { MOST = 256 }; /* the capacity of a small buffer */

/* What is wiped reaches as far as secrets have been, wherever they are now. */
TEST(buffer_knows_how_far_secrets_have_been)
{
    struct coil_buffer b = { .is_secret = true };
    char bytes[MOST] = "";

    ASSERT_EQ(coil__buffer_append(&b, bytes, 100), 0);
    ASSERT_EQ(b.capacity, MOST);
    coil__buffer_consume(&b, 100);
    ASSERT_EQ(b.touched, 100);
    ASSERT_EQ(coil__buffer_append(&b, bytes, 10), 0);
    coil__buffer_consume(&b, 10);
    ASSERT_EQ(b.touched, 100);

    /* Bytes that move to the front leave copies at the end. */
    ASSERT_EQ(coil__buffer_append(&b, bytes, 190), 0);
    coil__buffer_consume(&b, 150);
    ASSERT_EQ(coil__buffer_append(&b, bytes, 60), 0);
    ASSERT_EQ(b.start, 150);
    ASSERT_EQ(b.touched, 190);
    ASSERT_EQ(coil__buffer_append(&b, bytes, 100), 0);
    ASSERT_EQ(b.capacity, MOST);
    ASSERT_EQ(b.start, 0);
    ASSERT_EQ(b.size, 200);
    ASSERT_EQ(b.touched, 250);

    /* New memory has none of them but those that are there. */
    ASSERT_EQ(coil__buffer_append(&b, bytes, 100), 0);
    ASSERT_EQ(b.capacity, 2 * MOST);
    ASSERT_EQ(b.touched, 0);
    coil__buffer_fini(&b);
    ASSERT_EQ(b.touched, 0);
    ASSERT(b.is_secret);
}
