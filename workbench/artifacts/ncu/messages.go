package ncu

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nothingProfiled is what to do when ncu ran and profiled nothing.
const nothingProfiled = "check what the ncu command selects (--kernel-name, --launch-skip, --launch-count, --nvtx-include, --profile-from-start), and profile child processes too with --target-processes all"

// known is a message of ncu and what to do about it.
type known struct{ words, advice string }

// knownMessages are those that end without a profile, or with a part of one.
var knownMessages = [...]known{
	{"ERR_NVGPUCTRPERM", "the user may not read the GPU's counters: run ncu as root, or load the driver with NVreg_RestrictProfilingToAdminUsers=0; in a container also pass --cap-add=SYS_ADMIN"},
	{"No kernels were profiled", nothingProfiled},
	{"No ranges were profiled", nothingProfiled},
	{"driver resource was unavailable", "end what else reads the GPU's counters: pause DCGM with dcgmi profile --pause, and close other profilers"},
	{"Failed to find metric", "list the metrics of the device with ncu --query-metrics"},
	{"Failed to load report", "open the .ncu-rep itself, or print it with an ncu that is as new as the one that wrote it"},
	{"Failed to open report", "check the path of the report after --import"},
	{"is not supported on this device", "profile on a GPU of compute capability 7.0 or later, or with an ncu release that knows this one"},
	{"Out of memory", "profile fewer metrics a run (--section), or save less of the device's memory with --replay-mode application"},
}

// adviceOn returns what to do about a message, "" for one that is not known.
func adviceOn(text string) string {
	for _, m := range knownMessages {
		if strings.Contains(text, m.words) {
			return m.advice
		}
	}
	return ""
}

// adviceOr returns what to do about the first message that is known.
func adviceOr(list []string, otherwise string) string {
	for _, text := range list {
		if advice := adviceOn(text); advice != "" {
			return advice
		}
	}
	return otherwise
}

// said joins messages; the period of the last is the reader's to set.
func said(list []string) string { return strings.TrimRight(strings.Join(list, "; "), ".") }

// sentence makes a remedy that of a finding: with a capital and a period.
func sentence(remedy string) string {
	first, size := utf8.DecodeRuneInString(remedy)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + remedy[size:] + "."
}
