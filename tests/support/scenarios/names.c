/* SPDX-License-Identifier: MIT */
/* names.c - programs that ask for names: scenario.h */
#include <coil/resolve.h>
#include <coil/resolver.h>
#include <coil/sleep.h>

#include "scenario.h"

/* ---- sources -------------------------------------------------------------- */

/* After a while, and with some work before it leaves. */
static int answer_later(struct coil_lookup *lookup, void *arg)
{
    struct coil_address address = { .length = sizeof(struct sockaddr) };
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    if (rc < 0) {
        int again = coil_yield();

        (void)again;
        return rc;
    }
    lookup->ttl = COIL_SECOND;
    address.storage.ss_family = AF_INET;
    rc = coil_lookup_add(lookup, &address);
    return rc < 0 ? rc : coil_lookup_add(lookup, &address);
}

/* The one name that every system knows, of a file. */
static int answer_by_system(struct coil_lookup *lookup, void *arg)
{
    (void)arg;
    lookup->host = "localhost";
    return coil_lookup_by_system(lookup);
}

static const struct coil_resolver_source later = { .look_up = answer_later };
static const struct coil_resolver_source by_system = { .look_up =
                                                           answer_by_system };

static int use(const struct coil_resolver_source *source, bool no_cache)
{
    return coil_resolver_configure(&(struct coil_resolver_options){
        .source = source, .no_cache = no_cache });
}

/* ---- who asks ------------------------------------------------------------- */

static int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t n;
    int rc = coil_resolve("name.test", 80, &addresses, &n);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_GT(n, 0);
    ASSERT_EQ(coil_address_port(&addresses[0]), 80);
    coil_addresses_free(addresses);
    return 0;
}

static int resolve_several(void *arg)
{
    const struct coil_getaddrinfo_options fresh = { .fresh = true };
    struct coil_address *addresses;
    size_t n;
    int rc = resolve(arg);

    if (rc < 0)
        return rc;
    rc = coil_getaddrinfo("other.test", 80, &fresh, &addresses, &n);
    if (rc < 0)
        return rc;
    coil_addresses_free(addresses);
    return resolve(arg);
}

/* No task of a source is left behind. */
static void probe_resolver(void)
{
    expect_helpers();
    ASSERT_EQ(resolve(NULL), 0);
}

static int begin_scripted(void)
{
    return use(&later, false);
}

static int begin_beside_another(void)
{
    int rc = use(&later, true);

    return rc < 0 ? rc : help(resolve, NULL);
}

static int begin_by_system(void)
{
    return use(&by_system, true);
}

static int begin_by_system_beside_another(void)
{
    int rc = use(&by_system, true);

    return rc < 0 ? rc : help(resolve, NULL);
}

/* A question that nobody waits for any more takes a moment to end. */
static void end_resolving(void)
{
    for (int i = 0; i < 10 && coil_all_tasks(NULL, 0) > 1; i++)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
}

const struct scenario scenarios_names[] = {
    { "resolve", begin_scripted, resolve, probe_resolver, end_resolving },
    { "resolve_several", begin_scripted, resolve_several, probe_resolver,
      end_resolving },
    { "resolve_beside_another", begin_beside_another, resolve, probe_resolver,
      end_resolving },
    { "resolve_by_system", begin_by_system, resolve, probe_resolver,
      end_resolving },
    { "resolve_by_system_beside_another", begin_by_system_beside_another,
      resolve, probe_resolver, end_resolving },
    { NULL },
};
