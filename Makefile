# The tasks of make.py for those whose fingers type `make`; PYTHON=python3.13 chooses another Python.
# Arguments: make test ARGS="tests/data -x"
PYTHON ?= python3
TASKS := run test test-all soak lint bench help

.DEFAULT_GOAL := help
.PHONY: $(TASKS)
$(TASKS):
	@$(PYTHON) make.py $@ $(ARGS)
