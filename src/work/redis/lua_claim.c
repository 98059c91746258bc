/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_claim.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

static const char claim_head[] =
    "local key = q .. 'r:' .. ARGV[4] .. ':c'\n"
    "local request = tonumber(ARGV[5])\n"
    "local n = tonumber(ARGV[6])\n"
    "local till = text(now + tonumber(ARGV[7]))\n"
    "local nums, tokens, rests = {}, {}, {}\n";

/*
 * The request was carried out, and is repeated since nobody has got the answer, with
 * another `n` perhaps.  Who repeats it counts the time from now on.
 */
static const char claim_again[] =
    "local function claim_again(said)\n"
    "  for num, token in said:gmatch(' (%d+) (%d+)') do\n"
    "    local own = call('HGET', q .. 'own', num)\n"
    "    local fence, score, counted, group = parse(own)\n"
    "    if fence == token then\n"
    "      call('ZREM', q .. 'lease', num)\n"
    "      if #nums < n then\n"
    "        call('ZADD', q .. 'lease', till, num)\n"
    "        nums[#nums + 1] = num\n"
    "        tokens[#tokens + 1] = token\n"
    "      else\n"
    "        call('HDEL', q .. 'own', num)\n"
    "        call('ZADD', q .. 'g:' .. group, score, score)\n"
    "        discount(counted == '1' and { group } or {})\n"
    "        leave(group, counted, false, true)\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "  ring()\n"
    "end\n";

/* End leases whose time is up. */
static const char claim_expired[] =
    "local function end_leases()\n"
    "  local ended = call('ZRANGEBYSCORE', q .. 'lease', '-inf', now,\n"
    "                     'LIMIT', 0, 100)\n"
    "  if #ended == 0 then return end\n"
    "  local owns = call('HMGET', q .. 'own', unpack(ended))\n"
    "  call('ZREM', q .. 'lease', unpack(ended))\n"
    "  call('HDEL', q .. 'own', unpack(ended))\n"
    "  call('HINCRBY', q .. 'count', 'expired', #ended)\n"
    "  local counts = {}\n"
    "  for i, num in ipairs(ended) do\n"
    "    local _, score, counted, group = parse(owns[i])\n"
    "    if counted == '1' then\n"
    "      counts[#counts + 1] = group\n"
    "    end\n"
    "    if not fail(num) then\n"
    "      call('ZADD', q .. 'g:' .. group, score, score)\n"
    "    end\n"
    "  end\n"
    "  discount(counts)\n"
    "  for _, own in ipairs(owns) do\n"
    "    local _, _, counted, group = parse(own)\n"
    "    leave(group, counted, true, true)\n"
    "  end\n"
    "  flush()\n"
    "end\n";

/* Take out of `later` and `wait` what need not wait any more. */
static const char claim_due[] =
    "local function take_due(place)\n"
    "  local due = call('ZRANGEBYSCORE', q .. place, '-inf', now,\n"
    "                   'LIMIT', 0, 100)\n"
    "  if #due > 0 then\n"
    "    call('ZREM', q .. place, unpack(due))\n"
    "  end\n"
    "  return due\n"
    "end\n"
    "local function move_due()\n"
    "  for _, item in ipairs(take_due('later')) do\n"
    "    local score, group = item:match('^(%S+) (.*)$')\n"
    "    call('ZADD', q .. 'g:' .. group, score, score)\n"
    "    arm(group, false)\n"
    "  end\n"
    "  for _, group in ipairs(take_due('wait')) do\n"
    "    arm(group, false)\n"
    "  end\n"
    "  flush()\n"
    "end\n";

/*
 * The best jobs of a group, which are taken, and the score of the next one, if that
 * may begin as well; `other` is the score of the next best group, if there is one.
 */
