# dufm: build, run, test. `make help` lists the targets.
# Overrides for clusters: CC, MPIRUN, PKG_CONFIG_PATH, HDF5_PC, BLAS_PC, LAPACKE_PC, NATIVE=0.

CC        ?= cc
PREFIX    ?= /usr/local
BUILD     := build$(if $(SAN),-san)
HDF5_PC   ?= $(firstword $(foreach p,hdf5-openmpi hdf5-mpi hdf5,$(if $(shell pkg-config --exists $(p) 2>/dev/null && echo y),$(p))))
BLAS_PC   ?= openblas
LAPACKE_PC ?= lapacke
PACKAGES  := $(HDF5_PC) ompi-c $(LAPACKE_PC) $(BLAS_PC) libfyaml libxxhash jansson

WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wformat=2 -Wpointer-arith -Wcast-qual -Wundef
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1)
comma    := ,
REVISION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
CFLAGS   ?= -O2 -g
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) $(SANFLAGS) -ffp-contract=off -Iinclude \
            -MMD -MP $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
HDF5_HL  ?= $(shell pkg-config --libs-only-L $(HDF5_PC) 2>/dev/null) -lhdf5_hl
LIBS     := $(HDF5_HL) $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm -ldl

SOURCES  := $(filter-out src/command/main.c,$(wildcard src/*/*.c))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY  := $(BUILD)/libdufm.a
PROGRAM  := $(BUILD)/dufm

.PHONY: all help
all: $(PROGRAM) ## build build/dufm

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/:/' | awk -F: '{printf "  make %-12s%s\n", $$1, $$2}'

$(PROGRAM): $(BUILD)/src/command/main.o $(LIBRARY)
	$(CC) $(CFLAGS) $(SANFLAGS) $^ -o $@ $(LIBS)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

# The revision enters one object only; it is compiled anew when the revision changes.
$(BUILD)/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(REVISION)' | cmp -s - $@ || echo '$(REVISION)' > $@
$(BUILD)/src/base/launch.o: ALL_CFLAGS += -DDUFM_REVISION='"$(REVISION)"'
$(BUILD)/src/base/launch.o: $(BUILD)/revision
FORCE:

# Unit tests: one cmocka program a file, linked with the library.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/tests/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/unit $< $(LIBRARY) -o $@ -lcmocka $(LIBS)
.PHONY: unit
unit: $(UNIT_TESTS)
	@for t in $^; do $$t || exit 1; done

clean: ## remove everything built
	rm -rf build build-san

-include $(OBJECTS:.o=.d) $(BUILD)/src/command/main.d $(UNIT_TESTS:=.d)
