# SPDX-License-Identifier: MIT
#
# Shortcuts; the build itself is CMake's.
JOBS ?= 2
PREFIX ?= /usr/local
export JOBS
MAKEFLAGS += --no-print-directory

.PHONY: build demo test asan tsan test-release test-aarch64 bench install \
	deps format check-format clean

build: deps
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)

demo: build
	scripts/demo build/release

test: deps
	scripts/run-tests dev asan

asan: deps
	scripts/run-tests asan

# The tests of what crosses threads.
tsan: deps
	scripts/run-tests tsan

test-release: deps
	scripts/run-tests release-tests

test-aarch64:
	scripts/install-deps --aarch64
	COIL_TEST_TIMEOUT=50 scripts/run-tests aarch64

bench: build
	scripts/bench build/release

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
