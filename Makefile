# For people and for CI alike. `make` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The tiers of `test` run in their order: the quick ones tell first.
.NOTPARALLEL:

BIN := .venv/bin
LOCAL := $(BIN)/python -m local
# For a stack on AWS the environment of requirements.txt will do.
PYTHON := $(or $(wildcard $(BIN)/python),python3)
# A person's shell gets the same by `eval "$(make -s local-env)"`.
PULUMI := $(LOCAL) run pulumi
# Each file stays in one process, for its tests may share a local AWS; tests/conftest.py says in which order.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: help up preview down local-env plugin rollout orphans test check unit engine machines soak test-aws bench schema policies setup tools local-aws

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: local-aws ## set up this machine, start the local AWS, roll the apps out on it, print their addresses
	@$(PULUMI) up --stack local --yes --skip-preview --refresh
	@$(LOCAL) addresses

preview: local-aws ## what `make up` would change
	@$(PULUMI) preview --stack local

down: tools ## end the local AWS; leave nothing of it
	@$(LOCAL) down

local-env: tools ## for `eval "$(make -s local-env)"`: this shell then talks to the local AWS
	@$(LOCAL) env

plugin: local-aws ## the real pulumi-aws plugin for the local AWS, in place of the stand-in: a large download
	@$(PULUMI) plugin install resource aws \
	  "v$$($(BIN)/python -c 'import importlib.metadata as m; print(m.version("pulumi-aws"))')"

# APP and STACK of make's command line stand in the recipe's environment: quoted there, no shell reads commands in them.
rollout: ## one app alone: STACK=dev APP=hello; YES=1 asks nothing
	@$(if $(APP),,$(error say which app: make rollout STACK=dev APP=hello))
	@$(if $(STACK),,$(error say which stack: make rollout STACK=dev APP=hello))
	@$(if $(filter local,$(STACK)),$(LOCAL) run )$(PYTHON) -m operate.rollout "$$APP" --stack "$$STACK" $(if $(filter 1,$(YES)),--yes)

orphans: ## instances that the state of STACK=dev does not know (a killed up leaves them); YES=1 removes them
	@$(if $(STACK),,$(error say which stack: make orphans STACK=dev))
	@$(if $(filter local,$(STACK)),$(LOCAL) run )$(PYTHON) -m operate.orphans --stack "$$STACK" $(if $(filter 1,$(YES)),--yes)

test: setup check ## every tier of tests but `make soak`, each also alone:
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m "not soak"

check: tools ##   linters, types, import directions, workflows
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@PATH=$(abspath $(BIN)):$$PATH "$$($(BIN)/python -m local.toolchain --linter)"
	@$(BIN)/zizmor --quiet --offline --no-progress .github

unit: tools ##   no pulumi command, no machines
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m "not engine and not machines and not soak"

engine: tools ##   the real pulumi, simulated machines
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m "engine and not soak"

machines: setup ##   machines that boot (root)
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m "machines and not soak"

soak: setup ## what `make test` leaves out: every chosen moment to kill pulumi, long walks, 200 instances; an hour
	@$(BIN)/pytest --numprocesses auto --no-loadscope-reorder -m soak

test-aws: tools ## hello's tests on AWS, where STACK=dev says; CONFIRM=1 does it, ROLE=ARN as a role
	@echo 'ten t3.micro, each for some minutes: less than 0.10 US dollars (docs/aws.md)' >&2
	@[[ "$(CONFIRM)" == 1 ]] || { echo 'nothing was done; do it: make test-aws STACK=$(or $(STACK),dev) CONFIRM=1' >&2; exit 2; }
	@$(BIN)/pytest -m machines tests/machines/test_hello.py --aws $(or $(STACK),dev) $(if $(ROLE),--aws-role $(ROLE))

bench: setup ## the figures of docs/performance.md
	@$(BIN)/python -m bench

schema: tools ## the JSON Schema and the reference page of app files, anew from their model
	@$(BIN)/python -m manifest schema >manifest/app-file.schema.json
	@$(BIN)/python -m manifest reference >docs/app-file.md

policies: tools ## the IAM policies of iam/, anew from their table
	@for which in preview deploy; do $(BIN)/python -m operate.policies $$which >iam/$$which.json; done

setup:
	@python3 -m local.setup

tools:
	@python3 -m local.setup --only venv,cli

local-aws: setup
	@mkdir -p .local/state
	@$(LOCAL) up
	@$(PULUMI) stack select --create local
