/* SPDX-License-Identifier: MIT */
/*
 * Servers that break the rules, for tests of clients: /fault/KIND/anything.
 */
#include <string.h>

#include "request.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static const struct fault {
    const char *kind;
    bool stay; /* keep the connection open for a minute */
    const char *bytes;
    size_t brackets; /* that follow */
} faults[] = {
    { "hangup", false, "", 0 },
    { "malformed", false, "HTTP/1.1 fine\r\nContent-Length: 0\r\n\r\n", 0 },
    { "nested", false, HEAD "Content-Length: 4096\r\n\r\n", 4096 },
    { "noargs", false, HEAD "Content-Length: 14\r\n\r\n{\"origin\":\"x\"}", 0 },
    { "nostring", false, HEAD "Content-Length: 16\r\n\r\n{\"args\":{\"a\":1}}",
      0 },
    { "notjson", false,
      HEAD "Content-Length: 23\r\n\r\n<html>\n\n\n\"Hello\n</html>", 0 },
    { "slow", true, "", 0 },
    { "slow-body", true, HEAD "Content-Length: 16\r\n\r\n{\"args\":", 0 },
    { "status", false, "HTTP/1.1 503 No\tmore tea\r\nContent-Length: 0\r\n\r\n",
      0 },
    { "truncate", false, HEAD "Content-Length: 16\r\n\r\n{\"args\":", 0 },
    { "truncate-chunked", false,
      HEAD "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"args\":\r\n", 0 },
    { "two-lengths", false,
      HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 0 },
};

int answer_fault(struct request *request)
{
    const char *kind = coil_http_exchange_segment(request->exchange, 0);
    const struct fault *fault = NULL;
    struct coil_stream *stream;
    int rc;

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].kind, kind) == 0)
            fault = &faults[i];
    if (!fault)
        return respond_text(request, 404, "There is no such fault.\n");

    stream = coil_http_exchange_hijack(request->exchange);
    rc = coil_stream_write(stream, fault->bytes, strlen(fault->bytes));
    for (size_t i = 0; rc == 0 && i < fault->brackets; i++)
        rc = coil_stream_write(stream, "[", 1);
    if (rc == 0)
        rc = coil_stream_flush(stream);
    if (rc == 0 && fault->stay)
        rc = coil_sleep(COIL_MINUTE);
    /* That the client went away is what such a test is about. */
    return rc == -ECANCELED ? rc : 0;
}
