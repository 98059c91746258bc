/* SPDX-License-Identifier: MIT */
/*
 * postgres.c - three queries of PostgreSQL at the same time, by its library libpq
 *
 *     postgres CONNINFO      e.g. postgres "host=/tmp dbname=postgres"
 *
 * libpq has a descriptor and functions that never block.  Where libpq would wait, a
 * task calls coil_wait_fd() instead.  Each task has a connection of its own.
 */
#include <libpq-fe.h>
#include <stdio.h>

#include <coil.h>

static const char *conninfo;

static int connect_to_it(PGconn *c)
{
    unsigned events = COIL_WRITABLE;

    for (;;) {
        int rc = coil_wait_fd(PQsocket(c), events);

        if (rc < 0)
            return rc;
        switch (PQconnectPoll(c)) {
        case PGRES_POLLING_OK:
            return PQsetnonblocking(c, 1) == 0 ? 0 : -EIO;
        case PGRES_POLLING_READING:
            events = COIL_READABLE;
            break;
        case PGRES_POLLING_WRITING:
            events = COIL_WRITABLE;
            break;
        default:
            return -EIO;
        }
    }
}

/* Send what is buffered, then wait until the next result is complete. */
static int await_result(PGconn *c)
{
    int rc = 0;
    int unsent;

    while (rc >= 0 && (unsent = PQflush(c)) != 0)
        rc = unsent < 0 ? -EIO : coil_wait_fd(PQsocket(c), COIL_WRITABLE);
    while (rc >= 0 && PQisBusy(c)) {
        rc = coil_wait_fd(PQsocket(c), COIL_READABLE);
        if (rc >= 0 && !PQconsumeInput(c))
            rc = -EIO;
    }
    return rc;
}

static int ask(PGconn *c, const char *query)
{
    PGresult *result;
    int rc = PQsendQuery(c, query) ? 0 : -EIO;

    while (rc >= 0) {
        rc = await_result(c);
        if (rc < 0)
            break;
        result = PQgetResult(c);
        if (!result)
            return 0;
        if (PQresultStatus(result) == PGRES_TUPLES_OK)
            printf("%s\n", PQgetvalue(result, 0, 0));
        else
            rc = -EIO;
        PQclear(result);
    }
    return rc;
}

static int query(void *text)
{
    PGconn *c = PQconnectStart(conninfo);
    int rc = c ? 0 : -ENOMEM;

    if (c && PQstatus(c) == CONNECTION_BAD)
        rc = -EIO;
    if (rc == 0)
        rc = connect_to_it(c);
    if (rc == 0)
        rc = ask(c, text);
    if (c && rc == -EIO)
        fprintf(stderr, "postgres: %s", PQerrorMessage(c));
    PQfinish(c);
    return rc;
}

static int start(void *arg)
{
    static const char *const queries[] = {
        "select 'third' from pg_sleep(0.6)",
        "select 'second' from pg_sleep(0.3)",
        "select 'first'",
    };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    conninfo = arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_task_group_create(&group, NULL, query, (void *)queries[i]);
    return coil_task_group_end(&group, rc);
}

int main(int argc, char **argv)
{
    return argc == 2 ? coil_run_status(coil_run(start, argv[1])) : 2;
}
