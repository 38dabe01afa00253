# Needs make and Python >= 3.11, nothing else: every tool comes from requirements/ into .venv/.

PYTHON ?= python3
PYTHON_NEWEST ?= $(shell for each in python3.13 python3.12; do $$each -c '' 2>/dev/null && echo $$each && break; done)
PORT ?= 8000
ARGS ?=

PIP_INSTALL := -m pip --disable-pip-version-check -qq install
TEST := .venv/test/bin
DEMO := .venv/demo/bin
NEWEST := .venv/newest/bin
MUTATION := .venv/mutation/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo code test lint types unit integration promises matrix first-steps openapi scale upkeep moving bench bench-compare mutation format lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/demo/stamp ## the demo, afresh, on http://127.0.0.1:8000/ (PORT=8001: another port; KEEP=1: with the devices of the last)
	@PORT=$(PORT) exec $(DEMO)/python -m demo

code: .venv/demo/stamp ## the code an authenticator app would show: make code SECRET=JBSW...
	@$(DEMO)/python -m demo.code "$$SECRET"

test: .venv/test/stamp ## everything: style, types, imports, tests on every database that answers, coverage
	@$(TEST)/python -m tests.run $(ARGS)

lint: .venv/test/stamp ## style, and who may import whom
	$(TEST)/ruff check
	$(TEST)/ruff format --check
	$(TEST)/lint-imports --no-cache --no-logo

types: .venv/test/stamp ## types
	$(TEST)/mypy

unit: .venv/test/stamp ## unit tests (ARGS="-k name" to choose)
	$(TEST)/pytest tests/unit $(ARGS)

integration: .venv/test/stamp ## integration tests; MFA_TEST_DATABASE=sqlite (default), postgresql or mariadb
	$(TEST)/pytest tests/integration $(ARGS)

promises: .venv/test/stamp ## what the package promises, tried on every database that answers, as a table
	@$(TEST)/python -m tests.promises $(ARGS)

matrix: .venv/newest/stamp ## what meets Python, Django and other packages, on the newest (PYTHON_NEWEST=... to choose)
	$(NEWEST)/pytest -n 2 --no-loadscope-reorder tests/unit/adapters tests/unit/containers tests/integration/django \
		tests/integration/drf tests/integration/tokens tests/integration/testing $(SAME_ON_THE_NEWEST:%=--ignore=tests/integration/%.py) $(ARGS)

# What takes long, and goes by the rules of the core rather than by what the newest packages do.
SAME_ON_THE_NEWEST := django/test_commands_half_way django/test_commands_serving django/test_rewriting \
	django/test_rehashing django/test_use_cases drf/test_audit drf/test_events drf/test_foreign_indexes \
	drf/test_hostile_input drf/test_trusts drf/test_webauthn testing/test_enrol testing/test_team tokens/test_jwt_gate \
	tokens/test_lives tokens/test_trusts

first-steps: .venv/test/stamp ## the first steps of the README, with the built wheel, in a project and an environment of their own
	@$(TEST)/python -m tests.first_steps

openapi: .venv/test/stamp ## writes docs/openapi.yaml anew
	$(TEST)/python -m tests.integration.openapi

scale: .venv/test/stamp ## plans and times with up to a million devices, on PostgreSQL (some minutes; docs/performance.md)
	$(TEST)/python -m benchmarks.scale

upkeep: .venv/test/stamp ## the purge and the rotation of keys among a million devices, while others verify (docs/performance.md)
	$(TEST)/python -m benchmarks.upkeep $(ARGS)

moving: .venv/test/stamp ## an import of a hundred thousand users, while others verify (docs/performance.md)
	$(TEST)/python -m benchmarks.moving $(ARGS)

bench: .venv/test/stamp ## what the package costs beside the same Django without it (docs/performance.md; ARGS="--rows gate,verify")
	@$(TEST)/python -m benchmarks.cost $(ARGS)

bench-compare: .venv/test/stamp ## two commits beside one another: make bench-compare BASE=<commit> [HEAD=<commit>; without it, the working tree]
	@test -n "$(BASE)" || { echo "usage: make bench-compare BASE=<commit> [HEAD=<commit>]" >&2; exit 2; }
	@$(TEST)/python -m benchmarks.compare "$(BASE)" $(HEAD) $(ARGS)

