/* SPDX-License-Identifier: MIT */
/*
 * What a client makes of an answer of OCSP that its server shows: each that does
 * not prove that the certificate is good is refused for its own reason.
 */
/* TIMEOUT: 60 */
#include <coil/tls.h>

#include <coil/stream_pair.h>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include "base/platform.h"

#include "openssl_memory.h"
#include "stream_test.h"
#include "tls_test.h"

/* ---- a server that shows what the test says ---------------------------------- */

static unsigned char *shown;
static int shown_size; /* 0: nothing */

static int show(SSL *ssl, void *arg)
{
    unsigned char *copy;

    (void)arg;
    if (shown_size == 0)
        return SSL_TLSEXT_ERR_NOACK;
    copy = OPENSSL_memdup(shown, (size_t)shown_size);
    if (!copy)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, shown_size);
    return SSL_TLSEXT_ERR_OK;
}

static struct coil_tls_context *server_that_shows(const char *name)
{
    struct coil_tls_context *context = tls_server_context(name);

    SSL_CTX_set_tlsext_status_cb(coil_tls_context_openssl(context), show);
    return context;
}

static struct coil_tls_context *make_client(enum coil_tls_status status,
                                            bool is_forgetful)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"),
        .status = status,
        .without_resumption = is_forgetful,
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    return context;
}

static struct coil_tls_context *client_of(enum coil_tls_status status)
{
    return make_client(status, true);
}

static struct tls_made other; /* of the same issuer */

/* Over the versions that exist: TLS 1.3 has answers elsewhere than 1.2. */
static void open_world(enum coil_tls_status status)
{
    tls_world_open();
    other = tls_make(&(struct tls_recipe){ .alternatives = "DNS:b.example",
                                           .issuer = &world.ca });
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(status);
    coil_tls_context_free(world.server_context);
    world.server_context = server_that_shows("server");
}

static void close_world(void)
{
    OPENSSL_free(shown);
    shown = NULL;
    shown_size = 0;
    tls_free_made(&other);
    tls_world_close();
}

static bool has_status;

/* What the client says.  What it refuses, the server hears of. */
static int ask_for(enum coil_tls_version version)
{
    struct tls_handshake done;
    struct pair p;
    char byte;

    SSL_CTX_set_max_proto_version(
        coil_tls_context_openssl(world.client_context), (int)version);
    has_status = false;
    done =
        tls_meet(&p, "a.example", world.client_context, world.server_context);
    if (done.client == 0) {
        struct coil_tls_info info;

        ASSERT_EQ(done.server, 0);
        ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
        has_status = info.has_status;
        send_text(p.b, "x");
        ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
        hang_up(&p);
    } else if (done.server == 0) {
        ASSERT_EQ(coil_stream_read(p.b, &byte, 1),
                  COIL_ETLS_CERTIFICATE_REFUSED);
        coil_stream_abort(p.b);
    } else {
        ASSERT_EQ(done.server, COIL_ETLS_CERTIFICATE_REFUSED);
    }
    return done.client;
}

static int ask(void)
{
    int rc = ask_for(COIL_TLS_1_2);

    ASSERT_EQ(ask_for(COIL_TLS_1_3), rc);
    return rc;
}

static int ask_about(const struct tls_answer *answer)
{
    OPENSSL_free(shown);
    shown_size = tls_answer(&shown, answer);
    return ask();
}

static int ask_with(const void *bytes, size_t size)
{
    OPENSSL_free(shown);
    shown = OPENSSL_memdup(bytes, size);
    shown_size = (int)size;
    return ask();
}

static void show_nothing(void)
{
    shown_size = 0;
}

/* ---- what is shown must be valid ------------------------------------------------ */

KERNEL_TEST(status_that_is_good_is_accepted)
{
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_REQUIRED);
    answer = (struct tls_answer){ .about = &world.server, .issuer = &world.ca };
    ASSERT_EQ(ask_about(&answer), 0);
    ASSERT(has_status);
    answer.hash = "SHA256";
    ASSERT_EQ(ask_about(&answer), 0);
    /* It is not the first of the answer. */
    answer.and_about = &other;
    ASSERT_EQ(ask_about(&answer), 0);
    ASSERT(has_status);
    answer.and_about = NULL;
    /* Clocks differ a little. */
    answer.from_seconds = 60;
    ASSERT_EQ(ask_about(&answer), 0);
    answer.from_seconds = 0;
    answer.to_seconds = -60;
    ASSERT_EQ(ask_about(&answer), 0);
    /* Without an end an answer is good for a day. */
    answer.to_seconds = -1;
    ASSERT_EQ(ask_about(&answer), 0);
    close_world();
}

