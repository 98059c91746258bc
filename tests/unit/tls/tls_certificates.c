/* SPDX-License-Identifier: MIT */
/*
 * Certificates, good and bad: each is refused for its own reason, and the
 * server learns of it.
 */
#include <coil/tls.h>

#include <unistd.h>

#include <openssl/ssl.h>

#include "stream_test.h"
#include "tls_test.h"

static struct tls_made stranger; /* a CA that nobody trusts */
static struct tls_made between;  /* a CA that the trusted one issued */

/* A server's certificate, and what a client says to it. */
struct row {
    const char *what;
    struct tls_recipe recipe; /* issuer NULL: the trusted CA */
    int rc;
    const char *host; /* NULL: a.example */
    const struct tls_made *sends_issuer;
    bool is_own_issuer;
};

static const char *words_of(int rc)
{
    return rc == 0 ? "accepted" : coil_strerror(rc);
}

/* A file of this name, instead of what had it. */
static void show(const char *name, const char *shown, const char *suffix)
{
    char from[64];
    char to[64];

    snprintf(from, sizeof from, "%s.%s", name, suffix);
    snprintf(to, sizeof to, "%s.%s", shown, suffix);
    unlink(tls_path(to));
    ASSERT_EQ(link(tls_path(from), tls_path(to)), 0);
}

/* A server with NAME.pem, which shows even what a server of ours would not. */
static struct coil_tls_context *shameless(const char *name)
{
    struct coil_tls_context *context;

    show("server", "shown", "pem");
    show("server", "shown", "key");
    context = tls_server_context("shown");
    SSL_CTX_set_security_level(coil_tls_context_openssl(context), 0);
    show(name, "shown", "pem");
    show(name, "shown", "key");
    ASSERT_EQ(coil_tls_context_reload(context), 0);
    return context;
}

/* What the client says to a server with NAME.pem. */
static int ask(const char *name, const char *host)
{
    struct coil_tls_context *context = shameless(name);
    struct pair p = connected();
    struct coil_tls_start client = { .context = world.client_context };
    struct coil_tls_start server = { .context = context };
    struct tls_handshake done;

    done = tls_shake(p.a, &client, host, p.b, &server);
    if (done.client == 0) {
        char byte;

        ASSERT_EQ(done.server, 0);
        send_text(p.b, "x");
        ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
        hang_up(&p);
    } else if (done.server == 0) {
        char byte;

        /* In TLS 1.3 a server has finished before its client verifies. */
        ASSERT_EQ(coil_stream_read(p.b, &byte, 1),
                  COIL_ETLS_CERTIFICATE_REFUSED);
        coil_stream_abort(p.b);
    }
    coil_tls_context_free(context);
    return done.client;
}

static void check(const struct row *row)
{
    struct tls_recipe recipe = row->recipe;
    struct tls_made made;
    int rc;

    if (!recipe.issuer && !row->is_own_issuer)
        recipe.issuer = &world.ca;
    if (!recipe.alternatives)
        recipe.alternatives = "DNS:a.example";
    made = tls_make(&recipe);
    tls_write_pair("row", &made, row->sends_issuer);
    rc = ask("row", row->host ? row->host : "a.example");
    if (rc != row->rc)
        fprintf(stderr, "%s: %s, not %s\n", row->what, words_of(rc),
                words_of(row->rc));
    ASSERT_EQ(rc, row->rc);
    tls_free_made(&made);
}

static void check_all(const struct row *rows, size_t count)
{
    tls_world_open();
    stranger = tls_make(&(struct tls_recipe){ .name = "x", .is_ca = true });
    between = tls_make(&(struct tls_recipe){
        .name = "between", .is_ca = true, .issuer = &world.ca });
    for (size_t i = 0; i < count; i++)
        check(&rows[i]);
    tls_free_made(&stranger);
    tls_free_made(&between);
    tls_world_close();
}

#define CHECK(rows) check_all(rows, sizeof(rows) / sizeof((rows)[0]))

KERNEL_TEST(tls_certificate_that_is_good_is_accepted)
{
    const struct row rows[] = {
        { .what = "a name" },
        { .what = "a name with a dot behind", .host = "a.example." },
        { .what = "a name in capitals", .host = "A.Example" },
        { .what = "a wildcard",
          .recipe = { .alternatives = "DNS:*.one.example" },
          .host = "a.one.example" },
        { .what = "an address",
          .recipe = { .alternatives = "IP:127.0.0.1" },
          .host = "127.0.0.1" },
        { .what = "an address of IPv6",
          .recipe = { .alternatives = "IP:::1" },
          .host = "::1" },
        { .what = "one of many",
          .recipe = { .alternatives =
                          "DNS:x.example,DNS:y.example,DNS:a.example" } },
        { .what = "a chain",
          .recipe = { .issuer = &between },
          .sends_issuer = &between },
        { .what = "RSA of 2048 bits",
          .recipe = { .key = TLS_KEY_RSA, .bits = 2048 } },
        { .what = "P-256", .recipe = { .key = TLS_KEY_EC } },
    };

    CHECK(rows);
}

