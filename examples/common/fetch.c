/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"
#include "json.h"

/* Keep the first failure; returns `error`. */
COIL_PRINTF(4, 5)
static int fail(struct fetcher *fetcher, const char *url, int error,
                const char *format, ...)
{
    char reason[256];
    va_list arguments;

    if (fetcher->failure[0])
        return error;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    snprintf(fetcher->failure, sizeof fetcher->failure, "%.700s: %s", url,
             reason);
    return error;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void fetcher_init(struct fetcher *fetcher, int argc, char **argv)
{
    const char *base = argc > 1 ? argv[1] : getenv("COIL_HTTPBIN");
    const char *text = getenv("COIL_TIMEOUT");
    double seconds = text ? strtod(text, NULL) : 0;

    *fetcher = (struct fetcher){
        .program = last_part(argv[0]),
        .base = base && *base ? base : "http://127.0.0.1:8080",
        .limit = 10 * COIL_SECOND,
    };
    if (seconds > 0 && seconds < 1e6)
        fetcher->limit = (coil_time)(seconds * (double)COIL_SECOND);
}

int fetcher_open(struct fetcher *fetcher)
{
    return coil_http_client_new(&fetcher->client, NULL);
}

void fetcher_close(struct fetcher *fetcher)
{
    coil_http_client_free(fetcher->client);
}

/* Store args.a of the response in `*value`. */
static int parse(struct fetcher *fetcher, const char *url,
                 const struct coil_http_response *response, char **value)
{
    const char *text;
    json_error_t error;
    json_t *root;
    json_t *args;
    int rc = 0;

    if (response->status != 200)
        return fail(fetcher, url, -EPROTO, "the status is %d %s, not 200",
                    response->status, response->reason);
    root = json_loadb(response->body, response->body_size,
                      JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return fail(fetcher, url, -EBADMSG, "the body is not JSON: %s",
                    error.text);

    args = json_object_get(root, "args");
    text = json_string_value(json_object_get(args, "a"));
    if (!text) {
        rc = fail(fetcher, url, -ENODATA, "the JSON has no string args.a");
    } else {
        *value = malloc(strlen(text) + 1);
        if (*value)
            strcpy(*value, text);
        else
            rc = fail(fetcher, url, -ENOMEM, "%s", coil_strerror(-ENOMEM));
    }
    json_decref(root);
    return rc;
}

int fetch_number(struct fetcher *fetcher, int n, char **value)
{
    size_t length = strlen(fetcher->base);
    struct coil_http_response *response;
    struct coil_timeout limit;
    char url[1024];
    int rc;

    if (length > 0 && fetcher->base[length - 1] == '/')
        length--;
    if (length > sizeof url - 32)
        return fail(fetcher, fetcher->base, COIL_EHTTP_BAD_URL,
                    "the URL is too long");
    snprintf(url, sizeof url, "%.*s/get?a=%d", (int)length, fetcher->base, n);

    rc = coil_timeout_begin(&limit, fetcher->limit);
    if (rc < 0)
        return fail(fetcher, url, rc, "%s", coil_strerror(rc));
    rc = coil_http_get(fetcher->client, url, &response);
    rc = coil_timeout_end(&limit, rc);

    /* Cancelled: this is not the request that failed. */
    if (rc == -ECANCELED)
        return rc;
    if (rc == -ETIMEDOUT && coil_timeout_expired(&limit))
        return fail(fetcher, url, rc, "no answer within %g s",
                    (double)fetcher->limit / (double)COIL_SECOND);
    if (rc < 0)
        return fail(fetcher, url, rc, "%s", coil_strerror(rc));

    rc = parse(fetcher, url, response, value);
    coil_http_response_free(response);
    return rc;
}

static void report(const struct fetcher *fetcher)
{
    char line[sizeof fetcher->failure];

    snprintf(line, sizeof line, "%s", fetcher->failure);
    /* It quotes the server, who shall not make it two lines. */
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    fprintf(stderr, "%s: %s\n", fetcher->program, line);
}

int fetcher_status(const struct fetcher *fetcher, int rc)
{
    bool is_told = fetcher->failure[0] && rc < 0 && !coil_error_signal(rc);

    if (is_told)
        report(fetcher);
    return is_told ? 1 : coil_run_status(rc);
}
