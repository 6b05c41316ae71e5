#!/usr/bin/env bash
# Installs what the tests need on Debian and Ubuntu, and names it elsewhere.
set -euo pipefail

# Nsight Systems, for the tests that profile a real program. It is unpacked and not
# installed, with lists of its own, so that it can come while apt installs the rest.
fetching=
if [ "$(uname -sm)" = "Linux x86_64" ] && ! command -v nsys >/dev/null 2>&1; then
  "$(dirname "$0")/nsys.sh" "${XDG_CACHE_HOME:-$HOME/.cache}/profilemate-tools/nsys" &
  fetching=$!
fi
fetched() { [ -z "$fetching" ] || wait "$fetching"; }

missing=()
have() { command -v "$1" >/dev/null 2>&1; }
have gcc || missing+=(gcc libc6-dev)
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
have node && have npm || missing+=(nodejs npm)
{ have python3 && python3 -c 'import pandas'; } 2>/dev/null || /usr/bin/python3 -c 'import pandas' 2>/dev/null || missing+=(python3-pandas)
/usr/bin/python3 -c 'import jupyter_client, ipykernel, nbclient, nbconvert, nbformat, jupyter_kernel_test' 2>/dev/null ||
  missing+=(python3-jupyter-client python3-ipykernel python3-nbclient python3-nbconvert python3-nbformat python3-jupyter-kernel-test)
fc-list 2>/dev/null | grep -qi dejavu || missing+=(fonts-dejavu-core fontconfig)

if [ ${#missing[@]} -eq 0 ]; then
  fetched
  exit
fi
if ! have apt-get; then
  echo "install these, then run make test again: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  have sudo || { echo "run as root, or install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fetched
