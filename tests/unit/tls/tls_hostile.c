/* SPDX-License-Identifier: MIT */
/*
 * TLS with somebody in the middle, who cuts, changes, delays and makes up what
 * goes over the network.  Whoever is told anything is told the truth, in words.
 */
/* TIMEOUT: 120 */
#include <coil/tls.h>

#include <openssl/ssl.h>

#include <coil/sleep.h>
#include <coil/stream_pair.h>

#include "tls/outgoing.h"
#include "tls/tls_transport.h"

#include "stream_test.h"
#include "tls_test.h"

/* ---- the one in the middle -------------------------------------------------- */

enum { NOT_AT_ALL = -1 };

/* What goes one way: bytes from `from` to `to`, until `cut_at` of them went. */
struct way {
    struct coil_stream *from;
    struct coil_stream *to;
    ptrdiff_t cut_at;    /* or NOT_AT_ALL */
    ptrdiff_t change_at; /* or NOT_AT_ALL */
    unsigned char change;
    coil_time delay; /* before each byte */
    size_t passed;
};

struct middle {
    struct coil_stream *client;
    struct coil_stream *server;
    struct way to_client;
    struct way to_server;
    struct coil_task *tasks[2];
};

/* One piece, or one byte if each is delayed. */
static int pass_some(struct way *w)
{
    unsigned char bytes[4096];
    size_t size = w->delay > 0 ? 1 : sizeof bytes;
    ptrdiff_t n = coil_stream_read(w->from, bytes, size);
    ptrdiff_t to_change = w->change_at - (ptrdiff_t)w->passed;
    int rc;

    if (n <= 0)
        return (int)n;
    if (w->change_at >= 0 && to_change >= 0 && to_change < n)
        bytes[to_change] ^= w->change;
    if (w->cut_at >= 0 && n > w->cut_at - (ptrdiff_t)w->passed)
        n = w->cut_at - (ptrdiff_t)w->passed;
    if (w->delay > 0) {
        rc = coil_sleep(w->delay);
        if (rc < 0)
            return rc;
    }
    w->passed += (size_t)n;
    rc = coil_stream_write(w->to, bytes, (size_t)n);
    return rc < 0 ? rc : 1;
}

/* The end goes on as well. */
static int pass_on(void *arg)
{
    struct way *w = arg;
    int rc;

    do
        rc = (ptrdiff_t)w->passed == w->cut_at ? 0 : pass_some(w);
    while (rc > 0);
    if (rc != -ECANCELED)
        (void)!coil_stream_shutdown(w->to);
    return rc;
}

static void meet_in_the_middle(struct middle *m)
{
    struct coil_stream *left[2];
    struct coil_stream *right[2];

    ASSERT_EQ(coil_stream_pair(left), 0);
    ASSERT_EQ(coil_stream_pair(right), 0);
    *m = (struct middle){
        .client = left[0],
        .server = right[0],
        .to_client = { .from = right[1],
                       .to = left[1],
                       .cut_at = NOT_AT_ALL,
                       .change_at = NOT_AT_ALL },
        .to_server = { .from = left[1],
                       .to = right[1],
                       .cut_at = NOT_AT_ALL,
                       .change_at = NOT_AT_ALL },
    };
}

static void begin_to_pass(struct middle *m)
{
    m->tasks[0] = start(pass_on, &m->to_client);
    m->tasks[1] = start(pass_on, &m->to_server);
}

static void part(struct middle *m)
{
    coil_stream_abort(m->client);
    coil_stream_abort(m->server);
    for (int i = 0; i < 2; i++) {
        coil_task_cancel(m->tasks[i]);
        (void)end_of(m->tasks[i]);
    }
    coil_stream_abort(m->to_client.to);
    coil_stream_abort(m->to_server.to);
}

/* ---- both sides --------------------------------------------------------------- */

static int serve(void *arg)
{
    struct middle *m = arg;
    struct coil_tls_start start = { .context = world.server_context };
    int rc = coil_tls_start_server(m->server, &start);

    if (rc == 0)
        rc = coil_stream_write(m->server, "good", 4);
    /* What is wrong is not waited for. */
    if (rc < 0)
        coil_stream_abort(m->server);
    if (rc < 0)
        m->server = NULL;
    return rc;
}

