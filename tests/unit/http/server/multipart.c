/* SPDX-License-Identifier: MIT */
/*
 * A body of several parts is the same however it is cut.
 */
#include <coil/http.h>

#include "http/server/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/server/part_head.h"

#include "test.h"

/* All that is said of `body`, which comes in pieces that end at `cut` and so on. */
static void say_all(char *out, const char *body, size_t size,
                    const char *boundary, size_t piece, size_t first)
{
    struct coil__multipart m;
    struct coil__http_slice slice;
    enum coil__multipart_event event = COIL__MULTIPART_MORE;
    size_t from = 0;
    size_t to = first;
    bool has_data = false;

    coil__multipart_begin(&m, boundary);
    *out = '\0';
    for (;;) {
        size_t used = 999;
        /* Exactly as much memory as the window has: what is behind it shows. */
        char *window = malloc(to - from + 1);

        memcpy(window, body + from, to - from);
        window = realloc(window, to > from ? to - from : 1);
        event = coil__multipart_run(&m, window, to - from, &used, &slice);
        ASSERT_LE(used, to - from);
        from += used;
        if (event == COIL__PART_BEGINS) {
            out += sprintf(out, "[%.*s]", (int)slice.size, slice.at);
            has_data = false;
        } else if (event == COIL__PART_DATA) {
            ASSERT_GT(slice.size, 0);
            out += sprintf(out, "%s%.*s", has_data ? "" : "=", (int)slice.size,
                           slice.at);
            has_data = true;
        } else if (event == COIL__PART_ENDS) {
            out += sprintf(out, ";");
        } else if (event == COIL__MULTIPART_ENDS) {
            sprintf(out, ".");
        } else if (event == COIL__MULTIPART_BROKEN) {
            sprintf(out, "!");
        } else if (to == size) {
            sprintf(out, "?");
        }
        free(window);
        if (event == COIL__MULTIPART_ENDS || event == COIL__MULTIPART_BROKEN ||
            (event == COIL__MULTIPART_MORE && to == size))
            return;
        if (event == COIL__MULTIPART_MORE)
            to = size - to < piece ? size : to + piece;
    }
}

static void expect(const char *body, const char *boundary, const char *said)
{
    size_t size = strlen(body);
    char out[1000];

    for (size_t first = 0; first <= size; first++) {
        say_all(out, body, size, boundary, size + 1, first);
        if (strcmp(out, said) != 0)
            FAIL("cut at %zu of \"%s\": %s", first, body, out);
    }
    for (size_t piece = 1; piece < 8; piece++) {
        say_all(out, body, size, boundary, piece, 0);
        if (strcmp(out, said) != 0)
            FAIL("pieces of %zu of \"%s\": %s", piece, body, out);
    }
}

TEST(multipart_is_the_same_however_it_is_cut)
{
    expect("--b\r\nA: 1\r\nB: 2\r\n\r\none\r\n--b\r\n\r\n\r\n--b--", "b",
           "[A: 1\r\nB: 2\r\n]=one;[];.");
    expect("pre\r\n--bx\r\n--\r\n--b", "bxy", "?");
    expect("preamble --bx\r\n\r\n--bx \t\r\nA:\r\n\r\n\r\n-\r\n--b\r\n--\r\r\n"
           "--bx--epilogue\r\n--bx\r\n",
           "bx", "[A:\r\n]=\r\n-\r\n--b\r\n--\r;.");
    expect("\r\n--b--", "b", ".");
    expect("--b--", "b", ".");
    expect("\r\n--b\r\n\r\n\r\n\r\n--b--", "b", "[]=\r\n;.");
    /* Of a boundary that begins like another. */
    expect("--ab\r\n\r\nx\r\n--a\r\n--ab--", "ab", "[]=x\r\n--a;.");
    expect("--a\r\n\r\nx\r\r\n--\r\n--a--", "a", "[]=x\r\r\n--;.");
}

TEST(multipart_that_is_broken)
{
    expect("", "b", "?");
    expect("--b", "b", "?");
    expect("--b-", "b", "?");
    expect("--b\r", "b", "?");
    expect("--b\r\n", "b", "?");
    expect("--b\r\n\r\nx", "b", "[]=x?");
    expect("--b\r\n\r\nx\r\n--b", "b", "[]=x;?");
    expect("--bb\r\n\r\nx\r\n--b--", "b", "!");
    expect("--b\r\n\r\nx\r\n--bc\r\n--b--", "b", "[]=x;!");
    expect("--b-\r\n", "b", "!");
    expect("--b \rx", "b", "!");
    expect("--b\nA: b\n\n--b--", "b", "!");
    expect("no line\r\n --b--", "b", "?");
}

