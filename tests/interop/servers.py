# SPDX-License-Identifier: MIT
"""Servers of others, each with files, codings and uploads as far as it has them.

A function starts one and returns its name and version, and its sites: for http,
and for https."""
import glob
import os
import sys

from exercise import Site
from world import HERE, NotThere, find, first_line

ROOT = os.geteuid() == 0
EMPTY = "types { text/plain txt; } default_type application/octet-stream;"


def zstd_of(world, path):
    return {"zstd": path} if os.path.exists(world.path("www/text.zst")) else {}


def two(port, secure_port, **where):
    """A site by http, and the same by https."""
    return {"http": Site(f"http://localhost:{port}", **where),
            "https": Site(f"https://localhost:{secure_port}",
                          **{**where, "redirect": ""})}


# ---- an origin for those that pass on -------------------------------------

def origin(world):
    """gunicorn's application in Python's own server; its port."""
    port = world.free_port()
    world.start("origin", [sys.executable, os.path.join(HERE, "origin.py"),
                           str(port)], port=port, env=environment(world))
    return port


def environment(world):
    return {**os.environ, "COIL_INTEROP_ROOT": world.path("www"),
            "PYTHONPATH": HERE}


# ---- programs that are configured -----------------------------------------

def nginx(world):
    program = find("nginx")
    behind = origin(world)
    port, secure_port = world.free_port(), world.free_port()
    module = glob.glob("/usr/lib*/nginx/modules/ngx_http_brotli_filter_module.so")
    load = "".join(f"load_module {path};\n" for path in module)
    brotli = "brotli on; brotli_types text/plain;" if module else ""
    config = world.write("nginx.conf", f"""
{load}{"user root;" if ROOT else ""}
daemon off; master_process off; worker_processes 1;
pid {world.path("nginx.pid")}; error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off; client_max_body_size 0; {EMPTY}
    client_body_temp_path {world.path("nginx-body")};
    proxy_temp_path {world.path("nginx-proxy")};
    fastcgi_temp_path {world.path("nginx-f")};
    uwsgi_temp_path {world.path("nginx-u")};
    scgi_temp_path {world.path("nginx-s")};
    gzip on; gzip_types text/plain; gzip_proxied any; {brotli}
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{secure_port} ssl http2;
        ssl_certificate {world.path("chain.pem")};
        ssl_certificate_key {world.path("key.pem")};
        ssl_protocols TLSv1.2 TLSv1.3;
        location /files/ {{ alias {world.path("www")}/; }}
        location /chunked/ {{
            alias {world.path("www")}/;
            sub_filter_types *; sub_filter "no file has this" "";
        }}
        location = /zstd {{
            alias {world.path("www/text.zst")};
            add_header Content-Encoding zstd;
        }}
        location = /hash {{ proxy_pass http://127.0.0.1:{behind}; }}
        location = /echo {{ proxy_pass http://127.0.0.1:{behind}; }}
        location = /secure {{
            return 301 https://localhost:{secure_port}/files/1.bin;
        }}
    }}
}}""")
    world.start("nginx", [program, "-c", config, "-p", world.folder,
                          "-e", "stderr"], port=secure_port)
    codings = {"gzip": "", **({"br": ""} if module else {}),
               **zstd_of(world, "/zstd")}
    return first_line(program, "-v").replace("nginx version: ", ""), \
        two(port, secure_port, codings=codings, echo="/echo",
            redirect="/secure", leads_to="https://")


