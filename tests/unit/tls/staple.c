/* SPDX-License-Identifier: MIT */
/*
 * What a server shows about its certificates: answers of OCSP from files.
 */
#include <coil/tls.h>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include "stream_test.h"
#include "tls_test.h"

static struct tls_made other; /* for b.example, of the same issuer */

static struct coil_tls_context *server_with(const char *status_file,
                                            const char *other_status_file)
{
    struct coil_tls_context *context;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") },
                          { tls_path("other.pem"), tls_path("other.key") } },
        .status_files = { status_file ? tls_path(status_file) : NULL,
                          other_status_file ? tls_path(other_status_file)
                                            : NULL },
    };

    ASSERT_EQ(coil_tls_context_new_server(&context, &options), 0);
    return context;
}

static void open_world(void)
{
    struct tls_answer answer;

    tls_world_open();
    other = tls_make(&(struct tls_recipe){ .alternatives = "DNS:b.example",
                                           .issuer = &world.ca });
    tls_write_pair("other", &other, NULL);
    answer = (struct tls_answer){ .about = &world.server, .issuer = &world.ca };
    tls_write_answer("good.der", &answer);
    answer.and_about = &other;
    tls_write_answer("both.der", &answer);
    answer.and_about = NULL;
    answer.from_seconds = -7200;
    answer.to_seconds = -3600;
    tls_write_answer("old.der", &answer);
    answer.from_seconds = 1800;
    answer.to_seconds = 3600;
    tls_write_answer("early.der", &answer);
    answer = (struct tls_answer){ .about = &other, .issuer = &world.ca };
    tls_write_answer("other.der", &answer);
}

static void close_world(void)
{
    tls_free_made(&other);
    tls_world_close();
}

/* Whether a client of this name is shown that the certificate is good. */
static bool shows(const char *host)
{
    struct coil_tls_info info;
    struct tls_handshake done;
    struct pair p;

    done = tls_meet(&p, host, world.client_context, world.server_context);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    ASSERT(!info.is_resumed);
    hang_up(&p);
    return info.has_status;
}

static void serve(const char *status_file, const char *other_status_file)
{
    coil_tls_context_free(world.server_context);
    world.server_context = server_with(status_file, other_status_file);
    coil_tls_context_free(world.client_context);
    world.client_context = tls_forgetful_context();
}

KERNEL_TEST(staple_is_that_of_the_certificate_that_is_used)
{
    open_world();
    serve("good.der", NULL);
    ASSERT(shows("a.example"));
    ASSERT(!shows("b.example"));
    serve(NULL, "other.der");
    ASSERT(!shows("a.example"));
    ASSERT(shows("b.example"));
    serve("both.der", "both.der");
    ASSERT(shows("a.example"));
    ASSERT(shows("b.example"));
    close_world();
}

/* As many certificates as there may be, and none is for b.example but the last. */
KERNEL_TEST(staple_of_the_last_certificate_is_shown)
{
    struct coil_tls_server_options options = { .protocols = NULL };
    const size_t last = COIL_TLS_MAX_CERTIFICATES - 1;

    open_world();
    for (size_t i = 0; i < last; i++)
        options.certificates[i] =
            (struct coil_tls_certificate){ tls_path("server.pem"),
                                           tls_path("server.key") };
    options.certificates[last] =
        (struct coil_tls_certificate){ tls_path("other.pem"),
                                       tls_path("other.key") };
    options.status_files[last] = tls_path("other.der");
    serve(NULL, NULL);
    coil_tls_context_free(world.server_context);
    ASSERT_EQ(coil_tls_context_new_server(&world.server_context, &options), 0);
    ASSERT(!shows("a.example"));
    ASSERT(shows("b.example"));
    close_world();
}

/* Who is early or late is not heard, and the client does without. */
KERNEL_TEST(staple_is_left_out_while_it_is_out_of_date)
{
    open_world();
    serve("old.der", "other.der");
    ASSERT(!shows("a.example"));
    ASSERT(shows("b.example"));
    serve("early.der", NULL);
    ASSERT(!shows("a.example"));
    close_world();
}

static int make_server(const char *status_file)
{
    struct coil_tls_context *context;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
        .status_files = { tls_path(status_file) },
    };
    int rc = coil_tls_context_new_server(&context, &options);

    if (rc == 0)
        coil_tls_context_free(context);
    return rc;
}

