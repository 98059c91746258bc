/* SPDX-License-Identifier: MIT */
/*
 * Keys of an index are those of the package surt, whatever the URL; an index of any
 * size is sorted, and read line by line.
 */
#include "output/cdxj.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/file.h>

#include "file_test.h"
#include "output/cdxj_key.h"
#include "output/cdxj_lines.h"
#include "output/cdxj_sort.h"
#include "output/warc_index.h"
#include "output/warc_seen.h"
#include "simulated.h"

/* ---- keys: what surt 0.3.1 says of each URL ------------------------------------------ */

static const struct {
    const char *url;
    const char *key;
} keys[] = {
    { "http://example.com/", "com,example)/" },
    { "http://www.example.com", "com,example)/" },
    { "https://WWW2.Example.COM:443/Foo/?b=2&a=1#frag",
      "com,example)/foo?a=1&b=2" },
    { "http://user:pass@example.com:8080/a/b/../c/./d",
      "com,example:8080)/a/c/d" },
    { "http://example.com/a//b?", "com,example)/a/b" },
    { "http://example.com/a%20b%41%2f?x=%41&Y=%C3%A9",
      "com,example)/a%20ba?x=a&y=%c3%a9" },
    { "http://127.0.0.1:8080/x", "1,0,0,127:8080)/x" },
    { "http://[::1]:8080/x", "::1:8080)/x" },
    { "http://www.example.com./", "com,example)/" },
    { "http://example.com/a?jsessionid=0123456789abcdef0123456789abcdef&x=1",
      "com,example)/a?x=1" },
    { "http://example.com/a?x=1&PHPSESSID=0123456789abcdef0123456789abcdef",
      "com,example)/a?&x=1" },
    { "http://example.com/a?sid=0123456789abcdef0123456789abcdef",
      "com,example)/a" },
    { "http://example.com/a?cfid=1&cftoken=2&x=3", "com,example)/a?x=3" },
    { "http://example.com/?a&a=&a=1&b", "com,example)/?a&a=&a=1&b" },
    { "http://example.com/caf%C3%A9", "com,example)/caf%c3%a9" },
    { "http://xn--bcher-kva.example/", "example,xn--bcher-kva)/" },
    { "http://www.com/", "com)/" },
    { "http://example.com/;jsessionid=0123456789abcdef0123456789abcdef",
      "com,example)/;jsessionid=0123456789abcdef0123456789abcdef" },
    { "http://example.com/%25%32%35", "com,example)/%25" },
    { "http://example.com/a b", "com,example)/a%20b" },
    { "https://example.com:80/", "com,example:80)/" },
    { "http://example.com/../../a", "com,example)/a" },
    { "http://example.com/a/..", "com,example)/" },
    { "http://example.com/a?b=c/", "com,example)/a?b=c/" },
    { "http://example.com/%00x%23y%3f", "com,example)/%00x%23y?" },
    { "http://example.com/a?b=%26&a=%3d", "com,example)/a?&a==&b=" },
    { "http://example.com/?", "com,example)/" },
    { "http://example.com/x/?y", "com,example)/x?y" },
    { "http://example.com", "com,example)/" },
    { "https://example.com/a/./b//c/", "com,example)/a/b/c" },
    { "http://EXAMPLE.com./x", "com,example)/x" },
    { "http://www.example.com:81", "com,example:81)/" },
    { "http://www./", "www)/" },
    { "http://wwwexample.com/", "com,wwwexample)/" },
    { "http://example.com/a?b&a&c=2&c=1", "com,example)/a?a&b&c=1&c=2" },
    { "http://example.com/a?B=C&b=c", "com,example)/a?b=c&b=c" },
    { "http://example.com/a?aspsessionidabcdefgh=abcdefghijklmnopqrstuvwx&q=1",
      "com,example)/a?q=1" },
    { "http://example.com/a?xsid=0123456789abcdef0123456789abcdef",
      "com,example)/a?x" },
    { "http://example.com/a?sid=0123456789abcdef0123456789abcdefx",
      "com,example)/a?sid=0123456789abcdef0123456789abcdefx" },
    { "http://example.com/a?cfid=&cftoken=2",
      "com,example)/a?cfid=&cftoken=2" },
    { "http://example.com/a?a=1&cfid=12&cftoken=34", "com,example)/a?&a=1" },
    { "http://example.com/a?a=1&&b", "com,example)/a?&a=1&b" },
    { "http://example.com/a%2fb", "com,example)/a/b" },
    { "http://example.com/a%", "com,example)/a%25" },
    { "http://example.com/a%4", "com,example)/a%254" },
    { "http://example.com/\"<>|{}", "com,example)/\"<>|{}" },
    { "http://example.com/~a_b-c.d!*()", "com,example)/~a_b-c.d!*()" },
    { "http://sub.a-b.example.co.uk/x.html?y=%20+z",
      "uk,co,example,a-b,sub)/x.html?y=%20+z" },
};

