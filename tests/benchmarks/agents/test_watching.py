"""What is watched are the games that are evaluated, all of them and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import count_frames_and_secs, read_frames
from PIL import Image

from benchmarks.agents import video
from benchmarks.agents.evaluation import evaluate
from benchmarks.agents.video import ATARI, MINATAR, Video, gif
from benchmarks.agents.watching import watch
from tests.benchmarks.own_suites import _forgets, examples_in

__all__ = ["_forgets"]
KINDS = {
    "minatar": ("a2c-naive", "minatar-smoke", {"n_envs": 2}),
    "dqn": ("dqn-soft-kl", "minatar-smoke", {"exploration": "0:1 0.5:0.5"}),
    "reference": ("a2c-naive", "minatar-smoke", {"engine": "reference"}),
    "atari": ("a2c-naive", "smoke", {"max_frames": 80}),
}


def frames_of(path: Path) -> list[np.ndarray]:
    frames = read_frames(path)
    width, height = next(frames)["size"]
    return [np.frombuffer(each, np.uint8).reshape(height, width, 3) for each in frames]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[pytest.mark.slow] * (k == "atari")) for k in KINDS],
)
def test_the_games_are_those_of_the_evaluation(kind, make_agent, tmp_path, request):
    variant, suite, values = KINDS[kind]
    games = 10 if kind == "minatar" else 3
    if games == 3:
        request.getfixturevalue("two_at_once")
    folder = make_agent(variant, suite, **values)
    table = evaluate(folder, games, 5)
    for policy, wanted in table.groupby("policy"):
        to, greedy = tmp_path / str(policy), policy == "greedy"
        found = list(watch(folder, to, games, 5, greedy=greedy, gif_bytes=10**6))
        columns = ["env", "game_return", "length_frames"]
        played = [(game.env, game.game_return, game.length_frames) for game in found]
        assert played == [*wanted[columns].itertuples(index=False, name=None)]
        for game in found:
            assert count_frames_and_secs(game.mp4)[0] == game.length_frames
        files = {path for game in found for path in (game.mp4, game.gif)}
        assert {*to.glob("*.*")} == files and len(files) == 2 * games
        assert not [*to.glob(".*")]


def test_an_atari_game_is_in_colour_and_as_wide_as_on_a_set(
    make_agent, tmp_path, two_at_once
):
    folder = make_agent("a2c-naive", "smoke", max_frames=80)
    (game,) = watch(folder, tmp_path, 1, 0, greedy=False, gif_bytes=2_000_000)
    frames = frames_of(game.mp4)
    assert frames[0].shape == (480, 640, 3)
    red, _, blue = (frames[-1][..., i].astype(int) for i in range(3))
    assert (abs(red - blue) > 50).mean() > 0.1  # Pong's are brown, green and orange
    assert any(not np.array_equal(frames[0], frame) for frame in frames)
    image = Image.open(game.gif)
    assert image.size == (320, 240) and image.info["duration"] >= 50


def test_a_minatar_game_is_of_squares(make_agent, tmp_path):
    (game,) = watch(make_agent(), tmp_path, 1, 0, greedy=False, gif_bytes=2_000_000)
    assert frames_of(game.mp4)[0].shape == (480, 480, 3)
    image = Image.open(game.gif)
    shown = np.asarray(image.convert("RGB"))
    assert shown.shape == (320, 320, 3)
    cells = shown[::32, ::32]
    assert np.array_equal(cells.repeat(32, 0).repeat(32, 1), shown)
    assert len(np.unique(cells.reshape(-1, 3), axis=0)) > 2
    assert image.is_animated


def noise(colours: int, pictures: int = 40) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    table = random.integers(0, 256, (colours, 3), dtype=np.uint8)
    return list(table[random.integers(0, colours, (pictures, 60, 80))])


def test_a_gif_is_as_long_as_it_may_be():
    pictures = noise(64)
    whole = gif(pictures, 50, 10**9)
    cut = gif(pictures, 50, len(whole) // 2)
    assert len(whole) // 3 < len(cut) <= len(whole) // 2
    assert gif(pictures[:1], 50, 1) == gif(pictures, 50, 1)  # one picture at least


@pytest.mark.parametrize(("colours", "error"), [(200, 0), (4_000, 40)])
def test_a_gif_has_the_colours_that_it_can_have(colours, error, tmp_path):
    pictures = noise(colours, 3)
    (tmp_path / "x.gif").write_bytes(gif(pictures, 50, 10**9))
    image = Image.open(tmp_path / "x.gif")
    assert image.n_frames == 3
    for i, picture in enumerate(pictures):
        image.seek(i)
        found = np.asarray(image.convert("RGB")).astype(int)
        assert abs(found - picture).mean() <= error


def test_a_video_holds_few_pictures_and_all_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "MOST_IN_GIF", 5)
    film = Video(tmp_path / "x.mp4", ATARI)
    for picture in noise(3, 31):
        film.add(picture)
    film.close()
    assert (film.frames, len(film._pictures)) == (31, 5)
    assert count_frames_and_secs(tmp_path / "x.mp4")[0] == 31
    assert MINATAR.scaled(np.zeros((5, 7, 3), np.uint8), 3).shape == (15, 21, 3)


def test_the_command_says_the_score_and_the_last_frame(make_agent, call, tmp_path):
    folder = make_agent()
    words = (folder.name, "--games", 2, "--greedy", "--results", tmp_path)
    status, out, err = call("watch", *words, "--gif-kb", 60)
    assert (status, err) == (0, "")
    table = evaluate(folder, 2)
    table = table[table["policy"] == "greedy"]
    lines = out.splitlines()
    assert lines[::3] == [
        f"{folder.name}: score {game['game_return']:g}, {game['length_frames']} frames"
        for game in table.to_dict("records")
    ]
    for line in lines[1::3] + lines[2::3]:
        path = Path(line)
        assert path.is_file() and path.parent == tmp_path / "videos" / folder.name
        assert path.suffix == ".mp4" or path.stat().st_size <= 60_000


def test_without_the_package_a_line_says_how_to_get_it(
    make_agent, refused, tmp_path, monkeypatch
):
    folder, find = make_agent(), importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "imageio_ffmpeg" else find(name),
    )
    line = refused("watch", folder.name, "--results", tmp_path)
    assert line == (
        "videos need imageio-ffmpeg, which is not installed: "
        ".venv/bin/python -m pip install -c constraints.txt -e '.[video]' does it"
    )
    assert not (tmp_path / "videos").exists()


@pytest.mark.parametrize("size", [49, 100_001])
def test_a_size_that_no_gif_has_is_refused(size, make_agent, refused, tmp_path):
    name = make_agent().name
    line = refused("watch", name, "--gif-kb", size, "--results", tmp_path)
    assert line == f"--gif-kb: expected a whole number from 50 to 100000, not {size}"


def test_a_users_games_are_shown_or_said_not_to_be(refused, tmp_path):
    """CartPole is drawn by pygame, which the suite does not install."""
    if importlib.util.find_spec("pygame"):
        pytest.skip("pygame is there")
    from benchmarks.runs.train import train, write_config
    from benchmarks.suites.suite import load_suite

    suite = examples_in(tmp_path / "mine")
    config = load_suite(suite)[0]
    folder = tmp_path / "runs" / config.run_id
    write_config(folder, config)
    assert train(folder) == 0
    words = ("watch", config.run_id, "--results", tmp_path, "--suite", suite)
    assert refused(*words).startswith("CartPoleEnv can't be drawn: pygame is not inst")