static void write_bytes(const char *name, size_t size)
{
    FILE *file = fopen(tls_path(name), "w");

    while (size-- > 0)
        fputc('0', file);
    fclose(file);
}

TEST(staple_says_what_is_wrong_with_a_file)
{
    struct tls_answer answer;

    open_world();
    write_bytes("empty", 0);
    write_bytes("text", 20);
    write_bytes("large", 100 * 1024);
    ASSERT_EQ(make_server("good.der"), 0);
    ASSERT_EQ(make_server("old.der"), 0);
    ASSERT_EQ(make_server("missing.der"), -ENOENT);
    ASSERT_EQ(make_server("empty"), COIL_ETLS_BAD_STATUS_FILE);
    ASSERT_EQ(make_server("text"), COIL_ETLS_BAD_STATUS_FILE);
    ASSERT_EQ(make_server("large"), COIL_ETLS_BAD_STATUS_FILE);
    ASSERT_EQ(make_server("server.pem"), COIL_ETLS_BAD_STATUS_FILE);
    ASSERT_EQ(make_server("other.der"), COIL_ETLS_BAD_STATUS_FILE);
    answer = (struct tls_answer){
        .about = &world.server,
        .issuer = &world.ca,
        .response_status = OCSP_RESPONSE_STATUS_TRYLATER,
    };
    tls_write_answer("later.der", &answer);
    ASSERT_EQ(make_server("later.der"), COIL_ETLS_BAD_STATUS_FILE);
    close_world();
}

/* A connection that is open goes on; what cannot be read changes nothing. */
KERNEL_TEST(staple_is_read_again_with_the_certificates)
{
    struct tls_answer answer;
    struct pair open;
    char byte;

    open_world();
    answer = (struct tls_answer){ .about = &world.server,
                                  .issuer = &world.ca,
                                  .from_seconds = -7200,
                                  .to_seconds = -3600 };
    tls_write_answer("now.der", &answer);
    serve("now.der", NULL);
    ASSERT(!shows("a.example"));
    open = tls_connected(world.client_context);
    answer.to_seconds = 3600;
    tls_write_answer("now.der", &answer);
    ASSERT(!shows("a.example"));
    ASSERT_EQ(coil_tls_context_reload(world.server_context), 0);
    ASSERT(shows("a.example"));
    write_bytes("now.der", 20);
    ASSERT_EQ(coil_tls_context_reload(world.server_context),
              COIL_ETLS_BAD_STATUS_FILE);
    ASSERT(shows("a.example"));
    send_text(open.b, "x");
    ASSERT_EQ(coil_stream_read(open.a, &byte, 1), 1);
    hang_up(&open);
    close_world();
}

static int hellos;

static int replace_certificates(SSL *ssl, int *alert, void *arg)
{
    (void)ssl;
    (void)alert;
    hellos++;
    return coil_tls_context_reload(arg) == 0;
}

/*
 * The server does not know the client's first group, so the client begins again,
 * and the certificates are replaced meanwhile.
 */
KERNEL_TEST(staple_is_shown_to_a_client_that_begins_again)
{
    SSL_CTX *ctx;

    open_world();
    serve("good.der", NULL);
    ctx = coil_tls_context_openssl(world.server_context);
    SSL_CTX_set_client_hello_cb(ctx, replace_certificates,
                                world.server_context);
    ASSERT_EQ(SSL_CTX_set1_groups_list(ctx, "P-384"), 1);
    ctx = coil_tls_context_openssl(world.client_context);
    ASSERT_EQ(SSL_CTX_set1_groups_list(ctx, "P-256:P-384"), 1);
    hellos = 0;
    ASSERT(shows("a.example"));
    ASSERT_EQ(hellos, 2);
    close_world();
}

KERNEL_TEST(staple_may_say_that_a_certificate_was_revoked)
{
    struct tls_answer answer;
    struct tls_handshake done;
    struct pair p;

    open_world();
    answer = (struct tls_answer){ .about = &world.server,
                                  .issuer = &world.ca,
                                  .status = V_OCSP_CERTSTATUS_REVOKED };
    tls_write_answer("revoked.der", &answer);
    serve("revoked.der", NULL);
    done =
        tls_meet(&p, "a.example", world.client_context, world.server_context);
    ASSERT_EQ(done.client, COIL_ETLS_CERTIFICATE_REVOKED);
    coil_stream_abort(done.server == 0 ? p.b : NULL);
    close_world();
}
