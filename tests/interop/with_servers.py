# SPDX-License-Identifier: MIT
"""coil's client with servers of others."""
import programs
import servers
from exercise import COLUMNS, exercise
from table import Table
from world import Failed, NotThere, coil_client

TRANSPORTS = [("http", "http", []),
              ("https, TLS 1.3", "https", ["--http1", "--tls", "1.3"]),
              ("https, TLS 1.2", "https", ["--http1", "--tls", "1.2"]),
              ("HTTP/2, TLS 1.3", "https", ["--tls", "1.3"]),
              ("HTTP/2, TLS 1.2", "https", ["--tls", "1.2"])]
DECODES = ("gzip", "deflate", "br", "zstd")


def one_row(world, table, name, transport, site, options):
    client = coil_client(world, *options)
    cells, failures = exercise(world, client, site, DECODES,
                               transport.startswith("HTTP/2"))
    try:
        client.close()
    except Failed as failure:
        failures.append(str(failure))
    table.row(name, transport, cells, failures)


def speaks_2(world, site, options):
    """Whether HTTP/2 is what both agree on."""
    client = coil_client(world, *options)
    answer = client.fetch("GET", site.base + site.files + "1.bin")
    client.close()
    return answer.get("version") == "20"


def run(world, wanted):
    table = Table("coil's client with", [title for title, _ in COLUMNS])
    shown = Table("programs of README.md and examples/", programs.COLUMNS)
    for start in servers.ALL:
        if wanted is not None and start.__name__ not in wanted:
            continue
        before = list(world.processes)
        try:
            name, sites = start(world)
        except NotThere as reason:
            table.missing(start.__name__, reason)
        else:
            for transport, scheme, options in TRANSPORTS:
                if scheme not in sites or (sites[scheme].is_2_only and
                                           "--http1" in options):
                    continue
                if transport.startswith("HTTP/2") and \
                        not speaks_2(world, sites[scheme], options):
                    table.missing(f"{name} by {transport}",
                                  "it speaks HTTP/1.1")
                    continue
                one_row(world, table, name, transport, sites[scheme], options)
            if start in (servers.nginx, servers.apache):
                programs.rows(world, shown, name, sites)
        for process in [p for p in world.processes if p not in before]:
            world.end(process)
    return table.end() + shown.end()
