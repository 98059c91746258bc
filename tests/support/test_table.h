/* SPDX-License-Identifier: MIT */
/*
 * test_table.h - a test for each row of a table
 *
 *     __attribute__((constructor)) static void make_tests(void)
 *     {
 *         for (size_t i = 0; i < row_count; i++)
 *             add_test(__FILE__, "prefix", rows[i].name, play, &rows[i]);
 *     }
 */
#ifndef COIL_TESTS_TEST_TABLE_H
#define COIL_TESTS_TEST_TABLE_H

/*
 * Make the test <prefix>_<name>, whose body is body_of(subject).  The name is
 * copied; the file and the subject are kept until the program ends.
 */
void add_test(const char *file, const char *prefix, const char *name,
              void (*body_of)(const void *subject), const void *subject);

#endif
