/* SPDX-License-Identifier: MIT */
/*
 * tls_transport.c - what somebody between a client and a server may do to TLS
 *
 * The first byte of the input says on which side of a connection we are, which
 * version is spoken, whether the handshake is left alone, and whether an earlier
 * session is resumed.  The rest are orders for what goes to that side: let bytes
 * pass, change one, leave some out, put others in, say something twice.  Behind
 * the last order all the rest passes, and then the connection ends.
 *
 * Each side takes its random numbers from a sequence of its own, which begins
 * again with each run, and the time stands still, so the same orders meet the same
 * bytes, whoever of the two runs first.
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <coil.h>
#include <coil/stream_pair.h>
#include <coil/timeout.h>
#include <coil/tls.h>

#include "fuzz.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

/* ---- random numbers that repeat -------------------------------------------- */

enum { US, THEM, SIDES };

static uint64_t states[SIDES];
static struct coil_task *task_of_them; /* whoever else asks is us */

static int give_bytes(unsigned char *bytes, int size)
{
    bool is_them = task_of_them && coil_current_task() == task_of_them;
    uint64_t *state = &states[is_them ? THEM : US];

    for (int i = 0; i < size; i++) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        bytes[i] = (unsigned char)(*state >> 32);
    }
    return 1;
}

static int is_seeded(void)
{
    return 1;
}

static void begin_numbers(void)
{
    static RAND_METHOD method = { .bytes = give_bytes,
                                  .pseudorand = give_bytes,
                                  .status = is_seeded };

    states[US] = 0x9e3779b97f4a7c15u;
    states[THEM] = 0xd1b54a32d192ed03u;
    task_of_them = NULL;
    MUST(RAND_set_rand_method(&method) == 1);
}

/* OpenSSL writes the time into tickets, and the age of a ticket into hellos. */
time_t time(time_t *out)
{
    const time_t now = 1795824000;

    if (out)
        *out = now;
    return now;
}

/* ---- a certificate, in files of this process --------------------------------- */

static char chain_file[32];
static char key_file[32];

static FILE *open_file(char path[32])
{
    int fd = memfd_create("fuzz", 0);

    MUST(fd >= 0);
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fdopen(fd, "w");
}

