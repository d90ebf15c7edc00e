# Every environment is made from nothing by the first goal that needs it, and kept until its locks change:
#   .venv         cnncalc; with the locked tools, and editable, from the first `make test` on
#   .venv-slow    the same with PyTorch, ONNX, Keras and other counting tools
#   .venv-bench   cnncalc from a wheel: an editable install starts slower
#   .venv-fuzz    the same as .venv, with atheris
#   .venv-lowest  cnncalc with the oldest dependencies that it admits
PYTHON ?= python3

# -qq keeps pip's errors and drops its warnings, which are about the machine and not about cnncalc.
PIP = -m pip -qq --disable-pip-version-check --no-input install
SOURCES := $(shell find cnncalc architectures \( -name __pycache__ -prune \) -o -type f -print)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo quick test test-all test-lowest fuzz bench docs site format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

# An environment that `make test` has filled serves as well: its cnncalc is the checkout itself.
demo: $(if $(wildcard .venv/.locked),.venv/.locked,.venv/.installed) ## install cnncalc in .venv and print LeNet-5
	@.venv/bin/cnncalc shapes lenet5.yaml

# The tests that find most slips in the least time: the others run commands, or many networks. The types are
# checked beside them.
QUICK := house layers windows counting receptive_fields cost spec_language error_page json terminal
quick: .venv/.locked ## ruff, mypy and the tests that matter while editing: under a minute
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	@.venv/bin/mypy & types=$$!; .venv/bin/pytest -n 2 $(QUICK:%=tests/test_%.py); tests=$$?; wait $$types && exit $$tests

test: .venv/.locked ## ruff, mypy and the quick tests
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	@.venv/bin/mypy & types=$$!; .venv/bin/pytest -n 2 --ignore=tests/slow; tests=$$?; wait $$types && exit $$tests

test-all: .venv-slow/.locked ## the slow tests, against other frameworks and tools
	HF_HUB_OFFLINE=1 KERAS_BACKEND=torch KERAS_HOME="$(CURDIR)/.venv-slow" .venv-slow/bin/pytest -m slow -n 2 --dist worksteal --durations=10

test-lowest: .venv-lowest/.locked ## the quick tests with the oldest dependencies
	.venv-lowest/bin/python -c "$$LOWEST" | xargs .venv-lowest/bin/python $(PIP)
	.venv-lowest/bin/pytest -n 2

# Each kind of input in turn, for so many seconds: make fuzz SECONDS=3600
SECONDS ?= 300
fuzz: .venv-fuzz/.locked ## coverage-guided fuzzing of specs, answer sheets, files of values and models
	@set -e; for kind in spec line value written sheet marking device model keras keras_file pt2 onnx; do .venv-fuzz/bin/python tests/fuzz/fuzz.py $$kind -max_total_time=$(SECONDS); done

bench: .venv-bench/.installed .venv-slow/.locked ## every benchmark in benchmarks/
	@set -e; for file in $(sort $(wildcard benchmarks/bench_*.py)); do echo "== $$file"; .venv-bench/bin/python "$$file"; done

docs: .venv/.locked ## what is made in docs/: kinds.md, and the pictures of the terminal and of networks
	.venv/bin/python docs/make.py

site: .venv/.locked ## the calculator in a browser as a folder for any static server: site/; needs npm
	.venv/bin/python docs/make_site.py

format: .venv/.locked ## mend layout and what ruff can mend, and make the schemas anew
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
	.venv/bin/cnncalc schema -o architectures/schema.json
	.venv/bin/cnncalc schema marking -o docs/marking.schema.json

clean: ## remove the environments, caches and builds
	rm -rf .venv .venv-* build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# pip is the last thing that venv puts in place: without it, the environment is made anew.
%/bin/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("cnncalc needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12, say")'
	@echo "Making $* ..." >&2
	@$(PYTHON) -m venv --clear $*
.PRECIOUS: %/bin/pip

# Holds back what pip would choose, also where it builds a package: older pips read the one, newer the other.
LOCKS = $(filter tests/requirements%,$^)
LOCKED = PIP_CONSTRAINT="$(LOCKS)" PIP_BUILD_CONSTRAINT="$(LOCKS)"

# The tools at their locked versions, and the checkout itself.
.venv/.locked .venv-lowest/.locked: tests/requirements.txt
.venv-slow/.locked: tests/requirements.txt tests/requirements-slow.txt
.venv-fuzz/.locked: tests/requirements.txt tests/requirements-fuzz.txt
%/.locked: pyproject.toml | %/bin/pip
	@echo "Installing the locked tools in $* ..." >&2
	@$(LOCKED) $*/bin/python $(PIP) $(addprefix -r ,$(LOCKS))
	@$*/bin/python $(PIP) --no-build-isolation --no-deps --editable .
	@rm -f $*/.installed && touch $@

# As a user installs it, at the versions that were tested; where models are measured, with what reads ONNX.
.venv-bench/.installed: EXTRAS := [onnx]
.venv-bench/.installed: tests/requirements-slow.txt
%/.installed: pyproject.toml README.md tests/requirements.txt $(SOURCES) | %/bin/pip
	@echo "Installing cnncalc in $* ..." >&2
	@$(LOCKED) $*/bin/python $(PIP) ".$(EXTRAS)"
	@touch $@

define LOWEST
import re, tomllib
for need in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]:
    print(re.sub(r">=([^,]*).*", r"==\1", need))
endef
export LOWEST
