# `make help` lists what there is. A machine with Python 3.11 and its venv module needs nothing else.

PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= 127.0.0.1
ARTIFACT ?= model/pretrained
VENV := .venv
BIN := $(VENV)/bin
# Browser tests wait more than they compute: two processes keep two cores busy.
TEST_PROCESSES ?= 2
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help run test test-fast lint format train evaluate verify report docs check clean browser poppler

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## serve the app on http://localhost:8501 with the shipped model
	$(BIN)/python -m streamlit run app/main.py --server.port $(PORT) --server.address $(ADDRESS)

test: $(VENV)/dev.stamp browser poppler ## every test, a real browser included
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

test-fast: $(VENV)/dev.stamp poppler ## every test that needs no browser and trains nothing
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -m "not browser and not training"

lint: $(VENV)/dev.stamp ## ruff (format and lint) and mypy --strict
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

train: $(VENV)/run.stamp need-data ## check the files, then train into ARTIFACT: make train DATA=chest_xray [MASKS=lung_masks]
	$(BIN)/python -m training check --data "$(DATA)"
	$(BIN)/python -m training fit --data "$(DATA)" $(if $(MASKS),--masks "$(MASKS)") --output "$(ARTIFACT)" $(ARGS)

evaluate: $(VENV)/run.stamp need-data ## calibrate on validation, then open test: make evaluate DATA=chest_xray [MASKS=lung_masks]
	$(BIN)/python -m training evaluate --data "$(DATA)" $(if $(MASKS),--masks "$(MASKS)") --artifact "$(ARTIFACT)"

verify: $(VENV)/run.stamp need-data ## do the shipped weights give the stored results? make verify DATA=chest_xray
	$(BIN)/python -m training evaluate --verify --data "$(DATA)" --artifact "$(ARTIFACT)"

report: $(VENV)/run.stamp ## write the technical report, PDF and HTML, from the files of ARTIFACT
	$(BIN)/python -m training report --artifact "$(ARTIFACT)"

docs: $(VENV)/dev.stamp ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean: ## remove the environment and caches; runs/ stays
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache

.PHONY: need-data
need-data:
	@test -n "$(DATA)" || { echo "Say where the data set is: make $(MAKECMDGOALS) DATA=path/to/chest_xray" >&2; exit 2; }

# The browser tests drive Debian's Chromium. Where it may not be installed, one line says so and the test that needs
# it fails; nothing is skipped in silence.
browser:
	@command -v chromium >/dev/null || { \
	  echo "Installing Chromium for the browser tests."; \
	  { apt-get update -qq && apt-get install -y -qq chromium fonts-liberation; } >/dev/null 2>&1 \
	  || echo "Chromium is missing and could not be installed: run 'apt-get install chromium' as root; browser tests will fail." >&2; }

# The report's tests look at the PDF with poppler's tools.
poppler:
	@command -v pdftoppm >/dev/null || { \
	  echo "Installing poppler-utils for the tests of the PDF report."; \
	  { apt-get update -qq && apt-get install -y -qq poppler-utils; } >/dev/null 2>&1 \
	  || echo "poppler-utils is missing and could not be installed: run 'apt-get install poppler-utils' as root; tests of the report will fail." >&2; }

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# --compile-bytecode: otherwise the first start spends some 20 s on it.
$(VENV)/run.stamp: requirements.txt constraints.txt | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements-train.txt requirements.txt constraints.txt | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
