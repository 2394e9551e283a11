"""Suites resolve to runs, whose ids say what they compute and stay as they are."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms import ALGORITHMS
from analysis.records.configs import SOURCES, check_config
from benchmarks.errors import ConfigError
from benchmarks.games.families.minatar import FAMILY as MINATAR
from benchmarks.games.roms import GAMES
from benchmarks.suites.config import NUMERICS_VERSION, RunConfig
from benchmarks.suites.schema import FACTS, as_fractions, parse_schedule
from benchmarks.suites.suite import SUITES, Selection, load_suite, suite_names


@pytest.mark.parametrize("suite", suite_names())
def test_every_suite_resolves_to_runs_that_a_record_can_hold(suite):
    runs = load_suite(suite)
    assert len({run.run_id for run in runs}) == len(runs)
    for run in runs:
        record = json.loads(json.dumps(run.record()))
        check_config(Path("config.json"), record | {"versions": {}})
        assert RunConfig.from_record(record).run_id == run.run_id


def test_atari_is_the_papers_grid():
    counts = Counter((run.variant, run.game) for run in load_suite("atari"))
    seeds = {"a2c": 3, "dqn": 2}
    assert counts == {
        (variant, game): seeds[known.family]
        for variant, known in ALGORITHMS.items()
        for game in GAMES
    }


SEEDS_OF_MINATAR = {
    20: "a2c-naive a2c-proper q-a2c a2c-proper-t0.1 q-a2c-t0.1",
    10: "a2c-proper-c100 q-a2c-c100 q-a2c-raw a2c-proper-kl a2c-naive-plus "
    "dqn-hard dqn-soft-entropy dqn-soft-kl dqn-hard-plus dqn-hard-minus",
    5: "dqn-hard-5step dqn-soft-entropy-5step dqn-soft-kl-5step",
}


def test_minatar_has_every_arm_on_its_five_games():
    runs = load_suite("minatar")
    assert Counter((run.variant, run.game) for run in runs) == {
        (variant, game): seeds
        for seeds, variants in SEEDS_OF_MINATAR.items()
        for variant in variants.split()
        for game in MINATAR.games
    }
    assert {(run.family, run.frames) for run in runs} == {
        ("a2c", 1_000_000),
        ("dqn", 500_000),
    }
    assert {run.variant for run in load_suite("minatar-smoke")} == {*ALGORITHMS}


@pytest.mark.parametrize("suite", suite_names())
def test_what_is_done_at_any_moment_compares_all_with_as_many_seeds(suite):
    runs = load_suite(suite)
    seen = Counter()
    blocks = []
    for run in runs:
        seen[run.label, run.game] += 1
        blocks.append(seen[run.label, run.game])
    assert blocks == sorted(blocks)


def test_a_block_has_the_groups_in_the_files_order():
    runs = [run for run in load_suite("minatar") if run.seed == 7]
    order = [variant for v in [20, 10] for variant in SEEDS_OF_MINATAR[v].split()]
    assert [run.variant for run in runs[:: len(MINATAR.games)]] == order


@pytest.mark.parametrize("suite", suite_names())
def test_every_setting_has_a_source(suite):
    for run in load_suite(suite):
        settings = {*run.hyperparameters, *run.environment, "frames", "threads"}
        assert settings == set(run.sources)
        assert set(run.sources.values()) <= set(SOURCES)


def test_an_id_is_known_by_heart():
    # The folders of runs made in earlier versions are found by these names.
    first = load_suite("paper")[0]
    assert first.run_id == "a2c-naive-beamrider-s0-01aa877ffc"
    assert replace(first, numerics=1).run_id == "a2c-naive-beamrider-s0-0c752fb788"


@pytest.mark.parametrize(
    ("arm", "digest"),
    [
        ("dqn-hard", "ffaeab0233"),
        ("dqn-soft-entropy", "405b3e712a"),
        ("dqn-hard-5step", "f3122b9000"),
    ],
)
def test_atari_has_the_settings_of_dqn_that_were_decided(arm, digest):
    """No finished run holds them yet."""
    first = load_suite("atari", Selection(only=[arm]))[0]
    assert first.run_id == f"{arm}-beamrider-s0-{digest}"


def test_a_record_from_before_numerics_were_counted_keeps_its_id():
    old = replace(load_suite("paper")[0], numerics=1)
    record = old.record()
    del record["numerics"]
    assert RunConfig.from_record(record) == old


def test_positions_above_one_are_emulator_frames():
    assert as_fractions(parse_schedule("0:1 80_000:0.5 1e6:0.1"), 4_000_000) == [
        (0.0, 1.0),
        (0.02, 0.5),
        (0.25, 0.1),
    ]
    assert as_fractions([(0.0, 1.0), (0.5, 0.1)], 4_000_000) == [(0, 1), (0.5, 0.1)]


@given(st.floats(0, 1, exclude_min=True), st.floats(0, 1))
def test_schedules_are_read_as_written(fraction, value):
    points = parse_schedule(f"0:1 {fraction!r}:{value!r}")
    assert points == [(0.0, 1.0), (fraction, value)]


@pytest.mark.parametrize("name", ["tuning", "minatar-tuning"])
def test_tuning_uses_seeds_that_no_study_has(name):
    studies = [study for study in suite_names() if "tuning" not in study]
    used = {run.seed for study in studies for run in load_suite(study)}
    tuned = load_suite(name)
    assert min(run.seed for run in tuned) == 1000 > max(used)
    assert {run.variant for run in tuned} == {"a2c-naive", "dqn-hard"}
    assert len({(run.label, run.game, run.seed) for run in tuned}) == len(tuned)


def test_sources_and_overrides_are_not_what_a_run_is():
    run = load_suite("smoke")[0]
    other = RunConfig(
        **{**run.__dict__, "sources": {}, "overrides": {"gamma": run.seed}}
    )
    assert other.run_id == run.run_id


OTHER_VALUES = {
    str: {"regularizer": "kl", "learning_rate_schedule": "constant"}
    | {"intermediate": "sampled", "exploration": "0:0.5", "engine": "reference"}
    | {"device": "cuda", "precision": "mixed"},
}


def other_value(key: str, old: Any) -> Any:
    if isinstance(old, str):
        return OTHER_VALUES[str][key]
    if isinstance(old, bool):
        return not old
    return old + 1 if isinstance(old, int) else (old or 1) / 2


def changeable() -> list[tuple[str, str]]:
    # A switch of these variants depends on others: "printed" on soft targets alone.
    return [
        (run.variant, key)
        for run in load_suite("smoke", Selection(only=["a2c-proper", "dqn-hard"]))
        for key in ({**run.hyperparameters, **run.environment}.keys() | {"threads"})
        if key not in FACTS | {"printed"}
    ]


@pytest.mark.parametrize(("variant", "key"), sorted(changeable()))
def test_any_override_is_another_run_and_says_so(variant, key):
    (plain,) = load_suite("smoke", Selection(only=[variant]))
    old = {**plain.hyperparameters, **plain.environment, "threads": plain.threads}[key]
    value = other_value(key, old)
    (changed,) = load_suite("smoke", Selection(only=[variant], values={key: value}))
    assert changed.run_id != plain.run_id
    assert changed.overrides == {key: value}
    assert changed.sources == plain.sources | {key: "ours"}
    assert f"{key}=" in changed.label and plain.label == variant


def test_only_the_native_engine_has_a_reseed_interval():
    (exact,) = load_suite("smoke", Selection(only=["q-a2c"]))
    native, other = (
        load_suite("smoke", Selection(only=["q-a2c"], values=values))[0]
        for values in ({"engine": "native"}, {"engine": "native"} | RESEED_SOONER)
    )
    assert "reseed_interval" not in exact.environment
    assert native.environment["reseed_interval"] == 8_000
    assert other.environment["reseed_interval"] == 500
    assert other.run_id != native.run_id
    with pytest.raises(ConfigError, match="only engine=native has it"):
        load_suite("smoke", Selection(values=RESEED_SOONER))


RESEED_SOONER = {"reseed_interval": 500}


def test_a_run_from_before_there_was_a_precision_keeps_its_id():
    (run,) = load_suite("smoke", Selection(only=["q-a2c"]))
    record = run.record()
    assert record["environment"].pop("precision") == "float32"
    assert RunConfig.from_record(record).run_id == run.run_id


def test_frames_are_an_override_too():
    (changed,) = load_suite("smoke", Selection(only=["q-a2c"], frames=1_234_567))
    assert (changed.frames, changed.label) == (1_234_567, "q-a2c (frames=1234567)")


def test_an_override_leaves_the_runs_that_lack_it_as_they_are():
    plain, changed = (
        {run.variant: run.run_id for run in load_suite("smoke", chosen)}
        for chosen in (None, Selection(values={"adam_eps": 1e-3}))
    )
    same = {variant for variant in plain if plain[variant] == changed[variant]}
    assert same == {v for v in plain if ALGORITHMS[v].family == "a2c"}


@pytest.mark.parametrize("value", [0.99, "plain"])
def test_a_value_that_is_so_already_changes_nothing(value):
    values = {"gamma": 0.99} if value != "plain" else {"regularizer": "entropy"}
    (plain,) = load_suite("smoke", Selection(only=["q-a2c"]))
    (same,) = load_suite("smoke", Selection(only=["q-a2c"], values=values))
    assert same.record() == plain.record()


def test_a_whole_number_is_the_same_as_its_float():
    one, other = (
        load_suite("smoke", Selection(only=["q-a2c"], values={"gamma": value}))[0]
        for value in (1, 1.0)
    )
    assert one.run_id == other.run_id


def test_selection_narrows():
    chosen = Selection(games=["Pong", "Qbert"], only=["q-a2c"], seeds=2, frames=100)
    runs = load_suite("atari", chosen)
    found = {(run.game, run.variant, run.seed, run.frames) for run in runs}
    assert found == {(g, "q-a2c", s, 100) for g in ("Pong", "Qbert") for s in (0, 1)}


def test_a_first_seed_adds_seeds_to_those_that_others_made():
    chosen = Selection(only=["dqn-hard", "q-a2c"], first_seed=6, seeds=2)
    blocks = [run.seed for run in load_suite("minatar", chosen)]
    assert blocks == [6] * 10 + [7] * 10
    planned = load_suite("minatar", Selection(only=["dqn-hard", "q-a2c"], seeds=8))
    same = [run.run_id for run in planned if run.seed >= 6]
    assert [run.run_id for run in load_suite("minatar", chosen)] == same


def test_a_first_seed_alone_keeps_each_groups_number_of_seeds():
    first = {"dqn-hard": 10, "q-a2c": 20}
    for variant, count in first.items():
        chosen = Selection(games=["MinAtar/Breakout"], only=[variant], first_seed=5)
        seeds = [run.seed for run in load_suite("minatar", chosen)]
        assert seeds == list(range(5, 5 + count))


def test_suites_have_descriptions_and_say_only_what_differs():
    for path in SUITES.glob("*.toml"):
        suite = tomllib.loads(path.read_text())
        assert re.fullmatch(r"[A-Z].{20,80}", suite["description"])


@pytest.mark.parametrize(
    "study", ["atari", "minatar", "minatar-tuning", "minatar-controls"]
)
def test_committed_runs_are_those_of_their_suites(study):
    """Ids hold every setting: a suite whose settings change has other runs."""
    path = Path(__file__).parents[3] / "results/data" / study / "configs.json"
    configs = json.loads(path.read_text())
    plain = {
        name
        for name, config in configs.items()
        if not config["overrides"] and config.get("numerics", 1) == NUMERICS_VERSION
    }
    assert plain and plain <= {run.run_id for run in load_suite(study)}


def test_a_schedule_may_end_with_training():
    points = [(0.0, 1.0), (1.0, 0.1)]
    assert as_fractions(points, 4_000) == points


def test_the_last_seed_of_a_study_may_be_asked_for():
    chosen = Selection(only=["q-a2c"], first_seed=999, seeds=1)
    assert [run.seed for run in load_suite("smoke", chosen)] == [999]
