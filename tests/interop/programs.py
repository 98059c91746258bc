# SPDX-License-Identifier: MIT
"""The programs of README.md and examples/, as a user runs them: whom they trust and
which proxy they use is in the environment."""
import os
import subprocess

from world import PATIENCE

PROGRAMS = ["get", "fetch"]
COLUMNS = ["from http to https, br and zstd decoded"]


def run_one(world, program, url, environment):
    """What it prints, errors too."""
    plain = {key: value for key, value in os.environ.items()
             if not key.lower().endswith("_proxy")}
    done = subprocess.run(
        [os.path.join(world.build, "examples", program), url],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=PATIENCE,
        env={**plain, "SSL_CERT_FILE": world.path("ca.pem"), **environment})
    return done.stdout.decode(errors="replace").strip()


def only(world, version):
    """A configuration of OpenSSL for one version of TLS."""
    return world.write(f"openssl-{version}.cnf", f"""
openssl_conf = conf
[conf]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
MinProtocol = TLSv{version}
MaxProtocol = TLSv{version}
""")


def row(world, table, name, by, program, sites, environment):
    """One program: through a redirect, and a text in each coding."""
    failures = []

    def expect(url, wanted):
        said = run_one(world, program, url, environment)
        if said != wanted:
            failures.append(f"{url}: {said!r}, not {wanted!r}")

    plain, secure = sites["http"], sites["https"]
    start = plain.base + plain.redirect
    # The second names what it was asked for.
    end = start if program == "fetch" else secure.base + "/files/1.bin"
    expect(start, f"{end}: 200, 1 bytes")
    size = len(world.bodies["text.txt"])
    for path in [secure.text] + [secure.codings["zstd"]] * (
            bool(secure.codings.get("zstd"))):
        expect(secure.base + path, f"{secure.base}{path}: 200, {size} bytes")
    table.row(name, f"examples/{program}, {by}",
              ["**failed**" if failures else "yes"], failures)


def rows(world, table, name, sites):
    for program in PROGRAMS:
        for version in ("1.3", "1.2"):
            row(world, table, name, f"https, TLS {version}", program, sites,
                {"OPENSSL_CONF": only(world, version)})


def rows_through(world, table, name, proxy, sites):
    for program in PROGRAMS:
        row(world, table, name, "proxies of the environment", program, sites,
            {"http_proxy": proxy, "https_proxy": proxy})
