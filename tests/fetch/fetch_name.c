/* SPDX-License-Identifier: MIT */
/* The template of -o, and what hostile URLs make of it. */
#include "output/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/url.h>

#include "output/safe_name.h"
#include "test.h"

static struct job *job_of(const char *text, struct job_details *details)
{
    struct job *job;
    char *url;

    ASSERT_EQ(coil_url_normalise(&url, text), 0);
    ASSERT_EQ(job_new(&job, url, details), 0);
    coil_url_free(url);
    job->number = 7;
    job->priority = -3;
    return job;
}

static void expect_name(const char *url, const char *template,
                        const char *expected)
{
    struct job *job = job_of(url, NULL);
    struct text name = { 0 };

    ASSERT_EQ(name_make(&name, template, job, "text/html; charset=utf-8"), 0);
    ASSERT_STR_EQ(name.bytes, expected);
    text_fini(&name);
    job_free(job);
}

static const struct row {
    const char *url;
    const char *template;
    const char *name;
} rows[] = {
    /* What each field is. */
    { "http://EXAMPLE.org/a/b.tar.gz?x=1#f", "{scheme}/{host}/{port}",
      "http/example.org/80" },
    { "https://[2001:DB8::1]:8443/", "{host}_{port}", "2001:db8::1_8443" },
    { "http://h/a/b.tar.gz?x=1#f", "{path}", "a/b.tar.gz@x=1" },
    { "http://h/a/b.tar.gz?x=1", "{file}", "b.tar.gz@x=1" },
    { "http://h/a/b.tar.gz?x=1", "{stem}|{ext}|{query}", "b.tar|.gz|x=1" },
    { "http://h/a.b/c", "{stem}|{ext}", "c|" },
    { "http://h/.htaccess", "{stem}|{ext}", ".htaccess|" },
    { "http://h/a.", "{stem}|{ext}", "a.|" },
    { "http://h/a.0123456789abcdef", "{stem}|{ext}", "a.0123456789abcdef|" },
    { "http://h/", "{stem}|{ext}", "index|.html" },
    { "http://h/a", "{number},{priority},{name},{method},{type}",
      "7,-3,7,GET,text-html" },
    { "http://h/a", "{{{file}}}", "{a}" },
    { "http://h/a?b", "{path_hash}", "b327ee90239a59ae" },
    { "http://other/a?b#c", "{path_hash}", "b327ee90239a59ae" },
    { "http://h/a?b#c", "{url_hash}", "405bdefa430a1535" },
    { "http://h/a", "out/{file}", "a" },
    { "http://h/a", "/tmp/../x{number}/y{file}", "x7/ya" },
    { "http://h/a", "a/b", "b" },
    /* Directories have an index. */
    { "http://h", "{host}/{path}", "h/index.html" },
    { "http://h/a/", "{path}", "a/index.html" },
    { "http://h/a/?b=c/d", "{path}", "a/index.html@b=c%2Fd" },
    { "http://h/a/", "{host}/", "h/index.html" },
    { "http://h/a//b///c", "{path}", "a/b/c" },
    { "http://h/?", "{path}", "index.html@" },
    { "http://h/?", "{query}", "index.html" },
    /* What is decoded, and what is not. */
    { "http://h/a%20b%C3%A9%2A", "{path}", "a b\xc3\xa9*" },
    { "http://h/a%2Fb", "{path}", "a%2Fb" },
    { "http://h/a%252Fb", "{path}", "a%252Fb" },
    { "http://h/%00%0A%1B%5B2J%7F%C2%9B", "{path}", "%00%0A%1B[2J%7F%C2%9B" },
    { "http://h/%FF%C3%28%E2%82", "{path}", "%FF%C3(%E2%82" },
    { "http://h/%ED%A0%80%C0%AE%F5", "{path}", "%ED%A0%80%C0%AE%F5" },
    { "http://h/%E2%80%AEgpj.exe", "{path}", "%E2%80%AEgpj.exe" },
    { "http://h/%F0%9F%98%80", "{path}", "\xf0\x9f\x98\x80" },
    { "http://h/%EF%BB%BFx", "{path}", "%EF%BB%BFx" },
    { "http://h/%F0%80%80%AF", "{path}", "%F0%80%80%AF" },
    { "http://h/a%", "{path}", "a%25" },
    /* Nothing leads out of the directory. */
    { "http://h/../../etc/passwd", "{path}", "etc/passwd" },
    { "http://h/%2e%2e/%2e%2e/etc", "{path}", "etc" },
    { "http://h/..%2f..%2fetc", "{path}", "..%2F..%2Fetc" },
    { "http://h/?..", "{query}", "%2E%2E" },
    { "http://h/?../../x", "{query}", "..%2F..%2Fx" },
    { "http://h/?.", "a{host}/{query}/x", "ah/%2E/x" },
    { "http://h/x", "d{number}/../{file}", "d7/%2E%2E/x" },
    { "http://h//etc/passwd", "{path}", "etc/passwd" },
    /* No name is that of a temporary file. */
    { "http://h/.a.0123.part", "{path}", "%2Ea.0123.part" },
    { "http://h/.a.0123.meta", "{path}", "%2Ea.0123.meta" },
    { "http://h/a.part", "{path}", "a.part" },
};

TEST(fetch_name_of_a_url)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_name(rows[i].url, rows[i].template, rows[i].name);
}

