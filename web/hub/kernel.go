package hub

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"profilemate/web/live"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// The states of a kernel that the server makes, beside those that it publishes itself.
const (
	StateRestarting = "restarting"
	StateDead       = "dead"
)

const (
	startLimit     = 20 * time.Second // from the start of a process to its first answer
	interruptLimit = 5 * time.Second
	shutdownLimit  = time.Second // for a process to end by itself
	revivals       = 5           // how often in a row a kernel is started again that dies young
	youth          = 10 * time.Second
)

// Kernel is a kernel as clients know it: its id stays when its process is replaced.
// It is safe for concurrent use.
type Kernel struct {
	id, name string
	start    func(ctx context.Context) (live.Kernel, error)
	log      *slog.Logger

	changing sync.Mutex // one start or end at a time; taken before mu

	mu       sync.Mutex
	running  *process // nil: none
	state    string
	activity time.Time
	session  string              // of the messages of the process
	slots    map[string]*slot    // of clients with sockets, by session
	routes   map[string]*mailbox // of who asked, by session
	young    int                 // processes in a row that died young
	ended    bool
}

// Model is a kernel as the Jupyter interface shows it.
type Model struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Activity    string `json:"last_activity"` // RFC 3339
	State       string `json:"execution_state"`
	Connections int    `json:"connections"` // sockets
}

// Model returns the kernel's state.
func (k *Kernel) Model() Model {
	k.mu.Lock()
	defer k.mu.Unlock()
	return Model{ID: k.id, Name: k.name, Activity: Time(k.activity), State: k.state, Connections: k.connections()}
}

// Time writes a time as Jupyter does: UTC, microseconds.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// connections counts the sockets. The caller holds k.mu.
func (k *Kernel) connections() int {
	n := 0
	for _, s := range k.slots {
		if s.current != nil {
			n++
		}
	}
	return n
}

// Ensure starts the kernel's process where none runs and returns when it answers.
func (k *Kernel) Ensure(ctx context.Context) error {
	_, err := k.ensure(ctx)
	return err
}

func (k *Kernel) ensure(ctx context.Context) (*process, error) {
	k.changing.Lock()
	defer k.changing.Unlock()
	k.mu.Lock()
	p, ended := k.running, k.ended
	k.mu.Unlock()
	switch {
	case ended:
		return nil, fault.Errorf(fault.NotFound, "the kernel %s was shut down", k.id)
	case p != nil:
		return p, nil
	}
	return k.launch(ctx)
}

// launch starts a process and waits until it answers. The caller holds k.changing.
func (k *Kernel) launch(ctx context.Context) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	started, err := k.start(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{Kernel: started, dead: make(chan struct{}), peers: map[*mailbox]bool{}, began: time.Now()}
	k.mu.Lock()
	k.running, k.state = p, jupyter.StateStarting
	k.mu.Unlock()
	go k.receive(p)
	client := jupyter.NewClient(k.connect(p))
	// The answer is not read: kernels differ in what they say of themselves.
	_, err = client.Request(ctx, jupyter.Shell, jupyter.KernelInfoRequest, struct{}{}, nil)
	_ = client.Close() // it leaves the process, which runs on
	if err != nil {
		p.stopping("it did not answer")
		p.Kill()
		return nil, fault.Errorf(fault.KindOf(err), "starting the kernel: %w", err)
	}
	return p, nil
}

// revive starts a kernel again that died while clients are connected. One that dies
// young again and again is left dead.
func (k *Kernel) revive(p *process) {
	k.mu.Lock()
	k.young++
	if time.Since(p.began) > youth {
		k.young = 1
	}
	give := k.young > revivals
	if give {
		k.announce(StateDead)
	} else {
		k.announce(StateRestarting)
	}
	k.mu.Unlock()
	if give {
		return
	}
	go func() {
		if _, err := k.ensure(context.Background()); err != nil {
			k.log.Warn("starting a kernel again", slog.String("kernel", k.id), slog.Any("error", err))
			k.mu.Lock()
			defer k.mu.Unlock()
			k.announce(StateDead)
		}
	}()
}

// Interrupt stops the running cell.
func (k *Kernel) Interrupt(ctx context.Context) error {
	k.mu.Lock()
	p := k.running
	k.mu.Unlock()
	if p == nil {
		return fault.Errorf(fault.Missing, "the kernel %s does not run", k.id)
	}
	if p.Interrupt != nil {
		p.Interrupt()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, interruptLimit)
	defer cancel()
	client := jupyter.NewClient(k.connect(p))
	defer client.Close()
	return client.Interrupt(ctx)
}

// Restart ends the process and starts another one under the same id. Clients stay
// connected.
func (k *Kernel) Restart(ctx context.Context) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	k.stop("the kernel was restarted by another client", true)
	k.mu.Lock()
	ended := k.ended
	k.young = 0
	k.mu.Unlock()
	if ended {
		return fault.Errorf(fault.NotFound, "the kernel %s was shut down", k.id)
	}
	_, err := k.launch(ctx)
	return err
}

// kill ends a process at once. The next one starts when a client or a document needs
// it.
func (k *Kernel) kill(p *process) {
	k.mu.Lock()
	if k.running == p {
		k.running = nil
		k.announce(StateRestarting)
	}
	k.mu.Unlock()
	p.stopping("the kernel was restarted by another client")
	p.Kill()
}

// end stops the kernel for good and lets its clients go.
func (k *Kernel) end(reason string) {
	k.mu.Lock()
	k.ended = true
	k.mu.Unlock()
	k.changing.Lock()
	defer k.changing.Unlock()
	k.stop(reason, false)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.announce(StateDead)
	for _, s := range k.slots {
		s.box.close()
	}
}

// giveWay notes that another kernel takes the place of this one.
func (k *Kernel) giveWay() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.running != nil {
		k.running.replacing()
	}
}

// stop asks the process to end, and makes it end after a while. The caller holds
// k.changing.
func (k *Kernel) stop(reason string, restart bool) {
	k.mu.Lock()
	p := k.running
	k.mu.Unlock()
	if p == nil {
		return
	}
	if restart {
		p.replacing()
	}
	p.stopping(reason)
	conn := k.connect(p)
	defer conn.Close()
	// A process that cannot be asked is killed below.
	_ = conn.Send(jupyter.NewMessage(jupyter.Control, jupyter.ShutdownRequest, "", nil, map[string]bool{"restart": restart}))
	select {
	case <-p.dead:
	case <-time.After(shutdownLimit):
	}
	p.Kill()
	<-p.dead
}
