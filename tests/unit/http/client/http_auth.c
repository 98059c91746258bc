/* SPDX-License-Identifier: MIT */
/*
 * Who asks: the headers of Basic, Bearer and Digest as the RFCs have them, what
 * is made of challenges, requests that answer them, and netrc.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/http_auth.h>

#include "base/memory.h"
#include "http/client/digest.h"
#include "http/wire/hash.h"
#include "http_client_test.h"

/* ---- headers ---------------------------------------------------------- */

static void expect_basic(const char *user, const char *password,
                         const char *wanted)
{
    char *value;

    ASSERT_EQ(coil_http_auth_basic(&value, user, password), 0);
    ASSERT_STR_EQ(value, wanted);
    coil_http_auth_free_text(value);
}

TEST(http_auth_basic_is_that_of_rfc_7617)
{
    char *value;

    expect_basic("Aladdin", "open sesame",
                 "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    expect_basic("test", "123\xc2\xa3", "Basic dGVzdDoxMjPCow==");
    expect_basic("", "", "Basic Og==");
    expect_basic("a", ":b", "Basic YTo6Yg==");
    ASSERT_EQ(coil_http_auth_basic(&value, "a:b", "c"), COIL_EHTTP_BAD_HEADER);
    ASSERT_NULL(value);
    ASSERT_EQ(coil_http_auth_basic(&value, "a\n", "c"), COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_auth_basic(&value, "a", "\x7f"), COIL_EHTTP_BAD_HEADER);
}

TEST(http_auth_bearer_is_a_token)
{
    char *value;

    ASSERT_EQ(coil_http_auth_bearer(&value, "mF_9.B5f-4.1JqM~+/=="), 0);
    ASSERT_STR_EQ(value, "Bearer mF_9.B5f-4.1JqM~+/==");
    coil_http_auth_free_text(value);
    ASSERT_EQ(coil_http_auth_bearer(&value, ""), COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_auth_bearer(&value, "a b"), COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_auth_bearer(&value, "a\r\nX: y"),
              COIL_EHTTP_BAD_HEADER);
}

/* ---- Digest ----------------------------------------------------------- */

static void take(struct coil__http_digest *digest, const char *challenge)
{
    struct coil__http_challenges c;

    memset(digest, 0, sizeof *digest);
    coil__http_challenges_begin(&c, challenge);
    while (coil__http_challenges_next(&c))
        if (!c.is_scheme)
            coil__http_digest_take(digest, c.name, c.value);
}

static void expect_answer(const char *challenge,
                          const struct coil__http_question *question,
                          const char *wanted)
{
    struct coil__http_digest digest;
    char *answer;

    take(&digest, challenge);
    ASSERT(coil__http_digest_is_good(&digest));
    ASSERT_EQ(coil__http_digest_answer(&digest, question, &answer), 0);
    ASSERT_STR_EQ(answer, wanted);
    coil_http_auth_free_text(answer);
}

#define RFC_7616                                                               \
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "         \
    "algorithm=%s, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "   \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
#define ANSWER_7616                                                            \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "            \
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                 \
    "uri=\"/dir/index.html\", algorithm=%s, response=\"%s\", "                 \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "                \
    "qop=auth, nc=00000001, "                                                  \
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\""

/* The examples of RFC 7616, 3.9.1, and those of RFC 2617 and RFC 2069. */
TEST(http_auth_digest_answers_as_the_rfcs)
{
    static const char *const algorithms[][2] = {
        { "MD5", "8ca523f5e9506fed4657c9700eebdbec" },
        { "SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db"
                     "5856cb6c1" },
    };
    struct coil__http_question q = {
        .user = "Mufasa",
        .password = "Circle of Life",
        .method = "GET",
        .target = "/dir/index.html",
        .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    };
    char challenge[500];
    char answer[800];

    for (size_t i = 0; i < 2; i++) {
        snprintf(challenge, sizeof challenge, RFC_7616, algorithms[i][0]);
        snprintf(answer, sizeof answer, ANSWER_7616, algorithms[i][0],
                 algorithms[i][1]);
        expect_answer(challenge, &q, answer);
    }
    q.password = "Circle Of Life";
    q.cnonce = "0a4f113b";
    expect_answer("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                  &q,
                  "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                  "uri=\"/dir/index.html\", "
                  "response=\"6629fae49393a05397450978507c4ef1\", "
                  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", qop=auth, "
                  "nc=00000001, cnonce=\"0a4f113b\"");
    q.password = "CircleOfLife";
    expect_answer("Digest realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
                  &q,
                  "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                  "uri=\"/dir/index.html\", "
                  "response=\"1949323746fe6a43ef61f9606e7febea\"");
}

/*
 * A1 is of a session, the user is a sum, and quotes are kept.  The sums are those
 * of Python.
 */
TEST(http_auth_digest_has_sessions_and_sums_of_users)
{
    static const struct coil__http_question q = { .user = "u",
                                                  .password = "p",
                                                  .method = "GET",
                                                  .target = "/",
                                                  .cnonce = "c" };

    expect_answer(
        "Digest realm=\"r\\\"\\\\\", nonce=n, algorithm=MD5-sess, "
        "qop=auth, userhash=true",
        &q,
        "Digest username=\"1edee90120e89638ba4a63781abc9831\", realm=\"r\\\"\\\\\", "
        "nonce=\"n\", uri=\"/\", algorithm=MD5-sess, "
        "response=\"2df72df3909c7c441b12ca752581de0e\", qop=auth, nc=00000001, cnonce=\"c\", "
        "userhash=true");
}

TEST(http_auth_digest_that_cannot_be_answered_is_none)
{
    static const char *const bad[] = {
        "Digest realm=\"r\"",
        "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256",
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
        "Digest realm=\"r\", nonce=\"n",
        "Basic realm=\"r\"",
        "",
    };
    struct coil__http_digest digest;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        take(&digest, bad[i]);
        ASSERT(!coil__http_digest_is_good(&digest));
    }
}

