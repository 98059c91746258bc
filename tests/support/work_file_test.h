/* SPDX-License-Identifier: MIT */
/* work_file_test.h - what the tests of queues in files share: work_test.h, file_test.h */
#ifndef COIL_TESTS_WORK_FILE_TEST_H
#define COIL_TESTS_WORK_FILE_TEST_H

#include "file_test.h"
#include "work_test.h"

/* Open the queue of the test in the folder `name` of its directory. */
int try_open_file(const char *name, const struct coil_work_options *options);
void open_file(const char *name, const struct coil_work_options *options);

/* Close it and open it again. */
void reopen_file(const char *name, const struct coil_work_options *options);

/* The journal of a folder as it lies in the file; the caller frees it. */
char *read_journal(const char *name, size_t *size);

/* A folder with this journal, as it was found after a crash. */
void write_journal(const char *name, const char *bytes, size_t size);

/*
 * The process dies here, and another opens what it has written: the folder `copy`
 * becomes the queue of the test.  `*old` is what it was before, to be closed.
 */
void crash(const char *name, const char *copy,
           const struct coil_work_options *options, struct coil_work **old);

#endif
