# SPDX-License-Identifier: MIT
"""Builds the programs of the peers, and says what they are.

Each function takes the folder for what it makes and returns (command, version), or
raises Missing with a reason.
"""
import os
import re
import shutil
import subprocess

import http_row

HERE = os.path.dirname(os.path.abspath(__file__))
REGISTRY = "/usr/share/cargo/registry"
CC = os.environ.get("CC", "cc")
CXX = os.environ.get("CXX", "c++")


class Missing(Exception):
    pass


def run(command, log, **more):
    with open(log, "ab") as out:
        out.write(("$ " + " ".join(command) + "\n").encode())
        out.flush()
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                              **more).returncode
    if code != 0:
        raise Missing("it does not build: " + log)


def output(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True).stdout.strip()
    except OSError:
        return ""


def need_command(name):
    if not shutil.which(name):
        raise Missing("there is no " + name)


def has_header(name, compiler):
    return subprocess.run([compiler, "-E", "-x", "c++" if compiler == CXX else "c", "-"],
                          input=f"#include <{name}>\n".encode(),
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def need_header(name, compiler=CC):
    need_command(compiler)
    if not has_header(name, compiler):
        raise Missing("there is no " + name)


def macro(header, names, compiler=CC):
    """The values of macros, with dots between them."""
    text = f"#include <{header}>\n" + "".join(f"@{name}\n" for name in names)
    made = subprocess.run([compiler, "-E", "-P", "-x",
                           "c++" if compiler == CXX else "c", "-"],
                          input=text, stdout=subprocess.PIPE, universal_newlines=True)
    return ".".join(re.findall(r'@"?([^"\s]+)', made.stdout))


def program(folder, name, source, flags, compiler=CC):
    to = os.path.join(folder, name)
    run([compiler, "-O2", "-I", os.path.dirname(HERE), os.path.join(HERE, source), "-o",
         to] + flags, to + ".log")
    return [to]


def gate(folder):
    return program(folder, "gate", "gate.c", [])


def go(folder):
    need_command("go")
    to = os.path.join(folder, "go")
    cache = {} if os.environ.get("HOME") else {"GOCACHE": os.path.join(folder, "gocache")}
    run(["go", "build", "-o", to, os.path.join(HERE, "peer.go")], to + ".log",
        env=dict(os.environ, GO111MODULE="off", **cache))
    return [to], output("go", "version").replace("go version ", "")


def tokio(folder):
    need_command("cargo")
    if not os.path.isdir(REGISTRY):
        raise Missing("there is no " + REGISTRY)
    found = [name for name in os.listdir(REGISTRY) if re.match(r"tokio-\d", name)]
    if not found:
        raise Missing("there is no tokio in " + REGISTRY)
    home = os.path.join(folder, "cargo")
    source = os.path.join(folder, "tokio-source")
    os.makedirs(home, exist_ok=True)
    shutil.copytree(os.path.join(HERE, "tokio"), source, dirs_exist_ok=True)
    # Nothing comes from the network: the crates are those of the system.
    with open(os.path.join(home, "config.toml"), "w") as config:
        config.write('[source.crates-io]\nreplace-with = "system"\n'
                     f'[source.system]\ndirectory = "{REGISTRY}"\n')
    run(["cargo", "build", "--release", "--offline"],
        os.path.join(folder, "tokio.log"), cwd=source,
        env=dict(os.environ, CARGO_HOME=home,
                 CARGO_TARGET_DIR=os.path.join(folder, "cargo-target")))
    return ([os.path.join(folder, "cargo-target", "release", "peer")],
            found[0].replace("-", " ") + ", " + output("rustc", "--version"))


def system_python():
    python = "/usr/bin/python3"
    if not os.path.exists(python):
        python = shutil.which("python3")
    version = output(python, "--version")
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (3, 11):
        raise Missing(f"{version} is older than 3.11")
    return python, version


def asyncio(folder):
    python, version = system_python()
    return [python, os.path.join(HERE, "peer.py"), "asyncio"], version


def uvloop(folder):
    python, version = system_python()
    found = subprocess.run([python, "-c", "import uvloop; print(uvloop.__version__)"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           universal_newlines=True)
    if found.returncode != 0:
        raise Missing("there is no uvloop for " + python)
    return ([python, os.path.join(HERE, "peer.py"), "uvloop"],
            f"uvloop {found.stdout.strip()}, {version}")


def libuv(folder):
    need_header("uv.h")
    return (program(folder, "libuv", "uv.c", ["-luv"]), "libuv " + macro(
        "uv.h", ["UV_VERSION_MAJOR", "UV_VERSION_MINOR", "UV_VERSION_PATCH"]))


def libev(folder):
    need_header("ev.h")
    return (program(folder, "libev", "ev.c", ["-lev"]),
            "libev " + macro("ev.h", ["EV_VERSION_MAJOR", "EV_VERSION_MINOR"]))


def boost(folder):
    need_header("boost/fiber/all.hpp", CXX)
    return (program(folder, "boost", "boost.cc",
                    ["-DNDEBUG", "-lboost_fiber", "-lboost_context", "-pthread"], CXX),
            "Boost " + macro("boost/version.hpp", ["BOOST_LIB_VERSION"],
                             CXX).replace("_", "."))


def pth(folder):
    need_header("pth.h")
    return (program(folder, "pth", "pth.c", ["-lpth"]),
            "GNU Pth " + macro("pth.h", ["PTH_VERSION_STR"]))


def wrk(folder):
    need_command("wrk")
    found = re.search(r"\d+(\.\d+)+", output("wrk", "-v"))
    return [""], "wrk " + found.group(0) if found else "wrk"


def libcurl(folder):
    need_header("curl/curl.h")
    return (program(folder, "libcurl", "../https/curl.c",
                    ["-std=gnu11", "-lcurl", "-lssl", "-lcrypto"]),
            "libcurl " + macro("curl/curlver.h", ["LIBCURL_VERSION"]))


def nginx(folder):
    command = http_row.daemon("nginx")
    if not command:
        raise Missing("there is no nginx")
    return [""], output(command, "-v").replace("nginx version: nginx/", "nginx ")


def node(folder):
    command = shutil.which("node") or shutil.which("nodejs")
    if not command:
        raise Missing("there is no node")
    return [""], "Node " + output(command, "--version")


def posix(folder):
    return (program(folder, "posix", "posix.c", ["-pthread"]),
            output("getconf", "GNU_LIBC_VERSION"))


# Of what is measured between two threads; "posix" has nothing else.
CROSS = ["go", "tokio", "newer_tokio", "posix"]
HTTP_CLIENTS = ["wrk", "libcurl"]
HTTP_SERVERS = ["nginx", "node"]

# Name, title, how it is built (None: it is measured where PEER_NAME is given).
PEERS = [("go", "Go", go), ("tokio", "tokio", tokio), ("asyncio", "asyncio", asyncio),
         ("uvloop", "uvloop", uvloop), ("libuv", "libuv", libuv),
         ("libev", "libev", libev), ("boost", "Boost", boost), ("pth", "GNU Pth", pth),
         ("posix", "POSIX threads", posix),
         ("wrk", "wrk", wrk), ("libcurl", "libcurl", libcurl), ("nginx", "nginx", nginx),
         ("node", "Node", node),
         ("libdill", "libdill", None), ("neco", "neco", None),
         ("photon", "Photon", None), ("newer_tokio", "newer tokio", None)]
