/* SPDX-License-Identifier: MIT */
#include "http/server/http_router.h"

#include <coil/sleep.h>

#include <string.h>

#include "base/memory.h"
#include "http/server/http_respond.h"

/* A route, or a router within. */
struct entry {
    struct entry *next;
    char *method; /* NULL: any */
    char *pattern;
    coil_http_handler_fn handler;
    void *arg;
    struct coil_http_router *inner; /* NULL: a route */
    bool is_plain; /* a route whose pattern is a path, letter for letter */
};

struct coil__http_middleware {
    struct coil__http_middleware *next;
    coil_http_handler_fn fn;
    void *arg;
};

struct coil_http_router {
    struct coil_http_router *outer;
    int parameters; /* of the prefixes it is mounted at, in all */
    struct entry *entries;
    struct entry **entries_end;
    struct coil__http_middleware *middlewares;
    struct coil__http_middleware **middlewares_end;
};

/* ---- making routers --------------------------------------------------- */

int coil_http_router_new(struct coil_http_router **out)
{
    struct coil_http_router *router = coil__alloc(sizeof *router);

    if (!router)
        return -ENOMEM;
    router->entries_end = &router->entries;
    router->middlewares_end = &router->middlewares;
    *out = router;
    return 0;
}

static void free_entry(struct entry *entry)
{
    coil__free(entry->method);
    coil__free(entry->pattern);
    coil__free(entry);
}

void coil_http_router_free(struct coil_http_router *router)
{
    if (!router)
        return;
    while (router->entries) {
        struct entry *entry = router->entries;

        router->entries = entry->next;
        coil_http_router_free(entry->inner);
        free_entry(entry);
    }
    while (router->middlewares) {
        struct coil__http_middleware *middleware = router->middlewares;

        router->middlewares = middleware->next;
        coil__free(middleware);
    }
    coil__free(router);
}

/* Returns NULL without memory. */
static struct entry *new_entry(const char *method, const char *pattern)
{
    struct entry *entry = coil__alloc(sizeof *entry);

    if (!entry)
        return NULL;
    entry->pattern = coil__strndup(pattern, strlen(pattern));
    if (method)
        entry->method = coil__strndup(method, strlen(method));
    if (!entry->pattern || (method && !entry->method)) {
        free_entry(entry);
        return NULL;
    }
    return entry;
}

static void append(struct coil_http_router *router, struct entry *entry)
{
    *router->entries_end = entry;
    router->entries_end = &entry->next;
}

int coil_http_router_route(struct coil_http_router *router, const char *method,
                           const char *pattern, coil_http_handler_fn handler,
                           void *arg)
{
    int parameters = coil__http_pattern_parameters(pattern);
    struct entry *entry;

    if (parameters < 0 || (method && !coil_http_is_token(method)) ||
        router->parameters + parameters > COIL__HTTP_CAPTURES)
        return -EINVAL;
    entry = new_entry(method, pattern);
    if (!entry)
        return -ENOMEM;
    entry->handler = handler;
    entry->arg = arg;
    entry->is_plain = parameters == 0 && !strchr(pattern, '%');
    append(router, entry);
    return 0;
}

/* ---- routers within routers ------------------------------------------- */

static int depth_of(const struct coil_http_router *router)
{
    int depth = 0;

    for (; router; router = router->outer)
        depth++;
    return depth;
}

static const struct coil_http_router *
outermost(const struct coil_http_router *router)
{
    while (router->outer)
        router = router->outer;
    return router;
}

/* Whether routers within each other, and their parameters, are not too many. */
static bool fits(const struct coil_http_router *router, int depth,
                 int parameters)
{
    if (depth > COIL__HTTP_ROUTERS)
        return false;
    for (const struct entry *e = router->entries; e; e = e->next) {
        int more = parameters + coil__http_pattern_parameters(e->pattern);

        if (more > COIL__HTTP_CAPTURES ||
            (e->inner && !fits(e->inner, depth + 1, more)))
            return false;
    }
    return true;
}