static const char claim_group[] =
    "local ones = {}\n"
    "local function take(group, score, counted)\n"
    "  nums[#nums + 1] = num_of(score)\n"
    "  rests[#rests + 1] = ' ' .. score .. ' ' .. counted .. ' ' .. group\n"
    "end\n"
    /* Where nothing more may begin for now. */
    "local function take_one(group, score)\n"
    "  if call('ZREM', q .. 'g:' .. group, score) == 0 then\n"
    "    return arm(group, false)\n"
    "  end\n"
    "  take(group, score, '1')\n"
    "  if limit == 1 then\n"
    "    ones[#ones + 1] = group\n"
    "    ones[#ones + 1] = '1'\n"
    "  else\n"
    "    call('HINCRBY', q .. 'busy', group, 1)\n"
    "    hold(group, now + delay)\n"
    "  end\n"
    "end\n"
    "local function take_some(group, other)\n"
    "  local room = n - #nums\n"
    "  local free = room + 1\n"
    "  local counted = '0'\n"
    "  if limit > 0 and group ~= '' then\n"
    "    counted = '1'\n"
    "    free = limit - tonumber(call('HGET', q .. 'busy', group) or 0)\n"
    "    room = math.min(room, free)\n"
    "  end\n"
    "  if room <= 0 then return nil end\n"
    /* The next best group has its turn soon, as a rule. */
    "  local jobs = call('ZRANGE', q .. 'g:' .. group, 0,\n"
    "                    other and 1 or room)\n"
    "  local i = 0\n"
    "  while i < room and jobs[i + 1]\n"
    "        and (not other or tonumber(jobs[i + 1]) <= other) do\n"
    "    take(group, jobs[i + 1], counted)\n"
    "    i = i + 1\n"
    "  end\n"
    "  if i > 0 then\n"
    "    call('ZREMRANGEBYRANK', q .. 'g:' .. group, 0, i - 1)\n"
    "    if counted == '1' then\n"
    "      call('HINCRBY', q .. 'busy', group, i)\n"
    "    end\n"
    "  end\n"
    "  if i == free then return nil end\n"
    "  local score = jobs[i + 1]\n"
    "  if not score and i == 2 then\n"
    "    score = call('ZRANGE', q .. 'g:' .. group, 0, 0)[1]\n"
    "  end\n"
    "  return score\n"
    "end\n";

/*
 * Take jobs of the best groups.  `list` has them in their order; `at` is the best.  A
 * group that goes on moves to where it belongs by its next job.  What becomes of
 * `ready` is written once.
 */
static const char claim_take[] =
    "local function take_jobs()\n"
    "  local best = call('ZRANGE', q .. 'ready', 0, n - 1, 'WITHSCORES')\n"
    "  local list, after = {}, {}\n"
    "  for i = 1, #best, 2 do\n"
    "    list[#list + 1] = { best[i], tonumber(best[i + 1]), best[i + 1] }\n"
    "  end\n"
    "  local at = 1\n"
    "  while #nums < n and list[at] do\n"
    "    local group = list[at][1]\n"
    "    local score = nil\n"
    "    if group ~= '' and (limit == 1 or delay > 0) then\n"
    "      take_one(group, list[at][3])\n"
    "    else\n"
    "      score = take_some(group, list[at + 1] and list[at + 1][2])\n"
    "    end\n"
    "    after[group] = score or false\n"
    "    if score then\n"
    "      local entry, place = { group, tonumber(score), score }, at\n"
    "      while list[place + 1] and list[place + 1][2] < entry[2] do\n"
    "        list[place] = list[place + 1]\n"
    "        place = place + 1\n"
    "      end\n"
    "      list[place] = entry\n"
    "    else\n"
    "      at = at + 1\n"
    "    end\n"
    "  end\n"
    "  return after\n"
    "end\n";

static const char claim_groups[] =
    "local function write_groups(after)\n"
    "  local gone = {}\n"
    "  for group, score in pairs(after) do\n"
    "    if score then\n"
    "      armed[group] = score\n"
    "    else\n"
    "      gone[#gone + 1] = group\n"
    "    end\n"
    "  end\n"
    "  if #gone > 0 then\n"
    "    call('ZREM', q .. 'ready', unpack(gone))\n"
    "  end\n"
    "  if #ones > 0 then\n"
    "    call('HSET', q .. 'busy', unpack(ones))\n"
    "  end\n"
    "  flush()\n"
    "end\n";

