/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <ftw.h>
#include <stdio.h>

#include "test.h"

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void remove_folder(const char *path)
{
    ASSERT_EQ(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
