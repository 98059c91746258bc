/* SPDX-License-Identifier: MIT */
/*
 * unix_test.h - names of Unix sockets: files of a test, or of the simulator
 */
#ifndef COIL_TESTS_UNIX_TEST_H
#define COIL_TESTS_UNIX_TEST_H

#include "stream_test.h"

/*
 * A name that nobody has, in a directory of the test; off the simulator its file
 * is removed first.  The text is good until the end of the test.
 */
const char *unix_name(const char *stem);

/* Whether there is a file of that name. */
bool has_file(const char *name);

#endif
