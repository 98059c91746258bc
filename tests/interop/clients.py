# SPDX-License-Identifier: MIT
"""coil's server with clients of others."""
import os
import re
import signal
import subprocess
import sys

import load
from commands import Curl, Curl2, Wget
from exercise import COLUMNS, Site, exercise
from servers import go_program
from table import Table
from world import HERE, PATIENCE, Failed, NotThere, Teller, find, first_line

TRANSPORTS = [("http", None), ("https, TLS 1.3", "1.3"),
              ("https, TLS 1.2", "1.2")]
TRANSPORTS_2 = [("HTTP/2, TLS 1.3", "1.3"), ("HTTP/2, TLS 1.2", "1.2"),
                ("HTTP/2, prior knowledge", None)]
CODINGS = {name: "/packed/text.txt" for name in ("gzip", "br", "zstd")}


class Server:
    """coil's server, as an example of one kind."""

    def __init__(self, world, tls):
        self.world = world
        keys = [world.path("chain.pem"), world.path("key.pem"), tls]
        self.process = world.start(
            "coil-server", [os.path.join(world.build, "interop/server"),
                            world.path("www"), *(keys if tls else [])],
            stdout=subprocess.PIPE)
        port = self.process.stdout.readline().decode().strip()
        if not port:
            raise Failed("coil's server does not start: " +
                         world.tail(self.process))
        self.base = f"{'https' if tls else 'http'}://localhost:{port}"

    def site(self):
        return Site(self.base, echo="/echo", redirect="/redirect",
                    codings=CODINGS)

    def close(self):
        """It ends as SIGTERM has it, and no sanitizer complains.  On a busy
        machine coil itself may say that a step was slow."""
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        with open(self.process.log, errors="replace") as log:
            said = log.read().strip()
        self.world.end(self.process)
        if status != 128 + signal.SIGTERM or "Sanitizer" in said or \
                "runtime error" in said:
            raise Failed(f"coil's server ended with {status}: {said}")


# ---- each client: its version, what it decodes, and one of it -------------

def python():
    """One that has the packages of the system."""
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") \
        else sys.executable


def curl(world):
    program = find("curl")
    features = subprocess.run([program, "--version"],
                              stdout=subprocess.PIPE).stdout.decode()
    decodes = ["gzip"] + ["br"] * ("brotli" in features) + \
        ["zstd"] * ("zstd" in features)
    return "curl " + features.split()[1], decodes, \
        lambda tls: Curl(world, tls)


def wget(world):
    version = first_line(find("wget"), "--version").split(" ")[2]
    return "wget " + version, ["gzip"], lambda tls: Wget(world, tls)


def package(world, name):
    version = first_line(python(), "-c",
                         f"import {name}; print({name}.__version__)")
    if not re.match(r"\d", version):
        raise NotThere(f"no package {name} of Python")
    command = [python(), os.path.join(HERE, "py_client.py"), name,
               world.path("ca.pem")]
    return f"{name} {version}", ["gzip"], \
        lambda tls: Teller(world, name, command)


def requests(world):
    return package(world, "requests")


def aiohttp(world):
    return package(world, "aiohttp")


def fetch(world):
    program = find("node", "nodejs")
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": world.path("ca.pem")}
    command = [program, os.path.join(HERE, "peer.mjs"), "fetch"]

    def make(tls):
        client = Teller(world, "fetch", command, env=environment)
        # It makes a second connection when it likes, and another after HEAD.
        client.tells_reuse = False
        return client

    return "fetch of node " + first_line(program, "--version"), \
        ["gzip", "br"], make


def go(world):
    command = [go_program(world), "fetch", world.path("ca.pem")]
    version = first_line(find("go"), "version").replace("go version ", "")
    return version, ["gzip"], lambda tls: Teller(world, "go", command)


# ---- the same by HTTP/2 ----------------------------------------------------

def curl2(world):
    name, decodes, _ = curl(world)
    return name, decodes, lambda tls: Curl2(world, tls)


def node2(world):
    program = find("node", "nodejs")
    command = [program, os.path.join(HERE, "peer.mjs"), "fetch2"]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": world.path("ca.pem")}
    return "http2 of node " + first_line(program, "--version"), ["gzip", "br"], \
        lambda tls: Teller(world, "node2", command, env=environment)


def go2(world):
    command = [go_program(world), "fetch2", world.path("ca.pem")]
    return go(world)[0], ["gzip"], lambda tls: Teller(world, "go2", command)


ALL = [curl, wget, requests, aiohttp, fetch, go]
# Go has no prior knowledge.
ALL_2 = [(curl2, TRANSPORTS_2), (node2, TRANSPORTS_2), (go2, TRANSPORTS_2[:2])]


def one_row(world, table, name, transport, tls, decodes, make):
    server = Server(world, tls)
    client = make(tls)
    cells, failures = exercise(world, client, server.site(), decodes)
    for one in (client, server):
        try:
            one.close()
        except Failed as failure:
            failures.append(str(failure))
    table.row(name, transport, cells, failures)


def run(world, wanted):
    table = Table("coil's server with", [title for title, _ in COLUMNS])
    for client, transports in [(client, TRANSPORTS) for client in ALL] + ALL_2:
        if wanted is not None and client.__name__ not in wanted:
            continue
        try:
            name, decodes, make = client(world)
        except NotThere as reason:
            table.missing(client.__name__, reason)
            continue
        for transport, tls in transports:
            one_row(world, table, name, transport, tls, decodes, make)
    return table.end() + load.run(world, wanted, Server, TRANSPORTS,
                                  TRANSPORTS_2)
