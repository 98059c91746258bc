/* SPDX-License-Identifier: MIT */
#include "work/redis/lua_claim.h"

#include <stddef.h>

#include "work/redis/lua.h"

/* clang-format off */

static const char claim_head[] =
    "local place = q .. 'r:' .. ARGV[4] .. ':c'\n"
    "local request = tonumber(ARGV[5])\n"
    "local n = tonumber(ARGV[6])\n"
    "local till = text(now + tonumber(ARGV[7]))\n"
    "local keys, tokens, rests, got = {}, {}, {}, 0\n";

/*
 * The request was carried out, and is repeated since nobody has got the answer, with
 * another `n` perhaps.  Who repeats it counts the time from now on.
 */
static const char claim_again[] =
    "local function claim_again(said)\n"
    "  for key, token in said:gmatch(' (-?%d+) (%d+)') do\n"
    "    local own = call('HGET', q .. 'own', key)\n"
    "    local fence, counted, group = parse(own)\n"
    "    if fence == token then\n"
    "      call('ZREM', q .. 'lease', key)\n"
    "      if got < n then\n"
    "        call('ZADD', q .. 'lease', till, key)\n"
    "        got = got + 1\n"
    "        keys[got], tokens[got] = key, token\n"
    "      else\n"
    "        call('HDEL', q .. 'own', key)\n"
    "        put_back(group, key)\n"
    "        discount(counted == '1' and { group } or {})\n"
    "        leave(group, counted == '1', false, true)\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "  ring()\n"
    "end\n";

/* End leases whose time is up. */
static const char claim_expired[] =
    "local function end_leases()\n"
    "  local ended = call('ZRANGEBYSCORE', q .. 'lease', '-inf', now,\n"
    "                     'LIMIT', '0', '100')\n"
    "  if #ended == 0 then return end\n"
    "  local owns = call('HMGET', q .. 'own', unpack(ended))\n"
    "  call('ZREM', q .. 'lease', unpack(ended))\n"
    "  call('HDEL', q .. 'own', unpack(ended))\n"
    "  call('HINCRBY', q .. 'count', 'expired', #ended)\n"
    "  local counts = {}\n"
    "  for i, key in ipairs(ended) do\n"
    "    local _, counted, group = parse(owns[i])\n"
    "    if counted == '1' then\n"
    "      counts[#counts + 1] = group\n"
    "    end\n"
    "    if not fail(key) then put_back(group, key) end\n"
    "  end\n"
    "  discount(counts)\n"
    "  for _, own in ipairs(owns) do\n"
    "    local _, counted, group = parse(own)\n"
    "    leave(group, counted == '1', true, true)\n"
    "  end\n"
    "  flush()\n"
    "end\n";

/* Take out of `later` and `wait` what need not wait any more. */
static const char claim_due[] =
    "local function take_due(place)\n"
    "  local due = call('ZRANGEBYSCORE', q .. place, '-inf', now,\n"
    "                   'LIMIT', '0', '100')\n"
    "  if #due > 0 then\n"
    "    call('ZREM', q .. place, unpack(due))\n"
    "  end\n"
    "  return due\n"
    "end\n"
    "local function move_due()\n"
    "  for _, item in ipairs(take_due('later')) do\n"
    "    local score, group = item:match('^(%S+) (.*)$')\n"
    "    put_back(group, score)\n"
    "    arm(group, false)\n"
    "  end\n"
    "  for _, group in ipairs(take_due('wait')) do\n"
    "    arm(group, false)\n"
    "  end\n"
    "  flush()\n"
    "end\n";

/*
 * The job of a group that is in `ready` is taken, and those of the group that come
 * before `other`, the score of the next best group, if there is one.  Returns the
 * next job, which may begin as well and is in its group no more.
 */
static const char claim_group[] =
    "local ones, more = {}, {}\n"
    "local function take(group, score, counted)\n"
    "  got = got + 1\n"
    "  keys[got], rests[got] = score, counted .. group\n"
    "end\n"
    /* Where nothing more may begin for now. */
    "local function take_one(group, score)\n"
    "  take(group, score, ' 1 ')\n"
    "  if limit == 1 then\n"
    "    local at = #ones\n"
    "    ones[at + 1], ones[at + 2] = group, '1'\n"
    "  else\n"
    "    more[group] = (more[group] or 0) + 1\n"
    "    hold(group, now + delay)\n"
    "  end\n"
    "end\n"
    "local function room_of(group)\n"
    "  local busy = tonumber(call('HGET', q .. 'busy', group) or 0)\n"
    "  return limit - busy - (more[group] or 0)\n"
    "end\n"
    /* How many of these come now, of `room`? */
    "local function count_sooner(jobs, room, other)\n"
    "  local i = 0\n"
    "  while i < room and jobs[i + 1]\n"
    "        and (not other or tonumber(jobs[i + 1]) <= other) do\n"
    "    i = i + 1\n"
    "  end\n"
    "  return i\n"
    "end\n"
    "local function take_some(group, score, other)\n"
    "  local limited = limit > 0 and group ~= ''\n"
    "  local free = limited and room_of(group) or n + 1\n"
    "  local room = math.min(n - got, free) - 1\n"
    "  if room < 0 then\n"
    "    put_back(group, score)\n"
    "    return nil\n"
    "  end\n"
    "  take(group, score, limited and ' 1 ' or ' 0 ')\n"
    /* The next best group has its turn soon, as a rule. */
    "  local jobs = call('ZRANGE', q .. 'g:' .. group, '0',\n"
    "                    other and '1' or room)\n"
    "  local i = count_sooner(jobs, room, other)\n"
    "  for at = 1, i do\n"
    "    take(group, jobs[at], limited and ' 1 ' or ' 0 ')\n"
    "  end\n"
    "  if limited then more[group] = (more[group] or 0) + i + 1 end\n"
    "  local after = jobs[i + 1]\n"
    "  if i + 1 >= free then\n"
    "    after = nil\n"
    "  elseif other and i == 2 then\n"
    "    after = call('ZRANGE', q .. 'g:' .. group, '2', '2')[1]\n"
    "  end\n"
    "  local last = after and i or i - 1\n"
    "  if last >= 0 then\n"
    "    call('ZREMRANGEBYRANK', q .. 'g:' .. group, '0', last)\n"
    "  end\n"
    "  return after\n"
    "end\n";

