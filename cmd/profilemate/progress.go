package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// progressLine shows on a terminal what a long run is doing. It stays silent for
// the first second, and altogether where the words do not go to a terminal.
type progressLine struct {
	mu      sync.Mutex
	w       io.Writer
	started time.Time
	shown   time.Time
	width   int // of the line on screen
}

func newProgressLine(w io.Writer) *progressLine {
	if file, ok := w.(*os.File); !ok || !isTerminal(file) {
		w = nil
	}
	return &progressLine{w: w, started: time.Now()}
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// show is an engine.Progress.
func (p *progressLine) show(text string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.w == nil || now.Sub(p.started) < time.Second || now.Sub(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = now
	line := fmt.Sprintf("%s, %.0f s (Ctrl-C stops)", text, now.Sub(p.started).Seconds())
	if total > 0 {
		filled := int(20 * min(done, total) / total)
		line = fmt.Sprintf("%s [%s%s] %d %%, %.0f s (Ctrl-C stops)", text, strings.Repeat("#", filled),
			strings.Repeat(".", 20-filled), 100*min(done, total)/total, now.Sub(p.started).Seconds())
	}
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// clear removes the line.
func (p *progressLine) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil && p.width > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width))
	}
}

// begin starts a new step: it stays silent for its first second.
func (p *progressLine) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started, p.width = time.Now(), 0
}