mutation: .venv/mutation/stamp ## which mistakes in the core no unit test notices (half an hour; MODULE=mfa.domain.policies for one)
	@$(MUTATION)/python -m tests.mutation $(MODULE)

format: .venv/test/stamp ## rewrites the code in the project's style
	$(TEST)/ruff check --fix
	$(TEST)/ruff format

clean: ## removes the environments, and what tools and the demo left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* .skipped mutants build dist demo/*.sqlite3*

# Environments ---------------------------------------------------------------------------------------------------------
# $(1): the Python that makes it; $(2): the least version; the first prerequisite is the lock.
# An environment is brought up to date when the lock or the package's metadata changed; `make clean` makes it anew.
define environment
@test -n "$(1)" || { echo "no Python >= $(2) on the PATH; name one: make $(MAKECMDGOALS) PYTHON_NEWEST=..." >&2; exit 1; }
@"$(1)" -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(2)".split("."))))' 2>/dev/null || { \
	echo "$(1) is missing or older than Python $(2); name another: make $(MAKECMDGOALS) $(3)=python$(2)" >&2; exit 1; }
@echo "making $(@D) from $< (once; this takes a minute)"
@"$(1)" -m venv $(@D)
@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement $<
@$(@D)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
@touch $@
endef

.venv/test/stamp: requirements/dev.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)

.venv/demo/stamp: requirements/demo.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)

.venv/newest/stamp: requirements/dev-newest.txt pyproject.toml
	$(call environment,$(PYTHON_NEWEST),3.12,PYTHON_NEWEST)

.venv/mutation/stamp: requirements/dev.txt requirements/mutation.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/mutation.txt
	@touch $@

# The packages whose users move in, and not this one. Each runs once, in a test, so nothing is compiled ahead.
.venv/moving/stamp: requirements/moving.txt | .venv/test/stamp
	@echo "making $(@D) from $< (once; this takes a quarter of a minute)"
	@$(TEST)/python -m venv --clear --without-pip $(@D)
	@PIP_PYTHON=$(@D)/bin/python $(TEST)/python $(PIP_INSTALL) --no-compile --require-hashes --requirement $<
	@touch $@

# Locks ----------------------------------------------------------------------------------------------------------------
# A release has to be a week old, so that a bad one is found first and every mirror has it.
# What is locked stays as long as it fits: `make lock UPGRADE=1` moves everything.
COMPILE = .venv/lock/bin/uv pip compile --quiet --no-config --universal --generate-hashes --no-strip-extras \
	--no-header --no-emit-index-url --no-emit-find-links --exclude-newer "7 days" $(if $(UPGRADE),--upgrade)

# What an environment of development has; what is laid over one (tests/recipes.py) need not bring it again.
IN_DEVELOPMENT = $(shell sed -nE 's/^([a-z0-9._-]+)(\[[^]]*\])?==.*/--no-emit-package \1/p' requirements/dev.txt)

.venv/lock/stamp: requirements/lock.txt
	@"$(PYTHON)" -m venv $(@D)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement $<
	@touch $@

lock: .venv/lock/stamp ## resolves requirements/*.in and pyproject.toml into requirements/*.txt
	$(COMPILE) --python-version 3.11 --all-extras pyproject.toml requirements/dev.in --constraints requirements/django-5.2.in --output-file requirements/dev.txt
	$(COMPILE) --python-version 3.12 --all-extras pyproject.toml requirements/dev.in --output-file requirements/dev-newest.txt
	$(COMPILE) --python-version 3.11 --extra qr --extra webauthn --extra sms --extra knox pyproject.toml requirements/demo.in --output-file requirements/demo.txt
	$(COMPILE) --python-version 3.11 requirements/mariadb.in --output-file requirements/mariadb.txt
	$(COMPILE) --python-version 3.11 requirements/mutation.in --constraints requirements/dev.txt --output-file requirements/mutation.txt
	$(COMPILE) --python-version 3.11 requirements/moving.in --constraints requirements/django-5.2.in --output-file requirements/moving.txt
	$(COMPILE) --python-version 3.11 requirements/recipes.in --constraints requirements/dev.txt $(IN_DEVELOPMENT) --output-file requirements/recipes.txt
	$(COMPILE) --python-version 3.11 requirements/lock.in --output-file requirements/lock.txt
