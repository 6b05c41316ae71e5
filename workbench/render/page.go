package render

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"time"
)

// PageOptions say what stands at the head of a page.
type PageOptions struct {
	Title string    // of the window and as the first heading
	Date  time.Time // printed under the title; zero for none, so that the same content gives the same bytes
}

//go:embed page/style.css
var pageStyle string

//go:embed page/table.js
var pageScript string

// Page writes a body of HTML, whose text the caller has escaped, as one self-contained
// file: nothing is loaded from anywhere, the tables of HTML in it sort, filter and
// download, charts drawn with HTMLOptions.Themed follow the reader's light or dark
// setting, and it prints. The error is the writer's.
func Page(w io.Writer, o PageOptions, body func(*bufio.Writer)) error {
	out := bufio.NewWriter(w)
	hash := sha256.Sum256([]byte(pageScript))
	// Only our own script may run, and nothing may be loaded: the page stays inert
	// even if something in it should ever slip through the escaping.
	policy := "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
	title := html.EscapeString(o.Title)
	fmt.Fprintf(out, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ProfileMate Workbench">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<header><h1>%s</h1>
`, policy, title, pageStyle, title)
	if !o.Date.IsZero() {
		fmt.Fprintf(out, `<p class="pm-date"><time datetime="%s">%s</time></p>`+"\n",
			o.Date.Format(time.RFC3339), html.EscapeString(o.Date.Format("2 January 2006, 15:04 MST")))
	}
	out.WriteString("</header>\n<main>\n")
	body(out)
	out.WriteString("</main>\n<script>" + pageScript + "</script>\n</body>\n</html>\n")
	if err := out.Flush(); err != nil { // a bufio.Writer keeps its first error for Flush
		return fmt.Errorf("writing the page %q: %w", o.Title, err)
	}
	return nil
}
