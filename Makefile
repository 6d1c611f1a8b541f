# make train: an adapted hand estimator from a fresh clone. make help: the rest.
CONFIG ?= configs/uda/hand_3d.py
WORK_DIR ?= work_dirs/$(notdir $(basename $(CONFIG)))
ARGS ?=
VENV ?= .venv
TEST_WORKERS ?= 2
RUN_TESTS = OMP_NUM_THREADS=1 $(PY) -m pytest -n $(TEST_WORKERS) --dist worksteal

SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))
ifndef PYTHON
PYTHON := $(firstword $(shell for python in python3 python3.12 python3.11 python3.10; \
  do $$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python; done; true) python3)
endif

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install
REQUIREMENTS := requirements/stack.txt requirements/openmmlab.txt requirements/tests.txt
# versions of all that those bring along, for the Pythons that have such a list
LOCK := requirements/lock-$(basename $(word 2,$(shell $(PYTHON) --version 2>&1))).txt
LOCKED := $(wildcard $(LOCK))
# another Python or another list of requirements is another environment
KEY := $(shell { $(PYTHON) --version; cat $(REQUIREMENTS) $(LOCKED); } 2>&1 \
  | cksum | cut -d' ' -f1)
STAMP := $(VENV)/.stamp-$(KEY)
CHECKOUT := $(VENV)/.checkout-$(shell pwd -P | cksum | cut -d' ' -f1)

# whatever the environment has installed, this checkout is what runs
export PYTHONPATH := $(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))

.DEFAULT_GOAL := help
.PHONY: help env env-key lock data train test coverage smoke lint docs clean

help:  ## show this list
	@echo 'usage: make TARGET [PYTHON=python3.11] [CONFIG=$(CONFIG)] [ARGS=--resume]'
	@grep -hE '^[a-z-]+:.*  ## ' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F ':.*  ## ' '{printf "  %-8s %s\n", $$1, $$2}'

env: $(CHECKOUT)  ## make the environment in .venv (again, if requirements changed)

env-key:
	@echo $(KEY)

# no prerequisites: the key in its name says what it was made from, file times do not
$(STAMP):
	@$(PYTHON) -c '$(SUPPORTED)' || { echo 'error: $(PYTHON) is not a Python 3.10, 3.11' \
	  'or 3.12: name one, for example make env PYTHON=python3.11' >&2; exit 2; }
	@test $(VENV) = .venv -o ! -e $(VENV) -o -e $(VENV)/.mmpose_uda || { echo \
	  'error: $(VENV) is not an environment of this Makefile: name another VENV' >&2; exit 2; }
	rm -rf $(VENV)
	@mkdir -p $(VENV) && touch $(VENV)/.mmpose_uda
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(LOCKED:%=-c %) -r requirements/stack.txt -r requirements/tests.txt
	$(PIP) --no-deps -r requirements/openmmlab.txt
	@touch $@

$(CHECKOUT): $(STAMP) setup.py pyproject.toml
	$(PIP) --quiet --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.checkout-*
	@touch $@

lock:  ## write down the versions of all that the requirements bring along
	$(MAKE) env VENV=.venv_lock LOCK=
	{ echo '# Written by make lock: all versions of the environment that is tested.'; \
	  .venv_lock/bin/python -m pip freeze --exclude mmpose_uda; } > $(LOCK)
	rm -rf .venv_lock

data: env  ## make the built-in data of hands
	$(PY) tools/misc/make_builtin_data.py hand

train: env  ## make the data of CONFIG and train it
	$(PY) tools/train.py $(CONFIG) --work-dir $(WORK_DIR) $(ARGS)

test: env  ## run the tests
	$(RUN_TESTS) tests

coverage: env  ## run the tests and print which lines of the package they ran
	$(RUN_TESTS) --cov=mmpose_uda tests

smoke: env  ## run every phase of CONFIG for two steps
	$(PY) tools/train.py $(CONFIG) --work-dir $(WORK_DIR)_smoke --smoke $(ARGS)

lint: env  ## check style and types of the code
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

docs: env  ## build docs/ as a site in site/
	NO_MKDOCS_2_WARNING=true $(PY) -m mkdocs build --strict

clean:  ## remove the environment and caches; data and runs stay
	rm -rf .venv .venv_lock build site *.egg-info
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage
