/* SPDX-License-Identifier: MIT */
/* Checksums, and whether a body is what was asked for. */
#include "output/body_check.h"
#include "output/digest.h"

#include <stdio.h>
#include <string.h>

#include <coil/error.h>

#include "test.h"

static const struct sum {
    enum checksum_kind kind;
    const char *name;
    const char *hex; /* of "abc", as the standards have it */
} sums[] = {
    { CHECKSUM_MD5, "md5", "900150983cd24fb0d6963f7d28e17f72" },
    { CHECKSUM_SHA1, "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { CHECKSUM_SHA224, "sha224",
      "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
    { CHECKSUM_SHA256, "sha256",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { CHECKSUM_SHA384, "sha384",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
      "8086072ba1e7cc2358baeca134c825a7" },
    { CHECKSUM_SHA512, "sha512",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

enum { SUMS = sizeof sums / sizeof sums[0] };

TEST(fetch_digest_is_that_of_the_standards)
{
    struct digest digest = { 0 };
    unsigned char sum[DIGEST_MAX_SIZE];
    char hex[2 * DIGEST_MAX_SIZE + 1];

    /* One after another, each twice, in one digest. */
    for (int i = 0; i < 2 * SUMS; i++) {
        const struct sum *s = &sums[i / 2];

        ASSERT_EQ(digest_begin(&digest, s->kind), 0);
        digest_add(&digest, "a", 1);
        digest_add(&digest, "", 0);
        digest_add(&digest, "bc", 2);
        ASSERT_EQ(digest_end(&digest, sum), digest_size(s->kind));
        digest_hex(hex, sum, digest_size(s->kind));
        ASSERT_STR_EQ(hex, s->hex);
        ASSERT_STR_EQ(digest_name(s->kind), s->name);
    }
    digest_fini(&digest);
    ASSERT_EQ(digest_sha256(sum, "abc", 3), 0);
    digest_hex(hex, sum, 32);
    ASSERT_STR_EQ(hex, sums[3].hex);
}

TEST(fetch_digest_that_has_not_begun_has_no_sum)
{
    struct digest digest = { 0 };
    unsigned char sum[DIGEST_MAX_SIZE];

    ASSERT_EQ(digest_begin(&digest, CHECKSUM_NONE), -ENOTSUP);
    digest_add(&digest, "a", 1);
    ASSERT_EQ(digest_end(&digest, sum), 0u);
    ASSERT_EQ(digest_size(CHECKSUM_NONE), 0u);
    ASSERT_STR_EQ(digest_name(CHECKSUM_NONE), "none");
    digest_fini(&digest);
}

static void set_checksum(struct job_details *details, const struct sum *sum)
{
    details->checksum_kind = sum->kind;
    for (size_t i = 0; i < digest_size(sum->kind); i++) {
        unsigned byte;

        ASSERT_EQ(sscanf(sum->hex + 2 * i, "%2x", &byte), 1);
        details->checksum[i] = (unsigned char)byte;
    }
}

/* What becomes of this body, in two pieces. */
static enum outcome_class check(struct body_check *check,
                                const struct job_details *details,
                                const char *body, bool wants_sha256,
                                struct text *why)
{
    unsigned char sha256[32];
    bool has_sha256;
    enum outcome_class class;

    text_clear(why);
    ASSERT_EQ(body_check_begin(check, details, wants_sha256), 0);
    body_check_add(check, body, 1);
    body_check_add(check, body + 1, strlen(body) - 1);
    class = body_check_end(check, &has_sha256, sha256, why);
    ASSERT_EQ(has_sha256, wants_sha256 || (details && details->checksum_kind ==
                                                          CHECKSUM_SHA256));
    return class;
}

TEST(fetch_digest_of_a_corrupt_body_is_told)
{
    struct body_check state = { 0 };
    struct text why = { 0 };

    for (int i = 0; i < 4 * SUMS; i++) {
        struct job_details details = { .expected_size = -1 };
        bool wants_sha256 = i / SUMS % 2;

        set_checksum(&details, &sums[i % SUMS]);
        ASSERT_EQ(check(&state, &details, "abc", wants_sha256, &why),
                  OUTCOME_OK);
        ASSERT_EQ(why.size, 0u);
        ASSERT_EQ(check(&state, &details, "abd", wants_sha256, &why),
                  OUTCOME_CHECKSUM);
        ASSERT_STR_CONTAINS(why.bytes, sums[i % SUMS].name);
        ASSERT_STR_CONTAINS(why.bytes, sums[i % SUMS].hex);
    }
    ASSERT_EQ(check(&state, NULL, "abd", false, &why), OUTCOME_OK);
    ASSERT_EQ(check(&state, NULL, "abd", true, &why), OUTCOME_OK);
    body_check_fini(&state);
    text_fini(&why);
}

TEST(fetch_digest_size_and_type_are_checked)
{
    struct body_check state = { 0 };
    struct text why = { 0 };
    struct job_details details = { .expected_size = 3,
                                   .expected_type = (char *)"image/" };

    ASSERT_EQ(check(&state, &details, "abcd", false, &why), OUTCOME_CHECKSUM);
    ASSERT_STR_EQ(why.bytes, "the body has 4 bytes instead of 3");
    ASSERT_EQ(check(&state, &details, "abc", false, &why), OUTCOME_OK);
    ASSERT_EQ(body_check_head(&details, "Image/PNG", 3, &why), OUTCOME_OK);
    ASSERT_EQ(body_check_head(&details, "image/png", -1, &why), OUTCOME_OK);
    ASSERT_EQ(body_check_head(NULL, NULL, 5, &why), OUTCOME_OK);
    ASSERT_EQ(body_check_head(&details, "image/png", 4, &why),
              OUTCOME_CHECKSUM);
    text_clear(&why);
    ASSERT_EQ(body_check_head(&details, "text/\033[2J", 3, &why), OUTCOME_TYPE);
    ASSERT_STR_EQ(why.bytes, "the type is text/\\x1b[2J instead of image/");
    text_clear(&why);
    ASSERT_EQ(body_check_head(&details, NULL, 3, &why), OUTCOME_TYPE);
    ASSERT_STR_EQ(why.bytes, "the type is not told instead of image/");
    body_check_fini(&state);
    text_fini(&why);
}
