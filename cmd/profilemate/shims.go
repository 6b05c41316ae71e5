package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"profilemate/workbench/capture"
	"profilemate/workbench/fault"
)

// shimsCmd writes the scripts that this program replaces.
type shimsCmd struct {
	Dir string `arg:"" help:"Folder for the scripts; it is made." type:"path"`
}

// Help is the long help.
func (shimsCmd) Help() string {
	return "Eight small scripts with the names and arguments of those that this program replaces: profile_vllm.sh, nsys_quick_profile.sh, ncu_detailed_profile.sh, " +
		"send_test_requests.py, parse_nsys_profile.py, parse_ncu_profile.py, generate_profile_report.py and check_regression.py. " +
		"They call this program, by the path that it has now, or by PROFILEMATE where that is set, and exit as it does: 0 when all went well, 1 when something failed or got worse, 2 for words that make no sense."
}

// oldModel is the model of the old scripts where none is given.
const oldModel = "meta-llama/Llama-2-7b-hf"

// shims are the bodies of the scripts for sh. "$pm" is this program.
func shims() map[string]string {
	// What stands behind the two positional words goes through.
	positional := `model=${1:-` + oldModel + `} dir=${2:-./profiling_results}` + "\n[ $# -gt 0 ] && shift\n[ $# -gt 0 ] && shift\n"
	return map[string]string{
		"profile_vllm.sh": `model=` + oldModel + `
for word; do case $word in --model | --model=*) model= ;; esac; done
exec "$pm" profile ${model:+--model "$model"} "$@"
`,
		"nsys_quick_profile.sh":   positional + `exec "$pm" profile --mode quick --model "$model" --output-dir "$dir" "$@"` + "\n",
		"ncu_detailed_profile.sh": positional + `exec "$pm" profile --mode ncu --port 8001 --max-num-seqs 32 --max-model-len 1024 --model "$model" --output-dir "$dir" "$@"` + "\n",
	}
}

// pythonShims are the verbs that stand for the scripts in Python.
func pythonShims() map[string][]string {
	return map[string][]string{
		"send_test_requests.py":      {"traffic"},
		"parse_nsys_profile.py":      {"parse", "nsys"},
		"parse_ncu_profile.py":       {"parse", "ncu"},
		"generate_profile_report.py": {"report"},
		"check_regression.py":        {"check"},
	}
}

// shellShim returns a script for sh.
func shellShim(exe, body string) string {
	return "#!/bin/sh\n" + shimSign + "\npm=${PROFILEMATE:-" + capture.Words([]string{exe}) + "}\n" + body
}

// pythonShim returns a script for sh, which works where there is no Python, that
// "python SCRIPT" takes too: to Python its line for sh is a text that nobody uses.
func pythonShim(exe string, verb []string) string {
	inQuotes := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`", "}", `\}`)
	words := `"` + strings.Join(verb, `" "`) + `"`
	return "#!/bin/sh\n" + shimSign + "\n" +
		`"exec" "${PROFILEMATE:-` + inQuotes.Replace(exe) + `}" ` + words + ` "$@"` + "\n" +
		"import os, sys\n" +
		"program = os.environ.get(\"PROFILEMATE\") or " + strconv.QuoteToASCII(exe) + "\n" +
		"os.execvp(program, [program, " + strings.ReplaceAll(words, `" "`, `", "`) + "] + sys.argv[1:])\n"
}

// Run writes the scripts. A file of somebody else's is left alone.
func (c *shimsCmd) Run(a *app) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fault.Errorf(fault.Denied, "making the folder for the scripts: %w", err)
	}
	texts := map[string]string{}
	for name, body := range shims() {
		texts[name] = shellShim(exe, body)
	}
	for name, verb := range pythonShims() {
		texts[name] = pythonShim(exe, verb)
	}
	for name, text := range texts {
		if err := writeShim(filepath.Join(c.Dir, name), text); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.err, "wrote %d scripts in %s\n", len(texts), c.Dir)
	return nil
}

// shimSign marks the scripts as ours, so that they may be replaced.
const shimSign = "# Written by profilemate shims."

func writeShim(path, text string) error {
	if old, err := os.ReadFile(path); err == nil && !strings.Contains(string(old), shimSign) {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s is a file of somebody else's", path), "choose another folder, or move it away")
	}
	if err := replaceFile(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o755); err != nil {
		return fault.Errorf(fault.Denied, "making %s a program: %w", path, err)
	}
	return nil
}
