/* SPDX-License-Identifier: MIT */
/*
 * options.h - the command line, read
 *
 * Texts point into argv.  Durations are nanoseconds, 0: none was given.  What is a
 * list has a pointer and a count.
 */
#ifndef COIL_FETCH_RUN_OPTIONS_H
#define COIL_FETCH_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>
#include <coil/time.h>

#include "input/input.h"

/* Texts that an option may give several times. */
struct option_list {
    const char **texts;
    size_t count;
};

/* So many in so much time: 10/s, 600/m, 1/10s.  Zeroed: no limit. */
struct option_rate {
    uint64_t count;
    coil_time in;
};

enum group_by { GROUP_BY_HOST, GROUP_BY_DOMAIN, GROUP_BY_ADDRESS };
enum when { WHEN_TERMINAL, WHEN_ALWAYS, WHEN_NEVER };
enum summary_kind { SUMMARY_TEXT, SUMMARY_JSON, SUMMARY_NONE };

/* What a request ended with, for --retry-on. */
enum {
    RETRY_CONNECT = 1 << 0,
    RETRY_DNS = 1 << 1,
    RETRY_TIMEOUT = 1 << 2, /* and 408 */
    RETRY_RESET = 1 << 3,
    RETRY_PROTOCOL = 1 << 4,
    RETRY_TLS = 1 << 5,
    RETRY_5XX = 1 << 6,
    RETRY_429 = 1 << 7,
    RETRY_CHECKSUM = 1 << 8,
};

struct options {
    /* ---- input ---- */
    struct option_list sources; /* URLs and files, in the order of argv */
    bool *is_file;              /* of each of them; "-" is standard input */
    enum input_format input_format;
    bool has_no_templates; /* -g, --globoff: [1-9] and {a,b} are text */
    bool keeps_duplicates; /* --no-dedupe */
    bool requires_urls;    /* --require-urls: an empty list is an error (2) */
    size_t read_ahead;     /* --read-ahead: URLs read that have not begun */

    /* ---- how many at a time, how fast ---- */
    size_t concurrency; /* -c, --parallel-max; 64 */
    size_t per_host;    /* --per-host, --parallel-max-host; 6 */
    unsigned loops;     /* --loops; 1.  0: as many as processors */
    struct option_rate rate;
    struct option_rate rate_per_host;
    enum group_by group_by;
    uint64_t limit_rate; /* --limit-rate: bytes of bodies a second; 0: none */
    uint64_t limit_rate_per_host;

    /* ---- again ---- */
    unsigned retries;          /* --retries, --retry; 3 */
    unsigned retry_on;         /* RETRY_… */
    coil_time retry_delay;     /* --retry-delay; 1 s, doubling, with jitter */
    coil_time retry_max_time;  /* --retry-max-time; 0: none */
    coil_time max_retry_after; /* --max-retry-after; 10 min */
    unsigned max_host_errors;  /* --max-host-errors; 0: none */
    bool fails_fast;           /* --fail-fast */

    /* ---- time ---- */
    coil_time connect_timeout;
    coil_time first_byte_timeout;
    coil_time idle_timeout;
    coil_time timeout;  /* -m, --max-time, --timeout: one request, whole */
    coil_time deadline; /* of the run */

