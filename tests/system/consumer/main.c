/* SPDX-License-Identifier: MIT */
#include <coil.h>

#include <string.h>

static int sleep_a_little(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MILLISECOND);
}

int main(void)
{
    if (strlen(coil_strerror(-ECANCELED)) == 0)
        return 1;
    return coil_run_status(coil_run(sleep_a_little, NULL));
}