KERNEL_TEST(tls_certificate_that_is_bad_is_refused_with_its_reason)
{
    const struct row rows[] = {
        { .what = "expired",
          .recipe = { .from_days = -20, .to_days = -1 },
          .rc = COIL_ETLS_CERTIFICATE_EXPIRED },
        { .what = "not yet valid",
          .recipe = { .from_days = 2, .to_days = 3 },
          .rc = COIL_ETLS_CERTIFICATE_NOT_YET_VALID },
        { .what = "another host",
          .host = "b.example",
          .rc = COIL_ETLS_CERTIFICATE_WRONG_HOST },
        { .what = "another address",
          .recipe = { .alternatives = "IP:127.0.0.2" },
          .host = "127.0.0.1",
          .rc = COIL_ETLS_CERTIFICATE_WRONG_HOST },
        { .what = "an address as a name",
          .recipe = { .alternatives = "DNS:127.0.0.1" },
          .host = "127.0.0.1",
          .rc = COIL_ETLS_CERTIFICATE_WRONG_HOST },
        { .what = "a wildcard for two labels",
          .recipe = { .alternatives = "DNS:*.one.example" },
          .host = "a.b.one.example",
          .rc = COIL_ETLS_CERTIFICATE_WRONG_HOST },
        { .what = "a partial wildcard",
          .recipe = { .alternatives = "DNS:a*.one.example" },
          .host = "ab.one.example",
          .rc = COIL_ETLS_CERTIFICATE_WRONG_HOST },
        { .what = "the name of the subject alone",
          .recipe = { .name = "a.example",
                      .alternatives = "email:a@a.example" },
          .rc = COIL_ETLS_CERTIFICATE_WRONG_HOST },
        { .what = "self-signed",
          .is_own_issuer = true,
          .rc = COIL_ETLS_CERTIFICATE_SELF_SIGNED },
        { .what = "a root that is not trusted",
          .recipe = { .issuer = &stranger },
          .sends_issuer = &stranger,
          .rc = COIL_ETLS_CERTIFICATE_UNTRUSTED_ROOT },
        { .what = "an incomplete chain",
          .recipe = { .issuer = &between },
          .rc = COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER },
        { .what = "RSA of 1024 bits",
          .recipe = { .key = TLS_KEY_RSA, .bits = 1024 },
          .rc = COIL_ETLS_CERTIFICATE_WEAK_KEY },
        { .what = "a wrong signature",
          .recipe = { .is_broken = true },
          .rc = COIL_ETLS_CERTIFICATE_BAD_SIGNATURE },
        { .what = "a client's certificate",
          .recipe = { .purpose = "clientAuth" },
          .rc = COIL_ETLS_CERTIFICATE_WRONG_PURPOSE },
        { .what = "an extension that nobody knows and that matters",
          .recipe = { .has_unknown_extension = true },
          .rc = COIL_ETLS_CERTIFICATE_INVALID },
    };

    CHECK(rows);
}

/* A server whose chain has a bad issuer in it. */
static int ask_below(const struct tls_recipe *issuer_recipe)
{
    struct tls_made issuer = tls_make(issuer_recipe);
    struct tls_made made = tls_make(&(struct tls_recipe){
        .alternatives = "DNS:a.example", .issuer = &issuer });
    int rc;

    tls_write_pair("below", &made, &issuer);
    rc = ask("below", "a.example");
    tls_free_made(&made);
    tls_free_made(&issuer);
    return rc;
}

