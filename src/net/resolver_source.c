/* SPDX-License-Identifier: MIT */
#include "net/resolver_source.h"

#include <netdb.h>
#include <stdio.h>

#include <coil/error.h>
#include <coil/task.h>

#include "base/memory.h"
#include "loop/loop.h"
#include "net/address_order.h"
#include "net/resolver.h"
#include "net/resolver_thread.h"

static int error_of_source(const struct coil__lookup *l, int rc)
{
    if (rc == -ECANCELED) /* by somebody else: those who wait still wait */
        return COIL_ERESOLVE(EAI_AGAIN);
    if (rc < 0)
        return rc;
    return l->given.count > 0 ? 0 : COIL_ERESOLVE(EAI_NONAME);
}

/* The source's function. */
static int run_source(void *arg)
{
    struct coil__lookup *l = *(struct coil__lookup **)arg;
    int rc;

    l->given.host = l->host;
    l->given.family = l->question.family;
    l->given.ttl = -1;
    rc = l->source->look_up(&l->given, l->source->arg);
    l->error = error_of_source(l, rc);
    l->answer = coil__answer_new(l->error, l->given.addresses,
                                 l->error ? 0 : l->given.count);
    if (!l->answer) {
        l->error = -ENOMEM;
        return 0;
    }
    l->answer->ttl = l->given.ttl;
    if (rc != -ECANCELED)
        coil__lookup_keep(l);
    return 0;
}

/* The source's task has ended, or its loop has. */
static void source_is_done(void *arg)
{
    struct coil__lookup *l = *(struct coil__lookup **)arg;

    coil_task_release(l->task);
    l->task = NULL;
    coil__lookup_tell(l);
    coil__lookup_release(l);
}

int coil__lookup_by_source(struct coil__lookup *l)
{
    char name[32];
    struct coil_task_options options = { .name = name,
                                         .arg_size = sizeof l,
                                         .arg_destroy = source_is_done,
                                         .eager = true };

    snprintf(name, sizeof name, "resolve %.23s", l->host);
    atomic_init(&l->call.refs, 2);
    coil__resolver_count(COIL__RESOLVER_ASKED);
    l->error = COIL_ERESOLVE(EAI_AGAIN); /* unless the source returns */
    coil__lookup_enlist(l); /* the task begins at once, and may end at once */
    return coil_task_create_with(&l->task, run_source, &l, &options);
}

/* ---- for sources ---------------------------------------------------------- */

int coil_lookup_add(struct coil_lookup *lookup,
                    const struct coil_address *address)
{
    int family = address->storage.ss_family;
    struct coil_address *more;

    if ((family != AF_INET && family != AF_INET6) ||
        (lookup->family != AF_UNSPEC && lookup->family != family))
        return 0;
    more = coil__realloc(lookup->addresses, (lookup->count + 1) * sizeof *more);
    if (!more)
        return -ENOMEM;
    lookup->addresses = more;
    more[lookup->count++] = *address;
    return 0;
}

int coil_lookup_sort(struct coil_lookup *lookup)
{
    if (coil__backend_is_simulated(coil_loop_current()->backend))
        return 0;
    return coil__address_order(lookup->addresses, lookup->count);
}

static int add_all(struct coil_lookup *lookup,
                   const struct coil__answer *answer)
{
    int rc = answer->error;

    for (size_t i = 0; rc == 0 && i < answer->count; i++)
        rc = coil_lookup_add(lookup, &answer->addresses[i]);
    return rc;
}

int coil_lookup_by_system(struct coil_lookup *lookup)
{
    struct coil__question q = { .host = lookup->host,
                                .family = lookup->family };
    struct coil__answer *answer;
    struct coil_loop *loop;
    struct coil__lookup *l;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    l = coil__lookup_new(loop, &q);
    if (!l)
        return -ENOMEM;
    rc = coil__lookup_by_thread(l);
    if (rc < 0) {
        coil__lookup_destroy(l);
        return rc;
    }
    rc = coil__lookup_await(loop, l, &answer);
    if (rc < 0)
        return rc;
    rc = add_all(lookup, answer);
    coil__answer_release(answer);
    return rc;
}

static int look_up_by_system(struct coil_lookup *lookup, void *arg)
{
    (void)arg;
    return coil_lookup_by_system(lookup);
}

const struct coil_resolver_source *coil_resolver_system(void)
{
    static const struct coil_resolver_source source = { .name = "system",
                                                        .look_up =
                                                            look_up_by_system };

    return &source;
}
