/* SPDX-License-Identifier: MIT */
#include <coil.h>
#include <coil/http_client.h>

int main(void)
{
    struct coil_http_client *client;

    if (coil_http_client_new(&client, NULL) < 0)
        return 1;
    coil_http_client_free(client);
    return coil_strerror(COIL_EHTTP_BAD_URL)[0] == '\0';
}
