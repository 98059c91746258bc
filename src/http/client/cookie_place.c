/* SPDX-License-Identifier: MIT */
#include "http/client/cookie_place.h"

#include <string.h>

#include <coil/error.h>

#include "http/wire/text.h"
#include "http/wire/url.h"
#include "http/wire/url_host.h"

static bool is_scheme(const struct coil_url_part *scheme, const char *name)
{
    return coil__http_is_word(scheme->at, scheme->size, name);
}

/* A URL with anything visible in its path will do, as for a request. */
int coil__cookie_place(struct coil__cookie_place *place, const char *url)
{
    struct coil_url parts;
    const char *host;
    size_t size;
    bool is_ipv6;

    coil__url_split(&parts, url, strlen(url));
    host = parts.host.at;
    size = parts.host.size;
    is_ipv6 = size > 2 && host[0] == '[' && host[size - 1] == ']';
    if (is_ipv6) {
        host++;
        size -= 2;
    }
    if (!parts.scheme.at || !host || size >= sizeof place->host ||
        !(is_ipv6 ? coil__url_is_ipv6(host, size)
                  : coil__url_is_name(host, size)))
        return COIL_EHTTP_BAD_URL;
    for (size_t i = 0; i < size; i++)
        place->host[i] = coil__http_lower(host[i]);
    place->host[size] = '\0';
    place->is_address = is_ipv6 || coil__url_is_ipv4(host, size);
    place->is_secure =
        is_scheme(&parts.scheme, "https") || is_scheme(&parts.scheme, "wss");
    place->path = parts.path.size > 0 ? parts.path.at : "/";
    place->path_size = parts.path.size > 0 ? parts.path.size : 1;
    return 0;
}

bool coil__cookie_domain_matches(const char *host, bool is_address,
                                 const char *domain)
{
    size_t size = strlen(host);
    size_t wanted = strlen(domain);

    if (strcmp(host, domain) == 0)
        return true;
    return !is_address && size > wanted &&
           strcmp(host + size - wanted, domain) == 0 &&
           host[size - wanted - 1] == '.';
}

bool coil__cookie_path_matches(const char *path, size_t size,
                               const char *wanted)
{
    size_t length = strlen(wanted);

    if (size < length || memcmp(path, wanted, length) != 0)
        return false;
    return size == length || wanted[length - 1] == '/' || path[length] == '/';
}
