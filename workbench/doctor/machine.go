package doctor

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"profilemate/workbench/result"
)

// Free space for captures, in bytes: a minute of serving traced by Nsight Systems
// takes up to a few GB with its export.
const (
	spaceWanted = 10e9
	spaceNeeded = 1e9
)

// port says whether a server can listen.
func (e *examination) port() {
	if e.Port == 0 {
		return
	}
	c := Outcome{Name: "port", Status: OK, For: []Need{VLLM, MoE}, Said: fmt.Sprintf("Port %d is free.", e.Port)}
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", e.Port))
	if err != nil {
		c.Blocks = c.For
		c.Said = fmt.Sprintf("Port %d cannot be listened on: %v.", e.Port, err)
		c.Remedy = "Stop what listens there, or choose another port with --port."
	} else {
		listener.Close()
	}
	e.add(c)
}

// disk says whether the captures find room.
func (e *examination) disk() {
	folder := existing(e.Output)
	c := Outcome{Name: "disk", Status: OK, For: AllNeeds()}
	free, err := freeSpace(folder)
	switch {
	case err != nil:
		c.Status, c.Said = Unknown, fmt.Sprintf("The free space of %s cannot be told: %v.", folder, err)
	case free < spaceNeeded:
		c.Blocks, c.Said = c.For, fmt.Sprintf("%s has only %s free.", folder, result.Size(free))
		c.Remedy = "Make room, or choose another folder with --output-dir."
	case free < spaceWanted:
		c.Status, c.Said = Warning, fmt.Sprintf("%s has %s free; a minute of serving can take a few GB.", folder, result.Size(free))
		c.Remedy = "Make room, or choose another folder with --output-dir."
	default:
		c.Said = fmt.Sprintf("%s has %s free.", folder, result.Size(free))
	}
	e.add(c)
}

// existing returns the nearest folder above path, or itself, that is there.
func existing(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return "."
	}
	for {
		if info, err := os.Stat(path); err == nil && info.IsDir() || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

// temporary says whether the profilers can write where they keep what is not
// finished.
func (e *examination) temporary() {
	folder := e.getenv("TMPDIR")
	if folder == "" {
		folder = "/tmp"
	}
	folder = filepath.Join("/", e.Host.Root, folder)
	c := Outcome{Name: "tmp", Status: OK, For: []Need{Nsys, Ncu, VLLM, MoE}, Said: folder + " can be written."}
	file, err := os.CreateTemp(folder, ".profilemate-*")
	if err != nil {
		c.Blocks, c.Said = c.For, fmt.Sprintf("%s cannot be written: %v.", folder, err)
		c.Remedy = "Set TMPDIR to a folder that you may write, with a few GB free."
	} else {
		file.Close()
		os.Remove(file.Name())
	}
	e.add(c)
}
