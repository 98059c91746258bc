/* SPDX-License-Identifier: MIT */
#include <coil/resolve.h>

#include <netdb.h>
#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "base/platform.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/host.h"
#include "net/resolver_ask.h"
#include "net/system_names.h"
#include "sched/wait.h"

static int copy_addresses(const struct coil__answer *answer, uint16_t port,
                          struct coil_address **out, size_t *count)
{
    size_t size = answer->count * sizeof **out;
    struct coil_address *addresses;

    if (answer->error)
        return answer->error;
    addresses = coil__alloc(size);
    if (!addresses)
        return -ENOMEM;
    memcpy(addresses, answer->addresses, size);
    for (size_t i = 0; i < answer->count; i++)
        coil__address_set_port(&addresses[i], port);
    *out = addresses;
    *count = answer->count;
    return 0;
}

/* A dot behind an address in numbers is as good as none. */
static void drop_last_dot(char *host)
{
    size_t length = strspn(host, "0123456789.");

    if (!host[length] && length > 1 && host[length - 1] == '.')
        host[length - 1] = '\0';
}

static int answer(struct coil_loop *loop, const char *host,
                  const struct coil_getaddrinfo_options *options,
                  struct coil__answer **out)
{
    char small[COIL__HOST_SIZE];
    struct coil__question q = { .host = small, .family = options->family };
    int rc;

    if (!host)
        return coil__system_names_at_once(NULL, options->family, out);
    if (!coil__host_copy(small, host))
        return -EINVAL;
    if (!strchr(small, '%'))
        drop_last_dot(small);
    else
        strcpy(small, host); /* the names of interfaces have large letters */
    rc = coil__system_names_at_once(small, options->family, out);
    if (rc != 1)
        return rc;
    if (options->numeric_only)
        return COIL_ERESOLVE(EAI_NONAME);
    return coil__resolver_ask(loop, &q, options->fresh, out);
}

int coil_getaddrinfo(const char *host, uint16_t port,
                     const struct coil_getaddrinfo_options *options,
                     struct coil_address **out, size_t *count)
{
    static const struct coil_getaddrinfo_options defaults;
    struct coil__answer *found = NULL;
    struct coil_loop *loop;
    int rc;

    *out = NULL;
    *count = 0;
    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    if (!options)
        options = &defaults;
    if (options->family != AF_UNSPEC && options->family != AF_INET &&
        options->family != AF_INET6)
        return -EINVAL;
    rc = answer(loop, host, options, &found);
    if (rc == 0)
        rc = copy_addresses(found, port, out, count);
    coil__answer_release(found);
    return rc;
}

int coil_resolve(const char *host, uint16_t port, struct coil_address **out,
                 size_t *count)
{
    return coil__keep_frame(coil_getaddrinfo(host, port, NULL, out, count));
}

void coil_addresses_free(struct coil_address *addresses)
{
    coil__free(addresses);
}