/*
 * Take jobs of the best groups.  `list` has them and their scores in their order; `at`
 * is the best.  A group that goes on moves to where it belongs by its next job.  What
 * becomes of `ready` is written once.
 */
static const char claim_take[] =
    "local function insert(list, at, group, score)\n"
    "  local number = tonumber(score)\n"
    "  while list[at + 2] and tonumber(list[at + 3]) < number do\n"
    "    list[at], list[at + 1] = list[at + 2], list[at + 3]\n"
    "    at = at + 2\n"
    "  end\n"
    "  list[at], list[at + 1] = group, score\n"
    "end\n"
    "local function take_jobs()\n"
    "  local list = call('ZRANGE', q .. 'ready', '0', n - 1, 'WITHSCORES')\n"
    "  local after, at = {}, 1\n"
    "  while got < n and list[at] do\n"
    "    local group, score, next = list[at], list[at + 1], nil\n"
    "    if group ~= '' and (limit == 1 or delay > 0) then\n"
    "      take_one(group, score)\n"
    "    else\n"
    "      next = take_some(group, score, tonumber(list[at + 3]))\n"
    "    end\n"
    "    after[group] = next or false\n"
    "    if next then\n"
    "      insert(list, at, group, next)\n"
    "    else\n"
    "      at = at + 2\n"
    "    end\n"
    "  end\n"
    "  return after\n"
    "end\n";

/*
 * What was in `ready` of them was taken.  That is removed first, since a server whose
 * memory is full refuses a script whose first write may take some.
 */
static const char claim_groups[] =
    "local function write_groups(after)\n"
    "  local gone, n = {}, 0\n"
    "  for group, score in pairs(after) do\n"
    "    n = n + 1\n"
    "    gone[n] = group\n"
    "    if score then armed[group] = score end\n"
    "  end\n"
    "  if n == 0 then return end\n"
    "  call('ZREM', q .. 'ready', unpack(gone))\n"
    "  if ones[1] then\n"
    "    call('HSET', q .. 'busy', unpack(ones))\n"
    "  end\n"
    "  for group, count in pairs(more) do\n"
    "    call('HINCRBY', q .. 'busy', group, count)\n"
    "  end\n"
    "  flush()\n"
    "end\n";

/* Lease what was taken, and remember that it was. */
static const char claim_lease[] =
    "local function lease()\n"
    "  local said, owns, leases = { ARGV[5] }, {}, {}\n"
    "  local token = tonumber(call('GET', q .. 'token') or 0)\n"
    "  token = math.max(token, now)\n"
    "  for i = 1, got do\n"
    "    local key, fence = keys[i], text(token + i)\n"
    "    tokens[i] = fence\n"
    "    said[2 * i], said[2 * i + 1] = key, fence\n"
    "    owns[2 * i - 1], owns[2 * i] = key, fence .. rests[i]\n"
    "    leases[2 * i - 1], leases[2 * i] = till, key\n"
    "  end\n"
    "  if got > 0 then\n"
    "    call('SET', q .. 'token', tokens[got])\n"
    "    call('HSET', q .. 'own', unpack(owns))\n"
    "    call('ZADD', q .. 'lease', unpack(leases))\n"
    "  end\n"
    "  call('SET', place, table.concat(said, ' '), 'PX', '600000')\n"
    "end\n";

/* How long it may take until there is more; who waits wants the bell. */
static const char claim_next[] =
    "local function wait_for_more()\n"
    "  local soon = -1\n"
    "  call('DEL', q .. 'idle')\n"
    "  call('SET', q .. 'idle', '1', 'PX', '10000')\n"
    "  for _, place in ipairs({ 'wait', 'later', 'lease' }) do\n"
    "    local first = call('ZRANGE', q .. place, '0', '0', 'WITHSCORES')\n"
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
    "local said = call('GET', place)\n"
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
    "  if got < n then\n"
    "    out[1] = wait_for_more()\n"
    "  end\n"
    "  lease()\n"
    "end\n"
    "if got == 0 then return out end\n"
    "local jobs = call('HMGET', q .. 'job', unpack(keys))\n"
    "local tries = call('HMGET', q .. 'tries', unpack(keys))\n"
    "local at = 1\n"
    "for i = 1, got do\n"
    "  if jobs[i] then\n"
    "    out[at + 1], out[at + 2] = keys[i], tokens[i]\n"
    "    out[at + 3], out[at + 4] = tonumber(tries[i] or 0), jobs[i]\n"
    "    at = at + 4\n"
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
