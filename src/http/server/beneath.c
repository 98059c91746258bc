/* SPDX-License-Identifier: MIT */
#include "http/server/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A FIFO must not block, and a terminal must not become ours. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* The kernel's struct open_how and flags, which old headers lack. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define NO_MAGIC_LINKS 0x02
#define BENEATH 0x08

struct how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

int coil__open_beneath_stepwise(int root, const char *path)
{
    int fd = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    while (fd >= 0) {
        char name[NAME_MAX + 1];
        size_t size = strcspn(path, "/");
        bool is_last = path[size + strspn(path + size, "/")] == '\0';
        int next;

        if (size > NAME_MAX) {
            close(fd);
            return -ENAMETOOLONG;
        }
        memcpy(name, path, size);
        name[size] = '\0';
        if (strcmp(name, "..") == 0) {
            close(fd);
            return -ENOENT;
        }
        next = openat(fd, size > 0 ? name : ".",
                      O_NOFOLLOW |
                          (is_last ? FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC));
        close(fd);
        fd = next;
        path += size + strspn(path + size, "/");
        if (is_last)
            break;
    }
    if (fd >= 0)
        return fd;
    return errno == ELOOP ? -ENOENT : -errno;
}

int coil__open_beneath(int root, const char *path)
{
    struct how how = { .flags = FLAGS, .resolve = BENEATH | NO_MAGIC_LINKS };
    long fd;

    path += strspn(path, "/");
    fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
    if (fd >= 0)
        return (int)fd;
    /* An old kernel, or a sandbox that does not know the call. */
    if (errno == ENOSYS || errno == EPERM)
        return coil__open_beneath_stepwise(root, path);
    return errno == EXDEV || errno == ELOOP ? -ENOENT : -errno;
}
