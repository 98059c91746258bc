# SPDX-License-Identifier: MIT
"""What a careful user of aiohttp writes: aiohttp_fetch.py LIST RECORDS PLACES OF_HOST

A queue by priority, so many workers, a limit for each host, retries, Retry-After
for the whole host, a record for each URL, and a second run goes on where the
records end.  AIOHTTP_CA names what is trusted.
"""
import asyncio
import email.utils
import json
import os
import ssl
import sys
import time
from urllib.parse import urlsplit

import aiohttp

TRIES = 6
closed = {}     # until when a host is left alone


def wait_asked_for(response):
    text = response.headers.get("Retry-After", "1")
    if text.isdigit():
        return int(text)
    return email.utils.parsedate_to_datetime(text).timestamp() - time.time()


async def fetch(session, url, host):
    error = ""
    for attempt in range(TRIES):
        while closed.get(host, 0) > time.monotonic():
            await asyncio.sleep(closed[host] - time.monotonic())
        try:
            async with session.get(url) as response:
                size = len(await response.read())
                if response.status == 429:
                    closed[host] = time.monotonic() + wait_asked_for(response)
                    continue
                if response.status < 400:
                    return {"url": url, "status": response.status, "size": size}
                error = str(response.status)
        except (aiohttp.ClientError, asyncio.TimeoutError) as e:
            error = type(e).__name__
        await asyncio.sleep(0.1 * 2 ** attempt)
    return {"url": url, "error": error}


async def work(session, queue, records):
    failed = 0
    while not queue.empty():
        _, _, url = queue.get_nowait()
        record = await fetch(session, url, urlsplit(url).hostname)
        failed += "error" in record
        records.write(json.dumps(record) + "\n")
    return failed


async def main(list_file, record_file, places, of_host):
    done = set()
    if os.path.exists(record_file):
        for line in open(record_file):
            try:
                done.add(json.loads(line)["url"])
            except ValueError:
                pass    # the line that was cut off
    queue = asyncio.PriorityQueue()
    for number, line in enumerate(open(list_file)):
        priority, url = line.rstrip("\n").split("\t")
        if url not in done:
            queue.put_nowait((int(priority), number, url))
    context = None
    if os.environ.get("AIOHTTP_CA"):
        context = ssl.create_default_context(cafile=os.environ["AIOHTTP_CA"])
    connector = aiohttp.TCPConnector(limit=places, limit_per_host=of_host,
                                     ssl=context)
    with open(record_file, "a", buffering=1) as records:
        async with aiohttp.ClientSession(connector=connector) as session:
            failed = await asyncio.gather(
                *[work(session, queue, records) for _ in range(places)])
    return 1 if sum(failed) else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]),
                              int(sys.argv[4]))))
