# SPDX-License-Identifier: MIT
"""requests, or aiohttp, told line by line as client.c.  py_client.py NAME CA"""
import asyncio
import hashlib
import ssl
import sys

NAME, CA = sys.argv[1:3]


def read_in_pieces(name):
    with open(name, "rb") as file:
        while piece := file.read(65536):
            yield piece


def parse(line):
    method, url, *fields = line.rstrip("\n").split("\t")
    headers, body = {}, None
    for field in fields:
        if field.startswith("<<"):
            body = read_in_pieces(field[2:])
        elif field.startswith("<"):
            with open(field[1:], "rb") as file:
                body = file.read()
        else:
            name, _, value = field.partition(": ")
            headers[name] = value
    return method, url, headers, body


def tell(status, body, hops, is_reused, url, headers):
    told = [f"status={status}", f"size={len(body)}",
            f"sha256={hashlib.sha256(body).hexdigest()}", f"hops={hops}",
            f"reused={int(is_reused)}", f"url={url}"]
    told += [f"h.{name.lower()}={value}" for name, value in headers.items()]
    print("\t".join(told), flush=True)


def complain(error):
    print("error=" + f"{type(error).__name__}: {error}".replace("\n", " "),
          flush=True)


def use_requests():
    import requests

    session = requests.Session()
    session.trust_env = False
    session.verify = CA

    def connections():
        pools = [adapter.poolmanager.pools
                 for adapter in session.adapters.values()]
        return sum(pool[key].num_connections
                   for pool in pools for key in pool.keys())

    for line in sys.stdin:
        method, url, headers, body = parse(line)
        before = connections()
        try:
            r = session.request(method, url, headers=headers, data=body,
                                timeout=60)
            tell(r.status_code, r.content, len(r.history),
                 connections() == before, r.url, r.headers)
        except Exception as error:
            complain(error)


async def use_aiohttp():
    import aiohttp

    made = []

    async def note(*_):
        made.append(1)

    async def pieces_of(body):
        for piece in body:
            yield piece

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    context = ssl.create_default_context(cafile=CA)
    async with aiohttp.ClientSession(
            trace_configs=[trace],
            connector=aiohttp.TCPConnector(ssl=context)) as session:
        for line in sys.stdin:
            method, url, headers, body = parse(line)
            made.clear()
            if body is not None and not isinstance(body, bytes):
                body = pieces_of(body)
            try:
                async with session.request(method, url, headers=headers,
                                           data=body,
                                           allow_redirects=True) as r:
                    tell(r.status, await r.read(), len(r.history), not made,
                         r.url, r.headers)
            except Exception as error:
                complain(error)


if NAME == "requests":
    use_requests()
else:
    asyncio.run(use_aiohttp())
