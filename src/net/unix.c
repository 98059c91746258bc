/* SPDX-License-Identifier: MIT */
#include <coil/unix.h>

#include <string.h>
#include <sys/un.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "net/datagram.h"
#include "net/listener_open.h"
#include "net/socket.h"
#include "net/socket_stream.h"
#include "net/stream.h"

static const struct coil_unix_options defaults;

/* How long to wait for room in a queue, the first time and at most. */
#define SHORT_WAIT COIL_MILLISECOND
#define LONG_WAIT (100 * COIL_MILLISECOND)

enum { MODE_MAX = 07777 };

/* ---- names ------------------------------------------------------------ */

/* A path has its NUL; an abstract name has one in front, and ends anywhere. */
int coil_unix_address(struct coil_address *address, const char *name)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    size_t size = strlen(name);
    bool is_abstract = name[0] == '@';

    *address = (struct coil_address){ .length = 0 };
    if (size == 0)
        return -EINVAL;
    if (size >= sizeof un.sun_path)
        return -ENAMETOOLONG;
    memcpy(un.sun_path, name, size);
    if (is_abstract)
        un.sun_path[0] = '\0';
    memcpy(&address->storage, &un, sizeof un);
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                  size + (is_abstract ? 0 : 1));
    return 0;
}

/* ---- connecting ------------------------------------------------------- */

/*
 * If the queue of the listener is full, the kernel neither waits nor says when
 * there is room.  So it is asked again, less and less often.
 */
static int connect_patiently(struct coil__backend *backend, int fd,
                             struct coil_address *address, const void *object)
{
    coil_time wait = SHORT_WAIT;
    int rc = coil__socket_connect(backend, fd, address, object);

    while (rc == -ENOBUFS) {
        rc = coil_sleep(wait);
        if (rc < 0)
            return rc;
        wait = wait < LONG_WAIT / 2 ? 2 * wait : LONG_WAIT;
        rc = coil__socket_connect(backend, fd, address, object);
    }
    return rc;
}

static int connect_socket(struct coil_stream *s, struct coil__backend *backend,
                          struct coil_address *address)
{
    int rc;
    int fd;

    coil__burn(COIL__UNITS_CALL);
    fd = backend->ops->socket(backend, AF_UNIX, SOCK_STREAM);
    if (fd < 0)
        return fd;
    rc = connect_patiently(backend, fd, address, s);
    if (rc < 0) {
        backend->ops->close_socket(backend, fd);
        return rc;
    }
    coil__socket_stream_open(s, fd);
    return 0;
}

static int connect_stream(struct coil_stream **out, const char *name,
                          const struct coil_unix_options *options)
{
    struct coil__backend *backend;
    struct coil_address *peer;
    struct coil_stream *s;
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
    rc = coil_unix_address(peer, name);
    if (rc == 0 && options->descriptors > 0)
        rc = coil__socket_stream_keep(s, options->descriptors);
    if (rc == 0)
        rc = connect_socket(s, backend, peer);
    if (rc < 0) {
        coil__stream_release(s);
        return rc;
    }
    *out = s;
    return 0;
}

int coil_unix_connect(struct coil_stream **out, const char *name,
                      const struct coil_unix_options *options)
{
    return coil__keep_frame(
        connect_stream(out, name, options ? options : &defaults));
}

/* ---- listening -------------------------------------------------------- */

static struct coil_unix_file file_of(const struct coil_unix_options *options,
                                     bool listens)
{
    return (struct coil_unix_file){
        .mode = options->mode ? (int)options->mode : -1,
        .replaces = !options->exclusive,
        .listens = listens,
        .stays = options->keep_file,
    };
}

/* Returns a descriptor, or an error. */
static int open_listener(struct coil__backend *backend, int type,
                         const struct coil_address *address,
                         struct coil_unix_file *file)
{
    int rc;
    int fd;

    coil__burn(2 * COIL__UNITS_CALL);
    fd = backend->ops->socket(backend, AF_UNIX, type);
    if (fd < 0)
        return fd;
    rc = backend->ops->bind_unix(backend, fd, address, file);
    if (rc == 0)
        return fd;
    backend->ops->close_socket(backend, fd);
    return rc;
}

