# SPDX-License-Identifier: MIT
"""The clients that are compared, each with the options that do its best.

A list is a file of "priority<TAB>URL".  A client that knows no priorities gets the
list sorted, which is the best it can do.  `command` returns what is to be run;
`done` the URLs of which a whole record or file is there.
"""
import glob
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RETRIES = 6


def first_line(argv):
    try:
        out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=20).stdout
    except OSError:
        return None
    return out.splitlines()[0].strip() if out else None


def urls_of(lines):
    """Without their priorities, the best first."""
    pairs = sorted(((int(p), n, url) for n, (p, url) in enumerate(lines)))
    return [url for _, _, url in pairs]


def name_of(url):
    """A file's name for the URL: the number in it."""
    return url.rsplit("/", 1)[1].split("?")[0]


class Client:
    small_only = False      # a process for each URL: only for short lists
    keeps_files = False     # it cannot drop bodies
    http2 = False
    priorities = False

    def __init__(self, name):
        self.name = name

    def version(self):
        raise NotImplementedError

    def write(self, path, text):
        with open(path, "w") as file:
            file.write(text)
        return path

    # Whether the run that was killed can go on, and how it is begun again.
    def done(self, work):
        return None


class CoilFetch(Client):
    http2 = True
    priorities = True

    def __init__(self, program):
        super().__init__("coil-fetch")
        self.program = program

    def version(self):
        return first_line([self.program, "--version"])

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        path = self.write(f"{work}/list", "".join(f"{p}\t{u}\n" for p, u in lines))
        argv = [self.program, "-s", "-i", path, "-c", str(places), "--per-host",
                str(of_host), "--retries", str(RETRIES), "--retry-delay", "0.1",
                "--jsonl", f"{work}/records"]
        if keep:
            argv += ["-o", f"{work}/files/{{path}}", "--journal", f"{work}/journal",
                     "--resume"]
        else:
            argv += ["--discard"]
        if ca:
            argv += ["--cacert", ca] + ([] if h2 else ["--http1.1"])
        return argv, {}

    def done(self, work):
        done = set()
        for path in glob.glob(f"{work}/files/**", recursive=True):
            if os.path.isfile(path):
                done.add((os.path.basename(path), os.path.getsize(path)))
        return done


class Curl(Client):
    http2 = True

    def __init__(self, program):
        super().__init__("curl -Z")
        self.program = program.split()
        help_text = subprocess.run(self.program + ["--help", "all"],
                                   stdout=subprocess.PIPE, text=True).stdout
        self.has_host_limit = "--parallel-max-host" in help_text
        self.has_skip = "--skip-existing" in help_text
        self.has_no_meter = "--no-progress-meter" in help_text
        self.name = "curl " + (self.version() or "?").split()[1] + " -Z"

    def version(self):
        line = first_line(self.program + ["--version"])
        return line and " ".join(line.split()[:2])

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        os.makedirs(f"{work}/files", exist_ok=True)
        text = []
        for url in urls_of(lines):
            text.append(f'url="{url}"\n')
            # Without: to standard output.  It cannot try again with /dev/null.
            if keep:
                text.append(f'output="{work}/files/{name_of(url)}"\n')
        path = self.write(f"{work}/list", "".join(text))
        argv = self.program + ["-q", "-s", "-Z", "--parallel-max",
                               str(min(places, 300)), "--fail", "--retry",
                               str(RETRIES), "--retry-all-errors", "-w",
                               "%{stderr}%{http_code} %{url}\\n", "-K", path]
        if self.has_host_limit:
            argv += ["--parallel-max-host", str(of_host)]
        if self.has_no_meter:
            argv += ["--no-progress-meter"]
        if keep and self.has_skip:
            argv += ["--skip-existing"]
        if ca:
            argv += ["--cacert", ca, "--http2" if h2 else "--http1.1"]
        return argv, {}

    done = CoilFetch.done


class Aria2(Client):
    keeps_files = True

    def __init__(self):
        super().__init__("aria2")

    def version(self):
        return first_line(["aria2c", "--version"])

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        session = f"{work}/session"
        path = f"{work}/list"
        # What a run before has left is what is still to be done.
        if keep and os.path.exists(session) and os.path.getsize(session):
            path = session
        else:
            self.write(path, "".join(f"{url}\n  out={name_of(url)}\n"
                                     for url in urls_of(lines)))
        argv = ["aria2c", "--no-conf", "--quiet", "--summary-interval=0", "-i", path,
                "-j", str(places), "-x", "1", "-s", "1", "-d", f"{work}/files",
                "--file-allocation=none", f"--max-tries={RETRIES + 1}",
                "--retry-wait=1", "--allow-overwrite=true",
                "--auto-file-renaming=false", "--deferred-input=true",
                "--max-resume-failure-tries=0"]
        if keep:
            argv += [f"--save-session={session}", "--save-session-interval=1"]
            argv.remove("--deferred-input=true")
        if ca:
            argv += [f"--ca-certificate={ca}"]
        return argv, {}

    done = CoilFetch.done


