"""Speed and memory of the networks: named workloads, FLOPs counted, compared with other ways."""
