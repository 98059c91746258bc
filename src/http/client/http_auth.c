/* SPDX-License-Identifier: MIT */
#include <coil/http_auth.h>

#include <string.h>
#include <sys/random.h>

#include <coil/http_client.h>

#include "base/memory.h"
#include "http/client/digest.h"
#include "http/wire/base64.h"
#include "http/wire/challenge.h"
#include "http/wire/text.h"

struct coil_http_auth {
    unsigned kinds;
    char *user;
    char *password;
    char *basic; /* the header, if it is to be sent */
    bool has_digest;
    struct coil__http_digest digest; /* the challenge that is answered */
};

static void wipe(char *text)
{
    if (!text)
        return;
    explicit_bzero(text, strlen(text));
    coil__free(text);
}

void coil_http_auth_free_text(char *text)
{
    wipe(text);
}

/* ---- headers ---------------------------------------------------------- */

static bool has_control(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < ' ' || byte == 127)
            return true;
    }
    return false;
}

int coil_http_auth_basic(char **out, const char *user, const char *password)
{
    static const char scheme[] = "Basic ";
    size_t user_size = strlen(user);
    size_t size = user_size + 1 + strlen(password);
    char *pair;
    char *end;

    *out = NULL;
    if (has_control(user) || strchr(user, ':') || has_control(password))
        return COIL_EHTTP_BAD_HEADER;
    pair = coil__alloc(size + 1);
    if (!pair)
        return -ENOMEM;
    memcpy(pair, user, user_size);
    pair[user_size] = ':';
    strcpy(pair + user_size + 1, password);
    *out = coil__alloc(sizeof scheme + coil__http_base64_size(size));
    if (*out) {
        end = stpcpy(*out, scheme);
        *coil__http_base64(end, pair, size) = '\0';
    }
    wipe(pair);
    return *out ? 0 : -ENOMEM;
}

int coil_http_auth_bearer(char **out, const char *token)
{
    static const char scheme[] = "Bearer ";
    size_t size = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~+/=");

    *out = NULL;
    if (size == 0 || token[size])
        return COIL_EHTTP_BAD_HEADER;
    *out = coil__alloc(sizeof scheme + size);
    if (!*out)
        return -ENOMEM;
    strcpy(stpcpy(*out, scheme), token);
    return 0;
}

/* ---- a user and a password -------------------------------------------- */

static int fill(struct coil_http_auth *auth, const char *user,
                const char *password, unsigned kinds)
{
    auth->kinds = kinds;
    auth->user = coil__strndup(user, strlen(user));
    auth->password = coil__strndup(password, strlen(password));
    if (!auth->user || !auth->password)
        return -ENOMEM;
    /* Who would rather answer a challenge waits for one. */
    if (kinds == COIL_HTTP_AUTH_BASIC)
        return coil_http_auth_basic(&auth->basic, user, password);
    return 0;
}

int coil_http_auth_new(struct coil_http_auth **out, const char *user,
                       const char *password, unsigned kinds)
{
    struct coil_http_auth *auth;
    int rc;

    *out = NULL;
    if (!(kinds & (COIL_HTTP_AUTH_BASIC | COIL_HTTP_AUTH_DIGEST)))
        return -EINVAL;
    if (has_control(user) || has_control(password) ||
        (kinds & COIL_HTTP_AUTH_BASIC && strchr(user, ':')))
        return COIL_EHTTP_BAD_HEADER;
    auth = coil__alloc(sizeof *auth);
    if (!auth)
        return -ENOMEM;
    rc = fill(auth, user, password, kinds);
    if (rc < 0) {
        coil_http_auth_free(auth);
        return rc;
    }
    *out = auth;
    return 0;
}

void coil_http_auth_free(struct coil_http_auth *auth)
{
    if (!auth)
        return;
    wipe(auth->user);
    wipe(auth->password);
    wipe(auth->basic);
    coil__free(auth);
}

static int answer_digest(struct coil_http_auth *auth, const char *method,
                         const char *target, char **out)
{
    unsigned char chance[18];
    char cnonce[24 + 1];
    struct coil__http_question question = {
        .user = auth->user,
        .password = auth->password,
        .method = method,
        .target = target,
        .cnonce = cnonce,
    };

    if (getrandom(chance, sizeof chance, 0) != sizeof chance)
        return -EIO;
    *coil__http_base64(cnonce, chance, sizeof chance) = '\0';
    return coil__http_digest_answer(&auth->digest, &question, out);
}

