/* SPDX-License-Identifier: MIT */
#include "net/resolver_ask.h"

#include <errno.h>

#include "net/resolver.h"
#include "net/resolver_lookup.h"
#include "net/resolver_source.h"
#include "net/resolver_thread.h"

/* NULL: the system, which needs no task. */
static const struct coil_resolver_source *
choose(const struct coil_resolver_options *options, bool is_simulated)
{
    const struct coil_resolver_source *source = options->source;

    if (!source && !is_simulated)
        source = coil__resolver_offered();
    return source == coil_resolver_system() ? NULL : source;
}

static int begin(struct coil_loop *loop, const struct coil__question *q,
                 bool fresh, struct coil__name_cache *cache,
                 struct coil__lookup **out)
{
    struct coil_resolver_options options = coil__resolver_options();
    struct coil__lookup *l = coil__lookup_new(loop, q);
    int rc;

    if (!l)
        return -ENOMEM;
    l->cache = cache;
    l->is_fresh = fresh || options.no_cache;
    l->source = choose(&options, l->is_simulated);
    rc = l->source ? coil__lookup_by_source(l) : coil__lookup_by_thread(l);
    if (rc < 0) {
        coil__lookup_destroy(l);
        return rc;
    }
    if (!l->source)
        coil__lookup_enlist(l);
    *out = l;
    return 0;
}

int coil__resolver_ask(struct coil_loop *loop, const struct coil__question *q,
                       bool fresh, struct coil__answer **answer)
{
    struct coil__name_cache *cache = coil__name_cache_of(loop);
    struct coil__lookup *l;
    int rc;

    if (!cache)
        return -ENOMEM;
    *answer = fresh ? NULL : coil__name_cache_find(cache, q);
    if (*answer) {
        coil__resolver_count(COIL__RESOLVER_KEPT);
        return 0;
    }
    l = coil__lookup_find(loop, q);
    if (l) {
        coil__resolver_count(COIL__RESOLVER_JOINED);
    } else {
        rc = begin(loop, q, fresh, cache, &l);
        if (rc < 0)
            return rc;
    }
    return coil__lookup_await(loop, l, answer);
}
