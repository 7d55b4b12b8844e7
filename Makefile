# Every target works on a fresh machine that has make and Python 3.11 or newer: what a target
# needs is installed into .venv first, and again only when pyproject.toml has changed.

SHELL := /bin/sh
WORKSPACE ?= docmill-data
SERVER_TESTS ?= servers or slow or contract
PYTHON_NAMES := python3 python3.13 python3.12 python3.11
VENV := .venv
BIN := $(VENV)/bin

# The wheel holds all of pyright; without this it would ask the network for news at each run.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

# An environment that was moved, copied or lost its Python is built again.
IS_USABLE := { grep -qsF "$(CURDIR)/$(VENV)" $(BIN)/activate && $(BIN)/python -c ""; } 2>/dev/null
ifneq ($(shell $(IS_USABLE) && echo yes),yes)
$(shell rm -f $(VENV)/.installed-run $(VENV)/.installed-dev)
endif

.PHONY: help run test test-servers quality bench

help:  ## Show this list.
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
	while IFS='|' read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done

run: $(VENV)/.installed-run  ## Process the sample documents into ./docmill-data.
	$(BIN)/docmill run sample_docs --exclude 'broken/*' --workspace '$(WORKSPACE)'

test: $(VENV)/.installed-dev  ## Lint, format, types, layers, then all tests.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/pytest

test-servers: $(VENV)/.installed-dev  ## Real Prefect, S3 and model servers, with kills.
	$(BIN)/pytest tests/servers tests/infra tests/contracts tests/gpu_workers -m '$(SERVER_TESTS)'

quality: $(VENV)/.installed-run  ## Evaluate on ../shared/eval and print the tables.
	@if [ ! -d ../shared/eval ]; then echo "skipped: no evaluation set in ../shared/eval"; exit 0; fi; \
	$(BIN)/docmill eval ../shared/eval --fresh \
		--schema ad_buy_order=benchmarks/schemas/ad_buy_order.json \
		--schema income_statement=benchmarks/schemas/income_statement.json \
		--schema contract_nda=contract --alias party=parties --complete contract_nda \
		--json docmill-eval/quality.json --markdown docmill-eval/quality.md \
		--html docmill-eval/quality.html && \
	echo "Invoices again, as scans of 200 dpi:" && \
	$(BIN)/docmill eval ../shared/eval --fresh --doc-type invoice --rasterise 200 \
		--against docmill-eval/quality.json \
		--json docmill-eval/quality-scans.json --markdown docmill-eval/quality-scans.md \
		--html docmill-eval/quality-scans.html

bench: $(VENV)/.installed-dev  ## Run every benchmark.
	@set -e; for file in $$(grep -l '^if __name__ == "__main__":' benchmarks/*.py); do \
		name=$$(basename "$$file" .py); \
		printf '\n== %s ==\n' "$$name"; \
		$(BIN)/python -m "benchmarks.$$name"; \
	done

$(VENV)/.installed-run: pyproject.toml
	$(call install,.)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml
	$(call install,.[dev])
	@touch $(VENV)/.installed-run $@

# $(call install,REQUIREMENT): into .venv, editable; by uv where it is on the PATH.
define install
	@set -e; \
	if ! $(IS_USABLE); then \
		for name in $(PYTHON_NAMES); do \
			if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				python=$$(command -v "$$name"); break; \
			fi; \
		done; \
		if [ -z "$${python:-}" ]; then \
			echo "docmill needs Python 3.11 or newer; none of these is: $(PYTHON_NAMES)" >&2; exit 1; \
		fi; \
		echo "Making $(VENV) with $$python"; \
		rm -rf $(VENV); \
		if command -v uv >/dev/null; then uv venv --quiet --python "$$python" $(VENV); \
		else "$$python" -m venv $(VENV); fi; \
	fi; \
	echo "Installing $(1) into $(VENV)"; \
	if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python -e '$(1)'; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '$(1)'; fi
endef
