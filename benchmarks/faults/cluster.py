"""A Ray cluster that loses a node when it is told to: ``python -m`` this module.

Prints its address; at a line on its input, the node of work is lost and another comes;
at the input's end, the cluster goes. A process of its own, because Ray wants its main
thread.
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster


def main() -> None:
    """Start the cluster and do as the input says."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        node = cluster.add_node(num_cpus=1)
        print(cluster.address, flush=True)
        if sys.stdin.readline():
            cluster.remove_node(node, allow_graceful=False)
            cluster.add_node(num_cpus=1)
            print("lost", flush=True)
        sys.stdin.read()
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
