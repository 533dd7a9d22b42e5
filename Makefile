# One virtual environment for everything; the stamps remember what is installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
TESTS := $(VENV)/.tests
SITE := $(VENV)/.site
PEERS := $(VENV)/.peers

.PHONY: run space site preview test quick looks lint bench shots readme weights verify

run: $(RUNS)                 ## the gallery in the browser (Streamlit, port 8501)
	$(BIN)/streamlit run app.py

space: $(RUNS)               ## the Gradio app, as a Space runs it (port 7860)
	$(BIN)/python app.py

site: $(SITE)                ## the gallery as a static site, in site/: make site SITE_ARGS="--only hsic --lang zh"
	$(BIN)/python -m gallery build --out site $(SITE_ARGS)

preview: site/index.html     ## site/ as a browser sees it, http://127.0.0.1:8080; built first where there is none
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8080

site/index.html:
	$(MAKE) site

test: $(TESTS)               ## all tests, browser tests included
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m pytest

quick: $(TESTS)              ## the daily loop, no browser: make quick PAGE=hsic
	$(BIN)/python -m pytest -m "not browser" $(if $(PAGE),--page $(PAGE))

looks: $(TESTS)              ## every tab at 390 and 1440 px, in both languages and front ends; sheets to look at in out/looks
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m tests.browser.looks $(if $(PAGE),--page $(PAGE))

lint: $(TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

verify: $(RUNS)
	$(BIN)/python -m gallery verify

bench: $(PEERS)
	$(BIN)/python -m bench.gillespie
	$(BIN)/python -m bench.hsic
	$(BIN)/python -m bench.images
	$(BIN)/python -m bench.plane
	$(BIN)/python -m bench.text
	$(BIN)/python -m bench.words
	$(BIN)/python -m bench.latency
	$(BIN)/python -m bench.engine

shots: $(RUNS)               ## renew the pictures of the front page and the README: make shots PAGE=hsic
	$(BIN)/python -m gallery.doors.screenshots $(PAGE)

readme: $(RUNS)              ## README's table of pages
	$(BIN)/python -m gallery.engine.readme

weights: $(RUNS)
	$(BIN)/python -m gallery weights --verify

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

$(RUNS): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(SITE): requirements-site.txt $(RUNS)
	$(BIN)/python -m pip install -q -r requirements-site.txt
	touch $@

$(TESTS): requirements-dev.txt requirements-train.txt requirements-site.txt requirements-cluster.txt $(RUNS)
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	touch $@

$(PEERS): requirements-bench.txt $(TESTS)
	$(BIN)/python -m pip install -q -r requirements-bench.txt
	touch $@