    /* ---- the request ---- */
    const char *method; /* -X */
    bool is_head;       /* -I */
    const char *body;   /* -d; "@file" is read by the options */
    size_t body_size;
    bool is_json;                     /* --json */
    bool is_get;                      /* -G */
    const char *query;                /* -G: what would be the body */
    struct coil_http_header *headers; /* -H */
    size_t header_count;
    const char *user_agent;     /* -A */
    const char *user;           /* -u name:password */
    struct option_list cookies; /* -b "a=b; c=d", or a file */
    const char *cookie_jar;     /* --cookie-jar FILE */
    const char *proxy;          /* -x */
    const char *no_proxy;       /* --noproxy */
    bool uses_env_proxy;        /* --env-proxy */
    bool is_insecure;           /* -k */
    const char *ca_file;        /* --cacert */
    const char *certificate;    /* -E, --cert */
    const char *key;            /* --key */
    struct option_list resolve; /* --resolve host:port:address */
    int ip_version;             /* -4, -6; 0: both */
    int max_redirects;          /* --max-redirs; 20; 0: none is followed */
    bool http1_only;            /* --http1.1 */
    bool http2_prior_knowledge; /* --http2-prior-knowledge */
    bool keep_encoded;          /* --raw: bodies stay compressed */
    const char *netrc;          /* -n, --netrc-file FILE */
    const char *unix_path;      /* --unix-socket */
    const char *hsts;           /* --hsts FILE */
    const char *cache;          /* --cache FILE: conditional requests */
    bool obeys_robots;          /* --robots */
    coil_time robots_patience;  /* --robots-patience; 2 min */
    bool allows_downgrade; /* --allow-downgrade: redirects from https to http */

    /* ---- what comes of it ---- */
    const char *output;     /* -o TEMPLATE */
    const char *output_dir; /* --output-dir */
    bool discards;          /* --discard */
    bool overwrites;        /* --overwrite */
    bool skips_existing;    /* --skip-existing */
    bool continues;         /* -C -, --continue */
    bool has_no_sync;       /* --no-sync: no fsync() before the rename */
    int64_t max_filesize;   /* 0: as files.c limits what goes to no file */
    uint64_t min_space;     /* --min-space: bytes left free on the disk */
    const char *accepted;   /* --accept-status "404,5xx": done well, too */
    const char *jsonl;      /* FILE, "-": standard output */
    bool has_digest;        /* --sha256: of each body, in its record */
    bool has_bodies;        /* --jsonl-body */
    bool has_headers;       /* --jsonl-headers */
    bool is_ordered;        /* --ordered */
    const char *warc;       /* FILE.warc.gz */
    uint64_t warc_size;     /* --warc-max-size; 0: one file */
    const char *warc_dedup; /* --warc-dedup FILE.cdxj: of an earlier run */
    bool extracts_links;    /* --extract links */

    /* ---- the queue of many machines ---- */
    const char *queue;      /* --queue URL */
    const char *queue_name; /* --queue-name */
    coil_time queue_lease;  /* --queue-lease; 30 s */
    bool queue_waits;       /* --queue-wait: not only until it is empty */
    bool allows_volatile;   /* --allow-volatile */
    bool shows_status;      /* --status: nothing is fetched */
    bool shows_dead;        /* --dead: the same */
    bool revives;           /* --revive: the same */

    /* ---- life ---- */
    const char *journal;
    bool resumes;
    bool
        retries_failed; /* --retry-failed: with --resume, those that failed too */
    enum when progress; /* --progress, --no-progress */
    enum when color;
    enum summary_kind summary;
    bool is_silent;     /* -s */
    bool shows_errors;  /* -S: what -s leaves out, but display and summary */
    bool is_verbose;    /* -v */
    const char *report; /* --report FILE.html */
    bool is_dry_run;

    /* ---- as it was read, for the report ---- */
    int argc;
    char *const *argv;

    /* ---- what was made of values, and is freed ---- */
    struct option_list made;
};

/* ---- what an option's value may be; also for lines of the input ---- */

/*
 * "1.5" seconds, "500ms", "10s", "2m", "1h".  Returns 0; -EINVAL, `*out` as it was.
 */
int option_duration(coil_time *out, const char *text);

/* "10/s", "600/m", "1/10s", "5" a second.  Returns 0; -EINVAL. */
int option_rate(struct option_rate *out, const char *text);

/* "1000", "64k", "10M", "2G" (of 1024).  Returns 0; -EINVAL; -ERANGE. */
int option_size(uint64_t *out, const char *text);

/*
 * Read the command line.  Returns 0; a status to exit with and a message on
 * standard error or, of --help and --version, on standard output: 1 + the status,
 * so that 1 means "end well".
 */
int options_read(struct options *options, int argc, char **argv);

/* The text of --help, and that of --help all; static. */
const char *options_help(bool all);

void options_fini(struct options *options);

#endif
