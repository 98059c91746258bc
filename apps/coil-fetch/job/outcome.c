/* SPDX-License-Identifier: MIT */
#include "job/outcome.h"

static const char *const names[OUTCOME_CLASSES] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_CLIENT_ERROR] = "client_error",
    [OUTCOME_RATE_LIMITED] = "rate_limited",
    [OUTCOME_SERVER_ERROR] = "server_error",
    [OUTCOME_STATUS] = "status",
    [OUTCOME_BAD_INPUT] = "bad_input",
    [OUTCOME_DNS] = "dns",
    [OUTCOME_CONNECT] = "connect",
    [OUTCOME_TLS] = "tls",
    [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_RESET] = "reset",
    [OUTCOME_PROTOCOL] = "protocol",
    [OUTCOME_REDIRECT] = "redirect",
    [OUTCOME_TOO_LARGE] = "too_large",
    [OUTCOME_CHECKSUM] = "checksum",
    [OUTCOME_TYPE] = "type",
    [OUTCOME_ROBOTS] = "robots",
    [OUTCOME_OUTPUT] = "output",
    [OUTCOME_SKIPPED] = "skipped",
    [OUTCOME_DUPLICATE] = "duplicate",
    [OUTCOME_STOPPED] = "stopped",
    [OUTCOME_INTERNAL] = "internal",
};

const char *outcome_class_name(enum outcome_class class)
{
    return names[class];
}

bool outcome_is_success(enum outcome_class class)
{
    return class == OUTCOME_OK || class == OUTCOME_SKIPPED ||
           class == OUTCOME_DUPLICATE;
}
