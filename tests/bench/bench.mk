# Timings of a step, beside a plain loop over CBLAS and PyTorch, of the factor that measures
# features, beside dsyrk, and of the scheduler, beside other tools: tests/bench/README.md.
BENCH_SIDES := $(BUILD)/tests/bench/step $(BUILD)/tests/bench/plain $(BUILD)/tests/bench/limits
FACTOR := $(BUILD)/tests/bench/factor
SCHED_SIDES := $(BUILD)/tests/bench/dispatch $(BUILD)/tests/bench/simulate

.PHONY: bench bench-factor bench-sched bench-scale
bench: $(BENCH_SIDES) bench-factor ## time a descent step beside CBLAS and PyTorch (ROUNDS=7; never fails on a timing)
	@$(PYTHON) tests/bench/bench.py $(BENCH_SIDES) $(if $(ROUNDS),--rounds $(ROUNDS))

bench-factor: $(FACTOR)
	@$(FACTOR)

bench-sched: all $(SCHED_SIDES) ## measure the scheduler beside mpi4py and GNU parallel (PARTS="use cpu")
	@$(PYTHON) tests/bench/sched.py $(BUILD) $(PARTS)

bench-scale: $(SCHED_SIDES) ## simulate up to 100,000 workers: table and picture in build
	@$(BUILD)/tests/bench/simulate > $(BUILD)/scale.csv
	@$(PYTHON) tests/bench/efficiency.py $(BUILD)/scale.csv $(BUILD)/scale.png

-include $(BENCH_SIDES:=.d) $(FACTOR:=.d) $(SCHED_SIDES:=.d)
