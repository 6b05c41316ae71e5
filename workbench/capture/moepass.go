package capture

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
	"profilemate/workbench/tracker"
)

// Where the routing is in the output folder. The figures have a folder of their own:
// what they were added up from, beside them, would count twice.
const (
	MoEFolder     = "moe_expert_tracking" // the figures, all ranks together, as profilemate parse moe writes them
	MoERecordings = "moe_recordings"      // the tracker, and a folder a rank of what it recorded
	MoEResponses  = "moe_responses.jsonl" // the answers with their experts
)

// trackerAt is where the tracker of a capture lies and records.
func trackerAt(c *choices) tracker.Installed {
	root := c.path(MoERecordings)
	return tracker.Installed{Path: filepath.Join(root, "code"), Output: filepath.Join(root, "recordings")}
}

// moePass runs a server with its routing recorded, under no profiler: a profiler
// would slow down what the recorder waits for, and the recorder what it measures.
func moePass(c *choices, e engine) pass {
	var r *running
	flags, environment := e.routing(c)
	command := job.Command{Doc: "the server with its routing recorded", Args: append(e.serve(c.server, false), flags...), Env: append(environment, e.environment...)}
	p := pass{needs: []string{"server", "moe"}, notes: moeNotes(c),
		outputs: moeOutputs(c)}
	p.steps = []step{
		{job.Phase{Name: "moe-start", Title: "load the model with its routing recorded", Expect: loadingTakes}, []job.Command{command}, func(ctx context.Context, s *session) (err error) {
			if c.moe.Routing == "tracker" {
				if err := freshTracker(c); err != nil {
					return err
				}
			}
			r, err = s.serve(ctx, "server", command, e)
			return err
		}},
		{job.Phase{Name: "moe-warmup", Title: "warm up", Expect: warmupTakes}, nil, func(ctx context.Context, s *session) error { return s.warm(ctx, r, c.load) }},
		{job.Phase{Name: "moe-capture", Title: "record the routing while requests are served", Expect: trafficTakes}, nil, func(ctx context.Context, s *session) error {
			saved := ""
			if c.moe.Routing == "routed-experts" {
				saved = c.path(MoEResponses)
			}
			return s.traffic(ctx, r, c.load, saved)
		}},
		{job.Phase{Name: "moe-stop", Title: "end the server and write the recording", Expect: endingTakes}, nil, func(ctx context.Context, s *session) error {
			if err := s.end(ctx, r); err != nil {
				return err
			}
			return s.routed(c)
		}},
	}
	return p
}

func moeOutputs(c *choices) []job.Output {
	raw := job.Output{Name: MoERecordings + "/", Doc: "what the tracker recorded, a folder a rank"}
	if c.moe.Routing == "routed-experts" {
		raw = job.Output{Name: MoEResponses, Doc: "the answers with their experts"}
	}
	return []job.Output{raw, {Name: MoEFolder + "/", Doc: "the routing of experts in figures, all ranks together"}}
}

// freshTracker installs the tracker, and takes away what an earlier capture recorded in
// the same folder: the counts of both would be added up.
func freshTracker(c *choices) error {
	if _, err := tracker.Install(c.path(MoERecordings)); err != nil {
		return err
	}
	if err := os.RemoveAll(trackerAt(c).Output); err != nil {
		return fault.Errorf(fault.Denied, "taking away the routing of an earlier capture: %w", err)
	}
	return nil
}

// routed records the recording as made.
func (s *session) routed(c *choices) error {
	raw := job.Artifact{Name: MoEResponses, Path: c.path(MoEResponses), Kind: "moe", Doc: "the answers with their experts"}
	if c.moe.Routing != "routed-experts" {
		raw = job.Artifact{Name: MoERecordings + "/", Path: trackerAt(c).Output, Kind: "moe", Doc: "what the tracker recorded"}
		if words := trackerFaults(raw.Path); words != "" {
			s.run.Finding(result.Finding{Severity: result.Problem, Text: "The tracker stopped in a process of the server: " + words + ".",
				Remedy: "Take the counts for those until then; with --routing=routed-experts the server itself gives the experts."})
		}
		if ranks, _ := filepath.Glob(filepath.Join(raw.Path, MoEFolder, "rank-*")); len(ranks) == 0 { // the pattern is good
			return fault.WithRemedy(fault.Errorf(fault.Missing, "the tracker recorded nothing"),
				"look at %s for its words; the model may have no experts, or the server may be one that the tracker does not know: then try --routing=routed-experts", c.path("logs/server.log"))
		}
	}
	s.run.Artifact(raw)
	return nil
}

// trackerFaults are the last words of a tracker that stopped, "" where none did.
func trackerFaults(dir string) string {
	logs, _ := filepath.Glob(filepath.Join(dir, "tracker-fault-*.log")) // the pattern is good
	for _, path := range logs {
		text, err := os.ReadFile(path)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if err == nil && len(text) > 0 {
			return strings.TrimRight(strings.TrimSpace(lines[len(lines)-1]), ".")
		}
	}
	return ""
}

func moeNotes(c *choices) []result.Finding {
	if c.moe.Routing == "routed-experts" {
		return []result.Finding{{Severity: result.Info, Text: "Returning the experts with each answer makes answers larger and serving somewhat slower."}}
	}
	return []result.Finding{{Severity: result.Info, Text: "The tracker records inside the server and counts warm-up requests too, in steps of their own."}}
}
