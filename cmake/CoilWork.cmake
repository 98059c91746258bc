# SPDX-License-Identifier: MIT
#
# libcoil-work, a queue of jobs: in memory, and in a Redis where libcoil-redis is
# there.
coil_layer_sources(work_sources coil-work)
if(TARGET coil_redis)
    list(REMOVE_ITEM work_sources ${src}/work/redis_none.c)
    set(work_depends coil_redis)
else()
    file(GLOB work_redis CONFIGURE_DEPENDS ${src}/work/redis_*.c)
    list(REMOVE_ITEM work_redis ${src}/work/redis_none.c)
    list(REMOVE_ITEM work_sources ${work_redis} ${src}/work/redis.c)
    set(work_depends coil)
endif()
coil_add_library(coil_work coil-work
    SOURCES ${work_sources}
    DEPENDS ${work_depends})
coil_finish_part(work)
