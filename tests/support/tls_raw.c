/* SPDX-License-Identifier: MIT */
/* tls_raw.c - bytes in the middle of a TLS connection that are not TLS */
#include "tls_raw.h"

#include "tls/tls_transport.h"

#include "test.h"

/* Bytes on their way past the encryption. */
static struct {
    struct coil_transport_write write; /* first */
    struct coil_transport *below;
    const char *data;
    size_t size;
} raw;

static void go_on(void)
{
    while (raw.size > 0) {
        raw.write.data = raw.data;
        raw.write.size = raw.size;
        if (!raw.below->ops->write(raw.below, &raw.write))
            return;
        ASSERT_GT(raw.write.result, 0);
        raw.data += raw.write.result;
        raw.size -= (size_t)raw.write.result;
    }
}

static void raw_is_over(struct coil_transport_write *write)
{
    if (write->result < 0)
        return;
    raw.data += write->result;
    raw.size -= (size_t)write->result;
    go_on();
}

void tls_send_raw(struct coil_stream *s, const void *data, size_t size)
{
    raw.write.over = raw_is_over;
    raw.below = coil__tls_of(s)->below;
    raw.data = data;
    raw.size = size;
    go_on();
}
