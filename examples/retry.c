/* SPDX-License-Identifier: MIT */
/*
 * retry.c - fetch URLs from servers that fail now and then
 *
 *     retry URL...
 *
 * What is worth another try, coil/http_retry.h says: no connection, a connection
 * that breaks before the answer, 429 and 503.  The pauses are 0.1 s, 0.2 s, 0.4 s
 * and so on, each a little shorter by chance; or what the server asks for by
 * Retry-After.
 */
#include <stdio.h>

#include <coil.h>
#include <coil/http_client.h>

/* Called at each moment of a request; here only one of them is of interest. */
static void note(void *arg, const struct coil_http_event *event)
{
    (void)arg;
    if (event->moment == COIL_HTTP_REPEATED)
        fprintf(stderr, "%s: again, after: %s\n", event->url,
                event->error ? coil_strerror(event->error)
                             : coil_http_reason(event->status));
}

/* Returns 0; 1: what came is no page; or an error. */
static int fetch(struct coil_http_client *client, const char *url)
{
    struct coil_http_response *response;
    int rc = coil_http_get(client, url, &response);

    if (rc < 0)
        return rc;
    printf("%s: %d %s, %zu bytes\n", url, response->status, response->reason,
           response->body_size);
    rc = response->status >= 400;
    coil_http_response_free(response);
    return rc;
}

static int fetch_all(void *arg)
{
    const struct coil_http_retry retry = {
        .repeats = 4,
        .first_delay = 100 * COIL_MILLISECOND,
        .max_wait = 10 * COIL_SECOND, /* as Retry-After */
    };
    const struct coil_http_client_options options = {
        .retry = &retry,
        .watch = note,
        .request_limit = COIL_MINUTE, /* for all tries of a URL */
    };
    struct coil_http_client *client;
    int status = 0;
    int rc = coil_http_client_new(&client, &options);

    if (rc < 0)
        return rc;
    for (char **url = arg; rc != -ECANCELED && *url; url++) {
        rc = fetch(client, *url);
        if (rc < 0 && rc != -ECANCELED)
            fprintf(stderr, "%s: %s\n", *url, coil_strerror(rc));
        status |= rc != 0;
    }
    coil_http_client_free(client);
    return rc == -ECANCELED ? rc : status;
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(fetch_all, argv + 1));
}
