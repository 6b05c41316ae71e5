package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"profilemate/workbench/traffic/standin"
)

// shimBench is a bench with the scripts in its folder shims.
func shimBench(t *testing.T, server standin.Options) *bench {
	t.Helper()
	b := newBench(t, server, "")
	if out, err := b.command("shims", filepath.Join(b.dir, "shims")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return b
}

// shim runs a script, by its name or with python3 before it, and returns its output and
// exit status.
func (b *bench) shim(words ...string) (string, int) {
	b.t.Helper()
	i := 0
	if words[0] == "python3" {
		i = 1
	}
	words[i] = filepath.Join(b.dir, "shims", words[i])
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env, cmd.Dir = b.env, b.dir
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// The words that each script hands over, of the forms in which the old ones were called.
func TestShimWords(t *testing.T) {
	t.Parallel()
	b := shimBench(t, standin.Options{})
	b.env = append(b.env, "PROFILEMATE="+b.script("echo words", "#!/bin/sh\nfor w; do printf '<%s>' \"$w\"; done\nexit 7\n"))
	for _, c := range []struct{ call, want string }{
		{"profile_vllm.sh", "<profile><--model><meta-llama/Llama-2-7b-hf>"},
		{"profile_vllm.sh --model M --mode full --with-ncu --no-report --output-dir D", "<profile><--model><M><--mode><full><--with-ncu><--no-report><--output-dir><D>"},
		{"profile_vllm.sh --model=M", "<profile><--model=M>"},
		{"nsys_quick_profile.sh", "<profile><--mode><quick><--model><meta-llama/Llama-2-7b-hf><--output-dir><./profiling_results>"},
		{"nsys_quick_profile.sh M D", "<profile><--mode><quick><--model><M><--output-dir><D>"},
		{"ncu_detailed_profile.sh M", "<profile><--mode><ncu><--port><8001><--max-num-seqs><32><--max-model-len><1024><--model><M><--output-dir><./profiling_results>"},
		{"ncu_detailed_profile.sh M D --port 9", "<profile><--mode><ncu><--port><8001><--max-num-seqs><32><--max-model-len><1024><--model><M><--output-dir><D><--port><9>"},
		{"send_test_requests.py --num-requests 100 --port 8000 --mode prefill --no-profiler --quiet", "<traffic><--num-requests><100><--port><8000><--mode><prefill><--no-profiler><--quiet>"},
		{"python3 send_test_requests.py --quiet", "<traffic><--quiet>"},
		{"python3 parse_nsys_profile.py F --output-dir D", "<parse><nsys><F><--output-dir><D>"},
		{"python3 parse_ncu_profile.py F", "<parse><ncu><F>"},
		{"generate_profile_report.py --nsys-results D --output F", "<report><--nsys-results><D><--output><F>"},
		{"python3 check_regression.py --current A --baseline B --threshold 10", "<check><--current><A><--baseline><B><--threshold><10>"},
	} {
		if out, status := b.shim(strings.Fields(c.call)...); out != c.want || status != 7 {
			t.Errorf("%s gave %s and exit status %d, want %s and 7", c.call, out, status, c.want)
		}
	}
	if out, status := b.shim("nsys_quick_profile.sh", "a model", "$(touch evil)"); !strings.HasSuffix(out, "<--model><a model><--output-dir><$(touch evil)>") || status != 7 {
		t.Errorf("words with spaces and signs came as %s", out)
	}
}

// The scripts do what the old ones did, with exit statuses that can be used.
func TestShimsRun(t *testing.T) {
	t.Parallel()
	b := shimBench(t, standin.Options{Profiler: true})
	small := strings.Fields("--gpus none --num-requests 6 --warmup 2 --input-len 16 --output-len 4 --port " + b.port)
	run := func(status int, script string, words ...string) string {
		t.Helper()
		out, got := b.shim(append(strings.Fields(script), words...)...)
		if got != status {
			t.Fatalf("%s exits with %d, want %d:\n%s", script, got, status, out)
		}
		return out
	}
	run(0, "profile_vllm.sh --model org/model --mode full --output-dir all", small...)
	run(0, "nsys_quick_profile.sh org/model quick", small...)
	run(0, "ncu_detailed_profile.sh org/model detailed", small...)
	run(2, "profile_vllm.sh --no-such-flag")
	run(0, "python3 parse_nsys_profile.py quick/vllm_quick_profile.sqlite --output-dir nsys")
	run(1, "parse_nsys_profile.py there-is-none.sqlite --output-dir nsys")
	run(0, "python3 parse_ncu_profile.py detailed/vllm_ncu_profile.csv --output-dir ncu")
	run(0, "python3 generate_profile_report.py --nsys-results nsys --ncu-results ncu --output report.html")
	for _, name := range []string{"all/profile_report.html", "all/vllm_ncu_profile.ncu-rep", "nsys/summary.json", "ncu/ncu_summary.json", "report.html"} {
		if info, err := os.Stat(filepath.Join(b.dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	run(0, "python3 check_regression.py --current nsys --baseline quick/parsed --threshold 10")
	b.slower("nsys/summary.json", "slower.json")
	run(1, "python3 check_regression.py --current slower.json --baseline nsys/summary.json --threshold 10")
	run(2, "check_regression.py --current there-is-none --baseline nsys/summary.json")
	run(1, "send_test_requests.py --num-requests 3 --no-profiler --quiet --wait 1s --port "+b.port)
	b.serving()
	out := run(0, "python3 send_test_requests.py --num-requests 3 --mode decode --quiet --output-len 2 --port "+b.port)
	if !strings.Contains(out, "3") {
		t.Errorf("the traffic says %s", out)
	}
}

// slower writes a summary whose times are ten times those of another.
func (b *bench) slower(from, to string) {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, from))
	if err != nil {
		b.t.Fatal(err)
	}
	times := regexp.MustCompile(`("(?:total|avg|total_time)_(?:ms|time_ms|time_us)": *|"total_time_ms": *|"avg_time_us": *)([0-9.]+)`)
	slow := times.ReplaceAll(text, []byte("${1}9${2}"))
	if bytes.Equal(slow, text) {
		b.t.Fatal("the summary has no times")
	}
	if err := os.WriteFile(filepath.Join(b.dir, to), slow, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
