# `make check`: house rules that a compiler does not see, other compilers, sanitizers.
C_FILES := $(wildcard src/*/*.[ch] include/dufm/*.h tests/*/*.[ch])
SHELL_FILES := .ci/run tests/install-packages tests/quickstart slurm/sweep.sbatch

.PHONY: layers format strict sanitize scripts
house-rules: layers format strict scripts sanitize bench ## make check without installing

layers:
	$(PYTHON) tests/check/layers

format:
	clang-format --dry-run -Werror $(C_FILES)

# Warnings are errors with both compilers; the builds are thrown away.
strict:
	@for compiler in gcc clang; do \
		$(MAKE) --no-print-directory BUILD=build/$$compiler CC=$$compiler \
			CFLAGS="-O2 -Werror" all unit mpi-tests || exit 1; \
	done

scripts:
	shellcheck $(SHELL_FILES)

# ASan and UBSan over every test. Leaks are those of this program: what MPI and its
# plugins keep until the end is listed in tests/check/leaks.
sanitize:
	@LSAN_OPTIONS=suppressions=$(CURDIR)/tests/check/leaks:print_suppressions=0 \
		$(MAKE) --no-print-directory SAN=1 tests

ifdef SAN
KEEP_MODULES := $(BUILD)/tests/check/keep_modules.o
ALL_LIBS += $(KEEP_MODULES)
$(LIBRARY): | $(KEEP_MODULES)
endif
