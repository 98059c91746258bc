/* SPDX-License-Identifier: MIT */
/*
 * coil/http_auth.h - who asks: Basic, Bearer, Digest, and the file netrc
 *
 *     struct coil_http_auth *auth;
 *
 *     rc = coil_http_auth_new(&auth, "user", "password", COIL_HTTP_AUTH_DIGEST);
 *     rc = coil_http_auth_request(auth, client, &request, &response);
 *     coil_http_auth_free(auth);
 *
 * Basic (RFC 7617) and Bearer (RFC 6750) are a header that is sent with the
 * request: over http, everybody on the way can read it.  Digest (RFC 7616: MD5,
 * SHA-256, and both with -sess; qop auth, or none) answers a challenge of the
 * server, so the first request is sent twice.
 *
 * Secrets  What holds a password is wiped before its memory is released.
 * Threads  A struct coil_http_auth belongs to one thread at a time, and any
 *          number of tasks can use it; the other functions may be called from
 *          any thread.
 */
#ifndef COIL_HTTP_AUTH_H
#define COIL_HTTP_AUTH_H

#include <coil/base.h>
#include <coil/error.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;
struct coil_http_request;
struct coil_http_response;

/* ---- headers ----------------------------------------------------------- */

/*
 * The value of Authorization for Basic.  `*out` is returned: release it with
 * coil_http_auth_free_text().
 *
 * Returns 0; COIL_EHTTP_BAD_HEADER if the user has a ":" or a control character,
 * or the password a control character; -ENOMEM.
 */
COIL_API int coil_http_auth_basic(char **out, const char *user,
                                  const char *password)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * The same for Bearer.  Returns 0; COIL_EHTTP_BAD_HEADER if `token` has other
 * characters than letters, digits and "-._~+/=", or none; -ENOMEM.
 */
COIL_API int coil_http_auth_bearer(char **out, const char *token)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/* Wipe and free such a text; NULL is allowed. */
COIL_API void coil_http_auth_free_text(char *text) COIL_ANY_THREAD;

/* ---- a user and a password --------------------------------------------- */

/* How they may be told to the server; several can be or-ed. */
enum coil_http_auth_kind {
    COIL_HTTP_AUTH_BASIC = 1,
    COIL_HTTP_AUTH_DIGEST = 2,
};

struct coil_http_auth;

/*
 * Make one for a user of one server.  With COIL_HTTP_AUTH_BASIC alone the first
 * request has the password; else a challenge is waited for, and the best answer
 * that is allowed is given: Digest with SHA-256, Digest with MD5, Basic.  `*out`
 * is returned: release it with coil_http_auth_free().
 *
 * Returns 0; COIL_EHTTP_BAD_HEADER as coil_http_auth_basic(); -EINVAL if nothing
 * is allowed; -ENOMEM.
 */
COIL_API int coil_http_auth_new(struct coil_http_auth **out, const char *user,
                                const char *password, unsigned kinds)
    COIL_MUST_CHECK;

/* NULL is allowed. */
COIL_API void coil_http_auth_free(struct coil_http_auth *auth);

/*
 * The value of Authorization for a request with `method` for `target`: path and
 * query as they are sent.  `*out` is NULL as long as nothing may be said without
 * a challenge.  Release it with coil_http_auth_free_text().
 *
 * Returns 0; -EIO if the system gives no random bytes; -ENOMEM.
 */
COIL_API int coil_http_auth_header(struct coil_http_auth *auth,
                                   const char *method, const char *target,
                                   char **out) COIL_MUST_CHECK;

/*
 * Take the challenges of a response with the status 401: its WWW-Authenticate
 * headers.  With `is_proxy` it is one with 407, and Proxy-Authenticate.  `sent`
 * is the header that the request had, or NULL.
 *
 * Returns 1 if the request is to be sent again with a new header; 0 if the
 * server has refused the user, or asks for what is not allowed; -ENOMEM.
 */
COIL_API int coil_http_auth_challenge(struct coil_http_auth *auth,
                                      const char *sent,
                                      const struct coil_http_header *headers,
                                      size_t count, bool is_proxy)
    COIL_MUST_CHECK;

/*
 * Take what a response says for the next request: the nonce that the header
 * Authentication-Info names (RFC 7616, 3.5), or Proxy-Authentication-Info with
 * `is_proxy`.
 */
COIL_API void coil_http_auth_take_info(struct coil_http_auth *auth,
                                       const struct coil_http_header *headers,
                                       size_t count, bool is_proxy);

/*
 * coil_http_request() with Authorization, and once more if the server asks for
 * it by 401.  The request must not have that header itself.  Its body is sent
 * each time.
 *
 * Returns as coil_http_request(), and as coil_http_auth_header(); a server that
 * refuses the user gives a response with the status 401.  The limit of the
 * request counts for each time it is sent.  After -ECANCELED the server may have
 * acted on the request.
 */
COIL_API int coil_http_auth_request(struct coil_http_auth *auth,
                                    struct coil_http_client *client,
                                    const struct coil_http_request *request,
                                    struct coil_http_response **response)
    COIL_SUSPENDS;

/* ---- netrc ------------------------------------------------------------- */

/* Both are in one memory. */
struct coil_http_login {
    char *user;
    char *password; /* "" if there is none */
};

/*
 * Look a host up in a text in the format of ~/.netrc, as ftp and curl read it:
 * the first `machine` with that name in any case, or `default`; with `user` (may
 * be NULL) the first that has that login, too.  A word in double quotes may have
 * blanks, and \" \\ \n \r \t.  `*login` is returned: release it with
 * coil_http_login_free().
 *
 * Returns 1; 0 if there is none; -EINVAL if the text is not well formed up to
 * there; -ENOMEM.
 */
COIL_API int coil_http_netrc_read(struct coil_http_login *login,
                                  const char *text, size_t size,
                                  const char *host, const char *user)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * The same of a file; NULL: that which the environment's NETRC names, or .netrc
 * in the folder HOME.  The function blocks while the file is read.  Returns as
 * above, and what open() and read() return; -EFBIG for more than 1 MiB; -ENOENT
 * if there is neither NETRC nor HOME.
 */
COIL_API int coil_http_netrc_load(struct coil_http_login *login,
                                  const char *file, const char *host,
                                  const char *user)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/* Wipe and free both. */
COIL_API void coil_http_login_free(struct coil_http_login *login)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
