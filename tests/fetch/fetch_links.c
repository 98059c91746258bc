/* SPDX-License-Identifier: MIT */
/*
 * The links of pages.  Each page is fed whole, byte by byte, and in pieces of three:
 * the links are the same.
 */
#include "fetch/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "test_table.h"

#define PAGE "http://h/d/page?q"

static const struct row {
    const char *name;
    const char *type;
    const char *body;
    const char *links; /* each with a blank behind it */
} rows[] = {
#define HTML "text/html"
    { "a", HTML, "<a href=\"x\">t</a><a href='/y'>t</a><a href=z>t</a>",
      "http://h/d/x http://h/y http://h/d/z " },
    { "elements", HTML,
      "<area href=1><link href=2><img src=3><script src=4></script>"
      "<iframe src=5></iframe><source src=6><form action=7>"
      "<video src=8 poster=9><audio src=10><track src=11><embed src=12>"
      "<object data=13><input src=14 formaction=15><button formaction=16>"
      "<frame src=17>",
      "http://h/d/1 http://h/d/2 http://h/d/3 http://h/d/4 http://h/d/5 "
      "http://h/d/6 http://h/d/7 http://h/d/8 http://h/d/9 http://h/d/10 "
      "http://h/d/11 http://h/d/12 http://h/d/13 http://h/d/14 http://h/d/15 "
      "http://h/d/16 http://h/d/17 " },
    { "not_elements", HTML,
      "<p href=1><ahref=2><a  xhref=3 data-href=4><aside href=5>"
      "<averylongnameofanelement href=6></a href=7>< a href=8><3 href=9>",
      "" },
    { "case", HTML, "<A HREF=X><ImG sRc=Y>", "http://h/d/X http://h/d/Y " },
    { "spacing", HTML,
      "<a\n\thref\n=\n'x'\f><a/href=y/><a href = z target=q><a class href=w>",
      "http://h/d/x http://h/d/y/ http://h/d/z http://h/d/w " },
    { "first_attribute_counts", HTML, "<a href=x href=y HREF=z>",
      "http://h/d/x " },
    { "broken_attributes", HTML,
      "<a =href=1 href><a href=><a href=''><a \"href='2'><a 'x'href=3>"
      "<a averylongattributename=q href=4><a href==5>",
      "http://h/d/4 http://h/d/=5 " },
    { "gt_in_quotes", HTML, "<img alt='>' title=\"<a href=x>\" src=y>",
      "http://h/d/y " },
    { "unfinished", HTML, "<a href=x><a href=\"y><a href=z>", "http://h/d/x " },
    { "unfinished_tag", HTML, "<a href=x", "" },
    { "entities", HTML,
      "<a href=\"?a&amp;b&#38;c&#x26;d&#X26;d&ampe&amp=f&copy=1&copy;2&copy&euro;"
      "&unknown;&\"><a href='&sol;s&colon;t'>",
      "http://h/d/page?a&b&c&d&d&ampe&amp=f&copy=1%C2%A92%C2%A9&euro;&unknown;"
      "& http://h/s:t " },
    { "comments", HTML,
      "<!-- <a href=1> --><a href=2><!--><a href=3><!---><a href=4>"
      "<!-- a -- b --!><a href=5><!----><a href=6><!-- <!-- <a href=7> -->"
      "<a href=8> --><a href=9><!--!> <a href=10> --><a href=11>"
      "<!----!><a href=12><!-- --!x <a href=13> -->",
      "http://h/d/2 http://h/d/3 http://h/d/4 http://h/d/5 http://h/d/6 "
      "http://h/d/8 http://h/d/9 http://h/d/11 http://h/d/12 " },
    { "unfinished_comment", HTML, "<a href=1><!-- <a href=2> ->",
      "http://h/d/1 " },
    { "declarations", HTML,
      "<!DOCTYPE html \"<a href=1\"><?php <a href=2 ?><a href=3></><a href=4>"
      "</ <a href=5><a href=6><![CDATA[<a href=7>]]><!-<a href=8>",
      "http://h/d/3 http://h/d/4 http://h/d/6 " },
    { "raw_text", HTML,
      "<script src=1>'<a href=2>' </scrip </scripts> < </SCRIPT ><a href=3>"
      "<style><a href=4></style><a href=5><title><a href=6></title/>"
      "<textarea><a href=7></script></textarea><a href=8>"
      "<noscript><a href=9></noscript><xmp><a href=10></xmp>"
      "<iframe><a href=11></iframe><noembed><a href=12></noembed>"
      "<noframes><a href=13></noframes><a href=14>",
      "http://h/d/1 http://h/d/3 http://h/d/5 http://h/d/8 http://h/d/9 "
      "http://h/d/14 " },
    { "escaped_script", HTML,
      "<script><!-- <script> </script> <a href=1> --> <a href=2> </script>"
      "<a href=3><script><!-- </script><a href=4>"
      "<script><!--><script></script><a href=5>"
      "<script><!-- <script>x--> </script><a href=6>"
      "<style><!-- <script></style><a href=7>",
      "http://h/d/3 http://h/d/4 http://h/d/5 http://h/d/6 http://h/d/7 " },
    { "unfinished_script", HTML, "<script><a href=1></script <a href=2", "" },
    { "plaintext", HTML, "<a href=1><plaintext></plaintext><a href=2>",
      "http://h/d/1 " },
    { "base", HTML,
      "<a href=1><base target=_top><base href=/b/c><a href=2>"
      "<base href=/x/><a href=?q><a href=//o/p>",
      "http://h/d/1 http://h/b/2 http://h/b/c?q http://o/p " },
    { "base_that_is_none", HTML,
      "<base href=mailto:a><base href=/x/><a href=1>", "http://h/d/1 " },
    { "schemes", HTML,
      "<a href=mailto:a@b><a href='javascript:f()'><a href=data:,x>"
      "<a href=ftp://h/><a href=tel:1><a href=HTTPS://H/x><a href=http:x>"
      "<a href=httpx://h/><a href='a:b'><a href=./a:b><a href=//h:99999/>",
      "https://h/x http://h/d/a:b " },
    { "fragments", HTML,
      "<a href=#x><a href=''><a href=' '><a href=y#x><a href=y#z><a href=?#>",
      "http://h/d/y http://h/d/page? " },
    { "dirty_urls", HTML,
      "<a href=' \n a\tb\r\nc '><a href='\\x\\y?\\z'><a href='a b'>"
      "<a href='\xc3\xa4'><a href='http://h\\i'><a href='//h/../x/./y'>",
      "http://h/d/abc http://h/x/y?%5Cz http://h/d/a%20b http://h/d/%C3%A4 "
      "http://h/i http://h/x/y " },
    { "once", HTML, "<a href=x><img src=x><a href=y><a href='%78'><a href=./x>",
      "http://h/d/x http://h/d/y " },
    { "srcset", HTML,
      "<img src=0 srcset='1 1x, 2 2x ,3, ,4,,5 100w,6 (1,2),7, 8'>"
      "<source srcset=',9'><link imagesrcset='10 1x' href=11>",
      "http://h/d/0 http://h/d/1 http://h/d/2 http://h/d/3 http://h/d/4,,5 "
      "http://h/d/6 http://h/d/7 http://h/d/8 http://h/d/9 http://h/d/11 "
      "http://h/d/10 " },
    { "refresh", HTML,
      "<meta http-equiv=refresh content='5; url=1'>"
      "<meta content=\"0;URL='2'x\" http-equiv=REFRESH>"
      "<meta http-equiv=refresh content='3'>"
      "<meta http-equiv=refresh content=' 0 , 4'>"
      "<meta http-equiv=refresh content='.5 url = \"5'>"
      "<meta http-equiv=refresh content='0;urlx'>"
      "<meta http-equiv=refresh content='x;url=6'>"
      "<meta http-equiv=refresh content='0x;url=7'>"
      "<meta http-equiv=refresh content=''><meta http-equiv=refresh>"
      "<meta name=refresh content='0;url=8'><meta content='0;url=9'>",
      "http://h/d/1 http://h/d/2 http://h/d/4 http://h/d/5 http://h/d/urlx " },
    { "hints", HTML,
      "<link rel=preconnect href=//a><link rel='x DNS-Prefetch' href=//b>"
      "<link rel=stylesheet href=c><link rel='next' href=d>",
      "http://h/d/c http://h/d/d " },
    { "utf8_mark", HTML, "\xef\xbb\xbf<a href=x>", "http://h/d/x " },
    { "utf16", HTML, "\xff\xfe<a href=x>", "" },
    { "utf16_big_endian", HTML, "\xfe\xff<a href=x>", "" },
    { "xhtml", "application/xhtml+xml;charset=utf-8", "<a href='x'/>",
      "http://h/d/x " },
    { "type_with_parameters", " TEXT/HTML ; charset=x", "<a href=x>",
      "http://h/d/x " },
    { "other_type", "text/html5", "<a href=x>", "" },
    { "image", "image/png", "<a href=x>", "" },
    { "no_type", NULL, "<a href=x>", "" },
    { "sitemap", "application/xml",
      "<?xml version='1.0'?><urlset><url><loc>http://h/a?b&amp;c</loc>"
      "<x:loc>no</x:loc></url><url><loc> <!-- x --> http://h/d\n</loc>"
      "<script></url><url><loc><![CDATA[http://h/<]]]>]]></loc><loc/><loc></loc>"
      "<LOC>http://h/%65</LOC><a href='http://h/no'/><!CDATA[<loc>q</loc>"
      "<loc>http://h/unfinished",
      "http://h/a?b&c http://h/d http://h/%3C%5D%5D%5D%3E http://h/e " },
    { "plain_text", "text/plain", "Sitemap: http://h/x\n", "" },
#undef HTML
};