class Wget2(Client):
    http2 = True

    def __init__(self):
        super().__init__("wget2")

    def version(self):
        return first_line(["wget2", "--version"])

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        path = self.write(f"{work}/list",
                          "".join(url + "\n" for url in urls_of(lines)))
        os.makedirs(f"{work}/files", exist_ok=True)
        argv = ["wget2", "--config=/dev/null", "-q", "-i", path, "--max-threads",
                str(min(places, 100)), f"--tries={RETRIES + 1}", "--waitretry=1"]
        argv += ["-nc", "-nd", "-P", f"{work}/files"] if keep else ["-O", "/dev/null"]
        if ca:
            argv += [f"--ca-certificate={ca}", f"--http2={'on' if h2 else 'off'}"]
        return argv, {}

    def done(self, work):
        return {(name.split("?")[0], size)
                for name, size in CoilFetch.done(self, work)}


class Aiohttp(Client):
    priorities = True

    def __init__(self):
        super().__init__("aiohttp script")
        self.python = "/usr/bin/python3"
        if not os.path.exists(self.python):
            self.python = sys.executable

    def version(self):
        line = first_line([self.python, "-c",
                           "import aiohttp, sys; print('aiohttp', aiohttp."
                           "__version__, 'Python', sys.version.split()[0])"])
        return line if line and line.startswith("aiohttp") else None

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        path = self.write(f"{work}/list", "".join(f"{p}\t{u}\n" for p, u in lines))
        return [self.python, f"{HERE}/aiohttp_fetch.py", path, f"{work}/records",
                str(places), str(of_host)], {"AIOHTTP_CA": ca or ""}

    def done(self, work):
        done = set()
        for line in open(f"{work}/records"):
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if "size" in record:
                done.add((name_of(record["url"]), record["size"]))
        return done


class Parallel(Client):
    small_only = True

    def __init__(self):
        super().__init__("parallel curl")

    def version(self):
        line = first_line(["parallel", "--version"])
        return line if line and "GNU" in line else None

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        os.makedirs(f"{work}/files", exist_ok=True)
        path = self.write(f"{work}/list",
                          "".join(f"{url}\n" for url in urls_of(lines)))
        argv = ["parallel", "--will-cite", "-u", "-j", str(min(places, 64)),
                "--joblog", f"{work}/joblog", "--resume", "-a", path, "curl", "-q",
                "-s", "-f", "--retry", str(RETRIES), "--retry-all-errors", "{}"]
        if keep:
            argv += ["-o", f"{work}/files/{{/}}"]
        return argv, {"HOME": work}

    done = CoilFetch.done


class Xargs(Client):
    small_only = True

    def __init__(self):
        super().__init__("xargs curl")

    def version(self):
        return first_line(["xargs", "--version"])

    def command(self, work, lines, places, of_host, keep=False, ca=None, h2=False):
        path = self.write(f"{work}/list",
                          "".join(f"{url}\n" for url in urls_of(lines)))
        os.makedirs(f"{work}/files", exist_ok=True)
        curl = ["curl", "-q", "-s", "-f", "--retry", str(RETRIES),
                "--retry-all-errors"]
        if keep:
            curl = ["sh", "-c", f'n=${{1##*/}}; exec {" ".join(curl)} '
                    f'-o "{work}/files/$n" "$1"', "-"]
        return ["xargs", "-a", path, "-P", str(min(places, 64)), "-n", "1"] + curl, {}

    done = CoilFetch.done


def installed(build):
    """The clients that there are, coil-fetch first."""
    clients = [CoilFetch(os.path.join(build, "apps", "coil-fetch"))]
    if shutil.which("curl"):
        clients.append(Curl("curl"))
    if os.environ.get("PEER_CURL"):
        clients.append(Curl(os.environ["PEER_CURL"]))
    clients += [Aria2(), Wget2(), Aiohttp(), Parallel(), Xargs()]
    there = []
    for client in clients:
        version = client.version()
        if version:
            there.append((client, version))
        else:
            print(f"{client.name} is not there", file=sys.stderr)
    return there
