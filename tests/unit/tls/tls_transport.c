/* SPDX-License-Identifier: MIT */
/*
 * TLS between hostile peers and little memory: what is not TLS, floods, chains
 * without end, OpenSSL without memory; and what is left in memory that was freed.
 */
/* WRAPS: free realloc */
/* TIMEOUT: 120 */
#include <coil/tls.h>

#include <malloc.h>

#include <openssl/ssl.h>

#include "tls/tls_transport.h"

#include "openssl_memory.h"
#include "stream_test.h"
#include "tls_raw.h"
#include "tls_test.h"

/* ---- what is not TLS ------------------------------------------------------- */

static struct coil_tls_context *client_of_1_2(void)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"), .max_version = COIL_TLS_1_2
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    SSL_CTX_clear_options(coil_tls_context_openssl(context),
                          SSL_OP_NO_RENEGOTIATION);
    return context;
}

static void check_refused_by(struct coil_tls_context *client, const void *data,
                             size_t size)
{
    struct pair p = tls_connected(client);
    char bytes[16];

    send_text(p.b, "good");
    ASSERT_EQ(coil_stream_read_exactly(p.a, bytes, 4, NULL), 0);
    tls_send_raw(p.b, data, size);
    ASSERT_EQ(coil_stream_read(p.a, bytes, sizeof bytes), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(coil_stream_read(p.a, bytes, sizeof bytes), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), COIL_ETLS_PROTOCOL);
    /* The other side hears why. */
    ASSERT_EQ(coil_stream_read(p.b, bytes, sizeof bytes), COIL_ETLS_REFUSED);
    hang_up(&p);
}

static void check_refused(const void *data, size_t size)
{
    check_refused_by(world.client_context, data, size);
}

TLS_TEST(tls_record_that_was_changed_is_refused)
{
    static const unsigned char record[37] = { 0x17, 3, 3, 0, 32 };

    check_refused(record, sizeof record);
}

TLS_TEST(tls_record_that_is_too_long_is_refused)
{
    static const unsigned char record[] = { 0x17, 3, 3, 0x7f, 0xff };

    check_refused(record, sizeof record);
}

TLS_TEST(tls_record_of_no_kind_is_refused)
{
    static const unsigned char record[] = { 0x63, 3, 3, 0, 1, 0 };

    check_refused(record, sizeof record);
}

static void count_up(void *arg)
{
    ++*(int *)arg;
}

/* Whoever watches an idle connection hears of whole records only. */
TLS_TEST(tls_record_that_has_not_come_whole_is_waited_for)
{
    static const unsigned char record[] = { 0x17, 3, 3, 0, 32 };
    struct pair p = tls_connected(world.client_context);
    struct coil_stream_watch watch;
    int calls = 0;
    char byte;

    ASSERT_EQ(coil_stream_watch(p.b, &watch, count_up, &calls), 0);
    for (size_t i = 0; i < sizeof record; i++) {
        settle();
        tls_send_raw(p.a, record + i, 1);
        settle();
        ASSERT_EQ(calls, 0);
    }
    coil_stream_abort(p.a);
    settle();
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), COIL_ETLS_TRUNCATED);
    coil_stream_abort(p.b);
}

/* TLS it was: only a handshake says that the other side speaks something else. */
TLS_TEST(tls_plain_text_in_the_middle_is_refused)
{
    static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    struct coil_tls_context *old = client_of_1_2();

    check_refused(text, sizeof text - 1);
    check_refused_by(old, text, sizeof text - 1);
    coil_tls_context_free(old);
}

/* ---- chains without end ------------------------------------------------------ */

KERNEL_TEST(tls_chain_without_end_is_refused)
{
    enum { LONG = 600 };
    const struct tls_made *chain[LONG];
    struct tls_handshake done;
    struct pair p;
    struct coil_tls_start client;
    struct coil_tls_start server;

    tls_world_open();
    for (size_t i = 0; i < LONG; i++)
        chain[i] = i == 0 ? &world.server : &world.ca;
    tls_write_chain("long.pem", chain, LONG);
    tls_write_key("long.key", &world.server);
    coil_tls_context_free(world.server_context);
    world.server_context = tls_server_context("long");
    client = (struct coil_tls_start){ .context = world.client_context };
    server = (struct coil_tls_start){ .context = world.server_context };
    p = connected();
    done = tls_shake(p.a, &client, "a.example", p.b, &server);
    ASSERT_EQ(done.client, COIL_ETLS_PROTOCOL);
    if (done.server == 0)
        coil_stream_abort(p.b);
    tls_world_close();
}

/* ---- floods ------------------------------------------------------------------ */

