/* SPDX-License-Identifier: MIT */
/* coil-fetch - fetch many URLs, a few at a time, by priority */
#include "run/run.h"

int main(int argc, char **argv)
{
    return fetch_main(argc, argv);
}
