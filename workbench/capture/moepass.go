package capture

import (
	"context"
	"path/filepath"

	"profilemate/workbench/job"
	"profilemate/workbench/result"
	"profilemate/workbench/tracker"
)

// MoEFolder is the folder of the routing, in the output folder.
const MoEFolder = "moe_expert_tracking"

// trackerAt is where the tracker of a capture lies and records.
func trackerAt(c *choices) tracker.Installed {
	root := c.path(MoEFolder)
	return tracker.Installed{Path: filepath.Join(root, "code"), Output: filepath.Join(root, "recordings")}
}

// moePass runs a server with its routing recorded, under no profiler: a profiler
// would slow down what the recorder waits for, and the recorder what it measures.
func moePass(c *choices, e engine) pass {
	var r *running
	flags, environment := e.routing(c)
	command := job.Command{Doc: "the server with its routing recorded", Args: append(e.serve(c.server, false), flags...), Env: append(environment, e.environment...)}
	p := pass{needs: []string{"server", "moe"}, notes: moeNotes(c),
		outputs: []job.Output{{Name: MoEFolder + "/", Doc: "the routing of experts, and its figures"}}}
	p.steps = []step{
		{job.Phase{Name: "moe-start", Title: "load the model with its routing recorded", Expect: loadingTakes}, []job.Command{command}, func(ctx context.Context, s *session) (err error) {
			if c.moe.Routing == "tracker" {
				if _, err := tracker.Install(c.path(MoEFolder)); err != nil {
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
				saved = c.path(MoEFolder + "/responses.jsonl")
			}
			return s.traffic(ctx, r, c.load, saved)
		}},
		{job.Phase{Name: "moe-stop", Title: "end the server and write the recording", Expect: endingTakes}, nil, func(ctx context.Context, s *session) error {
			if err := s.end(ctx, r); err != nil {
				return err
			}
			s.run.Artifact(job.Artifact{Name: MoEFolder + "/", Path: c.path(MoEFolder), Kind: "folder", Doc: "the routing of experts"})
			return nil
		}},
	}
	return p
}

func moeNotes(c *choices) []result.Finding {
	if c.moe.Routing == "routed-experts" {
		return []result.Finding{{Severity: result.Info, Text: "Returning the experts with each answer makes answers larger and serving somewhat slower."}}
	}
	return []result.Finding{{Severity: result.Info, Text: "The tracker records inside the server and counts warm-up requests too, in steps of their own."}}
}
