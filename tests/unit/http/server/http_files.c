/* SPDX-License-Identifier: MIT */
/*
 * Files of a directory: what is served, what is not, and which part of it.
 */
#include <coil/http_files.h>
#include <coil/http_server.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "http_server_test.h"

static char root[64];
static struct coil_http_files *files;

static void put(const char *name, const char *text, size_t size)
{
    char path[200];
    FILE *file;
    const struct timespec times[2] = { { .tv_sec = 784111777 },
                                       { .tv_sec = 784111777 } };

    snprintf(path, sizeof path, "%s/%s", root, name);
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fwrite(text, 1, size, file), size);
    fclose(file);
    ASSERT_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

static void make_directory(const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", root, name);
    ASSERT_EQ(mkdir(path, 0700), 0);
}

static void make_link(const char *name, const char *target)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", root, name);
    ASSERT_EQ(symlink(target, path), 0);
}

static void make_socket(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", root, name);
    ASSERT_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
}

static void fill_root(void)
{
    strcpy(root, "/tmp/coil-files-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(root));
    put_text("secret", "outside");
    make_directory("www");
    strcat(root, "/www");
    put_text("a.txt", "0123456789");
    put_text("empty", "");
    put_text(".hidden", "hidden");
    put_text("b.JS", "script");
    put_text("b.JS.gz", "zipped");
    put_text("b.JS.br", "brotli");
    make_directory("dir");
    put_text("dir/index.html", "<p>");
    make_directory("dir/none");
    make_directory("deep");
    make_directory("deep/index.html");
    put_text("c.unknown", "c");
    make_directory(".git");
    put_text(".git/config", "hidden");
    make_link("inside", "dir/index.html");
    make_link("outside", "../secret");
    make_link("absolute", "/etc/passwd");
    make_link("up", "..");
    make_link("loop", "loop");
    make_link("proc", "/proc/self/root");
}

static void remove_root(void)
{
    *strrchr(root, '/') = '\0';
    remove_folder(root);
}

static void begin_with(const struct coil_http_files_options *options)
{
    fill_root();
    serve_defaults();
    ASSERT_EQ(coil_http_files_new(&files, root, options), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/f/*",
                                     coil_http_files_serve, files),
              0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/f/*",
                                     coil_http_files_serve, files),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/plain/{}/",
                                     coil_http_files_serve, files),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/nothing/to/find",
                                     coil_http_files_serve, files),
              0);
}

static void end(void)
{
    ASSERT_EQ(report_count, 0);
    end_server();
    coil_http_files_free(files);
    remove_root();
}

/* The answer to a GET with more headers. */
static const char *get_with(const char *target, const char *headers)
{
    char request[1000];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST CLOSE "%s\r\n",
             target, headers);
    return ask(request);
}

/* ---- whole files ------------------------------------------------------ */

KERNEL_TEST(http_files_are_served)
{
    const char *answer;

    begin_with(NULL);
    ASSERT_STR_EQ(get("/f/a.txt"),
                  "HTTP/1.1 200 OK\r\n"
                  "ETag: \"2ebc98a1-0-a\"\r\n"
                  "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                  "Accept-Ranges: bytes\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 10\r\n" CLOSE "\r\n0123456789");
    answer = ask("HEAD /f/a.txt HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_STR_CONTAINS(answer, "Content-Length: 10\r\n");
    ASSERT_STR_EQ(body_in(answer), "");
    ASSERT_STR_CONTAINS(get("/f/empty"), "Content-Length: 0\r\n");
    ASSERT_STR_CONTAINS(get("/f/empty"), "application/octet-stream");
    ASSERT_STR_CONTAINS(get("/f/b.JS"), "text/javascript; charset=utf-8");
    ASSERT_STR_CONTAINS(get("/f/c.unknown"), "application/octet-stream");
    ASSERT_STR_EQ(body_in(get("/f/dir/")), "<p>");
    ASSERT_STR_CONTAINS(get("/f/dir/"), "text/html");
    ASSERT_STR_EQ(body_in(get("/f/%61%2etxt")), "0123456789");
    ASSERT_STR_EQ(body_in(get("/f/inside")), "<p>");
    end();
}

KERNEL_TEST(http_files_that_are_large_are_whole)
{
    size_t size = 1000000;
    unsigned char *bytes = make_bytes(size);
    char *answer = malloc(size + 1000);
    struct coil_stream *s;

    begin_with(NULL);
    put("large", (char *)bytes, size);
    s = dial();
    send_text(s, "GET /f/large HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_GT(read_rest(s, answer, size + 1000), size);
    check_bytes((const unsigned char *)body_in(answer), 0, size);
    coil_stream_abort(s);
    free(answer);
    free(bytes);
    end();
}

/* Longer than the kernel takes: the path, or the one with the index. */
static void end_with_long_paths(void)
{
    char target[4300];
    char request[4400];

    for (size_t size = 4095; size <= 4200; size += 5) {
        memset(target, '/', size);
        memcpy(target, "/f/dir", 6);
        target[size] = '\0';
        snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", target);
        ASSERT_EQ(status_in(ask(request)), 404);
    }
    ASSERT_STR_EQ(body_in(get("/f/dir///")), "<p>");
    end();
}

KERNEL_TEST(http_files_are_not_found_outside)
{
    static const char *const targets[] = {
        "/f/nothing",     "/f/a.txt/",        "/f/a.txt/b",
        "/f/../secret",   "/f/%2e%2e/secret", "/f/dir/../../secret",
        "/f/..%2fsecret", "/f/outside",       "/f/absolute",
        "/f/up/secret",   "/f/loop",          "/f/proc/etc/passwd",
        "/f//etc/passwd", "/f/%2fetc/passwd", "/f/dir/none/",
        "/f/.hidden",     "/f/.git/config",   "/f/dir/../a.txt",
        "/f/dir/none/",   "/f/deep/",         "/plain/a.txt/",
    };
    char longest[2500];

    begin_with(NULL);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (status_in(get(targets[i])) != 404)
            FAIL("%s -> %s", targets[i], get(targets[i]));
    ASSERT_EQ(status_in(get("/f/a%00.txt")), 400);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "/f/", 3);
    longest[sizeof longest - 1] = '\0';
    ASSERT_EQ(status_in(get(longest)), 404);
    end_with_long_paths();

    begin_with(&(struct coil_http_files_options){
        .hidden = true, .index = "b.JS", .cache_control = "no-cache" });
    ASSERT_STR_EQ(body_in(get("/f/.git/config")), "hidden");
    ASSERT_EQ(status_in(get("/f/../secret")), 404);
    ASSERT_EQ(status_in(get("/f/dir/")), 404);
    ASSERT_STR_EQ(body_in(get("/f/")), "script");
    ASSERT_STR_CONTAINS(get("/f/"), "Cache-Control: no-cache\r\n");
    end();
}

KERNEL_TEST(http_files_redirect_to_directories)
{
    begin_with(NULL);
    ASSERT_STR_CONTAINS(get("/f/dir"), "301 Moved Permanently\r\n");
    ASSERT_STR_CONTAINS(get("/f/dir?a=b"), "Location: /f/dir/?a=b\r\n");
    ASSERT_EQ(coil_http_server_route(server, "GET", "/*", coil_http_files_serve,
                                     files),
              0);
    /* Not to another server. */
    ASSERT_STR_CONTAINS(get("//dir"), "Location: /dir/\r\n");
    end();
}

KERNEL_TEST(http_files_that_cannot_be_opened)
{
    char path[100];

    ASSERT_EQ(coil_http_files_new(&files, "/nowhere/at/all", NULL), -ENOENT);
    ASSERT_EQ(coil_http_files_new(&files, "/dev/null", NULL), -ENOTDIR);
    ASSERT_EQ(coil_http_files_new(&files, "/",
                                  &(struct coil_http_files_options){
                                      .cache_control = "a\r\nb" }),
              COIL_EHTTP_BAD_HEADER);
    begin_with(NULL);
    snprintf(path, sizeof path, "%s/fifo", root);
    ASSERT_EQ(mkfifo(path, 0600), 0);
    ASSERT_EQ(status_in(get("/f/fifo")), 404);
    make_socket("socket");
    ASSERT_EQ(status_in(get("/f/socket")), 404);
    coil_http_files_free(NULL);

    /* A route without a part that names the file. */
    ASSERT_EQ(report_count, 0);
    ASSERT_EQ(status_in(get("/nothing/to/find")), 500);
    ASSERT_UNSEEN(-EINVAL);
    end();
}

/* ---- ranges ----------------------------------------------------------- */

KERNEL_TEST(http_files_send_ranges)
{
    static const struct {
        const char *range;
        int status;
        const char *content_range;
        const char *body;
    } rows[] = {
        { "bytes=0-0", 206, "bytes 0-0/10", "0" },
        { "bytes=2-4", 206, "bytes 2-4/10", "234" },
        { "BYTES=7-", 206, "bytes 7-9/10", "789" },
        { "bytes= 7-99999999999999999999 ", 206, "bytes 7-9/10", "789" },
        { "bytes=-3", 206, "bytes 7-9/10", "789" },
        { "bytes=-30", 206, "bytes 0-9/10", "0123456789" },
        { "bytes=0-1,20-", 206, "bytes 0-1/10", "01" },
        { "bytes=10-", 416, "bytes */10", NULL },
        { "bytes=-0", 416, "bytes */10", NULL },
        { "bytes=-x", 200, NULL, "0123456789" },
        { "bytes=1-:", 200, NULL, "0123456789" },
        { "bytes", 200, NULL, "0123456789" },
        { "bytes=20-30, 40-", 416, "bytes */10", NULL },
        { "bytes=4-2", 200, NULL, "0123456789" },
        { "bytes=a-b", 200, NULL, "0123456789" },
        { "bytes=", 200, NULL, "0123456789" },
        { "bytes=1", 200, NULL, "0123456789" },
        { "lines=1-2", 200, NULL, "0123456789" },
        { "bytes=0-5,5-9", 200, NULL, "0123456789" },
        { "bytes=0-1;2-3", 200, NULL, "0123456789" },
        { "bytes=0-0,2-2,4-4,6-6,8-8,20-,21-,22-,23-,24-,25-,26-,27-,28-,29-,"
          "30-,31-",
          200, NULL, "0123456789" },
    };

    begin_with(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char header[200];
        char expected[100];
        const char *answer;

        snprintf(header, sizeof header, "Range: %s\r\n", rows[i].range);
        answer = get_with("/f/a.txt", header);
        if (status_in(answer) != rows[i].status)
            FAIL("%s -> %s", rows[i].range, answer);
        snprintf(expected, sizeof expected, "Content-Range: %s\r\n",
                 rows[i].content_range ? rows[i].content_range : "");
        if (rows[i].content_range)
            ASSERT_STR_CONTAINS(answer, expected);
        else
            ASSERT_NULL(strstr(answer, "Content-Range"));
        if (rows[i].body)
            ASSERT_STR_EQ(body_in(answer), rows[i].body);
    }
    ASSERT_EQ(status_in(get_with("/f/empty", "Range: bytes=0-\r\n")), 416);
    ASSERT_EQ(status_in(get_with("/f/empty", "Range: bytes=-5\r\n")), 416);
    ASSERT_EQ(status_in(ask("HEAD /f/a.txt HTTP/1.0\r\n"
                            "Range: bytes=0-0\r\n\r\n")),
              200);
    end();
}

KERNEL_TEST(http_files_send_several_ranges)
{
    char boundary[33];
    char expected[500];
    const char *answer;
    const char *at;
    int length;

    begin_with(NULL);
    answer = get_with("/f/a.txt", "Range: bytes=8-9, 0-1,-5\r\n");
    ASSERT_EQ(status_in(answer), 200); /* they overlap */
    answer = get_with("/f/a.txt", "Range: bytes=8-9, 0-1\r\n");
    ASSERT_EQ(status_in(answer), 206);
    at = strstr(answer, "multipart/byteranges; boundary=");
    ASSERT_NOT_NULL(at);
    snprintf(boundary, sizeof boundary, "%s", at + 31);
    length = snprintf(expected, sizeof expected,
                      "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Range: bytes 8-9/10\r\n\r\n89\r\n"
                      "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Range: bytes 0-1/10\r\n\r\n01\r\n--%s--\r\n",
                      boundary, boundary, boundary);
    ASSERT_STR_EQ(body_in(answer), expected);
    snprintf(expected, sizeof expected, "Content-Length: %d\r\n", length);
    ASSERT_STR_CONTAINS(answer, expected);
    end();
}

/* ---- conditions ------------------------------------------------------- */

KERNEL_TEST(http_files_heed_conditions)
{
#define TAG "\"2ebc98a1-0-a\""
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        { "If-None-Match: " TAG "\r\n", 304 },
        { "If-None-Match: \"x\", W/" TAG "\r\n", 304 },
        { "If-None-Match: *\r\n", 304 },
        { "If-None-Match: \"x\"\r\n", 200 },
        { "If-None-Match: \"2ebc98a1-0-b\"\r\n", 200 },
        { "If-None-Match: \"x\"\r\n"
          "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
          200 },
        { "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304 },
        { "If-Modified-Since: Sunday, 06-Nov-94 08:49:38 GMT\r\n", 304 },
        { "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200 },
        { "If-Modified-Since: yesterday\r\n", 200 },
        { "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 412 },
        { "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200 },
        { "If-Match: " TAG "\r\n", 200 },
        { "If-Match: *\r\n", 200 },
        { "If-Match: W/" TAG "\r\n", 412 },
        { "If-Match: \"x\r\n", 412 },
        { "If-Match: " TAG "\r\nIf-None-Match: " TAG "\r\n", 304 },
        { "Range: bytes=0-0\r\nIf-Range: " TAG "\r\n", 206 },
        { "Range: bytes=0-0\r\nIf-Range: W/" TAG "\r\n", 200 },
        { "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n", 200 },
        { "Range: bytes=0-0\r\n"
          "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
          206 },
        { "Range: bytes=0-0\r\n"
          "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n",
          200 },
    };

    begin_with(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *answer = get_with("/f/a.txt", rows[i].headers);

        if (status_in(answer) != rows[i].status)
            FAIL("%s -> %s", rows[i].headers, answer);
        if (rows[i].status == 304) {
            ASSERT_STR_CONTAINS(answer, "ETag: " TAG "\r\n");
            ASSERT_STR_EQ(body_in(answer), "");
        }
    }
    /* What changes something is not done, or done in any case. */
    ASSERT_EQ(status_in(ask("POST /f/a.txt HTTP/1.0\r\nContent-Length: 0\r\n"
                            "If-None-Match: " TAG "\r\n\r\n")),
              412);
    ASSERT_EQ(
        status_in(ask("POST /f/a.txt HTTP/1.0\r\nContent-Length: 0\r\n"
                      "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                      "\r\n")),
        200);
    ASSERT_EQ(
        status_in(ask("HEAD /f/a.txt HTTP/1.0\r\n"
                      "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                      "\r\n")),
        304);
    end();
}

/* ---- files that were compressed before -------------------------------- */

KERNEL_TEST(http_files_may_be_compressed_before)
{
    const char *answer;

    begin_with(&(struct coil_http_files_options){ .precompressed = true });
    ASSERT_STR_EQ(body_in(get("/f/b.JS")), "script");
    ASSERT_STR_CONTAINS(get("/f/b.JS"), "Vary: Accept-Encoding\r\n");
    answer = get_with("/f/b.JS", "Accept-Encoding: gzip\r\n");
    ASSERT_STR_EQ(body_in(answer), "zipped");
    ASSERT_STR_CONTAINS(answer, "Content-Encoding: gzip\r\n");
    ASSERT_STR_CONTAINS(answer, "text/javascript");
    ASSERT_STR_CONTAINS(answer, "-gzip\"\r\n");
    ASSERT_STR_EQ(body_in(get_with("/f/b.JS", "Accept-Encoding: gzip, br\r\n")),
                  "brotli");
    ASSERT_STR_EQ(
        body_in(get_with("/f/b.JS", "Accept-Encoding: br;q=0, gzip;q=0\r\n")),
        "script");
    ASSERT_STR_EQ(body_in(get_with("/f/b.JS", "Accept-Encoding: br;q=x\r\n")),
                  "script");
    ASSERT_STR_EQ(body_in(get_with("/f/a.txt", "Accept-Encoding: gzip\r\n")),
                  "0123456789");
    end();
}
