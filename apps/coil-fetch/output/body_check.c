/* SPDX-License-Identifier: MIT */
#include "output/body_check.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static enum outcome_class check_size(const struct job_details *details,
                                     int64_t size, struct text *why)
{
    if (!details || details->expected_size < 0 ||
        details->expected_size == size)
        return OUTCOME_OK;
    text_add_format(why, "the body has %" PRId64 " bytes instead of %" PRId64,
                    size, details->expected_size);
    return OUTCOME_CHECKSUM;
}

enum outcome_class body_check_head(const struct job_details *details,
                                   const char *type, int64_t size,
                                   struct text *why)
{
    const char *expected = details ? details->expected_type : NULL;

    if (expected &&
        (!type || strncasecmp(type, expected, strlen(expected)) != 0)) {
        text_add(why, "the type is ");
        text_printable(why, type ? type : "not told",
                       strlen(type ? type : "not told"));
        text_add(why, " instead of ");
        text_printable(why, expected, strlen(expected));
        return OUTCOME_TYPE;
    }
    return size < 0 ? OUTCOME_OK : check_size(details, size, why);
}

int body_check_begin(struct body_check *check,
                     const struct job_details *details, bool wants_sha256)
{
    enum checksum_kind kind = details ? details->checksum_kind : CHECKSUM_NONE;
    int rc = 0;

    check->details = details;
    check->size = 0;
    check->wants_sha256 = wants_sha256 || kind == CHECKSUM_SHA256;
    check->sha256.has_failed = check->asked.has_failed = true;
    if (check->wants_sha256)
        rc = digest_begin(&check->sha256, CHECKSUM_SHA256);
    if (rc == 0 && kind != CHECKSUM_NONE && kind != CHECKSUM_SHA256)
        rc = digest_begin(&check->asked, kind);
    return rc;
}

void body_check_add(struct body_check *check, const void *bytes, size_t size)
{
    check->size += (int64_t)size;
    if (!check->sha256.has_failed)
        digest_add(&check->sha256, bytes, size);
    if (!check->asked.has_failed)
        digest_add(&check->asked, bytes, size);
}

static enum outcome_class compare(const struct job_details *details,
                                  const unsigned char *sum, size_t size,
                                  struct text *why)
{
    char hex[2 * DIGEST_MAX_SIZE + 1];

    if (size == 0) {
        text_add(why, "the checksum could not be made");
        return OUTCOME_INTERNAL;
    }
    if (memcmp(sum, details->checksum, size) == 0)
        return OUTCOME_OK;
    digest_hex(hex, sum, size);
    text_add_format(why, "the body's %s is %s",
                    digest_name(details->checksum_kind), hex);
    digest_hex(hex, details->checksum, size);
    text_add_format(why, " instead of %s", hex);
    return OUTCOME_CHECKSUM;
}

enum outcome_class body_check_end(struct body_check *check, bool *has_sha256,
                                  unsigned char sha256[32], struct text *why)
{
    const struct job_details *details = check->details;
    enum checksum_kind kind = details ? details->checksum_kind : CHECKSUM_NONE;
    unsigned char sum[DIGEST_MAX_SIZE];
    size_t size = 0;
    enum outcome_class class;

    *has_sha256 = false;
    if (check->wants_sha256) {
        size = digest_end(&check->sha256, sum);
        *has_sha256 = size > 0;
        if (size > 0)
            memcpy(sha256, sum, 32);
    }
    class = check_size(details, check->size, why);
    if (class != OUTCOME_OK || kind == CHECKSUM_NONE)
        return class;
    if (kind != CHECKSUM_SHA256)
        size = digest_end(&check->asked, sum);
    return compare(details, sum, size, why);
}

void body_check_fini(struct body_check *check)
{
    digest_fini(&check->sha256);
    digest_fini(&check->asked);
}
