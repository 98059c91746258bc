/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include "http/wire/coding_zstd.h"

int coil__http_zstd_decoder(struct coil__http_coder *coder)
{
    (void)coder;
    return COIL_EHTTP_NO_CODING;
}

int coil__http_zstd_encoder(struct coil__http_coder *coder, int level)
{
    (void)coder;
    (void)level;
    return COIL_EHTTP_NO_CODING;
}

const char *coil__http_zstd_version(void)
{
    return NULL;
}
