# make test does all: set-up, the page's bundle, checks, tests. See CONTRIBUTING.md.

export CGO_ENABLED ?= 0
GO ?= go

.PHONY: build test check setup page layering golden fuzz bench clean

build:
	$(GO) build -trimpath -o profilemate ./cmd/profilemate

# SQLite is C made into Go: the race detector takes five times as long in it and sees
# nothing there, for its memory is not Go's. Our calls of it are watched.
RACE = -race -gcflags='modernc.org/...=-race=false'

test: setup page check
	CGO_ENABLED=1 $(GO) test $(RACE) -timeout 20m ./...

# What the tests need on a bare Debian machine: a C compiler for -race, Chromium and
# fonts for the page, Node.js for its bundle, pandas for the files of parse, JupyterLab's
# client library for the server. Nothing is done where they are there.
setup:
	scripts/setup.sh
	cd cmd/profilemate/testdata/lab && { [ node_modules -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; }

# Rebuild the page's bundle from its sources; a bundle that differs from the
# committed one fails.
page:
	cd web/ui && npm ci --no-audit --no-fund --loglevel=error && npm run check && npm test && npm run build
	git diff --exit-code -- web/ui/dist
	@test -z "$$(git status --porcelain -- web/ui/dist)" || { git status --short -- web/ui/dist; echo "the committed bundle is not what the sources give"; exit 1; }

check:
	@test -z "$$(gofmt -l cmd frames notebooks plugins web workbench)" || { gofmt -l cmd frames notebooks plugins web workbench; echo "gofmt these files"; exit 1; }
	$(GO) vet ./...
	$(GO) build ./...

# Rewrite the golden files; read the difference before you commit it.
golden:
	$(GO) test ./... -update

# Fuzz every reader for FUZZTIME each. Go makes each new input small for up to a minute,
# in which it tries no other, unless it is told how often to try.
FUZZTIME ?= 30s
fuzz:
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z]*' $$dir/*_test.go | sed 's/func //'); do \
			echo "== $$dir $$f"; $(GO) test $$dir -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x || exit 1; \
		done; \
	done

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

clean:
	rm -rf profilemate web/ui/node_modules
