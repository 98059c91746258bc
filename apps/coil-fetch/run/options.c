/* SPDX-License-Identifier: MIT */
#include "run/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/http_versions.h>

#include "run/option_names.h"
#include "run/option_set.h"

/* ---- options -------------------------------------------------------------- */

static int read_flag(struct options *o, int option)
{
    static const struct {
        int option;
        size_t place;
    } flags[] = {
        { 'g', offsetof(struct options, has_no_templates) },
        { O_NO_DEDUPE, offsetof(struct options, keeps_duplicates) },
        { O_REQUIRE_URLS, offsetof(struct options, requires_urls) },
        { O_FAIL_FAST, offsetof(struct options, fails_fast) },
        { O_ENV_PROXY, offsetof(struct options, uses_env_proxy) },
        { 'k', offsetof(struct options, is_insecure) },
        { O_ALLOW_DOWNGRADE, offsetof(struct options, allows_downgrade) },
        { O_HTTP1, offsetof(struct options, http1_only) },
        { O_HTTP2_PRIOR_KNOWLEDGE,
          offsetof(struct options, http2_prior_knowledge) },
        { O_RAW, offsetof(struct options, keep_encoded) },
        { O_ROBOTS, offsetof(struct options, obeys_robots) },
        { O_DISCARD, offsetof(struct options, discards) },
        { O_OVERWRITE, offsetof(struct options, overwrites) },
        { O_SKIP_EXISTING, offsetof(struct options, skips_existing) },
        { O_NO_SYNC, offsetof(struct options, has_no_sync) },
        { O_JSONL_BODY, offsetof(struct options, has_bodies) },
        { O_JSONL_HEADERS, offsetof(struct options, has_headers) },
        { O_SHA256, offsetof(struct options, has_digest) },
        { O_ORDERED, offsetof(struct options, is_ordered) },
        { O_RESUME, offsetof(struct options, resumes) },
        { O_RETRY_FAILED, offsetof(struct options, retries_failed) },
        { O_DRY_RUN, offsetof(struct options, is_dry_run) },
        { O_QUEUE_WAIT, offsetof(struct options, queue_waits) },
        { O_ALLOW_VOLATILE, offsetof(struct options, allows_volatile) },
        { O_STATUS, offsetof(struct options, shows_status) },
        { O_DEAD, offsetof(struct options, shows_dead) },
        { O_REVIVE, offsetof(struct options, revives) },
        { 'I', offsetof(struct options, is_head) },
        { 'G', offsetof(struct options, is_get) },
        { 's', offsetof(struct options, is_silent) },
        { 'S', offsetof(struct options, shows_errors) },
        { 'v', offsetof(struct options, is_verbose) },
    };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].option == option)
            *(bool *)((char *)o + flags[i].place) = true;
    if (option == 'n')
        o->netrc = "";
    else if (option == '4' || option == '6')
        o->ip_version = option - '0';
    else if (option == O_PROGRESS || option == O_NO_PROGRESS)
        o->progress = option == O_PROGRESS ? WHEN_ALWAYS : WHEN_NEVER;
    return READ_ON; /* -Z, -L, -f and the like are done anyway */
}

static int read_text(struct options *o, int option, const char *value)
{
    static const struct {
        int option;
        size_t place;
    } texts[] = {
        { 'X', offsetof(struct options, method) },
        { 'A', offsetof(struct options, user_agent) },
        { 'u', offsetof(struct options, user) },
        { O_COOKIE_JAR, offsetof(struct options, cookie_jar) },
        { 'x', offsetof(struct options, proxy) },
        { O_NOPROXY, offsetof(struct options, no_proxy) },
        { O_CACERT, offsetof(struct options, ca_file) },
        { 'E', offsetof(struct options, certificate) },
        { O_KEY, offsetof(struct options, key) },
        { O_NETRC_FILE, offsetof(struct options, netrc) },
        { O_UNIX_SOCKET, offsetof(struct options, unix_path) },
        { O_HSTS, offsetof(struct options, hsts) },
        { O_CACHE, offsetof(struct options, cache) },
        { 'o', offsetof(struct options, output) },
        { O_OUTPUT_DIR, offsetof(struct options, output_dir) },
        { O_ACCEPT_STATUS, offsetof(struct options, accepted) },
        { O_JSONL, offsetof(struct options, jsonl) },
        { O_WARC, offsetof(struct options, warc) },
        { O_WARC_DEDUP, offsetof(struct options, warc_dedup) },
        { O_JOURNAL, offsetof(struct options, journal) },
        { O_REPORT, offsetof(struct options, report) },
        { O_QUEUE, offsetof(struct options, queue) },
        { O_QUEUE_NAME, offsetof(struct options, queue_name) },
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].option == option)
            *(const char **)((char *)o + texts[i].place) = value;
    return READ_ON;
}

