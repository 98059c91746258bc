/* SPDX-License-Identifier: MIT */
/* Options with curl's names do what people know them to do. */
#include "support/fetch_run_test.h"

#include <string.h>
#include <unistd.h>

#include "run/run.h"

#define JSONL "--overwrite", "--jsonl", file_path("records"), "--jsonl-body"

/* What the server was asked, METHOD|QUERY|CONTENT-TYPE|ACCEPT|BODY, is the record's
   body. */
static void expect(const char *asked)
{
    char *records = file_text("records");

    ASSERT_STR_CONTAINS(records, "\"class\":\"ok\"");
    ASSERT_STR_CONTAINS(records, asked);
    free(records);
}

FETCH_TEST(fetch_curl_data)
{
    write_file("data", "@x");
    ASSERT_EQ(fetch(HOST_A "/echo", "-d", "a=1", "--data", "b=2", JSONL, NULL),
              EXIT_ALL);
    expect("\"body\":\"POST||application/x-www-form-urlencoded|*/*|a=1&b=2\"");
    expect("\"method\":\"POST\"");
    ASSERT_EQ(fetch(HOST_A "/echo", "--data-raw", "@data", "-d",
                    "@/nowhere/at/all", JSONL, NULL),
              EXIT_USAGE);
    ASSERT_EQ(fetch(HOST_A "/echo", "--data-raw", "@data", JSONL, NULL),
              EXIT_ALL);
    expect("\"body\":\"POST||application/x-www-form-urlencoded|*/*|@data\"");
}

/* The archive has the request as it was made. */
FETCH_TEST(fetch_curl_data_in_an_archive)
{
    char *text;

    ASSERT_EQ(
        fetch(HOST_A "/echo", "-d", "a=1", "--warc", file_path("a.warc"), NULL),
        EXIT_ALL);
    text = file_text("a.warc");
    ASSERT_STR_CONTAINS(text, "\r\nPOST /echo HTTP/1.1\r\n");
    ASSERT_STR_CONTAINS(text, "\r\n\r\na=1\r\n\r\n");
    free(text);
}

FETCH_TEST(fetch_curl_data_of_a_url_with_a_user)
{
    ASSERT_EQ(fetch("http://u:p@127.0.0.1:8080/echo", "-d", "a=1", JSONL, NULL),
              EXIT_ALL);
    expect("\"body\":\"POST||application/x-www-form-urlencoded|*/*|a=1\"");
    expect("\"method\":\"POST\"");
}

FETCH_TEST(fetch_curl_json)
{
    ASSERT_EQ(
        fetch(HOST_A "/echo", "--json", "{\"a\":", "--json", "1}", JSONL, NULL),
        EXIT_ALL);
    expect("POST||application/json|application/json|{\\\"a\\\":1}");
    ASSERT_EQ(fetch(HOST_A "/echo", "--json", "1", "-H", "ACCEPT: text/plain",
                    "-X", "PUT", JSONL, NULL),
              EXIT_ALL);
    expect("PUT||application/json|text/plain|1\"");
}

FETCH_TEST(fetch_curl_get)
{
    ASSERT_EQ(
        fetch("-G", HOST_A "/echo", "-d", "a=1", "-d", "b=ä c", JSONL, NULL),
        EXIT_ALL);
    expect("\"body\":\"GET|a=1&b=%C3%A4%20c|none|*/*|\"");
    write_file("list", HOST_A "/echo?x#f\n"
                              "2\t" HOST_A "/echo?y&\n" HOST_A "/echo?{z,w}\n");
    ASSERT_EQ(
        fetch("--get", "--data", "{a,b}", "-i", file_path("list"), JSONL, NULL),
        EXIT_ALL);
    ASSERT_EQ(lines_with("records", "GET|x&%7Ba,b%7D|"), 1u);
    ASSERT_EQ(lines_with("records", "GET|y&%7Ba,b%7D|"), 1u);
    ASSERT_EQ(lines_with("records", "GET|z&%7Ba,b%7D|"), 1u);
    ASSERT_EQ(lines_with("records", "GET|w&%7Ba,b%7D|"), 1u);
    ASSERT_EQ(lines_with("records", "\"n\":"), 4u);
}

FETCH_TEST(fetch_curl_head)
{
    ASSERT_EQ(fetch("-I", HOST_A "/ok/1", NULL), EXIT_ALL);
    ASSERT_EQ(visits_of("/ok/1"), 1u);
    ASSERT_LT(access("127.0.0.1_8080", F_OK), 0);
    ASSERT_LT(access("127.0.0.1:8080", F_OK), 0);
    ASSERT_LT(access("127.0.0.1", F_OK), 0);
    ASSERT_EQ(fetch("--head", HOST_A "/ok/2", JSONL, NULL), EXIT_ALL);
    expect("\"method\":\"HEAD\"");
    ASSERT_EQ(fetch("-I", HOST_A "/ok/3", "-d", "a", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch("-I", "-G", HOST_A "/ok/4", "-d", "a", JSONL, NULL),
              EXIT_ALL);
    expect("/ok/4?a\"");
}

FETCH_TEST(fetch_curl_url)
{
    ASSERT_EQ(fetch("--url", HOST_A "/ok/1", HOST_A "/ok/2", "--discard", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 2u);
}

/* What goes to standard error, in a file. */
static size_t errors_of(const char *option)
{
    int saved = dup(STDERR_FILENO);
    FILE *file = freopen(file_path("errors"), "w", stderr);
    int rc = fetch(HOST_A "/status/404", "--discard", option, NULL);

    ASSERT_NOT_NULL(file);
    fflush(stderr);
    ASSERT_GE(dup2(saved, STDERR_FILENO), 0);
    close(saved);
    ASSERT_EQ(rc, EXIT_SOME_FAILED);
    return lines_with("errors", "");
}

/* The tests' fetch() has -s. */
FETCH_TEST(fetch_curl_show_error)
{
    ASSERT_EQ(errors_of("-Z"), 0u);
    ASSERT_EQ(errors_of("-S"), 1u);
    ASSERT_EQ(lines_with("errors", "/status/404"), 1u);
}
