# Everything a newcomer needs: make run, make test. Both need Rust and nothing else.
.DEFAULT_GOAL := help
.PHONY: help run demo test openapi schemathesis long fuzz mutants check check-infra check-deployed deploy-local calls build package deploy bench bench-sweep verifiers clean docs

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ## start the whole bundle on loopback, with a simulated Microsoft
	cargo run --locked --package onboarding-sandbox -- serve --allow-insecure-redirects

demo: ## run the whole journey unattended and print each step with its time
	cargo run --locked --quiet --package onboarding-sandbox -- demo

test: verifiers ## run every test, in a real browser too where there is one
	cargo test --locked --workspace
	cargo build --locked --package onboarding-sandbox
	tests/e2e/run

openapi: ## write openapi.json anew, from the routes and the types
	$(PROGRAMS) --quiet
	target/debug/openapi > target/openapi.json
	mv target/openapi.json openapi.json

long: ## the long runs, some minutes each
	cargo test --locked --profile long --package it -- --ignored --nocapture --test-threads 1

docs: ## write what is made from the code: docs/errors.md, docs/consents.md
	WRITE_DOCS=1 cargo test --locked --quiet --package onboarding-core the_documentation_is

FUZZ_SECONDS ?= 60
fuzz: ## fuzz every parser, FUZZ_SECONDS (60) each
	fuzz/run $(FUZZ_SECONDS)

# The copies that are changed share one target folder, so that dependencies are built once. Certificates are made by
# the tests of shared/microsoft, which is where the credential is tested with them.
KEPT_WITH_MICROSOFT := shared/core/src/client_credential.rs
mutants: ## change the modules that decide, place by place: a test must fail each time
	@command -v cargo-mutants >/dev/null || { echo 'cargo-mutants is missing: cargo install --locked cargo-mutants@27.1.0' >&2; exit 1; }
	CARGO_TARGET_DIR=$(CURDIR)/target/mutants cargo mutants --workspace --exclude $(KEPT_WITH_MICROSOFT) --jobs 1 --output target
	CARGO_TARGET_DIR=$(CURDIR)/target/mutants cargo mutants --config /dev/null --file $(KEPT_WITH_MICROSOFT) \
	--test-package onboarding-microsoft --jobs 1 --output target/mutants-microsoft

check: ## formatting, lints, documentation, dependencies
	cargo fmt --all -- --check
	cargo fmt --manifest-path fuzz/Cargo.toml -- --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings --allow rustdoc::private-intra-doc-links' cargo doc --locked --workspace --no-deps --document-private-items --quiet
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level error check bans licenses sources; \
	elif [ -n "$$CI" ]; then echo 'cargo-deny is missing' >&2; exit 1; \
	else echo 'cargo-deny is not installed: dependencies were not checked (cargo install cargo-deny)'; fi
	@cargo tree --locked --workspace --prefix none > target/tree.txt
	@if grep -q '^aws-lc-sys ' target/tree.txt; then \
	echo 'aws-lc-sys is in the tree: ring is to be the only crypto provider' >&2; exit 1; fi

# All programs, built as the tests are.
PROGRAMS := cargo build --locked --workspace --bins

# What AWS makes of the template is judged by AWS's own linter, and compared with the code: routes, rights, triggers, alarms.
INFRA := target/infra
CALLS := target/calls
check-infra: $(INFRA)/ready ## judge the deployment template, and the judges by faults; and by what the tests of costs call
	$(INFRA)/bin/python tests/infra/translate.py infra/template.yaml $(INFRA)/template.json
	rm -rf $(CALLS)
	ONBOARDING_CALLS=$(CURDIR)/$(CALLS) cargo test --locked --quiet --workspace -- meter:: journey::
	$(PROGRAMS) --quiet
	target/debug/infra $(INFRA)/template.json --noted $(CALLS)
# Each function in a process of its own over the Runtime API, wired as the template says; everything on loopback.
LOCAL = $(INFRA)/bin/python tests/infra/deploy_local.py $(INFRA)/template.json target/debug
$(INFRA)/template.json: infra/template.yaml $(INFRA)/ready
	SEEDS=no $(INFRA)/bin/python tests/infra/translate.py infra/template.yaml $@
deploy-local: $(INFRA)/template.json ## the deployed shape on this machine; needs Python 3
	$(PROGRAMS)
	$(LOCAL)
check-deployed: $(INFRA)/template.json ## go a customer's way through the deployed shape, unattended
	$(PROGRAMS)
	$(LOCAL) --check
