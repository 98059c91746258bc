# SPDX-License-Identifier: MIT
"""coil's client through proxies of others, to a real server."""
import os
import shutil
import subprocess
import sys

import programs
import servers
from exercise import COLUMNS, Site, exercise
from table import Table
from world import (HERE, Failed, NotThere, coil_client, find, first_line)

ROOT = os.geteuid() == 0
ASKS = "the proxy wants a user and a password"
REFUSES = "the proxy does not connect"
NAME = "origin.interop"


class Proxy:
    """One that runs: its URL, the same with credentials, and what it does with
    what it cannot reach."""

    def __init__(self, name, scheme, port, **what):
        self.name = name
        self.scheme = scheme
        self.port = port
        self.user = what.get("user", "")
        # A port that it does not connect to.
        self.forbidden = what.get("forbidden")
        self.does_keep = what.get("does_keep", True)
        self.dead = what.get("dead", REFUSES)
        # What a request that is not by CONNECT gets with a wrong password.
        self.wrong = what.get("wrong", "status 407")

    def url(self, user=None):
        user = self.user if user is None else user
        return f"{self.scheme}://{user}{'@' if user else ''}" \
            f"127.0.0.1:{self.port}"


# ---- where names are known that the client does not know -------------------

def elsewhere(world, command):
    """The command, in a place where origin.interop is a name."""
    hosts = world.write("hosts", f"127.0.0.1 localhost {NAME}\n")
    unshare = ["unshare", "-m"] if ROOT else ["unshare", "-r", "-m"]
    # sshd wants a folder of its own.
    script = 'mount --bind "$0" /etc/hosts && mount -t tmpfs none /run && ' \
        'mkdir /run/sshd && exec "$@"'
    if subprocess.run(unshare + ["sh", "-c", script, hosts, "true"],
                      stderr=subprocess.DEVNULL).returncode:
        raise NotThere("no mount namespaces, so no name of its own")
    return unshare + ["sh", "-c", script, hosts, *command]


# ---- proxies ----------------------------------------------------------------

def tinyproxy(world, ports):
    program = find("tinyproxy")
    port = world.free_port()
    config = world.write("tinyproxy.conf", f"""
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 50
Allow 127.0.0.1
BasicAuth me secret
DisableViaHeader Yes
{"".join(f"ConnectPort {number}{chr(10)}" for number in ports["open"])}
""")
    world.start("tinyproxy", elsewhere(world, [program, "-d", "-c", config]),
                port=port)
    # 1.11 ends a connection after each answer, and does not say so: a POST over
    # it might be lost.
    return Proxy(first_line(program, "-v"), "http", port, user="me:secret",
                 forbidden=ports["forbidden"], does_keep=False,
                 wrong="status 401")


def squid(world, ports):
    program = find("squid")
    helper = next((path for path in
                   ("/usr/lib/squid/basic_ncsa_auth",
                    "/usr/lib64/squid/basic_ncsa_auth")
                   if os.path.exists(path)), None)
    if not helper:
        raise NotThere("no basic_ncsa_auth of squid")
    port = world.free_port()
    os.makedirs(world.path("squid"), exist_ok=True)
    os.chmod(world.path("squid"), 0o777)
    password = subprocess.run([find("openssl"), "passwd", "-apr1", "a:b"],
                              stdout=subprocess.PIPE, check=True)
    users = world.write("squid.users", b"me:" + password.stdout)
    hosts = world.write("squid.hosts", f"127.0.0.1 localhost {NAME}\n")
    config = world.write("squid.conf", f"""
http_port 127.0.0.1:{port}
pid_filename {world.path("squid/pid")}
cache_log {world.path("squid/log")}
access_log none
coredump_dir {world.path("squid")}
hosts_file {hosts}
cache deny all
shutdown_lifetime 0 seconds
pinger_enable off
auth_param basic program {helper} {users}
auth_param basic children 1
acl users proxy_auth REQUIRED
acl forbidden port {ports["forbidden"]}
http_access deny forbidden
http_access allow users
http_access deny all
""")
    world.start("squid", [program, "-N", "-f", config], port=port,
                cwd=world.path("squid"))
    version = first_line(program, "-v").replace("Squid Cache: Version ", "")
    return Proxy("squid " + version, "http", port, user="me:a%3Ab",
                 forbidden=ports["forbidden"])


