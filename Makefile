# `make demo` and `make test` do the whole set-up first; later runs find it
# done and start at once.

# The first of these that runs: what .venv was made with, unless another one is
# named with PYTHON=...
PYTHON ?= $(shell for p in .venv/bin/python python3.11 python3.12 python3.13 \
	python3; do \
	"$$p" -c '' >/dev/null 2>&1 && echo "$$p" && break; done)
VENV_PYTHON := .venv/bin/python
# Optional packages: browser, formats, onnx, openvino, photos, tensorboard,
# tensorflow.
EXTRAS ?=
# OPS=1 compiles mmcv's operators, which nothing here needs.
OPS ?=
DEMO_ARGS ?=
TEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all lock lint bench clean clean-all

help: ## Show what can be made (this list)
	@echo 'Usage: make TARGET [PYTHON=...] [EXTRAS="photos tensorboard"]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

setup: ## Create or complete .venv (OPS=1: compile mmcv's operators)
	@if ! command -v "$(PYTHON)" >/dev/null; then \
	  echo 'error: no Python "$(PYTHON)"; on Debian run: apt-get install' \
	    'python3.11 python3.11-venv, or name one with PYTHON=...' >&2; \
	  exit 1; fi
	@"$(PYTHON)" scripts/setup_env.py \
	  $(if $(strip $(EXTRAS)),--extras $(EXTRAS)) $(if $(OPS),--ops)

demo: setup ## Run the demo (arguments: DEMO_ARGS="...")
	$(VENV_PYTHON) tools/demo.py $(DEMO_ARGS)

test: setup ## Run the quick tests (more arguments: TEST_ARGS="...")
	$(VENV_PYTHON) -m pytest -m 'not slow and not gpu' $(TEST_ARGS)

test-all: setup ## Run the slow tests as well
	$(VENV_PYTHON) -m pytest -m 'not gpu' $(TEST_ARGS)

lock: setup ## Choose versions anew (delete lines of requirements/lock.txt first)
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --all-extras --overrides requirements/overrides.txt --no-annotate \
	  --no-emit-package torchvision --custom-compile-command 'make lock' \
	  --output-file requirements/lock.txt setup.py requirements/stack.txt

lint: setup ## Check style, docstrings and types
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m interrogate posefix_mm tools scripts setup.py
	@if $(VENV_PYTHON) -c 'import mypy' 2>/dev/null; then \
	  $(VENV_PYTHON) -m mypy; else echo 'mypy is not installed'; fi

bench: setup ## Run every benchmark
	@set -e; for script in benchmarks/*.py; do \
	  [ -e "$$script" ] || { echo 'no benchmarks here'; break; }; \
	  echo "== $$script"; $(VENV_PYTHON) "$$script"; done

clean: ## Remove builds, caches and demo output
	rm -rf build dist demo_out *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -type d \
	  -prune -exec rm -rf {} +

clean-all: clean ## Remove .venv too
	rm -rf .venv posefix_mm/.mim