KERNEL_TEST(status_that_proves_nothing_is_refused_with_its_reason)
{
    struct tls_answer good;
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_ASKED);
    good = (struct tls_answer){ .about = &world.server, .issuer = &world.ca };
    answer = good;
    answer.status = V_OCSP_CERTSTATUS_REVOKED;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_REVOKED);
    ASSERT(!has_status);
    /* Who was revoked stays so. */
    answer.from_seconds = -7200;
    answer.to_seconds = -3600;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_REVOKED);
    answer = good;
    answer.status = V_OCSP_CERTSTATUS_UNKNOWN;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_UNKNOWN);
    answer = good;
    answer.from_seconds = -7200;
    answer.to_seconds = -3600;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_EXPIRED);
    answer.to_seconds = -1;
    answer.from_seconds = -2 * 24 * 3600;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_EXPIRED);
    answer = good;
    answer.from_seconds = 1800;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_NOT_YET_VALID);
    /* It ends before it begins. */
    answer.from_seconds = 250;
    answer.to_seconds = -250;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer = good;
    answer.about = &other;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer = good;
    answer.has_unknown_hash = true;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer = good;
    answer.is_broken = true;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer = good;
    answer.response_status = OCSP_RESPONSE_STATUS_TRYLATER;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    ASSERT_EQ(ask_about(&good), 0);
    close_world();
}

