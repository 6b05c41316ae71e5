package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/traffic"
)

// trafficCmd sends requests to a server and measures its answers.
type trafficCmd struct {
	NumRequests   int           `help:"Requests that are measured." default:"100"`
	Port          int           `help:"Port of the server on this machine." default:"8000"`
	URL           string        `name:"url" help:"Address of the server, instead of --port." placeholder:"URL"`
	Mode          string        `help:"Shape of the requests: long prompts and short answers (prefill), the reverse (decode), or a mix." enum:"prefill,decode,mixed" default:"mixed"`
	Model         string        `help:"Model to ask for; the first that the server offers unless set."`
	Concurrency   int           `help:"Requests at a time. With --rate the most at a time, without bound unless set." placeholder:"16"`
	Rate          float64       `help:"Requests a second, whether earlier ones are answered or not."`
	Poisson       bool          `help:"With --rate, let gaps vary as those of independent users do."`
	InputLen      int           `help:"Tokens of each prompt, instead of the mode's." placeholder:"TOKENS"`
	OutputLen     int           `help:"Tokens of each answer, instead of the mode's." placeholder:"TOKENS"`
	Seed          uint64        `help:"Seed of prompts and gaps." default:"1"`
	Warmup        int           `help:"Requests before those that are measured, and before the profiler is started." default:"8"`
	IgnoreEOS     bool          `name:"ignore-eos" help:"Make answers as long as asked for." default:"true" negatable:""`
	Dataset       string        `help:"File of prompts: ShareGPT's JSON, lines of JSON with a prompt, or lines of text." placeholder:"FILE" type:"existingfile"`
	Plain         bool          `help:"Ask for whole answers instead of streams; only their end is measured."`
	NoProfiler    bool          `help:"Leave the server's profiler alone."`
	SaveResponses string        `help:"Write the responses as lines of JSON, with the routed experts that the server adds." placeholder:"FILE"`
	Wait          time.Duration `help:"How long the server may take to come up." default:"10m"`
	Timeout       time.Duration `help:"How long one request may take." default:"5m"`
	Quiet         bool          `help:"Print no progress."`
	JSON          bool          `name:"json" help:"Print JSON with the keys of vllm bench serve."`
}

// concurrency is how many requests are on their way unless a rate or --concurrency
// says otherwise. One at a time would be a batch of one.
const concurrency = 16

// Run sends the requests and prints what it measured, also when some failed.
func (c trafficCmd) Run(ctx context.Context, a *app) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	line := newProgressLine(a.err)
	if !c.Quiet {
		o.Say = func(words string) {
			line.clear()
			fmt.Fprintln(a.err, words)
		}
		o.Progress = func(done, total int64) { line.show("requests", done, total) }
	}
	report, err := c.send(ctx, o)
	line.clear()
	if report == nil {
		return err
	}
	if printed := c.print(a.out, report); printed != nil {
		return printed
	}
	return err
}

// send runs the traffic, with its responses written to a file where that is asked for.
func (c trafficCmd) send(ctx context.Context, o traffic.Options) (report *traffic.Report, err error) {
	if c.SaveResponses == "" {
		return traffic.Run(ctx, o)
	}
	written := replaceFile(c.SaveResponses, func(w io.Writer) error {
		o.Save = w
		if report, err = traffic.Run(ctx, o); report == nil {
			return errSaid // nothing came: what is there stays
		}
		return nil
	})
	if err == nil {
		err = written
	}
	return report, err
}

// options reads the flags.
func (c trafficCmd) options() (traffic.Options, error) {
	o := traffic.Options{URL: c.URL, APIKey: os.Getenv("OPENAI_API_KEY"), Model: c.Model, Mode: traffic.Mode(c.Mode), Requests: c.NumRequests,
		Concurrency: c.Concurrency, Rate: c.Rate, Poisson: c.Poisson, InputLen: c.InputLen, OutputLen: c.OutputLen, Seed: c.Seed, Warmup: c.Warmup,
		IgnoreEOS: c.IgnoreEOS, Plain: c.Plain, Profile: !c.NoProfiler, Wait: c.Wait, Timeout: c.Timeout}
	if o.URL == "" {
		if c.Port < 1 || c.Port > 65535 {
			return o, fault.Errorf(fault.Misuse, "--port %d is no port; choose one from 1 to 65535", c.Port)
		}
		o.URL = fmt.Sprintf("http://127.0.0.1:%d", c.Port)
	}
	if o.Concurrency == 0 && o.Rate == 0 {
		o.Concurrency = concurrency
	}
	if c.Dataset == "" {
		return o, nil
	}
	file, err := os.Open(c.Dataset)
	if err != nil {
		return o, fault.Errorf(fault.NotFound, "opening the data set: %w", err)
	}
	defer file.Close()
	if o.Prompts, err = traffic.ReadDataset(file); err != nil {
		return o, fmt.Errorf("%s: %w", c.Dataset, err)
	}
	return o, nil
}

func (c trafficCmd) print(w io.Writer, r *traffic.Report) error {
	text := r.Text()
	if c.JSON {
		encoded, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		text = string(encoded) + "\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
