# SPDX-License-Identifier: MIT
#
# Shortcuts; the build itself is CMake's.
JOBS ?= 2
PREFIX ?= /usr/local
export JOBS DESTDIR
MAKEFLAGS += --no-print-directory

.PHONY: build demo install uninstall check test test-long test-uring test-all help asan asan-clang tsan valgrind \
	test-release test-lto test-musl test-aarch64 amalgamation deb newcomer reproducible matrix release schedules schedules-long asyncio-diff interop browser site fuzz \
	bugbank mutants coverage bench bench-check bench-names bench-syscalls bench-os bench-tls bench-fetch bench-fetch-long bench-peers bench-work bench-fleet \
	fetch-kills work-kills work-partitions deps format check-format clean

# What is missing is named, and never installed.
build:
	@scripts/install-deps --check build
	@scripts/build build/release

install: build
	@cmake --install build/release --prefix "$(PREFIX)" >build/install.log || \
		{ cat build/install.log; exit 1; }
	@echo "installed in $(DESTDIR)$(PREFIX) (build/install.log)"
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig 2>/dev/null || true

uninstall:
	@cmake --build build/release --target uninstall

# What is missing is installed, by root or with sudo.
demo:
	@scripts/install-deps demo
	@scripts/build build/release
	@scripts/run/demo build/release

help:
	@echo "make build        what is installed, in build/release (this is the default)"
	@echo "make install      the same, and install it below PREFIX=$(PREFIX)"
	@echo "make uninstall    remove what was installed last"
	@echo "make demo         build, and run the tutorial's programs with a server of their own"
	@echo "make check        for every change: format, layers, headers, licence and the unit tests: 1 minute"
	@echo "make test         build and run all tests, plain and under ASan and UBSan: 15 minutes"
	@echo "make test-all     the same, and all that takes longer: hours (docs/testing.md)"
	@echo "make amalgamation libcoil as two files, build/amalgamation/coil.c and coil.h, and its tests"
	@echo "make bench        measure (bench/README.md)"
	@echo "make bench-peers  the same beside other runtimes: bench/RESULTS.md, 20 minutes"
	@echo "make site         the web site, in build/site"
	@echo "make format       format the sources with clang-format 14"
	@echo "make deps         install what building needs; scripts/install-deps has other groups"
	@echo "make clean        remove build/"
	@echo
	@echo "JOBS=$(JOBS) compilers run at once.  demo, test and deps install what is missing,"
	@echo "as root or with sudo, on Debian and its relatives; elsewhere they say what is missing."

# What a change most often breaks.
check:
	@scripts/install-deps tests
	scripts/run/run-check

# CTest's summary comes last.
test:
	@scripts/install-deps tests
	scripts/run/run-schedules 200000 1
	scripts/run/run-tests --fewer dev asan

# In every schedule.
test-long:
	@scripts/install-deps tests
	scripts/run/run-tests dev asan

# What runs on the kernel, on io_uring.
test-uring:
	@scripts/install-deps tests
	COIL_BACKEND=uring scripts/run/run-tests dev

# All that shows something, each with a log in build/test-all; then a table.
test-all:
	@scripts/run/test-all test-long test-uring schedules-long tsan valgrind asan-clang test-release test-lto \
		test-musl test-aarch64 amalgamation matrix reproducible deb newcomer bugbank coverage asyncio-diff interop browser fetch-kills \
		work-kills work-partitions fuzz

asan:
	@scripts/install-deps tests
	scripts/run/run-tests asan

# clang's sanitizers see other things than gcc's.
asan-clang:
	@scripts/install-deps tests clang
	scripts/run/run-tests asan-clang

# The tests of what crosses threads.
tsan:
	@scripts/install-deps tests
	scripts/run/run-tests tsan

valgrind:
	@scripts/install-deps build valgrind
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS)
	scripts/run/run-valgrind build/dev

test-release:
	@scripts/install-deps tests
	scripts/run/run-tests release-tests

# Optimised as a whole program.
test-lto:
	@scripts/install-deps tests
	scripts/run/run-tests lto

# Another C library.
test-musl:
	@scripts/install-deps tests musl
	scripts/run/run-tests musl

test-aarch64:
	@scripts/install-deps build aarch64
	COIL_TEST_TIMEOUT=50 scripts/run/run-tests aarch64

# libcoil as two files, build/amalgamation/coil.c and coil.h, and the tests of them.
amalgamation:
	@scripts/install-deps tests
	scripts/amalgamate build/amalgamation
	cd build/amalgamation && $(CC) -O2 -fstack-clash-protection -c coil.c
	scripts/run/run-tests amalgamation

# Packages in a new Debian 12 and 13; a new user's first steps there; the same bytes twice;
# other compilers, processors and flags; and all of a release (docs/packages.md,
# docs/portability.md).
deb:
	@scripts/install-deps deb
	scripts/run/deb

newcomer:
	@scripts/install-deps deb
	scripts/run/newcomer

reproducible:
	@scripts/install-deps demo
	scripts/run/reproducible

matrix:
	@scripts/install-deps matrix
	scripts/run/matrix --write

release:
	@scripts/install-deps tests deb
	scripts/run/release

