/* SPDX-License-Identifier: MIT */
/* option_names.h - the names of the options, in the form of getopt_long() */
#ifndef COIL_FETCH_RUN_OPTION_NAMES_H
#define COIL_FETCH_RUN_OPTION_NAMES_H

#include <getopt.h>

/* What getopt_long() returns for options without a letter. */
enum {
    O_INPUT_FORMAT = 256,
    O_NO_DEDUPE,
    O_REQUIRE_URLS,
    O_READ_AHEAD,
    O_PER_HOST,
    O_RATE,
    O_RATE_PER_HOST,
    O_GROUP_BY,
    O_LIMIT_RATE,
    O_LIMIT_RATE_PER_HOST,
    O_RETRIES,
    O_RETRY_ON,
    O_RETRY_DELAY,
    O_RETRY_MAX_TIME,
    O_MAX_RETRY_AFTER,
    O_MAX_HOST_ERRORS,
    O_FAIL_FAST,
    O_CONNECT_TIMEOUT,
    O_FIRST_BYTE_TIMEOUT,
    O_IDLE_TIMEOUT,
    O_DEADLINE,
    O_DATA_RAW,
    O_JSON,
    O_COOKIE_JAR,
    O_NOPROXY,
    O_ENV_PROXY,
    O_CACERT,
    O_KEY,
    O_RESOLVE,
    O_MAX_REDIRS,
    O_ALLOW_DOWNGRADE,
    O_HTTP1,
    O_HTTP2_PRIOR_KNOWLEDGE,
    O_RAW,
    O_NETRC_FILE,
    O_UNIX_SOCKET,
    O_HSTS,
    O_CACHE,
    O_ROBOTS,
    O_ROBOTS_PATIENCE,
    O_OUTPUT_DIR,
    O_DISCARD,
    O_OVERWRITE,
    O_SKIP_EXISTING,
    O_NO_SYNC,
    O_MAX_FILESIZE,
    O_MIN_SPACE,
    O_ACCEPT_STATUS,
    O_JSONL,
    O_JSONL_BODY,
    O_JSONL_HEADERS,
    O_SHA256,
    O_ORDERED,
    O_WARC,
    O_WARC_MAX_SIZE,
    O_WARC_DEDUP,
    O_EXTRACT,
    O_JOURNAL,
    O_RESUME,
    O_RETRY_FAILED,
    O_PROGRESS,
    O_NO_PROGRESS,
    O_COLOR,
    O_SUMMARY,
    O_REPORT,
    O_DRY_RUN,
    O_QUEUE,
    O_NOTHING, /* of curl, and what this program does anyway */
};

extern const char option_letters[];
extern const struct option option_names[];

#endif
