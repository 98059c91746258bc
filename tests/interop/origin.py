# SPDX-License-Identifier: MIT
"""The application of wsgi.py in a small server of Python's, for what stands behind
a proxy.  origin.py PORT [CHAIN KEY]"""
import http.server
import io
import ssl
import sys

import wsgi


class Body(io.RawIOBase):
    """The body of a request, chunked or not."""

    def __init__(self, file, headers):
        self.file = file
        self.is_chunked = headers.get("Transfer-Encoding") == "chunked"
        self.left = int(headers.get("Content-Length", 0))

    def next_chunk(self):
        self.left = int(self.file.readline(), 16)
        if self.left == 0:
            self.is_chunked = False
            self.file.readline()

    def read(self, size):
        if self.is_chunked and self.left == 0:
            self.next_chunk()
        piece = self.file.read(min(size, self.left))
        self.left -= len(piece)
        if self.is_chunked and self.left == 0:
            self.file.readline()
        return piece


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def start_response(self, status, headers):
        self.send_response_only(int(status[:3]))
        names = [name for name, _ in headers]
        for name, value in headers:
            self.send_header(name, value)
        self.in_chunks = "Content-Length" not in names and \
            not status.startswith("304")
        if self.in_chunks:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def answer(self):
        environ = {
            "PATH_INFO": self.path.split("?")[0],
            "REQUEST_METHOD": self.command,
            "wsgi.input": Body(self.rfile, self.headers),
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        for piece in wsgi.application(environ, self.start_response):
            if self.in_chunks:
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            self.wfile.write(piece)
        if self.in_chunks:
            self.wfile.write(b"0\r\n\r\n")

    do_GET = do_HEAD = do_POST = answer


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])),
                                             Handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
