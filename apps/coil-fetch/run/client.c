/* SPDX-License-Identifier: MIT */
#include "run/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/http_auth.h>
#include <coil/http_client.h>
#include <coil/http_cookies.h>
#include <coil/http_versions.h>
#include <coil/tls_context.h>

#include "run/names.h"
#include "run/world.h"

/* "a=b" goes with every request; anything else is a file of cookies. */
static int read_cookies(struct run *run)
{
    const struct option_list *texts = &run->options->cookies;
    int rc = 0;

    if (!run->options->cookie_jar && texts->count == 0)
        return 0;
    for (size_t i = 0; i < texts->count; i++) {
        if (strchr(texts->texts[i], '='))
            continue;
        if (!run->cookies)
            rc = coil_http_cookies_new(&run->cookies, NULL);
        if (rc == 0)
            rc = coil_http_cookies_load(run->cookies, texts->texts[i]);
        if (rc < 0)
            return run_complain("--cookie", texts->texts[i], rc);
        rc = 0; /* how many there were */
    }
    if (run->options->cookie_jar && !run->cookies)
        rc = coil_http_cookies_new(&run->cookies, NULL);
    return rc;
}

static int make_authorization(struct run *run)
{
    const char *user = run->options->user;
    char *name = user ? strdup(user) : NULL;
    char *colon = name ? strchr(name, ':') : NULL;
    int rc;

    if (!user)
        return 0;
    if (!name)
        return -ENOMEM;
    if (colon)
        *colon = '\0';
    rc =
        coil_http_auth_basic(&run->authorization, name, colon ? colon + 1 : "");
    memset(name, 0, strlen(user));
    free(name);
    return rc < 0 ? run_complain("--user", "NAME:PASSWORD", rc) : 0;
}

/* Say which option it is that the client cannot be made with. */
static int complain(const struct options *o, int error)
{
    const char *missing = coil_http_missing_tls();

    if (missing)
        fprintf(stderr, "coil-fetch: %s\n", missing);
    switch (error) {
    case COIL_EHTTP_BAD_HEADER:
        return run_complain("--user-agent", o->user_agent, error);
    case COIL_EHTTP_BAD_URL:
    case COIL_EHTTP_BAD_SCHEME:
    case -EINVAL:
        return run_complain("--proxy", o->proxy ? o->proxy : "", error);
    default:
        break;
    }
    if (o->certificate && error != COIL_ETLS_BAD_CERTIFICATE_FILE)
        return run_complain("--cert", o->certificate, error);
    return run_complain("--cacert", o->ca_file ? o->ca_file : "", error);
}

/* Each loop's share of the connections that nobody uses. */
static size_t most_idle(const struct run *run)
{
    size_t loops = run->crew ? run->crew->loops : 1;

    return (run->concurrency + loops - 1) / loops;
}

int client_make(const struct run *run, struct hand *hand)
{
    const struct options *o = run->options;
    const struct coil_tls_client_options tls = {
        .ca_file = o->ca_file,
        .certificate = { .chain_file = o->certificate, .key_file = o->key },
        .without_verification = o->is_insecure,
    };
    bool has_tls = o->is_insecure || o->ca_file || o->certificate;

    return coil_http_client_new(
        &hand->client,
        &(struct coil_http_client_options){
            /* The schedule limits requests; idle connections come on top. */
            .max_connections = 2 * run->concurrency + 16,
            .max_connections_per_origin = COIL_HTTP_UNLIMITED,
            .max_idle_per_origin = o->per_host,
            .max_idle = most_idle(run),
            .proxy = o->proxy,
            .no_proxy = o->no_proxy,
            .proxy_from_environment = o->uses_env_proxy,
            .unix_path = o->unix_path,
            .http1_only = o->http1_only,
            .http2_prior_knowledge = o->http2_prior_knowledge,
            .max_body_size = COIL_HTTP_UNLIMITED,
            .tls_options = has_tls ? &tls : NULL,
            .keep_encoded = o->keep_encoded,
            .cookies = run->cookies,
            .user_agent = o->user_agent ? o->user_agent
                                        : "coil-fetch/" COIL_VERSION_STRING,
        });
}

static int make_first(struct run *run)
{
    int rc = client_make(run, &run->first);

    return rc < 0 ? complain(run->options, rc) : 0;
}

static int set_common(struct run *run)
{
    const struct options *o = run->options;
    int rc = o->accepted ? status_set_read(&run->accepted, o->accepted) : 0;
    size_t of_all = pace_piece(o->limit_rate, SIZE_MAX);
    size_t of_host = pace_piece(o->limit_rate_per_host, SIZE_MAX);

    run->attempt = (struct attempt_options){
        .body = o->body,
        .body_size = o->body_size,
        .headers = o->headers,
        .header_count = o->header_count,
        .authorization = run->authorization,
        .connect_limit = o->connect_timeout,
        .first_byte_limit = o->first_byte_timeout,
        .idle_limit = o->idle_timeout,
        .limit = o->timeout,
        .max_size = o->max_filesize,
        .piece = of_all < of_host ? of_all : of_host,
        .keep_encoded = o->keep_encoded,
    };
    return rc < 0 ? run_complain("--accept-status", o->accepted, rc) : 0;
}

/* The environment's proxies are ignored unless --env-proxy: say so once. */
static void note_proxies(const struct options *o)
{
    static const char *const names[] = { "http_proxy", "https_proxy",
                                         "HTTPS_PROXY", "all_proxy",
                                         "ALL_PROXY" };

    if (o->uses_env_proxy || o->proxy || o->is_silent)
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value && *value != '\0') {
            fprintf(stderr,
                    "coil-fetch: %s is set and not used; --env-proxy uses it\n",
                    names[i]);
            return;
        }
    }
}

int client_open(struct run *run)
{
    int rc = names_open(run->options);

    note_proxies(run->options);
    if (rc == 0)
        rc = read_cookies(run);
    if (rc == 0)
        rc = make_authorization(run);
    if (rc == 0)
        rc = make_first(run);
    if (rc == 0)
        rc = set_common(run);
    return rc;
}

int client_close(struct run *run)
{
    const char *jar = run->options->cookie_jar;
    int rc = 0;

    coil_http_client_free(run->first.client);
    if (jar && run->cookies && !run->options->is_dry_run)
        rc = coil_http_cookies_save(run->cookies, jar);
    if (rc < 0)
        run_complain("--cookie-jar", jar, rc);
    coil_http_cookies_free(run->cookies);
    coil_http_auth_free_text(run->authorization);
    names_close();
    return rc;
}