/* RFC 8446 §4.6.3: each side may ask the other for new keys at any time. */
TLS_TEST(tls_keys_are_renewed_as_often_as_somebody_asks)
{
    struct pair p = tls_connected(world.client_context);
    SSL *ssl = coil__tls_of(p.a)->ssl;
    char byte;

    for (int i = 0; i < 100; i++) {
        ASSERT_EQ(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        send_text(p.a, "x");
        ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
        send_text(p.b, "y");
        ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
        ASSERT_EQ(byte, 'y');
    }
    hang_up(&p);
}

static int read_a_byte(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

/* CVE-2009-3555 and CVE-2011-1473: nobody can make us shake hands again. */
TLS_TEST(tls_renegotiation_is_refused)
{
    struct coil_tls_context *old = client_of_1_2();
    struct pair p = tls_connected(old);
    SSL *ssl = coil__tls_of(p.a)->ssl;
    SSL *server = coil__tls_of(p.b)->ssl;
    struct coil_task *reader = start(read_a_byte, p.b);
    char bytes[8];

    ASSERT_EQ(SSL_renegotiate(ssl), 1);
    (void)SSL_do_handshake(ssl);
    (void)!coil_stream_write(p.a, "x", 1);
    settle();
    ASSERT(SSL_is_init_finished(server));
    ASSERT_EQ(SSL_num_renegotiations(server), 0);
    end_cancelled(reader);
    /* The server goes on; the client, which insists, hears that it may not. */
    send_text(p.b, "still here");
    ASSERT(coil_stream_read(p.a, bytes, sizeof bytes) < 0);
    hang_up(&p);
    coil_tls_context_free(old);
}

/* ---- memory ------------------------------------------------------------------ */

#define SECRET "a secret that nobody else may read"

static bool is_watching;
static size_t found;

/* Look for the secret in memory that is about to be freed. */
static void look_into(const void *memory)
{
    if (is_watching && memory &&
        memmem(memory, malloc_usable_size((void *)(uintptr_t)memory), SECRET,
               sizeof SECRET - 1))
        found++;
}

void __real_free(void *memory);
void *__real_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void *__wrap_realloc(void *memory, size_t size);

void __wrap_free(void *memory)
{
    look_into(memory);
    __real_free(memory);
}

void *__wrap_realloc(void *memory, size_t size)
{
    look_into(memory);
    return __real_realloc(memory, size);
}

/* More than one record, and pieces of every size. */
static void send_secrets(struct pair *p)
{
    enum { SIZE = 40000, PIECE = sizeof SECRET - 1 };
    unsigned char *bytes = malloc(SIZE);
    unsigned char *got = malloc(SIZE);

    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)SECRET[i % PIECE];
    ASSERT_EQ(coil_stream_write(p->a, bytes, SIZE), 0);
    ASSERT_EQ(coil_stream_write(p->a, bytes, SIZE), 0);
    ASSERT_EQ(coil_stream_read_exactly(p->b, got, SIZE, NULL), 0);
    ASSERT_MEM_EQ(got, bytes, SIZE);
    ASSERT_EQ(coil_stream_read_exactly(p->b, got, 100, NULL), 0);
    ASSERT_EQ(coil_stream_read_exactly(p->b, got, 5, NULL), 0);
    explicit_bzero(bytes, SIZE);
    explicit_bzero(got, SIZE);
    free(bytes);
    free(got);
}

TLS_TEST(tls_leaves_no_plain_text_in_freed_memory)
{
    struct pair p = tls_connected(world.client_context);

    found = 0;
    is_watching = true;
    send_secrets(&p);
    hang_up(&p);
    is_watching = false;
    ASSERT_EQ(found, 0);
}

/* A private key in the text that its file has, and in what became of it. */
TEST(tls_leaves_no_key_in_freed_memory)
{
    struct coil_tls_context *context;
    struct coil_tls_server_options with_files = { .protocols = NULL };
    FILE *file;

    tls_world_open();
    with_files.certificates[0].chain_file = tls_path("server.pem");
    with_files.certificates[0].key_file = tls_path("secret.key");
    tls_write_key("secret.key", &world.server);
    file = fopen(tls_path("secret.key"), "a");
    fprintf(file, "%s\n", SECRET);
    fclose(file);
    found = 0;
    is_watching = true;
    ASSERT_EQ(coil_tls_context_new_server(&context, &with_files), 0);
    coil_tls_context_free(context);
    is_watching = false;
    ASSERT_EQ(found, 0);
    tls_world_close();
}

/* A connection, with some data; whatever fails says so. */
static bool talk(void)
{
    struct pair p;
    struct tls_handshake done =
        tls_meet(&p, "a.example", world.client_context, world.server_context);
    bool worked = done.client == 0 && done.server == 0;

    if (worked) {
        char bytes[8];

        worked = coil_stream_write(p.a, "question", 8) == 0;
        worked = coil_stream_close(p.a) == 0 && worked &&
                 coil_stream_read_exactly(p.b, bytes, 8, NULL) == 0 &&
                 coil_stream_read(p.b, bytes, 8) == 0;
        coil_stream_abort(p.b);
        return worked;
    }
    if (done.client == 0)
        coil_stream_abort(p.a);
    if (done.server == 0)
        coil_stream_abort(p.b);
    return false;
}

static int talk_without_memory(void *arg)
{
    size_t step = 1;
    size_t failures = 0;

    (void)arg;
    tls_world_open();
    ASSERT(talk());
    for (size_t n = 1; n < 100000; n += step) {
        bool worked;
        size_t made;

        openssl_fail_allocation(n, false);
        worked = talk();
        made = openssl_fail_allocation(0, false);
        if (!worked)
            failures++;
        if (made < n)
            break;
        if (n > 50)
            step = 1 + n % 7;
    }
    ASSERT(failures > 20);
    /* The contexts are good as before. */
    ASSERT(talk());
    tls_world_close();
    return 0;
}

/* OpenSSL lacks memory, once, at each of its allocations. */
TEST(tls_survives_a_lack_of_memory_in_openssl)
{
    ASSERT_EQ(coil_test_run(talk_without_memory, NULL, 0), 0);
}