static void extend(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    MUST(extension && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* Signed by itself: a client trusts it by name. */
static void make_certificate(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *made = X509_new();
    FILE *chain = open_file(chain_file);
    FILE *keys = open_file(key_file);

    MUST(key && made && chain && keys);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -24 * 60 * 60);
    X509_gmtime_adj(X509_getm_notAfter(made), 365 * 24 * 60 * 60);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               (const unsigned char *)"fuzz", -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_set_pubkey(made, key);
    extend(made, NID_basic_constraints, "critical,CA:true");
    extend(made, NID_subject_alt_name, "DNS:a.example");
    MUST(X509_sign(made, key, NULL) > 0);
    MUST(PEM_write_X509(chain, made) == 1 && fflush(chain) == 0);
    MUST(PEM_write_PrivateKey(keys, key, NULL, NULL, 0, NULL, NULL) == 1 &&
         fflush(keys) == 0);
    X509_free(made);
    EVP_PKEY_free(key);
}

/*
 * Of TLS 1.3 and of 1.2, without sessions and with them.  A run resumes the
 * newest session, which it has made itself.
 */
static struct coil_tls_context *client_contexts[2][2];
static struct coil_tls_context *server_context;

static void make_contexts(void)
{
    static const struct coil_tls_ticket_key key = { "a key for tickets" };
    const struct coil_tls_server_options server = {
        .certificates = { { chain_file, key_file } },
    };

    for (int i = 0; i < 4; i++) {
        const struct coil_tls_client_options client = {
            .ca_file = chain_file,
            .max_version = i % 2 == 0 ? COIL_TLS_1_3 : COIL_TLS_1_2,
            .without_resumption = i < 2,
        };

        MUST(coil_tls_context_new_client(&client_contexts[i / 2][i % 2],
                                         &client) == 0);
    }
    MUST(coil_tls_context_new_server(&server_context, &server) == 0);
    /* Its own would take random numbers of the first run. */
    MUST(coil_tls_context_set_ticket_keys(server_context, &key, 1) == 0);
}

/* ---- both sides ---------------------------------------------------------------- */

enum {
    TO_CLIENT = 1, /* whom the orders are for; else to the server */
    OLD = 2,       /* TLS 1.2 */
    LATER = 4,     /* the handshake is left alone */
    RESUMED = 8,   /* it resumes a session, which nobody has disturbed */
};

/*
 * A handshake that is left alone is over at once, because nothing takes time
 * but a sleep.  Behind the first of these times orders are followed, and behind
 * the second the other side speaks.
 */
#define ORDERS_BEGIN COIL_SECOND
#define SPEECH_BEGINS (2 * COIL_SECOND)

/*
 * A client keeps sessions by name and port: each run has a port of its own, as it
 * must not meet what is left of earlier ones.
 */
static uint16_t run_number;

struct scene {
    const struct fuzz_input *input;
    struct fuzz_trace *trace;
    struct coil_stream *ours;    /* the side of the orders */
    struct coil_stream *theirs;  /* the other side */
    struct coil_stream *near_us; /* what lies between the two */
    struct coil_stream *near_them;
    int flags;
};

/* If nothing comes any more, we give up before the other side does. */
static int begin_tls(struct scene *s, struct coil_stream *stream,
                     bool is_client)
{
    struct coil_tls_context *client =
        client_contexts[s->flags & RESUMED ? 1 : 0][s->flags & OLD ? 1 : 0];
    const struct coil_tls_start start = {
        .context = is_client ? client : server_context,
        .port = run_number,
        .handshake_limit = stream == s->ours ? COIL_MINUTE : 2 * COIL_MINUTE,
    };

    return is_client ? coil_tls_start_client(stream, "a.example", &start)
                     : coil_tls_start_server(stream, &start);
}

static int say_text(struct scene *s)
{
    static const char text[] = "what the other side has to say\n";
    int rc = 0;

    for (int i = 0; i < 8 && rc == 0; i++)
        rc = coil_stream_write(s->theirs, text, sizeof text - 1);
    return rc < 0 ? rc : coil_stream_shutdown(s->theirs);
}

/* Orders may have kept something from us, and then we say nothing. */
static int wait_for_end(struct scene *s)
{
    struct coil_timeout limit;
    char bytes[256];
    ptrdiff_t n = 1;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    if (rc < 0)
        return rc;
    while (n > 0)
        n = coil_stream_read(s->theirs, bytes, sizeof bytes);
    return coil_timeout_end(&limit, (int)n);
}

/* What is said to us, if the other side comes so far.  Then that side is gone. */
static int speak(void *arg)
{
    struct scene *s = arg;
    int rc = begin_tls(s, s->theirs, !(s->flags & TO_CLIENT));

    if (rc == 0 && s->flags & LATER)
        rc = coil_sleep(SPEECH_BEGINS);
    if (rc == 0)
        rc = say_text(s);
    if (rc == 0)
        rc = wait_for_end(s);
    coil_stream_abort(s->theirs);
    s->theirs = NULL;
    return rc;
}

/* ---- orders -------------------------------------------------------------------- */

struct reader {
    const struct fuzz_input *input;
    size_t place;
};

static unsigned next_byte(struct reader *r)
{
    return r->place < r->input->size ? r->input->data[r->place++] : 0;
}

static int write_to_us(struct scene *s, const void *bytes, size_t size)
{
    int rc = coil_stream_write(s->near_us, bytes, size);

    return rc < 0 ? rc : coil_stream_drain(s->near_us);
}

/* Bytes of the other side: exactly `size`, or 0 at the end, or an error. */
static int take(struct scene *s, unsigned char *bytes, size_t size)
{
    size_t got;

    return coil_stream_read_exactly(s->near_them, bytes, size, &got);
}

static int put_in(struct scene *s, struct reader *r, size_t size)
{
    unsigned char bytes[256];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)next_byte(r);
    return write_to_us(s, bytes, size);
}

/* One order.  0, or an error: nothing more comes. */
static int follow(struct scene *s, struct reader *r)
{
    unsigned char bytes[1024];
    unsigned order = next_byte(r);
    size_t size = next_byte(r) + 1;
    int rc;

    switch (order % 6) {
    case 0: /* let pass */
        rc = take(s, bytes, size);
        return rc < 0 ? rc : write_to_us(s, bytes, size);
    case 1: /* let more pass */
        rc = take(s, bytes, size * 4);
        return rc < 0 ? rc : write_to_us(s, bytes, size * 4);
    case 2: /* change one */
        rc = take(s, bytes, size);
        bytes[size - 1] ^= (unsigned char)next_byte(r);
        return rc < 0 ? rc : write_to_us(s, bytes, size);
    case 3: /* leave out */
        return take(s, bytes, size);
    case 4: /* put in */
        return put_in(s, r, size);
    default: /* twice */
        rc = take(s, bytes, size);
        if (rc == 0)
            rc = write_to_us(s, bytes, size);
        return rc < 0 ? rc : write_to_us(s, bytes, size);
    }
}

static int pass_all(struct coil_stream *from, struct coil_stream *to)
{
    char bytes[1024];
    ptrdiff_t n;

    for (;;) {
        int rc;

        n = coil_stream_read(from, bytes, sizeof bytes);
        if (n <= 0)
            break;
        rc = coil_stream_write(to, bytes, (size_t)n);
        if (rc < 0)
            return rc;
    }
    return n < 0 ? (int)n : coil_stream_shutdown(to);
}

static int pass_forth(void *arg)
{
    struct scene *s = arg;

    return pass_all(s->near_them, s->near_us);
}

static void end_task(struct coil_task *task)
{
    coil_task_cancel(task);
    (void)!coil_task_await(task);
    coil_task_release(task);
}

