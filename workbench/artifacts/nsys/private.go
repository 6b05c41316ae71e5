package nsys

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// An export carries who made it and where: names of people and machines, command
// lines, the environment, what the program printed, folders below a home. All of it
// is masked unless asked for. Secrets are masked always.

// programs and messages are told without their folders and arguments.

// baseName returns what stands behind the last slash of either kind.
func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// program cuts a command line down to the program's name.
func program(line string) string {
	word, _, _ := strings.Cut(line, " ")
	if strings.ContainsAny(word, `/\`) {
		return baseName(word)
	}
	return line
}

// withoutPaths shortens absolute paths to their last element: folders carry the
// names of people.
func withoutPaths(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if at := strings.LastIndexByte(w, '/'); at > 0 && strings.Contains(w[:at], "/") {
			words[i] = "…" + w[at:]
		}
	}
	return strings.Join(words, " ")
}

// isPrivate reports whether the column of a stored table holds what is private
// whatever its words.
func isPrivate(table, column string) bool {
	switch table {
	case exportInfo, oldExportInfo, captureInfo, systemInfo:
		return column == "value"
	}
	lower := strings.ToLower(column)
	return slices.ContainsFunc([]string{"commandline", "cmdline", "environ", "hostname", "username", "content", "arguments", "workingdir", "macaddress"},
		func(part string) bool { return strings.Contains(lower, part) })
}

const systemInfo = "TARGET_INFO_SYSTEM_ENV"

// isHarmlessFact reports whether a value may be shown, by its name in its table.
func isHarmlessFact(table, name, value string) bool {
	if strings.ContainsAny(value, `/\`) {
		return false
	}
	if table != systemInfo {
		return isHarmless(processPrefix().ReplaceAllString(name, ""))
	}
	return slices.ContainsFunc([]string{"Cpu", "Has", "Supports", "Supported", "Is", "NvDriver", "CudaDriver", "HardwarePlatform", "SoftwarePlatform", "CNTFRQ"},
		func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// processPrefix matches what stands before a fact about one process.
func processPrefix() *regexp.Regexp { return regexp.MustCompile(`^PROCESS_\d+:`) }

// isHarmless reports whether a fact of the metadata tables is shown.
func isHarmless(key string) bool {
	return slices.ContainsFunc([]string{"EXPORT_PRODUCT_", "EXPORT_SCHEMA_VERSION", "EXPORT_PLATFORM", "EXPORT_ARCH", "EXPORT_TIME", "EXPORT_PARAM_LAZY",
		"EXPORT_PARAM_TIME", "EXPORT_CONFIG_", "CAPTURE_EVENT_TYPE", "COLLECT_", "CUDA_", "NVTX_OPTIONS:", "TRACE_", "START_TRIGGER", "STOP_TRIGGER",
		"START_DELAY", "RUN_DURATION", "RATE_HZ", "SAMPLE_", "SHOW_BACKTRACE", "USE_", "RESUME"},
		func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// isName reports whether a fact names a person or a machine.
func isName(key string) bool {
	return slices.ContainsFunc([]string{"HOST", "USER", "DISPLAY_NAME", "DEVICE_NAME"}, func(part string) bool {
		return strings.Contains(strings.ToUpper(key), part)
	})
}

// namesOfPeople returns the names of people and machines that the export's tables
// of facts give away, so that they can be masked wherever they stand.
func namesOfPeople(ctx context.Context, s source) ([]string, error) {
	var list []string
	for _, table := range []string{exportInfo, oldExportInfo, captureInfo, systemInfo} {
		_, err := each(ctx, s, table, texts("name", "value"), func(r record) error {
			if value := r.text(1); isName(r.text(0)) && isTelling(value) {
				list = append(list, value)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// isTelling leaves out what names nobody: every second machine is a vm and every
// second user root, and masking these words would make true names of kernels and
// threads unreadable.
func isTelling(name string) bool {
	const least = 3
	if len(name) < least || strings.Trim(name, "0123456789.") == "" {
		return false
	}
	return !slices.Contains([]string{"root", "user", "host", "local", "localhost", "ubuntu", "admin", "true", "false", "none"}, strings.ToLower(name))
}

// privateStrings returns the numbers of the strings that hold whole files: what the
// program printed and what nsys read. They are shown when all is.
func privateStrings(ctx context.Context, s source, c cleaner) (map[int64]bool, error) {
	secret := map[int64]bool{}
	if c.showPrivate {
		return secret, nil
	}
	for _, table := range []string{"ProcessStreams", "ANALYSIS_FILE"} {
		_, err := each(ctx, s, table, wholes("contentId"), func(r record) error {
			if !r.null(0) {
				secret[r.int(0)] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return secret, nil
}

// privateCell shows a stored value only where its name, in the field's first
// column, says that it is harmless.
func privateCell(table string) func(*field, *scope) cell {
	return func(f *field, s *scope) cell {
		return &codes{field: f.Field, dict: s.texts.dict, decode: func(in []vector, row int) int32 {
			if in[1].null(row) {
				return -1
			}
			value := in[1].text(row)
			if !s.clean.showPrivate && !isHarmlessFact(table, in[0].text(row), value) {
				value = masked
			}
			return s.texts.code([]byte(value))
		}}
	}
}
