/* SPDX-License-Identifier: MIT */
/* resolver_test.c - a source of names that a test controls */
#include "resolver_test.h"

int times_asked;
int times_answered;
int times_cancelled;
coil_time source_delay;
coil_time source_ttl = -1;
int source_failure;
char last_asked[300];

static struct coil_address address_of(const char *text)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in6) };
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        address.length = sizeof in;
        memcpy(&address.storage, &in, sizeof in);
    } else {
        ASSERT_EQ(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&address.storage, &in6, sizeof in6);
    }
    return address;
}

int add(struct coil_lookup *lookup, const char *text)
{
    struct coil_address address = address_of(text);

    return coil_lookup_add(lookup, &address);
}

/*
 * 10.0.0.N and fd00::1, where N is the number of questions so far. "dead…" is
 * never answered, "unknown…" does not exist.
 */
static int look_up(struct coil_lookup *lookup, void *arg)
{
    char text[30];
    int rc = 0;

    (void)arg;
    times_asked++;
    snprintf(text, sizeof text, "10.0.%d.%d", times_asked / 250,
             times_asked % 250);
    snprintf(last_asked, sizeof last_asked, "%s/%d", lookup->host,
             lookup->family);
    lookup->ttl = source_ttl;
    if (strncmp(lookup->host, "dead", 4) == 0)
        rc = coil_sleep(COIL_NEVER);
    else if (source_delay > 0)
        rc = coil_sleep(source_delay);
    if (rc == -ECANCELED)
        times_cancelled++;
    times_answered++;
    if (rc < 0)
        return rc;
    if (source_failure)
        return source_failure;
    if (strncmp(lookup->host, "unknown", 7) == 0)
        return 0;
    rc = add(lookup, text);
    return rc < 0 ? rc : add(lookup, "fd00::1");
}
const struct coil_resolver_source scripted = { .name = "script",
                                               .look_up = look_up };

void configure(struct coil_resolver_options options)
{
    options.source = &scripted;
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    times_asked = times_answered = times_cancelled = source_failure = 0;
    source_delay = 0;
    source_ttl = -1;
}

const char *resolved_with(const char *host,
                          const struct coil_getaddrinfo_options *options)
{
    static char text[1024];
    char one[COIL_ADDRESS_STRING];
    struct coil_address *addresses;
    size_t count;
    int rc = coil_getaddrinfo(host, 80, options, &addresses, &count);

    if (rc < 0) {
        ASSERT_NULL(addresses);
        ASSERT_EQ(count, 0);
        return coil_strerror(rc);
    }
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        coil_address_string(&addresses[i], one);
        strcat(strcat(text, i ? " " : ""), one);
    }
    coil_addresses_free(addresses);
    return text;
}

const char *resolved(const char *host)
{
    return resolved_with(host, NULL);
}

int resolve_host(void *host)
{
    struct coil_address *addresses;
    size_t count;
    int rc = coil_resolve(host, 80, &addresses, &count);

    coil_addresses_free(addresses);
    return rc;
}

int code(const char *host)
{
    return resolve_host((void *)(uintptr_t)host);
}
