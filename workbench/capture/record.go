package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
	"profilemate/workbench/traffic"
)

// The files of a capture beside what the profilers write.
const (
	RecordFile = "run.json"
	ReportFile = "profile_report.html"
)

// Record is run.json: what a later look at the capture has to know, and what makes it
// comparable with others.
type Record struct {
	Format      int             `json:"format"` // of this file: 1
	Profilemate string          `json:"profilemate"`
	Job         string          `json:"job"`
	Recipe      string          `json:"recipe"`
	Values      analysis.Values `json:"values"` // as given; what is missing had its default
	Started     time.Time       `json:"started"`
	Ended       time.Time       `json:"ended,omitzero"` // zero: it was cut off
	State       job.State       `json:"state"`
	Error       string          `json:"error,omitempty"`

	Host      Host              `json:"host"`
	Tools     map[string]string `json:"tools"` // versions of nsys, ncu and the server, as they say them
	Model     *ModelRecord      `json:"model,omitempty"`
	Programs  []*programEntry   `json:"programs"`
	Traffic   []TrafficRecord   `json:"traffic,omitempty"` // one a pass
	Phases    []job.PhaseState  `json:"phases"`
	Findings  []result.Finding  `json:"findings"`
	Artifacts []job.Artifact    `json:"artifacts"`
}

// ModelRecord is what was served and how.
type ModelRecord struct {
	Name           string `json:"name"`
	Precision      string `json:"precision"`
	Quantization   string `json:"quantization,omitempty"`
	TensorParallel int    `json:"tensor_parallel"`
	MaxNumSeqs     int    `json:"max_num_seqs,omitempty"`  // 0: the server's choice
	MaxModelLen    int    `json:"max_model_len,omitempty"` // 0: the model's
	EnforceEager   bool   `json:"enforce_eager"`
}

// TrafficRecord is what was sent and how it was answered. Times are ns.
type TrafficRecord struct {
	Phase        string  `json:"phase"`
	Mode         string  `json:"mode"`
	Requests     int     `json:"requests"`
	Completed    int     `json:"completed"`
	Failed       int     `json:"failed"`
	Concurrency  int     `json:"concurrency"`
	InputTokens  int64   `json:"input_tokens"`
	OutputTokens int64   `json:"output_tokens"`
	ElapsedNs    int64   `json:"elapsed_ns"`
	MeanTTFTNs   float64 `json:"mean_ttft_ns,omitempty"`
	MeanTPOTNs   float64 `json:"mean_tpot_ns,omitempty"`
}

// programEntry is a program that was run.
type programEntry struct {
	Phase   string    `json:"phase"`
	Doc     string    `json:"doc"`
	Args    []string  `json:"args"` // secrets are masked
	Env     []string  `json:"env,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"` // zero: it was not seen to end
	Exit    string    `json:"exit,omitempty"` // "exit status 0", "signal: killed"
}

// record writes a Record as it grows. It is safe for concurrent use.
type record struct {
	mu   sync.Mutex
	path string
	Record
}

func newRecord(ctx context.Context, s *session) *record {
	j := s.run.Job()
	values := analysis.Values{}
	for name, text := range j.Plan.Values {
		values[name] = text
	}
	for _, name := range []string{"server-args", "server-command", "command"} {
		if args, err := words(name, values[name]); err == nil && values[name] != "" {
			values[name] = Words(mask(args))
		}
	}
	r := &record{path: s.choices.path(RecordFile), Record: Record{Format: 1, Profilemate: s.Version, Job: j.ID, Recipe: j.Plan.Recipe, Values: values,
		Started: time.Now(), State: j.State, Host: hostFacts(ctx), Tools: toolVersions(ctx, j.Plan),
		Programs: []*programEntry{}, Phases: []job.PhaseState{}, Findings: []result.Finding{}, Artifacts: []job.Artifact{}}}
	if c := s.choices.server; c.Model != "" {
		r.Record.Model = &ModelRecord{Name: c.Model, Precision: c.Precision, Quantization: c.Quantization, TensorParallel: c.Tensor,
			MaxNumSeqs: c.MaxSeqs, MaxModelLen: c.MaxLen, EnforceEager: c.Eager}
	}
	return r
}

// keep writes the record as it is now, in case nothing more comes. That it cannot be
// written is said at the end, when it is tried again.
func (r *record) keep() { _ = r.Record.write(r.path) }

