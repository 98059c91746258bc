/* SPDX-License-Identifier: MIT */
/*
 * The process has one resolver, so what this file keeps is the process's as well.
 * The port of --resolve is not looked at: a name means the same for all ports.
 */
#include "run/names.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/cares.h>
#include <coil/error.h>
#include <coil/resolver.h>

struct fixed_name {
    char *host;
    struct coil_address address;
};

static struct fixed_name *fixed;
static size_t fixed_count;
static int family;

static bool read_address(const char *text, struct coil_address *out)
{
    struct sockaddr_in six_or_four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

    *out = (struct coil_address){ 0 };
    if (inet_pton(AF_INET, text, &six_or_four.sin_addr) == 1) {
        memcpy(&out->storage, &six_or_four, sizeof six_or_four);
        out->length = sizeof six_or_four;
        return true;
    }
    if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
        memcpy(&out->storage, &six, sizeof six);
        out->length = sizeof six;
        return true;
    }
    return false;
}

/* "host:port:address", the address perhaps in brackets. */
static int read_one(const char *text, struct fixed_name *out)
{
    const char *port = strchr(text, ':');
    const char *address = port ? strchr(port + 1, ':') : NULL;
    char plain[64];
    size_t size;

    if (!address || port == text)
        return -EINVAL;
    address++;
    size = strlen(address);
    if (*address == '[' && size > 2) {
        address++;
        size -= 2;
    }
    if (size >= sizeof plain)
        return -EINVAL;
    memcpy(plain, address, size);
    plain[size] = '\0';
    if (!read_address(plain, &out->address))
        return -EINVAL;
    out->host = strndup(text, (size_t)(port - text));
    return out->host ? 0 : -ENOMEM;
}

static int look_up(struct coil_lookup *lookup, void *arg)
{
    const struct coil_resolver_source *source = coil_cares_source();
    int rc = 0;

    (void)arg;
    for (size_t i = 0; i < fixed_count && rc == 0; i++)
        if (strcasecmp(fixed[i].host, lookup->host) == 0)
            rc = coil_lookup_add(lookup, &fixed[i].address);
    if (rc < 0 || lookup->count > 0)
        return rc;
    if (family != 0)
        lookup->family = family;
    return source->look_up(lookup, source->arg);
}

int names_open(const struct options *options)
{
    static const struct coil_resolver_source source = { .name = "--resolve",
                                                        .look_up = look_up };
    const struct option_list *texts = &options->resolve;

    family = options->ip_version == 4   ? AF_INET
             : options->ip_version == 6 ? AF_INET6
                                        : 0;
    if (texts->count == 0 && family == 0)
        return 0;
    fixed = calloc(texts->count + 1, sizeof *fixed);
    if (!fixed)
        return -ENOMEM;
    for (size_t i = 0; i < texts->count; i++) {
        int rc = read_one(texts->texts[i], &fixed[i]);

        if (rc < 0) {
            fprintf(stderr,
                    "coil-fetch: --resolve %s: one is "
                    "example.org:443:127.0.0.1\n",
                    texts->texts[i]);
            return rc;
        }
        fixed_count++;
    }
    return coil_resolver_configure(
        &(struct coil_resolver_options){ .source = &source });
}

void names_close(void)
{
    if (fixed)
        (void)!coil_resolver_configure(NULL);
    for (size_t i = 0; i < fixed_count; i++)
        free(fixed[i].host);
    free(fixed);
    fixed = NULL;
    fixed_count = 0;
}
