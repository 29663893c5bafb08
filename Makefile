# Two commands: `make chat` and `make test`. Set-up that was done is not done again.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1
export ANONYMIZED_TELEMETRY := False

.PHONY: help setup chat test torture lint reader eval eval-external bench clean

help:
	@echo "make chat    set up, index sources/, serve the web chat on http://127.0.0.1:7860"
	@echo "make test    set up with the test extras, run every test"
	@echo "make torture thousands of damaged files, 200 kills, full disks, writers side by side; half an hour"
	@echo "make lint    ruff and mypy --strict"
	@echo "make eval    score the answers on the project's own question sets, write .assistant/eval/report.html"
	@echo "make eval-external  the same on public question sets, where they are beside the project"
	@echo "make reader  train the reader and the judge anew, where the public sets are beside the project (five hours)"
	@echo "make bench   speed beside a plain pipeline, on news articles"
	@echo "make setup   what every target does first"
	@echo "make clean   remove the set-up and the index, which are made anew when needed; what you made stays"

# A stamp is newer than what it was made from; pip runs only when one of those changed.
$(VENV)/.setup: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "No virtual environment could be made. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing (PyTorch is large; a few minutes, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.setup-test: $(VENV)/.setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

$(VENV)/.setup-bench: $(VENV)/.setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

setup: $(VENV)/.setup

chat: $(VENV)/.setup
	@$(BIN)/assistant chat

test: $(VENV)/.setup-test
	@sh tests/install_chromium.sh
	@$(BIN)/python -m pytest

torture: $(VENV)/.setup-test
	@$(BIN)/python -m pytest -m torture --timeout 3600

lint: $(VENV)/.setup-test
	@$(BIN)/ruff check .
	@$(BIN)/mypy

eval: $(VENV)/.setup
	@$(BIN)/assistant eval

eval-external: $(VENV)/.setup
	@$(BIN)/python eval/external.py

bench: $(VENV)/.setup-bench
	@$(BIN)/python eval/bench.py

reader: $(VENV)/.setup
	@$(BIN)/python eval/reader/train.py --minutes 45 --out .assistant/reader/joint.pt
	@$(BIN)/python eval/reader/train.py --minutes 25 --from .assistant/reader/joint.pt --public 0.35 --rate 8e-5 --decay --seed 1 --out .assistant/reader/first.pt
	@$(BIN)/python eval/reader/train.py --minutes 80 --from .assistant/reader/first.pt --public 0.4 --decay --seed 5 --out .assistant/reader/second.pt
	@$(BIN)/python eval/reader/train.py --also quiz claims --minutes 40 --from .assistant/reader/second.pt --public 0.25 --news 0.4 --seed 12 --out .assistant/reader/third.pt
	@$(BIN)/python eval/reader/train.py --also quiz claims --minutes 46 --from .assistant/reader/third.pt --public 0.2 --news 0.3 --decay --seed 13 --out .assistant/reader/fourth.pt
	@$(BIN)/python eval/reader/export.py .assistant/reader/fourth.pt --out assistant/models/judge.onnx
	@$(BIN)/python eval/reader/train.py --also quiz typed claims --near 0.5 --minutes 68 --from .assistant/reader/fourth.pt --public 0.25 --news 0.5 --decay --seed 21 --out .assistant/reader/fifth.pt
	@$(BIN)/python eval/reader/export.py .assistant/reader/first.pt .assistant/reader/second.pt .assistant/reader/fifth.pt .assistant/reader/fifth.pt
	@$(BIN)/python eval/reader/calibrate.py --again
	@$(BIN)/python eval/reader/measure.py
	@$(BIN)/python eval/tune_support.py

# What a person made (.assistant/keep) and what took hours (.assistant/reader) stays.
clean:
	rm -rf $(VENV) .assistant/index
