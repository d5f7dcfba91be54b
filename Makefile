# `make run` shows it at work; `make test` is all that CI runs. CONTRIBUTING.md tells the rest.

CARGO ?= cargo

NPM ?= npm

.PHONY: run build ui test check check-ui e2e bars fmt bench docs setup clean

run: build
	@python3 scripts/run_example.py

build: setup ui
	$(CARGO) build --release --package azkaban

# The web UI, which the next build of the server embeds. `cargo build` alone needs no npm: without it the pages are plain.
ui: web/node_modules/.package-lock.json
	cd web && $(NPM) run --silent build

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && $(NPM) ci --no-audit --no-fund --loglevel=error

test: check check-ui
	$(CARGO) test --workspace --quiet
	$(CARGO) build --quiet --package azkaban
	cd web && { E2E_OPTIONAL=1 $(NPM) run --silent e2e || { echo 'once more: a defect fails again, a slip of the browser does not'; E2E_OPTIONAL=1 $(NPM) run --silent e2e; }; }

# What needs no test to run: formatting, lints, the rules of the code base.
check: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	$(CARGO) xtask tidy

# Lints, types, unit tests and sizes of the web UI.
check-ui: setup web/node_modules/.package-lock.json
	cd web && $(NPM) run --silent check

# A browser walks through the UI of a real server; needs Chromium.
e2e: ui
	$(CARGO) build --package azkaban
	cd web && $(NPM) run --silent e2e

# The figures of the web UI (docs/ui.md) on much data, best on an idle machine. DATA is filled at the first time: 1.2 GiB.
DATA ?= target/bars-data
bars: ui
	$(CARGO) build --release --package azkaban
	[ -e $(DATA)/azkaban.db ] || $(CARGO) xtask seed --data $(DATA)
	cd web && AZKABAN_BIN=../target/release/azkaban DATA=$(abspath $(DATA)) $(NPM) run --silent bars

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
