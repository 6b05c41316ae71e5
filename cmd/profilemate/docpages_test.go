package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A block is what a page sets apart from its text: between fences, or indented.
type block struct {
	line    int    // of the page, from 1
	section string // heading above it; a section has a folder of its own
	lang    string // behind the fence; empty where it is indented
	text    string
	mark    string // of the comment <!-- test: … --> above it
	shown   string // the ```text block that follows: lines that commands print
}

// commandWords begin a line that a reader types.
var commandWords = []string{"profilemate", "go", "make", "python", "python3", "pip", "jupyter", "nsys", "ncu", "vllm", "ssh", "scp", "git", "curl", "cd", "sh"}

// typed reports whether a block is one of commands.
func (b block) typed() bool {
	if b.lang != "" {
		return b.lang == "sh"
	}
	for line := range strings.Lines(b.text) {
		fields := strings.Fields(line)
		if len(fields) > 0 && !strings.HasPrefix(fields[0], "#") {
			return slices.Contains(commandWords, fields[0]) && !(len(fields) > 1 && fields[1] == "=")
		}
	}
	return false
}

// languages are those that a fence may name; sh is run.
var languages = []string{"sh", "text", "go", "sql", "json", "yaml", "python"}

// readPage takes a page apart. It returns the text outside of blocks too.
func readPage(text string) (blocks []block, prose string, err error) {
	lines := strings.Split(text, "\n")
	section, mark := "", ""
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch comment, marked := strings.CutPrefix(line, "<!-- test: "); {
		case marked:
			mark = strings.TrimSuffix(comment, " -->")
			continue
		case strings.HasPrefix(line, "```"):
			b, end := fenced(lines, i)
			b.section, b.mark = section, mark
			if b.lang == "text" && b.mark == "" && len(blocks) > 0 && blocks[len(blocks)-1].typed() && onlyBlank(lines[blocks[len(blocks)-1].end(lines):i]) {
				blocks[len(blocks)-1].shown = b.text
			} else {
				blocks = append(blocks, b)
			}
			if end == len(lines) || !slices.Contains(languages, b.lang) && !strings.HasSuffix(section, "Add an analysis") {
				return nil, "", fmt.Errorf("line %d: the fence ends nowhere, or names none of %v", i+1, languages)
			}
			i = end
		case strings.HasPrefix(line, "    ") && (i == 0 || lines[i-1] == "" || strings.HasPrefix(lines[i-1], "<!--")):
			b, end := indented(lines, i)
			b.section, b.mark = section, mark
			blocks, i = append(blocks, b), end-1
		case strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "## "):
			section = strings.TrimLeft(line, "# ")
			prose += line + "\n"
		default:
			prose += line + "\n"
			if line == "" {
				continue
			}
		}
		if line != "" {
			mark = ""
		}
	}
	return blocks, prose, nil
}

// fenced returns the block whose fence is at a line, and the line of its end.
func fenced(lines []string, at int) (block, int) {
	end := at + 1
	for end < len(lines) && lines[end] != "```" {
		end++
	}
	return block{line: at + 1, lang: strings.TrimPrefix(lines[at], "```"), text: strings.Join(lines[at+1:min(end, len(lines))], "\n")}, end
}

// indented returns the block that begins at a line, and the line behind it.
func indented(lines []string, at int) (block, int) {
	end := at
	var text []string
	for end < len(lines) && (strings.HasPrefix(lines[end], "    ") || lines[end] == "" && end+1 < len(lines) && strings.HasPrefix(lines[end+1], "    ")) {
		text = append(text, strings.TrimPrefix(lines[end], "    "))
		end++
	}
	return block{line: at + 1, text: strings.Join(text, "\n")}, end
}

// end returns the index of the line behind a block.
func (b block) end(lines []string) int {
	n := b.line - 1 + strings.Count(b.text, "\n") + 1
	if b.lang != "" {
		n += 2
	}
	return min(n, len(lines))
}

func onlyBlank(lines []string) bool { return strings.Trim(strings.Join(lines, ""), " ") == "" }

// docPages returns the pages for readers by their path from the repository's root.
func docPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	root := filepath.Join("..", "..")
	for _, pattern := range []string{"README.md", "CONTRIBUTING.md", "docs/*.md", "docs/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			pages[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(text)
		}
	}
	if len(pages) < 15 {
		t.Fatalf("found only %d pages", len(pages))
	}
	return pages
}

// Links within the pages lead somewhere: to a file, and to a heading of it.
func TestLinksOfPages(t *testing.T) {
	t.Parallel()
	pages := docPages(t)
	link := regexp.MustCompile(`\]\(([^)#:\s]*)(#[^)\s]*)?\)`)
	for name, text := range pages {
		_, prose, err := readPage(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			target := name
			if m[1] != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1]))
			}
			if _, err := os.Stat(filepath.Join("..", "..", target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
			if m[2] != "" && !slices.Contains(anchors(pages[target]), m[2]) {
				t.Errorf("%s links to %s, and %s has no such heading", name, m[0], target)
			}
		}
	}
}

// anchors returns the headings of a page as links name them.
func anchors(text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, "#"+strings.ReplaceAll(kept, " ", "-"))
	}
	return all
}
