/* SPDX-License-Identifier: MIT */
/*
 * Contexts: files that cannot be used, several names, reloading, certificates of
 * clients, versions, sessions.
 */
#include <coil/tls.h>

#include <openssl/ssl.h>

#include "stream_test.h"
#include "tls_test.h"

static struct tls_handshake meet_and_part(const char *host)
{
    struct pair p;
    struct tls_handshake done =
        tls_meet(&p, host, world.client_context, world.server_context);

    if (done.client == 0)
        coil_stream_abort(p.a);
    if (done.server == 0)
        coil_stream_abort(p.b);
    return done;
}

/* ---- files ---------------------------------------------------------------- */

static int make_server(const char *chain, const char *key)
{
    struct coil_tls_context *context;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path(chain), key ? tls_path(key) : NULL } },
    };
    int rc = coil_tls_context_new_server(&context, &options);

    if (rc == 0)
        coil_tls_context_free(context);
    return rc;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(tls_path(name), "w");

    fputs(text, file);
    fclose(file);
}

TEST(tls_context_says_what_is_wrong_with_a_file)
{
    static const struct coil_tls_server_options nobody = { .protocols = NULL };
    struct coil_tls_context *context;

    tls_world_open();
    write_text("text", "This is no certificate.\n");
    write_text("empty", "");
    ASSERT_EQ(make_server("server.pem", "server.key"), 0);
    ASSERT_EQ(make_server("missing.pem", "server.key"), -ENOENT);
    ASSERT_EQ(make_server("server.pem", "missing.key"), -ENOENT);
    ASSERT_EQ(make_server("text", "server.key"),
              COIL_ETLS_BAD_CERTIFICATE_FILE);
    ASSERT_EQ(make_server("empty", "server.key"),
              COIL_ETLS_BAD_CERTIFICATE_FILE);
    ASSERT_EQ(make_server("server.pem", "text"), COIL_ETLS_BAD_KEY_FILE);
    /* The key of another certificate, and no key beside the certificate. */
    tls_write_key("other.key", &world.ca);
    ASSERT_EQ(make_server("server.pem", "other.key"), COIL_ETLS_BAD_KEY_FILE);
    ASSERT_EQ(make_server("server.pem", NULL), COIL_ETLS_BAD_KEY_FILE);
    ASSERT_EQ(coil_tls_context_new_server(&context, &nobody), -EINVAL);
    ASSERT_EQ(
        coil_tls_context_new_client(&context,
                                    &(struct coil_tls_client_options){
                                        .ca_file = tls_path("missing.pem") }),
        -ENOENT);
    ASSERT_EQ(coil_tls_context_new_client(&context,
                                          &(struct coil_tls_client_options){
                                              .ca_file = tls_path("text") }),
              COIL_ETLS_BAD_CERTIFICATE_FILE);
    ASSERT_EQ(coil_tls_context_new_client(&context,
                                          &(struct coil_tls_client_options){
                                              .min_version = COIL_TLS_1_3,
                                              .max_version = COIL_TLS_1_2 }),
              -EINVAL);
    tls_world_close();
}

/* The files that a server uses now are weak: nobody would accept them. */
static void write_weak(const char *name, int bits, const char *digest)
{
    struct tls_made ca = tls_make(&(struct tls_recipe){
        .name = "RSA", .is_ca = true, .key = TLS_KEY_RSA, .bits = 2048 });
    struct tls_made made =
        tls_make(&(struct tls_recipe){ .alternatives = "DNS:a.example",
                                       .key = TLS_KEY_RSA,
                                       .bits = bits,
                                       .digest = digest,
                                       .issuer = &ca });

    tls_write_pair(name, &made, NULL);
    tls_free_made(&made);
    tls_free_made(&ca);
}

