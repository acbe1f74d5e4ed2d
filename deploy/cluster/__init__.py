"""What a cluster is told about the system, made from the same tables as everything else."""
