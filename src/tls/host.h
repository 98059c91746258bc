/* SPDX-License-Identifier: MIT */
/*
 * tls/host.h - the name or the address that a server must prove
 */
#ifndef COIL_TLS_HOST_H
#define COIL_TLS_HOST_H

#include <stdbool.h>

enum { COIL__TLS_MAX_HOST = 253 };

struct coil__tls_host {
    bool is_address;
    char text[COIL__TLS_MAX_HOST + 1]; /* without a zone or a last dot */
};

/* 0, or -EINVAL: neither a name in ASCII nor an address. */
int coil__tls_host_parse(struct coil__tls_host *host, const char *text);

#endif
