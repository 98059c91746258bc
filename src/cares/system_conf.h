/* SPDX-License-Identifier: MIT */
/*
 * cares/system_conf.h - what /etc/nsswitch.conf and /etc/resolv.conf say that
 * c-ares does not read
 */
#ifndef COIL_CARES_SYSTEM_CONF_H
#define COIL_CARES_SYSTEM_CONF_H

#include <stdbool.h>

/*
 * Whether the system must be asked for `host`, by the file nsswitch.conf at
 * `path`.  Without the file, or without a line `hosts:`, it need not.
 */
bool coil__cares_is_for_system(const char *path, const char *host);

struct coil__cares_patience {
    int seconds;  /* for one server: 5 */
    int attempts; /* with all servers: 2 */
};

/*
 * The defaults and limits of getaddrinfo(), changed by the lines `options` of
 * the file resolv.conf at `path`, then by `more`, options as in RES_OPTIONS, or
 * NULL.
 */
struct coil__cares_patience coil__cares_patience(const char *path,
                                                 const char *more);

#endif