KERNEL_TEST(tls_context_takes_no_weak_certificate)
{
    struct coil_tls_context *context;
    struct tls_handshake done;

    tls_world_open();
    write_weak("small", 1024, NULL);
    write_weak("old", 2048, "SHA1");
    ASSERT_EQ(make_server("small.pem", "small.key"),
              COIL_ETLS_CERTIFICATE_WEAK_KEY);
    ASSERT_EQ(make_server("old.pem", "old.key"),
              COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE);
    const struct coil_tls_client_options options = {
        .certificate = { tls_path("small.pem"), tls_path("small.key") },
    };
    ASSERT_EQ(coil_tls_context_new_client(&context, &options),
              COIL_ETLS_CERTIFICATE_WEAK_KEY);

    /* A server that runs keeps what it has. */
    tls_write_pair("good", &world.server, NULL);
    context = tls_server_context("good");
    write_weak("good", 1024, NULL);
    ASSERT_EQ(coil_tls_context_reload(context), COIL_ETLS_CERTIFICATE_WEAK_KEY);
    coil_tls_context_free(world.server_context);
    world.server_context = context;
    done = meet_and_part("a.example");
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    tls_world_close();
}

/* Who asks OpenSSL for more security gets it, with the reason. */
KERNEL_TEST(tls_context_that_became_stricter_refuses_its_own_certificate)
{
    struct tls_handshake done;

    tls_world_open();
    for (int i = 0; i < 2; i++) {
        SSL_CTX_set_security_level(
            coil_tls_context_openssl(world.server_context), 5);
        /* With a name that it has, and with one that it has not. */
        done = meet_and_part(i == 0 ? "a.example" : "b.example");
        ASSERT_EQ(done.server, COIL_ETLS_CERTIFICATE_WEAK_KEY);
        ASSERT_EQ(done.client, COIL_ETLS_REFUSED);
    }
    tls_world_close();
}

TEST(tls_context_of_the_process_is_made_once)
{
    struct coil_tls_context *first;
    struct coil_tls_context *second;

    ASSERT_EQ(coil_tls_context_default(&first), 0);
    ASSERT_EQ(coil_tls_context_default(&second), 0);
    ASSERT_PTR_EQ(first, second);
}

/* ---- names ---------------------------------------------------------------- */

/* What the server's certificate of a connection to `host` is for. */
static void check_name(const char *host, const char *expected)
{
    struct pair p;
    struct tls_handshake done =
        tls_meet(&p, host, world.client_context, world.server_context);
    struct coil_tls_info info;
    const unsigned char *der;
    X509 *certificate;

    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    der = info.certificate;
    certificate = d2i_X509(NULL, &der, (long)info.certificate_size);
    ASSERT_NOT_NULL(certificate);
    char name[64];

    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                              NID_commonName, name, sizeof name);
    ASSERT_STR_EQ(name, expected);
    X509_free(certificate);
    hang_up(&p);
}

static void write_named(const char *file, const char *name,
                        const char *alternatives, enum tls_key key)
{
    struct tls_made made = tls_make(&(struct tls_recipe){
        .name = name,
        .alternatives = alternatives,
        .issuer = &world.ca,
        .key = key,
        .bits = 2048,
    });

    tls_write_pair(file, &made, NULL);
    tls_free_made(&made);
}

/* Of the certificates for wildcards, one has a key that clients like better. */
static void serve_names(void)
{
    write_named("first", "first", "DNS:first.example,IP:127.0.0.1",
                TLS_KEY_ED25519);
    write_named("wild", "wild", "DNS:*.wild.example", TLS_KEY_ED25519);
    write_named("exact", "exact", "DNS:exact.wild.example", TLS_KEY_EC);
    write_named("better", "better", "DNS:*.better.example", TLS_KEY_EC);
    write_named("own", "own", "DNS:own.better.example", TLS_KEY_ED25519);
    const struct coil_tls_server_options options = {
        .certificates = {
            { tls_path("first.pem"), tls_path("first.key") },
            { tls_path("wild.pem"), tls_path("wild.key") },
            { tls_path("exact.pem"), tls_path("exact.key") },
            { tls_path("better.pem"), tls_path("better.key") },
            { tls_path("own.pem"), tls_path("own.key") },
        },
    };

    coil_tls_context_free(world.server_context);
    ASSERT_EQ(coil_tls_context_new_server(&world.server_context, &options), 0);
}

