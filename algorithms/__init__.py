"""The algorithms that the paper compares, as subclasses of Stable-Baselines3's.

``ALGORITHMS`` is the one registry: a variant's name in suites, records and legends to
the class and the settings that make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from algorithms.a2c import (
    NaiveA2C,
    NaivePlusA2C,
    ProperA2C,
    RegularizedA2C,
)
from algorithms.checks import DivergenceError
from algorithms.dqn import HardDQN
from algorithms.q_a2c import QLearningA2C
from algorithms.settings import INVERSE_TEMPERATURE
from algorithms.soft_dqn import (
    HardMinusDQN,
    HardPlusDQN,
    SoftEntropyDQN,
    SoftKLDQN,
)

__all__ = [
    "ALGORITHMS",
    "DivergenceError",
    "HardDQN",
    "HardMinusDQN",
    "HardPlusDQN",
    "NaiveA2C",
    "NaivePlusA2C",
    "ProperA2C",
    "QLearningA2C",
    "RegularizedA2C",
    "SoftEntropyDQN",
    "SoftKLDQN",
    "Variant",
]


@dataclass(frozen=True)
class Variant:
    """One line of a figure: a class, and what sets it apart from the class's own.

    ``ours`` names the settings that this suite chose; the others are the paper's.
    """

    algorithm: type[RegularizedA2C] | type[HardDQN]
    settings: Mapping[str, Any] = field(default_factory=dict)
    ours: tuple[str, ...] = ()

    def source(self, key: str) -> str:
        """Where one of its settings comes from."""
        return "ours" if key in self.ours else "paper"

    @property
    def family(self) -> str:
        """The family, "a2c" or "dqn": which hyper-parameters apply."""
        return "a2c" if issubclass(self.algorithm, RegularizedA2C) else "dqn"


_SCALED: Mapping[str, Any] = {"scaled": True}
_C100: Mapping[str, Any] = {"value_coef": INVERSE_TEMPERATURE}
# What a soft target of five steps charges for the steps in between the paper does not
# say: the settings have it ("none"), and it can be chosen.
_FIVE: Mapping[str, Any] = {"n_steps": 5}
_WARM: Mapping[str, Any] = {"temperature": 0.1}

ALGORITHMS: Mapping[str, Variant] = MappingProxyType(
    {
        "a2c-naive": Variant(NaiveA2C),
        "a2c-proper": Variant(ProperA2C),
        "q-a2c": Variant(QLearningA2C, _SCALED),
        "a2c-proper-c100": Variant(ProperA2C, _C100),
        "q-a2c-c100": Variant(QLearningA2C, {**_SCALED, **_C100}),
        "q-a2c-raw": Variant(QLearningA2C, {"scaled": False}),
        "a2c-proper-kl": Variant(ProperA2C, {"regularizer": "kl"}, ("regularizer",)),
        "a2c-naive-plus": Variant(NaivePlusA2C),
        "a2c-proper-t0.1": Variant(ProperA2C, _WARM, tuple(_WARM)),
        "q-a2c-t0.1": Variant(QLearningA2C, {**_SCALED, **_WARM}, tuple(_WARM)),
        "dqn-hard": Variant(HardDQN),
        "dqn-soft-entropy": Variant(SoftEntropyDQN),
        "dqn-soft-kl": Variant(SoftKLDQN),
        "dqn-hard-plus": Variant(HardPlusDQN),
        "dqn-hard-minus": Variant(HardMinusDQN),
        "dqn-hard-5step": Variant(HardDQN, _FIVE),
        "dqn-soft-entropy-5step": Variant(SoftEntropyDQN, _FIVE),
        "dqn-soft-kl-5step": Variant(SoftKLDQN, _FIVE),
    }
)
