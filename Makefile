# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
MINUTES ?= 10
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint format bench fuzz notebooks docs clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("credrisk needs Python 3.11 or later; call: make PYTHON=python3.11 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/user.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing credrisk into $(VENV) (once, about a minute) ..."
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing credrisk with its test tools into $(VENV) ..."
	@$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/user.stamp

demo: $(VENV)/user.stamp ## install, run the main job on data/sample, say where the results are
	$(BIN)/credrisk run data/sample --out out --overwrite

test: $(VENV)/dev.stamp ## run every test, the notebooks and the README's commands among them, up to four at a time
	dir=$$(mktemp -d /tmp/t.XXXX) && $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --basetemp $$dir && rm -rf $$dir

lint: $(VENV)/dev.stamp ## check style, types and the generated documents
	$(BIN)/ruff check credrisk tests benchmarks
	$(BIN)/ruff format --check credrisk tests benchmarks
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## let ruff format the code
	$(BIN)/ruff check --fix credrisk tests benchmarks
	$(BIN)/ruff format credrisk tests benchmarks

bench: $(VENV)/dev.stamp ## measure speed and quality; writes docs/performance.md and docs/results.md
	$(BIN)/python benchmarks/performance.py
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/model_speed.py
	$(BIN)/python benchmarks/results.py
	$(BIN)/python benchmarks/small_evidence.py
	$(BIN)/python benchmarks/rivals.py
	$(BIN)/python benchmarks/read_ledger.py

fuzz: $(VENV)/dev.stamp ## look for inputs that break the readers, 10 minutes: make fuzz MINUTES=60
	$(BIN)/python tests/fuzz/run.py --minutes $(MINUTES)

notebooks: $(VENV)/dev.stamp ## execute the notebooks on the sample and write docs/notebooks/
	$(BIN)/python -m benchmarks.notebook_pages

docs: $(VENV)/dev.stamp ## write the documents that are generated from the code
	$(BIN)/python -m benchmarks.documents

clean: ## remove the environment and the results
	rm -rf $(VENV) out
