/* SPDX-License-Identifier: MIT */
/*
 * fetch.c - fetch each URL of the command line, http and https
 *
 *     SSL_CERT_FILE=ca.pem ./fetch https://localhost:8443/
 *     https_proxy=socks5://localhost:1080 ./fetch https://example.org/
 */
#include <stdio.h>

#include <coil.h>
#include <coil/http_client.h>

static int fetch_all(void *arg)
{
    char **urls = arg;
    struct coil_http_client *client;
    int rc = coil_http_client_new(
        &client,
        &(struct coil_http_client_options){ .proxy_from_environment = true });

    if (rc < 0)
        return rc;
    for (; *urls; urls++) {
        struct coil_http_response *response;

        rc = coil_http_get(client, *urls, &response);
        if (rc < 0) {
            fprintf(stderr, "%s: %s\n", *urls, coil_strerror(rc));
            break;
        }
        printf("%s: %d, %zu bytes\n", *urls, response->status,
               response->body_size);
        coil_http_response_free(response);
    }
    coil_http_client_free(client);
    return rc;
}

int main(int argc, char *argv[])
{
    (void)argc;
    return coil_run_status(coil_run(fetch_all, argv + 1));
}
