# Every command sets up what it needs. PYTHON=python3.12 chooses another interpreter for .venv.
PYTHON ?= python3
SHELL := /bin/bash
RUN := .venv/bin/python
INSTALLED := .venv/.requirements
INSTALLED_DEV := .venv/.requirements-dev
PIP := $(RUN) -m pip --disable-pip-version-check -q
RELIABILITY := kill checkpoint refusals disk memory fairness transitions resume hostile interface
NEED_ARGUMENTS := engine_motion resemblance stages
BENCHMARKS = $(filter-out $(NEED_ARGUMENTS:%=benchmarks/%.py),$(wildcard benchmarks/*.py))
SHOTS ?= samples/interview

export OMP_WAIT_POLICY := PASSIVE
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo app test long check quick lint types bench evaluate reliability docs clean

help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv and install what Photoplay needs (about 3 GB, once).

demo: $(INSTALLED) ## Render 60 frames of the sample shot with the draft model and print its measurements.
	$(RUN) cli.py render samples/interview/plate.mp4 --preset draft --frames 40-99 --out out/demo

app: $(INSTALLED) ## Start the web app on http://127.0.0.1:7860.
	$(RUN) app.py

test: $(INSTALLED_DEV) ## Run the tests, those in the browser too (needs Chromium: apt-get install chromium).
	@$(RUN) -m pytest -n 2 --dist loadfile -m "not long"

long: $(INSTALLED_DEV) ## Run the few tests that each take half a minute or more.
	@$(RUN) -m pytest -n 2 --dist load -m long

check: lint ## Run format, lint, types, layers, and the tests without the browser and the slow ones.
	@$(MAKE) --no-print-directory -j 2 types quick

quick: $(INSTALLED_DEV)
	@$(RUN) -m pytest -n 2 --dist loadfile -m "not browser and not slow and not long"

lint: $(INSTALLED_DEV) ## Check format, lint rules and the layers of the imports.
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/lint-imports --no-cache

types: $(INSTALLED_DEV) ## Check types.
	@.venv/bin/pyright

bench: $(INSTALLED) ## Measure speed, memory and quality on this machine (the scripts in benchmarks/).
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; PYTHONPATH=. $(RUN) "$$script"; done

evaluate: $(INSTALLED) ## Measure how near to film the draft model comes, and what of the acting it keeps (SHOTS=FOLDERS).
	PYTHONPATH=. $(RUN) benchmarks/filmed.py $(SHOTS)
	PYTHONPATH=. $(RUN) benchmarks/acting.py $(SHOTS)

reliability: $(INSTALLED) ## Kill, starve and crowd Photoplay, for an hour or two, and write the report (needs root).
	@set -e; for name in $(RELIABILITY); do echo "== $$name"; \
		OMP_NUM_THREADS=1 $(RUN) benchmarks/reliability/$$name.py --report benchmarks/reliability/results/$$name.json; done
	@$(RUN) benchmarks/reliability/report.py

docs: $(INSTALLED) ## Write docs/settings.md and docs/models.md anew from the recipe's fields and the catalogue.
	PYTHONPATH=. $(RUN) docs/write_settings.py docs/settings.md
	PYTHONPATH=. $(RUN) docs/write_models.py docs/models.md

clean: ## Remove .venv and the caches of the tools. Renders and the workspace stay.
	rm -rf .venv .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
		{ echo "Photoplay needs Python 3.11 or 3.12 (mediapipe has no wheel for others). Try: make PYTHON=python3.11 setup"; exit 1; }
	$(PYTHON) -m venv .venv

$(INSTALLED): requirements.txt | .venv/bin/pip
	$(PIP) install -r requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	$(PIP) install -r requirements-dev.txt
	@touch $@
