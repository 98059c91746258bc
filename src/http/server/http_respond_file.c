/* SPDX-License-Identifier: MIT */
#include "http/server/http_respond_file.h"

int coil__http_respond_file(struct coil_http_exchange *x, int fd, uint64_t at,
                            uint64_t size)
{
    uint64_t sent;
    int rc = coil__http_channel_send_file(x->channel, fd, at, size, &sent);

    x->left -= sent;
    x->sent += sent;
    /* The file is the business of the server. */
    return rc == -EIO ? rc : coil__http_exchange_blame(x, rc);
}
