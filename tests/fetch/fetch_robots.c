/* SPDX-License-Identifier: MIT */
/*
 * robots.txt: what a file says to a crawler about paths.
 *
 * The rows whose names begin with "google" state what robots_test.cc of
 * github.com/google/robotstxt states, as far as RFC 9309 has it.  What Google does
 * beyond the RFC is stated the other way round, in the rows "rfc_only".
 */
#include "fetch/robots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "test_table.h"

/* Paths are separated by blanks. */
static const struct row {
    const char *name;
    const char *agent;
    const char *text;
    const char *allowed;
    const char *denied;
} rows[] = {
    { "google_empty_file", "FooBot", "", "/ /x", "" },
    { "google_empty_agent", "", "user-agent: FooBot\ndisallow: /\n", "/ /x",
      "" },
    { "google_line", "FooBot", "user-agent: FooBot\ndisallow: /\n", "",
      "/x/y" },
    { "google_line_of_other_words", "FooBot", "foo: FooBot\nbar: /\n", "/x/y",
      "" },
#define GROUPS                                                                 \
    "allow: /foo/bar/\n\n"                                                     \
    "user-agent: FooBot\ndisallow: /\nallow: /x/\n"                            \
    "user-agent: BarBot\ndisallow: /\nallow: /y/\n\n\nallow: /w/\n"            \
    "user-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n"
    { "google_groups_foo", "FooBot", GROUPS, "/x/b /z/d", "/y/c /foo/bar/" },
    { "google_groups_bar", "BarBot", GROUPS, "/y/c /w/a", "/z/d /foo/bar/" },
    { "google_groups_baz", "BazBot", GROUPS, "/z/d", "/foo/bar/" },
#define SITEMAP                                                                \
    "User-agent: BarBot\nSitemap: https://foo.bar/sitemap\n"                   \
    "User-agent: *\nDisallow: /\n"
    { "google_other_lines_end_no_group_foo", "FooBot", SITEMAP, "", "/" },
    { "google_other_lines_end_no_group_bar", "BarBot", SITEMAP, "", "/" },
    { "google_unknown_line_ends_no_group", "FooBot",
      "User-agent: FooBot\nInvalid-Unknown-Line: unknown\n"
      "User-agent: *\nDisallow: /\n",
      "", "/" },
    { "google_names_upper", "FooBot",
      "USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n", "/x/y", "/a/b" },
    { "google_names_camel", "FooBot",
      "uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /\n", "/x/y", "/a/b" },
    { "google_agent_in_any_case", "fOO",
      "User-Agent: FoO bAr\nAllow: /x/\nDisallow: /\n", "/x/y", "/a/b" },
    { "google_agent_up_to_a_space", "Foo",
      "User-Agent: *\nDisallow: /\n"
      "User-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n",
      "/x/y", "/a" },
#define GLOBAL "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n"
    { "google_own_group_hides_global", "FooBot", GLOBAL, "", "/x/y" },
    { "google_global_group", "BarBot", GLOBAL, "/x/y", "" },
    { "google_no_group_of_ours", "QuxBot",
      "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\n", "/x/y",
      "" },
    { "google_paths_have_case", "FooBot", "user-agent: FooBot\ndisallow: /X/\n",
      "/x/y", "/X/y" },
    { "google_longest_disallow", "FooBot",
      "user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/\n", "/x/",
      "/x/page.html" },
    { "google_longest_allow", "FooBot",
      "user-agent: FooBot\nallow: /x/page.html\ndisallow: /x/\n",
      "/x/page.html", "/x/" },
    { "google_empty_patterns", "FooBot",
      "user-agent: FooBot\ndisallow: \nallow: \n", "/x/page.html", "" },
    { "google_allow_wins_ties", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /\n", "/x/page.html", "" },
    { "google_slash_is_longer", "FooBot",
      "user-agent: FooBot\ndisallow: /x\nallow: /x/\n", "/x/", "/x" },
    { "google_allow_wins_long_ties", "FooBot",
      "user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/page.html\n",
      "/x/page.html", "" },
    { "google_longest_with_star", "FooBot",
      "user-agent: FooBot\nallow: /page\ndisallow: /*.html\n", "/page",
      "/page.html" },
    { "google_longest_beside_star", "FooBot",
      "user-agent: FooBot\nallow: /x/page.\ndisallow: /*.html\n",
      "/x/page.html", "/x/y.html" },
    { "google_own_group_allows", "FooBot",
      "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n",
      "/x/page", "/y/page" },
    { "google_query", "FooBot",
      "User-agent: FooBot\nDisallow: /\n"
      "Allow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n",
      "/foo/bar?qux=taz&baz=http://foo.bar?tar&par", "/foo/bar" },
    { "google_utf8", "FooBot",
      "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/\xe3\x83\x84\n",
      "/foo/bar/%E3%83%84 /foo/bar/%e3%83%84", "/foo/bar/%E3%83%85" },
    { "google_encoded_utf8", "FooBot",
      "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%E3%83%84\n",
      "/foo/bar/%E3%83%84", "/foo/bar" },
    { "google_encoded_unreserved", "FooBot",
      "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%62%61%7A\n",
      "/foo/bar/%62%61%7A", "/foo/bar/ba" },
    { "google_star_within", "FooBot",
      "User-agent: FooBot\nDisallow: /foo/bar/quz\nAllow: /foo/*/qux\n",
      "/foo/quz /foo//quz /foo/bax/quz", "/foo/bar/quz" },
    { "google_dollar", "FooBot",
      "User-agent: FooBot\nDisallow: /foo/bar$\nAllow: /foo/bar/qux\n",
      "/foo/bar/qux /foo/bar/ /foo/bar/baz", "/foo/bar" },
    { "google_comments", "FooBot",
      "User-agent: FooBot\n# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n",
      "/foo/bar", "/foo/quz" },
    { "google_fish", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /fish\n",
      "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html "
      "/fish.html?id=anything",
      "/bar /Fish.asp /catfish /?id=fish" },
    { "google_fish_star", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /fish*\n",
      "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html "
      "/fish.html?id=anything",
      "/bar /Fish.bar /catfish /?id=fish" },
    { "google_fish_slash", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /fish/\n",
      "/fish/ /fish/salmon /fish/?salmon /fish/salmon.html /fish/?id=anything",
      "/bar /fish /fish.html /Fish/Salmon.html" },
    { "google_php", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /*.php\n",
      "/filename.php /folder/filename.php /folder/filename.php?parameters "
      "//folder/any.php.file.html /filename.php/ /index?f=filename.php/",
      "/bar /php/ /index?php /windows.PHP" },
    { "google_php_dollar", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /*.php$\n",
      "/filename.php /folder/filename.php",
      "/bar /filename.php?parameters /filename.php/ /filename.php5 /php/ "
      "/filename?php /aaaphpaaa //windows.PHP" },
    { "google_fish_php", "FooBot",
      "user-agent: FooBot\ndisallow: /\nallow: /fish*.php\n",
      "/fish.php /fishheads/catfish.php?parameters", "/bar /Fish.PHP" },
    { "google_order_p", "FooBot",
      "user-agent: FooBot\nallow: /p\ndisallow: /\n", "/page", "/x" },
    { "google_order_folder", "FooBot",
      "user-agent: FooBot\nallow: /folder\ndisallow: /folder\n", "/folder/page",
      "" },
    { "google_order_htm", "FooBot",
      "user-agent: FooBot\nallow: /page\ndisallow: /*.htm\n", "", "/page.htm" },
    { "google_order_root", "FooBot",
      "user-agent: FooBot\nallow: /$\ndisallow: /\n", "/", "/page.html" },
    { "google_lines_end_with_lf", "bar",
      "User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\nDisallow: /\n",
      "", "/" },
    { "google_lines_end_with_crlf", "bar",
      "User-Agent: foo\r\nAllow: /some/path\r\nUser-Agent: bar\r\n\r\n\r\n"
      "Disallow: /\r\n",
      "", "/" },
    { "google_lines_end_with_cr", "bar",
      "User-Agent: foo\rAllow: /some/path\rUser-Agent: bar\r\r\rDisallow: /\r",
      "", "/" },
    { "google_last_line_has_no_end", "bar",
      "User-Agent: foo\nAllow: /some/path\r\nUser-Agent: bar\n\r\n\nDisallow: /",
      "", "/" },
    { "google_byte_order_mark", "foo",
      "\xef\xbb\xbfUser-Agent: foo\nDisallow: /AnyValue\n", "/", "/AnyValue" },
    { "google_broken_byte_order_mark", "foo",
      "\xef\x11\xbfUser-Agent: foo\nDisallow: /AnyValue\n", "/AnyValue", "" },
    { "google_byte_order_mark_in_the_middle", "foo",
      "User-Agent: foo\n\xef\xbb\xbf"
      "Disallow: /AnyValue\n",
      "/AnyValue", "" },
    { "rfc_only_colon_is_needed", "FooBot", "user-agent FooBot\ndisallow /\n",
      "/x/y", "" },
    { "rfc_only_no_typing_errors", "FooBot",
      "useragent: FooBot\nuser-agent: *\ndisalow: /\ndissallow: /\n", "/", "" },
    { "rfc_only_no_half_byte_order_mark", "foo",
      "\xef\xbbUser-Agent: foo\nDisallow: /\n", "/", "" },
    { "rfc_only_index_html_is_a_file", "foobot",
      "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n",
      "/allowed-slash/index.html", "/allowed-slash/ /anyother-url" },
    { "rfc_only_bytes_beyond_ascii_are_encoded", "FooBot",
      "User-agent: FooBot\nDisallow: /\xe3\x83\x84\n", "/x",
      "/\xe3\x83\x84 /%e3%83%84" },
    { "rfc_only_unreserved_is_decoded", "FooBot",
      "User-agent: FooBot\nDisallow: /%62%61%7A\nDisallow: /%7euser\n", "/ba",
      "/baz /%62az /~user" },
    /* The table of RFC 9309, 2.2.2, and the one of 2.2.3. */
    { "rfc_query_is_compared_encoded", "x",
      "User-agent: x\nDisallow: /foo/bar?baz=https://foo.bar\n",
      "/foo/bar?baz=https:%2Ff",
      "/foo/bar?baz=https%3A%2F%2Ffoo.bar /foo/bar?baz=https://foo.bar/2" },
    { "rfc_slash_in_a_path_is_not_decoded", "x",
      "User-agent: x\nDisallow: /a%2fb\nDisallow: /c/d\n", "/a/b /c%2Fd",
      "/a%2Fb /c/d" },
    { "rfc_encoded_star", "x",
      "User-agent: x\nDisallow: /path/file-with-a-%2A.html\n",
      "/path/file-with-a-b.html",
      "/path/file-with-a-*.html /path/file-with-a-%2a.html" },
    { "rfc_encoded_dollar", "x", "User-agent: x\nDisallow: /path/foo-%24\n",
      "/path/foo-", "/path/foo-$ /path/foo-%24x" },
    { "rfc_robots_txt_is_allowed", "x", "User-agent: *\nDisallow: /\n",
      "/robots.txt", "/robots.txt2 /x/robots.txt" },
    { "rfc_example", "ExampleBot",
      "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\n"
      "Allow: /publications/\n\n"
      "User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\n"
      "Allow:/example/allowed.gif\n\n"
      "User-Agent: barbot\nUser-Agent: bazbot\n"
      "Disallow: /example/page.html\n\nUser-Agent: quxbot\n\nEOF\n",
      "/publications/x /a.gift", "/a.gif /example/page.html" },
    { "agent_of_a_whole_header", "coil-fetch/1.0 (+http://h/)",
      "User-agent: coil\nDisallow: /a\nUser-agent: COIL-FETCH/2\n"
      "Disallow: /b\nUser-agent: coil-fetcher\nDisallow: /c\n",
      "/a /c", "/b" },
    { "blanks_around_everything", "x",
      " \tUser-Agent \t:\t x \t# c\n\tDisallow\t:\t/a b\t#\n", "/a", "/a%20b" },
    { "lone_percent", "x", "User-agent: x\nDisallow: /100%\nDisallow: /%zz\n",
      "/100", "/100%25 /100% /%25zz" },
    { "pattern_without_slash", "x", "User-agent: x\nDisallow: fish/\n",
      "/fish/", "" },
    { "dollar_in_the_middle", "x", "User-agent: x\nDisallow: /a$b\n", "/a",
      "/a$b" },
    { "dollar_is_an_octet", "x", "User-agent: x\nDisallow: /a$\nAllow: /a\n",
      "/ab", "/a" },
    { "stars_are_one", "x", "User-agent: x\nDisallow: /a**b***c$\n", "/abc/",
      "/abc /a/b/c /abcc" },
    { "star_and_dollar_at_the_end", "x",
      "User-agent: x\nDisallow: /a*$\nAllow: /a/b$\n", "/a/b /b", "/a /a/bb" },
    { "everything_by_a_star", "x", "User-agent: x\nDisallow: *\n", "", "/ /a" },
    { "pieces_do_not_overlap", "x",
      "User-agent: x\nDisallow: /aba*bab$\nDisallow: /x*xx*x\n", "/abab /xxx",
      "/ababab /ababxbab /xxxx" },
    { "nested_plain_rules", "x",
      "User-agent: x\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\n"
      "Allow: /a/b/c/d\nDisallow: /a/bz\nDisallow: /a/b/cc\n",
      "/a/b /a/b/d /a/b/c/d/e /a/ba /b", "/a /a/c /a/b/c /a/b/c/e /a/bzz" },
    { "equal_plain_rules", "x",
      "User-agent: x\nDisallow: /a\nDisallow: /a\nAllow: /b\nDisallow: /b*\n"
      "Disallow: /c*\nAllow: /c\nDisallow: /*z\nAllow: /*z\n",
      "/z", "/a /b /c" },
    { "star_reaches_into_the_query", "x",
      "User-agent: x\nDisallow: /*//\nDisallow: /*?a=\n", "/a/ /a?b",
      "/a?u=http://h /a?u=http:%2F%2Fh /b?a=" },
    { "fragment_is_no_part", "x", "User-agent: x\nDisallow: /a$\n", "/a?#",
      "/a#b" },
};

/* Whether each of the paths, which are separated by blanks, is allowed. */
static void check_paths(const struct robots *robots, const char *paths,
                        int expected)
{
    char *text = strdup(paths);
    char *rest = text;

    ASSERT_NOT_NULL(text);
    for (char *path = strtok_r(rest, " ", &rest); path;
         path = strtok_r(NULL, " ", &rest))
        if (robots_allows(robots, path) != expected)
            FAIL("%s is %s", path, expected ? "denied" : "allowed");
    free(text);
}

static struct robots *parsed(const char *text, const char *agent)
{
    struct robots *robots;

    ASSERT_EQ(robots_parse(&robots, text, strlen(text), agent), 0);
    return robots;
}

static void play(const void *subject)
{
    const struct row *row = subject;
    struct robots *robots = parsed(row->text, row->agent);

    check_paths(robots, row->allowed, 1);
    check_paths(robots, row->denied, 0);
    robots_free(robots);
}

__attribute__((constructor)) static void make_tests(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add_test(__FILE__, "fetch_robots", rows[i].name, play, &rows[i]);
}

static coil_time delay_of(const char *text)
{
    struct robots *robots = parsed(text, "x");
    coil_time delay = robots_delay(robots);

    robots_free(robots);
    return delay;
}

TEST(fetch_robots_crawl_delay)
{
    ASSERT_EQ(delay_of("User-agent: *\nDisallow:\n"), 0);
    ASSERT_EQ(delay_of("User-agent: *\nCrawl-Delay: 10\n"), 10 * COIL_SECOND);
    ASSERT_EQ(delay_of("User-agent: *\nDisallow: /\ncrawl-delay:1.25 # s\n"),
              1250 * COIL_MILLISECOND);
    ASSERT_EQ(delay_of("User-agent: *\nCrawl-delay: .5\n"),
              500 * COIL_MILLISECOND);
    ASSERT_EQ(delay_of("User-agent: *\nCrawl-delay: 0.00000000011\n"), 0);
    ASSERT_EQ(delay_of("User-agent: *\nCrawl-delay: 99999999999999999999\n"),
              ROBOTS_MAX_DELAY);
    ASSERT_EQ(delay_of("User-agent: *\nCrawl-delay: -1\nCrawl-delay: .\n"
                       "Crawl-delay: 1.2.3\nCrawl-delay: 5s\nCrawl-delay:\n"),
              0);
}

/* The groups are merged, and the longest delay is kept. */
TEST(fetch_robots_crawl_delay_belongs_to_a_group)
{
    ASSERT_EQ(delay_of("User-agent: *\nCrawl-delay: 9\nDisallow: /\n"
                       "User-agent: x\nCrawl-delay: 2\nAllow: /\n"
                       "User-agent: x\nCrawl-delay: 1\n"),
              2 * COIL_SECOND);
    ASSERT_EQ(delay_of("User-agent: y\nCrawl-delay: 9\n\n"
                       "User-agent: x\nDisallow: /\n"),
              0);
}

/* ---- limits ---- */

static char *repeated(const char *head, const char *piece, size_t count)
{
    size_t size = strlen(head);
    size_t step = strlen(piece);
    char *text = calloc(1, size + count * step + 1);

    ASSERT_NOT_NULL(text);
    memcpy(text, head, size + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + size + i * step, piece, step + 1);
    return text;
}

/* Half a line could say more than the whole one: it is not read. */
TEST(fetch_robots_reads_500_kib_of_whole_lines)
{
    static const char end[] = "\nDisallow: /b\nDisallow: /cd\n";
    char *text = repeated("User-agent: *\nDisallow: /a\n", "# comment\n",
                          ROBOTS_MAX_SIZE / 10 + 1);
    struct robots *robots;

    /* The limit is behind "Disallow: /c". */
    memcpy(text + ROBOTS_MAX_SIZE - (sizeof end - 3), end, sizeof end - 1);
    robots = parsed(text, "x");
    check_paths(robots, "/c /cd", 1);
    check_paths(robots, "/a /b", 0);
    robots_free(robots);
    free(text);
}

TEST(fetch_robots_reads_one_long_line)
{
    char *text = repeated("User-agent: *\nDisallow: /", "a", ROBOTS_MAX_SIZE);
    struct robots *robots = parsed(text, "x");

    check_paths(robots, "/aaa", 1);
    robots_free(robots);
    text[100 * 1024] = '\n';
    robots = parsed(text, "x");
    check_paths(robots, "/aaa", 1);
    text[100 * 1024] = '\0';
    check_paths(robots, text + strlen("User-agent: *\nDisallow: "), 0);
    robots_free(robots);
    free(text);
}

/* Each would take hours if it were tried place by place, or all ways. */
TEST(fetch_robots_hostile_patterns_cost_little)
{
    static const char *const pieces[] = {
        "*", "*a", "*a*b", "*/", "%2a*", "a*a"
    };
    char *path = repeated("/", "a", 100000);

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        char *text = repeated("User-agent: *\nDisallow: /", pieces[i], 100000);
        struct robots *robots = parsed(text, "x");

        ASSERT_GE(robots_allows(robots, path), 0);
        ASSERT_GE(robots_allows(robots, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), 0);
        robots_free(robots);
        text[300] = '\n';
        robots = parsed(text, "x");
        ASSERT_GE(robots_allows(robots, path), 0);
        robots_free(robots);
        free(text);
    }
    free(path);
}

/* Thousands of wildcards, none of which matches a long path: no. */
TEST(fetch_robots_too_many_wildcards_forbid)
{
    char *text = repeated("User-agent: *\n", "Disallow: /*b-\n", 30000);
    char *path = repeated("/", "a", 1000000);
    struct robots *robots;
    char *at = text;

    for (int i = 0; (at = strstr(at, "b-")); i++, at++)
        at[1] = (char)('c' + i % 20);
    robots = parsed(text, "x");
    ASSERT_EQ(robots_allows(robots, "/aaa"), 1);
    ASSERT_EQ(robots_allows(robots, path), 0);
    ASSERT_LT(robots_size(robots), 3u << 20);
    robots_free(robots);
    free(path);
    free(text);
}

/* Rules each of which begins the next one. */
TEST(fetch_robots_a_ladder_of_rules)
{
    char *text = calloc(1, ROBOTS_MAX_SIZE);
    size_t size = (size_t)sprintf(text, "User-agent: *\n");
    struct robots *robots;
    char path[1000];

    for (int i = 1; i < 900; i++) {
        memset(path, 'a', sizeof path);
        path[0] = '/';
        path[i] = '\0';
        size += (size_t)sprintf(text + size, "%s: %s\n",
                                i % 2 ? "Disallow" : "Allow", path);
    }
    robots = parsed(text, "x");
    for (int i = 1; i < 900; i++) {
        memset(path, 'a', sizeof path);
        path[0] = '/';
        path[i] = '\0';
        ASSERT_EQ(robots_allows(robots, path), i % 2 ? 0 : 1);
        path[i] = 'b';
        path[i + 1] = '\0';
        ASSERT_EQ(robots_allows(robots, path), i % 2 ? 0 : 1);
    }
    robots_free(robots);
    free(text);
}
