# Weft. `make up` starts it, `make test` tests it; both set up what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup dashboard up down status logs lint check fix test bench demo screenshots contracts chart lock

# Container images often set this. Each run would compile every package and rewrite every test anew: a third of `make check`.
unexport PYTHONDONTWRITEBYTECODE

python := .venv/bin/python
uv := .uv/bin/uv
# Two processes, a file each at a time, with servers and a stack of their own.
side_by_side := -n 2 --dist loadfile --no-loadscope-reorder
# Folders without a fast test, which take seconds to import.
without_slow := $(addprefix --ignore=tests/,analytics bench dashboard flows subscribers system)

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  WEFT_HOME (default .weft) holds all state, WEFT_PORT (default 8080) is where the gateway listens."

setup: ## install what is missing: uv, the locked packages, Debian's graph-tool, the dashboard
	@deploy/local/setup.sh

dashboard: ## build the dashboard anew where that has failed; set-up does it by itself
	@deploy/local/setup.sh dashboard

up: setup ## start Weft in the background, wait until it is ready, say how to use it
	@$(python) -m deploy.local up

down: setup ## stop it; nothing is lost
	@$(python) -m deploy.local down

status: setup ## each process, and how it does
	@$(python) -m deploy.local status || [ $$? = 3 ] # 3: down

logs: setup ## the last lines of all logs; NAME=memory for one, FOLLOW=1 to go on
	@$(python) -m deploy.local logs $(NAME) $(if $(FOLLOW),--follow)

lint: setup
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@$(python) -m contracts.schemas --check
	@$(python) -m contracts.for_python --check

check: lint ## style, types, import rules, schema drift, fast tests: under 20 seconds
	@$(python) -m pytest -q $(side_by_side) $(without_slow) --hypothesis-profile quick -m "not slow and not servers and not system"

fix: setup ## format, and correct what can be corrected by itself
	@.venv/bin/ruff check --quiet --fix . || true
	@.venv/bin/ruff format --quiet .

test: lint ## everything, on real servers and real processes; ARGS="-k word" goes to pytest
	@$(python) -m pytest $(side_by_side) $(ARGS)

bench: setup ## load and retrieval figures of a stack of its own: a table, and JSON beside it; ARGS=--quick
	@$(python) -m tests.bench $(ARGS)

demo: setup ## read a git repository's history (REPO=path) as memories, and ask about it; starts Weft if need be
	@$(python) -m deploy.admin demo "$(or $(REPO),.)" $(ARGS)

screenshots: setup ## every page of the dashboard, light and dark, into docs/images
	@$(python) -m tests.dashboard.screenshots

contracts: setup ## write anew what others read of the contracts: schemas, AsyncAPI, OpenAPI, the Python client's events
	@$(python) -m contracts.schemas
	@$(python) -m contracts.for_python
	@$(python) -m services.gateway.api.openapi > clients/dashboard/openapi.json

chart: setup ## write anew what the Helm chart and compose.yaml have from other files
	@$(python) -m deploy.helm

lock: setup ## resolve the dependencies anew into requirements.lock
	@$(uv) lock --quiet --python $(python)
	@$(uv) export --quiet --frozen --no-emit-project --no-annotate --no-header --all-groups --output-file requirements.lock
	@rm uv.lock
	@deploy/local/setup.sh
