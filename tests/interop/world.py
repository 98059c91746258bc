# SPDX-License-Identifier: MIT
"""What the tests of interoperation share: a folder with a CA and files, processes
that end with it, and clients that are told what to fetch line by line."""
import hashlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"0.bin": 0, "1.bin": 1, "64k.bin": 65536, "10m.bin": 10 << 20}
PATIENCE = 60


class NotThere(Exception):
    """Why a program of others cannot be asked."""


class Failed(Exception):
    """What went otherwise than it must."""


def find(name, *more):
    """The path of a program; those of daemons are not in every user's PATH."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    for program in (name,) + more:
        found = shutil.which(program, path=path)
        if found:
            return found
    raise NotThere(f"no {name}")


def first_line(*command):
    """The first line that a program prints, which has its version."""
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PATIENCE)
    lines = done.stdout.decode(errors="replace").split("\n")
    return lines[0].strip()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class World:
    """A folder, all processes, and what the files in it must come to."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="coil-interop.")
        os.chmod(self.folder, 0o755)
        self.processes = []
        self.bodies = {}
        self.make_files()
        self.make_certificates()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        path = self.path(name)
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(path, mode) as file:
            file.write(text)
        return path

    def make_files(self):
        """Bytes that nothing compresses, and a text that all do."""
        os.mkdir(self.path("www"))
        chance = random.Random(1)
        for name, size in SIZES.items():
            self.bodies[name] = chance.randbytes(size)
        self.bodies["text.txt"] = "".join(
            f"line {i} of a text that is as long as it must be\n"
            for i in range(5000)).encode()
        for name, body in self.bodies.items():
            self.write(os.path.join("www", name), body)
        deflated = zlib.compress(self.bodies["text.txt"])
        self.write("www/text.deflate", deflated)
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", "-f", self.path("www/text.txt"),
                            "-o", self.path("www/text.zst")], check=True)

    def make_certificates(self):
        """A CA, and a certificate of this machine and of origin.interop."""
        def openssl(*arguments):
            subprocess.run([find("openssl"), *arguments], check=True,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, cwd=self.folder)

        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes"]
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem",
                "-days", "2", "-subj", "/CN=coil's tests")
        openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem",
                "-subj", "/CN=localhost")
        self.write("names", "subjectAltName = DNS:localhost, "
                   "DNS:origin.interop, IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem",
                "-CAkey", "ca.key", "-CAcreateserial", "-days", "1",
                "-extfile", "names", "-out", "leaf.pem")
        with open(self.path("leaf.pem")) as leaf, \
                open(self.path("ca.pem")) as ca, open(self.path("key.pem")) as k:
            chain = leaf.read() + ca.read()
            key_text = k.read()
        self.write("chain.pem", chain)
        # haproxy and lighttpd have both in one file.
        self.write("both.pem", chain + key_text)
        os.chmod(self.path("key.pem"), 0o644)

    # ---- processes ----

    def free_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    def start(self, name, command, port=None, **options):
        """A process of ours; it listens on `port` when this returns."""
        log = open(self.path(name + ".log"), "wb")
        options.setdefault("stdout", log)
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(command, stderr=log, **options)
        process.log = log.name
        process.name = name
        log.close()
        self.processes.append(process)
        if port:
            self.wait_for(process, port)
        return process

    def wait_for(self, process, port):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise NotThere(f"{process.name} does not start: {self.tail(process)}")

    def tail(self, process):
        with open(process.log, errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        return lines[-1] if lines else "it says nothing"

    def end(self, process):
        """End a process by its number, and wait for it."""
        self.processes.remove(process)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def close(self):
        for process in list(reversed(self.processes)):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Teller:
    """A client in a process of its own, which is told what to fetch.  Its
    language is that of client.c, whatever it is written in."""
    tells_reuse = True
    sends_chunks = True

    def __init__(self, world, name, command, **options):
        self.world = world
        self.process = world.start(name, command, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, **options)

    def fetch(self, method, url, *fields):
        """What came of a request: a dictionary, or Failed."""
        line = "\t".join((method, url) + fields) + "\n"
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()
            answer = self.process.stdout.readline().decode(errors="replace")
        except OSError:
            answer = ""
        if not answer:
            raise Failed(f"{self.process.name} ended: "
                         f"{self.world.tail(self.process)}")
        return dict(field.partition("=")[::2]
                    for field in answer.rstrip("\n").split("\t"))

    def close(self):
        """The end of its input ends it.  What it then says counts too: a leak
        that a sanitizer has found."""
        self.process.stdin.close()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            status = "none: it does not end"
        self.world.end(self.process)
        if status != 0:
            raise Failed(f"{self.process.name} ended with the status {status}: "
                         f"{self.world.tail(self.process)}")


def coil_client(world, *options, **more):
    return Teller(world, "coil-client",
                  [os.path.join(world.build, "interop/client"),
                   "--ca", world.path("ca.pem"), *options], **more)
