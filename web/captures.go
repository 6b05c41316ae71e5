package web

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// Captures makes captures, which outlive the server, and finds them again. It must be
// safe for concurrent use. *job.Manager has the methods that are not explained here.
type Captures interface {
	Recipes() []job.Recipe
	Plan(recipe string, values analysis.Values) (job.Plan, error)
	// CommandLine is what makes the same capture from a terminal.
	CommandLine(plan job.Plan) string
	// Checks looks whether this machine has what a plan needs; it may take a minute.
	Checks(ctx context.Context, plan job.Plan) []Check
	// Closer proposes a capture of one kernel with Nsight Compute, from the capture of
	// Nsight Systems at an absolute path. A kernel that it has not is NotFound.
	Closer(ctx context.Context, path, kernel string) (Proposal, error)
	Start(recipe string, values analysis.Values) (job.Job, error)
	List() ([]job.Job, error)
	Get(id string) (job.Job, error)
	Events(ctx context.Context, id string, from int64) iter.Seq2[job.Event, error]
	Stop(id string) error
	Remove(id string) error
}

// Check is one thing that was looked at before a capture.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"` // "ok", "warning", "failed", "unknown"
	Said   string `json:"said"`   // in sentences
	Remedy string `json:"remedy,omitempty"`
}

// Proposal is a capture to make, for a form to begin with.
type Proposal struct {
	Recipe string          `json:"recipe"`
	Values analysis.Values `json:"values"` // those that are not the defaults
	Said   string          `json:"said"`   // what was chosen and why, in sentences
}

// captureRoutes are the part of the interface that makes captures.
func (s *Server) captureRoutes() []route {
	e := func(pattern string, do func(Captures, *http.Request) (any, error)) route {
		return route{pattern, s.adapt(func(r *http.Request) (any, error) {
			if s.config.Captures == nil {
				return nil, errNoCaptures
			}
			return do(s.config.Captures, r)
		})}
	}
	return []route{
		e("GET /api/workbench/recipes", func(c Captures, _ *http.Request) (any, error) { return c.Recipes(), nil }),
		e("POST /api/workbench/captures/plan", s.planCapture),
		e("POST /api/workbench/captures/checks", s.checkCapture),
		e("POST /api/workbench/captures/closer", s.closerCapture),
		e("GET /api/workbench/captures", s.listCaptures),
		e("POST /api/workbench/captures", s.startCapture),
		e("GET /api/workbench/captures/{id}", s.capture),
		e("DELETE /api/workbench/captures/{id}", s.removeCapture),
		e("POST /api/workbench/captures/{id}/stop", s.stopCapture),
		e("POST /api/workbench/captures/{id}/notebook", s.captureNotebook),
		{"GET /api/workbench/captures/{id}/events", http.HandlerFunc(s.captureEvents)},
	}
}

var errNoCaptures = fault.Errorf(fault.Unsupported, "this server makes no captures")

// wanted is a recipe with values, as a form sends them.
type wanted struct {
	Recipe string          `json:"recipe"`
	Values analysis.Values `json:"values"`
}

// readWanted reads a recipe and its values. A folder is meant from the served one, and
// a capture without one gets a new one there.
func (s *Server) readWanted(r *http.Request) (wanted, error) {
	w, err := decodeBody[wanted](r)
	if err != nil {
		return w, err
	}
	folder := strings.TrimSpace(w.Values["output-dir"])
	if folder == "" {
		folder = "profiling_results_" + time.Now().Format("20060102_150405")
	}
	values := analysis.Values{"output-dir": ""}
	maps.Copy(values, w.Values)
	values["output-dir"] = s.absolute(folder)
	w.Values = values
	return w, nil
}

func (s *Server) planCapture(c Captures, r *http.Request) (any, error) {
	w, err := s.readWanted(r)
	if err != nil {
		return nil, err
	}
	plan, err := c.Plan(w.Recipe, w.Values)
	if err != nil {
		return nil, err
	}
	return map[string]any{"plan": plan, "command": c.CommandLine(plan)}, nil
}

func (s *Server) checkCapture(c Captures, r *http.Request) (any, error) {
	w, err := s.readWanted(r)
	if err != nil {
		return nil, err
	}
	plan, err := c.Plan(w.Recipe, w.Values)
	if err != nil {
		return nil, err
	}
	checks := c.Checks(r.Context(), plan)
	if checks == nil {
		checks = []Check{}
	}
	return checks, nil
}