def apache(world):
    program = find("apache2", "httpd")
    folder = next((path for path in ("/usr/lib/apache2/modules",
                                     "/usr/lib64/httpd/modules",
                                     "/usr/lib/httpd/modules")
                   if os.path.isdir(path)), None)
    if not folder:
        raise NotThere("no modules of Apache")
    port, secure_port = world.free_port(), world.free_port()
    wanted = ["mpm_event", "authz_core", "authz_host", "unixd", "mime", "dir",
              "alias", "headers", "env", "cgi", "cgid", "ssl", "filter",
              "deflate", "brotli", "socache_shmcb", "log_config", "http2"]
    loads = "".join(f"LoadModule {name}_module {folder}/mod_{name}.so\n"
                    for name in wanted
                    if name != "cgi" and
                    os.path.exists(f"{folder}/mod_{name}.so"))
    os.makedirs(world.path("apache"), exist_ok=True)
    config = world.write("apache.conf", f"""
{loads}
ServerRoot {world.path("apache")}
ServerName localhost
PidFile {world.path("apache/pid")}
DefaultRuntimeDir {world.path("apache")}
ScriptSock {world.path("apache/cgi")}
ErrorLog {world.path("apache.error")}
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{secure_port}
{"User nobody" if ROOT else ""}
{"Group nogroup" if ROOT else ""}
TypesConfig /dev/null
AddType text/plain .txt
MaxKeepAliveRequests 0
KeepAliveTimeout 60
SetEnv COIL_INTEROP_ROOT {world.path("www")}
Alias /files/ {world.path("www")}/
Alias /zstd {world.path("www/text.zst")}
ScriptAlias /chunked {HERE}/hash.cgi
ScriptAlias /hash {HERE}/hash.cgi
Redirect 301 /secure https://localhost:{secure_port}/files/1.bin
AddOutputFilterByType BROTLI_COMPRESS;DEFLATE text/plain
<Location /zstd>
    Header set Content-Encoding zstd
    SetEnv no-gzip 1
    SetEnv no-brotli 1
</Location>
<Location /hash>
    SetEnv no-gzip 1
    SetEnv no-brotli 1
</Location>
<Directory />
    Require all granted
    Options +ExecCGI
</Directory>
<VirtualHost 127.0.0.1:{secure_port}>
    Protocols h2 http/1.1
    SSLEngine on
    SSLCertificateFile {world.path("chain.pem")}
    SSLCertificateKeyFile {world.path("key.pem")}
    SSLProtocol -all +TLSv1.2 +TLSv1.3
</VirtualHost>
""")
    world.start("apache", [program, "-f", config, "-DFOREGROUND"],
                port=secure_port)
    return first_line(program, "-v").replace("Server version: ", ""), \
        two(port, secure_port, codings={"gzip": "", "br": "",
                                        **zstd_of(world, "/zstd")},
            redirect="/secure", leads_to="https://")


def lighttpd(world):
    program = find("lighttpd")
    port, secure_port = world.free_port(), world.free_port()
    os.makedirs(world.path("lighttpd"), exist_ok=True)
    config = world.write("lighttpd.conf", f"""
server.modules = ("mod_indexfile", "mod_access", "mod_alias", "mod_setenv",
    "mod_redirect", "mod_cgi", "mod_deflate", "mod_openssl")
server.document-root = "{world.path("www")}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{world.path("lighttpd.error")}"
server.upload-dirs = ("{world.path("lighttpd")}")
server.max-keep-alive-requests = 100000
server.max-keep-alive-idle = 60
server.stream-response-body = 1
mimetype.assign = (".txt" => "text/plain", "" => "application/octet-stream")
alias.url = ("/files/" => "{world.path("www")}/",
    "/hash" => "{HERE}/hash.cgi", "/chunked" => "{HERE}/hash.cgi")
url.redirect = ("^/secure$" => "https://localhost:{secure_port}/files/1.bin")
url.redirect-code = 301
cgi.assign = (".cgi" => "/bin/sh")
setenv.set-environment = ("COIL_INTEROP_ROOT" => "{world.path("www")}")
deflate.mimetypes = ("text/plain")
deflate.allowed-encodings = ("br", "zstd", "gzip", "deflate")
$HTTP["url"] =~ "^/hash" {{ deflate.mimetypes = () }}
$SERVER["socket"] == "127.0.0.1:{secure_port}" {{
    ssl.engine = "enable"
    ssl.pemfile = "{world.path("both.pem")}"
    ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.2")
}}
""")
    world.start("lighttpd", [program, "-D", "-f", config], port=secure_port)
    return first_line(program, "-v").split(" (")[0], \
        two(port, secure_port,
            codings={"gzip": "", "deflate": "", "br": "", "zstd": ""},
            redirect="/secure", leads_to="https://", needs_length_2=True)


