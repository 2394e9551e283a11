"""What a process that trains does without, so that it soon does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TENSORBOARD = "torch.utils.tensorboard"


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import thousands of modules without a search for garbage among them.

    There is none, and what they hold is left out of later searches too. Neither is
    TensorBoard imported, which Stable-Baselines3 does wherever it is installed.
    """
    gc.disable()
    is_there = TENSORBOARD in sys.modules
    sys.modules.setdefault(TENSORBOARD, None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        if not is_there:
            del sys.modules[TENSORBOARD]
        gc.freeze()
        gc.enable()


def leave_compiler_out() -> None:
    """Have optimisers not load PyTorch's compiler, which takes as long as PyTorch.

    Four of their methods would load it at their first call, to be left alone by it.
    Each keeps the function that it is to call then in an attribute: that is set here
    to what they do. Only for a process that compiles nothing.
    """
    from torch.optim import Optimizer

    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    for name in names:
        plain = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if plain is not None:  # another PyTorch may have no such thing
            plain.__dict__.setdefault("__dynamo_disable", plain)
