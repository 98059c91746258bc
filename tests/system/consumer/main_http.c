/* SPDX-License-Identifier: MIT */
#include <coil.h>
#include <coil/http.h>

int main(void)
{
    return coil_strerror(COIL_EHTTP_BAD_URL)[0] == '\0';
}
