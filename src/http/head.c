/* SPDX-License-Identifier: MIT */
#include "http/head.h"

#include <string.h>

#include <llhttp.h>

#include "http/text.h"
#include "http/url.h"

/* ---- llhttp ---- */

struct slice {
    const char *at;
    size_t size;
};

/* What llhttp has told so far. */
struct parse {
    struct slice method;
    struct slice target;
    struct slice reason;
    struct slice value;
    struct coil_http_header *headers;
    size_t capacity;
    size_t count; /* names */
    size_t values;
    const char *name_end;
};

static int on_method(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    p->method = (struct slice){ at, size };
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    p->target = (struct slice){ at, size };
    return 0;
}

static int on_status(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    p->reason = (struct slice){ at, size };
    return 0;
}

/*
 * The whole head is parsed in one call, so a name or a value comes in one
 * piece; one that does not is a fold, and refused.
 */
static int on_name(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    if (p->count == p->capacity || p->count != p->values ||
        !coil__http_all(at, size, COIL__HTTP_TOKEN) || size == 0)
        return HPE_USER;
    p->headers[p->count++].name = at;
    p->name_end = at + size;
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    if (p->values + 1 != p->count || *p->name_end != ':' ||
        !coil__http_all(at, size, COIL__HTTP_VALUE))
        return HPE_USER;
    /* Where nothing is, llhttp points at the next line. */
    p->headers[p->values++].value = size > 0 ? at : p->name_end + 1;
    return 0;
}

static int on_head(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_method = on_method,
    .on_url = on_url,
    .on_status = on_status,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
};

/* Whether there is nothing wrong with a request line but its method. */
static bool has_odd_method(const char *bytes)
{
    const char *method = bytes + strspn(bytes, "\r\n");
    size_t size = strcspn(method, " \r");
    const char *target = method + size + (method[size] == ' ');

    return size > 0 && coil__http_all(method, size, COIL__HTTP_TOKEN) &&
           strncmp(target + strcspn(target, " \r"), " HTTP/1.", 8) == 0;
}

/* The status with which a server answers what llhttp does not take. */
static int answer_to(llhttp_errno_t error, const char *bytes)
{
    switch (error) {
    case HPE_INVALID_METHOD:
    case HPE_INVALID_CONSTANT: /* a method of another protocol */
        return has_odd_method(bytes) ? 501 : 400;
    case HPE_INVALID_VERSION:
    case HPE_PAUSED_H2_UPGRADE:
        return 505;
    default:
        return 400;
    }
}

/* ---- the start line ---- */

/* "METHOD target HTTP/1.x", with single spaces: llhttp takes more of them. */
static bool take_request_line(struct coil__http_head *head,
                              const struct parse *p)
{
    char *method = (char *)p->method.at;
    char *target = (char *)p->target.at;

    if (!method || !target || target != method + p->method.size + 1)
        return false;
    if (!coil__http_all(target, p->target.size, COIL__HTTP_VISIBLE))
        return false;
    if (strncmp(target + p->target.size, " HTTP/1.", 8) != 0)
        return false;
    method[p->method.size] = '\0';
    target[p->target.size] = '\0';
    head->method = method;
    head->target = target;
    return true;
}

/* "HTTP/1.x 200 reason", of which the reason, or it and its space, may lack. */
static bool take_status_line(struct coil__http_head *head, char *bytes,
                             size_t whole)
{
    char *reason = bytes + 12;
    const char *end = memchr(bytes, '\r', whole);
    size_t size = end > reason ? (size_t)(end - reason) : 0;

    head->reason = "";
    for (int i = 9; i < 12; i++)
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    if (bytes[8] != ' ' || head->status < 100)
        return false;
    if (size == 0)
        return true;
    if (reason[0] != ' ' || !coil__http_all(reason, size, COIL__HTTP_VALUE))
        return false;
    reason[size] = '\0';
    head->reason = reason + 1;
    return true;
}

/* ---- header fields ---- */

/* End the strings of a header where its line ends, without trailing space. */
static void end_strings(struct coil_http_header *header)
{
    char *value = (char *)header->value;
    size_t size = (size_t)(strchr(value, '\r') - value);

    *strchr(header->name, ':') = '\0';
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    value[size] = '\0';
}

