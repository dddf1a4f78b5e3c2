# Timings beside PyTorch: tests/bench/README.md.
.PHONY: bench
bench: $(BUILD)/tests/bench/step ## time a descent step beside PyTorch (never fails on a timing)
	@$(PYTHON) tests/bench/bench.py $<

-include $(BUILD)/tests/bench/step.d
