# SPDX-License-Identifier: MIT
#
# Shortcuts; the build itself is CMake's.
JOBS ?= 2
PREFIX ?= /usr/local
export JOBS
MAKEFLAGS += --no-print-directory

.PHONY: build demo test asan asan-clang tsan valgrind test-release test-lto test-musl test-aarch64 schedules \
	schedules-long asyncio-diff fuzz bugbank mutants coverage bench install deps format check-format clean

build: deps
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)

demo: build
	scripts/demo build/release

# CTest's summary comes last.
test: deps
	scripts/run-schedules 1000000 1
	scripts/run-tests dev asan

asan: deps
	scripts/run-tests asan

# clang's sanitizers see other things than gcc's.
asan-clang: deps
	scripts/install-deps --clang
	scripts/run-tests asan-clang

# The tests of what crosses threads.
tsan: deps
	scripts/run-tests tsan

valgrind:
	scripts/install-deps --valgrind
	cmake --preset dev
	cmake --build --preset dev --parallel $(JOBS)
	scripts/run-valgrind build/dev

test-release: deps
	scripts/run-tests release-tests

# Optimised as a whole program.
test-lto: deps
	scripts/run-tests lto

# Another C library.
test-musl:
	scripts/install-deps --musl
	scripts/run-tests musl

test-aarch64:
	scripts/install-deps --aarch64
	COIL_TEST_TIMEOUT=50 scripts/run-tests aarch64

# Random schedules of each primitive, N of them, and all of small scopes.
N ?= 1000000
SEED ?= 1
schedules: deps
	scripts/run-schedules $(N) 1

schedules-long: deps
	scripts/run-schedules 10000000 2

# Bytes that nobody would send (fuzz/README.md).
SECONDS ?= 60
fuzz:
	scripts/install-deps --clang
	cmake --preset fuzz
	cmake --build --preset fuzz --parallel $(JOBS)
	scripts/run-fuzz build/fuzz $(SECONDS)

# Random programs with asyncio and with coil (tests/asyncio/README.md).
asyncio-diff: N = 100000
asyncio-diff: deps
	scripts/asyncio-diff $(N) $(SEED)

# Each known bug in turn, and the tests that see it (tests/bugs/README.md).
bugbank: deps
	scripts/bugbank

# N small changes of the sources, and whether a test sees each (scripts/mutants).
mutants: N = 600
mutants: FILES ?= $(wildcard src/poll/*.c src/inspect/*.c src/io/*.c src/http/*.c)
mutants: deps
	scripts/mutants --count $(N) --seed $(SEED) $(FILES)

# What of core, inspect and sync the tests run.
coverage: deps
	scripts/coverage

bench: deps
	cmake --preset bench
	cmake --build --preset bench --parallel $(JOBS)
	scripts/bench build/bench

install: build
	cmake --install build/release --prefix $(PREFIX)

deps:
	scripts/install-deps

format:
	scripts/check-format --fix

check-format:
	scripts/check-format

clean:
	rm -rf build
