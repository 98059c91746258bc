/* SPDX-License-Identifier: MIT */
/*
 * coil/tcp_options.h - what may be asked of a TCP connection
 */
#ifndef COIL_TCP_OPTIONS_H
#define COIL_TCP_OPTIONS_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Zeroed is the default of everything.  Times are rounded up to what the kernel
 * counts in: seconds, or milliseconds for `user_timeout`.  A value out of range
 * is -EINVAL from the function that takes the options, with nothing opened.
 */
struct coil_tcp_options {
    /*
     * When nothing has come for so long, ask the other side whether it is still
     * there (SO_KEEPALIVE, TCP_KEEPIDLE); 0: never.  At most 32767 s.
     */
    coil_time keep_alive;
    coil_time
        keep_alive_interval;    /* between questions; 0: the system's, 75 s */
    unsigned keep_alive_probes; /* 0: the system's, 9; at most 127 */
    /*
     * How long what was sent may be without an answer of the other side's
     * kernel; then the connection is broken, with -ETIMEDOUT (TCP_USER_TIMEOUT,
     * RFC 5482).  It limits the questions of `keep_alive` as well.  0: the
     * system's, some 15 minutes.  At most 2^31 - 1 ms.
     */
    coil_time user_timeout;
    /*
     * Wait for more before a small packet is sent (Nagle's algorithm), which
     * saves packets and costs time.  Without it: TCP_NODELAY.
     */
    bool delays;
    void *reserved[4];
};

#ifdef __cplusplus
}
#endif

#endif
