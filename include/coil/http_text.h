/* SPDX-License-Identifier: MIT */
/*
 * coil/http_text.h - bodies that are text, and JSON
 *
 *     rc = coil_http_post_json(client, url, "{\"n\": 1}", &response);
 *     if (rc < 0)
 *         return rc;
 *     rc = coil_http_response_json(response, &text, &size);
 *     if (rc == 0)
 *         root = json_loadb(text, size, 0, &error);      of jansson, say
 *     coil_http_response_free(response);
 *
 * Text here is UTF-8.  JSON is not parsed: any library can do that.
 *
 * asyncio   aiohttp's ClientResponse.text() and json(), except for other charsets.
 */
#ifndef COIL_HTTP_TEXT_H
#define COIL_HTTP_TEXT_H

#include <coil/base.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;
struct coil_http_response;

/* The header with which JSON is sent: Content-Type: application/json. */
extern COIL_API const struct coil_http_header coil_http_json_header;

/*
 * POST `text`, which is JSON and is not looked at, with this header and with
 * Accept: application/json.  Returns as coil_http_request().
 */
COIL_API int coil_http_post_json(struct coil_http_client *client,
                                 const char *url, const char *text,
                                 struct coil_http_response **response)
    COIL_SUSPENDS;

/*
 * The whole body as text, without a byte order mark.  `*text` lives as long as the
 * response, and has a NUL behind it, which `*size` does not count.
 *
 * Returns 0, else
 *   -EPROTOTYPE           Content-Type names another charset than utf-8 or
 *                         us-ascii
 *   COIL_EHTTP_MALFORMED  the body is not UTF-8, or has a NUL
 */
COIL_API int coil_http_response_text(const struct coil_http_response *response,
                                     const char **text, size_t *size)
    COIL_MUST_CHECK;

/*
 * The same of a body that is JSON: application/json, or a type that ends with
 * "+json"; -EPROTOTYPE for another one, or none.  So a page that tells of an error
 * is not taken for an answer.  The status does not matter.
 */
COIL_API int coil_http_response_json(const struct coil_http_response *response,
                                     const char **text, size_t *size)
    COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