// closerCapture proposes to look closer at a kernel of a capture.
func (s *Server) closerCapture(c Captures, r *http.Request) (any, error) {
	body, err := decodeBody[struct {
		Path   string `json:"path"`
		From   string `json:"from"` // the notebook whose cell names the path
		Kernel string `json:"kernel"`
	}](r)
	if err != nil {
		return nil, err
	}
	if body.Path == "" || body.Kernel == "" || strings.ContainsRune(body.Path, 0) {
		return nil, fault.Errorf(fault.Misuse, "the request needs the path of a capture and the name of a kernel")
	}
	return c.Closer(r.Context(), s.locate(body.Path, body.From), body.Kernel)
}

// startCapture starts a capture.
func (s *Server) startCapture(c Captures, r *http.Request) (any, error) {
	w, err := s.readWanted(r)
	if err != nil {
		return nil, err
	}
	j, err := c.Start(w.Recipe, w.Values)
	if err != nil {
		return nil, err
	}
	return reply{status: http.StatusCreated, location: "/captures/" + j.ID, value: s.viewOfJob(j)}, nil
}

// captureEntry is a capture in a list.
type captureEntry struct {
	ID      string    `json:"id"`
	Recipe  string    `json:"recipe"`
	Title   string    `json:"title"`
	State   job.State `json:"state"`
	Phase   string    `json:"phase"` // title of the present phase
	Created time.Time `json:"created"`
	Ended   time.Time `json:"ended,omitzero"`
	LeftNs  *int64    `json:"leftNs"` // null: not known
}

func (s *Server) listCaptures(c Captures, _ *http.Request) (any, error) {
	list, err := c.List()
	if err != nil {
		return nil, err
	}
	entries := []captureEntry{}
	for _, j := range list {
		entries = append(entries, captureEntry{ID: j.ID, Recipe: j.Plan.Recipe, Title: j.Plan.Title, State: j.State, Phase: phaseTitle(j),
			Created: j.Created, Ended: j.Ended, LeftNs: leftOf(j)})
	}
	return entries, nil
}

func phaseTitle(j job.Job) string {
	for _, p := range j.Plan.Phases {
		if p.Name == j.Phase() {
			return p.Title
		}
	}
	return j.Phase()
}

func leftOf(j job.Job) *int64 {
	left, ok := j.Left(time.Now())
	if !ok {
		return nil
	}
	ns := int64(left)
	return &ns
}

func (s *Server) capture(c Captures, r *http.Request) (any, error) {
	j, err := c.Get(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s.viewOfJob(j), nil
}

// stopCapture asks a capture to end in order, or, asked again, at once.
func (s *Server) stopCapture(c Captures, r *http.Request) (any, error) {
	if err := c.Stop(r.PathValue("id")); err != nil {
		return nil, err
	}
	return s.capture(c, r)
}

// removeCapture forgets a capture that has ended; its folder stays.
func (s *Server) removeCapture(c Captures, r *http.Request) (any, error) {
	if err := c.Remove(r.PathValue("id")); err != nil {
		return nil, err
	}
	return map[string]string{"removed": r.PathValue("id")}, nil
}

// captureView is a capture as the page shows it.
type captureView struct {
	job.Job
	Findings  []result.Finding `json:"findings"`  // the most serious first
	Artifacts []madeView       `json:"artifacts"` // instead of the job's own list
	LeftNs    *int64           `json:"leftNs"`    // null: not known
}

// madeView is something that a capture made.
type madeView struct {
	job.Artifact
	Template string `json:"template,omitempty"` // of the notebook that it can be opened as
	File     string `json:"file,omitempty"`     // path below the served folder, of a file there
}

func (s *Server) viewOfJob(j job.Job) captureView {
	v := captureView{Job: j, Findings: append([]result.Finding{}, j.Findings...), Artifacts: []madeView{}, LeftNs: leftOf(j)}
	result.SortFindings(v.Findings)
	for _, a := range j.Artifacts {
		made := madeView{Artifact: a}
		if t, ok := templateFor(a.Kind); ok {
			made.Template = t.Name
		}
		if rel := s.relative(a.Path); slices.Contains([]string{"report", "log", "run"}, a.Kind) && !filepath.IsAbs(filepath.FromSlash(rel)) {
			made.File = rel
		}
		v.Artifacts = append(v.Artifacts, made)
	}
	return v
}
