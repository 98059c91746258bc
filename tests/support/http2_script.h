/* SPDX-License-Identifier: MIT */
/*
 * http2_script.h - what a client of HTTP/2 sends, and what must come of it, as text
 *
 *     { "DATA before there is a stream", "data @1 t:test",
 *       "goaway STREAM_CLOSED | goaway PROTOCOL_ERROR" },
 *
 * A script is a list of steps with "; " between them.  Before the first one, the
 * preface and empty settings were sent, and those of the server acknowledged; unless
 * the first step is "raw".  A step is a frame
 *
 *     data headers priority rst settings push ping goaway window cont type:22
 *
 * with flags (+es +eh +pad +prio +ack +f:ff), the number of its stream (@1; none is
 * 0), a length that is a lie (len:3), and pieces of its payload
 *
 *     x:00ff  bytes     t:text      z:1000  so many zeros     a:1000  so many letters
 *     get post  their fields
 *     f:name=value      a field, as a literal without indexing ("_" is a blank)
 *
 * or one of
 *
 *     preface           what each client begins with
 *     bytes …           pieces without a frame
 *     again N STEP      the step N times, each with the next stream of a client
 *     await @1          read until the stream has ended
 *     wait @500         so many milliseconds
 *     settle            let the server do what it can
 *
 * What comes is noted as a text of events, each with ";" behind it:
 *
 *     status@1 200   rst@1 CANCEL   goaway PROTOCOL_ERROR   ack (of SETTINGS)
 *     alive (the answer to a PING that follows the script)   closed
 */
#ifndef COIL_TESTS_HTTP2_SCRIPT_H
#define COIL_TESTS_HTTP2_SCRIPT_H

#include "http2_raw.h"

struct h2_case {
    const char *name;
    const char *script;
    const char *expected; /* one of these, with " | " between them */
};

/*
 * Play all cases of an array against a server of http_server_test.h, which serves
 * the next client after each of them.
 */
#define H2_PLAY_ALL(rows) h2_play_all((rows), sizeof(rows) / sizeof(rows)[0])
void h2_play_all(const struct h2_case *rows, size_t count);

/* Play a script against whoever is behind `peer`, and note nothing. */
void h2_play(struct h2_raw *peer, const char *script);

#endif