/* Lease what was taken, and remember that it was. */
static const char claim_lease[] =
    "local function lease()\n"
    "  local said, owns, leases = { ARGV[5] }, {}, {}\n"
    "  local token = tonumber(call('GET', q .. 'token') or 0)\n"
    "  token = math.max(token, now)\n"
    "  for i, num in ipairs(nums) do\n"
    "    tokens[i] = text(token + i)\n"
    "    said[2 * i], said[2 * i + 1] = num, tokens[i]\n"
    "    owns[2 * i - 1], owns[2 * i] = num, tokens[i] .. rests[i]\n"
    "    leases[2 * i - 1], leases[2 * i] = till, num\n"
    "  end\n"
    "  if #nums > 0 then\n"
    "    call('SET', q .. 'token', tokens[#tokens])\n"
    "    call('HSET', q .. 'own', unpack(owns))\n"
    "    call('ZADD', q .. 'lease', unpack(leases))\n"
    "  end\n"
    "  call('SET', key, table.concat(said, ' '), 'PX', 600000)\n"
    "end\n";

/* How long it may take until there is more; who waits wants the bell. */
static const char claim_next[] =
    "local function wait_for_more()\n"
    "  local soon = -1\n"
    "  call('DEL', q .. 'idle')\n"
    "  call('SET', q .. 'idle', 1, 'PX', 10000)\n"
    "  for _, place in ipairs({ 'wait', 'later', 'lease' }) do\n"
    "    local first = call('ZRANGE', q .. place, 0, 0, 'WITHSCORES')\n"
    "    if first[2] then\n"
    "      local left = math.max(first[2] - now, 0)\n"
    "      if soon < 0 or left < soon then\n"
    "        soon = left\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "  return soon\n"
    "end\n";

static const char claim_jobs[] =
    "local said = call('GET', key)\n"
    "local last = said and tonumber(said:match('^%d+')) or 0\n"
    "local out = { 0 }\n"
    /* It was overtaken by a later one, and nobody reads the answer. */
    "if last > request then return out end\n"
    "if last == request then\n"
    "  claim_again(said)\n"
    "else\n"
    "  end_leases()\n"
    "  move_due()\n"
    "  write_groups(take_jobs())\n"
    "  if #nums < n then\n"
    "    out[1] = wait_for_more()\n"
    "  end\n"
    "  lease()\n"
    "end\n"
    "if #nums == 0 then return out end\n"
    "local jobs = call('HMGET', q .. 'job', unpack(nums))\n"
    "local tries = call('HMGET', q .. 'tries', unpack(nums))\n"
    "for i, num in ipairs(nums) do\n"
    "  if jobs[i] then\n"
    "    out[#out + 1] = num\n"
    "    out[#out + 1] = tokens[i]\n"
    "    out[#out + 1] = tonumber(tries[i] or 0)\n"
    "    out[#out + 1] = jobs[i]\n"
    "  end\n"
    "end\n"
    "return out\n";

/* clang-format on */
const char *const coil__work_lua_claim[] = { coil__work_lua_head,
                                             coil__work_lua_flush,
                                             coil__work_lua_hold,
                                             coil__work_lua_arm,
                                             coil__work_lua_discount,
                                             coil__work_lua_leave,
                                             coil__work_lua_bury,
                                             coil__work_lua_fail,
                                             coil__work_lua_parse,
                                             coil__work_lua_ring,
                                             claim_head,
                                             claim_again,
                                             claim_expired,
                                             claim_due,
                                             claim_group,
                                             claim_take,
                                             claim_groups,
                                             claim_lease,
                                             claim_next,
                                             claim_jobs,
                                             NULL };