/* ---- what is made of challenges --------------------------------------- */

/* What is sent after the challenges; NULL: nothing more. */
static void expect_reaction(unsigned kinds, const char *challenges,
                            const char *wanted)
{
    struct coil_http_header header = { "WWW-Authenticate", challenges };
    struct coil_http_auth *auth;
    char *value;
    int again;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", kinds), 0);
    ASSERT_EQ(coil_http_auth_header(auth, "GET", "/", &value), 0);
    again = coil_http_auth_challenge(auth, value, &header, 1, false);
    coil_http_auth_free_text(value);
    if (again != (wanted != NULL))
        FAIL("\"%s\" gives %d", challenges, again);
    if (wanted) {
        ASSERT_EQ(coil_http_auth_header(auth, "GET", "/", &value), 0);
        if (!strstr(value, wanted))
            FAIL("\"%s\" gives %s", challenges, value);
        coil_http_auth_free_text(value);
    }
    coil_http_auth_free(auth);
}

TEST(http_auth_answers_the_best_challenge)
{
    enum { BOTH = COIL_HTTP_AUTH_BASIC | COIL_HTTP_AUTH_DIGEST };

    expect_reaction(BOTH, "Basic realm=\"r\"", "Basic ");
    expect_reaction(BOTH, "Negotiate", NULL);
    expect_reaction(BOTH, "", NULL);
    expect_reaction(BOTH, "Negotiate YII=, Basic", "Basic ");
    expect_reaction(BOTH, "Negotiate a/b==, Basic", "Basic ");
    expect_reaction(BOTH, "Bassc, Digesx", NULL);
    expect_reaction(BOTH, "NTLM abc, bAsIc realm=\"a, Digest b\"", "Basic ");
    /* It was sent already. */
    expect_reaction(COIL_HTTP_AUTH_BASIC, "Basic realm=\"r\"", NULL);
    expect_reaction(COIL_HTTP_AUTH_DIGEST, "Basic realm=\"r\"", NULL);
    expect_reaction(COIL_HTTP_AUTH_BASIC, "Digest realm=\"r\", nonce=\"n\"",
                    NULL);
    expect_reaction(BOTH, "Basic realm=\"b\", Digest realm=\"r\", nonce=\"n\"",
                    "Digest ");
    expect_reaction(BOTH,
                    "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, "
                    "Digest realm=\"s\", nonce=\"o\", algorithm=SHA-256,"
                    "Digest realm=\"t\", nonce=\"q\"",
                    "algorithm=SHA-256");
    expect_reaction(BOTH, "Digest realm=s, nonce=a, Digest realm=t, nonce=b",
                    "realm=\"s\"");
    expect_reaction(BOTH,
                    "Digest realm=s, nonce=a/b=:c, algorithm=SHA-256-sess, "
                    "what=ever",
                    "algorithm=SHA-256-sess");
    expect_reaction(BOTH,
                    "Digest realm=\"s\" , nonce = \"o\", "
                    "algorithm=SHA-512-256, Basic",
                    "Basic ");
}