STREAM_TEST(tls_context_chooses_a_certificate_by_name)
{
    tls_world_open();
    serve_names();
    check_name("first.example", "first");
    check_name("any.wild.example", "wild");
    check_name("exact.wild.example", "exact");
    check_name("any.better.example", "better");
    check_name("own.better.example", "own");
    check_name("127.0.0.1", "first");
    ASSERT_EQ(meet_and_part("unknown.example").client,
              COIL_ETLS_CERTIFICATE_WRONG_HOST);
    tls_world_close();
}

STREAM_TEST(tls_context_is_reloaded_and_connections_go_on)
{
    struct pair p;
    struct tls_handshake done;
    char byte;

    tls_world_open();
    serve_names();
    done = tls_meet(&p, "first.example", world.client_context,
                    world.server_context);
    ASSERT_EQ(done.client, 0);
    write_named("first", "renewed", "DNS:first.example", TLS_KEY_ED25519);
    write_text("wild.key", "half writ");
    ASSERT_EQ(coil_tls_context_reload(world.server_context),
              COIL_ETLS_BAD_KEY_FILE);
    check_name("first.example", "first");
    write_named("wild", "wild", "DNS:*.wild.example", TLS_KEY_ED25519);
    ASSERT_EQ(coil_tls_context_reload(world.server_context), 0);
    ASSERT_EQ(coil_tls_context_reload(world.client_context), -EINVAL);
    send_text(p.b, "x");
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    hang_up(&p);
    coil_tls_context_free(world.client_context);
    world.client_context = tls_client_context();
    check_name("first.example", "renewed");
    tls_world_close();
}

/* ---- clients with certificates ---------------------------------------------- */

static struct coil_tls_context *asking(enum coil_tls_client_certificates asks)
{
    struct coil_tls_context *context;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
        .client_certificates = asks,
        .client_ca_file = tls_path("ca.pem"),
    };

    ASSERT_EQ(coil_tls_context_new_server(&context, &options), 0);
    return context;
}

static struct coil_tls_context *showing(const char *chain, const char *key)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"),
        .certificate = { tls_path(chain), tls_path(key) },
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    return context;
}

/* What the server says to a client, and the first read of the client. */
static void check_client(struct coil_tls_context *client,
                         enum coil_tls_client_certificates asks, int says,
                         int reads)
{
    struct coil_tls_context *server = asking(asks);
    struct pair p;
    struct tls_handshake done = tls_meet(&p, "a.example", client, server);
    struct coil_tls_info info;
    char byte;

    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, says);
    if (says == 0) {
        send_text(p.b, "x");
        ASSERT_EQ(coil_tls_stream_info(p.b, &info), 0);
        ASSERT_EQ(coil_stream_close(p.b), 0);
    }
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), reads);
    coil_stream_abort(p.a);
    coil_tls_context_free(server);
}

STREAM_TEST(tls_context_asks_clients_for_certificates)
{
    struct coil_tls_context *good;
    struct coil_tls_context *bad;
    struct tls_made made;

    tls_world_open();
    made = tls_make(&(struct tls_recipe){ .name = "bob", .issuer = &world.ca });
    tls_write_pair("bob", &made, NULL);
    tls_free_made(&made);
    made = tls_make(&(struct tls_recipe){ .name = "eve" });
    tls_write_pair("eve", &made, NULL);
    tls_free_made(&made);
    good = showing("bob.pem", "bob.key");
    bad = showing("eve.pem", "eve.key");

    check_client(good, COIL_TLS_CLIENT_CERTIFICATES_REQUIRED, 0, 1);
    check_client(good, COIL_TLS_CLIENT_CERTIFICATES_OPTIONAL, 0, 1);
    check_client(world.client_context, COIL_TLS_CLIENT_CERTIFICATES_OPTIONAL, 0,
                 1);
    check_client(world.client_context, COIL_TLS_CLIENT_CERTIFICATES_REQUIRED,
                 COIL_ETLS_CERTIFICATE_MISSING, COIL_ETLS_CERTIFICATE_REQUIRED);
    check_client(bad, COIL_TLS_CLIENT_CERTIFICATES_OPTIONAL,
                 COIL_ETLS_CERTIFICATE_SELF_SIGNED,
                 COIL_ETLS_CERTIFICATE_REFUSED);
    coil_tls_context_free(good);
    coil_tls_context_free(bad);
    tls_world_close();
}

/* ---- versions ---------------------------------------------------------------- */