static int hear_good(struct middle *m)
{
    struct coil_tls_start begin = { .context = world.client_context };
    char bytes[8];
    int rc = coil_tls_start_client(m->client, "a.example", &begin);

    if (rc < 0)
        return rc;
    rc = coil_stream_read_exactly(m->client, bytes, 4, NULL);
    if (rc == 0)
        ASSERT_MEM_EQ(bytes, "good", 4);
    return rc;
}

/* The handshake, and what the server says.  What each side returned. */
static struct tls_handshake talk(struct middle *m)
{
    struct coil_task *server = start(serve, m);
    struct coil_timeout limit;
    struct tls_handshake done;

    begin_to_pass(m);
    ASSERT_EQ(coil_timeout_begin(&limit, 60 * COIL_MINUTE), 0);
    done.client = coil_timeout_end(&limit, hear_good(m));
    if (done.client < 0) {
        coil_stream_abort(m->client);
        m->client = NULL;
    }
    done.server = end_of(server);
    return done;
}

static void expect_words(int rc)
{
    ASSERT_LT(rc, 0);
    ASSERT(strcmp(coil_strerror(rc), "unknown error") != 0);
}

/* How many bytes go each way when nobody does anything. */
static void count_bytes(size_t *to_client, size_t *to_server)
{
    struct middle m;
    struct tls_handshake done;

    meet_in_the_middle(&m);
    done = talk(&m);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    *to_client = m.to_client.passed;
    *to_server = m.to_server.passed;
    part(&m);
}

/* Tickets make the difference between what is sent and what must be. */
static void use_no_tickets(enum coil_tls_version version)
{
    SSL_CTX *server = coil_tls_context_openssl(world.server_context);
    SSL_CTX *client = coil_tls_context_openssl(world.client_context);

    SSL_CTX_set_num_tickets(server, 0);
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    ASSERT_EQ(SSL_CTX_set_max_proto_version(client, (int)version), 1);
}

static const enum coil_tls_version versions[] = { COIL_TLS_1_2, COIL_TLS_1_3 };

/* ---- cuts ----------------------------------------------------------------------- */

static int cut_everywhere(void *arg)
{
    size_t to_client;
    size_t to_server;

    use_no_tickets(*(const enum coil_tls_version *)arg);
    count_bytes(&to_client, &to_server);
    for (size_t at = 0; at < to_client; at++) {
        struct middle m;
        struct tls_handshake done;

        meet_in_the_middle(&m);
        m.to_client.cut_at = (ptrdiff_t)at;
        done = talk(&m);
        ASSERT_EQ(done.client, COIL_ETLS_TRUNCATED);
        part(&m);
    }
    for (size_t at = 0; at < to_server; at++) {
        struct middle m;
        struct tls_handshake done;

        meet_in_the_middle(&m);
        m.to_server.cut_at = (ptrdiff_t)at;
        done = talk(&m);
        ASSERT_EQ(done.server, COIL_ETLS_TRUNCATED);
        ASSERT_LT(done.client, 0);
        part(&m);
    }
    return 0;
}

/* At each byte of the handshake and of the first record. */
TEST(tls_hostile_cut_is_told_wherever_it_is)
{
    for (size_t i = 0; i < 2; i++) {
        tls_world_open();
        ASSERT_EQ(
            coil_test_run(cut_everywhere, (void *)(uintptr_t)&versions[i], 0),
            0);
        tls_world_close();
    }
}

/* ---- changes -------------------------------------------------------------------- */

/* Whether nobody noticed. */
static bool is_changed_in_vain(bool to_client, size_t at)
{
    struct middle m;
    struct way *way = to_client ? &m.to_client : &m.to_server;
    struct tls_handshake done;

    meet_in_the_middle(&m);
    way->change_at = (ptrdiff_t)at;
    way->change = (unsigned char)(1U << at % 8);
    done = talk(&m);
    if (done.client < 0)
        expect_words(done.client);
    if (done.server < 0)
        expect_words(done.server);
    part(&m);
    return done.client == 0 && done.server == 0;
}

