/* SPDX-License-Identifier: MIT */
#include "run/run.h"

int fetch_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return EXIT_USAGE;
}