static struct coil_tls_context *client_of(enum coil_tls_version min,
                                          enum coil_tls_version max)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"), .min_version = min, .max_version = max
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    return context;
}

STREAM_TEST(tls_context_keeps_to_its_versions)
{
    struct coil_tls_context *old;
    struct coil_tls_context *fresh;
    struct tls_handshake done;
    struct coil_tls_info info;
    struct pair p;

    tls_world_open();
    old = client_of(COIL_TLS_1_2, COIL_TLS_1_2);
    done = tls_meet(&p, "a.example", old, world.server_context);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    ASSERT_EQ(info.version, COIL_TLS_1_2);
    hang_up(&p);

    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
        .min_version = COIL_TLS_1_3,
    };
    ASSERT_EQ(coil_tls_context_new_server(&fresh, &options), 0);
    done = tls_meet(&p, "a.example", old, fresh);
    ASSERT_EQ(done.client, COIL_ETLS_NO_COMMON_VERSION);
    ASSERT_EQ(done.server, COIL_ETLS_NO_COMMON_VERSION);
    coil_tls_context_free(old);
    coil_tls_context_free(fresh);
    tls_world_close();
}

/* ---- sessions ---------------------------------------------------------------- */

/* Whether a connection of `client` resumes a session. */
static bool resumes(struct coil_tls_context *client, const char *host,
                    bool is_closed)
{
    struct pair p;
    struct tls_handshake done =
        tls_meet(&p, host, client, world.server_context);
    struct coil_tls_info info;
    char byte;

    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    send_text(p.b, "x");
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    if (is_closed)
        ASSERT_EQ(coil_stream_close(p.a), 0);
    else
        coil_stream_abort(p.a);
    coil_stream_abort(p.b);
    return info.is_resumed;
}

STREAM_TEST(tls_context_resumes_sessions)
{
    tls_world_open();
    ASSERT(!resumes(world.client_context, "a.example", true));
    for (int i = 0; i < 5; i++)
        ASSERT(resumes(world.client_context, "a.example", i % 2 == 0));
    /* A session belongs to one name, and lives on when certificates change. */
    ASSERT(!resumes(world.client_context, "127.0.0.1", true));
    ASSERT_EQ(coil_tls_context_reload(world.server_context), 0);
    ASSERT(resumes(world.client_context, "127.0.0.1", true));
    tls_world_close();
}

/* RFC 8446 appendix C.4: nobody sees that two connections are of one client. */
STREAM_TEST(tls_context_uses_a_ticket_once)
{
    tls_world_open();
    SSL_CTX_set_num_tickets(coil_tls_context_openssl(world.server_context), 1);
    ASSERT(!resumes(world.client_context, "a.example", true));
    SSL_CTX_set_num_tickets(coil_tls_context_openssl(world.server_context), 0);
    ASSERT(resumes(world.client_context, "a.example", true));
    ASSERT(!resumes(world.client_context, "a.example", true));
    tls_world_close();
}

STREAM_TEST(tls_context_resumes_sessions_of_tls_1_2)
{
    struct coil_tls_context *old;

    tls_world_open();
    old = client_of(COIL_TLS_1_2, COIL_TLS_1_2);
    ASSERT(!resumes(old, "a.example", false));
    for (int i = 0; i < 3; i++)
        ASSERT(resumes(old, "a.example", true));
    coil_tls_context_free(old);
    tls_world_close();
}

STREAM_TEST(tls_context_can_do_without_resumption)
{
    struct coil_tls_context *context;

    tls_world_open();
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"), .without_resumption = true
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    for (int i = 0; i < 3; i++)
        ASSERT(!resumes(context, "a.example", true));
    coil_tls_context_free(context);
    tls_world_close();
}

STREAM_TEST(tls_context_without_verification_takes_all)
{
    struct coil_tls_context *context;
    struct pair p;
    struct tls_handshake done;
    const struct coil_tls_client_options options = { .without_verification =
                                                         true };

    tls_world_open();
    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    done = tls_meet(&p, "other.example", context, world.server_context);
    ASSERT_EQ(done.client, 0);
    hang_up(&p);
    coil_tls_context_free(context);
    tls_world_close();
}
