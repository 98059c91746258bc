/* SPDX-License-Identifier: MIT */
#include "run/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <coil/error.h>

#include "common/hash.h"
#include "common/text.h"
#include "fetch/cache.h"
#include "fetch/links.h"
#include "fetch/secrets.h"
#include "journal/journal.h"
#include "output/name.h"
#include "output/warc.h"
#include "run/keeper.h"
#include "run/world.h"

/* What is read of a body, where no option says it. */
enum { MOST_IN_RECORD = 10 * 1024 * 1024, MOST_DROPPED = 1024 * 1024 * 1024 };

/* Where bodies go if nothing else becomes of them. */
#define DEFAULT_TEMPLATE "{host}/{path}"

static int complain(const char *option, const char *value, int error)
{
    if (error == -EEXIST)
        fprintf(stderr,
                "coil-fetch: %s %s: it is there already; --resume with a "
                "journal goes on with it\n",
                option, value);
    else if (error == -EBUSY)
        fprintf(stderr, "coil-fetch: %s %s: another run uses it\n", option,
                value);
    else
        run_complain(option, value, error);
    return error;
}

/* ---- files ---------------------------------------------------------------- */

static int claim(void *arg, const struct job *job, const char *path)
{
    return keeper_note_file(arg, job, path);
}

static int open_places(struct run *run)
{
    const struct options *o = run->options;
    struct text why = { 0 };
    int rc;

    run->has_places =
        !o->discards && (o->output || o->output_dir || (!o->jsonl && !o->warc));
    if (!run->has_places)
        return 0;
    run->place_options = (struct place_options){
        .directory = o->output_dir,
        .template = o->output ? o->output : DEFAULT_TEMPLATE,
        .overwrites = o->overwrites,
        .skips_existing = o->skips_existing,
        .continues = o->continues,
        .resumes = o->resumes,
        .has_no_sync = o->has_no_sync,
        .min_space = o->min_space,
        .claim = run->journal ? claim : NULL,
        .claim_arg = run,
    };
    rc = name_check(run->place_options.template, &why);
    if (rc < 0)
        fprintf(stderr, "coil-fetch: -o %s: %s\n", run->place_options.template,
                why.bytes ? why.bytes : coil_strerror(rc));
    else
        places_init(&run->first.places, &run->place_options);
    run->has_places = rc == 0;
    text_fini(&why);
    return rc;
}

/* ---- the archive ---------------------------------------------------------- */

static int open_warc(struct run *run)
{
    const struct options *o = run->options;
    const struct journal_place *place =
        run->journal ? journal_place(run->journal) : NULL;
    int rc;

    if (!o->warc)
        return 0;
    rc = warc_open(&run->warc,
                   &(struct warc_options){
                       .path = o->warc,
                       .max_size = o->warc_size,
                       .resumes = o->resumes,
                       .place = { place ? (unsigned)place->warc_file : 0,
                                  place ? place->warc : 0 },
                       .earlier = o->warc_dedup,
                       .software = "coil-fetch/" COIL_VERSION_STRING,
                       .robots = o->obeys_robots ? "obey" : "ignore",
                       .has_no_sync = o->has_no_sync,
                   });
    return rc < 0 ? complain("--warc", o->warc, rc) : 0;
}

/*
 * An archive has bodies as the server has encoded them.  Where they go to files or
 * records as well, the server is asked for none of its codings.
 */
static void choose_codings(struct run *run)
{
    const struct options *o = run->options;

    run->is_decoding = !o->keep_encoded && !o->warc;
    if (!o->warc)
        return;
    run->attempt.keep_encoded = true;
    run->attempt.codings = run->has_places || o->has_bodies || o->extracts_links
                               ? "identity"
                               : "gzip, deflate, br";
}

/*
 * A body that ends never, or is kept in memory, is no reason to fail for want of
 * memory or of time: it has a limit, unless it goes to a file alone.
 */
static void limit_bodies(struct run *run)
{
    const struct options *o = run->options;

    if (o->max_filesize > 0)
        return;
    if (o->has_bodies)
        run->attempt.max_size = MOST_IN_RECORD;
    else if (!run->has_places)
        run->attempt.max_size = MOST_DROPPED;
}

/* ---- what is known -------------------------------------------------------- */

/*
 * What all requests of a run have in common, as a hash: a body that was asked for in
 * another way, or went elsewhere, is not the one that is asked for now.
 */
static void write_variant(struct text *variant, const struct run *run)
{
    static const struct hash_key key = { 0, 0 };
    const struct options *o = run->options;
    struct text all = { 0 };

    text_add_format(&all, "%d\n%s\n%s\n%s\n", o->keep_encoded,
                    o->user_agent ? o->user_agent : "", o->user ? o->user : "",
                    run->has_places ? run->place_options.template : "");
    for (size_t i = 0; i < o->header_count; i++)
        text_add_format(&all, "%s: %s\n", o->headers[i].name,
                        o->headers[i].value);
    text_add_format(variant, "%016" PRIx64,
                    hash_bytes(&key, all.bytes ? all.bytes : "", all.size));
    variant->has_failed |= all.has_failed;
    text_fini(&all);
}

static int open_cache(struct run *run)
{
    const char *path = run->options->cache;
    struct text variant = { 0 };
    int rc = -ENOMEM;

    if (!path)
        return 0;
    write_variant(&variant, run);
    if (!variant.has_failed)
        rc = cache_open(&run->cache, path, variant.bytes);
    text_fini(&variant);
    return rc < 0 ? complain("--cache", path, rc) : 0;
}

static int open_secrets(struct run *run)
{
    const char *path = run->options->netrc;
    int rc;

    if (!path)
        return 0;
    rc = secrets_open(&run->secrets, *path != '\0' ? path : NULL);
    return rc < 0 ? complain("--netrc", path, rc) : 0;
}

int files_open(struct run *run)
{
    int rc = open_places(run);

    if (rc == 0)
        rc = open_warc(run);
    if (rc == 0)
        rc = open_cache(run);
    if (rc == 0)
        rc = open_secrets(run);
    if (rc == 0) {
        choose_codings(run);
        limit_bodies(run);
    }
    return rc;
}

int files_close(struct run *run)
{
    int warc = warc_close(run->warc);
    int cache = cache_close(run->cache);

    if (warc < 0)
        complain("--warc", run->options->warc, warc);
    if (cache < 0)
        complain("--cache", run->options->cache, cache);
    if (run->has_places)
        places_fini(&run->first.places);
    links_free(run->idle_links);
    secrets_close(run->secrets);
    return warc < 0 ? warc : cache;
}
