# SPDX-License-Identifier: MIT
"""http_row.py ROW PEER CPU WORK PROGRAM: a row of HTTP, for bench.py.

http_N: PEER fetches over N connections, on the processor CPU, from an nginx on another
one.  http_server: PEER serves, on the processor CPU, and wrk asks it over 64
connections from another one.  Prints nanoseconds of processor time of PEER, user and
system, for each request, or fails with a reason.

PROGRAM is that of coil (bench/http_rows) or of libcurl (bench/https/curl.c); WORK is a
folder for what the servers need.  All servers answer 203 bytes; connections are
kept.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 64       # of the server's row
REQUESTS = 30000       # of a client that counts them
BODY = "." * 203       # as long as that of bench_http.h
NGINX = """daemon off;
master_process off;
pid %(work)s/nginx.pid;
error_log %(work)s/nginx.log;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path %(work)s/body;
    proxy_temp_path %(work)s/proxy;
    fastcgi_temp_path %(work)s/fastcgi;
    uwsgi_temp_path %(work)s/uwsgi;
    scgi_temp_path %(work)s/scgi;
    server {
        listen 127.0.0.1:%(port)d backlog=4096;
        location / { default_type application/json; return 200 "%(body)s"; }
    }
}
"""
NODE = """const body = '.'.repeat(203);
const server = require('http').createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json',
                              'Content-Length': body.length });
    response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


def daemon(name):
    """A program that may be where only root looks."""
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    return shutil.which(name, path=path)


def on(cpu, command):
    """The command, on that processor if there is more than one."""
    return ["taskset", "-c", str(cpu)] + command if os.cpu_count() > 1 else command


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server that runs while the object is entered."""

    def __init__(self, peer, cpu, work, program):
        self.port = free_port() if peer == "nginx" else None
        if peer == "nginx":
            with open(work + "/nginx.conf", "w") as out:
                out.write(NGINX % dict(work=work, port=self.port, body=BODY))
            command = [daemon("nginx"), "-p", work, "-c", work + "/nginx.conf",
                       "-e", work + "/nginx.log"]
        elif peer == "node":
            command = [shutil.which("node") or "nodejs", "-e", NODE]
        else:
            command = [program, "listen"]
        self.command = on(cpu, command)

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        try:
            if self.port is None:
                self.port = int(self.process.stdout.readline())
            self.wait()
        except Exception:
            self.__exit__()
            raise
        return self

    def wait(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError("the server does not listen")

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()

    def url(self):
        return "http://127.0.0.1:%d/get" % self.port

    def time(self):
        """Nanoseconds that all its threads have run."""
        tasks = "/proc/%d/task" % self.process.pid
        total = 0
        for task in os.listdir(tasks):
            with open("%s/%s/schedstat" % (tasks, task)) as line:
                total += int(line.read().split()[0])
        return total


def run(command):
    """(what it prints, nanoseconds of processor time)."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, universal_newlines=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        raise RuntimeError("%s failed" % os.path.basename(command[0]))
    return out, (usage.ru_utime + usage.ru_stime) * 1e9


def wrk(cpu, connections, seconds, url):
    """(requests, nanoseconds of wrk)."""
    out, took = run(on(cpu, ["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, url]))
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError("wrk: " + out.replace("\n", " "))
    return int(re.search(r"(\d+) requests in", out).group(1)), took


def fetch(peer, cpu, connections, program, url):
    if peer == "wrk":
        requests, took = wrk(cpu, connections, 1, url)
        return took / requests
    if peer == "coil":
        out, _ = run(on(cpu, [program, "fetch", str(connections), str(REQUESTS), url]))
        return float(out)
    out, _ = run(on(cpu, [program, "client", "kept", str(connections), str(REQUESTS), url,
                          "none"]))
    return float(out.split()[0]) * 1000


def main():
    row, peer, cpu, work, program = sys.argv[1:]
    cpu = int(cpu)
    other = 0 if cpu > 0 else os.cpu_count() - 1
    with tempfile.TemporaryDirectory(dir=work) as folder:
        if row == "http_server":
            with Server(peer, cpu, folder, program) as server:
                wrk(other, CONNECTIONS, 1, server.url())
                before = server.time()
                requests, _ = wrk(other, CONNECTIONS, 2, server.url())
                print("%.1f" % ((server.time() - before) / requests))
        else:
            with Server("nginx", other, folder, program) as server:
                print("%.1f" % fetch(peer, cpu, int(row[len("http_"):]), program,
                                     server.url()))


if __name__ == "__main__":
    main()