static int listen_at(struct coil_listener **out, int type, const char *name,
                     const struct coil_unix_options *options)
{
    struct coil__backend *backend = coil__backend_current();
    struct coil_address address;
    struct coil_listener *l;
    int rc = coil_unix_address(&address, name);
    int fd;

    *out = NULL;
    if (!backend)
        return -ENOTSUP;
    if (options->mode > MODE_MAX)
        return -EINVAL;
    if (rc < 0)
        return rc;
    l = coil__listener_new(1);
    if (!l)
        return -ENOMEM;
    l->sockets[0].file = file_of(options, true);
    fd = open_listener(backend, type, &address, &l->sockets[0].file);
    if (fd < 0) {
        coil__free(l);
        return fd;
    }
    l->sockets[l->count++].open.fd = fd;
    l->descriptors = options->descriptors;
    l->is_of_messages = type == SOCK_SEQPACKET;
    coil__listener_enter(l);
    *out = l;
    return 0;
}

int coil_unix_listen(struct coil_listener **out, const char *name,
                     const struct coil_unix_options *options)
{
    return listen_at(out, SOCK_STREAM, name, options ? options : &defaults);
}

int coil_unix_seqpacket_listen(struct coil_listener **out, const char *name,
                               const struct coil_unix_options *options)
{
    return listen_at(out, SOCK_SEQPACKET, name, options ? options : &defaults);
}

/* ---- messages --------------------------------------------------------- */

int coil_unix_seqpacket_connect(struct coil_datagram_socket **out,
                                const char *name)
{
    struct coil_datagram_socket *s;
    struct coil_address address;
    int rc = coil__checkpoint();

    *out = NULL;
    if (rc == 0)
        rc = coil__datagram_new(&s, AF_UNIX);
    if (rc < 0)
        return rc;
    rc = coil_unix_address(&address, name);
    if (rc == 0)
        rc = coil__datagram_open(s, SOCK_SEQPACKET);
    if (rc == 0)
        rc = connect_patiently(s->backend, s->open.fd, &address, s);
    return coil__datagram_give(out, s, rc);
}

/* The memory comes first, so that no connection is dropped. */
static int make_room(void *arg)
{
    struct coil_datagram_socket **s = arg;

    return *s ? 0 : coil__datagram_new(s, AF_UNIX);
}

int coil_unix_seqpacket_accept(struct coil_listener *listener,
                               struct coil_datagram_socket **out)
{
    struct coil_datagram_socket *s = NULL;
    struct coil_stream *stream;
    int rc = coil__checkpoint();

    coil__accepting_check(listener);
    *out = NULL;
    if (rc == 0 && !listener->is_of_messages)
        rc = -EOPNOTSUPP;
    if (rc < 0)
        return rc;
    rc = coil__listener_accept(listener, &stream, make_room, &s);
    if (rc == 0)
        coil__datagram_adopt(s, coil__socket_stream_detach(stream));
    return coil__datagram_give(out, s, rc);
}

int coil_unix_datagram_bind(struct coil_datagram_socket **out, const char *name,
                            const struct coil_unix_options *options)
{
    struct coil_address address;
    struct coil_datagram_socket *s;
    int rc = name ? coil_unix_address(&address, name) : 0;

    *out = NULL;
    if (!options)
        options = &defaults;
    if (rc < 0)
        return rc;
    if (options->mode > MODE_MAX)
        return -EINVAL;
    rc = coil__datagram_new(&s, AF_UNIX);
    if (rc < 0)
        return rc;
    s->file = file_of(options, false);
    rc = coil__datagram_open(s, SOCK_DGRAM);
    if (rc == 0 && name)
        rc = s->backend->ops->bind_unix(s->backend, s->open.fd, &address,
                                        &s->file);
    return coil__datagram_give(out, s, rc);
}

int coil_unix_datagram_connect(struct coil_datagram_socket *s, const char *name)
{
    struct coil_address address;
    int rc = coil__checkpoint();

    coil__datagram_check(s);
    if (rc == 0)
        rc = coil_unix_address(&address, name);
    if (rc < 0)
        return rc;
    return coil__datagram_connect(s, &address);
}
