/* SPDX-License-Identifier: MIT */
/*
 * openssl_memory.h - OpenSSL lacks memory when a test says so
 *
 * A program with one of these functions in it gives OpenSSL its memory from the
 * beginning.
 */
#ifndef COIL_TESTS_OPENSSL_MEMORY_H
#define COIL_TESTS_OPENSSL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Let the n-th allocation from now, and with `forever` all after it, fail; 0:
 * none.  Returns how many there have been since the last call.
 */
size_t openssl_fail_allocation(size_t n, bool forever);

/*
 * Count one more allocation; whether it has to fail.  For a function of the test
 * that OpenSSL calls.
 */
bool openssl_has_to_fail(void);

#endif
