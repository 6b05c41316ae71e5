package job

import (
	"time"

	"profilemate/workbench/result"
)

// EventKind is what an event tells.
type EventKind string

// The kinds of event, with the fields that each sets beside Seq and Time.
const (
	StateEvent    EventKind = "state"    // State; Text: why it waits or failed; Remedy
	PhaseEvent    EventKind = "phase"    // Phase
	ProgressEvent EventKind = "progress" // Phase, Done, Total
	LogEvent      EventKind = "log"      // Source, Text: one line
	FindingEvent  EventKind = "finding"  // Finding
	ArtifactEvent EventKind = "artifact" // Artifact
)

// Event is one thing that happened to a job.
type Event struct {
	Seq      int64           `json:"seq"` // from 1, without gaps
	Time     time.Time       `json:"time"`
	Kind     EventKind       `json:"kind"`
	State    State           `json:"state,omitempty"`
	Phase    string          `json:"phase,omitempty"`
	Done     int64           `json:"done,omitempty"`
	Total    int64           `json:"total,omitempty"`  // 0: not known
	Source   string          `json:"source,omitempty"` // which program wrote the line; "profilemate" for our own
	Text     string          `json:"text,omitempty"`
	Remedy   string          `json:"remedy,omitempty"`
	Finding  *result.Finding `json:"finding,omitempty"`
	Artifact *Artifact       `json:"artifact,omitempty"`
}
