/* SPDX-License-Identifier: MIT */
#include "tls/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static bool is_address(const char *text)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, text, bytes) == 1 ||
           inet_pton(AF_INET6, text, bytes) == 1;
}

/* Underscores are in the names of some servers, though not in RFC 952. */
static bool is_name(const char *text)
{
    size_t label = 0;

    for (; *text; text++) {
        char c = *text;
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';

        if (c == '.' && label == 0)
            return false;
        if (c != '.' && (!is_letter || ++label > 63))
            return false;
        if (c == '.')
            label = 0;
    }
    return label > 0;
}

int coil__tls_host_parse(struct coil__tls_host *host, const char *text)
{
    size_t length = strlen(text);
    const char *zone = strchr(text, '%');

    /* The zone of fe80::1%eth0 says which way to go, not who is there. */
    if (zone && strchr(text, ':'))
        length = (size_t)(zone - text);
    else if (length > 1 && text[length - 1] == '.')
        length--;
    if (length > COIL__TLS_MAX_HOST)
        return -EINVAL;
    memcpy(host->text, text, length);
    host->text[length] = '\0';
    host->is_address = is_address(host->text);
    return host->is_address || is_name(host->text) ? 0 : -EINVAL;
}
