package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	profilers "profilemate/workbench/capture/standin"
	"profilemate/workbench/traffic/standin"
)

// Every command of the pages is run, each section in a folder of its own with the
// captures that pages speak of. Where a profiler, a GPU or a server is needed,
// stand-ins take their place. A comment above a block says what is otherwise:
//
//	<!-- test: exit 1 -->              the block ends with this status
//	<!-- test: not run, REASON -->     its verbs and flags are looked up instead
//	<!-- test: run by TestX -->        another test runs it, and is there
//
// A text block right behind one of commands holds lines that they print, in order; "…"
// stands for anything.
func TestCommandsOfPages(t *testing.T) {
	t.Parallel()
	tests := string(goSource(t, "../.."))
	for name, text := range docPages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks, prose, err := readPage(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range runPage(t, blocks, tests) {
				t.Error(problem)
			}
			for _, m := range regexp.MustCompile("`(profilemate [^`]*)`").FindAllStringSubmatch(prose, -1) {
				if err := lookUp(m[1]); err != nil {
					t.Errorf("%q: %v", m[1], err)
				}
			}
		})
	}
}

// runPage runs the blocks of a page and returns what is wrong.
func runPage(t *testing.T, blocks []block, tests string) (problems []string) {
	t.Helper()
	var r *reader
	section := ""
	for _, b := range blocks {
		if !b.typed() {
			continue
		}
		var err error
		switch how, reason, _ := strings.Cut(b.mark, ","); {
		case how == "not run" && len(strings.Fields(reason)) > 2:
			err = lookUpAll(b.text)
		case strings.HasPrefix(how, "run by Test"):
			if !strings.Contains(tests, "func "+strings.TrimPrefix(how, "run by ")+"(") {
				err = fmt.Errorf("there is no such test")
			}
		default:
			if r == nil || section != b.section {
				r, section = newReader(t), b.section
			}
			err = r.run(b)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("line %d (%s): %v", b.line, b.mark, err))
		}
	}
	return problems
}

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

// run types the commands of a block.
func (r *reader) run(b block) error {
	text := strings.ReplaceAll(b.text, "go run ./cmd/profilemate ", "profilemate ")
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-eo", "pipefail", "-c", text+"\nwait")
	cmd.Dir, cmd.Env, cmd.WaitDelay = r.dir, r.env, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	want := 0
	if b.mark != "" {
		if n, scan := fmt.Sscanf(b.mark, "exit %d", &want); n != 1 {
			return fmt.Errorf("the mark is not understood: %v", scan)
		}
	}
	if code := exitCode(err); code != want {
		return fmt.Errorf("exit status %d, want %d:\n%s", code, want, lastLines(string(out)))
	}
	return printed(string(out), b.shown)
}

// printed looks for the lines that a page shows in what was printed.
func printed(out, shown string) error {
	lines := strings.Split(out, "\n")
	for want := range strings.Lines(shown) {
		want = strings.TrimSpace(want)
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.Join(strings.Fields(want), " ")), "…", ".*")
		is := regexp.MustCompile("^" + pattern + "$")
		at := slices.IndexFunc(lines, func(line string) bool { return is.MatchString(strings.Join(strings.Fields(line), " ")) })
		if at < 0 {
			return fmt.Errorf("the page shows %q, which is not printed, or not in this order:\n%s", want, lastLines(out))
		}
		lines = lines[at+1:]
	}
	return nil
}

// lastLines returns the end of a text.
func lastLines(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}

// helps holds the help of verbs that were looked up.
var helps sync.Map

// lookUpAll looks up the commands of ours in a block.
func lookUpAll(text string) error {
	for line := range strings.Lines(text) {
		if line, ours := strings.CutPrefix(strings.TrimSpace(line), "profilemate "); ours {
			if err := lookUp("profilemate " + line); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookUp reports whether a command has the verb and the flags that a page writes.
func lookUp(line string) error {
	line, _, _ = strings.Cut(line, " #")
	line, _, _ = strings.Cut(line, " -- ")
	verb := regexp.MustCompile(`^[a-z-]+$`)
	var words []string
	for _, word := range strings.Fields(line)[1:] {
		if !verb.MatchString(word) || strings.HasPrefix(word, "-") || len(words) == 2 {
			break
		}
		words = append(words, word)
	}
	if len(words) == 0 && !strings.Contains(line, "VERB") {
		return fmt.Errorf("no verb")
	}
	help, err := helpOf(words)
	if err != nil && len(words) == 2 {
		help, err = helpOf(words[:1])
	}
	if err == nil && len(words) == 1 && words[0] == "profile" {
		help, err = helpOf([]string{"profile", "vllm"}) // what it is without a recipe
	}
	if err != nil {
		return err
	}
	for _, m := range regexp.MustCompile(`(?:^| |\[)--(?:no-)?([a-z][a-z0-9-]*)`).FindAllStringSubmatch(line, -1) {
		if !regexp.MustCompile(`--(\[no-\])?(no-)?` + m[1] + `\b`).MatchString(help) {
			return fmt.Errorf("there is no flag --%s", m[1])
		}
	}
	return nil
}

func helpOf(words []string) (string, error) {
	key := strings.Join(words, " ")
	if text, ok := helps.Load(key); ok {
		return text.(string), nil
	}
	cmd := exec.Command(binary, append(slices.Clone(words), "--help")...)
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("there is no profilemate %s", key)
	}
	helps.Store(key, string(out))
	return string(out), nil
}

// The harness finds what is wrong with a page.
func TestCommandsOfPagesCanFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, page, want string }{
		{"a command that fails", "    profilemate inspect nothing.sqlite", "exit status 1, want 0"},
		{"one that should fail", "<!-- test: exit 1 -->\n\n```sh\nprofilemate version\n```", "exit status 0, want 1"},
		{"what is not printed", "```sh\nprofilemate version\n```\n\n```text\nprofilemate of tomorrow\n```", "which is not printed"},
		{"no reason", "<!-- test: not run -->\n```sh\nprofilemate version\n```", "not understood"},
		{"a flag that is not there", "<!-- test: not run, it needs a printer here -->\n```sh\nprofilemate serve --paper a4\n```", "no flag --paper"},
		{"a verb that is not there", "<!-- test: not run, it needs a printer here -->\n```sh\nprofilemate print x\n```", "there is no profilemate print"},
		{"a test that is not there", "<!-- test: run by TestOfTomorrow -->\n```sh\nmake tomorrow\n```", "no such test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			blocks, _, err := readPage(c.page)
			if err != nil {
				t.Fatal(err)
			}
			if got := runPage(t, blocks, ""); len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}