def danted(world, ports):
    program = find("danted", "sockd")
    port = world.free_port()
    config = world.write("danted.conf", f"""
logoutput: {world.path("danted.said")}
internal: 127.0.0.1 port = {port}
external: lo
socksmethod: none
clientmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks block {{ from: 127.0.0.0/8 to: 0.0.0.0/0 port = {ports["forbidden"]} }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
""")
    world.start("danted", elsewhere(world, [program, "-f", config, "-N", "1"]),
                port=port)
    version = first_line(program, "-v").split(".  ")[0]
    return Proxy(version, "socks5", port, forbidden=ports["forbidden"],
                 dead="Connection refused")


def danted_with_users(world, _ports):
    """The users are those of the system, so that nobody is let in."""
    program = find("danted", "sockd")
    port = world.free_port()
    config = world.write("danted-users.conf", f"""
logoutput: {world.path("danted-users.said")}
internal: 127.0.0.1 port = {port}
external: lo
socksmethod: username
clientmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
""")
    world.start("danted-users", [program, "-f", config, "-N", "1"], port=port)
    return port


def ssh(world, ports):
    """ssh -D through a server of our own, which looks names up."""
    server, client, keygen = find("sshd"), find("ssh"), find("ssh-keygen")
    for key in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f",
                        world.path("ssh-" + key)], check=True)
    shutil.copy(world.path("ssh-user.pub"), world.path("ssh-allowed"))
    config = world.write("sshd.conf", f"""
HostKey {world.path("ssh-host")}
AuthorizedKeysFile {world.path("ssh-allowed")}
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
""")
    port, socks_port = world.free_port(), world.free_port()
    world.start("sshd", elsewhere(world, [
        server, "-D", "-e", "-f", config, "-p", str(port), "-o",
        "ListenAddress=127.0.0.1"]), port=port)
    world.start("ssh", [
        client, "-N", "-F", "none", "-i", world.path("ssh-user"), "-o",
        "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o",
        "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-p", str(port),
        "-D", f"127.0.0.1:{socks_port}", "127.0.0.1"], port=socks_port)
    return Proxy("ssh -D of " + first_line(client, "-V").split(",")[0],
                 "socks5", socks_port,
                 # It says that it has connected before it tries to.
                 dead="the connection was closed in the middle of a message")


ALL = [tinyproxy, squid, danted, ssh]


# ---- an origin ----------------------------------------------------------------

def start_origin(world):
    """nginx, or a small server in Python where that is not installed: its name,
    its ports, its codings, and its sites if it is nginx."""
    try:
        name, sites = servers.nginx(world)
        return name, {scheme: site.base.rsplit(":", 1)[1]
                      for scheme, site in sites.items()}, \
            sites["http"].codings, sites
    except NotThere:
        port, secure_port = world.free_port(), world.free_port()
        keys = [world.path("chain.pem"), world.path("key.pem")]
        for number, more in ((port, []), (secure_port, keys)):
            world.start("origin", [sys.executable,
                                   os.path.join(HERE, "origin.py"),
                                   str(number), *more], port=number,
                        env=servers.environment(world))
        return "a server in Python", {"http": port, "https": secure_port}, \
            {"gzip": "/gzip"}, None


def ways_of(proxy):
    """How it is used: a title, the scheme, and more options of the client."""
    if proxy.scheme == "http":
        yield "http, asked", "http", []
        yield "http, CONNECT", "http", ["--tunnel"]
        by = "CONNECT"
    else:
        yield "http, SOCKS5", "http", []
        by = "SOCKS5"
    yield f"https, {by}, TLS 1.3", "https", ["--tls", "1.3"]
    yield f"https, {by}, TLS 1.2", "https", ["--tls", "1.2"]


