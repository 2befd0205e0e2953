# Two commands do everything on a new machine with Python 3.11+, make and git:
#   make demo   the whole story on the embedded sandbox
#   make test   ruff, mypy --strict, pytest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JUDGES := tests/auth/judges

.PHONY: demo test lint types judges docs corpus bench lock clean

demo: $(READY)
	@$(BIN)/syncdoctor demo

# Compiled tests are kept whatever the machine says: each worker would compile all of them anew.
test: export PYTHONDONTWRITEBYTECODE =
test: lint types judges
	$(BIN)/pytest -n auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# The judge of sign-in that is no Python, where Node.js is there; without it its tests are skipped.
judges: $(if $(shell command -v node 2>&1 && command -v npm 2>&1),$(JUDGES)/node_modules/.ready)

$(JUDGES)/node_modules/.ready: $(JUDGES)/package-lock.json
	npm ci --prefix $(JUDGES) --no-audit --no-fund --loglevel=error && touch $@ \
		|| echo "The judge on Node.js could not be installed: its tests are skipped."

# The pages and the picture that are made from the program; a test compares them.
docs: $(READY)
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/picture.py

# How well the catalogue judges a directory of real answers.
corpus: $(READY)
	$(BIN)/python benchmarks/corpus.py

# The budgets, as ratios; takes some minutes.
bench: $(READY)
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# The locked versions with their hashes, then the project itself without asking for more.
$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make lock' pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command 'make lock' pyproject.toml --group dev -o requirements-dev.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build dist