KERNEL_TEST(status_in_bytes_that_are_none_is_refused)
{
    /* An answer that was successful, and has nothing in it. */
    static const unsigned char hollow[] = { 0x30, 0x03, 0x0a, 0x01, 0x00 };
    unsigned char *bytes;
    size_t size;

    open_world(COIL_TLS_STATUS_ASKED);
    size =
        (size_t)tls_answer(&bytes, &(struct tls_answer){ .about = &world.server,
                                                         .issuer = &world.ca });
    ASSERT_EQ(ask_with(bytes, size), 0);
    ASSERT_EQ(ask_with(bytes, size - 1), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    ASSERT_EQ(ask_with(bytes, 1), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    ASSERT_EQ(ask_with("nothing", 7), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    ASSERT_EQ(ask_with(hollow, sizeof hollow),
              COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    /* Something stands behind it. */
    bytes = OPENSSL_realloc(bytes, size + 1);
    bytes[size] = 0;
    ASSERT_EQ(ask_with(bytes, size + 1), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    OPENSSL_free(bytes);
    close_world();
}

/* ---- who may sign it -------------------------------------------------------------- */

/* What the client says if somebody of this kind has signed. */
static int ask_signed_by(const struct tls_recipe *recipe)
{
    struct tls_made signer = tls_make(recipe);
    struct tls_answer answer = { .about = &world.server,
                                 .issuer = &world.ca,
                                 .signer = &signer };
    int rc = ask_about(&answer);

    tls_free_made(&signer);
    return rc;
}

KERNEL_TEST(status_is_signed_by_the_issuer_or_by_whom_it_has_named)
{
    struct tls_made stranger;
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_ASKED);
    ASSERT_EQ(ask_signed_by(&(struct tls_recipe){ .name = "delegate",
                                                  .purpose = "OCSPSigning",
                                                  .issuer = &world.ca }),
              0);
    ASSERT(has_status);
    ASSERT_EQ(ask_signed_by(&(struct tls_recipe){ .name = "another server",
                                                  .purpose = "serverAuth",
                                                  .issuer = &world.ca }),
              COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    ASSERT_EQ(ask_signed_by(&(struct tls_recipe){ .name = "old",
                                                  .purpose = "OCSPSigning",
                                                  .from_days = -9,
                                                  .to_days = -2,
                                                  .issuer = &world.ca }),
              COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    ASSERT_EQ(ask_signed_by(&(struct tls_recipe){ .name = "nobody",
                                                  .purpose = "OCSPSigning" }),
              COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    /* The server speaks about itself. */
    answer = (struct tls_answer){ .about = &world.server,
                                  .issuer = &world.ca,
                                  .signer = &world.server };
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    /* Somebody of the same name is another one. */
    stranger = tls_make(&(struct tls_recipe){ .name = "CA", .is_ca = true });
    answer = (struct tls_answer){ .about = &world.server,
                                  .issuer = &stranger,
                                  .signer = &stranger };
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer.issuer = &world.ca;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    tls_free_made(&stranger);
    close_world();
}

/* The CA above the issuer may not speak for it, trusted as it is. */
KERNEL_TEST(status_is_of_the_issuer_of_a_chain)
{
    struct tls_made between;
    struct tls_made made;
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_REQUIRED);
    between = tls_make(&(struct tls_recipe){
        .name = "between", .is_ca = true, .issuer = &world.ca });
    made = tls_make(&(struct tls_recipe){ .alternatives = "DNS:a.example",
                                          .issuer = &between });
    tls_write_pair("deep", &made, &between);
    coil_tls_context_free(world.server_context);
    world.server_context = server_that_shows("deep");
    answer = (struct tls_answer){ .about = &made, .issuer = &between };
    ASSERT_EQ(ask_about(&answer), 0);
    ASSERT(has_status);
    answer.signer = &world.ca;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer.issuer = &world.ca;
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    tls_free_made(&made);
    tls_free_made(&between);
    close_world();
}

/* Methods that can be forged, on an answer of a CA with a good key. */
KERNEL_TEST(status_signed_by_a_weak_method_is_refused)
{
    struct tls_made ca;
    struct tls_made made;
    const struct tls_made *chain[] = { &ca };
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_ASKED);
    ca = tls_make(&(struct tls_recipe){
        .name = "RSA", .is_ca = true, .key = TLS_KEY_RSA, .bits = 2048 });
    made = tls_make(
        &(struct tls_recipe){ .alternatives = "DNS:a.example", .issuer = &ca });
    tls_write_chain("ca.pem", chain, 1);
    tls_write_pair("rsa", &made, NULL);
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(COIL_TLS_STATUS_ASKED);
    coil_tls_context_free(world.server_context);
    world.server_context = server_that_shows("rsa");
    answer = (struct tls_answer){ .about = &made, .issuer = &ca };
    answer.digest = "SHA256";
    ASSERT_EQ(ask_about(&answer), 0);
    answer.digest = "SHA1";
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    answer.digest = "MD5";
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    tls_free_made(&made);
    tls_free_made(&ca);
    close_world();
}

/* ---- whether there must be one ---------------------------------------------------- */

KERNEL_TEST(status_that_is_missing_is_missed_if_it_is_required)
{
    open_world(COIL_TLS_STATUS_ASKED);
    show_nothing();
    ASSERT_EQ(ask(), 0);
    ASSERT(!has_status);
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(COIL_TLS_STATUS_REQUIRED);
    ASSERT_EQ(ask(), COIL_ETLS_CERTIFICATE_STATUS_MISSING);
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(COIL_TLS_STATUS_IGNORED);
    ASSERT_EQ(ask(), 0);
    /* Who does not ask is shown nothing. */
    ASSERT_EQ(ask_with("nothing", 7), 0);
    ASSERT(!has_status);
    close_world();
}

/* A certificate that says what it must be shown with: RFC 7633. */
static int ask_with_features(const char *features, enum coil_tls_status status,
                             bool is_answered)
{
    struct tls_made made = tls_make(&(struct tls_recipe){
        .alternatives = "DNS:a.example",
        .features = features,
        .issuer = &world.ca,
    });
    struct tls_answer answer = { .about = &made, .issuer = &world.ca };
    int rc;

    tls_write_pair("featured", &made, NULL);
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(status);
    coil_tls_context_free(world.server_context);
    world.server_context = server_that_shows("featured");
    show_nothing();
    rc = is_answered ? ask_about(&answer) : ask();
    tls_free_made(&made);
    return rc;
}

KERNEL_TEST(status_must_be_stapled_if_the_certificate_says_so)
{
    open_world(COIL_TLS_STATUS_ASKED);
    ASSERT_EQ(ask_with_features("status_request", COIL_TLS_STATUS_ASKED, false),
              COIL_ETLS_CERTIFICATE_STATUS_MISSING);
    ASSERT_EQ(ask_with_features("status_request_v2,status_request",
                                COIL_TLS_STATUS_ASKED, false),
              COIL_ETLS_CERTIFICATE_STATUS_MISSING);
    ASSERT_EQ(ask_with_features("status_request", COIL_TLS_STATUS_ASKED, true),
              0);
    ASSERT(has_status);
    ASSERT_EQ(
        ask_with_features("status_request", COIL_TLS_STATUS_IGNORED, false), 0);
    /* Another feature, and what cannot be read. */
    ASSERT_EQ(ask_with_features("10", COIL_TLS_STATUS_ASKED, false), 0);
    ASSERT_EQ(ask_with_features("DER:0500", COIL_TLS_STATUS_ASKED, false),
              COIL_ETLS_CERTIFICATE_STATUS_MISSING);
    close_world();
}

/* Trusted by name, and no issuer is there who could say anything. */
KERNEL_TEST(status_of_a_certificate_that_is_trusted_itself_is_not_asked_for)
{
    const struct tls_made *chain[] = { &world.server };
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_ASKED);
    tls_write_chain("ca.pem", chain, 1);
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(COIL_TLS_STATUS_ASKED);
    answer = (struct tls_answer){ .about = &world.server, .issuer = &world.ca };
    ASSERT_EQ(ask_about(&answer), 0);
    ASSERT(!has_status);
    coil_tls_context_free(world.client_context);
    world.client_context = client_of(COIL_TLS_STATUS_REQUIRED);
    ASSERT_EQ(ask_about(&answer), COIL_ETLS_CERTIFICATE_STATUS_MISSING);
    close_world();
}

static bool is_resumed_with_status(void)
{
    struct coil_tls_info info;
    struct tls_handshake done;
    struct pair p;
    char byte;

    done =
        tls_meet(&p, "a.example", world.client_context, world.server_context);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    ASSERT_EQ(info.has_status, !info.is_resumed);
    send_text(p.b, "x");
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    hang_up(&p);
    return info.is_resumed;
}

/* A session was judged when it began. */
KERNEL_TEST(status_is_not_shown_again_when_a_session_is_resumed)
{
    static const enum coil_tls_version versions[] = { COIL_TLS_1_2,
                                                      COIL_TLS_1_3 };
    struct tls_answer answer;

    open_world(COIL_TLS_STATUS_REQUIRED);
    answer = (struct tls_answer){ .about = &world.server, .issuer = &world.ca };
    for (size_t i = 0; i < 2; i++) {
        coil_tls_context_free(world.client_context);
        world.client_context = make_client(COIL_TLS_STATUS_REQUIRED, false);
        SSL_CTX_set_max_proto_version(
            coil_tls_context_openssl(world.client_context), (int)versions[i]);
        OPENSSL_free(shown);
        shown_size = tls_answer(&shown, &answer);
        ASSERT(!is_resumed_with_status());
        show_nothing();
        ASSERT(is_resumed_with_status());
    }
    close_world();
}

/* ---- memory -------------------------------------------------------------------- */

/* With a sanitizer, OpenSSL takes ten times as long: every seventh will do. */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
enum { STEP = 7 };
#else
enum { STEP = 1 };
#endif

/* Whether a client accepts the server, the n-th allocation of OpenSSL failing. */
static bool is_accepted_without(size_t n, size_t *made)
{
    const struct coil_tls_start client = { .context = world.client_context };
    const struct coil_tls_start server = { .context = world.server_context };
    struct coil_stream *pair[2];
    struct tls_handshake done;
    struct coil_tls_info info;

    ASSERT_EQ(coil_stream_pair(pair), 0);
    openssl_fail_allocation(n, false);
    done = tls_shake(pair[0], &client, "a.example", pair[1], &server);
    *made = openssl_fail_allocation(0, false);
    if (done.client == 0) {
        ASSERT_EQ(coil_tls_stream_info(pair[0], &info), 0);
        ASSERT(info.has_status);
        coil_stream_abort(pair[0]);
    }
    if (done.server == 0)
        coil_stream_abort(pair[1]);
    return done.client == 0;
}

/* A server of ours, with an answer of this kind in a file. */
static struct coil_tls_context *server_with(int status)
{
    struct coil_tls_context *context;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
        .status_files = { tls_path("server.der") },
    };
    const struct tls_answer answer = { .about = &world.server,
                                       .issuer = &world.ca,
                                       .status = status };

    tls_write_answer("server.der", &answer);
    ASSERT_EQ(coil_tls_context_new_server(&context, &options), 0);
    return context;
}

static int lack_everywhere(void *arg)
{
    static const int statuses[] = { V_OCSP_CERTSTATUS_GOOD,
                                    V_OCSP_CERTSTATUS_REVOKED };

    (void)arg;
    open_world(COIL_TLS_STATUS_REQUIRED);
    for (int i = 0; i < 2; i++) {
        size_t made;
        size_t n = 0;

        coil_tls_context_free(world.server_context);
        world.server_context = server_with(statuses[i]);
        do {
            bool is_accepted;

            n += STEP;
            is_accepted = is_accepted_without(n, &made);
            ASSERT(!is_accepted || i == 0);
        } while (made >= n);
        ASSERT_EQ(is_accepted_without(0, &made), i == 0);
    }
    close_world();
    return 0;
}

/* Nobody is accepted because there was no memory to look closer. */
TEST(status_of_who_was_revoked_is_seen_without_memory)
{
    ASSERT_EQ(coil_test_run(lack_everywhere, NULL, 0), 0);
}