static int change_everywhere(void *arg)
{
    size_t unnoticed = 0;
    size_t to_client;
    size_t to_server;

    use_no_tickets(*(const enum coil_tls_version *)arg);
    count_bytes(&to_client, &to_server);
    for (size_t at = 0; at < to_client; at++)
        unnoticed += is_changed_in_vain(true, at);
    for (size_t at = 0; at < to_server; at++)
        unnoticed += is_changed_in_vain(false, at);
    /* The version in the headers of records means nothing. */
    ASSERT_LT(unnoticed, 20);
    return 0;
}

/* One bit in each byte of the handshake and of the first record. */
TEST(tls_hostile_change_does_no_harm_wherever_it_is)
{
    for (size_t i = 0; i < 2; i++) {
        tls_world_open();
        ASSERT_EQ(coil_test_run(change_everywhere,
                                (void *)(uintptr_t)&versions[i], 0),
                  0);
        tls_world_close();
    }
}

/* ---- delays --------------------------------------------------------------------- */

static int delay_everything(void *arg)
{
    struct middle m;
    struct tls_handshake done;
    coil_time begin = coil_now();

    (void)arg;
    meet_in_the_middle(&m);
    m.to_client.delay = 10 * COIL_SECOND;
    done = talk(&m);
    ASSERT_EQ(done.client, -ETIMEDOUT);
    ASSERT_EQ(coil_now() - begin, 60 * COIL_SECOND);
    part(&m);

    /* The same to a server, which is not kept for longer either. */
    begin = coil_now();
    meet_in_the_middle(&m);
    m.to_server.delay = 10 * COIL_SECOND;
    done = talk(&m);
    ASSERT_EQ(done.server, -ETIMEDOUT);
    ASSERT_EQ(coil_now() - begin, 60 * COIL_SECOND);
    part(&m);
    return 0;
}

/* A byte every ten seconds: the limit is one for the whole handshake. */
TEST(tls_hostile_delay_ends_with_the_limit_of_the_handshake)
{
    tls_world_open();
    ASSERT_EQ(coil_test_run(delay_everything, NULL, 0), 0);
    tls_world_close();
}

/* ---- what is made up ------------------------------------------------------------ */

struct made_up {
    const void *bytes;
    size_t size;
    size_t times;
};

/* Send it to a handshake of one side.  What that returned. */
static int answer_client(const void *bytes, size_t size, size_t times)
{
    struct pair p = connected();
    struct coil_tls_start client = { .context = world.client_context };
    int rc;

    while (times-- > 0)
        ASSERT_EQ(coil_stream_write(p.b, bytes, size), 0);
    rc = coil_tls_start_client(p.a, "a.example", &client);
    /* What has failed fails further on. */
    ASSERT_LT(coil_stream_write(p.a, "x", 1), 0);
    hang_up(&p);
    return rc;
}

static int ask_server(const void *bytes, size_t size, size_t times)
{
    struct pair p = connected();
    struct coil_tls_start server = { .context = world.server_context };
    int rc;

    while (times-- > 0)
        ASSERT_EQ(coil_stream_write(p.a, bytes, size), 0);
    rc = coil_tls_start_server(p.b, &server);
    ASSERT_LT(coil_stream_write(p.b, "x", 1), 0);
    hang_up(&p);
    return rc;
}

struct alert {
    unsigned char number;
    int rc;
};

