#!/usr/bin/env bash
# Train in NPROC processes: one per GPU, or on the CPU if there is none.
#   bash tools/dist_train.sh CONFIG NPROC [arguments of tools/train.py]
# For several machines, run it on each with NNODES, NODE_RANK and MASTER_ADDR set.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: bash $0 CONFIG NPROC [arguments of tools/train.py]" >&2
    exit 2
fi
config=$1
nproc=$2
shift 2

root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python}
if [ -z "${PYTHON:-}" ] && [ -x "$root/.venv/bin/python" ]; then
    python=$root/.venv/bin/python
fi

if [ "${NNODES:-1}" -gt 1 ]; then
    place=(--nnodes "$NNODES" --node_rank "$NODE_RANK" --master_addr "$MASTER_ADDR"
        --master_port "${MASTER_PORT:-29500}")
else
    place=(--standalone) # on a free port
fi
exec "$python" -m torch.distributed.run "${place[@]}" --nproc_per_node "$nproc" \
    "$root/tools/train.py" "$config" --launcher pytorch "$@"