static void add_list(struct links *links, char *text, size_t room)
{
    size_t count;
    const char *const *list = links_list(links, &count);
    size_t size = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(text + size, room - size, "%s ", list[i]);
    ASSERT_LT(size, room);
}

static void feed(struct links *links, const char *bytes, size_t size,
                 size_t step)
{
    while (size > 0) {
        size_t n = size < step ? size : step;
        char *copy = malloc(n);

        ASSERT(copy);
        memcpy(copy, bytes, n);
        ASSERT_EQ(links_feed(links, copy, n), 0);
        free(copy);
        bytes += n;
        size -= n;
    }
}

static void play(const void *subject)
{
    static const size_t steps[] = { SIZE_MAX, 1, 3 };
    const struct row *row = subject;
    struct links *links;
    char found[2048];

    ASSERT_EQ(links_new(&links), 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ASSERT_EQ(links_begin(links, PAGE, row->type), 0);
        feed(links, row->body, strlen(row->body), steps[i]);
        ASSERT_EQ(links_finish(links), 0);
        add_list(links, found, sizeof found);
        ASSERT_STR_EQ(found, row->links);
        ASSERT(!links_are_cut(links));
    }
    links_free(links);
}

__attribute__((constructor)) static void make_tests(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add_test(__FILE__, "fetch_links", rows[i].name, play, &rows[i]);
}

