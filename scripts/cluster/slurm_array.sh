#!/usr/bin/env bash
# A Slurm array: each task draws its share of the jobs into one folder that all nodes see.
#
#   sbatch --array=0-7 scripts/cluster/slurm_array.sh JOBS --out-dir DIR [OPTION...]
#
# Submitted again, it draws what is missing. NOT TRIED on a Slurm cluster.
#SBATCH --job-name=flowzero-batch
#SBATCH --array=0-7
#SBATCH --gpus-per-task=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=32G
#SBATCH --time=12:00:00
#SBATCH --output=flowzero-batch-%A-%a.log
# The command gets SIGTERM two minutes before the time is up, ends its batch and exits with 143; a
# preempted task is queued again.
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
set -euo pipefail

part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN))
# `exec`: the command takes the shell's place, and so gets the shell's signals.
exec flowzero-jax batch "$@" --shard "$part/$SLURM_ARRAY_TASK_COUNT"
