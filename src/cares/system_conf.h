/* SPDX-License-Identifier: MIT */
/*
 * cares/system_conf.h - what the files of /etc say that c-ares does not read, and
 * which names the system must be asked for therefore
 */
#ifndef COIL_CARES_SYSTEM_CONF_H
#define COIL_CARES_SYSTEM_CONF_H

#include <stdbool.h>

/* The paths of the files. */
struct coil__cares_files {
    const char *nsswitch_conf;
    const char *resolv_conf;
    const char *hosts;
    const char *resolved; /* the socket of systemd-resolved, if that runs */
};

/*
 * What resolv.conf says, RES_OPTIONS included.  The defaults and limits are those
 * of getaddrinfo().
 */
struct coil__cares_conf {
    int seconds;  /* for one server: 5 */
    int attempts; /* with all servers: 2 */
    bool is_for_system;
    bool has_stub; /* systemd-resolved is a server */
};

/* `more` is the value of RES_OPTIONS, or NULL. */
struct coil__cares_conf coil__cares_conf(const char *resolv_conf,
                                         const char *more);

/*
 * Whether the system must be asked for `host`.  Files that are not there are no
 * reason to.  Files that are there and cannot be opened are one, as with a lack
 * of descriptors: the system says what is wrong.
 */
bool coil__cares_is_for_system(const struct coil__cares_files *files,
                               const struct coil__cares_conf *conf,
                               const char *host);

#endif
