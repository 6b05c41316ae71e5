package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"profilemate/workbench/process"
)

// importLimit is how long vLLM may take to be imported.
const importLimit = time.Minute

// askVersion prints the version on a line of its own: vLLM's import prints too.
const askVersion = `import vllm; print("\nversion of vllm: " + vllm.__version__)`

var vllmVersion = regexp.MustCompile(`(?m)^version of vllm: (\S+)`)

// profilerConfig is the first minor version of vLLM, of major 0, that has
// --profiler-config.
const profilerConfig = 13

// vllm says whether vLLM can be imported, and which it is.
func (e *examination) vllm(ctx context.Context) {
	needs := []Need{VLLM, MoE}
	if !e.matters(needs...) {
		return
	}
	c := Outcome{Name: "vllm", Status: OK, For: needs}
	python, err := e.python()
	if err != nil {
		c.Blocks, c.Said, c.Remedy = needs, "There is no python3 on the PATH.", "Activate the environment that has vLLM."
		if e.Python != "" {
			c.Said = fmt.Sprintf("There is no program %s.", e.Python)
		}
		e.add(c)
		return
	}
	said, err := process.Output(ctx, importLimit, process.Command{Path: python, Args: []string{"-c", askVersion}})
	version := vllmVersion.FindStringSubmatch(said)
	switch {
	case ctx.Err() != nil:
		c.Status, c.Said = Unknown, "The import of vLLM was not waited for."
	case errors.Is(err, context.DeadlineExceeded):
		c.Blocks, c.Said = needs, fmt.Sprintf("%s did not import vLLM within %v.", python, importLimit)
		c.Remedy = fmt.Sprintf("Run %s -c 'import vllm' and see what it waits for.", python)
	case err != nil && strings.Contains(err.Error(), "No module named 'vllm'"):
		c.Blocks, c.Said, c.Remedy = needs, fmt.Sprintf("%s has no vLLM.", python), "Activate the environment that has vLLM, or install it there."
	case err != nil:
		c.Blocks, c.Said = needs, fmt.Sprintf("vLLM cannot be imported: %v.", err)
		c.Remedy = fmt.Sprintf("Run %s -c 'import vllm' and put right what it reports.", python)
	case version == nil:
		c.Status, c.Said = Unknown, fmt.Sprintf("vLLM is there (%s) but says no version.", python)
	default:
		c.Said = fmt.Sprintf("vLLM %s is in %s.", version[1], python)
		if old(version[1]) {
			c.Status = Warning
			c.Said += " It has no --profiler-config, so that the profiler cannot be started through the server."
			c.Remedy = fmt.Sprintf("Install vLLM 0.%d or newer.", profilerConfig)
		}
	}
	e.add(c)
}

func (e *examination) python() (string, error) {
	if e.Python != "" {
		if strings.Contains(e.Python, "/") {
			return process.Find(e.Python)
		}
		return e.find(e.Python)
	}
	path, err := e.find("python3")
	if err != nil {
		return e.find("python")
	}
	return path, nil
}

// old reports whether a version of vLLM is before --profiler-config. Builds from
// source say "0.1.dev…" whatever they are, and are taken for new.
func old(version string) bool {
	parts := strings.Split(version, ".")
	if len(parts) < 2 || parts[0] != "0" || strings.Contains(version, "dev") {
		return false
	}
	minor, err := strconv.Atoi(parts[1])
	return err == nil && minor < profilerConfig
}
