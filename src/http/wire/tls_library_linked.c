/* SPDX-License-Identifier: MIT */
/* tls_library_linked.c - libcoil-tls is linked with */
#include "http/wire/tls_library.h"

#define NAME(name) .name = coil_tls_##name,
static const struct coil__http_tls functions = { COIL__HTTP_TLS_FUNCTIONS(
    NAME) };

const struct coil__http_tls *coil__http_tls(void)
{
    return &functions;
}

const struct coil__http_tls *coil__http_tls_if_loaded(void)
{
    return &functions;
}

const char *coil__http_tls_missing(void)
{
    return NULL;
}
