#!/usr/bin/env bash
# Brings Nsight Systems (its command line, importer and exporter) for the tests that
# profile a real program: from the packages of this machine's Debian mirror, without
# installing anything. NVIDIA's license applies to it; it is never committed.
#   scripts/nsys.sh DIR    unpacks into DIR; DIR/target-linux-x64/nsys runs from there
set -euo pipefail
dir=$(mkdir -p "$1" && cd "$1" && pwd)
if [ -x "$dir/target-linux-x64/nsys" ]; then
  exit 0
fi
suite=${NSYS_SUITE:-trixie}
mirror=$(grep -hoE '^URIs: *[^ ]+|^deb +(\[[^]]*\] +)?[^ ]+' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
  grep -oE '[a-z]+://[^ ]+' | grep -v security | head -n 1 || true)
[ -n "$mirror" ] || { echo "no Debian mirror is set up here: put nsys on the PATH instead" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial"
printf 'deb %s %s main contrib non-free\n' "$mirror" "$suite" >"$work/sources.list"
options=(-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$work/lists"
  -o Dir::Cache::archives="$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
apt-get "${options[@]}" -qq update
(cd "$work/archives" && apt-get "${options[@]}" -qq download nsight-systems nsight-systems-target libssh-4 libpfm4)
for package in "$work"/archives/*.deb; do dpkg -x "$package" "$work/root"; done
target=$work/root/usr/lib/x86_64-linux-gnu/nsight-systems/target-linux-x64
host=$work/root/usr/lib/nsight-systems/host-linux-x64
lib=$work/root/usr/lib/x86_64-linux-gnu
cp -L --remove-destination "$lib/libssh.so.4" "$host/libssh.so"
cp -L --remove-destination "$lib/libssh.so.4" "$lib/libpfm.so.4" "$host/"
new=$dir.new
rm -rf "$new"
mkdir -p "$new/target-linux-x64/python" "$new/host-linux-x64/python/lib"
cp -a "$target"/{nsys,nsys-launcher,launcher,libLauncher64.so,libToolsInjection64.so,libToolsInjectionProxy64.so,libToolsInjectionCuBLAS64_11.so,libToolsInjectionCuDNN64_8.so,libToolsInjectionMemoryAllocator.so,libcupti.so.12.4,CudaGpuInfoDumper,libnvlog.so,libsqlite3.so.0,sqlite3,nvlog.config.template,reports,rules} "$new/target-linux-x64/"
cp -a "$target/python/lib" "$new/target-linux-x64/python/"
cp -a "$target"/python/lib/. "$new/host-linux-x64/python/lib/"
cp -a "$host/QdstrmImporter" "$host"/libAnalysis*.so "$host/libexporter.so" "$host/libssh.so" "$host/libssh.so.4" "$host/libpfm.so.4" "$new/host-linux-x64/"
LD_LIBRARY_PATH=$host ldd "$host/QdstrmImporter" "$host/libexporter.so" "$host/libAnalysis.so" | awk '{print $3}' | grep -F "$host" | sort -u |
  while read -r file; do cp -aL "$file" "$new/host-linux-x64/"; done
rm -rf "$dir"
mv "$new" "$dir"
"$dir/target-linux-x64/nsys" --version
