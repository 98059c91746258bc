/* SPDX-License-Identifier: MIT */
/* get.c: fetch a page of the web */
#include <stdio.h>

#include <coil.h>
#include <coil/http_client.h>

static int get(void *url)
{
    struct coil_http_client *client = NULL;
    struct coil_http_response *page = NULL;
    int rc = coil_http_client_new(
        &client,
        &(struct coil_http_client_options){ .proxy_from_environment = true });

    if (rc == 0)
        rc = coil_http_get(client, url, &page);
    if (rc == 0)
        printf("%s: %d, %zu bytes\n", page->url, page->status, page->body_size);
    coil_http_response_free(page);
    coil_http_client_free(client);
    return rc;
}

int main(int argc, char **argv)
{
    return argc == 2 ? coil_run_status(coil_run(get, argv[1])) : 2;
}
