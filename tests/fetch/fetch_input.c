/* SPDX-License-Identifier: MIT */
/* What lists say: plain lines, templates, JSON Lines, aria2's, and which it is. */
#include "input_feed.h"

/* ---- plain lines ---- */

TEST(fetch_input_plain_lines)
{
    feed.format = INPUT_LINES;
    GIVES("", "");
    GIVES("\n\n  \n# a comment\n  # another\n", "");
    GIVES("http://h/\nhttps://h/a?b#c\n", "1: http://h/\n2: https://h/a?b\n");
    GIVES("\xef\xbb\xbfHTTP://H:80/%7ea/../b\r\n\r\nh", "1: http://h/b\n"
                                                        "3: http://h/\n");
    GIVES("  http://h/a b \t\r\n", "1: http://h/a%20b\n");
    GIVES("5\thttp://h/\n-3\tlocalhost:8080/x\n+0\th\n",
          "1: 5 http://h/\n2: -3 http://localhost:8080/x\n3: http://h/\n");
    GIVES("9223372036854775807\th\n-9223372036854775808\th\n",
          "1: 9223372036854775807 http://h/\n"
          "2: -9223372036854775808 http://h/\n");
    end_feed();
}

TEST(fetch_input_plain_lines_that_are_no_request)
{
    feed.format = INPUT_LINES;
    GIVES("9223372036854775808\th\nhttp://ok/\n",
          "1: ! the priority has more than 64 bits "
          "<9223372036854775808\\x09h>\n2: http://ok/\n");
    GIVES(
        "high\thttp://h/\n",
        "1: ! what is before the TAB is no whole number, so it is no priority "
        "<high\\x09http://h/>\n");
    GIVES("ftp://h/x\nmailto:a@b\nhttp:/h\nhttps:h\n",
          "1: ! the scheme is neither http nor https <ftp://h/x>\n"
          "2: ! the scheme is neither http nor https <mailto:a@b>\n"
          "3: ! the URL has no host <http:/h>\n"
          "4: ! the URL has no host <https:h>\n");
    GIVES("http:///x\nhttp://h:99999/\nhttp://a b/\nhttp://\x01/\n",
          "1: ! this is not a URL <http:///x>\n"
          "2: ! this is not a URL <http://h:99999/>\n"
          "3: ! this is not a URL <http://a b/>\n"
          "4: ! this is not a URL <http://\\x01/>\n");
    GIVES("http://h/\0x\n", "1: ! the text has a NUL, as UTF-16 has many "
                            "<http://h/\xef\xbf\xbdx>\n");
    GIVES("http://[fe80::1%25eth0]/\n",
          "1: ! an address of this kind cannot be fetched from "
          "<http://[fe80::1%25eth0]/>\n");
    end_feed();
}

/* As curl, coil-fetch sends them; the URL has them no more. */
TEST(fetch_input_users_of_urls_become_a_header)
{
    feed.format = INPUT_LINES;
    GIVES("http://user:pass%20word@h/a\nhttp://u@h/\n",
          "1: http://h/a [Authorization: Basic dXNlcjpwYXNzIHdvcmQ=]\n"
          "2: http://h/ [Authorization: Basic dTo=]\n");
    GIVES("http://a%3Ab:c@h/\nhttp://@h/\n",
          "1: ! the user or the password in the URL cannot be sent "
          "<http://a%3Ab:c@h/>\n2: http://h/\n");
    end_feed();
}

TEST(fetch_input_lines_too_long_are_one_bad_item)
{
    const size_t limit = 1024 * 1024;
    size_t size = 3 * limit + 200000;
    char *list = calloc(1, size);

    ASSERT_NOT_NULL(list);
    memset(list, 'a', size);
    memcpy(list, "http://h/", 9);
    list[limit] = '\n';         /* as long as may be */
    list[2 * limit + 2] = '\n'; /* one byte longer */
    memcpy(list + size - 10, "\nhttp://b/", 10);
    feed.format = INPUT_LINES;
    for (feed.piece = 0; feed.piece < 100000; feed.piece += 70001) {
        const char *text = given(list, size);

        ASSERT_MEM_EQ(text, "1: http://h/aaa", 15);
        text = strchr(text, '\n') + 1;
        ASSERT_MEM_EQ(text, "2: ! the line has more than 1 MiB <aaa", 38);
        text = strchr(text, '\n') + 1;
        ASSERT_MEM_EQ(text, "3: ! the line has more than 1 MiB <aaa", 38);
        ASSERT_STR_EQ(strchr(text, '\n'), "\n4: http://b/\n");
    }
    free(list);
    end_feed();
}

