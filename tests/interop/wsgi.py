# SPDX-License-Identifier: MIT
"""What gunicorn serves: COIL_INTEROP_ROOT has the files."""
import gzip
import hashlib
import os
import zlib

ROOT = os.environ["COIL_INTEROP_ROOT"]


def read(name):
    with open(os.path.join(ROOT, os.path.basename(name)), "rb") as file:
        return file.read()


def send_file(environ, name):
    body = read(name)
    etag = f'"{name}"'
    headers = [("ETag", etag)]
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        return "304 Not Modified", headers, b""
    status = "200 OK"
    wanted = environ.get("HTTP_RANGE", "")
    if wanted.startswith("bytes="):
        first, last = (int(n) for n in wanted[6:].split("-"))
        headers.append(("Content-Range", f"bytes {first}-{last}/{len(body)}"))
        body = body[first:last + 1]
        status = "206 Partial Content"
    headers.append(("Content-Length", str(len(body))))
    return status, headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


def pieces(body):
    for at in range(0, len(body), 10000):
        yield body[at:at + 10000]


def receive(environ):
    while True:
        piece = environ["wsgi.input"].read(65536)
        if not piece:
            return
        yield piece


def application(environ, start_response):
    what, _, name = environ["PATH_INFO"].strip("/").partition("/")
    status, headers, body = "404 Not Found", [], b""
    if what == "files":
        status, headers, body = send_file(environ, name)
    elif what == "chunked":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return pieces(read(name))
    elif what in ("gzip", "deflate"):
        pack = gzip.compress if what == "gzip" else zlib.compress
        status, body = "200 OK", pack(read("text.txt"))
        headers = [("Content-Encoding", what)]
    elif what == "zstd":
        status, body = "200 OK", read("text.zst")
        headers = [("Content-Encoding", what)]
    elif what == "hash":
        digest = hashlib.sha256()
        for piece in receive(environ):
            digest.update(piece)
        status, body = "200 OK", digest.hexdigest().encode()
    elif what == "echo":
        status, body = "200 OK", b"".join(receive(environ))
    elif what == "redirect":
        status, headers = "302 Found", [("Location", "/files/1.bin")]
    if "Content-Length" not in dict(headers) and status[:3] != "304":
        headers.append(("Content-Length", str(len(body))))
    start_response(status, headers)
    return [body]
