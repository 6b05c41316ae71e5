package export

import (
	"bufio"
	"encoding/csv"
	"io"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

type csvSink struct{ out *bufio.Writer }

func newCSVSink(w io.Writer, info artifacts.TableInfo, unitOf func(string) string) (sink, error) {
	s := csvSink{bufio.NewWriterSize(w, 1<<18)}
	if err := frames.Empty(info.Name, info.Schema).WriteCSV(s.out, frames.CSVOptions{}); err != nil {
		return nil, err
	}
	if unitOf == nil {
		return s, nil
	}
	units := make([]string, len(info.Schema))
	for i, field := range info.Schema {
		units[i] = unitOf(field.Name)
	}
	row := csv.NewWriter(s.out)
	if err := row.Write(units); err != nil {
		return nil, err
	}
	row.Flush()
	return s, row.Error()
}

func (s csvSink) write(b *frames.Batch) error {
	return b.WriteCSV(s.out, frames.CSVOptions{NoHeader: true})
}
func (s csvSink) close() error { return s.out.Flush() }
