package capture

import (
	"context"
	"strconv"
	"strings"

	"profilemate/workbench/job"
)

// programNsys runs a program under Nsight Systems.
func programNsys(c *choices) pass {
	report, sqlite := c.path("profile.nsys-rep"), c.path("profile.sqlite")
	args := append([]string{"nsys", "profile"}, c.nsys.flags()...)
	args = append(args, c.part.flags()...)
	args = append(args, "--force-overwrite=true", "--output="+c.path("profile"))
	program, _ := words("command", c.program.Command) // checked when the recipe was chosen
	command := job.Command{Doc: "the program under Nsight Systems", Args: append(args, program...)}
	export := exportCommand(report, sqlite)
	return pass{needs: []string{"nsys"}, outputs: []job.Output{
		{Name: "profile.nsys-rep", Doc: "the report of Nsight Systems"}, {Name: "profile.sqlite", Doc: "the same as SQLite, which the analyses read"},
		{Name: "parsed/", Doc: "the files of profilemate parse nsys"}},
		steps: []step{
			{job.Phase{Name: "nsys-run", Title: "run the program under Nsight Systems", Expect: trafficTakes}, []job.Command{command}, func(ctx context.Context, s *session) error {
				r, err := s.through(ctx, "nsys", command)
				if err != nil {
					return err
				}
				err = s.made(report, "nsys-report", "the report of Nsight Systems", func() error { return unwritten(r, c.part.hint()) })
				if err == nil {
					s.mind(r)
				}
				return err
			}},
			{job.Phase{Name: "nsys-export", Title: "export the report", Expect: exportTakes}, []job.Command{export}, func(ctx context.Context, s *session) error {
				return s.export(ctx, export, report, sqlite)
			}},
		}}
}

// flags say when nsys records.
func (r captureRange) flags() []string {
	var flags []string
	if name, ok := strings.CutPrefix(r.Range, "nvtx:"); ok {
		// Ranges whose text is not registered count only with this variable.
		flags = append(flags, "--capture-range=nvtx", "--nvtx-capture="+name, "--env-var=NSYS_NVTX_PROFILER_REGISTER_ONLY=0", "--capture-range-end=stop")
	} else if r.Range != "none" {
		flags = append(flags, "--capture-range="+r.Range, "--capture-range-end=stop")
	}
	if r.Delay > 0 {
		flags = append(flags, "--delay="+strconv.FormatInt(seconds(r.Delay), 10))
	}
	if r.Duration > 0 {
		flags = append(flags, "--duration="+strconv.FormatInt(seconds(r.Duration), 10))
	}
	return flags
}

// hint is why a range may never have begun.
func (r captureRange) hint() string {
	if r.Range == "none" {
		return ""
	}
	return "; the capture range " + r.Range + " never began"
}

// programNcu runs a program under Nsight Compute.
func programNcu(c *choices) pass {
	report, csv := c.path("profile.ncu-rep"), c.path("profile.csv")
	args := append([]string{"ncu"}, c.ncu.flags()...)
	if c.window.API {
		args = append(args, "--profile-from-start", "no")
	}
	if c.window.Kill {
		args = append(args, "--kill", "yes")
	}
	args = append(args, "--force-overwrite", "--export", c.path("profile"))
	program, _ := words("command", c.program.Command) // checked when the recipe was chosen
	command := job.Command{Doc: "the program under Nsight Compute", Args: append(args, program...)}
	imported := importCommand(report)
	return pass{needs: []string{"ncu"}, outputs: []job.Output{
		{Name: "profile.ncu-rep", Doc: "the report of Nsight Compute"}, {Name: "profile.csv", Doc: "its raw page, in base units"},
		{Name: "ncu_parsed/", Doc: "the files of profilemate parse ncu"}},
		steps: []step{
			{job.Phase{Name: "ncu-run", Title: "run the program under Nsight Compute", Expect: measureTakes}, []job.Command{command}, func(ctx context.Context, s *session) error {
				r, err := s.through(ctx, "ncu", command)
				if err != nil {
					return err
				}
				if err = s.made(report, "ncu", "the report of Nsight Compute", func() error { return noReport(r, c.ncu) }); err == nil {
					s.mind(r)
				}
				return err
			}},
			{job.Phase{Name: "ncu-export", Title: "print the report as CSV", Expect: exportTakes}, []job.Command{imported}, func(ctx context.Context, s *session) error {
				return s.print(ctx, imported, csv)
			}},
		}}
}

// attachPass sends traffic to a server that runs already.
func attachPass(c *choices) pass {
	t := c.attach
	r := attachedTo(t)
	commands := []job.Command(nil)
	if t.Control == "session" {
		commands = []job.Command{{Doc: "begin to record", Args: []string{"nsys", "start", "--session=" + t.Session}},
			{Doc: "end the recording and write the report", Args: []string{"nsys", "stop", "--session=" + t.Session}}}
	}
	return pass{steps: []step{
		{job.Phase{Name: "ready", Title: "look whether the server is ready", Expect: endingTakes}, nil, func(ctx context.Context, s *session) error { return s.ready(ctx, r) }},
		{job.Phase{Name: "warmup", Title: "warm up", Expect: warmupTakes}, nil, func(ctx context.Context, s *session) error { return s.warm(ctx, r, c.load) }},
		{job.Phase{Name: "capture", Title: "record while requests are served", Expect: trafficTakes}, commands, func(ctx context.Context, s *session) error {
			return s.attached(ctx, r, c, commands)
		}},
	}}
}

func (s *session) attached(ctx context.Context, r *running, c *choices, commands []job.Command) error {
	begin, end := func() error { return nil }, func(context.Context) error { return nil }
	switch c.attach.Control {
	case "server":
		begin = func() error { return s.startProfile(ctx, r) }
		end = func(ctx context.Context) error { return s.stopProfile(ctx, r) }
	case "session":
		begin = func() error { return s.complete(ctx, "nsys-session", commands[0]) }
		end = func(ctx context.Context) error { return s.complete(ctx, "nsys-session", commands[1]) }
	}
	if err := begin(); err != nil {
		return err
	}
	failed := s.traffic(ctx, r, c.load, "")
	if err := end(context.WithoutCancel(ctx)); err != nil && failed == nil {
		failed = err
	}
	return failed
}
