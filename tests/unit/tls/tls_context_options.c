/* SPDX-License-Identifier: MIT */
/*
 * Options of contexts that cannot be, files that are half good, and folders.
 */
#include <coil/tls.h>

#include <errno.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "stream_test.h"
#include "tls_test.h"

static int make_client(const struct coil_tls_client_options *options)
{
    struct coil_tls_context *context = NULL;
    int rc = coil_tls_context_new_client(&context, options);

    ASSERT_EQ(rc == 0, context != NULL);
    coil_tls_context_free(context);
    return rc;
}

/* With the world's certificate. */
static int make_server(struct coil_tls_server_options options)
{
    struct coil_tls_context *context = NULL;
    int rc;

    if (!options.certificates[0].chain_file) {
        options.certificates[0].chain_file = tls_path("server.pem");
        options.certificates[0].key_file = tls_path("server.key");
    }
    rc = coil_tls_context_new_server(&context, &options);
    ASSERT_EQ(rc == 0, context != NULL);
    coil_tls_context_free(context);
    return rc;
}

static void append(const char *name, const char *text)
{
    FILE *file = fopen(tls_path(name), "a");

    ASSERT_NOT_NULL(file);
    fputs(text, file);
    fclose(file);
}

/* What looks like one more object, and is none. */
static void append_broken(const char *name, const char *kind)
{
    char text[128];

    snprintf(text, sizeof text,
             "-----BEGIN %s-----\nbm90aGluZw==\n-----END %s-----\n", kind,
             kind);
    append(name, text);
}

/* ---- versions and protocols ---------------------------------------------------- */

static int client_of(int min, int max)
{
    return make_client(&(struct coil_tls_client_options){
        .ca_file = tls_path("ca.pem"),
        .min_version = (enum coil_tls_version)min,
        .max_version = (enum coil_tls_version)max });
}

TEST(tls_context_options_name_versions_that_there_are)
{
    tls_world_open();
    ASSERT_EQ(client_of(0, COIL_TLS_1_2), 0);
    ASSERT_EQ(client_of(COIL_TLS_1_2, COIL_TLS_1_3), 0);
    ASSERT_EQ(client_of(COIL_TLS_1_3, 0), 0);
    ASSERT_EQ(client_of(0x0302, 0), -EINVAL);
    ASSERT_EQ(client_of(0x0305, 0), -EINVAL);
    ASSERT_EQ(client_of(0, 0x0301), -EINVAL);
    ASSERT_EQ(client_of(0, 0x0305), -EINVAL);
    ASSERT_EQ(client_of(COIL_TLS_1_3, COIL_TLS_1_2), -EINVAL);
    ASSERT_EQ(make_server((struct coil_tls_server_options){ .min_version = 1 }),
              -EINVAL);
    tls_world_close();
}

TEST(tls_context_options_name_protocols_that_can_be)
{
    const char *const empty[] = { "", NULL };

    tls_world_open();
    ASSERT_EQ(make_client(&(struct coil_tls_client_options){
                  .ca_file = tls_path("ca.pem"), .protocols = empty }),
              -EINVAL);
    ASSERT_EQ(
        make_server((struct coil_tls_server_options){ .protocols = empty }),
        -EINVAL);
    tls_world_close();
}

STREAM_TEST(tls_context_options_have_protocols_for_all_connections)
{
    const char *const ours[] = { "h2", "http/1.1", NULL };
    const char *const theirs[] = { "http/1.1", NULL };
    struct coil_tls_context *client;
    struct coil_tls_context *server;
    struct coil_tls_info info;
    struct tls_handshake done;
    struct pair p;

    tls_world_open();
    const struct coil_tls_client_options client_options = {
        .ca_file = tls_path("ca.pem"), .protocols = ours
    };
    const struct coil_tls_server_options server_options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
        .protocols = theirs,
    };

    ASSERT_EQ(coil_tls_context_new_client(&client, &client_options), 0);
    ASSERT_EQ(coil_tls_context_new_server(&server, &server_options), 0);
    done = tls_meet(&p, "a.example", client, server);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    ASSERT_STR_EQ(info.protocol, "http/1.1");
    hang_up(&p);
    coil_tls_context_free(client);
    coil_tls_context_free(server);
    tls_world_close();
}

/* ---- the system's settings --------------------------------------------------- */

/* As openssl.cnf(5) has them: one suite of TLS 1.3, and not the best for us. */
STREAM_TEST(tls_context_options_keep_to_the_settings_of_the_system)
{
    struct coil_tls_info info;
    struct pair p;

    tls_make_folder();
    append("openssl.cnf", "openssl_conf = all\n[all]\nssl_conf = ssl\n"
                          "[ssl]\nsystem_default = system\n"
                          "[system]\nCiphersuites = TLS_AES_256_GCM_SHA384\n");
    setenv("OPENSSL_CONF", tls_path("openssl.cnf"), 1);
    OPENSSL_init_ssl(0, NULL);
    tls_remove_folder();
    tls_world_open();
    p = tls_connected(world.client_context);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    ASSERT_STR_EQ(info.cipher, "TLS_AES_256_GCM_SHA384");
    hang_up(&p);
    tls_world_close();
}

