package nsys

// ByRows reads SQLite files by the SQLite library alone.
func ByRows(c *choices) { c.by = byRows }

// ByPages reads SQLite files by the page reader alone.
func ByPages(c *choices) { c.by = byPages }
