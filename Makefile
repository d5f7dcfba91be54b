# `make run` shows it at work; `make test` is all that CI runs. CONTRIBUTING.md tells the rest.

CARGO ?= cargo

.PHONY: run build test check fmt bench docs setup clean

run: build
	@python3 scripts/run_example.py

build: setup
	$(CARGO) build --release --package azkaban

test: check
	$(CARGO) test --workspace --quiet

# What needs no test to run: formatting, lints, the rules of the code base.
check: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	$(CARGO) xtask tidy

fmt:
	$(CARGO) fmt --all

docs:
	$(CARGO) xtask docs

bench: build
	$(CARGO) xtask bench

setup:
	@scripts/setup.sh

clean:
	$(CARGO) clean
