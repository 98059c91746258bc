/* SPDX-License-Identifier: MIT */
#include <coil.h>
#include <coil/work.h>

static int do_one(void *arg)
{
    struct coil_work *work;
    struct coil_job job;
    int rc = coil_work_open(&work, "memory:", NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_work_put(work, &(struct coil_work_item){ .id = "a" });
    if (rc == 1)
        rc = coil_work_get(work, &job);
    if (rc == 0)
        rc = coil_job_done(&job);
    return rc < 0 ? rc : coil_work_close(work);
}

int main(void)
{
    return coil_run(do_one, NULL) != 0;
}
