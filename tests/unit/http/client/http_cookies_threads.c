/* SPDX-License-Identifier: MIT */
/* One jar, which several threads use at once. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <coil/http_cookies.h>

#include "test.h"

enum { THREADS = 4, EACH = 30, ROUNDS = 60 };

static struct coil_http_cookies *jar;

/* Whether the header has "name=value", whole. */
static bool has(const char *header, const char *pair)
{
    const char *at = header ? strstr(header, pair) : NULL;

    return at && (at[strlen(pair)] == ';' || at[strlen(pair)] == '\0');
}

static void visit(unsigned self, unsigned number, unsigned round)
{
    char name[32], line[64], gone[64];
    char *header;

    snprintf(name, sizeof name, "c%u-%u=%u", self, number, round);
    snprintf(line, sizeof line, "%s; Path=/", name);
    snprintf(gone, sizeof gone, "gone%u=1; Max-Age=0", self);
    ASSERT_EQ(coil_http_cookies_set(jar, "http://h.example/", line), 1);
    ASSERT_EQ(coil_http_cookies_header(jar, "http://h.example/", 0, &header),
              0);
    ASSERT(has(header, name));
    coil_http_cookies_free_text(header);
    ASSERT_EQ(coil_http_cookies_set(jar, "http://h.example/", gone), 1);
    ASSERT_LE(coil_http_cookies_count(jar), THREADS * EACH);
}

static void *browse(void *arg)
{
    unsigned self = *(unsigned *)arg;

    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned number = 0; number < EACH; number++)
            visit(self, number, round);
    return NULL;
}

/* A last text: whoever writes it meanwhile has all cookies of a moment. */
static void *write_texts(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        char *text;

        ASSERT_EQ(coil_http_cookies_write(jar, &text), 0);
        ASSERT_STR_CONTAINS(text, "# Netscape");
        coil_http_cookies_free_text(text);
        coil_http_cookies_clear_expired(jar);
    }
    return NULL;
}

TEST(http_cookies_threads_share_a_jar)
{
    pthread_t threads[THREADS], writer;
    unsigned numbers[THREADS];

    ASSERT_EQ(coil_http_cookies_new(&jar, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ASSERT_EQ(pthread_create(&threads[i], NULL, browse, &numbers[i]), 0);
    }
    ASSERT_EQ(pthread_create(&writer, NULL, write_texts, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        ASSERT_EQ(pthread_join(threads[i], NULL), 0);
    ASSERT_EQ(pthread_join(writer, NULL), 0);
    ASSERT_EQ(coil_http_cookies_count(jar), THREADS * EACH);
    coil_http_cookies_free(jar);
}
