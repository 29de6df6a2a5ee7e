# `make demo` and `make test` do the whole set-up first; later runs find it
# done and start at once.

# The first of these that runs; name another one with PYTHON=...
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	"$$p" -c '' >/dev/null 2>&1 && echo "$$p" && break; done)
VENV_PYTHON := .venv/bin/python
# Optional packages: browser, formats, onnx, openvino, photos, tensorboard,
# tensorflow.
EXTRAS ?=
DEMO_ARGS ?=
TEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all lint bench clean clean-all

help: ## Show what can be made (this list)
	@echo 'Usage: make TARGET [PYTHON=...] [EXTRAS="photos tensorboard"]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

setup: ## Create or complete .venv (about 12 minutes once, then a moment)
	@if ! command -v "$(PYTHON)" >/dev/null; then \
	  echo 'error: no Python "$(PYTHON)"; on Debian run: apt-get install' \
	    'python3.11 python3.11-venv, or name one with PYTHON=...' >&2; \
	  exit 1; fi
	@"$(PYTHON)" scripts/setup_env.py \
	  $(if $(strip $(EXTRAS)),--extras $(EXTRAS))

demo: setup ## Run the demo (arguments: DEMO_ARGS="...")
	$(VENV_PYTHON) tools/demo.py $(DEMO_ARGS)

test: setup ## Run the quick tests (more arguments: TEST_ARGS="...")
	$(VENV_PYTHON) -m pytest -m 'not slow and not gpu' $(TEST_ARGS)

test-all: setup ## Run the slow tests as well
	$(VENV_PYTHON) -m pytest -m 'not gpu' $(TEST_ARGS)

lint: setup ## Check style and that everything public has a docstring
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m interrogate posefix_mm tools scripts setup.py

bench: setup ## Run every benchmark
	@set -e; for script in benchmarks/*.py; do \
	  [ -e "$$script" ] || { echo 'no benchmarks here'; break; }; \
	  echo "== $$script"; $(VENV_PYTHON) "$$script"; done

clean: ## Remove builds, caches and demo output
	rm -rf build dist demo_out *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -type d \
	  -prune -exec rm -rf {} +

clean-all: clean ## Remove .venv too (the kept mmcv wheel stays)
	rm -rf .venv posefix_mm/.mim
