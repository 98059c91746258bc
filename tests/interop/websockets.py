# SPDX-License-Identifier: MIT
"""WebSockets over HTTP/2 (RFC 8441), with others at the other end or between."""
import os
import subprocess

from table import Table
from world import HERE, PATIENCE, Failed, NotThere, find


def ours(world, *arguments):
    return [os.path.join(world.build, "interop/websocket"), *arguments]


def node(*arguments):
    return [find("node", "nodejs"), os.path.join(HERE, "websocket.mjs"),
            *arguments]


# ---- servers: each returns a port ------------------------------------------

def coil_server(world):
    process = world.start("websocket-server", ours(
        world, "serve", world.path("chain.pem"), world.path("key.pem")),
        stdout=subprocess.PIPE)
    port = process.stdout.readline().decode().strip()
    if not port:
        raise Failed("coil's server does not start: " + world.tail(process))
    return port


def node_server(world):
    port = world.free_port()
    world.start("websocket-node", node(
        "serve", str(port), world.path("chain.pem"), world.path("key.pem")),
        port=port)
    return port


def haproxy_server(world):
    """In front of coil's server; by HTTP/2 on both sides."""
    port = world.free_port()
    config = world.write("websocket-haproxy.cfg", f"""
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
frontend front
    bind 127.0.0.1:{port} ssl crt {world.path("both.pem")} alpn h2
    default_backend coil
backend coil
    server coil 127.0.0.1:{coil_server(world)} ssl verify none alpn h2 ws h2
""")
    world.start("websocket-haproxy", [find("haproxy"), "-q", "-f", config],
                port=port)
    return port


# ---- clients: each says "yes", or what went wrong --------------------------

def said(command, **options):
    """On a busy machine coil itself may say to stderr that a step was slow."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, **options)
    except subprocess.TimeoutExpired:
        return "it takes too long"
    if done.returncode == 0:
        return done.stdout.decode(errors="replace").strip()
    return " ".join((done.stdout + done.stderr).decode(errors="replace").split())


def coil_client(world, port):
    return said(ours(world, "talk", world.path("ca.pem"),
                     f"wss://localhost:{port}/ws"))


def node_client(world, port):
    return said(node("talk", f"https://localhost:{port}/ws"),
                env={**os.environ, "NODE_EXTRA_CA_CERTS": world.path("ca.pem")})


PAIRS = [("coil", coil_client, "http2 of node", node_server),
         ("coil", coil_client, "coil behind haproxy", haproxy_server),
         ("http2 of node", node_client, "coil", coil_server),
         ("http2 of node", node_client, "coil behind haproxy", haproxy_server)]


def run(world, wanted):
    if wanted is not None and "websockets" not in wanted:
        return []
    table = Table("a WebSocket of", ["two of them over a connection"])
    for name, client, by, server in PAIRS:
        try:
            result = client(world, server(world))
        except NotThere as reason:
            table.missing(name, str(reason))
            continue
        except Failed as failure:
            result = str(failure)
        table.row(name, by, ["yes" if result == "yes" else "NO"],
                  [] if result == "yes" else [result])
    return table.end()
