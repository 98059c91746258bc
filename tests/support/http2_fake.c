/* SPDX-License-Identifier: MIT */
/* http2_fake.c - a server of HTTP/2 that does what a test tells it to do */
#include "http2_fake.h"

#include "base/memory.h"
#include "base/platform.h"

struct connection {
    struct fake2 *fake;
    struct coil_stream *stream;
    struct coil__http2_session *session;
    struct coil_task_group *group;
};

static int work(void *arg)
{
    struct fake2_request *r = arg;
    const struct coil__http_layout layout = { 0 };
    struct coil__http2_head *raw;
    int rc;

    raw = coil__http2_stream_await_head(r->http2, &rc);
    if (!raw)
        return 0;
    rc = coil__http2_head_place(raw, COIL__HTTP_REQUEST, &r->block, &layout,
                                &r->head);
    coil__http2_head_free(raw);
    ASSERT_EQ(rc, 0);
    r->fake->at_work++;
    if (r->fake->at_work > r->fake->most)
        r->fake->most = r->fake->at_work;
    rc = r->fake->handle(r);
    r->fake->at_work--;
    return rc == -ECANCELED ? rc : 0;
}

static void end_work(void *arg)
{
    struct fake2_request *r = arg;

    coil__free(r->block.memory);
    coil_stream_abort(r->stream);
}

static int take_request(void *owner, struct coil__http2_stream *http2)
{
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct fake2_request),
                                               .arg_destroy = end_work };
    struct connection *c = owner;
    struct fake2_request r = { .fake = c->fake,
                               .session = c->session,
                               .http2 = http2,
                               .number = ++c->fake->requests };
    int rc;

    if (r.number <= c->fake->refused)
        return -EBUSY;
    rc = coil_stream_new(&r.stream, &http2->transport);
    ASSERT_EQ(rc, 0);
    rc = coil_task_group_create_with(c->group, NULL, work, &r, &options);
    if (rc < 0)
        coil_stream_abort(r.stream);
    return rc;
}

static int talk(void *arg)
{
    struct connection *c = arg;
    struct fake2 *fake = c->fake;
    const struct coil__http2_options options = {
        .is_server = true,
        .has_connect = fake->has_connect,
        .head = { .size = fake->max_head ? fake->max_head : 16 * 1024,
                  .fields = 200 },
        .max_streams = fake->max_streams ? fake->max_streams : 100,
        .window = fake->window ? fake->window : 64 * 1024,
        .whole_window = 256 * 1024,
        .head_time = 30 * COIL_SECOND,
        .request = take_request,
        .owner = c,
    };
    int rc = coil__http2_session_new(&c->session, c->stream, &options);

    if (rc < 0)
        return rc;
    fake->session = c->session;
    fake->below = c->stream;
    fake->talking = coil_current_task();
    rc = coil__http2_session_run(c->session, COIL_NEVER);
    if (fake->session == c->session)
        fake->session = NULL;
    coil__http2_session_free(c->session);
    if (rc == 0)
        rc = coil_stream_flush(c->stream);
    return rc == -ECANCELED ? rc : 0;
}

static void hang_up_on(void *arg)
{
    const struct connection *c = arg;

    coil_stream_abort(c->stream);
}

static int serve_fake2(void *arg)
{
    struct fake2 *fake = arg;
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct connection),
                                               .arg_destroy = hang_up_on };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    while (rc == 0) {
        struct connection c = { .fake = fake, .group = &group };

        rc = coil_listener_accept(fake->listener, &c.stream);
        if (rc < 0)
            break;
        fake->connections++;
        rc = coil_task_group_create_with(&group, NULL, talk, &c, &options);
        if (rc < 0)
            coil_stream_abort(c.stream);
    }
    return coil_task_group_end(&group, rc);
}

void fake2_start(struct fake2 *fake)
{
    struct coil_address address;

    ASSERT_EQ(coil_tcp_listen(&fake->listener, "127.0.0.1", 0), 0);
    coil_listener_address(fake->listener, &address);
    snprintf(fake->url, sizeof fake->url, "http://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    fake->task = start(serve_fake2, fake);
}

void fake2_end(struct fake2 *fake)
{
    coil_task_cancel(fake->task);
    end_of(fake->task);
    coil_listener_close(fake->listener);
}

const char *fake2_header(const struct fake2_request *r, const char *name)
{
    return coil_http_find_header(r->head.headers, r->head.header_count, name);
}

void fake2_head(struct fake2_request *r, int status, const char *lines,
                uint64_t length)
{
    char copy[32 * 1024];
    int size = snprintf(copy, sizeof copy, "%s", lines);
    int rc;

    ASSERT_LT((size_t)size, sizeof copy);
    rc =
        coil__http2_send_response(r->http2, status, copy, (size_t)size, length);
    ASSERT(rc == 0 || coil__http2_stream_is_gone(r->http2));
}

void fake2_answer(struct fake2_request *r, int status, const char *lines,
                  const char *body)
{
    int rc;

    fake2_head(r, status, lines, COIL__HTTP2_UNKNOWN);
    rc = coil_stream_write(r->stream, body, strlen(body));
    if (rc == 0)
        rc = coil_stream_shutdown(r->stream);
    (void)rc; /* the client may have gone */
}

void fake2_cut(struct fake2 *fake)
{
    coil_task_cancel(fake->talking);
}

struct coil_http_client *new_client2(void)
{
    const struct coil_http_client_options options = { .http2_prior_knowledge =
                                                          true };
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    return client;
}