/* ---- beyond pages ---- */

TEST(fetch_links_of_headers)
{
    static const struct {
        const char *value;
        const char *links;
    } headers[] = {
        { "<x>", "http://h/d/x " },
        { "<x>; rel=next, <y>;rel=\"a, <b>; c\" , <z>",
          "http://h/d/x http://h/d/y http://h/d/z " },
        { "<x>; rel=preconnect, <y>; rel=\"dns-prefetch\",<z>; rel=a; "
          "rel=preconnect",
          "http://h/d/z " },
        { "<x> ; title=\"\\\"<y>, \" ; crossorigin; a = b,, <z>; =;;",
          "http://h/d/x http://h/d/z " },
        { "<x>; rel=\"preconnect", "" },
        { "<x", "" },
        { "x, <y>", "" },
        { "", "" },
        { "<>,<#a>,<mailto:b>", "" },
    };
    struct links *links;
    char found[256];

    ASSERT_EQ(links_new(&links), 0);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        ASSERT_EQ(links_begin(links, PAGE, NULL), 0);
        ASSERT_EQ(links_take_header(links, headers[i].value), 0);
        add_list(links, found, sizeof found);
        ASSERT_STR_EQ(found, headers[i].links);
    }
    links_free(links);
    links_free(NULL);
}

