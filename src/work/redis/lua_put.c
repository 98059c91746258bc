/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_put.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

/* Whose ids are new? */
static const char put_ids[] =
    "local fresh = {}\n"
    "for i = 4, #ARGV, 2 do\n"
    "  local job = ARGV[i + 1]\n"
    "  local _, groups, ids = struct.unpack('>hI2I2', job)\n"
    "  local sum = redis.sha1hex(job:sub(7 + groups, 6 + groups + ids))\n"
    "  local set = q .. 'seen:' .. sum:sub(1, 4)\n"
    "  if call('SADD', set, text(tonumber(sum:sub(5, 17), 16))) == 1 then\n"
    "    fresh[#fresh + 1] = i\n"
    "  end\n"
    "end\n";

static const char put_jobs[] =
    "if #fresh == 0 then return 0 end\n"
    "local num = call('INCRBY', q .. 'num', #fresh) - #fresh\n"
    "for _, i in ipairs(fresh) do\n"
    "  local job = ARGV[i + 1]\n"
    "  local wait = tonumber(ARGV[i])\n"
    "  local priority, groups = struct.unpack('>hI2', job)\n"
    "  local group = job:sub(7, 6 + groups)\n"
    "  num = num + 1\n"
    "  local score = text(priority * 68719476736 + num)\n"
    "  call('HSET', q .. 'job', score, job)\n"
    "  if wait > 0 then\n"
    "    call('ZADD', q .. 'later', now + wait, score .. ' ' .. group)\n"
    /* Who waits does not know of that time. */
    "    rings = true\n"
    "  else\n"
    "    enter(score, group)\n"
    "  end\n"
    "end\n"
    "call('HINCRBY', q .. 'count', 'put', #fresh)\n"
    "ring()\n"
    "return #fresh\n";

/* clang-format on */
const char *const coil__work_lua_put[] = { coil__work_lua_head,
                                           coil__work_lua_flush,
                                           coil__work_lua_arm,
                                           coil__work_lua_enter,
                                           coil__work_lua_ring,
                                           put_ids,
                                           put_jobs,
                                           NULL };

/* clang-format off */

static const char pause_group[] =
    "local score = call('ZSCORE', q .. 'ready', ARGV[4])\n"
    "call('ZREM', q .. 'ready', ARGV[4])\n"
    "if score then put_back(ARGV[4], score) end\n"
    "hold(ARGV[4], now + tonumber(ARGV[5]))\n"
    "flush()\n"
    "return 1\n";

/* clang-format on */
const char *const coil__work_lua_pause[] = { coil__work_lua_head,
                                             coil__work_lua_flush,
                                             coil__work_lua_hold, pause_group,
                                             NULL };