/* What is said again: an answer that was refused, or an old nonce. */
TEST(http_auth_answers_once_more_only_for_a_reason)
{
    static const struct {
        const char *sent;
        const char *challenge;
        int again;
    } rows[] = {
        { NULL, "Digest realm=r, nonce=n", 1 },
        { NULL, "Digest realm=r, nonce=n", 1 },
        { "Digest a", "Digest realm=r, nonce=n, stale=true", 0 },
        { "Digest a", "Digest realm=r, nonce=m", 0 },
        { "Digest a", "Digest realm=r, nonce=m, stale=true", 1 },
        { "Digests a", "Digest realm=r, nonce=m", 1 },
        { "Bearer a", "Digest realm=r, nonce=m", 1 },
        { NULL, "Basic realm=r", 1 },
        { NULL, "Basic realm=r", 1 },
        { "Basic a", "Basic realm=r", 0 },
    };
    struct coil_http_auth *auth;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p",
                                 COIL_HTTP_AUTH_BASIC | COIL_HTTP_AUTH_DIGEST),
              0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct coil_http_header header = { "Proxy-Authenticate",
                                           rows[i].challenge };

        ASSERT_EQ(
            coil_http_auth_challenge(auth, rows[i].sent, &header, 1, true),
            rows[i].again);
        ASSERT_EQ(
            coil_http_auth_challenge(auth, rows[i].sent, &header, 1, false), 0);
    }
    coil_http_auth_free(auth);
}

/* Longer than what can be kept: the challenge ends there. */
TEST(http_auth_parameters_have_a_size)
{
    static const char *const formats[] = { "Digest nonce=n, realm=\"%s\"",
                                           "Digest nonce=n, realm=%s" };
    char value[3000];
    char challenge[4000];

    for (size_t i = 0; i < 2; i++) {
        for (size_t size = 100; size < 3000; size *= 5) {
            memset(value, 'a', size);
            value[size] = '\0';
            snprintf(challenge, sizeof challenge, formats[i], value);
            expect_reaction(COIL_HTTP_AUTH_DIGEST, challenge,
                            size < 1000 ? value : "realm=\"\"");
        }
    }
}

TEST(http_auth_wants_something_to_be_allowed)
{
    struct coil_http_auth *auth;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", 0), -EINVAL);
    ASSERT_NULL(auth);
    ASSERT_EQ(coil_http_auth_new(&auth, "u:", "p", COIL_HTTP_AUTH_BASIC),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_auth_new(&auth, "u\r", "p", COIL_HTTP_AUTH_DIGEST),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p\177", COIL_HTTP_AUTH_BASIC),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_auth_new(&auth, "u:", "p\n", COIL_HTTP_AUTH_DIGEST),
              COIL_EHTTP_BAD_HEADER);
}

/* ---- requests --------------------------------------------------------- */

#define DENIED(challenge)                                                      \
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " challenge                \
    "\r\nContent-Length: 2\r\n\r\nno"

static int ask_as(struct coil_http_auth *auth, const struct line *lines,
                  size_t count, struct fake *fake)
{
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct coil_http_header header = { "X-A", "b" };
    char url[100];
    int status;

    fake_start(fake, lines, count);
    snprintf(url, sizeof url, "%sa?b=c#d", fake->url);
    ASSERT_EQ(coil_http_auth_request(
                  auth, client,
                  &(struct coil_http_request){
                      .url = url, .headers = &header, .header_count = 1 },
                  &r),
              0);
    status = r->status;
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(fake);
    return status;
}

