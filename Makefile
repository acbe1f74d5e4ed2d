# Everything starts here; each target first installs what it needs into this checkout. `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install install-check install-test image cluster-test kube chart-data demo up test check crawl faults mutants bench contracts texts pictures lock clean

PYTHON ?= python3
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE := 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## what the system needs to run: Python packages, front-end packages, Kafka (once; needs the network)
	@PYTHON="$(PYTHON)" deploy/install

install-check: install ## also helm, for the chart's tests
	@PYTHON="$(PYTHON)" deploy/install check

install-test: install-check ## also a browser for the tests
	@PYTHON="$(PYTHON)" deploy/install browser

demo: install ## play a panel's first year from 95 members on, then leave the pages up (DEMO_EXIT=1: stop)
	@exec $(BIN)/python -m deploy.demo

up: install ## the whole system on this machine, until Ctrl-C
	@exec $(BIN)/python -m deploy.local.main

check: install-check ## lint, strict types, import contracts, contract examples, the chart, fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q $(wildcard tests/*/test_domain*.py) tests/contracts tests/architecture tests/cluster/test_chart*.py tests/cluster/test_compose.py

test: install-test check ## check, then every test on real Postgres and Kafka, in a real browser; two files at a time
	$(BIN)/pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder

crawl: install-test ## open every page of the route table as everybody who may see it, and let axe look at each
	$(BIN)/pytest -q -m "crawl or stack" tests/journeys/test_crawl.py

faults: install-test ## kill and disturb the real stack under load, then compare what was acknowledged (KILLS=200 SEED=…)
	@$(BIN)/python -m tests.faults

bench: install-test ## JSON lines of speed against floors measured in the same run (NAMES="relay join" for some)
	@$(BIN)/python -m tests.bench $(NAMES)

mutants: install-test ## change one place of the product at a time and see whether tests notice; hours (MODULES="shared/slugs.py …")
	@$(PYTHON) -m venv .cache/mutants && .cache/mutants/bin/pip install --quiet --disable-pip-version-check cosmic-ray==8.7.0
	@$(BIN)/python -m tests.mutants

contracts: install ## write the AsyncAPI document, the JSON Schema of questionnaires and missing examples of events
	@$(BIN)/python -m shared.cli contracts
	@$(BIN)/python -m services.surveys.questionnaire > docs/contracts/questionnaire.schema.json

cluster-test: install-check ## images built and run for real, compose, and the chart at a real API server where one was built
	@.cache/compose/bin/pip --version >/dev/null 2>&1 || { $(PYTHON) -m venv --clear .cache/compose && .cache/compose/bin/pip install \
		--quiet --disable-pip-version-check --require-hashes --requirement tests/cluster/compose.lock; }
	@$(BIN)/python -m tests.cluster.standins.make
	PANEL_IMAGE=$${PANEL_IMAGE:-localhost/innbyggerpanel:0.1.0} PANEL_DAY_TWO=1 $(BIN)/pytest -q tests/cluster tests/day_two

kube: ## build the Kubernetes API server that cluster-test uses, once; needs Go and about 1,800 CPU seconds
	@tests/cluster/kube/build

image: install ## build the container image (PANEL_ENGINE, PANEL_IMAGE, PANEL_IMAGE_BASE)
	@$(BIN)/python -m deploy.image.build

chart-data: install ## write what chart and compose know of topics and paths, after a change of them
	@$(BIN)/python -m deploy.cluster.topology

texts: install ## give new texts a place in the catalogues, and list what is not translated yet
	@$(BIN)/python -m shared.cli texts

pictures: install-test ## play the demo and picture its ten most important pages, phone and desktop, into docs/pictures
	@exec $(BIN)/python -m deploy.demo.pictures

lock: ## pin what pyproject.toml asks for, with hashes; what is pinned stays unless it must move (UPGRADE=--upgrade)
	@$(PYTHON) -m venv .cache/lock && .cache/lock/bin/pip install --quiet --disable-pip-version-check uv
	@.cache/lock/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --group topics --group traces --group local --group test pyproject.toml -o deploy/requirements.lock
	@.cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --no-emit-index-url --constraints deploy/requirements.lock --group topics --group traces pyproject.toml -o deploy/image/image.lock

clean: ## remove what was installed and built; the data in .panel stay
	rm -rf .venv .cache deploy/web/node_modules
