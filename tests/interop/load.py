# SPDX-License-Identifier: MIT
"""coil's server under load: 20 connections at a time, each answer checked."""
import re
import subprocess

from table import Table
from world import PATIENCE, Failed, NotThere, find, first_line

REQUESTS = 2000
SIZE = 65536
COLUMNS = ["answers", "bodies"]

# wrk alone hands out what has come.
CHECK = """
-- SPDX-License-Identifier: MIT
local file = io.open("%s", "rb")
local wanted = file:read("*a")
file:close()
function response(status, headers, body)
    if status ~= 200 or body ~= wanted then
        io.stderr:write("WRONG\\n")
    end
end
"""


def text_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE)
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        raise Failed(f"{command[0]} ended with {done.returncode}: "
                     f"{text.strip().splitlines()[-1:]}")
    return text


def number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise Failed(f"it does not say {pattern!r}")
    return int(found.group(1))


def wrk(world, url):
    script = world.write("check.lua", CHECK % world.path("www/64k.bin"))
    text = text_of([find("wrk"), "-t", "1", "-c", "20", "-d", "2s", "-s",
                    script, url])
    done = number(r"(\d+) requests in", text)
    if "Socket errors" in text or "Non-2xx" in text or "WRONG" in text or \
            done == 0:
        raise Failed(text)
    return ["any number in 2 s, all right", "each is right"]


def ab(world, url):
    text = text_of([find("ab"), "-q", "-k", "-n", str(REQUESTS), "-c", "20",
                    url])
    if number(r"Complete requests: +(\d+)", text) != REQUESTS or \
            number(r"Failed requests: +(\d+)", text) or "Non-2xx" in text or \
            number(r"Keep-Alive requests: +(\d+)", text) != REQUESTS:
        raise Failed(text)
    if number(r"HTML transferred: +(\d+)", text) != REQUESTS * SIZE:
        raise Failed("another number of bytes")
    return [f"{REQUESTS} of {REQUESTS}", "their number of bytes is right"]


def h2load(world, url):
    text = text_of([find("h2load"), "--h1", "-n", str(REQUESTS), "-c", "20",
                    url])
    if number(r"(\d+) succeeded", text) != REQUESTS or \
            number(r"(\d+) 2xx", text) != REQUESTS:
        raise Failed(text)
    if number(r"\((\d+)\) data", text) != REQUESTS * SIZE:
        raise Failed("another number of bytes")
    return [f"{REQUESTS} of {REQUESTS}", "their number of bytes is right"]


def h2load2(world, url):
    text = text_of([find("h2load"), "-n", str(REQUESTS), "-c", "4", "-m", "20",
                    url])
    if number(r"(\d+) succeeded", text) != REQUESTS or \
            number(r"(\d+) 2xx", text) != REQUESTS or \
            "protocol: h2" not in text:
        raise Failed(text)
    if number(r"\((\d+)\) data", text) != REQUESTS * SIZE:
        raise Failed("another number of bytes")
    return [f"{REQUESTS} of {REQUESTS}, 20 at once on each of 4 connections",
            "their number of bytes is right"]


VERSIONS = {
    wrk: lambda: "wrk " + first_line(find("wrk"), "-v").split(" ")[1],
    ab: lambda: first_line(find("ab"), "-V").split("Version ")[1].split(" ")[0],
    h2load: lambda: "h2load --h1 of " + first_line(find("h2load"), "--version")
    .replace("h2load ", ""),
    h2load2: lambda: first_line(find("h2load"), "--version")
    .replace("h2load ", "h2load of "),
}


def one_row(world, table, name, transport, tls, tool, start):
    server = start(world, tls)
    cells, failures = ["**failed**"] * len(COLUMNS), []
    try:
        cells = tool(world, server.base + "/files/64k.bin")
    except (Failed, subprocess.TimeoutExpired) as failure:
        failures.append(str(failure))
    try:
        server.close()
    except Failed as failure:
        failures.append(str(failure))
    table.row(name, transport, cells, failures)


def run(world, wanted, start, transports, transports_2):
    table = Table("coil's server under", COLUMNS)
    for tool, version in VERSIONS.items():
        if wanted is not None and tool.__name__ not in wanted:
            continue
        try:
            name = version()
        except NotThere as reason:
            table.missing(tool.__name__, reason)
            continue
        if tool is ab:
            name = "ab " + name
        chosen = transports_2 if tool is h2load2 else transports
        for transport, tls in chosen:
            one_row(world, table, name, transport, tls, tool, start)
    return table.end()