/* A URL above it is taken first. */
TEST(fetch_input_lines_too_long_end_an_entry)
{
    size_t size = 2 * 1024 * 1024;
    char *list = calloc(1, size);

    ASSERT_NOT_NULL(list);
    memset(list, 'a', size);
    memcpy(list, "h\n ", 3);
    for (int i = 0; i < 2; i++) {
        feed.format = i == 0 ? INPUT_AUTO : INPUT_ARIA2;
        feed.piece = 10000;
        given(list, size);
        ASSERT_MEM_EQ(feed.given.bytes,
                      "1: http://h/\n2: ! the line has more than 1 MiB < aaa",
                      52);
    }
    free(list);
    end_feed();
}

/* ---- templates ---- */

TEST(fetch_input_templates)
{
    feed.format = INPUT_LINES;
    GIVES("http://h/[1-3]\n", "1: http://h/1\n1: http://h/2\n1: http://h/3\n");
    GIVES("7\th/[08-10]\n",
          "1: 7 http://h/08\n1: 7 http://h/09\n1: 7 http://h/10\n");
    GIVES("h/[0-10:5]\n", "1: http://h/0\n1: http://h/5\n1: http://h/10\n");
    GIVES("h/[a-c]/[x-z:2]\n",
          "1: http://h/a/x\n1: http://h/a/z\n1: http://h/b/x\n1: http://h/b/z\n"
          "1: http://h/c/x\n1: http://h/c/z\n");
    GIVES("{http,ftp}://h/{,x}\nhttp://next/\n",
          "1: http://h/\n1: http://h/x\n"
          "1: ! the scheme is neither http nor https <ftp://h/>\n"
          "1: ! the scheme is neither http nor https <ftp://h/x>\n"
          "2: http://next/\n");
    GIVES("h/{one,two\\,three}\n", "1: http://h/one\n1: http://h/two,three\n");
    GIVES("http://[::1]:[8000-8001]/\n",
          "1: http://[::1]:8000/\n1: http://[::1]:8001/\n");
    GIVES("http://h/\\[1-3\\]\\{a\\}/x[]\n",
          "1: http://h/%5B1-3%5D%7Ba%7D/x%5B%5D\n");
    feed.has_no_templates = true;
    GIVES("http://h/[1-3]{a}\n", "1: http://h/%5B1-3%5D%7Ba%7D\n");
    end_feed();
}

TEST(fetch_input_templates_that_are_none)
{
    static const char *const bad[] = {
        "h/[3-1]",
        "h/[1-2",
        "h/[1]",
        "h/[a-]",
        "h/[z-a]",
        "h/[a-Z]",
        "h/[1-2:]",
        "h/[1-2:0]",
        "h/[1-2:x]",
        "h/{}",
        "h/{a",
        "h/a}",
        "h/a]",
        "h/{a[1-2]}",
        "h/{a{b}}",
        "h/[a-b:1",
        "h/[--]",
        "h/[1-99999999999999999999]",
        "h/[0-18446744073709551615]",
        "h/[1-9000000000000000000][1-9]",
        "h/[1-9000000000000000000][1-2]",
        "h/[1-2:99999999999999999999]",
        "h/[00000000000000000000000000000000000000000000000000000000000000000-1]",
    };
    char line[100];

    feed.format = INPUT_LINES;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(line, sizeof line, "%s\nhttp://next/\n", bad[i]);
        given(line, strlen(line));
        ASSERT_MEM_EQ(feed.given.bytes, "1: ! ", 5);
        ASSERT_STR_EQ(strchr(feed.given.bytes, '\n'), "\n2: http://next/\n");
    }
    end_feed();
}

TEST(fetch_input_templates_have_so_many_parts)
{
    char line[1024] = "h/";

    feed.format = INPUT_LINES;
    while (strlen(line) < 2 + 255 * 3)
        strcat(line, "{a}");
    given(line, strlen(line));
    ASSERT_MEM_EQ(feed.given.bytes, "1: http://h/aaaa", 16);
    strcat(line, "{a}");
    given(line, strlen(line));
    ASSERT_MEM_EQ(feed.given.bytes, "1: ! the template has too many parts", 36);
    end_feed();
}