/* RFC 8446 §6.2, RFC 5246 §7.2. */
TLS_TEST(tls_hostile_alert_says_why_in_words)
{
    static const struct alert alerts[] = {
        { SSL_AD_UNEXPECTED_MESSAGE, COIL_ETLS_REFUSED },
        { SSL_AD_BAD_RECORD_MAC, COIL_ETLS_REFUSED },
        { SSL_AD_RECORD_OVERFLOW, COIL_ETLS_REFUSED },
        { SSL_AD_HANDSHAKE_FAILURE, COIL_ETLS_NO_COMMON_CIPHER },
        { SSL_AD_BAD_CERTIFICATE, COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_UNSUPPORTED_CERTIFICATE, COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_CERTIFICATE_REVOKED, COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_CERTIFICATE_EXPIRED, COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_CERTIFICATE_UNKNOWN, COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_ILLEGAL_PARAMETER, COIL_ETLS_REFUSED },
        { SSL_AD_UNKNOWN_CA, COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_ACCESS_DENIED, COIL_ETLS_REFUSED },
        { SSL_AD_DECODE_ERROR, COIL_ETLS_REFUSED },
        { SSL_AD_DECRYPT_ERROR, COIL_ETLS_REFUSED },
        { SSL_AD_PROTOCOL_VERSION, COIL_ETLS_NO_COMMON_VERSION },
        { SSL_AD_INSUFFICIENT_SECURITY, COIL_ETLS_NO_COMMON_CIPHER },
        { SSL_AD_INTERNAL_ERROR, COIL_ETLS_REFUSED },
        { SSL_AD_INAPPROPRIATE_FALLBACK, COIL_ETLS_REFUSED },
        { SSL_AD_MISSING_EXTENSION, COIL_ETLS_REFUSED },
        { SSL_AD_UNSUPPORTED_EXTENSION, COIL_ETLS_REFUSED },
        { SSL_AD_UNRECOGNIZED_NAME, COIL_ETLS_UNKNOWN_NAME },
        { SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE,
          COIL_ETLS_CERTIFICATE_REFUSED },
        { SSL_AD_UNKNOWN_PSK_IDENTITY, COIL_ETLS_REFUSED },
        { SSL_AD_CERTIFICATE_REQUIRED, COIL_ETLS_CERTIFICATE_REQUIRED },
        { SSL_AD_NO_APPLICATION_PROTOCOL, COIL_ETLS_NO_COMMON_PROTOCOL },
        { 255, COIL_ETLS_REFUSED }, /* no such alert */
    };

    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        unsigned char record[] = { 0x15, 3, 3, 0, 2, 2, alerts[i].number };
        int rc = answer_client(record, sizeof record, 1);

        if (rc != alerts[i].rc)
            fprintf(stderr, "alert %d: %s\n", alerts[i].number,
                    coil_strerror(rc));
        ASSERT_EQ(rc, alerts[i].rc);
    }
}

/* Somebody says good-bye when nothing has been agreed on. */
TLS_TEST(tls_hostile_end_in_the_middle_of_a_handshake_is_a_truncation)
{
    static const unsigned char end[] = { 0x15, 3, 3, 0, 2, 1, 0 };

    ASSERT_EQ(answer_client(end, sizeof end, 1), COIL_ETLS_TRUNCATED);
    ASSERT_LT(ask_server(end, sizeof end, 1), 0);
}

