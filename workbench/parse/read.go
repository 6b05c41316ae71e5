package parse

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"profilemate/workbench/fault"
)

// ReadSummary reads the summary.json in dir, ours or one that the scripts wrote. In
// those, NaN and Infinity, which are no JSON, count as missing, and Findings is nil,
// which it never is in ours. Faults: NotFound where there is none, Denied where it
// cannot be read, Corrupt where it is no summary.
func ReadSummary(dir string) (*Summary, error) {
	s, err := ReadSummaryFile(filepath.Join(dir, SummaryFile))
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.WithRemedy(fault.Errorf(fault.NotFound, "%s has no %s", dir, SummaryFile), "write one with: profilemate parse nsys FILE --output-dir %s", dir)
	}
	return s, err
}

// ReadSummaryFile is ReadSummary of a file, whatever its name.
func ReadSummaryFile(path string) (*Summary, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Errorf(fault.NotFound, "there is no file %s", path)
	case err != nil:
		return nil, fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	}
	s := &Summary{}
	if err := json.Unmarshal(StrictJSON(data), s); err != nil {
		return nil, fault.WithRemedy(fault.Errorf(fault.Corrupt, "reading %s: %w", path, err), "parse the capture again with: profilemate parse nsys FILE")
	}
	if s.PrefillDecode == nil && s.Components == nil && s.TopKernels == nil {
		return nil, fault.Errorf(fault.Corrupt, "%s is JSON but no summary of a profile: it has none of prefill_decode, components and top_kernels", path)
	}
	return s, nil
}

// StrictJSON puts null in the place of the words NaN, Infinity and -Infinity, which
// Python's json module writes for numbers that JSON does not have. Text in quotes stays
// as it is.
func StrictJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	quoted := false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted && c == '\\' && i+1 < len(data):
			out = append(out, c, data[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case !quoted:
			if word := notANumber(data[i:]); word > 0 {
				out = append(out, "null"...)
				i += word - 1
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// notANumber returns the length of a word at the start of data that stands for no
// finite number, 0 for none.
func notANumber(data []byte) int {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if len(data) >= len(word) && string(data[:len(word)]) == word {
			return len(word)
		}
	}
	return 0
}
