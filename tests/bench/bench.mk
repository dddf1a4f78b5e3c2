# Timings beside PyTorch: tests/bench/README.md.
PYTHON     ?= python3
BENCH_STEP := $(BUILD)/tests/bench/step

$(BENCH_STEP): tests/bench/step.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(LIBRARY) -o $@ $(LIBS)

.PHONY: bench
bench: $(BENCH_STEP) ## time a descent step beside PyTorch (a minute; never fails on a timing)
	@$(PYTHON) tests/bench/bench.py $(BENCH_STEP)

-include $(BENCH_STEP).d
