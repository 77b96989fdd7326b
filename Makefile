# Everything a newcomer types. Needs git, make, Python 3.11 with venv, and package registries.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The caller's settings are not ours: what runs sees a machine, not its owner's habits.
CLEAN := .ci/clean-env
PYTHON := $(CLEAN) .venv/bin/python

# On Debian and Ubuntu: the Aptfile's packages and a font with Ukrainian letters to run …
TO_RUN := $(shell cat Aptfile) fonts-dejavu-core
# … and to test, the oldest PostgreSQL we promise beside the newest, which is in a wheel.
TO_TEST := postgresql-15
# … and to draw receipts as printers print them: fonts with Ukrainian letters, each its own way.
TO_EVAL := fonts-terminus-otb fonts-unifont fonts-3270 fonts-agave fonts-anonymous-pro \
	fonts-freefont-ttf fonts-hack fonts-jetbrains-mono fonts-liberation fonts-paratype
# … and to teach its reader of lines: words, more fonts, and PyTorch with what it writes networks
# with; its builds differ by machine, so that it is pinned by version alone and stays out of .venv.
TO_TEACH := hunspell-uk hunspell-ru hunspell-en-us xfonts-base fonts-croscore fonts-dejavu-extra \
	fonts-fantasque-sans fonts-firacode fonts-go fonts-monoid fonts-noto-mono fonts-open-sans \
	fonts-roboto-unhinted
TORCH := torch==2.13.0 onnx==1.23.2

.PHONY: help setup demo test check bench money journey eval teach lock

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.to-run ## Make .venv and install what is needed to run
	@.ci/apt-install $(TO_RUN)

demo: setup ## Show the main job and stay up; ONCE=1 does it once and ends with one JSON line
	@$(PYTHON) -m cashbot demo $(if $(ONCE),--once)

test: setup .venv/.to-test ## Pass the tests, on the newest and the oldest PostgreSQL we promise
	@.ci/apt-install $(TO_TEST)
	@$(PYTHON) -m pytest -q -n 2
	@$(PYTHON) -m pytest -q -n 2 --postgres=15 tests/eventstore tests/projections
	@echo "make test: passed on PostgreSQL 18, and the log and its projections on 15 too"

check: .venv/.to-test ## Read the code: style, types, layers, dependencies
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --quiet --check .
	@$(PYTHON) -m mypy
	@$(CLEAN) .venv/bin/lint-imports
	@$(CLEAN) .venv/bin/deptry .

bench: setup .venv/.to-test ## Measure the log beside its peers; JSON lines, see docs/benchmarks.md
	@$(PYTHON) -m tests.benchmarks $(BENCH)

money: setup .venv/.to-test ## Live histories in which all goes wrong: HISTORIES=, SEED=; no money may leave twice
	@$(PYTHON) -m tests.faults.money $(if $(HISTORIES),--histories $(HISTORIES)) \
		$(if $(SEED),--seed $(SEED)) $(MONEY)

journey: setup .venv/.to-test ## Walk a shopper's way from /start to paid: RUNS= times, one core kept busy
	@$(PYTHON) -m tests.journeys $(if $(RUNS),--runs $(RUNS)) $(JOURNEY)

eval: setup .venv/.to-test ## Measure the reader on photos: SEED=, N=, GOODS=, PHOTOS=; see docs/reading.md
	@.ci/apt-install $(TO_EVAL)
	@$(PYTHON) -m tests.receipts $(if $(SEED),--seed $(SEED)) $(if $(N),--n $(N)) \
		$(if $(GOODS),--goods $(GOODS)) $(if $(PHOTOS),--photos $(PHOTOS)) $(EVAL)

teach: setup .venv/.to-test ## Teach the reader of lines anew, for an hour or two; TEACH="--minutes 90"
	@.ci/apt-install $(TO_EVAL) $(TO_TEACH)
	@test -d var/torch || .venv/bin/python -I -m pip install -q --target var/torch $(TORCH)
	@$(CLEAN) PYTHONPATH=var/torch .venv/bin/python -m tests.receipts.teaching $(TEACH)

lock: .venv/.to-test ## Pin every dependency of pyproject.toml with its hashes
	@.ci/lock requirements.txt
	@.ci/lock requirements-dev.txt --extra dev --constraint requirements.txt

.venv/.to-run: requirements.txt
	@.ci/make-venv $<
	@touch $@

.venv/.to-test: requirements-dev.txt
	@.ci/make-venv $<
	@touch $@
