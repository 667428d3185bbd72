# Every target works from a fresh clone; all need make and Python >= 3.11 with its venv module.
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
KERNELS := OPENBLAS_CORETYPE=Haswell ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2
NUMERIC := $(patsubst %,tests/prediction/test_%.py,auto baselines calibration ensemble graph heads shares)

.PHONY: demo test numeric suite test-slow test-oldest lint docs bench-quick dist clean

# What is compiled once, assertions of tests above all, is kept for the processes that follow.
unexport PYTHONDONTWRITEBYTECODE

demo: .venv/installed
	$(BIN)/ssgan demo

# All three side by side, so that no core waits for the other; each shows what it says at its end.
test:
	$(MAKE) --jobs 3 --output-sync=target lint numeric suite

suite: .venv/installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# What decides near a tie is tested a second time with the kernels of an older processor.
numeric: .venv/installed
	$(KERNELS) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q $(NUMERIC)

test-slow: .venv/installed
	$(BIN)/python -m pytest -m slow

# The least versions that setup.cfg names, together, on the oldest Python: python3.11 has to be there.
test-oldest:
	python3.11 -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --constraint constraints-oldest.txt --editable ".[test]"
	OMP_NUM_THREADS=1 .venv-oldest/bin/python -m pytest -n 2 --dist worksteal

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m benchmarks.tables --check
	$(BIN)/python -m ssgan.cli.generate --check

# Warnings are errors; the site is docs/_build/html/index.html. A name that is gone leaves no page.
docs: .venv/installed-docs
	rm -rf docs/api/generated
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

bench-quick: .venv/installed
	for suite in calibration gaussians guard digits; do \
		$(BIN)/ssgan benchmark $$suite --quick --out benchmark-results || exit 1; done

# The same bytes from the same commit: setuptools writes members in the order of the file system, with
# the times and owners of files, so the archive is packed again.
dist: .venv/installed
	rm -rf build dist
	$(BIN)/python -m pip install --quiet build
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir dist
	$(BIN)/python -m benchmarks.pack dist/*.tar.gz $$(git log -1 --format=%ct)
	sha256sum dist/*

# The newest torch and torchvision that fit each other, found in one resolution.
.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --editable ".[test]"
	touch $@

.venv/installed-docs: .venv/installed
	$(BIN)/python -m pip install --editable ".[docs]"
	touch $@

clean:
	rm -rf .venv .venv-oldest build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf docs/_build docs/api/generated docs/start docs/sg_execution_times.rst
	find ssgan tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
