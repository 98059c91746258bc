/* SPDX-License-Identifier: MIT */
/* work_test.h - what the tests of coil/work.h share */
#ifndef COIL_TESTS_WORK_TEST_H
#define COIL_TESTS_WORK_TEST_H

#include <coil/work.h>

/* The queue of the test. */
extern struct coil_work *work;

/* Open it in memory; `options` may be NULL. */
void open_work(const struct coil_work_options *options);
void close_work(void);

/* Put a job with this id; the body is the id. */
void put_job(const char *id, const char *group, int priority);

/* Get a job, which must be this one; and without waiting. */
void get_job(struct coil_job *job, const char *id);
void try_get_job(struct coil_job *job, const char *id);

/* There is no job now. */
void expect_none(void);

/* Put … done. */
void finish_job(const char *id);

void expect_same_stats(const struct coil_work_stats *stats,
                       const struct coil_work_stats *expected);

/* … of the queue of the test. */
void expect_stats(const struct coil_work_stats *expected);

#endif
