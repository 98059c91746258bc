/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet.h"

enum { MOST_WORDS = 32 };

pid_t fleet_start_engine(const struct fleet *fleet, const char *const *more)
{
    char socket[96];
    const char *argv[MOST_WORDS] = {
        "redis-server", "--unixsocket",  socket,   "--dir",
        fleet->folder,  "--save",        "",       "--appendonly",
        "yes",          "--appendfsync", "always", "--logfile",
        "redis.log",
    };
    size_t n = 13;
    pid_t pid;

    snprintf(socket, sizeof socket, "%s/socket", fleet->folder);
    for (; *more; more++)
        argv[n++] = *more;
    pid = fleet_fork();
    if (pid > 0)
        return pid;
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(77);
}

void fleet_kill(pid_t pid, const char *what)
{
    int status;

    kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid)
        fleet_fail("%s is not there", what);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fleet_fail("%s had ended by itself: status %x", what, status);
}
