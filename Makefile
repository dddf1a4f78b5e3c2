# dufm: build, run, test.  `make help` lists the targets.
#
# Overrides for clusters: CC, CFLAGS, MPIRUN, RANKS, PYTHON, PREFIX, DESTDIR, the pkg-config names
# HDF5_PC (a parallel build), MPI_PC, BLAS_PC (an OpenBLAS: its threads are set and checked),
# LAPACKE_PC, XSMM (XSMM= builds without libxsmm), and HDF5_HL for HDF5's high-level library.
# SAN=1 builds with AddressSanitizer and UBSan into build-san; V=1 shows whole commands.

CFLAGS  ?= -O3 -g
PREFIX  ?= /usr/local
BUILD   := build$(if $(SAN),-san)
MPIRUN  ?= mpirun
RANKS   ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

# Debian packages: to build and test; and what only `make check` needs.
DEBIAN_PACKAGES := build-essential git pkg-config libopenmpi-dev openmpi-bin \
	libhdf5-openmpi-dev libopenblas-serial-dev liblapacke-dev libfyaml-dev libxxhash-dev \
	librandom123-dev libxsmm-dev libjansson-dev libcmocka-dev python3 python3-numpy python3-scipy \
	python3-h5py python3-xarray python3-h5netcdf python3-netcdf4 python3-pandas python3-pytest \
	python3-pytest-xdist python3-matplotlib netcdf-bin hdf5-tools slurm-wlm munge
DEBIAN_PACKAGES_ALL := $(DEBIAN_PACKAGES) clang clang-format clang-tidy cppcheck libclang-rt-dev shellcheck \
	valgrind chromium python3-torch python3-mpi4py parallel r-base-core r-cran-ncdf4 octave octave-netcdf gnuplot-nox

first_pc   = $(firstword $(foreach p,$(1),$(shell pkg-config --exists $(p) 2>/dev/null && echo $(p))))
HDF5_PC    ?= $(call first_pc,hdf5-openmpi hdf5-mpi hdf5)
MPI_PC     ?= $(call first_pc,ompi-c mpi-c ompi)
BLAS_PC    ?= openblas
LAPACKE_PC ?= lapacke
# Generated kernels for small products; XSMM= builds without them.
XSMM       ?= $(call first_pc,libxsmm)
HDF5_HL    ?= $(shell pkg-config --libs-only-L $(HDF5_PC) 2>/dev/null) -lhdf5_hl

LIBRARIES  := $(HDF5_PC) $(MPI_PC) $(LAPACKE_PC) $(XSMM) $(BLAS_PC) libfyaml libxxhash jansson

HEADERS    := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null))

# What must be found; empty names in the overrides are taken as found elsewhere.
REQUIRED   := $(or $(HDF5_PC),$(if $(filter file,$(origin HDF5_PC)),hdf5)) \
	$(or $(MPI_PC),$(if $(filter file,$(origin MPI_PC)),mpi)) \
	$(LAPACKE_PC) $(BLAS_PC) libfyaml libxxhash jansson

comma    := ,
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wformat=2 -Wpointer-arith -Wcast-qual -Wundef
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer)
# No contraction into fused operations: the bits of a result must not depend on the compiler.
# Nobody looks at floating-point exceptions or errno: selections and roots can be vectorized.
FLOATING := -ffp-contract=off -fno-trapping-math -fno-math-errno
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) $(SANITIZE) $(FLOATING) -Iinclude \
	$(if $(XSMM),-DDUFM_LIBXSMM) \
	-MMD -MP $(HEADERS)
ALL_LIBS := $(HDF5_HL) $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lm -ldl

# A Python that has the modules the tests and pictures need (not every python3 has); looked for
# when it is first needed, which takes seconds, and once.
find_python = $(firstword $(foreach p,python3 /usr/bin/python3,$(shell $(p) -c \
	'import h5py, xarray, h5netcdf, matplotlib' 2>/dev/null && echo $(p))) python3)
PYTHON ?= $(eval PYTHON := $(find_python))$(PYTHON)

