#!/usr/bin/env bash
# Installs this checkout on all workers of a TPU VM slice, or draws a video on all of them together.
#
# NOT TRIED ON A TPU: where it was written there was none. What it runs on the workers was tried as
# two processes on one machine.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: scripts/tpu_vm.sh install  NAME ZONE
       scripts/tpu_vm.sh generate NAME ZONE PROMPT OUT [OPTION...]

NAME and ZONE are those of a TPU VM, or of a slice of several, that exists: this script creates and
deletes none. gcloud must be logged in and have its project set.

install   copies what git has committed here to ~/flowzero_jax on every worker, and makes a virtual
          environment there (~/flowzero_jax/.venv) with JAX for TPUs. Again: replaces the sources.
generate  runs `flowzero-jax generate PROMPT --distributed OPTION...` on every worker, over all
          chips, and fetches the video, its plan and its record from worker 0. OUT is a file here,
          such as video.mp4. Checkpoints (--model) must lie at the same path on every worker.

  scripts/tpu_vm.sh install my-slice us-central2-b
  scripts/tpu_vm.sh generate my-slice us-central2-b "a dog runs to the left in a park" dog.mp4 --frames 16
USAGE
}

die() {
    printf 'tpu_vm.sh: %s\n' "$1" >&2
    exit 2
}

# The rest of the arguments as words that a remote shell reads back as they are.
quoted() {
    printf '%q ' "$@"
}

on_all_workers() {
    gcloud compute tpus tpu-vm ssh "$name" --zone="$zone" --worker=all --command="$1"
}

install_everywhere() {
    local archive
    archive=$(mktemp --suffix=.tar.gz)
    # shellcheck disable=SC2064  # the name as it is now
    trap "rm -f '$archive'" EXIT
    git -C "$root" archive --format=tar.gz --output="$archive" HEAD
    gcloud compute tpus tpu-vm scp "$archive" "$name:flowzero_jax.tar.gz" \
        --zone="$zone" --worker=all
    # shellcheck disable=SC2016  # the workers expand it
    on_all_workers '
        set -e
        mkdir -p ~/flowzero_jax
        tar -xzf ~/flowzero_jax.tar.gz -C ~/flowzero_jax
        rm ~/flowzero_jax.tar.gz
        cd ~/flowzero_jax
        python=$(command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
        "$python" -c "import sys; sys.exit(sys.version_info < (3, 11))" || {
            echo "$("$python" --version): too old; install Python 3.11 or newer" >&2
            exit 1
        }
        "$python" -m venv .venv
        .venv/bin/python -m pip install --quiet --editable ".[tpu]"
        .venv/bin/flowzero-jax --version
    '
}

generate_everywhere() {
    local prompt=$1 out=$2 folder=flowzero_jax/out file stem
    shift 2
    file=$(basename "$out")
    stem=${file%.mp4}
    [[ $file == *.* ]] || die "$out: give a file such as video.mp4"
    [[ -d $(dirname "$out") ]] || die "$(dirname "$out"): no such folder"
    on_all_workers "mkdir -p ~/$folder && cd ~/$folder && ~/flowzero_jax/.venv/bin/flowzero-jax \
generate $(quoted "$prompt" --out "$file" --distributed "$@")"
    gcloud compute tpus tpu-vm scp --zone="$zone" --worker=0 \
        "$name:$folder/$file" "$name:$folder/$stem.plan.json" "$name:$folder/$stem.meta.json" \
        "$(dirname "$out")"
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ${1:-} in
    -h | --help)
        usage
        exit
        ;;
    install) [[ $# -eq 3 ]] || die "install takes NAME and ZONE; see --help" ;;
    generate) [[ $# -ge 5 ]] || die "generate takes NAME, ZONE, PROMPT and OUT; see --help" ;;
    *)
        usage >&2
        exit 2
        ;;
esac
command -v gcloud >/dev/null || die "gcloud: not found; install the Google Cloud CLI"
name=$2 zone=$3
if [[ $1 == install ]]; then
    install_everywhere
else
    generate_everywhere "${@:4}"
fi
