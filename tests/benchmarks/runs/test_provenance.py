"""What a record says of the machine and the code behind its numbers."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.records.configs import check_config
from analysis.records.errors import RecordError
from benchmarks.runs import provenance as provenance_module
from benchmarks.runs.code_digest import (
    COMPUTING,
    ROOT,
    code_digest,
    module_digests,
    recorded_as,
    source_digest,
)
from benchmarks.runs.processor import describe, processor, processor_id
from benchmarks.runs.provenance import EXACT_PACKAGES, commit, provenance, versions

# ------------------------------------------------------------- kinds of processor

ZEN3 = "fpu sse4_1 sse4_2 sse4a fma f16c bmi1 bmi2 avx avx2 smep"
AVX512 = "avx512f avx512bw avx512vl avx512_bf16 avx512_vnni"
CACHES = "L2 512K of 1, L3 32768K of 2"


def cpuinfo(family=25, model=1, stepping=1, flags=ZEN3, name="AMD EPYC"):
    block = (
        f"processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: {family}\n"
        f"model\t\t: {model}\nmodel name\t: {name}\nstepping\t: {stepping}\n"
        f"flags\t\t: {flags}\n"
    )
    second = block.replace("processor\t: 0", "processor\t: 1")
    return f"{block}\n{second}\n"


def kind(caches=CACHES, capability="AVX2", variables=None, **facts):
    return describe(cpuinfo(**facts), caches, capability, variables or {})


def test_kinds_of_one_name_have_ids_of_their_own():
    wide = {"flags": f"{ZEN3} {AVX512}", "capability": "AVX512"}
    kinds = [
        kind(),
        kind(model=17, **wide),
        kind(family=26, model=2, **wide),
        kind(stepping=2),
        kind(flags=f"{ZEN3} avx_vnni"),
        kind(caches="L2 512K of 1, L3 16384K of 2"),
        kind(caches="L2 512K of 1, L3 32768K of 16"),
        kind(capability="DEFAULT"),
        kind(variables={"ONEDNN_MAX_CPU_ISA": "AVX"}),
    ]
    assert {each["name"] for each in kinds} == {"AMD EPYC"}
    assert len({each["id"] for each in kinds}) == len(kinds)
    starts = [each["id"].rpartition("-")[0] for each in kinds[:3]]
    assert starts == ["amd-25-1-avx2", "amd-25-17-avx512", "amd-26-2-avx512"]


def test_what_chooses_no_kernel_makes_no_kind():
    same = kind(name="AMD EPYC 7763", flags=f"vmx {ZEN3}", variables={"HOME": "/x"})
    assert same["id"] == kind()["id"]
    assert same["name"] == "AMD EPYC 7763"
    assert "smep" not in same["flags"].split() and "avx2" in same["flags"].split()


def test_a_machine_that_tells_nothing_has_a_kind_too():
    unknown = describe("", "unknown", "DEFAULT", {})
    assert unknown["id"].startswith("unknown-0-0-plain-")
    arm = "CPU implementer\t: 0x41\nCPU part\t: 0xd40\nFeatures\t: fp asimd sve bf16\n"
    assert describe(arm, "unknown", "SVE", {})["id"].startswith("arm-0-3392-sve-")


def test_this_machine_is_described():
    here = processor()
    assert here["id"] == processor_id() and here["torch"]
    if sys.platform == "linux":
        assert here["family"] and here["flags"] and here["vendor"] != "unknown"


# ------------------------------------------------------------ the code that computes

SOURCE = '''
"""Words."""
import math
from a import c, b

SIZE = 84
"""Height."""


def f(x: float) -> float:
    """Say so."""
    # Why.
    return -b(x) + math.pi * c(x, "text")
'''
SAME = [
    SOURCE.replace("Words", "Other words"),
    SOURCE.replace("Say so", "Said"),
    SOURCE.replace("    # Why.\n", ""),
    SOURCE.replace('"""Height."""\n', ""),
    SOURCE.replace("from a import c, b", "from z.a import b\nfrom z.a import c"),
    SOURCE.replace(" + math.pi", "\\\n  +   math.pi"),
]
OTHER = [
    SOURCE.replace("-b(x)", "b(x)"),
    SOURCE.replace("84", "83"),
    SOURCE.replace("84", "84.0"),
    SOURCE.replace("text", "texts"),
    SOURCE.replace("+ math.pi", "- math.pi"),
    SOURCE.replace("from a import c, b", "from a import b as c, c as b"),
    SOURCE + "\nSIZE += 1\n",
]


@pytest.mark.parametrize("source", SAME)
def test_words_and_places_leave_a_digest(source):
    assert source != SOURCE
    assert source_digest(source) == source_digest(SOURCE)


@pytest.mark.parametrize("source", OTHER)
def test_what_is_computed_changes_a_digest(source):
    assert source_digest(source) != source_digest(SOURCE)


def test_a_digest_does_not_depend_on_the_version_of_python():
    # Written down: what a newer grammar adds to the tree must not come into it.
    assert source_digest(SOURCE) == "8cc1b0254589"


@pytest.fixture
def copy(tmp_path):
    """A copy of the packages, to be edited."""
    for package in ("algorithms", "benchmarks"):
        shutil.copytree(ROOT / package, tmp_path / package)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_the_whole_code_has_a_digest_that_moving_a_module_leaves(copy):
    assert code_digest(copy) == code_digest()
    (copy / "benchmarks" / "rooms").mkdir()
    for name in COMPUTING:
        found = list((copy / "benchmarks").rglob(f"{name}.py"))
        if found:  # else a package, whose door it is
            found[0].rename(copy / "benchmarks" / "rooms" / found[0].name)
    assert code_digest(copy) == code_digest()
    (copy / "algorithms" / "losses.py").rename(copy / "algorithms" / "lost.py")
    assert code_digest(copy) != code_digest()
    (copy / "benchmarks" / "rooms" / "screen.py").unlink()
    with pytest.raises(RuntimeError, match=r"0 modules screen\.py"):
        code_digest(copy)


def test_an_edit_of_a_game_or_an_algorithm_names_its_module(copy):
    screen = copy / "benchmarks" / "games" / "screen.py"
    edit(screen, "cv2.INTER_AREA", "cv2.INTER_LINEAR")
    edit(copy / "algorithms" / "losses.py", '"""The losses', '"""All losses')
    before, after = module_digests(), module_digests(copy)
    assert {name for name in before if before[name] != after[name]} == {"screen"}


NOT_COMPUTING = {
    "config": "what a run's id covers, and the numerics version",
    "schema": "reads settings; the golden test sees what it makes of them",
    "base": "reads settings, too",
    "own": "looks up a user's classes; digested with runs on a user's games",
    "own_env": "digested with runs on a user's games",
    "own_modules": "imports a user's classes, whose own sources are digested",
    "own_signature": "reads settings of a user's classes",
    "errors": "refuses",
}


def imports(path: Path) -> set[Path]:
    """The project's modules that a module imports, and those that they import."""
    seen, waiting = set(), [path]
    while waiting:
        seen.add(path := waiting.pop())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                place = ROOT.joinpath(*node.module.split("."))
                names = [place / alias.name for alias in node.names]
                for each in (place, *names):
                    files = each.with_suffix(".py"), each / "__init__.py"
                    found = {file for file in files if file.is_file()}
                    waiting += found - seen
    return seen