static void count_parameters(struct coil_http_router *router, int parameters)
{
    router->parameters = parameters;
    for (const struct entry *e = router->entries; e; e = e->next)
        if (e->inner)
            count_parameters(e->inner,
                             parameters +
                                 coil__http_pattern_parameters(e->pattern));
}

int coil_http_router_mount(struct coil_http_router *router, const char *prefix,
                           struct coil_http_router *inner)
{
    int parameters = coil__http_pattern_parameters(prefix);
    struct entry *entry;

    if (parameters < 0 || strchr(prefix, '*') || inner->outer ||
        outermost(router) == inner ||
        !fits(inner, depth_of(router) + 1, router->parameters + parameters))
        return -EINVAL;
    entry = new_entry(NULL, prefix);
    if (!entry)
        return -ENOMEM;
    entry->inner = inner;
    inner->outer = router;
    count_parameters(inner, router->parameters + parameters);
    append(router, entry);
    return 0;
}

int coil_http_router_use(struct coil_http_router *router,
                         coil_http_handler_fn fn, void *arg)
{
    struct coil__http_middleware *middleware = coil__alloc(sizeof *middleware);

    if (!middleware)
        return -ENOMEM;
    middleware->fn = fn;
    middleware->arg = arg;
    *router->middlewares_end = middleware;
    router->middlewares_end = &middleware->next;
    return 0;
}

void *coil__http_router_argument(const struct coil_http_router *router,
                                 coil_http_handler_fn fn)
{
    const struct coil__http_middleware *m = router->middlewares;

    while (m && m->fn != fn)
        m = m->next;
    return m ? m->arg : NULL;
}

/* ---- finding a route -------------------------------------------------- */

struct search {
    struct coil_http_exchange *x;
    const char *method;
    bool is_escaped; /* the path */
    struct coil__http_captures *captures;
};

/* What the pattern leaves of the path, or NULL. */
static const char *match(const struct entry *e, const char *path,
                         const struct search *s)
{
    if (e->is_plain && !s->is_escaped)
        return strcmp(e->pattern, path) == 0 ? "" : NULL;
    return coil__http_pattern_match(e->pattern, path, e->inner, s->captures);
}

static bool serves(const struct entry *route, const char *method)
{
    if (!route->method)
        return strcmp(method, "CONNECT") != 0;
    if (strcmp(route->method, method) == 0)
        return true;
    return strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0;
}

/* Without memory the list gets shorter, which does no harm. */
static void allow(struct coil_buffer *allowed, const char *method)
{
    size_t before = allowed->size;
    const char *text;

    if (coil__buffer_append(allowed, "", 1) < 0)
        return;
    allowed->size = before;
    text = (const char *)coil__buffer_bytes(allowed);
    if (coil__http_list_has(text, method))
        return;
    if ((before > 0 && coil__buffer_append(allowed, ", ", 2) < 0) ||
        coil__buffer_append(allowed, method, strlen(method)) < 0)
        allowed->size = before;
    else if (strcmp(method, "GET") == 0)
        allow(allowed, "HEAD");
}

static const struct entry *find_in(struct coil_http_router *router,
                                   const char *path, const struct search *s)
{
    const struct entry *found = NULL;
    struct coil_http_exchange *x = s->x;

    x->routers[x->way.depth++] = router;
    for (const struct entry *e = router->entries; e && !found; e = e->next) {
        size_t before = s->captures->count;
        const char *rest = match(e, path, s);

        if (rest && e->inner)
            found = find_in(e->inner, *rest ? rest : "/", s);
        else if (rest && serves(e, s->method))
            found = e;
        else if (rest && e->method)
            allow(&x->allowed, e->method);
        if (!found)
            s->captures->count = before;
    }
    if (!found)
        x->way.depth--;
    return found;
}

