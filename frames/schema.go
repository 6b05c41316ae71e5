package frames

import (
	"fmt"
	"strings"
)

// Kind is the type of a column's values.
type Kind uint8

// The kinds a column can have. Time is Int64 in ns and sizes are Int64 in bytes;
// rates and ratios are Float64.
const (
	Invalid Kind = iota
	Bool
	Int64
	Float64
	String
)

var kindNames = [...]string{"invalid", "bool", "int64", "float64", "string"}

// String returns the kind's name as it stands in schemas, CSV headers and JSON.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind is the inverse of Kind.String. It returns Invalid for an unknown name.
func ParseKind(name string) Kind {
	for k, n := range kindNames {
		if n == name {
			return Kind(k)
		}
	}
	return Invalid
}

// MarshalText writes the kind's name, so that schemas in JSON are readable.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's name and fails on an unknown one.
func (k *Kind) UnmarshalText(text []byte) error {
	*k = ParseKind(string(text))
	if *k == Invalid {
		return fmt.Errorf("frames: unknown kind %q", text)
	}
	return nil
}

// Field declares a column: what it holds (Name), as which type (Kind), in what
// unit (Unit, empty for none: "ns", "B", "B/s", "%", "FLOP"), and in words (Doc).
type Field struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	Unit string `json:"unit,omitempty"`
	Doc  string `json:"doc,omitempty"`
}

// String formats the field as "name [unit]", the form of a table header.
func (f Field) String() string {
	if f.Unit == "" {
		return f.Name
	}
	return f.Name + " [" + f.Unit + "]"
}

// Schema is the ordered list of a frame's fields. Names are unique.
type Schema []Field

// Index returns the position of the named field, or -1.
func (s Schema) Index(name string) int {
	for i := range s {
		if s[i].Name == name {
			return i
		}
	}
	return -1
}

// Names returns the fields' names in order. The caller owns the slice.
func (s Schema) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
}

// Select returns the schema of the named fields, in the order of names, or an
// error that lists what the schema has.
func (s Schema) Select(names ...string) (Schema, error) {
	out := make(Schema, 0, len(names))
	for _, name := range names {
		i := s.Index(name)
		if i < 0 {
			return nil, fmt.Errorf("no column %q (there are: %s)", name, strings.Join(s.Names(), ", "))
		}
		out = append(out, s[i])
	}
	return out, nil
}

// Validate reports an empty or repeated name, or an invalid kind.
func (s Schema) Validate() error {
	seen := make(map[string]bool, len(s))
	for _, f := range s {
		switch {
		case f.Name == "":
			return fmt.Errorf("a column has no name")
		case seen[f.Name]:
			return fmt.Errorf("column %q stands twice", f.Name)
		case f.Kind == Invalid || int(f.Kind) >= len(kindNames):
			return fmt.Errorf("column %q has no valid kind", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}
