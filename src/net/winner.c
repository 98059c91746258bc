/* SPDX-License-Identifier: MIT */
#include "net/winner.h"

#include <string.h>

#include "net/address.h"
#include "net/host.h"
#include "net/name_cache.h"
#include "net/resolver.h"

#define WINNER_TTL (10 * COIL_MINUTE)

/* The cache, and what to ask it.  NULL: there is nothing to ask. */
static struct coil__name_cache *question_of(const char *host,
                                            char small[COIL__HOST_SIZE],
                                            struct coil__question *q)
{
    if (!host || !coil__host_copy(small, host))
        return NULL;
    *q =
        (struct coil__question){ .host = small, .family = COIL__FAMILY_WINNER };
    return coil__name_cache_of(coil_loop_current());
}

static bool is_equal(const struct coil_address *a, struct coil_address b)
{
    coil__address_set_port(&b, coil_address_port(a));
    return a->length == b.length &&
           memcmp(&a->storage, &b.storage, a->length) == 0;
}

static void move_to_front(struct coil_address *addresses, size_t i)
{
    struct coil_address first = addresses[i];

    memmove(addresses + 1, addresses, i * sizeof *addresses);
    addresses[0] = first;
}

void coil__winner_put_first(const char *host, struct coil_address *addresses,
                            size_t count)
{
    char small[COIL__HOST_SIZE];
    struct coil__answer *answer;
    struct coil__question q;
    struct coil__name_cache *cache;

    if (count < 2)
        return;
    cache = question_of(host, small, &q);
    answer = cache ? coil__name_cache_find(cache, &q) : NULL;
    for (size_t i = 0; answer && i < count; i++) {
        if (is_equal(&addresses[i], answer->addresses[0])) {
            move_to_front(addresses, i);
            break;
        }
    }
    coil__answer_release(answer);
}

void coil__winner_remember(const char *host, const struct coil_address *address)
{
    struct coil_resolver_options options = coil__resolver_options();
    char small[COIL__HOST_SIZE];
    struct coil__name_cache *cache;
    struct coil__answer *answer;
    struct coil__question q;

    cache = options.no_cache ? NULL : question_of(host, small, &q);
    answer = cache ? coil__answer_new(0, address, 1) : NULL;
    if (!answer)
        return;
    coil__name_cache_keep(cache, &q, answer, WINNER_TTL, options.names_max,
                          coil__name_cache_generation());
    coil__answer_release(answer);
}
