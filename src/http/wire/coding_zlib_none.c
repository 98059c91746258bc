/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include "http/wire/coding_zlib.h"

int coil__http_zlib_decoder(struct coil__http_coder *coder, bool is_gzip)
{
    (void)coder;
    (void)is_gzip;
    return COIL_EHTTP_NO_CODING;
}

int coil__http_zlib_encoder(struct coil__http_coder *coder, bool is_gzip,
                            int level)
{
    (void)coder;
    (void)is_gzip;
    (void)level;
    return COIL_EHTTP_NO_CODING;
}

int coil__http_raw_decoder(struct coil__http_coder *coder, int bits)
{
    (void)coder;
    (void)bits;
    return COIL_EHTTP_NO_CODING;
}

int coil__http_raw_encoder(struct coil__http_coder *coder, int level, int bits)
{
    (void)coder;
    (void)level;
    (void)bits;
    return COIL_EHTTP_NO_CODING;
}

const char *coil__http_zlib_version(void)
{
    return NULL;
}
