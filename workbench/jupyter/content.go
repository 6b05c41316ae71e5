package jupyter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The message types that this program sends or answers.
const (
	KernelInfoRequest  = "kernel_info_request"
	KernelInfoReply    = "kernel_info_reply"
	ExecuteRequest     = "execute_request"
	ExecuteReply       = "execute_reply"
	ExecuteInput       = "execute_input"
	InterruptRequest   = "interrupt_request"
	InterruptReply     = "interrupt_reply"
	ShutdownRequest    = "shutdown_request"
	ShutdownReply      = "shutdown_reply"
	CompleteRequest    = "complete_request"
	CompleteReply      = "complete_reply"
	InspectRequest     = "inspect_request"
	InspectReply       = "inspect_reply"
	IsCompleteRequest  = "is_complete_request"
	IsCompleteReply    = "is_complete_reply"
	HistoryRequest     = "history_request"
	HistoryReply       = "history_reply"
	CommInfoRequest    = "comm_info_request"
	CommInfoReply      = "comm_info_reply"
	CommOpen           = "comm_open"
	CommMsg            = "comm_msg"
	CommClose          = "comm_close"
	StatusType         = "status"
	StreamType         = "stream"
	DisplayData        = "display_data"
	UpdateDisplayData  = "update_display_data"
	ExecuteResult      = "execute_result"
	ErrorType          = "error"
	ClearOutputType    = "clear_output"
	IOPubWelcome       = "iopub_welcome"
	StateStarting      = "starting"
	StateBusy          = "busy"
	StateIdle          = "idle"
	ReplyOK            = "ok"
	ReplyError         = "error"
	ReplyAborted       = "aborted"
	InterruptErrorName = "KeyboardInterrupt" // ename of a cell that was interrupted, as every client knows it
)

// Status is the content of a status message.
type Status struct {
	ExecutionState string `json:"execution_state"`
}

// Execute is the content of an execute_request. A nil pointer means the
// protocol's default: StoreHistory true unless Silent, StopOnError true.
type Execute struct {
	Code            string            `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    *bool             `json:"store_history,omitempty"`
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      bool              `json:"allow_stdin"`
	StopOnError     *bool             `json:"stop_on_error,omitempty"`
}

// Counts reports whether the request raises the execution count.
func (e Execute) Counts() bool { return !e.Silent && (e.StoreHistory == nil || *e.StoreHistory) }

// Stops reports whether an error of the request aborts the ones queued behind it.
func (e Execute) Stops() bool { return e.StopOnError == nil || *e.StopOnError }

// Reply is the content of an execute_reply.
type Reply struct {
	Status          string           `json:"status"` // ReplyOK, ReplyError or ReplyAborted
	ExecutionCount  int              `json:"execution_count"`
	Payload         []map[string]any `json:"payload"`
	UserExpressions map[string]any   `json:"user_expressions"`
	Failure
}

// Failure is an error as it stands in error messages and in replies: a short name,
// a sentence, and the lines of a traceback, which for a user's own mistake is the
// sentence alone. Its zero value is no error and is left out of JSON.
type Failure struct {
	Name      string   `json:"ename,omitempty"`
	Value     string   `json:"evalue,omitempty"`
	Traceback []string `json:"traceback,omitempty"`
}

// Input is the content of an execute_input message.
type Input struct {
	Code           string `json:"code"`
	ExecutionCount int    `json:"execution_count"`
}

// Stream is the content of a stream message: text of "stdout" or "stderr".
type Stream struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Display is the content of display_data and update_display_data messages. Data
// maps a MIME type to a string, or to any JSON value for a JSON type.
type Display struct {
	Data      map[string]any `json:"data"`
	Metadata  map[string]any `json:"metadata"`
	Transient Transient      `json:"transient"`
}

// Transient is what a display says about itself that is never stored.
type Transient struct {
	DisplayID string `json:"display_id,omitempty"`
}

// ClearOutput is the content of a clear_output message. With Wait the outputs go
// when the next one comes.
type ClearOutput struct {
	Wait bool `json:"wait"`
}

// KernelInfo is the content of a kernel_info_reply.
type KernelInfo struct {
	Status                string       `json:"status"`
	ProtocolVersion       string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	LanguageInfo          LanguageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
	HelpLinks             []HelpLink   `json:"help_links"`
	SupportedFeatures     []string     `json:"supported_features"`
}

// LanguageInfo describes the language of code cells to editors and exporters.
type LanguageInfo struct {
	Name           string `json:"name"`
	Version        string `json:"version"`
	MIMEType       string `json:"mimetype"`
	FileExtension  string `json:"file_extension"`
	PygmentsLexer  string `json:"pygments_lexer"`
	CodeMirrorMode string `json:"codemirror_mode"`
}

// HelpLink is an entry of a client's help menu.
type HelpLink struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Decode reads a message's content. A content that is no JSON object of the
// wanted shape is an error; unknown fields are ignored, as the protocol asks.
func Decode[T any](m Message) (T, error) {
	var content T
	if len(m.Content) == 0 {
		return content, nil
	}
	err := json.Unmarshal(m.Content, &content)
	return content, err
}

// ProgressMIME is the type of an updating display that says how far a cell is. Its
// value is a Progress. Such a display is never part of a saved document.
const ProgressMIME = "application/vnd.profilemate.progress+json"

// Welcome is the content of an iopub_welcome message.
type Welcome struct {
	Subscription string `json:"subscription"`
}

// Progress says how far a running cell is.
type Progress struct {
	Text      string `json:"text"` // what it does: "reading kernels"
	Done      int64  `json:"done"`
	Total     int64  `json:"total"`     // 0: not known
	ElapsedNs int64  `json:"elapsedNs"` // since the cell began
	StepNs    int64  `json:"stepNs"`    // since what Text says began, for the rate; 0: not known
}

// String is the progress as a line, with the rate and the time left where they are
// known: "reading kernels: 41 % (2,050,000 of 5,000,000) after 2.5 s, 820,000 a second, 3.6 s left".
func (p Progress) String() string {
	line := p.Text + ": "
	switch {
	case p.Total > 0:
		line += fmt.Sprintf("%.0f %% (%s of %s) after ", 100*float64(p.Done)/float64(p.Total), grouped(p.Done), grouped(p.Total))
	case p.Done > 0:
		line += grouped(p.Done) + " after "
	}
	line += fmt.Sprintf("%.1f s", time.Duration(p.ElapsedNs).Seconds())
	step := time.Duration(p.StepNs).Seconds()
	if p.Done <= 0 || step <= 0 {
		return line
	}
	rate := float64(p.Done) / step
	line += fmt.Sprintf(", %s a second", grouped(int64(rate)))
	if p.Total > p.Done {
		line += fmt.Sprintf(", %.1f s left", float64(p.Total-p.Done)/rate)
	}
	return line
}

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
