# Each target sets up what it needs and is instant when that is there. The work is done by tools/; docs/install.md explains it.

PYTHON ?= python3
SECONDS ?= 20
ARGS ?=
ROS ?=

# Without a PYTHON of the caller's, an environment that is there keeps the one it was made with.
KEEP := $(if $(filter file,$(origin PYTHON)),--keep-python)
SETUP = @command -v "$(PYTHON)" >/dev/null || { echo 'setup: there is no $(PYTHON): sudo apt install python3 python3-venv python3-dev'; exit 1; }; \
	"$(PYTHON)" tools/setup_clone.py $(KEEP)
FOR_ROS = $(if $(ROS),--ros "$(ROS)")
IN = .venv$(if $(filter-out jazzy,$(ROS)),-$(ROS))/bin
OTHERS = $(filter-out jazzy,$(patsubst requirements/ros-%.txt,%,$(wildcard requirements/ros-*.txt)))
IN_TRAINING = .venv-training/bin

# The tests wait for nodes more than they compute: as many files at a time as there are cores, but not so many that nodes starve.
TOGETHER := --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: help setup demo test test-training docs docs-links lint format clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-20s %s\n' "$$name" "$$text"; done

setup:  ## virtual environment .venv with ROS 2, theylive_msgs and this clone (PYTHON=python3.12 and ROS=kilted choose others)
	$(SETUP) $(FOR_ROS)

demo: setup  ## the simulated rig at work: demo.mp4, demo.png, demo.json (SECONDS=20)
	@$(IN)/theylive demo --seconds $(SECONDS) --report demo.json --video demo.mp4

test: setup  ## the tests (ARGS="-k gate" chooses some, ROS=kilted runs them on ROS 2 Kilted in .venv-kilted)
	@$(IN)/python -m pytest test $(TOGETHER) $(ARGS)

test-training:  ## the training package's tests, in an environment of their own (.venv-training, 2.8 GB)
	@test -d training/test || { echo 'make: training/test is not there: nothing can be tested' >&2; exit 1; }
	$(SETUP) --training
	@$(IN_TRAINING)/python -m pytest training/test $(ARGS)

docs: .venv-docs/made  ## the pages as a site, build/docs/index.html; what is doubtful is an error
	@.venv-docs/bin/sphinx-build -q -E -W --keep-going -c docs . build/docs && echo 'docs: build/docs/index.html'

docs-links: .venv-docs/made  ## whether the links that leave the pages lead somewhere (needs the internet)
	@.venv-docs/bin/sphinx-build -E -b linkcheck -c docs . build/docs-links

.venv-docs/made: requirements/docs.txt
	@"$(PYTHON)" -m venv --clear .venv-docs && touch .venv-docs/COLCON_IGNORE
	@.venv-docs/bin/python -m pip install -q --disable-pip-version-check -r $< && touch $@

lint: setup  ## what the linter and the formatter have to say
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .

format: setup  ## let the linter and the formatter mend what they can
	@$(IN)/ruff check --fix .
	@$(IN)/ruff format .

clean:  ## remove all that the other targets have made
	rm -rf $(foreach name,.venv .venv-training .venv-docs $(OTHERS:%=.venv-%),$(name) $(name).lock) build install log demo.mp4 demo.png demo.json
	rm -rf .pytest_cache .ruff_cache .hypothesis *.egg-info training/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