TEST(multipart_blanks_behind_a_boundary_have_an_end)
{
    char body[100] = "--b";
    char out[100];

    memset(body + 3, ' ', 64);
    strcpy(body + 67, "\r\n\r\n\r\n--b--");
    say_all(out, body, strlen(body), "b", 100, 0);
    ASSERT_STR_EQ(out, "[];.");
    memset(body + 3, ' ', 65);
    strcpy(body + 68, "\r\n\r\n\r\n--b--");
    say_all(out, body, strlen(body), "b", 100, 0);
    ASSERT_STR_EQ(out, "!");
}

/* ---- headers ------------------------------------------------------------ */

static int take(struct coil__part_head *head, const char *lines, bool is_form)
{
    static char room[1000];
    char *end = room;
    size_t size = strlen(lines);
    int rc;

    rc = coil__part_head_take(head, (struct coil__http_slice){ lines, size },
                              is_form, &end);
    ASSERT_LE(end - room, (ptrdiff_t)(2 * size + 2));
    return rc;
}

#define DISPOSITION "Content-Disposition: form-data; "

TEST(multipart_headers_say_what_a_part_is)
{
    struct coil__part_head head;

    ASSERT_EQ(take(&head,
                   DISPOSITION
                   "name=\"a\"; filename=\"b; c=\\\"d\\\" \\\\ e\xc3\xa4\"\r\n"
                   "content-TYPE:text/plain \r\nX-A:\r\n",
                   true),
              0);
    ASSERT_STR_EQ(head.name, "a");
    ASSERT_STR_EQ(head.file_name, "b; c=\"d\" \\ e\xc3\xa4");
    ASSERT_STR_EQ(head.content_type, "text/plain");
    ASSERT_EQ(head.count, 3);
    ASSERT_STR_EQ(head.headers[2].name, "X-A");
    ASSERT_STR_EQ(head.headers[2].value, "");

    /* What browsers send: "%22" stays, and a path of Windows. */
    ASSERT_EQ(
        take(&head, DISPOSITION "name=a; filename=\"c:\\d%22\"\r\n", true), 0);
    ASSERT_STR_EQ(head.file_name, "c:\\d%22");
    ASSERT_EQ(take(&head,
                   DISPOSITION "filename*=UTF-8''x; name=\"\"; x=\"\\\"\"\r\n",
                   true),
              0);
    ASSERT_STR_EQ(head.name, "");
    ASSERT_NULL(head.file_name);
    ASSERT_EQ(take(&head, "", false), 0);
    ASSERT_NULL(head.name);
    ASSERT_EQ(take(&head, "Content-Disposition: inline\r\n", false), 0);
    ASSERT_NULL(head.name);
}

TEST(multipart_headers_that_are_broken)
{
    static const char *const all[] = {
        "",
        "Content-Type: a/b\r\n",
        DISPOSITION "\r\n",
        DISPOSITION "filename=a\r\n",
        DISPOSITION "name=\"a\r\n",
        "Content-Disposition: form-dat; name=a\r\n",
        "Content-Disposition: form-datx; name=a\r\n",
        "Content-Disposition: attachment; name=a\r\n",
        DISPOSITION "name=a\r\n" DISPOSITION "name=b\r\n",
        DISPOSITION "name=a\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n",
        DISPOSITION "name=a\r\nno colon\r\n",
        DISPOSITION "name=a\r\n: x\r\n",
        DISPOSITION "name=a\r\nA B: x\r\n",
        DISPOSITION "name=a\r\nA: x\n\r\n",
        DISPOSITION "name=a\r\nA: \x01\r\n",
        DISPOSITION "name=a\r\n folded: x\r\n",
        DISPOSITION "name=a\r\n\n",
    };
    struct coil__part_head head;
    char many[200] = DISPOSITION "name=a\r\n";

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (take(&head, all[i], true) != COIL_EHTTP_MALFORMED)
            FAIL("%s", all[i]);
    for (int i = 1; i < COIL__PART_HEADERS; i++)
        strcat(many, "A: b\r\n");
    ASSERT_EQ(take(&head, many, true), 0);
    strcat(many, "A: b\r\n");
    ASSERT_EQ(take(&head, many, true), COIL_EHTTP_MALFORMED);
}
