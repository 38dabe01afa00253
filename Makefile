# Needs make and Python >= 3.11, nothing else: every tool comes from requirements/ into .venv/.

PYTHON ?= python3
PYTHON_NEWEST ?= $(shell for each in python3.13 python3.12; do $$each -c '' 2>/dev/null && echo $$each && break; done)
DJANGO ?=
PORT ?= 8000
ARGS ?=

PIP_INSTALL := -m pip --disable-pip-version-check -qq install
TEST := .venv/test/bin
DEMO := .venv/demo/bin
NEWEST := .venv/newest$(DJANGO:%=-%)/bin
MUTATION := .venv/mutation/bin
FUZZ := .venv/fuzz/bin
AUDIT := .venv/audit/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo code test lint types unit integration promises attacks model conformance matrix first-steps messages openapi docs versions links drawings scale upkeep moving bench bench-webauthn bench-compare mutation workflows dist openapi-seen fuzz audit histories soak surface format lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/demo/stamp ## the demo, afresh, on http://localhost:8000/ (PORT=8001: another port; KEEP=1: with the devices of the last)
	@PORT=$(PORT) exec $(DEMO)/python -m demo

code: .venv/demo/stamp ## the code an authenticator app would show: make code SECRET=JBSW...
	@$(DEMO)/python -m demo.code "$$SECRET"

test: .venv/test/stamp ## everything: style, types, imports, tests on every database that answers, coverage
	@$(TEST)/python -m tests.run $(ARGS)

lint: .venv/test/stamp ## style, who may import whom, the catalogues of languages, and spelling
	$(TEST)/ruff check
	$(TEST)/ruff format --check
	$(TEST)/lint-imports --no-cache --no-logo
	$(TEST)/python -m tests.catalogues --check
	$(TEST)/typos

types: .venv/test/stamp ## types
	$(TEST)/mypy

unit: .venv/test/stamp ## unit tests (ARGS="-k name" to choose)
	$(TEST)/pytest tests/unit $(ARGS)

integration: .venv/test/stamp ## integration tests; MFA_TEST_DATABASE=sqlite (default), postgresql or mariadb
	$(TEST)/pytest tests/integration $(ARGS)

promises: .venv/test/stamp ## what the package promises, tried on every database that answers, as a table
	@$(TEST)/python -m tests.promises $(ARGS)

attacks: .venv/test/stamp ## what the second factor of other software was attacked by, tried here, as a table
	@$(TEST)/python -m tests.attacks $(ARGS)

histories: .venv/test/stamp ## requests at once with faults, and whether they may have come one by one (ARGS="--minutes 10 --seed 7"; ARGS=--broken)
	@$(TEST)/python -m tests.histories $(ARGS)

model: ## what must hold whatever comes between two requests, verified by Spin, as tables (ARGS="once COMPARED": how it breaks)
	@"$(PYTHON)" -m models $(ARGS)

conformance: .venv/test/stamp ## what the FIDO2 server conformance tests ask, item by item; writes docs/conformance.md
	$(TEST)/pytest tests/integration/conformance -k test_an_item $(ARGS)
	$(TEST)/python -m tests.integration.conformance

matrix: $(NEWEST:bin=stamp) ## what meets Python, Django and other packages, on the newest (PYTHON_NEWEST=python3.12 DJANGO=6.0 to choose)
	$(if $(filter mariadb,$(MFA_TEST_DATABASE)),@$(NEWEST)/python $(PIP_INSTALL) --require-hashes --requirement requirements/mariadb.txt)
	$(NEWEST)/pytest -n 2 --no-loadscope-reorder $(if $(filter postgresql mariadb,$(MFA_TEST_DATABASE)),$(MEETING_THE_SERVER),$(MEETING_PACKAGES)) $(ARGS)

MEETING_PACKAGES = tests/unit/adapters tests/unit/containers tests/integration/django tests/integration/drf \
	tests/integration/pages tests/integration/tokens tests/integration/testing $(SAME_ON_THE_NEWEST:%=--ignore=tests/integration/%.py)
MEETING_THE_SERVER = $(shell $(NEWEST)/python -c 'from tests.run import *; print(*STORED, *ASIDE)')

