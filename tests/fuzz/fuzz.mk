# Coverage-guided fuzzing: tests/fuzz/README.md.
SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
	-fsanitize=fuzzer-no-link,address,undefined

.PHONY: fuzz fuzzers
fuzz: all ## fuzz the readers of sweeps and result files, SECONDS each
	@$(MAKE) $(PARALLEL) BUILD=$(BUILD)/fuzz CC=clang CFLAGS="$(FUZZ_CFLAGS)" SAN= fuzzers
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/fuzz/fuzz.py $(BUILD) --seconds $(SECONDS)

fuzzers: $(FUZZERS)
$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $< $(LIBRARY) -o $@ $(ALL_LIBS)

-include $(FUZZERS:=.d)
