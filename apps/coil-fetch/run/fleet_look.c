/* SPDX-License-Identifier: MIT */
/* fleet_look.c - --status, --dead, --revive: somebody looks at a queue */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/work.h>

#include "common/text.h"
#include "run/fleet.h"
#include "run/fleet_inside.h"
#include "run/options.h"
#include "run/run.h"

static int print(struct text *text)
{
    int rc = 0;

    if (text->has_failed)
        rc = -ENOMEM;
    else if (fwrite(text->bytes, 1, text->size, stdout) != text->size ||
             fflush(stdout) != 0)
        rc = -errno;
    text_clear(text);
    return rc;
}

/* ---- --status ------------------------------------------------------------- */

static int show_status(struct coil_work *work, bool is_json)
{
    struct coil_work_stats stats;
    struct text text = { 0 };
    int rc = coil_work_stats(work, &stats);
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        { "put", stats.put },         { "done", stats.done },
        { "queued", stats.queued },   { "delayed", stats.delayed },
        { "leased", stats.leased },   { "dead", stats.dead },
        { "retried", stats.retried }, { "expired", stats.expired },
    };
    size_t n = sizeof counts / sizeof counts[0];

    if (rc < 0)
        return rc;
    text_add(&text, is_json ? "{" : "");
    for (size_t i = 0; i < n; i++) {
        if (is_json)
            text_json_name(&text, counts[i].name);
        else
            text_add_format(&text, "%s%s ", i > 0 ? "  " : "", counts[i].name);
        text_add_format(&text, "%" PRIu64, counts[i].count);
    }
    text_add(&text, is_json ? "}\n" : "\n");
    rc = print(&text);
    text_fini(&text);
    return rc;
}

/* ---- --dead --------------------------------------------------------------- */

/* One whose last worker has died, or has not been heard of, has no other reason. */
static const char *reason_of(const struct coil_work_dead *dead)
{
    return *dead->reason ? dead->reason : "its last delivery has failed";
}

static void add_dead(struct text *text, const struct coil_work_dead *dead,
                     bool is_json)
{
    const char *reason = reason_of(dead);

    if (is_json) {
        text_add_char(text, '{');
        text_json_name(text, "id");
        text_json(text, dead->id, strlen(dead->id));
        text_json_name(text, "group");
        text_json(text, dead->group, strlen(dead->group));
        text_json_name(text, "deliveries");
        text_add_format(text, "%u", dead->deliveries);
        text_json_name(text, "reason");
        text_json(text, reason, strlen(reason));
        text_add_char(text, '}');
    } else {
        text_printable(text, dead->id, strlen(dead->id));
        text_add_format(text, "\t%u\t", dead->deliveries);
        text_printable(text, reason, strlen(reason));
    }
    text_add_char(text, '\n');
}

enum { DEAD_AT_ONCE = 100 };

static int show_dead(struct coil_work *work, bool is_json)
{
    struct coil_work_dead dead[DEAD_AT_ONCE];
    struct text text = { 0 };
    uint64_t first = 0;
    int rc;

    do {
        rc = coil_work_list_dead(work, first, dead, DEAD_AT_ONCE);
        for (int i = 0; i < rc; i++) {
            add_dead(&text, &dead[i], is_json);
            coil_work_dead_free(&dead[i]);
        }
        if (rc > 0) {
            int printed;

            first += (uint64_t)rc;
            printed = print(&text);
            rc = printed < 0 ? printed : rc;
        }
    } while (rc > 0);
    text_fini(&text);
    return rc;
}

/* ---- --revive ------------------------------------------------------------- */

static int revive(struct coil_work *work)
{
    int rc = coil_work_revive(work, NULL);

    if (rc >= 0)
        printf("%d revived\n", rc);
    return rc;
}

int fleet_look(const struct options *options)
{
    struct coil_work_options how = fleet_work_options(options);
    bool is_json = options->summary == SUMMARY_JSON;
    struct coil_work *work;
    int closed;
    int rc;

    /* Nothing is put that might be forgotten. */
    how.allow_volatile = true;
    rc = coil_work_open(&work, options->queue, &how);
    if (rc == -ECANCELED)
        return rc;
    if (rc < 0) {
        fleet_complain(rc);
        return EXIT_NOTHING;
    }
    if (options->shows_status)
        rc = show_status(work, is_json);
    else if (options->shows_dead)
        rc = show_dead(work, is_json);
    else
        rc = revive(work);
    closed = coil_work_close(work);
    if (rc == -ECANCELED || closed == -ECANCELED)
        return -ECANCELED;
    if (rc < 0)
        fleet_complain(rc);
    return rc < 0 ? EXIT_NOTHING : EXIT_ALL;
}
