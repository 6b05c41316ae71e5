// Package zmq carries Jupyter messages over ZeroMQ sockets, as JupyterLab, VS Code,
// nbclient and papermill do: Listen is the kernel's end, Dial the client's.
package zmq

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/google/uuid"

	"profilemate/workbench/fault"
)

// SignatureScheme is the only scheme that messages are signed by.
const SignatureScheme = "hmac-sha256"

// Connection is a connection file: where a kernel listens and what signs messages.
type Connection struct {
	Transport       string `json:"transport"` // "tcp"
	IP              string `json:"ip"`
	ShellPort       int    `json:"shell_port"` // 0, as of the others: the kernel picks one
	IOPubPort       int    `json:"iopub_port"`
	StdinPort       int    `json:"stdin_port"`
	ControlPort     int    `json:"control_port"`
	HeartbeatPort   int    `json:"hb_port"`
	Key             string `json:"key"` // empty: messages are not signed
	SignatureScheme string `json:"signature_scheme"`
	KernelName      string `json:"kernel_name,omitempty"`
}

// maxFile bounds a connection file, in bytes.
const maxFile = 1 << 20

// NewConnection returns a connection on the loopback address with a new key and
// ports that are free now.
func NewConnection() (Connection, error) {
	c := Connection{Transport: "tcp", IP: "127.0.0.1", Key: uuid.NewString(), SignatureScheme: SignatureScheme}
	for _, port := range c.ports() {
		l, err := net.Listen("tcp", c.Address(0))
		if err != nil {
			return Connection{}, fmt.Errorf("looking for a free port: %w", err)
		}
		defer l.Close() // when all are found, so that none is found twice
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return c, nil
}

func (c *Connection) ports() []*int {
	return []*int{&c.ShellPort, &c.IOPubPort, &c.StdinPort, &c.ControlPort, &c.HeartbeatPort}
}

// Address is the TCP address of one of the ports.
func (c Connection) Address(port int) string { return net.JoinHostPort(c.IP, strconv.Itoa(port)) }

// ReadConnection reads a connection file. A file that is not there is NotFound; one
// that asks for a transport or a signature that this program lacks is Unsupported.
func ReadConnection(path string) (Connection, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		return Connection{}, fault.Errorf(fault.Corrupt, "connection file %s: %d bytes are more than such a file has", path, info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Connection{}, fault.WithRemedy(fault.Errorf(fault.NotFound, "reading the connection file: %w", err),
			"a Jupyter client writes one when it starts a kernel")
	}
	var c Connection
	if err := json.Unmarshal(raw, &c); err != nil {
		return Connection{}, fault.Errorf(fault.Corrupt, "connection file %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return Connection{}, fmt.Errorf("connection file %s: %w", path, err)
	}
	return c, nil
}

func (c *Connection) check() error {
	switch {
	case c.Transport != "tcp" && c.Transport != "":
		return fault.Errorf(fault.Unsupported, "transport: this program speaks tcp, not %q", c.Transport)
	case c.Key != "" && c.SignatureScheme != SignatureScheme && c.SignatureScheme != "":
		return fault.Errorf(fault.Unsupported, "signature_scheme: this program signs by %s, not %q", SignatureScheme, c.SignatureScheme)
	case c.IP == "":
		return fault.Errorf(fault.Corrupt, "ip: there is none")
	case c.IP == "*":
		c.IP = "0.0.0.0"
	}
	for _, port := range c.ports() {
		if *port < 0 || *port > 65535 {
			return fault.Errorf(fault.Corrupt, "port %d is not between 0 and 65535", *port)
		}
	}
	return nil
}

// Write writes a connection file that only its owner can read.
func (c Connection) Write(path string) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(raw, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the connection file: %w", err)
	}
	return nil
}