# What takes long, and goes by the rules of the core rather than by what the newest packages do.
SAME_ON_THE_NEWEST := django/test_admin_acts django/test_commands_half_way django/test_commands_serving \
	django/test_moving django/test_rewriting django/test_rehashing django/test_use_cases drf/test_audit drf/test_events \
	drf/test_foreign_indexes drf/test_hostile_input drf/test_password_managers drf/test_trusts drf/test_webauthn \
	testing/test_enrol testing/test_team tokens/test_jwt_gate tokens/test_lives tokens/test_trusts

first-steps: .venv/test/stamp ## the first steps of the README and of the pages to start with, with the built wheel, in projects and an environment of their own
	@$(TEST)/python -m tests.first_steps

messages: .venv/test/stamp ## brings the catalogues of languages up to date with the sentences (ARGS="de": of one language)
	@$(TEST)/python -m tests.catalogues $(ARGS)

openapi: .venv/test/stamp ## writes docs/openapi.yaml anew
	$(TEST)/python -m tests.integration.openapi

openapi-seen: .venv/test/stamp ## the description against the routes, and which of its answers were seen, as a table
	@$(TEST)/pytest tests/integration/openapi/test_conformance.py -n0 -q -s

surface: .venv/test/stamp ## writes docs/surface anew: what is public in this version (docs/names.md)
	@$(TEST)/python -m tests.surface

docs: .venv/docs/stamp ## writes the site of the documentation to build/site (any warning is an error; VERSION=0.2.0: among others)
	@PYTHONPATH=.venv/docs MFA_DOCS_VERSION=$(VERSION) $(TEST)/python -m docs.site
	@echo "build/site/index.html"

versions: .venv/test/stamp ## puts build/site beside the sites of releases, whose archives are in RELEASED=folder, to build/versions
	@$(TEST)/python -m docs.site.versions build/site "$(RELEASED)" build/versions
	@echo "build/versions/index.html"

links: .venv/test/stamp ## asks every address elsewhere that the pages lead to (needs the network)
	@$(TEST)/python -m tests.links $(ARGS)

drawings: .venv/test/stamp ## draws the diagrams of the pages anew (needs Chromium and Node.js)
	@$(TEST)/python -m tests.drawings

scale: .venv/test/stamp ## plans and times with up to a million devices, on PostgreSQL (some minutes; docs/performance.md)
	$(TEST)/python -m benchmarks.scale

upkeep: .venv/test/stamp ## the purge and the rotation of keys among a million devices, while others verify (docs/performance.md)
	$(TEST)/python -m benchmarks.upkeep $(ARGS)

moving: .venv/test/stamp ## an import of a hundred thousand users, while others verify (docs/performance.md)
	$(TEST)/python -m benchmarks.moving $(ARGS)

soak: .venv/test/stamp ## half an hour under load, with a fault every minute, on servers of its own (docs/promises.md; ARGS="--minutes 1")
	@$(TEST)/python -m benchmarks.soak $(ARGS)

bench: .venv/test/stamp ## what the package costs beside the same Django without it (docs/performance.md; ARGS="--rows gate,verify")
	@$(TEST)/python -m benchmarks.cost $(ARGS)

bench-webauthn: .venv/test/stamp ## a registration and an assertion beside py_webauthn and python-fido2 alone (docs/performance.md; ARGS="--rounds 20")
	@$(TEST)/python -m benchmarks.ceremonies $(ARGS)

bench-compare: .venv/test/stamp ## two commits beside one another: make bench-compare BASE=<commit> [HEAD=<commit>; without it, the working tree]
	@test -n "$(BASE)" || { echo "usage: make bench-compare BASE=<commit> [HEAD=<commit>]" >&2; exit 2; }
	@$(TEST)/python -m benchmarks.compare "$(BASE)" $(HEAD) $(ARGS)

mutation: .venv/mutation/stamp ## which mistakes in the core no unit test notices (half an hour; MODULE=mfa.domain.policies for one)
	@$(MUTATION)/python -m tests.mutation $(MODULE)

workflows: .venv/workflows/stamp ## whether the workflows of GitHub are safe, by zizmor (GH_TOKEN=...: asks GitHub, too)
	@.venv/workflows/bin/zizmor --persona pedantic --quiet $(if $(GH_TOKEN),,--offline) .github

