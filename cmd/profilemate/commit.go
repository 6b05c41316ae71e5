package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// commitOf is the commit as given, as the pipeline says, or what the git repository around
// the working folder had checked out at a time; empty where none of them tells.
func commitOf(given string, at time.Time) string {
	for _, v := range []string{given, os.Getenv("GITHUB_SHA"), os.Getenv("CI_COMMIT_SHA")} {
		if v != "" {
			return v
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	return commitAt(dir, at)
}

// commitAt reads from the files of the git repository around a folder which commit was
// checked out at a time. A repository logs since when it has what checked out; of one without
// a log it is the commit of now. It is empty where there is no repository, and for a time
// before the log begins.
func commitAt(dir string, at time.Time) string {
	git := gitFolder(dir)
	if git == "" {
		return ""
	}
	moves, err := os.ReadFile(filepath.Join(git, "logs", "HEAD"))
	if err != nil || len(bytes.TrimSpace(moves)) == 0 {
		return headOf(git)
	}
	commit := ""
	for line := range strings.Lines(string(moves)) {
		if m, ok := parseMove(line); ok && !m.at.After(at) {
			commit = m.commit
		}
	}
	return commit
}

// gitFolder finds the folder of the repository around a folder: .git, or where a file of
// that name, which work trees and submodules have, points to. Empty for none.
func gitFolder(dir string) string {
	for {
		path := filepath.Join(dir, ".git")
		if info, err := os.Stat(path); err == nil {
			if info.IsDir() {
				return path
			}
			return pointedTo(dir, path)
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}

func pointedTo(dir, path string) string {
	text, err := os.ReadFile(path)
	target, found := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	if err != nil || !found {
		return ""
	}
	return pathFrom(dir, target)
}

// move is a line of logs/HEAD: since when what was checked out.
type move struct {
	commit string
	at     time.Time
}

// moveLine is: the commit before, the one after, who, seconds since 1970, the time zone, a
// tab and what was done.
var moveLine = regexp.MustCompile(`^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t]*> (\d{1,18}) [+-]\d{4}`)

func parseMove(line string) (move, bool) {
	m := moveLine.FindStringSubmatch(line)
	if m == nil {
		return move{}, false
	}
	seconds, err := strconv.ParseInt(m[2], 10, 64)
	return move{m[1], time.Unix(seconds, 0)}, err == nil
}

// headOf follows HEAD to a commit: it names one, or a branch, whose file or line in
// packed-refs does. The branches of a work tree lie in the folder that commondir names.
func headOf(git string) string {
	head, err := os.ReadFile(filepath.Join(git, "HEAD"))
	if err != nil {
		return ""
	}
	name, branch := strings.CutPrefix(strings.TrimSpace(string(head)), "ref: ")
	if !branch {
		return commitIn(name)
	}
	if !filepath.IsLocal(name) {
		return ""
	}
	common := git
	if text, err := os.ReadFile(filepath.Join(git, "commondir")); err == nil {
		common = pathFrom(git, strings.TrimSpace(string(text)))
	}
	if text, err := os.ReadFile(filepath.Join(common, filepath.FromSlash(name))); err == nil {
		return commitIn(strings.TrimSpace(string(text)))
	}
	packed, err := os.ReadFile(filepath.Join(common, "packed-refs"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(packed)) {
		if commit, of, _ := strings.Cut(strings.TrimSpace(line), " "); of == name {
			return commitIn(commit)
		}
	}
	return ""
}

func pathFrom(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// commitIn is a text that is the name of a commit, else empty.
func commitIn(text string) string {
	if commitID.MatchString(text) {
		return text
	}
	return ""
}
