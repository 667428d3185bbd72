# `make demo` and `make test` do everything from a fresh clone; they need make and Python >= 3.11
# with its venv module. Another Python: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow clean

demo: .venv/installed
	$(BIN)/ssgan demo

test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: .venv/installed
	$(BIN)/python -m pytest -m slow

# The newest torch and torchvision that fit each other, found in one resolution.
.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --editable ".[test]"
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find ssgan tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
