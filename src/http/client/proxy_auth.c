/* SPDX-License-Identifier: MIT */
#include "http/client/proxy_auth.h"

#include <errno.h>
#include <string.h>

#include <coil/http_auth.h>

#include "base/memory.h"
#include "http/wire/base64.h"

static void put_basic(struct coil__http_writer *w,
                      const struct coil__http_proxy *proxy)
{
    const char *password = proxy->password ? proxy->password : "";
    size_t user_size, size;
    char *plain, *encoded;

    user_size = strlen(proxy->user);
    size = user_size + 1 + strlen(password);
    plain = coil__realloc(NULL, size + 1 + coil__http_base64_size(size) + 1);
    if (!plain) {
        w->rc = -ENOMEM;
        return;
    }
    encoded = plain + size + 1;
    memcpy(plain, proxy->user, user_size);
    plain[user_size] = ':';
    strcpy(plain + user_size + 1, password);
    *coil__http_base64(encoded, plain, size) = '\0';
    coil__http_put(w, "Proxy-Authorization: Basic ");
    coil__http_put(w, encoded);
    coil__http_put(w, "\r\n");
    coil__free(plain);
}

bool coil__http_put_proxy_user(struct coil__http_writer *w,
                               const struct coil__http_proxy *proxy,
                               const char *method, const char *target)
{
    char *value = NULL;
    int rc = 0;

    if (!proxy->user)
        return false;
    if (proxy->auth)
        rc = coil_http_auth_header(proxy->auth, method, target, &value);
    if (rc < 0)
        w->rc = rc;
    if (rc < 0 || !value) {
        put_basic(w, proxy);
        return false;
    }
    coil__http_put_header(w, "Proxy-Authorization", value);
    coil_http_auth_free_text(value);
    return true;
}

bool coil__http_proxy_challenge(const struct coil__http_proxy *proxy,
                                bool was_answered,
                                const struct coil_http_header *headers,
                                size_t count)
{
    return proxy->auth && coil_http_auth_challenge(
                              proxy->auth, was_answered ? "Digest " : NULL,
                              headers, count, true) > 0;
}