static bool take_length(struct coil__http_head *head, const char *value)
{
    size_t size = strlen(value);
    int64_t length = 0;

    if (head->content_length >= 0 || size == 0 || size > 18)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9')
            return false;
        length = length * 10 + (value[i] - '0');
    }
    head->content_length = length;
    return true;
}

static bool take_coding(struct coil__http_head *head, const char *value)
{
    if (head->is_chunked || head->minor == 0)
        return false;
    if (!coil__http_equal(value, "chunked")) {
        head->answer = 501;
        return false;
    }
    head->is_chunked = true;
    return true;
}

static bool take_host(struct coil__http_head *head, const char *value)
{
    size_t size = strlen(value);

    if (head->host || (size > 0 && !coil__http_is_authority(value, size)))
        return false;
    head->host = value;
    return true;
}

static void take_connection(struct coil__http_head *head, const char *value)
{
    if (coil__http_list_has(value, "close"))
        head->is_close = true;
    if (coil__http_list_has(value, "keep-alive"))
        head->is_keep_alive = true;
    if (coil__http_list_has(value, "upgrade"))
        head->is_upgrade = true;
}

/* Heed a header that is about the message itself. */
static bool take_header(struct coil__http_head *head, enum coil__http_kind kind,
                        const struct coil_http_header *header)
{
    const char *name = header->name;

    switch (coil__http_lower(name[0])) {
    case 'c':
        if (coil__http_equal(name, "Content-Length"))
            return take_length(head, header->value);
        if (coil__http_equal(name, "Connection"))
            take_connection(head, header->value);
        return true;
    case 't':
        if (coil__http_equal(name, "Transfer-Encoding"))
            return take_coding(head, header->value);
        return true;
    case 'h':
        if (kind == COIL__HTTP_REQUEST && coil__http_equal(name, "Host"))
            return take_host(head, header->value);
        return true;
    case 'e':
        if (kind == COIL__HTTP_REQUEST && coil__http_equal(name, "Expect"))
            head->is_expecting =
                coil__http_equal(header->value, "100-continue");
        return true;
    default:
        return true;
    }
}

static bool take_headers(struct coil__http_head *head,
                         enum coil__http_kind kind)
{
    for (size_t i = 0; i < head->header_count; i++) {
        end_strings(&head->headers[i]);
        if (!take_header(head, kind, &head->headers[i]))
            return false;
    }
    /* Two lengths: the classic of request smuggling. */
    if (head->is_chunked && head->content_length >= 0)
        return false;
    return kind == COIL__HTTP_RESPONSE || head->host || head->minor == 0;
}

int coil__http_head_parse(struct coil__http_head *head,
                          enum coil__http_kind kind, char *bytes, size_t size,
                          struct coil_http_header *headers, size_t lines)
{
    struct parse p = { .headers = headers, .capacity = lines };
    llhttp_t parser;
    llhttp_errno_t error;

    *head = (struct coil__http_head){ .headers = headers,
                                      .content_length = -1,
                                      .answer = 400 };
    llhttp_init(&parser,
                kind == COIL__HTTP_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE,
                &settings);
    parser.data = &p;
    error = llhttp_execute(&parser, bytes, size);
    if (error != HPE_PAUSED) {
        head->answer = answer_to(error, bytes);
        return COIL_EHTTP_MALFORMED;
    }
    if (llhttp_get_error_pos(&parser) != bytes + size || p.count != p.values)
        return COIL_EHTTP_MALFORMED;
    if (parser.http_major != 1 || parser.http_minor > 1) {
        head->answer = 505;
        return COIL_EHTTP_MALFORMED;
    }

    head->minor = parser.http_minor;
    head->status = parser.status_code;
    head->header_count = p.count;
    if (kind == COIL__HTTP_REQUEST ? !take_request_line(head, &p)
                                   : !take_status_line(head, bytes, size))
        return COIL_EHTTP_MALFORMED;
    return take_headers(head, kind) ? 0 : COIL_EHTTP_MALFORMED;
}
