/* SPDX-License-Identifier: MIT */
#include "tls/sessions.h"

#include <string.h>

#include "base/list.h"
#include "base/memory.h"

/* Servers give two tickets at a time, and each connection uses one. */
enum { MAX_HOSTS = 512, MAX_SESSIONS = 4 };

struct host {
    struct coil_link link; /* first */
    SSL_SESSION *sessions[MAX_SESSIONS];
    size_t count;
    size_t length;
    char name[];
};

static struct host *find(const struct coil__tls_sessions *sessions,
                         const char *name)
{
    size_t length = strlen(name);
    struct coil_link *link;

    for (link = sessions->hosts.head; link; link = link->next) {
        struct host *host = (struct host *)(void *)link;

        if (host->length == length && memcmp(host->name, name, length) == 0)
            return host;
    }
    return NULL;
}

static void forget(struct coil__tls_sessions *sessions, struct host *host)
{
    coil__list_remove(&sessions->hosts, &host->link);
    sessions->count--;
    while (host->count > 0)
        SSL_SESSION_free(host->sessions[--host->count]);
    coil__free(host);
}

static struct host *add(struct coil__tls_sessions *sessions, const char *name)
{
    size_t length = strlen(name);
    struct host *host = coil__alloc(sizeof *host + length + 1);

    if (!host)
        return NULL;
    memcpy(host->name, name, length + 1);
    host->length = length;
    coil__list_prepend(&sessions->hosts, &host->link);
    if (++sessions->count > MAX_HOSTS)
        forget(sessions, (struct host *)(void *)sessions->hosts.tail);
    return host;
}

static SSL_SESSION *take_oldest(struct host *host)
{
    SSL_SESSION *oldest = host->sessions[0];

    host->count--;
    memmove(&host->sessions[0], &host->sessions[1],
            host->count * sizeof(host->sessions[0]));
    return oldest;
}

int coil__tls_sessions_put(struct coil__tls_sessions *sessions,
                           const char *name, SSL_SESSION *session)
{
    struct host *host = find(sessions, name);

    if (!host)
        host = add(sessions, name);
    if (!host)
        return 0;
    if (host->count == MAX_SESSIONS)
        SSL_SESSION_free(take_oldest(host));
    host->sessions[host->count++] = session;
    return 1;
}

SSL_SESSION *coil__tls_sessions_take(struct coil__tls_sessions *sessions,
                                     const char *name)
{
    struct host *host = find(sessions, name);
    SSL_SESSION *session;

    if (!host)
        return NULL;
    coil__list_remove(&sessions->hosts, &host->link);
    coil__list_prepend(&sessions->hosts, &host->link);
    session = host->sessions[host->count - 1];
    if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(session);
        return session;
    }
    if (--host->count == 0)
        forget(sessions, host);
    return session;
}

void coil__tls_sessions_fini(struct coil__tls_sessions *sessions)
{
    while (sessions->hosts.head)
        forget(sessions, (struct host *)(void *)sessions->hosts.head);
}
