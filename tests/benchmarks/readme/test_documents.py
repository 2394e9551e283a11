"""What is found in a document, on small ones."""

from __future__ import annotations

from tests.benchmarks.readme.documents import blocks, commands, inline

TEXT = """
# Title

Give `./run_all.sh agents`, `./run_all.sh evaluate
RUN`, or `--only MinAtar`; not `python`.

```sh
./run_all.sh smoke   # a word
# a whole line
./run_all.sh run x.toml \\
    --frames 20k
./run_all.sh agents
```

```python
x = "./run_all.sh none"
```

```sh
#!/bin/bash
#SBATCH --array=1-8
.venv/bin/python -m benchmarks run atari &
wait
```
"""


def test_commands_are_those_of_blocks_and_of_sentences_each_once():
    assert commands(TEXT) == [
        "./run_all.sh smoke",
        "./run_all.sh run x.toml --frames 20k",
        "./run_all.sh agents",
        ".venv/bin/python -m benchmarks run atari",
        "./run_all.sh evaluate RUN",
    ]


def test_blocks_are_of_one_language():
    (block,) = blocks(TEXT, "python")
    assert block.body == 'x = "./run_all.sh none"\n'
    assert len(blocks(TEXT, "sh")) == 2 and blocks(TEXT, "toml") == []


def test_what_is_in_sentences_is_in_no_block():
    assert inline(TEXT) == [
        "./run_all.sh agents", "./run_all.sh evaluate RUN", "--only MinAtar", "python"
    ]  # fmt: skip
