/* SPDX-License-Identifier: MIT */
/*
 * inotify.c - a descriptor of the kernel's: what happens in a directory
 *
 *     inotify DIRECTORY [N]      ends after N events
 *
 * Any descriptor that poll(2) can wait for is used so: a task waits until it is
 * ready, and then reads it.  The descriptor must not block.  For files and
 * directories there is more in coil/file_watch.h.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <coil.h>

static long wanted;

static void show(const struct inotify_event *event)
{
    printf("%s %s\n",
           event->mask & IN_DELETE   ? "deleted"
           : event->mask & IN_CREATE ? "created"
                                     : "written",
           event->len ? event->name : ".");
    wanted--;
}

static int read_events(int fd)
{
    _Alignas(struct inotify_event) char buffer[4096];
    int rc = coil_wait_fd(fd, COIL_READABLE);
    ssize_t size;

    if (rc < 0)
        return rc;
    size = read(fd, buffer, sizeof buffer);
    if (size < 0)
        return errno == EAGAIN ? 0 : -errno;
    for (char *at = buffer; at < buffer + size;) {
        const struct inotify_event *event = (void *)at;

        show(event);
        at += sizeof *event + event->len;
    }
    fflush(stdout);
    return 0;
}

static int watch(void *directory)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (inotify_add_watch(fd, directory,
                          IN_CREATE | IN_CLOSE_WRITE | IN_DELETE) < 0)
        rc = -errno;
    if (rc == 0)
        printf("watching\n");
    fflush(stdout);
    while (rc == 0 && wanted > 0)
        rc = read_events(fd);
    close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    wanted = argc > 2 ? atol(argv[2]) : LONG_MAX;
    return argc > 1 ? coil_run_status(coil_run(watch, argv[1])) : 2;
}
