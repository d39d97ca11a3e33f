#!/usr/bin/env bash
# Installs Wangdi from the wheels beside this file; no network is used. Usage: ./install.sh [FOLDER]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
target="${1:-/opt/wangdi}"
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Wangdi needs Python 3.11 or newer")'
"$python" -m venv "$target"
"$target/bin/pip" install --isolated --quiet --no-index --find-links "$here/wheels" --require-hashes -r "$here/requirements.lock"
"$target/bin/pip" install --isolated --quiet --no-index --no-deps "$here"/wheels/wangdi-*.whl
echo "$target/bin/wangdi"
