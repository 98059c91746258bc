/* SPDX-License-Identifier: MIT */
/* Sums are those of the standards, whatever pieces the bytes come in. */
#include <coil/http.h>

#include "http/wire/hash.h"
#include "test.h"

static void expect(enum coil__http_hash kind, const char *text, size_t size,
                   const char *wanted)
{
    char sum[COIL__HTTP_HASH_SIZE];

    for (size_t half = 0; half <= size; half++) {
        const struct coil__http_slice pieces[] = {
            { text, half },
            { text + half, size - half },
        };

        coil__http_hash(sum, kind, pieces, 2);
        ASSERT_STR_EQ(sum, wanted);
    }
}

/* RFC 1321, A.5; the last two are longer than a block can end with. */
TEST(http_hash_md5_is_that_of_the_rfc)
{
    static const char *const cases[][2] = {
        { "", "d41d8cd98f00b204e9800998ecf8427e" },
        { "a", "0cc175b9c0f1b6a831c399e269772661" },
        { "abc", "900150983cd24fb0d6963f7d28e17f72" },
        { "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
        { "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
          "d174ab98d277d9f5a5611c2c9f419d9f" },
        { "1234567890123456789012345678901234567890123456789012345678901234567"
          "8901234567890",
          "57edf4a22be3c955ac49da2e2107b67a" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(COIL__HTTP_MD5, cases[i][0], strlen(cases[i][0]), cases[i][1]);
}

/* NIST's examples of SHA-256. */
TEST(http_hash_sha256_is_that_of_nist)
{
    static const char *const cases[][2] = {
        { "",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijkl"
          "mnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(COIL__HTTP_SHA256, cases[i][0], strlen(cases[i][0]),
               cases[i][1]);
}

TEST(http_hash_of_a_million_letters)
{
    char letters[1000];
    struct coil__http_slice pieces[1000];
    char sum[COIL__HTTP_HASH_SIZE];

    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < 1000; i++)
        pieces[i] = (struct coil__http_slice){ letters, sizeof letters };
    coil__http_hash(sum, COIL__HTTP_SHA256, pieces, 1000);
    ASSERT_STR_EQ(sum, "cdc76e5c9914fb9281a1c7e284d73e67"
                       "f1809a48a497200e046d39ccc7112cd0");
    coil__http_hash(sum, COIL__HTTP_MD5, pieces, 1000);
    ASSERT_STR_EQ(sum, "7707d6ae4e027c70eea2a935c2296f21");
}
