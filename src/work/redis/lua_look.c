/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_look.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

static const char stats[] =
    "local counts = call('HMGET', q .. 'count', 'put', 'done', 'retried',\n"
    "                    'expired')\n"
    "for i = 1, 4 do\n"
    "  counts[i] = tonumber(counts[i] or 0)\n"
    "end\n"
    "counts[5] = call('HLEN', q .. 'job')\n"
    "counts[6] = call('ZCARD', q .. 'later')\n"
    "counts[7] = call('ZCARD', q .. 'lease')\n"
    "counts[8] = call('ZCARD', q .. 'dead')\n"
    "return counts\n";

/* clang-format on */
const char *const coil__work_lua_stats[] = { coil__work_lua_head, stats, NULL };

/* clang-format off */

static const char list[] =
    "local out = {}\n"
    "for _, key in ipairs(call('ZRANGE', q .. 'dead', ARGV[4], ARGV[5])) do\n"
    "  local job = call('HGET', q .. 'job', key)\n"
    "  if job then\n"
    "    out[#out + 1] = job\n"
    "    out[#out + 1] = call('HGET', q .. 'why', key) or ''\n"
    "    out[#out + 1] = tonumber(call('HGET', q .. 'tries', key) or 0)\n"
    "  end\n"
    "end\n"
    "return out\n";

/* clang-format on */
const char *const coil__work_lua_list[] = { coil__work_lua_head, list, NULL };

/* clang-format off */

static const char revive_one[] =
    "local function revive(key, job)\n"
    "  local _, groups, ids = struct.unpack('>hI2I2', job)\n"
    "  local id = job:sub(7 + groups, 6 + groups + ids)\n"
    "  if ARGV[6] and ARGV[6] ~= id then return 0 end\n"
    "  call('ZREM', q .. 'dead', key)\n"
    "  call('HDEL', q .. 'tries', key)\n"
    "  call('HDEL', q .. 'why', key)\n"
    "  enter(key, job:sub(7, 6 + groups))\n"
    "  return 1\n"
    "end\n";

/* So many at once, as others wait meanwhile. */
static const char revive[] =
    "local last = ARGV[5]\n"
    "if last == '' then\n"
    "  last = call('HGET', q .. 'count', 'buried') or '0'\n"
    "end\n"
    "local dead = call('ZRANGEBYSCORE', q .. 'dead', '(' .. ARGV[4], last,\n"
    "                  'WITHSCORES', 'LIMIT', 0, 100)\n"
    "local count, at = 0, ''\n"
    "for i = 1, #dead, 2 do\n"
    "  local job = call('HGET', q .. 'job', dead[i])\n"
    "  at = dead[i + 1]\n"
    "  if job then\n"
    "    count = count + revive(dead[i], job)\n"
    "  end\n"
    "end\n"
    "if #dead < 200 or ARGV[6] and count > 0 then\n"
    "  at = ''\n"
    "end\n"
    "ring()\n"
    "return { count, at, last }\n";

/* clang-format on */
const char *const coil__work_lua_revive[] = { coil__work_lua_head,
                                              coil__work_lua_flush,
                                              coil__work_lua_arm,
                                              coil__work_lua_enter,
                                              coil__work_lua_ring,
                                              revive_one,
                                              revive,
                                              NULL };
