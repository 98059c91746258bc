/* SPDX-License-Identifier: MIT */
/*
 * Which suites of TLS 1.3 are used, with settings of the system and without.
 */
#include <coil/tls.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "child.h"
#include "openssl_memory.h"

/* The suites of TLS 1.3 that a client offers, the best first. */
static void say_suites(void *unused)
{
    struct coil_tls_context *context;
    STACK_OF(SSL_CIPHER) * list;

    (void)unused;
    ASSERT_EQ(coil_tls_context_new_client(&context, NULL), 0);
    list = SSL_CTX_get_ciphers(coil_tls_context_openssl(context));
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
        const char *name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i));

        if (strncmp(name, "TLS_", 4) == 0)
            printf("%s ", name);
    }
    coil_tls_context_free(context);
}

/* The same on a system with this line in the settings of OpenSSL. */
static void check_suites(const char *setting, const char *expected)
{
    char path[] = "/tmp/coil-ciphers-XXXXXX";
    int fd = mkstemp(path);

    ASSERT_GE(fd, 0);
    dprintf(fd,
            "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\n"
            "system_default = tls\n[tls]\n%s\n",
            setting);
    close(fd);
    setenv("OPENSSL_CONF", path, 1);
    child_run(&the_child, say_suites, NULL);
    unlink(path);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_EQ(the_child.text, expected);
}

TEST(ciphers_begin_with_the_cheapest_that_is_good)
{
    check_suites("", "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 "
                     "TLS_CHACHA20_POLY1305_SHA256 ");
}

TEST(ciphers_that_the_system_forbids_are_not_used)
{
    check_suites("Ciphersuites = "
                 "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
                 "TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 ");
}

TEST(ciphers_that_only_the_system_knows_stay)
{
    check_suites("Ciphersuites = TLS_AES_128_CCM_SHA256",
                 "TLS_AES_128_CCM_SHA256 ");
}

/* OpenSSL lacks memory at each of its allocations in turn. */
TEST(ciphers_without_memory_are_an_error)
{
    struct coil_tls_context *context;
    size_t failures = 0;
    size_t made;
    int rc;

    ASSERT_EQ(coil_tls_context_new_client(&context, NULL), 0);
    coil_tls_context_free(context);
    for (size_t n = 1;; n++) {
        openssl_fail_allocation(n, false);
        rc = coil_tls_context_new_client(
            &context,
            &(struct coil_tls_client_options){ .without_verification = true });
        made = openssl_fail_allocation(0, false);
        if (rc == 0)
            coil_tls_context_free(context);
        else
            failures++;
        if (made < n)
            break;
    }
    ASSERT_GT(failures, 10);
}
