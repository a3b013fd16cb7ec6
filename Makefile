# Every target that needs .venv makes it first, and again after a change of its lock, with the newest TFX that the machine can
# run; STACK=1.16 or STACK=1.21 selects one.

STACK ?=
LOCK_OPTIONS ?= --upgrade
FUZZ_SECONDS ?= 300
STACKS := 1.16 1.21
LOCKS := $(STACKS:%=requirements/tfx-%.lock)
STAMP := .venv/.ready
PYTHON := .venv/bin/python
# Two workers; tests/conftest.py groups what shares fixtures and puts the longest first.
PYTEST := $(PYTHON) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder
CODE := pipeline components model_code data kubeflow tests setup.py requirements docs

.PHONY: run test test-long test-all test-stack test-stacks test-cluster image-test sbom fuzz lint docs docs-check lock clean which

run: which
	@.venv/bin/ast-restore run

test: which lint
	@$(PYTEST) -m "not long"

# What takes minutes each: the README's commands in a fresh copy, and other whole stories.
test-long: which
	@$(PYTEST) -m "long and not cluster"

# Stories on hosts and containers of their own: Beam on Prism, Flink and Spark, Kubeflow's own runner, its driver and launcher, and
# Kubernetes. Root; skipped with a message where something is missing.
test-cluster: which
	@$(PYTHON) -m pytest -m cluster

# `test` and `test-long` in one call, so that no core waits between them.
test-all: which lint
	@$(PYTEST) -m "not cluster"

# The part that runs on the other stack as well: what is fast, and one pipeline from end to end.
test-stack: which
	@$(PYTEST) -m "not slow and not long or both_stacks"

lint: which docs-check
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/ruff format --check $(CODE)
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo --no-cache

# The pages that are generated from the code, and the site in site/.
docs: which
	@$(PYTHON) -m docs.generate
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs --quiet build --strict

# Fails on a stale generated page, a broken link, and a page that would load something from the network.
docs-check: which
	@$(PYTHON) -m docs.generate --check
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs --quiet build --strict
	@$(PYTHON) -m docs.generate.offline site

# The other stack's tests, in a Debian 13 of their own: root only.
test-stacks: which
	@tests/stacks/run.sh

# Builds the image without Docker and runs it: root only, and minutes. ACCELERATOR=gpu is the other variant.
image-test: which
	@tests/image/run.sh $(ACCELERATOR)

# What the image holds, as CycloneDX. ACCELERATOR=gpu is the other variant.
sbom: which
	@requirements/sbom.sh requirements/image-$(or $(ACCELERATOR),cpu).lock sbom.cdx.json

which: $(STAMP)
	@tail -n 1 $(STAMP)

ifneq ($(STACK),)
ifneq ($(STACK),$(shell head -n 1 $(STAMP) 2>/dev/null))
.PHONY: $(STAMP)
endif
endif

$(STAMP): $(LOCKS) requirements/setup.sh requirements/stack.sh requirements/ast_restoration_quiet.py setup.py .python-version
	@requirements/setup.sh $(STAMP) $(STACK)

# The readers of foreign bytes, FUZZ_SECONDS each; what is found stays in fuzz-findings/.
fuzz: which
	@$(PYTHON) -m tests.fuzz --seconds $(FUZZ_SECONDS)

# Resolves both stacks anew from one list of dependencies; hashes yes, names of hosts no. LOCK_OPTIONS= keeps what is locked.
lock:
	@requirements/setup.sh --uv
	@for stack in 1.16:3.10 1.21:3.13; do \
		.venv-tools/bin/uv pip compile "requirements/tfx-$${stack%:*}.in" --quiet --python-version "$${stack#*:}" \
			--python-platform x86_64-manylinux_2_40 --generate-hashes --no-header --no-annotate --no-emit-index-url \
			--no-emit-find-links $(LOCK_OPTIONS) -o "requirements/tfx-$${stack%:*}.lock" || exit; done
	@for image in cpu:image.in gpu:image-gpu.in; do \
		.venv-tools/bin/uv pip compile "requirements/$${image#*:}" --quiet --constraints requirements/tfx-1.21.lock \
			--excludes requirements/image.excludes --python-version 3.13 --python-platform x86_64-manylinux_2_40 \
			--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
			-o "requirements/image-$${image%:*}.lock" || exit; done
	@for tool in sbom model-signing mlflow-server; do \
		.venv-tools/bin/uv pip compile requirements/$$tool.in --quiet --universal --python-version 3.10 --generate-hashes \
			--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(LOCK_OPTIONS) -o requirements/$$tool.lock || exit; \
		done

clean:
	rm -rf .venv .venv-tools workspace site fuzz-findings
