# make run   the cockpit with a township's invented life, on a fresh machine, in data/demo
# make test  the whole suite, on a fresh machine
.DELETE_ON_ERROR:
# What is compiled once need not be compiled by each of the hundreds of commands that the tests start.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NODE_MODULES := node_modules/.ready

.PHONY: run test lint bench faults soak lock words bundle try-bundle

run: $(READY)
	COCKPIT_DATA_DIR=$${COCKPIT_DATA_DIR:-data/demo} $(BIN)/cockpit up --demo

test: $(READY) lint
	deploy/test-servers.sh
	$(BIN)/pytest -m 'not alone and not thorough' -n 3 --dist loadfile --no-loadscope-reorder
	$(BIN)/pytest -m 'alone and not thorough' -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY) $(NODE_MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/tsc

bench: $(READY)
	deploy/test-servers.sh
	$(BIN)/python -m bench

# Each fault in the middle of 20 s at 1000 messages a second; make test has it shorter.
faults: $(READY)
	deploy/test-servers.sh
	FAULT_SECONDS=20 HOSTILE_COUNT=100000 $(BIN)/pytest -o faulthandler_timeout=1200 tests/faults

# A wall for an hour with all that happens to one in months, an hour of load, ten minutes of random work under kills.
soak: $(READY)
	deploy/test-servers.sh
	SOAK_SECONDS=3600 $(BIN)/pytest -s -o faulthandler_timeout=4500 tests/faults/test_wall_for_months.py
	THOROUGH=1 $(BIN)/pytest -m 'not alone' -n 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m bench.soak
	$(MAKE) try-bundle
	LIVE_SECONDS=600 $(BIN)/pytest -o faulthandler_timeout=1200 tests/faults/test_live_equals_database.py

# One file that installs the cockpit on a Debian 12 without internet (docs/operations.md, "Install").
bundle: $(READY)
	deploy/bundle/build.sh

# Installs it on a bare Debian 12 without a network, starts it, upgrades it, and lets an upgrade fail; as root, minutes long.
try-bundle: bundle
	deploy/bundle/try.sh

# After a change of what screens say: the catalogues of assets/words, with what is new empty, and the help in docs.
words: $(READY)
	$(BIN)/python -m cockpit.serving.catalogues
	$(BIN)/python -c 'from cockpit.pages import help; help.write()'

# After a change of the dependencies; needs uv.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra test pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml deploy/venv.sh
	deploy/venv.sh $(VENV)
	touch $@

$(NODE_MODULES): package.json package-lock.json deploy/node-modules.sh
	deploy/node-modules.sh
	touch $@
