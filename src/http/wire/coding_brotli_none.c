/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include "http/wire/coding_brotli.h"

int coil__http_brotli_decoder(struct coil__http_coder *coder)
{
    (void)coder;
    return COIL_EHTTP_NO_CODING;
}

int coil__http_brotli_encoder(struct coil__http_coder *coder, int level)
{
    (void)coder;
    (void)level;
    return COIL_EHTTP_NO_CODING;
}

uint32_t coil__http_brotli_version(void)
{
    return 0;
}