/* What costs the sender next to nothing is not taken for ever. */
TLS_TEST(tls_hostile_flood_of_nothing_is_refused)
{
    static const unsigned char warning[] = { 0x15, 3, 3, 0, 2, 1, 90 };
    static const unsigned char empty[] = { 0x16, 3, 3, 0, 0 };
    static const unsigned char change[] = { 0x14, 3, 3, 0, 1, 1 };

    ASSERT_EQ(answer_client(warning, sizeof warning, 1000), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(answer_client(empty, sizeof empty, 1000), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(answer_client(change, sizeof change, 1000), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(ask_server(warning, sizeof warning, 1000), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(ask_server(empty, sizeof empty, 1000), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(ask_server(change, sizeof change, 1000), COIL_ETLS_PROTOCOL);
}

/* A hello of 16 MB, as its header says: refused at once, not collected. */
TLS_TEST(tls_hostile_message_without_end_is_refused)
{
    static const unsigned char hello[] = { 0x16, 3,    1,    0,    8, 1, 0xff,
                                           0xff, 0xff, 0x03, 0x03, 1, 1 };
    static const unsigned char certificate[] = { 0x16, 3,    3,    0,    8,
                                                 2,    0xff, 0xff, 0xff, 0x03,
                                                 0x03, 1,    1 };

    ASSERT_EQ(ask_server(hello, sizeof hello, 1), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(answer_client(certificate, sizeof certificate, 1),
              COIL_ETLS_PROTOCOL);
}

/* ---- what is something else ------------------------------------------------------- */

TLS_TEST(tls_hostile_other_protocols_have_words_of_their_own)
{
    static const char *const servers[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "220 mail.example ESMTP\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "* OK IMAP4rev1 ready\r\n",
        "RFB 003.008\n",
    };
    static const char *const clients[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.0\r\n\r\n",
        "PUT /a HTTP/1.1\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n\r\n",
        "EHLO mail.example\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
        ASSERT_EQ(answer_client(servers[i], strlen(servers[i]), 1),
                  COIL_ETLS_NOT_TLS);
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        ASSERT_EQ(ask_server(clients[i], strlen(clients[i]), 1),
                  COIL_ETLS_NOT_TLS);
}

/* ---- after the handshake ------------------------------------------------------------ */

static int read_a_byte(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

/* A server that wants to begin again hears that it may not, and we go on. */
TLS_TEST(tls_hostile_server_cannot_make_a_client_begin_again)
{
    SSL_CTX *ctx = coil_tls_context_openssl(world.server_context);
    struct coil_task *reader;
    struct pair p;
    SSL *server;

    use_no_tickets(COIL_TLS_1_2);
    SSL_CTX_clear_options(ctx, SSL_OP_NO_RENEGOTIATION);
    p = tls_connected(world.client_context);
    server = coil__tls_of(p.b)->ssl;
    reader = start(read_a_byte, p.a);
    ASSERT_EQ(SSL_renegotiate(server), 1);
    (void)SSL_do_handshake(server);
    (void)!coil_stream_write(p.b, "x", 1);
    settle();
    ASSERT_EQ(SSL_num_renegotiations(coil__tls_of(p.a)->ssl), 0);
    ASSERT(SSL_is_init_finished(coil__tls_of(p.a)->ssl));
    coil_task_cancel(reader);
    (void)end_of(reader);
    ASSERT_EQ(coil_stream_write(p.a, "still here", 10), 0);
    hang_up(&p);
}

/* Who asks for new keys and reads no answer, while `fn` waits for data. */
static struct pair ask_in_vain(coil_fn fn, int expected)
{
    struct pair p = tls_connected(world.client_context);
    struct coil__tls *ours = coil__tls_of(p.a);
    SSL *theirs = coil__tls_of(p.b)->ssl;
    struct coil_task *reader = start(fn, p.a);
    int rounds = 0;

    while (!coil_task_is_done(reader) && rounds++ < 20000) {
        ASSERT_EQ(SSL_key_update(theirs, SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_EQ(SSL_do_handshake(theirs), 1);
        coil__tls_flush(coil__tls_of(p.b));
        settle();
        ASSERT_LT(ours->wire.out.size + ours->flight.size, 256 * 1024);
    }
    if (coil_task_is_done(reader))
        ASSERT_EQ(end_of(reader), expected);
    else
        end_cancelled(reader);
    return p;
}

static int read_from_an_asker(void *arg)
{
    struct pair p;

    (void)arg;
    tls_world_open();
    p = ask_in_vain(read_a_byte, COIL_ETLS_PROTOCOL);
    hang_up(&p);
    tls_world_close();
    return 0;
}

/*
 * RFC 8446 §4.6.3: whoever does so is sent away.  The kernel is left out: how
 * many answers fit into its buffers depends on the machine.
 */
TEST(tls_hostile_questions_of_one_who_does_not_listen_end)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(read_from_an_asker, NULL, 0), 0);
    in_memory = true;
    ASSERT_EQ(coil_test_run(read_from_an_asker, NULL, 0), 0);
}

static int wait_for_an_asker(void *arg)
{
    struct pair p;

    (void)arg;
    tls_world_open();
    p = ask_in_vain((coil_fn)coil_stream_wait_readable, 0);
    ASSERT_EQ(read_a_byte(p.a), COIL_ETLS_PROTOCOL);
    hang_up(&p);
    tls_world_close();
    return 0;
}

TEST(tls_hostile_questions_end_when_nobody_reads)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(wait_for_an_asker, NULL, 0), 0);
}
