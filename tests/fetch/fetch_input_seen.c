/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* WRAPS: mmap */
/* Which requests were there already, in how much memory. */
#include "input/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/hash.h"
#include "test.h"

static unsigned fails_at; /* the n-th call from now; 0: none */
static size_t most;       /* bytes that one call asked for */

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset);

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset)
{
    if (fails_at > 0 && --fails_at == 0) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    if (size > most)
        most = size;
    return __real_mmap(at, size, protection, flags, fd, offset);
}

/* Different for different numbers, and spread as a hash is. */
static uint64_t key_of(uint64_t n)
{
    static const struct hash_key key = { 1, 2 };

    return hash_bytes(&key, &n, sizeof n);
}

TEST(fetch_input_seen_keys_are_new_once)
{
    static const uint64_t keys[] = { 0, 1, UINT64_MAX, 1ull << 63, 1ull << 56 };
    struct seen *seen;

    ASSERT_EQ(seen_new(&seen), 0);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        ASSERT_EQ(seen_add(seen, keys[i]), 1);
        for (size_t k = 0; k <= i; k++)
            ASSERT_EQ(seen_add(seen, keys[k]), 0);
    }
    seen_free(seen);
    seen_free(NULL);
}

/* All of them lie at one place, at the end of a table, and go round. */
TEST(fetch_input_seen_keys_may_crowd)
{
    struct seen *seen;

    ASSERT_EQ(seen_new(&seen), 0);
    for (uint64_t n = 0; n < 2000; n++)
        ASSERT_EQ(seen_add(seen, (0x5affffffffull << 24) + n), 1);
    for (uint64_t n = 0; n < 2000; n++)
        ASSERT_EQ(seen_add(seen, (0x5affffffffull << 24) + n), 0);
    ASSERT_EQ(seen_add(seen, (0x5affffffffull << 24) + 2000), 1);
    seen_free(seen);
}

/* From some thousands on, at most 14 bytes a key; never twice the whole. */
TEST(fetch_input_seen_takes_little_memory)
{
    enum { KEYS = 1000000 };
    struct seen *seen;

    ASSERT_EQ(seen_new(&seen), 0);
    ASSERT_LT(seen_size_in_bytes(seen), 10000);
    most = 0;
    for (uint64_t n = 1; n <= KEYS; n++) {
        ASSERT_EQ(seen_add(seen, key_of(n)), 1);
        if (n % 1000 == 0 && n > 300000)
            ASSERT_LT(seen_size_in_bytes(seen), 14 * n);
    }
    ASSERT_LT(most, seen_size_in_bytes(seen) / 100);
    for (uint64_t n = 1; n <= KEYS; n++)
        ASSERT_EQ(seen_add(seen, key_of(n)), 0);
    seen_free(seen);
}

TEST(fetch_input_seen_survives_a_lack_of_memory)
{
    struct seen *seen;
    unsigned failures = 0;

    ASSERT_EQ(seen_new(&seen), 0);
    for (uint64_t n = 1; n <= 300000; n++) {
        int rc;

        fails_at = 1;
        rc = seen_add(seen, key_of(n));
        fails_at = 0;
        if (rc == -ENOMEM) {
            failures++;
            rc = seen_add(seen, key_of(n));
        }
        ASSERT_EQ(rc, 1);
    }
    ASSERT_GT(failures, 256);
    for (uint64_t n = 1; n <= 300000; n++)
        ASSERT_EQ(seen_add(seen, key_of(n)), 0);
    seen_free(seen);
}