KERNEL_TEST(tls_issuer_that_is_bad_is_refused_with_its_reason)
{
    struct tls_made short_ca;

    tls_world_open();
    ASSERT_EQ(
        ask_below(&(struct tls_recipe){ .name = "no CA", .issuer = &world.ca }),
        COIL_ETLS_CERTIFICATE_BAD_ISSUER);
    ASSERT_EQ(ask_below(&(struct tls_recipe){ .name = "for b only",
                                              .issuer = &world.ca,
                                              .is_ca = true,
                                              .name_constraints =
                                                  "permitted;DNS:b.example" }),
              COIL_ETLS_CERTIFICATE_NOT_PERMITTED);
    ASSERT_EQ(ask_below(&(struct tls_recipe){ .name = "old",
                                              .issuer = &world.ca,
                                              .is_ca = true,
                                              .from_days = -9,
                                              .to_days = -2 }),
              COIL_ETLS_CERTIFICATE_EXPIRED);

    short_ca = tls_make(
        &(struct tls_recipe){ .name = "short",
                              .issuer = &world.ca,
                              .constraints = "critical,CA:true,pathlen:0" });
    struct tls_made deep = tls_make(&(struct tls_recipe){
        .name = "deep", .issuer = &short_ca, .is_ca = true });
    struct tls_made made = tls_make(&(struct tls_recipe){
        .alternatives = "DNS:a.example", .issuer = &deep });
    const struct tls_made *chain[] = { &made, &deep, &short_ca };

    tls_write_chain("deep.pem", chain, 3);
    tls_write_key("deep.key", &made);
    ASSERT_EQ(ask("deep", "a.example"), COIL_ETLS_CERTIFICATE_CHAIN_TOO_LONG);
    tls_free_made(&made);
    tls_free_made(&deep);
    tls_free_made(&short_ca);
    tls_world_close();
}

/* SHA-1: made with a key that such signatures are for. */
KERNEL_TEST(tls_certificate_signed_by_a_weak_method_is_refused)
{
    struct tls_made ca;
    struct tls_made made;
    const struct tls_made *chain[] = { &ca };

    tls_world_open();
    ca = tls_make(&(struct tls_recipe){
        .name = "RSA", .is_ca = true, .key = TLS_KEY_RSA, .bits = 2048 });
    made = tls_make(&(struct tls_recipe){
        .alternatives = "DNS:a.example", .issuer = &ca, .digest = "SHA1" });
    tls_write_chain("ca.pem", chain, 1);
    tls_write_pair("weak", &made, NULL);
    coil_tls_context_free(world.client_context);
    world.client_context = tls_client_context();
    ASSERT_EQ(ask("weak", "a.example"), COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE);
    tls_free_made(&made);
    tls_free_made(&ca);
    tls_world_close();
}

static void trust_with_list(const char *list)
{
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"),
        .crl_file = tls_path(list),
    };

    coil_tls_context_free(world.client_context);
    ASSERT_EQ(coil_tls_context_new_client(&world.client_context, &options), 0);
}

KERNEL_TEST(tls_certificate_that_was_revoked_is_refused)
{
    struct tls_made other;

    tls_world_open();
    other = tls_make(&(struct tls_recipe){ .name = "other", .is_ca = true });
    tls_write_revoked("all.crl", &world.ca, &world.server);
    tls_write_revoked("none.crl", &world.ca, NULL);
    tls_write_revoked("other.crl", &other, NULL);
    trust_with_list("none.crl");
    ASSERT_EQ(ask("server", "a.example"), 0);
    trust_with_list("all.crl");
    ASSERT_EQ(ask("server", "a.example"), COIL_ETLS_CERTIFICATE_REVOKED);
    trust_with_list("other.crl");
    ASSERT_EQ(ask("server", "a.example"),
              COIL_ETLS_CERTIFICATE_NO_REVOCATION_LIST);
    tls_free_made(&other);
    tls_world_close();
}

KERNEL_TEST(tls_host_that_is_none_is_invalid)
{
    static const char *const hosts[] = { "",    ".",    "a..b",
                                         ".a",  "a b",  "\xc3\xa4.example",
                                         "a/b", "[::1]" };
    struct pair p = connected();

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        ASSERT_EQ(coil_tls_start_client(p.a, hosts[i], NULL), -EINVAL);
    hang_up(&p);
}

/* Each of these errors has words of its own. */
TEST(tls_errors_have_words)
{
    for (int i = COIL_ETLS_BAD_STATUS_FILE; i <= COIL_ETLS_PROTOCOL; i++)
        ASSERT(strcmp(coil_strerror(i), "unknown error") != 0);
    for (int i = COIL_ETLS_CERTIFICATE_STATUS_UNKNOWN;
         i <= COIL_ETLS_CERTIFICATE_MISSING; i++) {
        ASSERT(strcmp(coil_strerror(i), "unknown error") != 0);
        for (int j = COIL_ETLS_CERTIFICATE_STATUS_UNKNOWN; j < i; j++)
            ASSERT(strcmp(coil_strerror(i), coil_strerror(j)) != 0);
    }
}
