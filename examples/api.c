/* SPDX-License-Identifier: MIT */
/*
 * api.c - a JSON API: a sum that is kept in a file
 *
 *     api FILE [PORT]                 on port 8080; 0 is a free one
 *
 *     curl http://127.0.0.1:8080/sum
 *     curl -d '{"add": 5}' http://127.0.0.1:8080/sum
 *
 * After SIGTERM or Ctrl-C the requests in progress are answered, within 10 seconds.
 * The next signal ends them at once.
 */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_server.h>

#define LARGEST ((json_int_t)1000000000000)

static const char *path;
static json_int_t sum;
/* To add is to wait for the disk in the middle, and nobody else may add then. */
static struct coil_lock lock = COIL_LOCK_INIT;

/* ---- the sum ---------------------------------------------------------- */

/* Nobody is served yet, so this may keep the loop waiting. */
static int load(void)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    int rc = 0;

    if (root)
        rc = json_unpack_ex(root, &error, 0, "{s:I}", "sum", &sum);
    else if (json_error_code(&error) != json_error_cannot_open_file)
        rc = -1; /* there is a file, but not of ours */
    if (rc < 0)
        fprintf(stderr, "api: %s\n", error.text);
    json_decref(root);
    return rc < 0 ? -EBADMSG : 0;
}

static int add_and_save(json_int_t amount)
{
    json_int_t next = sum + amount;
    char text[64];
    int size = snprintf(text, sizeof text,
                        "{\"sum\": %" JSON_INTEGER_FORMAT "}\n", next);
    int rc = coil_file_replace(path, text, (size_t)size, 0644);

    if (rc == 0)
        sum = next;
    return rc;
}

static int add(json_int_t amount)
{
    int rc = coil_lock_acquire(&lock);

    if (rc < 0)
        return rc;
    rc = add_and_save(amount);
    coil_lock_release(&lock);
    return rc;
}

/* ---- requests --------------------------------------------------------- */

/* `value` is given. */
static int respond(struct coil_http_exchange *x, int status, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    int rc = -ENOMEM;

    json_decref(value);
    if (text)
        rc = coil_http_respond(x, status, "application/json", text,
                               strlen(text));
    free(text);
    return rc;
}

static int refuse(struct coil_http_exchange *x, const char *why)
{
    return respond(x, 400, json_pack("{s:s}", "error", why));
}

static int get_sum(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return respond(x, 200, json_pack("{s:I}", "sum", sum));
}

static int post_sum(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    json_error_t error;
    json_int_t amount;
    json_t *root;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    if (rc < 0)
        return rc;
    root = json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return refuse(x, error.text);
    rc = json_unpack_ex(root, &error, JSON_STRICT, "{s:I}", "add", &amount);
    json_decref(root);
    if (rc < 0)
        return refuse(x, error.text);
    if (amount > LARGEST || amount < -LARGEST)
        return refuse(x, "out of range");
    rc = add(amount);
    return rc < 0 ? rc : get_sum(x, arg);
}

/* ---- the server ------------------------------------------------------- */

/* When start() returns before there is a signal, coil_run() ends this task. */
static int stop_at_a_signal(void *server)
{
    const int signals[] = { SIGINT, SIGTERM };
    int rc = coil_wait_signals(signals, 2);

    if (rc > 0)
        coil_http_server_stop(server, 10 * COIL_SECOND);
    return rc < 0 ? rc : 0;
}

static int serve(struct coil_http_server *server, uint16_t port)
{
    char text[COIL_ADDRESS_STRING];
    struct coil_address address;
    int rc = coil_http_server_route(server, "GET", "/sum", get_sum, NULL);

    if (rc == 0)
        rc = coil_http_server_route(server, "POST", "/sum", post_sum, NULL);
    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", port);
    if (rc == 0)
        rc = coil_http_server_address(server, &address);
    if (rc == 0)
        rc = coil_task_create(NULL, stop_at_a_signal, server);
    if (rc < 0)
        return rc;
    printf("listening on http://%s\n", coil_address_string(&address, text));
    fflush(stdout);
    return coil_http_server_serve(server);
}

static int start(void *port)
{
    const struct coil_http_server_options options = { .max_body_size = 200 };
    struct coil_http_server *server;
    int rc = load();

    if (rc == 0)
        rc = coil_http_server_new(&server, &options);
    if (rc < 0)
        return rc;
    rc = serve(server, (uint16_t)atoi(port));
    coil_http_server_free(server);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: api FILE [PORT]\n");
        return 2;
    }
    path = argv[1];
    return coil_run_status(coil_run(start, argc > 2 ? argv[2] : "8080"));
}
