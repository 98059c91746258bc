/* SPDX-License-Identifier: MIT */
#include "tls/wire.h"

#include <pthread.h>
#include <string.h>

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

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                                    "coil's buffers");

    if (!made)
        return NULL;
    BIO_meth_set_read(made, take);
    BIO_meth_set_write(made, append);
    BIO_meth_set_ctrl(made, control);
    return made;
}

/* It is kept until the process ends.  If memory is lacking, the next call tries. */
static BIO_METHOD *find_method(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static BIO_METHOD *method;
    BIO_METHOD *found;

    pthread_mutex_lock(&lock);
    if (!method)
        method = make_method();
    found = method;
    pthread_mutex_unlock(&lock);
    return found;
}

BIO *coil__tls_wire_bio(struct coil__tls_wire *wire)
{
    BIO_METHOD *method = find_method();
    BIO *bio = method ? BIO_new(method) : NULL;

    if (!bio)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
