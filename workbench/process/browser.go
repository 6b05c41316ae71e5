package process

import (
	"fmt"
	"net/url"
	"os/exec"
	"runtime"

	"profilemate/workbench/fault"
)

// OpenBrowser shows an http or https address in the user's browser and does not
// wait for it. Where there is none, as on a GPU node, it is an error.
func OpenBrowser(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return fault.Errorf(fault.Misuse, "opening the browser: %q is no web address", address)
	}
	name, args := opener(runtime.GOOS)
	cmd := exec.Command(name, append(args, u.String())...)
	if err := cmd.Start(); err != nil {
		return fault.WithRemedy(fmt.Errorf("opening the browser: %w", err), "open %s yourself", address)
	}
	go func() { _ = cmd.Wait() }() // its exit status says nothing about the page
	return nil
}

// opener is the program that shows an address on each operating system.
func opener(system string) (name string, args []string) {
	switch system {
	case "darwin":
		return "open", nil
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	return "xdg-open", nil
}
