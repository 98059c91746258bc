/* SPDX-License-Identifier: MIT */
/* fork_test.c - what the programs fork and fork_threads share */
#include "fork_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/platform.h"

/* ---- a sanitizer's locks ---- */

/* What the kernel says that a thread does: 'S' sleeps, 'R' runs, 0 has ended. */
static char thread_state(const char *tid)
{
    char text[512];
    const char *end;
    ssize_t n;
    int fd;

    snprintf(text, sizeof(text), "/proc/self/task/%.20s/stat", tid);
    fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    end = strrchr(text, ')'); /* the name may have spaces */
    return end && end[1] ? end[2] : '\0';
}

static bool other_threads_sleep(void)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;
    bool sleep = true;

    ASSERT_NOT_NULL(dir);
    while (sleep && (entry = readdir(dir))) {
        char state = 0;

        if (entry->d_name[0] != '.' && atoi(entry->d_name) != gettid())
            state = thread_state(entry->d_name);
        sleep = state == 'S' || state == 0;
    }
    closedir(dir);
    return sleep;
}

/* How often they are looked at in all: those of some tests never sleep. */
static int looks = 2000;

/*
 * ASan's allocator has locks, which a fork leaves locked in the child when another
 * thread holds them.  A thread that sleeps holds none.
 */
static void wait_for_other_threads(void)
{
    for (int seen = 0; seen < 2 && looks > 0; looks--) {
        seen = other_threads_sleep() ? seen + 1 : 0;
        if (seen == 0)
            sched_yield();
    }
}

__attribute__((constructor)) static void keep_locks_of_sanitizers(void)
{
#ifdef COIL_ASAN
    pthread_atfork(wait_for_other_threads, NULL, NULL);
#else
    (void)wait_for_other_threads;
#endif
}

/* ---- children ---- */

pid_t fork_and(void (*body)(void *arg), void *arg)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    ASSERT_GE(pid, 0);
    if (pid > 0)
        return pid;
    alarm(20);
    body(arg);
    _exit(GOOD);
}

void await_child(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        ASSERT_EQ(errno, EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
        FAIL("the child ended with the wait status 0x%x", (unsigned)status);
}

int seven(void *arg)
{
    (void)arg;
    return 7;
}

int do_some(void *arg)
{
    int rc;

    (void)arg;
    ASSERT_EQ(coil_to_thread(seven, NULL), 7);
    rc = coil_sleep(COIL_MILLISECOND);
    return rc < 0 ? rc : 5;
}

/* ---- a task that forks ---- */

pid_t child_of_task;