TEST(fetch_cdxj_keys_are_those_of_surt)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct text text = { 0 };

        cdxj_key_add(&text, keys[i].url);
        ASSERT_STR_EQ(text.bytes, keys[i].key);
        text_fini(&text);
    }
}

/* Of what is no URL at all there is a key without blanks. */
TEST(fetch_cdxj_keys_of_anything_are_one_word)
{
    static const char *const odd[] = { "a b",      "://",       "http://",
                                       "http://?", "x://@:/?&", "http://[/]" };

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct text text = { 0 };

        cdxj_key_add(&text, odd[i]);
        ASSERT(text.size > 0 && !strpbrk(text.bytes, " \n"));
        text_fini(&text);
    }
}

/* ---- lines --------------------------------------------------------------------------- */

static const struct cdxj_entry entry = {
    .url = "http://example.com/\"",
    .date = "2026-11-29T10:44:27.123456Z",
    .method = "POST",
    .mime = "text/html; charset=utf-8",
    .status = 200,
    .digest = "sha1:AAAA",
    .length = 12,
    .offset = 345,
    .filename = "a.warc.gz",
    .truncated = "time",
};

TEST(fetch_cdxj_line_is_read_again)
{
    struct text text = { 0 };
    struct cdxj_found found;

    cdxj_add(&text, &entry);
    ASSERT_STR_EQ(
        text.bytes,
        "com,example)/\" 20261129104427 {\"url\":\"http://example.com/\\\"\","
        "\"mime\":\"text/html\",\"status\":\"200\",\"method\":\"POST\","
        "\"digest\":\"sha1:AAAA\",\"length\":\"12\",\"offset\":\"345\","
        "\"filename\":\"a.warc.gz\",\"date\":\"2026-11-29T10:44:27.123456Z\","
        "\"truncated\":\"time\"}\n");
    ASSERT_EQ(cdxj_read(&found, text.bytes, text.size), 0);
    ASSERT_STR_EQ(found.url, entry.url);
    ASSERT_STR_EQ(found.date, entry.date);
    ASSERT_STR_EQ(found.digest, entry.digest);
    cdxj_found_fini(&found);
    text_fini(&text);
}

TEST(fetch_cdxj_refuses_what_is_no_line)
{
    static const char *const lines[] = {
        "",
        "a",
        "a 20200102030405",
        "a 2020010203040x {\"url\":\"u\",\"digest\":\"d\"}",
        "a 2020 {\"url\":\"u\",\"digest\":\"d\"}",
        "a 20200102030405 {\"url\":\"u\",\"digest\":\"d\"",
        "a 20200102030405 {\"url\":\"u\"}",
        "a 20200102030405 {\"digest\":\"u\"}",
        "a 20200102030405 {\"url\":1,\"digest\":\"d\"}",
        "a 20200102030405 []",
    };
    struct cdxj_found found;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ASSERT_EQ(cdxj_read(&found, lines[i], strlen(lines[i])), -EBADMSG);
}

