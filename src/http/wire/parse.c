/* SPDX-License-Identifier: MIT */
#include "http/wire/parse.h"

#include <string.h>

#include <llhttp.h>

#include "http/wire/fields.h"
#include "http/wire/text.h"

/* ---- llhttp ---- */

/* What llhttp has found in a request line. */
struct parse {
    struct coil__http_slice method;
    struct coil__http_slice target;
};

static int on_method(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    p->method = (struct coil__http_slice){ at, size };
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t size)
{
    struct parse *p = parser->data;

    p->target = (struct coil__http_slice){ at, size };
    return 0;
}

static const llhttp_settings_t settings = {
    .on_method = on_method,
    .on_url = on_url,
};

/* The status with which a server answers what llhttp does not take. */
static int answer_to(llhttp_errno_t error)
{
    switch (error) {
    case HPE_INVALID_VERSION:
    case HPE_PAUSED_H2_UPGRADE:
        return 505;
    default:
        return 400;
    }
}

/* ---- the start line ---- */

/* "METHOD target HTTP/1.x", with single spaces; llhttp accepts more of them. */
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

/*
 * A request line whose method llhttp does not know: any token may be one.
 * Returns 0, or the status that refuses it.
 */
static int take_odd_line(struct coil__http_head *head, char *line,
                         const char *end)
{
    size_t method = strcspn(line, " \r");
    char *target = line + method + 1;
    size_t size = line[method] == ' ' ? strcspn(target, " \r") : 0;
    const char *version = target + size;

    if (method == 0 || size == 0 ||
        !coil__http_all(line, method, COIL__HTTP_TOKEN) ||
        !coil__http_all(target, size, COIL__HTTP_VISIBLE) ||
        strncmp(version, " HTTP/", 6) != 0 || version + 9 != end)
        return 400;
    if (version[6] != '1' || version[7] != '.' ||
        (version[8] != '0' && version[8] != '1'))
        return 505;
    head->minor = (unsigned)(version[8] - '0');
    line[method] = '\0';
    target[size] = '\0';
    head->method = line;
    head->target = target;
    return 0;
}

/* "HTTP/1.x 200 reason"; the reason may lack, and the space before it, too. */
static bool take_status_line(struct coil__http_head *head, const char *line,
                             const char *end)
{
    char *reason = (char *)line + 12;
    size_t size = end > reason ? (size_t)(end - reason) : 0;

    head->reason = "";
    for (int i = 9; i < 12; i++)
        if (line[i] < '0' || line[i] > '9')
            return false;
    if (line[8] != ' ' || head->status < 100)
        return false;
    if (size == 0)
        return true;
    if (reason[0] != ' ' || !coil__http_all(reason, size, COIL__HTTP_VALUE))
        return false;
    reason[size] = '\0';
    head->reason = reason + 1;
    return true;
}

/*
 * "METHOD /path HTTP/1.x": nearly all lines are like that, and are taken here.
 * Others are left as they are, for llhttp, which knows what to answer.
 */
static bool take_usual_request(struct coil__http_head *head, char *line,
                               const char *end)
{
    char *space = line;
    char *version;

    while (coil__http_is(*space, COIL__HTTP_TOKEN))
        space++;
    if (space == line || space[0] != ' ' || space[1] != '/')
        return false;
    version = space + 1;
    while (coil__http_is(*version, COIL__HTTP_VISIBLE))
        version++;
    if (end - version != 9 || memcmp(version, " HTTP/1.", 8) != 0 ||
        (version[8] != '0' && version[8] != '1'))
        return false;
    *space = '\0';
    *version = '\0';
    head->minor = (unsigned)(version[8] - '0');
    head->method = line;
    head->target = space + 1;
    return true;
}

/* The same of "HTTP/1.x 200 reason". */
static bool take_usual_status(struct coil__http_head *head, const char *line,
                              const char *end)
{
    if (end - line < 12 || memcmp(line, "HTTP/1.", 7) != 0 ||
        (line[7] != '0' && line[7] != '1'))
        return false;
    head->minor = (unsigned)(line[7] - '0');
    head->status =
        100 * (line[9] - '0') + 10 * (line[10] - '0') + (line[11] - '0');
    return take_status_line(head, line, end);
}

/* ---- the head ---- */

/* The second is said of a method of another protocol. */
static bool is_odd_method(llhttp_errno_t error)
{
    return error == HPE_INVALID_METHOD || error == HPE_INVALID_CONSTANT;
}

static int take_fields(struct coil__http_head *head, enum coil__http_kind kind,
                       char *fields)
{
    return coil__http_take_fields(head, kind, fields) ? 0
                                                      : COIL_EHTTP_MALFORMED;
}

int coil__http_head_parse(struct coil__http_head *head,
                          enum coil__http_kind kind, char *bytes, size_t size,
                          struct coil_http_header *headers)
{
    bool is_request = kind == COIL__HTTP_REQUEST;
    char *line = bytes + strspn(bytes, "\r\n");
    char *lf = memchr(line, '\n', size - (size_t)(line - bytes));
    char *fields = lf + 1;
    struct parse p = { 0 };
    llhttp_t parser;
    llhttp_errno_t error;

    *head = (struct coil__http_head){ .headers = headers,
                                      .content_length = -1,
                                      .answer = 400 };
    if (is_request ? take_usual_request(head, line, lf - 1)
                   : take_usual_status(head, line, lf - 1))
        return take_fields(head, kind, fields);

    llhttp_init(&parser, is_request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    parser.data = &p;
    error = llhttp_execute(&parser, line, (size_t)(fields - line));
    if (is_request && is_odd_method(error)) {
        int answer = take_odd_line(head, line, lf - 1);

        if (answer == 0)
            return take_fields(head, kind, fields);
        head->answer = answer;
        return COIL_EHTTP_MALFORMED;
    }
    if (error != HPE_OK) {
        head->answer = answer_to(error);
        return COIL_EHTTP_MALFORMED;
    }
    if (parser.http_major != 1 || parser.http_minor > 1) {
        head->answer = 505;
        return COIL_EHTTP_MALFORMED;
    }

    head->minor = parser.http_minor;
    head->status = parser.status_code;
    if (is_request ? !take_request_line(head, &p)
                   : !take_status_line(head, line, lf - 1))
        return COIL_EHTTP_MALFORMED;
    return take_fields(head, kind, fields);
}
