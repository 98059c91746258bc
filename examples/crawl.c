/* SPDX-License-Identifier: MIT */
/*
 * crawl.c - the pages of a site, as far as two links away from where it begins
 *
 *     crawl URL [DEPTH]
 *
 * At most four requests go to the site at a time.  Pages of other sites are not
 * fetched, and none is fetched twice.  Crawl your own sites: robots.txt is not
 * asked for.
 */
#define _GNU_SOURCE /* strcasestr() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/url.h>

enum { WORKERS = 4, MOST_PAGES = 1000 };

static char *pages[MOST_PAGES]; /* that were seen, each once */
static size_t count;
static size_t next; /* to be fetched */
static char *site;  /* where the first page was found */
static struct coil_http_client *client;
static int status;

/* ---- what is seen ----------------------------------------------------- */

/* `url` is given. */
static void add_page(char *url)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pages[i], url) == 0) {
            coil_url_free(url);
            return;
        }
    }
    if (count < MOST_PAGES) {
        pages[count++] = url;
        return;
    }
    fprintf(stderr, "%s: left out, as there are so many\n", url);
    coil_url_free(url);
    status = 1;
}

static bool is_of_the_site(const char *text)
{
    struct coil_url ours;
    struct coil_url url;

    return coil_url_parse(&ours, site) == 0 &&
           coil_url_parse(&url, text) == 0 &&
           coil_url_is_same_origin(&ours, &url);
}

/* A link of a page that was read at `base`.  What is no URL leads nowhere. */
static int follow(const char *base, char *reference)
{
    char *url;
    int rc;

    reference[strcspn(reference, "#")] = '\0';
    rc = coil_url_join(&url, base, reference);
    if (rc < 0)
        return rc == -ENOMEM ? rc : 0;
    if (is_of_the_site(url))
        add_page(url);
    else
        coil_url_free(url);
    return 0;
}

/* Every href="..." counts; a parser of HTML would know more. */
static int find_links(const char *base, const char *text)
{
    char reference[2048];
    int rc = 0;

    for (text = strcasestr(text, "href="); rc == 0 && text;
         text = strcasestr(text, "href=")) {
        size_t size;

        text += strlen("href=");
        if (*text != '"' && *text != '\'')
            continue;
        size = strcspn(text + 1, *text == '"' ? "\"" : "'");
        if (size >= sizeof reference)
            continue;
        memcpy(reference, text + 1, size);
        reference[size] = '\0';
        rc = follow(base, reference);
    }
    return rc;
}

/* ---- what is fetched -------------------------------------------------- */

static int read_page(const char *url, const struct coil_http_response *page)
{
    const char *type = coil_http_response_header(page, "Content-Type");

    printf("%d %s\n", page->status, url);
    if (page->status >= 400)
        status = 1;
    if (!site)
        site = strdup(page->url);
    if (!site)
        return -ENOMEM;
    if (page->status != 200 || !type || strncmp(type, "text/html", 9) != 0 ||
        !is_of_the_site(page->url))
        return 0;
    return find_links(page->url, page->body);
}

static int fetch(const char *url)
{
    struct coil_http_response *page;
    int rc = coil_http_get(client, url, &page);

    if (rc == -ECANCELED)
        return rc;
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", url, coil_strerror(rc));
        status = 1;
        return 0; /* other pages may be there */
    }
    rc = read_page(url, page);
    coil_http_response_free(page);
    return rc;
}

/* Tasks share a thread: each takes the next page, without a lock. */
static int work(void *end)
{
    int rc = 0;

    while (rc == 0 && next < *(size_t *)end)
        rc = fetch(pages[next++]);
    return rc;
}

/* Fetch what was seen before, and see what that leads to. */
static int fetch_level(void)
{
    size_t end = count;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_group_create(&group, NULL, work, &end);
    return coil_task_group_end(&group, rc);
}

static int crawl(void *arg)
{
    char **argv = arg;
    int depth = argv[2] ? atoi(argv[2]) : 2;
    const struct coil_http_client_options options = {
        .proxy_from_environment = true,
        .max_body_size = 10 * 1024 * 1024,
        .request_limit = 30 * COIL_SECOND,
    };
    char *url;
    int rc = coil_url_normalise(&url, argv[1]);

    if (rc == 0)
        rc = coil_http_client_new(&client, &options);
    if (rc < 0)
        return rc;
    add_page(url);
    for (int level = 0; rc == 0 && level <= depth; level++)
        rc = fetch_level();
    coil_http_client_free(client);
    for (size_t i = 0; i < count; i++)
        coil_url_free(pages[i]);
    free(site);
    return rc < 0 ? rc : status;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: crawl URL [DEPTH]\n");
        return 2;
    }
    return coil_run_status(coil_run(crawl, argv));
}