func (r *record) begin(phase string, c job.Command) *programEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &programEntry{Phase: phase, Doc: c.Doc, Args: mask(c.Args), Env: environment(c.Env), Started: time.Now()}
	r.Programs = append(r.Programs, e)
	r.keep()
	return e
}

// end records how a program ended; only the first time counts.
func (r *record) end(e *programEntry, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !e.Ended.IsZero() {
		return
	}
	e.Ended, e.Exit = time.Now(), "exit status 0"
	if err != nil {
		e.Exit = err.Error()
	}
	r.keep()
}

// serving records what a server says of itself; an empty text is not said.
func (r *record) serving(model, version string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if version != "" {
		r.Tools["server"] = version
	}
	if r.Record.Model == nil && model != "" {
		r.Record.Model = &ModelRecord{Name: model}
	}
}

func (r *record) traffic(phase string, t *traffic.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Record.Traffic = append(r.Record.Traffic, TrafficRecord{Phase: phase, Mode: string(t.Mode), Requests: t.Requests, Completed: t.Completed, Failed: t.Failed,
		Concurrency: t.Concurrency, InputTokens: t.InputTokens, OutputTokens: t.Output, ElapsedNs: int64(t.Elapsed), MeanTTFTNs: t.TTFT.Mean, MeanTPOTNs: t.TPOT.Mean})
}

// finish writes the file. The state is what the job is about to become.
func (r *record) finish(ctx context.Context, j job.Job, failed error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Ended, r.Phases, r.Findings, r.Artifacts = time.Now(), j.Phases, append([]result.Finding{}, j.Findings...), append([]job.Artifact{}, j.Artifacts...)
	if r.State = job.Outcome(ctx, failed); r.State == job.Failed {
		r.Error = failed.Error()
	}
	return r.Record.write(r.path)
}

// write replaces a record: who reads it meanwhile sees the old or the new one.
func (r *Record) write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	temp := filepath.Join(filepath.Dir(path), "."+RecordFile)
	if err := os.WriteFile(temp, append(text, '\n'), 0o644); err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fault.Errorf(fault.Denied, "writing %s: %w", path, err)
	}
	return nil
}

// CloseRecord completes run.json of a job that lost its supervisor: how it ended, and
// that its programs were ended with it. Nothing is written where the capture had not
// begun its record, or a later capture has the folder.
func CloseRecord(j job.Job) error {
	path := filepath.Join(j.Plan.Folder, RecordFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Errorf(fault.Denied, "reading %s: %w", path, err)
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return fault.Errorf(fault.Corrupt, "reading %s: %w", path, err)
	}
	if r.Job != j.ID {
		return nil
	}
	for _, p := range r.Programs {
		if p.Ended.IsZero() {
			p.Exit = "not seen: it was ended after its supervisor was gone"
		}
	}
	r.Ended, r.State, r.Error = j.Ended, j.State, j.Error
	r.Phases, r.Findings, r.Artifacts = j.Phases, append([]result.Finding{}, j.Findings...), append([]job.Artifact{}, j.Artifacts...)
	return r.write(path)
}

// secret are names whose values are nobody's business.
const secret = `(?i)(token|secret|password|passwd|api[-_]?key|credential|authorization)`

// masked stands for a secret.
const masked = "***"

// mask hides the values of flags and settings that are named like secrets.
func mask(args []string) []string {
	name := regexp.MustCompile(`^--?[A-Za-z0-9_.-]*` + secret + `[A-Za-z0-9_.-]*$`)
	out := append([]string{}, args...)
	for i, a := range out {
		key, _, joined := strings.Cut(a, "=")
		switch {
		case joined && regexp.MustCompile(secret).MatchString(key):
			out[i] = key + "=" + masked
		case name.MatchString(a) && i+1 < len(out) && !strings.HasPrefix(out[i+1], "-"):
			out[i+1] = masked
		}
	}
	return out
}

// environment is what a program was given, and what else changes how it runs.
func environment(given []string) []string {
	kept := regexp.MustCompile(`^(CUDA|VLLM|SGLANG|SGL|NCCL|TORCH|PYTORCH|NVIDIA|OMP|HF|PYTHON)[A-Z_]*=`)
	var out []string
	for _, e := range append(os.Environ(), given...) {
		if kept.MatchString(e) {
			out = append(out, e)
		}
	}
	return mask(out)
}
