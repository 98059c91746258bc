/* SPDX-License-Identifier: MIT */
/*
 * The client of https.c with libcurl, called in the same way: the multi interface
 * driven by epoll (curl_multi_socket_action()), handles used again and sessions
 * shared by all of them.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "../bench.h"

enum { WIDTH_MAX = 1000, EVENTS = 256 };

static CURLM *multi;
static CURLSH *share;
static int epoll;
static long timeout = -1;
static const char *mode;
static long left;
static long running;
static long resumed;
static long response_bytes;

static size_t take(char *data, size_t size, size_t count, void *easy)
{
    struct curl_tlssessioninfo *info;

    (void)data;
    response_bytes += (long)(size * count);
    if (strcmp(mode, "resumed") == 0 &&
        curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) == CURLE_OK &&
        info->internals)
        resumed += SSL_session_reused(info->internals);
    return size * count;
}

static int watch(CURL *easy, curl_socket_t fd, int what, void *unused,
                 void *known)
{
    struct epoll_event event = { .data.fd = fd };

    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) |
                   (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, &epoll);
    return 0;
}

static int set_timeout(CURLM *unused, long milliseconds, void *none)
{
    (void)unused;
    (void)none;
    timeout = milliseconds;
    return 0;
}

static void begin(CURL *easy)
{
    left--;
    running++;
    bench_check(curl_multi_add_handle(multi, easy) == CURLM_OK ? 0 : -1);
}

static void look_what_is_done(void)
{
    CURLMsg *message;
    int queued;

    while ((message = curl_multi_info_read(multi, &queued))) {
        CURL *easy = message->easy_handle;
        long status = 0;

        if (message->data.result != CURLE_OK)
            fprintf(stderr, "curl: %s\n",
                    curl_easy_strerror(message->data.result));
        bench_check(message->data.result == CURLE_OK ? 0 : -1);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        bench_check(status == 200 ? 0 : -1);
        curl_multi_remove_handle(multi, easy);
        running--;
        if (left > 0)
            begin(easy);
    }
}

static void act(curl_socket_t fd, int what)
{
    int active;

    curl_multi_socket_action(multi, fd, what, &active);
}

static int bits(uint32_t events)
{
    return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
           (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
           (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

static void fetch(CURL **handles, long width, long count)
{
    struct epoll_event events[EVENTS];

    left = count;
    for (long i = 0; i < width && left > 0; i++)
        begin(handles[i]);
    while (running > 0) {
        int n = epoll_wait(epoll, events, EVENTS, (int)timeout);

        bench_check(n);
        if (n == 0)
            act(CURL_SOCKET_TIMEOUT, 0);
        for (int i = 0; i < n; i++)
            act(events[i].data.fd, bits(events[i].events));
        look_what_is_done();
    }
}

static CURL *make_handle(const char *url, const char *ca)
{
    static struct curl_slist *closing;
    CURL *easy = curl_easy_init();

    bench_check(easy ? 0 : -1);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (strcmp(mode, "http2") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
        return easy;
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    if (strcmp(mode, "kept") == 0)
        return easy;
    if (!closing)
        closing = curl_slist_append(NULL, "Connection: close");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, closing);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    if (strcmp(mode, "resumed") == 0)
        curl_easy_setopt(easy, CURLOPT_SHARE, share);
    else
        curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    return easy;
}

static double own_time(void)
{
    struct rusage usage;

    bench_check(getrusage(RUSAGE_SELF, &usage));
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
    static CURL *handles[WIDTH_MAX];
    struct rlimit files;
    long width, count;
    double before;

    bench_check(argc < 7 ? -1 : 0);
    mode = argv[2];
    width = atol(argv[3]);
    count = atol(argv[4]);
    bench_check(getrlimit(RLIMIT_NOFILE, &files));
    files.rlim_cur = files.rlim_max;
    bench_check(setrlimit(RLIMIT_NOFILE, &files));

    curl_global_init(CURL_GLOBAL_ALL);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    multi = curl_multi_init();
    share = curl_share_init();
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timeout);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, width);
    for (long i = 0; i < width; i++)
        handles[i] = make_handle(argv[5], argv[6]);

    fetch(handles, width, width + 10);
    resumed = 0;
    before = own_time();
    fetch(handles, width, count);
    printf("%.2f 0 %ld\n", (own_time() - before) / (double)count, resumed);
    return 0;
}