SOURCES := $(filter-out src/command/main.c,$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY := $(BUILD)/libdufm.a
PROGRAM := $(BUILD)/dufm


.PHONY: all help deps deps-all run quickstart unit mpi-tests test tests check house-rules stage install \
	uninstall clean info
all: $(PROGRAM) ## build build/dufm

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | \
		awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'
	@echo "  SAN=1 after any of them: with ASan and UBSan, in build-san; overrides: top of the Makefile"

deps: ## install the Debian packages needed to build, run and test
	@tests/install-packages $(DEBIAN_PACKAGES)

deps-all: ## ... and those that only `make check` needs
	@tests/install-packages $(DEBIAN_PACKAGES_ALL)

# On all cores, unless a -j says on how many.
PARALLEL = --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

# Packages may just have been installed: what pkg-config and the search for a Python say is read
# anew by a second make.
run: deps ## build, run the quickstart sweep, show its table and draw its picture
	@$(MAKE) $(PARALLEL) quickstart

test: deps ## build and run all tests; the last line counts them
	@$(MAKE) $(PARALLEL) tests

check: deps-all ## house rules, sanitizers and what needs large packages
	@$(MAKE) --no-print-directory house-rules

quickstart: all
	@RANKS=$(RANKS) MPIRUN="$(MPIRUN)" PYTHON="$(PYTHON)" tests/quickstart $(BUILD)

tests: all unit mpi-tests
	@$(PYTHON) tests/run $(BUILD) $(PYTEST_ARGUMENTS)

# What is installed is laid out in a stage first. The manual pages and the completion come
# from the program, which has them from the tables that parse its options. The list of files
# is installed too, so that `uninstall` removes exactly these.
STAGE  := $(BUILD)/stage
SHARED := $(wildcard sweeps/*.yaml sweeps/README.md analysis/*.py analysis/*.css analysis/*.md \
	analysis/examples/* slurm/*)
stage: all
	@rm -rf $(STAGE); mkdir -p $(STAGE)/bin $(STAGE)/share/man/man1 $(STAGE)/share/dufm \
		$(STAGE)/share/bash-completion/completions
	@cp $(PROGRAM) $(STAGE)/bin/dufm
	@cp --parents $(SHARED) $(STAGE)/share/dufm
	@$(PROGRAM) help --completion bash > $(STAGE)/share/bash-completion/completions/dufm
	@$(PROGRAM) help --man > $(STAGE)/share/man/man1/dufm.1
	@for command in $$($(PROGRAM) help | sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p'); do \
		$(PROGRAM) help --man $$command > $(STAGE)/share/man/man1/dufm-$$command.1 || exit 1; \
	done
	@cd $(STAGE) && find . -type f | sed 's|^\./||' > ../files && \
		(cat ../files; echo share/dufm/files) | sort > share/dufm/files

INSTALLED := $(DESTDIR)$(PREFIX)
install: stage ## install program, manual pages, completion, sweeps, scripts to DESTDIR/PREFIX
	@while read -r file; do mode=644; [ ! -x "$(STAGE)/$$file" ] || mode=755; \
		install -Dm$$mode "$(STAGE)/$$file" "$(INSTALLED)/$$file" || exit 1; \
	done < $(STAGE)/share/dufm/files
	@echo "installed to $(INSTALLED)"

uninstall: ## remove what install put there
	@cd "$(INSTALLED)" && [ -f share/dufm/files ] || { echo "nothing is installed in" \
		"'$(INSTALLED)': give the DESTDIR and PREFIX of the installation" >&2; exit 1; }
	@cd "$(INSTALLED)" && rm -f $$(cat share/dufm/files) && \
		rm -rf share/dufm/analysis/__pycache__ && \
		find share/dufm -depth -type d -empty -delete && echo "removed from $(INSTALLED)"

clean: ## remove everything built
	rm -rf build build-san

info: ## what was found
	@echo "pkg-config: $(LIBRARIES)"; echo "python: $(PYTHON)"; echo "ranks: $(RANKS)"
	@echo "flags: $(ALL_CFLAGS)"; echo "libraries: $(ALL_LIBS)"

# What is being made, a line each; whole commands with V=1.
quiet = $(if $(V),,@echo "  $(1) $@";)

$(PROGRAM): $(BUILD)/src/command/main.o $(LIBRARY)
	$(call quiet,LD)$(CC) $(CFLAGS) $(SANITIZE) $^ -o $@ $(ALL_LIBS)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

# A plain word before the compiler's, until everything was found once.
$(BUILD)/found: Makefile
	@mkdir -p $(@D)
	@if CC="$(CC)" HEADERS="$(HEADERS)" HDF5_HL="$(HDF5_HL)" tests/find-libraries $(REQUIRED); \
		then touch $@; fi

$(BUILD)/%.o: %.c Makefile | $(BUILD)/found
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(ALL_CFLAGS) -c $< -o $@

# The git revision enters one object only, compiled anew when the revision changes.
REVISION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
$(BUILD)/src/base/launch.o: ALL_CFLAGS += -DDUFM_REVISION='"$(REVISION)"'
$(BUILD)/src/base/launch.o: $(BUILD)/revision
$(BUILD)/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(REVISION)' | cmp -s - $@ || echo '$(REVISION)' > $@
FORCE:

# Unit tests (cmocka) and MPI tests: one program a file, linked with the library.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
MPI_TESTS  := $(patsubst tests/mpi/%.c,$(BUILD)/tests/mpi/%,$(wildcard tests/mpi/test_*.c))
unit: $(UNIT_TESTS)
mpi-tests: $(MPI_TESTS)
$(BUILD)/tests/%: tests/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(ALL_CFLAGS) $< $(LIBRARY) -o $@ -lcmocka $(ALL_LIBS)

-include $(wildcard tests/*/*.mk)
-include $(OBJECTS:.o=.d) $(BUILD)/src/command/main.d $(UNIT_TESTS:=.d) $(MPI_TESTS:=.d)
