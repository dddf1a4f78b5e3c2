# Kills at random instants and at chosen calls, interruptions: tests/torture/README.md.
KILLS ?= 1000
CALLS ?= 200
INTERRUPTIONS ?= 50

.PHONY: torture
torture: all ## kill runs KILLS times at random, CALLS at chosen calls, interrupt INTERRUPTIONS, in DIR
	@PYTHONDONTWRITEBYTECODE=1 MPIRUN="$(MPIRUN)" $(PYTHON) tests/torture/torture.py $(PROGRAM) \
		--kills $(KILLS) --calls $(CALLS) --interruptions $(INTERRUPTIONS) \
		$(if $(DIR),--folder "$(DIR)") $(if $(SEED),--seed $(SEED))
