/* SPDX-License-Identifier: MIT */
#include "inspect/blocking.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *functions; /* a blank after each */
    const char *cure;
} cures[] = {
    { "sleep usleep nanosleep clock_nanosleep ", "use coil_sleep()" },
    { "getaddrinfo gethostbyname gethostbyname_r getnameinfo ",
      "use coil_resolve()" },
    { "connect ", "use coil_tcp_connect()" },
    { "accept accept4 ", "use coil_listener_accept()" },
    { "poll ppoll select pselect epoll_wait epoll_pwait ",
      "use coil_wait_fd()" },
    { "read readv recv recvfrom recvmsg write writev send sendto sendmsg ",
      "use a stream, or call coil_wait_fd() first" },
    { "open openat fopen fread fwrite fgets getline fflush fsync ",
      "use coil/file.h, or call it by coil_to_thread()" },
    { "wait wait3 wait4 waitpid waitid system pclose ", "use coil/process.h" },
    { "pause sigwait sigwaitinfo sigsuspend ", "use coil_wait_signal()" },
    { "flock lockf sem_wait pthread_join pthread_mutex_lock pthread_cond_wait ",
      "call it by coil_to_thread()" },
};

/* A C library has names of its own for the same function: __GI___poll. */
static const char *name_in_manual(const char *function)
{
    function += strspn(function, "_");
    if (strncmp(function, "GI_", 3) == 0 || strncmp(function, "libc_", 5) == 0)
        function = strchr(function, '_');
    return function + strspn(function, "_");
}

static bool is_among(const char *name, const char *functions)
{
    size_t length = strlen(name);

    for (const char *at = functions; *at; at = strchr(at, ' ') + 1)
        if (strncmp(at, name, length) == 0 && at[length] == ' ')
            return true;
    return false;
}

const char *coil__blocking_cure(const char *function)
{
    const char *name = name_in_manual(function);

    for (size_t i = 0; i < sizeof cures / sizeof *cures; i++)
        if (is_among(name, cures[i].functions))
            return cures[i].cure;
    return NULL;
}
