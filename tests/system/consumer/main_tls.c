/* SPDX-License-Identifier: MIT */
#include <coil.h>
#include <coil/tls.h>

int main(void)
{
    struct coil_tls_context *context;

    return coil_tls_context_default(&context) < 0;
}
