/* SPDX-License-Identifier: MIT */
#include "tls/wire.h"

#include <pthread.h>
#include <string.h>

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int take(BIO *bio, char *data, int size)
{
    struct coil__tls_wire *wire = BIO_get_data(bio);
    size_t n = (size_t)size;

    BIO_clear_retry_flags(bio);
    if (n > wire->in.size)
        n = wire->in.size;
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(data, coil__buffer_bytes(&wire->in), n);
    coil__buffer_consume(&wire->in, n);
    return (int)n;
}

static int append(BIO *bio, const char *data, int size)
{
    struct coil__tls_wire *wire = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (coil__buffer_append(&wire->out, data, (size_t)size) < 0)
        return -1;
    return size;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/* Until the process ends. */
static void make_method(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                                    "coil's buffers");

    if (!made)
        return;
    BIO_meth_set_read(made, take);
    BIO_meth_set_write(made, append);
    BIO_meth_set_ctrl(made, control);
    method = made;
}

BIO *coil__tls_wire_bio(struct coil__tls_wire *wire)
{
    BIO *bio;

    pthread_once(&once, make_method);
    if (!method)
        return NULL;
    bio = BIO_new(method);
    if (!bio)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
