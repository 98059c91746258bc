/* SPDX-License-Identifier: MIT */
#include "base/bystanders.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t size;

    if (fd < 0)
        return 0;
    size = read(fd, status, sizeof status - 1);
    close(fd);
    if (size <= 0)
        return 0;
    status[size] = '\0';
    return parse(status);
}