/* What the value means for each option whose value is no mere text. */
static int read_limit(struct options *o, int option, const char *value)
{
    switch (option) {
    case O_READ_AHEAD:
        return option_set_number(&o->read_ahead, option, value, 1);
    case 'c':
        return option_set_number(&o->concurrency, option, value, 1);
    case O_PER_HOST:
        return option_set_number(&o->per_host, option, value, 1);
    case O_LOOPS:
        return option_set_loops(&o->loops, option, value);
    case O_RATE:
        return option_set_rate(&o->rate, option, value);
    case O_RATE_PER_HOST:
        return option_set_rate(&o->rate_per_host, option, value);
    case O_LIMIT_RATE:
        return option_set_size(&o->limit_rate, option, value);
    case O_LIMIT_RATE_PER_HOST:
        return option_set_size(&o->limit_rate_per_host, option, value);
    case O_RETRIES:
        return option_set_unsigned(&o->retries, option, value);
    case O_RETRY_ON:
        return option_set_retry_on(o, option, value);
    case O_RETRY_DELAY:
        return option_set_duration(&o->retry_delay, option, value);
    case O_RETRY_MAX_TIME:
        return option_set_duration(&o->retry_max_time, option, value);
    case O_MAX_RETRY_AFTER:
        return option_set_duration(&o->max_retry_after, option, value);
    case O_MAX_HOST_ERRORS:
        return option_set_unsigned(&o->max_host_errors, option, value);
    case O_CONNECT_TIMEOUT:
        return option_set_duration(&o->connect_timeout, option, value);
    case O_FIRST_BYTE_TIMEOUT:
        return option_set_duration(&o->first_byte_timeout, option, value);
    case O_IDLE_TIMEOUT:
        return option_set_duration(&o->idle_timeout, option, value);
    case 'm':
        return option_set_duration(&o->timeout, option, value);
    case O_DEADLINE:
        return option_set_duration(&o->deadline, option, value);
    case O_QUEUE_LEASE:
        return option_set_duration(&o->queue_lease, option, value);
    case O_ROBOTS_PATIENCE:
        return option_set_duration(&o->robots_patience, option, value);
    case O_MAX_FILESIZE:
        return option_set_file_size(o, option, value);
    case O_MIN_SPACE:
        return option_set_size(&o->min_space, option, value);
    case O_WARC_MAX_SIZE:
        return option_set_size(&o->warc_size, option, value);
    default:
        return read_text(o, option, value);
    }
}

static int read_word(struct options *o, int option, const char *value)
{
    int word = 0;
    int rc;

    switch (option) {
    case O_INPUT_FORMAT:
        rc = option_set_word(&word, option, value, "auto|lines|jsonl|aria2");
        o->input_format = (enum input_format)word;
        return rc;
    case O_GROUP_BY:
        rc = option_set_word(&word, option, value, "host|domain|address");
        if (rc != READ_ON && strcmp(value, "ip") == 0) {
            word = GROUP_BY_ADDRESS;
            rc = READ_ON;
        }
        o->group_by = (enum group_by)word;
        return rc;
    case O_COLOR:
        rc = option_set_word(&word, option, value, "auto|always|never");
        o->color = (enum when)word;
        return rc;
    case O_SUMMARY:
        rc = option_set_word(&word, option, value, "text|json|none");
        o->summary = (enum summary_kind)word;
        return rc;
    case O_EXTRACT:
        rc = option_set_word(&word, option, value, "links");
        o->extracts_links = rc == READ_ON;
        return rc;
    default:
        return read_limit(o, option, value);
    }
}

static int read_option(struct options *o, int option, const char *value)
{
    size_t redirects;
    int rc;

    switch (option) {
    case 1: /* an argument */
        return option_add_source(o, value, strcmp(value, "-") == 0);
    case 'i':
        return option_add_source(o, value, true);
    case 'H':
        return option_set_header(o, value);
    case 'e':
        return option_add_header(o, "Referer", value);
    case 'd':
    case O_DATA_RAW:
    case O_JSON:
        return option_add_body(o, option, value);
    case 'b':
        return option_add(&o->cookies, value);
    case 'C':
        return option_set_continue(o, value);
    case O_RESOLVE:
        return option_add(&o->resolve, value);
    case O_MAX_REDIRS:
        rc = option_set_number(&redirects, option, value, 0);
        if (rc == READ_ON)
            o->max_redirects = (int)redirects;
        return rc;
    default:
        return value ? read_word(o, option, value) : read_flag(o, option);
    }
}