def exercise_all(world, table, proxy, ports, codings):
    for title, scheme, options in ways_of(proxy):
        does_keep = proxy.does_keep or title != "http, asked"
        site = Site(f"{scheme}://{NAME}:{ports[scheme]}", codings=codings,
                    does_keep=does_keep,
                    upload_fields=() if does_keep else ("Idempotency-Key: 1",))
        client = coil_client(world, "--proxy", proxy.url(), *options)
        cells, failures = exercise(world, client, site,
                                   ("gzip", "deflate", "br", "zstd"))
        try:
            client.close()
        except Failed as failure:
            failures.append(str(failure))
        table.row(proxy.name, title, cells, failures)


# ---- what does not work, in words ---------------------------------------------

def words_of(world, url, *options):
    client = coil_client(world, *options)
    answer = client.fetch("GET", url)
    client.close()
    return answer.get("error") or "status " + answer["status"]


def expect_words(world, table, name, what, wanted, url, *options):
    try:
        said = words_of(world, url, *options)
    except Failed as failure:
        said = str(failure)
    failures = [] if said == wanted else [f"{said!r}, not {wanted!r}"]
    table.row(name, what, [said], failures)


def refusals(world, table, proxy, ports):
    url = f"https://{NAME}:{ports['https']}/files/1.bin"
    if proxy.user:
        for what, user, status in (("a wrong password", "me:x", proxy.wrong),
                                   ("no password", "", "status 407")):
            expect_words(world, table, proxy.name, what + ", https", ASKS, url,
                         "--proxy", proxy.url(user))
            expect_words(world, table, proxy.name, what + ", http", status,
                         f"http://{NAME}:{ports['http']}/files/1.bin",
                         "--proxy", proxy.url(user))
    if proxy.forbidden:
        expect_words(world, table, proxy.name, "a port that it forbids",
                     REFUSES, f"https://{NAME}:{proxy.forbidden}/", "--proxy",
                     proxy.url())
    expect_words(world, table, proxy.name, "an origin that is not there",
                 proxy.dead, f"https://{NAME}:{ports['dead']}/", "--proxy",
                 proxy.url())


def refusals_without(world, table, ports):
    """What has nothing to do with one proxy."""
    url = f"https://{NAME}:{ports['https']}/files/1.bin"
    expect_words(world, table, "no proxy", "a name that the proxy knows",
                 "Name or service not known", url)
    for scheme in ("http", "socks5"):
        expect_words(world, table, f"a proxy of {scheme}", "is not there",
                     "Connection refused", url, "--proxy",
                     f"{scheme}://127.0.0.1:{ports['dead']}")


def run(world, wanted):
    starts = [start for start in ALL
              if wanted is None or start.__name__ in wanted]
    if not starts:
        return []
    name, ports, codings, sites = start_origin(world)
    ports.update(dead=world.free_port(), forbidden=world.free_port())
    ports["open"] = [ports["http"], ports["https"], ports["dead"]]
    table = Table(f"coil's client to {name} through",
                  [title for title, _ in COLUMNS])
    shown = Table("programs of README.md and examples/ through",
                  programs.COLUMNS)
    words = Table("what is refused by", ["coil's client says"])
    running = []
    for start in starts:
        try:
            proxy = start(world, ports)
        except NotThere as reason:
            table.missing(start.__name__, reason)
            continue
        running.append(proxy)
        exercise_all(world, table, proxy, ports, codings)
        if sites:
            programs.rows_through(world, shown, proxy.name, proxy.url(), sites)
    failures = table.end() + shown.end()
    for proxy in running:
        refusals(world, words, proxy, ports)
    if danted in starts and any(p.scheme == "socks5" for p in running):
        port = danted_with_users(world, ports)
        for what, user in (("a wrong password", "nobody-at-all:x@"),
                           ("no password", "")):
            expect_words(world, words, "Dante", what, ASKS,
                         f"https://localhost:{ports['https']}/", "--proxy",
                         f"socks5://{user}127.0.0.1:{port}")
    refusals_without(world, words, ports)
    return failures + words.end()
