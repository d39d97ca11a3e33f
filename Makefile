# Needs: Python 3.11 or newer, make, and a Python package index. Everything else comes from the lock files.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name))))
BIN := .venv/bin
# Named after what it was installed from: another lock file means another installation.
STAMP := .venv/.installed-$(shell cat requirements-dev.lock pyproject.toml | cksum | cut -d' ' -f1)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links

.PHONY: demo test check bench bundle docs format lock clean

demo: $(STAMP)  ## a small synthetic city, from the institutions' files to the figures; in a terminal its pages are then served
	rm -rf build/demo
	$(BIN)/wangdi demo build/demo --people 8000

test: check  ## every check and every test
	$(BIN)/pytest -n 2 --dist worksteal

check: $(STAMP)  ## style, types and the rules of the house
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(STAMP)  ## how long a city's month takes here
	$(BIN)/python -m bench

bundle: $(STAMP)  ## build/bundle: installs on a machine like this one without a network
	rm -rf build/bundle
	mkdir -p build/bundle
	$(BIN)/pip download --quiet --only-binary :all: --require-hashes -r requirements.lock -d build/bundle/wheels
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation . -w build/bundle/wheels
	cp requirements.lock LICENSE deploy/install.sh deploy/*.service deploy/*.timer build/bundle

docs: $(STAMP)  ## write what is made from the code: docs/reference, the pages' output, the README's tour
	$(BIN)/python tools/render_reference.py
	$(BIN)/python tools/render_trials.py
	$(BIN)/python tools/follow_pages.py
	test -e build/demo/city.toml || $(MAKE) --no-print-directory demo
	$(BIN)/python tools/render_readme.py
	$(BIN)/python tools/take_pictures.py

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(STAMP)  ## write the lock files anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(COMPILE) pyproject.toml --extra postgres -o requirements.lock
	$(COMPILE) pyproject.toml --extra postgres --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMP):
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Wangdi needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	rm -f .venv/.installed-*
	touch $@
