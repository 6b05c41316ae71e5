package nsys

// Option is a choice of how exports are read.
type Option func(*choices)

// ShowPrivate shows what is otherwise masked: names of people and machines, command
// lines, the environment, the program's own output, folders below a home. Secrets
// (tokens, keys, passwords) stay masked.
func ShowPrivate(c *choices) { c.showPrivate = true }

// choices are how exports are read. The zero value masks what is private.
type choices struct {
	showPrivate bool
	by          reading
}

func choose(options []Option) choices {
	var c choices
	for _, o := range options {
		o(&c)
	}
	return c
}