/* ---- JSON Lines ---- */

TEST(fetch_input_json_lines)
{
    feed.format = INPUT_JSONL;
    GIVES("{\"url\": \"http://h/\"}\n\n# comment\n{\"url\":\"h/[1-2]\"}",
          "1: http://h/\n4: http://h/%5B1-2%5D\n");
    GIVES("{\"url\":\"h\",\"method\":\"PUT\",\"priority\":-2,\"name\":\"n\","
          "\"file\":\"a/b\",\"type\":\"image/\",\"size\":7}",
          "1: -2 PUT http://h/ name=n file=a/b type=image/ size=7\n");
    GIVES("{\"url\":\"h\",\"headers\":{\"A\":\"b\",\"C\":[\"d\",\"e\"]}}",
          "1: http://h/ [A: b] [C: d] [C: e]\n");
    GIVES(
        "{\"url\":\"h\",\"headers\":[[\"A\",\"b\"],[\"A\",\"c\"]],\"out\":\"o\"}",
        "1: http://h/ file=o [A: b] [A: c]\n");
    GIVES("{\"url\":\"h\",\"body\":\"a\\u0000b\"}",
          "1: POST http://h/ body=a\\x00b\n");
    GIVES("{\"url\":\"h\",\"body\":\"\"}", "1: POST http://h/ body=\n");
    GIVES("{\"url\":\"h\",\"body_base64\":\"AP9h\"}",
          "1: POST http://h/ body=\\x00\\xffa\n");
    GIVES("{\"url\":\"http://u:p@h/\",\"headers\":{\"Authorization\":\"x\"}}",
          "1: http://h/ [Authorization: x]\n");
    end_feed();
}

/* The value is sent as it is written. */
TEST(fetch_input_json_bodies)
{
    feed.format = INPUT_JSONL;
    GIVES("{\"json\" : {\"a\":[1.10, \"}\\\"\"]} , \"url\":\"h\"}",
          "1: POST http://h/ [Content-Type: application/json] "
          "body={\"a\":[1.10, \"}\\\"\"]}\n");
    GIVES("{ \"url\" : \" h \" , \"json\" : [ 1 ] }",
          "1: POST http://h/ [Content-Type: application/json] body=[ 1 ]\n");
    GIVES("{\"url\":\"h, }\",\"json\":1e2}\n{\"url\":\"h\",\"json\": null }",
          "1: ! this is not a URL <h, }>\n"
          "2: POST http://h/ [Content-Type: application/json] body=null\n");
    GIVES(
        "{\"json\":\"x\",\"url\":\"h\",\"headers\":{\"content-type\":\"a/b\"},"
        "\"method\":\"PATCH\"}",
        "1: PATCH http://h/ [content-type: a/b] body=\"x\"\n");
    end_feed();
}