STREAM_TEST(http_auth_request_answers_once)
{
    static const struct line lines[] = {
        { DENIED("Digest realm=\"r\", nonce=\"n\", qop=\"auth\""), KEEP },
        { OK(2) "ok", KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"n\", qop=\"auth\""), KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"o\", qop=\"auth\""), KEEP },
        { OK(2) "never", KEEP },
    };
    struct coil_http_auth *auth;
    struct fake fake;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST), 0);
    ASSERT_EQ(ask_as(auth, lines, 2, &fake), 200);
    ASSERT_EQ(fake.said, 2);
    ASSERT(strstr(fake.heard, "uri=\"/a?b=c\""));
    ASSERT(strstr(fake.heard, "nc=00000001"));
    ASSERT(strstr(fake.heard, "X-A: b\r\n"));
    /* The next one knows the nonce. */
    ASSERT_EQ(ask_as(auth, lines + 1, 1, &fake), 200);
    ASSERT(strstr(fake.heard, "nc=00000002"));
    coil_http_auth_free(auth);

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST), 0);
    ASSERT_EQ(ask_as(auth, lines + 2, 3, &fake), 401);
    ASSERT_EQ(fake.said, 2);
    coil_http_auth_free(auth);
}

/* A URL without a path: the sum is of what is sent. */
STREAM_TEST(http_auth_request_of_a_bare_url)
{
    static const struct line lines[] = {
        { DENIED("Digest realm=\"r\", nonce=\"n\""), KEEP },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .method = "PATCH" };
    struct coil_http_response *r;
    struct coil_http_auth *auth;
    struct fake fake;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST), 0);
    fake_start(&fake, lines, 2);
    strcpy(strrchr(fake.url, '/'), "?b=c#d");
    request.url = fake.url;
    ASSERT_EQ(coil_http_auth_request(auth, client, &request, &r), 0);
    ASSERT_EQ(r->status, 200);
    ASSERT_STR_CONTAINS(fake.heard, "PATCH /?b=c HTTP/1.1\r\n");
    ASSERT_STR_CONTAINS(fake.heard, "uri=\"/?b=c\"");
    coil_http_response_free(r);
    coil_http_client_free(client);
    coil_http_auth_free(auth);
    fake_end(&fake);
}

STREAM_TEST(http_auth_request_takes_a_new_nonce)
{
    static const struct line lines[] = {
        { DENIED("Digest realm=\"r\", nonce=\"n\""), KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"o\", stale=TRUE"), KEEP },
        { OK(2) "ok", KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"p\", stale=true"), KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"q\", stale=true"), KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"r\", stale=true"), KEEP },
        { DENIED("Digest realm=\"r\", nonce=\"s\", stale=true"), KEEP },
    };
    struct coil_http_auth *auth;
    struct fake fake;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST), 0);
    ASSERT_EQ(ask_as(auth, lines, 3, &fake), 200);
    ASSERT(strstr(fake.heard, "nonce=\"o\""));
    /* It does not go on for ever. */
    ASSERT_EQ(ask_as(auth, lines + 3, 4, &fake), 401);
    ASSERT_EQ(fake.said, 3);
    coil_http_auth_free(auth);
}

STREAM_TEST(http_auth_request_sends_basic_at_once_if_nothing_else_is_allowed)
{
    static const struct line lines[] = { { OK(2) "ok", KEEP },
                                         { DENIED("Basic"), KEEP } };
    struct coil_http_auth *auth;
    struct fake fake;

    ASSERT_EQ(coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_BASIC), 0);
    ASSERT_EQ(ask_as(auth, lines, 1, &fake), 200);
    ASSERT(strstr(fake.heard, "Authorization: Basic dTpw\r\n"));
    ASSERT_EQ(ask_as(auth, lines + 1, 1, &fake), 401);
    coil_http_auth_free(auth);
}

/* ---- netrc ------------------------------------------------------------ */

static void expect_login(const char *text, const char *host, const char *user,
                         const char *wanted)
{
    struct coil_http_login login;
    char found[100];
    int rc = coil_http_netrc_read(&login, text, strlen(text), host, user);

    if (rc != (wanted != NULL))
        FAIL("\"%s\" gives %d", text, rc);
    if (!wanted)
        return;
    snprintf(found, sizeof found, "%s:%s", login.user, login.password);
    ASSERT_STR_EQ(found, wanted);
    coil_http_login_free(&login);
    ASSERT_NULL(login.user);
}

