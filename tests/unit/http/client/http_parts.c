/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Forms with files, as they are sent.
 */
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_form.h>
#include <coil/http_parts.h>
#include <coil/http_server.h>

#include "http_server_test.h"

/* ---- what a form is ---------------------------------------------------- */

static char text[4096];

/* Read the whole form, `step` bytes at a time.  Returns 0, or an error. */
static int read_form(struct coil_http_parts *form, size_t step)
{
    const struct coil_http_source *source = coil_http_parts_source(form);
    size_t size = 0;
    ptrdiff_t n;

    do {
        ASSERT_LE(size + step, sizeof text - 1);
        n = source->read(source->arg, text + size, step);
        size += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    text[size] = '\0';
    if (source->size >= 0 && n == 0)
        ASSERT_EQ(source->size, size);
    return (int)n;
}

/* The form with "B" for its boundary. */
static const char *shorten(const struct coil_http_parts *form)
{
    const char *type = coil_http_parts_header(form)->value;
    const char *boundary = strstr(type, "boundary=") + 9;
    char *at;

    ASSERT_MEM_EQ(type, "multipart/form-data; boundary=", 30);
    ASSERT_EQ(strlen(boundary), 32);
    while ((at = strstr(text, boundary))) {
        *at = 'B';
        memmove(at + 1, at + 32, strlen(at + 32) + 1);
    }
    return text;
}

static const struct coil_http_part two[] = {
    { .name = "title", .body = "Holiday", .size = 7 },
    {
        .name = "a\"b\r\n\xc3\xbc",
        .file_name = "x\"y\\z.txt",
        .body = "",
    },
};

#define TWO                                                                    \
    "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHoliday"     \
    "\r\n--B\r\nContent-Disposition: form-data; "                              \
    "name=\"a%22b%0D%0A\xc3\xbc\"; filename=\"x%22y\\z.txt\"\r\n"              \
    "Content-Type: application/octet-stream\r\n\r\n\r\n--B--\r\n"

TEST(http_parts_are_as_browsers_send_them)
{
    struct coil_http_parts *form;
    const struct coil_http_source *source;

    for (size_t step = 1; step < 400; step += 13) {
        ASSERT_EQ(coil_http_parts_new(&form, two, 2), 0);
        source = coil_http_parts_source(form);
        ASSERT_EQ(read_form(form, step), 0);
        ASSERT_STR_EQ(shorten(form), TWO);
        ASSERT_EQ(source->rewind(source->arg), 0);
        ASSERT_EQ(read_form(form, step + 1), 0);
        ASSERT_STR_EQ(shorten(form), TWO);
        coil_http_parts_free(form);
    }
    ASSERT_EQ(coil_http_parts_new(&form, NULL, 0), 0);
    ASSERT_EQ(read_form(form, 10), 0);
    ASSERT_STR_EQ(shorten(form), "--B--\r\n");
    coil_http_parts_free(form);
    coil_http_parts_free(NULL);
}

/* ---- sources ----------------------------------------------------------- */

struct letters {
    struct coil_http_source source;
    int left;
    int all;
    int error;
};

static ptrdiff_t read_letter(void *arg, void *buffer, size_t size)
{
    struct letters *l = arg;

    ASSERT_GT(size, 0);
    if (l->left == 0)
        return l->error;
    memset(buffer, 'a' + --l->left, 1);
    return 1;
}

static int rewind_letters(void *arg)
{
    struct letters *l = arg;

    l->left = l->all;
    return l->error;
}

static struct coil_http_part part_of(struct letters *l, int count, int64_t size)
{
    *l = (struct letters){ .source = { .read = read_letter,
                                       .rewind = rewind_letters,
                                       .arg = l,
                                       .size = size },
                           .left = count,
                           .all = count };
    return (struct coil_http_part){ .name = "l", .source = &l->source };
}

#define LETTERS                                                                \
    "--B\r\nContent-Disposition: form-data; name=\"l\"\r\n\r\ncba\r\n--B--\r\n"

TEST(http_parts_have_sources)
{
    struct coil_http_parts *form;
    const struct coil_http_source *source;
    struct letters l;
    struct coil_http_part part = part_of(&l, 3, 3);

    ASSERT_EQ(coil_http_parts_new(&form, &part, 1), 0);
    source = coil_http_parts_source(form);
    ASSERT_GT(source->size, 3);
    ASSERT_EQ(read_form(form, 20), 0);
    ASSERT_STR_EQ(shorten(form), LETTERS);
    ASSERT_EQ(source->rewind(source->arg), 0);
    ASSERT_EQ(read_form(form, 20), 0);
    ASSERT_STR_EQ(shorten(form), LETTERS);
    l.error = -EIO;
    ASSERT_EQ(source->rewind(source->arg), -EIO);
    coil_http_parts_free(form);

    /* A length that is not known makes that of the form unknown. */
    part = part_of(&l, 3, COIL_HTTP_CHUNKED);
    ASSERT_EQ(coil_http_parts_new(&form, &part, 1), 0);
    ASSERT_EQ(coil_http_parts_source(form)->size, COIL_HTTP_CHUNKED);
    ASSERT_EQ(read_form(form, 20), 0);
    ASSERT_STR_EQ(shorten(form), LETTERS);
    coil_http_parts_free(form);

    /* So much was announced, and less came. */
    part = part_of(&l, 3, 4);
    ASSERT_EQ(coil_http_parts_new(&form, &part, 1), 0);
    ASSERT_EQ(read_form(form, 20), COIL_EHTTP_SHORT_SOURCE);
    coil_http_parts_free(form);
    part = part_of(&l, 3, COIL_HTTP_CHUNKED);
    l.error = -EIO;
    ASSERT_EQ(coil_http_parts_new(&form, &part, 1), 0);
    ASSERT_EQ(read_form(form, 20), -EIO);
    coil_http_parts_free(form);

    part = part_of(&l, 3, 3);
    l.source.rewind = NULL;
    ASSERT_EQ(coil_http_parts_new(&form, &part, 1), 0);
    ASSERT(!coil_http_parts_source(form)->rewind);
    coil_http_parts_free(form);
}

/* Sent again before the end of the first time. */
TEST(http_parts_begin_again_anywhere)
{
    struct coil_http_parts *form;
    const struct coil_http_source *source;
    struct letters l[2];
    struct coil_http_part parts[] = { part_of(&l[0], 3, 3), two[0],
                                      part_of(&l[1], 2, 2) };
    char whole[sizeof text];
    int64_t size;

    ASSERT_EQ(coil_http_parts_new(&form, parts, 3), 0);
    source = coil_http_parts_source(form);
    ASSERT_EQ(read_form(form, 20), 0);
    strcpy(whole, text);
    size = source->size;
    for (int64_t stop = 0; stop <= size; stop++) {
        ASSERT_EQ(source->rewind(source->arg), 0);
        for (int64_t i = 0; i < stop; i++)
            ASSERT_EQ(source->read(source->arg, text, 1), 1);
        ASSERT_EQ(source->rewind(source->arg), 0);
        ASSERT_EQ(read_form(form, 20), 0);
        ASSERT_STR_EQ(text, whole);
    }
    coil_http_parts_free(form);
}

TEST(http_parts_that_cannot_be_sent_are_refused)
{
    struct coil_http_parts *form = (void *)text;
    struct letters l;
    struct coil_http_part parts[2];

    parts[0] = part_of(&l, 1, 1);
    parts[0].size = 1;
    ASSERT_EQ(coil_http_parts_new(&form, parts, 1), -EINVAL);
    ASSERT_NULL(form);
    parts[0] = (struct coil_http_part){ .name = "a", .type = "a\r\nb: c" };
    ASSERT_EQ(coil_http_parts_new(&form, parts, 1), COIL_EHTTP_BAD_HEADER);
    parts[0] = part_of(&l, 1, INT64_MAX);
    ASSERT_EQ(coil_http_parts_new(&form, parts, 1), -EOVERFLOW);
    ASSERT_NULL(form);
}

TEST(http_parts_without_memory)
{
    struct coil_http_parts *form;
    char name[601];

    /* Names of every length, so that the text has to grow in each place. */
    for (size_t length = 1; length < 600; length++) {
        struct coil_http_part parts[] = {
            { .name = name, .file_name = length % 2 ? name : NULL }, two[1]
        };
        int rc = -ENOMEM;

        memset(name, length % 3 ? 'a' : '"', length);
        name[length] = '\0';
        for (size_t n = 1; rc == -ENOMEM; n++) {
            coil_test_fail_allocation(n, false);
            rc = coil_http_parts_new(&form, parts, 2);
            coil_test_fail_allocation(0, false);
            ASSERT(rc == 0 || !form);
        }
        ASSERT_EQ(rc, 0);
        coil_http_parts_free(form);
    }
}

/* ---- sent to a server -------------------------------------------------- */

static int take(struct coil_http_exchange *x, void *arg)
{
    const struct coil_http_form *form;
    const struct coil_http_field *title, *file;
    int rc = coil_http_exchange_form(x, &form);

    (void)arg;
    if (rc < 0)
        return rc;
    title = coil_http_form_field(form, "title");
    file = coil_http_form_field(form, "file");
    ASSERT(title && file);
    snprintf(seen, sizeof seen, "%s %s %s %zu", title->value, file->file_name,
             file->content_type, file->size);
    check_bytes((const unsigned char *)file->value, 0, file->size);
    return coil_http_respond(x, 200, NULL, "ok", 2);
}

STREAM_TEST(http_parts_arrive)
{
    enum { SIZE = 100 * 1000 };
    char name[] = "/tmp/coil-parts-XXXXXX";
    unsigned char *bytes = make_bytes(SIZE);
    int fd = mkstemp(name);
    struct coil_http_file file;
    struct coil_http_part parts[] = {
        { .name = "title", .body = "a", .size = 1 },
        { .name = "file",
          .file_name = "f.bin",
          .type = "a/b",
          .source = &file.source },
    };
    struct coil_http_client *client;
    struct coil_http_parts *form;
    struct coil_http_response *r;
    struct coil_http_request request = { .method = "POST", .header_count = 1 };
    char url[64];

    ASSERT_GE(fd, 0);
    unlink(name);
    ASSERT_EQ(write(fd, bytes, SIZE), SIZE);
    free(bytes);
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "POST", "/", take, NULL), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(coil_http_file_init(&file, fd, 0, COIL_HTTP_TO_THE_END), 0);
    ASSERT_EQ(coil_http_parts_new(&form, parts, 2), 0);
    request.url = url;
    request.source = coil_http_parts_source(form);
    request.headers = coil_http_parts_header(form);
    ASSERT_EQ(coil_http_request(client, &request, &r), 0);
    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(seen, "a f.bin a/b 100000");
    coil_http_response_free(r);
    coil_http_parts_free(form);
    coil_http_client_free(client);
    end_server();
    close(fd);
}
