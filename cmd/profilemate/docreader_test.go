package main_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	profilers "profilemate/workbench/capture/standin"
	"profilemate/workbench/traffic/standin"
)

// reader is somebody who follows a section of a page.
type reader struct {
	dir string // where commands are typed
	env []string
}

// newReader makes a folder with the captures that the pages speak of.
func newReader(t *testing.T) *reader {
	t.Helper()
	bin, err := standins()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := desks()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	dir := filepath.Join(home, "work")
	if err := os.CopyFS(dir, os.DirFS(desk)); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"run.sqlite": "demo_cudagraph.sqlite", "graph.sqlite": "demo_cudagraph.sqlite", "other.sqlite": "demo_cudagraph.sqlite",
		"before.sqlite": "demo_eager.sqlite", "after.sqlite": "demo_eager.sqlite", "eager.sqlite": "demo_eager.sqlite",
		"runs/main/run.sqlite": "demo_eager.sqlite", "runs/branch/run.sqlite": "demo_eager.sqlite",
		"kernels.csv": "h100_mini_full_raw.csv", "moe_expert_tracking": "moe"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(captures, path), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(bin, "basic.ncu-rep"), filepath.Join(dir, "basic.ncu-rep")); err != nil {
		t.Fatal(err)
	}
	o := standin.Options{Profiler: true, Workers: 1, ProfileLog: filepath.Join(home, "profiler.log"), Experts: standin.Experts{Layers: 2, TopK: 2, Count: 8}}
	running := standin.New(o)
	h := httptest.NewServer(running)
	t.Cleanup(func() { running.Close(); h.Close() })
	path := strings.Join([]string{pageTools(t, home), bin, os.Getenv("PATH")}, string(os.PathListSeparator))
	return &reader{dir: dir, env: append(os.Environ(), "PATH="+path, "HOME="+home, "VIRTUAL_ENV="+filepath.Join(home, "venv"), "PROFILEMATE_CACHE="+filepath.Join(home, "cache"), "REAL="+binary,
		"PROFILEMATE="+filepath.Join(home, "tools", "profilemate"), "RUNNING="+h.URL, "FREE="+freePort(t), "ROUTING="+filepath.Join(captures, "moe"), "VLLM="+filepath.Join(bin, "vllm"),
		o.Environment(), profilers.LogVariable+"="+o.ProfileLog, profilers.SQLiteVariable+"="+filepath.Join(captures, "demo_cudagraph.sqlite"),
		profilers.ReportVariable+"="+filepath.Join(bin, "basic.ncu-rep"), profilers.CSVVariable+"="+filepath.Join(captures, "h100_mini_full_raw.csv"), "PYTHONWARNINGS=ignore")}
}

// desks is a folder with the files of a section that are made by this program, made once.
var desks = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp(filepath.Dir(binary), "desk-")
	if err != nil {
		return "", err
	}
	packed, err := os.ReadFile(ncuCaptures + "full.ncu-rep.zst")
	if err != nil {
		return "", err
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		return "", err
	}
	defer decoder.Close()
	report, err := decoder.DecodeAll(packed, nil)
	if err != nil {
		return "", err
	}
	for _, name := range []string{"run.ncu-rep", "kernels.ncu-rep"} {
		if err := os.WriteFile(filepath.Join(dir, name), report, 0o644); err != nil {
			return "", err
		}
	}
	if out, err := exec.Command(binary, "parse", "nsys", filepath.Join(captures, "demo_eager.sqlite"), "--output-dir", filepath.Join(dir, "parsed")).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	summary, err := os.ReadFile(filepath.Join(dir, "parsed", "summary.json"))
	if err != nil {
		return "", err
	}
	for _, name := range []string{"current.json", "baseline.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), summary, 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
})

// pageTools writes the programs that stand on the PATH of a reader and returns their
// folder. profilemate is the program under test: it is given a port that is free, or
// that of a server that runs, in place of the default, and its server stops as soon as
// it serves. For a server of the workbench port 8888 is taken and 8899 is free.
func pageTools(t *testing.T, home string) string {
	t.Helper()
	dir := filepath.Join(home, "tools")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"profilemate": `verb=$1; shift
case $verb in
serve)
  for word; do
    shift
    case $word in 8888) word=${RUNNING##*:} ;; 8899) word=0 ;; esac
    set -- "$@" "$word"
  done
  "$REAL" serve --no-browser "$@" 2>serve.words & server=$!
  for i in $(seq 600); do grep -qs Serving serve.words && break; kill -0 $server 2>/dev/null || break; sleep 0.1; done
  kill -INT $server 2>/dev/null; wait $server; status=$?; cat serve.words >&2; exit $status ;;
profile | traffic) ;;
*) exec "$REAL" $verb "$@" ;;
esac
named=
for word; do
  shift
  case $word in 8000 | 8001) word=$FREE ;; http://127.0.0.1:8000) word=$RUNNING ;; --port | --url) named=1 ;; esac
  set -- "$@" "$word"
done
case $verb in traffic) [ "$named" ] || set -- --url "$RUNNING" "$@" ;; *)
  recipe=vllm
  case $1 in vllm | sglang | nsys | ncu | attach) recipe=$1; shift ;; esac
  case $recipe in
  attach) set -- --url "$RUNNING" "$@" ;;
  vllm | sglang) [ "$named" ] || set -- --port "$FREE" "$@" ;;
  esac
  set -- $recipe --gpus none "$@" ;;
esac
exec "$REAL" $verb "$@"
`,
		// The stand-in of vLLM is no Python: what the tracker would record in it is put there.
		"vllm": `if [ "$PROFILEMATE_MOE_TRACKER" ]; then
  rank=$PROFILEMATE_MOE_TRACKER/moe_expert_tracking/rank-0
  mkdir -p "$rank" && cp -r "$ROUTING"/. "$rank"
fi
exec "$VLLM" "$@"
`,
		"python3":    `case $* in *"import vllm"*) echo "version of vllm: 0.28.1" ;; *) exec /usr/bin/python3 "$@" ;; esac` + "\n",
		"python":     `exec /usr/bin/python3 "$@"` + "\n",
		"nvidia-smi": `case $1 in --query-gpu=*) echo '0, NVIDIA H100, GPU-1, 550.54, 81559, 81000, 9.0';; esac` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
