package main_test

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Every command of the pages is run, each section in a folder of its own with the
// captures that pages speak of. Where a profiler, a GPU or a server is needed,
// stand-ins take their place; steps of pipelines in yaml are looked up. A comment above a
// block says what is otherwise:
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
		var err error
		switch how, reason, _ := strings.Cut(b.mark, ","); {
		case b.lang == "yaml":
			err = lookUpAll(b.text) // steps of a pipeline
		case !b.typed():
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

// calls finds commands of ours within a line of another program.
var calls = regexp.MustCompile(`(?m)\bprofilemate [a-z-]+(?: [^;|&>\n]*)?(?:$|[;|&>])`)

// lookUpAll looks up the commands of ours in a block.
func lookUpAll(text string) error {
	for _, line := range calls.FindAllString(text, -1) {
		if err := lookUp(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
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
		{"a pipeline's flag", "```yaml\n- run: for i in 1 2; do profilemate check --papers $i; done\n```", "no flag --papers"},
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
