#!/usr/bin/env bash
# The one way in: sets its environment up on first use, then hands its words on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
usage: ./run_all.sh COMMAND [options]

  smoke            every algorithm on Pong, minutes on 2 cores: does it run here?
  minatar-smoke    every algorithm on MinAtar's Breakout, a minute or two
  minatar          Figures 1-3 on MinAtar's five games with many seeds
  atari            the seven games at a budget that a desktop finishes
  paper            the paper's budgets and seeds
  tuning, minatar-tuning
                   trials behind their settings, on the baseline arms alone
  minatar-controls arms that do badly on MinAtar, with one setting changed
  theory           the paper's equations, checked exactly
  faults           25 faults, injected into real short runs: is each survived?
  reproduce RUN    train a committed run again: is it identical, and how far?
  forget RUN ...   what goes with a run's folder; removes it with --yes
  replicates       are runs with different seeds independent? an A/A check
  speed            training here against stock Stable-Baselines3
  cost             what recording and checkpoints take of training's time
  claims           the paper's claims, judged by results/data: a table of verdicts;
                   --claims FOLDER: claims of your own
  calibrate        how often are verdicts wrong? simulated, a few minutes
  agents           trained policies, of runs and in results/agents, and their scores
  evaluate RUN ... full games of trained policies, sampled and greedy: a CSV each
  watch RUN ...    film such games: an MP4 and a GIF each
  keep-agent RUN ...
                   put policies into results/agents, with games that they play
  export-agent RUN --to DIR
                   a policy as a model of Stable-Baselines3 alone, with its card
  compare A B --margin M
                   a verdict on two arms of anyone's, Stable-Baselines3's too
  scales           fix the units of effects, from the tuning studies
  figures, tables, report
                   draw them again from results/data; nothing is trained
  test             linters, types and tests
  docs             the documentation, built to site/; nothing is fetched
  run FILE         a suite of your own, with classes of your own beside it (examples/)
  suites           what a suite file can hold: every key, its default and meaning
  plan SUITE, status SUITE, list, export, merge OTHER, ...
                   anything that `python -m benchmarks --help` lists

Options after a suite narrow or change it, and --help explains them:
  ./run_all.sh atari --games Pong --only a2c-proper q-a2c --seeds 1 --frames 2000000
claims, figures, tables and report can be given at once: ./run_all.sh claims tables
Paths are relative to this script's folder.
TEXT
}

SUITES=" smoke minatar-smoke minatar atari paper tuning minatar-tuning minatar-controls "
OTHERS=" agents evaluate watch keep-agent export-agent claims figures tables report calibrate compare scales test docs theory faults replicates reproduce forget list suites plan run speed cost status export merge train "

in_list() { [[ "$2" == *" $1 "* ]]; }

set_up() {
    local python="${PYTHON:-python3}" stamp=.venv/.installed wanted
    wanted=$(cat pyproject.toml constraints.txt | cksum)
    if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then return; fi
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "Python 3.11 or newer is needed; PYTHON=/path/to/python names one" >&2
        exit 2
    fi
    echo "Setting up .venv with the pinned versions of constraints.txt (once) ..."
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --constraint constraints.txt -e '.[dev]'
    echo "$wanted" >"$stamp"
}

run_tests() {
    echo "ruff" && .venv/bin/ruff check . && .venv/bin/ruff format --check . &&
        echo "mypy" && .venv/bin/mypy &&
        echo "pytest" && .venv/bin/python -m pytest -n auto --dist worksteal "$@"
}

# What is started takes this script's place, so that a signal to it reaches training.
hand_on() {
    local command=$1
    shift
    echo "== $command $*"
    if [[ $command == test ]]; then
        run_tests "$@"
    elif [[ $command == docs ]]; then
        exec .venv/bin/python -m sphinx --fail-on-warning --quiet "$@" docs site
    elif in_list "$command" "$SUITES"; then
        exec .venv/bin/python -m benchmarks run "$command" "$@"
    else
        exec .venv/bin/python -m benchmarks "$command" "$@"
    fi
}

case ${1:-} in
-h | --help | help) usage; exit 0 ;;
"") usage >&2; exit 2 ;;
esac
if ! in_list "$1" "$SUITES$OTHERS"; then
    echo "run_all.sh: unknown command '$1'; ./run_all.sh --help lists them" >&2
    exit 2
fi

set_up
hand_on "$@"
