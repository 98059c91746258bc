/* SPDX-License-Identifier: MIT */
#include <coil/http.h>

#include <string.h>

#include "http/wire/text.h"

const char *coil_http_find_header(const struct coil_http_header *headers,
                                  size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (coil__http_equal(headers[i].name, name))
            return headers[i].value;
    return NULL;
}

bool coil_http_is_token(const char *text)
{
    return *text && coil__http_all(text, strlen(text), COIL__HTTP_TOKEN);
}

bool coil_http_is_value(const char *text)
{
    size_t size = strlen(text);

    if (size == 0)
        return true;
    if (!coil__http_is(text[0], COIL__HTTP_VISIBLE) && !(text[0] & 0x80))
        return false;
    if (text[size - 1] == ' ' || text[size - 1] == '\t')
        return false;
    return coil__http_all(text, size, COIL__HTTP_VALUE);
}

/* In order, for the search. */
static const struct reason {
    int status;
    const char *text;
} reasons[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 102, "Processing" },
    { 103, "Early Hints" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 208, "Already Reported" },
    { 226, "IM Used" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 418, "I'm a teapot" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 506, "Variant Also Negotiates" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 511, "Network Authentication Required" },
};

const char *coil_http_reason(int status)
{
    size_t low = 0;
    size_t high = sizeof reasons / sizeof reasons[0];

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (reasons[middle].status == status)
            return reasons[middle].text;
        if (reasons[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return "";
}
