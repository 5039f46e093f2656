#!/bin/sh
# Installs locked packages, and what they need, into the virtual environment at $1, which is made: `install.sh VENV NAME...`.
# For images, each of which has only what its service imports. All versions and hashes are those of requirements.lock.
set -eu
venv=$1
shift
cd "$(dirname "$0")/.."

wanted=$(for name; do
    grep -o "^$name==[^ ;\\]*" requirements.lock || { echo "install.sh: $name is not in requirements.lock" >&2; exit 1; }
done)
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 UV_LINK_MODE=copy
# The machine's own certificates, where it has any: a registry behind a company's proxy is known to it, and not to uv.
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"; fi
uv venv --quiet --python "${WEFT_PYTHON:-/usr/bin/python3.11}" "$venv"
# The lock gives the versions and hashes of what these need in turn; pyproject.toml says that the model's package brings no torch.
echo "$wanted" | uv pip install --quiet --python "$venv/bin/python" --compile-bytecode --require-hashes --constraint requirements.lock --requirement -
# Weft itself comes as files beside this, and is asked for its version as if it were installed.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
metadata=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/weft-$version.dist-info
mkdir "$metadata"
printf 'Metadata-Version: 2.1\nName: weft\nVersion: %s\n' "$version" >"$metadata/METADATA"
