# The README's two commands. Each makes .venv first where the lock asks for it.

LOCK := requirements/tfx-1.16.lock
STAMP := .venv/.ready
PYTHON := .venv/bin/python
CODE := pipeline components model_code data kubeflow tests setup.py requirements

.PHONY: run test test-long lint lock clean

run: $(STAMP)
	@.venv/bin/ast-restore run

test: lint
	@$(PYTHON) -m pytest -m "not slow and not long" -n 2 --dist loadfile
	@$(PYTHON) -m pytest -m "slow and not long" -n 2 --dist loadfile

# What takes minutes each: the README's commands in a fresh copy, and other whole stories. CI runs it after `make test`.
test-long: $(STAMP)
	@$(PYTHON) -m pytest -m long

lint: $(STAMP)
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/ruff format --check $(CODE)
	@.venv/bin/mypy

$(STAMP): $(LOCK) requirements/setup.sh requirements/ast_restoration_quiet.py setup.py .python-version
	@requirements/setup.sh $(LOCK) $(STAMP)

# Resolves requirements/*.in anew; hashes yes, names of hosts no.
lock: $(STAMP)
	@.venv-tools/bin/uv pip compile requirements/dev.in --quiet --python-version "$$(cat .python-version)" \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade -o $(LOCK)

clean:
	rm -rf .venv .venv-tools workspace