/* ---- as a whole ----------------------------------------------------------- */

/* Nothing is written; a journal is read only to see what is left. */
static void be_dry(struct options *o)
{
    if (!o->output && !o->output_dir && (o->jsonl || o->warc))
        o->discards = true;
    o->jsonl = o->warc = o->cache = o->report = NULL;
    if (!o->resumes)
        o->journal = NULL;
    o->queue = NULL;
    o->loops = 1;
}

/* curl's -I, -G and --json say several things at once. */
static int apply_shorthands(struct options *o)
{
    if (o->is_get) {
        o->query = o->body;
        o->body = NULL;
        o->body_size = 0;
    }
    if (o->is_head && o->body)
        return option_complain("-I and -d: HEAD has no body; with -G the data "
                               "go into the URLs");
    if (o->is_head && !o->method)
        o->method = "HEAD";
    if (o->is_head && !o->output && !o->output_dir)
        o->discards = true;
    return option_describe_body(o);
}

static int check_together(const struct options *o)
{
    if (o->discards && (o->output || o->output_dir))
        return option_complain("--discard and -o: a body is kept or it is not");
    if (o->overwrites && o->skips_existing)
        return option_complain(
            "--overwrite and --skip-existing exclude each other");
    if (o->resumes && !o->journal)
        return option_complain("--resume needs --journal FILE");
    if (o->retries_failed && !o->resumes)
        return option_complain("--retry-failed needs --resume");
    if (o->http1_only && o->http2_prior_knowledge)
        return option_complain(
            "--http1.1 and --http2-prior-knowledge exclude each other");
    if (o->has_bodies && !o->jsonl)
        return option_complain("--jsonl-body needs --jsonl FILE");
    if (o->method && !coil_http_is_token(o->method))
        return option_complain("-X %s: not a method", o->method);
    if (o->sources.count == 0 && !o->queue)
        return option_complain("no URL; try coil-fetch --help");
    return option_check_queue(o);
}

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .read_ahead = 100000,
        .concurrency = 64,
        .per_host = 6,
        .loops = 1,
        .retries = 3,
        .retry_on = RETRY_CONNECT | RETRY_DNS | RETRY_TIMEOUT | RETRY_RESET |
                    RETRY_PROTOCOL | RETRY_5XX | RETRY_429 | RETRY_CHECKSUM,
        .retry_delay = COIL_SECOND,
        .max_retry_after = 600 * COIL_SECOND,
        .max_redirects = 20,
        .robots_patience = 120 * COIL_SECOND,
    };
}

static int show_help(int argc, char **argv)
{
    fputs(options_help(optind < argc && strcmp(argv[optind], "all") == 0),
          stdout);
    return END_WELL;
}

static int show_version(void)
{
    struct coil_http_versions with;

    coil_http_versions(&with);
    printf("coil-fetch %s, with OpenSSL %s, nghttp2 %s, c-ares %s\n",
           COIL_VERSION_STRING, with.openssl, with.nghttp2, with.cares);
    return END_WELL;
}

int options_read(struct options *options, int argc, char **argv)
{
    int option;
    int rc = READ_ON;

    set_defaults(options);
    options->argc = argc;
    options->argv = argv;
    optind = 0;
    while (rc == READ_ON && (option = getopt_long(argc, argv, option_letters,
                                                  option_names, NULL)) >= 0) {
        if (option == '?')
            return option_complain("try coil-fetch --help");
        if (option == 'h')
            return show_help(argc, argv);
        if (option == 'V')
            return show_version();
        rc = read_option(options, option, optarg);
    }
    while (rc == READ_ON && optind < argc)
        rc = read_option(options, 1, argv[optind++]);
    if (rc == READ_ON)
        rc = apply_shorthands(options);
    if (rc == READ_ON)
        rc = check_together(options);
    if (rc == READ_ON && options->is_dry_run)
        be_dry(options);
    return rc;
}

void options_fini(struct options *options)
{
    for (size_t i = 0; i < options->made.count; i++)
        free((char *)options->made.texts[i]);
    free(options->made.texts);
    free(options->sources.texts);
    free(options->is_file);
    free(options->headers);
    free(options->cookies.texts);
    free(options->resolve.texts);
}