TEST(fetch_cdxj_value_is_found)
{
    const char *line =
        "k t {\"a\": \"1\", \"b\\\"c\\\"\":2, \"d\":\"\", \"e\":\"x";
    static const struct {
        const char *name;
        const char *value;
    } cases[] = { { "a", "1" },  { "b", NULL }, { "c", NULL }, { "d", "" },
                  { "e", NULL }, { "f", NULL }, { "x", NULL } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cdxj_value v = cdxj_value_of(line, strlen(line), cases[i].name);

        ASSERT_EQ(v.at == NULL, cases[i].value == NULL);
        if (v.at) {
            ASSERT_EQ(v.size, strlen(cases[i].value));
            ASSERT_EQ(memcmp(v.at, cases[i].value, v.size), 0);
        }
    }
}

TEST(fetch_cdxj_knows_the_number_of_a_file)
{
    static const struct {
        const char *name;
        unsigned number;
    } cases[] = { { "a.warc.gz", 1 },          { "a-00001.warc.gz", 1 },
                  { "a-00012.warc.gz", 12 },   { "a-b-99999.warc", 99999 },
                  { "a-0001x.warc", 1 },       { "a-00007", 1 },
                  { "2026-11-29.warc.gz", 1 }, { "a-00000.warc", 1 },
                  { "a-000123.warc", 1 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ASSERT_EQ(warc_number_of(cases[i].name, strlen(cases[i].name)),
                  cases[i].number);
}

/* ---- files of lines ---------------------------------------------------------------------- */

static uint64_t line_count;
static uint64_t byte_count;
static uint64_t enough_at;

static int count_line(void *arg, const char *line, size_t size, uint64_t offset)
{
    (void)arg;
    ASSERT_EQ(line[size - 1], '\n');
    if (offset >= enough_at)
        return CDXJ_LINES_ENOUGH;
    line_count++;
    byte_count += size;
    return 0;
}

static int fail_at_line(void *arg, const char *line, size_t size,
                        uint64_t offset)
{
    (void)arg;
    (void)line;
    (void)size;
    return offset > 0 ? -ENOSPC : 0;
}

/* Lines of 0 to 999 bytes, and one of 600,000; the last one is torn. */
static void write_lines(FILE *f)
{
    for (int i = 0; i < 2000; i++) {
        for (int k = 0; k < (i == 700 ? 600000 : i % 1000); k++)
            fputc('a' + (i * 7 + k / 3) % 26, f);
        fputc('\n', f);
    }
    fputs("torn", f);
}

FILE_KERNEL_TEST(fetch_cdxj_lines_are_read_whole)
{
    FILE *f = fopen(in_directory("l"), "w");
    struct coil_file *file;
    uint64_t end = 0;
    struct stat status;

    ASSERT_NOT_NULL(f);
    write_lines(f);
    fclose(f);
    ASSERT_EQ(stat(in_directory("l"), &status), 0);
    ASSERT_EQ(coil_file_open(&file, in_directory("l"), O_RDONLY, 0), 0);
    enough_at = UINT64_MAX;
    ASSERT_EQ(cdxj_lines_read(file, count_line, NULL, &end), 0);
    ASSERT_EQ(line_count, 1999);
    ASSERT_EQ(end, status.st_size - 4);
    ASSERT_EQ(byte_count, end - 600001);
    line_count = 0;
    enough_at = 100000;
    ASSERT_EQ(cdxj_lines_read(file, count_line, NULL, &end), 0);
    ASSERT_GE(end, enough_at);
    ASSERT_LE(end, enough_at + 1000);
    ASSERT_EQ(cdxj_lines_read(file, fail_at_line, NULL, &end), -ENOSPC);
    coil_file_abort(file);
}

/* ---- sorting ------------------------------------------------------------------------------- */

enum { LINES = 5000 };

static char lines[LINES][80];

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void make_lines(uint64_t x)
{
    for (size_t i = 0; i < LINES; i++) {
        size_t size;

        x = x * 6364136223846793005u + 1442695040888963407u;
        size = x >> 58;
        for (size_t k = 0; k < size; k++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            lines[i][k] = (char)('a' + (x >> 62));
        }
        strcpy(lines[i] + size, "\n");
    }
}

static void put_lines(const char *name)
{
    FILE *f = fopen(in_directory(name), "w");

    ASSERT_NOT_NULL(f);
    for (size_t i = 0; i < LINES; i++)
        ASSERT_GE(fputs(lines[i], f), 0);
    ASSERT_EQ(fclose(f), 0);
}

static void expect_lines(const char *name)
{
    char line[100];
    FILE *f = fopen(in_directory(name), "r");

    ASSERT_NOT_NULL(f);
    for (size_t i = 0; i < LINES; i++) {
        ASSERT_NOT_NULL(fgets(line, sizeof line, f));
        ASSERT_STR_EQ(line, lines[i]);
    }
    ASSERT_NULL(fgets(line, sizeof line, f));
    fclose(f);
}

/* In memory, in a few runs, and in many. */
FILE_KERNEL_TEST(fetch_cdxj_sort_of_any_size)
{
    static const size_t memory[] = { 0, 150000, 20000, 1000, 100 };

    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        make_lines(i);
        put_lines("in");
        qsort(lines, LINES, sizeof lines[0], compare);
        ASSERT_EQ(cdxj_sort(in_directory("in"), in_directory("out"), memory[i]),
                  0);
        expect_lines("out");
        ASSERT_EQ(count_names(), 2);
    }
}

FILE_TEST(fetch_cdxj_sort_of_little)
{
    put_file("in", "");
    ASSERT_EQ(cdxj_sort(in_directory("in"), in_directory("out"), 0), 0);
    expect_file("out", "");
    put_file("in", "b\na\ntorn");
    ASSERT_EQ(cdxj_sort(in_directory("in"), in_directory("in"), 0), 0);
    expect_file("in", "a\nb\n");
}

FILE_TEST(fetch_cdxj_sort_that_fails_leaves_nothing)
{
    char name[5000];

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    put_file("out", "old");
    ASSERT_EQ(cdxj_sort(in_directory("in"), in_directory("out"), 0), -ENOENT);
    put_file("in", "12345678901234567890\n");
    ASSERT_EQ(cdxj_sort(in_directory("in"), in_directory("d/out"), 0), -ENOENT);
    ASSERT_EQ(cdxj_sort(in_directory("in"), in_directory("out"), 10), -EBADMSG);
    ASSERT_EQ(cdxj_sort(name, in_directory("out"), 0), -ENAMETOOLONG);
    expect_file("out", "old");
    ASSERT_EQ(count_names(), 2);
}

/* ---- payloads that were seen ------------------------------------------------------------------ */

/* Of more than there is room for, the latest are known. */
TEST(fetch_cdxj_seen_forgets_the_oldest)
{
    struct warc_seen seen;
    char digest[32];
    uint64_t where;
    size_t known = 0;

    ASSERT_EQ(warc_seen_init(&seen, 1), 0);
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(digest, sizeof digest, "sha1:%012u",
                 i * 2654435761u % 1000000007u);
        warc_seen_add(&seen, digest, strlen(digest), i);
        ASSERT(warc_seen_find(&seen, digest, &where));
        ASSERT_EQ(where, i);
    }
    for (unsigned i = 99000; i < 100000; i++) {
        snprintf(digest, sizeof digest, "sha1:%012u",
                 i * 2654435761u % 1000000007u);
        known += warc_seen_find(&seen, digest, &where) && where == i;
    }
    ASSERT_GE(known, 900);
    ASSERT(!warc_seen_find(&seen, "sha1:ZZZZZZZZZZZZ", &where));
    warc_seen_add(&seen, "ZZZZZZZZZZZZ", 12, 5);
    ASSERT(warc_seen_find(&seen, "sha1:ZZZZZZZZZZZZ", &where));
    warc_seen_fini(&seen);
}