dist: .venv/test/stamp .venv/release/stamp .venv/package/stamp ## what a release publishes, with its SBOM, to dist/
	@rm -rf dist && mkdir -p dist/npm dist/sbom
	@$(TEST)/python -m hatchling build --directory dist/python
	@.venv/release/bin/twine check --strict dist/python/*
	@npm pack --silent ./packages/js --pack-destination dist/npm
	@PIP_PYTHON=.venv/package/bin/python $(TEST)/python $(PIP_INSTALL) --no-deps --force-reinstall --no-index --find-links dist/python drf-mfa
	@sed "s/^dynamic = .*/version = \"$$($(TEST)/python -m hatchling version)\"/" pyproject.toml >dist/sbom.toml
	@.venv/release/bin/cyclonedx-py environment --pyproject dist/sbom.toml --mc-type library --output-reproducible \
		--output-file dist/sbom/drf-mfa.cdx.json .venv/package/bin/python
	@rm dist/sbom.toml

fuzz: .venv/fuzz/stamp ## what strangers and files may say, to the code that reads it, a minute for each (ARGS="--seconds 600 cbor")
	@$(FUZZ)/python -m tests.fuzz $(ARGS)

audit: .venv/audit/stamp ## the code and the locks, read for known kinds of mistakes by Semgrep, Bandit and others
	@$(AUDIT)/python -m tests.audit

format: .venv/test/stamp ## rewrites the code in the project's style
	$(TEST)/ruff check --fix
	$(TEST)/ruff format

clean: ## removes the environments, and what tools and the demo left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* .skipped mutants build dist demo/*.sqlite3*

# Environments ---------------------------------------------------------------------------------------------------------
# Nothing is compiled ahead: the first use compiles what is used, which is a part, and keeps it.
unexport PYTHONDONTWRITEBYTECODE

# $(1): the Python that makes it; $(2): the least version; the first prerequisite is the lock.
# An environment is brought up to date when the lock or the package's metadata changed; `make clean` makes it anew.
define environment
@test -n "$(1)" || { echo "no Python >= $(2) on the PATH; name one: make $(MAKECMDGOALS) PYTHON_NEWEST=..." >&2; exit 1; }
@"$(1)" -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(2)".split("."))))' 2>/dev/null || { \
	echo "$(1) is missing or older than Python $(2); name another: make $(MAKECMDGOALS) $(3)=python$(2)" >&2; exit 1; }
@echo "making $(@D) from $< (once; this takes a minute)"
@"$(1)" -m venv $(@D)
@$(@D)/bin/python $(PIP_INSTALL) --no-compile --require-hashes --requirement $<
@$(@D)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
@touch $@
endef

.venv/test/stamp: requirements/dev.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)

.venv/demo/stamp: requirements/demo.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)

.venv/newest/stamp: requirements/dev-newest.txt pyproject.toml
	$(call environment,$(PYTHON_NEWEST),3.12,PYTHON_NEWEST)

.venv/newest-%/stamp: requirements/dev-newest.txt requirements/django-%.txt pyproject.toml
	$(call environment,$(PYTHON_NEWEST),3.12,PYTHON_NEWEST)
	@$(@D)/bin/python $(PIP_INSTALL) --no-deps --require-hashes --requirement requirements/django-$*.txt

.venv/mutation/stamp: requirements/dev.txt requirements/mutation.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/mutation.txt
	@touch $@

.venv/fuzz/stamp: requirements/dev.txt requirements/fuzz.txt pyproject.toml
	$(call environment,$(PYTHON),3.11,PYTHON)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement requirements/fuzz.txt
	@touch $@

# What audits shares nothing with what it audits.
.venv/audit/stamp: requirements/audit.txt
	@echo "making $(@D) from $< (once; this takes a minute)"
	@"$(PYTHON)" -m venv --clear $(@D)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement $<
	@touch $@

# The packages whose users move in, and not this one. Each runs once, in a test, so nothing is compiled ahead.
.venv/moving/stamp: requirements/moving.txt | .venv/test/stamp
	@echo "making $(@D) from $< (once; this takes a quarter of a minute)"
	@$(TEST)/python -m venv --clear --without-pip $(@D)
	@PIP_PYTHON=$(@D)/bin/python $(TEST)/python $(PIP_INSTALL) --no-compile --require-hashes --requirement $<
	@touch $@

.venv/workflows/stamp .venv/release/stamp: .venv/%/stamp: requirements/%.txt
	@"$(PYTHON)" -m venv $(@D)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement $<
	@touch $@

