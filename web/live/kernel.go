package live

import (
	"cmp"
	"context"
	"sync"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

const (
	startLimit     = 20 * time.Second // from the start of a kernel to its first answer
	interruptLimit = 5 * time.Second  // after which a kernel is said not to answer
	interruptEvery = 100 * time.Millisecond
	exitGrace      = time.Second // for the last words of a kernel that ends by itself
)

// kernel is a kernel that answers.
type kernel struct {
	Kernel
	client *jupyter.Client
	words  func() string // waits for the end and says how it came
	left   bool          // it runs on without this document; guarded by the document's mu
}

// ensureKernel returns the document's kernel, starting one where none runs.
func (d *Document) ensureKernel(ctx context.Context) (*kernel, error) {
	d.starting.Lock()
	defer d.starting.Unlock()
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, fault.Errorf(fault.Canceled, "the server is ending")
	}
	if k := d.kernel; k != nil {
		d.mu.Unlock()
		return k, nil
	}
	d.setKernel(KernelStarting, "")
	d.mu.Unlock()
	k, err := d.startKernel(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.setKernel(KernelDead, err.Error())
		return nil, err
	}
	if d.closed {
		k.end()
		return nil, fault.Errorf(fault.Canceled, "the server is ending")
	}
	d.kernel = k
	d.showKernel()
	go d.watch(k)
	return k, nil
}

// startKernel starts a kernel and waits until it answers.
func (d *Document) startKernel(ctx context.Context) (*kernel, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	d.mu.Lock()
	spec, _ := d.book.Metadata["kernelspec"].(map[string]any)
	d.mu.Unlock()
	name, _ := spec["name"].(string)
	started, err := d.opts.StartKernel(ctx, d.path, name)
	if err != nil {
		return nil, err
	}
	k := &kernel{Kernel: started, client: jupyter.NewClient(started.Conn)}
	k.words = sync.OnceValue(k.lastWords)
	return k, nil
}

func (k *kernel) end() {
	_ = k.client.Close() // it is killed next
	k.Kill()
}

// watch reports the death of a kernel that nobody ended: at once, so that the next
// cell starts another one, and again with the reason when that is known. One that
// another client restarts is joined again.
func (d *Document) watch(k *kernel) {
	<-k.client.Done()
	d.mu.Lock()
	if k.left {
		d.mu.Unlock()
		return
	}
	mine, again := d.kernel == k, k.Replaced != nil && k.Replaced() && !d.closed
	if mine {
		d.kernel = nil
		d.loseRun()
		if again {
			d.beginKernel()
		} else {
			d.setKernel(KernelDead, kernelEnded)
		}
		d.forgetKernel()
	}
	d.mu.Unlock()
	words := k.words()
	d.mu.Lock()
	defer d.mu.Unlock()
	if mine && !again && d.state == KernelDead && words != kernelEnded {
		d.setKernel(KernelDead, words)
	}
}

// loseRun gives up what waits behind a cell whose kernel has died. What is asked for
// from now on runs, though it may take a while until the cell has been told why. The
// caller holds d.mu.
func (d *Document) loseRun() {
	if d.active == nil {
		return
	}
	d.active.lost = true
	if !d.opts.KeepGoing {
		d.unqueue()
	}
}

// lastWords gives a kernel that closed its connection the time to say why and to
// end by itself, and sees that it has ended.
func (k *kernel) lastWords() string {
	defer k.end()
	if k.Exit == nil {
		return kernelEnded
	}
	words := make(chan string, 1)
	go func() { words <- k.Exit() }()
	select {
	case w := <-words:
		return cmp.Or(w, kernelEnded)
	case <-time.After(exitGrace):
		k.end()
		return cmp.Or(<-words, kernelEnded)
	}
}

const kernelEnded = "the kernel has ended"

// showKernel tells whether the kernel works. The caller holds d.mu.
func (d *Document) showKernel() {
	state := KernelIdle
	if d.active != nil {
		state = KernelBusy
	}
	if d.kernel != nil && d.state != state {
		d.setKernel(state, "")
	}
}

// stopKernel ends the kernel and what it runs, which fails for the given reason.
// The caller holds d.mu.
func (d *Document) stopKernel(reason string) {
	d.unqueue()
	if d.active != nil {
		d.active.reason = reason
		d.active.cancel()
	}
	if k := d.kernel; k != nil {
		d.kernel = nil
		k.end()
		d.forgetKernel()
	}
}

// restart ends the kernel and starts another one. The document stays as it is.
func (d *Document) restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.stopKernel("the kernel was restarted before the cell had ended")
	d.beginKernel()
}

// beginKernel starts a kernel without waiting for it. The caller holds d.mu.
func (d *Document) beginKernel() {
	d.setKernel(KernelStarting, "")
	d.work.Go(func() {
		if _, err := d.ensureKernel(context.Background()); err != nil {
			d.log("starting a kernel", err)
		}
	})
}

// interrupt stops the running cell and empties the queue. It does not wait.
func (d *Document) interrupt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.unqueue()
	if r := d.active; r != nil && !r.interrupted {
		r.interrupted = true
		d.work.Go(func() { d.pressInterrupt(r) })
	}
}

// pressInterrupt asks the kernel to stop a cell until the cell has ended: the
// first time may come before the kernel has the cell.
func (d *Document) pressInterrupt(r *run) {
	limit := time.After(interruptLimit)
	for {
		d.mu.Lock()
		k := d.kernel
		d.mu.Unlock()
		if k != nil {
			ctx, cancel := context.WithTimeout(context.Background(), interruptEvery)
			_ = k.client.Interrupt(ctx) // asked again below
			cancel()
		}
		select {
		case <-r.done:
			return
		case <-limit:
			d.mu.Lock()
			d.setKernel(d.state, "the kernel does not answer the interrupt; restart it")
			d.mu.Unlock()
			return
		case <-time.After(interruptEvery):
		}
	}
}
