# SPDX-License-Identifier: MIT
"""curl and wget, a process for each request, as clients of exercise.py."""
import os
import re
import subprocess

from world import PATIENCE, Failed, find, sha256


class Command:
    """What is common.  It sees no connection twice, but for connections_of()."""
    tells_reuse = False
    sends_chunks = False

    def __init__(self, world, tls):
        self.world = world
        self.tls = tls
        self.ca = world.path("ca.pem")
        self.body = world.path("command.body")

    def run(self, command):
        environment = {key: value for key, value in os.environ.items()
                       if not key.lower().endswith("_proxy")}
        if os.path.exists(self.body):
            os.remove(self.body)
        try:
            return subprocess.run(command, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=environment,
                                  timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} does not end") from None

    def result(self, status, headers, **more):
        body = b""
        if os.path.exists(self.body):
            with open(self.body, "rb") as file:
                body = file.read()
        answer = {"status": status, "size": str(len(body)),
                  "sha256": sha256(body), **more}
        for line in headers:
            name, colon, value = line.strip().partition(": ")
            if colon:
                answer["h." + name.lower()] = value
        return answer

    def close(self):
        pass


class Curl(Command):
    sends_chunks = True
    http = ["--http1.1"]

    def basis(self):
        versions = {"1.2": ["--tls-max", "1.2"], "1.3": ["--tlsv1.3"]}
        return [find("curl"), "-sS", "--noproxy", "*", "--cacert", self.ca,
                *self.http, *versions.get(self.tls, [])]

    def fetch(self, method, url, *fields):
        head = self.world.path("command.head")
        command = self.basis() + [
            "-L", "-D", head, "-o", self.body, "-w",
            "%{http_code} %{num_redirects} %{url_effective}"]
        if method == "HEAD":
            command.append("-I")
            command[command.index("-o") + 1] = os.devnull
        for field in fields:
            if field.startswith("<<"):
                command += ["-H", "Transfer-Encoding: chunked",
                            "--data-binary", "@" + field[2:]]
            elif field.startswith("<"):
                command += ["--data-binary", "@" + field[1:]]
            else:
                command += ["-H", field]
                if field.startswith("Accept-Encoding: "):
                    command.append("--compressed")
        done = self.run(command + [url])
        if done.returncode:
            return {"error": done.stderr.decode().strip()}
        status, hops, where = done.stdout.decode().split(" ")
        with open(head) as file:
            return self.result(status, file, hops=hops, url=where)

    def connections_of(self, urls):
        outputs = [word for _ in urls for word in ("-o", os.devnull)]
        done = self.run(self.basis() + ["-w", "%{num_connects}\n"] + outputs +
                        urls)
        return sum(int(line) for line in done.stdout.split())


class Curl2(Curl):
    """By HTTP/2, and no other."""

    def __init__(self, world, tls):
        super().__init__(world, tls)
        self.http = ["--http2" if tls else "--http2-prior-knowledge"]
        # curl 7.88 fails at that, whatever the server is.
        self.follows = tls is not None

    def fetch(self, method, url, *fields):
        answer = super().fetch(method, url, *fields)
        with open(self.world.path("command.head")) as head:
            versions = [line.split(" ")[0] for line in head
                        if line.startswith("HTTP/")]
        if "error" not in answer and set(versions) != {"HTTP/2"}:
            return {"error": f"it was {versions}"}
        return answer


class Wget(Command):
    def basis(self):
        versions = {"1.2": "TLSv1_2", "1.3": "TLSv1_3"}
        version = versions.get(self.tls, "auto")
        return [find("wget"), "--no-proxy", "--tries=1", "--timeout=60",
                "--ca-certificate=" + self.ca, "--no-hsts",
                "--secure-protocol=" + version]

    def fetch(self, method, url, *fields):
        command = self.basis() + ["-nv", "-S", "-O", self.body]
        if method == "HEAD":
            command.append("--method=HEAD")
        for field in fields:
            if field.startswith("<"):
                command.append("--post-file=" + field[1:])
            elif field == "Accept-Encoding: gzip":
                command.append("--compression=gzip")
            elif field.startswith("Range: bytes="):
                # It takes such an answer only if this is how it asked.
                first = field[len("Range: bytes="):].split("-")[0]
                command.append("--start-pos=" + first)
            else:
                command.append("--header=" + field)
        done = self.run(command + [url])
        lines = done.stderr.decode(errors="replace").split("\n")
        heads = [i for i, line in enumerate(lines)
                 if re.match(r" *HTTP/1\.1 \d\d\d", line)]
        if not heads:
            return {"error": " ".join(lines)}
        return self.result(lines[heads[-1]].split()[1], lines[heads[-1]:],
                           hops=str(len(heads) - 1), url=url)

    def connections_of(self, urls):
        done = self.run(self.basis() + ["-O", os.devnull] + urls)
        text = done.stderr.decode(errors="replace")
        if done.returncode:
            raise Failed(text)
        return len(urls) - text.count("Reusing existing connection")