/* The line's own names are made safe, too. */
TEST(fetch_name_of_the_line)
{
    static const char *const files[][2] = {
        { "a/b.html", "a/b.html" },       { "/etc/passwd", "etc/passwd" },
        { "../../x", "%2E%2E/%2E%2E/x" }, { "a/./b", "a/%2E/b" },
        { "a\nb\xff%41", "a%0Ab%FF%41" }, { "", "index.html" },
        { "d/", "d/index.html" },
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct job_details *details = calloc(1, sizeof *details);
        struct text name = { 0 };
        struct job *job;

        details->file = strdup(files[i][0]);
        details->name = strdup("../a b");
        job = job_of("http://h/z", details);
        ASSERT_EQ(name_make(&name, "{file}", job, NULL), 0);
        ASSERT_STR_EQ(name.bytes, files[i][1]);
        text_clear(&name);
        free(details->file);
        details->file = NULL;
        ASSERT_EQ(name_make(&name, "{name}.{type}", job, NULL), 0);
        ASSERT_STR_EQ(name.bytes, "..%2Fa b.unknown");
        text_fini(&name);
        job_free(job);
    }
}

/* A URL whose one component, or whose path, has so many bytes. */
static void expect_short(const char *unit, size_t count, size_t limit)
{
    char *url = malloc(16 + count * strlen(unit));
    char *other;
    struct text a = { 0 };
    struct text b = { 0 };
    struct job *job;

    strcpy(url, "http://h/");
    for (size_t i = 0; i < count; i++)
        strcat(url, unit);
    job = job_of(url, NULL);
    ASSERT_EQ(name_make(&a, "{path}", job, NULL), 0);
    job_free(job);
    other = strcat(url, "b");
    job = job_of(other, NULL);
    ASSERT_EQ(name_make(&b, "{path}", job, NULL), 0);
    job_free(job);
    ASSERT_LE(a.size, limit);
    ASSERT_LE(b.size, limit);
    ASSERT(strcmp(a.bytes, b.bytes) != 0);
    ASSERT_GT(a.size, limit / 2);
    for (const char *at = a.bytes; *at != '\0';) {
        size_t length = strcspn(at, "/");

        ASSERT_LE(length, SAFE_COMPONENT);
        at += length + (at[length] == '/');
    }
    text_fini(&a);
    text_fini(&b);
    free(url);
}

TEST(fetch_name_that_is_long_is_cut_and_stays_different)
{
    expect_short("a", 300, SAFE_COMPONENT);
    expect_short("%C3%A9", 200, SAFE_COMPONENT);
    expect_short("%F0%9F%98%80", 200, SAFE_COMPONENT);
    expect_short("a/", 2000, SAFE_PATH + 17);
    expect_short("abcdefgh/", 500, SAFE_PATH + 17);
    expect_name("http://h/" /* as many as fit */
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "{path}",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

static void expect_wrong(const char *template, const char *text)
{
    struct text why = { 0 };

    ASSERT_EQ(name_check(template, &why), -EINVAL);
    ASSERT_STR_CONTAINS(why.bytes, text);
    text_fini(&why);
}

TEST(fetch_name_template_is_checked_in_words)
{
    struct text why = { 0 };
    struct job *job = job_of("http://h/", NULL);

    expect_wrong("", "it is empty");
    expect_wrong("a{", "a { has no }");
    expect_wrong("a{host", "a { has no }");
    expect_wrong("a}b", "a } stands alone");
    expect_wrong("{host}/{hots}", "{hots} is unknown; known are {scheme}");
    expect_wrong("{\x1b[2J}", "{\\x1b[2J} is unknown");
    expect_wrong("{}", "{} is unknown");
    ASSERT_EQ(name_check("{{}}{host}/x", &why), 0);
    ASSERT_EQ(why.size, 0u);
    ASSERT_EQ(name_make(&why, "{hots}", job, NULL), -EINVAL);
    ASSERT(name_needs_type("{host}{type}"));
    ASSERT(!name_needs_type("{host}type"));
    ASSERT_EQ(name_directory("out/a{host}/b"), 4u);
    ASSERT_EQ(name_directory("a{host}/b"), 0u);
    ASSERT_EQ(name_directory("/a/b"), 3u);
    text_fini(&why);
    job_free(job);
}

/* Whatever bytes a line has, its name is a safe path. */
TEST(fetch_name_of_any_bytes_is_safe)
{
    static const char bytes[] = "./.%2e\xc3\xa9\xff\n~a?\x7f";
    unsigned random = 1;

    for (int i = 0; i < 20000; i++) {
        struct text in = { 0 };
        struct text out = { 0 };
        char line[24];

        for (size_t k = 0; k < sizeof line - 1; k++) {
            random = random * 1103515245 + 12345;
            line[k] = bytes[random / 65536 % (sizeof bytes - 1)];
        }
        safe_name_add(&in, line, i % sizeof line, true);
        text_add(&in, "");
        ASSERT_EQ(safe_name_finish(&out, in.bytes), 0);
        ASSERT_NE(out.bytes[0], '/');
        ASSERT_NE(out.bytes[out.size - 1], '/');
        ASSERT_NULL(strstr(out.bytes, "//"));
        for (char *part = strtok(out.bytes, "/"); part;
             part = strtok(NULL, "/")) {
            ASSERT(strcmp(part, ".") != 0);
            ASSERT(strcmp(part, "..") != 0);
            ASSERT_NULL(strpbrk(part, "\n\x7f\xff"));
        }
        text_fini(&in);
        text_fini(&out);
    }
}
