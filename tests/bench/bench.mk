# Timings beside a plain loop over CBLAS and PyTorch: tests/bench/README.md.
BENCH_SIDES := $(BUILD)/tests/bench/step $(BUILD)/tests/bench/plain

.PHONY: bench
bench: $(BENCH_SIDES) ## time a descent step beside CBLAS and PyTorch (never fails on a timing)
	@$(PYTHON) tests/bench/bench.py $(BENCH_SIDES)

-include $(BENCH_SIDES:=.d)