def haproxy(world):
    program = find("haproxy")
    behind = origin(world)
    port, secure_port = world.free_port(), world.free_port()
    config = world.write("haproxy.cfg", f"""
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    compression algo gzip deflate
    compression type text/plain
frontend plain
    bind 127.0.0.1:{port}
    http-request redirect code 301 location https://localhost:{secure_port}/files/1.bin if {{ path /secure }}
    default_backend origin
frontend secure
    bind 127.0.0.1:{secure_port} ssl crt {world.path("both.pem")} ssl-min-ver TLSv1.2 alpn h2,http/1.1
    default_backend origin
backend origin
    server origin 127.0.0.1:{behind}
""")
    world.start("haproxy", [program, "-db", "-q", "-f", config],
                port=secure_port)
    version = first_line(program, "-v").split(" ")
    return f"haproxy {version[2]} before a server in Python", \
        two(port, secure_port, codings={"gzip": "/chunked/text.txt",
                                        "deflate": "/chunked/text.txt"},
            echo="/echo", redirect="/secure", leads_to="https://")


def nghttpd(world):
    """It has files, and nothing else."""
    program = find("nghttpd")
    port = world.free_port()
    world.start("nghttpd", [program, "-a", "127.0.0.1", "-d", world.path("www"),
                            str(port), world.path("key.pem"),
                            world.path("chain.pem")], port=port)
    site = Site(f"https://localhost:{port}", files="/", chunked="", hash="",
                has_ranges=False, is_2_only=True)
    return first_line(program, "--version"), {"https": site}


# ---- programs that are written --------------------------------------------

def pair(world, name, command, env=None, **where):
    """The same program twice, by http and by https."""
    ports = world.free_port(), world.free_port()
    keys = [world.path("chain.pem"), world.path("key.pem")]
    for port, more in zip(ports, ([], keys)):
        world.start(name, command(port, more), port=port, env=env)
    return two(*ports, echo="/echo", redirect="/redirect", **where)


def node(world):
    program = find("node", "nodejs")
    peer = os.path.join(HERE, "peer.mjs")
    codings = {name: "/packed/" + name for name in ("gzip", "deflate", "br")}
    return "node " + first_line(program, "--version"), \
        pair(world, "node", lambda port, keys:
             [program, peer, "serve", world.path("www"), str(port), *keys],
             codings=codings)


def go_program(world):
    """The program of peer.go, compiled once."""
    program = world.path("peer-go")
    if not os.path.exists(program):
        build = world.start("go-build", [find("go"), "build", "-o", program,
                                         os.path.join(HERE, "peer.go")],
                            env={**os.environ, "GO111MODULE": "off",
                                 "GOTOOLCHAIN": "local"})
        status = build.wait()
        tail = world.tail(build)
        world.end(build)
        if status != 0:
            raise NotThere(f"go does not compile: {tail}")
    return program


def go(world):
    program = go_program(world)
    return first_line(find("go"), "version").replace("go version ", ""), \
        pair(world, "go", lambda port, keys:
             [program, "serve", world.path("www"), str(port), *keys],
             codings={"gzip": "/gzip"})


def gunicorn(world):
    program = find("gunicorn")

    def command(port, keys):
        secure = ["--certfile", keys[0], "--keyfile", keys[1]] if keys else []
        return [program, "--bind", f"127.0.0.1:{port}", "-k", "gthread",
                "--threads", "4", "--keep-alive", "60", *secure,
                "--worker-tmp-dir", world.folder, "wsgi:application"]

    version = first_line(program, "--version")
    return version.replace("(version ", "").replace(")", ""), \
        pair(world, "gunicorn", command, env=environment(world),
             codings={"gzip": "/gzip", "deflate": "/deflate",
                      **zstd_of(world, "/zstd")})


ALL = [nginx, apache, lighttpd, haproxy, nghttpd, node, go, gunicorn]