/* What is under way when a time of waiting ends is nothing: see ORDERS_BEGIN. */
static int pass_handshake(struct scene *s)
{
    struct coil_task *task;
    int rc;

    MUST(coil_task_create(&task, pass_forth, s) == 0);
    rc = coil_sleep(ORDERS_BEGIN);
    end_task(task);
    return rc;
}

static int be_between(void *arg)
{
    struct scene *s = arg;
    struct reader r = { .input = s->input, .place = 1 };
    int rc = s->flags & LATER ? pass_handshake(s) : 0;

    while (rc == 0 && r.place < s->input->size)
        rc = follow(s, &r);
    if (rc != -ECANCELED)
        rc = pass_all(s->near_them, s->near_us);
    if (rc != -ECANCELED)
        (void)!coil_stream_shutdown(s->near_us);
    return rc;
}

static int pass_back(void *arg)
{
    struct scene *s = arg;

    return pass_all(s->near_us, s->near_them);
}

/* ---- one run ------------------------------------------------------------------- */

/* A text must be the one that was said; how much of it came is noted. */
static void listen_to_them(struct scene *s)
{
    static const char text[] = "what the other side has to say\n";
    size_t got = 0;
    char bytes[64];
    ptrdiff_t n;

    for (;;) {
        n = coil_stream_read(s->ours, bytes, sizeof bytes);
        if (n <= 0)
            break;
        for (ptrdiff_t i = 0; i < n; i++)
            MUST(bytes[i] == text[(got + (size_t)i) % (sizeof text - 1)]);
        got += (size_t)n;
    }
    fuzz_note(s->trace, "%zu bytes, then %s\n", got, coil_strerror((int)n));
    MUST(n < 0 || got == 8 * (sizeof text - 1));
    /* What is broken stays so. */
    MUST(coil_stream_read(s->ours, bytes, sizeof bytes) == n);
}

static void note_resumption(struct scene *s)
{
    struct coil_tls_info info;

    MUST(coil_tls_stream_info(s->ours, &info) == 0);
    MUST(info.is_resumed == ((s->flags & RESUMED) != 0) || !(s->flags & LATER));
    fuzz_note(s->trace, "%s\n", info.is_resumed ? "resumed" : "new");
}

static int be_us(void *arg)
{
    struct scene *s = arg;
    int rc = begin_tls(s, s->ours, s->flags & TO_CLIENT);

    fuzz_note(s->trace, "handshake: %s\n", coil_strerror(rc));
    MUST(rc == 0 || !(s->flags & LATER));
    if (rc == 0) {
        note_resumption(s);
        listen_to_them(s);
    }
    coil_stream_abort(s->ours);
    return 0;
}

/* A client keeps the tickets that it has read. */
static int give_ticket(void *arg)
{
    struct coil_stream *stream = arg;
    const struct coil_tls_start start = { .context = server_context };

    MUST(coil_tls_start_server(stream, &start) == 0);
    MUST(coil_stream_write(stream, "", 1) == 0);
    return coil_stream_close(stream);
}

static void get_session(struct scene *s)
{
    struct coil_stream *ends[2];
    struct coil_task *server;
    char byte;

    MUST(coil_stream_pair(ends) == 0);
    MUST(coil_task_create(&server, give_ticket, ends[1]) == 0);
    task_of_them = server;
    MUST(begin_tls(s, ends[0], true) == 0);
    MUST(coil_stream_read(ends[0], &byte, 1) == 1);
    MUST(coil_stream_close(ends[0]) == 0);
    MUST(coil_task_await(server) == 0);
    coil_task_release(server);
}

static int run(const struct fuzz_input *input, struct fuzz_trace *trace)
{
    struct scene s = { .input = input,
                       .trace = trace,
                       .flags = input->data[0] };
    struct coil_stream *left[2];
    struct coil_stream *right[2];
    struct coil_task *tasks[4];

    begin_numbers();
    if (++run_number == 0)
        run_number = 1;
    if (s.flags & RESUMED)
        get_session(&s);
    MUST(coil_stream_pair(left) == 0 && coil_stream_pair(right) == 0);
    s.ours = left[0];
    s.near_us = left[1];
    s.near_them = right[1];
    s.theirs = right[0];
    MUST(coil_task_create(&tasks[0], be_us, &s) == 0);
    MUST(coil_task_create(&tasks[1], speak, &s) == 0);
    task_of_them = tasks[1];
    MUST(coil_task_create(&tasks[2], be_between, &s) == 0);
    MUST(coil_task_create(&tasks[3], pass_back, &s) == 0);
    MUST(coil_task_await(tasks[0]) == 0);
    coil_task_release(tasks[0]);
    for (int i = 1; i < 4; i++)
        end_task(tasks[i]);
    if (s.theirs)
        coil_stream_abort(s.theirs);
    coil_stream_abort(s.near_us);
    coil_stream_abort(s.near_them);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = { data, size };

    if (!chain_file[0]) {
        begin_numbers();
        make_certificate();
        make_contexts();
    }
    if (size > 0 && size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, run);
    return 0;
}
