"""A run begins soon: what it has no need of is never loaded."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import pytest

from benchmarks.runs.startup import quick_imports

# As the command does, and then what has been loaded.
TRAINS = """
import json, sys
from pathlib import Path
from benchmarks.runs.commands import train
status = train(Path(sys.argv[1]))
print(json.dumps([status, sorted(sys.modules)]))
"""
SLOW = {
    "matplotlib",
    "minatar.gym",
    "pandas",
    "sympy",
    "tensorboard",
    "torch._dynamo",
    "torch._inductor",
    "wandb.apis.public",
    "wandb.sdk.launch",
}


@pytest.mark.parametrize("mode", ["offline", "disabled"])
@pytest.mark.parametrize("variant", ["a2c-proper", "dqn-hard"])
def test_a_run_loads_nothing_slow_that_it_does_not_use(
    variant, mode, tiny, run_folder, monkeypatch
):
    monkeypatch.setenv("WANDB_MODE", mode)
    config = tiny(variant, frames=400, suite="minatar-smoke")
    command = [sys.executable, "-c", TRAINS, str(run_folder(config))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    status, loaded = json.loads(done.stdout)
    assert status == 0
    unused = SLOW | {"ale_py"} | ({"wandb"} if mode == "disabled" else set())
    assert not unused & set(loaded)


def test_garbage_is_collected_again_after_imports_even_if_they_fail():
    with pytest.raises(ImportError), quick_imports():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled() and gc.get_freeze_count() > 0
    gc.unfreeze()


def test_tensorboard_is_there_again_after_imports():
    code = (
        "from benchmarks.runs.startup import quick_imports\n"
        "with quick_imports():\n"
        "    import stable_baselines3.common.logger as logger\n"
        "assert logger.SummaryWriter is None\n"
        "from torch.utils.tensorboard import SummaryWriter"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
