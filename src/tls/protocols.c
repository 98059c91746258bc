/* SPDX-License-Identifier: MIT */
#include "tls/protocols.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

int coil__tls_protocols_init(struct coil__tls_protocols *protocols,
                             const char *const *names)
{
    size_t size = 0;
    unsigned char *end;
    size_t i;

    *protocols = (struct coil__tls_protocols){ .bytes = NULL };
    if (!names || !names[0])
        return 0;
    for (i = 0; names[i]; i++) {
        size_t length = strlen(names[i]);

        if (length == 0 || length > UINT8_MAX)
            return -EINVAL;
        size += 1 + length;
        if (size > UINT16_MAX)
            return -EINVAL;
    }
    end = coil__alloc(size);
    if (!end)
        return -ENOMEM;
    protocols->bytes = end;
    protocols->size = (unsigned)size;
    for (i = 0; names[i]; i++) {
        size_t length = strlen(names[i]);

        *end++ = (unsigned char)length;
        memcpy(end, names[i], length);
        end += length;
    }
    return 0;
}

void coil__tls_protocols_fini(struct coil__tls_protocols *protocols)
{
    coil__free(protocols->bytes);
    *protocols = (struct coil__tls_protocols){ .bytes = NULL };
}
