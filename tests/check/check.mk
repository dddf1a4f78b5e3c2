# `make check`: house rules that a compiler does not see, other compilers, sanitizers.
# tests/check/README.md has a line on each.
C_FILES := $(wildcard src/*/*.[ch] include/dufm/*.h tests/*/*.[ch])
SHELL_FILES := $(shell grep -lE '^\#!/bin/(ba)?sh' .ci/* tests/* tests/*/* slurm/* 2>/dev/null)

.PHONY: layers symbols format strict without-libxsmm tidy cppcheck scripts pages examples sanitize memcheck
house-rules: SECONDS = 40
house-rules: PARTS = dispatch memory
house-rules: ROUNDS = 1
house-rules: layers symbols format scripts cppcheck pages tidy strict without-libxsmm examples fuzz \
	memcheck sanitize bench bench-sched ## make check without installing

layers:
	$(PYTHON) tests/check/layers

symbols: $(LIBRARY)
	$(PYTHON) tests/check/symbols $<

format:
	clang-format --dry-run -Werror $(C_FILES)

scripts:
	shellcheck $(SHELL_FILES)

cppcheck:
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,style,performance,portability \
		--inline-suppr --suppressions-list=tests/check/cppcheck.suppressions \
		-Iinclude -D_GNU_SOURCE src tests

pages: all
	PYTHON="$(PYTHON)" tests/check/leftovers tests/check/report $(BUILD)

# One process a file: the analyzer carries state from one file to the next.
tidy:
	@printf '%s\n' $(wildcard src/*/*.c) | xargs -P $$(nproc) -I{} \
		clang-tidy --quiet {} -- $(filter-out -MMD -MP,$(ALL_CFLAGS)) 2>$(BUILD)/tidy.log || \
		{ cat $(BUILD)/tidy.log; exit 1; }
tidy: | $(LIBRARY)

# Warnings are errors with both compilers; the builds are thrown away.
strict:
	@for compiler in gcc clang; do \
		$(MAKE) $(PARALLEL) BUILD=build/$$compiler CC=$$compiler \
			CFLAGS="-O2 -Werror" all unit mpi-tests || exit 1; \
	done; rm -rf build/gcc build/clang

# Products by BLAS and by the kernels of this project alone.
without-libxsmm:
	@$(MAKE) $(PARALLEL) BUILD=build/blas XSMM= CFLAGS="-O2 -Werror" all unit
	@for test in product model step optim triangle; do build/blas/tests/unit/test_$$test || exit 1; done
	@rm -rf build/blas

# In every language that deps-all has installed: none is skipped here.
examples: all
	EXAMPLES_REQUIRED=1 $(PYTHON) -m pytest -q -p no:cacheprovider tests/system/test_examples.py

memcheck: all
	tests/check/leftovers tests/check/memcheck $(BUILD)

# ASan and UBSan over the tests, which must leave nothing behind. Leaks are those of this
# program: what MPI and its plugins keep until the end is listed in tests/check/leaks. Some
# tests preload a library, before ASan's own. Left out are tests of scripts, pictures, texts and
# the build, and those that kill hundreds of runs.
UNSANITIZED := analysis check examples export fuzz gk helper house_rules inside install layers make maps \
	measure_analysis newcomer pages phase_map quickstart readme report slurm slurm_submit summary torture variables
sanitize: PYTEST_ARGUMENTS := $(UNSANITIZED:%=--ignore=tests/system/test_%.py)
sanitize:
	@ASAN_OPTIONS=verify_asan_link_order=0 \
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/check/leaks:print_suppressions=0 \
		tests/check/leftovers $(MAKE) $(PARALLEL) SAN=1 tests \
			PYTEST_ARGUMENTS="$(PYTEST_ARGUMENTS)"

ifdef SAN
KEEP_MODULES := $(BUILD)/tests/check/keep_modules.o
ALL_LIBS += $(KEEP_MODULES)
$(LIBRARY): | $(KEEP_MODULES)
endif
