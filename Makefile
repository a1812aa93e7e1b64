# make demo    sets up, trains on the built-in digits, labels them, shows the model, explains one picture
# make test    sets up, passes all tests
# make check   everything that must hold before a change lands: what CI runs

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo

.PHONY: demo test check lint types imports docs docs-check bench peers clean

demo: $(READY)
	@mkdir -p $(DEMO)
	@echo "1. Train a network on 1,797 pictures of handwritten digits:"
	$(BIN)/clearprop train digits --out $(DEMO)/digits.safetensors
	@echo "2. Label them, with each digit's probability:"
	$(BIN)/clearprop label $(DEMO)/digits.safetensors digits --probabilities --out $(DEMO)/labels.csv
	@head -4 $(DEMO)/labels.csv
	@echo "3. What is in the model file:"
	$(BIN)/clearprop show $(DEMO)/digits.safetensors
	@echo "4. Explain the first picture, every equation with its numbers, as a page for a browser:"
	$(BIN)/clearprop explain $(DEMO)/digits.safetensors digits --format html --out $(DEMO)/explanation.html

# the tests of check run the learner's code in copies of their process, which are cheap while it is small: they come first
test: $(READY)
	$(BIN)/python -m pytest -n auto tests/checking
	$(BIN)/python -m pytest -n auto --ignore=tests/checking

check: $(READY) lint types imports docs-check test

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/python docs/make.py

docs-check: $(READY)
	$(BIN)/python docs/make.py --check

bench: $(READY)
	$(BIN)/python benchmarks/gradient_agreement.py
	$(BIN)/python benchmarks/check_rates.py
	$(BIN)/python benchmarks/mistake_training.py
	$(BIN)/python benchmarks/real_data.py
	$(BIN)/python benchmarks/published.py
	$(BIN)/python benchmarks/media.py
	$(BIN)/python benchmarks/killed_runs.py
	$(BIN)/python benchmarks/mutated_files.py
	$(BIN)/python benchmarks/label_stream.py
	$(BIN)/python benchmarks/larger_than_memory.py
	$(BIN)/python benchmarks/ray_data.py
	$(BIN)/python benchmarks/diagnose_rates.py --seconds 3600
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/python benchmarks/labelling_speed.py
	$(BIN)/python benchmarks/time_to_accuracy.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/two_at_once.py
	$(BIN)/python benchmarks/first_use.py
	$(BIN)/python benchmarks/processes.py

# what the speed benchmarks compare with; those that are missing are left out
peers: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build
	find src -name '*.nb[ic]' -delete