def test_all_that_a_model_is_built_from_is_digested():
    """A module that comes in later must be named here or in COMPUTING."""
    (build,) = (ROOT / "benchmarks").rglob("build.py")
    (families,) = (ROOT / "benchmarks").rglob("families")
    begin = [build, *families.glob("*.py")]  # which are imported by their names
    empty = source_digest("")
    names = {
        recorded_as(path.stem if path.stem != "__init__" else path.parent.name)
        for path in set().union(*map(imports, begin))
        if source_digest(path.read_text()) != empty
    }
    assert len(names) > 15
    assert names <= set(module_digests()) | set(NOT_COMPUTING)


# ------------------------------------------------------------------ what is recorded


def test_opencv_is_recorded():
    assert "opencv-python-headless" in EXACT_PACKAGES
    assert versions()["opencv-python-headless"][0].isdigit()


def test_history_keeps_every_commit_and_where_it_began(monkeypatch):
    first = provenance(0)
    assert [entry["frames"] for entry in first["history"]] == [0]
    again = provenance(800, first["history"])
    assert again["history"] == first["history"]
    monkeypatch.setattr(provenance_module, "commit", lambda: "abc")
    other = provenance(1600, again["history"])
    assert [entry["frames"] for entry in other["history"]] == [0, 1600]
    assert other["history"][0] == first["history"][0]
    assert other["history"][1] == first["history"][0] | {
        "frames": 1600,
        "commit": "abc",
    }
    back = provenance(2400, other["history"])
    assert len(back["history"]) == 2
    monkeypatch.setattr(provenance_module, "code_digest", lambda **_: "def")
    assert len(provenance(2400, back["history"])["history"]) == 3


BAD = [
    {"processor": "AMD"},
    {"processor": {"name": "AMD"}},
    {"code": 3},
    {"history": {}},
    {"history": [{"frames": 0, "commit": "a", "code": "b"}]},
    {"history": [{"frames": "0", "commit": "a", "code": "b", "processor": "c"}]},
]


@pytest.mark.parametrize("wrong", BAD, ids=json.dumps)
def test_a_mangled_record_of_it_is_refused(wrong, tiny):
    record = tiny("q-a2c").record() | provenance(0)
    check_config(Path("config.json"), record)
    with pytest.raises(RecordError, match=next(iter(wrong))):
        check_config(Path("config.json"), record | wrong)


# --------------------------------------------------------------------- the commit


@pytest.fixture
def repository(tmp_path):
    for file in ("code.py", "results/scores.csv"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("1\n")
    someone = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    for words in (["init", "-q"], ["add", "."], [*someone, "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_commit_is_marked_where_code_differs_and_not_where_results_do(repository):
    clean = commit(repository)
    assert len(clean) == 12
    (repository / "results/scores.csv").write_text("2\n")
    assert commit(repository) == clean
    (repository / "code.py").write_text("2\n")
    assert commit(repository) == f"{clean}+changes"
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    assert commit(repository) == f"{clean}+changes"


def test_code_without_a_repository_has_an_unknown_commit(tmp_path, monkeypatch):
    assert commit(tmp_path) == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) == "unknown"


def test_what_sets_threads_and_denormals_is_in_the_digest():
    named = {"machine", "build", "screen", "exact_env", "minatar_env"}
    assert named <= set(module_digests())