/* Decode what has matched into the spare room. */
static void keep_captures(struct coil_http_exchange *x,
                          const struct coil__http_captures *captures)
{
    for (size_t i = 0; i < captures->count; i++) {
        const struct coil__http_capture *c = &captures->all[i];

        x->captures[i] = (struct coil__http_parameter){ c->name, x->spare };
        coil__http_decode(x->spare, c->sent.at, c->sent.size, false);
        x->spare += strlen(x->spare) + 1;
    }
    x->capture_count = captures->count;
}

/* ---- what the router answers itself ----------------------------------- */

/* Whether a route of the router, or of one within, is for `method`. */
static bool knows(const struct coil_http_router *router, const char *method)
{
    for (const struct entry *e = router->entries; e; e = e->next)
        if (e->inner ? knows(e->inner, method) : serves(e, method))
            return true;
    return false;
}

static bool is_common(const char *method)
{
    static const char *const common[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"
    };

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (strcmp(method, common[i]) == 0)
            return true;
    return false;
}

static void allow_all(const struct coil_http_router *router,
                      struct coil_buffer *allowed)
{
    for (const struct entry *e = router->entries; e; e = e->next) {
        if (e->inner)
            allow_all(e->inner, allowed);
        else if (e->method)
            allow(allowed, e->method);
    }
}

/* Answer 204 to OPTIONS and 405 to others, with the methods that are allowed. */
static int answer_allowed(struct coil_http_exchange *x,
                          struct coil_buffer *allowed)
{
    bool asks = strcmp(x->head.method, "OPTIONS") == 0;
    int rc;

    allow(allowed, "OPTIONS");
    rc = coil__buffer_append(allowed, "", 1);
    if (rc == 0)
        rc = coil_http_respond_header(
            x, "Allow", (const char *)coil__buffer_bytes(allowed));
    if (rc < 0)
        return rc;
    return asks ? coil_http_respond(x, 204, NULL, NULL, 0)
                : coil__http_respond_status(x, 405);
}

static int answer_without_route(struct coil_http_exchange *x)
{
    struct coil_http_router *root = x->routers[0];
    struct coil_buffer *allowed = &x->allowed;

    if (strcmp(x->path, "*") == 0) {
        allow_all(root, allowed);
        return answer_allowed(x, allowed);
    }
    if (!is_common(x->head.method) && !knows(root, x->head.method))
        return coil__http_respond_status(x, 501);
    if (allowed->size == 0)
        return coil__http_respond_status(x, 404);
    return answer_allowed(x, allowed);
}

/* ---- calling ---------------------------------------------------------- */

int coil_http_exchange_next(struct coil_http_exchange *x)
{
    struct coil__http_way *way = &x->way;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (way->is_over)
        return -EALREADY;
    while (!way->middleware && way->at < way->depth)
        way->middleware = x->routers[way->at++]->middlewares;
    if (way->middleware) {
        const struct coil__http_middleware *middleware = way->middleware;

        way->middleware = middleware->next;
        return middleware->fn(x, middleware->arg);
    }
    way->is_over = true;
    return way->handler ? way->handler(x, way->arg) : answer_without_route(x);
}

int coil__http_router_serve(struct coil_http_router *root,
                            struct coil_http_exchange *x)
{
    struct coil__http_captures captures;
    const struct search search = { .x = x,
                                   .method = x->head.method,
                                   .is_escaped = strchr(x->path, '%') != NULL,
                                   .captures = &captures };
    const struct entry *route = NULL;

    captures.count = 0;
    if (x->path[0] == '/')
        route = find_in(root, x->path, &search);
    if (route) {
        keep_captures(x, &captures);
        x->way.handler = route->handler;
        x->way.arg = route->arg;
    } else {
        x->routers[0] = root;
        x->way.depth = 1;
    }
    return coil_http_exchange_next(x);
}
