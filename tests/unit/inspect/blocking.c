/* SPDX-License-Identifier: MIT */
/* What to call instead of a function that blocks. */
#include "inspect/blocking.h"

#include "test.h"

TEST(blocking_functions_have_a_cure_each)
{
    ASSERT_STR_EQ(coil__blocking_cure("usleep"), "use coil_sleep()");
    ASSERT_STR_EQ(coil__blocking_cure("sleep"), "use coil_sleep()");
    ASSERT_STR_EQ(coil__blocking_cure("getaddrinfo"), "use coil_resolve()");
    ASSERT_STR_CONTAINS(coil__blocking_cure("flock"), "coil_to_thread()");
    ASSERT_STR_CONTAINS(coil__blocking_cure("fsync"), "coil/file.h");
}

TEST(blocking_functions_have_other_names_within_the_c_library)
{
    ASSERT_STR_EQ(coil__blocking_cure("__GI___poll"), "use coil_wait_fd()");
    ASSERT_STR_EQ(coil__blocking_cure("__libc_accept"),
                  "use coil_listener_accept()");
    ASSERT_STR_EQ(coil__blocking_cure("__nanosleep"), "use coil_sleep()");
}

TEST(blocking_is_not_what_only_begins_alike)
{
    ASSERT_NULL(coil__blocking_cure("sleep_long"));
    ASSERT_NULL(coil__blocking_cure("slee"));
    ASSERT_NULL(coil__blocking_cure("poller"));
    ASSERT_NULL(coil__blocking_cure("compute"));
    ASSERT_NULL(coil__blocking_cure("___"));
    ASSERT_NULL(coil__blocking_cure(""));
}
