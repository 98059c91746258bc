/* SPDX-License-Identifier: MIT */
#include "net/tcp_options.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/socket.h"

/* The kernel's limits. */
enum { SECONDS_MAX = 32767, PROBES_MAX = 127 };

static bool is_in_range(coil_time time, coil_time most)
{
    return time >= 0 && time <= most;
}

int coil__tcp_options_check(const struct coil_tcp_options *o)
{
    bool is_valid =
        is_in_range(o->keep_alive, SECONDS_MAX * COIL_SECOND) &&
        is_in_range(o->keep_alive_interval, SECONDS_MAX * COIL_SECOND) &&
        is_in_range(o->user_timeout, INT_MAX * COIL_MILLISECOND) &&
        o->keep_alive_probes <= PROBES_MAX;

    return is_valid ? 0 : -EINVAL;
}

/* `time` in units, rounded up. */
static int units(coil_time time, coil_time unit)
{
    return (int)(time / unit + (time % unit != 0));
}

int coil__tcp_options_set(struct coil__backend *backend, int fd,
                          const struct coil_tcp_options *o)
{
    const struct coil__socket_option all[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1, o->keep_alive > 0 },
        { IPPROTO_TCP, TCP_KEEPIDLE, units(o->keep_alive, COIL_SECOND),
          o->keep_alive > 0 },
        { IPPROTO_TCP, TCP_KEEPINTVL,
          units(o->keep_alive_interval, COIL_SECOND),
          o->keep_alive_interval > 0 },
        { IPPROTO_TCP, TCP_KEEPCNT, (int)o->keep_alive_probes,
          o->keep_alive_probes > 0 },
        { IPPROTO_TCP, TCP_USER_TIMEOUT,
          units(o->user_timeout, COIL_MILLISECOND), o->user_timeout > 0 },
        { IPPROTO_TCP, TCP_NODELAY, 0, o->delays },
    };

    return coil__socket_set_options(backend, fd, all, sizeof all / sizeof *all);
}
