/* SPDX-License-Identifier: MIT */
#include "base/bystanders.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

atomic_uint coil__bystanders;
atomic_uint coil__jobs;

/* The whole file is some 1500 bytes. */
enum { STATUS_SIZE = 4096 };

/* Of "Threads:\t3\n" at the beginning of a line. */
static unsigned parse(const char *status)
{
    const char *line = strstr(status, "\nThreads:");
    long count = line ? strtol(line + strlen("\nThreads:"), NULL, 10) : 0;

    return count > 0 ? (unsigned)count : 0;
}

unsigned coil__count_threads(void)
{
    char status[STATUS_SIZE];

    return coil__file_peek("/proc/self/status", status, sizeof status)
               ? parse(status)
               : 0;
}
