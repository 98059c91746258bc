/* SPDX-License-Identifier: MIT */
/*
 * listener_inherit.c - the sockets that a service manager has opened
 *
 * LISTEN_PID says for which process they are, LISTEN_FDS how many there are,
 * from descriptor 3 on, and LISTEN_FDNAMES their names, with colons between
 * them.
 */
#include <coil/listener.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/error.h>

#include "backend/sys.h"

enum { FIRST = 3, MOST = 256 };

/* A number of the environment, or -1. */
static long number_of(const char *key)
{
    const char *text = getenv(key);
    char *end;
    long number;

    if (!text || text[0] < '0' || text[0] > '9')
        return -1;
    errno = 0;
    number = strtol(text, &end, 10);
    return *end || errno ? -1 : number;
}

/* Whether the next of `names` is `name`; `*names` goes on to the one behind. */
static bool take_name(const char **names, const char *name)
{
    size_t length = strcspn(*names, ":");
    bool is_equal =
        length == strlen(name) && strncmp(*names, name, length) == 0;

    *names += length;
    if (**names == ':')
        ++*names;
    return is_equal;
}

/* Whether it listens for streams, and nobody has taken it. */
static bool is_free(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && !(flags & FD_CLOEXEC) &&
           coil__sys_check_listener(fd) == 0;
}

int coil_listener_inherit(struct coil_listener **out, const char *name)
{
    const char *names = getenv("LISTEN_FDNAMES");
    long count = number_of("LISTEN_FDS");
    int fds[MOST];
    size_t found = 0;

    *out = NULL;
    if (number_of("LISTEN_PID") != (long)getpid())
        return -ENOENT;
    if (!names)
        names = "";
    for (int fd = FIRST; fd < FIRST + MOST && fd - FIRST < count; fd++) {
        bool is_named = !name || take_name(&names, name);

        if (is_named && is_free(fd))
            fds[found++] = fd;
    }
    return found > 0 ? coil_listener_adopt(out, fds, found) : -ENOENT;
}
