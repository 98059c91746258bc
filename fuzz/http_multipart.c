/* SPDX-License-Identifier: MIT */
/*
 * http_multipart.c - a body of several parts
 *
 * The parser says the same however the body is cut.  It uses no more than its
 * window has, and each part's text fits into the room that its headers demand.
 */
#include <stdlib.h>
#include <string.h>

#include "http/server/multipart.h"
#include "http/server/part_head.h"

#include "fuzz.h"

enum { MOST = 8000 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void note_head(struct fuzz_trace *trace, struct coil__http_slice lines)
{
    struct coil__part_head head;
    size_t size = 2 * lines.size + 2;
    char *room = malloc(size);
    char *at = room;
    int rc = coil__part_head_take(&head, lines, lines.size % 2, &at);

    require(at - room <= (ptrdiff_t)size);
    fuzz_note(trace, "[%d", rc);
    for (size_t i = 0; rc == 0 && i < head.count; i++) {
        require(coil_http_is_token(head.headers[i].name));
        require(coil_http_is_value(head.headers[i].value));
        fuzz_note(trace, "|%s:%s", head.headers[i].name, head.headers[i].value);
    }
    if (rc == 0)
        fuzz_note(trace, "|%s|%s", head.name ? head.name : "-",
                  head.file_name ? head.file_name : "-");
    fuzz_note(trace, "]");
    free(room);
}

/* Run over the body, of which `piece` bytes come at a time. */
static void run(struct fuzz_trace *trace, const char *boundary,
                const uint8_t *body, size_t size, size_t piece)
{
    struct coil__multipart m;
    enum coil__multipart_event event;
    size_t from = 0;
    size_t to = piece < size ? piece : size;

    trace->size = 0;
    coil__multipart_begin(&m, boundary);
    for (;;) {
        struct coil__http_slice slice = { NULL, 0 };
        size_t used;
        /* A copy, so that what is behind the window is out of bounds. */
        char *window = malloc(to - from + (to == from));

        memcpy(window, body + from, to - from);
        event = coil__multipart_run(&m, window, to - from, &used, &slice);
        require(used <= to - from);
        from += used;
        if (event == COIL__PART_BEGINS)
            note_head(trace, slice);
        else if (event == COIL__PART_DATA)
            fuzz_note_bytes(trace, slice.at, slice.size);
        else if (event == COIL__PART_ENDS)
            fuzz_note(trace, ";");
        free(window);
        if (event == COIL__MULTIPART_MORE && to == size)
            fuzz_note(trace, "?");
        if (event == COIL__MULTIPART_ENDS || event == COIL__MULTIPART_BROKEN ||
            (event == COIL__MULTIPART_MORE && to == size))
            break;
        if (event == COIL__MULTIPART_MORE)
            to = size - to < piece ? size : to + piece;
    }
    fuzz_note(trace, "%d", (int)event);
}

/* The first line is a Content-Type. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_trace whole;
    static struct fuzz_trace cut;
    const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
    char type[200];
    char boundary[COIL__BOUNDARY_SIZE];
    size_t line = lf ? (size_t)(lf - data) : 0;

    if (!lf || line >= sizeof type || size > MOST)
        return 0;
    memcpy(type, data, line);
    type[line] = '\0';
    if (!coil__http_boundary(type, boundary))
        return 0;
    require(boundary[0] && strlen(boundary) < COIL__BOUNDARY_SIZE);
    data += line + 1;
    size -= line + 1;
    run(&whole, boundary, data, size, size + 1);
    for (size_t piece = 1; piece < 4; piece++) {
        run(&cut, boundary, data, size, piece);
        require(whole.size == cut.size &&
                memcmp(whole.text, cut.text, whole.size) == 0);
    }
    return 0;
}
