# Lockstep: `make demo` and `make test` set everything up on a fresh machine.

SWIFT ?= swift
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := libhwloc-dev libblis-serial-dev zlib1g-dev
DATASET := dataset-fashion-mnist
FASHION := /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz
LOCKSTEP := .build/release/lockstep

.PHONY: help setup build demo install uninstall deb test lint format tsan bench soak docs report-check clean

## setup: install what a build needs
setup:
	@if ! command -v $(SWIFT) >/dev/null; then \
	  echo "lockstep: Swift 6.3 or later is needed: https://www.swift.org/install/linux/" >&2; exit 69; fi
	@if command -v dpkg-query >/dev/null; then \
	  missing=; \
	  for p in $(PACKAGES); do \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' \
	      || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then \
	    echo "installing$$missing"; \
	    $(SUDO) apt-get update -qq && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; fi; \
	elif command -v dnf >/dev/null; then \
	  echo "install with: sudo dnf install hwloc-devel blis-devel zlib-devel"; \
	elif command -v pacman >/dev/null; then \
	  echo "install with: sudo pacman -S hwloc blis zlib"; \
	else \
	  echo "install the development files of hwloc, BLIS (with CBLAS) and zlib"; fi

## help: what `make` can do
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

## build: the release build of the command
build: setup
	$(SWIFT) build -c release --product lockstep

# Where `make install` puts things: DESTDIR, where it is given, stands before it.
PREFIX ?= /usr/local
export DESTDIR

$(LOCKSTEP):
	@$(MAKE) --no-print-directory build

## install: the command, its manual pages, and completions for bash, zsh and fish, below PREFIX
install: $(LOCKSTEP)
	@Documentation/Packaging/install $(LOCKSTEP) "$(PREFIX)"

## uninstall: take away what `make install` put below PREFIX
uninstall:
	@Documentation/Packaging/install --remove "$(PREFIX)"

## deb: a Debian package of the same, which needs no Swift
deb: setup
	@Documentation/Packaging/deb

# The real images, where they can be had.
$(FASHION):
	@if command -v apt-get >/dev/null; then \
	  echo "installing $(DATASET)"; \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(DATASET) >/dev/null \
	    || echo "$(DATASET) cannot be installed"; fi

## demo: what updating all parameters at once costs, on Fashion-MNIST: a table of claims and a page of figures
demo: build
	@[ -e $(FASHION) ] || $(MAKE) --no-print-directory $(FASHION)
	@if [ -e $(FASHION) ]; then $(LOCKSTEP) study run inherent-noise; else \
	  echo "without Fashion-MNIST, the noise penalty of one network on the embedded digits:"; \
	  $(LOCKSTEP) noise --engine virtual --model mlp:64 --decomposition samples --batch 16 \
	    --learning-rate 0.03 --updates 1000 --every 20 --noise-shards 2,64,parameters; fi

## test: all tests, in debug; those of the command run its release build, which starts 30 times as fast
test: build
	LOCKSTEP="$(CURDIR)/$(LOCKSTEP)" $(SWIFT) test $(FLAGS)

## report-check: open PAGE=DIR/index.html in headless Chromium and fail on console errors
report-check:
	@[ -n "$(PAGE)" ] || { echo "report-check: give the page: make report-check PAGE=DIR/index.html" >&2; exit 64; }
	@python3 Documentation/check_report.py "$(PAGE)"

## lint: the style, warnings not allowed
lint:
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

## format: bring the code into style
format:
	$(SWIFT) format format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

# The engine of threads and the racing kernels; of virtual time what several threads of the host do:
# gradients ahead of their events, replicas, and runs of a sweep with the models that they share.
TSAN_TESTS := LockstepThreadsTests|LockstepParametersTests|LockstepRunsTests.*SharedCacheTests
TSAN_TESTS := $(TSAN_TESTS)|LockstepSimulatorTests.*umber of (host )?threads
TSAN_TESTS := $(TSAN_TESTS)|LockstepStudiesTests.*(SweepExecutor|Bisection)Tests

## tsan: the concurrency tests under the thread sanitizer, which fails the run at the first race
tsan: setup
	TSAN_OPTIONS="halt_on_error=1 suppressions=$(CURDIR)/.ci/thread-sanitizer.supp" \
	  $(SWIFT) test --sanitize=thread --scratch-path .build-tsan --filter '$(TSAN_TESTS)'

## bench: the benchmarks, in their own package
bench: setup
	$(SWIFT) package --package-path Benchmarks benchmark

# Minutes of `make soak`; SEED=N repeats one.
MINUTES ?= 3

## soak: MINUTES of interrupted threads, kills, full disks, small limits and fuzzed readers, with the release build
soak: build
	@python3 Tests/Soak/soak.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) --binary $(LOCKSTEP)

## docs: the reference of every public name, to be read with a browser (needs `docc`, as Swift has it)
docs: setup
	$(SWIFT) package dump-symbol-graph --minimum-access-level public --skip-synthesized-members
	rm -rf .build/symbols .build/docs && mkdir -p .build/symbols
	cp .build/*/symbolgraph/Lockstep*.symbols.json .build/symbols
	docc convert --fallback-display-name Lockstep --fallback-bundle-identifier org.lockstep \
	  --additional-symbol-graph-dir .build/symbols --output-path .build/docs \
	  --transform-for-static-hosting 2>/dev/null
	@echo "serve it with: python3 -m http.server --directory .build/docs"

## clean: everything that was built
clean:
	rm -rf .build .build-tsan .build-deb Benchmarks/.build
