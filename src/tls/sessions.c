/* SPDX-License-Identifier: MIT */
#include "tls/sessions.h"

#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"

/* A host is kept as long as it has sessions. */
struct host {
    struct coil_link link; /* first; in its list of `hosts` */
    struct coil_list *list;
    struct coil_list sessions; /* the newest first */
    size_t count;
    size_t length;
    char name[];
};

struct kept {
    struct coil_link in_all; /* first */
    struct coil_link in_host;
    struct host *host;
    SSL_SESSION *session;
};

static struct kept *kept_of_host(struct coil_link *link)
{
    return coil__container_of(link, struct kept, in_host);
}

/* ---- hosts ---------------------------------------------------------------- */

static struct coil_list *list_of(struct coil__tls_sessions *sessions,
                                 const char *name)
{
    const size_t count = sizeof sessions->hosts / sizeof sessions->hosts[0];

    return &sessions->hosts[coil__hash_text(name) % count];
}

static struct host *find(const struct coil_list *list, const char *name)
{
    size_t length = strlen(name);
    struct coil_link *link;

    for (link = list->head; link; link = link->next) {
        struct host *host = (struct host *)(void *)link;

        if (host->length == length && memcmp(host->name, name, length) == 0)
            return host;
    }
    return NULL;
}

static struct host *add(struct coil_list *list, const char *name)
{
    size_t length = strlen(name);
    struct host *host = coil__alloc(sizeof *host + length + 1);

    if (!host)
        return NULL;
    memcpy(host->name, name, length + 1);
    host->length = length;
    host->list = list;
    coil__list_prepend(list, &host->link);
    return host;
}

static void forget_if_empty(struct host *host)
{
    if (host->count > 0)
        return;
    coil__list_remove(host->list, &host->link);
    coil__free(host);
}

/* ---- sessions ------------------------------------------------------------- */

/* Take it out.  Returns the session; its host may be gone. */
static SSL_SESSION *take_out(struct coil__tls_sessions *sessions,
                             struct kept *kept)
{
    SSL_SESSION *session = kept->session;
    struct host *host = kept->host;

    coil__list_remove(&sessions->all, &kept->in_all);
    sessions->count--;
    coil__list_remove(&host->sessions, &kept->in_host);
    host->count--;
    coil__free(kept);
    forget_if_empty(host);
    return session;
}

static void forget(struct coil__tls_sessions *sessions, struct kept *kept)
{
    SSL_SESSION_free(take_out(sessions, kept));
}

/* Forget sessions so that one more of `host` is not too many. */
static void make_room(struct coil__tls_sessions *sessions, struct host *host)
{
    if (host->count > COIL__TLS_SESSIONS_OF_HOST)
        forget(sessions, kept_of_host(host->sessions.tail));
    if (sessions->count > COIL__TLS_SESSIONS)
        forget(sessions, (struct kept *)(void *)sessions->all.tail);
}

static bool is_used_once(const SSL_SESSION *session)
{
    return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

int coil__tls_sessions_put(struct coil__tls_sessions *sessions,
                           const char *name, SSL_SESSION *session)
{
    struct coil_list *list = list_of(sessions, name);
    struct host *host = find(list, name);
    struct kept *kept = coil__alloc(sizeof *kept);

    if (!kept)
        return 0;
    if (!host)
        host = add(list, name);
    if (!host) {
        coil__free(kept);
        return 0;
    }
    *kept = (struct kept){ .host = host, .session = session };
    coil__list_prepend(&sessions->all, &kept->in_all);
    sessions->count++;
    coil__list_prepend(&host->sessions, &kept->in_host);
    host->count++;
    /* It stands for all connections. */
    while (!is_used_once(session) && host->count > 1)
        forget(sessions, kept_of_host(host->sessions.tail));
    make_room(sessions, host);
    return 1;
}

SSL_SESSION *coil__tls_sessions_take(struct coil__tls_sessions *sessions,
                                     const char *name)
{
    struct host *host = find(list_of(sessions, name), name);
    struct kept *newest;

    if (!host)
        return NULL;
    newest = kept_of_host(host->sessions.head);
    if (is_used_once(newest->session))
        return take_out(sessions, newest);
    coil__list_remove(&sessions->all, &newest->in_all);
    coil__list_prepend(&sessions->all, &newest->in_all);
    SSL_SESSION_up_ref(newest->session);
    return newest->session;
}

void coil__tls_sessions_fini(struct coil__tls_sessions *sessions)
{
    while (sessions->all.head)
        forget(sessions, (struct kept *)(void *)sessions->all.head);
}
