# SPDX-License-Identifier: MIT
"""How long the fleet's script takes at least.

`bound` is what no schedule can beat: the work of a host shared by its places, the
work of all shared by the client's places, and for each host the times in which it
must be left alone, as if all places had met their 429 at the same moment.

`simulate` is what a scheduler does that costs nothing and does not know the future:
whenever there is a place, the best startable URL starts, and what failed is tried
again at once.  The answers take their time, the network none.
"""
import heapq

STALL_FACTOR = 4  # as in fleet.c: a stall takes so many of the longest latency


def read_script(text, most_us):
    """A list of (host, priority, seconds, fault, failures, seconds of a failure)."""
    plans = []
    for line in text.splitlines():
        _, host, priority, micros, _, fault, failures = line.split("\t")
        seconds = int(micros) / 1e6
        stall = STALL_FACTOR * most_us / 1e6 if fault == "stall" else 0
        plans.append((int(host), int(priority), seconds, fault, int(failures),
                      seconds + stall))
    return plans


def bound(plans, places, places_of_host, window):
    work = {}
    limits = {}
    for host, _, seconds, fault, failures, failing in plans:
        work[host] = work.get(host, 0) + seconds + failures * failing
        if fault in ("limited", "dated"):
            # A date forbids half of a second less, on an average.
            least = window if fault == "limited" else window - 0.5
            limits.setdefault(host, []).append(least)
    whole = sum(work.values()) / places
    for host, seconds in work.items():
        waits = sorted(limits.get(host, ()), reverse=True)
        # Those that were met together are waited for together.
        idle = sum(waits[::places_of_host])
        whole = max(whole, seconds / places_of_host + idle)
    return whole


class Schedule:
    def __init__(self, plans, places, places_of_host, window):
        self.plans = plans
        self.free = places
        self.window = window
        self.waiting = {}
        for number, plan in enumerate(plans):
            self.waiting.setdefault(plan[0], []).append((plan[1], number))
        for heap in self.waiting.values():
            heapq.heapify(heap)
        self.places = dict.fromkeys(self.waiting, places_of_host)
        self.closed = dict.fromkeys(self.waiting, 0.0)
        self.left = [plan[4] for plan in plans]
        self.best = []      # the startable hosts, by their best URL; may be stale
        self.events = []    # (time, number or -1, host)
        self.now = 0.0

    def offer(self, host):
        heap = self.waiting[host]
        if heap and self.places[host] > 0 and self.closed[host] <= self.now:
            heapq.heappush(self.best, (heap[0], host))

    def start(self):
        while self.free and self.best:
            first, host = heapq.heappop(self.best)
            heap = self.waiting[host]
            if (not heap or heap[0] != first or self.places[host] == 0
                    or self.closed[host] > self.now):
                continue
            _, number = heapq.heappop(heap)
            self.free -= 1
            self.places[host] -= 1
            plan = self.plans[number]
            takes = plan[5] if self.left[number] else plan[2]
            heapq.heappush(self.events, (self.now + takes, number, host))
            self.offer(host)

    def end(self, number, host):
        self.free += 1
        self.places[host] += 1
        if not self.left[number]:
            return
        self.left[number] -= 1
        plan = self.plans[number]
        heapq.heappush(self.waiting[host], (plan[1], number))
        if plan[3] in ("limited", "dated"):
            # A date has no fractions, so its difference to the server's is waited for.
            until = self.now + self.window
            if until > self.closed[host]:
                self.closed[host] = until
                heapq.heappush(self.events, (until, -1, host))

    def run(self):
        last = 0.0
        for host in self.waiting:
            self.offer(host)
        self.start()
        while self.events:
            self.now, number, host = heapq.heappop(self.events)
            if number >= 0:
                last = self.now
                self.end(number, host)
            self.offer(host)
            self.start()
        return last


def simulate(plans, places, places_of_host, window):
    return Schedule(plans, places, places_of_host, window).run()