TEST(fetch_links_of_robots_txt)
{
    static const char text[] = "User-agent: *\nSITEMAP: http://h/a\r\n"
                               "sitemap:/b\rSitemap http://h/c\nSitemap: ";
    struct links *links;
    char found[256];
    char *line = calloc(1, 20000);

    ASSERT_EQ(links_new(&links), 0);
    for (size_t step = 1; step < 3; step++) {
        ASSERT_EQ(links_begin(links, "http://h/robots.txt", "text/plain"), 0);
        feed(links, text, sizeof text - 1, step);
        feed(links, "d", 1, 1);
        ASSERT_EQ(links_finish(links), 0);
        add_list(links, found, sizeof found);
        ASSERT_STR_EQ(found, "http://h/a http://h/b http://h/d ");
    }
    ASSERT_NOT_NULL(line);
    ASSERT_EQ(links_begin(links, "http://h/robots.txt", "text/plain"), 0);
    feed(links, "Sitemap:", 8, 8);
    memset(line, 'x', 19998);
    line[19998] = '\n';
    feed(links, line, 19999, 1000);
    feed(links, "Sitemap: /e\n", 12, 12);
    add_list(links, found, sizeof found);
    ASSERT_STR_EQ(found, "http://h/e ");
    links_free(links);
    free(line);
}

/* ---- hostile pages ---- */

/* The page is the beginning, and then so much of one piece. */
static size_t links_of_much(const char *head, const char *piece, size_t size,
                            bool *is_cut)
{
    enum { ROOM = 1 << 16 };
    size_t step = strlen(piece);
    size_t in_room = ROOM / step * step;
    char *room = calloc(1, ROOM);
    struct links *links;
    size_t count;

    ASSERT_NOT_NULL(room);
    for (size_t i = 0; i < in_room; i++)
        room[i] = piece[i % step];
    ASSERT_EQ(links_new(&links), 0);
    ASSERT_EQ(links_begin(links, PAGE, "text/html"), 0);
    ASSERT_EQ(links_feed(links, head, strlen(head)), 0);
    for (size_t done = 0; done < size; done += in_room)
        ASSERT_EQ(links_feed(links, room, in_room), 0);
    ASSERT_EQ(links_finish(links), 0);
    (void)links_list(links, &count);
    *is_cut = links_are_cut(links);
    links_free(links);
    free(room);
    return count;
}

TEST(fetch_links_of_50_megabytes_of_one_byte)
{
    bool is_cut;

    ASSERT_EQ(links_of_much("", "<", 50u << 20, &is_cut), 0);
    ASSERT(!is_cut);
}

TEST(fetch_links_of_much_nonsense)
{
    static const struct {
        const char *head;
        const char *piece;
        size_t links;
        bool is_cut;
    } pages[] = {
        { "", "<", 0, false },
        { "", "<!--", 0, false },
        { "<!--", "<!-- <a href=1> ", 0, false },
        { "<!--", "-", 0, false },
        { "<!--", "--!", 0, false },
        { "<a ", "a", 0, false },
        { "<a ", "a=1 ", 0, false },
        { "<a ", "href='1' ", 0, false },
        { "<a href='", "x", 0, false },
        { "<a href=", "&amp;", 0, false },
        { "<a href=1><img src='a' srcset=", "b,", 1, false },
        { "<script>", "<!--<script", 0, false },
        { "<script>", "</script", 0, false },
        { "<script><!--", "-<", 0, false },
        { "", "</a", 0, false },
        { "", "<a href=1>", 1, true },
        { "", "<a href=mailto:a>", 0, true },
        { "<base href=ftp:x>", "<a href='http://[/'>", 0, true },
    };

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        bool is_cut;
        size_t count =
            links_of_much(pages[i].head, pages[i].piece, 3u << 20, &is_cut);

        if (count != pages[i].links || is_cut != pages[i].is_cut)
            FAIL("page %zu: %zu links", i, count);
    }
}

