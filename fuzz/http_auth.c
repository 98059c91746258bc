/* SPDX-License-Identifier: MIT */
/*
 * http_auth.c - challenges of a server, and a file netrc
 *
 * Whatever a server asks for, what is sent is a header's value, and it is sent
 * only so often.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/http_auth.h>

#include "fuzz.h"

enum { MOST = 4000, TIMES = 3 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_challenge(const char *value)
{
    struct coil_http_header header = { "WWW-Authenticate", value };
    struct coil_http_auth *auth;
    char *sent = NULL;

    require(coil_http_auth_new(&auth, "us\"er\\", "p",
                               COIL_HTTP_AUTH_BASIC | COIL_HTTP_AUTH_DIGEST) ==
            0);
    for (int i = 0; coil_http_auth_challenge(auth, sent, &header, 1, false) > 0;
         i++) {
        require(i < TIMES);
        coil_http_auth_free_text(sent);
        require(coil_http_auth_header(auth, "GET", "/a?\"b", &sent) == 0);
        require(coil_http_is_value(sent));
    }
    coil_http_auth_free_text(sent);
    coil_http_auth_free(auth);
}

static void check_netrc(const char *text, size_t size)
{
    struct coil_http_login login;

    if (coil_http_netrc_read(&login, text, size, "h", NULL) == 1)
        coil_http_login_free(&login);
    if (coil_http_netrc_read(&login, text, size, "h", "u") == 1) {
        require(strcmp(login.user, "u") == 0);
        coil_http_login_free(&login);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MOST + 1];

    if (size > MOST)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_netrc(text, size);
    if (coil_http_is_value(text))
        check_challenge(text);
    return 0;
}
