/* SPDX-License-Identifier: MIT */
/*
 * http/client/upgrade.h - another protocol that a request asks for
 */
#ifndef COIL_HTTP_CLIENT_UPGRADE_H
#define COIL_HTTP_CLIENT_UPGRADE_H

#include <stdbool.h>

#include <coil/http.h>

struct coil__http_upgrade {
    const char *protocol;
    struct coil_http_header key; /* goes along over HTTP/1.1, and only there */
    bool
        tries_http2; /* a new connection may speak HTTP/2, if it has to be made */
};

#endif