/* ---- files of our own ------------------------------------------------------------ */

static void write_locked_key(const char *name)
{
    FILE *file = fopen(tls_path(name), "w");

    ASSERT_EQ(PEM_write_PrivateKey(file, world.server.key, EVP_aes_128_cbc(),
                                   (const unsigned char *)"open sesame", 11,
                                   NULL, NULL),
              1);
    fclose(file);
}

static int make_server_of(const char *chain, const char *key)
{
    return make_server((struct coil_tls_server_options){
        .certificates = { { tls_path(chain), tls_path(key) } } });
}

TEST(tls_context_options_say_what_is_wrong_behind_what_is_good)
{
    tls_world_open();
    write_locked_key("locked.key");
    ASSERT_EQ(make_server_of("server.pem", "locked.key"),
              COIL_ETLS_BAD_KEY_FILE);
    tls_write_pair("half", &world.server, &world.ca);
    append_broken("half.pem", "CERTIFICATE");
    ASSERT_EQ(make_server_of("half.pem", "half.key"),
              COIL_ETLS_BAD_CERTIFICATE_FILE);
    ASSERT_EQ(make_client(&(struct coil_tls_client_options){
                  .certificate = { tls_path("server.pem"),
                                   tls_path("missing.key") } }),
              -ENOENT);
    tls_world_close();
}

TEST(tls_context_options_have_room_for_eight_certificates)
{
    struct coil_tls_server_options options = { .protocols = NULL };
    FILE *file;

    tls_world_open();
    /* The key stands behind the certificate. */
    file = fopen(tls_path("server.pem"), "a");
    ASSERT_EQ(
        PEM_write_PrivateKey(file, world.server.key, NULL, NULL, 0, NULL, NULL),
        1);
    fclose(file);
    for (size_t i = 0; i < COIL_TLS_MAX_CERTIFICATES; i++)
        options.certificates[i].chain_file = tls_path("server.pem");
    ASSERT_EQ(make_server(options), 0);
    tls_world_close();
}

/* ---- whom to trust ----------------------------------------------------------------- */

static int make_asking(const char *ca_file, const char *crl_file)
{
    return make_server((struct coil_tls_server_options){
        .client_certificates = COIL_TLS_CLIENT_CERTIFICATES_REQUIRED,
        .client_ca_file = ca_file,
        .client_crl_file = crl_file,
    });
}

TEST(tls_context_options_say_whom_to_trust)
{
    tls_world_open();
    tls_write_revoked("good.crl", &world.ca, NULL);
    append("empty.crl", "Nobody.\n");
    ASSERT_EQ(make_asking(tls_path("ca.pem"), tls_path("good.crl")), 0);
    ASSERT_EQ(make_asking(NULL, NULL), -EINVAL);
    ASSERT_EQ(make_asking(tls_path("missing.pem"), NULL), -ENOENT);
    /* A list is no issuer. */
    ASSERT_EQ(make_asking(tls_path("good.crl"), NULL),
              COIL_ETLS_BAD_CERTIFICATE_FILE);
    ASSERT_EQ(make_asking(tls_path("ca.pem"), tls_path("missing.crl")),
              -ENOENT);
    ASSERT_EQ(make_asking(tls_path("ca.pem"), tls_path("empty.crl")),
              COIL_ETLS_BAD_CERTIFICATE_FILE);
    tls_world_close();
}

/* A folder as openssl-rehash(1) makes it. */
static void make_folder_of_issuers(void)
{
    char name[64];

    ASSERT_EQ(mkdir(tls_path("issuers"), 0700), 0);
    snprintf(name, sizeof name, "issuers/%08lx.0",
             X509_NAME_hash_ex(X509_get_subject_name(world.ca.certificate),
                               NULL, NULL, NULL));
    tls_write_chain(name, (const struct tls_made *const[]){ &world.ca }, 1);
}

static void check_issuers(const struct coil_tls_client_options *options)
{
    struct coil_tls_context *context;
    struct tls_handshake done;
    struct pair p;

    ASSERT_EQ(coil_tls_context_new_client(&context, options), 0);
    done = tls_meet(&p, "a.example", context, world.server_context);
    ASSERT_EQ(done.client, 0);
    hang_up(&p);
    coil_tls_context_free(context);
}

STREAM_TEST(tls_context_options_take_a_folder_of_issuers)
{
    tls_world_open();
    ASSERT_EQ(make_client(&(struct coil_tls_client_options){
                  .ca_path = tls_path("issuers") }),
              -ENOENT);
    make_folder_of_issuers();
    check_issuers(
        &(struct coil_tls_client_options){ .ca_path = tls_path("issuers") });
    tls_write_pair("other", &world.server, NULL);
    check_issuers(&(struct coil_tls_client_options){
        .ca_file = tls_path("other.pem"), .ca_path = tls_path("issuers") });
    ASSERT_EQ(
        make_client(&(struct coil_tls_client_options){
            .ca_file = tls_path("other.key"), .ca_path = tls_path("issuers") }),
        COIL_ETLS_BAD_CERTIFICATE_FILE);
    tls_world_close();
}
