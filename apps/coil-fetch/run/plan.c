/* SPDX-License-Identifier: MIT */
#include "run/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "job/job.h"
#include "output/name.h"
#include "run/world.h"

static void add_file(struct text *line, const struct run *run,
                     const struct job *job)
{
    const char *template = run->place_options.template;
    struct text name = { 0 };

    if (!run->has_places) {
        text_add_char(line, '-');
        return;
    }
    text_add_bytes(&name, template, name_directory(template));
    if (name_make(&name, template, job, NULL) == 0)
        text_printable(line, name.bytes, name.size);
    text_fini(&name);
}

int plan_print(struct run *run, const struct job *job)
{
    struct text line = { 0 };
    int rc = 0;

    text_add_format(&line, "%" PRId64 "\t%s\t", job->priority, job_method(job));
    text_printable(&line, job->first_url, strlen(job->first_url));
    text_add_char(&line, '\t');
    add_file(&line, run, job);
    text_add_char(&line, '\n');
    if (line.has_failed)
        rc = -ENOMEM;
    else if (fwrite(line.bytes, 1, line.size, stdout) != line.size)
        rc = -errno;
    text_fini(&line);
    if (rc < 0)
        run_fail(run, "standard output", rc);
    return rc;
}
