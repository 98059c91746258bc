/* SPDX-License-Identifier: MIT */
#include <coil/connect.h>
#include <coil/resolve.h>
#include <coil/staggered_race.h>
#include <coil/stream.h>
#include <coil/task.h>

#include "base/memory.h"
#include "base/platform.h"
#include "loop/operation.h"
#include "base/shortage.h"
#include "net/socket.h"
#include "net/socket_stream.h"
#include "net/tcp_options.h"
#include "net/winner.h"

static const struct coil_tcp_connect_options defaults;

/* Returns the descriptor of a socket that is ready to connect, or an error. */
static int open_socket(struct coil__backend *backend,
                       const struct coil_address *address,
                       const struct coil_tcp_connect_options *options)
{
    int family = address->storage.ss_family;
    int fd;
    int rc;

    coil__burn(COIL__UNITS_CALL);
    if (options->local && options->local->storage.ss_family != family)
        return -EADDRNOTAVAIL;
    fd = backend->ops->socket(backend, family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    rc = coil__tcp_options_set(backend, fd, &options->tcp);
    if (rc == 0 && options->local)
        rc = backend->ops->bind_local(backend, fd, options->local);
    if (rc == 0)
        return fd;
    backend->ops->close_socket(backend, fd);
    return rc;
}

static int connect_one(struct coil_stream **out,
                       const struct coil_address *address,
                       const struct coil_tcp_connect_options *options)
{
    struct coil__backend *backend;
    struct coil_address *peer;
    struct coil_stream *s;
    int fd;
    int rc;

    *out = NULL;
    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    backend = coil__backend_current();
    if (!backend)
        return -ENOTSUP;

    s = coil__socket_stream_new(backend, &peer);
    if (!s)
        return -ENOMEM;
    *peer = *address;
    fd = open_socket(backend, address, options);
    if (fd < 0) {
        rc = fd;
        goto free_stream;
    }

    rc = coil__socket_connect(backend, fd, peer, s);
    if (rc < 0)
        goto close_socket;

    coil__socket_stream_open(s, fd);
    *out = s;
    return 0;

close_socket:
    backend->ops->close_socket(backend, fd);
free_stream:
    coil__stream_release(s);
    return rc;
}

int coil_tcp_connect_address(struct coil_stream **out,
                             const struct coil_address *address)
{
    return connect_one(out, address, &defaults);
}

/* ---- one of several ------------------------------------------------------- */

/* How long an address may take before the next is tried as well (RFC 8305). */
#define HEAD_START (250 * COIL_MILLISECOND)

struct attempt {
    const struct coil_address *address;
    const struct coil_tcp_connect_options *options;
    struct coil_stream *stream;
    int error;
};

static int attempt(void *arg)
{
    struct attempt *attempt = arg;

    attempt->error =
        connect_one(&attempt->stream, attempt->address, attempt->options);
    return attempt->error;
}

/* If `error` is one, tell it.  Who was cancelled has not failed. */
static void note_failure(const struct coil_tcp_connect_options *options,
                         const struct coil_address *address, int error)
{
    size_t n;

    if (!options->failure_count || error >= 0 || error == -ECANCELED)
        return;
    n = (*options->failure_count)++;
    if (n < options->failures_max)
        options->failures[n] = (struct coil_connect_failure){ *address, error };
}

/* `error`, with which all have failed; or the shortage that one has met. */
static int find_shortage(const struct attempt *attempts, size_t count,
                         int error)
{
    for (size_t i = 0; error != -ECANCELED && i < count; i++)
        if (coil__is_shortage(attempts[i].error))
            return attempts[i].error;
    return error;
}

/* The next address from `i` on that is, or else that is not, of `family`. */
static size_t find(const struct coil_address *addresses, size_t i, size_t count,
                   int family, bool of_family)
{
    while (i < count && (addresses[i].storage.ss_family == family) != of_family)
        i++;
    return i;
}

/* Keep the order of the addresses, but let the families take turns. */
static void line_up(struct coil_racer *racers, struct attempt *attempts,
                    const struct coil_address *addresses, size_t count)
{
    int family = addresses[0].storage.ss_family;
    size_t of_first = 0;
    size_t of_others = find(addresses, 0, count, family, false);

    for (size_t i = 0; i < count; i++) {
        bool first = of_first < count && (i % 2 == 0 || of_others == count);
        size_t *at = first ? &of_first : &of_others;

        attempts[i].address = &addresses[*at];
        racers[i].fn = attempt;
        racers[i].arg = &attempts[i];
        *at = find(addresses, *at + 1, count, family, first);
    }
}

/* `*winner` is set if an address is taken that is not the first. */
static int race(struct coil_stream **out, const struct coil_address *addresses,
                size_t count, const struct coil_tcp_connect_options *options,
                struct coil_address *winner)
{
    coil_time head_start =
        options->head_start > 0 ? options->head_start : HEAD_START;
    struct coil_racer *racers;
    struct attempt *attempts;
    int rc;

    racers = coil__alloc(count * (sizeof *racers + sizeof *attempts));
    if (!racers)
        return -ENOMEM;
    attempts = (struct attempt *)(void *)(racers + count);
    line_up(racers, attempts, addresses, count);
    for (size_t i = 0; i < count; i++)
        attempts[i].options = options;
    rc = coil_staggered_race(racers, count, head_start);
    for (size_t i = 0; i < count; i++) {
        /* Two attempts may have succeeded in one turn. */
        if ((int)i == rc)
            *out = attempts[i].stream;
        else
            coil_stream_abort(attempts[i].stream);
        note_failure(options, attempts[i].address, racers[i].result);
    }
    if (rc > 0)
        *winner = *attempts[rc].address;
    rc = rc < 0 ? find_shortage(attempts, count, rc) : 0;
    coil__free(racers);
    return rc;
}

/* Try one address after the other: only a task can wait for racers. */
static int connect_in_turn(struct coil_stream **out,
                           const struct coil_address *addresses, size_t count,
                           const struct coil_tcp_connect_options *options,
                           struct coil_address *winner)
{
    int error = 0;

    for (size_t i = 0; i < count; i++) {
        int rc = connect_one(out, &addresses[i], options);

        if (rc == 0 && i > 0)
            *winner = addresses[i];
        if (rc == 0 || rc == -ECANCELED)
            return rc;
        note_failure(options, &addresses[i], rc);
        if (i == 0 || (coil__is_shortage(rc) && !coil__is_shortage(error)))
            error = rc;
    }
    return error;
}

static int connect_any(struct coil_stream **out, const char *host,
                       struct coil_address *addresses, size_t count,
                       const struct coil_tcp_connect_options *options)
{
    struct coil_address winner = { .length = 0 };
    int rc;

    if (host)
        coil__winner_put_first(host, addresses, count);
    rc = count > 1 && coil_current_task()
             ? race(out, addresses, count, options, &winner)
             : connect_in_turn(out, addresses, count, options, &winner);
    if (winner.length > 0 && host)
        coil__winner_remember(host, &winner);
    return rc;
}

int coil_tcp_connect(struct coil_stream **out, const char *host, uint16_t port)
{
    return coil__keep_frame(coil_tcp_connect_with(out, host, port, NULL));
}

int coil_tcp_connect_with(struct coil_stream **out, const char *host,
                          uint16_t port,
                          const struct coil_tcp_connect_options *options)
{
    struct coil_getaddrinfo_options names = { .family = AF_UNSPEC };
    struct coil_address *addresses;
    size_t count;
    int rc;

    *out = NULL;
    if (!options)
        options = &defaults;
    if (options->failure_count)
        *options->failure_count = 0;
    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (coil__tcp_options_check(&options->tcp) < 0 || options->head_start < 0)
        return -EINVAL;
    names.family = options->family;
    rc = coil_getaddrinfo(host, port, &names, &addresses, &count);
    if (rc < 0)
        return rc;
    rc = connect_any(out, host, addresses, count, options);
    coil_addresses_free(addresses);
    return rc;
}

int coil_tcp_connect_any(struct coil_stream **out, const char *host,
                         struct coil_address *addresses, size_t count)
{
    *out = NULL;
    if (count == 0)
        return -EINVAL;
    return connect_any(out, host, addresses, count, &defaults);
}