int coil_http_auth_header(struct coil_http_auth *auth, const char *method,
                          const char *target, char **out)
{
    *out = NULL;
    if (auth->has_digest)
        return answer_digest(auth, method, target, out);
    if (!auth->basic)
        return 0;
    *out = coil__strndup(auth->basic, strlen(auth->basic));
    return *out ? 0 : -ENOMEM;
}

/* ---- challenges ------------------------------------------------------- */

/* The best that was offered. */
struct offer {
    bool has_basic;
    bool has_digest;
    struct coil__http_digest digest; /* the best that can be answered */
    struct coil__http_digest next;   /* that which is being read */
    bool is_in_digest;
};

static void end_challenge(struct offer *offer)
{
    bool is_better =
        !offer->has_digest || (offer->digest.hash == COIL__HTTP_MD5 &&
                               offer->next.hash == COIL__HTTP_SHA256);

    if (offer->is_in_digest && coil__http_digest_is_good(&offer->next) &&
        is_better) {
        offer->digest = offer->next;
        offer->has_digest = true;
    }
    offer->is_in_digest = false;
}

static void take_value(struct offer *offer, const char *value)
{
    struct coil__http_challenges c;

    coil__http_challenges_begin(&c, value);
    while (coil__http_challenges_next(&c)) {
        if (!c.is_scheme) {
            if (offer->is_in_digest)
                coil__http_digest_take(&offer->next, c.name, c.value);
            continue;
        }
        end_challenge(offer);
        if (coil__http_slice_is(c.name, "Basic"))
            offer->has_basic = true;
        if (coil__http_slice_is(c.name, "Digest")) {
            memset(&offer->next, 0, sizeof offer->next);
            offer->is_in_digest = true;
        }
    }
    end_challenge(offer);
}

static bool is_of_scheme(const char *sent, const char *scheme)
{
    size_t size = strlen(scheme);

    return sent && coil__http_equal_n(sent, scheme, size) && sent[size] == ' ';
}

/*
 * An answer that was right is given again for a new nonce.  Another one is not
 * given twice: the server has refused the user.
 */
static int accept_digest(struct coil_http_auth *auth, const struct offer *offer,
                         const char *sent)
{
    bool is_new = strcmp(auth->digest.nonce, offer->digest.nonce) != 0;

    if (is_of_scheme(sent, "Digest") && !(offer->digest.is_stale && is_new))
        return 0;
    if (!auth->has_digest || is_new)
        auth->digest = offer->digest;
    auth->has_digest = true;
    return 1;
}

static int accept_offer(struct coil_http_auth *auth, const struct offer *offer,
                        const char *sent)
{
    if (auth->kinds & COIL_HTTP_AUTH_DIGEST && offer->has_digest)
        return accept_digest(auth, offer, sent);
    if (!(auth->kinds & COIL_HTTP_AUTH_BASIC) || !offer->has_basic ||
        is_of_scheme(sent, "Basic"))
        return 0;
    auth->has_digest = false;
    if (!auth->basic &&
        coil_http_auth_basic(&auth->basic, auth->user, auth->password) < 0)
        return -ENOMEM;
    return 1;
}

int coil_http_auth_challenge(struct coil_http_auth *auth, const char *sent,
                             const struct coil_http_header *headers,
                             size_t count, bool is_proxy)
{
    const char *name = is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
    struct offer *offer = coil__alloc(sizeof *offer);
    int rc;

    if (!offer)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (coil__http_equal(headers[i].name, name))
            take_value(offer, headers[i].value);
    rc = accept_offer(auth, offer, sent);
    coil__free(offer);
    return rc;
}

void coil_http_auth_take_info(struct coil_http_auth *auth,
                              const struct coil_http_header *headers,
                              size_t count, bool is_proxy)
{
    const char *info = coil_http_find_header(
        headers, count,
        is_proxy ? "Proxy-Authentication-Info" : "Authentication-Info");
    struct coil__http_challenges c;

    if (!info || !auth->has_digest)
        return;
    coil__http_challenges_begin(&c, info);
    while (coil__http_challenges_next(&c))
        if (!c.is_scheme && c.value[0] &&
            coil__http_slice_is(c.name, "nextnonce")) {
            strcpy(auth->digest.nonce, c.value);
            auth->digest.count = 0;
        }
}