# Random schedules of each primitive, N of them, and all of small scopes.
N ?= 1000000
SEED ?= 1
schedules:
	@scripts/install-deps build
	scripts/run/run-schedules $(N) 1

schedules-long:
	@scripts/install-deps build
	scripts/run/run-schedules 10000000 2

# Bytes that nobody would send (fuzz/README.md).
SECONDS ?= 60
fuzz:
	@scripts/install-deps build clang
	cmake --preset fuzz
	cmake --build --preset fuzz --parallel $(JOBS)
	scripts/run/run-fuzz build/fuzz $(SECONDS)

# Random programs with asyncio and with coil (tests/conformance/asyncio/README.md).
asyncio-diff: N = 100000
asyncio-diff:
	@scripts/install-deps build
	scripts/run/asyncio-diff $(N) $(SEED)

# coil with servers, clients and proxies of others (docs/interop.md).
interop:
	@scripts/install-deps tests interop
	cmake --preset asan
	cmake --build --preset asan --parallel $(JOBS) \
		--target interop_client interop_server example_get example_fetch
	scripts/run/interop build/asan

# coil's server with a page in Chromium (docs/interop.md).
browser:
	@scripts/install-deps tests browser
	cmake --preset asan
	cmake --build --preset asan --parallel $(JOBS) --target interop_browser
	scripts/run/browser build/asan

# The web site, in build/site: documents, API, manual pages, examples.
site:
	@scripts/install-deps site
	scripts/docs/make-site build/site
	@scripts/run/site-browser build/site || [ $$? = 77 ]

# Each known bug in turn, and the tests that see it (tests/bugs/README.md).
bugbank:
	@scripts/install-deps tests
	scripts/run/bugbank

# N small changes of the sources, and whether a test sees each (scripts/run/mutants).
mutants: N = 600
mutants: FILES ?= $(wildcard src/backend/*.c src/inspect/*.c src/net/*.c src/threads/*.c src/http/*/*.c)
mutants:
	@scripts/install-deps tests
	scripts/run/mutants --count $(N) --seed $(SEED) $(FILES)

# What of the libraries and programs the tests run.
coverage:
	@scripts/install-deps tests
	scripts/run/coverage

# Instructions of the hot paths, against bench/counts.txt (bench/README.md).
bench-check:
	@scripts/install-deps build valgrind
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-check build/bench

# Names when most are dead, in namespaces of their own.
bench-names:
	@scripts/install-deps tests
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-names build/bench

# System calls of coil's side of a request, on epoll and on io_uring.
bench-syscalls:
	@scripts/install-deps build
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-syscalls build/bench

# Requests over TLS, beside libcurl, Go and nginx.
bench-tls:
	@scripts/install-deps bench-tls
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-tls build/bench

# Starts of programs, and datagrams, beside libuv and Go.
bench-os:
	@scripts/install-deps bench-os
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-os build/bench

# coil-fetch beside curl, aria2, wget2, aiohttp and others (bench/FETCH.md).
bench-fetch:
	@scripts/install-deps bench-fetch
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-fetch build/bench

# The same program with ten million lines: half an hour.
bench-fetch-long:
	@scripts/install-deps bench-fetch
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	BENCH_ONLY=lines scripts/run/bench-fetch build/bench build/bench-fetch-long

# coil beside Go, tokio, asyncio, uvloop, libuv, libev, Boost and Pth, and beside wrk,
# libcurl, nginx and Node: bench/RESULTS.md.
bench-peers:
	@scripts/install-deps bench-peers
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-peers build/bench

# A job of a queue in a Redis, beside Sidekiq and Celery: docs/work.md.
bench-work:
	@scripts/install-deps tests
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-work build/bench

# One coil-fetch beside two and four of them, in namespaces of their own: docs/scaling.md.
bench-fleet:
	@scripts/install-deps tests
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench-fleet build/bench

# coil-fetch is killed N times, at moments that SEED decides, and loses nothing.
fetch-kills: N = 200
fetch-kills:
	@scripts/install-deps tests
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS) --target coil-fetch bench_fleet
	FETCH_KILLS=$(N) SEED=$(SEED) COIL_SOURCE_DIR=. COIL_BUILD_DIR=build/dev \
		sh tests/fetch/fetch_kill.sh

# Workers of a queue and its Redis are killed KILLS times, at moments that SEED decides
# (docs/work.md).
work-kills: KILLS = 1000
work-kills:
	@scripts/install-deps tests
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS) --target work_fleet
	scripts/run/work-fleet build/dev kills $(KILLS) $(SEED)

# A worker is cut off from the Redis, each way and both, PARTITIONS times.
work-partitions: PARTITIONS = 1000
work-partitions:
	@scripts/install-deps tests
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS) --target work_fleet
	WORK_AT_ONCE=8 scripts/run/work-fleet build/dev partitions $(PARTITIONS) $(SEED)

bench:
	@scripts/install-deps demo
	@scripts/build build/bench -DCOIL_BUILD_BENCH=ON
	scripts/run/bench build/bench

deps:
	@scripts/install-deps build

format:
	@scripts/install-deps format
	scripts/checks/check-format --fix

check-format:
	scripts/checks/check-format

clean:
	rm -rf build
