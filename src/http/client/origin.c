/* SPDX-License-Identifier: MIT */
#include "http/client/origin.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "http/wire/text.h"

enum { FIRST_BUCKETS = 16 };

static size_t hash_of(const struct coil__http_url *url)
{
    uint32_t hash = COIL__HASH_BEGIN ^ url->port;

    for (size_t i = 0; i < url->host_size; i++)
        hash = coil__hash_byte(hash, coil__http_lower(url->host[i]));
    return hash;
}

static struct coil__http_origin **
bucket_of(const struct coil__http_origins *origins, size_t hash)
{
    return &origins->buckets[hash & (origins->bucket_count - 1)];
}

/* Double the buckets.  Without memory for them the chains get longer. */
static void grow(struct coil__http_origins *origins)
{
    struct coil__http_origin **old = origins->buckets;
    size_t old_count = origins->bucket_count;
    struct coil__http_origin **wider =
        coil__alloc(old_count * 2 * sizeof *wider);

    if (!wider)
        return;
    origins->buckets = wider;
    origins->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct coil__http_origin *o = old[i];
            struct coil__http_origin **to = bucket_of(origins, o->hash);

            old[i] = o->next;
            o->next = *to;
            *to = o;
        }
    }
    coil__free(old);
}

static struct coil__http_origin *find(const struct coil__http_origins *origins,
                                      const struct coil__http_url *url,
                                      size_t hash)
{
    struct coil__http_origin *o = *bucket_of(origins, hash);

    while (o && (o->hash != hash || o->port != url->port ||
                 o->is_secure != url->is_secure ||
                 o->must_tunnel != url->must_tunnel ||
                 !coil__http_is_word(url->host, url->host_size, o->host)))
        o = o->next;
    return o;
}

int coil__http_origins_init(struct coil__http_origins *origins)
{
    origins->buckets = coil__alloc(FIRST_BUCKETS * sizeof *origins->buckets);
    if (!origins->buckets)
        return -ENOMEM;
    origins->bucket_count = FIRST_BUCKETS;
    return 0;
}

void coil__http_origins_fini(struct coil__http_origins *origins)
{
    coil__free(origins->buckets);
}

struct coil__http_origin *
coil__http_origins_get(struct coil__http_origins *origins,
                       const struct coil__http_url *url)
{
    size_t hash = hash_of(url);
    struct coil__http_origin *o = find(origins, url, hash);
    struct coil__http_origin **bucket;

    if (o)
        return o;
    o = coil__alloc(sizeof *o + url->host_size + 1);
    if (!o)
        return NULL;
    if (origins->count >= origins->bucket_count)
        grow(origins);

    coil_event_init(&o->dialled);
    o->hash = hash;
    o->is_secure = url->is_secure;
    o->must_tunnel = url->must_tunnel;
    o->port = url->port;
    for (size_t i = 0; i < url->host_size; i++)
        o->host[i] = coil__http_lower(url->host[i]);
    bucket = bucket_of(origins, hash);
    o->next = *bucket;
    *bucket = o;
    origins->count++;
    return o;
}

struct coil__http_origin *
coil__http_origins_find(const struct coil__http_origins *origins,
                        const struct coil__http_url *url)
{
    return find(origins, url, hash_of(url));
}

void coil__http_origins_drop(struct coil__http_origins *origins,
                             struct coil__http_origin *origin)
{
    struct coil__http_origin **link = bucket_of(origins, origin->hash);

    if (origin->users > 0 || origin->idle.head)
        return;
    while (*link != origin)
        link = &(*link)->next;
    *link = origin->next;
    origins->count--;
    coil__free(origin);
}
