package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"profilemate/notebooks"
	"profilemate/web/live"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/result"
)

// variables lists what the kernel of a notebook holds.
func (s *Server) variables(r *http.Request) (any, error) {
	d, err := s.documents.Open(r.PathValue("path"))
	if err != nil {
		return nil, err
	}
	return d.Variables(), nil
}

// resultView is a result of a notebook, without its rows.
type resultView struct {
	Cell     string               `json:"cell"`
	Key      string               `json:"key"` // of the store; empty where the result is not kept
	Analysis string               `json:"analysis"`
	Title    string               `json:"title"`
	Params   map[string]string    `json:"params"`
	Inputs   []result.BundleInput `json:"inputs"`
	Tables   []tableSize          `json:"tables"`
}

type tableSize struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Rows    int    `json:"rows"`
	Columns int    `json:"columns"`
}

// listResults lists the results that a notebook shows, in the order of its cells.
func (s *Server) listResults(r *http.Request) (any, error) {
	path := r.URL.Query().Get("notebook")
	if path == "" {
		return nil, fault.Errorf(fault.Misuse, "say which notebook: ?notebook=PATH")
	}
	d, err := s.documents.Open(path)
	if err != nil {
		return nil, err
	}
	n, err := d.Notebook()
	if err != nil {
		return nil, err
	}
	list := []resultView{}
	for _, c := range n.Cells {
		for _, o := range c.Outputs {
			if b, ok := o.Data().Result(); ok && c.Type == notebooks.Code {
				list = append(list, viewOfResult(c.ID, b))
			}
		}
	}
	return list, nil
}

func viewOfResult(cell string, b result.Bundle) resultView {
	v := resultView{Cell: cell, Key: b.Key, Analysis: b.Analysis, Title: b.Title, Params: b.Params, Inputs: b.Inputs, Tables: []tableSize{}}
	for _, t := range b.Tables {
		v.Tables = append(v.Tables, tableSize{Name: t.Name, Title: t.Title, Rows: t.Total, Columns: len(t.Columns)})
	}
	return v
}

// runLimit bounds an analysis that a request waits for.
const runLimit = 10 * time.Minute

// runAnalysis runs one analysis in a kernel of its own, which ends with it, and
// answers with its result: the first rows of each table, and the key of the rest.
// Paths are meant from the served folder.
func (s *Server) runAnalysis(r *http.Request) (any, error) {
	call, err := decodeBody[live.Call](r)
	if err != nil {
		return nil, err
	}
	declared, err := s.lookup(call.Analysis)
	if err != nil {
		return nil, err
	}
	params, err := declared.Normalize(call.Params)
	if err != nil {
		return nil, err
	}
	specs := s.config.Backend.KernelSpecs()
	if len(specs) == 0 {
		return nil, fault.Errorf(fault.Missing, "there is no kernel to run it")
	}
	ctx, cancel := context.WithTimeout(r.Context(), runLimit)
	defer cancel()
	k, err := s.config.Backend.StartKernel(ctx, specs[0].Name, s.root)
	if err != nil {
		return nil, err
	}
	defer k.Kill()
	return executed(ctx, k, analysis.Call{Analysis: declared.Name, Inputs: call.Inputs, Params: params}.String())
}

// executed runs a cell and returns the result that it shows.
func executed(ctx context.Context, k live.Kernel, code string) (any, error) {
	client := jupyter.NewClient(k.Conn)
	defer client.Close()
	var shown json.RawMessage
	reply, err := client.Execute(ctx, code, func(m jupyter.Message) {
		content, err := jupyter.Decode[struct {
			Data map[string]json.RawMessage `json:"data"`
		}](m)
		if m.Header.MsgType == jupyter.DisplayData && err == nil && content.Data[result.MIME] != nil {
			shown = content.Data[result.MIME]
		}
	})
	switch {
	case err != nil:
		return nil, err
	case reply.Status != jupyter.ReplyOK:
		return nil, fault.Errorf(fault.Misuse, "%s", reply.Value)
	case shown == nil:
		return nil, fault.Errorf(fault.Internal, "the analysis showed no result")
	}
	return shown, nil
}
