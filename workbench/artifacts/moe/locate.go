package moe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

const (
	headBytes = lineBytes // of a file suffice to know it
	folder    = "moe_expert_tracking"
	maxFiles  = 256 // looked at in one folder

	rankPrefix = "rank-" // of the folders of a tracker's ranks
)

// source is a file that fills a table.
type source struct {
	path   string
	form   form
	layout layout // of CSV files
	rank   string // folder of the rank that wrote it, "" where ranks have none
}

// sniff knows a file by its first bytes. The form is "" for a file of another kind.
func sniff(head []byte) (form, layout) {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(head) == 0 {
		return "", layout{}
	}
	switch head[0] {
	case '[':
		return sniffSteps(head), layout{}
	case '{':
		return sniffObject(head), layout{}
	}
	line, _, _ := strings.Cut(string(head), "\n")
	l := readLayout(line)
	return l.form(), l
}

// sniffSteps knows [[step, layer, …], …] and [{"step": …, "layer": …}, …].
func sniffSteps(head []byte) form {
	plain, _ := plainJSON(head)
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber()
	var tokens [5]json.Token
	for i := range tokens {
		tokens[i], _ = dec.Token()
	}
	if tokens[1] == json.Delim('{') {
		if bytes.Contains(plain, []byte(`"step"`)) && bytes.Contains(plain, []byte(`counts"`)) {
			return stepsJSONForm
		}
		return ""
	}
	_, step := tokens[2].(json.Number)
	_, layer := tokens[3].(json.Number)
	_, third := tokens[4].(json.Number)
	third = third || tokens[4] == json.Delim('[') || tokens[4] == json.Delim('{')
	if tokens[1] == json.Delim('[') && step && layer && third {
		return stepsJSONForm
	}
	return ""
}

// sniffObject knows a summary and the metadata of profilemate's tracker.
func sniffObject(head []byte) form {
	if bytes.Contains(head, []byte(`"tracker_version"`)) {
		return metadataForm
	}
	if !bytes.Contains(head, []byte(`"layer_`)) {
		return ""
	}
	for _, member := range []string{`"num_experts"`, `"top_k"`, `"total_activations"`} {
		if bytes.Contains(head, []byte(member)) {
			return summaryForm
		}
	}
	return ""
}

// found is what a search for the tracker's files gave.
type found struct {
	sources  []source
	findings []result.Finding // files that were passed over, and why
	rank     string           // folder of a rank that is being looked at
	folders  [][]string       // that were looked at, by depth
}

// search looks for the tracker's files in a folder and, since profile_vllm.sh copies
// the folder above them, up to two folders named moe_expert_tracking below it. The
// shallowest file of each table counts.
func search(dir string) (found, error) {
	var f found
	for depth, at := 0, dir; depth < 3; depth, at = depth+1, filepath.Join(at, folder) {
		entries, err := os.ReadDir(at)
		if depth > 0 && errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return f, fault.Errorf(fault.Denied, "reading folder %s: %w", at, err)
		}
		f.folders = append(f.folders, nil)
		f.addFolder(at, entries)
		f.addRanks(at, entries)
	}
	return f, nil
}

// addRanks adds the folders rank-… that profilemate's tracker makes, one for each rank
// of a server. Their counts are added up.
func (f *found) addRanks(dir string, entries []fs.DirEntry) {
	looked, again := 0, map[string]bool{}
	for _, e := range entries {
		at := filepath.Join(dir, e.Name())
		if !e.IsDir() || !strings.HasPrefix(e.Name(), rankPrefix) {
			continue
		}
		if looked++; looked > maxFiles {
			f.warn("%s holds more than %d ranks; the others are not looked at.", dir, maxFiles)
			return
		}
		below, err := os.ReadDir(at)
		if err != nil {
			f.warn("%s is left out: %v.", e.Name(), err)
			continue
		}
		if rank, _, named := strings.Cut(e.Name(), "-pid"); named && again[rank] {
			f.findings = append(f.findings, result.Finding{Severity: result.Warning, Remedy: "Keep each run in a folder of its own.",
				Text: fmt.Sprintf("%s is the second recording of one rank: counts of several runs are added up.", e.Name())})
		} else {
			again[rank] = true
		}
		f.rank = e.Name()
		f.addFolder(at, below)
		f.rank = ""
	}
	if looked > 1 {
		f.findings = append(f.findings, result.Finding{Severity: result.Info,
			Text: fmt.Sprintf("The counts of %d ranks are added up; weights, spreads and summary are the first rank's that has them.", looked)})
	}
}

// addFolder adds the files of one folder. One that cannot be opened is a finding: the
// others may do.
func (f *found) addFolder(dir string, entries []fs.DirEntry) {
	depth := &f.folders[len(f.folders)-1]
	*depth = append(*depth, dir)
	// The tracker's own names go first, so that a copy beside them loses.
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return order(a.Name()) - order(b.Name()) })
	looked := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !isTable(path) {
			continue
		}
		if looked++; looked > maxFiles {
			f.warn("%s holds more than %d CSV and JSON files; the others are not looked at.", dir, maxFiles)
			return
		}
		if err := f.addFile(path); err != nil {
			f.warn("%s is left out: %v.", e.Name(), err)
		}
	}
}

// isTable reports whether path is a regular file, or a link to one, that may hold a
// table. Opening anything else could wait for ever.
func isTable(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	if ext != ".csv" && ext != ".json" {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (f *found) warn(format string, args ...any) {
	f.findings = append(f.findings, result.Finding{Severity: result.Warning, Text: fmt.Sprintf(format, args...)})
}

func order(name string) int {
	if ownName(name) != "" {
		return 0
	}
	return 1
}

func (f *found) addFile(path string) error {
	head, err := readHead(path)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	form, l := sniff(head)
	if form == "" {
		if own := ownName(name); own != "" {
			f.warn("%s is left out: %s, not the %s of a tracker.", name, beginning(head), own.table())
		}
		return nil
	}
	taken := slices.IndexFunc(f.sources, func(s source) bool {
		return s.form.table() == form.table() && (s.rank == f.rank || s.rank == "" || !form.adds())
	})
	if taken < 0 {
		f.sources = append(f.sources, source{path, form, l, f.rank})
		return nil
	}
	if f.rank != "" && f.sources[taken].rank != "" && f.rank != f.sources[taken].rank {
		return nil // said once for all ranks
	}
	f.findings = append(f.findings, result.Finding{Severity: result.Info,
		Text: fmt.Sprintf("%s is left out: %s holds the %s already.", path, f.sources[taken].path, form.table())})
	return nil
}

// beginning describes a file that is not what its name says.
func beginning(head []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(head)), "\n")
	if line == "" {
		return "it is empty"
	}
	return "it begins with " + clip(line)
}

func readHead(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	defer file.Close()
	head, err := bufio.NewReaderSize(file, headBytes).Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	}
	return head, nil
}
