/* SPDX-License-Identifier: MIT */
/*
 * record_test.h - record a program, and read what coil-record shows of it
 */
#ifndef COIL_TESTS_RECORD_TEST_H
#define COIL_TESTS_RECORD_TEST_H

#include "child.h"
#include "program.h"
#include "test.h"

/* A folder for the files of a test.  It is made, and removed with all in it. */
const char *record_folder(void);
void record_end(void);

/*
 * Run fn(arg) as a program whose loops are recorded there, in a child process,
 * `the_child`, until it ends.
 */
void record_run(int (*fn)(void *arg), void *arg);

/* How many files the folder has. */
int record_count(void);

/* The path of a file, the n-th by name from 0 on.  Static storage. */
const char *record_path(int n);

/* Call coil-record with these words and the folder, or the file, at the end. */
const char *record_show(const char *const *words, const char *path);

/* The same, which must succeed: dump of the folder. */
const char *record_dump(void);

/* Those lines of the dump that grep -E finds. */
const char *record_find(const char *pattern);

/* The last call. */
extern struct program record_program;
extern int record_status;

#endif
