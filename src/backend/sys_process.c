/* SPDX-License-Identifier: MIT */
#include "backend/sys_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 5.3 and 5.1; the numbers are those of all processors. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define ID_OF_PIDFD ((idtype_t)3) /* P_PIDFD, Linux 5.4 */

/* Linux 6.13; EXIT is of Linux 6.15. */
struct pidfd_info {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t pids_and_users[11];
    int32_t exit_code;
};

#define PIDFD_INFO_EXIT ((uint64_t)1 << 3)
#define PIDFD_GET_INFO _IOWR(0xFF, 11, struct pidfd_info)

int coil__sys_pidfd(pid_t pid)
{
    long fd = syscall(SYS_pidfd_open, pid, 0);

    return fd < 0 ? -1 : (int)fd;
}

int coil__sys_signal_process(int pidfd, pid_t pid, int number)
{
    if (pidfd >= 0) {
        if (syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0)
            return 0;
        if (errno == ESRCH || errno == EINVAL)
            return -errno;
        /* A sandbox may forbid the call; the number is as good until reaped. */
    }
    return kill(pid, number) < 0 ? -errno : 0;
}

/* As waitid(), for this child alone.  0 or an error. */
static int wait_for(int pidfd, pid_t pid, siginfo_t *info, int options)
{
    int rc;

    do {
        info->si_pid = 0;
        rc = pidfd < 0 ? waitid(P_PID, (id_t)pid, info, options)
                       : waitid(ID_OF_PIDFD, (id_t)pidfd, info, options);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

/* An older kernel, or a sandbox, does not know the descriptor. */
static int wait_by_any(int pidfd, pid_t pid, siginfo_t *info, int options)
{
    int rc = wait_for(pidfd, pid, info, options);

    if (pidfd >= 0 && rc < 0 && rc != -ECHILD)
        rc = wait_for(-1, pid, info, options);
    return rc;
}

int coil__sys_has_ended(int pidfd, pid_t pid)
{
    siginfo_t info;
    int rc = wait_by_any(pidfd, pid, &info, WEXITED | WNOHANG | WNOWAIT);

    if (rc < 0)
        return rc;
    return info.si_pid != 0;
}

/* The kernel remembers for the descriptor what somebody else has reaped. */
static int remember(int pidfd, int *status)
{
    struct pidfd_info info = { .mask = PIDFD_INFO_EXIT };

    if (pidfd < 0 || ioctl(pidfd, PIDFD_GET_INFO, &info) < 0 ||
        !(info.mask & PIDFD_INFO_EXIT))
        return -ECHILD;
    *status = info.exit_code;
    return 1;
}

/* As a number of waitpid(): the low byte is the signal. */
static int status_of(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8
                                       : info->si_status & 0x7f;
}

int coil__sys_reap(int pidfd, pid_t pid, int *status)
{
    siginfo_t info;
    int rc = wait_by_any(pidfd, pid, &info, WEXITED | WNOHANG);

    if (rc < 0)
        return remember(pidfd, status);
    if (info.si_pid == 0)
        return 0;
    *status = status_of(&info);
    return 1;
}

void coil__sys_reap_now(pid_t pid)
{
    siginfo_t info;

    (void)wait_for(-1, pid, &info, WEXITED);
}