# What the package and its extras stand on, and nothing else, so that it can be listed.
.venv/package/stamp: requirements/package.txt | .venv/test/stamp
	@$(TEST)/python -m venv --clear --without-pip $(@D)
	@PIP_PYTHON=$(@D)/bin/python $(TEST)/python $(PIP_INSTALL) --no-compile --require-hashes --requirement $<
	@touch $@

# What makes the site, laid over the environment of the tests, whose packages it describes.
.venv/docs/stamp: requirements/docs.txt | .venv/test/stamp
	@echo "making $(@D) from $< (once; this takes a quarter of a minute)"
	@rm -rf $(@D)
	@$(TEST)/python $(PIP_INSTALL) --no-deps --no-compile --require-hashes --target $(@D) --requirement $<
	@touch $@

# Locks ----------------------------------------------------------------------------------------------------------------
# A release has to be a week old, so that a bad one is found first and every mirror has it.
# What is locked stays as long as it fits: `make lock UPGRADE=1` moves everything.
COMPILE = .venv/lock/bin/uv pip compile --quiet --no-config --universal --generate-hashes --no-strip-extras \
	--no-header --no-emit-index-url --no-emit-find-links --exclude-newer "7 days" $(if $(UPGRADE),--upgrade)

# What an environment of development has; what is laid over one (tests/recipes.py) need not bring it again.
IN_DEVELOPMENT = $(shell sed -nE 's/^([a-z0-9._-]+)(\[[^]]*\])?==.*/--no-emit-package \1/p' requirements/dev.txt)

# What it stands on is in requirements/dev-newest.txt.
DJANGO_ALONE := --no-emit-package asgiref --no-emit-package sqlparse --no-emit-package tzdata

.venv/lock/stamp: requirements/lock.txt
	@"$(PYTHON)" -m venv $(@D)
	@$(@D)/bin/python $(PIP_INSTALL) --require-hashes --requirement $<
	@touch $@

lock: .venv/lock/stamp ## resolves requirements/*.in and pyproject.toml into requirements/*.txt
	$(COMPILE) --python-version 3.11 --all-extras pyproject.toml requirements/dev.in --constraints requirements/django-5.2.in --output-file requirements/dev.txt
	$(COMPILE) --python-version 3.12 --all-extras pyproject.toml requirements/dev.in --output-file requirements/dev-newest.txt
	$(COMPILE) --python-version 3.12 requirements/django-5.2.in $(DJANGO_ALONE) --output-file requirements/django-5.2.txt
	$(COMPILE) --python-version 3.12 requirements/django-6.0.in $(DJANGO_ALONE) --output-file requirements/django-6.0.txt
	$(COMPILE) --python-version 3.11 --extra qr --extra webauthn --extra sms --extra knox pyproject.toml requirements/demo.in --output-file requirements/demo.txt
	$(COMPILE) --python-version 3.11 requirements/mariadb.in --output-file requirements/mariadb.txt
	$(COMPILE) --python-version 3.11 requirements/mutation.in --constraints requirements/dev.txt --output-file requirements/mutation.txt
	$(COMPILE) --python-version 3.11 requirements/fuzz.in --constraints requirements/dev.txt --output-file requirements/fuzz.txt
	$(COMPILE) --python-version 3.11 requirements/audit.in --output-file requirements/audit.txt
	$(COMPILE) --python-version 3.11 requirements/moving.in --constraints requirements/django-5.2.in --output-file requirements/moving.txt
	$(COMPILE) --python-version 3.11 requirements/recipes.in --constraints requirements/dev.txt $(IN_DEVELOPMENT) --output-file requirements/recipes.txt
	$(COMPILE) --python-version 3.11 requirements/docs.in --constraints requirements/dev.txt $(IN_DEVELOPMENT) --output-file requirements/docs.txt
	$(COMPILE) --python-version 3.11 --all-extras pyproject.toml --constraints requirements/dev.txt --output-file requirements/package.txt
	$(COMPILE) --python-version 3.11 requirements/workflows.in --output-file requirements/workflows.txt
	$(COMPILE) --python-version 3.11 requirements/release.in --output-file requirements/release.txt
	$(COMPILE) --python-version 3.11 requirements/lock.in --output-file requirements/lock.txt
