# SPDX-License-Identifier: MIT
#
# libcoil-work, a queue of jobs: in memory, in a file, and in a Redis where libcoil-redis is
# there.
coil_layer_sources(work_sources coil-work)
set(redis_none ${work_sources})
list(FILTER redis_none INCLUDE REGEX "/redis_none[.]c$")
if(TARGET coil_redis)
    list(REMOVE_ITEM work_sources ${redis_none})
    set(work_depends coil_redis)
else()
    list(FILTER work_sources EXCLUDE REGEX "/redis/[a-z_]*[.]c$")
    list(APPEND work_sources ${redis_none})
    set(work_depends coil)
endif()
coil_add_library(coil_work coil-work
    SOURCES ${work_sources}
    DEPENDS ${work_depends})
coil_finish_part(work)
