/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_finish.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

static const char finish_head[] =
    "local key = q .. 'r:' .. ARGV[4] .. ':f'\n"
    "local said = call('GET', key)\n"
    "if said then\n"
    "  local last, results = said:match('^(%d+) (%d*)$')\n"
    "  if last == ARGV[5] then return results end\n"
    "end\n";

/* Which of them are held by who asks?  They are leased no more. */
static const char finish_leases[] =
    "local nums = {}\n"
    "for i = 6, #ARGV, 3 do\n"
    "  nums[#nums + 1] = ARGV[i]\n"
    "end\n"
    "local owns = call('HMGET', q .. 'own', unpack(nums))\n"
    "local results, mine, done, ends, counts = {}, {}, {}, {}, {}\n"
    "for i, num in ipairs(nums) do\n"
    "  local token, score, counted, group = parse(owns[i])\n"
    "  results[i] = 0\n"
    "  if token == ARGV[3 * i + 4] then\n"
    "    results[i] = 1\n"
    "    mine[#mine + 1] = num\n"
    "    ends[#ends + 1] = { ARGV[3 * i + 5], score, counted, group }\n"
    "    if counted == '1' then\n"
    "      counts[#counts + 1] = group\n"
    "    end\n"
    "    if ARGV[3 * i + 5] == 'd' then\n"
    "      done[#done + 1] = num\n"
    "    end\n"
    "  end\n"
    "end\n"
    "results = table.concat(results)\n"
    "if #mine == 0 then return results end\n"
    "call('ZREM', q .. 'lease', unpack(mine))\n"
    "call('HDEL', q .. 'own', unpack(mine))\n"
    "if #done > 0 then\n"
    "  call('HDEL', q .. 'job', unpack(done))\n"
    "  call('HDEL', q .. 'tries', unpack(done))\n"
    "  call('HINCRBY', q .. 'count', 'done', #done)\n"
    "end\n"
    "discount(counts)\n"
    "call('SET', key, ARGV[5] .. ' ' .. results, 'PX', 600000)\n";

static const char finish_retry[] =
    "local function retry(num, score, group, wait)\n"
    "  call('HINCRBY', q .. 'count', 'retried', 1)\n"
    "  if fail(num) then return end\n"
    "  if wait > 0 then\n"
    "    call('ZADD', q .. 'later', now + wait, score .. ' ' .. group)\n"
    "    rings = true\n"
    "  else\n"
    "    call('ZADD', q .. 'g:' .. group, score, score)\n"
    "  end\n"
    "end\n";

static const char finish_jobs[] =
    "for i, num in ipairs(mine) do\n"
    "  local word, score, counted, group = unpack(ends[i])\n"
    "  local kind = word:sub(1, 1)\n"
    "  if kind == 'x' then\n"
    "    call('ZADD', q .. 'g:' .. group, score, score)\n"
    "  elseif kind == 'r' then\n"
    "    retry(num, score, group, tonumber(word:sub(2)))\n"
    "  elseif kind == 'b' then\n"
    "    call('HINCRBY', q .. 'tries', num, 1)\n"
    "    bury(num, word:sub(2))\n"
    "  end\n"
    "  leave(group, counted, true, kind ~= 'd')\n"
    "end\n"
    "ring()\n"
    "return results\n";

/* clang-format on */
const char *const coil__work_lua_finish[] = {
    coil__work_lua_head,  finish_head,         coil__work_lua_flush,
    coil__work_lua_hold,  coil__work_lua_arm,  coil__work_lua_discount,
    coil__work_lua_leave, coil__work_lua_bury, coil__work_lua_fail,
    coil__work_lua_parse, coil__work_lua_ring, finish_leases,
    finish_retry,         finish_jobs,         NULL
};

/* clang-format off */

static const char renew[] =
    "local till = text(now + tonumber(ARGV[4]))\n"
    "local nums, mine, leases, results = {}, {}, {}, {}\n"
    "for i = 5, #ARGV, 2 do\n"
    "  nums[#nums + 1] = ARGV[i]\n"
    "end\n"
    "local owns = call('HMGET', q .. 'own', unpack(nums))\n"
    "for i, num in ipairs(nums) do\n"
    "  results[i] = 0\n"
    "  if owns[i] and owns[i]:match('^%d+') == ARGV[2 * i + 4] then\n"
    "    results[i] = 1\n"
    "    mine[#mine + 1] = num\n"
    "    leases[#leases + 1] = till\n"
    "    leases[#leases + 1] = num\n"
    "  end\n"
    "end\n"
    "if #mine > 0 then\n"
    "  call('ZREM', q .. 'lease', unpack(mine))\n"
    "  call('ZADD', q .. 'lease', unpack(leases))\n"
    "end\n"
    "return table.concat(results)\n";

/* clang-format on */
const char *const coil__work_lua_renew[] = { coil__work_lua_head, renew, NULL };
