/* SPDX-License-Identifier: MIT */
/* process.c - what this process has open, and how much more it may have */
#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

static struct rlimit limit;

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int n = 0;

    ASSERT_NOT_NULL(dir);
    while ((entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

int threads(void)
{
    return entries("/proc/self/task");
}

int descriptors(void)
{
    return entries("/proc/self/fd") - 1; /* that which reads them */
}

int next_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ASSERT_GE(fd, 0);
    close(fd);
    return fd;
}

void leave_descriptors(int n)
{
    struct rlimit low;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)(next_descriptor() + n);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
}

void leave_all(void)
{
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

bool has_ring(void)
{
    char path[32];
    char name[64] = "";

    for (int fd = 3; fd < 100; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, name, sizeof name - 1) > 0 &&
            strstr(name, "io_uring"))
            return true;
    }
    return false;
}
