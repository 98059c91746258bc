/* SPDX-License-Identifier: MIT */
/* openssl_memory.c - OpenSSL lacks memory when a test says so */
#include "openssl_memory.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "test.h"

static size_t fails_at; /* 0: none */
static bool fails_on;
static size_t allocations;

bool openssl_has_to_fail(void)
{
    allocations++;
    return fails_at > 0 &&
           (fails_on ? allocations >= fails_at : allocations == fails_at);
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_has_to_fail() ? NULL : malloc(size);
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_has_to_fail() ? NULL : realloc(memory, size);
}

static void release(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

/* Before OpenSSL allocates anything. */
__attribute__((constructor)) static void take_over_memory(void)
{
    ASSERT_EQ(CRYPTO_set_mem_functions(allocate, reallocate, release), 1);
}

size_t openssl_fail_allocation(size_t n, bool forever)
{
    size_t made = allocations;

    fails_at = n;
    fails_on = forever;
    allocations = 0;
    return made;
}