TEST(fetch_links_are_limited)
{
    struct links *links;
    char tag[8400];
    size_t count;

    ASSERT_EQ(links_new(&links), 0);
    ASSERT_EQ(links_begin(links, PAGE, "text/html"), 0);
    for (unsigned i = 0; i < LINKS_MAX_COUNT; i++) {
        sprintf(tag, "<a href=%u>", i);
        ASSERT_EQ(links_feed(links, tag, strlen(tag)), 0);
    }
    ASSERT_EQ(links_feed(links, tag, strlen(tag)), 0);
    ASSERT(!links_are_cut(links));
    ASSERT_EQ(links_feed(links, "<a href=one-more><a href=2>", 27), 0);
    ASSERT(links_are_cut(links));
    ASSERT_EQ(links_take_header(links, "<x>"), 0);
    ASSERT_EQ(links_finish(links), 0);
    ASSERT_STR_EQ(links_list(links, &count)[9999], "http://h/d/9999");
    ASSERT_EQ(count, LINKS_MAX_COUNT);

    /* Of their bytes: 8 KiB each. */
    ASSERT_EQ(links_begin(links, PAGE, "text/html"), 0);
    for (unsigned i = 0; i < 1000; i++) {
        sprintf(tag, "<a href='%08000u'>", i);
        ASSERT_EQ(links_feed(links, tag, strlen(tag)), 0);
    }
    ASSERT(links_are_cut(links));
    (void)links_list(links, &count);
    ASSERT_GT(count, 125u);
    ASSERT_LT(count, 132u);

    /* One that is too long is left out, alone. */
    ASSERT_EQ(links_begin(links, PAGE, "text/html"), 0);
    sprintf(tag, "<a href='%08190u'><a href=x>", 1u);
    ASSERT_EQ(links_feed(links, tag, strlen(tag)), 0);
    ASSERT_STR_EQ(links_list(links, &count)[0], "http://h/d/x");
    ASSERT_EQ(count, 1u);
    links_free(links);
}

/* A page's URL that is too long: only what is absolute is found. */
TEST(fetch_links_of_a_page_with_a_long_name)
{
    char *url = calloc(1, 10000);
    struct links *links;
    size_t count;

    ASSERT_NOT_NULL(url);
    memset(url, 'a', 9999);
    memcpy(url, PAGE, strlen(PAGE));
    ASSERT_EQ(links_new(&links), 0);
    ASSERT_EQ(links_begin(links, url, "text/html"), 0);
    ASSERT_EQ(links_feed(links, "<a href=x><a href=http://h>", 27), 0);
    ASSERT_STR_EQ(links_list(links, &count)[0], "http://h/");
    ASSERT_EQ(count, 1u);
    links_free(links);
    free(url);
}

/* A NUL makes no URL of a part of one. */
TEST(fetch_links_with_a_nul)
{
    static const char page[] = "<a href='x\0y'><a href='\0'><a \0href=z>"
                               "<a\0><a href=\0w><a href=v \0>";
    struct links *links;
    char found[256];

    ASSERT_EQ(links_new(&links), 0);
    for (size_t step = 1; step < 4; step++) {
        ASSERT_EQ(links_begin(links, PAGE, "text/html"), 0);
        feed(links, page, sizeof page - 1, step);
        add_list(links, found, sizeof found);
        ASSERT_STR_EQ(found, "http://h/d/v ");
    }
    links_free(links);
}
