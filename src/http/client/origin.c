/* SPDX-License-Identifier: MIT */
#include "http/client/origin.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/platform.h"
#include "http/wire/text.h"

static uint32_t hash_of(const struct coil__http_url *url)
{
    uint32_t hash = COIL__HASH_BEGIN ^ url->port;

    for (size_t i = 0; i < url->host_size; i++)
        hash = coil__hash_byte(hash, coil__http_lower(url->host[i]));
    return hash;
}

static bool is_of(const struct coil__http_origin *o,
                  const struct coil__http_url *url)
{
    return o->port == url->port && o->is_secure == url->is_secure &&
           o->must_tunnel == url->must_tunnel &&
           coil__http_is_word(url->host, url->host_size, o->host);
}

static struct coil__http_origin *find(const struct coil__http_origins *origins,
                                      const struct coil__http_url *url,
                                      uint32_t hash)
{
    struct coil__table_entry *entry = coil__table_first(&origins->table, hash);

    for (; entry; entry = coil__table_next(entry)) {
        struct coil__http_origin *o =
            coil__container_of(entry, struct coil__http_origin, entry);

        if (is_of(o, url))
            return o;
    }
    return NULL;
}

int coil__http_origins_init(struct coil__http_origins *origins)
{
    return coil__table_init(&origins->table);
}

void coil__http_origins_fini(struct coil__http_origins *origins)
{
    coil__table_fini(&origins->table, NULL);
}

struct coil__http_origin *
coil__http_origins_get(struct coil__http_origins *origins,
                       const struct coil__http_url *url)
{
    uint32_t hash = hash_of(url);
    struct coil__http_origin *o = find(origins, url, hash);

    if (o)
        return o;
    o = coil__alloc(sizeof *o + url->host_size + 1);
    if (!o)
        return NULL;
    coil_event_init(&o->dialled);
    o->is_secure = url->is_secure;
    o->must_tunnel = url->must_tunnel;
    o->port = url->port;
    for (size_t i = 0; i < url->host_size; i++)
        o->host[i] = coil__http_lower(url->host[i]);
    coil__table_add(&origins->table, &o->entry, hash);
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
    if (origin->users > 0 || origin->idle.head)
        return;
    coil__table_remove(&origins->table, &origin->entry);
    coil__free(origin);
}
