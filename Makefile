# Norn. `make demo` runs the main job on real data, `make test` every test; both install what they need.
PREFIX ?= /usr/local
CONFIG ?= debug
RELEASE_SCRATCH := .build-release
RELEASE_FLAGS := -c release --static-swift-stdlib --scratch-path $(RELEASE_SCRATCH)
DEMO_FLAGS ?=

.PHONY: all setup build release stage stage-debug stage-release test faults lint demo bench install clean

all: stage

setup:
	@conf/setup.sh

# One debug build serves the tests; it holds the plugins and the command too.
build: setup
	swift build --build-tests

release: setup
	swift build $(RELEASE_FLAGS)

stage: stage-$(CONFIG)

stage-debug: build
	conf/stage.sh .build/debug .build/stage/debug

stage-release: release
	STRIP=yes conf/stage.sh $(RELEASE_SCRATCH)/release .build/stage/release

# In turns: what starts sites, cuts their links, times their leases or keeps both cores busy leaves none to others.
SWIFT_TEST := Tests/turn.sh
OWN_TURN := ScenarioTests FaultTests ComponentTests NornConformanceTests NornSimulatorTests
test: stage-debug
	$(SWIFT_TEST) $(OWN_TURN:%=--skip %)
	$(SWIFT_TEST) --filter ComponentTests
	$(SWIFT_TEST) --filter NornConformanceTests
	$(SWIFT_TEST) --filter NornSimulatorTests
	$(SWIFT_TEST) --filter ScenarioTests --skip SchedulerScenarios
	$(SWIFT_TEST) --no-parallel --filter FaultTests
	$(SWIFT_TEST) --filter SchedulerScenarios

# Long: kills of sites, workers and a database, cut links and full disks under so many jobs. SEED repeats a run's plan.
JOBS ?= 300
ROUNDS ?= 3
faults: SEED := $(or $(SEED),$(shell date +%s))
faults: stage-debug
	NORN_TURN_SECONDS=36000 NORN_FAULT_SEED=$(SEED) NORN_FAULT_JOBS=$(JOBS) NORN_FAULT_ROUNDS=$(ROUNDS) $(SWIFT_TEST) --filter ChaosTests

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Plugins components Tests

demo: stage-release
	.build/stage/release/bin/norn demo $(DEMO_FLAGS)

bench: stage-release
	NORN_STAGE="$(CURDIR)/.build/stage/release" $(RELEASE_SCRATCH)/release/norn-bench --output .build/bench.json

install: stage-release
	install -d "$(DESTDIR)$(PREFIX)"
	cp -R .build/stage/release/bin .build/stage/release/libexec .build/stage/release/lib .build/stage/release/share \
		"$(DESTDIR)$(PREFIX)/"
	install -d "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	sed 's|@PREFIX@|$(PREFIX)|g' conf/systemd/norn.service > "$(DESTDIR)$(PREFIX)/lib/systemd/system/norn.service"

clean:
	rm -rf .build .build-release
