package capture

import (
	"context"
	"strings"
	"time"

	"profilemate/workbench/job"
)

// step is one phase of a pass: what is run in it and what is done meanwhile.
type step struct {
	phase    job.Phase
	commands []job.Command
	do       func(ctx context.Context, s *session) error
}

// What the phases take without anything to measure it by.
const (
	loadingTakes = 3 * time.Minute
	warmupTakes  = 20 * time.Second
	trafficTakes = time.Minute
	measureTakes = 10 * time.Minute // of Nsight Compute, which runs every kernel many times
	endingTakes  = 20 * time.Second
	exportTakes  = 20 * time.Second
)

func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