# Each function has clients and caches of its own then, which some tests of the caches do not bear: what counts are the notes.
calls: ## write infra/calls anew: what each function is seen to call at AWS over all tests of the flows
	rm -rf $(CALLS)
	-ONBOARDING_CALLS=$(CURDIR)/$(CALLS) cargo test --locked --package it
	{ grep '^#' infra/calls; cat $(CALLS)/*.calls tests/infra/calls-unseen | grep -v '^#' | LC_ALL=C sort -u; } > target/calls.new
	mv target/calls.new infra/calls
$(INFRA)/ready: tests/infra/requirements.txt
	@tests/infra/install $(INFRA)

# Release builds name their own platform as the target, so that the flags reach the functions and not what runs while
# they are built (docs/decisions/0007).
HOST := $(shell rustc --version --verbose | sed -n 's/^host: //p')
FUNCTIONS := target/$(HOST)/release
ifeq ($(HOST:%-linux-gnu=linux-gnu),linux-gnu)
STATIC := --config 'target.$(HOST).rustflags=["-C", "target-feature=+crt-static", "-C", "relocation-model=static"]'
endif
build: ## release builds of all functions, in target/<this platform>/release
	cargo build --locked --release --target $(HOST) $(STATIC)

# One folder for each function, as the template names them. For this machine's own processor they are those of `make build`; for
# the other one cargo-lambda builds them.
ARCHITECTURE ?= arm64
NATIVE := $(patsubst x86_64-%,x86_64,$(patsubst aarch64-%,arm64,$(HOST)))
package: $(if $(filter $(NATIVE),$(ARCHITECTURE)),build) ## the functions as they are deployed, in target/lambda; ARCHITECTURE=x86_64 or arm64
ifeq ($(NATIVE),$(ARCHITECTURE))
	for function in $$(ls functions); do mkdir -p target/lambda/$$function && \
	cp $(FUNCTIONS)/$$function target/lambda/$$function/bootstrap || exit 1; done
else
	cargo lambda build --locked --release $(if $(filter arm64,$(ARCHITECTURE)),--arm64)
endif

deploy: package ## deploy with SAM as infra/samconfig.toml says
	sam deploy --template-file infra/template.yaml --config-file samconfig.toml $(SAM_FLAGS)

BENCH := target/bench/peers
BENCH_ARGS :=
bench: build $(BENCH)/ready ## measure the functions beside Node, Python and plain Rust; BENCH_ARGS='--rounds 3' for a short look
	$(PROGRAMS) --quiet
	target/debug/bench --functions $(FUNCTIONS) --peers $(BENCH) $(BENCH_ARGS)
$(BENCH)/ready: $(shell find tests/bench/peers -type f)
	@tests/bench/peers/install $(BENCH)

# What plays the table is built optimised, or a backlog of 100,000 takes longer than there is patience for it.
SWEEP_ARGS :=
bench-sweep: ## measure the sweep: idle, with backlogs, twice at once, killed; SWEEP_ARGS='--due 1000' for a short look
	cargo build --locked --release --target $(HOST) $(STATIC) --package sweep
	cargo run --locked --profile long --quiet --package bench -- sweep --program $(FUNCTIONS)/sweep $(SWEEP_ARGS)

# Webhook verifiers that we did not write, in Python and JavaScript; the tests say so where they are missing.
VERIFIERS := target/verifiers
verifiers: $(VERIFIERS)/ready
$(VERIFIERS)/ready: tests/it/verifiers/requirements.txt tests/it/verifiers/package-lock.json
	@tests/it/verifiers/install $(VERIFIERS) || { [ -z "$$CI" ] && echo 'webhooks are not checked by foreign verifiers'; }

# Judges of the OpenAPI document and of the API by it, which we did not write either.
SCHEMATHESIS := target/schemathesis
ST_ARGS :=
schemathesis: $(SCHEMATHESIS)/ready ## judge openapi.json, and the API by it, with requests made from it
	$(SCHEMATHESIS)/bin/openapi-spec-validator openapi.json
	cargo build --locked --package onboarding-sandbox
	$(SCHEMATHESIS)/bin/python tests/openapi/schemathesis/run.py $(ST_ARGS)
$(SCHEMATHESIS)/ready: tests/openapi/schemathesis/requirements.txt
	@tests/openapi/schemathesis/install $(SCHEMATHESIS)

clean: ## remove what was built and what the sandbox keeps
	cargo clean
	rm -rf .sandbox