TEST(fetch_input_json_checksums)
{
    static const char *const kinds[][2] = {
        { "md5", "d41d8cd98f00b204e9800998ecf8427e" },
        { "SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { "sha256",
          "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    };
    char line[300];

    feed.format = INPUT_JSONL;
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(line, sizeof line,
                       "{\"url\":\"h\",\"checksum\":\"%s=%s\"}", kinds[i][0],
                       kinds[i][1]);
        given(line, strlen(line));
        ASSERT_STR_EQ(feed.given.bytes, i == 0 ? "1: http://h/ md5=d4..\n"
                                        : i == 1
                                            ? "1: http://h/ sha1=da..\n"
                                            : "1: http://h/ sha256=e3..\n");
    }
    GIVES(
        "{\"url\":\"h\",\"checksum\":\"sha256=00\"}",
        "1: ! the checksum has not as many hexadecimal digits as its kind has "
        "<{\"url\":\"h\",\"checksum\":\"sha256=00\"}>\n");
    GIVES(
        "{\"url\":\"h\",\"checksum\":\"crc=0\"}",
        "1: ! the checksum's kind is none of md5, sha1, sha224, sha256, sha384 and "
        "sha512 <{\"url\":\"h\",\"checksum\":\"crc=0\"}>\n");
    end_feed();
}

/* Each gives one bad item whose reason has these words. */
static const char *const bad_json[][2] = {
    { "x", "this is not JSON" },
    { "{\"url\":\"h\"", "this is not JSON" },
    { "{\"url\":\"h\"} x", "this is not JSON" },
    { "{\"url\":\"h\",\"url\":\"h\"}", "duplicate" },
    { "{\"url\":\"h\",\"n\":99999999999999999999}", "this is not JSON" },
    { "[]", "not an object" },
    { "{}", "no \"url\"" },
    { "{\"url\":1}", "\"url\" is not a string" },
    { "{\"url\":\"h\\u0000\"}", "NUL" },
    { "{\"url\":\"h\",\"colour\":1}", "\"colour\" is not known" },
    { "{\"url\":\"h\",\"method\":\"a b\"}", "\"method\"" },
    { "{\"url\":\"h\",\"method\":\"CONNECT\"}", "\"method\"" },
    { "{\"url\":\"h\",\"method\":null}", "\"method\" is not a string" },
    { "{\"url\":\"h\",\"headers\":7}", "neither an object nor" },
    { "{\"url\":\"h\",\"headers\":{\"A\":7}}", "is not a string" },
    { "{\"url\":\"h\",\"headers\":{\"A\":[]}}", "is not a string" },
    { "{\"url\":\"h\",\"headers\":{\"A\":[7]}}", "is not a string" },
    { "{\"url\":\"h\",\"headers\":{\"A b\":\"c\"}}", "name of a header" },
    { "{\"url\":\"h\",\"headers\":{\"A\":\"b\\nc\"}}", "control character" },
    { "{\"url\":\"h\",\"headers\":{\"Host\":\"\"}}", "Host is empty" },
    { "{\"url\":\"h\",\"headers\":{\"Host\":[\"a\",\"b\"]}}", "Host is there" },
    { "{\"url\":\"h\",\"headers\":{\"Content-Length\":\"1\"}}", "length of" },
    { "{\"url\":\"h\",\"headers\":{\"Connection\":\"x\"}}", "Connection" },
    { "{\"url\":\"h\",\"headers\":[[\"A\"]]}", "no pair" },
    { "{\"url\":\"h\",\"headers\":[[1,\"A\"]]}", "is not a string" },
    { "{\"url\":\"h\",\"body\":1}", "\"body\" is not a string" },
    { "{\"url\":\"h\",\"body\":\"\",\"json\":1}", "only one of" },
    { "{\"url\":\"h\",\"body_base64\":\"abc\"}", "not base64" },
    { "{\"url\":\"h\",\"body_base64\":\"a=bc\"}", "not base64" },
    { "{\"url\":\"h\",\"body_base64\":[]}", "not a string" },
    { "{\"url\":\"h\",\"priority\":1.5}", "\"priority\"" },
    { "{\"url\":\"h\",\"file\":\"a\",\"out\":\"b\"}", "only one of" },
    { "{\"url\":\"h\",\"checksum\":7}", "\"checksum\"" },
    { "{\"url\":\"h\",\"size\":-1}", "\"size\"" },
    { "{\"url\":\"ftp://h/\"}", "neither http" },
};

TEST(fetch_input_json_lines_that_are_no_request)
{
    char line[200];

    feed.format = INPUT_JSONL;
    for (size_t i = 0; i < sizeof bad_json / sizeof bad_json[0]; i++) {
        (void)snprintf(line, sizeof line, "%s\n{\"url\":\"ok\"}\n",
                       bad_json[i][0]);
        given(line, strlen(line));
        ASSERT_MEM_EQ(feed.given.bytes, "1: ! ", 5);
        ASSERT_STR_CONTAINS(feed.given.bytes, bad_json[i][1]);
        ASSERT_STR_CONTAINS(feed.given.bytes, ">\n2: http://ok/\n");
    }
    end_feed();
}

/* A parser that recurs would run out of its stack. */
TEST(fetch_input_json_is_not_nested_without_end)
{
    size_t size = 1000000;
    char *line = calloc(1, size + 30);

    ASSERT_NOT_NULL(line);
    feed.format = INPUT_JSONL;
    memset(line, '[', size);
    given(line, size);
    ASSERT_MEM_EQ(feed.given.bytes, "1: ! the JSON is nested too deep", 32);
    memcpy(line, "{\"url\":\"h\",\"json\":", 18);
    memset(line + 18 + 63, ']', 63);
    line[18 + 126] = '}';
    given(line, 18 + 127);
    ASSERT_MEM_EQ(feed.given.bytes, "1: POST http://h/ [Content-Type", 31);
    free(line);
    end_feed();
}

/* ---- aria2's ---- */

#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"

TEST(fetch_input_aria2)
{
    feed.format = INPUT_ARIA2;
    GIVES("http://a/x\n  out=o\n  dir=d\n\n# comment\n\tchecksum=sha-1=" SHA1
          "\nhttp://b/y\n",
          "1: http://a/x file=d/o sha1=da..\n7: http://b/y\n");
    GIVES(
        "ftp://m/x\thttp://a/x\thttp://b/x\n header=A: b\n header=C:d\n"
        " user-agent=me\n referer=http://r/\n",
        "1: http://a/x [A: b] [C: d] [User-Agent: me] [Referer: http://r/]\n");
    GIVES("http://a/x/y.iso?q\n dir=/d/\n",
          "1: http://a/x/y.iso?q file=/d/y.iso\n");
    GIVES("http://a/x/\n dir=d\n", "1: http://a/x/ file=d/index.html\n");
    GIVES("http://a/\n http-user=u\n http-passwd=p\n",
          "1: http://a/ [Authorization: Basic dTpw]\n");
    GIVES("3\thttp://a/[1-2]\n", "1: 3 http://a/%5B1-2%5D\n");
    end_feed();
}

TEST(fetch_input_aria2_that_is_no_request)
{
    feed.format = INPUT_ARIA2;
    GIVES(" out=x\nhttp://a/\n", "1: ! an option has no URL above it <out=x>\n"
                                 "2: http://a/\n");
    GIVES("http://a/\n nonsense\n out=x\nb\n",
          "1: ! an indented line is no \"name=value\": nonsense <http://a/>\n"
          "4: http://b/\n");
    GIVES("http://a/\n header=x\n", "1: ! a header is no \"name: value\": x "
                                    "<http://a/>\n");
    GIVES("http://a/\n header=a b: c\n checksum=x\n",
          "1: ! this is not the name of a header: a b <http://a/>\n");
    GIVES(
        "http://a/\n checksum=adler32=1\n",
        "1: ! the checksum's kind is none of md5, sha1, sha224, sha256, sha384 and "
        "sha512: adler32=1 <http://a/>\n");
    GIVES("http://a/\n http-user=a:b\n",
          "1: ! a user or a password that cannot be sent: http-user "
          "<http://a/>\n");
    GIVES("99999999999999999999\thttp://a/\n",
          "1: ! a priority has more than 64 bits: "
          "99999999999999999999\thttp://a/ "
          "<99999999999999999999\\x09http://a/>\n");
    end_feed();
}

TEST(fetch_input_aria2_has_no_endless_entries)
{
    struct text list = { 0 };

    text_add(&list, "http://a/\n");
    for (int i = 0; i < 110; i++)
        text_add_format(&list, " header=a: %010000d\n", i);
    text_add(&list, "http://b/\n");
    ASSERT(!list.has_failed);
    feed.format = INPUT_ARIA2;
    ASSERT_STR_EQ(given(list.bytes, list.size),
                  "1: ! the entry has more than 1 MiB: http://a/ <http://a/>\n"
                  "112: http://b/\n");
    text_fini(&list);
    end_feed();
}

/* ---- which it is ---- */

TEST(fetch_input_format_is_seen)
{
    feed.format = INPUT_AUTO;
    for (feed.piece = 0; feed.piece < 4; feed.piece++) {
        GIVES("# c\nh/[1-2]\n5\th\n  i\n",
              "2: http://h/1\n2: http://h/2\n3: 5 http://h/\n4: http://i/\n");
        GIVES(
            "\n{\"url\":\"h\"}\nx\n",
            "2: http://h/\n3: ! this is not JSON: '[' or '{' expected near 'x' <x>\n");
        GIVES("{ \"url\":\"h\"}\n", "1: http://h/\n");
        GIVES("{a,b}/\n", "1: http://a/\n1: http://b/\n");
        GIVES("a/[1-2]\nb\n\n# c\n out=x\nc/[1-2]\n",
              "1: http://a/1\n1: http://a/2\n2: http://b/ file=x\n"
              "6: http://c/%5B1-2%5D\n");
        GIVES("a/b\n# c\n dir=d\n", "1: http://a/b file=d/b\n");
        GIVES("http://a/\thttp://b/\nc\n dir=d\n",
              "1: http://a/\n2: http://c/ file=d/index.html\n");
        GIVES(" out=x\nh\n", "1: ! an option has no URL above it <out=x>\n"
                             "2: http://h/\n");
    }
    end_feed();
}
