"""Which kind of processor this is, as precisely as libraries tell kinds apart.

torch, oneDNN and MKL choose their kernels by instruction set and caches, and another
kernel adds the same numbers up in another order: the last bits of a run are those of a
kind of processor. A name such as "AMD EPYC" covers several kinds.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch

CPUINFO = Path("/proc/cpuinfo")
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
# What a kernel can be chosen by, on x86 and on ARM.
_X86_FLAGS = ("avx", "amx", "sse4", "fma", "f16c", "bmi")
_ARM_FLAGS = ("asimd", "sve", "sme", "bf16", "i8mm", "fphp")
_OTHER_FLAGS = frozenset({"smep"})  # of memory protection
# The widest that is there gives the kind its readable name.
_LEVELS = {"amx_tile": "amx", "avx512f": "avx512", "avx2": "avx2", "avx": "avx"}
_LEVELS |= {"sve": "sve", "asimd": "neon"}
_VENDORS = {"AuthenticAMD": "amd", "GenuineIntel": "intel", "0x41": "arm"}
_CACHE_FILES = ("level", "size", "shared_cpu_list")
# A user's own bounds on what the libraries choose from.
LIMITS = (
    "ATEN_CPU_CAPABILITY",
    "DNNL_CPU_ISA_HINTS",
    "DNNL_DEFAULT_FPMATH_MODE",
    "DNNL_MAX_CPU_ISA",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "ONEDNN_CPU_ISA_HINTS",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "OPENCV_CPU_DISABLE",
)


@cache
def processor() -> dict[str, Any]:
    """Return this machine's kind of processor, as :func:`describe` does."""
    info = CPUINFO.read_text() if CPUINFO.exists() else ""
    capability = torch.backends.cpu.get_cpu_capability()
    return describe(info, _caches(CACHES), capability, os.environ)


def processor_id() -> str:
    """Return the short name of this machine's kind, ``amd-25-1-avx2-0123ab``."""
    return str(processor()["id"])


def cpu_name() -> str:
    """Return the processor's name, as Linux gives it; it may cover several kinds."""
    return str(processor()["name"])


def describe(
    cpuinfo: str, caches: str, capability: str, variables: Mapping[str, str]
) -> dict[str, Any]:
    """Describe a kind of processor.

    Args:
        cpuinfo: The text of ``/proc/cpuinfo``.
        caches: Sizes of the second and third level, and how many CPUs share each.
        capability: What torch's own kernels are built for here.
        variables: Of the environment; those in :data:`LIMITS` count.

    Returns:
        ``id``; ``vendor``, ``name``, ``family``, ``model``, ``stepping``; ``flags``,
        instruction sets; ``caches``; ``torch``; ``limits``, if there are any. Two
        processors with one ``id`` differ in nothing of that but the name.
    """
    facts = _first_block(cpuinfo)
    flags = facts.get("flags", facts.get("Features", "")).split()
    kernels = set(filter(lambda flag: flag.startswith(_X86_FLAGS + _ARM_FLAGS), flags))
    chosen = sorted(kernels - _OTHER_FLAGS)
    limits = {name: variables[name] for name in LIMITS if variables.get(name)}
    kind: dict[str, Any] = {
        "vendor": facts.get("vendor_id", facts.get("CPU implementer", "unknown")),
        "family": _number(facts, "cpu family", "CPU architecture"),
        "model": _number(facts, "model", "CPU part"),
        "stepping": _number(facts, "stepping", "CPU revision"),
        "flags": " ".join(chosen),
        "caches": caches,
        "torch": capability,
    }
    kind |= {"limits": limits} if limits else {}
    name = facts.get("model name", platform.processor() or "unknown processor")
    return {"id": _id(kind, chosen), "name": name, **kind}


def _first_block(cpuinfo: str) -> dict[str, str]:
    lines = cpuinfo.partition("\n\n")[0].splitlines()
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _number(facts: Mapping[str, str], *names: str) -> int:
    found = [facts[name] for name in names if name in facts]
    try:
        return int(found[0], 0)
    except (IndexError, ValueError):
        return 0


def _id(kind: Mapping[str, Any], flags: list[str]) -> str:
    canonical = json.dumps(kind, sort_keys=True)
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:6]
    vendor = _VENDORS.get(kind["vendor"], kind["vendor"].lower())
    level = next((name for flag, name in _LEVELS.items() if flag in flags), "plain")
    return f"{vendor}-{kind['family']}-{kind['model']}-{level}-{digest}"


def _caches(folder: Path) -> str:
    """Return "L2 512K of 1, L3 32768K of 2": their sizes, and how many CPUs share."""
    try:
        found = [
            [(path / name).read_text().strip() for name in _CACHE_FILES]
            for path in sorted(folder.glob("index*"))
        ]
    except OSError:  # a container may hide a part of them
        found = []
    sizes = [
        f"L{level} {size} of {_count(shared)}"
        for level, size, shared in found
        if level in ("2", "3")
    ]
    return ", ".join(sizes) or "unknown"


def _count(cpus: str) -> int:
    """Count the CPUs of a list such as "0-1,8-9"."""
    spans = [span.partition("-") for span in cpus.split(",")]
    return sum(int(last or first) - int(first) + 1 for first, _, last in spans)
