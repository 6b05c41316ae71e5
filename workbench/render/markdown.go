package render

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Markdown renders the source of a Markdown cell, in the GitHub dialect, as HTML
// that is safe in our pages: raw HTML and script URLs are left out, and an image
// from elsewhere becomes a link, since no page of ours loads anything from the
// network. Data URLs of images stay.
func Markdown(source string) string {
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(linkImages{}, 100))),
	)
	var out bytes.Buffer
	if err := md.Convert([]byte(source), &out); err != nil {
		return "<pre>" + html.EscapeString(source) + "</pre>\n"
	}
	return out.String()
}

// linkImages puts a link in the place of each image that is not in the document.
type linkImages struct{}

// Transform implements parser.ASTTransformer.
func (linkImages) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var remote []*ast.Image
	// The walk itself cannot fail: the visitor returns no error.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if img, ok := n.(*ast.Image); ok && entering && !strings.HasPrefix(string(img.Destination), "data:image/") {
			remote = append(remote, img)
		}
		return ast.WalkContinue, nil
	})
	for _, img := range remote {
		link := ast.NewLink()
		link.Destination, link.Title = img.Destination, img.Title
		for child := img.FirstChild(); child != nil; {
			next := child.NextSibling()
			link.AppendChild(link, child)
			child = next
		}
		img.Parent().ReplaceChild(img.Parent(), img, link)
	}
}