TEST(http_auth_netrc_is_read)
{
    static const char text[] =
        "# who I am\n"
        "machine a.example login u password p\n"
        "machine a.example\n\tlogin v\n\tpassword q\n"
        "macdef init\n"
        "machine b.example login no password no\n"
        "\n"
        "machine b.example account x password \"p \\\"q\""
        " login \"u v\"\r\n"
        "machine C.Example login w # password no\n"
        "default login d password \\e#\n"
        "machine d.example login never\n";

    expect_login(text, "a.example", NULL, "u:p");
    expect_login(text, "A.EXAMPLE", NULL, "u:p");
    expect_login(text, "a.example", "v", "v:q");
    expect_login(text, "a.example", "x", NULL);
    expect_login(text, "b.example", NULL, "u v:p \"q");
    expect_login(text, "c.example", NULL, "w:");
    expect_login(text, "d.example", NULL, "d:\\e#");
    expect_login("machine h login a", "i", NULL, NULL);
    expect_login("", "h", NULL, NULL);
    expect_login("login a password b", "h", NULL, NULL);
}

TEST(http_auth_netrc_that_is_broken_is_told)
{
    static const char *const bad[] = { "machine", "machine h login",
                                       "machine h password \"x", "machine \"h",
                                       "machine h login \"" };
    struct coil_http_login login;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ASSERT_EQ(
            coil_http_netrc_read(&login, bad[i], strlen(bad[i]), "h", NULL),
            -EINVAL);
    ASSERT_EQ(coil_http_netrc_read(&login, "machine h login \0", 17, "h", NULL),
              -EINVAL);
}

TEST(http_auth_netrc_is_a_file)
{
    char name[] = "/tmp/coil-netrc-XXXXXX";
    static const char text[] = "machine h login u password p";
    struct coil_http_login login;
    int fd = mkstemp(name);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    ASSERT_EQ(coil_http_netrc_load(&login, name, "h", NULL), 1);
    ASSERT_STR_EQ(login.password, "p");
    coil_http_login_free(&login);
    setenv("NETRC", name, 1);
    ASSERT_EQ(coil_http_netrc_load(&login, NULL, "h", NULL), 1);
    coil_http_login_free(&login);
    ASSERT_EQ(unlink(name), 0);
    ASSERT_EQ(coil_http_netrc_load(&login, NULL, "h", NULL), -ENOENT);
    unsetenv("NETRC");
    unsetenv("HOME");
    ASSERT_EQ(coil_http_netrc_load(&login, NULL, "h", NULL), -ENOENT);
}

/* ---- memory ----------------------------------------------------------- */

static int answer_basic(void)
{
    static const struct coil_http_header header = { "WWW-Authenticate",
                                                    "Basic realm=r" };
    struct coil_http_auth *auth;
    char *value = NULL;
    int rc = coil_http_auth_new(&auth, "u", "p",
                                COIL_HTTP_AUTH_DIGEST | COIL_HTTP_AUTH_BASIC);

    if (rc == 0)
        rc = coil_http_auth_challenge(auth, NULL, &header, 1, false);
    if (rc == 1)
        rc = coil_http_auth_header(auth, "GET", "/", &value);
    coil_http_auth_free_text(value);
    coil_http_auth_free(auth);
    return rc;
}

static int answer_all(void)
{
    static const struct coil_http_header header = {
        "WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=auth"
    };
    struct coil_http_login login = { .user = NULL };
    struct coil_http_auth *auth;
    char *value = NULL;
    int rc = coil_http_auth_new(&auth, "u", "p",
                                COIL_HTTP_AUTH_DIGEST | COIL_HTTP_AUTH_BASIC);

    if (rc == 0)
        rc = coil_http_auth_challenge(auth, NULL, &header, 1, false);
    if (rc == 1)
        rc = coil_http_auth_header(auth, "GET", "/", &value);
    if (rc == 0) {
        coil_http_auth_free_text(value);
        rc = coil_http_auth_bearer(&value, "t");
    }
    if (rc == 0) {
        coil_http_auth_free_text(value);
        rc = coil_http_netrc_read(&login, "default login a", 15, "h", NULL);
    }
    coil_http_login_free(&login);
    coil_http_auth_free(auth);
    return rc;
}

TEST(http_auth_says_when_there_is_no_memory)
{
    int rc = -ENOMEM;

    for (size_t n = 1; rc == -ENOMEM; n++) {
        ASSERT_LT(n, 60);
        coil_test_fail_allocation(n, false);
        rc = answer_basic();
        if (rc == 0)
            rc = answer_all();
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(coil_test_live_allocations(), 0);
    }
    ASSERT_EQ(rc, 1);
}
