package notebooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"profilemate/workbench/fault"
)

// Validate reports everything about the document that the nbformat 4.5 schema
// forbids, and ids that stand twice, which the schema cannot see. The error is
// Corrupt and names each place; nil means that Jupyter accepts the document.
func (n *Notebook) Validate() error {
	v := &validator{}
	v.where = "the notebook"
	v.noExtra(n.Extra)
	v.notebookMetadata(n.Metadata)
	seen := map[string]bool{}
	for i, c := range n.Cells {
		v.where = place(i, c)
		v.require(validID(c.ID), "its id is not 1 to 64 letters, digits, - and _")
		v.require(!seen[c.ID], "its id stands twice")
		seen[c.ID] = true
		v.cell(c)
	}
	if len(v.faults) == 0 {
		return nil
	}
	return fault.Errorf(fault.Corrupt, "the notebook is not valid: %w", errors.Join(v.faults...))
}

// validator collects what is wrong and where.
type validator struct {
	where  string
	faults []error
}

func (v *validator) require(ok bool, format string, args ...any) {
	if !ok {
		v.faults = append(v.faults, fmt.Errorf("%s: %s", v.where, fmt.Sprintf(format, args...)))
	}
}

func (v *validator) noExtra(extra map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		v.require(false, "the key %q is not known", key)
	}
}

// optional checks keys of an object that may be absent.
func (v *validator) optional(object map[string]any, what string, check func(any) bool, keys ...string) {
	for _, key := range keys {
		if value, ok := object[key]; ok {
			v.require(check(value), "%s is not %s", key, what)
		}
	}
}

func (v *validator) notebookMetadata(m map[string]any) {
	v.optional(m, "an object", isObject, "kernelspec", "language_info")
	if spec, ok := m["kernelspec"].(map[string]any); ok {
		v.require(isText(spec["name"]) && isText(spec["display_name"]), "kernelspec lacks its name or display_name")
	}
	if info, ok := m["language_info"].(map[string]any); ok {
		v.require(isText(info["name"]), "language_info lacks its name")
		v.optional(info, "a text", isText, "file_extension", "mimetype", "pygments_lexer")
		v.optional(info, "a text or an object", func(x any) bool { return isText(x) || isObject(x) }, "codemirror_mode")
	}
	v.optional(m, "a text", isText, "title")
	v.optional(m, "a list", isList, "authors")
	v.require(m["orig_nbformat"] == nil, "orig_nbformat must not be written")
}

func (v *validator) cell(c *Cell) {
	v.noExtra(c.Extra)
	v.optional(c.Metadata, "a text of one line", isName, "name")
	v.optional(c.Metadata, "a list of unique texts without commas", isTags, "tags")
	v.optional(c.Metadata, "an object", isObject, "jupyter")
	switch c.Type {
	case Code:
		v.codeCell(c)
	case Raw:
		v.optional(c.Metadata, "a text", isText, "format")
		v.attachments(c)
	case Markdown:
		v.attachments(c)
	default:
		v.require(false, "its cell_type %q is not known", c.Type)
	}
}

func (v *validator) codeCell(c *Cell) {
	v.optional(c.Metadata, "true or false", isBool, "collapsed")
	v.optional(c.Metadata, `true, false or "auto"`, func(x any) bool { return isBool(x) || x == "auto" }, "scrolled")
	v.optional(c.Metadata, "an object of texts", isTexts, "execution")
	v.require(c.ExecutionCount == nil || *c.ExecutionCount >= 0, "its execution_count is negative")
	where := v.where
	for i, o := range c.Outputs {
		v.where = fmt.Sprintf("%s, output %d", where, i+1)
		v.output(o)
	}
	v.where = where
}

func (v *validator) attachments(c *Cell) {
	for _, name := range slices.Sorted(maps.Keys(c.Attachments)) {
		v.require(isBundle(c.Attachments[name]), "attachment %s is no MIME bundle", name)
	}
}

// output checks that an output has the keys of its type, all of them and no other.
func (v *validator) output(o Output) {
	var fields map[string]func(any) bool
	switch o.Type() {
	case StreamOutput:
		fields = map[string]func(any) bool{"name": isText, "text": isLines}
	case DisplayOutput:
		fields = map[string]func(any) bool{"data": isBundle, "metadata": isObject}
	case ResultOutput:
		fields = map[string]func(any) bool{"data": isBundle, "metadata": isObject, "execution_count": isCount}
	case ErrorOutput:
		fields = map[string]func(any) bool{"ename": isText, "evalue": isText, "traceback": isTextList}
	default:
		v.require(false, "its output_type %v is not known", o["output_type"])
		return
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, ok := o[key]
		v.require(ok && fields[key](value), "a %s lacks a sound %s", o.Type(), key)
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		v.require(fields[key] != nil || key == "output_type", "a %s has no %q", o.Type(), key)
	}
}

func isText(x any) bool   { _, ok := x.(string); return ok }
func isBool(x any) bool   { _, ok := x.(bool); return ok }
func isObject(x any) bool { _, ok := x.(map[string]any); return ok }
func isList(x any) bool   { _, ok := x.([]any); return ok }
func isLines(x any) bool  { return isText(x) || isTextList(x) }

func isTextList(x any) bool {
	list, ok := x.([]any)
	return ok && !slices.ContainsFunc(list, func(x any) bool { return !isText(x) })
}

func isTexts(x any) bool {
	object, ok := x.(map[string]any)
	for _, value := range object {
		ok = ok && isText(value)
	}
	return ok
}

var namePattern = regexp.MustCompile(`^.+$`)

func isName(x any) bool {
	s, ok := x.(string)
	return ok && namePattern.MatchString(s)
}

func isTags(x any) bool {
	list, ok := x.([]any)
	seen := map[any]bool{}
	for _, tag := range list {
		s, text := tag.(string)
		if !text || s == "" || strings.Contains(s, ",") || seen[s] {
			return false
		}
		seen[s] = true
	}
	return ok
}

func isBundle(x any) bool {
	bundle, ok := x.(map[string]any)
	for mime, value := range bundle {
		ok = ok && (jsonMIME.MatchString(mime) || isLines(value))
	}
	return ok
}

// isCount accepts null and whole numbers that are not negative.
func isCount(x any) bool {
	switch n := x.(type) {
	case nil:
		return true
	case int:
		return n >= 0
	case json.Number:
		_, ok := integer(n)
		return ok
	}
	return false
}
