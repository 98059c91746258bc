/* SPDX-License-Identifier: MIT */
#include "http/client/digest.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "http/wire/text.h"

/* ---- challenges ------------------------------------------------------- */

static void take_algorithm(struct coil__http_digest *digest, const char *value)
{
    static const struct {
        const char *name;
        enum coil__http_hash hash;
        bool is_session;
    } known[] = { { "MD5", COIL__HTTP_MD5, false },
                  { "MD5-sess", COIL__HTTP_MD5, true },
                  { "SHA-256", COIL__HTTP_SHA256, false },
                  { "SHA-256-sess", COIL__HTTP_SHA256, true } };

    digest->has_algorithm = true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (coil__http_equal(value, known[i].name)) {
            digest->hash = known[i].hash;
            digest->is_session = known[i].is_session;
            return;
        }
    }
    digest->is_unknown = true;
}

void coil__http_digest_take(struct coil__http_digest *digest,
                            struct coil__http_slice name, const char *value)
{
    if (coil__http_slice_is(name, "realm")) {
        strcpy(digest->realm, value);
    } else if (coil__http_slice_is(name, "nonce")) {
        strcpy(digest->nonce, value);
    } else if (coil__http_slice_is(name, "opaque")) {
        strcpy(digest->opaque, value);
        digest->has_opaque = true;
    } else if (coil__http_slice_is(name, "algorithm")) {
        take_algorithm(digest, value);
    } else if (coil__http_slice_is(name, "qop")) {
        digest->has_qop = coil__http_list_has(value, "auth");
        digest->has_other_qop = !digest->has_qop;
    } else if (coil__http_slice_is(name, "userhash")) {
        digest->has_userhash = coil__http_equal(value, "true");
    } else if (coil__http_slice_is(name, "stale")) {
        digest->is_stale = coil__http_equal(value, "true");
    }
}

bool coil__http_digest_is_good(const struct coil__http_digest *digest)
{
    return digest->nonce[0] && !digest->is_unknown && !digest->has_other_qop;
}

/* ---- answers ---------------------------------------------------------- */

static struct coil__http_slice piece(const char *text)
{
    return (struct coil__http_slice){ text, strlen(text) };
}

/* The sum of texts with ":" between them. */
static void hash(char *out, enum coil__http_hash kind, const char *const *texts,
                 size_t count)
{
    struct coil__http_slice pieces[12];
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            pieces[n++] = piece(":");
        pieces[n++] = piece(texts[i]);
    }
    coil__http_hash(out, kind, pieces, n);
}

/* All that an answer is made of. */
struct answer {
    char secret[COIL__HTTP_HASH_SIZE]; /* A1 of the RFC */
    char about[COIL__HTTP_HASH_SIZE];  /* A2 */
    char response[COIL__HTTP_HASH_SIZE];
    char user[COIL__HTTP_HASH_SIZE];
    char count[9];
};

static void compute(struct answer *a, const struct coil__http_digest *digest,
                    const struct coil__http_question *q)
{
    const char *secret[] = { q->user, digest->realm, q->password };
    const char *session[] = { a->secret, digest->nonce, q->cnonce };
    const char *about[] = { q->method, q->target };
    const char *with_qop[] = { a->secret, digest->nonce, a->count,
                               q->cnonce, "auth",        a->about };
    const char *without[] = { a->secret, digest->nonce, a->about };

    hash(a->secret, digest->hash, secret, 3);
    if (digest->is_session)
        hash(a->secret, digest->hash, session, 3);
    hash(a->about, digest->hash, about, 2);
    if (digest->has_userhash)
        hash(a->user, digest->hash, secret, 2);
    if (digest->has_qop)
        hash(a->response, digest->hash, with_qop, 6);
    else
        hash(a->response, digest->hash, without, 3);
}

/* , name="value" */
static int put_quoted(struct coil_buffer *out, const char *name,
                      const char *value)
{
    int rc = coil__buffer_printf(out, "%s=\"", name);

    for (; *value && rc == 0; value++) {
        if (*value == '"' || *value == '\\')
            rc = coil__buffer_append(out, "\\", 1);
        if (rc == 0)
            rc = coil__buffer_append(out, value, 1);
    }
    return rc < 0 ? rc : coil__buffer_append(out, "\"", 1);
}

static const char *algorithm_of(const struct coil__http_digest *digest)
{
    if (digest->hash == COIL__HTTP_MD5)
        return digest->is_session ? "MD5-sess" : "MD5";
    return digest->is_session ? "SHA-256-sess" : "SHA-256";
}

static int put(struct coil_buffer *out, const struct coil__http_digest *digest,
               const struct coil__http_question *q, const struct answer *a)
{
    bool has_cnonce = digest->has_qop || digest->is_session;
    int rc = put_quoted(out, "Digest username",
                        digest->has_userhash ? a->user : q->user);

    if (rc == 0)
        rc = put_quoted(out, ", realm", digest->realm);
    if (rc == 0)
        rc = put_quoted(out, ", nonce", digest->nonce);
    if (rc == 0)
        rc = put_quoted(out, ", uri", q->target);
    if (rc == 0 && digest->has_algorithm)
        rc = coil__buffer_printf(out, ", algorithm=%s", algorithm_of(digest));
    if (rc == 0)
        rc = put_quoted(out, ", response", a->response);
    if (rc == 0 && digest->has_opaque)
        rc = put_quoted(out, ", opaque", digest->opaque);
    if (rc == 0 && digest->has_qop)
        rc = coil__buffer_printf(out, ", qop=auth, nc=%s", a->count);
    if (rc == 0 && has_cnonce)
        rc = put_quoted(out, ", cnonce", q->cnonce);
    if (rc == 0 && digest->has_userhash)
        rc = coil__buffer_printf(out, ", userhash=true");
    return rc < 0 ? rc : coil__buffer_append(out, "", 1);
}

int coil__http_digest_answer(struct coil__http_digest *digest,
                             const struct coil__http_question *question,
                             char **out)
{
    struct coil_buffer text = { 0 };
    struct answer answer;
    int rc;

    *out = NULL;
    snprintf(answer.count, sizeof answer.count, "%08x",
             (unsigned)(digest->count + 1));
    compute(&answer, digest, question);
    rc = put(&text, digest, question, &answer);
    explicit_bzero(&answer, sizeof answer);
    if (rc == 0) {
        *out = coil__strndup((const char *)coil__buffer_bytes(&text),
                             text.size - 1);
        rc = *out ? 0 : -ENOMEM;
    }
    if (rc == 0)
        digest->count++;
    coil__buffer_fini(&text);
    return rc;
}
