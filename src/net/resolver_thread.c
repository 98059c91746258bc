/* SPDX-License-Identifier: MIT */
#include "net/resolver_thread.h"

#include <errno.h>

#include "base/platform.h"
#include "net/address_order.h"
#include "net/resolver.h"
#include "net/system_names.h"

/* On the simulator nothing may depend on the machine's own addresses. */
static void put_in_order(struct coil__lookup *l)
{
    int rc = 0;

    if (l->answer && !l->is_simulated)
        rc = coil__address_order(l->answer->addresses, l->answer->count);
    if (rc < 0) {
        coil__answer_release(l->answer);
        l->answer = NULL;
        l->error = rc;
    }
}

/* Runs in a thread; on the simulator, in the loop's. */
static void work_in_thread(struct coil__call *call)
{
    struct coil__lookup *l =
        coil__container_of(call, struct coil__lookup, call);

    /* Another loop may have asked while this job was waiting for a thread. */
    if (l->cache && !l->is_fresh)
        l->answer = coil__name_cache_find(l->cache, &l->question);
    if (l->answer)
        return;
    if (l->cache)
        coil__resolver_count(COIL__RESOLVER_ASKED);
    l->error = -EOWNERDEAD; /* unless it returns */
    l->answer = coil__system_names_ask(l->host, l->question.family);
    l->error = -ENOMEM; /* if there is no answer */
    put_in_order(l);
    coil__lookup_keep(l);
}

static void thread_is_done(struct coil__call *call)
{
    struct coil__lookup *l =
        coil__container_of(call, struct coil__lookup, call);

    if (call->job.error)
        l->error = call->job.error;
    coil__lookup_tell(l);
}

static void destroy_call(struct coil__call *call)
{
    coil__lookup_destroy(coil__container_of(call, struct coil__lookup, call));
}

int coil__lookup_by_thread(struct coil__lookup *l)
{
    l->call.work = work_in_thread;
    l->call.done = thread_is_done;
    l->call.destroy = destroy_call;
    return coil__call_begin(coil__system_names_pool(), &l->call);
}
