# The commands of Gatehouse. Each says what it does, installs what is missing,
# skips what is done, and may be interrupted and repeated.

.PHONY: help run test lint dev bench sqlx site
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\): ## /\1\t/p' Makefile | expand -t 8

run: ## from a fresh machine to a console with demo data at http://localhost:3000
	@scripts/run.sh

test: ## every test, browser journeys included
	@scripts/test.sh

lint: ## formatting, clippy for server and browser, documentation, checked SQL
	@scripts/lint.sh

dev: ## the console, rebuilt and restarted on every change
	@scripts/dev.sh

bench: ## the measurements, each beside its baseline
	@scripts/bench.sh

sqlx: ## write .sqlx again after a query or a migration changed
	@scripts/sqlx.sh

site: ## only what the browser loads, into target/site
	@scripts/site.sh
