# SPDX-License-Identifier: MIT
"""What a client and a server must be able to do with each other: the columns of
the table."""
from world import Failed, sha256

NONE = "–"


class Site:
    """Where a server has what is asked for; "" is what it has not got."""

    def __init__(self, base, **where):
        self.base = base
        self.files = where.get("files", "/files/")
        self.chunked = where.get("chunked", "/chunked/10m.bin")
        self.text = where.get("text", "/files/text.txt")
        self.hash = where.get("hash", "/hash")
        self.echo = where.get("echo", "")
        # Content codings, and the path of each if it is another.
        self.codings = where.get("codings", {})
        # What leads to 1.bin, and the beginning of the URL where that is.
        self.redirect = where.get("redirect", "")
        self.leads_to = where.get("leads_to", "")
        self.does_keep = where.get("does_keep", True)
        self.has_ranges = where.get("has_ranges", True)
        # Uploads of HTTP/2 must say how long they are.
        self.needs_length_2 = where.get("needs_length_2", False)
        # It speaks no HTTP/1.1.
        self.is_2_only = where.get("is_2_only", False)
        # What each upload says besides.
        self.upload_fields = where.get("upload_fields", ())


class Exercise:
    """One client and one server.  Each method is a column."""

    def __init__(self, world, client, site, decodes=(), is_2=False):
        self.world = world
        self.client = client
        self.site = site
        self.decodes = decodes
        self.is_2 = is_2
        self.began = 0

    def ask(self, method, path, *fields):
        url = path if "://" in path else self.site.base + path
        answer = self.client.fetch(method, url, *fields)
        if "error" in answer:
            raise Failed(f"{method} {path}: {answer['error']}")
        if answer.get("reused") == "0":
            self.began += 1
        return answer

    def expect(self, answer, what, wanted):
        if answer.get(what, "") != str(wanted):
            raise Failed(f"{what} is {answer.get(what)!r}, not {str(wanted)!r}")

    def expect_body(self, answer, body):
        self.expect(answer, "size", len(body))
        self.expect(answer, "sha256", sha256(body))

    def bodies(self):
        for name in ("0.bin", "1.bin", "64k.bin", "10m.bin", "1.bin"):
            answer = self.ask("GET", self.site.files + name)
            self.expect(answer, "status", 200)
            self.expect_body(answer, self.world.bodies[name])
        return "yes"

    def chunks(self):
        if not self.site.chunked:
            return NONE
        answer = self.ask("GET", self.site.chunked,
                          "Accept-Encoding: identity")
        self.expect(answer, "status", 200)
        self.expect_body(answer, self.world.bodies["10m.bin"])
        if "h.content-length" in answer:
            raise Failed("it has a length")
        return "yes"

    def codings(self):
        there = []
        for coding, path in self.site.codings.items():
            if coding not in self.decodes:
                continue
            answer = self.ask("GET", path or self.site.text,
                              "Accept-Encoding: " + coding)
            self.expect(answer, "status", 200)
            # Some clients hide it.
            if answer.get("h.content-encoding", coding) != coding:
                raise Failed(f"{coding} became "
                             f"{answer['h.content-encoding']!r}")
            if "h.content-encoding" not in answer and \
                    "x-decoded" not in answer:
                raise Failed(f"nothing was compressed by {coding}")
            self.expect_body(answer, self.world.bodies["text.txt"])
            there.append(coding)
        return ", ".join(there) or NONE

    def uploads(self):
        if not self.site.hash:
            return NONE
        path = self.world.path("www", "10m.bin")
        digest = sha256(self.world.bodies["10m.bin"]).encode()
        fields = ["<" + path]
        if self.client.sends_chunks and \
                not (self.is_2 and self.site.needs_length_2):
            fields.append("<<" + path)
        for field in fields:
            answer = self.ask("POST", self.site.hash, field,
                              *self.site.upload_fields)
            self.expect(answer, "status", 200)
            self.expect_body(answer, digest)
        if self.site.echo:
            answer = self.ask("POST", self.site.echo, fields[0],
                              *self.site.upload_fields)
            self.expect_body(answer, self.world.bodies["10m.bin"])
        return "yes, chunked too" if len(fields) > 1 else "yes"

    def head(self):
        answer = self.ask("HEAD", self.site.files + "10m.bin",
                          "Accept-Encoding: identity")
        self.expect(answer, "status", 200)
        self.expect(answer, "size", 0)
        self.expect(answer, "h.content-length", 10 << 20)
        self.expect_body(self.ask("GET", self.site.files + "1.bin"),
                         self.world.bodies["1.bin"])
        return "yes"

    def ranges(self):
        if not self.site.has_ranges:
            return NONE
        answer = self.ask("GET", self.site.files + "64k.bin",
                          "Range: bytes=64000-65535")
        self.expect(answer, "status", 206)
        self.expect(answer, "h.content-range", "bytes 64000-65535/65536")
        self.expect_body(answer, self.world.bodies["64k.bin"][64000:])
        return "yes"

    def unchanged(self):
        path = self.site.files + "64k.bin"
        answer = self.ask("GET", path)
        if "h.etag" in answer:
            condition = "If-None-Match: " + answer["h.etag"]
        elif "h.last-modified" in answer:
            condition = "If-Modified-Since: " + answer["h.last-modified"]
        else:
            return NONE
        answer = self.ask("GET", path, condition)
        self.expect(answer, "status", 304)
        self.expect(answer, "size", 0)
        self.expect_body(self.ask("GET", path), self.world.bodies["64k.bin"])
        return "yes"

    def redirects(self):
        if not self.site.redirect or not getattr(self.client, "follows", True):
            return NONE
        answer = self.ask("GET", self.site.redirect)
        self.expect(answer, "status", 200)
        self.expect(answer, "hops", 1)
        self.expect_body(answer, self.world.bodies["1.bin"])
        if not answer["url"].startswith(self.site.leads_to):
            raise Failed(f"it ended at {answer['url']}")
        return "yes"

    def kept(self):
        """All of the above over one connection, or a few requests of a client
        that makes a process for each."""
        if hasattr(self.client, "connections_of"):
            urls = [self.site.base + self.site.files + name
                    for name in ("0.bin", "64k.bin", "1.bin", "10m.bin")]
            self.began = self.client.connections_of(urls)
        elif not self.client.tells_reuse or not self.site.does_keep:
            return NONE
        if self.began != 1:
            raise Failed(f"{self.began} connections")
        return "yes"


COLUMNS = [
    ("bodies", Exercise.bodies),
    ("chunked", Exercise.chunks),
    ("codings", Exercise.codings),
    ("uploads", Exercise.uploads),
    ("HEAD", Exercise.head),
    ("ranges", Exercise.ranges),
    ("304", Exercise.unchanged),
    ("one connection", Exercise.kept),
    ("redirect", Exercise.redirects),
]


def exercise(world, client, site, decodes=(), is_2=False):
    """All columns: a list of cells, and what has failed in words."""
    it = Exercise(world, client, site, decodes, is_2)
    cells, failures = [], []
    for title, column in COLUMNS:
        try:
            cells.append(column(it))
        except Failed as failure:
            cells.append("**failed**")
            failures.append(f"{title}: {failure}")
    return cells, failures
